"""Differences of two shares with their intervals: on the same samples, or on others."""

import torch
from torch import Tensor

from analysis.intervals import NORMAL_95, paired_interval, per_unit
from analysis.pairwise import share

Rate = tuple[float, float, float]


def difference_of_two(
    first: Tensor, second: Tensor, both: Tensor, units: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """How much more often one is right than another, sample by sample.

    Args:
        first: bool [N], right.
        second: bool [N].
        both: bool [N], where both are judged.
        units: int [N], samples with the same number are not independent; None: all are.

    Returns:
        Difference of the shares and the ends of its 95 % interval, float64; above 0 the first is
        better. As `paired_interval` where every sample stands alone, else that of a ratio of
        sums over units. NaN without samples, no interval for a single unit.

    Example:
        >>> first = torch.tensor([True, True, True, False, True])
        >>> float(difference_of_two(first, ~first, torch.ones(5, dtype=torch.bool))[0])
        0.6

    References:
        Cochran 1977, Sampling techniques, section 6.4 (ratio of sums over units).
    """
    if units is None or not both.any() or len(units[both].unique()) == int(both.sum()):
        more, less = (first & ~second & both).sum(), (second & ~first & both).sum()
        return share(more - less, both.sum()), *paired_interval(more, less, both.sum())
    changes = (first.double() - second.double())[both]
    change, count = per_unit(torch.stack([changes, torch.ones_like(changes)]), units[both])
    rate = change.sum() / count.sum()
    number = len(count)
    spread = (change - rate * count).square().sum() * number / max(number - 1, 1)
    half = NORMAL_95 * spread.sqrt() / count.sum() if number > 1 else torch.nan
    return rate, rate - half, rate + half


def apart(first: Rate, second: Rate) -> Rate:
    """Difference of two shares on different samples, with its 95 % interval.

    Args:
        first: a share in [0, 1] and the ends of its 95 % interval.
        second: likewise, of other samples.

    Returns:
        first - second, low and high; NaN where either is unknown.

    Example:
        >>> [round(value, 3) for value in apart((0.75, 0.7, 0.8), (0.5, 0.4, 0.6))]
        [0.25, 0.138, 0.362]

    References:
        Newcombe 1998, Statistics in Medicine 17, method 10.
    """
    (a, a_low, a_high), (b, b_low, b_high) = first, second
    below = ((a - a_low) ** 2 + (b_high - b) ** 2) ** 0.5
    above = ((a_high - a) ** 2 + (b - b_low) ** 2) ** 0.5
    return a - b, a - b - below, a - b + above
