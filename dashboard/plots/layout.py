"""What all figures share: title with subtitle, quiet axes, room for the legend."""

import textwrap
from typing import Literal

import plotly.graph_objects as go

from dashboard.theme import LIGHT, Palette

SUBTITLE_WIDTH = 84
TITLE_SPACE = 58
LINE = 15
LEGEND_ROW = 21
NARROW = 520


def titled(
    figure: go.Figure,
    title: str,
    subtitle: str = "",
    *,
    height: int = 420,
    palette: Palette = LIGHT,
    legend: Literal["bottom", "right", "none"] = "none",
    width: int = SUBTITLE_WIDTH,
) -> go.Figure:
    """The figure with the common layout.

    Args:
        figure: changed in place.
        title: what is seen, in words.
        subtitle: measure, n, direction; broken into lines where it is long.
        height: pixels.
        palette: colours of the theme.
        legend: where it stands, outside of the data.
        width: letters in a line of the subtitle.

    Returns:
        The same figure.
    """
    lines = textwrap.wrap(subtitle, width)
    top = TITLE_SPACE + LINE * max(len(lines) - 1, 0) + 8
    bottom = 56 + LEGEND_ROW * _legend_rows(figure) if legend == "bottom" else 8
    figure.update_layout(
        title={
            "text": title,
            "subtitle": {
                "text": "<br>".join(lines),
                "font": {"size": 12, "color": palette.member},
            },
            "font": {"size": 16, "color": palette.text},
            "x": 0,
            "xanchor": "left",
            "y": 1 - 14 / height,
            "yanchor": "top",
            "pad": {"t": 0},
        },
        height=height,
        margin={"l": 8, "r": 12, "t": top, "b": bottom},
        font={"color": palette.text},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=legend != "none",
        legend=_LEGENDS.get(legend, {}),
        hoverlabel={"align": "left"},
        modebar={"bgcolor": palette.surface, "color": palette.member},
        uirevision="keep",
    )
    figure.update_xaxes(gridcolor=palette.grid, zeroline=False, automargin=True)
    figure.update_yaxes(gridcolor=palette.grid, zeroline=False, automargin=True)
    return figure


def _legend_rows(figure: go.Figure) -> int:
    """Rows that a horizontal legend takes in a narrow column; all entries are equally wide."""
    names = [trace.name for trace in figure.data if trace.showlegend is not False and trace.name]
    widest = max((48 + 7 * len(name) for name in names), default=1)
    return -(-len(names) // max(1, NARROW // widest))


_LEGENDS = {
    "bottom": {
        "orientation": "h",
        "x": 0,
        "xanchor": "left",
        "yref": "container",
        "y": 0.0,
        "yanchor": "bottom",
        "title": {"text": ""},
    },
    "right": {
        "orientation": "v",
        "x": 1.02,
        "xanchor": "left",
        "y": 1.0,
        "yanchor": "top",
        "title": {"text": ""},
    },
}
