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
    return chance(scores) > float(options["alpha"])


def chance(scores: Tensor) -> Tensor:
    """How likely the two answers with most votes would differ as much if they were equally likely.

    Args:
        scores: [..., L], votes for each candidate answer.

    Returns:
        float64 [...] in (0, 1]; 1 where nobody voted, or for a tie.

    Example:
        >>> chance(torch.tensor([[6.0, 0.0], [2.0, 2.0]])).tolist()
        [0.03125, 1.0]
    """
    if scores.shape[-1] == 1:
        scores = torch.cat([scores, torch.zeros_like(scores)], -1)
    most, second = scores.topk(2, -1).values.round().long().unbind(-1)
    return binomial_p(most, second)
