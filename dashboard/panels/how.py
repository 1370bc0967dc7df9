"""How the ensemble got there: bands from members right to outcome, and the two camps."""

import numpy as np

from analysis.outcomes import OUTCOMES
from dashboard import compute
from dashboard.figures import how as build
from dashboard.panels.drawing import chart, palette, places, select_within
from dashboard.plots import camps, flow
from dashboard.state import Choices


def outcome_flow(choices: Choices, panel: str) -> None:
    """Bands from "k members right" to the outcome; picking one selects its samples."""
    figure = build.outcome_flow(choices, compute.scope(choices, panel), palette())
    chart(figure, panel, "Members right and outcome", _pick_flow, choices)


def _pick_flow(points, panel: str, choices: Choices) -> None:
    members = len(choices.ensemble.members)
    table = compute.outcome_table(choices, choices.bundle)
    mask, parts = np.zeros(len(choices.bundle.ids), dtype=bool), []
    for place, outcome in flow.decode_flow(points, members):
        here, said = table["judged"].copy(), []
        if outcome is not None:
            here &= table["codes"] == OUTCOMES.index(outcome)
            said.append(outcome)
        if place is not None:
            low, high = flow.level_groups(members)[place]
            here &= (table["members_right"] >= low) & (table["members_right"] <= high)
            said.append(flow.level_name(place, members))
        mask |= here
        parts.append(", ".join(said))
    select_within(np.flatnonzero(mask), panel, "; ".join(parts))


def camp_map(choices: Choices, panel: str) -> None:
    """The right camp against the wrong camp on contested samples; a lasso or click selects."""
    figure = build.camp_map(choices, compute.scope(choices, panel), places(panel), palette())
    found = compute.camp_points(choices, compute.scope(choices, panel))
    axes = build.compared(choices, found)[0]
    chart(
        figure, panel, axes.title, _pick_camps, choices, modes=("points", "lasso", "box")
    )  # fmt: skip


def _pick_camps(points, panel: str, choices: Choices) -> None:
    found = compute.camp_points(choices, compute.scope(choices, panel))
    axes, right, wrong, here = build.compared(choices, found)
    marks, rows = camps.decode_marks(points), found["rows"][here]
    looked_at = places(panel)
    whole = rows if looked_at is None else looked_at[rows]
    if camps.drawn_as_cells(len(rows), axes):
        whole = whole[np.isin(camps.cells_of(right[here], wrong[here], axes), marks)]
    else:
        whole = np.intersect1d(whole, marks)
    select_within(whole, panel, f"picked among the contested samples: {axes.title.lower()}")
