"""Intervals of means, also where samples belong to one unit."""

import torch
from torch import Tensor

from analysis.intervals import per_unit


def mean_interval(
    values: Tensor, known: Tensor, units: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Means over samples, with 95 % intervals that let samples of one unit move together.

    Student's interval of the mean; with units the spread is that of the units' sums around the
    mean (clustered), and the degrees of freedom are those of the units.

    Args:
        values: float [R, N]; what they are where they are not known does not matter.
        known: bool [R, N], which of them count.
        units: int [N], equal numbers belong together; None = all alone.

    Returns:
        Mean, lower and upper end, float64 [R]; the mean is NaN where nothing is known, the ends
        also where it is known of a single unit only.

    Example:
        >>> both = torch.ones(1, 2, dtype=torch.bool)
        >>> mean, low, high = mean_interval(torch.tensor([[0.0, 2.0]]), both)
        >>> mean.item(), round(low.item(), 2), round(high.item(), 2)
        (1.0, -11.71, 13.71)

    References:
        Student 1908, Biometrika 6; Liang and Zeger 1986, Biometrika 73 (clusters).
    """
    from scipy.special import stdtrit

    held = torch.where(known, values.double(), 0.0)
    n = known.sum(1).double()
    mean = torch.where(n > 0, held.sum(1) / n, torch.nan)
    apart = torch.where(known, held - mean[:, None], 0.0)
    clusters = n
    if units is not None and len(units):
        apart = per_unit(apart, units)
        clusters = (per_unit(known, units) > 0).sum(1).double()
    enough = clusters > 1
    free = (clusters - 1).clamp_min(1)
    error = (apart.square().sum(1) * clusters / free).sqrt() / n
    quantile = torch.from_numpy(stdtrit(free.cpu().numpy(), 0.975)).to(error.device)
    half = torch.where(enough, quantile * error, torch.nan)
    return mean, mean - half, mean + half
