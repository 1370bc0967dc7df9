"""Maps of samples as plain charts, for where the linked map component is not available."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import LIGHT, SEQUENTIAL, Palette


def sample_map(
    coordinates: np.ndarray,
    hover: Sequence[str],
    axes: tuple[str, str],
    *,
    category: np.ndarray | None = None,
    categories: Sequence[tuple[str, str, str]] = (),
    values: np.ndarray | None = None,
    value_title: str = "",
    selected: np.ndarray | None = None,
    title: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Samples as points coloured by category or value.

    Args:
        coordinates: float32 [N, 2].
        hover: N texts as they are; lines are kept, markup is escaped.
        axes: titles of x and y.
        category: uint8 [N] codes into categories (name, colour, symbol).
        categories: their names, colours and symbols.
        values: float32 [N], instead of categories.
        value_title: of the colour bar.
        selected: int [n], rows to bring out; None = no selection.
        title: what is seen.
        palette: colours.

    Returns:
        A figure; customdata = row of the sample.
    """
    figure = go.Figure()
    rows = np.arange(len(coordinates), dtype=np.int32)
    chosen = np.ones(len(rows), dtype=bool) if selected is None else np.isin(rows, selected)
    if category is None:
        _add_points(figure, coordinates, hover, rows, chosen, _scale(values, value_title))
    else:
        for code, (name, colour, symbol) in enumerate(categories):
            part, style = rows[category == code], {"color": colour, "symbol": symbol}
            _add_points(figure, coordinates, hover, part, chosen[part], style, name)
    legend = "none" if category is None else "right"
    titled(figure, title, height=620, palette=palette, legend=legend)
    figure.update_layout(dragmode="lasso")
    figure.update_xaxes(title=axes[0])
    figure.update_yaxes(title=axes[1])
    return figure


def _scale(values: np.ndarray, title: str) -> dict:
    """Markers coloured by a value, with its colour bar."""
    bar = {"title": {"text": title, "side": "right"}, "thickness": 12}
    return {"color": values, "colorscale": SEQUENTIAL, "showscale": True, "colorbar": bar}


def _add_points(
    figure: go.Figure,
    coordinates: np.ndarray,
    hover: Sequence[str],
    rows: np.ndarray,
    chosen: np.ndarray,
    style: dict,
    name: str = "",
) -> None:
    """Samples in one style; those that are not chosen are faint."""
    figure.add_scattergl(
        x=coordinates[rows, 0],
        y=coordinates[rows, 1],
        mode="markers",
        name=name,
        marker={
            "size": _diameter(len(coordinates)),
            "opacity": np.where(chosen, 0.9, 0.12),
            **style,
        },
        customdata=rows,
        hovertext=[escape(hover[row]).replace("\n", "<br>") for row in rows.tolist()],
        hoverinfo="text",
    )


def _diameter(points: int) -> int:
    """Smaller marks where there are more, in pixels."""
    return 4 if points > 10_000 else 5 if points > 2000 else 6


def decode_samples(points: Sequence[Mapping]) -> np.ndarray:
    """Rows of the picked samples, int32."""
    rows = [point["customdata"] for point in points if point.get("customdata") is not None]
    return np.array(sorted({int(row) for row in rows}), dtype=np.int32)


def decode_shapes(event: Mapping) -> list[list[np.ndarray]]:
    """The boxes and lassos of an event, as shapes of one ring of corners [V, 2] each."""
    boxes = [([x[0], x[1], x[1], x[0]], [y[0], y[0], y[1], y[1]]) for x, y in _ends(event, "box")]
    return [[np.array(ends, dtype=float).T] for ends in [*boxes, *_ends(event, "lasso")]]


def _ends(event: Mapping, kind: str) -> list[tuple[list[float], list[float]]]:
    return [(one["x"], one["y"]) for one in event.get(kind) or []]
