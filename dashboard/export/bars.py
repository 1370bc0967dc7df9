"""Traces of bars: stacked, beside each other or over each other, hatched, with their texts."""

import numpy as np
from matplotlib.axes import Axes

from dashboard.export.axes import axes_of, long_name, numbers
from dashboard.export.canvas import Canvas
from dashboard.export.colours import readable_on, rgba
from dashboard.export.points import point_colours, spread
from dashboard.export.texts import plain
from dashboard.theme import LIGHT

TIMES = {"/": 4, "\\": 4, "x": 3, "-": 3, "|": 3, "+": 2, ".": 3}  # denser lines
PATTERNS = {shape: shape * times for shape, times in TIMES.items()}
LEAST = 5  # pixels of letters that can be read


def bar(canvas: Canvas, trace) -> None:
    """A trace of type bar."""
    axes = axes_of(canvas, trace)
    across = trace.orientation == "h"
    along, value = ("y", "x") if across else ("x", "y")
    size = len(trace[value]) if trace[value] is not None else 0
    place = numbers(canvas, trace, along, size)
    length = np.nan_to_num(numbers(canvas, trace, value, size))
    width, shift = _width(canvas, trace, place)
    base = _base(canvas, trace, place, length)
    colours = point_colours(trace.marker, size, 1.0 if trace.opacity is None else trace.opacity)
    draw = axes.barh if across else axes.bar
    pattern = trace.marker.pattern
    shapes = spread(pattern.shape, size, "")
    edges = spread(pattern.fgcolor or trace.marker.line.color, size, LIGHT.surface)
    thick = np.array(spread(trace.marker.line.width, size, 0), dtype=float) * canvas.px
    bars = draw(
        place + shift,
        length,
        width,
        base,
        color=colours,
        edgecolor=[rgba(edge) for edge in edges],
        linewidth=thick,
        zorder=2,
    )
    for patch, shape in zip(bars.patches, shapes, strict=True):
        patch.set_hatch(PATTERNS.get(shape))
    _texts(canvas, axes, trace, bars.patches, colours, across)


def _width(canvas: Canvas, trace, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Widths of the bars, and how far they stand beside their places."""
    layout = canvas.source.layout
    gap = 0.2 if layout.bargap is None else layout.bargap
    steps = np.diff(np.unique(place[np.isfinite(place)]))
    usual = (steps.min() if len(steps) else 1.0) * (1 - gap)
    mates = [
        other
        for other in canvas.source.data
        if other.type == "bar" and (other.xaxis, other.yaxis) == (trace.xaxis, trace.yaxis)
    ]
    if layout.barmode in (None, "group") and len(mates) > 1 and trace.width is None:
        here = next(number for number, other in enumerate(mates) if other is trace)
        one = usual / len(mates)
        return np.full(len(place), one), np.full(len(place), (here + 0.5) * one - usual / 2)
    width = np.array(spread(trace.width, len(place), usual), dtype=float)
    offset = spread(trace.offset, len(place), None)
    shift = [0.0 if one is None else one + w / 2 for one, w in zip(offset, width, strict=True)]
    return width, np.array(shift)


def _base(canvas: Canvas, trace, place: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Where each bar begins: on those before it where bars are stacked."""
    if trace.base is not None:
        return np.array(spread(trace.base, len(place), 0.0), dtype=float)
    if canvas.source.layout.barmode not in ("stack", "relative"):
        return np.zeros(len(place))
    axes = (long_name(trace.xaxis, "x"), long_name(trace.yaxis, "y"), trace.orientation)
    base = np.zeros(len(place))
    for number, (at, value) in enumerate(zip(place.tolist(), length.tolist(), strict=True)):
        key = (*axes, at, value < 0)
        base[number] = canvas.stacks.get(key, 0.0)
        canvas.stacks[key] = base[number] + value
    return base


def _texts(canvas: Canvas, axes: Axes, trace, patches, colours: np.ndarray, across: bool) -> None:
    """Numbers in or behind the bars; in a bar only where they can be read."""
    texts = spread(trace.text, len(patches), "")
    places = spread(trace.textposition, len(patches), "auto")
    size = trace.textfont.size or trace.insidetextfont.size or 12
    for patch, text, where, colour in zip(patches, texts, places, colours, strict=True):
        if not plain(text) or where == "none":
            continue
        inside = where != "outside"
        far = patch.get_x() + patch.get_width(), patch.get_y() + patch.get_height()
        middle = patch.get_x() + patch.get_width() / 2, patch.get_y() + patch.get_height() / 2
        if inside:
            at, away = middle, (0.0, 0.0)
        else:
            sign = -1 if (patch.get_width() if across else patch.get_height()) < 0 else 1
            at = (far[0], middle[1]) if across else (middle[0], far[1])
            away = (4 * sign * canvas.px, 0.0) if across else (0.0, 3 * sign * canvas.px)
        made = axes.annotate(
            plain(text),
            at,
            xytext=away,
            textcoords="offset points",
            ha="center" if inside or not across else "left" if away[0] > 0 else "right",
            va="center_baseline" if inside or across else "bottom" if away[1] > 0 else "top",
            fontsize=size * canvas.px,
            color=readable_on(tuple(colour)) if inside else LIGHT.text,
            annotation_clip=not inside and trace.cliponaxis is not False,
            zorder=4,
        )
        if inside:
            canvas.later.append(lambda made=made, patch=patch: _shrink(canvas, made, patch))


def _shrink(canvas: Canvas, text, patch) -> None:
    """Smaller letters where the bar is narrow, none where they could not be read."""
    bar, letters = patch.get_window_extent(canvas.renderer), text.get_window_extent(canvas.renderer)
    factor = min(
        abs(bar.width) / max(letters.width, 1e-6), abs(bar.height) / max(letters.height, 1e-6)
    )
    if factor < 1:
        text.set_fontsize(text.get_fontsize() * factor * 0.95)
    if text.get_fontsize() < LEAST * canvas.px:
        text.set_visible(False)
