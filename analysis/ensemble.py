"""Ensembles: a description of members and rule, and what the rule makes of their answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError, position
from analysis.chunks import fits, samples_at_a_time
from analysis.deciding import decided_contested, first_highest
from analysis.eligibility import lacking
from analysis.evidence import Evidence, Given
from analysis.grading import grade
from analysis.learned import Parameters
from analysis.pooled import PooledArray, summed
from analysis.rule import Rule
from analysis.rules import RULES
from analysis.stretches import stretches

EVIDENCE_TABLES = 3  # of float64 at a time; longer chunks leave the cache and gain nothing


@dataclass(frozen=True)
class Ensemble:
    """A description: these members under this rule. `combine` makes it answer.

    Attributes:
        members: names of models, at least one.
        rule: a name in RULES.
        options: settings of the rule, by name.
        weights: how much each member counts, at least 0; empty = all alike.
        fitted_on: which samples it was fitted on; None when nothing was fitted.
        learned: what else fitting yielded.
    """

    members: tuple[str, ...]
    rule: str = "plurality"
    options: Mapping[str, float | str] = field(default_factory=dict)
    weights: tuple[float, ...] = ()
    fitted_on: str | None = None
    learned: Parameters = field(default_factory=Parameters, compare=False)

    @property
    def label(self) -> str:
        """What a person reads: "mean of 5 models"."""
        models = "model" if len(self.members) == 1 else "models"
        return f"{RULES[self.rule].label} of {len(self.members)} {models}"

    @property
    def key(self) -> str:
        """Text that is equal for ensembles that answer alike on the same bundle."""
        weighed = ":".join(map(repr, self.weights))
        options = ";".join(f"{name}={self.options[name]!r}" for name in sorted(self.options))
        members = chr(0).join(self.members)
        return f"{self.rule};{options}:{members}:{weighed}:{self.learned.digest}"

    @property
    def given(self) -> Given:
        """Its options, with their defaults, and what was learned, by name."""
        return {**RULES[self.rule].defaults, **self.options, **self.learned.tensors}


@dataclass(frozen=True, eq=False)
class Answer:
    """What a rule says per sample.

    Attributes:
        predictions: int32 [N], -1 = no answer (nobody answered).
        probabilities: float64 [N, C] or None for a rule on labels; NaN rows without an answer.
            Made again from the members' when asked for where they are too large to be held.
        tied: bool [N], more than one class had the highest score and the tie rule decided; False
            where no answer is given;
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
    given = ensemble.given
    for part in answers(team, ensemble.rule, membership, given=given, in_full=True):
        parts.append(replace(part, probabilities=None))
        pooled += [part.probabilities[0]] if held and part.probabilities is not None else []
    probabilities = torch.cat(pooled) if pooled else None
    if RULES[ensemble.rule].pool is not None and not held:
        probabilities = PooledArray(team, ensemble.rule, team.device, weights, given)
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


def check(bundle: Bundle, ensemble: Ensemble, *, fitted: bool = True) -> Ensemble:
    """The ensemble itself, if this bundle can answer it.

    Args:
        bundle: holds all members.
        ensemble: members and rule.
        fitted: a rule that is fitted must have been.

    Raises:
        BundleError: unknown member, rule or option, no member, a member lacks what the rule
            needs, or the weights are not one per member, at least 0, one of them above 0.
    """
    if ensemble.rule not in RULES:
        known = ", ".join(RULES)
        raise BundleError(f"There is no rule '{ensemble.rule}'; the rules are {known}.")
    if not ensemble.members:
        raise BundleError("An ensemble needs at least one member; choose one.")
    for member in ensemble.members:
        position(bundle, member)
    row = RULES[ensemble.rule]
    ready = not fitted or row.fit is None or has_learned(ensemble)
    problem = (
        lacking(bundle, ensemble.members, ensemble.rule)
        or row.wrong_options(ensemble.options)
        or row.wrong_weights(ensemble.weights, len(ensemble.members))
        or (None if ready else f"The rule '{row.name}' has to learn first; fit it on some samples.")
    )
    if problem:
        raise BundleError(problem)
    return ensemble


def has_learned(ensemble: Ensemble) -> bool:
    """Whether it holds what a rule that is fitted has to learn."""
    weighed = bool(ensemble.weights) and not RULES[ensemble.rule].learns
    return weighed or bool(ensemble.learned.tensors)


def answers(
    bundle: Bundle,
    rule: str,
    membership: Tensor,
    *,
    given: Given | None = None,
    in_full: bool = False,
) -> Iterator[Answer]:
    """What many ensembles of the same pool say, chunk by chunk over the samples.

    Args:
        bundle: M models.
        rule: a name in RULES.
        membership: float64 [E, M], weight of each model in each ensemble, 0 = not a member.
        given: options and what was learned; None: the rule's defaults.
        in_full: also the pooled probabilities and the ties (E x n x C values).

    Yields:
        Answers whose tensors lead with E: predictions int32 [E, n]; the others None unless
        asked for.
    """
    row = RULES[rule]
    given = row.defaults if given is None else given
    ensembles, models = membership.shape
    classes = len(bundle.classes)
    values = models * (classes if row.pool else min(models, classes)) + 4 * ensembles
    read = classes * bool(bundle.probabilities)
    step = samples_at_a_time(EVIDENCE_TABLES * values + read, bundle.device)
    for here in stretches(len(bundle.ids), step):
        if not row.joint:
            found = row.evidence(bundle, here, given)
            yield _decided(row, found, membership, given, in_full=in_full)
            continue
        teams, common = [], {**given, "memo": {}}
        for weights in membership:
            found = row.evidence(bundle, here, {**common, "present": weights > 0})
            alike = (weights > 0).double()[None]
            teams.append(_decided(row, found, alike, given, in_full=in_full))
        yield _together(teams)


def _decided(
    row: Rule, evidence: Evidence, membership: Tensor, given: Given, *, in_full: bool
) -> Answer:
    """What ensembles say, from the evidence of all models."""
    if not (membership == membership.round()).all():  # fractions of votes are added in float64
        evidence = replace(evidence, planes=evidence.planes.double())
    voters = membership @ evidence.answered.to(membership.dtype)
    answered = voters > 0
    scores, tied, probabilities = None, None, None
    if in_full or row.abstains is not None:
        scores = summed(evidence, membership)
    if in_full:
        plane, tied = first_highest(evidence, membership, scores)
    else:
        plane = decided_contested(evidence, membership)
    predictions = plane if evidence.classes is None else evidence.classes.gather(0, plane)
    if in_full and row.pool is not None:
        probabilities = row.pool(scores, voters[..., None])
    if row.abstains is not None:
        answered &= ~row.abstains(scores, given)
    if tied is not None:
        tied &= answered
    return Answer(
        predictions=torch.where(answered, predictions, -1).to(torch.int32),
        probabilities=probabilities,
        tied=tied,
    )


def _together(teams: Sequence[Answer]) -> Answer:
    """Answers of several ensembles as one."""
    names = ("predictions", "probabilities", "tied")
    parts = {name: [getattr(team, name) for team in teams] for name in names}
    return Answer(
        **{name: None if found[0] is None else torch.cat(found) for name, found in parts.items()}
    )
