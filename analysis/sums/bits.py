"""Kernels compiled by numba that count few answers bit by bit, on one thread.

For a selection of some thousand samples, where waking the threads of a library takes longer than
the work. numba is not loaded for it: they serve once something larger has brought it in.

Which bit of which word a sample has does not matter for counting, as long as it is the same for
all models. It is chosen so that neighbours are packed together: the samples are cut into eight
runs, one for each bit of a byte.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from torch import Tensor

from analysis.sums.compiled import _bits_set, at_hand, jit

DEPTHS = (4, 7)  # bits of an answer; that of all ones is no class, it stands for no answer
MOST_CLASSES = (1 << DEPTHS[-1]) - 1
MOST_COUNTED = 64  # with more classes, going through the answers one by one is quicker
MOST_WORK = 100_000_000  # with more, threads pay
MOST_FLAGS = 10_000_000  # with more, a product of int8 is quicker
RUNS, WORD = 8, 64


def serves(models: int, samples: int, classes: int, device: torch.device) -> bool:
    """Whether the answers of so many models are counted here."""
    small = models**2 * samples // 2 < MOST_WORK and 0 < classes <= MOST_CLASSES
    return small and at_hand(device)


def planes_of(predictions: Tensor, classes: int) -> np.ndarray | None:
    """The answers as `packed` has them; None where they are not counted here."""
    served = serves(*predictions.shape, classes, predictions.device)
    return packed(predictions, classes) if served else None


def serves_flags(left: Tensor, right: Tensor) -> bool:
    """Whether pairs of flags [A, n] and [B, n] are counted here."""
    return len(left) * right.numel() < MOST_FLAGS and at_hand(left.device)


def packed(predictions: Tensor, classes: int) -> np.ndarray:
    """Answers as planes of bits, the last of which says where there is none.

    Args:
        predictions: int32 [M, n] on the CPU, -1 = no answer.
        classes: answers are below this, and this is at most `MOST_CLASSES`.

    Returns:
        uint64 [M, D + 1, W], filled up with samples that nobody answered.
    """
    depth = next(depth for depth in DEPTHS if classes < 1 << depth)
    planes = np.empty((len(predictions), depth + 1, _size(predictions)), dtype=np.uint8)
    _packing(depth)(predictions.contiguous().numpy(), planes)
    return planes.view(np.uint64)


def equal_answers(planes: np.ndarray) -> Tensor:
    """How often two models gave the same answer, int64 [M, M]; the diagonal counts the answers."""
    found = np.empty((len(planes),) * 2, dtype=np.int64)
    _agreeing(planes.shape[1] - 1)(planes, found)
    return torch.from_numpy(found)


def class_counts(planes: np.ndarray, classes: int) -> Tensor:
    """How often each model gave each answer, int64 [M, C]."""
    found = np.empty((len(planes), classes), dtype=np.int64)
    _giving(planes.shape[1] - 1)(planes, found)
    return torch.from_numpy(found)


def product(left: Tensor, right: Tensor) -> Tensor:
    """On how many samples both are true, int64 [A, B], of bool [A, n] and [B, n]."""
    found = np.empty((len(left), len(right)), dtype=np.int64)
    first = _flags(left)
    _both()(first, first if left is right else _flags(right), found)
    return torch.from_numpy(found)


def _flags(flags: Tensor) -> np.ndarray:
    words = np.empty((len(flags), _size(flags)), dtype=np.uint8)
    _packing_flags()(flags.contiguous().view(torch.uint8).numpy(), words)
    return words.view(np.uint64)


def _size(values: Tensor) -> int:
    """Bytes of a plane of these samples, in whole words."""
    return -(-values.shape[1] // (RUNS * WORD)) * WORD


@cache
def _gathering() -> Callable:
    """One bit of every sample: eight runs of bytes side by side become one run."""
    from numba import njit

    @njit("void(uint8[:, ::1], uint8, uint8[::1])")
    def gather(runs, bit, plane):
        for place in range(len(plane)):
            byte = np.uint8(0)
            for run in range(RUNS):
                byte |= np.uint8(((runs[run, place] & bit) != 0) << run)
            plane[place] = byte

    return gather


@cache
def _cutting() -> Callable:
    """Cuts a row of samples into eight runs of bytes, filled up behind the last sample."""
    from numba import njit

    @njit(inline="always")
    def cut(row, runs, rest):
        size = runs.shape[1]
        for run in range(RUNS):
            there = max(0, min(size, len(row) - run * size))
            given = row[run * size : run * size + there]
            for place in range(there):
                runs[run, place] = np.uint8(given[place])
            runs[run, there:] = rest

    return cut


@cache
def _packing(depth: int) -> Callable:
    cut, gather = _cutting(), _gathering()

    @jit("void(int32[:, ::1], uint8[:, :, ::1])")
    def pack(answers, planes):
        runs, one = np.empty((RUNS, planes.shape[2]), dtype=np.uint8), np.uint8(1)
        for model in range(len(answers)):
            cut(answers[model], runs, 255)
            for bit in range(depth):
                gather(runs, np.uint8(one << bit), planes[model, bit])
            # No answer is 255: the highest bit is set by nothing else.
            gather(runs, np.uint8(128), planes[model, depth])

    return pack


@cache
def _packing_flags() -> Callable:
    cut, gather = _cutting(), _gathering()

    @jit("void(uint8[:, ::1], uint8[:, ::1])")
    def pack(flags, words):
        runs = np.empty((RUNS, words.shape[1]), dtype=np.uint8)
        for model in range(len(flags)):
            cut(flags[model], runs, 0)
            gather(runs, np.uint8(1), words[model])

    return pack


@cache
def _agreeing(depth: int) -> Callable:
    bits_set = _bits_set()

    @jit("void(uint64[:, :, ::1], int64[:, ::1])")
    def agree(planes, found):
        models, _, words = planes.shape
        for i in range(models):
            for j in range(i, models):
                equal = np.uint64(0)
                for word in range(words):
                    differ = planes[i, depth, word]
                    for bit in range(depth):
                        differ |= planes[i, bit, word] ^ planes[j, bit, word]
                    equal += bits_set(~differ)
                found[i, j] = found[j, i] = np.int64(equal)

    return agree


@cache
def _giving(depth: int) -> Callable:
    bits_set = _bits_set()

    @jit("void(uint64[:, :, ::1], int64[:, ::1])")
    def give(planes, found):
        models, _, words = planes.shape
        for model in range(models):
            for class_ in range(found.shape[1]):
                given, code = np.uint64(0), np.uint64(class_)
                for word in range(words):
                    differ = np.uint64(0)
                    for bit in range(depth):
                        wanted = np.uint64(0) - ((code >> np.uint64(bit)) & np.uint64(1))
                        differ |= planes[model, bit, word] ^ wanted
                    given += bits_set(~differ)
                found[model, class_] = np.int64(given)

    return give


@cache
def _both() -> Callable:
    bits_set = _bits_set()

    @jit("void(uint64[:, ::1], uint64[:, ::1], int64[:, ::1])")
    def both(left, right, found):
        for i in range(len(left)):
            for j in range(len(right)):
                together = np.uint64(0)
                for word in range(left.shape[1]):
                    together += bits_set(left[i, word] & right[j, word])
                found[i, j] = np.int64(together)

    return both
