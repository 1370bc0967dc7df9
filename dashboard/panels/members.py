"""Who helps: what each member of the ensemble brings."""

import numpy as np

from analysis.fitting import Fitted
from dashboard import compute, state
from dashboard.figures import members as build
from dashboard.panels.drawing import chart, palette, pick_models, select_within
from dashboard.plots import members
from dashboard.state import Choices
from dashboard.theme import markdown

BY = {"accuracy": "Accuracy", "log_loss": "Minus the log loss"}
SCORES = {
    "greedy_soup": "Accuracy",
    "mmr": "Accuracy less likeness",
    "facility_location": "Likeness added to the models it stands for",
    "coverage": "Samples right that nobody before was",
}


def member_gains(choices: Choices, panel: str) -> None:
    """Accuracy with each member minus without it; picking one selects what it changes."""
    figure = build.member_gains(choices, compute.scope(choices, panel), palette())
    chart(
        figure,
        panel,
        "Gain in accuracy thanks to each member",
        _pick_member,
        choices,
        choices.ensemble.members,
    )


def selection_path(choices: Choices, found: Fitted, panel: str) -> None:
    """The rounds of a greedy selection; picking one offers to add or remove its model."""
    figure = build.selection_path(found, palette())
    chart(
        figure, panel, "Rounds of the selection", pick_models, [step.model for step in found.path]
    )


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
