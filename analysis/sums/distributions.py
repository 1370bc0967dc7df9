"""How the probabilities of two models compare, where that is a matrix product."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import Tensor

from analysis.sums.distribution import Distributions
from analysis.sums.piece import Piece
from analysis.sums.products import product

SCORED = ("both_scored",)
CROSS_ENTROPIES = ("cross_entropy_sum", "own_entropy_given")
CLAMPED_CROSS_ENTROPIES = ("clamped_cross_entropy_sum",)
OVERLAPS = ("hellinger_sum",)
GRAMS = ("gram_sum", "square_given")
CLAMP = 1e-8
Family = Callable[[Piece], dict[str, Tensor]]
# Probabilities of a model in one product. On a CPU what is made of them stays in the cache, and
# float32 loses digits over longer rows: 1e-5 nats where models are sure and disagree.
ENTRIES = {"cpu": 4096, "cuda": 65_536}


def scored_sums(piece: Piece) -> dict[str, Tensor]:
    """The sum named in `SCORED`."""
    scored = torch.zeros_like(piece.answered)
    if piece.models is not None:
        scored[piece.models] = piece.scored
    return {"both_scored": product(scored, scored, piece.weights)}


def cross_entropy_sums(piece: Piece) -> dict[str, Tensor]:
    """The sums named in `CROSS_ENTROPIES`."""
    return _summed(piece, (cross_entropy_sums,))


def clamped_cross_entropy_sums(piece: Piece) -> dict[str, Tensor]:
    """The sums named in `CLAMPED_CROSS_ENTROPIES`."""
    return _summed(piece, (clamped_cross_entropy_sums,))


def overlap_sums(piece: Piece) -> dict[str, Tensor]:
    """The sum named in `OVERLAPS`."""
    return _summed(piece, (overlap_sums,))


def gram_sums(piece: Piece) -> dict[str, Tensor]:
    """The sums named in `GRAMS`."""
    return _summed(piece, (gram_sums,))


def together(families: Sequence[Family]) -> list[Family]:
    """The same families, those of this module as one, which makes each block of a piece once."""
    products = [family for family in families if family in OF_BLOCK]
    if len(products) < 2:
        return list(families)
    others = [family for family in families if family not in OF_BLOCK]
    return [*others, partial(_summed, families=products)]


def _summed(piece: Piece, families: Sequence[Family]) -> dict[str, Tensor]:
    """Tables of the blocks of a piece added, [M, M] float64 by name."""
    kinds = [OF_BLOCK[family] for family in families]
    names = [name for own, _, _ in kinds for name in own]
    if piece.models is None:
        return {name: placed(piece, None) for name in names}
    size, device = (len(piece.models),) * 2, piece.bundle.device
    total = [torch.zeros(size, dtype=torch.float64, device=device) for _ in names]
    for part, here in _blocks(piece):
        weights = None if piece.weights is None else piece.weights[part]
        tables = iter(total)
        for _, of_block, sign in kinds:
            for found in of_block(here, weights):
                next(tables).add_(found.double(), alpha=sign)
        del here  # and its logarithms: the next block takes their place in the cache
    return {name: placed(piece, table) for name, table in zip(names, total, strict=True)}


def _blocks(piece: Piece) -> Iterator[tuple[slice, Distributions]]:
    """The probabilities of a piece, some samples at a time; each holds until the next is made."""
    step = max(1, ENTRIES[piece.bundle.device.type] // max(len(piece.bundle.classes), 1))
    parts = [slice(at, at + step) for at in range(0, max(len(piece.rows), 1), step)]
    if "distributions" in vars(piece) or piece.stored is None:
        for part in parts:
            yield part, piece.distributions.part(part)
        return
    # Normalised in the cache, where they are used: a table of them all would leave it.
    scored, stored = piece.scored, piece.stored
    complete, room = bool(scored.all()), torch.empty_like(stored[:, parts[0]], dtype=torch.float32)
    for part in parts:
        given = stored[:, part]
        values = room if given.shape == room.shape else torch.empty(given.shape)
        values.copy_(given)
        values.div_(values.sum(-1, keepdim=True))
        if not complete:
            values.masked_fill_(~scored[:, part, None], 0)
        yield part, Distributions(piece.models, values, scored[:, part], complete)


def _cross_entropies(here: Distributions, weights: Tensor | None) -> tuple[Tensor, ...]:
    values, logs = weighted(here.values, weights), _where_scored(here.logs, here)
    cross = _products(values, logs)
    return cross, _own(values, logs, cross, here)


def _clamped_cross_entropies(here: Distributions, weights: Tensor | None) -> tuple[Tensor, ...]:
    # Sums of 1e-8 beside sums of 1 would be lost in float32: they enter apart.
    above = weighted((here.values - CLAMP).clamp_min_(0), weights)
    logs = _where_scored(here.values.clamp_min(CLAMP).log_(), here)
    times = here.scored.double() if weights is None else here.scored * weights
    return (_products(above, logs) + CLAMP * (times @ logs.sum(-1).double().T),)


def _overlaps(here: Distributions, weights: Tensor | None) -> tuple[Tensor, ...]:
    roots = weighted(here.values, weights).sqrt()
    return (_products(roots, roots),)


def _grams(here: Distributions, weights: Tensor | None) -> tuple[Tensor, ...]:
    values = weighted(here.values, weights)
    gram = _products(values, here.values)
    return gram, _own(values, here.values, gram, here)


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
        rows = piece.models
        table[rows[:, None], rows] = sums
    return table


def _where_scored(table: Tensor, here: Distributions) -> Tensor:
    return table if here.all_scored else table * here.scored[..., None]


def _products(left: Tensor, right: Tensor) -> Tensor:
    """Sum over samples and classes of left[i] * right[j], [S, S]."""
    return left.flatten(1) @ right.flatten(1).T


def _own(left: Tensor, right: Tensor, products: Tensor, here: Distributions) -> Tensor:
    """Sum of left[i] * right[i] over the samples that j has too; products: of all pairs.

    Returns:
        [S, S], or [S, 1] where that is the same for all j.
    """
    own = products.diagonal()
    if here.all_scored:
        return own[:, None]
    given = torch.linalg.vecdot(left, right).double() @ here.scored.double().T
    given.diagonal().copy_(own)
    return given


# The sums of a family, what makes them of a block, and their sign.
OF_BLOCK = {
    cross_entropy_sums: (CROSS_ENTROPIES, _cross_entropies, -1),
    clamped_cross_entropy_sums: (CLAMPED_CROSS_ENTROPIES, _clamped_cross_entropies, -1),
    overlap_sums: (OVERLAPS, _overlaps, 1),
    gram_sums: (GRAMS, _grams, 1),
}
