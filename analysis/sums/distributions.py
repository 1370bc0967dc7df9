"""How the probabilities of two models compare, where that is a matrix product."""

import torch
from torch import Tensor

from analysis.sums.piece import Distributions, Piece
from analysis.sums.products import product

SCORED = ("both_scored",)
CROSS_ENTROPIES = ("cross_entropy_sum", "own_entropy_given")
CLAMPED_CROSS_ENTROPIES = ("clamped_cross_entropy_sum",)
OVERLAPS = ("hellinger_sum",)
GRAMS = ("gram_sum", "square_given")
CLAMP = 1e-8
# Float32 products of longer rows lose digits: 1e-5 nats where models are sure and disagree.
LONGEST_PRODUCT = 8192


def scored_sums(piece: Piece) -> dict[str, Tensor]:
    """The sum named in `SCORED`."""
    scored = torch.zeros_like(piece.answered)
    here = piece.distributions
    if here is not None:
        scored[here.models] = here.scored
    return {"both_scored": product(scored, scored, piece.weights)}


def cross_entropy_sums(piece: Piece) -> dict[str, Tensor]:
    """The sums named in `CROSS_ENTROPIES`."""
    here = piece.distributions
    if here is None:
        return dict.fromkeys(CROSS_ENTROPIES, placed(piece, None))
    values, logs = weighted(here.values, piece.weights), _where_scored(here.logs, here)
    cross = _products(values, logs)
    own = _own(values, logs, cross, here.scored)
    return {
        "cross_entropy_sum": placed(piece, 0.0 - cross),
        "own_entropy_given": placed(piece, 0.0 - own),
    }


def clamped_cross_entropy_sums(piece: Piece) -> dict[str, Tensor]:
    """The sum named in `CLAMPED_CROSS_ENTROPIES`."""
    here, cross = piece.distributions, None
    if here is not None:
        clamped = _where_scored(here.values.clamp_min(CLAMP), here)
        logs = _where_scored(here.values.clamp_min(CLAMP).log_(), here)
        cross = 0.0 - _products(weighted(clamped, piece.weights), logs)
    return {"clamped_cross_entropy_sum": placed(piece, cross)}


def overlap_sums(piece: Piece) -> dict[str, Tensor]:
    """The sum named in `OVERLAPS`."""
    here, overlap = piece.distributions, None
    if here is not None:
        roots = weighted(here.values, piece.weights).sqrt()
        overlap = _products(roots, roots)
    return {"hellinger_sum": placed(piece, overlap)}


def gram_sums(piece: Piece) -> dict[str, Tensor]:
    """The sums named in `GRAMS`."""
    here = piece.distributions
    if here is None:
        return dict.fromkeys(GRAMS, placed(piece, None))
    values = weighted(here.values, piece.weights)
    gram = _products(values, here.values)
    own = _own(values, here.values, gram, here.scored)
    return {"gram_sum": placed(piece, gram), "square_given": placed(piece, own)}


def weighted(values: Tensor, weights: Tensor | None) -> Tensor:
    """Rows times the weight of their sample: [S, n, C], in the dtype of the values."""
    return values if weights is None else values * weights[:, None].to(values.dtype)


def placed(piece: Piece, sums: Tensor | None) -> Tensor:
    """Sums of the models with probabilities [S, S] among all models, 0 elsewhere.

    Returns:
        float64 [M, M].
    """
    models = len(piece.bundle.models)
    table = torch.zeros(models, models, dtype=torch.float64, device=piece.bundle.device)
    if sums is not None:
        rows = piece.distributions.models
        table[rows[:, None], rows] = sums
    return table


def _where_scored(table: Tensor, here: Distributions) -> Tensor:
    return table if here.scored.all() else table * here.scored[..., None]


def _products(left: Tensor, right: Tensor) -> Tensor:
    """Sum over samples and classes of left[i] * right[j], float64 [S, S]."""
    models = len(left)
    total = torch.zeros(models, models, dtype=torch.float64, device=left.device)
    parts = (table.reshape(models, -1).split(LONGEST_PRODUCT, dim=1) for table in (left, right))
    for one, other in zip(*parts, strict=True):
        total += one @ other.T
    return total


def _own(left: Tensor, right: Tensor, products: Tensor, scored: Tensor) -> Tensor:
    """Sum of left[i] * right[i] over the samples that j has too; products: of all pairs."""
    own = products.diagonal()
    if scored.all():
        return own[:, None].expand_as(products)
    given = torch.linalg.vecdot(left, right).double() @ scored.double().T
    given.diagonal().copy_(own)
    return given
