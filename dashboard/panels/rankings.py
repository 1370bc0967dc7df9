"""Ranks with their intervals, and task by task; a click picks the model."""

from collections.abc import Sequence

import numpy as np

from dashboard import state
from dashboard.compute.rankings import Asked
from dashboard.figures import rankings as build
from dashboard.panels.drawing import chart, palette, pick_models, select_within
from dashboard.plots import rankings as ranking_plots
from dashboard.sessions.making import any_of
from dashboard.state import Choices
from dashboard.theme import markdown
from dashboard.words import listed

MOST_MODELS, MOST_TASKS = 40, 24


def rank_intervals(
    found: dict,
    names: Sequence[str],
    rule: str,
    families: Sequence[str] | None,
    noun: str,
    panel: str,
) -> None:
    """Ranks by the rule that is chosen, beside those by the other rules."""
    figure = build.rank_intervals(found, names, rule, families, noun, palette())
    chart(figure, panel, "Ranks with intervals", pick_models, tuple(names))


def task_ranks(
    found: dict,
    names: Sequence[str],
    rule: str,
    noun: str,
    panel: str,
    asked: Asked,
    choices: Choices | None,
) -> None:
    """The rank in every task; in groups of samples a click selects the group too."""
    figure = build.task_ranks(found, names, rule, noun, palette())
    alt = f"Rank in each {noun}"
    chart(figure, panel, alt, _pick_cells, tuple(names), found["tasks"], asked.column, choices)


def _pick_cells(
    points, panel: str, names: Sequence[str], tasks: Sequence[str], column: str, choices
) -> None:
    cells = ranking_plots.decode_cells(points, len(names), len(tasks))
    state.pick_models([names[model] for model, _ in cells], panel)
    if choices is None or not column:
        return
    grouping = choices.bundle.groups[column]
    levels = sorted({grouping.levels.index(tasks[task]) for _, task in cells})
    rows = np.flatnonzero(grouping.within(levels).cpu().numpy())
    named = listed([grouping.levels[level] for level in levels])
    levels = [grouping.levels[level] for level in levels]
    select_within(rows, panel, f"{markdown(column)} is {named}", any_of(column, levels))
