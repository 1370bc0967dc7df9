"""How hard samples are: members right, a score's distribution, two kinds of uncertainty."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import LIGHT, OUTCOME_PATTERNS, Palette, count, percent, shown, three_digits

SIDES = ("ensemble right", "ensemble wrong", "ensemble not judged")
SVG_POINTS = 2000


def number_right(table: np.ndarray, *, subtitle: str = "", palette: Palette = LIGHT) -> go.Figure:
    """Samples by how many members get them right, the ensemble's answer as the colour.

    Args:
        table: int [K + 1, 3], samples with k members right: ensemble right, wrong, not judged.
        subtitle: n and rule.
        palette: colours.

    Returns:
        A figure; customdata = k * 3 + side.
    """
    members, total = len(table) - 1, max(int(table.sum()), 1)
    k = np.arange(members + 1)
    figure = go.Figure()
    for side in range(table.shape[1]):
        values = table[:, side]
        if not values.any():
            continue
        figure.add_bar(
            x=k,
            y=values,
            name=SIDES[side],
            marker=_filled(side, palette),
            customdata=(k * 3 + side).astype(np.int32),
            hovertext=[
                f"<b>{count(int(n))}</b> samples ({percent(n / total)}): {level} of {members} "
                f"members right, {SIDES[side]}"
                for level, n in zip(k.tolist(), values.tolist(), strict=True)
            ],
            hoverinfo="text",
        )
    title = "How many members get a sample right"
    titled(figure, title, subtitle, height=420, palette=palette, legend="bottom")
    figure.update_layout(bargap=0.2)
    figure.update_xaxes(
        title=f"Members right (of {members})",
        dtick=max(1, -(-members // 12)),
        range=[-0.6, members + 0.6],
    )
    return _stacked(figure, table.sum(1))


def score_histogram(
    table: np.ndarray,
    edges: np.ndarray,
    *,
    label: str,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """How a score of the samples is distributed.

    Args:
        table: int [B, 3], samples per bin and side: ensemble right, wrong, not judged.
        edges: float [B + 1].
        label: of the score, with its unit.
        subtitle: what the score says, and n.
        palette: colours.

    Returns:
        A figure; customdata = bin * 3 + side.
    """
    bins = len(table)
    figure = go.Figure()
    for side, name in enumerate(SIDES):
        values = table[:, side]
        if not values.any():
            continue
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=values,
            width=np.diff(edges) * 0.94,
            name=name,
            marker=_filled(side, palette),
            customdata=(np.arange(bins) * 3 + side).astype(np.int32),
            hovertext=[
                f"<b>{count(int(n))}</b> samples, {name}<br>{shown(label, 60)} "
                f"{three_digits(low)} to {three_digits(high)}"
                for n, low, high in zip(
                    values.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True
                )
            ],
            hoverinfo="text",
        )
    title = "How hard the samples are"
    titled(figure, title, subtitle, height=420, palette=palette, legend="bottom")
    figure.update_xaxes(title=label)
    return _stacked(figure, table.sum(1))


def _stacked(figure: go.Figure, heights: np.ndarray) -> go.Figure:
    """Bars on each other, with room above the highest."""
    figure.update_layout(
        barmode="stack",
        dragmode=False,
        clickmode="event+select",
        legend={"traceorder": "normal"},
    )
    figure.layout.margin.t += 10
    top = max(float(heights.max()), 1.0)
    figure.update_yaxes(title="Samples", tickformat=",~f", range=[0, 1.08 * top])
    return figure


def decode_sides(points: Sequence[Mapping], places: int) -> list[tuple[int, int]]:
    """(place, side) of every picked mark of `number_right` and `score_histogram`."""
    codes = {int(point["customdata"]) for point in points if point.get("customdata") is not None}
    return [divmod(code, 3) for code in sorted(codes) if code < places * 3]


def uncertainty(
    expected: np.ndarray,
    mutual: np.ndarray,
    sides: np.ndarray,
    rows: np.ndarray,
    hover: Sequence[str],
    *,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Two kinds of uncertainty: members that are unsure, and members that contradict each other.

    Args:
        expected: float [n], mean entropy of the members, nats.
        mutual: float [n], mutual information, nats.
        sides: int [n], 0 ensemble right, 1 wrong, 2 not judged.
        rows: int [n], rows of the bundle.
        hover: n texts of lines, not escaped.
        subtitle: n, and which samples are drawn.
        palette: colours.

    Returns:
        A figure; customdata = row of the sample.
    """
    figure = go.Figure()
    draw = go.Scattergl if len(rows) > SVG_POINTS else go.Scatter
    for side, (name, symbol) in enumerate(zip(SIDES, ("circle", "x", "circle"), strict=True)):
        here = np.flatnonzero(sides == side)
        if not len(here):
            continue
        figure.add_trace(
            draw(
                x=expected[here].astype(np.float32),
                y=mutual[here].astype(np.float32),
                mode="markers",
                name=name,
                marker={
                    "color": _colour(side, palette),
                    "symbol": symbol,
                    "size": 6 if len(rows) <= SVG_POINTS else 5,
                    "opacity": 0.6,
                },
                unselected={"marker": {"opacity": 0.15}},
                customdata=rows[here].astype(np.int32),
                hovertext=[_lines(hover[place]) for place in here.tolist()],
                hoverinfo="text",
            )
        )
    title = "Unsure, or of different minds?"
    titled(figure, title, subtitle, height=560, palette=palette, legend="bottom")
    figure.update_layout(dragmode="lasso", legend={"itemsizing": "constant"})
    figure.update_xaxes(title="Expected entropy (nats)", rangemode="tozero")
    figure.update_yaxes(title="Mutual information (nats)", rangemode="tozero")
    return figure


def _lines(text: str) -> str:
    return "<br>".join(shown(line, 120) for line in text.split("\n"))


def _colour(side: int, palette: Palette) -> str:
    return (palette.outcomes["corrected"], palette.outcomes["spoiled"], palette.muted)[side]


def _filled(side: int, palette: Palette) -> dict:
    """Green for right, striped orange for wrong, grey for not judged."""
    return {
        "color": _colour(side, palette),
        "pattern": {
            "shape": OUTCOME_PATTERNS["spoiled"] if side == 1 else "",
            "fgcolor": palette.surface,
            "fillmode": "overlay",
            "size": 6,
            "solidity": 0.2,
        },
    }
