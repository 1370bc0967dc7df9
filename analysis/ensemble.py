"""Ensembles: a description of members and rule, and what the rule makes of their answers."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError, normalised, position
from analysis.tally import CHUNK_VALUES, CLIP


@dataclass(frozen=True)
class Ensemble:
    """A description: these members under this rule. `combine` makes it answer.

    Attributes:
        members: names of models, at least one.
        rule: a name in RULES.
        options: settings of the rule, by name.
        fitted_on: which samples weights or choices were fitted on; None when nothing is fitted.
    """

    members: tuple[str, ...]
    rule: str = "plurality"
    options: Mapping[str, float | str] = field(default_factory=dict)
    fitted_on: str | None = None

    @property
    def label(self) -> str:
        """What a person reads: "mean of 5 models"."""
        models = "model" if len(self.members) == 1 else "models"
        return f"{RULES[self.rule].label} of {len(self.members)} {models}"


@dataclass(frozen=True, eq=False)
class Answer:
    """What a rule says per sample.

    Attributes:
        predictions: int32 [N], -1 = no answer (nobody answered).
        probabilities: float64 [N, C] or None for a rule on labels; NaN rows without an answer.
        tied: bool [N], more than one class had the highest score and the tie rule decided.
    """

    predictions: Tensor
    probabilities: Tensor | None
    tied: Tensor


@dataclass(frozen=True, eq=False)
class Evidence:
    """What each member contributes on a chunk of n samples; a rule adds it over the members.

    Attributes:
        values: float64 [M, n, L], 0 where the member gave no answer.
        answered: bool [M, n].
        classes: int32 [n, L], the class behind each column, -1 = unused; None: column = class.
        tie_break: float64 [M, n, L], added likewise and compared among tied columns only.
        breakable: bool [M], which members have a tie-break; it counts only where all have.
    """

    values: Tensor
    answered: Tensor
    classes: Tensor | None = None
    tie_break: Tensor | None = None
    breakable: Tensor | None = None


@dataclass(frozen=True)
class Rule:
    """One way of combining answers.

    Attributes:
        name: key in RULES, in the JSON and on the command line.
        label: what a person reads.
        summary: one sentence for help and README.
        needs: "predictions" or "probabilities" of every member.
        evidence: (bundle, rows) -> Evidence, added up over the members with their weights.
        pool: (summed evidence [..., C], members that answered [...]) -> probabilities [..., C];
            None for a rule that yields no probabilities.
    """

    name: str
    label: str
    summary: str
    needs: str
    evidence: Callable[[Bundle, Tensor], Evidence]
    pool: Callable[[Tensor, Tensor], Tensor] | None = None


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
    membership = torch.ones(1, len(team.models), dtype=torch.float64, device=team.device)
    parts = list(answers(team, ensemble.rule, membership, with_probabilities=True))
    probabilities = None
    if RULES[ensemble.rule].pool is not None:
        probabilities = torch.cat([part.probabilities[0] for part in parts])
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
        labels=bundle.labels,
        probabilities={} if said.probabilities is None else {name: said.probabilities},
        attributes=bundle.attributes,
        groups=bundle.groups,
        units=bundle.units,
        fingerprint=f"{bundle.fingerprint}/combine:{ensemble.rule}:{','.join(ensemble.members)}",
    )


def check(bundle: Bundle, ensemble: Ensemble) -> Ensemble:
    """The ensemble itself, if this bundle can answer it.

    Raises:
        BundleError: unknown member or rule, no member, or a member lacks what the rule needs.
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
    return ensemble


def answers(
    bundle: Bundle, rule: str, membership: Tensor, *, with_probabilities: bool = False
) -> Iterator[Answer]:
    """What many ensembles of the same pool say, chunk by chunk over the samples.

    Args:
        bundle: M models.
        rule: a name in RULES.
        membership: float64 [E, M], weight of each model in each ensemble, 0 = not a member.
        with_probabilities: also the pooled probabilities (E x n x C values).

    Yields:
        Answers whose tensors lead with E: predictions int32 [E, n], tied bool [E, n].
    """
    row = RULES[rule]
    ensembles, models = membership.shape
    width = len(bundle.classes) if row.pool else min(models, len(bundle.classes))
    step = max(1, CHUNK_VALUES // ((models + ensembles) * width))
    for start in range(0, len(bundle.ids), step):
        stop = min(start + step, len(bundle.ids))
        rows = torch.arange(start, stop, device=bundle.device)
        evidence = row.evidence(bundle, rows)
        scores = _added(membership, evidence.values)
        voters = membership @ evidence.answered.double()
        column, tied = _decide(evidence, membership, scores)
        predictions = column if evidence.classes is None else _class_of(evidence.classes, column)
        answered = voters > 0
        probabilities = None
        if with_probabilities and row.pool is not None:
            probabilities = row.pool(scores, voters[..., None])
        yield Answer(
            predictions=torch.where(answered, predictions, -1).to(torch.int32),
            probabilities=probabilities,
            tied=tied & answered,
        )


def _added(membership: Tensor, values: Tensor) -> Tensor:
    models, samples, width = values.shape
    return (membership @ values.reshape(models, -1)).view(-1, samples, width)


def _decide(evidence: Evidence, membership: Tensor, scores: Tensor) -> tuple[Tensor, Tensor]:
    """Column with the highest score and whether it was tied; ties to the lowest column."""
    best = scores == scores.amax(-1, keepdim=True)
    tied = best.sum(-1) > 1
    rank = best.double()
    if evidence.tie_break is not None:
        unbroken = (membership != 0).double() @ (~evidence.breakable).double() > 0
        second = _added(membership, evidence.tie_break).clamp_min(0) + 1
        second = torch.where(unbroken[:, None, None], 1.0, second)
        rank = rank * second
    return rank.argmax(-1), tied


def _class_of(classes: Tensor, column: Tensor) -> Tensor:
    """Class [E, n] behind the chosen column of each sample."""
    samples = torch.arange(classes.shape[0], device=classes.device)
    return classes[samples, column]


def _answered(bundle: Bundle, rows: Tensor) -> Tensor:
    return bundle.predictions[:, rows] >= 0


def _votes(bundle: Bundle, rows: Tensor) -> Evidence:
    codes, classes = local_codes(bundle.predictions[:, rows])
    answered = codes >= 0
    width = classes.shape[1]
    values = torch.zeros(*codes.shape, width, dtype=torch.float64, device=bundle.device)
    values.scatter_(2, codes.clamp_min(0).long()[..., None], answered.double()[..., None])
    breakable = torch.tensor(
        [model in bundle.probabilities for model in bundle.models], device=bundle.device
    )
    if not breakable.any():
        return Evidence(values, answered, classes)
    tie_break = torch.zeros_like(values)
    columns = classes.clamp_min(0).long()
    for row, model in enumerate(bundle.models):
        if breakable[row]:
            of_class = normalised(bundle.probabilities[model][rows]).gather(1, columns)
            known = answered[row, :, None] & (classes >= 0)
            tie_break[row] = torch.where(known, of_class, 0.0)
    return Evidence(values, answered, classes, tie_break, breakable)


def local_codes(predictions: Tensor) -> tuple[Tensor, Tensor]:
    """Number the distinct answers of each sample, in class order.

    Thousands of open answers thus need no more columns than one sample has different ones.

    Args:
        predictions: int32 [M, n], -1 = no answer.

    Returns:
        codes int32 [M, n], -1 = no answer, and classes int32 [n, L], the class behind each code,
        -1 where a sample has fewer than L different answers.

    Example:
        >>> codes, classes = local_codes(torch.tensor([[7], [-1], [3], [7]]))
        >>> codes.flatten().tolist(), classes.tolist()
        ([1, -1, 0, 1], [[3, 7]])
    """
    ordered, order = predictions.sort(0)
    new = torch.zeros_like(ordered)
    new[1:] = ((ordered[1:] != ordered[:-1]) & (ordered[:-1] >= 0)).to(new.dtype)
    ranks = torch.where(ordered >= 0, new.cumsum(0), -1).to(torch.int32)
    codes = torch.empty_like(ranks).scatter_(0, order, ranks)
    width = max(int(ranks.max()) + 1, 1)
    classes = torch.full((predictions.shape[1], width), -1, dtype=torch.int32)
    classes = classes.to(predictions.device)
    model, sample = (ordered >= 0).nonzero(as_tuple=True)
    classes[sample, ranks[model, sample].long()] = ordered[model, sample].to(torch.int32)
    return codes, classes


def _probabilities(bundle: Bundle, rows: Tensor) -> Evidence:
    answered = _answered(bundle, rows)
    shape = (*answered.shape, len(bundle.classes))
    values = torch.zeros(shape, dtype=torch.float64, device=bundle.device)
    for row, model in enumerate(bundle.models):
        if model in bundle.probabilities:
            stored = normalised(bundle.probabilities[model][rows])
            values[row] = torch.where(answered[row, :, None], stored, 0.0)
    return Evidence(values, answered)


def _log_probabilities(bundle: Bundle, rows: Tensor) -> Evidence:
    evidence = _probabilities(bundle, rows)
    logs = evidence.values.clamp_min(CLIP).log()
    return Evidence(torch.where(evidence.answered[..., None], logs, 0.0), evidence.answered)


def _mean(scores: Tensor, voters: Tensor) -> Tensor:
    return scores / voters


def _geometric(scores: Tensor, voters: Tensor) -> Tensor:
    return (scores / voters).softmax(-1)


RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule(
            name="plurality",
            label="Plurality vote",
            summary="The answer with the most votes.",
            needs="predictions",
            evidence=_votes,
        ),
        Rule(
            name="mean",
            label="Mean probability",
            summary="The class with the highest average probability.",
            needs="probabilities",
            evidence=_probabilities,
            pool=_mean,
        ),
        Rule(
            name="geometric",
            label="Geometric mean",
            summary="The class with the highest average log probability; one member that rules a "
            "class out weighs heavily.",
            needs="probabilities",
            evidence=_log_probabilities,
            pool=_geometric,
        ),
    )
}
