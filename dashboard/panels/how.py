"""How the ensemble got there: bands from members right to outcome, and the two camps."""

import numpy as np
import streamlit as st

from analysis.outcomes import OUTCOME_SUMMARIES, OUTCOMES
from analysis.rules import RULES
from dashboard import compute
from dashboard.panels.drawing import chart, palette, select_within, within
from dashboard.plots import camps, flow
from dashboard.state import Choices
from dashboard.theme import count

CLICK = "Click a dot or a name to select its samples."


def outcome_flow(choices: Choices, panel: str) -> None:
    """Bands from "k members right" to the outcome; picking one selects its samples."""
    table = compute.outcome_table(choices, compute.scope(choices, panel))["ledger"]
    if not table.any():
        st.info("None of these samples can be judged.")
        return
    rule = RULES[choices.ensemble.rule].label
    figure = flow.flow(
        table,
        OUTCOME_SUMMARIES,
        subtitle=f"{rule}, {within(choices, panel)}. {CLICK}",
        palette=palette(),
    )
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
    bundle = compute.scope(choices, panel)
    found = compute.camp_points(choices, bundle)
    if not len(found["rows"]):
        st.info("On none of these samples are some members right and some wrong.")
        return
    axes, right, wrong, here = _compared(choices, found)
    rows = found["rows"][here]
    cells = camps.drawn_as_cells(len(rows), axes)
    hover = [] if cells else compute.sample_texts(choices, _of_whole(choices, panel, rows))
    mark = "A square is as large as it has samples" if cells else "A point is a sample"
    figure = camps.camps(
        right[here],
        wrong[here],
        found["code"][here],
        _of_whole(choices, panel, rows),
        hover,
        axes,
        subtitle=f"Samples with members on both sides, n = {count(len(rows))}. {mark}; above the "
        "diagonal the right side leads.",
        palette=palette(),
    )
    chart(
        figure, panel, axes.title, _pick_camps, choices, modes=("points", "lasso", "box")
    )  # fmt: skip


def _compared(choices: Choices, found: dict) -> tuple:
    """Axes, both camps' values and which samples have them: confidences, else sizes."""
    known = np.isfinite(found["right"]) & np.isfinite(found["wrong"])
    if known.any():
        return camps.by_confidence(), found["right"], found["wrong"], known
    axes = camps.by_size(len(choices.ensemble.members))
    return axes, found["right_size"], found["wrong_size"], np.ones(len(known), dtype=bool)


def _of_whole(choices: Choices, panel: str, rows: np.ndarray) -> np.ndarray:
    """Rows of the whole bundle for rows of what the panel looks at."""
    bundle = compute.scope(choices, panel)
    if bundle is choices.bundle:
        return rows
    return compute.scope_rows(panel)[rows]


def _pick_camps(points, panel: str, choices: Choices) -> None:
    found = compute.camp_points(choices, compute.scope(choices, panel))
    axes, right, wrong, here = _compared(choices, found)
    marks, rows = camps.decode_marks(points), found["rows"][here]
    whole = _of_whole(choices, panel, rows)
    if camps.drawn_as_cells(len(rows), axes):
        whole = whole[np.isin(camps.cells_of(right[here], wrong[here], axes), marks)]
    else:
        whole = np.intersect1d(whole, marks)
    select_within(whole, panel, f"picked among the contested samples: {axes.title.lower()}")
