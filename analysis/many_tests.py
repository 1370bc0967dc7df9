"""p values of many comparisons at once."""

from collections.abc import Callable

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
    return _of_sorted(
        p, lambda rising: (rising * _ranks(rising).flip(0)).clamp_max(1).cummax(0).values
    )


def benjamini_hochberg(p: Tensor) -> Tensor:
    """P values corrected so that few of the findings are false: their expected share is as stated.

    Holds for independent tests and for tests that rise and fall together. More is found than
    with `holm`, for less: to explore with.

    Args:
        p: float64 [K]; NaN is no test and stays NaN.

    Returns:
        float64 [K] in [0, 1], never below p.

    Example:
        >>> benjamini_hochberg(torch.tensor([0.25, 0.5, 0.125])).tolist()
        [0.375, 0.5, 0.375]

    References:
        Benjamini and Hochberg 1995, Journal of the Royal Statistical Society B 57.
    """
    return _of_sorted(p, _stepped_up)


def benjamini_yekutieli(p: Tensor) -> Tensor:
    """As `benjamini_hochberg`, for tests that depend on each other in any way.

    Args:
        p: float64 [K]; NaN is no test and stays NaN.

    Returns:
        float64 [K] in [0, 1], never below that of `benjamini_hochberg`.

    Example:
        >>> benjamini_yekutieli(torch.tensor([0.25, 0.5, 0.125])).tolist()
        [0.6875, 0.9166666666666666, 0.6875]

    References:
        Benjamini and Yekutieli 2001, Annals of Statistics 29.
    """
    return _of_sorted(
        p, lambda rising: (_stepped_up(rising) * (1 / _ranks(rising)).sum()).clamp_max(1)
    )


def _of_sorted(p: Tensor, correct: Callable[[Tensor], Tensor]) -> Tensor:
    """The correction of the tests in rising order, put back to where they came from."""
    p = p.double()
    order = p.argsort()[: int(torch.isfinite(p).sum())]
    found = torch.full_like(p, torch.nan)
    if len(order):
        found[order] = correct(p[order])
    return found


def _stepped_up(rising: Tensor) -> Tensor:
    ratios = rising * len(rising) / _ranks(rising)
    return ratios.flip(0).cummin(0).values.flip(0).clamp_max(1)


def _ranks(rising: Tensor) -> Tensor:
    """1 to K, float64."""
    return torch.arange(1, len(rising) + 1, dtype=torch.float64, device=rising.device)
