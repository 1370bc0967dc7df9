"""Beside the projections of a front: in space, its losses, and on all axes."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.front import MOST_MARKS, SYMBOLS, Drawn, Ruler
from dashboard.plots.layout import titled
from dashboard.theme import LIGHT, SEQUENTIAL, Palette, shown, three_digits

MOST_LINES = 300


def in_space(
    values: np.ndarray,
    rulers: Sequence[Ruler],
    drawn: Drawn,
    *,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Candidates on three axes; of many beaten ones a part.

    Args:
        values: float [E, 3].
        rulers: three.
        drawn: as in the projections.
        subtitle: rule and n.
        palette: colours.

    Returns:
        A figure without picks.
    """
    known = np.isfinite(values).all(1)
    beaten = np.flatnonzero(known & ~drawn.on_front)
    if len(beaten) > MOST_MARKS:
        beaten = beaten[:: -(-len(beaten) // MOST_MARKS)]
    best = np.flatnonzero(known & drawn.on_front)
    best = best[:: max(1, -(-len(best) // MOST_MARKS))]
    figure = go.Figure()
    for name, rows, size, opacity in (
        ("beaten", beaten, 2.5, 0.35),
        ("on the front", best, 5, 1.0),
    ):
        figure.add_scatter3d(
            x=values[rows, 1],
            y=values[rows, 2],
            z=values[rows, 0],
            mode="markers",
            name=name,
            marker={
                "symbol": [SYMBOLS[kind] for kind in drawn.kinds[rows]],
                "size": size,
                "opacity": opacity,
                "color": drawn.sizes[rows] if opacity == 1 else palette.member,
                "colorscale": SEQUENTIAL,
            },
            hovertext=drawn.texts(rows),
            hoverinfo="text",
        )
    if drawn.active is not None and known[drawn.active]:
        quality, across, deep = values[drawn.active]
        figure.add_scatter3d(
            x=[across],
            y=[deep],
            z=[quality],
            mode="markers",
            name="active ensemble",
            marker={"symbol": "diamond", "size": 8, "color": palette.ensemble},
            hoverinfo="skip",
        )
    titled(figure, "The three axes at once", subtitle, height=560, palette=palette, legend="bottom")
    figure.update_layout(
        scene={
            name: {
                "title": {"text": rulers[place].label},
                "gridcolor": palette.grid,
                "backgroundcolor": "rgba(0,0,0,0)",
                "tickformat": ".0%" if rulers[place].share else None,
            }
            for name, place in (("xaxis", 1), ("yaxis", 2), ("zaxis", 0))
        }
    )
    return figure


def equal_losses(
    loss: np.ndarray,
    gap: np.ndarray,
    drawn: Drawn,
    *,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Mean loss of the members against what combining them gains, with lines of equal loss.

    Args:
        loss: float [E], log loss of the ensemble.
        gap: float [E], mean log loss of the members minus it.
        drawn: as in the projections.
        subtitle: rule and n.
        palette: colours.

    Returns:
        A figure; customdata = row of the candidate.
    """
    known = np.flatnonzero(np.isfinite(loss) & np.isfinite(gap))
    if len(known) > MOST_MARKS:
        front = drawn.on_front[known]
        rest = known[~front]
        known = np.concatenate([known[front], rest[:: -(-len(rest) // MOST_MARKS)]])
    mean, figure = loss[known] + gap[known], go.Figure()
    ends = [float(mean.min()), float(mean.max())] if len(known) else [0.0, 1.0]
    for level in np.linspace(*np.quantile(loss[known], [0, 1]), 6) if len(known) else ():
        figure.add_scatter(
            x=ends,
            y=[end - level for end in ends],
            mode="lines",
            line={"color": palette.muted, "width": 1},
            hoverinfo="skip",
            showlegend=False,
        )
        figure.add_annotation(
            x=ends[1],
            y=ends[1] - level,
            text=three_digits(float(level)),
            showarrow=False,
            xanchor="left",
            font={"size": 10, "color": palette.member},
        )
    figure.add_scatter(
        x=mean,
        y=gap[known],
        mode="markers",
        marker={
            "symbol": [SYMBOLS[kind] for kind in drawn.kinds[known]],
            "size": np.where(drawn.on_front[known], 11, 6),
            "color": drawn.sizes[known],
            "colorscale": SEQUENTIAL,
            "colorbar": {"title": {"text": "Members", "side": "right"}, "thickness": 10},
            "line": {"width": np.where(drawn.on_front[known], 1.5, 0), "color": palette.text},
        },
        customdata=known.astype(np.int32),
        hovertext=drawn.texts(known),
        hoverinfo="text",
        showlegend=False,
    )
    titled(
        figure,
        "Better members or more diverse ones?",
        f"Along a grey line the ensemble's log loss is the same. {subtitle}",
        height=480,
        palette=palette,
        width=70,
    )
    figure.update_layout(dragmode="pan", clickmode="event+select")
    figure.update_xaxes(title="Mean log loss of the members, lower is better")
    top = float(gap[known].max()) if len(known) else 1.0
    low = float(gap[known].min()) if len(known) else 0.0
    margin = 0.06 * max(top - low, 1e-6)
    figure.update_yaxes(
        title="Jensen gap, higher is more diverse", range=[low - margin, top + margin]
    )
    return figure


def in_parallel(
    values: np.ndarray,
    rulers: Sequence[Ruler],
    *,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """The candidates on the front as lines over all axes, better always on top.

    Args:
        values: float [F, A].
        rulers: A.
        subtitle: what the lines are.
        palette: colours.

    Returns:
        A figure without picks.
    """
    figure = go.Figure()
    rows = values[np.isfinite(values).all(1)][:MOST_LINES]
    if len(rows):
        figure.add_parcoords(
            line={"color": rows[:, 0], "colorscale": SEQUENTIAL},
            dimensions=[
                {
                    "label": shown(ruler.label, 26),
                    "values": rows[:, place],
                    "range": _better_on_top(rows[:, place], ruler),
                    "tickformat": ".1%" if ruler.share else ".3~g",
                }
                for place, ruler in enumerate(rulers)
            ],
            labelfont={"color": palette.text},
            tickfont={"color": palette.member},
            rangefont={"color": "rgba(0,0,0,0)"},
        )
    titled(figure, "The front on all axes", subtitle, height=380, palette=palette)
    figure.update_layout(margin={"l": 70, "r": 60, "t": 110, "b": 30})
    return figure


def _better_on_top(values: np.ndarray, ruler: Ruler) -> list[float]:
    ends = [float(values.min()), float(values.max())]
    if ends[0] == ends[1]:
        ends[1] += 1e-6
    return ends if ruler.higher else ends[::-1]
