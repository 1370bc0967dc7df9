"""One mark per group with its interval: net effects, and scores of votes."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import (
    BESIDE_SYMBOLS,
    LIGHT,
    Palette,
    count,
    interval,
    p_value,
    percent,
    plain_interval,
    shown,
    three_digits,
)

MOST_ROWS = 40


def net_effects(
    levels: Sequence[str],
    tables: Sequence[tuple[str, int | None, Mapping[str, np.ndarray]]],
    drawn: np.ndarray,
    *,
    column: str,
    reference: str,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Who is helped and who is harmed: net effect of each ensemble in each group.

    Args:
        levels: G names.
        tables: name, slot of the colour (None: the active one) and n, net, low, high, tested and
            p_bh [G] of each ensemble.
        drawn: int [g], groups from the bottom up.
        column: the grouping.
        reference: the model that they are compared with.
        subtitle: n and missing rule.
        palette: colours.

    Returns:
        A figure; customdata = group.
    """
    figure, place = go.Figure(), np.arange(len(drawn))
    ends = 0.3 if len(tables) > 1 else 0.0
    for (name, slot, table), aside in zip(
        tables, np.linspace(-ends, ends, len(tables)), strict=True
    ):
        colour = palette.ensemble if slot is None else palette.beside[slot]
        symbol = "diamond" if slot is None else BESIDE_SYMBOLS[slot]
        net, low, high = (100 * table[part][drawn] for part in ("net", "low", "high"))
        hollow = [symbol if told else "circle-open" for told in table["tested"][drawn].tolist()]
        _add_dots(
            figure,
            (net, low, high),
            place + aside,
            name=shown(name),
            colour=colour,
            symbol=hollow,
            codes=drawn,
            hover=[
                f"<b>{shown(name)}</b><br>{shown(levels[at])}: "
                f"{100 * table['net'][at]:+.1f} points "
                f"{interval(table['low'][at], table['high'][at])}"
                f"<br>n = {count(int(table['n'][at]))}, {_tested(table, at)}"
                for at in drawn.tolist()
            ],
        )
    first = tables[0][2]
    title = f"Who is helped and who is harmed, by {shown(column, 24)}"
    _rows(figure, levels, first["n"], drawn, title, subtitle, palette, legend=len(tables) > 1)
    figure.add_vline(x=0, line={"color": palette.member, "width": 1})
    figure.update_xaxes(
        title=f"Accuracy minus that of {shown(reference, 24)}, points; right is better"
    )
    return figure


def _tested(table: Mapping[str, np.ndarray], at: int) -> str:
    return f"{p_value(float(table['p_bh'][at]))} corrected" if table["tested"][at] else "few"


def score_dots(
    levels: Sequence[str],
    table: Mapping[str, np.ndarray],
    drawn: np.ndarray,
    *,
    column: str,
    title: str,
    axis: str,
    least: int,
    share: bool,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Mean of a score in each group with its interval.

    Args:
        levels: G names.
        table: n, mean, low, high and p_bh [G].
        drawn: int [g], groups from the bottom up.
        column: the grouping.
        title: what is seen.
        axis: title of the axis, with its direction.
        least: groups with fewer samples are drawn hollow.
        share: the score is a share, shown in percent.
        subtitle: n.
        palette: colours.

    Returns:
        A figure; customdata = group.
    """
    figure = go.Figure()
    number, ends = (percent, interval) if share else (three_digits, plain_interval)
    mean, low, high = (table[part][drawn] for part in ("mean", "low", "high"))
    few = table["n"][drawn] < least
    _add_dots(
        figure,
        (mean, low, high),
        np.arange(len(drawn)),
        name=shown(title),
        colour=palette.ensemble,
        symbol=["circle-open" if one else "circle" for one in few.tolist()],
        codes=drawn,
        hover=[
            f"<b>{shown(column)} = {shown(levels[at])}</b><br>{number(float(table['mean'][at]))} "
            f"{ends(float(table['low'][at]), float(table['high'][at]))}, "
            f"n = {count(int(table['n'][at]))}"
            for at in drawn.tolist()
        ],
    )
    _rows(figure, levels, table["n"], drawn, title, subtitle, palette, legend=False)
    figure.update_xaxes(title=axis, tickformat=".1%" if share else None)
    return figure


def _add_dots(figure, values, place, *, name, colour, symbol, codes, hover) -> None:
    middle, low, high = values
    figure.add_scatter(
        x=middle,
        y=place,
        mode="markers",
        name=name,
        marker={"color": colour, "symbol": symbol, "size": 10},
        error_x={
            "type": "data",
            "array": high - middle,
            "arrayminus": middle - low,
            "thickness": 1.5,
            "width": 3,
            "color": colour,
        },
        customdata=codes.astype(np.int32),
        hovertext=hover,
        hoverinfo="text",
    )


def _rows(figure, levels, n, drawn, title, subtitle, palette: Palette, *, legend: bool) -> None:
    """Groups as rows, and the common layout."""
    titled(
        figure,
        title,
        subtitle,
        height=max(200 + 26 * len(drawn), 340),
        palette=palette,
        legend="bottom" if legend else "none",
    )
    figure.update_layout(dragmode=False, clickmode="event+select")
    figure.update_yaxes(
        tickvals=list(range(len(drawn))),
        ticktext=[f"{shown(levels[at], 22)} (n = {count(int(n[at]))})" for at in drawn.tolist()],
        range=[-0.7, max(len(drawn), 1) - 0.3],
    )


def drawn_scores(table: Mapping[str, np.ndarray], least: int) -> np.ndarray:
    """Groups that are drawn, from the bottom up by their mean; of many the two ends.

    Args:
        table: n and mean [G].
        least: groups with fewer samples come first to be left out.
    """
    known = np.flatnonzero(np.isfinite(table["mean"]))
    if len(known) > MOST_ROWS:
        large = known[table["n"][known] >= least]
        known = large if len(large) else known[np.argsort(-table["n"][known], kind="stable")]
    order = known[np.argsort(table["mean"][known], kind="stable")]
    if len(order) <= MOST_ROWS:
        return order
    return np.concatenate([order[: MOST_ROWS // 2], order[-(MOST_ROWS // 2) :]])
