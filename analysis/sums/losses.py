"""Losses and reliability of each model."""

import torch
from torch import Tensor

from analysis.bundle import normalised
from analysis.confidence import bins_of_width, confidence_of
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


def loss_sums(piece: Piece) -> dict[str, Tensor]:
    """The sums named in `LOSSES`."""
    bundle, weights = piece.bundle, piece.weights
    models = len(bundle.models)
    shape = dict.fromkeys(("scored", "clipped"), (models,))
    shape |= dict.fromkeys(("bin_count", "bin_right"), (models, CALIBRATION_BINS))
    count = torch.int64 if weights is None else torch.float64
    sums = {
        name: torch.zeros(size, dtype=count, device=bundle.device) for name, size in shape.items()
    }
    for name, size in {
        "log_loss_sum": (models,),
        "brier_sum": (models,),
        "bin_confidence": (models, CALIBRATION_BINS),
    }.items():
        sums[name] = torch.zeros(size, dtype=torch.float64, device=bundle.device)
    for row, model in enumerate(bundle.models):
        if model in bundle.probabilities:
            _add_losses(sums, row, bundle.probabilities[model][piece.rows], piece)
        _add_reliability(sums, row, confidence_of(bundle, model, piece.rows), piece)
    return sums


def _add_losses(sums: dict[str, Tensor], row: int, stored: Tensor, piece: Piece) -> None:
    labels = piece.bundle.labels
    if labels is None:
        return
    labels = labels[piece.rows].long()
    scored = (labels >= 0) & (piece.predictions[row] >= 0)
    probabilities = normalised(stored[scored])
    weights = None if piece.weights is None else piece.weights[scored]
    of_label = probabilities.gather(1, labels[scored, None]).squeeze(1)
    squares = probabilities.square().sum(1) - 2 * of_label + 1
    sums["scored"][row] += total(scored, piece.weights)
    sums["clipped"][row] += total(of_label < CLIP, weights)
    sums["log_loss_sum"][row] += total(-of_label.clamp_min(CLIP).log(), weights)
    sums["brier_sum"][row] += total(squares, weights)


def _add_reliability(
    sums: dict[str, Tensor], row: int, confidence: Tensor | None, piece: Piece
) -> None:
    if confidence is None:
        return
    known = (piece.bundle.grades[row, piece.rows] >= 0) & torch.isfinite(confidence)
    bins = bins_of_width(confidence[known], CALIBRATION_BINS)
    weights = torch.ones_like(confidence) if piece.weights is None else piece.weights
    for name, values in (
        ("bin_count", weights[known]),
        ("bin_right", weights[known] * piece.right[row, known]),
        ("bin_confidence", weights[known] * confidence[known]),
    ):
        total = torch.bincount(bins, weights=values, minlength=CALIBRATION_BINS)
        sums[name][row] += total.to(sums[name].dtype)
