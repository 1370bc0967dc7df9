"""Accuracy per group along something: checkpoints, thresholds, a number, other groups."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.grouping import Grouping
from analysis.intervals import wilson
from analysis.sets import Sets, crossed
from analysis.stretches import stretches

CELLS = 1 << 24
POINTS = 40
SPAN = 0.3
DISTINCT = 3


@dataclass(frozen=True, eq=False)
class Rates:
    """Means of R scores in K sets of samples, float64 [R, K] each.

    Attributes:
        mean: NaN in a set without a known score.
        low, high: 95 % interval.
        n: known scores behind each.
    """

    mean: Tensor
    low: Tensor
    high: Tensor
    n: Tensor

    def unflatten(self, *shape: int) -> "Rates":
        """The same with the sets laid out as [R, *shape]."""
        return Rates(*(part.unflatten(1, shape) for part in vars(self).values()))


def rates(scores: Tensor, known: Tensor, sets: Sets, units: Tensor | None = None) -> Rates:
    """Means of scores in [0, 1] over sets of samples, with intervals.

    Wilson's interval on an effective number of samples: as many 0-1 outcomes as have the variance
    of the mean. That is n for right and wrong, more for shares of a family that is right, and
    less where samples of one unit are alike (clustered variance).

    Args:
        scores: [R, N] in [0, 1], such as right or wrong, or the share of a family that is right.
        known: bool [R, N], which of them count.
        sets: K sets of samples, which may overlap.
        units: int [N], equal numbers belong together; None: all stand alone.

    Returns:
        Means, ends and n, [R, K].

    Example:
        >>> from analysis.sets import sets_of
        >>> right = torch.tensor([[True, False, True, True]])
        >>> both = sets_of(torch.tensor([[True, True, False, False], [False, False, True, True]]))
        >>> rates(right, torch.ones_like(right), both).mean.tolist()
        [[0.5, 1.0]]

    References:
        Korn and Graubard 1998, Survey Methodology 24 (effective sample sizes in intervals).
    """
    step = max(1, CELLS // max(len(sets.samples), 1))
    unit = None if units is None else units.unique(return_inverse=True)[1]
    parts = [_rates(scores[here], known[here], sets, unit) for here in stretches(len(scores), step)]
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return Rates(*(torch.cat(column) for column in columns))


def _rates(scores: Tensor, known: Tensor, sets: Sets, unit: Tensor | None) -> Rates:
    here = known[:, sets.samples]
    values = torch.where(here, scores[:, sets.samples].double(), 0.0)
    n = _summed(here.double(), sets.sets, sets.number)
    mean = torch.where(n > 0, _summed(values, sets.sets, sets.number) / n, torch.nan)
    rest = torch.where(here, values - mean[:, sets.sets].nan_to_num(), 0.0)
    clusters = n
    if unit is None:
        spread = _summed(rest.square(), sets.sets, sets.number)
    else:
        keys, place = (unit[sets.samples] * sets.number + sets.sets).unique(return_inverse=True)
        owner = keys % sets.number
        there = _summed(here.double(), place, len(keys)) > 0
        clusters = _summed(there.double(), owner, sets.number)
        spread = _summed(_summed(rest, place, len(keys)).square(), owner, sets.number)
        spread = spread * clusters / (clusters - 1).clamp_min(1)
    wide = mean * (1 - mean) * n.square() / spread
    certain = (spread <= 0) | ~torch.isfinite(wide)
    effective = torch.where(certain, clusters, wide)
    if unit is not None:
        effective = torch.where(clusters == 1, 1.0, effective)
    low, high = wilson(mean.nan_to_num() * effective, effective)
    return Rates(mean, *(torch.where(n > 0, end, torch.nan) for end in (low, high)), n)


def _summed(values: Tensor, places: Tensor, number: int) -> Tensor:
    """Columns [R, E] added up by place, float64 [R, number]."""
    found = torch.zeros(len(values), number, dtype=torch.float64, device=values.device)
    return found.index_add_(1, places, values)


def by_level(
    scores: Tensor,
    known: Tensor,
    grouping: Grouping,
    along: Grouping,
    units: Tensor | None = None,
) -> Rates:
    """Means of scores in each group at each level of another grouping, such as a shift.

    Args:
        scores: [R, N] in [0, 1].
        known: bool [R, N].
        grouping: of G levels.
        along: of P levels.
        units: as in `rates`.

    Returns:
        [R, G, P].
    """
    found = rates(scores, known, crossed(grouping, along), units)
    return found.unflatten(len(grouping.levels), len(along.levels))


def by_quantile(values: Tensor, known: Tensor, bins: int) -> tuple[Tensor, Tensor]:
    """Bins of about equally many samples; equal values are never parted.

    Args:
        values: float [N].
        known: bool [N], which samples are dealt out.
        bins: most bins.

    Returns:
        The bin of each sample, int64 [N], -1 where not known, and the mean value in each bin,
        float64 [B]; no bin is empty.

    Example:
        >>> codes, centres = by_quantile(torch.tensor([1.0, 2.0, 2.0, 9.0]), torch.ones(4) > 0, 2)
        >>> codes.tolist(), centres.tolist()
        ([0, 0, 0, 1], [1.6666666666666667, 9.0])
    """
    own = values[known].double()
    codes = torch.full(values.shape, -1, dtype=torch.int64, device=values.device)
    if not len(own):
        return codes, own
    steps = torch.linspace(0, 1, bins + 1, dtype=torch.float64, device=own.device)[1:-1]
    places = (steps * (len(own) - 1)).round().long()
    edges = own.sort().values[places].unique()
    found = torch.bucketize(own, edges).unique(return_inverse=True)[1]
    codes[known] = found
    n = found.bincount().double()
    return codes, torch.zeros_like(n).index_add_(0, found, own) / n


def smoothed(
    values: Tensor,
    scores: Tensor,
    known: Tensor,
    grid: Tensor,
    units: Tensor | None = None,
    *,
    span: float = SPAN,
) -> Rates:
    """Mean of scores as a smooth curve over a number: local lines with tricube weights.

    At each place of the grid a line is fitted to the nearest share of the samples, the nearer the
    more weight (as loess does). Its height is a weighted sum of the scores; the interval is
    Wilson's on the effective number 1 / (sum of squared weights), where the weights of one unit
    are added up first. It is about the mean at one place, not about the curve as a whole, and
    does not count what smoothing rounds off.

    Args:
        values: float [N].
        scores: [R, N] in [0, 1].
        known: bool [R, N], which of them count.
        grid: float [P], where the curve is wanted.
        units: int [N] or None.
        span: share of the samples that are near; more where they have under 3 different values.

    Returns:
        [R, P]; n is the effective number. NaN with fewer than 3 different values.

    References:
        Cleveland 1979, Journal of the American Statistical Association 74.
    """
    # Weights are samples by places, so few places at a time where there are many samples.
    step = max(1, CELLS // max(len(values), 1))
    parts = []
    for score, there in zip(scores, known, strict=True):
        pieces = [
            _smooth_one(values, score, there, grid[here], units, span)
            for here in stretches(len(grid), step)
        ]
        parts.append([torch.cat(column) for column in zip(*pieces, strict=True)])
    return Rates(*(torch.stack(column) for column in zip(*parts, strict=True)))


def _smooth_one(
    values: Tensor,
    score: Tensor,
    known: Tensor,
    grid: Tensor,
    units: Tensor | None,
    span: float,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    x, y, grid = values[known].double(), score[known].double(), grid.double()
    kinds = x.unique()
    if len(kinds) < DISTINCT:
        nothing = torch.full_like(grid, torch.nan)
        return nothing, nothing, nothing, torch.zeros_like(grid)
    apart = x - grid[:, None]
    far = apart.abs().kthvalue(max(1, round(span * len(x))), dim=1).values
    least = (kinds - grid[:, None]).abs().kthvalue(DISTINCT, dim=1).values
    reach = torch.maximum(far, least)[:, None] * (1 + 1e-9)
    weight = (1 - (apart / reach).abs().clamp_max(1) ** 3) ** 3
    zero, first, second = ((weight * apart**power).sum(1, keepdim=True) for power in range(3))
    slope = (zero * second - first.square()).clamp_min(0)
    lines = weight * (second - apart * first) / slope
    flat = weight / zero
    use = torch.where(slope > 1e-12 * zero.square() * reach.square(), lines, flat)
    mean = (use @ y).clamp(0, 1)
    if units is not None:
        unit = units[known].unique(return_inverse=True)[1]
        use = _summed(use, unit, int(unit.max()) + 1)
    effective = 1 / use.square().sum(1)
    low, high = wilson(mean * effective, effective)
    return mean, low, high, effective


def by_threshold(
    confidence: Tensor, right: Tensor, judged: Tensor, grouping: Grouping, thresholds: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """What is answered, and rightly, when only answers at least so sure are given.

    Args:
        confidence: float [R, N], NaN where unknown: these samples are left out.
        right: bool [R, N].
        judged: bool [R, N], which answers count.
        grouping: of G levels.
        thresholds: float [T], rising.

    Returns:
        Samples answered and right ones among them, float64 [R, G, T], and all that could be,
        float64 [R, G].

    Example:
        >>> groups = Grouping(torch.tensor([0, 0]), ("all",))
        >>> sure, right = torch.tensor([[0.9, 0.4]]), torch.tensor([[True, False]])
        >>> kept, good, n = by_threshold(
        ...     sure, right, torch.ones_like(right), groups, torch.tensor([0.0, 0.5]))
        >>> kept.tolist(), good.tolist(), n.tolist()
        ([[[2.0, 1.0]]], [[[1.0, 1.0]]], [[2.0]])
    """
    cells = crossed(grouping)
    groups, steps = cells.number, len(thresholds)
    sure = confidence[:, cells.samples].double()
    counts = judged[:, cells.samples] & ~sure.isnan()
    # How many thresholds each answer reaches, 0 to T.
    reached = torch.bucketize(sure.nan_to_num(), thresholds.double(), right=True)
    place = cells.sets * (steps + 1) + reached
    found = []
    for values in (counts, counts & right[:, cells.samples]):
        table = torch.zeros(len(sure), groups * (steps + 1), dtype=torch.float64)
        table = table.to(sure.device).scatter_add_(1, place, values.double())
        table = table.unflatten(1, (groups, steps + 1))
        found.append(table.flip(2).cumsum(2).flip(2))
    return found[0][..., 1:], found[1][..., 1:], found[0][..., 0]


def average(scores: Tensor, known: Tensor, families: Tensor, number: int) -> tuple[Tensor, Tensor]:
    """The share of each family that is right on a sample.

    Args:
        scores: [R, N] in [0, 1].
        known: bool [R, N].
        families: int64 [R], 0 to number - 1.
        number: of families, F.

    Returns:
        float64 [F, N], 0 where no member is known, and bool [F, N], some member is.

    Example:
        >>> right = torch.tensor([[True, False], [False, False]])
        >>> average(right, torch.ones_like(right), torch.tensor([0, 0]), 1)[0].tolist()
        [[0.5, 0.0]]
    """
    shape = number, scores.shape[1]
    total = torch.zeros(shape, dtype=torch.float64, device=scores.device)
    times = torch.zeros_like(total).index_add_(0, families, known.double())
    total.index_add_(0, families, torch.where(known, scores.double(), 0.0))
    return total / times.clamp_min(1), times > 0
