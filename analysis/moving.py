"""The local search of Kemeny's order, compiled: one model after the other to its best place."""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor


def moved(order: Tensor, lead: Tensor, *, passes: int, least: float) -> tuple[Tensor, Tensor]:
    """Orders after the search, and whether each search ended by itself.

    Args:
        order: int64 [B, M] on the CPU, models from best to worst.
        lead: float64 [B, M, M], what it saves to have j ahead of i rather than behind.
        passes: at most so many times through all models.
        least: a move has to save more than this.

    Returns:
        int64 [B, M] and bool [B].

    Example:
        >>> wins = torch.tensor([[[0.0, 2.0], [1.0, 0.0]]], dtype=torch.float64)
        >>> found = moved(torch.tensor([[1, 0]]), wins.mT - wins, passes=9, least=1e-9)
        >>> found[0].tolist(), found[1].tolist()
        ([[0, 1]], [True])
    """
    found, settled = order.clone(), torch.zeros(len(order), dtype=torch.bool)
    _search()(found.numpy(), lead.contiguous().numpy(), passes, least, settled.numpy())
    return found, settled


@cache
def _search() -> Callable:
    from numba import njit

    @njit(nogil=True)
    def search(orders, leads, passes, least, settled):
        for table in range(len(orders)):
            order, lead = orders[table], leads[table]
            for _ in range(passes):
                better = False
                for model in order.copy():
                    place, best, gain, saved, at = 0, 0, 0.0, 0.0, 0.0
                    slot = 0
                    for other in order:
                        if other == model:
                            place, at = slot, saved
                            continue
                        saved += lead[model, other]
                        slot += 1
                        if saved > gain:
                            gain, best = saved, slot
                    if gain - at > least:
                        better = True
                        if best > place:
                            for spot in range(place, best):
                                order[spot] = order[spot + 1]
                        else:
                            for spot in range(place, best, -1):
                                order[spot] = order[spot - 1]
                        order[best] = model
                if not better:
                    settled[table] = True
                    break

    return search
