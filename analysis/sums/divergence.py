"""Jensen-Shannon divergence of all pairs: one logarithm per pair, sample and class.

With s = p + q and T[i, j] the sum of s ln s over samples and classes, two models with
probabilities on b[i, j] common samples have the summed divergence

    ln 2 (b[i, j] - (b[i, i] + b[j, j]) / 2) + (T[i, i] + T[j, j]) / 4 - T[i, j] / 2.

Where a model gave no answer its row is 0 and s ln s is the other model's q ln q, which T[j, j]
takes out again; a sample of weight w enters as the rows w p and w q.
"""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib import util
from math import log

import numpy as np
import torch
from torch import Tensor

from analysis.sums.distributions import placed, weighted
from analysis.sums.piece import Piece
from analysis.sums.products import product

DIVERGENCES = ("js_sum",)

# Entries (pairs x samples x classes) from which the compiled loop is quicker with its import and
# its compilation counted.
PAYS, PAYS_ONCE_LOADED = 3_000_000_000, 1_000_000_000
BLOCK = 1024
TILE = 8
TILE_ENTRIES = {"cpu": 1024, "cuda": 1 << 18}
LEAST = 1e-30

# ln 2 apart, the logarithm of a float32 number 2^e m with m in [1, 2) is e plus a polynomial in
# m - CENTRE of least greatest error (5e-8); LOG_CENTRE = log2(CENTRE) is exact in float32 even
# with the exponent's offset of 127 taken off.
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
    return {"js_sum": placed(piece, log(2) * both + alone[:, None] + alone - mixtures / 2)}


def mixture_sums(values: Tensor, work: int) -> Tensor:
    """Sum over entries of s ln s, s = values[i] + values[j], by the quickest of the ways.

    Args:
        values: float32 or float64 [S, K], not below 0.
        work: entries of all pairs in the whole walk over the samples, of which this is a part.

    Returns:
        float64 [S, S], symmetric.
    """
    if values.device.type == "cpu" and values.dtype == torch.float32 and _compiling_pays(work):
        upper = _compiled_sums(values)
    else:
        upper = _tiled_sums(values)
    upper = upper.triu()
    return upper + upper.triu(1).T


def _compiling_pays(work: int) -> bool:
    least = PAYS_ONCE_LOADED if "numba" in sys.modules else PAYS
    return work >= least and util.find_spec("numba") is not None


def _tiled_sums(values: Tensor) -> Tensor:
    """Tiles of pairs and entries that stay in the cache; the upper triangle is filled."""
    values = values.clamp_min(LEAST)
    models, entries = values.shape
    total = torch.zeros(models, models, dtype=torch.float64, device=values.device)
    step = TILE_ENTRIES[values.device.type]
    room = [values.new_empty(TILE * TILE * min(step, entries)) for _ in range(2)]
    for start in range(0, entries, step):
        part = values[:, start : start + step]
        for first in range(0, models, TILE):
            rows = part[first : first + TILE, None]
            for second in range(first, models, TILE):
                columns = part[None, second : second + TILE]
                shape = (len(rows), columns.shape[1], part.shape[1])
                mixed, logs = (space[: np.prod(shape)].view(shape) for space in room)
                torch.log(torch.add(rows, columns, out=mixed), out=logs)
                found = logs.mul_(mixed).sum(-1).double()
                total[first : first + TILE, second : second + TILE] += found
    return total


def _compiled_sums(values: Tensor) -> Tensor:
    """The compiled loop, a share of the entries to each thread; the upper triangle is filled."""
    add, table = _compiled(), values.numpy()
    models, entries = table.shape
    threads = torch.get_num_threads()
    ends = [entries * part // threads for part in range(threads + 1)]
    total = np.zeros((threads, models, models))
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(add, [table] * threads, ends, ends[1:], total))
    return torch.from_numpy(total.sum(0)) * log(2)


@lru_cache(maxsize=1)
def _compiled() -> Callable[..., None]:
    import numba

    # Sums in any order and fused multiply-add, or the loop is not vectorised; NaN stays exact.
    allowed = {"reassoc", "contract", "nsz"}
    return numba.njit(_add_mixtures, nogil=True, cache=True, fastmath=allowed)


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
