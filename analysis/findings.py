"""What a set of candidates teaches: whether diversity helps, what conflicts, what a knee costs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import BundleError
from analysis.intervals import NORMAL_95

DRAWS = 1000
AT_A_TIME = 1 << 22  # values
CERTAIN = 1e-12


@dataclass(frozen=True)
class Association:
    """How diversity and quality go together at fixed other things.

    Attributes:
        value: partial correlation in [-1, 1]; above 0 the more diverse candidates are the better
            ones. NaN where one of the two does not vary beyond the rest.
        low, high: ends of its 95 % interval.
        n: candidates.
    """

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, eq=False)
class Conflicts:
    """Which axes go against each other, along a front.

    Attributes:
        rho: float64 [A, A], rank correlation of how good candidates are on two axes: -1 = one is
            the price of the other, 1 = no conflict. NaN where an axis is constant.
        low, high: float64 [A, A], ends of its 95 % interval; NaN for fewer than four candidates.
        n: candidates of the front.
    """

    rho: Tensor
    low: Tensor
    high: Tensor
    n: int

    def worst(self) -> tuple[int, int] | None:
        """The two axes that conflict most; None where no correlation is defined."""
        first, second = torch.triu_indices(len(self.rho), len(self.rho), 1)
        values = self.rho[first, second]
        if not bool(values.isfinite().any()):
            return None
        place = int(values.nan_to_num(nan=torch.inf).argmin())
        return int(first[place]), int(second[place])


@dataclass(frozen=True, eq=False)
class Price:
    """What one candidate of a front gives up against the best of each axis.

    Attributes:
        best: int64 [A], row of the candidate that is best on the axis, the first of equals.
        difference: float64 [A], how much better that one is there, 0 or more, in the axis's unit.
        part: float64 [A], the same as a share of what the front spans; 0 where it spans nothing.
        gained: float64 [A, A], how much better the candidate is on axis j than the one that is
            best on axis i, in the unit of j; below 0 it is worse there too.
    """

    best: Tensor
    difference: Tensor
    part: Tensor
    gained: Tensor


def diversity_at_fixed(
    quality: Tensor, diversity: Tensor, fixed: Tensor, *, draws: int = DRAWS, seed: int = 0
) -> Association:
    """Partial correlation of diversity with quality, with an interval over candidates.

    Candidates share members and samples, so this interval says how well these candidates show
    it, and not whether other models or samples would; see `analysis.diversity_bootstrap`.

    Args:
        quality: float [E], higher is better.
        diversity: float [E], higher is more diverse.
        fixed: float [E, K], what is held fixed: the mean quality of the members, their number.
            Rows with anything undefined are left out.
        draws: of the bootstrap.
        seed: of the draws.

    Returns:
        The correlation; NaN for fewer candidates than K + 3.

    Example:
        >>> quality = torch.tensor([1.0, 2.0, 3.0, 5.0])
        >>> round(diversity_at_fixed(quality, quality, torch.empty(4, 0)).value, 9)
        1.0

    References:
        Fisher 1924, The distribution of the partial correlation coefficient; Efron 1979.
    """
    table = torch.cat([quality[:, None], diversity[:, None], fixed], 1).double()
    table = table[table.isfinite().all(1)]
    n, columns = table.shape
    if n < columns + 1:
        return Association(math.nan, math.nan, math.nan, n)
    found = float(partial_correlation(table[None])[0])
    generator = torch.Generator().manual_seed(seed)
    step, parts = max(1, AT_A_TIME // (n * columns)), []
    for start in range(0, draws, step):
        number = min(step, draws - start)
        rows = torch.randint(n, (number, n), generator=generator).to(table.device)
        parts.append(partial_correlation(table[rows]))
    return Association(found, *percentiles(torch.cat(parts), found), n)


def conflicts(values: Tensor, better: Sequence[str]) -> Conflicts:
    """Which axes go against each other along a front.

    Args:
        values: float [n, A], the candidates of the front, none undefined.
        better: "higher" or "lower" per axis.

    Returns:
        Rank correlations of how good the candidates are, axis against axis.

    Example:
        >>> found = conflicts(torch.tensor([[1.0, 3.0], [2.0, 2.0], [3.0, 1.0]]), ["higher"] * 2)
        >>> round(found.rho[0, 1].item(), 9), found.worst()
        (-1.0, (0, 1))

    References:
        Spearman 1904; Bonett and Wright 2000, Psychometrika 65 (interval).
    """
    ranks = _average_ranks(values.double() * _signs(values, better))
    apart = ranks - ranks.mean(0)
    spread = apart.square().sum(0)
    both = (spread[:, None] * spread).sqrt()
    rho = torch.where(both > CERTAIN, (apart.T @ apart) / both, torch.nan).clamp(-1, 1)
    if len(values) < 4:
        nothing = torch.full_like(rho, torch.nan)
        return Conflicts(rho, nothing, nothing, len(values))
    angle = rho.clamp(CERTAIN - 1, 1 - CERTAIN).atanh()
    error = NORMAL_95 * ((1 + rho.square() / 2) / (len(values) - 3)).sqrt()
    return Conflicts(rho, (angle - error).tanh(), (angle + error).tanh(), len(values))


def price(values: Tensor, better: Sequence[str], row: int) -> Price:
    """What a candidate of a front, its knee say, gives up against the best of each axis.

    Args:
        values: float [n, A], the candidates of the front, none undefined.
        better: "higher" or "lower" per axis.
        row: which candidate.

    Returns:
        Differences in the units of the axes, and as shares of what the front spans.

    Example:
        >>> found = price(torch.tensor([[0.0, 4.0], [2.0, 3.0], [3.0, 0.0]]), ["higher"] * 2, 1)
        >>> found.difference.tolist(), found.part.tolist(), found.gained[0].tolist()
        ([1.0, 1.0], [0.3333333333333333, 0.25], [-1.0, 3.0])
    """
    turned = values.double() * _signs(values, better)
    best = turned.argmax(0)
    span = turned.amax(0) - turned.amin(0)
    difference = turned.amax(0) - turned[row]
    part = torch.where(span > 0, difference / torch.where(span > 0, span, 1.0), 0.0)
    return Price(best, difference, part, turned[row] - turned[best])


def _signs(values: Tensor, better: Sequence[str]) -> Tensor:
    if len(better) != values.shape[1]:
        raise BundleError(
            f"There are {values.shape[1]} axes and {len(better)} directions; one each is needed."
        )
    signs = [1.0 if direction == "higher" else -1.0 for direction in better]
    return torch.tensor(signs, dtype=torch.float64, device=values.device)


def partial_correlation(tables: Tensor) -> Tensor:
    """Correlation of the first two columns once the others are regressed out.

    Args:
        tables: float64 [B, n, K].

    Returns:
        float64 [B]; NaN where what is left of one of the two is nothing but rounding.
    """
    apart = tables - tables.mean(1, keepdim=True)
    whole = apart.square().sum(1)
    scale = torch.where(whole > 0, whole, 1.0).sqrt()
    apart = apart / scale[:, None]
    pair, fixed = apart[..., :2], apart[..., 2:]
    if fixed.shape[2]:
        cross = fixed.mT @ fixed
        pair = pair - fixed @ (torch.linalg.pinv(cross, hermitian=True) @ (fixed.mT @ pair))
    left = pair.square().sum(1)
    both = (pair[..., 0] * pair[..., 1]).sum(1)
    known = (left > CERTAIN).all(1)
    return torch.where(known, both / left.prod(1).sqrt(), torch.nan).clamp(-1, 1)


def percentiles(draws: Tensor, estimate: float) -> tuple[float, float]:
    """Ends of a 95 % interval from float64 [B] draws, undefined ones left out.

    Draws of few candidates may all lie beyond the estimate; it is inside its interval all the same.
    """
    ends = torch.tensor((0.025, 0.975), dtype=torch.float64, device=draws.device)
    low, high = draws.nanquantile(ends).tolist()
    return min(low, estimate), max(high, estimate)


def _average_ranks(values: Tensor) -> Tensor:
    """Ranks from 0 of each column, equal values sharing the mean of theirs, float64 [n, A]."""
    found = torch.empty_like(values)
    for column, ranks in zip(values.unbind(1), found.unbind(1), strict=True):
        _, place, counts = column.unique(return_inverse=True, return_counts=True)
        last = counts.cumsum(0).double()
        ranks[:] = (last - (counts.double() + 1) / 2)[place]
    return found
