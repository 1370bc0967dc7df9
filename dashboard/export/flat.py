"""Figures of more than two dimensions as flat ones: three projections, lines over axes."""

import numpy as np
import plotly.graph_objects as go
from matplotlib.colors import to_hex

from dashboard.export.colours import colour_map
from dashboard.export.numbers import written
from dashboard.theme import LIGHT

GAP = 0.09
VIEWS = (("x", "z"), ("y", "z"), ("x", "y"))
TICKS = 5
WIDE = 650  # pixels of the screen, for three plots beside each other


def flattened(figure: go.Figure, width: float) -> go.Figure:
    """The same figure where it is flat, else its projections or its axes; width in pixels."""
    kinds = {trace.type for trace in figure.data}
    if "scatter3d" in kinds:
        return _projections(figure, beside=width >= WIDE)
    if "parcoords" in kinds:
        return _axes_side_by_side(figure)
    return figure


def _projections(figure: go.Figure, beside: bool) -> go.Figure:
    """The three projections of a figure in space, one legend for all."""
    flat = go.Figure(layout=figure.layout.to_plotly_json() | {"scene": None})
    share = (1 - (len(VIEWS) - 1) * GAP) / len(VIEWS)
    for place, (across, up) in enumerate(VIEWS):
        number = str(place + 1) if place else ""
        start = place * (share + GAP)
        row = [max(1 - start - share, 0), 1 - start]
        column = [start, min(start + share, 1)]
        spans = {"x": column, "y": [0, 1]} if beside else {"x": [0, 1], "y": row}
        for name, axis in ((f"xaxis{number}", across), (f"yaxis{number}", up)):
            scene = figure.layout.scene[f"{axis}axis"]
            flat.layout[name] = {
                "title": {"text": scene.title.text or axis},
                "tickformat": scene.tickformat,
                "gridcolor": LIGHT.grid,
                "domain": spans[name[0]],
                "anchor": f"{'y' if name.startswith('x') else 'x'}{number}",
            }
        for trace in figure.data:
            flat.add_trace(_projected(trace, across, up, number, shown=place == 0))
    flat.update_layout(height=440 if beside else 3 * 380)
    return flat


def _projected(trace: go.Scatter3d, across: str, up: str, number: str, shown: bool) -> go.Scatter:
    known = trace.to_plotly_json()
    marker = known.get("marker", {})
    size = np.asarray(marker.get("size", 8)) * 1.6  # pixels in space look smaller than flat ones
    return go.Scatter(
        x=trace[across],
        y=trace[up],
        mode=trace.mode,
        name=trace.name,
        opacity=trace.opacity,
        marker=marker | {"size": size.tolist()},
        xaxis=f"x{number}",
        yaxis=f"y{number}",
        showlegend=shown and trace.showlegend is not False,
    )


def _axes_side_by_side(figure: go.Figure) -> go.Figure:
    """A parallel plot as lines over upright axes, each with numbers of its own."""
    flat = go.Figure(layout=figure.layout.to_plotly_json())
    for trace in figure.data:
        _add_lines(flat, trace)
    places = len(figure.data[0].dimensions)
    names = [dimension.label for dimension in figure.data[0].dimensions]
    flat.update_layout(showlegend=False)
    flat.update_xaxes(
        tickvals=list(range(places)), ticktext=names, range=[-0.25, places - 0.6], showgrid=False
    )
    flat.update_yaxes(visible=False, range=[-0.04, 1.04])
    return flat


def _add_lines(flat: go.Figure, trace: go.Parcoords) -> None:
    places = len(trace.dimensions)
    columns, ends = [], []
    for dimension in trace.dimensions:
        values = np.asarray(dimension.values, dtype=float)
        low, high = dimension.range or (values.min(), values.max())
        columns.append((values - low) / ((high - low) or 1))
        ends.append((float(low), float(high), dimension.tickformat))
    heights = np.stack(columns, 1)
    levels = trace.line.color
    many = isinstance(levels, np.ndarray | tuple)
    colours = np.asarray(levels if many else np.zeros(len(heights)))
    low, high = float(colours.min()), float(colours.max())
    shades = (colours - low) / ((high - low) or 1)
    painted = map(to_hex, colour_map(trace.line.colorscale)(shades))
    for row, colour in zip(heights, painted, strict=True):
        flat.add_scatter(
            x=list(range(places)), y=row, mode="lines",
            line={"color": colour, "width": 1}, opacity=0.7,
        )  # fmt: skip
    for place, (start, end, spec) in enumerate(ends):
        flat.add_shape(
            type="line", x0=place, x1=place, y0=0, y1=1,
            line={"color": LIGHT.member, "width": 1},
        )  # fmt: skip
        for step in np.linspace(0, 1, TICKS):
            flat.add_annotation(
                x=place, y=float(step), text=written(start + step * (end - start), spec),
                showarrow=False, xanchor="left", xshift=3, font={"size": 10, "color": LIGHT.text},
            )  # fmt: skip
