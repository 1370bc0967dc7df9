"""Axes on which accuracies are compared: as they are, logit and probit."""

from typing import Literal

import torch
from torch import Tensor

from analysis.checks import BundleError

Scale = Literal["raw", "logit", "probit"]
SCALES: tuple[Scale, ...] = ("raw", "logit", "probit")
UNKNOWN_N = 10_000


def scaled(accuracy: Tensor, n: Tensor | None, scale: Scale) -> Tensor:
    """Accuracies on an axis without ends.

    Args:
        accuracy: float [P] in [0, 1].
        n: [P], samples behind each: accuracies are clipped to [1 / 2n, 1 - 1 / 2n]; as if n were
            10,000 where it is 0 or unknown (None).
        scale: "raw" changes nothing; "logit" and "probit".

    Returns:
        float64 [P].

    Raises:
        BundleError: no such scale.

    Example:
        >>> shares = torch.tensor([0.5, 1.0])
        >>> [round(v, 3) for v in scaled(shares, torch.tensor([50, 50]), "logit").tolist()]
        [0.0, 4.595]

    References:
        Miller et al. 2021, Accuracy on the line (probit axes).
    """
    share = accuracy.double()
    if scale not in SCALES:
        raise BundleError(f"There is no scale '{scale}'; expected one of {', '.join(SCALES)}.")
    if scale == "raw":
        return share
    count = torch.zeros_like(share) if n is None else n.double()
    room = 0.5 / torch.where(count > 0, count, UNKNOWN_N)
    inside = torch.minimum(torch.maximum(share, room), 1 - room)
    return inside.logit() if scale == "logit" else torch.special.ndtri(inside)


def unscaled(values: Tensor, scale: Scale) -> Tensor:
    """The accuracies of places on an axis, float64; the inverse of `scaled`."""
    values = values.double()
    if scale == "raw":
        return values
    return values.sigmoid() if scale == "logit" else torch.special.ndtr(values)
