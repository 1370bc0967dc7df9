"""Losses and reliability of each model."""

import torch
from torch import Tensor

from analysis.confidence import edges_of_width
from analysis.sums import compiled
from analysis.sums.distribution import CLIP
from analysis.sums.piece import Piece
from analysis.sums.products import total

CALIBRATION_BINS = 15
LOSSES = (
    "scored",
    "log_loss_sum",
    "brier_sum",
    "clipped",
    "bin_count",
    "bin_confidence",
    "bin_right",
)
STEPS_PER_CONFIDENCE = 300


def loss_sums(piece: Piece) -> dict[str, Tensor]:
    """The sums named in `LOSSES`."""
    bundle, weights = piece.bundle, piece.weights
    shape, device = (len(bundle.models),), bundle.device
    whole = torch.int64 if weights is None else torch.float64
    sums = {
        name: torch.zeros(shape, dtype=dtype, device=device)
        for name, dtype in (
            ("scored", whole),
            ("clipped", whole),
            ("log_loss_sum", torch.float64),
            ("brier_sum", torch.float64),
        )
    }
    confidence = bundle.confidence
    if confidence is not None:
        confidence = confidence[:, piece.place]
    rows = [row for row, model in enumerate(bundle.models) if model in bundle.probabilities]
    if rows:
        scored, of_label, brier, highest = piece.losses
        sums["scored"][rows] = total(scored, weights)
        sums["clipped"][rows] = total(of_label < CLIP, weights)
        sums["log_loss_sum"][rows] = total(-of_label.clamp_min(CLIP).log(), weights)
        sums["brier_sum"][rows] = total(brier, weights)
        if confidence is None:
            confidence = torch.full(piece.grades.shape, torch.nan, device=device)
        confidence = confidence.to(torch.float64, copy=True)
        confidence[rows] = highest
    return sums | _reliability(piece, confidence)


def _reliability(piece: Piece, confidence: Tensor | None) -> dict[str, Tensor]:
    """Count, confidence and right answers per bin (lo, hi]; only what was graded by itself."""
    names, device = ("bin_count", "bin_confidence", "bin_right"), piece.bundle.device
    if confidence is None:
        empty = torch.zeros(len(piece.grades), CALIBRATION_BINS, dtype=torch.float64, device=device)
        counts = empty if piece.weights is not None else empty.long()
        return dict(zip(names, (counts, empty, counts), strict=True))
    found = in_bins(
        confidence,
        piece.grades,
        edges_of_width(CALIBRATION_BINS, device),
        piece.weights,
        whole=len(confidence) * len(piece.bundle.ids),
    )
    return dict(zip(names, found, strict=True))


def in_bins(
    confidence: Tensor,
    grades: Tensor,
    edges: Tensor,
    weights: Tensor | None = None,
    *,
    whole: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """What `binned` gives, by a compiled kernel where that is quicker.

    Args:
        confidence: float32 or float64 [M, n].
        grades: int8 [M, n].
        edges: float64 [B - 1], increasing.
        weights: float64 [n] or None.
        whole: confidences that the whole task has, of which these may be a part.
    """
    kernel = ("bins", confidence.dtype)
    if weights is None and compiled.chosen(kernel, STEPS_PER_CONFIDENCE * whole, grades.device):
        return compiled.binned(confidence, grades, edges)
    return binned(confidence, grades, edges, weights)


def binned(
    confidence: Tensor, grades: Tensor, edges: Tensor, weights: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Count, summed confidence and right answers per bin (lo, hi] of the confidence.

    Args:
        confidence: float32 or float64 [M, n]; what is not finite is left out.
        grades: int8 [M, n], 1 right, 0 wrong; below 0 is left out too.
        edges: float64 [B - 1], increasing.
        weights: float64 [n] or None.

    Returns:
        [M, B] each: int64, float64 and int64 without weights, else float64.
    """
    confidence = confidence.double()
    known = confidence.isfinite() & (grades >= 0)
    last = len(edges) + 1
    index = torch.where(known, torch.bucketize(confidence.contiguous(), edges), last)
    whole = torch.int64 if weights is None else torch.float64

    def summed(values: Tensor, dtype: torch.dtype) -> Tensor:
        if weights is not None:
            values = values * weights
        found = torch.zeros(len(index), last + 1, dtype=dtype, device=index.device)
        return found.scatter_add_(1, index, values.to(dtype))[:, :-1]

    return (
        summed(torch.ones_like(index), whole),
        summed(confidence.nan_to_num(0, 0, 0), torch.float64),
        summed(grades, whole),
    )
