"""Accuracy per subpopulation: dots with intervals, and curves against ensemble size."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import add_band, titled
from dashboard.theme import BESIDE_SYMBOLS, LIGHT, Palette, count, interval, percent, shown

Line = tuple[str, np.ndarray, np.ndarray, np.ndarray]

MOST_LEVELS = 40


def drawn_levels(rate: np.ndarray, sizes: np.ndarray, least: int) -> np.ndarray:
    """Which groups are drawn: all of few; of many the best and worst that are large enough.

    Args:
        rate: float [G].
        sizes: int [G].
        least: samples that make a group large enough.

    Returns:
        int [g], ascending, at most `MOST_LEVELS`; filled up with the largest of the others.
    """
    if len(rate) <= MOST_LEVELS:
        return np.arange(len(rate))
    large = np.flatnonzero(np.isfinite(rate) & (sizes >= least))
    order = large[np.argsort(rate[large], kind="stable")]
    half = MOST_LEVELS // 2
    chosen = order if len(order) <= MOST_LEVELS else np.concatenate([order[:half], order[-half:]])
    others = np.setdiff1d(np.argsort(-sizes, kind="stable"), chosen, assume_unique=True)
    others = others[np.argsort(-sizes[others], kind="stable")]
    return np.sort(np.concatenate([chosen, others[: MOST_LEVELS - len(chosen)]]))


def group_accuracies(
    levels: Sequence[str],
    sizes: np.ndarray,
    members: np.ndarray,
    names: Sequence[str],
    best: Line,
    ensemble: Line,
    *,
    column: str,
    beside: Sequence[tuple[int, Line]] = (),
    least: int = 0,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Accuracy of members, best member and ensemble in every group, best group on top.

    Args:
        levels: G.
        sizes: int [G].
        members: float [K, G], accuracy of each member.
        names: K.
        best: name, accuracy, low and high [G] of the best member.
        ensemble: the same of the ensemble.
        column: the grouping.
        beside: slot of the colour and line of each other ensemble.
        least: groups with fewer samples are drawn hollow and marked as few.
        subtitle: n, missing rule.
        palette: colours.

    Returns:
        A figure; customdata = group, and for members group + G * (1 + row).
    """
    order = np.argsort(np.nan_to_num(ensemble[1], nan=-1.0), kind="stable")
    place = np.empty(len(order), dtype=int)
    place[order] = np.arange(len(order))
    figure = go.Figure()
    _add_members(figure, members, names, levels, sizes, place, palette)
    lines = [(best, palette.best, "circle", 10), (ensemble, palette.ensemble, "diamond", 12)]
    lines += [(line, palette.beside[at], BESIDE_SYMBOLS[at], 11) for at, line in beside]
    ends = 0.32 if beside else 0.12
    for (line, *look), aside in zip(lines, np.linspace(-ends, ends, len(lines)), strict=True):
        _add_line(figure, line, levels, sizes, place + aside, least, *look)
    titled(
        figure,
        f"Accuracy by {shown(column)}",
        subtitle,
        height=max(220 + (28 + 10 * len(beside)) * len(levels), 380),
        palette=palette,
        legend="bottom",
    )
    figure.update_layout(dragmode=False, clickmode="event+select")
    figure.update_yaxes(
        tickvals=list(range(len(levels))),
        ticktext=[
            f"{shown(levels[at], 22)} (n = {count(int(sizes[at]))}"
            f"{', few' if sizes[at] < least else ''})"
            for at in order
        ],
        range=[-0.7, len(levels) - 0.3],
    )
    figure.update_xaxes(title="Accuracy (95 % interval), higher is better", tickformat=".0%")
    return figure


def _add_members(
    figure: go.Figure,
    members: np.ndarray,
    names: Sequence[str],
    levels: Sequence[str],
    sizes: np.ndarray,
    place: np.ndarray,
    palette: Palette,
) -> None:
    """Every member in every group as a small dot."""
    rows, groups = np.nonzero(np.isfinite(members))
    figure.add_scatter(
        x=members[rows, groups],
        y=place[groups] + _spread(len(names))[rows],
        mode="markers",
        name="members",
        marker={"color": palette.muted, "size": 6},
        customdata=(groups + len(levels) * (1 + rows)).astype(np.int32),
        hovertext=[
            f"<b>{shown(names[row])}</b><br>{shown(levels[group])}: "
            f"{percent(members[row, group])}, n = {count(int(sizes[group]))}"
            for row, group in zip(rows.tolist(), groups.tolist(), strict=True)
        ],
        hoverinfo="text",
    )


def _add_line(
    figure: go.Figure,
    line: Line,
    levels: Sequence[str],
    sizes: np.ndarray,
    place: np.ndarray,
    least: int,
    colour: str,
    symbol: str,
    size: int,
) -> None:
    name, rate, low, high = line
    figure.add_scatter(
        x=rate,
        y=place,
        mode="markers",
        name=shown(name),
        marker={
            "color": colour,
            "symbol": [_hollow(symbol) if n < least else symbol for n in sizes.tolist()],
            "size": size,
        },
        error_x={
            "type": "data",
            "array": high - rate,
            "arrayminus": rate - low,
            "thickness": 1.5,
            "width": 3,
            "color": colour,
        },
        customdata=np.arange(len(levels), dtype=np.int32),
        hovertext=[
            f"<b>{shown(name)}</b><br>{shown(levels[at])}: {percent(rate[at])} "
            f"{interval(low[at], high[at])}, n = {count(int(sizes[at]))}"
            for at in range(len(levels))
        ],
        hoverinfo="text",
    )


def _hollow(symbol: str) -> str:
    return symbol if symbol.endswith(("-open", "-x", "-dot")) else f"{symbol}-open"


def _spread(number: int) -> np.ndarray:
    """Small fixed steps aside, so that members do not cover each other."""
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
    least: int = 0,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Accuracy per group against the number of members.

    Args:
        sizes: S team sizes.
        levels: G names; beyond eight only the two best and two worst groups are coloured.
        mean: float [S, G], mean over the teams of a size.
        low: float [S, G], 10 % quantile of the teams.
        high: float [S, G], 90 % quantile.
        counts: int [G], samples per group.
        column: the grouping.
        least: beyond eight groups, those with fewer samples are not coloured.
        subtitle: rule, teams per size.
        palette: colours.

    Returns:
        A figure without picks.
    """
    figure = go.Figure()
    order = np.argsort(-np.nan_to_num(mean[-1], nan=-1.0), kind="stable").tolist()
    large = [place for place in order if counts[place] >= least] or order
    told = order if len(levels) <= len(palette.levels) else [*large[:2], *large[-2:]]
    colours = dict(zip(sorted(told), palette.levels, strict=False))
    for place in sorted(order, key=lambda at: at in colours):
        colour = colours.get(place, palette.muted)
        parts = mean[:, place], low[:, place], high[:, place]
        if place in colours and len(sizes) > 1:
            add_band(figure, sizes, *parts[1:], colour)
        figure.add_scatter(
            x=list(sizes),
            y=parts[0],
            mode="lines+markers" if place in colours else "lines",
            name=f"{shown(levels[place], 18)}<br>n = {count(int(counts[place]))}",
            legendrank=order.index(place),
            showlegend=place in colours,
            line={"color": colour, "width": 2.5 if place in colours else 1},
            hovertext=_size_hover(levels[place], sizes, *parts),
            hoverinfo="text",
        )
    titled(
        figure,
        f"Does a larger team help every {shown(column, 20)}?",
        subtitle,
        height=470,
        palette=palette,
        legend="right",
    )
    figure.update_layout(dragmode="pan")
    figure.update_xaxes(title="Members in the team", dtick=1 if max(sizes) <= 15 else None)
    figure.update_yaxes(title="Accuracy, higher is better", tickformat=".0%")
    return figure


def _size_hover(
    level: str, sizes: Sequence[int], mean: np.ndarray, low: np.ndarray, high: np.ndarray
) -> list[str]:
    return [
        f"<b>{shown(level)}</b>, teams of {size}<br>mean {percent(mean[row])}, most between "
        f"{percent(low[row])} and {percent(high[row])}"
        for row, size in enumerate(sizes)
    ]


def decode_groups(points: Sequence, levels: int) -> list[int]:
    """Groups of the picked marks, each once."""
    codes = [point["customdata"] for point in points if point.get("customdata") is not None]
    return sorted({int(code) % levels for code in codes})


def decode_group_members(points: Sequence, levels: int) -> list[int]:
    """Rows of the members whose marks were picked, each once."""
    codes = [point["customdata"] for point in points if point.get("customdata") is not None]
    return sorted({int(code) // levels - 1 for code in codes if int(code) >= levels})
