"""p values of many comparisons at once."""

import torch
from torch import Tensor


def holm(p: Tensor) -> Tensor:
    """P values corrected so that one false finding among them all is as rare as stated.

    Args:
        p: float64 [K]; NaN is no test and stays NaN.

    Returns:
        float64 [K] in [0, 1], never below p.

    Example:
        >>> holm(torch.tensor([0.25, 0.5, 0.125])).tolist()
        [0.5, 0.5, 0.375]

    References:
        Holm 1979, Scandinavian Journal of Statistics 6.
    """
    p = p.double()
    order = p.argsort()
    tests = int(torch.isfinite(p).sum())
    times = (tests - torch.arange(len(p), device=p.device)).clamp_min(1)
    sorted_ = (p[order] * times).clamp_max(1)
    grown = sorted_[:tests].cummax(0).values if tests else sorted_[:0]
    found = torch.full_like(p, torch.nan)
    found[order[:tests]] = grown
    return found
