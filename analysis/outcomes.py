"""What an ensemble made of its members' right and wrong answers, sample by sample."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.gaps import judged_under
from analysis.grading import judgeable
from analysis.intervals import wilson
from analysis.pairwise import share
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
        members: int64 [N], members that are judged.
    """

    codes: Tensor
    members_right: Tensor
    right: Tensor
    judged: Tensor
    members: Tensor

    def counts(self) -> dict[str, int]:
        """Samples per outcome; they add up to the judged samples."""
        found = torch.bincount(self.codes[self.judged].long(), minlength=len(OUTCOMES))
        return dict(zip(OUTCOMES, found.tolist(), strict=True))


def outcomes(
    team: Bundle,
    combined: Bundle,
    *,
    missing: Missing = "exclude",
    labelled: Tensor | None = None,
) -> Outcomes:
    """The six outcomes of an ensemble.

    Args:
        team: the K members.
        combined: the ensemble as a bundle of one model, on the same samples.
        missing: "exclude" looks at the members that answered, where at least one did; "wrong"
            judges every labelled sample and counts a missing answer as wrong.
        labelled: bool [N], which samples those are, as `analysis.ensemble.judgeable` gives them
            for all models; None: those of the team.

    Returns:
        Per sample outcome, number of members right, and where the ensemble is judged.

    References:
        The rescue of two (both wrong, combined right) is FalseFalseTrue in Lin et al. 2024,
        Spurious feature diversification improves out-of-distribution generalization (BANG).
    """
    members_right = team.correct.sum(0)
    right = combined.correct[0]
    labelled = judgeable(team) if labelled is None else labelled
    judged = judged_under(missing, combined.grades, labelled)[0]
    members = judged_under(missing, team.grades, labelled).sum(0)
    some = torch.where(members_right == members, 0, 1)
    level = torch.where(members_right == 0, 2, some)
    codes = torch.where(judged, level + 3 * (~right).long(), -1).to(torch.int8)
    return Outcomes(codes, members_right, right & judged, judged, members)


def ledger(found: Outcomes, members: int) -> Tensor:
    """How often the ensemble is right or wrong when k members are right.

    Args:
        found: outcomes of N samples.
        members: K.

    Returns:
        int64 [K + 1, 2]: row k, then right and wrong.
    """
    return outcome_ledger(found, members).view(members + 1, 2, 3).sum(2)


def outcome_ledger(found: Outcomes, members: int) -> Tensor:
    """How often each outcome occurs when k members are right.

    Args:
        found: outcomes of N samples.
        members: K.

    Returns:
        int64 [K + 1, 6]: row k, then the OUTCOMES, of which the first three are right.
    """
    keys = found.members_right * len(OUTCOMES) + found.codes
    table = torch.bincount(keys[found.judged], minlength=len(OUTCOMES) * (members + 1))
    return table.view(members + 1, len(OUTCOMES))


def members_ledger(found: Outcomes, members: int) -> Tensor:
    """As `ledger`, and where members are judged but the ensemble is not, as with grades alone.

    Args:
        found: outcomes of N samples.
        members: K.

    Returns:
        int64 [K + 1, 3]: row k, then ensemble right, wrong and not judged.
    """
    alone = found.members_right[~found.judged & (found.members > 0)]
    return torch.cat([ledger(found, members), alone.bincount(minlength=members + 1)[:, None]], 1)


def agreement_levels(found: Outcomes) -> dict[str, int]:
    """Samples that no member, some members or every member gets right.

    Of the members that are judged on a sample: where one has no answer and the others are right,
    every member is.

    Args:
        found: outcomes of N samples.

    Returns:
        Counts of "none", "some" and "all" over the samples on which anybody is judged.
    """
    right = found.members_right[found.judged | (found.members > 0)]
    judged = found.members[found.judged | (found.members > 0)]
    none, every = right == 0, (right == judged) & (right > 0)
    return {
        "none": int(none.sum()),
        "some": int((~none & ~every).sum()),
        "all": int(every.sum()),
    }


def against(
    combined: Bundle,
    reference: Bundle,
    *,
    missing: Missing = "exclude",
    labelled: Tensor | None = None,
) -> Tensor:
    """Where an ensemble and a reference model part.

    Args:
        combined: a bundle of one model.
        reference: another one on the same samples.
        missing: as in `outcomes`; with "exclude" only samples on which both are judged count.
        labelled: as in `compared`.

    Returns:
        int8 [N]: 1 a correction (only the ensemble is right), -1 a regression (only the
        reference is right), 0 both right or both wrong, or not judged.
    """
    difference = combined.correct[0].to(torch.int8) - reference.correct[0].to(torch.int8)
    both = compared(combined, reference, missing=missing, labelled=labelled)
    return torch.where(both, difference, 0)


def compared(
    combined: Bundle,
    reference: Bundle,
    *,
    missing: Missing = "exclude",
    labelled: Tensor | None = None,
) -> Tensor:
    """Bool [N]: an ensemble and a reference model are both judged on this sample.

    Args:
        combined: a bundle of one model.
        reference: another one on the same samples.
        missing: with "wrong", on every labelled sample.
        labelled: bool [N], which samples those are, as in `outcomes`; None: those of the two.
    """
    grades = torch.stack([combined.grades[0], reference.grades[0]])
    labelled = combined.labelled | reference.labelled if labelled is None else labelled
    return judged_under(missing, grades, labelled).all(0)


def corrected_against_majority(found: Outcomes, plurality: Bundle) -> Tensor:
    """Bool [N]: the plurality is wrong, the ensemble right, and at least one member is right."""
    return found.right & ~plurality.correct[0] & (found.members_right > 0)


def correction_curve(table: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How often the ensemble is right when k members are right.

    Args:
        table: [K + 1, 2], how often it is right and wrong, as `ledger` counts it.

    Returns:
        Share, and lower and upper end of its 95 % Wilson interval, float64 [K + 1] each; higher
        is better. NaN where no sample has k members right.

    Example:
        >>> share, low, high = correction_curve(torch.tensor([[1, 3], [0, 0]]))
        >>> share.tolist(), round(low[0].item(), 3), round(high[0].item(), 3)
        ([0.25, nan], 0.046, 0.699)
    """
    samples = table.sum(1)
    return share(table[:, 0], samples), *wilson(table[:, 0], samples)


def good_and_bad(found: Outcomes) -> tuple[Tensor, Tensor]:
    """Disagreement that the ensemble turns to good, and disagreement that it loses by.

    The ensemble's error is the members' mean error minus the good plus the bad, whatever the
    rule. With gaps, shares are of the members that are judged on a sample.

    Args:
        found: outcomes of N samples.

    Returns:
        Over all judged samples, the mean share of members that are wrong where the ensemble is
        right (good: higher is better), and of members that are right where it is wrong (bad:
        lower is better): float64 scalars in [0, 1]. NaN where nothing is judged.

    References:
        Brown and Kuncheva 2010, Good and bad diversity in majority vote ensembles.
    """
    wrong, samples = _share_wrong(found), found.judged.sum()
    good = torch.where(found.right, wrong, 0).sum()
    bad = torch.where(found.judged & ~found.right, 1 - wrong, 0).sum()
    return share(good, samples), share(bad, samples)


def mean_member_error(found: Outcomes) -> Tensor:
    """Share of members that are wrong, averaged over the samples that the ensemble is judged on.

    Args:
        found: outcomes of N samples.

    Returns:
        float64 scalar in [0, 1]; lower is better. NaN where nothing is judged.
    """
    return share(torch.where(found.judged, _share_wrong(found), 0).sum(), found.judged.sum())


def _share_wrong(found: Outcomes) -> Tensor:
    """Of the members that are judged, per sample; all, where none is."""
    return 1 - found.members_right / found.members.clamp_min(1).double()


def recovered_fraction(ensemble: Tensor, best: Tensor, oracle: Tensor) -> Tensor:
    """How much of the way from the best single model to the oracle an ensemble goes.

    Args:
        ensemble: accuracy of the ensemble, or its right answers.
        best: of the best single model, on the same samples.
        oracle: share, or number, of them that at least one member gets right.

    Returns:
        float64; higher is better; above 1 when the ensemble rescues samples that no member gets
        right, below 0 when it is worse than the best model. NaN where the best model leaves no
        gap to the oracle.

    Example:
        >>> recovered_fraction(*map(torch.tensor, (9, 8, 10))).item()
        0.5
    """
    gap = (oracle - best).double()
    return torch.where(gap > 0, (ensemble - best) / gap, torch.nan)
