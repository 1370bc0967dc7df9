"""Selective ensembles: answer only where the votes are unlikely to be an accident."""

import torch
from torch import Tensor

from analysis.intervals import binomial_p
from analysis.learned import Options


def undecided(scores: Tensor, options: Options) -> Tensor:
    """Where the two answers with most votes could have swapped places by chance.

    Args:
        scores: [..., L], votes for each candidate answer.
        options: "alpha", the largest chance at which an answer is still given.

    Returns:
        bool [...].

    References:
        Black, Leino and Fredrikson 2022, Selective ensembles for consistent predictions.
    """
    if scores.shape[-1] == 1:
        scores = torch.cat([scores, torch.zeros_like(scores)], -1)
    most, second = scores.topk(2, -1).values.round().long().unbind(-1)
    return binomial_p(most, second) > float(options["alpha"])
