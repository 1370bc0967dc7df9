"""How the probabilities of two models compare."""

import torch
from torch import Tensor

from analysis.sums.piece import CLIP, Piece
from analysis.sums.products import product, total

DISTRIBUTIONS = ("both_scored", "js_sum")
TILE = 16


def distribution_sums(piece: Piece) -> dict[str, Tensor]:
    """The sums named in `DISTRIBUTIONS`."""
    models = len(piece.bundle.models)
    js = torch.zeros(models, models, dtype=torch.float64, device=piece.bundle.device)
    scored = torch.zeros_like(piece.answered)
    here = piece.distributions
    if here is not None:
        scored[here.models] = here.scored
        js[here.models[:, None], here.models] = _js_sums(here.values, here.scored, piece.weights)
    return {"both_scored": product(scored, scored, piece.weights), "js_sum": js}


def _js_sums(stack: Tensor, scored: Tensor, weights: Tensor | None) -> Tensor:
    """Sum over samples of H((p + q) / 2) - (H(p) + H(q)) / 2 for all pairs [M, M]."""
    models = len(stack)
    entropy = _entropy(stack)
    js = torch.zeros(models, models, dtype=torch.float64, device=stack.device)
    for first in range(models):
        for start in range(first + 1, models, TILE):
            tile = slice(start, start + TILE)
            mixed = _entropy((stack[first] + stack[tile]) / 2)
            values = (mixed - (entropy[first] + entropy[tile]) / 2).clamp_min(0)
            values = values * (scored[first] & scored[tile])
            js[first, tile] = total(values, weights)
    return js + js.T


def _entropy(probabilities: Tensor) -> Tensor:
    return -(probabilities * probabilities.clamp_min(CLIP).log()).sum(-1)
