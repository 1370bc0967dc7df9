"""The selective vote over its alpha: how much it answers, and how often rightly."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.abstaining import chance
from analysis.bundle import Bundle
from analysis.chunks import samples_at_a_time
from analysis.ensemble import Ensemble, answers, check
from analysis.evidence import votes
from analysis.grading import grade, judged
from analysis.intervals import wilson
from analysis.pairwise import share
from analysis.stretches import stretches
from analysis.tally import Missing

ALPHAS = (0.5, 0.2, 0.1, 0.05, 0.01, 0.001)


@dataclass(frozen=True, eq=False)
class SelectiveVotes:
    """What the selective vote answers at A values of alpha, among n judged samples.

    Attributes:
        alpha: float64 [A].
        kept: samples answered, int64 [A].
        coverage: their share, float64 [A].
        accuracy: right ones among those answered, float64 [A]; NaN where none is.
        low, high: its 95 % interval (Wilson), float64 [A].
        accuracy_of_all: right ones among all, where no answer counts as an error, float64 [A].
        group_coverage: coverage in each group of a grouping, float64 [A, G]; NaN for a group
            without a judged sample, and G = 0 without a grouping.
        n: samples judged.
    """

    alpha: Tensor
    kept: Tensor
    coverage: Tensor
    accuracy: Tensor
    low: Tensor
    high: Tensor
    accuracy_of_all: Tensor
    group_coverage: Tensor
    n: int


def selective_votes(
    bundle: Bundle,
    members: Sequence[str],
    *,
    alphas: Sequence[float] = ALPHAS,
    column: str | None = None,
    missing: Missing = "exclude",
) -> SelectiveVotes:
    """Coverage and accuracy of the selective vote at several alphas.

    Args:
        bundle: N samples, holds all members.
        members: names.
        alphas: A largest chances at which an answer is still given.
        column: a grouping, for the coverage of its groups.
        missing: as everywhere; samples count on which the plain vote is judged.

    Returns:
        One row per alpha.

    Raises:
        BundleError: unknown member, or none.

    References:
        Black, Leino and Fredrikson 2022, Selective ensembles for consistent predictions.
    """
    team = bundle.select(check(bundle, Ensemble(tuple(members), "plurality")).members)
    said, counts, correct = _plurality(bundle, team, missing)
    alpha = torch.tensor(list(alphas), dtype=torch.float64, device=team.device)
    kept = (vote_chance(team) <= alpha[:, None]) & (said >= 0) & counts
    right, number = (kept & correct).sum(1), kept.sum(1)
    low, high = wilson(right, number)
    n = counts.sum()
    inside = torch.zeros(len(team.ids), 0, dtype=torch.bool, device=team.device)
    if column is not None:
        inside = bundle.groups[column].membership()
    return SelectiveVotes(
        alpha=alpha,
        kept=number,
        coverage=share(number, n),
        accuracy=share(right, number),
        low=low,
        high=high,
        accuracy_of_all=share(right, n),
        group_coverage=share(kept.double() @ inside.double(), counts.double() @ inside.double()),
        n=int(n),
    )


def vote_chance(team: Bundle) -> Tensor:
    """How likely the lead of the answer with most votes is an accident, per sample.

    Args:
        team: K members, N samples.

    Returns:
        float64 [N] in (0, 1], the two-sided binomial test of the two largest counts of votes.
    """
    members = len(team.models)
    step = samples_at_a_time(members * min(members, len(team.classes)), team.device)
    parts = [
        chance(votes(team, here, {}).planes.sum(1).T) for here in stretches(len(team.ids), step)
    ]
    return torch.cat(parts)


def undecided_at(
    bundle: Bundle, members: Sequence[str], alpha: float, *, missing: Missing = "exclude"
) -> Tensor:
    """Rows of the judged samples that the selective vote leaves unanswered, int64 [n].

    Args:
        bundle: holds all members.
        members: names.
        alpha: largest chance at which an answer is still given.
        missing: as in `selective_votes`.
    """
    team = bundle.select(tuple(members))
    said, counts, _ = _plurality(bundle, team, missing)
    return (counts & ~((vote_chance(team) <= alpha) & (said >= 0))).nonzero().flatten()


def not_repeated(bundle: Bundle, members: Sequence[str]) -> str:
    """Why the guarantee of the selective vote does not hold for these members; empty if it may.

    It is about runs of one recipe that differ by chance alone.

    Args:
        bundle: holds the members; "family" of its models tells recipes apart.
        members: names.

    Returns:
        A sentence, without names from the data.
    """
    if len(members) < 2:
        return ""
    families = bundle.model_info.get("family")
    if families is None:
        return (
            "The test takes the members as runs of one recipe that differ by chance; the data do "
            "not say whether they are."
        )
    chosen = {str(families[bundle.models.index(member)]) for member in members}
    if len(chosen) == 1:
        return ""
    return (
        f"The test takes the members as runs of one recipe that differ by chance; these are of "
        f"{len(chosen)} families, so alpha bounds nothing here and only orders the samples."
    )


def _plurality(bundle: Bundle, team: Bundle, missing: Missing) -> tuple[Tensor, Tensor, Tensor]:
    """The answer with most votes, int32 [N]; whether it is judged, and whether it is right."""
    everybody = torch.ones(1, len(team.models), dtype=torch.float64, device=team.device)
    parts = [part.predictions[0] for part in answers(team, "plurality", everybody)]
    said = torch.cat(parts)
    grades = grade(bundle, said[None], slice(None))
    return said, judged(bundle, grades, slice(None), missing)[0], grades[0] == 1
