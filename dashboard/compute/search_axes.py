"""What a candidate ensemble is placed by: quality, diversity, consistency and what it costs."""

from dataclasses import dataclass, replace
from math import log

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.catalog import of_kind, value
from analysis.groups import worst_and_gap
from analysis.pareto import Sense
from analysis.rules import RULES
from analysis.search import evaluate
from analysis.subsets import team_outcomes
from analysis.sums import OF_PROBABILITIES
from analysis.tally import tally

PAIRS = "pair/"


@dataclass(frozen=True)
class Axis:
    """One number per candidate.

    Attributes:
        name: key.
        label: what a person reads.
        kind: "quality", "diversity", "consistency" or "more".
        summary: one sentence for help.
        sense: which way is better.
        reference: from where a hypervolume is measured.
        origin: what that point means, in words.
        share: shown in percent.
    """

    name: str
    label: str
    kind: str
    summary: str
    sense: Sense = "max"
    reference: float = 0.0
    origin: str = "zero"
    share: bool = True

    @property
    def direction(self) -> str:
        """In words: "higher is better"."""
        return f"{'higher' if self.sense == 'max' else 'lower'} is {BETTER[self.kind]}"


BETTER = {
    "quality": "better",
    "diversity": "more diverse",
    "consistency": "more consistent",
    "more": "better",
}
ACCURACY = Axis("accuracy", "Accuracy", "quality", "Share of the judged samples that are right.")
WORST = Axis(
    "worst_group",
    "Accuracy of the worst group",
    "quality",
    "Accuracy in the group of the chosen grouping that is served worst.",
)
LOSS = Axis(
    "log_loss",
    "Log loss",
    "quality",
    "Minus the logarithm of the probability that the ensemble gives to the label.",
    "min",
    origin="guessing",
    share=False,
)
GAP = Axis(
    "jensen_gap",
    "Jensen gap",
    "diversity",
    "Mean log loss of the members minus that of the ensemble: what combining them gains.",
    share=False,
)
STABILITY = Axis(
    "stability",
    "Leave-one-out stability",
    "consistency",
    "How often the ensemble says the same without one of its members.",
)
MEMBERS = Axis(
    "members",
    "Members",
    "more",
    "How many models have to be run.",
    "min",
    origin="all models",
    share=False,
)
COST = Axis(
    "cost",
    "Cost",
    "more",
    "What running the members costs, as the table of models says.",
    "min",
    origin="all models",
    share=False,
)


def usable(bundle: Bundle, rule: str, grouping: str | None) -> tuple[Axis, ...]:
    """The axes that the data and the rule allow, quality first."""
    chance = 1 / max(len(bundle.classes), 1)
    known = [replace(ACCURACY, reference=chance, origin="guessing")]
    if grouping is not None:
        known.append(replace(WORST, reference=chance, origin="guessing"))
    scored = RULES[rule].pool is not None and bundle.labels is not None
    if scored:
        known.append(replace(LOSS, reference=log(len(bundle.classes))))
    known += _of_pairs()
    known += [GAP] if scored and rule == "mean" else []
    known += [STABILITY, replace(MEMBERS, reference=float(len(bundle.models) + 1))]
    costs = _costs(bundle)
    if costs is not None:
        known.append(replace(COST, reference=float(costs.sum())))
    return tuple(known)


def _of_pairs() -> list[Axis]:
    """Means over the pairs of members, that on which two models differ first."""
    rows = [
        row
        for row in of_kind("pair")
        if row.diverse and row.symmetric and not set(row.needs) & set(OF_PROBABILITIES)
    ]
    rows.sort(key=lambda row: row.name != "disagreement_labels")
    return [
        Axis(
            f"{PAIRS}{row.name}",
            f"Mean {row.label[0].lower()}{row.label[1:]}",
            "diversity",
            f"{row.summary} Mean over the pairs of members.",
            "max" if row.diverse == "higher" else "min",
            0.0 if row.diverse == "higher" else 1.0,
            "zero" if row.diverse == "higher" else "one",
            row.bounds == (0.0, 1.0) and row.diverse == "higher",
        )
        for row in rows
    ]


def _costs(bundle: Bundle) -> np.ndarray | None:
    found = bundle.model_info.get("cost")
    if found is None or np.asarray(found).dtype.kind not in "iuf":
        return None
    return np.asarray(found, dtype=float)


def evaluated(
    bundle: Bundle,
    weights: Tensor,
    names: tuple[str, ...],
    rule: str,
    missing: str,
    grouping: str | None,
) -> tuple[Tensor, Tensor]:
    """Values float64 [E, A] of ensembles with these weights [E, M], and judged samples [E]."""
    inside = weights > 0
    alike = ((weights == 1) | ~inside).all(1)
    found = evaluate(bundle, weights.double(), rule, missing=missing)
    columns = {"accuracy": found.accuracy, "stability": found.stability}
    columns["members"] = inside.sum(1).double()
    if "cost" in names:
        columns["cost"] = inside.double() @ torch.from_numpy(_costs(bundle)).to(inside.device)
    if set(names) & {"worst_group", "log_loss", "jensen_gap"}:
        columns |= _of_outcomes(bundle, inside, alike, rule, missing, grouping)
    for name in names:
        if name.startswith(PAIRS):
            columns[name] = _pair_mean(bundle, inside, name.removeprefix(PAIRS), missing)
    return torch.stack([columns[name].double().cpu() for name in names], 1), found.judged.cpu()


def _of_outcomes(
    bundle: Bundle,
    inside: Tensor,
    alike: Tensor,
    rule: str,
    missing: str,
    grouping: str | None,
) -> dict[str, Tensor]:
    groups = None if grouping is None else bundle.groups[grouping]
    models = torch.eye(len(bundle.models), dtype=torch.bool)
    alone = team_outcomes(bundle, models, rule, missing=missing).log_loss
    found = team_outcomes(bundle, inside, rule, missing=missing, grouping=groups)
    loss = torch.where(alike, found.log_loss, torch.nan)
    mean = inside.double() @ alone / inside.sum(1)
    columns = {"log_loss": loss}
    columns["jensen_gap"] = torch.where(inside.sum(1) > 1, mean - loss, torch.nan)
    if groups is not None:
        worst, _ = worst_and_gap(found.group_accuracy, found.group_n)
        columns["worst_group"] = torch.where(alike, worst, torch.nan)
    return columns


def _pair_mean(bundle: Bundle, inside: Tensor, name: str, missing: str) -> Tensor:
    """Mean of a measure over the pairs of members that it is defined for; NaN without one."""
    measure = next(row for row in of_kind("pair") if row.name == name)
    table = value(measure, tally(bundle, measure.needs, missing=missing)).double()
    defined = torch.isfinite(table).double().fill_diagonal_(0)
    table = table.nan_to_num() * defined
    member = inside.double()
    total, count = (((member @ part) * member).sum(1) for part in (table, defined))
    return torch.where(count > 0, total / count, torch.nan)
