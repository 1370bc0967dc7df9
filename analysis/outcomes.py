"""What an ensemble made of its members' right and wrong answers, sample by sample."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.sums.piece import Missing

OUTCOMES = ("kept", "corrected", "rescued", "overruled", "spoiled", "missed")
OUTCOME_SUMMARIES = {
    "kept": "ensemble right, every member right",
    "corrected": "ensemble right, some members right and some wrong",
    "rescued": "ensemble right although no member is",
    "overruled": "ensemble wrong although every member is right",
    "spoiled": "ensemble wrong, some members right and some wrong",
    "missed": "ensemble wrong, no member right",
}


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Per sample: who was right, and what became of it.

    Attributes:
        codes: int8 [N], index into OUTCOMES, -1 where the ensemble is not judged.
        members_right: int64 [N], members that are right.
        right: bool [N], the ensemble is right.
        judged: bool [N], the ensemble is judged on this sample.
    """

    codes: Tensor
    members_right: Tensor
    right: Tensor
    judged: Tensor

    def counts(self) -> dict[str, int]:
        """Samples per outcome; they add up to the judged samples."""
        found = torch.bincount(self.codes[self.judged].long(), minlength=len(OUTCOMES))
        return dict(zip(OUTCOMES, found.tolist(), strict=True))


def outcomes(team: Bundle, combined: Bundle, *, missing: Missing = "exclude") -> Outcomes:
    """The six outcomes of an ensemble.

    Args:
        team: the K members.
        combined: the ensemble as a bundle of one model, on the same samples.
        missing: "exclude" looks at the members that answered, where at least one did; "wrong"
            judges every labelled sample and counts a missing answer as wrong.

    Returns:
        Per sample outcome, number of members right, and where the ensemble is judged.

    References:
        The rescue of two (both wrong, combined right) is FalseFalseTrue in Lin et al. 2024,
        Spurious feature diversification improves out-of-distribution generalization (BANG).
    """
    members_right = team.correct.sum(0)
    right = combined.correct[0]
    if missing == "wrong":
        judged = combined.labelled
        members = torch.full_like(members_right, len(team.models))
    else:
        judged = combined.grades[0] >= 0
        members = (team.grades >= 0).sum(0)
    some = torch.where(members_right == members, 0, 1)
    level = torch.where(members_right == 0, 2, some)
    codes = torch.where(judged, level + 3 * (~right).long(), -1).to(torch.int8)
    return Outcomes(codes, members_right, right & judged, judged)


def ledger(found: Outcomes, members: int) -> Tensor:
    """How often the ensemble is right or wrong when k members are right.

    Args:
        found: outcomes of N samples.
        members: K.

    Returns:
        int64 [K + 1, 2]: row k, then right and wrong.
    """
    keys = found.members_right * 2 + (~found.right).long()
    return torch.bincount(keys[found.judged], minlength=2 * (members + 1)).view(-1, 2)


def against(combined: Bundle, reference: Bundle, *, missing: Missing = "exclude") -> Tensor:
    """Where an ensemble and a reference model part.

    Args:
        combined: a bundle of one model.
        reference: another one on the same samples.
        missing: as in `outcomes`; with "exclude" only samples on which both are judged count.

    Returns:
        int8 [N]: 1 a correction (only the ensemble is right), -1 a regression (only the
        reference is right), 0 both right or both wrong, or not judged.
    """
    difference = combined.correct[0].to(torch.int8) - reference.correct[0].to(torch.int8)
    if missing == "wrong":
        return torch.where(combined.labelled, difference, 0)
    both = (combined.grades[0] >= 0) & (reference.grades[0] >= 0)
    return torch.where(both, difference, 0)


def corrected_against_majority(found: Outcomes, plurality: Bundle) -> Tensor:
    """Bool [N]: the plurality is wrong, the ensemble right, and at least one member is right."""
    return found.right & ~plurality.correct[0] & (found.members_right > 0)
