"""The Front page: projections of candidates, and what is beside them."""

import numpy as np
import streamlit as st

from dashboard import brush, compute, front_words, kept, state
from dashboard.compute.candidates import Candidates
from dashboard.compute.searches import Setting
from dashboard.figures import front as build
from dashboard.panels.drawing import chart, palette, select_within
from dashboard.plots import front as plots
from dashboard.plots import front_outlines
from dashboard.plots.models import decode_models
from dashboard.state import Choices
from dashboard.theme import markdown

SOURCE = "front"


def projection(
    choices: Choices, asked: Setting, found: Candidates, axes: tuple[int, int], panel: str
) -> None:
    """Candidates on two axes; a click makes one the active ensemble, a box or lasso marks some."""
    figure = build.projection(
        choices,
        compute.scope(choices, SOURCE),
        asked,
        found,
        axes,
        _brushed(found, panel),
        palette(),
    )
    chart(
        figure,
        panel,
        build.title_of(found, axes),
        _pick_candidate,
        found,
        axes,
        modes=("points", "box", "lasso"),
        brush=_brush_candidates,
    )


def _brushed(found: Candidates, panel: str) -> np.ndarray | None:
    """The candidates that were marked in another panel."""
    known = brush.marked(found.key)
    if known is None or known[1] == panel:
        return None
    rows = np.zeros(len(found.values), dtype=bool)
    rows[known[0]] = True
    return rows


def _pick_candidate(points, panel: str, found: Candidates, axes: tuple[int, int]) -> None:
    row = plots.decode_candidate(points)
    if row is None or row >= len(found.values):
        return
    chosen = found.plan.ensemble(row)
    if len(chosen.members) == 1:
        state.pick_models(chosen.members, panel)
        return
    state.set_members(chosen.members)
    weights = chosen.weights or (1.0,) * len(chosen.members)
    kept.set_weights(dict(zip(chosen.members, weights, strict=True)))
    state.put("rule", chosen.rule)


def _brush_candidates(event, panel: str, found: Candidates, axes: tuple[int, int]) -> None:
    x, y = (found.values[:, place] for place in axes)
    brush.mark(np.flatnonzero(front_outlines.outlined(event, x, y)), found.key, panel)


def select_corrected(rows: np.ndarray, candidates: int) -> None:
    """Select the samples that most of the marked candidates correct, rows of what is looked at."""
    current = state.narrowing(SOURCE)
    rows = rows if current is None else current.positions[rows]
    select_within(rows, SOURCE, f"corrected by most of {candidates} marked candidates")


def equal_losses(choices: Choices, asked: Setting, found: Candidates, panel: str) -> None:
    """Mean member loss against the Jensen gap, with lines of equal loss of the ensemble."""
    figure = build.equal_losses(
        choices, compute.scope(choices, SOURCE), asked, found, _brushed(found, panel), palette()
    )
    chart(figure, panel, "Lines of equal loss", _pick_candidate, found, (1, 0))


def in_parallel(found: Candidates, panel: str) -> None:
    """The front over all axes."""
    figure = build.in_parallel(found, palette())
    chart(figure, panel, "The front on all axes")


def in_space(choices: Choices, asked: Setting, found: Candidates, panel: str) -> None:
    """Candidates on the first three axes."""
    figure = build.in_space(
        choices, compute.scope(choices, SOURCE), asked, found, _brushed(found, panel), palette()
    )
    chart(figure, panel, "The three axes at once")


def shared_models(found: Candidates, shares: np.ndarray, teams: int, panel: str) -> None:
    """Which members the marked candidates share; a click offers to add or remove the model."""
    figure = build.shared_models(found, shares, teams, palette())
    chart(figure, panel, "Members that they share", _pick_shared, found.models)


def _pick_shared(points, panel: str, names: tuple[str, ...]) -> None:
    state.pick_models([names[row] for row in decode_models(points, len(names))], panel)


def group_volumes(
    choices: Choices, found: Candidates, table: dict, column: str, panel: str
) -> None:
    """Hypervolume of the front of every group; picking one selects its samples."""
    figure = build.group_volumes(
        choices, compute.scope(choices, SOURCE), found, table, column, palette()
    )
    chart(figure, panel, f"Fronts by {column}", _pick_group, choices, table, column)


def _pick_group(points, panel: str, choices: Choices, table: dict, column: str) -> None:
    row = plots.decode_candidate(points)
    if row is None or row >= len(table["level"]):
        return
    grouping, level = choices.bundle.groups[column], int(table["level"][row])
    rows = np.flatnonzero(grouping.within([level]).cpu().numpy())
    text = f"{markdown(column)} is {markdown(grouping.levels[level])}"
    select_within(rows, SOURCE, text)


def warnings(found: Candidates) -> None:
    """What is odd about the candidates."""
    for sentence in front_words.warnings(found, compute.front_of(found)):
        st.caption(sentence)
