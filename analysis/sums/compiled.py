"""Kernels compiled by numba, for work on the CPU that is large enough to pay for compiling them.

They release the interpreter and run in plain threads, so that several sessions can use them at
once.
"""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import torch
from torch import Tensor

from analysis.chunks import compiler_fits

TILE = 32
WORDS = 64
LANES = 4
PAYS_FROM = 10_000_000_000
PAYS_ONCE_BUILT = 100_000_000  # with less, starting threads takes longer than the work
FEW_VALUES = 200_000  # one thread goes through them in less time than it takes to start another

_built: set[tuple] = set()


def chosen(
    kernel: tuple | None, work: int, device: torch.device, *, pays_from: int = PAYS_FROM
) -> bool:
    """Whether a compiled kernel does this work; torch does it where not.

    Args:
        kernel: which one, with what it is compiled for. None: one that rounds otherwise than
            torch does, so that its use must not depend on what was done before.
        work: comparisons or other steps that the whole task takes.
        device: where the tensors are.
        pays_from: work that takes torch longer than importing numba and compiling.

    Returns:
        On the CPU, when the work is enough, which is less once it is compiled; elsewhere never.
    """
    if device.type != "cpu":
        return False
    if kernel in _built:
        return work >= min(pays_from, PAYS_ONCE_BUILT)
    return work >= pays_from and compiler_fits()


def at_hand(device: torch.device) -> bool:
    """Whether small work on this device may go to a kernel: numba is loaded for something else."""
    return device.type == "cpu" and "numba" in sys.modules


def agreement_kernel(classes: int) -> tuple:
    """The kernel of `equal_answers` for this many classes; it is compiled per two bits."""
    bits = max(1, classes.bit_length())
    return ("agreement", bits + bits % 2)


def equal_answers(predictions: Tensor, classes: int) -> Tensor:
    """How often two models gave the same answer, by comparing 64 samples at once, bit by bit.

    Args:
        predictions: int32 [M, n] on the CPU, -1 = no answer, equal to none.
        classes: answers are below this.

    Returns:
        int64 [M, M], exact and symmetric; the diagonal counts the answers.
    """
    kernel = agreement_kernel(classes)
    pack, agree = _packing(kernel[1]), _agreeing(kernel[1])
    _built.add(kernel)
    answers = predictions.numpy()
    models, samples = answers.shape
    even = models + models % 2
    blocks = -(-samples // (64 * WORDS))
    words = min(WORDS, -(-samples // 64))
    planes = np.full((blocks, even, kernel[1] + 1, words), 2**64 - 1, dtype=np.uint64)
    found = np.zeros((even, even), dtype=np.int64)
    rows, columns = np.triu_indices(-(-even // TILE))
    workers = min(torch.get_num_threads(), len(rows))
    bounds = [models * worker // workers for worker in range(workers + 1)]
    in_threads(
        lambda worker: pack(answers, bounds[worker], bounds[worker + 1], planes), range(workers)
    )
    parts = [(rows[part::workers].copy(), columns[part::workers].copy()) for part in range(workers)]
    in_threads(lambda part: agree(planes, *part, found), parts)
    upper = torch.from_numpy(found)[:models, :models].triu()
    return upper + upper.triu(1).T


def class_counts(predictions: Tensor, classes: int, *, threads: int | None = None) -> Tensor:
    """How often each model gave each answer, int64 [M, C], from int32 [M, n] on the CPU."""
    count = _class_counts()
    _built.add(("classes",))
    found = torch.zeros(len(predictions), classes, dtype=torch.int64)
    _over_rows(count, len(predictions), predictions.numpy(), found.numpy(), threads=threads)
    return found


def binned(confidence: Tensor, grades: Tensor, edges: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Count, summed confidence and right answers per bin (lo, hi] of the confidence.

    Args:
        confidence: float32 or float64 [M, n] on the CPU; what is not finite is left out.
        grades: int8 [M, n], 1 right, 0 wrong; below 0 is left out too.
        edges: float64 [B - 1], increasing.

    Returns:
        int64, float64 and int64 [M, B].
    """
    count = _binned(confidence.dtype == torch.float64)
    _built.add(("bins", confidence.dtype))
    shape = (len(confidence), len(edges) + 1)
    counted, correct = (torch.zeros(shape, dtype=torch.int64) for _ in range(2))
    summed = torch.zeros(shape, dtype=torch.float64)
    arrays = (confidence, grades, edges, counted, summed, correct)
    _over_rows(count, len(confidence), *(array.numpy() for array in arrays))
    return counted, summed, correct


def _over_rows(
    kernel: Callable[..., None], rows: int, *arrays: np.ndarray, threads: int | None = None
) -> None:
    threads = threads or (1 if arrays[0].size < FEW_VALUES else torch.get_num_threads())
    workers = min(threads, rows)
    bounds = [rows * worker // workers for worker in range(workers + 1)]
    in_threads(lambda worker: kernel(bounds[worker], bounds[worker + 1], *arrays), range(workers))


def in_threads(work: Callable, parts: range | list) -> None:
    """Do the work of each part in a thread of its own, the only one here."""
    if len(parts) == 1:
        work(parts[0])
        return
    with ThreadPoolExecutor(len(parts)) as pool:
        list(pool.map(work, parts))


def jit(signature: str) -> Callable:
    """Compile for one signature; kept on disk where a folder for it can be written."""
    from numba import njit

    def compiled(function: Callable) -> Callable:
        try:
            return njit(signature, nogil=True, cache=True)(function)
        except RuntimeError:
            return njit(signature, nogil=True)(function)

    return compiled


@cache
def _packing(depth: int) -> Callable:
    """Packs answers into planes of bits, the last of which says where there is none."""
    gaps = depth

    @jit("void(int32[:, :], int64, int64, uint64[:, :, :, ::1])")
    def pack(answers, first, last, planes):
        blocks, _, _, words = planes.shape
        lane = np.zeros(blocks * words * 64, dtype=np.uint8)
        eight = lane.view(np.uint64)
        ones, spread = np.uint64(0x0101010101010101), np.uint64(0x0102040810204080)
        for row in range(first, last):
            for start in range(0, depth + 8, 8):
                of_gaps = start >= depth
                for place in range(answers.shape[1]):
                    answer = answers[row, place]
                    lane[place] = np.uint8(answer < 0 if of_gaps else (answer >> start) & 255)
                lane[answers.shape[1] :] = 1
                for bit in range(1 if of_gaps else min(8, depth - start)):
                    plane = gaps if of_gaps else start + bit
                    for at in range(blocks * words):
                        word = np.uint64(0)
                        for byte in range(8):
                            flags = (eight[at * 8 + byte] >> np.uint64(bit)) & ones
                            word |= ((flags * spread) >> np.uint64(56)) << np.uint64(8 * byte)
                        planes[at // words, row, plane, at % words] = word

    return pack


@cache
def _agreeing(depth: int) -> Callable:
    """Counts where all planes of two models agree, for four pairs at a time."""
    gaps, bits_set = depth, _bits_set()

    @jit("void(uint64[:, :, :, ::1], int64[::1], int64[::1], int64[:, ::1])")
    def agree(planes, rows, columns, found):
        blocks, models, _, words = planes.shape
        for tile in range(len(rows)):
            top, left = rows[tile] * TILE, columns[tile] * TILE
            for block in range(blocks):
                for i in range(top, min(top + TILE, models), 2):
                    for j in range(max(i, left), min(left + TILE, models), 2):
                        a, b = planes[block, i], planes[block, i + 1]
                        c, d = planes[block, j], planes[block, j + 1]
                        ac = ad = bc = bd = np.uint64(0)
                        for word in range(words):
                            not_ac = not_ad = a[gaps, word]
                            not_bc = not_bd = b[gaps, word]
                            for bit in range(depth):
                                first, second = a[bit, word], b[bit, word]
                                third, fourth = c[bit, word], d[bit, word]
                                not_ac |= first ^ third
                                not_ad |= first ^ fourth
                                not_bc |= second ^ third
                                not_bd |= second ^ fourth
                            ac += bits_set(~not_ac)
                            ad += bits_set(~not_ad)
                            bc += bits_set(~not_bc)
                            bd += bits_set(~not_bd)
                        found[i, j] += np.int64(ac)
                        found[i, j + 1] += np.int64(ad)
                        found[i + 1, j] += np.int64(bc)
                        found[i + 1, j + 1] += np.int64(bd)

    return agree


@cache
def _bits_set() -> Callable:
    """How many bits of a word are 1."""
    from numba import njit

    @njit(inline="always")
    def bits_set(word):
        word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
        pairs = np.uint64(0x3333333333333333)
        word = (word & pairs) + ((word >> np.uint64(2)) & pairs)
        word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
        return (word * np.uint64(0x0101010101010101)) >> np.uint64(56)

    return bits_set


@cache
def _class_counts() -> Callable:
    @jit("void(int64, int64, int32[:, :], int64[:, ::1])")
    def count(first, last, answers, found):
        for row in range(first, last):
            for place in range(answers.shape[1]):
                answer = answers[row, place]
                if answer >= 0:
                    found[row, answer] += 1

    return count


@cache
def _binned(double: bool) -> Callable:
    values = "float64[:, :]" if double else "float32[:, :]"

    @jit(
        f"void(int64, int64, {values}, int8[:, :], float64[::1], int64[:, ::1], "
        "float64[:, ::1], int64[:, ::1])"
    )
    def count(first, last, confidence, grades, edges, counted, summed, correct):
        bins = len(edges) + 1
        inner = np.empty(bins + 1)
        inner[0], inner[1:bins], inner[bins] = -np.inf, edges, np.inf
        # Neighbours that fall into one bin would wait for each other: each adds to a lane of its
        # own. The upper half of a number holds the right answers.
        both = np.empty((LANES, bins), dtype=np.int64)
        sums = np.empty((LANES, bins))
        for row in range(first, last):
            both[:], sums[:] = 0, 0
            for place in range(confidence.shape[1]):
                value, grade = np.float64(confidence[row, place]), np.int64(grades[row, place])
                if grade < 0 or not np.isfinite(value):
                    continue
                bin_ = int(min(max(value, 0.0), 1.0) * bins)
                bin_ -= bin_ == bins
                bin_ += np.int64(value > inner[bin_ + 1]) - np.int64(value <= inner[bin_])
                lane = place % LANES
                both[lane, bin_] += (grade << 32) + 1
                sums[lane, bin_] += value
            for lane in range(LANES):
                for bin_ in range(bins):
                    counted[row, bin_] += both[lane, bin_] & 0xFFFFFFFF
                    correct[row, bin_] += both[lane, bin_] >> 32
                    summed[row, bin_] += sums[lane, bin_]

    return count
