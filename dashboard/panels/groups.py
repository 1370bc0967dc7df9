"""Accuracy per group, and against the number of members."""

from collections.abc import Sequence

import numpy as np

from analysis.bundle import Bundle
from analysis.rules import RULES
from dashboard import compute, group_options, group_words, state, words
from dashboard.panels.drawing import chart, palette, select_within, within
from dashboard.plots import groups as group_plots
from dashboard.sessions.making import any_of
from dashboard.state import Choices
from dashboard.theme import markdown


def group_dots(choices: Choices, panel: str) -> None:
    """Accuracy per group; picking one selects its samples."""
    bundle, column = compute.scope(choices, panel), choices.grouping
    drawn = _drawn(choices, bundle)
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
    figure = group_plots.group_accuracies(
        [levels[place] for place in drawn.tolist()],
        table["n"][-1],
        table["accuracy"][:-1],
        choices.ensemble.members,
        (f"best member: {best}", *ends[0][1:]),
        ends[1],
        column=column,
        beside=others,
        least=group_options.least(),
        subtitle=within(choices, panel) + group_words.left_out(len(levels) - len(drawn)),
        palette=palette(),
    )
    chart(figure, panel, f"Accuracy by {column}", _pick_group, choices)


def _drawn(choices: Choices, bundle: Bundle) -> np.ndarray:
    """The groups that are drawn."""
    table = compute.group_table(choices, bundle, choices.grouping)
    rate, n = table["accuracy"][-1], table["n"][-1]
    return group_plots.drawn_levels(rate, n, group_options.least())


def _of(table: dict[str, np.ndarray], drawn: np.ndarray) -> dict[str, np.ndarray]:
    return {name: v[:, drawn] if v.ndim == 2 else v for name, v in table.items()}


def _line(name: str, table: dict[str, np.ndarray]) -> group_plots.Line:
    return (name, *(table[part][-1] for part in ("accuracy", "low", "high")))


def _pick_group(points, panel: str, choices: Choices) -> None:
    grouping = choices.bundle.groups[choices.grouping]
    drawn = _drawn(choices, compute.scope(choices, panel))
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
    bundle, column = compute.scope(choices, panel), choices.grouping
    found = compute.size_curve(choices, bundle, column, pool)
    grouping = bundle.groups[column]
    rule = RULES[choices.ensemble.rule].stand_in
    kept = found["levels"]
    figure = group_plots.size_curve(
        found["sizes"].tolist(),
        [grouping.levels[place] for place in kept.tolist()],
        found["mean"],
        found["low"],
        found["high"],
        grouping.sizes().cpu().numpy()[kept],
        column=column,
        least=group_options.least(),
        subtitle=f"{RULES[rule].label}, mean over teams of {len(pool)} models, "
        f"band: 10 to 90 % of the teams; {within(choices, panel)}"
        + group_words.left_out(len(grouping.levels) - len(kept)),
        palette=palette(),
    )
    chart(figure, panel, f"Accuracy by {column} against team size")
