"""What a tally adds up on one chunk of samples: one function per family of sums."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import Bundle, normalised

CALIBRATION_BINS = 15
CLIP = 1e-12
DIVERGENCE_TILE = 16


@dataclass(frozen=True, eq=False)
class Piece:
    """A chunk of samples as the parts see it; weights are None for plain counting."""

    bundle: Bundle
    rows: Tensor
    weights: Tensor | None
    answered: Tensor
    compared: Tensor
    graded: Tensor
    right: Tensor
    predictions: Tensor


def _product(left: Tensor, right: Tensor, weights: Tensor | None) -> Tensor:
    """Sum over samples of left[i] * right[j]; exact int64 for unweighted 0/1 rows."""
    if weights is None:
        return (left.float() @ right.float().T).round().to(torch.int64)
    return (left.double() * weights) @ right.double().T


def _sum(values: Tensor, weights: Tensor | None) -> Tensor:
    """Sum over the last axis; int64 for unweighted flags, else float64."""
    if weights is None:
        return values.sum(-1) if values.dtype == torch.bool else values.double().sum(-1)
    return (values.double() * weights).sum(-1)


def _count_sums(piece: Piece) -> dict[str, Tensor]:
    graded, right, weights = piece.graded, piece.right, piece.weights
    both_graded = _product(graded, graded, weights)
    both_right = _product(right, right, weights)
    right_given = _product(right, graded, weights)
    return {
        "answered": _sum(piece.answered, weights),
        "graded": _sum(graded, weights),
        "right": _sum(right, weights),
        "both_answered": _product(piece.compared, piece.compared, weights),
        "both_graded": both_graded,
        "both_right": both_right,
        "right_given": right_given,
        "both_wrong": both_graded - right_given - right_given.T + both_right,
    }


def _label_sums(piece: Piece) -> dict[str, Tensor]:
    labels = piece.bundle.labels
    right = piece.right & (piece.predictions >= 0)
    if labels is not None and (~right | (piece.predictions == labels[piece.rows])).all():
        same_right = _product(right, right, piece.weights)
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
    return samples - (unequal + unequal.T) - _product(gaps, gaps, None)


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
    same.diagonal().copy_(_sum(answered, weights))
    return same


def _score_sums(piece: Piece) -> dict[str, Tensor]:
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


def confidence_of(
    bundle: Bundle, model: str, rows: Tensor | None = None, *, stored: bool = False
) -> Tensor | None:
    """A model's confidence in its own answer.

    The largest probability where it has probabilities, else its stated confidence.

    Args:
        bundle: N samples.
        model: one of its models.
        rows: int64 [n], these samples only.
        stored: probabilities as stored instead of normalised, so that equal stays equal.

    Returns:
        float64 [n], NaN where unknown; None when the model states none at all.
    """
    rows = torch.arange(len(bundle.ids), device=bundle.device) if rows is None else rows
    if model in bundle.probabilities:
        probabilities = bundle.probabilities[model][rows]
        return (probabilities.double() if stored else normalised(probabilities)).amax(1)
    if bundle.confidence is not None:
        return bundle.confidence[bundle.models.index(model)][rows].double()
    return None


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
    sums["scored"][row] += _sum(scored, piece.weights)
    sums["clipped"][row] += _sum(of_label < CLIP, weights)
    sums["log_loss_sum"][row] += _sum(-of_label.clamp_min(CLIP).log(), weights)
    sums["brier_sum"][row] += _sum(squares, weights)


def _add_reliability(
    sums: dict[str, Tensor], row: int, confidence: Tensor | None, piece: Piece
) -> None:
    if confidence is None:
        return
    known = (piece.bundle.grades[row, piece.rows] >= 0) & torch.isfinite(confidence)
    # float32 edges: a confidence of 0.2 ends the bin (0.13, 0.2], stored in either precision.
    edges = torch.arange(1, CALIBRATION_BINS, device=confidence.device) / CALIBRATION_BINS
    bins = torch.bucketize(confidence[known], edges.double(), right=False)
    weights = torch.ones_like(confidence) if piece.weights is None else piece.weights
    for name, values in (
        ("bin_count", weights[known]),
        ("bin_right", weights[known] * piece.right[row, known]),
        ("bin_confidence", weights[known] * confidence[known]),
    ):
        total = torch.bincount(bins, weights=values, minlength=CALIBRATION_BINS)
        sums[name][row] += total.to(sums[name].dtype)


def _divergence_sums(piece: Piece) -> dict[str, Tensor]:
    bundle = piece.bundle
    models = len(bundle.models)
    js = torch.zeros(models, models, dtype=torch.float64, device=bundle.device)
    scored = torch.zeros_like(piece.answered)
    rows = [row for row, model in enumerate(bundle.models) if model in bundle.probabilities]
    scored[rows] = piece.predictions[rows] >= 0
    if rows:
        stack = torch.stack(
            [
                normalised(bundle.probabilities[bundle.models[row]][piece.rows]).nan_to_num()
                for row in rows
            ]
        )
        index = torch.tensor(rows, device=bundle.device)
        js[index[:, None], index] = _js_sums(stack, scored[rows], piece.weights)
    return {"both_scored": _product(scored, scored, piece.weights), "js_sum": js}


def _js_sums(stack: Tensor, scored: Tensor, weights: Tensor | None) -> Tensor:
    """Sum over samples of H((p + q) / 2) - (H(p) + H(q)) / 2 for all pairs [M, M]."""
    models = len(stack)
    entropy = _entropy(stack)
    js = torch.zeros(models, models, dtype=torch.float64, device=stack.device)
    for first in range(models):
        for start in range(first + 1, models, DIVERGENCE_TILE):
            tile = slice(start, start + DIVERGENCE_TILE)
            mixed = _entropy((stack[first] + stack[tile]) / 2)
            values = (mixed - (entropy[first] + entropy[tile]) / 2).clamp_min(0)
            values = values * (scored[first] & scored[tile])
            js[first, tile] = _sum(values, weights)
    return js + js.T


def _entropy(probabilities: Tensor) -> Tensor:
    return -(probabilities * probabilities.clamp_min(CLIP).log()).sum(-1)


def group_sums(piece: Piece, column: str) -> dict[str, Tensor]:
    """Graded and right answers per level of one grouping, [M, G] each."""
    member = piece.bundle.groups[column].membership(piece.rows).T
    return {
        f"group_graded/{column}": _product(piece.graded, member, piece.weights),
        f"group_right/{column}": _product(piece.right, member, piece.weights),
    }


COUNTS = (
    "answered",
    "graded",
    "right",
    "both_answered",
    "both_graded",
    "both_right",
    "both_wrong",
    "right_given",
)
SCORES = (
    "scored",
    "log_loss_sum",
    "brier_sum",
    "clipped",
    "bin_count",
    "bin_confidence",
    "bin_right",
)
DIVERGENCE = ("both_scored", "js_sum")
PARTS = (
    (COUNTS, _count_sums),
    (("same", "same_graded", "same_right"), _label_sums),
    (SCORES, _score_sums),
    (DIVERGENCE, _divergence_sums),
)
