"""A scatter map of samples that shows and reports a selection without losing zoom or drag mode.

A plain plotly chart in Streamlit is remounted whenever its figure changes, so it cannot show a
selection made elsewhere. This map is two small components: a *store*, which leaves the constants
(coordinates, hover texts, colours) in the page under their digest, and a *view*, which gets digests
and one bit per point. Both are constant code; data travels as JSON only.
"""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from dashboard.component import encoding, geometry
from dashboard.component.geometry import Ring, View


@dataclass(frozen=True, eq=False)
class Picked:
    """What a lasso, box or click on a map took.

    Attributes:
        positions: int32, the points that are drawn, in order.
        shapes: the lassos and boxes, as `geometry.inside` takes them; none for a click.
        hidden: categories that were not shown (of values: 0 all that have one, 1 the others).
    """

    positions: np.ndarray
    shapes: Sequence[Sequence[Ring]]
    hidden: Sequence[int]


def _source(*names: str) -> str:
    return "".join((Path(__file__).parent / name).read_text("utf-8") for name in names)


_store = st.components.v2.component("dissensus_store", js=_source("store.js"), isolate_styles=False)
_view = st.components.v2.component(
    "dissensus_map",
    js=_source("figure.js", "view.js"),
    css=_source("view.css"),
    isolate_styles=False,
)


def vendor_available() -> bool:
    """Whether ``dashboard/server.py`` serves plotly.js; without it, use st.plotly_chart."""
    return bool(os.environ.get("DISSENSUS_PLOTLY_JS"))


def scatter(
    *,
    key: str,
    digest: str,
    space: str,
    limits: tuple[tuple[float, float], tuple[float, float]],
    x: np.ndarray,
    y: np.ndarray,
    hover: Sequence[str],
    selected: np.ndarray | None,
    mine: bool,
    seq: int,
    x_title: str,
    y_title: str,
    title: str,
    height: int,
    alt: str,
    on_select: Callable[[Picked | None], None],
    on_view: Callable[[View | None], None] | None = None,
    category: np.ndarray | None = None,
    categories: Sequence[tuple[str, str, str]] = (),
    values: np.ndarray | None = None,
    scale: str | Sequence[str] = "Cividis",
    value_range: tuple[float, float] | None = None,
    value_title: str = "",
) -> None:
    r"""Draw a map of samples, coloured by ``category`` or by ``values``.

    All texts are shown literally. In a hover text ``\n`` starts a new line; in ``title`` it starts
    the subtitle.

    Args:
        key: Unique in the app and stable; names the Streamlit elements.
        digest: Identifies x, y and hover together; must change when one of them does.
        space: Identifies what the coordinates mean; while it is the same, the zoom stays.
        limits: Ends of x and of y when all is seen.
        x: float32 [N]; points with NaN are not drawn.
        y: float32 [N].
        hover: One text per point.
        selected: int32 positions shown at full strength, others dimmed; None for no selection.
        mine: Whether this map made the current selection.
        seq: Counter of selections; must grow with each change of ``selected``.
        x_title: Horizontal axis.
        y_title: Vertical axis.
        title: What is shown; also the file name of the exported SVG.
        height: Pixels, title and legend included.
        alt: Description for screen readers.
        on_select: Called in a widget callback with what a lasso, box or click took (maybe no
            point), or with None when a double-click cleared it.
        on_view: There are more points than these: called in a widget callback with the ends of
            the axes after a zoom, or with None when all is seen again.
        category: uint8 [N], codes into categories.
        categories: (name, colour as hex, plotly symbol), in the order of the legend.
        values: float32 [N], instead of category; NaN is shown as "no value".
        scale: Name of a plotly colour scale, or at least two hex colours from low to high.
        value_range: Ends of the colour scale; by default the extremes of values.
        value_title: What the colours mean.
    """
    size = len(x)
    if (category is None) == (values is None):
        raise ValueError("a map is coloured by category or by values: give exactly one of them")
    lengths = [size, len(y), len(hover), len(category if values is None else values)]
    if len(set(lengths)) > 1:
        raise ValueError(f"x, y, hover and colours have lengths {lengths}; expected equal lengths")
    if values is None:
        paint = encoding.by_category(category, categories)
    else:
        paint = encoding.by_value(values, scale, value_range, value_title)
    paint["digest"] = encoding.digest_of(repr(paint))
    points = _points(digest, x, y, hover)
    view = {
        "digest": digest,
        "colours": paint["digest"],
        "space": encoding.digest_of(space),
        "limits": limits,
        "thinned": on_view is not None,
        "bits": encoding.bits(selected, size),
        "mine": mine,
        "seq": seq,
        "x_title": x_title,
        "y_title": y_title,
        "title": title,
        "height": height,
        "alt": alt,
        "filename": _file_name(title),
        "vendor": os.environ.get("DISSENSUS_PLOTLY_JS", ""),
    }

    def receive() -> None:
        picked = _picked(st.session_state[key].sel, digest, size)
        if picked is not False:
            on_select(picked)

    def look() -> None:
        message = st.session_state[key].view
        if isinstance(message, dict) and message.get("space") == view["space"]:
            on_view(geometry.view_of(message.get("ends")))

    zoomed = {} if on_view is None else {"on_view_change": look}
    _draw(key, points, paint, view, {"on_sel_change": receive} | zoomed)


def _picked(message: Any, digest: str, size: int) -> Picked | bool | None:
    """Read a selection; None for "cleared", False for a message about other points."""
    found = encoding.positions(message, digest, size)
    if not isinstance(found, np.ndarray):
        return found
    hidden = message.get("hidden")
    hidden = [code for code in hidden if isinstance(code, int)] if isinstance(hidden, list) else []
    return Picked(found, geometry.rings(message.get("outlines")) or (), hidden)


def _draw(key: str, points: dict, paint: dict, view: dict, told: dict[str, Callable]) -> None:
    with st.container(key=f"{key}-frame", gap=None):
        _store(key=f"{key}-points", data=points)
        _store(key=f"{key}-colours", data=paint)
        _view(key=key, data=view, **told)


def _points(digest: str, x: np.ndarray, y: np.ndarray, hover: Sequence[str]) -> dict:
    return {
        "kind": "points",
        "digest": digest,
        "hover": list(hover),
        "x": encoding.floats(x),
        "y": encoding.floats(y),
    }


def _file_name(title: str) -> str:
    """Of the exported picture: the words of the title's first line."""
    return re.sub(r"\W+", "-", title.split("\n")[0]).strip("-").lower()[:60] or "map"
