"""Ranks with their intervals, and task by task; a click picks the model."""

from collections.abc import Sequence

import numpy as np

from dashboard import ranking_words, state
from dashboard.compute.rankings import Asked
from dashboard.panels.drawing import chart, palette, pick_models, select_within
from dashboard.plots import rankings as ranking_plots
from dashboard.sessions.making import any_of
from dashboard.state import Choices
from dashboard.theme import markdown
from dashboard.words import counted, listed

MOST_MODELS, MOST_TASKS = 40, 24


def drawn_models(rank: np.ndarray) -> np.ndarray:
    """The models that are drawn, best first."""
    order = np.argsort(np.nan_to_num(rank, nan=np.inf), kind="stable")
    return order[np.isfinite(rank[order])][:MOST_MODELS]


def rank_intervals(
    found: dict,
    names: Sequence[str],
    rule: str,
    families: Sequence[str] | None,
    noun: str,
    panel: str,
) -> None:
    """Ranks by the rule that is chosen, beside those by the other rules."""
    rank = found["rules"][rule]["rank"]
    rows = drawn_models(rank)
    figure = ranking_plots.rank_intervals(
        names,
        rule,
        found["rules"],
        rows,
        labels=ranking_words.RULES,
        families=families,
        subtitle=f"Over {ranking_words.over(found, noun)}, {_n(found)}. Small marks: other rules."
        f"{_left_out(rank, rows)}",
        palette=palette(),
    )
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
    rank, tasks = found["rules"][rule]["rank"], found["tasks"]
    rows = drawn_models(rank)
    columns = ranking_plots.drawn_tasks(found["task_ranks"], MOST_TASKS)
    left = len(tasks) - len(columns)
    figure = ranking_plots.task_ranks(
        names,
        tasks,
        found["task_ranks"],
        found["scores"],
        found["counts"],
        rows,
        columns,
        noun=noun,
        subtitle="Rank by accuracy, light is best; models in the order of "
        f"{ranking_words.RULES[rule]}."
        + (f" {counted(left, noun)} with fewer models not drawn." if left else ""),
        palette=palette(),
    )
    alt = f"Rank in each {noun}"
    chart(figure, panel, alt, _pick_cells, tuple(names), tasks, asked.column, choices)


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


def _n(found: dict) -> str:
    return f"n = {counted(found['units'], found['unit'])}"


def _left_out(rank: np.ndarray, rows: np.ndarray) -> str:
    ranked = int(np.isfinite(rank).sum())
    rest, gone = ranked - len(rows), len(rank) - ranked
    text = f" The first {len(rows)} of {counted(ranked, 'model')} are drawn." if rest else ""
    return text + (f" {counted(gone, 'model')} not ranked." if gone else "")
