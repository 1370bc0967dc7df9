"""Equal answers of two models, and how often each gives each answer."""

import torch
from torch import Tensor

from analysis.chunks import CACHE, working_memory
from analysis.sums import bits, compiled
from analysis.sums.piece import Piece
from analysis.sums.products import product, total

ANSWERS = ("same", "same_graded")
RIGHT_ANSWERS = ("same_right",)
DISTANCE_VALUES = 1 << 18
DISTANCE_SAMPLES = 2048
CELL = 16  # bytes per model: its column, plain and weighted


def answer_sums(piece: Piece) -> dict[str, Tensor]:
    """The sums named in `ANSWERS`."""
    if not piece.bundle.graded_elsewhere:
        return _by_labels(piece)
    shown = torch.where(piece.grades >= 0, piece.predictions, -1)
    return {
        "same": _same(piece, piece.predictions, piece.weights),
        "same_graded": _same(piece, shown, piece.weights),
    }


def right_answer_sums(piece: Piece) -> dict[str, Tensor]:
    """The sum named in `RIGHT_ANSWERS`; with grades of their own two right answers may differ."""
    if not piece.bundle.graded_elsewhere:
        return {"same_right": piece.both_right}
    right = torch.where(piece.right, piece.predictions, -1)
    return {"same_right": _same(piece, right, piece.weights)}


def _by_labels(piece: Piece) -> dict[str, Tensor]:
    """All and graded equal answers, where whatever was answered on a labelled sample is graded."""
    labelled, weights = _labelled(piece), piece.weights
    if isinstance(labelled, bool):
        same = _same(piece, piece.predictions, weights)
        return {"same": same, "same_graded": same if labelled else torch.zeros_like(same)}
    graded, others = (
        _same(piece, piece.predictions[:, kept], None if weights is None else weights[kept])
        for kept in (labelled, ~labelled)
    )
    return {"same": graded + others, "same_graded": graded}


def _labelled(piece: Piece) -> Tensor | bool:
    """Bool [n], which samples have a label; True or False where all or none have one."""
    labels = piece.bundle.labels
    if piece.bundle.all_graded or labels is None:
        return labels is not None
    labelled = labels[piece.place] >= 0
    if bool(labelled.all()):
        return True
    return labelled if bool(labelled.any()) else False


def _same(piece: Piece, predictions: Tensor, weights: Tensor | None) -> Tensor:
    """How often two models gave the same answer [M, M]; the way that is quickest for the size."""
    if weights is not None:
        return same_by_cells(predictions, weights, len(piece.bundle.classes))
    classes, models = len(piece.bundle.classes), len(predictions)
    own = predictions is piece.predictions
    planes = piece.planes if own else bits.planes_of(predictions, classes)
    if planes is not None:
        return bits.equal_answers(planes)
    work = models**2 * len(piece.bundle.ids) // 2
    if compiled.chosen(compiled.agreement_kernel(classes), work, predictions.device):
        return compiled.equal_answers(predictions, classes)
    # With grades of their own, answers are left out by their grade.
    gapless = piece.bundle.gapless and not piece.bundle.graded_elsewhere
    return same_by_distance(predictions, gapless=gapless)


def same_by_distance(predictions: Tensor, *, gapless: bool = False) -> Tensor:
    """Unequal positions counted by pdist, gaps taken out afterwards.

    Args:
        predictions: int32 [M, n], -1 = no answer, equal to none.
        gapless: it is known that there is no -1.

    Returns:
        int64 [M, M].
    """
    models, samples = predictions.shape
    unequal = torch.zeros(models, models, dtype=torch.int64, device=predictions.device)
    if models > 1:
        down, right = torch.triu_indices(models, models, 1, device=predictions.device)
        step = max(DISTANCE_SAMPLES, DISTANCE_VALUES // models)  # what the cache holds
        parts = [predictions] if samples <= step else predictions.split(step, dim=1)
        counts = [torch.pdist(part.float(), p=0).long() for part in parts]
        unequal.put_(down * models + right, counts[0] if len(counts) == 1 else sum(counts))
    return _without_gaps(samples - (unequal + unequal.T), predictions, gapless)


def _without_gaps(same: Tensor, predictions: Tensor, gapless: bool) -> Tensor:
    """Equal answers [M, M] of counts for which a gap equals a gap."""
    if gapless or not predictions.numel() or int(predictions.min()) >= 0:
        return same
    gaps = predictions < 0
    return same - product(gaps, gaps, None)


def same_by_cells(predictions: Tensor, weights: Tensor, classes: int) -> Tensor:
    """Products of one-hot columns, only of (sample, answer) cells that two models share.

    Args:
        predictions: int32 [M, n], -1 = no answer, equal to none.
        weights: float64 [n].
        classes: answers are below this.

    Returns:
        float64 [M, M].
    """
    models, samples = predictions.shape
    answered = predictions >= 0
    cells = torch.arange(samples, device=predictions.device) * (classes + 1)
    keys = (predictions + cells)[answered]
    _, columns, counts = torch.unique(keys, return_inverse=True, return_counts=True)
    shared = counts > 1
    place = torch.where(shared, shared.cumsum(0) - 1, -1)[columns]
    model, sample = answered.nonzero(as_tuple=True)
    place, order = place.sort(stable=True)  # by cell; those that are not shared come first
    model, sample = model[order], sample[order]
    step = max(1, _room(predictions.device) // (models * CELL))
    starts = torch.arange(0, int(shared.sum()) + step, step, device=place.device)
    ends = torch.searchsorted(place, starts).tolist()
    same = torch.zeros(models, models, dtype=torch.float64, device=predictions.device)
    for start, first, last in zip(range(0, len(ends) * step, step), ends, ends[1:], strict=False):
        part = slice(first, last)
        same += _of_cells(model[part], place[part] - start, weights[sample[part]], models)
    same.diagonal().copy_(total(answered, weights))
    return same


def _of_cells(model: Tensor, cell: Tensor, weights: Tensor, models: int) -> Tensor:
    """Weighted cells that two models share, float64 [M, M]."""
    width = int(cell.max()) + 1 if len(cell) else 0
    one_hot = weights.new_zeros(models, width)
    one_hot[model, cell] = 1
    cell_weights = weights.new_zeros(width)
    cell_weights[cell] = weights
    return (one_hot * cell_weights) @ one_hot.T


def _room(device: torch.device) -> int:
    """Bytes for the columns of some cells."""
    return min(CACHE, working_memory(device) // 4)
