"""How often each model gives each answer, on the samples that another model answered too."""

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.chunks import SMALLEST, fits
from analysis.sums import bits, compiled
from analysis.sums.piece import Piece
from analysis.sums.products import product

CLASSES = ("class_answers",)
MOST_VALUES = 1 << 25
COPIES = 8  # of a table [M, M, C] that its use may hold at once
MOST_PRODUCTS = 256
STEPS_PER_ANSWER = 200


def class_sums(piece: Piece) -> dict[str, Tensor]:
    """The sum named in `CLASSES`: [M, 1, C] where gaps play no part, else [M, M, C].

    [i, j, c] counts the samples on which model i answers c and model j answered. That would be
    too large for many models with gaps, or for little memory; then it is [M, 0, C]: not kept. The
    whole walk decides that once, so that tallies of its parts add up.
    """
    bundle = piece.bundle
    models, classes = len(bundle.models), len(bundle.classes)
    counting_gaps = piece.labelled is not None and not bundle.graded_elsewhere
    if bundle.gapless or counting_gaps:
        return {"class_answers": _of_each(piece, classes)[:, None]}
    if not piece.per_pair:
        dtype = torch.int64 if piece.weights is None else torch.float64
        return {"class_answers": torch.zeros(models, 0, classes, dtype=dtype, device=bundle.device)}
    few = 0 < classes <= MOST_PRODUCTS
    return {"class_answers": towards_by_products(piece) if few else towards_by_adding(piece)}


def kept_per_pair(bundle: Bundle) -> bool:
    """Whether answers per class may be counted for each other model, where gaps ask for that."""
    values = len(bundle.models) ** 2 * len(bundle.classes)
    if bundle.gapless or 8 * COPIES * values <= SMALLEST:
        return values <= MOST_VALUES
    return values <= MOST_VALUES and fits(8 * values, bundle.device, share=COPIES)


def _of_each(piece: Piece, classes: int) -> Tensor:
    """How often each model gives each answer, [M, C]."""
    said, weights = piece.predictions, piece.weights
    if weights is None and classes <= bits.MOST_COUNTED and piece.planes is not None:
        return bits.class_counts(piece.planes, classes)
    work = STEPS_PER_ANSWER * len(said) * len(piece.bundle.ids)
    if weights is None and compiled.chosen(("classes",), work, said.device):
        return compiled.class_counts(said, classes)
    if weights is None and compiled.at_hand(said.device):
        return compiled.class_counts(said, classes, threads=1)
    index = torch.where(said < 0, classes, said).long()
    one = torch.ones((), dtype=torch.int64, device=said.device) if weights is None else weights
    found = torch.zeros(len(said), classes + 1, dtype=one.dtype, device=said.device)
    return found.scatter_add_(1, index, one.expand(index.shape))[:, :-1]


def towards_by_products(piece: Piece) -> Tensor:
    """[M, M, C] by one product for each class; quickest for up to hundreds of classes."""
    classes = range(len(piece.bundle.classes))
    said, weights = piece.predictions, piece.weights
    dtype = torch.int64 if weights is None else torch.float64
    found = torch.empty((len(said), len(said), len(classes)), dtype=dtype, device=said.device)
    for place in classes:
        found[..., place] = product(said == place, piece.compared, weights)
    return found


def towards_by_adding(piece: Piece) -> Tensor:
    """[M, M, C] by adding up the other models' columns per class; does not grow with classes."""
    said, classes, models = piece.predictions, len(piece.bundle.classes), len(piece.predictions)
    others = piece.compared.T.long()
    if piece.weights is not None:
        others = others * piece.weights[:, None]
    found = others.new_zeros(models, models, classes)
    for row, index in enumerate(torch.where(said < 0, classes, said)):
        per_class = others.new_zeros(classes + 1, models)
        found[row] = per_class.index_add_(0, index, others)[:-1].T
    return found
