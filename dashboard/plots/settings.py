"""Accuracy in one setting against accuracy in another, a point per model."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import LIGHT, SEQUENTIAL, Palette, count, interval, percent, shown

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "star", "x")
UNKNOWN, OTHERS = "not known", "other values"
MARGIN = 0.06


def setting_scatter(
    accuracy: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    counts: np.ndarray | None,
    on_front: np.ndarray,
    names: Sequence[str],
    settings: tuple[str, str],
    *,
    colour: np.ndarray | None = None,
    colour_name: str = "",
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Models by their accuracy in two settings, those that none beats in both ringed.

    Args:
        accuracy: float [n, 2], shares in x and y.
        low: float [n, 2], lower ends of the intervals, NaN where unknown.
        high: float [n, 2], upper ends.
        counts: int [n, 2], samples behind each, 0 where unknown; None: all unknown.
        on_front: bool [n].
        names: n models.
        settings: names of x and y.
        colour: [n] numbers or text by which the points are coloured.
        colour_name: what these are.
        subtitle: how many models, and what is marked.
        palette: colours.

    Returns:
        A figure; customdata = row of the model.
    """
    figure = go.Figure()
    hover = _hover(accuracy, low, high, counts, on_front, names, settings, colour, colour_name)
    ranges = [_range(accuracy[:, side]) for side in (0, 1)]
    above = bool(np.mean(accuracy[:, 1] > accuracy[:, 0]) > 0.5)
    _add_equal(figure, ranges, above, palette)
    for name, rows, marker in _parts(colour, colour_name, len(names), palette):
        figure.add_scatter(
            x=accuracy[rows, 0],
            y=accuracy[rows, 1],
            mode="markers",
            name=name,
            marker=_ringed(on_front[rows], palette) | marker,
            customdata=rows.astype(np.int32),
            hovertext=[hover[row] for row in rows.tolist()],
            hoverinfo="text",
        )
    _add_front(figure, accuracy, on_front, palette)
    coloured = colour is not None and colour.dtype == object
    titled(
        figure,
        f"{shown(settings[1], 40)} against {shown(settings[0], 40)}",
        subtitle if crosses(ranges) else f"{subtitle} The line itself lies outside the plot.",
        height=600,
        palette=palette,
        legend="bottom" if coloured else "none",
    )
    figure.update_layout(dragmode="pan")
    _name_axes(figure, settings, ranges)
    return figure


def _ringed(on_front: np.ndarray, palette: Palette) -> dict:
    """Markers that are larger and ringed on the front."""
    return {
        "size": np.where(on_front, 13, 7),
        "line": {"width": np.where(on_front, 2, 0), "color": palette.text},
        "opacity": np.where(on_front, 1.0, 0.75),
    }


def _name_axes(
    figure: go.Figure, settings: tuple[str, str], ranges: Sequence[Sequence[float]]
) -> None:
    axes = (figure.update_xaxes, figure.update_yaxes)
    for update, setting, reach in zip(axes, settings, ranges, strict=True):
        update(
            title=f"Accuracy in {shown(setting, 28)}, higher is better",
            tickformat=".0%" if reach[1] - reach[0] > 0.05 else ".1%",
            range=reach,
        )


def _range(values: np.ndarray) -> list[float]:
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    room = MARGIN * max(high - low, 0.01)
    return [low - room, high + room]


def crosses(ranges: Sequence[Sequence[float]]) -> bool:
    """Whether the line of equal accuracy runs through a plot of these ranges of x and y."""
    return max(ranges[0][0], ranges[1][0]) < min(ranges[0][1], ranges[1][1])


def _add_equal(figure: go.Figure, ranges: list[list[float]], above: bool, palette: Palette) -> None:
    """The line on which both are equal, with its name on the side that has fewer points."""
    if not crosses(ranges):
        return
    ends = [max(ranges[0][0], ranges[1][0]), min(ranges[0][1], ranges[1][1])]
    figure.add_scatter(
        x=ends,
        y=ends,
        mode="lines",
        line={"color": palette.member, "width": 1, "dash": "dash"},
        name="equal in both",
        hoverinfo="skip",
        showlegend=False,
    )
    place = ends[0] + 0.7 * (ends[1] - ends[0])
    figure.add_annotation(
        x=place,
        y=place,
        text="equal in both",
        showarrow=False,
        xanchor="left" if above else "right",
        yanchor="top" if above else "bottom",
        font={"size": 11, "color": palette.member},
    )


def _add_front(
    figure: go.Figure, accuracy: np.ndarray, on_front: np.ndarray, palette: Palette
) -> None:
    rows = np.flatnonzero(on_front)
    rows = rows[np.lexsort((-accuracy[rows, 1], accuracy[rows, 0]))]
    figure.add_scatter(
        x=accuracy[rows, 0],
        y=accuracy[rows, 1],
        mode="lines",
        line={"color": palette.text, "width": 1, "dash": "dot", "shape": "vh"},
        name="front",
        hoverinfo="skip",
        showlegend=False,
    )


def _parts(
    colour: np.ndarray | None, colour_name: str, number: int, palette: Palette
) -> list[tuple[str, np.ndarray, dict]]:
    """Traces as name, rows and marker: one for all, one per text, or one on a scale."""
    everybody = np.arange(number)
    if colour is None:
        return [("models", everybody, {"color": palette.member})]
    if colour.dtype != object:
        known = np.isfinite(colour)
        bar = {
            "title": {"text": shown(colour_name, 24), "side": "right"},
            "thickness": 10,
            "len": 0.8,
            "tickformat": "~g",
        }
        scale = {"colorscale": SEQUENTIAL, "showscale": True, "colorbar": bar}
        parts = [(shown(colour_name), np.flatnonzero(known), {"color": colour[known], **scale})]
        if not known.all():
            parts.insert(0, (UNKNOWN, np.flatnonzero(~known), {"color": palette.muted}))
        return [part for part in parts if len(part[1])]
    texts = [UNKNOWN if value is None else str(value) for value in colour.tolist()]
    counted = [text for text, _ in Counter(texts).most_common() if text != UNKNOWN]
    most = len(SYMBOLS) if len(counted) <= len(SYMBOLS) else len(SYMBOLS) - 1
    own = sorted(counted[:most])
    kinds = [text if text in own or text == UNKNOWN else OTHERS for text in texts]
    parts = []
    for rest in (UNKNOWN, OTHERS):
        rows = np.flatnonzero([kind == rest for kind in kinds])
        if len(rows):
            name = rest if rest == UNKNOWN else f"{len(counted) - most} other values"
            parts.append((name, rows, {"color": palette.muted}))
    for place, text in enumerate(own):
        rows = np.flatnonzero([kind == text for kind in kinds])
        marker = {"color": palette.levels[place], "symbol": SYMBOLS[place]}
        parts.append((shown(text, 24), rows, marker))
    return parts


def _hover(
    accuracy, low, high, counts, on_front, names, settings, colour, colour_name
) -> list[str]:
    texts = []
    for row, name in enumerate(names):
        lines = [f"<b>{shown(name, 60)}</b>"]
        for side, setting in enumerate(settings):
            ends = interval(float(low[row, side]), float(high[row, side]))
            n = "" if counts is None or not counts[row, side] else int(counts[row, side])
            lines.append(
                f"{shown(setting, 48)}: {percent(float(accuracy[row, side]))}"
                + (f" {ends}, n = {count(n)}" if n else "")
            )
        if colour is not None:
            lines.append(f"{shown(colour_name)}: {_value(colour[row])}")
        lines += ["beaten by none in both"] if on_front[row] else []
        texts.append("<br>".join(lines))
    return texts


def _value(value: object) -> str:
    if value is None or value != value:
        return UNKNOWN
    return f"{value:g}" if isinstance(value, float) else shown(value)
