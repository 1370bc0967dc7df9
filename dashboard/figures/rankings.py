"""Ranks with their intervals, and task by task; a click picks the model."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard import ranking_words
from dashboard.plots import rankings as ranking_plots
from dashboard.theme import Palette
from dashboard.words import counted

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
    palette: Palette,
) -> go.Figure | str:
    """Ranks by the rule that is chosen, beside those by the other rules."""
    rank = found["rules"][rule]["rank"]
    rows = drawn_models(rank)
    return ranking_plots.rank_intervals(
        names,
        rule,
        found["rules"],
        rows,
        labels=ranking_words.RULES,
        families=families,
        subtitle=f"Over {ranking_words.over(found, noun)}, {_n(found)}. Small marks: other rules."
        f"{_left_out(rank, rows)}",
        palette=palette,
    )


def task_ranks(
    found: dict,
    names: Sequence[str],
    rule: str,
    noun: str,
    palette: Palette,
) -> go.Figure | str:
    """The rank in every task."""
    rank, tasks = found["rules"][rule]["rank"], found["tasks"]
    rows = drawn_models(rank)
    columns = ranking_plots.drawn_tasks(found["task_ranks"], MOST_TASKS)
    left = len(tasks) - len(columns)
    return ranking_plots.task_ranks(
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
        palette=palette,
    )


def _n(found: dict) -> str:
    return f"n = {counted(found['units'], found['unit'])}"


def _left_out(rank: np.ndarray, rows: np.ndarray) -> str:
    ranked = int(np.isfinite(rank).sum())
    rest, gone = ranked - len(rows), len(rank) - ranked
    text = f" The first {len(rows)} of {counted(ranked, 'model')} are drawn." if rest else ""
    return text + (f" {counted(gone, 'model')} not ranked." if gone else "")
