"""Equal answers of two models."""

import torch
from torch import Tensor

from analysis.sums.piece import Piece
from analysis.sums.products import product, total

ANSWERS = ("same", "same_graded", "same_right")


def answer_sums(piece: Piece) -> dict[str, Tensor]:
    """The sums named in `ANSWERS`."""
    labels = piece.bundle.labels
    right = piece.right & (piece.predictions >= 0)
    if labels is not None and (~right | (piece.predictions == labels[piece.rows])).all():
        same_right = product(right, right, piece.weights)
    else:
        same_right = _same(torch.where(right, piece.predictions, -1), piece.weights)
    same = _same(piece.predictions, piece.weights)
    shown = torch.where(piece.bundle.grades[:, piece.rows] >= 0, piece.predictions, -1)
    same_graded = same
    if not torch.equal(shown, piece.predictions):
        same_graded = _same(shown, piece.weights)
    return {"same": same, "same_graded": same_graded, "same_right": same_right}


def _same(predictions: Tensor, weights: Tensor | None) -> Tensor:
    if weights is None:
        return _same_by_distance(predictions)
    return _same_by_cells(predictions, weights)


def _same_by_distance(predictions: Tensor) -> Tensor:
    """Unequal positions counted by pdist (fastest without weights), gaps taken out afterwards."""
    models, samples = predictions.shape
    unequal = torch.zeros(models, models, dtype=torch.int64, device=predictions.device)
    if models > 1:
        upper = torch.triu_indices(models, models, 1, device=predictions.device)
        for start in range(0, samples, 2048):
            distance = torch.pdist(predictions[:, start : start + 2048].float(), p=0)
            unequal[upper[0], upper[1]] += distance.round().to(torch.int64)
    gaps = predictions < 0
    return samples - (unequal + unequal.T) - product(gaps, gaps, None)


def _same_by_cells(predictions: Tensor, weights: Tensor) -> Tensor:
    """Products of one-hot columns, only of (sample, answer) cells that two models share."""
    models, samples = predictions.shape
    answered = predictions >= 0
    cells = torch.arange(samples, device=predictions.device) * (int(predictions.max()) + 2)
    keys = (predictions + cells)[answered]
    _, columns, counts = torch.unique(keys, return_inverse=True, return_counts=True)
    shared = (counts > 1).nonzero().flatten()
    place = torch.full_like(counts, -1)
    place[shared] = torch.arange(len(shared), device=predictions.device)
    model, sample = answered.nonzero(as_tuple=True)
    kept = place[columns] >= 0
    one_hot = torch.zeros(models, len(shared), dtype=torch.float64, device=predictions.device)
    one_hot[model[kept], place[columns][kept]] = 1
    cell_weights = torch.zeros(len(shared), dtype=torch.float64, device=predictions.device)
    cell_weights[place[columns][kept]] = weights[sample[kept]]
    same = (one_hot * cell_weights) @ one_hot.T
    same.diagonal().copy_(total(answered, weights))
    return same
