"""Who helps: what each member of the ensemble brings."""

import numpy as np
import streamlit as st

from analysis.fitting import Fitted
from analysis.rules import RULES
from dashboard import compute, state
from dashboard.panels.drawing import chart, palette, pick_models, select_within, within
from dashboard.plots import members
from dashboard.state import Choices
from dashboard.theme import count, markdown

BY = {"accuracy": "Accuracy", "log_loss": "Minus the log loss"}
SCORES = {
    "greedy_soup": "Accuracy",
    "mmr": "Accuracy less likeness",
    "facility_location": "Likeness added to the models it stands for",
    "coverage": "Samples right that nobody before was",
}


def member_gains(choices: Choices, panel: str) -> None:
    """Accuracy with each member minus without it; picking one selects what it changes."""
    bundle = compute.scope(choices, panel)
    table = compute.member_table(choices, bundle)
    if not np.isfinite(table["gain"]).any():
        st.info("With a single member, or none that is judged, nobody can be left out.")
        return
    names = choices.ensemble.members
    figure = members.member_gains(
        names,
        table,
        subtitle=f"{RULES[choices.ensemble.rule].label}, {within(choices, panel)}.",
        palette=palette(),
    )
    chart(figure, panel, "Gain in accuracy thanks to each member", _pick_member, choices, names)


def selection_path(choices: Choices, found: Fitted, panel: str) -> None:
    """The rounds of a greedy selection; picking one offers to add or remove its model."""
    rule = RULES[found.ensemble.rule]
    by = {**rule.defaults, **found.ensemble.options}.get("by")
    by = SCORES.get(rule.name, "Score") if by is None else BY[by]
    names = [step.model for step in found.path]
    figure = members.selection_path(
        names,
        np.array([step.score for step in found.path]),
        score=by,
        shares=by == "Accuracy",
        subtitle=f"{rule.label}, on the {count(found.n)} samples it was fitted on, so optimistic. "
        "Filled: taken for the first time.",
        palette=palette(),
    )
    chart(figure, panel, "Rounds of the selection", pick_models, names)


def _pick_member(points, panel: str, choices: Choices, names: tuple[str, ...]) -> None:
    row = members.decode_member(points)
    if row is None or row >= len(names):
        return
    state.pick_models((names[row],), panel)
    brought, lost = compute.changed_samples(choices, names[row])
    select_within(
        np.union1d(brought, lost),
        panel,
        f"the ensemble is right only thanks to {markdown(names[row])}, or wrong only because of it",
    )
