"""One function for every format."""

from typing import Literal

import plotly.graph_objects as go

from dashboard.export import data, pages
from dashboard.export.presets import PRESETS, Preset

FORMATS = ("pdf", "svg", "png", "html", "csv")
Format = Literal["pdf", "svg", "png", "html", "csv"]


def write(
    figure: go.Figure,
    format: Format,
    preset: Preset = PRESETS["single column"],
    caption: str = "",
) -> bytes:
    """A figure as the bytes of a file; the figure itself is not changed.

    Args:
        figure: as a function of `dashboard.plots` gives it, of either theme.
        format: "pdf", "svg" or "png"; "html" with plotly.js inside; "csv" with what is drawn.
        preset: size and letters; HTML takes only the font, CSV nothing of it.
        caption: plain text below the figure (n, rule, measure, interval, version).

    Returns:
        The same bytes for the same arguments.

    Raises:
        ValueError: an unknown format.
    """
    if format not in FORMATS:
        raise ValueError(f"a figure is written as {', '.join(FORMATS)}, not as {format!r}")
    if format == "html":
        return pages.page(figure, preset, caption)
    if format == "csv":
        return data.csv(figure)
    from dashboard.export import pictures  # Matplotlib takes half a second to load

    return pictures.picture(figure, format, preset, caption)
