"""What is said of one grouping: worst group, gap, spread, and each group against the rest."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.contrasts import fisher_p
from analysis.differences import apart
from analysis.evenness import macro_std
from analysis.grouping import Grouping
from analysis.groups import worst_and_gap
from analysis.intervals import group_interval, wilson
from analysis.many_tests import benjamini_hochberg, holm
from analysis.pairwise import share
from analysis.sets import crossed, effective_size, sets_of
from analysis.sums.by_group import sums_by_code

LEAST = 20
MOST_VALUES = 1 << 26
MOST_RESAMPLED = 60


@dataclass(frozen=True, eq=False)
class WorstGroup:
    """The worst group of each of M models among the groups that are large enough.

    Attributes:
        level: int64 [M], its position; -1 where no group is large enough.
        accuracy, low, high: float64 [M], its accuracy and the ends of the 95 % interval.
        lowest: float64 [M], the lowest of the lower ends of all groups: none is clearly below.
        gap: float64 [M], best minus worst group.
        counted: bool [M, G], the groups that are large enough.
    """

    level: Tensor
    accuracy: Tensor
    low: Tensor
    high: Tensor
    lowest: Tensor
    gap: Tensor
    counted: Tensor


def worst_group(
    accuracy: Tensor, low: Tensor, high: Tensor, graded: Tensor, *, least: int = LEAST
) -> WorstGroup:
    """The worst group of each model, with its interval, which ignores that it was picked.

    Args:
        accuracy: float64 [M, G].
        low: float64 [M, G], lower ends of the 95 % intervals.
        high: float64 [M, G].
        graded: [M, G], judged answers behind each.
        least: groups with fewer judged answers are left out.

    Returns:
        NaN and -1 where no group is large enough.

    Example:
        >>> rate, n = torch.tensor([[0.9, 0.6, 0.1]]), torch.tensor([[50, 40, 3]])
        >>> worst_group(rate, rate - 0.1, rate + 0.1, n).level.tolist()
        [1]

    References:
        Sagawa et al. 2020, Distributionally robust neural networks (worst-group accuracy).
    """
    counted = (graded >= least) & torch.isfinite(accuracy)
    worst, gap = worst_and_gap(accuracy, graded, least=least)
    known = counted.any(1)
    place = torch.where(counted, accuracy, torch.inf).argmin(1)
    rows = torch.arange(len(accuracy), device=accuracy.device)
    ends = (torch.where(known, side[rows, place], torch.nan) for side in (low, high))
    lowest = torch.where(counted, low, torch.inf).amin(1)
    return WorstGroup(
        torch.where(known, place, -1),
        worst,
        *ends,
        torch.where(known, lowest, torch.nan),
        gap,
        counted,
    )


def group_macro_std(
    right: Tensor,
    graded: Tensor,
    labels: Tensor | None,
    grouping: Grouping,
    *,
    corrected: bool = False,
) -> Tensor:
    """How unevenly right answers are spread over the groups within each class, per model.

    Args:
        right: bool [M, N], right answers.
        graded: bool [M, N], answers that could be judged.
        labels: int [N], -1 = unlabelled, or None.
        grouping: of the N samples.
        corrected: as in `analysis.evenness.macro_std`.

    Returns:
        float64 [M], 0 = as good in all groups of a class; lower is more even. NaN without labels,
        or where classes and groups make too large a table.

    Example:
        >>> halves = Grouping(torch.tensor([0, 1]), ("a", "b"))
        >>> right = torch.tensor([[True, False]])
        >>> group_macro_std(right, right | True, torch.tensor([0, 0]), halves).tolist()
        [0.5]
    """
    unknown = torch.full((len(right),), torch.nan, dtype=torch.float64, device=right.device)
    if labels is None or not (labels >= 0).any():
        return unknown
    here = labels >= 0
    classes, label = labels[here].unique(return_inverse=True)
    number = len(grouping.levels)
    if len(classes) * number * len(right) > MOST_VALUES:
        return unknown
    codes = grouping.codes[here].long().reshape(len(label), -1)
    cells = torch.where(codes < 0, -1, label[:, None] * number + codes)
    shape = (len(right), len(classes), number)
    counts = (
        sums_by_code(flags[:, here], cells, len(classes) * number).view(shape)
        for flags in (right & graded, graded)
    )
    return macro_std(*counts, corrected=corrected).macro


def interval_by_group(
    rate: Tensor,
    graded: Tensor,
    correct: Tensor,
    judged: Tensor,
    grouping: Grouping,
    units: Tensor | None = None,
    *,
    seed: int = 0,
) -> tuple[Tensor, Tensor]:
    """95 % interval of each model's accuracy in each group, however many groups there are.

    Wilson's; where samples share units as `analysis.intervals.group_interval` has it, or of very
    many groups Wilson's on as many independent samples as they are worth.

    Args:
        rate: float64 [M, G], accuracy.
        graded: [M, G], judged answers behind each.
        correct: bool [M, N].
        judged: bool [M, N].
        grouping: G groups.
        units: int [N] or None.
        seed: of the bootstrap.

    Returns:
        Lower and upper end, float64 [M, G]; NaN for a group without a judged answer.
    """
    if units is None:
        return wilson((rate * graded).nan_to_num(), graded)
    if len(grouping.levels) <= MOST_RESAMPLED:
        return group_interval(correct, judged, grouping.membership(), units, seed=seed)
    sets = crossed(grouping)
    size = [
        effective_size(right.double(), sets.only(known), units)
        for right, known in zip(correct, judged, strict=True)
    ]
    size = torch.stack(size)
    return wilson((rate * size).nan_to_num(), size)


@dataclass(frozen=True, eq=False)
class AgainstRest:
    """A share in each of G groups against all other samples; else said, float64 [G].

    Attributes:
        n: int64, samples inside.
        inside, outside: the share.
        gap, low, high: inside minus outside, and its 95 % interval.
        p: Fisher's exact test; NaN for groups that are too small, or where nothing is outside.
        p_bh, p_holm: corrected for the number of tests; to explore with, and to claim with.
    """

    n: Tensor
    inside: Tensor
    outside: Tensor
    gap: Tensor
    low: Tensor
    high: Tensor
    p: Tensor
    p_bh: Tensor
    p_holm: Tensor


def against_rest(
    right: Tensor,
    judged: Tensor,
    grouping: Grouping,
    units: Tensor | None = None,
    *,
    least: int = LEAST,
) -> AgainstRest:
    """How often something holds in each group, against all samples outside of it.

    Where several samples belong to one unit, intervals are those of as many independent samples
    as they are worth (outside: by the design effect of all), and p is at least that of a normal
    test on these.

    Args:
        right: bool [N].
        judged: bool [N], the samples that count.
        grouping: G groups, which may overlap.
        units: int [N] or None.
        least: groups with fewer samples are not tested.

    Returns:
        One entry per group.

    Example:
        >>> sides = Grouping((torch.arange(80) < 40).int(), ("a", "b"))
        >>> right = torch.arange(80) < 50
        >>> round(against_rest(right, right | True, sides).gap[1].item(), 3)
        0.75

    References:
        Fisher 1935, The design of experiments.
    """
    flags = (right & judged).double()
    sets, everything = crossed(grouping).only(judged), sets_of(judged[None])
    n, hits = sets.sums(torch.ones_like(flags)), sets.sums(flags)
    total, all_hits = everything.sums(torch.ones_like(flags)), everything.sums(flags)
    rest, rest_hits = total - n, all_hits - hits
    size = effective_size(flags, sets, units)
    other = rest * share(effective_size(flags, everything, units), total)
    inside, outside = share(hits, n), share(rest_hits, rest)
    ends = [
        (rate, *wilson(rate * worth, worth)) for rate, worth in ((inside, size), (outside, other))
    ]
    gap, low, high = apart(*ends)
    tested = (n >= least) & (rest > 0)
    p = torch.full_like(gap, torch.nan)
    tables = torch.stack([hits, n, rest_hits, rest], 1)[tested].long()
    different, place = tables.unique(dim=0, return_inverse=True)
    found = [fisher_p(*row) for row in different.tolist()]
    p[tested] = torch.tensor(found, dtype=torch.float64, device=p.device)[place]
    if units is not None:
        variance = inside * (1 - inside) / size + outside * (1 - outside) / other
        z = gap.abs() / variance.clamp_min(0).sqrt()
        p = torch.maximum(p, torch.where(gap == 0, 1.0, torch.erfc(z / 2**0.5)))
    parts = (gap, low, high, p, benjamini_hochberg(p), holm(p))
    return AgainstRest(n.long(), inside, outside, *parts)
