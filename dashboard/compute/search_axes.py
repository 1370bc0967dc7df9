"""The axes as the Front page needs them: written how, measured from where, and usable or not."""

from dataclasses import dataclass
from math import log

import numpy as np

from analysis import axes as known
from analysis.bundle import Bundle
from analysis.pareto import Sense

LABELS = {"disagreement_labels": "Mean disagreement", "leave_one_out": "Leave-one-out stability"}
BETTER = {
    "quality": "better",
    "diversity": "more diverse",
    "consistency": "more consistent",
    "cost": "better",
}
PLAIN = {"macro_f1", "gd", "ece"}
IN_PERCENT = {"disagreement_labels", "error_disagreement", "double_fault"}


@dataclass(frozen=True)
class Axis:
    """One number per candidate.

    Attributes:
        name: in `analysis.axes.AXES`.
        label: what a person reads.
        kind: "quality", "diversity", "consistency" or "cost".
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


def usable(
    bundle: Bundle, missing: str, grouping: str | None
) -> tuple[tuple[Axis, ...], dict[str, str]]:
    """The axes that the data allow, quality first, and why not the others, by label."""
    reasons = known.usable_axes(bundle, missing=missing, grouping=grouping)
    told = {known.AXES[name].label: reason for name, reason in reasons.items() if reason}
    there = [name for name, reason in reasons.items() if reason is None]
    return tuple(axis(bundle, name) for name in there), told


def axis(bundle: Bundle, name: str) -> Axis:
    """An axis with its reference point for the candidates of a bundle."""
    row = known.AXES[name]
    reference, origin = _reference(bundle, row)
    share = row.bounds == (0.0, 1.0) and name not in PLAIN
    return Axis(
        name,
        LABELS.get(name, row.label),
        row.kind,
        row.summary,
        "max" if row.better == "higher" else "min",
        reference,
        origin,
        share and (row.kind != "diversity" or name in IN_PERCENT),
    )


def _reference(bundle: Bundle, row: known.Axis) -> tuple[float, str]:
    """What guessing reaches, no diversity or consistency at all, or what all models cost."""
    classes = max(len(bundle.classes), 1)
    guessing = {"log_loss": log(classes), "brier": 1 - 1 / classes}
    if row.kind == "quality":
        return guessing.get(row.name, 1 / classes), "guessing"
    if row.name == "members":
        return float(len(bundle.models) + 1), "more than all models"
    if row.name == "cost":
        return float(np.nansum(np.asarray(bundle.model_info["cost"], float))), "all models"
    low, high = row.bounds
    if row.better == "higher":
        return (low or 0.0), "the least"
    return (1.0 if high is None else high), "the most"
