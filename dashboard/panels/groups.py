"""Accuracy per group, and against the number of members."""

from collections.abc import Sequence

import numpy as np

from dashboard import compute, group_options, state, words
from dashboard.figures import groups as build
from dashboard.panels.drawing import chart, palette, select_within
from dashboard.plots import groups as group_plots
from dashboard.sessions.making import any_of
from dashboard.state import Choices
from dashboard.theme import markdown


def group_dots(choices: Choices, panel: str) -> None:
    """Accuracy per group; picking one selects its samples."""
    figure = build.group_dots(
        choices, compute.scope(choices, panel), group_options.least(), palette()
    )
    chart(figure, panel, f"Accuracy by {choices.grouping}", _pick_group, choices)


def _pick_group(points, panel: str, choices: Choices) -> None:
    grouping = choices.bundle.groups[choices.grouping]
    drawn = build.drawn_groups(choices, compute.scope(choices, panel), group_options.least())
    chosen = [int(drawn[place]) for place in group_plots.decode_groups(points, len(drawn))]
    members = group_plots.decode_group_members(points, len(drawn))
    known = choices.ensemble.members
    state.pick_models([known[row] for row in members if row < len(known)], panel)
    rows = np.flatnonzero(grouping.within(chosen).cpu().numpy())
    names = words.listed([grouping.levels[place] for place in chosen])
    said = f"{markdown(choices.grouping)} is {names}"
    levels = [grouping.levels[place] for place in chosen]
    select_within(rows, panel, said, any_of(choices.grouping, levels))


def size_curve(choices: Choices, pool: Sequence[str], panel: str) -> None:
    """Accuracy per group against the number of members."""
    figure = build.size_curve(
        choices, compute.scope(choices, panel), pool, group_options.least(), palette()
    )
    chart(figure, panel, f"Accuracy by {choices.grouping} against team size")
