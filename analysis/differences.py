"""Differences of two shares with their intervals: on the same samples, or on others."""

import torch
from torch import Tensor

from analysis.intervals import NORMAL_95, per_unit
from analysis.pairwise import share

Rate = tuple[float, float, float]


def paired_difference(brought: Tensor, lost: Tensor, n: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How much more often one is right than another on the same samples, with a 95 % interval.

    Half a sample is added to either kind of change; samples are taken as independent.

    Args:
        brought: samples that only the first has right, int [...].
        lost: samples that only the second has right.
        n: samples on which both are judged.

    Returns:
        (brought - lost) / n and the ends of its interval, float64 [...] in about [-1, 1]; above 0
        the first is better. NaN without samples.

    Example:
        >>> found = paired_difference(*map(torch.tensor, (6, 2, 100)))
        >>> [round(float(value), 3) for value in found]
        [0.04, -0.018, 0.096]

    References:
        Agresti and Min 2005, Statistics in Medicine 24.
    """
    gain = share(brought - lost, n)
    samples, more, less = n.double() + 2, brought.double() + 0.5, lost.double() + 0.5
    centre = (more - less) / samples
    half = NORMAL_95 * ((more + less) / samples - centre.square()).sqrt() / samples.sqrt()
    known = n > 0
    low, high = (torch.where(known, end, torch.nan) for end in (centre - half, centre + half))
    return gain, torch.minimum(low, gain), torch.maximum(high, gain)


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
        better. As `paired_difference` where every sample stands alone, else that of a ratio of
        sums over units. NaN without samples, no interval for a single unit.

    References:
        Cochran 1977, Sampling techniques, section 6.4 (ratio of sums over units).
    """
    if units is None or not both.any() or len(units[both].unique()) == int(both.sum()):
        counts = (first & ~second & both, second & ~first & both, both)
        return paired_difference(*(flags.sum() for flags in counts))
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
