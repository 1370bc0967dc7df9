"""How the probabilities of two models compare, where that is a matrix product."""

from collections.abc import Callable

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
# Probabilities of a model in one product. On a CPU what is made of them stays in the cache, and
# float32 loses digits over longer rows: 1e-5 nats where models are sure and disagree.
ENTRIES = {"cpu": 4096, "cuda": 65_536}


def scored_sums(piece: Piece) -> dict[str, Tensor]:
    """The sum named in `SCORED`."""
    scored = torch.zeros_like(piece.answered)
    here = piece.distributions
    if here is not None:
        scored[here.models] = here.scored
    return {"both_scored": product(scored, scored, piece.weights)}


def cross_entropy_sums(piece: Piece) -> dict[str, Tensor]:
    """The sums named in `CROSS_ENTROPIES`."""
    return _summed(piece, CROSS_ENTROPIES, _cross_entropies)


def clamped_cross_entropy_sums(piece: Piece) -> dict[str, Tensor]:
    """The sum named in `CLAMPED_CROSS_ENTROPIES`."""
    return _summed(piece, CLAMPED_CROSS_ENTROPIES, _clamped_cross_entropies)


def overlap_sums(piece: Piece) -> dict[str, Tensor]:
    """The sum named in `OVERLAPS`."""
    return _summed(piece, OVERLAPS, _overlaps)


def gram_sums(piece: Piece) -> dict[str, Tensor]:
    """The sums named in `GRAMS`."""
    return _summed(piece, GRAMS, _grams)


def _summed(
    piece: Piece,
    names: tuple[str, ...],
    of_block: Callable[[Distributions, Tensor | None], tuple[Tensor, ...]],
) -> dict[str, Tensor]:
    """Tables of the blocks of a piece added, [M, M] float64 by name."""
    here = piece.distributions
    if here is None:
        return dict.fromkeys(names, placed(piece, None))
    _, samples, classes = here.values.shape
    step = max(1, ENTRIES[here.values.device.type] // max(classes, 1))
    total: tuple[Tensor, ...] | None = None
    for start in range(0, max(samples, 1), step):
        part = slice(start, start + step)
        found = of_block(here.part(part), None if piece.weights is None else piece.weights[part])
        total = found if total is None else tuple(map(torch.add, total, found))
    return {name: placed(piece, table) for name, table in zip(names, total, strict=True)}


def _cross_entropies(here: Distributions, weights: Tensor | None) -> tuple[Tensor, ...]:
    values, logs = weighted(here.values, weights), _where_scored(here.logs, here)
    cross = _products(values, logs)
    return 0.0 - cross, 0.0 - _own(values, logs, cross, here.scored)


def _clamped_cross_entropies(here: Distributions, weights: Tensor | None) -> tuple[Tensor, ...]:
    # Sums of 1e-8 beside sums of 1 would be lost in float32: they enter apart.
    above = weighted((here.values - CLAMP).clamp_min_(0), weights)
    logs = _where_scored(here.values.clamp_min(CLAMP).log_(), here)
    times = here.scored.double() if weights is None else here.scored * weights
    return (-_products(above, logs) - CLAMP * (times @ logs.sum(-1).double().T),)


def _overlaps(here: Distributions, weights: Tensor | None) -> tuple[Tensor, ...]:
    roots = weighted(here.values, weights).sqrt()
    return (_products(roots, roots),)


def _grams(here: Distributions, weights: Tensor | None) -> tuple[Tensor, ...]:
    values = weighted(here.values, weights)
    gram = _products(values, here.values)
    return gram, _own(values, here.values, gram, here.scored)


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
    return (left.flatten(1) @ right.flatten(1).T).double()


def _own(left: Tensor, right: Tensor, products: Tensor, scored: Tensor) -> Tensor:
    """Sum of left[i] * right[i] over the samples that j has too; products: of all pairs."""
    own = products.diagonal()
    if scored.all():
        return own[:, None].expand_as(products)
    given = torch.linalg.vecdot(left, right).double() @ scored.double().T
    given.diagonal().copy_(own)
    return given
