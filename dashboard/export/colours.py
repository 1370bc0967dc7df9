"""Colours of a written figure: those of the light theme, or greys with marks to tell apart."""

import re
from collections.abc import Callable
from dataclasses import astuple

import numpy as np
import plotly.graph_objects as go
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_rgba
from plotly.colors import get_colorscale

from dashboard.export.source import parts
from dashboard.theme import DARK, LIGHT, Palette

DATA = {"x", "y", "z", "text", "hovertext", "customdata", "ids", "template", "values"}
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
SYMBOLS = ("circle", "square", "triangle-up", "diamond", "x", "triangle-down", "cross", "star")
HATCHES = ("", "/", ".", "\\", "x", "-", "+", "|")
NUMBER = re.compile(r"[\d.]+(?:e-?\d+)?")
RGBA = tuple[float, float, float, float]


def flat(palette: Palette) -> list[str]:
    """All colours of a palette, in the order of its attributes."""
    parts = (part.values() if isinstance(part, dict) else part for part in astuple(palette))
    return [one for part in parts for one in ([part] if isinstance(part, str) else part)]


TO_LIGHT = {
    dark: light
    for dark, light in zip(flat(DARK), flat(LIGHT), strict=True)
    if dark not in flat(LIGHT)
}


def rgba(colour: object, opacity: float | None = 1.0) -> RGBA:
    """A colour as CSS writes it; (0, 0, 0, 0) for none.

    >>> rgba("rgba(255, 0, 0, 0.5)", 0.5)
    (1.0, 0.0, 0.0, 0.25)
    """
    opacity = 1.0 if opacity is None else float(opacity)
    if colour is None:
        return (0.0, 0.0, 0.0, 0.0)
    text = str(colour).strip()
    if text.startswith("rgb"):
        red, green, blue, *alpha = (float(part) for part in NUMBER.findall(text))
        return red / 255, green / 255, blue / 255, (alpha[0] if alpha else 1.0) * opacity
    red, green, blue, alpha = to_rgba(text)
    return red, green, blue, alpha * opacity


def luminance(colour: object) -> float:
    """How bright a colour looks, 0 to 1."""
    red, green, blue, _ = rgba(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue


def readable_on(colour: RGBA) -> str:
    """Dark or white letters, whichever reads better on a colour."""
    red, green, blue, alpha = colour
    bright = 1 - alpha * (1 - (0.299 * red + 0.587 * green + 0.114 * blue))
    return LIGHT.text if bright > 0.55 else LIGHT.surface


def colour_map(scale: object, reverse: bool | None = False) -> Colormap:
    """A colour scale of Plotly, by name or as pairs of place and colour."""
    if isinstance(scale, str) or scale is None:
        scale = get_colorscale(scale or "Viridis")
    stops = [(float(place), rgba(colour)) for place, colour in scale]
    if reverse:
        stops = [(1 - place, colour) for place, colour in stops[::-1]]
    return LinearSegmentedColormap.from_list("scale", stops)


def _walked(part: object, change: Callable[[str], str]) -> object:
    if isinstance(part, dict):
        return {name: v if name in DATA else _walked(v, change) for name, v in part.items()}
    if isinstance(part, list | tuple):
        return [_walked(value, change) for value in part]
    if isinstance(part, np.ndarray) and part.dtype.kind in "OU":
        return np.array([_walked(value, change) for value in part.tolist()], dtype=object)
    return change(part) if isinstance(part, str) else part


def as_light(figure: go.Figure) -> go.Figure:
    """A copy in the colours of the light theme."""
    known = _walked(parts(figure), lambda text: TO_LIGHT.get(text.lower(), text))
    return go.Figure(known, skip_invalid=True)


def _grey(text: str) -> str:
    if not text.startswith(("#", "rgb")):
        return text
    try:
        level, alpha = luminance(text), rgba(text)[3]
    except ValueError:
        return text
    byte = round(255 * level)
    return (
        f"rgba({byte},{byte},{byte},{alpha:g})" if alpha < 1 else f"#{byte:02x}{byte:02x}{byte:02x}"
    )


def _grey_scale(scale: object) -> list:
    """The greys of a scale; from dark to light where its brightness does not only rise or fall."""
    stops = get_colorscale(scale) if isinstance(scale, str) else scale
    levels = [luminance(colour) for _, colour in stops]
    if (np.diff(levels) > 0).all() or (np.diff(levels) < 0).all():
        return [[place, _grey(str(colour))] for place, colour in stops]
    return [[0.0, "#1c1c1c"], [1.0, "#f2f2f2"]]


def as_grey(figure: go.Figure) -> go.Figure:
    """A copy in greys; traces that only their colour told apart get symbols, dashes, hatches."""
    known = _walked(parts(figure), _grey)
    for trace, before in zip(known["data"], figure.data, strict=True):
        if "colorscale" in trace:
            trace["colorscale"] = _grey_scale(before.colorscale)
        elif "colorscale" in trace.get("marker", {}):
            trace["marker"]["colorscale"] = _grey_scale(before.marker.colorscale)
    colours: dict[tuple, int] = {}
    for trace, before in zip(known["data"], figure.data, strict=True):
        kind = trace.get("type", "scatter")
        group = None if kind == "heatmap" else before.marker.color
        group = before.line.color if kind == "scatter" and group is None else group
        if isinstance(group, str) and trace.get("showlegend") is not False:
            place = colours.setdefault((kind == "bar", group), len(colours))
            _tell_apart(trace, kind, place)
    return go.Figure(known, skip_invalid=True)


def _tell_apart(trace: dict, kind: str, place: int) -> None:
    marker = trace.setdefault("marker", {})
    if kind == "bar":
        pattern = marker.setdefault("pattern", {})
        pattern["shape"] = pattern.get("shape") or HATCHES[place % len(HATCHES)]
        return
    mode = trace.get("mode") or "markers"
    if "lines" in mode and (trace.get("line") or {}).get("dash", "solid") == "solid":
        trace.setdefault("line", {})["dash"] = DASHES[place % len(DASHES)]
    if "markers" in mode and marker.get("symbol", "circle") == "circle":
        marker["symbol"] = SYMBOLS[place % len(SYMBOLS)]
