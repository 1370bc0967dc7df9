"""Teams of models that are good and different, chosen one by one on some samples."""

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.learned import Learned, Options
from analysis.pairwise import disagreement_labels
from analysis.tally import tally

CLOSE = 1e-12
PAIR_VALUES = 1 << 22  # answers of pairs at a time


def mmr(team: Bundle, rows: Tensor, options: Options) -> Learned:
    """Maximal marginal relevance: each round the model of the best mix of accurate and unlike.

    The score is (1 - |unlike|) * accuracy - unlike * the largest share of equal answers with a
    model taken before; in the first round there is none.

    Args:
        team: M models.
        rows: int64 [n], labelled samples that all answered.
        options: "size", models to take; "unlike" from -1 (only alike) over 0 (only accurate) to 1
            (only unlike).

    Returns:
        Weights 1 for those taken; and the models taken with their scores.

    References:
        Carbonell and Goldstein 1998, The use of MMR, with lambda = 1 - unlike. Teams that agree
        are what OSBORN (Bachu et al. 2023) looks for.
    """
    right, alike = _sums(team, rows)
    unlike = float(options["unlike"])
    closest = torch.zeros_like(right)
    weights, path = torch.zeros_like(right), []
    for _ in range(min(int(options["size"]), len(right))):
        scores = torch.where(weights > 0, -torch.inf, (1 - abs(unlike)) * right - unlike * closest)
        place = _first_best(scores)
        weights[place] = 1
        path.append((place, float(scores[place])))
        closest = torch.maximum(closest, alike[place])
    return Learned(weights, path)


def facility_location(team: Bundle, rows: Tensor, options: Options) -> Learned:
    """Each round the model that makes the team most like all models: the pool's variety in few.

    The team is worth the sum, over all models, of the largest share of equal answers with one of
    the team; models without a common answered sample count as unlike. Labels are not looked at.
    Greedy reaches at least 1 - 1/e of the best team's worth.

    Args:
        team: M models.
        rows: int64 [n], samples that somebody answered.
        options: "size", models to take.

    Returns:
        Weights 1 for those taken; and the models taken with what each added, never increasing.

    References:
        Nemhauser, Wolsey and Fisher 1978; Krause and Golovin 2014, Submodular function
        maximization.
    """
    _, alike = _sums(team, rows)
    return _covering(alike, int(options["size"]))


def coverage(team: Bundle, rows: Tensor, options: Options) -> Learned:
    """Each round the model that is right on most samples on which nobody taken yet is.

    Args:
        team: M models.
        rows: int64 [n], labelled samples that all answered.
        options: "size", models to take.

    Returns:
        Weights 1 for those taken; and the models taken with the samples that each added, never
        increasing.

    References:
        As `facility_location`; coverage is the accuracy of an oracle that picks the member.
    """
    right = (team.grades[:, rows] == 1).double()
    return _covering(right.T.contiguous(), int(options["size"]))


def _covering(worth: Tensor, size: int) -> Learned:
    """Greedy for the sum over rows [R] of the largest worth [R, M] that the team has there."""
    best = worth.new_zeros(len(worth))
    weights, path = worth.new_zeros(worth.shape[1]), []
    for _ in range(min(size, worth.shape[1])):
        gains = (worth - best[:, None]).clamp_min(0).sum(0)
        place = _first_best(torch.where(weights > 0, -torch.inf, gains))
        weights[place] = 1
        path.append((place, float(gains[place])))
        best = torch.maximum(best, worth[:, place])
    return Learned(weights, path)


def _first_best(scores: Tensor) -> int:
    return int((scores >= scores.max() - CLOSE).nonzero()[0])


def _sums(team: Bundle, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Accuracy float64 [M], and the share of equal answers float64 [M, M]; 0 where unknown."""
    part = team.take(rows)
    sums = tally(part, ("both_answered", "same"))
    right = (part.grades == 1).double().mean(1)
    return right, (1 - disagreement_labels(sums["both_answered"], sums["same"])).nan_to_num(0.0)


def label_conditional_entropy(predictions: Tensor) -> Tensor:
    """How uncertain one model's answer still is once another's is known: H(Y_i | Y_j).

    Args:
        predictions: int [M, N], -1 = no answer; a pair is compared where both answered.

    Returns:
        float64 [M, M] in nats, row i given column j; 0 where j tells i. NaN for a pair that has
        no sample in common.

    Example:
        >>> label_conditional_entropy(torch.tensor([[0, 1], [0, 0]])).tolist()
        [[0.0, 0.6931471805599453], [0.0, 0.0]]

    References:
        Shannon 1948; an ingredient of OSBORN (Bachu et al. 2023).
    """
    models = len(predictions)
    _, codes = predictions.unique(return_inverse=True)
    first, second = torch.cartesian_prod(*[torch.arange(models)] * 2).T
    step = max(1, PAIR_VALUES // max(1, predictions.shape[1]))
    parts = [
        _conditional_entropy(predictions, codes, here)
        for here in torch.stack([first, second]).split(step, dim=1)
    ]
    return torch.cat(parts).view(models, models)


def _conditional_entropy(predictions: Tensor, codes: Tensor, pairs: Tensor) -> Tensor:
    """H of the first given the second of P pairs [2, P], float64 [P]."""
    one, other = codes[pairs[0]], codes[pairs[1]]
    both = (predictions[pairs[0]] >= 0) & (predictions[pairs[1]] >= 0)
    n = both.sum(1).double()
    joint = _entropy(one * (int(codes.max()) + 1) + other, both)
    return torch.where(n > 0, (joint - _entropy(other, both)).clamp_min(0), torch.nan)


def _entropy(values: Tensor, known: Tensor) -> Tensor:
    """Entropy in nats of the known values of each row [P, n], float64 [P]."""
    row = torch.arange(len(values), device=values.device)[:, None].expand_as(values)
    found, count = torch.stack([row[known], values[known]]).unique(dim=1, return_counts=True)
    share = count.double() / known.sum(1).double()[found[0]]
    total = torch.zeros(len(values), dtype=torch.float64, device=values.device)
    return total.index_add_(0, found[0], -torch.special.xlogy(share, share))
