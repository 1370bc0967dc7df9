"""Which members candidates share, and how good the front of every group is."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import LIGHT, Palette, count, percent, shown, three_digits

MOST_MODELS = 25


def shared_models(
    shares: np.ndarray, names: Sequence[str], teams: int, *, palette: Palette = LIGHT
) -> go.Figure:
    """In what share of some candidates each model is.

    Args:
        shares: float [M].
        names: M.
        teams: how many candidates.
        palette: colours.

    Returns:
        A figure; customdata = row of the model.
    """
    rows = np.argsort(-shares, kind="stable")
    rows = rows[shares[rows] > 0][:MOST_MODELS][::-1].astype(np.int32)
    figure = go.Figure()
    figure.add_bar(
        x=shares[rows],
        y=np.arange(len(rows)),
        orientation="h",
        marker={"color": palette.ensemble},
        customdata=rows,
        hovertext=[
            f"<b>{shown(names[row])}</b><br>in {percent(float(shares[row]))} of them"
            for row in rows
        ],
        hoverinfo="text",
    )
    left = int((shares > 0).sum()) - len(rows)
    titled(
        figure,
        "Which members do they share?",
        f"{count(teams)} marked candidates, share with each model"
        + (f"; {count(left)} rarer models are not shown." if left > 0 else "."),
        height=110 + 21 * max(len(rows), 4),
        palette=palette,
        width=70,
    )
    figure.update_layout(clickmode="event+select", dragmode="pan", bargap=0.3)
    figure.update_xaxes(title="Share of the marked candidates", tickformat=".0%", range=[0, 1])
    figure.update_yaxes(
        tickmode="array",
        tickvals=np.arange(len(rows)),
        ticktext=[shown(names[row], 36) for row in rows],
    )
    return figure


def group_volumes(
    levels: Sequence[str],
    table: dict[str, np.ndarray],
    *,
    column: str,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """How large the front of every group is.

    Args:
        levels: G names.
        table: "n", "volume", "low", "high" [G].
        column: the grouping.
        subtitle: reference and n.
        palette: colours.

    Returns:
        A figure; customdata = row of the group.
    """
    rows = np.flatnonzero(np.isfinite(table["volume"]))
    rows = rows[np.argsort(table["volume"][rows])].astype(np.int32)
    volume = table["volume"][rows]
    figure = go.Figure()
    figure.add_scatter(
        x=volume,
        y=np.arange(len(rows)),
        mode="markers",
        marker={"size": 10, "symbol": "diamond", "color": palette.ensemble},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": np.nan_to_num(table["high"][rows] - volume).clip(0),
            "arrayminus": np.nan_to_num(volume - table["low"][rows]).clip(0),
            "color": palette.member,
            "thickness": 1.5,
        },
        customdata=rows,
        hovertext=[
            f"<b>{shown(levels[row])}</b><br>hypervolume {three_digits(float(value))}"
            f"<br>n = {count(int(table['n'][row]))}"
            for row, value in zip(rows.tolist(), volume, strict=True)
        ],
        hoverinfo="text",
        showlegend=False,
    )
    titled(
        figure,
        f"How good is the front of each {shown(column, 24)}?",
        subtitle,
        height=150 + 34 * max(len(rows), 2),
        palette=palette,
        width=70,
    )
    figure.update_layout(clickmode="event+select", dragmode="pan")
    figure.update_xaxes(title="Hypervolume of the front, higher is better")
    figure.update_yaxes(
        tickmode="array",
        tickvals=np.arange(len(rows)),
        ticktext=[shown(levels[row], 24) for row in rows],
    )
    return figure
