"""Which candidates are beaten by none: non-dominated sets and ranks."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from analysis.checks import BundleError
from analysis.dominance import front_of

Sense = Literal["max", "min"]


def ranks(values: Tensor, senses: Sequence[Sense], *, fronts: int | None = None) -> Tensor:
    """Rank 0 is the front; rank k is the front once the ranks below k are taken away.

    One candidate dominates another when it is at least as good on every objective and better on
    one; equal candidates do not dominate each other.

    Args:
        values: float [n, k], one row per candidate.
        senses: "max" or "min" per objective.
        fronts: how many fronts are told apart; all candidates behind them get this rank. None:
            all of them.

    Returns:
        int64 [n]; -1 for a candidate with an objective that is undefined (NaN) or infinite.

    Raises:
        BundleError: there is not one direction per objective.

    Example:
        >>> ranks(torch.tensor([[1.0, 1.0], [2.0, 2.0], [0.0, 3.0]]), ("max", "max")).tolist()
        [1, 0, 0]

    References:
        Deb et al. 2002, NSGA-II, IEEE Transactions on Evolutionary Computation 6(2).
    """
    signs = signs_of(values, senses)
    rank = torch.full((len(values),), -1, dtype=torch.int64, device=values.device)
    left = torch.isfinite(values).all(1).nonzero().flatten()
    if values.device.type == "cpu" and fronts is None and len(left):
        import moocore

        found = moocore.pareto_rank((values[left] * -signs).double().numpy())
        rank[left] = torch.from_numpy(found).long()
        return rank
    level = 0
    while len(left) and level != fronts:
        kept = front_of(values[left], signs)
        rank[left[kept]] = level
        left = left[~kept]
        level += 1
    rank[left] = level
    return rank


def non_dominated(values: Tensor, senses: Sequence[Sense]) -> Tensor:
    """Which candidates no other one dominates.

    Exact for any number of them. On the CPU moocore finds the front of what a few strong
    candidates leave over; on another device torch does.

    Args:
        values: float [n, k], one row per candidate.
        senses: "max" or "min" per objective.

    Returns:
        bool [n]; False for a candidate with an objective that is undefined (NaN) or infinite,
        and such a candidate beats nobody.

    Raises:
        BundleError: there is not one direction per objective.

    Example:
        >>> non_dominated(torch.tensor([[1.0, 1.0], [2.0, 2.0]]), ("max", "max")).tolist()
        [False, True]

    References:
        Kung, Luccio and Preparata 1975, Journal of the ACM 22(4).
    """
    signs = signs_of(values, senses)
    # One sum tells that all are finite much faster than a look at each.
    if bool(torch.isfinite(values.sum())):
        return front_of(values, signs)
    known = torch.isfinite(values).all(1)
    front = torch.zeros_like(known)
    front[known] = front_of(values[known], signs)
    return front


def signs_of(values: Tensor, senses: Sequence[Sense]) -> Tensor:
    """What turns every objective so that higher is better: 1 or -1, [k], as the values.

    Args:
        values: float [n, k].
        senses: "max" or "min" per objective.

    Raises:
        BundleError: there is not one direction per objective.

    Example:
        >>> signs_of(torch.zeros(4, 2), ("max", "min")).tolist()
        [1.0, -1.0]
    """
    unknown = [sense for sense in senses if sense not in ("max", "min")]
    if unknown:
        raise BundleError(f"An objective is to be {unknown[0]!r}; it can be 'max' or 'min'.")
    if values.ndim != 2 or values.shape[1] != len(senses) or not senses:
        raise BundleError(
            f"The candidates have shape {tuple(values.shape)}; {len(senses)} directions need a "
            "table of one row per candidate and one column per direction, at least one."
        )
    return torch.tensor([1.0 if sense == "max" else -1.0 for sense in senses]).to(values)
