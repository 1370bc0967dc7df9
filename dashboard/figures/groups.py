"""Accuracy per group, and against the number of members."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from analysis.bundle import Bundle
from analysis.rules import RULES
from dashboard import compute, group_words
from dashboard.choosing import Choices
from dashboard.figures.told import within
from dashboard.plots import groups as group_plots
from dashboard.theme import Palette


def group_dots(choices: Choices, bundle: Bundle, least: int, palette: Palette) -> go.Figure | str:
    """Accuracy per group."""
    column = choices.grouping
    drawn = drawn_groups(choices, bundle, least)
    table = _of(compute.group_table(choices, bundle, column), drawn)
    best = compute.reference(choices)
    row = choices.ensemble.members.index(best)
    ends = [
        (name, *(table[part][place] for part in ("accuracy", "low", "high")))
        for name, place in ((best, row), (choices.label, -1))
    ]
    others = [
        (slot, _line(name, _of(compute.group_table(choices, bundle, column, ensemble), drawn)))
        for name, (slot, ensemble) in compute.beside(choices).items()
    ]
    levels = bundle.groups[column].levels
    return group_plots.group_accuracies(
        [levels[place] for place in drawn.tolist()],
        table["n"][-1],
        table["accuracy"][:-1],
        choices.ensemble.members,
        (f"best member: {best}", *ends[0][1:]),
        ends[1],
        column=column,
        beside=others,
        least=least,
        subtitle=within(choices, bundle) + group_words.left_out(len(levels) - len(drawn)),
        palette=palette,
    )


def size_curve(
    choices: Choices, bundle: Bundle, pool: Sequence[str], least: int, palette: Palette
) -> go.Figure | str:
    """Accuracy per group against the number of members."""
    column = choices.grouping
    found = compute.size_curve(choices, bundle, column, pool)
    grouping = bundle.groups[column]
    rule = RULES[choices.ensemble.rule].stand_in
    kept = found["levels"]
    return group_plots.size_curve(
        found["sizes"].tolist(),
        [grouping.levels[place] for place in kept.tolist()],
        found["mean"],
        found["low"],
        found["high"],
        grouping.sizes().cpu().numpy()[kept],
        column=column,
        least=least,
        subtitle=f"{RULES[rule].label}, mean over teams of {len(pool)} models, "
        f"band: 10 to 90 % of the teams; {within(choices, bundle)}"
        + group_words.left_out(len(grouping.levels) - len(kept)),
        palette=palette,
    )


def drawn_groups(choices: Choices, bundle: Bundle, least: int) -> np.ndarray:
    """The groups that are drawn."""
    table = compute.group_table(choices, bundle, choices.grouping)
    rate, n = table["accuracy"][-1], table["n"][-1]
    return group_plots.drawn_levels(rate, n, least)


def _of(table: dict[str, np.ndarray], drawn: np.ndarray) -> dict[str, np.ndarray]:
    return {name: v[:, drawn] if v.ndim == 2 else v for name, v in table.items()}


def _line(name: str, table: dict[str, np.ndarray]) -> group_plots.Line:
    return (name, *(table[part][-1] for part in ("accuracy", "low", "high")))
