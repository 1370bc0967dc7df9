"""How members' answers become one: a row per rule, and the evidence that each rule adds up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from analysis.answer_codes import local_codes
from analysis.bundle import Bundle, normalised
from analysis.learners import Learned, Options, caruana, em_weights, greedy_soup
from analysis.sums.piece import CLIP


@dataclass(frozen=True, eq=False)
class Evidence:
    """What each member contributes on a chunk of n samples; a rule adds it over the members.

    Attributes:
        planes: float [L, M, n], one plane per candidate answer in class order, 0 where the
            member gave no answer.
        answered: bool [M, n].
        classes: int32 [L, n], the class behind each plane, -1 = unused; None: plane = class.
        tie_break: float64 [L, M, n], added likewise and compared among tied planes only.
        breakable: bool [M], which members have a tie-break; it counts only where all have.
    """

    planes: Tensor
    answered: Tensor
    classes: Tensor | None = None
    tie_break: Tensor | None = None
    breakable: Tensor | None = None

    def at(self, samples: Tensor) -> "Evidence":
        """The evidence on these samples only."""
        return Evidence(
            self.planes[..., samples],
            self.answered[:, samples],
            None if self.classes is None else self.classes[:, samples],
            None if self.tie_break is None else self.tie_break[..., samples],
            self.breakable,
        )


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
        fit: (members, rows, options) -> how much each member weighs; None for a rule that answers
            as it is. See `analysis.fitting.fit`.
        defaults: its options, where nothing else is said.
    """

    name: str
    label: str
    summary: str
    needs: str
    evidence: Callable[[Bundle, Tensor | slice], Evidence]
    pool: Callable[[Tensor, Tensor], Tensor] | None = None
    fit: Callable[[Bundle, Tensor, Options], Learned] | None = None
    defaults: Mapping[str, float | str] = field(default_factory=dict)


def _votes(bundle: Bundle, rows: Tensor | slice) -> Evidence:
    codes, classes = local_codes(bundle.predictions[:, rows])
    numbers = torch.arange(len(classes), device=bundle.device)[:, None, None]
    planes = (codes == numbers).float()
    answered = codes >= 0
    breakable = torch.tensor(
        [model in bundle.probabilities for model in bundle.models], device=bundle.device
    )
    if not breakable.any():
        return Evidence(planes, answered, classes)
    tie_break = torch.zeros(planes.shape, dtype=torch.float64, device=bundle.device)
    columns = classes.clamp_min(0).long().T
    for row, model in enumerate(bundle.models):
        if breakable[row]:
            of_class = normalised(bundle.probabilities[model][rows]).gather(1, columns).T
            known = answered[row] & (classes >= 0)
            tie_break[:, row] = torch.where(known, of_class, 0.0)
    return Evidence(planes, answered, classes, tie_break, breakable)


def _probabilities(bundle: Bundle, rows: Tensor | slice) -> Evidence:
    answered = bundle.predictions[:, rows] >= 0
    shape = (len(bundle.classes), *answered.shape)
    planes = torch.zeros(shape, dtype=torch.float64, device=bundle.device)
    for row, model in enumerate(bundle.models):
        if model in bundle.probabilities:
            stored = normalised(bundle.probabilities[model][rows]).T
            planes[:, row] = torch.where(answered[row], stored, 0.0)
    return Evidence(planes, answered)


def _log_probabilities(bundle: Bundle, rows: Tensor | slice) -> Evidence:
    evidence = _probabilities(bundle, rows)
    logs = evidence.planes.clamp_min(CLIP).log()
    return Evidence(torch.where(evidence.answered, logs, 0.0), evidence.answered)


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
        Rule(
            name="weighted",
            label="Weighted mean",
            summary="The mean probability with the weights under which the labels of the samples "
            "to fit on are most likely.",
            needs="probabilities",
            evidence=_probabilities,
            pool=_mean,
            fit=em_weights,
            defaults={"rounds": 500},
        ),
        Rule(
            name="caruana",
            label="Greedy selection",
            summary="The mean probability of models taken one by one, each time the one that helps "
            "most on the samples to fit on; one may be taken again.",
            needs="probabilities",
            evidence=_probabilities,
            pool=_mean,
            fit=caruana,
            defaults={"rounds": 50, "by": "accuracy"},
        ),
        Rule(
            name="greedy_soup",
            label="Greedy from the best down",
            summary="The mean probability of the models that, from the most accurate down, do not "
            "make it less accurate on the samples to fit on.",
            needs="probabilities",
            evidence=_probabilities,
            pool=_mean,
            fit=greedy_soup,
        ),
    )
}
