"""A scatter map of samples that shows and reports a selection without losing zoom or drag mode.

A plain plotly chart in Streamlit is remounted whenever its figure changes, so it cannot show a
selection made elsewhere. This map is two small components: a *store*, which leaves the constants
(coordinates, hover texts, colours) in the page under their digest, and a *view*, which gets digests
and one bit per point. Both are constant code; data travels as JSON only.
"""

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from dashboard.component import encoding


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
    on_select: Callable[[np.ndarray | None], None],
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
        on_select: Called in a widget callback with the sorted int32 positions of a lasso, box or
            click (none, if nothing was hit), or with None when a double-click cleared them.
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
        "space": encoding.digest_of(points["x"], points["y"]),  # same coordinates, same zoom
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
        answer = encoding.positions(st.session_state[key].sel, digest, size)
        if answer is not False:
            on_select(answer)

    _draw(key, points, paint, view, receive)


def _draw(key: str, points: dict, paint: dict, view: dict, receive: Callable[[], None]) -> None:
    with st.container(key=f"{key}-frame", gap=None):
        _store(key=f"{key}-points", data=points)
        _store(key=f"{key}-colours", data=paint)
        _view(key=key, data=view, on_sel_change=receive)


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
