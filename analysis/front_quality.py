"""How good a front is as a whole, and what each of its candidates adds."""

from collections.abc import Sequence
from itertools import combinations
from math import comb

import torch
from torch import Tensor

from analysis.checks import BundleError
from analysis.pareto import Sense, non_dominated, ranks, signs_of

MOST_LEFT_OUT = 2000
MOST_WEIGHTS = 100_000


def hypervolume(values: Tensor, senses: Sequence[Sense], reference: Sequence[float]) -> Tensor:
    """Volume of what the front beats, down to a reference point.

    Fix the reference by what it means (the accuracy of guessing, no diversity at all) and keep
    it: two hypervolumes compare only with the same one.

    Args:
        values: float [n, k], one row per candidate.
        senses: "max" or "min" per objective.
        reference: k numbers; a candidate that is not better on every objective adds nothing.

    Returns:
        float64 scalar in the product of the objectives' units, 0 or more; higher is better.
        Candidates with an undefined or infinite objective count for nothing. Exact, in n log n
        steps up to three objectives; with five or more the time grows steeply with the front.

    Raises:
        BundleError: the directions or the reference do not fit the objectives.

    Example:
        >>> hypervolume(torch.tensor([[1.0, 2.0], [2.0, 1.0]]), ("max", "max"), (0, 0)).item()
        3.0

    References:
        Zitzler and Thiele 1998, PPSN V; Guerreiro and Fonseca 2018, IEEE Transactions on
        Evolutionary Computation 22(3).
    """
    origin = _reference(reference, senses)
    front = non_dominated(values, senses)
    return _volume(_above(values[front], senses, origin)).to(values.device)


def exclusive_contribution(
    values: Tensor, senses: Sequence[Sense], reference: Sequence[float], *, fallback: bool = True
) -> Tensor:
    """Hypervolume that is lost when one candidate is taken away.

    Args:
        values: float [n, k], one row per candidate.
        senses: "max" or "min" per objective.
        reference: as in `hypervolume`.
        fallback: dominated candidates step in for the one that is taken away, as the definition
            has it. False: the front is all there is, which takes n log n steps up to three
            objectives instead of n times those of a hypervolume.

    Returns:
        float64 [n], 0 or more, in the unit of the hypervolume. 0 for dominated candidates and
        for two that are equal: either replaces the other. NaN for a candidate with an undefined
        or infinite objective.

    Raises:
        BundleError: the directions or the reference do not fit the objectives, or there are more
            than 2,000 candidates on the first two fronts and `fallback` is asked for, or on the
            front with four objectives or more.

    Example:
        >>> points = torch.tensor([[1.0, 2.0], [2.0, 1.0], [1.0, 1.0]])
        >>> exclusive_contribution(points, ("max", "max"), (0, 0)).tolist()
        [1.0, 1.0, 0.0]

    References:
        Emmerich and Fonseca 2011, Computing hypervolume contributions in low dimensions, EMO.
    """
    origin = _reference(reference, senses)
    rank = ranks(values, senses, fronts=2 if fallback else 1)
    # What stands behind the second front stays beaten when a single candidate goes.
    rows = ((rank >= 0) & (rank <= int(fallback))).nonzero().flatten()
    if len(rows) > MOST_LEFT_OUT and (fallback or len(senses) > 3):
        raise BundleError(
            f"Contributions of {len(rows):,} candidates would take too long: of up to three "
            f"objectives the front's own are quick, all others are for up to {MOST_LEFT_OUT:,} "
            "candidates on the first two fronts. Thin the front first."
        )
    part = _contributions(_above(values[rows], senses, origin), fallback)
    part[rank[rows].cpu() > 0] = 0  # Rounding leaves a trace of what should cancel.
    total = torch.where(rank >= 0, 0.0, torch.nan).double()
    total[rows] = part.to(total.device)
    return total


def r2(
    values: Tensor, senses: Sequence[Sense], ideal: Sequence[float], *, divisions: int = 10
) -> Tensor:
    """How far the front stays from an ideal point, over all ways to weigh the objectives.

    The mean over weights of the smallest weighted Chebyshev distance that a candidate reaches.
    Put the objectives on comparable scales first.

    Args:
        values: float [n, k], one row per candidate.
        senses: "max" or "min" per objective.
        ideal: k numbers that no candidate surpasses.
        divisions: steps from 0 to 1 in which each weight is varied; the weights add up to 1.

    Returns:
        float64 scalar, 0 or more; lower is better. NaN without a candidate.

    Raises:
        BundleError: the directions or the ideal do not fit the objectives, a candidate surpasses
            the ideal, or the divisions give more than 100,000 weights.

    Example:
        >>> r2(torch.tensor([[1.0, 0.0], [0.0, 1.0]]), ("max", "max"), (1, 1), divisions=2).item()
        0.16666666666666666

    References:
        Hansen and Jaszkiewicz 1998, Evaluating the quality of approximations to the
        non-dominated set; Brockhoff, Wagner and Trautmann 2012, GECCO.
    """
    target = _reference(ideal, senses)
    front = non_dominated(values, senses)
    short = -_above(values[front], senses, target)
    if bool((short < 0).any()):
        raise BundleError("A candidate surpasses the ideal point; choose one that none does.")
    if not len(short):
        return torch.tensor(torch.nan, dtype=torch.float64, device=values.device)
    weights = _weights(len(senses), divisions)
    step = max(1, (1 << 22) // (len(short) * len(senses)))
    reached = [(part[:, None] * short).amax(2).amin(1) for part in weights.split(step)]
    return torch.cat(reached).mean().to(values.device)


def additive_epsilon(first: Tensor, second: Tensor, senses: Sequence[Sense]) -> Tensor:
    """The least that must be added to every objective of one set so that it covers another.

    Args:
        first: float [n, k], the candidates that are to cover.
        second: float [m, k], those to be covered.
        senses: "max" or "min" per objective.

    Returns:
        float64 scalar in the objectives' unit; lower is better for the first set, 0 or less when
        it covers the second as it is. NaN when either has no defined candidate.

    Raises:
        BundleError: there is not one direction per objective.

    Example:
        >>> additive_epsilon(torch.tensor([[1.0]]), torch.tensor([[3.0]]), ("max",)).item()
        2.0

    References:
        Zitzler et al. 2003, IEEE Transactions on Evolutionary Computation 7(2).
    """
    ours, theirs = (
        _above(values[non_dominated(values, senses)], senses, torch.zeros(len(senses)))
        for values in (first, second)
    )
    if not len(ours) or not len(theirs):
        return torch.tensor(torch.nan, dtype=torch.float64, device=first.device)
    step = max(1, (1 << 22) // (len(ours) * len(senses)))
    needed = [(part[:, None] - ours).amax(2).amin(1) for part in theirs.split(step)]
    return torch.cat(needed).max().to(first.device)


def _above(values: Tensor, senses: Sequence[Sense], origin: Tensor) -> Tensor:
    """By how much each candidate is better than a point, float64 [n, k] on the CPU."""
    signs = signs_of(values, senses).double().cpu()
    return (values.double().cpu() - origin) * signs


def _volume(above: Tensor) -> Tensor:
    inside = above[(above > 0).all(1)]
    if not len(inside):
        return torch.zeros((), dtype=torch.float64)
    if inside.shape[1] == 1:
        return inside.max()
    import moocore

    found = moocore.hypervolume(inside.neg().numpy(), ref=torch.zeros(inside.shape[1]).numpy())
    return torch.tensor(found, dtype=torch.float64)


def _contributions(above: Tensor, fallback: bool) -> Tensor:
    """Exclusive contributions of candidates that stand this far above the reference point."""
    if not len(above):
        return above.new_zeros(0)
    if above.shape[1] == 1:
        reach = above[:, 0].clamp_min(0)
        best = reach.topk(min(2, len(reach))).values
        return torch.where(reach == best[0], best[0] - best[1:].sum(), 0.0)
    import moocore

    given = (above.neg().numpy(), torch.zeros(above.shape[1]).numpy())
    found = moocore.hv_contributions(given[0], ref=given[1], ignore_dominated=not fallback)
    _, group, copies = above.unique(dim=0, return_inverse=True, return_counts=True)
    return torch.where(copies[group] > 1, 0.0, torch.from_numpy(found).clamp_min(0))


def _reference(point: Sequence[float], senses: Sequence[Sense]) -> Tensor:
    given = torch.as_tensor(point, dtype=torch.float64).cpu()
    if given.shape != (len(senses),) or not bool(torch.isfinite(given).all()):
        raise BundleError(
            f"The point to measure from is {point}; expected {len(senses)} finite numbers, one "
            "per objective."
        )
    return given


def _weights(objectives: int, divisions: int) -> Tensor:
    """All weights in steps of 1 / divisions that add up to 1, float64 [W, k]."""
    number = comb(divisions + objectives - 1, objectives - 1) if divisions >= 1 else 0
    if not 1 <= number <= MOST_WEIGHTS:
        raise BundleError(
            f"{divisions} divisions of {objectives} objectives make {number:,} weights; expected "
            f"1 to {MOST_WEIGHTS:,}."
        )
    bars = torch.tensor(list(combinations(range(divisions + objectives - 1), objectives - 1)))
    bars = bars.view(number, objectives - 1)
    first = torch.full((number, 1), -1)
    last = torch.full((number, 1), divisions + objectives - 1)
    return (torch.cat([first, bars, last], 1).diff(dim=1) - 1).double() / divisions
