"""How much models disagree in each group; needs no labels."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.answer_codes import local_codes, vote_counts
from analysis.contrasts import score_interval
from analysis.differences import apart
from analysis.grouping import Grouping
from analysis.many_tests import benjamini_hochberg, holm
from analysis.pairwise import share
from analysis.sets import crossed, sets_of
from analysis.uncertainty import vote_entropy

LEAST = 20
CHUNK = 16_384
SCORES = ("disagreement", "margin", "entropy")


def vote_scores(predictions: Tensor) -> dict[str, Tensor]:
    """How the answers to each sample are spread, float64 [n] each; missing answers do not vote.

    Args:
        predictions: int32 [M, n], -1 = no answer.

    Returns:
        "disagreement", share of the pairs of models with an answer that differ, in [0, 1], NaN
        below two answers; "margin", votes of the first answer less those of the second over all
        votes, in [0, 1], 1 = all alike; "entropy", of the shares of the answers, in nats. All are
        NaN where nobody answered.

    Example:
        >>> found = vote_scores(torch.tensor([[0, 1], [0, 2], [1, 3]]))
        >>> [round(value, 3) for value in found["disagreement"].tolist()]
        [0.667, 1.0]
        >>> [round(value, 3) for value in found["margin"].tolist()]
        [0.333, 0.0]
    """
    votes = vote_counts(predictions)[0].double()
    total = votes.sum(0)
    alike = (votes * (votes - 1)).sum(0)
    padded = torch.cat([votes, torch.zeros_like(votes[:1])])
    first, second = padded.topk(2, dim=0).values
    return {
        "disagreement": 1 - share(alike, total * (total - 1)),
        "margin": share(first - second, total),
        "entropy": vote_entropy(predictions),
    }


@dataclass(frozen=True, eq=False)
class GroupScores:
    """A score of the samples in each of G groups; else said, float64 [G].

    Attributes:
        n: int64, samples with a value.
        mean, low, high: mean and its 95 % interval (normal, on the effective number of samples).
        gap, gap_low, gap_high: minus the mean of all samples outside.
        p: normal test of no gap; NaN for groups that are too small.
        p_bh, p_holm: corrected for the number of tests.
    """

    n: Tensor
    mean: Tensor
    low: Tensor
    high: Tensor
    gap: Tensor
    gap_low: Tensor
    gap_high: Tensor
    p: Tensor
    p_bh: Tensor
    p_holm: Tensor


def group_scores(
    values: Tensor, grouping: Grouping, units: Tensor | None = None, *, least: int = LEAST
) -> GroupScores:
    """Mean of a score in each group, and against all samples outside of it.

    Args:
        values: float64 [N]; NaN is left out.
        grouping: G groups, which may overlap.
        units: int [N], equal numbers belong together; None: all stand alone.
        least: groups with fewer samples are not tested.

    Returns:
        One entry per group; NaN in an empty one.

    Example:
        >>> sides = Grouping(torch.tensor([0, 0, 1, 1]), ("a", "b"))
        >>> group_scores(torch.tensor([1.0, 0.5, 0.0, 0.5]), sides).mean.tolist()
        [0.75, 0.25]
    """
    known = torch.isfinite(values)
    clean = torch.where(known, values.double(), 0.0)
    sets, everything = crossed(grouping).only(known), sets_of(known[None])
    mean, low, high, size = _normal(clean, sets, units)
    _, _, _, worth = _normal(clean, everything, units)
    n, total = sets.sums(known.double()), known.sum().double()
    rest = total - n
    outside = share(clean.sum() - sets.sums(clean), rest)
    square = share(clean.square().sum() - sets.sums(clean.square()), rest)
    other = rest * worth / total.clamp_min(1)
    half = 1.959963984540054 * ((square - outside**2).clamp_min(0) / other).sqrt()
    gap, gap_low, gap_high = apart((mean, low, high), (outside, outside - half, outside + half))
    inner = (share(sets.sums(clean.square()), n) - mean**2).clamp_min(0) / size
    spread = inner + (square - outside**2).clamp_min(0) / other
    p = torch.where(gap == 0, 1.0, torch.erfc(gap.abs() / spread.sqrt() / 2**0.5))
    p = torch.where((n >= least) & (rest > 0), p, torch.nan)
    ends = (gap, gap_low, gap_high, p, benjamini_hochberg(p), holm(p))
    return GroupScores(n.long(), mean, low, high, *ends)


def _normal(values: Tensor, sets, units: Tensor | None) -> tuple[Tensor, ...]:
    """Mean, ends of its interval and effective size."""
    return score_interval(values, sets, units)


def disagreement_by_group(
    predictions: Tensor, grouping: Grouping, units: Tensor | None = None, *, least: int = LEAST
) -> Mapping[str, GroupScores]:
    """Disagreement, margin and entropy of the votes in each group.

    Args:
        predictions: int32 [M, N], -1 = no answer.
        grouping: of the N samples.
        units: as in `group_scores`.
        least: as in `group_scores`.

    Returns:
        {name in SCORES: its means by group}.
    """
    found = vote_scores(predictions)
    return {name: group_scores(found[name], grouping, units, least=least) for name in SCORES}


def standing_apart(predictions: Tensor, grouping: Grouping) -> tuple[Tensor, Tensor]:
    """How often each model differs from the others, in each group.

    Args:
        predictions: int32 [M, N], -1 = no answer.
        grouping: G groups.

    Returns:
        float64 [M, G], share of the answers of other models to the same samples that differ from
        its own, in [0, 1]; NaN where nobody else answered. And int64 [M, G], those answers.

    Example:
        >>> everyone = Grouping(torch.tensor([0, 0]), ("all",))
        >>> said = torch.tensor([[0, 0], [0, 1], [0, 1]])
        >>> standing_apart(said, everyone)[0][:, 0].tolist()
        [0.5, 0.25, 0.25]
    """
    number = len(grouping.levels)
    codes = grouping.codes.reshape(len(grouping.codes), -1)
    answered = predictions >= 0
    others = (answered.sum(0) - 1) * answered
    votes = torch.zeros_like(others)
    for said in predictions:
        votes += (predictions == said) & (said >= 0)
    differ = others - (votes - 1) * answered
    sums = [_integer_sums(values, codes, number) for values in (differ, others)]
    return share(*sums), sums[1]


def disagreement_between(predictions: Tensor, families: Tensor) -> tuple[Tensor, Tensor]:
    """How much models, or raters, disagree within and between families of them.

    Args:
        predictions: int32 [M, N], -1 = no answer.
        families: int64 [M], the family of each model, 0 to F-1.

    Returns:
        float64 [F, F], share of the pairs of answers to the same samples, one of either family
        (within a family: of two models), that differ; in [0, 1], NaN without such a pair. And
        int64 [F, F], these pairs.

    Example:
        >>> said = torch.tensor([[0, 0], [0, 1], [2, 1]])
        >>> disagreement_between(said, torch.tensor([0, 0, 1]))[0].tolist()
        [[0.5, 0.75], [0.75, nan]]
    """
    number = int(families.max()) + 1
    pairs = torch.zeros(2, number, number, dtype=torch.int64, device=predictions.device)
    for chunk in predictions.split(CHUNK, dim=1):
        codes, classes = local_codes(chunk)
        width = len(classes) + 1
        # No answer has a place of its own behind the others, which is cut off.
        place = torch.where(codes < 0, width - 1, codes.long())
        cell = families.to(codes.device)[:, None] * width + place
        votes = torch.zeros(
            number * width, chunk.shape[1], dtype=torch.float64, device=codes.device
        )
        votes = votes.scatter_add_(0, cell, torch.ones_like(cell, dtype=torch.float64))
        votes = votes.view(number, width, -1)[:, :-1]
        every = votes.sum(1)
        pairs[0] += torch.einsum("acn,bcn->ab", votes, votes).round().long()
        pairs[1] += (every @ every.T).round().long()
        pairs -= torch.diag(every.sum(1).round().long())
    alike, total = pairs
    return 1 - share(alike, total), total // (1 + torch.eye(number, dtype=torch.int64).to(total))


def _integer_sums(values: Tensor, codes: Tensor, number: int) -> Tensor:
    """Whole numbers [M, N] added up by group, int64 [M, G]."""
    found = torch.zeros(number + 1, len(values), dtype=torch.int64, device=values.device)
    for column in codes.long().T:
        found.index_add_(0, torch.where(column < 0, number, column), values.T.long().contiguous())
    return found[:-1].T.contiguous()
