"""Candidate teams: how good, diverse and stable each is."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.ensemble import answers
from analysis.evidence import Given
from analysis.grading import grade, judged
from analysis.pairwise import disagreement_labels
from analysis.tally import Missing, tally


@dataclass(frozen=True, eq=False)
class Candidates:
    """Teams of one pool under one rule and what they reach.

    Attributes:
        membership: bool [E, M].
        accuracy: float64 [E].
        disagreement: float64 [E], mean over the pairs of members; NaN for a single model.
        stability: float64 [E], mean agreement of the team with itself minus one member; NaN for
            a single model.
        judged: int64 [E], samples behind each accuracy.
    """

    membership: Tensor
    accuracy: Tensor
    disagreement: Tensor
    stability: Tensor
    judged: Tensor


def evaluate(
    bundle: Bundle,
    membership: Tensor,
    rule: str,
    *,
    missing: Missing = "exclude",
    given: Given | None = None,
) -> Candidates:
    """Accuracy, mean disagreement and leave-one-out stability of many teams at once.

    Args:
        bundle: M models.
        membership: bool [E, M], or the weights of the members, float64 [E, M].
        rule: a name in RULES.
        missing: as everywhere.
        given: as in `answers`.

    Returns:
        One row per team.

    References:
        Leave-one-member-out stability is our analogue of consistency for classifiers.
    """
    membership = membership.to(bundle.device)
    right = torch.zeros(len(membership), dtype=torch.int64, device=bundle.device)
    count, agreeing, compared = right.clone(), right.double(), right.double()
    reduced, team = _without_one(membership)
    start = 0
    for said in answers(bundle, rule, torch.cat([membership, reduced]).double(), given=given):
        whole, parts = said.predictions[: len(membership)], said.predictions[len(membership) :]
        rows = slice(start, start + whole.shape[1])
        start = rows.stop
        grades = grade(bundle, whole, rows)
        right += (grades == 1).sum(1)
        count += judged(bundle, grades, rows, missing).sum(1)
        both = (whole[team] >= 0) & (parts >= 0)
        agreeing.index_add_(0, team, ((whole[team] == parts) & both).double().sum(1))
        compared.index_add_(0, team, both.double().sum(1))
    sums = tally(bundle, ("both_answered", "same"), missing=missing)
    pairs = disagreement_labels(sums["both_answered"], sums["same"])
    return Candidates(
        membership=membership > 0,
        accuracy=right.double() / count,
        disagreement=_mean_of_pairs(pairs, membership > 0),
        stability=torch.where(compared > 0, agreeing / compared, torch.nan),
        judged=count,
    )


def _without_one(membership: Tensor) -> tuple[Tensor, Tensor]:
    """Every team of two or more minus one member [R, M], and the team each came from [R]."""
    inside = membership > 0
    large = inside & (inside.sum(1, keepdim=True) > 1)
    team, member = large.nonzero(as_tuple=True)
    reduced = membership[team]
    reduced[torch.arange(len(team), device=team.device), member] = 0
    return reduced, team


def _mean_of_pairs(pairs: Tensor, membership: Tensor) -> Tensor:
    """Mean of a [M, M] table over the pairs of each team, skipping undefined pairs."""
    defined = torch.isfinite(pairs).double()
    values = pairs.nan_to_num()
    member = membership.double()
    total = ((member @ values) * member).sum(1) - member @ values.diagonal()
    count = ((member @ defined) * member).sum(1) - member @ defined.diagonal()
    return torch.where(count > 0, total / count, torch.nan)
