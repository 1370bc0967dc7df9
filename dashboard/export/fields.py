"""Traces of coloured cells, and the bars that say what colours mean."""

import re

import numpy as np
import plotly.graph_objects as go
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.ticker import MaxNLocator

from dashboard.export.axes import axes_of, numbers
from dashboard.export.canvas import Canvas
from dashboard.export.colours import colour_map, readable_on
from dashboard.export.numbers import ticks_written, written
from dashboard.export.texts import plain
from dashboard.theme import LIGHT

VALUE = re.compile(r"%\{(z|text)(?::([^}]*))?\}")
BESIDE = 14  # pixels between the axes and a colour bar


def heatmap(canvas: Canvas, trace) -> None:
    """A trace of type heatmap; undefined cells stay empty."""
    axes = axes_of(canvas, trace)
    z = np.array(trace.z, dtype=float)
    x, y = numbers(canvas, trace, "x", z.shape[1]), numbers(canvas, trace, "y", z.shape[0])
    scale = _scale(trace, z)
    gap = max(trace.xgap or 0, trace.ygap or 0)
    if not z.size:
        return
    axes.pcolormesh(
        _edges(x, z.shape[1]),
        _edges(y, z.shape[0]),
        np.ma.masked_invalid(z),
        cmap=scale.cmap,
        norm=scale.norm,
        edgecolors=LIGHT.surface if gap else "face",
        linewidth=gap * canvas.px if gap else 0.15 * canvas.px,
        alpha=trace.opacity,
        zorder=1,
    )
    if trace.texttemplate:
        _texts(canvas, axes, trace, z, x, y, scale)


def _edges(middles: np.ndarray, cells: int) -> np.ndarray:
    """Borders of cells from their middles; borders themselves where one more is given."""
    if len(middles) == cells + 1:
        return middles
    if len(middles) == 1:
        return middles[0] + np.array([-0.5, 0.5])
    between = (middles[1:] + middles[:-1]) / 2
    ends = 2 * middles[[0, -1]] - between[[0, -1]]
    return np.concatenate([ends[:1], between, ends[1:]])


def _scale(part, values: np.ndarray) -> ScalarMappable:
    letter = "z" if hasattr(part, "zmin") else "c"
    known = values[np.isfinite(values)]
    low, high = part[f"{letter}min"], part[f"{letter}max"]
    low = (known.min() if len(known) else 0.0) if low is None else low
    high = (known.max() if len(known) else 1.0) if high is None else high
    return ScalarMappable(
        Normalize(low, high if high > low else low + 1),
        colour_map(part.colorscale, part.reversescale),
    )


def _texts(canvas: Canvas, axes, trace, z: np.ndarray, x, y, scale: ScalarMappable) -> None:
    made = []
    texts = None if trace.text is None else np.array(trace.text, dtype=object)
    for row, column in np.ndindex(*z.shape):
        value = z[row, column]
        if not np.isfinite(value):
            continue
        text = VALUE.sub(
            lambda found, value=value, at=(row, column): (
                written(value, found[2]) if found[1] == "z" else str(texts[at])
            ),
            trace.texttemplate,
        )
        made.append(axes.text(
            x[column], y[row], plain(text), ha="center", va="center", fontsize=12 * canvas.px,
            color=readable_on(scale.to_rgba(value)), zorder=4, clip_on=True,
        ))  # fmt: skip

    def fit() -> None:
        wide, tall = canvas.pixels(axes)
        across, up = (abs(np.diff(ends)[0]) for ends in (axes.get_xlim(), axes.get_ylim()))
        longest = max((canvas.text_width(text.get_text(), 1) for text in made), default=1.0)
        most = min(0.88 * wide / across * canvas.px / longest, 0.7 * tall / up, 12)
        for text in made:
            text.set(fontsize=most * canvas.px, visible=most >= 3)

    canvas.later.append(fit)


def colour_bars(canvas: Canvas) -> list[tuple[go.heatmap.ColorBar, ScalarMappable]]:
    """What each colour scale of the figure means, as far as the figure says it."""
    found = []
    for trace in canvas.source.data:
        if trace.type == "heatmap":
            if trace.showscale is not False:
                found.append((trace.colorbar, _scale(trace, np.array(trace.z, dtype=float))))
            continue
        marker = getattr(trace, "marker", None)
        if marker is None or marker.showscale is False or not isinstance(
            marker.color, np.ndarray | tuple
        ):  # fmt: skip
            continue
        if any(isinstance(value, str) for value in marker.color):
            continue
        if marker.showscale or marker.colorbar.to_plotly_json():
            values = np.array([np.nan if v is None else v for v in marker.color], dtype=float)
            found.append((marker.colorbar, _scale(marker, values)))
    return found


def draw_bars(canvas: Canvas, found: list) -> float:
    """The colour bars right of the axes; the width that they take, in points."""
    _, bottom, right, top = canvas.box
    start = right + BESIDE * canvas.px
    for bar, scale in found:
        length = (bar.len or 1.0) * (top - bottom)
        middle = 0.5 if bar.y is None else bar.y
        anchor = {"bottom": 0.0, "top": 1.0}.get(bar.yanchor, 0.5)
        low = bottom + middle * (top - bottom) - anchor * length
        wide = (bar.thickness or 12) * canvas.px
        axes = canvas.sheet.add_axes(
            (
                start / canvas.width,
                low / canvas.height,
                wide / canvas.width,
                length / canvas.height,
            ),
            label=f"colour bar {start:.1f}",
        )
        _draw_bar(canvas, axes, bar, scale)
        extent = axes.get_tightbbox(canvas.renderer)
        start = extent.x1 + BESIDE * canvas.px
    return start - right - BESIDE * canvas.px if found else 0.0


def _draw_bar(canvas: Canvas, axes, bar, scale: ScalarMappable) -> None:
    low, high = scale.norm.vmin, scale.norm.vmax
    steps = np.linspace(low, high, 129)
    axes.pcolormesh(
        [0, 1], steps, ((steps[1:] + steps[:-1]) / 2)[:, None], cmap=scale.cmap, norm=scale.norm,
        edgecolors="face", linewidth=0.2 * canvas.px,
    )  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(low, high), xticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.yaxis.tick_right()
    if bar.tickvals is not None:
        values = [float(value) for value in bar.tickvals]
    else:
        tall = canvas.pixels(axes)[1]
        locator = MaxNLocator(int(np.clip(tall / 40, 2, 7)), steps=[1, 2, 2.5, 5, 10])
        values = [v for v in locator.tick_values(low, high) if low <= v <= high]
    texts = ticks_written(values, bar.tickformat) if bar.ticktext is None else bar.ticktext
    axes.set_yticks(values, [plain(text) for text in texts])
    axes.tick_params(length=0, pad=3 * canvas.px, labelsize=11 * canvas.px, labelcolor=LIGHT.text)
    title = plain(bar.title.text)
    if title:
        axes.yaxis.set_label_position("right")
        axes.set_ylabel(title, fontsize=12 * canvas.px, color=LIGHT.text, labelpad=4 * canvas.px)
