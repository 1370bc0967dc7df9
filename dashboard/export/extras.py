"""What stands in and beside a plot: shapes, notes with arrows, the legend."""

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from dashboard.export.bars import PATTERNS
from dashboard.export.canvas import Canvas
from dashboard.export.colours import rgba
from dashboard.export.points import (
    INSIDE,
    SHAPES,
    STYLES,
    UNFILLED,
    main_colour,
    point_colours,
    spread,
)
from dashboard.export.texts import plain
from dashboard.theme import LIGHT

LETTERS = 12
ROW = 20
SAMPLE = 30
BETWEEN = 16


def shapes(canvas: Canvas) -> None:
    """Lines and rectangles of the layout."""
    for shape in canvas.source.layout.shapes:
        axes, transform = canvas.located(shape.xref or "x", shape.yref or "y")
        layer = 1.8 if shape.layer == "below" else 2.6
        opacity = 1.0 if shape.opacity is None else shape.opacity
        wide = (2 if shape.line.width is None else shape.line.width) * canvas.px
        colour = rgba(shape.line.color or LIGHT.member, opacity)
        if shape.type == "line":
            axes.add_artist(Line2D(
                [shape.x0, shape.x1], [shape.y0, shape.y1], color=colour, linewidth=wide,
                linestyle=STYLES.get(shape.line.dash or "solid", "-"), transform=transform,
                zorder=layer,
            ))  # fmt: skip
        elif shape.type == "rect":
            axes.add_artist(Rectangle(
                (shape.x0, shape.y0), shape.x1 - shape.x0, shape.y1 - shape.y0,
                facecolor=rgba(shape.fillcolor, opacity), edgecolor=colour if wide else "none",
                linewidth=wide, transform=transform, zorder=layer,
            ))  # fmt: skip
        else:
            raise ValueError(f"shapes of type {shape.type!r} cannot be written as pictures")


def notes(canvas: Canvas) -> None:
    """Annotations of the layout, with their arrows."""
    for note in canvas.source.layout.annotations:
        text = plain(note.text)
        if not text or note.visible is False:
            continue
        x, y = note.xref or "x", note.yref or "y"
        axes, transform = canvas.located(x, y)
        arrow = note.showarrow is not False
        shift = (
            (note.ax if arrow and note.ax is not None else -10 if arrow else 0)
            + (note.xshift or 0),
            -(note.ay if arrow and note.ay is not None else -30 if arrow else 0)
            + (note.yshift or 0),
        )
        axes.annotate(
            text,
            (note.x, note.y),
            xycoords=transform,
            xytext=(shift[0] * canvas.px, shift[1] * canvas.px),
            textcoords="offset points",
            ha=_side(note.xanchor, "left", "right", note.x if x == "paper" and not arrow else None),
            va=_side(note.yanchor, "bottom", "top", note.y if y == "paper" and not arrow else None),
            rotation=-(note.textangle or 0),
            fontsize=(note.font.size or LETTERS) * canvas.px,
            color=rgba(note.font.color or LIGHT.text),
            arrowprops=_arrow(canvas, note) if arrow else None,
            bbox=(
                {"facecolor": rgba(note.bgcolor), "edgecolor": "none", "pad": 1.5 * canvas.px}
                if note.bgcolor
                else None
            ),
            annotation_clip=False,
            zorder=5,
        )


def above(canvas: Canvas) -> float:
    """Room that names of small plots take above them, in points."""
    sizes = [
        note.font.size or LETTERS
        for note in canvas.source.layout.annotations
        if note.text and note.yref == "paper" and note.yanchor == "bottom" and note.y > 0.99
    ]
    return max(map(canvas.line, sizes), default=0.0)


def _side(anchor: str | None, low: str, high: str, place: float | None) -> str:
    """Alignment of a text; where nothing is said, that of the closest edge of the paper."""
    if anchor in (low, high):
        return anchor
    if anchor in (None, "auto") and place is not None:
        return low if place <= 1 / 3 else high if place >= 2 / 3 else "center"
    return "center"


def _arrow(canvas: Canvas, note) -> dict:
    return {
        "arrowstyle": "-" if note.arrowhead == 0 else "-|>",
        "color": rgba(note.arrowcolor or LIGHT.member),
        "linewidth": (note.arrowwidth or 1) * canvas.px,
        "shrinkA": 0,
        "shrinkB": (note.standoff or 0) * canvas.px,
        "mutation_scale": 7 * canvas.px,
    }


def entries(canvas: Canvas) -> list[tuple[str, list]]:
    """(name, what stands before it) of every trace that the legend names."""
    layout, found, seen = canvas.source.layout, [], set()
    if layout.showlegend is False:
        return []
    named = [t for t in canvas.source.data if t.name and t.showlegend is not False]
    if layout.showlegend is None and len(named) < 2:
        return []
    for trace in sorted(named, key=lambda t: 1000 if t.legendrank is None else t.legendrank):
        group = trace.legendgroup
        if trace.type == "heatmap" or (group, trace.name) in seen:
            continue
        seen.add((group, trace.name))
        found.append((plain(trace.name).replace("\n", ", "), _sample(canvas, trace)))
    return found[::-1] if "reversed" in (layout.legend.traceorder or "") else found


def _sample(canvas: Canvas, trace) -> list:
    """Small pictures of a trace, to be drawn over each other."""
    px, marker = canvas.px, trace.marker
    many = [len(v) for v in (marker.color, marker.opacity) if isinstance(v, np.ndarray | tuple)]
    size = max(many, default=1)
    opacity = 1.0 if trace.opacity is None else trace.opacity
    colours = point_colours(marker, size, opacity, main_colour(trace))
    colour = colours[len(colours) // 2] if len(colours) else rgba(LIGHT.member)
    if trace.type == "bar":
        shape = spread(marker.pattern.shape, 1, "")[0]
        edge = rgba(marker.pattern.fgcolor or LIGHT.surface)
        return [Patch(facecolor=colour, edgecolor=edge, hatch=PATTERNS.get(shape), linewidth=0)]
    parts: list = []
    if trace.fill not in (None, "none"):
        parts.append(Patch(facecolor=rgba(trace.fillcolor or main_colour(trace), trace.opacity)))
    mode = trace.mode or "lines"
    if "lines" in mode and trace.line.width != 0:
        parts.append(Line2D(
            [], [], color=rgba(main_colour(trace), trace.opacity),
            linewidth=(trace.line.width or 2) * px,
            linestyle=STYLES.get(trace.line.dash or "solid", "-"),
        ))  # fmt: skip
    if "markers" in mode:
        parts += _mark(trace, colour, px)
    return parts


def _mark(trace, colour, px: float) -> list[Line2D]:
    symbol = str(spread(trace.marker.symbol, 1, "circle")[0])
    base, _, extra = symbol.removesuffix("-open").partition("-")
    base = base if extra in (*INSIDE, "open") else symbol.removesuffix("-open")
    shape, edge = SHAPES.get(base, "o"), rgba(spread(trace.marker.line.color, 1, LIGHT.text)[0])
    size = float(np.clip(np.median(spread(trace.marker.size, 1, 6)), 6, 11)) * px
    wide = float(np.median(spread(trace.marker.line.width, 1, 0))) * px
    if symbol.endswith("-open"):
        colour, edge, wide = (0, 0, 0, 0), colour, max(wide, 1.2 * px)
    if base in UNFILLED:
        wide = max(wide, px)
        edge = edge if trace.marker.line.color is not None else colour
    options = {"linestyle": "none", "marker": shape, "markersize": size}
    parts = [Line2D([], [], markerfacecolor=colour, markeredgecolor=edge, markeredgewidth=wide,
                    **options)]  # fmt: skip
    if extra in INSIDE:
        parts.append(Line2D(
            [], [], linestyle="none", marker=INSIDE[extra], markersize=size * 0.55,
            markeredgecolor=LIGHT.surface, markerfacecolor=LIGHT.surface, markeredgewidth=px,
        ))  # fmt: skip
    return parts


def legend_rows(canvas: Canvas, found: list, width: float) -> list[list[int]]:
    """Which entries share a row of so many points; columns are equally wide."""
    if not found:
        return []
    widest = max(canvas.text_width(name, LETTERS) for name, _ in found)
    column = widest + (SAMPLE + BETWEEN) * canvas.px
    columns = max(1, int((width + BETWEEN * canvas.px) / column))
    return [list(range(at, min(at + columns, len(found)))) for at in range(0, len(found), columns)]


def draw_legend(canvas: Canvas, found: list, rows: list, left: float, top: float) -> None:
    """The legend with its upper left corner there, in points."""
    if not found:
        return
    px = canvas.px
    column = max(canvas.text_width(name, LETTERS) for name, _ in found) + (SAMPLE + BETWEEN) * px
    for number, row in enumerate(rows):
        middle = top - (number + 0.5) * ROW * px
        for place, entry in enumerate(row):
            name, parts = found[entry]
            start = left + place * column
            for part in parts:
                _put(canvas, part, start, middle)
            canvas.write(start + SAMPLE * px, middle, name, LETTERS, va="center", color=LIGHT.text)


def _put(canvas: Canvas, part, start: float, middle: float) -> None:
    px = canvas.px
    wide, tall = canvas.width, canvas.height
    ends = (start / wide, (start + 24 * px) / wide)
    if isinstance(part, Line2D):
        line = part.get_linestyle() not in ("None", "none")
        across = ends if line else ((ends[0] + ends[1]) / 2,)
        part.set_data(across, [middle / tall] * len(across))
        part.set_transform(canvas.sheet.transFigure)
        canvas.sheet.add_artist(part)
        return
    box = Rectangle(
        ((start + 6 * px) / wide, (middle - 5 * px) / tall), 12 * px / wide, 10 * px / tall,
        facecolor=part.get_facecolor(), edgecolor=part.get_edgecolor(), hatch=part.get_hatch(),
        linewidth=0, transform=canvas.sheet.transFigure,
    )  # fmt: skip
    canvas.sheet.add_artist(box)
