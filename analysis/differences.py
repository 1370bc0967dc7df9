"""Differences of two shares with their intervals: on the same samples, or on others."""

from torch import Tensor

from analysis.intervals import paired_interval
from analysis.pairwise import share
from analysis.sets import effective_size, sets_of

Rate = tuple[float, float, float] | tuple[Tensor, Tensor, Tensor]


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
        better. The interval is `paired_interval` of as many independent samples as the
        units are worth (`analysis.sets.effective_size`). NaN without samples.

    Example:
        >>> import torch
        >>> first = torch.tensor([True, True, True, False, True])
        >>> float(difference_of_two(first, ~first, torch.ones(5, dtype=torch.bool))[0])
        0.6

    References:
        Agresti and Min 2005, Statistics in Medicine 24; Korn and Graubard 1998, Survey
        Methodology 24.
    """
    more, less, count = (first & ~second & both).sum(), (second & ~first & both).sum(), both.sum()
    change = first.double() - second.double()
    worth = effective_size(change, sets_of(both[None]), units)[0] / count.clamp_min(1)
    return share(more - less, count), *paired_interval(more * worth, less * worth, count * worth)


def apart(first: Rate, second: Rate) -> Rate:
    """Difference of two shares or means on different samples, with its 95 % interval.

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
