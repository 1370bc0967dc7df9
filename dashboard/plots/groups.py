"""Accuracy per subpopulation: dots with intervals, and curves against ensemble size."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import LIGHT, Palette, count, interval, percent, shown


def group_accuracies(
    levels: Sequence[str],
    sizes: np.ndarray,
    members: np.ndarray,
    names: Sequence[str],
    best: tuple[str, np.ndarray, np.ndarray, np.ndarray],
    ensemble: tuple[str, np.ndarray, np.ndarray, np.ndarray],
    *,
    column: str,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Accuracy of members, best member and ensemble in every group.

    Args:
        levels: G.
        sizes: int [G].
        members: float [K, G], accuracy of each member.
        names: K.
        best: name, accuracy, low and high [G] of the best member.
        ensemble: the same of the ensemble.
        column: the grouping.
        subtitle: n, missing rule.
        palette: colours.

    Returns:
        A figure; customdata = group.
    """
    places = np.arange(len(levels))
    figure = go.Figure()
    rows, groups = np.nonzero(np.isfinite(members))
    figure.add_scatter(
        x=groups + _spread(len(names))[rows],
        y=members[rows, groups],
        mode="markers",
        name="members",
        marker={"color": palette.muted, "size": 6},
        customdata=groups.astype(np.int32),
        hovertext=[
            f"<b>{shown(names[row])}</b><br>{shown(levels[group])}: "
            f"{percent(members[row, group])}, n = {count(int(sizes[group]))}"
            for row, group in zip(rows.tolist(), groups.tolist(), strict=True)
        ],
        hoverinfo="text",
    )
    for (name, rate, low, high), colour, symbol, size, shift in (
        (best, palette.best, "circle", 11, -0.12),
        (ensemble, palette.ensemble, "diamond", 13, 0.12),
    ):
        figure.add_scatter(
            x=places + shift,
            y=rate,
            mode="markers",
            name=shown(name),
            marker={"color": colour, "symbol": symbol, "size": size},
            error_y={"type": "data", "array": high - rate, "arrayminus": rate - low,
                     "thickness": 1.5, "width": 3, "color": colour},
            customdata=places.astype(np.int32),
            hovertext=[
                f"<b>{shown(name)}</b><br>{shown(levels[place])}: {percent(rate[place])} "
                f"{interval(low[place], high[place])}, n = {count(int(sizes[place]))}"
                for place in places.tolist()
            ],
            hoverinfo="text",
        )
    titled(figure, f"Accuracy by {shown(column)}", subtitle, height=470, palette=palette,
           legend=True)
    figure.update_layout(dragmode=False, clickmode="event+select", legend={"y": -0.28})
    figure.update_xaxes(
        tickvals=places,
        ticktext=[
            f"{shown(level, 18)}<br>n = {count(int(size))}"
            for level, size in zip(levels, sizes, strict=True)
        ],
        range=[-0.6, len(levels) - 0.4],
        title=shown(column),
    )
    figure.update_yaxes(title="Accuracy (95 % interval), higher is better", tickformat=".0%")
    return figure


def _spread(number: int) -> np.ndarray:
    """Small fixed sideways steps, so that members do not cover each other."""
    return np.linspace(-0.3, 0.3, number) if number > 1 else np.zeros(1)


def size_curve(
    sizes: Sequence[int],
    levels: Sequence[str],
    mean: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    counts: np.ndarray,
    *,
    column: str,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Accuracy per group against the number of members.

    Args:
        sizes: S team sizes.
        levels: G names; beyond eight only the largest, smallest and overall are coloured.
        mean: float [S, G], mean over the teams of a size.
        low: float [S, G], worst tenth of the teams; high: best tenth.
        high: float [S, G].
        counts: int [G], samples per group.
        column: the grouping.
        subtitle: rule, teams per size.
        palette: colours.

    Returns:
        A figure without picks.
    """
    figure = go.Figure()
    coloured = len(levels) <= len(palette.levels)
    for place, level in enumerate(levels):
        colour = palette.levels[place] if coloured else palette.member
        if coloured and len(sizes) > 1:
            figure.add_scatter(
                x=[*sizes, *reversed(sizes)],
                y=np.concatenate([high[:, place], low[::-1, place]]),
                fill="toself",
                fillcolor=colour,
                opacity=0.13,
                line={"width": 0},
                mode="lines",
                hoverinfo="skip",
                showlegend=False,
            )
        figure.add_scatter(
            x=list(sizes),
            y=mean[:, place],
            mode="lines+markers",
            name=f"{shown(level, 24)} (n = {count(int(counts[place]))})",
            line={"color": colour, "width": 2},
            hovertext=[
                f"<b>{shown(level)}</b>, teams of {size}<br>mean {percent(mean[row, place])}, "
                f"most between {percent(low[row, place])} and {percent(high[row, place])}"
                for row, size in enumerate(sizes)
            ],
            hoverinfo="text",
        )
    titled(figure, f"Does a larger team help every {shown(column)}?", subtitle, height=470,
           palette=palette, legend=True)
    figure.update_layout(legend={"y": -0.2}, dragmode="pan")
    figure.update_xaxes(title="Members in the team", dtick=1 if max(sizes) <= 15 else None)
    figure.update_yaxes(title="Accuracy, higher is better", tickformat=".0%")
    return figure


def decode_groups(points: Sequence, levels: int) -> list[int]:
    """Groups of the picked marks, each once."""
    codes = [point["customdata"] for point in points if point.get("customdata") is not None]
    return sorted({int(code) for code in codes if int(code) < levels})
