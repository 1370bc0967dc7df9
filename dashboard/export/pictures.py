"""A figure as PDF, SVG or PNG: the translation from Plotly to Matplotlib and its page."""

import io
import re
import threading
import warnings
from collections.abc import Sequence

import matplotlib as mpl
import plotly.graph_objects as go

from dashboard.export import axes, bars, colours, extras, fields, points
from dashboard.export.canvas import SCREEN, Canvas, families
from dashboard.export.flat import flattened
from dashboard.export.presets import Preset
from dashboard.export.texts import plain
from dashboard.theme import LIGHT

DRAW = {
    "scatter": points.scatter,
    "scattergl": points.scatter,
    "bar": bars.bar,
    "heatmap": fields.heatmap,
}
MARGIN = 8
TITLE, SUBTITLE, CAPTION = 16, 12, 11
LEAST_SHARE = 0.42  # of the sheet that axes must have in either direction
SMALLER = 0.82
LEAST_CROWDED = 0.75  # of the letters; where names of rows would be smaller, all letters are
TRIES = 9
FOR_THE_SCREEN = re.compile(r"(?:Click|Draw a (?:lasso|box)|Point at)\b[^.]*\.(?=\s|$)")
_ONE_AT_A_TIME = threading.Lock()  # Matplotlib's settings belong to the whole process


def picture(figure: go.Figure, format: str, preset: Preset, caption: str) -> bytes:
    """The figure as the bytes of a "pdf", "svg" or "png"."""
    return pictures(figure, (format,), preset, caption)[format]


def pictures(
    figure: go.Figure, formats: Sequence[str], preset: Preset, caption: str
) -> dict[str, bytes]:
    """The figure in several formats at once: {format: bytes}; it is laid out only once."""
    width = preset.width_mm / 25.4 * 72 / preset.size * SCREEN
    source = flattened(colours.as_light(figure), width)
    if preset.greyscale:
        source = colours.as_grey(source)
    title, caption = plain(figure.layout.title.text), plain(caption)
    with _ONE_AT_A_TIME, warnings.catch_warnings(), mpl.rc_context(_settings(preset)):
        warnings.simplefilter("ignore")  # letters that no installed font has
        canvas = _fitting(source, preset, caption)
        return {format: _saved(canvas, format, title, caption) for format in formats}


def _settings(preset: Preset) -> dict:
    return {
        "font.family": families(preset.font),
        "pdf.fonttype": 42,
        "svg.fonttype": "none",
        "svg.hashsalt": "dissensus",
        "svg.id": None,
        "text.parse_math": False,
        "text.usetex": False,
        "text.hinting": "none",
        "axes.unicode_minus": True,
        "axes.xmargin": 0.05,
        "axes.ymargin": 0.05,
        "hatch.linewidth": 0.06 * preset.size,
        "path.simplify": False,
        "text.color": LIGHT.text,
    }


def _saved(canvas: Canvas, format: str, title: str, caption: str) -> bytes:
    about = {
        "pdf": {"Title": title, "Subject": caption, "CreationDate": None, "Creator": "dissensus"},
        "svg": {"Title": title, "Description": caption, "Date": None, "Creator": "dissensus"},
        "png": {"Title": title, "Description": caption, "Software": "dissensus"},
    }[format]
    file = io.BytesIO()
    canvas.sheet.savefig(file, format=format, dpi=canvas.preset.dpi, metadata=about)
    return file.getvalue()


def _fitting(source: go.Figure, preset: Preset, caption: str) -> Canvas:
    """The figure drawn with letters as asked, or with smaller ones until all has its place."""
    px = preset.size / SCREEN
    for _ in range(TRIES):
        canvas = _drawn(source, preset, caption, px)
        left, bottom, right, top = canvas.box
        tall = preset.height_mm is None or top - bottom >= LEAST_SHARE * canvas.height
        rows = preset.height_mm is None or canvas.crowded >= LEAST_CROWDED
        if tall and rows and right - left >= LEAST_SHARE * canvas.width:
            break
        px *= SMALLER
    return canvas


def _drawn(source: go.Figure, preset: Preset, caption: str, px: float) -> Canvas:
    tall = preset.height_mm
    canvas = Canvas.of(source, preset, 300.0 if tall is None else tall / 25.4 * 72, px)
    inner = canvas.width - 2 * MARGIN * px
    title = canvas.fitted(plain(source.layout.title.text), inner, TITLE, "bold")
    subtitle = canvas.fitted(_unbroken(source.layout.title.subtitle.text), inner, SUBTITLE)
    below = canvas.fitted(caption, inner, CAPTION)
    head = (MARGIN + 6) * px + _block(canvas, title, TITLE) + _block(canvas, subtitle, SUBTITLE)
    foot = MARGIN * px + _block(canvas, below, CAPTION)
    axes.make(canvas)
    for trace in source.data:
        if trace.visible in (None, True):
            if trace.type not in DRAW:
                raise ValueError(f"traces of type {trace.type!r} cannot be written as pictures")
            DRAW[trace.type](canvas, trace)
    axes.style(canvas)
    named = extras.entries(canvas)
    rows = extras.legend_rows(canvas, named, inner)
    foot += len(rows) * extras.ROW * px + (6 * px if rows else 0)
    _settle(canvas, head, foot, tall)
    extras.shapes(canvas)
    extras.notes(canvas)
    for one in canvas.later:
        one()
    _write_around(canvas, title, subtitle, below)
    low = MARGIN * px + _block(canvas, below, CAPTION) + len(rows) * extras.ROW * px
    extras.draw_legend(canvas, named, rows, MARGIN * px, low)
    return canvas


def _unbroken(text: str | None) -> str:
    """A subtitle without the breaks and the advice on clicking that it has for the screen."""
    return FOR_THE_SCREEN.sub("", " ".join(plain(text).split())).strip()


def _block(canvas: Canvas, text: str, size: float) -> float:
    """Height of lines of text with a little air, in points."""
    return (text.count("\n") + 1) * canvas.line(size) + 4 * canvas.px if text else 0.0


def _settle(canvas: Canvas, head: float, foot: float, tall: float | None) -> None:
    """Give the axes what titles, legend, names of ticks and colour bars leave of the sheet."""
    px, layout = canvas.px, canvas.source.layout
    colour_bars = fields.colour_bars(canvas)
    margin = layout.margin
    plot = ((layout.height or 420) - (margin.t or 80) - (margin.b or 60) - 30) * px
    sides = [30 * px, 30 * px, 10 * px, 4 * px]  # left, bottom, right, top beyond the axes
    for _ in range(3):
        if tall is None:
            height = head + foot + sides[1] + sides[3] + max(plot, 120 * px)
            canvas.resize(canvas.width, height)
        left, bottom = MARGIN * px + sides[0], foot + sides[1]
        right = max(canvas.width - MARGIN * px - sides[2], left + 20)
        top = max(canvas.height - head - sides[3], bottom + 20)
        canvas.place(left, bottom, right, top)
        axes.ticks(canvas)
        for one in [one for one in canvas.sheet.axes if one.get_label().startswith("colour bar")]:
            one.remove()
        beside = fields.draw_bars(canvas, colour_bars)
        boxes = [one.get_tightbbox(canvas.renderer) for one in canvas.axes.values()]
        boxes = [box for box in boxes if box is not None]
        over = (
            left - min(box.x0 for box in boxes),
            bottom - min(box.y0 for box in boxes),
            max(box.x1 for box in boxes) - right,
            max(box.y1 for box in boxes) - top,
        )
        before, sides = sides, [max(float(one), 2 * px) for one in over]
        sides[3] = max(sides[3], extras.above(canvas))
        sides[2] = max(sides[2], beside + 2 * px)
        if max(abs(a - b) for a, b in zip(before, sides, strict=True)) < px:
            break


def _write_around(canvas: Canvas, title: str, subtitle: str, caption: str) -> None:
    """Title and subtitle above, the caption below."""
    px, left = canvas.px, MARGIN * canvas.px
    top = canvas.height - MARGIN * px
    common = {"va": "top", "linespacing": 1.15}
    canvas.write(left, top, title, TITLE, weight="bold", color=LIGHT.text, **common)
    top -= _block(canvas, title, TITLE)
    canvas.write(left, top, subtitle, SUBTITLE, color=LIGHT.member, **common)
    at = MARGIN * px + _block(canvas, caption, CAPTION) - 4 * px
    canvas.write(left, at, caption, CAPTION, color=LIGHT.member, **common)
