"""Whether the same models are best in all groups."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.grouping import Grouping
from analysis.groups import group_accuracy
from analysis.intervals import binomial_p
from analysis.many_tests import benjamini_hochberg, holm
from analysis.sums.by_group import sums_by_code

LEAST = 20


def spearman(values: Tensor) -> Tensor:
    """Rank correlation of the columns of a table; equal values share their mean rank.

    Args:
        values: float [M, G], no NaN.

    Returns:
        float64 [G, G] in [-1, 1]; NaN where all values of a column are equal.

    Example:
        >>> table = torch.tensor([[1.0, 3.0], [2.0, 2.0], [3.0, 1.0]])
        >>> spearman(table)[0].tolist()
        [1.0, -1.0]

    References:
        Spearman 1904, American Journal of Psychology 15.
    """
    ranks = (values[:, None] > values).double().sum(1) - (values[:, None] < values).double().sum(1)
    squares = ranks.T @ ranks
    return _normed(squares)


def kendall(values: Tensor) -> Tensor:
    """Kendall's tau-b of the columns of a table: pairs of models in the same order, or not.

    Args:
        values: float [M, G], no NaN.

    Returns:
        float64 [G, G] in [-1, 1]; NaN where all values of a column are equal.

    Example:
        >>> kendall(torch.tensor([[1.0, 3.0], [2.0, 1.0], [3.0, 2.0]]))[0, 1].item()
        -0.3333333333333333

    References:
        Kendall 1945, Biometrika 33.
    """
    pairs = torch.triu_indices(len(values), len(values), 1, device=values.device)
    signs = (values[pairs[0]] - values[pairs[1]]).sign().double()
    concordant = signs.T @ signs
    return _normed(concordant)


def _normed(products: Tensor) -> Tensor:
    """Products of columns over those of their lengths; NaN for a column without any."""
    own = products.diagonal()
    flat = (own == 0)[:, None] | (own == 0)
    return (products / (own[:, None] * own).sqrt()).masked_fill(flat, torch.nan)


@dataclass(frozen=True, eq=False)
class GroupRanks:
    """The order of M models in K groups; else said, [K].

    Attributes:
        groups: int64, position of each group.
        n: int64, samples on which all of the models are judged, or the fewest of any.
        spearman, kendall: float64 [K, K].
        winner: int64, the most accurate model.
        overall: the model that is most accurate on all samples.
        lead: float64, accuracy of the winner minus that of the overall best in the group.
        p: exact McNemar test of the two; NaN where they are the same model.
        p_bh, p_holm: corrected for the number of groups.
    """

    groups: Tensor
    n: Tensor
    spearman: Tensor
    kendall: Tensor
    winner: Tensor
    overall: int
    lead: Tensor
    p: Tensor
    p_bh: Tensor
    p_holm: Tensor


def group_ranks(
    right: Tensor, graded: Tensor, grouping: Grouping, *, least: int = LEAST, most: int = 40
) -> GroupRanks | None:
    """Whether the same models are best in every group.

    Args:
        right: bool [M, N], right answers.
        graded: bool [M, N], answers that could be judged.
        grouping: G groups.
        least: groups in which some model has fewer judged answers are left out.
        most: groups to compare at most, the largest of them.

    Returns:
        None with fewer than two models or two groups that are large enough. The winners were
        picked on the samples that they are tested on, so p is optimistic about them.

    Example:
        >>> right = torch.tensor([[True] * 30 + [False] * 30, [False] * 30 + [True] * 30])
        >>> sides = Grouping((torch.arange(60) >= 30).int(), ("a", "b"))
        >>> found = group_ranks(right, torch.ones_like(right), sides)
        >>> found.winner.tolist(), found.kendall[0, 1].item()
        ([0, 1], -1.0)
    """
    number, right = len(grouping.levels), right & graded
    sums = [sums_by_code(flags, grouping.codes, number) for flags in (right, graded)]
    rate, n = group_accuracy(*sums), sums[1].amin(0)
    groups = (n >= least).nonzero().flatten()
    groups = groups[n[groups].argsort(descending=True, stable=True)[:most]].sort().values
    if len(right) < 2 or len(groups) < 2:
        return None
    rate = rate[:, groups]
    overall = int((right.sum(1) / graded.sum(1)).argmax())
    winner = rate.argmax(0)
    # The overall best keeps its place where it is as good as any other.
    winner = torch.where(rate[overall] >= rate.amax(0), overall, winner)
    both = graded[winner.unique()] & graded[overall]
    place = torch.searchsorted(winner.unique(), winner)
    only = right[winner.unique()] & ~right[overall] & both
    other = ~right[winner.unique()] & right[overall] & both
    columns = torch.arange(len(groups), device=rate.device)
    more, less = (
        sums_by_code(f, grouping.codes, number)[:, groups][place, columns] for f in (only, other)
    )
    p = binomial_p(torch.maximum(more, less), torch.minimum(more, less))
    p = torch.where(winner == overall, torch.nan, p)
    return GroupRanks(
        *(groups, n[groups], spearman(rate), kendall(rate), winner, overall),
        rate.amax(0) - rate[overall],
        *(p, benjamini_hochberg(p), holm(p)),
    )
