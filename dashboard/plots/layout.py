"""What all figures share: title with subtitle, quiet axes, room for the legend."""

import plotly.graph_objects as go

from dashboard.theme import LIGHT, Palette


def titled(
    figure: go.Figure,
    title: str,
    subtitle: str = "",
    *,
    height: int = 420,
    palette: Palette = LIGHT,
    legend: bool = False,
) -> go.Figure:
    """The figure with the common layout.

    Args:
        figure: changed in place.
        title: what is seen, in words.
        subtitle: measure, n, direction.
        height: pixels.
        palette: colours of the theme.
        legend: draw one, below the plot, where it covers no data.

    Returns:
        The same figure.
    """
    figure.update_layout(
        title={
            "text": title,
            "subtitle": {"text": subtitle, "font": {"size": 12, "color": palette.member}},
            "font": {"size": 16, "color": palette.text},
            "x": 0,
            "xanchor": "left",
            "y": 0.98,
            "yanchor": "top",
        },
        height=height,
        margin={"l": 8, "r": 12, "t": 74, "b": 8},
        font={"color": palette.text},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=legend,
        legend={"orientation": "h", "yanchor": "top", "y": -0.16, "x": 0, "title": {"text": ""}},
        hoverlabel={"align": "left"},
        uirevision="keep",
    )
    figure.update_xaxes(gridcolor=palette.grid, zeroline=False, automargin=True)
    figure.update_yaxes(gridcolor=palette.grid, zeroline=False, automargin=True)
    return figure
