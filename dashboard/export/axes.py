"""Axes as the layout of a figure describes them: places, categories, ranges, ticks, names."""

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, MultipleLocator

from dashboard.export.canvas import Canvas
from dashboard.export.colours import rgba
from dashboard.export.numbers import ticks_written, written
from dashboard.export.texts import plain
from dashboard.theme import LIGHT

TITLE = 13
TICK = 12
SPARSE = (58, 34)  # pixels between ticks across and up


def long_name(reference: str | None, letter: str) -> str:
    """Name in the layout of what a trace calls "x2"."""
    return f"{letter}axis{(reference or letter)[1:]}"


def axes_of(canvas: Canvas, trace) -> Axes:
    """The axes that a trace is drawn on."""
    return canvas.axes[long_name(trace.xaxis, "x"), long_name(trace.yaxis, "y")]


def make(canvas: Canvas) -> None:
    """One pair of axes for each that a trace uses, with its categories and its scale."""
    pairs = [(long_name(t.xaxis, "x"), long_name(t.yaxis, "y")) for t in canvas.source.data]
    for pair in dict.fromkeys(pairs or [("xaxis", "yaxis")]):
        axes = canvas.sheet.add_axes((0.1, 0.1, 0.8, 0.8), label="/".join(pair))
        axes.patch.set_visible(False)
        axes.set_axisbelow(True)
        axes.tick_params(length=0, pad=4 * canvas.px)
        for spine in axes.spines.values():
            spine.set_visible(False)
        canvas.axes[pair] = axes
        for name, letter in zip(pair, "xy", strict=True):
            if canvas.source.layout[name].type == "log":
                getattr(axes, f"set_{letter}scale")("log")
    for trace in canvas.source.data:
        for letter in "xy":
            _collect(canvas, long_name(getattr(trace, f"{letter}axis"), letter), trace[letter])


def _collect(canvas: Canvas, name: str, values: object) -> None:
    """Names on an axis get places in the order in which they come."""
    if values is None or not len(values) or canvas.source.layout[name].type in ("linear", "log"):
        return
    if np.asarray(values, dtype=object).ndim == 1 and any(isinstance(v, str) for v in values):
        order = canvas.source.layout[name].categoryarray
        known = canvas.categories.setdefault(name, {v: n for n, v in enumerate(order or ())})
        for value in values:
            known.setdefault(value, len(known))


def numbers(canvas: Canvas, trace, letter: str, size: int | None = None) -> np.ndarray:
    """Coordinates of a trace as floats; 0, 1, 2 ... where it has none."""
    values = trace[letter]
    if values is None:
        return np.arange(size or 0, dtype=float)
    known = canvas.categories.get(long_name(getattr(trace, f"{letter}axis"), letter))
    if known is not None:
        values = [known.get(value, np.nan) for value in values]
    return np.array([np.nan if v is None else v for v in values], dtype=float)


def style(canvas: Canvas) -> None:
    """Ranges, grid, ticks and names of all axes; to be called after the marks are drawn."""
    for (x, y), axes in canvas.axes.items():
        for name, letter in ((x, "x"), (y, "y")):
            layout = canvas.source.layout[name]
            _limit(canvas, axes, layout, letter, name)
            _rule(canvas, axes, layout, letter)
    for letter in "xy":
        _match(canvas, letter)
    for pair, axes in canvas.axes.items():
        for name, letter, other in ((pair[0], "x", pair[1]), (pair[1], "y", pair[0])):
            layout = canvas.source.layout[name]
            anchor = long_name(layout.anchor or ("y" if letter == "x" else "x"), other[0])
            alone = sum(name in key for key in canvas.axes) == 1
            if layout.visible is False or not (alone or anchor == other):
                getattr(axes, f"{letter}axis").set_visible(False)
                continue
            _name(canvas, axes, layout, letter)


def _limit(canvas: Canvas, axes: Axes, layout: go.layout.XAxis, letter: str, name: str) -> None:
    get, put = getattr(axes, f"get_{letter}lim"), getattr(axes, f"set_{letter}lim")
    ends = [None, None] if layout.range is None else list(layout.range)
    ends = [np.nan if end is None else float(end) for end in ends]
    if layout.type == "log":
        ends = [10**end for end in ends]
    low, high = get()
    if name in canvas.categories:
        low, high = -0.5, max(len(canvas.categories[name]) - 0.5, 0.5)
    drawn = [end for end in _shapes_on(canvas, name) if layout.type != "log" or end > 0]
    low, high = min([low, *drawn]), max([high, *drawn])
    if layout.rangemode == "tozero" and layout.type != "log":
        low, high = min(low, 0.0), max(high, 0.0)
    if layout.autorange == "reversed":
        low, high = high, low
    put(*(known if np.isnan(end) else end for end, known in zip(ends, (low, high), strict=True)))


def _shapes_on(canvas: Canvas, name: str) -> list[float]:
    """Where lines and rectangles lie on an axis; it is long enough for them, too."""
    letter = name[0]
    return [
        float(shape[end])
        for shape in canvas.source.layout.shapes
        if (shape[f"{letter}ref"] or letter) == name.replace("axis", "")
        for end in (f"{letter}0", f"{letter}1")
        if isinstance(shape[end], int | float)
    ]


def _match(canvas: Canvas, letter: str) -> None:
    """Axes that are to match have one range, that of all that is drawn on them."""
    groups: dict[str, list[tuple[str, Axes]]] = {}
    for pair, axes in canvas.axes.items():
        name = pair["xy".index(letter)]
        root = canvas.source.layout[name].matches
        groups.setdefault(long_name(root, letter) if root else name, []).append((name, axes))
    for members in groups.values():
        said = [axes for name, axes in members if canvas.source.layout[name].range is not None]
        ends = [getattr(axes, f"get_{letter}lim")() for axes in said or [a for _, a in members]]
        backwards = ends[0][0] > ends[0][1]
        span = min(map(min, ends)), max(map(max, ends))
        for _, axes in members:
            getattr(axes, f"set_{letter}lim")(*(span[::-1] if backwards else span))


def _rule(canvas: Canvas, axes: Axes, layout: go.layout.XAxis, letter: str) -> None:
    axis = getattr(axes, f"{letter}axis")
    if layout.showgrid is not False and layout.visible is not False:
        axis.grid(True, color=rgba(layout.gridcolor or LIGHT.grid), linewidth=canvas.px)
    if layout.showline:
        sides = ("bottom", "top") if letter == "x" else ("left", "right")
        for side in sides if layout.mirror else sides[:1]:
            axes.spines[side].set(
                visible=True, color=rgba(layout.linecolor or LIGHT.grid), linewidth=canvas.px
            )


def _name(canvas: Canvas, axes: Axes, layout: go.layout.XAxis, letter: str) -> None:
    """Ticks and their labels as far as they are known without the size of the axes."""
    axis = getattr(axes, f"{letter}axis")
    size = (layout.tickfont.size or TICK) * canvas.px
    axis.set_tick_params(labelsize=size, labelcolor=LIGHT.text)
    if layout.side == "right":
        axes.yaxis.tick_right()
    if layout.showticklabels is False:
        axis.set_tick_params(labelleft=False, labelbottom=False, labelright=False)


def ticks(canvas: Canvas) -> None:
    """Ticks, their labels and the names of axes, for the size that the axes have now."""
    for (x, y), axes in canvas.axes.items():
        for name, letter, place in ((x, "x", 0), (y, "y", 1)):
            axis = getattr(axes, f"{letter}axis")
            if not axis.get_visible():
                continue
            layout = canvas.source.layout[name]
            room = canvas.pixels(axes)[place]
            _put_ticks(canvas, axis, layout, name, room / SPARSE[place])
            if letter == "x":
                _turn(canvas, axes, layout)
            else:
                _narrow(canvas, axes, layout)
            text = plain(layout.title.text)
            size = layout.title.font.size or TITLE
            getattr(axes, f"set_{letter}label")(
                canvas.fitted(text, room * canvas.px, size) if text else "",
                fontsize=size * canvas.px,
                color=LIGHT.text,
                labelpad=6 * canvas.px,
            )


def _put_ticks(canvas: Canvas, axis, layout, name: str, most: float) -> None:
    ends = sorted(axis.get_view_interval())
    if layout.tickvals is not None:
        known = canvas.categories.get(name, {})
        values = [float(known.get(value, value)) for value in layout.tickvals]
        texts = layout.ticktext
        labels = ticks_written(values, layout.tickformat) if texts is None else map(plain, texts)
        within = [
            pair for pair in zip(values, labels, strict=False) if ends[0] <= pair[0] <= ends[1]
        ]
        axis.set_major_locator(FixedLocator([value for value, _ in within]))
        axis.set_minor_locator(FixedLocator([]))
        axis.set_ticklabels([label for _, label in within])
    elif name in canvas.categories:
        names = canvas.categories[name]
        axis.set_major_locator(FixedLocator(list(names.values())))
        axis.set_ticklabels([plain(text) for text in names])
    else:
        few = int(np.clip(most, 2, layout.nticks or 9))
        if layout.type == "log":
            locator = LogLocator(subs=(1.0,) if np.log10(ends[1] / ends[0]) > 2 else (1, 2, 5))
        elif layout.dtick:
            step = float(layout.dtick)
            step *= max(1, -(-int((ends[1] - ends[0]) / step) // max(int(2 * most), 2)))
            locator = MultipleLocator(step)
        else:
            whole = (layout.tickformat or "").endswith("d")
            locator = MaxNLocator(few, steps=[1, 2, 2.5, 5, 10], integer=whole)
        axis.set_major_locator(locator)
        axis.set_minor_locator(FixedLocator([]))
        values = [v for v in locator.tick_values(*ends) if ends[0] <= v <= ends[1]]
        labels = dict(zip(values, ticks_written(values, layout.tickformat), strict=True))
        spec = layout.tickformat
        axis.set_major_formatter(FuncFormatter(lambda v, _: labels.get(v) or written(v, spec)))


def _narrow(canvas: Canvas, axes: Axes, layout) -> None:
    """Smaller names of rows where these are closer than the letters are high."""
    labels = [text for text in axes.get_yticklabels() if text.get_text()]
    at = np.sort(axes.transData.transform([(0, text.get_position()[1]) for text in labels])[:, 1]
                 if labels else [])  # fmt: skip
    if len(at) > 1:
        size = (layout.tickfont.size or TICK) * canvas.px
        lines = max(text.get_text().count("\n") + 1 for text in labels)
        room = float(np.diff(at).min()) / 1.15 / lines
        axes.yaxis.set_tick_params(labelsize=min(size, room))
        canvas.crowded = min(1.0, room / size)


def _turn(canvas: Canvas, axes: Axes, layout) -> None:
    """Names of ticks stand level where they fit beside each other, else on edge."""
    labels = [text for text in axes.get_xticklabels() if text.get_text()]
    angle = -(layout.tickangle or 0)
    size = layout.tickfont.size or TICK
    room = canvas.pixels(axes)[0] * canvas.px / max(len(labels), 1)
    if not layout.tickangle and len(labels) > 1:
        at = axes.transData.transform([(text.get_position()[0], 0) for text in labels])[:, 0]
        order = np.argsort(at)
        wide = np.array([
            max(canvas.text_width(line, size) for line in text.get_text().split("\n"))
            for text in labels
        ])[order]  # fmt: skip
        overlap = np.diff(at[order]) < (wide[1:] + wide[:-1]) / 2 + 4 * canvas.px
        if overlap.any():
            angle = 90 if room < 1.6 * size * canvas.px else 40
    for text in axes.get_xticklabels():
        turned = bool(angle)
        text.set(
            rotation=angle,
            rotation_mode="anchor" if turned else "default",
            ha="right" if turned else "center",
            va=("center" if abs(angle) == 90 else "top") if turned else "top",
        )
