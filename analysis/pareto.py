"""Which candidates are beaten by none: non-dominated sets and ranks."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

Sense = Literal["max", "min"]


def ranks(values: Tensor, senses: Sequence[Sense]) -> Tensor:
    """Rank 0 is the front; rank k is the front once the ranks below k are taken away.

    One candidate dominates another when it is at least as good on every objective and better on
    one; equal candidates do not dominate each other.

    Args:
        values: float [n, k], one row per candidate.
        senses: "max" or "min" per objective.

    Returns:
        int64 [n]; -1 for a candidate with an undefined (NaN) objective.

    Example:
        >>> ranks(torch.tensor([[1.0, 1.0], [2.0, 2.0], [0.0, 3.0]]), ("max", "max")).tolist()
        [1, 0, 0]

    References:
        Deb et al. 2002, NSGA-II, IEEE Transactions on Evolutionary Computation 6(2).
    """
    rank = torch.full((len(values),), -1, dtype=torch.int64, device=values.device)
    left = torch.isfinite(values).all(1).nonzero().flatten()
    level = 0
    while len(left):
        kept = non_dominated(values[left], senses)
        rank[left[kept]] = level
        left = left[~kept]
        level += 1
    return rank


def non_dominated(values: Tensor, senses: Sequence[Sense], *, chunk: int = 1024) -> Tensor:
    """Which candidates no other one dominates.

    Args:
        values: float [n, k] without NaN.
        senses: "max" or "min" per objective.
        chunk: candidates compared with all others at a time (chunk x n x k comparisons).

    Returns:
        bool [n].

    Example:
        >>> non_dominated(torch.tensor([[1.0, 1.0], [2.0, 2.0]]), ("max", "max")).tolist()
        [False, True]
    """
    sign = torch.tensor([1.0 if sense == "max" else -1.0 for sense in senses])
    points = values * sign.to(values)
    kept = torch.ones(len(points), dtype=torch.bool, device=points.device)
    for start in range(0, len(points), chunk):
        here = points[start : start + chunk, None]
        beaten = (points >= here).all(-1) & (points > here).any(-1)
        kept[start : start + chunk] = ~beaten.any(1)
    return kept
