"""Slices: a score inside and outside of each, and the gap against the size."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import round_ticks, titled
from dashboard.theme import LIGHT, Palette, count, interval, p_value, percent, shown

ROW = 30
LINE = 15


def slice_gaps(
    conditions: Sequence[Sequence[tuple[str, str]]],
    table: Mapping[str, np.ndarray],
    notes: Sequence[str] = (),
    *,
    title: str,
    axis: str,
    good: int = 1,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """A share or net share inside and outside of each slice, with intervals; first one on top.

    Args:
        conditions: K lists of column and level.
        table: [K] each: n, inside, inside_low, inside_high, outside and its ends, outside_n, gap,
            low, high, p_bh and passed.
        notes: K, what else is said of each when it is pointed at.
        title: what is seen.
        axis: what the score is.
        good: 1 where a higher score is better, -1 where a lower one is, 0 where neither.
        subtitle: who the samples are.
        palette: colours.

    Returns:
        A figure; customdata = slice.
    """
    figure = go.Figure()
    lines = np.array([len(own) for own in conditions])
    tops = np.concatenate([[0.0], np.cumsum(ROW + LINE * lines)[:-1]]) if len(lines) else lines
    place = -(tops + (ROW + LINE * lines) / 2)
    kinds = _kinds(table, good, palette)
    everyone = np.ones(len(conditions), dtype=bool)
    hover = _hovers(conditions, table, notes)
    _add_side(figure, table, hover, place - 5, "outside", everyone, palette.member, "circle")
    for label, here, colour, symbol in kinds:
        _add_side(figure, table, hover, place + 5, "inside", here, colour, symbol, label)
    height = max(int(210 + (ROW + LINE * lines).sum()), 300)
    titled(figure, title, subtitle, height=height, palette=palette, legend="bottom")
    figure.update_layout(dragmode=False, clickmode="event+select")
    figure.update_xaxes(title=f"{axis}<br>(95 % interval)", tickformat=".0%")
    figure.update_yaxes(
        tickvals=place.tolist(),
        ticktext=[
            "<br>".join(f"{shown(column, 18)} = {shown(level, 22)}" for column, level in own)
            for own in conditions
        ],
        range=[-float((ROW + LINE * lines).sum()), 0],
        showgrid=False,
    )
    return figure


def _kinds(
    table: Mapping[str, np.ndarray], good: int, palette: Palette
) -> tuple[tuple[str, np.ndarray, str, str], ...]:
    """Slices by what was shown of them: name, which they are, colour and symbol."""
    passed = table["passed"].astype(bool)
    high = (good or 1) * np.nan_to_num(table["gap"]) > 0
    names = ("better inside", "worse inside") if good else ("higher inside", "lower inside")
    colours = palette.outcomes["corrected"], palette.outcomes["spoiled"]
    if not good:
        colours = palette.ensemble, palette.best
    return (
        (names[0], passed & high, colours[0], "triangle-up"),
        (names[1], passed & ~high, colours[1], "triangle-down"),
        ("inside, not shown to differ", ~passed, palette.muted, "diamond-open"),
    )


def slice_sizes(
    conditions: Sequence[Sequence[tuple[str, str]]],
    table: Mapping[str, np.ndarray],
    notes: Sequence[str] = (),
    *,
    least_gap: float = 0.05,
    good: int = 1,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """The gap of each slice, with its interval, against how many samples it holds.

    Args:
        conditions: K lists of column and level.
        table: as in `slice_gaps`.
        notes: K, what else is said of each when it is pointed at.
        least_gap: smallest gap worth showing, drawn on either side of 0.
        good: as in `slice_gaps`.
        subtitle: who the samples are.
        palette: colours.

    Returns:
        A figure; customdata = slice, numbered from 1 in the order of the rows.
    """
    figure = go.Figure()
    hover = _hovers(conditions, table, notes)
    for name, here, colour, symbol in _kinds(table, good, palette):
        rows = np.flatnonzero(here & np.isfinite(table["gap"]) & (table["n"] > 0))
        if not len(rows):
            continue
        gap = 100 * table["gap"][rows]
        figure.add_scatter(
            x=table["n"][rows],
            y=gap,
            mode="markers+text",
            name=name.removeprefix("inside, "),
            text=[str(row + 1) for row in rows.tolist()],
            textposition="middle right",
            marker={"color": colour, "symbol": symbol, "size": 11},
            error_y={
                "type": "data",
                "array": 100 * table["high"][rows] - gap,
                "arrayminus": gap - 100 * table["low"][rows],
                "color": colour,
                "thickness": 1.4,
                "width": 0,
            },
            customdata=rows.astype(np.int32),
            hovertext=[hover[row] for row in rows.tolist()],
            hoverinfo="text",
        )
    titled(
        figure,
        "How far the slices stand out, and how large they are",
        subtitle,
        height=460,
        palette=palette,
        legend="bottom",
    )
    figure.add_hline(y=0, line={"color": palette.member, "width": 1})
    for side in (-100, 100):
        line = {"color": palette.member, "width": 1, "dash": "dot"}
        figure.add_hline(y=side * least_gap, line=line)
    figure.update_layout(dragmode=False, clickmode="event+select")
    ticks = round_ticks(figure)
    figure.update_xaxes(title="Samples of the slice on that half (log)", type="log", **ticks)
    figure.update_yaxes(title="Gap in points (95 % interval)")
    return figure


def _add_side(
    figure: go.Figure,
    table: Mapping[str, np.ndarray],
    hover: Sequence[str],
    place: np.ndarray,
    side: str,
    here: np.ndarray,
    colour: str,
    symbol: str,
    label: str = "outside",
) -> None:
    rows = np.flatnonzero(here & np.isfinite(table[side]))
    if not len(rows):
        return
    mean = table[side][rows]
    figure.add_scatter(
        x=mean,
        y=place[rows],
        mode="markers",
        name=label,
        marker={"color": colour, "symbol": symbol, "size": 8 if side == "outside" else 11},
        error_x={
            "type": "data",
            "array": table[f"{side}_high"][rows] - mean,
            "arrayminus": mean - table[f"{side}_low"][rows],
            "color": colour,
            "thickness": 1.4,
            "width": 0,
        },
        customdata=rows.astype(np.int32),
        hovertext=[hover[row] for row in rows.tolist()],
        hoverinfo="text",
    )


def _hovers(
    conditions: Sequence[Sequence[tuple[str, str]]],
    table: Mapping[str, np.ndarray],
    notes: Sequence[str],
) -> list[str]:
    texts = [_hover(own, table, row) for row, own in enumerate(conditions)]
    return [
        f"{text}<br>{shown(note, 90)}" if note else text
        for text, note in zip_longest(texts, notes, fillvalue="")
    ]


def _hover(own: Sequence[tuple[str, str]], table: Mapping[str, np.ndarray], row: int) -> str:
    names = "<br>".join(f"<b>{shown(column)} = {shown(level)}</b>" for column, level in own)
    sides = [
        f"{side} {percent(table[side][row])} "
        f"{interval(table[f'{side}_low'][row], table[f'{side}_high'][row])}, "
        f"n = {count(int(table[n][row]))}"
        for side, n in (("inside", "n"), ("outside", "outside_n"))
    ]
    p = table["p_bh"][row]
    test = f"{p_value(float(p))} (Benjamini-Hochberg)" if np.isfinite(p) else "too few to test"
    ends = interval(table["low"][row], table["high"][row])
    gap = f"gap {100 * table['gap'][row]:+.1f} points {ends}"
    return "<br>".join([names, *sides, gap, test])


def decode_slice(points: Sequence[Mapping]) -> int | None:
    """The last picked slice."""
    codes = [point["customdata"] for point in points if point.get("customdata") is not None]
    return int(codes[-1]) if codes else None
