"""Traces of points and lines, with what is filled between them and their intervals."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.markers import MarkerStyle
from matplotlib.path import Path

from dashboard.export.axes import axes_of, numbers
from dashboard.export.canvas import Canvas
from dashboard.export.colours import colour_map, rgba
from dashboard.export.texts import plain
from dashboard.theme import LIGHT

DIAMOND = np.array([(0, 1), (1, 0), (0, -1), (-1, 0), (0, 1)], dtype=float)
SHAPES: dict[str, object] = {
    "circle": "o",
    "square": "s",
    "diamond": Path(DIAMOND),
    "diamond-tall": Path(DIAMOND * [0.7, 1.4]),
    "diamond-wide": Path(DIAMOND * [1.4, 0.7]),
    "triangle-up": "^",
    "triangle-down": "v",
    "triangle-left": "<",
    "triangle-right": ">",
    "x": "X",
    "cross": "P",
    "star": "*",
    "pentagon": "p",
    "hexagon": "h",
    "line-ns": "|",
    "line-ew": "_",
    "x-thin": "x",
    "cross-thin": "+",
}
LARGER = {"star": 1.5, "triangle-up": 1.15, "triangle-down": 1.15, "diamond": 1.3}
UNFILLED = {"line-ns", "line-ew", "x-thin", "cross-thin"}
INSIDE = {"cross": "+", "x": "x", "dot": "."}
STYLES = {
    "solid": "-",
    "dash": (0, (6, 4)),
    "dot": (0, (1.2, 2.6)),
    "dashdot": (0, (6, 3, 1.2, 3)),
    "longdash": (0, (11, 4)),
    "longdashdot": (0, (11, 3, 1.2, 3)),
}
STEPS = {"hv": "steps-post", "vh": "steps-pre", "hvh": "steps-mid"}


def scatter(canvas: Canvas, trace) -> None:
    """A trace of type scatter or scattergl, what is filled first, texts last."""
    axes = axes_of(canvas, trace)
    size = len(trace.y if trace.y is not None else trace.x if trace.x is not None else ())
    x, y = numbers(canvas, trace, "x", size), numbers(canvas, trace, "y", size)
    mode = trace.mode or ("lines" if size > 20 else "lines+markers")
    drawn: list = []
    if trace.fill not in (None, "none"):
        drawn += _fill(axes, trace, x, y)
    if "lines" in mode and (trace.line.width is None or trace.line.width > 0):
        drawn += _lines(canvas, axes, trace, x, y)
    for letter in "xy":
        drawn += _intervals(canvas, axes, trace, x, y, letter)
    if "markers" in mode:
        drawn += _marks(canvas, axes, trace, x, y)
    if trace.type == "scattergl" and canvas.preset.raster:
        for artist in drawn:
            artist.set_rasterized(True)
    if "text" in mode:
        _texts(canvas, axes, trace, x, y)


def _fill(axes: Axes, trace, x: np.ndarray, y: np.ndarray) -> list:
    colour = trace.fillcolor or trace.line.color or LIGHT.member
    colour = rgba(colour, (1 if trace.fillcolor else 0.5) * _opacity(trace))
    if trace.fill == "toself":
        ends = np.flatnonzero(~(np.isfinite(x) & np.isfinite(y)))
        parts = zip(np.split(x, ends), np.split(y, ends), strict=True)
        return [axes.fill(a, b, facecolor=colour, linewidth=0, zorder=1.5)[0] for a, b in parts]
    if trace.fill == "tozerox":
        return [axes.fill_betweenx(y, 0, x, facecolor=colour, linewidth=0, zorder=1.5)]
    if trace.fill == "tozeroy":
        return [axes.fill_between(x, 0, y, facecolor=colour, linewidth=0, zorder=1.5)]
    raise ValueError(f"figures with fill={trace.fill!r} cannot be written as pictures")


def _lines(canvas: Canvas, axes: Axes, trace, x: np.ndarray, y: np.ndarray) -> list:
    if trace.connectgaps:
        known = np.isfinite(x) & np.isfinite(y)
        x, y = x[known], y[known]
    return axes.plot(
        x,
        y,
        color=rgba(trace.line.color or LIGHT.member, _opacity(trace)),
        linewidth=(trace.line.width or 2) * canvas.px,
        linestyle=STYLES.get(trace.line.dash or "solid", "-"),
        drawstyle=STEPS.get(trace.line.shape, "default"),
        solid_capstyle="butt",
        clip_on=clipped(trace),
        zorder=2,
    )


def _opacity(trace) -> float:
    return 1.0 if trace.opacity is None else float(trace.opacity)


def _intervals(
    canvas: Canvas, axes: Axes, trace, x: np.ndarray, y: np.ndarray, letter: str
) -> list:
    error = trace[f"error_{letter}"]
    if error is None or error.array is None or error.visible is False:
        return []
    up = np.nan_to_num(np.array(error.array, dtype=float))
    down = up if error.arrayminus is None else np.nan_to_num(np.array(error.arrayminus, float))
    known = np.isfinite(x) & np.isfinite(y)
    colour = rgba(error.color or trace.marker.color or LIGHT.member, _opacity(trace))
    thick = (2 if error.thickness is None else error.thickness) * canvas.px
    cap = (4 if error.width is None else error.width) * canvas.px
    made = axes.errorbar(
        x[known],
        y[known],
        **{f"{letter}err": np.abs(np.stack([down[known], up[known]]))},
        fmt="none",
        ecolor=colour,
        elinewidth=thick,
        capsize=cap,
        capthick=thick,
        zorder=2.2,
    )
    return [*made.lines[1], *made.lines[2]]


def spread(value: object, size: int, default: object) -> list:
    """One value per point, of an attribute that may be one for all."""
    if value is None:
        return [default] * size
    if isinstance(value, np.ndarray | list | tuple):
        return [default if one is None else one for one in value]
    return [value] * size


def point_colours(marker, size: int, opacity: float) -> np.ndarray:
    """Float [size, 4]; numbers go through the colour scale."""
    alpha = np.array(spread(marker.opacity, size, 1.0), dtype=float) * opacity
    values = marker.color
    if isinstance(values, np.ndarray | tuple) and not any(isinstance(v, str) for v in values):
        levels = np.array([np.nan if v is None else v for v in values], dtype=float)
        known = levels[np.isfinite(levels)]
        low = marker.cmin if marker.cmin is not None else known.min() if len(known) else 0
        high = marker.cmax if marker.cmax is not None else known.max() if len(known) else 1
        shades = np.clip((levels - low) / ((high - low) or 1), 0, 1)
        found = colour_map(marker.colorscale, marker.reversescale)(np.ma.masked_invalid(shades))
        found[~np.isfinite(levels)] = rgba(LIGHT.muted)
    else:
        named = spread(values, size, LIGHT.member)
        table = {name: rgba(name) for name in dict.fromkeys(named)}
        found = np.array([table[name] for name in named]).reshape(-1, 4)
    found[:, 3] *= alpha
    return found


def invisible(trace) -> bool:
    """Whether a trace only gives the pointer something to hit."""
    if trace.type not in ("scatter", "scattergl") or trace.mode != "markers":
        return False
    marker = trace.marker
    clear = isinstance(marker.color, str) and rgba(marker.color)[3] < 0.02
    faint = isinstance(marker.opacity, int | float) and marker.opacity < 0.02
    return bool(clear or faint or trace.opacity == 0)


def _marks(canvas: Canvas, axes: Axes, trace, x: np.ndarray, y: np.ndarray) -> list:
    marker, size = trace.marker, len(x)
    axes.update_datalim(np.stack([x, y], 1)[np.isfinite(x) & np.isfinite(y)])
    axes.autoscale_view()
    if invisible(trace) or not size:
        return []
    colours = point_colours(marker, size, _opacity(trace))
    _dim(trace, colours)
    edges = np.array([rgba(c) for c in spread(marker.line.color, size, LIGHT.text)]).reshape(-1, 4)
    edges[:, 3] *= colours[:, 3]
    widths = np.array(spread(marker.line.width, size, 0), dtype=float) * canvas.px
    sizes = np.array(spread(marker.size, size, 6), dtype=float) * canvas.px
    symbols = np.array([str(one) for one in spread(marker.symbol, size, "circle")], dtype=object)
    drawn = []
    for symbol in dict.fromkeys(symbols.tolist()):
        here = (symbols == symbol) & np.isfinite(x) & np.isfinite(y)
        base, _, extra = symbol.removesuffix("-open").partition("-")
        base = base if extra in INSIDE or extra == "open" else symbol.removesuffix("-open")
        options = {"clip_on": clipped(trace), "zorder": 3}
        factor = LARGER.get(base.split("-")[0] if "diamond" in base else base, 1.0)
        area = (factor * sizes[here]) ** 2
        face, edge, wide = colours[here], edges[here], widths[here]
        if symbol.endswith("-open"):
            face, edge, wide = np.zeros_like(face), face, np.maximum(wide, 1.2 * canvas.px)
        if base in UNFILLED:
            face, edge, wide = edge, edge, np.maximum(wide, canvas.px)
        style = MarkerStyle(SHAPES.get(base, "o"))
        drawn.append(axes.scatter(
            x[here], y[here], s=area, marker=style, facecolors=face,
            **({} if base in UNFILLED else {"edgecolors": edge}), linewidths=wide, **options,
        ))  # fmt: skip
        if extra in INSIDE:
            drawn.append(axes.scatter(
                x[here], y[here], s=area * 0.3, marker=INSIDE[extra], c=LIGHT.surface,
                linewidths=canvas.px, **options,
            ))  # fmt: skip
    return drawn


def _dim(trace, colours: np.ndarray) -> None:
    """Points outside of the selection are pale, as they are on the screen."""
    if trace.selectedpoints is None:
        return
    others = np.ones(len(colours), dtype=bool)
    others[np.asarray(trace.selectedpoints, dtype=int)] = False
    pale = trace.unselected.marker.opacity
    colours[others, 3] *= 0.2 if pale is None else pale


def _texts(canvas: Canvas, axes: Axes, trace, x: np.ndarray, y: np.ndarray) -> None:
    size = len(x)
    places = spread(trace.textposition, size, "middle center")
    marks = spread(trace.marker.size, size, 6) if "markers" in (trace.mode or "") else [0] * size
    letters = (trace.textfont.size or 12) * canvas.px
    for text, place, mark, across, up in zip(
        spread(trace.text, size, ""), places, marks, x, y, strict=True
    ):
        if not plain(text) or not (np.isfinite(across) and np.isfinite(up)):
            continue
        vertical, horizontal = place.split()
        away = (mark / 2 + 3) * canvas.px
        axes.annotate(
            plain(text),
            (across, up),
            xytext=(
                {"left": -away, "right": away}.get(horizontal, 0),
                {"top": away, "bottom": -away}.get(vertical, 0),
            ),
            textcoords="offset points",
            ha={"left": "right", "right": "left"}.get(horizontal, "center"),
            va={"top": "bottom", "bottom": "top"}.get(vertical, "center_baseline"),
            fontsize=letters,
            color=rgba(trace.textfont.color or LIGHT.text),
            annotation_clip=False,
            zorder=4,
        )


def clipped(trace) -> bool:
    """Whether marks end at the border of the axes."""
    return getattr(trace, "cliponaxis", None) is not False
