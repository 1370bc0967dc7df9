"""Ensembles: a description of members and rule, and what the rule makes of their answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError, position
from analysis.chunks import fits, samples_at_a_time
from analysis.deciding import decided_contested, first_highest
from analysis.gaps import judged_under
from analysis.pooled import PooledArray, summed
from analysis.rules import RULES
from analysis.tally import Missing


@dataclass(frozen=True)
class Ensemble:
    """A description: these members under this rule. `combine` makes it answer.

    Attributes:
        members: names of models, at least one.
        rule: a name in RULES.
        options: settings of the rule, by name.
        weights: how much each member counts, at least 0; empty = all alike.
        fitted_on: which samples the weights were fitted on; None when nothing was fitted.
    """

    members: tuple[str, ...]
    rule: str = "plurality"
    options: Mapping[str, float | str] = field(default_factory=dict)
    weights: tuple[float, ...] = ()
    fitted_on: str | None = None

    @property
    def label(self) -> str:
        """What a person reads: "mean of 5 models"."""
        models = "model" if len(self.members) == 1 else "models"
        return f"{RULES[self.rule].label} of {len(self.members)} {models}"

    @property
    def key(self) -> str:
        """Text that is equal for ensembles that answer alike on the same bundle."""
        weighed = ":".join(map(repr, self.weights))
        return f"{self.rule}:{chr(0).join(self.members)}:{weighed}"


@dataclass(frozen=True, eq=False)
class Answer:
    """What a rule says per sample.

    Attributes:
        predictions: int32 [N], -1 = no answer (nobody answered).
        probabilities: float64 [N, C] or None for a rule on labels; NaN rows without an answer.
            Made again from the members' when asked for where they are too large to be held.
        tied: bool [N], more than one class had the highest score and the tie rule decided;
            None where it was not asked for.
    """

    predictions: Tensor
    probabilities: Tensor | PooledArray | None
    tied: Tensor | None


def answer(bundle: Bundle, ensemble: Ensemble) -> Answer:
    """What an ensemble says on every sample of a bundle.

    A missing answer never votes; pools average the members that answered. Ties go to the lowest
    class index; only a vote among members that all have probabilities asks the higher mean
    probability first.

    Args:
        bundle: holds all members.
        ensemble: members and rule.

    Returns:
        Predictions, probabilities where the rule has them, and which samples were tied.

    Raises:
        BundleError: unknown member or rule, no member, or a member lacks what the rule needs.
    """
    team = bundle.select(check(bundle, ensemble).members)
    weights = ensemble.weights or (1.0,) * len(team.models)
    membership = torch.tensor([weights], dtype=torch.float64, device=team.device)
    held = fits(8 * len(team.ids) * len(team.classes), team.device)
    parts, pooled = [], []
    for part in answers(team, ensemble.rule, membership, in_full=True):
        parts.append(replace(part, probabilities=None))
        pooled += [part.probabilities[0]] if held and part.probabilities is not None else []
    probabilities = torch.cat(pooled) if pooled else None
    if RULES[ensemble.rule].pool is not None and not held:
        probabilities = PooledArray(team, ensemble.rule, team.device, weights)
    return Answer(
        predictions=torch.cat([part.predictions[0] for part in parts]),
        probabilities=probabilities,
        tied=torch.cat([part.tied[0] for part in parts]),
    )


def combine(bundle: Bundle, ensemble: Ensemble, said: Answer | None = None) -> Bundle:
    """An ensemble as a bundle of one model, so that every measure works on it unchanged.

    Args:
        bundle: holds all members.
        ensemble: members and rule.
        said: its answer, where it is known already.

    Returns:
        A bundle with the same samples and one model, named after the ensemble.

    Raises:
        BundleError: as `answer`.
    """
    said = said or answer(bundle, ensemble)
    name = ensemble.label
    return Bundle(
        models=(name,),
        ids=bundle.ids,
        classes=bundle.classes,
        predictions=said.predictions[None],
        labels=None if bundle.grades_alone else bundle.labels,
        grades=grade(bundle, said.predictions[None], slice(None)),
        probabilities={} if said.probabilities is None else {name: said.probabilities},
        attributes=bundle.attributes,
        groups=bundle.groups,
        units=bundle.units,
        fingerprint=f"{bundle.fingerprint}/combine:{ensemble.key}",
    )


def grade(bundle: Bundle, predictions: Tensor, rows: slice) -> Tensor:
    """Whether combined answers are right.

    Compared with the label; where models were graded elsewhere, an answer gets the grade of a
    model that gave the same one.

    Args:
        bundle: M models.
        predictions: int32 [E, n], combined answers on these rows.
        rows: which samples.

    Returns:
        int8 [E, n], 1 right, 0 wrong, -1 not judged.
    """
    grades = torch.full_like(predictions, -1, dtype=torch.int8)
    if bundle.labels is not None:
        known = (bundle.labels[rows] >= 0) & (predictions >= 0)
        right = (predictions == bundle.labels[rows]).to(torch.int8)
        grades = torch.where(known, right, grades)
    if bundle.graded_elsewhere:
        for said, given in zip(bundle.predictions[:, rows], bundle.grades[:, rows], strict=True):
            grades = torch.where((predictions == said) & (said >= 0) & (given >= 0), given, grades)
    return grades


def judged(bundle: Bundle, grades: Tensor, rows: slice, missing: Missing) -> Tensor:
    """On which samples combined answers are judged, bool [E, n]; "wrong": on all `judgeable`."""
    return judged_under(missing, grades, judgeable(bundle, rows))


def judgeable(bundle: Bundle, rows: slice = slice(None)) -> Tensor:
    """On which samples an ensemble can be called right or wrong, bool [n].

    Those with a label or with a grade of any model, but not where grades stand alone: without
    answers there is nothing to combine.

    Args:
        bundle: all models, not only the members.
        rows: which samples.
    """
    if bundle.grades_alone:
        return torch.zeros_like(bundle.predictions[0, rows], dtype=torch.bool)
    graded = (bundle.grades[:, rows] >= 0).any(0)
    known = graded if bundle.labels is None else graded | (bundle.labels[rows] >= 0)
    return known & (~graded | (bundle.predictions[:, rows] >= 0).any(0))


def check(bundle: Bundle, ensemble: Ensemble, *, fitted: bool = True) -> Ensemble:
    """The ensemble itself, if this bundle can answer it.

    Args:
        bundle: holds all members.
        ensemble: members and rule.
        fitted: a rule that is fitted must have its weights.

    Raises:
        BundleError: unknown member or rule, no member, a member lacks what the rule needs, or
            the weights are not one per member, at least 0, one of them above 0.
    """
    if ensemble.rule not in RULES:
        known = ", ".join(RULES)
        raise BundleError(f"There is no rule '{ensemble.rule}'; the rules are {known}.")
    if not ensemble.members:
        raise BundleError("An ensemble needs at least one member; choose one.")
    for member in ensemble.members:
        position(bundle, member)
    if RULES[ensemble.rule].needs == "probabilities":
        lacking = [name for name in ensemble.members if name not in bundle.probabilities]
        if lacking:
            raise BundleError(
                f"The rule '{ensemble.rule}' needs probabilities, and '{lacking[0]}' has none "
                f"({len(lacking)} of {len(ensemble.members)} members); use plurality, or load "
                "its probabilities."
            )
    _check_weights(ensemble, fitted=fitted)
    return ensemble


def _check_weights(ensemble: Ensemble, *, fitted: bool) -> None:
    weights, members = ensemble.weights, len(ensemble.members)
    if fitted and not weights and RULES[ensemble.rule].fit is not None:
        raise BundleError(
            f"The rule '{ensemble.rule}' learns its weights; fit it on some samples first."
        )
    if weights and (len(weights) != members or not all(0 <= w < float("inf") for w in weights)):
        raise BundleError(
            f"The weights are {len(weights)} numbers for {members} members; expected one for each, "
            "none of them negative."
        )
    if weights and not any(weights):
        raise BundleError("All weights are zero, so nobody answers; give at least one a weight.")


def answers(
    bundle: Bundle, rule: str, membership: Tensor, *, in_full: bool = False
) -> Iterator[Answer]:
    """What many ensembles of the same pool say, chunk by chunk over the samples.

    Args:
        bundle: M models.
        rule: a name in RULES.
        membership: float64 [E, M], weight of each model in each ensemble, 0 = not a member.
        in_full: also the pooled probabilities and the ties (E x n x C values).

    Yields:
        Answers whose tensors lead with E: predictions int32 [E, n]; the others None unless
        asked for.
    """
    row = RULES[rule]
    ensembles, models = membership.shape
    classes = len(bundle.classes)
    values = models * (classes if row.pool else min(models, classes)) + 4 * ensembles
    step = samples_at_a_time(values + classes * bool(bundle.probabilities), bundle.device)
    whole = bool((membership == membership.round()).all())
    for start in range(0, len(bundle.ids), step):
        evidence = row.evidence(bundle, slice(start, start + step))
        if not whole:  # fractions of votes are added in float64
            evidence = replace(evidence, planes=evidence.planes.double())
        voters = membership @ evidence.answered.to(membership.dtype)
        answered = voters > 0
        if in_full:
            scores = summed(evidence, membership)
            plane, tied = first_highest(evidence, membership, scores)
            tied &= answered
        else:
            plane, tied = decided_contested(evidence, membership), None
        predictions = plane if evidence.classes is None else evidence.classes.gather(0, plane)
        probabilities = None
        if in_full and row.pool is not None:
            probabilities = row.pool(scores, voters[..., None])
        yield Answer(
            predictions=torch.where(answered, predictions, -1).to(torch.int32),
            probabilities=probabilities,
            tied=tied,
        )
