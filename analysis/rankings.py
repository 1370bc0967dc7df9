"""Ranks of many models over many tasks: mean, Borda and the tables that other rules need.

A score is an accuracy, or anything of which higher is better; a task is a group of samples, a
test set or a single sample. Rank 1 is best.
"""

from typing import Literal

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.tally import Missing, tally

Gaps = Literal["cells", "models"]
VALUES = 1 << 24
NEEDS = ("both_graded", "both_right", "both_wrong", "right_given")


def ranks(points: Tensor) -> Tensor:
    """Ranks by points, equal ones sharing the mean of theirs.

    Args:
        points: float [..., M], higher is better, NaN for who takes no part.

    Returns:
        float64 [..., M], 1 is best; NaN for who takes no part.

    Example:
        >>> ranks(torch.tensor([0.7, 0.9, 0.7, torch.nan])).tolist()
        [2.5, 1.0, 2.5, nan]
    """
    behind, equal, known = _standing(points)
    rank = known.sum(-1, keepdim=True) - behind - equal / 2
    return torch.where(known, rank.double(), torch.nan)


def beaten(scores: Tensor) -> Tensor:
    """Borda's points in each task: how many others a model beats, plus half of those it equals.

    Args:
        scores: float [..., M, T], higher is better, NaN where not measured.

    Returns:
        float64 [..., M, T] in [0, M - 1]; NaN where not measured, or nobody else was.

    Example:
        >>> beaten(torch.tensor([[0.9], [0.5], [0.5], [torch.nan]])).flatten().tolist()
        [2.0, 0.5, 0.5, nan]
    """
    behind, equal, known = _standing(scores.mT)
    alone = known.sum(-1, keepdim=True) < 2
    return torch.where(known & ~alone, behind.double() + equal.double() / 2, torch.nan).mT


def mean_score(scores: Tensor, times: Tensor | None = None, *, gaps: Gaps = "cells") -> Tensor:
    """Mean over the tasks, each counting the same.

    Args:
        scores: float [..., M, T], NaN where not measured.
        times: float [..., T], how often each task counts (a bootstrap draw); None: once.
        gaps: "cells" takes the mean over what a model has, which favours models with gaps in hard
            tasks; "models" gives NaN to a model with a gap where another one has none.

    Returns:
        float64 [..., M], higher is better.

    Example:
        >>> scores = torch.tensor([[0.75, 0.5], [0.5, torch.nan]])
        >>> mean_score(scores).tolist(), mean_score(scores, gaps="models").tolist()
        ([0.625, 0.5], [0.625, nan])
    """
    values, known = scores.double(), torch.isfinite(scores)
    if times is None:
        times = torch.ones(scores.shape[-1], dtype=torch.float64, device=scores.device)
    weights = times.double()[..., None, :]
    total = (torch.where(known, values, 0.0) * weights).sum(-1)
    count = (known * weights).sum(-1)
    mean = torch.where(count > 0, total / count, torch.nan)
    if gaps == "models":
        used = (weights > 0) & known.any(-2, keepdim=True)
        mean = torch.where((used & ~known).any(-1), torch.nan, mean)
    # Equal means stay equal in whatever order the tasks stand.
    return mean.mul(1e12).round().div(1e12)


def borda(scores: Tensor, times: Tensor | None = None, *, gaps: Gaps = "cells") -> Tensor:
    """Borda count: how many others a model beats, plus half of those it equals, over all tasks.

    With gaps a model has the mean of its shares of beaten opponents, times what can be had without
    gaps, so that the points of a full table are the plain sum.

    Args:
        scores: float [..., M, T], higher is better, NaN where not measured.
        times: as in `mean_score`.
        gaps: as in `mean_score`.

    Returns:
        float64 [..., M] in [0, (M - 1) T], higher is better; NaN for a model without an opponent.

    Example:
        >>> borda(torch.tensor([[0.9, 0.6], [0.8, 0.7], [0.8, 0.1]])).tolist()
        [3.0, 2.5, 0.5]

    References:
        Borda 1781; Colombo et al. 2022, What are the best systems? New perspectives on NLP
        benchmarking (with average ranks for ties).
    """
    known = torch.isfinite(scores)
    others = (known.sum(-2, keepdim=True) - 1).clamp_min(1)
    share = mean_score(beaten(scores) / others, times, gaps=gaps)
    number = scores.shape[-1] if times is None else times.double().sum(-1, keepdim=True)
    return (share * (scores.shape[-2] - 1) * number).mul(1e9).round().div(1e9)


def borda_of_tasks(scores: Tensor) -> tuple[Tensor, Tensor]:
    """Borda count of Borda counts: over the samples of each task first, then over the tasks.

    So that a task with many samples does not decide alone. Of answers that are right or wrong and
    have no gaps, the count over samples orders the models of a task as their accuracy does, so it
    is `borda` of the accuracies per task.

    Args:
        scores: float [M, N, T], higher is better; NaN where not measured.

    Returns:
        Points float64 [M], higher is better, and those within each task, [T, M].

    Example:
        >>> points, inner = borda_of_tasks(torch.tensor([[[0.9], [0.8]], [[0.1], [0.9]]]))
        >>> points.tolist(), inner.tolist()
        ([0.5, 0.5], [[1.0, 1.0]])

    References:
        Colombo et al. 2022 (two-level aggregation).
    """
    inner = borda(scores.permute(2, 0, 1))
    return borda(inner.T), inner


def task_wins(scores: Tensor, times: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """In how many tasks each model beats each other one, and in how many they are equal.

    Args:
        scores: float [M, T] or [B, M, T], higher is better, NaN where not measured: no comparison.
        times: float [B, T], how often each task counts, for scores [M, T]; None: once.

    Returns:
        Wins and ties, float64 [M, M] or [B, M, M]; a model never ties with itself.

    Example:
        >>> wins, ties = task_wins(torch.tensor([[0.9, 0.5], [0.8, 0.5]]))
        >>> wins.tolist(), ties.tolist()
        ([[0.0, 1.0], [0.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]])
    """
    models, tasks = scores.shape[-2:]
    same = torch.eye(models, dtype=torch.bool, device=scores.device)
    if times is None:
        parts = scores.reshape(-1, models, tasks).split(max(1, VALUES // (models * models * tasks)))
        counts = [
            torch.stack([_compared(p, "gt").sum(-1), _compared(p, "eq").sum(-1)]) for p in parts
        ]
        wins, ties = torch.cat(counts, 1).double()
        shape = (*scores.shape[:-2], models, models)
        return wins.reshape(shape), ties.masked_fill(same, 0.0).reshape(shape)
    found = []
    for kind in ("gt", "eq"):
        table = _compared(scores, kind).reshape(-1, tasks).float()
        found.append((times.float() @ table.T).view(len(times), models, models).double())
    return found[0], found[1].masked_fill(same, 0.0)


def sample_wins(bundle: Bundle, *, missing: Missing = "exclude") -> tuple[Tensor, Tensor]:
    """On how many samples each model is right where each other one is wrong, and alike.

    Args:
        bundle: M models, N samples.
        missing: as in `tally`.

    Returns:
        Wins and ties, int64 [M, M]; additive over samples, all from one product of right and
        wrong answers. A model never ties with itself.

    Example:
        >>> said = torch.tensor([[0, 1, 1], [0, 0, 0]], dtype=torch.int32)
        >>> labels = torch.tensor([0, 1, 0], dtype=torch.int32)
        >>> sample_wins(Bundle(("a", "b"), ("0", "1", "2"), ("x", "y"), said, labels))[0].tolist()
        [[0, 1], [1, 0]]
    """
    sums = tally(bundle, NEEDS, missing=missing)
    return wins_and_ties(*(sums[need] for need in NEEDS))


def wins_and_ties(
    both_graded: Tensor, both_right: Tensor, both_wrong: Tensor, right_given: Tensor
) -> tuple[Tensor, Tensor]:
    """Wins and ties [..., M, M] from the sums of a tally, or from draws of them."""
    same = torch.eye(both_graded.shape[-1], dtype=torch.bool, device=both_graded.device)
    return right_given - both_right, (both_right + both_wrong).masked_fill(same, 0)


def turned(first: Tensor, second: Tensor) -> Tensor:
    """Pairs that two rankings put in opposite order.

    Args:
        first: float [..., M], ranks or points.
        second: the same of another rule, the same way round.

    Returns:
        bool [..., M, M], symmetric; an equal rank is no opposite.

    Example:
        >>> turned(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([2.0, 1.0, 3.0])).sum().item()
        2
    """
    return (first[..., :, None] - first[..., None, :]) * (
        second[..., :, None] - second[..., None, :]
    ) < 0


def _compared(scores: Tensor, kind: str) -> Tensor:
    """Whether i is above j, or equal to it, bool [..., M, M, T]."""
    return getattr(torch, kind)(scores[..., :, None, :], scores[..., None, :, :])


def _standing(points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How many others are below, how many equal, and who is there; [..., M] each."""
    known = torch.isfinite(points)
    values = torch.where(known, points.double(), -torch.inf).contiguous()
    order = values.sort(-1).values
    below = torch.searchsorted(order, values)
    equal = torch.searchsorted(order, values, right=True) - below - 1
    return below - (~known).sum(-1, keepdim=True), equal, known
