"""Scores of single samples in which slices are looked for, by name."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from analysis.answer_codes import vote_counts
from analysis.bundle import Bundle, BundleError
from analysis.effects import Effects, effects
from analysis.ensemble import Ensemble, combine
from analysis.gaps import judged_under
from analysis.grading import judgeable
from analysis.samples import chunk_size, sample_values
from analysis.suspects import suspects
from analysis.tally import Missing

Need = Literal["graded", "judged", "labels", "members"]


@dataclass(frozen=True)
class SliceScore:
    """A number of every sample; slices are sought in which it is high.

    Attributes:
        name: key in SLICE_SCORES.
        label: what a person reads.
        summary: one sentence.
        needs: members that are "graded", an ensemble that can be "judged", "labels" beside
            answers, or two "members" or more that answered.
        signs: 1 to look for high scores, -1 for low ones, or both.
        net: the scores are gains less losses, each -1, 0 or 1.
    """

    name: str
    label: str
    summary: str
    needs: tuple[Need, ...] = ("judged",)
    signs: tuple[int, ...] = (1,)
    net: bool = False


SLICE_SCORES = {
    score.name: score
    for score in (
        SliceScore("ensemble_error", "Error of the ensemble", "1 where the ensemble is wrong."),
        SliceScore(
            "model_error", "Error of one model", "1 where the model is wrong.", needs=("graded",)
        ),
        SliceScore(
            "difficulty",
            "Difficulty",
            "Share of the members that are wrong, of those that are judged.",
            needs=("graded",),
        ),
        SliceScore("correction", "Corrections", "1 where only the ensemble is right."),
        SliceScore("regression", "Regressions", "1 where only the reference is right."),
        SliceScore(
            "difference",
            "Net effect",
            "1 where the ensemble corrects the reference, -1 where it spoils it.",
            signs=(1, -1),
            net=True,
        ),
        SliceScore(
            "disagreement",
            "Disagreement",
            "Share of the pairs of members that answer differently.",
            needs=("members",),
        ),
        SliceScore(
            "vote_entropy",
            "Entropy of the votes",
            "Entropy of the members' answers over the largest that so many can have.",
            needs=("members",),
        ),
        SliceScore(
            "suspect",
            "Suspected label errors",
            "1 where the members doubt the label.",
            needs=("labels", "members"),
        ),
    )
}


def slice_scores(bundle: Bundle, ensemble: Ensemble) -> tuple[SliceScore, ...]:
    """The scores that a bundle has the data for.

    Args:
        bundle: N samples.
        ensemble: of some of its models.

    Returns:
        Rows of SLICE_SCORES, in the order in which they are offered.
    """
    team = bundle.select(ensemble.members)
    graded, labels = team.labelled.any(), bundle.labels is not None
    there = {
        "graded": bool(graded),
        "judged": bool(graded and judgeable(bundle).any()),
        "labels": labels and bool(((bundle.labels >= 0) & (team.predictions >= 0).any(0)).any()),
        "members": bool(((team.predictions >= 0).sum(0) > 1).any()),
    }
    return tuple(s for s in SLICE_SCORES.values() if all(there[need] for need in s.needs))


def effect_scores(found: Effects, name: str) -> Tensor:
    """What an ensemble does on each sample against one model, as a score.

    Args:
        found: both, sample by sample.
        name: "correction", "regression" or "difference" (the one minus the other).

    Returns:
        float64 [N]; NaN where not both are judged.
    """
    values = {
        "correction": found.corrections,
        "regression": found.regressions,
        "difference": found.change,
    }[name]
    return torch.where(found.compared, values.double(), torch.nan)


def slice_score_values(
    bundle: Bundle,
    ensemble: Ensemble,
    name: str,
    *,
    model: str | None = None,
    reference: str | None = None,
    missing: Missing = "exclude",
) -> Tensor:
    """One score of every sample.

    Args:
        bundle: N samples.
        ensemble: of some of its models.
        name: key in SLICE_SCORES.
        model: whose error it is, for "model_error".
        reference: the model that the ensemble is compared with, for its effects.
        missing: as everywhere; disagreement is that of the answers there are.

    Returns:
        float64 [N], in [0, 1], the net effect in [-1, 1]; NaN where undefined.

    Raises:
        BundleError: there is no such score, or the model that it is about is not named.
    """
    if name not in SLICE_SCORES:
        known = ", ".join(SLICE_SCORES)
        raise BundleError(f"There is no score '{name}' to find slices by; the scores are {known}.")
    team = bundle.select(ensemble.members)
    if name in ("correction", "regression", "difference"):
        against = _named(reference, "reference")
        return effect_scores(effects(bundle, ensemble, against, missing=missing), name)
    if name == "model_error":
        return _errors(bundle.select((_named(model, "model"),)), bundle.labelled, missing)
    if name == "ensemble_error":
        return _errors(combine(bundle, ensemble), judgeable(bundle), missing)
    if name == "difficulty":
        return 1 - sample_values(team, ["share_right"], missing=missing)["share_right"]
    if name == "suspect":
        found = suspects(team)
        return torch.where(found.rank >= 0, found.doubted.double(), torch.nan)
    if name == "disagreement":
        parts = team.predictions.split(chunk_size(team, of_probabilities=False), dim=1)
        return torch.cat([pair_disagreement(part) for part in parts])
    return _relative_entropy(team)


def pair_disagreement(predictions: Tensor) -> Tensor:
    """Share of the pairs of models that answer a sample differently.

    Args:
        predictions: int32 [M, N], -1 = no answer.

    Returns:
        float64 [N] in [0, 1], over the pairs that both answered; NaN for fewer than two answers.

    Example:
        >>> pair_disagreement(torch.tensor([[0, 0], [1, 0], [1, -1]])).round(decimals=4).tolist()
        [0.6667, 0.0]
    """
    votes = vote_counts(predictions)[0].double()
    answers = votes.sum(0)
    same = (votes * (votes - 1)).sum(0) / (answers * (answers - 1))
    return torch.where(answers > 1, 1 - same, torch.nan)


def _relative_entropy(team: Bundle) -> Tensor:
    answers = (team.predictions >= 0).sum(0)
    most = answers.clamp_max(max(len(team.classes), 2)).double().log()
    entropy = sample_values(team, ["vote_entropy"])["vote_entropy"]
    return torch.where(answers > 1, entropy / most, torch.nan)


def _errors(single: Bundle, labelled: Tensor, missing: Missing) -> Tensor:
    judged = judged_under(missing, single.grades, labelled)[0]
    return torch.where(judged, 1 - single.correct[0].double(), torch.nan)


def _named(model: str | None, what: str) -> str:
    if model is None:
        raise BundleError(f"This score is about one model; name the {what}.")
    return model
