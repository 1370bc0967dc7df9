"""What each member brings to the ensemble."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import LIGHT, Palette, count, interval, p_value, percent, shown

NAMED_ROWS = 45
KINDS = {
    "helps": "helps (interval above 0)",
    "open": "makes no clear difference",
    "harms": "harms (interval below 0)",
}


def member_gains(
    names: Sequence[str],
    table: Mapping[str, np.ndarray],
    *,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """How much less accurate the ensemble is without each member, most helpful on top.

    Args:
        names: M members.
        table: float or int [M] each: gain, low, high, without, brought, lost, p, n.
        subtitle: rule, n and missing rule.
        palette: colours.

    Returns:
        A figure; customdata = row of the member.
    """
    gain = np.asarray(table["gain"])
    order = np.argsort(np.nan_to_num(gain, nan=-np.inf), kind="stable")
    place = np.empty(len(order), dtype=int)
    place[order] = np.arange(len(order))
    kinds = np.select([table["low"] > 0, table["high"] < 0], ["helps", "harms"], "open")
    looks = {
        "helps": (palette.outcomes["corrected"], "triangle-up"),
        "open": (palette.muted, "circle"),
        "harms": (palette.outcomes["spoiled"], "triangle-down"),
    }
    figure = go.Figure()
    for kind, label in KINDS.items():
        rows = np.flatnonzero((kinds == kind) & np.isfinite(gain))
        if not len(rows):
            continue
        colour, symbol = looks[kind]
        figure.add_scatter(
            x=gain[rows],
            y=place[rows].tolist(),
            mode="markers",
            name=label,
            marker={"color": colour, "symbol": symbol, "size": 11},
            error_x={
                "type": "data",
                "array": table["high"][rows] - gain[rows],
                "arrayminus": gain[rows] - table["low"][rows],
                "color": colour,
                "thickness": 1.4,
                "width": 0,
            },
            customdata=rows.astype(np.int32),
            hovertext=[_hover(names[row], table, row) for row in rows.tolist()],
            hoverinfo="text",
        )
    return _framed(figure, names, order, subtitle, palette)


def decode_member(points: Sequence[Mapping]) -> int | None:
    """Row of the last picked member."""
    codes = [point["customdata"] for point in points if point.get("customdata") is not None]
    return int(codes[-1]) if codes else None


def _hover(name: str, table: Mapping[str, np.ndarray], row: int) -> str:
    return (
        f"<b>{shown(name)}</b><br>ensemble without it: {percent(table['without'][row])}<br>"
        f"gain {100 * table['gain'][row]:+.2f} points "
        f"{interval(table['low'][row], table['high'][row])}<br>"
        f"right only thanks to it: {count(int(table['brought'][row]))}, wrong only because of it: "
        f"{count(int(table['lost'][row]))}<br>{p_value(table['p'][row])} (McNemar, Holm), "
        f"n = {count(int(table['n'][row]))}"
    )


def _framed(
    figure: go.Figure, names: Sequence[str], order: np.ndarray, subtitle: str, palette: Palette
) -> go.Figure:
    height = max(190 + 17 * min(len(names), NAMED_ROWS), 300)
    title = "What the ensemble loses without each member"
    titled(figure, title, subtitle, height=height, palette=palette, legend="bottom")
    figure.add_vline(x=0, line={"color": palette.member, "width": 1})
    figure.update_xaxes(
        title="Accuracy with it minus without it (95 % interval)", tickformat="+.1%"
    )
    few = len(names) <= NAMED_ROWS
    figure.update_yaxes(
        tickmode="array",
        tickvals=list(range(len(names))) if few else [],
        ticktext=[shown(names[row], 36) for row in order.tolist()] if few else [],
        title="" if few else "Members, most helpful on top",
        range=[-0.8, len(names) - 0.2],
    )
    return figure
