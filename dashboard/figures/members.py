"""Who helps: what each member of the ensemble brings."""

import numpy as np
import plotly.graph_objects as go

from analysis.bundle import Bundle
from analysis.fitting import Fitted
from analysis.rules import RULES
from dashboard import compute
from dashboard.choosing import Choices
from dashboard.figures.told import within
from dashboard.plots import members
from dashboard.theme import Palette, count

BY = {"accuracy": "Accuracy", "log_loss": "Minus the log loss"}
SCORES = {
    "greedy_soup": "Accuracy",
    "mmr": "Accuracy less likeness",
    "facility_location": "Likeness added to the models it stands for",
    "coverage": "Samples right that nobody before was",
}


def member_gains(choices: Choices, bundle: Bundle, palette: Palette) -> go.Figure | str:
    """Accuracy with each member minus without it."""
    table = compute.member_table(choices, bundle)
    if not np.isfinite(table["gain"]).any():
        return "With a single member, or none that is judged, nobody can be left out."
    names = choices.ensemble.members
    return members.member_gains(
        names,
        table,
        subtitle=f"{RULES[choices.ensemble.rule].label}, {within(choices, bundle)}.",
        palette=palette,
    )


def selection_path(found: Fitted, palette: Palette) -> go.Figure | str:
    """The rounds of a greedy selection."""
    rule = RULES[found.ensemble.rule]
    by = {**rule.defaults, **found.ensemble.options}.get("by")
    by = SCORES.get(rule.name, "Score") if by is None else BY[by]
    names = [step.model for step in found.path]
    return members.selection_path(
        names,
        np.array([step.score for step in found.path]),
        score=by,
        shares=by == "Accuracy",
        subtitle=f"{rule.label}, on the {count(found.n)} samples it was fitted on, so optimistic. "
        "Filled: taken for the first time.",
        palette=palette,
    )
