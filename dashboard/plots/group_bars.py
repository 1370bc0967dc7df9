"""Members by groups, and what errors depend on: a heatmap and bars."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import (
    LIGHT,
    SEQUENTIAL,
    Palette,
    count,
    p_value,
    percent,
    shown,
    three_digits,
)

MOST_ROWS = 40
NAMED_COLUMNS = 30


def standing_apart(
    apart: np.ndarray,
    others: np.ndarray,
    members: Sequence[str],
    levels: Sequence[str],
    drawn: np.ndarray,
    *,
    column: str,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """How often each member differs from the others in each group.

    Args:
        apart: float [K, G], share of the other members' answers that differ.
        others: int [K, G], those answers.
        members: K names, of which the first 40 are drawn.
        levels: G names.
        drawn: int [g], groups, the last on the left.
        column: the grouping.
        subtitle: n.
        palette: colours.

    Returns:
        A figure without picks.
    """
    columns, rows = drawn[::-1][:MOST_ROWS], np.arange(min(len(members), MOST_ROWS))
    figure = go.Figure(
        go.Heatmap(
            z=100 * apart[np.ix_(rows, columns)],
            colorscale=SEQUENTIAL,
            zmin=0,
            zmax=_top(100 * apart[np.ix_(rows, columns)]),
            colorbar={"title": {"text": "%"}, "thickness": 12},
            hovertext=[
                [
                    f"<b>{shown(members[row])}</b><br>{shown(levels[at])}: differs from "
                    f"{percent(float(apart[row, at]))} of {count(int(others[row, at]))} answers "
                    "of others"
                    for at in columns.tolist()
                ]
                for row in rows.tolist()
            ],
            hoverinfo="text",
            xgap=1,
            ygap=1,
        )
    )
    titled(
        figure,
        f"Who stands apart, by {shown(column, 24)}",
        subtitle,
        height=max(230 + 20 * len(rows), 340),
        palette=palette,
    )
    named = columns if len(columns) <= NAMED_COLUMNS else columns[:0]
    figure.update_xaxes(
        tickvals=list(range(len(named))),
        ticktext=[shown(levels[at], 16) for at in named.tolist()],
        showgrid=False,
    )
    figure.update_yaxes(
        tickvals=rows.tolist(),
        ticktext=[shown(members[row], 36) for row in rows.tolist()],
        autorange="reversed",
        showgrid=False,
    )
    return figure


def _top(values: np.ndarray) -> float:
    """The largest value that is known, else 100."""
    known = values[np.isfinite(values)]
    return float(known.max()) if len(known) and known.max() > 0 else 100.0


def dependence_bars(
    found: Sequence[Mapping],
    *,
    what: str,
    most: int = 15,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """How far answers or errors depend on groupings and crossings, strongest on top.

    Args:
        found: name, correlation, p_bh and n of each.
        what: "errors" or "answers".
        most: how many are drawn.
        subtitle: n.
        palette: colours.

    Returns:
        A figure without picks.
    """
    known = [one for one in found if np.isfinite(one["correlation"])]
    rows = sorted(known, key=lambda one: -one["correlation"])[:most][::-1]
    clear = [np.isfinite(one["p_bh"]) and one["p_bh"] < 0.05 for one in rows]
    figure = go.Figure(
        go.Bar(
            x=[one["correlation"] for one in rows],
            y=list(range(len(rows))),
            orientation="h",
            marker={"color": [palette.ensemble if one else palette.muted for one in clear]},
            hovertext=[
                f"<b>{shown(one['name'], 60)}</b><br>distance correlation "
                f"{three_digits(one['correlation'])}, n = {count(one['n'])}<br>{_p(one)}"
                for one in rows
            ],
            hoverinfo="text",
        )
    )
    titled(
        figure,
        f"What the {what} depend on",
        subtitle,
        height=max(180 + 24 * len(rows), 340),
        palette=palette,
    )
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[shown(one["name"], 30) for one in rows],
        showgrid=False,
    )
    figure.update_xaxes(title="Distance correlation, 0 = independent", rangemode="tozero")
    return figure


def _p(one: Mapping) -> str:
    known = np.isfinite(one["p_bh"])
    return f"{p_value(one['p_bh'])} corrected" if known else "not tested"
