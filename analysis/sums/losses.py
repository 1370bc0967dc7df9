"""Losses and reliability of each model."""

import torch
from torch import Tensor

from analysis.confidence import edges_of_width
from analysis.sums import compiled
from analysis.sums.piece import CLIP, Piece
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
    shape, device = piece.predictions.shape, piece.bundle.device
    scored = torch.zeros(shape, dtype=torch.bool, device=device)
    of_label, brier, confidence = (
        torch.full(shape, value, dtype=torch.float64, device=device)
        for value in (1.0, 0.0, torch.nan)
    )
    if piece.bundle.confidence is not None:
        confidence = piece.bundle.confidence[:, piece.place]
    if piece.bundle.probabilities:
        confidence = confidence.to(torch.float64, copy=True)
        _read(piece, scored, of_label, brier, confidence)
    return {
        "scored": total(scored, piece.weights),
        "clipped": total(of_label < CLIP, piece.weights),
        "log_loss_sum": total(-of_label.clamp_min(CLIP).log(), piece.weights),
        "brier_sum": total(brier, piece.weights),
    } | _reliability(piece, confidence)


def _read(
    piece: Piece, scored: Tensor, of_label: Tensor, brier: Tensor, confidence: Tensor
) -> None:
    """Fill in the rows of the models with probabilities, which are read one at a time."""
    labels = piece.labels
    for row, model in enumerate(piece.bundle.models):
        if model not in piece.bundle.probabilities:
            continue
        table = piece.bundle.probabilities[model][piece.place].double()
        sums = table.sum(1)
        confidence[row] = table.amax(1) / sums
        if labels is None:
            continue
        here = (labels >= 0) & (piece.predictions[row] >= 0)
        label = table.gather(1, labels.clamp_min(0)[:, None]).squeeze(1) / sums
        square = torch.linalg.vecdot(table, table) / sums.square()
        scored[row] = here
        of_label[row] = torch.where(here, label, 1)
        brier[row] = torch.where(here, square - 2 * label + 1, 0)


def _reliability(piece: Piece, confidence: Tensor) -> dict[str, Tensor]:
    """Count, confidence and right answers per bin (lo, hi]; only what was graded by itself."""
    confidence = torch.where(piece.grades >= 0, confidence, torch.nan)
    right, device = piece.grades == 1, confidence.device
    edges = edges_of_width(CALIBRATION_BINS, device)
    work = STEPS_PER_CONFIDENCE * len(confidence) * len(piece.bundle.ids)
    kernel = ("bins", confidence.dtype)
    if piece.weights is None and compiled.chosen(kernel, work, device):
        found = compiled.binned(confidence, right, edges)
    else:
        found = binned(confidence, right, edges, piece.weights)
    return dict(zip(("bin_count", "bin_confidence", "bin_right"), found, strict=True))


def binned(
    confidence: Tensor, right: Tensor, edges: Tensor, weights: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Count, summed confidence and right answers per bin (lo, hi] of the confidence.

    Args:
        confidence: float32 or float64 [M, n]; what is not finite is left out.
        right: bool [M, n].
        edges: float64 [B - 1], increasing.
        weights: float64 [n] or None.

    Returns:
        [M, B] each: int64, float64 and int64 without weights, else float64.
    """
    confidence = confidence.double()
    known = confidence.isfinite()
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
        summed(right, whole),
    )
