"""Means of a score in sets of samples, against the other samples: intervals and tests."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.grouping import Grouping
from analysis.intervals import NORMAL_95, paired_interval, wilson

MOST_TABLES = 1 << 22


@dataclass(frozen=True, eq=False)
class Sets:
    """K sets of samples, which may overlap.

    Attributes:
        samples: int64 [E], row of a sample ...
        sets: int64 [E], ... that is in this set.
        number: K.
    """

    samples: Tensor
    sets: Tensor
    number: int

    def sums(self, values: Tensor) -> Tensor:
        """Values [N] added up in each set, float64 [K]."""
        found = torch.zeros(self.number, dtype=torch.float64, device=values.device)
        return found.index_add_(0, self.sets, values[self.samples].double())

    def only(self, counted: Tensor) -> "Sets":
        """The same sets of the samples that count, bool [N]."""
        kept = counted[self.samples]
        return Sets(self.samples[kept], self.sets[kept], self.number)


def crossed(*groupings: Grouping) -> Sets:
    """Every combination of the levels of some groupings, the last one running fastest.

    Args:
        groupings: at least one, of N samples.

    Example:
        >>> one = Grouping(torch.tensor([0, 1, 1]), ("a", "b"))
        >>> crossed(one, one).sets.tolist()
        [0, 3, 3]
    """
    cells, number = torch.zeros(len(groupings[0].codes), 1, dtype=torch.int64), 1
    cells = cells.to(groupings[0].codes.device)
    for grouping in groupings:
        codes = grouping.codes.long().reshape(len(cells), 1, -1)
        joined = torch.where((cells[..., None] < 0) | (codes < 0), -1, 0)
        cells = torch.where(joined < 0, -1, cells[..., None] * len(grouping.levels) + codes)
        cells, number = cells.flatten(1), number * len(grouping.levels)
    samples, place = (cells >= 0).nonzero().T
    return Sets(samples, cells[samples, place], number)


def sets_of(inside: Tensor) -> Sets:
    """The sets that the rows of bool [K, N] mark."""
    sets, samples = inside.nonzero().T
    return Sets(samples, sets, len(inside))


def effective_size(values: Tensor, sets: Sets, units: Tensor | None) -> Tensor:
    """As how many independent samples those of each set count.

    Samples of one unit are alike, so a mean over them is less certain than their number says:
    the number is divided by how much more the means of units spread (the design effect).

    Args:
        values: float [N].
        sets: K sets of them.
        units: int [N], equal numbers belong together; None: all samples stand alone.

    Returns:
        float64 [K], from 1 to the number of samples; as many as units where all values are
        alike. 0 for an empty set.

    References:
        Korn and Graubard 1998, Survey Methodology 24 (effective sample sizes in intervals).
    """
    size = sets.sums(torch.ones_like(values))
    if units is None:
        return size
    mean = sets.sums(values) / size
    rest = values[sets.samples].double() - mean[sets.sets]
    unit = units.unique(return_inverse=True)[1][sets.samples]
    keys, place = (unit * sets.number + sets.sets).unique(return_inverse=True)
    summed = torch.zeros(len(keys), dtype=torch.float64, device=values.device)
    summed.index_add_(0, place, rest)
    of_unit = keys % sets.number
    found = torch.zeros(3, sets.number, dtype=torch.float64, device=values.device)
    found[:2].index_add_(1, of_unit, torch.stack([summed.square(), torch.ones_like(summed)]))
    found[2].index_add_(0, sets.sets, rest.square())
    between, number, alone = found
    between = between * number / (number - 1).clamp_min(1)
    effective = torch.where(alone > 0, size * alone / between, number)
    return torch.minimum(torch.where(effective.isnan(), number, effective), size).clamp_min(
        (size > 0).double()
    )


def mean_interval(values: Tensor, sets: Sets, units: Tensor | None) -> tuple[Tensor, ...]:
    """Mean of a score in each set with its 95 % interval.

    Shares (all scores 0 or 1) get Wilson's interval, net shares (-1, 0 or 1) that of a difference
    of paired shares, other numbers the normal one; all on the effective number of samples.

    Args:
        values: float [N].
        sets: K sets.
        units: as in `effective_size`.

    Returns:
        Mean, low, high and effective size, float64 [K]; NaN in an empty set.
    """
    values = values.double()
    size, effective = sets.sums(torch.ones_like(values)), effective_size(values, sets, units)
    mean = sets.sums(values) / size
    lowest, whole = _range(values)
    if whole and lowest >= 0:
        return mean, *wilson(mean * effective, effective), effective
    if whole:
        more, less = (sets.sums(sign * values > 0) / size * effective for sign in (1, -1))
        return mean, *paired_interval(more, less, effective), effective
    half = NORMAL_95 * (_variance(values, sets, mean) / effective).sqrt()
    return mean, mean - half, mean + half, effective


def _range(values: Tensor) -> tuple[float, bool]:
    """Lowest value, and whether all are -1, 0 or 1."""
    if not len(values):
        return 0.0, True
    low, high = float(values.min()), float(values.max())
    whole = low >= -1 and high <= 1 and bool((values == values.round()).all())
    return low, whole


def _variance(values: Tensor, sets: Sets, mean: Tensor) -> Tensor:
    return (sets.sums(values.square()) / sets.sums(torch.ones_like(values)) - mean**2).clamp_min(0)


@dataclass(frozen=True, eq=False)
class Contrast:
    """A score in K sets of samples and outside of each, float64 [K] each.

    Attributes:
        n: samples inside, int64.
        outside_n: samples outside, int64.
        inside, inside_low, inside_high: mean inside and its 95 % interval.
        outside, outside_low, outside_high: the same outside.
        gap, low, high: inside minus outside and its 95 % interval.
        p: two-sided test of no gap; not corrected for the number of sets.
    """

    n: Tensor
    outside_n: Tensor
    inside: Tensor
    inside_low: Tensor
    inside_high: Tensor
    outside: Tensor
    outside_low: Tensor
    outside_high: Tensor
    gap: Tensor
    low: Tensor
    high: Tensor
    p: Tensor


def contrast(values: Tensor, inside: Tensor, units: Tensor | None = None) -> Contrast:
    """A score inside some sets of samples against outside.

    The interval of the gap is put together from those of the two means. The test is Fisher's
    exact one for shares, the exact permutation test for net shares, and its normal approximation
    for other numbers. With units, p is at least that of a normal test on the effective numbers;
    that a unit can be on both sides is not made use of.

    Args:
        values: float [N]; samples with NaN are left out.
        inside: bool [K, N].
        units: as in `effective_size`.

    Returns:
        One number per set; NaN where either side is empty.

    References:
        Newcombe 1998, Statistics in Medicine 17, 873-890, method 10; Fisher 1935.
    """
    known = torch.isfinite(values)
    values, inside = values[known].double(), inside[:, known]
    units = None if units is None else units[known]
    sides = [sets_of(inside), sets_of(~inside)]
    ends = [mean_interval(values, side, units) for side in sides]
    (mean, low, high, _), (other, other_low, other_high, _) = ends
    gap = mean - other
    below = ((mean - low).square() + (other_high - other).square()).sqrt()
    above = ((high - mean).square() + (other - other_low).square()).sqrt()
    p = _exact_p(values, inside)
    if units is not None:
        spread = [
            _variance(values, side, end[0]) / end[3] for side, end in zip(sides, ends, strict=True)
        ]
        p = torch.maximum(p, _normal_p(gap, sum(spread)))
    n = inside.sum(1)
    return Contrast(
        n,
        (~inside).sum(1),
        *(mean, low, high),
        *(other, other_low, other_high),
        *(gap, gap - below, gap + above),
        torch.where(gap.isnan(), torch.nan, p),
    )


def _normal_p(difference: Tensor, variance: Tensor) -> Tensor:
    z = difference.abs() / variance.sqrt()
    return torch.where(difference == 0, 1.0, torch.erfc(z / 2**0.5))


def _exact_p(values: Tensor, inside: Tensor) -> Tensor:
    lowest, whole = _range(values)
    n, everything = inside.sum(1), inside.shape[1]
    counts = torch.stack([inside[:, values * sign > 0].sum(1) for sign in (1, -1)], dim=1)
    total = torch.stack([(values * sign > 0).sum() for sign in (1, -1)]).tolist()
    if whole and lowest >= 0:
        rows = zip(counts[:, 0].tolist(), n.tolist(), strict=True)
        p = [fisher_p(hits, size, total[0] - hits, everything - size) for hits, size in rows]
    elif whole and _tables(total, n) <= MOST_TABLES:
        rows = zip(counts.tolist(), n.tolist(), strict=True)
        p = [_net_p(*own, size, *total, everything) for own, size in rows]
    else:
        other = everything - n
        gap = inside.double() @ values / n - (~inside).double() @ values / other
        p = _normal_p(gap, values.var() * (1 / n + 1 / other))
    return torch.as_tensor(p, dtype=torch.float64, device=values.device)


def fisher_p(inside: int, n: int, outside: int, outside_n: int) -> float:
    """Fisher's exact test, two-sided: are two shares as different by chance?

    Args:
        inside: samples with the property among the first n.
        n: samples of the first kind.
        outside: samples with the property among the others.
        outside_n: samples of the second kind.

    Returns:
        p in (0, 1].

    Example:
        >>> round(fisher_p(6, 8, 4, 16), 4)
        0.0324

    References:
        Fisher 1935, The design of experiments.
    """
    from scipy.stats import fisher_exact

    return float(fisher_exact([[inside, n - inside], [outside, outside_n - outside]]).pvalue)


def _tables(total: list[int], n: Tensor) -> int:
    most = int(n.max()) if len(n) else 0
    return (min(total[0], most) + 1) * (min(total[1], most) + 1)


def _net_p(more: int, less: int, n: int, all_more: int, all_less: int, everything: int) -> float:
    """Chance that n of the samples, drawn blindly, have a net share as far from the mean."""
    neither = everything - all_more - all_less
    first, second = torch.arange(min(n, all_more) + 1), torch.arange(min(n, all_less) + 1)
    rest = n - first[:, None] - second
    # Ways to draw so many of each kind, their logarithms; what cannot be drawn has none.
    ways = _ways(neither)[rest.clamp(0, neither)]
    ways = ways + _ways(all_more)[first, None] + _ways(all_less)[second]
    ways = torch.where((rest >= 0) & (rest <= neither), ways, -torch.inf)
    net = (first[:, None] - second).double()
    expected = n * (all_more - all_less) / everything
    far = (net - expected).abs() >= abs(more - less - expected) - 1e-9
    return float((ways - _ways(everything)[n])[far].exp().sum().clamp_max(1))


def _ways(number: int) -> Tensor:
    """Logarithms of the ways to choose 0, 1 ... of so many, float64 [number + 1]."""
    factorials = torch.arange(1, number + 2, dtype=torch.float64).lgamma()
    return factorials[-1] - factorials - factorials.flip(0)
