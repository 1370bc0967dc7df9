"""What candidates reach on each axis, from the sums over samples and the tables of their pool."""

import torch
from torch import Tensor

from analysis.axis import Pool, mean_of_pairs
from analysis.consistency_axes import team_agreement
from analysis.evenness import macro_std
from analysis.groups import worst_and_gap
from analysis.pairwise import share
from analysis.stand_ins import twins
from analysis.team_sums import TeamSums

LEAST = 20  # judged samples of a group that counts as the worst


def groups(pool: Pool, sums: TeamSums) -> tuple[Tensor, Tensor]:
    """Accuracy of the worst group and the gap, float64 [E] twice."""
    columns = pool.columns["groups"]
    n = sums.flag_n[:, columns]
    return worst_and_gap(share(sums.flag_right[:, columns], n), n, least=LEAST)


def macro_f1(pool: Pool, weights: Tensor, sums: TeamSums) -> Tensor:
    """Mean over classes of the harmonic mean of precision and recall."""
    columns = pool.columns["classes"]
    there = sums.flag_n[:, columns] + sums.named
    return share(2 * sums.flag_right[:, columns], there).nanmean(1)


def stability(pool: Pool, weights: Tensor, sums: TeamSums) -> Tensor:
    """Share of answers that stay the same without one member."""
    return share(sums.agreeing, sums.compared)


def kept(pool: Pool, weights: Tensor, sums: TeamSums) -> Tensor:
    """One minus the negative flips; the two flags are: the reference is right, it is judged."""
    columns = pool.columns["reference"]
    n, right = sums.flag_n[:, columns], sums.flag_right[:, columns]
    return 1 - share(n[:, 0] - right[:, 0], n[:, 1])


def even_in_classes(pool: Pool, weights: Tensor, sums: TeamSums) -> Tensor:
    """One minus the spread between the groups of a class, averaged over classes."""
    columns, classes = pool.columns["cells"], len(pool.bundle.classes)
    shape = (len(weights), classes, -1)
    n, right = sums.flag_n[:, columns], sums.flag_right[:, columns]
    return 1 - macro_std(right.view(shape), n.view(shape)).macro


def jensen_gap(pool: Pool, weights: Tensor, sums: TeamSums) -> Tensor:
    """Mean log loss of the members by their weights, minus the ensemble's own."""
    members = (weights @ pool.member_loss.nan_to_num()) / weights.sum(1)
    gap = members - share(sums.loss_sum, sums.scored)
    return torch.where((weights > 0).sum(1) > 1, gap.clamp_min(0), torch.nan)


def gd(pool: Pool, weights: Tensor, sums: TeamSums) -> Tensor:
    """One minus the chance that two members fail over the chance that one does."""
    inside = weights > 0
    both = mean_of_pairs(pool.tables["double_fault"], inside)
    return 1 - share(both, (inside.double() @ pool.member_error) / inside.sum(1))


def agreement_with_twins(pool: Pool, weights: Tensor, kind: str) -> Tensor:
    """Share of answers that stay when all members are replaced by others of their families."""
    found = torch.full((len(weights),), torch.nan, dtype=torch.float64, device=weights.device)
    others = twins(weights, pool.families[kind])
    rows = (others > 0).any(1).nonzero().flatten()
    if pool.rule and len(rows):
        found[rows], _ = team_agreement(pool.bundle, weights[rows], others[rows], pool.rule)
    return found


def cost(pool: Pool, weights: Tensor, sums: TeamSums) -> Tensor:
    """The members' costs added up; NaN where one is unknown."""
    inside = (weights > 0).double()
    unknown = inside @ pool.member_cost.isnan().double() > 0
    return torch.where(unknown, torch.nan, inside @ pool.member_cost.nan_to_num())
