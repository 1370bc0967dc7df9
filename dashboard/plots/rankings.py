"""Ranks of models: with intervals under one rule beside the other rules, and task by task."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import LIGHT, SEQUENTIAL, Palette, count, percent, shown, three_digits

OTHER, UNKNOWN = "other families", "family not known"
MARKS = ("line-ns", "triangle-up", "triangle-down", "x-thin")
ROW = 19


def rank_intervals(
    names: Sequence[str],
    rule: str,
    rules: Mapping[str, Mapping[str, np.ndarray]],
    rows: np.ndarray,
    *,
    labels: Mapping[str, str],
    families: Sequence[str] | None = None,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Ranks by one rule with their intervals, and the ranks by the other rules as small marks.

    Args:
        names: M models.
        rule: the one whose ranks have intervals.
        rules: by name "rank", "low", "high" and "first" [M].
        rows: int [k], models that are drawn, best first.
        labels: {rule: what a person reads}.
        families: M, which colour the models; None: one colour.
        subtitle: what is ranked over, n, and what is not drawn.
        palette: colours.

    Returns:
        A figure; customdata = row of the model.
    """
    figure, main = go.Figure(), rules[rule]
    place = {int(row): len(rows) - 1 - at for at, row in enumerate(rows)}
    others = [name for name in rules if name != rule]
    for symbol, name in zip(MARKS, others, strict=False):
        known = rows[np.isfinite(rules[name]["rank"][rows])]
        figure.add_scatter(
            x=rules[name]["rank"][known],
            y=[place[int(row)] for row in known],
            mode="markers",
            name=labels[name],
            marker={
                "symbol": symbol,
                "size": 8,
                "color": palette.member,
                "line": {"width": 1.4, "color": palette.member},
            },
            customdata=known.astype(np.int32),
            hovertext=[_hover(names, labels, rules, int(row)) for row in known],
            hoverinfo="text",
        )
    for kind, colour, inside in _kinds(families, rows, palette):
        figure.add_scatter(
            x=main["rank"][inside],
            y=[place[int(row)] for row in inside],
            mode="markers",
            name=kind or labels[rule],
            marker={"color": colour, "size": 10},
            error_x={
                "type": "data",
                "array": np.nan_to_num(main["high"][inside] - main["rank"][inside]).clip(0),
                "arrayminus": np.nan_to_num(main["rank"][inside] - main["low"][inside]).clip(0),
                "color": colour,
                "thickness": 1.6,
                "width": 0,
            },
            customdata=inside.astype(np.int32),
            hovertext=[_hover(names, labels, rules, int(row)) for row in inside],
            hoverinfo="text",
        )
    titled(
        figure,
        f"Rank by {labels[rule]}, and how sure it is",
        subtitle,
        height=max(250 + ROW * len(rows), 340),
        palette=palette,
        legend="bottom",
        width=76,
    )
    figure.update_xaxes(title="Rank (95 % interval), 1 is best", rangemode="normal")
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[shown(names[row], 30) for row in rows[::-1]],
        range=[-0.8, len(rows) - 0.2],
    )
    figure.update_layout(dragmode=False, clickmode="event+select")
    return figure


def task_ranks(
    names: Sequence[str],
    tasks: Sequence[str],
    place: np.ndarray,
    scores: np.ndarray,
    counts: np.ndarray | None,
    rows: np.ndarray,
    columns: np.ndarray,
    *,
    noun: str = "group",
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """The rank of every model in every task.

    Args:
        names: M models.
        tasks: T.
        place: float [M, T], ranks, NaN where not measured.
        scores: float [M, T], accuracies.
        counts: int [M, T], judged answers behind each, or None.
        rows: int [k], models that are drawn, best first.
        columns: int [c], tasks that are drawn.
        noun: what a task is.
        subtitle: what is seen, and what is not drawn.
        palette: colours.

    Returns:
        A figure whose transparent markers carry customdata = model * T + task.
    """
    table = place[np.ix_(rows, columns)]
    figure = go.Figure(
        go.Heatmap(
            z=table[::-1],
            colorscale=SEQUENTIAL,
            reversescale=True,
            zmin=1,
            zmax=max(2, len(names)),
            colorbar={"title": {"text": "rank", "side": "right"}, "thickness": 10, "len": 0.7},
            hoverinfo="skip",
        )
    )
    across, down = np.meshgrid(np.arange(len(columns)), np.arange(len(rows)))
    model, task = rows[down.ravel()], columns[across.ravel()]
    figure.add_scatter(
        x=across.ravel(),
        y=len(rows) - 1 - down.ravel(),
        mode="markers",
        marker={"symbol": "square", "size": 13, "color": "rgba(0,0,0,0)"},
        customdata=(model * len(tasks) + task).astype(np.int32),
        hovertext=[
            _cell(names[m], tasks[t], place[m, t], scores[m, t], counts, m, t)
            for m, t in zip(model.tolist(), task.tolist(), strict=True)
        ],
        hoverinfo="text",
        showlegend=False,
    )
    titled(
        figure,
        f"Rank of each model in each {noun}",
        subtitle,
        height=max(250 + ROW * len(rows), 340),
        palette=palette,
        width=76,
    )
    figure.update_xaxes(
        tickvals=list(range(len(columns))),
        ticktext=[shown(tasks[at], 16) for at in columns.tolist()],
        tickangle=-45 if len(columns) > 4 else 0,
        showgrid=False,
    )
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[shown(names[row], 30) for row in rows[::-1]],
        range=[-0.6, len(rows) - 0.4],
        showgrid=False,
    )
    figure.update_layout(dragmode=False, clickmode="event+select")
    return figure


def drawn_tasks(place: np.ndarray, most: int) -> np.ndarray:
    """Tasks that are drawn of many: those in which most models were measured, in their order."""
    measured = np.isfinite(place).sum(0)
    return np.sort(np.argsort(-measured, kind="stable")[:most])


def decode_cells(points: Sequence[Mapping], models: int, tasks: int) -> list[tuple[int, int]]:
    """Model and task of the picked cells, each once."""
    codes = {int(p["customdata"]) for p in points if p.get("customdata") is not None}
    return [divmod(code, tasks) for code in sorted(codes) if 0 <= code < models * tasks]


def _kinds(
    families: Sequence[str] | None, rows: np.ndarray, palette: Palette
) -> list[tuple[str, str, np.ndarray]]:
    """Name, colour and models of each family that is drawn; the largest have their own colour."""
    if families is None:
        return [("", palette.ensemble, rows)]
    sizes = Counter(family for family in families if family)
    most = len(palette.levels) if len(sizes) <= len(palette.levels) else len(palette.levels) - 1
    own = sorted(family for family, _ in sizes.most_common(most))
    kinds = [
        (family if family in own else OTHER) if family else UNKNOWN
        for family in (families[row] for row in rows.tolist())
    ]
    colours = dict(zip(own, palette.levels, strict=False))
    found = []
    for kind in (*own, OTHER, UNKNOWN):
        inside = rows[[one == kind for one in kinds]]
        if len(inside):
            found.append((shown(kind, 22), colours.get(kind, palette.muted), inside))
    return found


def _hover(names: Sequence[str], labels: Mapping, rules: Mapping, row: int) -> str:
    lines = [f"<b>{shown(names[row], 60)}</b>"]
    for name, one in rules.items():
        low, high = (float(one[end][row]) for end in ("low", "high"))
        ends = f" [{low:.3g}, {high:.3g}]" if np.isfinite(low) else ""
        chance = float(one["first"][row])
        first = f", first in {percent(chance)} of the draws" if np.isfinite(chance) else ""
        lines.append(f"{labels[name]}: rank {three_digits(float(one['rank'][row]))}{ends}{first}")
    return "<br>".join(lines)


def _cell(name, task, rank, score, counts, model: int, at: int) -> str:
    head = f"<b>{shown(name, 60)}</b><br>{shown(task, 60)}: "
    if not np.isfinite(rank):
        return f"{head}not measured"
    n = "" if counts is None or not counts[model, at] else f", n = {count(int(counts[model, at]))}"
    return f"{head}rank {three_digits(float(rank))}, accuracy {percent(float(score))}{n}"
