"""Jensen-Shannon divergence of all pairs: one logarithm per pair, sample and class.

With s = p + q and T[i, j] the sum of s ln s over samples and classes, two models with
probabilities on b[i, j] common samples have the summed divergence

    ln 2 (b[i, j] - (b[i, i] + b[j, j]) / 2) + (T[i, i] + T[j, j]) / 4 - T[i, j] / 2.

Where a model gave no answer its row is 0 and s ln s is the other model's q ln q, which T[j, j]
takes out again; a sample of weight w enters as the rows w p and w q.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from math import log

import numpy as np
import torch
from torch import Tensor

from analysis.sums import compiled
from analysis.sums.distributions import placed, weighted
from analysis.sums.piece import Piece
from analysis.sums.products import product

DIVERGENCES = ("js_sum",)

# Entries (pairs x samples x classes) from which the compiled loop is quicker with its import and
# its compilation counted. It rounds otherwise than numpy, so nothing but the work decides.
PAYS_FROM = 3_000_000_000
BLOCK = 1024
TILE, TILE_ENTRIES = 8, 4000
# What stands for 0 where the logarithm of 0 would be taken: s ln s is 0 to all digits.
LEAST = 1e-30

# log2 of a float32 number 2^e m with m in [1, 2) is e plus a polynomial in m - CENTRE, fitted for
# the least greatest error (5e-8). CENTRE is the number near 1.5 whose logarithm stays exact in
# float32 when the exponent's offset of 127 is taken off it.
CENTRE = np.float32(1.4999983310699463)
LOG_CENTRE = np.float32(0.5849609375 - 127)
P1 = np.float32(0.9617974758148193)
P2 = np.float32(-0.32059982419013977)
P3 = np.float32(0.14251647889614105)
P4 = np.float32(-0.07127290964126587)
P5 = np.float32(0.037535253912210464)
P6 = np.float32(-0.020704180002212524)
P7 = np.float32(0.014627889730036259)
P8 = np.float32(-0.008891255594789982)
MANTISSA, OF_ONE, EXPONENT = np.int32(0x7FFFFF), np.int32(0x3F800000), np.int32(23)


def divergence_sums(piece: Piece) -> dict[str, Tensor]:
    """The sum named in `DIVERGENCES`."""
    here = piece.distributions
    if here is None:
        return {"js_sum": placed(piece, None)}
    samples, classes = len(piece.bundle.ids), here.values.shape[2]
    work = len(here.models) * (len(here.models) + 1) // 2 * samples * classes
    mixtures = mixture_sums(weighted(here.values, piece.weights).flatten(1), work)
    both = product(here.scored, here.scored, piece.weights).double()
    alone = mixtures.diagonal() / 4 - log(2) / 2 * both.diagonal()
    divergence = log(2) * both + alone[:, None] + alone - mixtures / 2
    return {"js_sum": placed(piece, divergence.fill_diagonal_(0))}


def mixture_sums(values: Tensor, work: int) -> Tensor:
    """Sum over entries of s ln s, s = values[i] + values[j], by the quickest of the ways.

    Args:
        values: float32 or float64 [S, K], not below 0.
        work: entries of all pairs in the whole walk over the samples, of which this is a part.

    Returns:
        float64 [S, S], symmetric.
    """
    single = values.dtype == torch.float32
    if values.device.type != "cpu":
        upper = _sums_by_rows(values)
    elif single and compiled.chosen(None, work, values.device, pays_from=PAYS_FROM):
        upper = _shared_out(_compiled(), values) * log(2)
    else:
        upper = _shared_out(_add_tiles, values.clamp_min(LEAST)) * log(2)
    upper = upper.triu()
    return upper + upper.triu(1).T


def _sums_by_rows(values: Tensor) -> Tensor:
    """One model with all from itself on at a time: few large steps, as a GPU wants them."""
    total = torch.zeros(len(values), len(values), dtype=torch.float64, device=values.device)
    for row in range(len(values)):
        mixed = values[row] + values[row:]
        total[row, row:] = torch.xlogy(mixed, mixed).sum(1, dtype=torch.float64)
    return total


def _shared_out(add: Callable[..., None], values: Tensor) -> Tensor:
    """Sums of s log2 s: each thread adds those of its part of the entries to its own table."""
    models, entries = values.shape
    threads = max(1, min(torch.get_num_threads(), entries // TILE_ENTRIES))
    if threads == 1:
        found = np.zeros((models, models))
        add(values.numpy(), 0, entries, found)
        return torch.from_numpy(found)
    ends = [entries * part // threads for part in range(threads + 1)]
    shares = np.zeros((threads, models, models))
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(add, [values.numpy()] * threads, ends, ends[1:], shares))
    return torch.from_numpy(shares.sum(0))


def _add_tiles(values: np.ndarray, start: int, stop: int, total: np.ndarray) -> None:
    """Add the sum of s log2 s over the entries start to stop to total, in tiles in the cache."""
    models = len(values)
    room = np.empty((2, TILE, TILE_ENTRIES), values.dtype)
    for first in range(start, stop, TILE_ENTRIES):
        part = values[:, first : min(first + TILE_ENTRIES, stop)]
        for row in range(models):
            for column in range(row, models, TILE):
                others = part[column : column + TILE]
                mixed, logs = room[:, : len(others), : others.shape[1]]
                np.log2(np.add(part[row], others, out=mixed), out=logs)
                total[row, column : column + TILE] += np.vecdot(mixed, logs)


@lru_cache(maxsize=1)
def _compiled() -> Callable[..., None]:
    import numba

    # Sums in any order, or the loop is not vectorised; products and sums in one instruction.
    options = {"nogil": True, "fastmath": {"reassoc", "contract", "nsz"}}
    try:
        return numba.njit(_add_mixtures, cache=True, **options)
    except RuntimeError:
        # No folder to keep it in can be written.
        return numba.njit(_add_mixtures, **options)


def _add_mixtures(values: np.ndarray, start: int, stop: int, total: np.ndarray) -> None:
    """Add the sum of s log2 s over the entries start to stop of each pair i <= j to total."""
    for first in range(start, stop, BLOCK):
        last = min(first + BLOCK, stop)
        for i in range(values.shape[0]):
            one = values[i, first:last]
            for j in range(i, values.shape[0]):
                other = values[j, first:last]
                found = np.float32(0)
                for k in range(last - first):
                    mixed = np.float32(one[k] + other[k])
                    bits = np.float32(mixed).view(np.int32)
                    power = np.float32(np.int32(bits >> EXPONENT)) + LOG_CENTRE
                    m = np.int32(np.int32(bits & MANTISSA) | OF_ONE).view(np.float32) - CENTRE
                    upper = ((P8 * m + P7) * m + P6) * m + P5
                    lower = (((upper * m + P4) * m + P3) * m + P2) * m + P1
                    found += mixed * (lower * m + power)
                total[i, j] += found
