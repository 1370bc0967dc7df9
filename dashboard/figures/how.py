"""How the ensemble got there: bands from members right to outcome, and the two camps."""

import numpy as np
import plotly.graph_objects as go

from analysis.bundle import Bundle
from analysis.outcomes import OUTCOME_SUMMARIES
from analysis.rules import RULES
from dashboard import compute
from dashboard.choosing import Choices
from dashboard.figures.told import within
from dashboard.plots import camps, flow
from dashboard.theme import Palette, count

CLICK = "Click a dot or a name to select its samples."


def outcome_flow(choices: Choices, bundle: Bundle, palette: Palette) -> go.Figure | str:
    """Bands from "k members right" to the outcome."""
    table = compute.outcome_table(choices, bundle)["ledger"]
    if not table.any():
        return "None of these samples can be judged."
    rule = RULES[choices.ensemble.rule].label
    return flow.flow(
        table,
        OUTCOME_SUMMARIES,
        subtitle=f"{rule}, {within(choices, bundle)}. {CLICK}",
        palette=palette,
    )


def camp_map(
    choices: Choices, bundle: Bundle, places: np.ndarray | None, palette: Palette
) -> go.Figure | str:
    """The right camp against the wrong camp on contested samples.

    `places` are the rows of the samples in the whole bundle; None: they are all of it.
    """
    found = compute.camp_points(choices, bundle)
    if not len(found["rows"]):
        return "On none of these samples are some members right and some wrong."
    axes, right, wrong, here = compared(choices, found)
    rows = found["rows"][here]
    cells = camps.drawn_as_cells(len(rows), axes)
    whole = rows if places is None else places[rows]
    hover = [] if cells else compute.sample_texts(choices, whole)
    mark = "A square is as large as it has samples" if cells else "A point is a sample"
    return camps.camps(
        right[here],
        wrong[here],
        found["code"][here],
        whole,
        hover,
        axes,
        subtitle=f"Samples with members on both sides, n = {count(len(rows))}. {mark}; above the "
        "diagonal the right side leads.",
        palette=palette,
    )


def compared(choices: Choices, found: dict) -> tuple:
    """Axes, both camps' values and which samples have them: confidences, else sizes."""
    known = np.isfinite(found["right"]) & np.isfinite(found["wrong"])
    if known.any():
        return camps.by_confidence(), found["right"], found["wrong"], known
    axes = camps.by_size(len(choices.ensemble.members))
    return axes, found["right_size"], found["wrong_size"], np.ones(len(known), dtype=bool)
