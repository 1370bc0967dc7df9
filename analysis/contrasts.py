"""Means of a score in sets of samples, against the other samples: intervals and tests."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.differences import apart
from analysis.intervals import NORMAL_95, paired_interval, wilson
from analysis.sets import Sets, effective_size, sets_of

MOST_TABLES = 1 << 22


def score_interval(
    values: Tensor, sets: Sets, units: Tensor | None, *, net: bool = False
) -> tuple[Tensor, ...]:
    """Mean of a score in each set with its 95 % interval.

    Net shares get the interval of a difference of paired shares, other scores that are all 0 or 1
    Wilson's, other numbers the normal one; all on the effective number of samples.

    Args:
        values: float [N].
        sets: K sets.
        units: as in `effective_size`.
        net: the scores are gains less losses, each -1, 0 or 1; they may happen to hold no loss.

    Returns:
        Mean, low, high and effective size, float64 [K]; NaN in an empty set.
    """
    values = values.double()
    size, effective = sets.sums(torch.ones_like(values)), effective_size(values, sets, units)
    mean = sets.sums(values) / size
    if net:
        more, less = (sets.sums(sign * values > 0) / size * effective for sign in (1, -1))
        return mean, *paired_interval(more, less, effective), effective
    if _all_shares(values):
        return mean, *wilson(mean * effective, effective), effective
    half = NORMAL_95 * (_variance(values, sets, mean) / effective).sqrt()
    return mean, mean - half, mean + half, effective


def _all_shares(values: Tensor) -> bool:
    """Whether all are 0 or 1."""
    return bool(((values == 0) | (values == 1)).all())


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


def contrast(
    values: Tensor, inside: Tensor, units: Tensor | None = None, *, net: bool = False
) -> Contrast:
    """A score inside some sets of samples against outside.

    The interval of the gap is put together from those of the two means (`differences.apart`). The
    test is Fisher's exact one for shares, the exact permutation test for net shares, and its
    normal approximation for other numbers. With units, p is at least that of a normal test on the
    effective numbers; that a unit can be on both sides is not made use of.

    Args:
        values: float [N]; samples with NaN are left out.
        inside: bool [K, N].
        units: as in `effective_size`.
        net: as in `score_interval`.

    Returns:
        One number per set; NaN where either side is empty.

    References:
        Fisher 1935, The design of experiments.
    """
    known = torch.isfinite(values)
    values, inside = values[known].double(), inside[:, known]
    units = None if units is None else units[known]
    sides = [sets_of(inside), sets_of(~inside)]
    ends = [score_interval(values, side, units, net=net) for side in sides]
    (mean, low, high, _), (other, other_low, other_high, _) = ends
    gap, gap_low, gap_high = apart((mean, low, high), (other, other_low, other_high))
    p = _exact_p(values, inside, net=net)
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
        *(gap, gap_low, gap_high),
        torch.where(gap.isnan(), torch.nan, p),
    )


def _normal_p(difference: Tensor, variance: Tensor) -> Tensor:
    z = difference.abs() / variance.sqrt()
    return torch.where(difference == 0, 1.0, torch.erfc(z / 2**0.5))


def _exact_p(values: Tensor, inside: Tensor, *, net: bool) -> Tensor:
    n, everything = inside.sum(1), inside.shape[1]
    counts = torch.stack([inside[:, values * sign > 0].sum(1) for sign in (1, -1)], dim=1)
    total = torch.stack([(values * sign > 0).sum() for sign in (1, -1)]).tolist()
    if net and _tables(total, n) <= MOST_TABLES:
        rows = zip(counts.tolist(), n.tolist(), strict=True)
        p = [_net_p(*own, size, *total, everything) for own, size in rows]
    elif _all_shares(values):
        rows = zip(counts[:, 0].tolist(), n.tolist(), strict=True)
        p = [fisher_p(hits, size, total[0] - hits, everything - size) for hits, size in rows]
    else:
        other = everything - n
        gap = inside.double() @ values / n - (~inside).double() @ values / other
        spread = values.var(correction=int(everything > 1))
        p = _normal_p(gap, spread * (1 / n + 1 / other))
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
