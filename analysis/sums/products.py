"""Exact sums over the samples of a chunk, alone and for all pairs of rows."""

import torch
from torch import Tensor


def product(left: Tensor, right: Tensor, weights: Tensor | None) -> Tensor:
    """Sum over samples of left[i] * right[j].

    Args:
        left: bool [A, n].
        right: bool [B, n].
        weights: float64 [n] or None.

    Returns:
        [A, B]; int64 and exact without weights, else float64.
    """
    if weights is None:
        return (left.float() @ right.float().T).round().to(torch.int64)
    return (left.double() * weights) @ right.double().T


def total(values: Tensor, weights: Tensor | None) -> Tensor:
    """Sum over the last axis.

    Args:
        values: [..., n]; bool counts.
        weights: float64 [n] or None.

    Returns:
        [...]; int64 for unweighted flags, else float64.
    """
    if weights is None:
        return values.sum(-1) if values.dtype == torch.bool else values.double().sum(-1)
    return (values.double() * weights).sum(-1)
