"""How hard the samples are, as figures; a pick in any of them selects samples."""

import numpy as np
import streamlit as st

from dashboard import compute, state
from dashboard.compute.difficulty import Score
from dashboard.figures import difficulty as build
from dashboard.panels.drawing import chart, palette, places, select_within
from dashboard.plots import difficulty as plots
from dashboard.plots import maps
from dashboard.state import Choices
from dashboard.theme import markdown, shortened

BINS = 30
MOST_POINTS = 20_000
AXES = ("entropy_expected", "mutual_information")


def number_right(choices: Choices, panel: str) -> None:
    """Samples by the number of members that get them right; picking a bar selects them."""
    figure = build.number_right(choices, compute.scope(choices, panel), palette())
    chart(figure, panel, "Samples by number of members right", _pick_number, choices)


def _pick_number(points, panel: str, choices: Choices) -> None:
    table = compute.outcome_table(choices, choices.bundle)
    right, known = table["members_right"], table["judged"] | (table["members_judged"] > 0)
    sides = compute.sides(choices, choices.bundle)
    members = len(choices.ensemble.members)
    mask, parts = np.zeros(len(right), dtype=bool), []
    for level, side in plots.decode_sides(points, members + 1):
        mask |= known & (right == level) & (sides == side)
        parts.append(f"{level} of {members} members right, {plots.SIDES[side]}")
    places, select_within(np.flatnonzero(mask), panel, "; ".join(parts))


def pick_score(choices: Choices) -> Score:
    """One of the scores of single samples that the models can answer."""
    offered = compute.score_choices(choices)
    if state.get("score") not in offered:
        state.put("score", next(iter(offered)))
    name = st.selectbox(
        "Score",
        list(offered),
        format_func=lambda name: shortened(offered[name].label, 70),
        help="What tells hard samples from easy ones.",
        **state.widget("score"),
    )
    return offered[name]


def score_histogram(choices: Choices, score: Score, panel: str) -> None:
    """Distribution of a score; picking a bar selects its samples."""
    figure = build.score_histogram(choices, compute.scope(choices, panel), score, palette())
    chart(figure, panel, f"Distribution of {score.label}", _pick_score, choices, score)


def _pick_score(points, panel: str, choices: Choices, score: Score) -> None:
    edges = compute.score_edges(choices, score, BINS)
    values = compute.score_values(choices, choices.bundle, score)
    place, sides = compute.binned(values, edges), compute.sides(choices, choices.bundle)
    mask, parts = np.zeros(len(values), dtype=bool), []
    for bin_, side in plots.decode_sides(points, len(edges) - 1):
        mask |= (place == bin_) & (sides == side)
        ends = f"{edges[bin_]:.3g} to {edges[bin_ + 1]:.3g}"
        parts.append(f"{markdown(score.label)} {ends}, {plots.SIDES[side]}")
    places, select_within(np.flatnonzero(mask), panel, "; ".join(parts))


def contradictable(choices: Choices) -> bool:
    """Two members or more have probabilities that could contradict each other."""
    return sum(member in choices.bundle.probabilities for member in choices.ensemble.members) > 1


def uncertainty(choices: Choices, panel: str) -> None:
    """Mutual information against expected entropy; a lasso or a click selects samples."""
    figure = build.uncertainty(choices, compute.scope(choices, panel), places(panel), palette())
    modes = ("points", "lasso", "box")
    title = "Mutual information against expected entropy"
    chart(figure, panel, title, _pick_points, modes=modes)


def _pick_points(points, panel: str) -> None:
    select_within(maps.decode_samples(points), panel, "picked by their uncertainty")
