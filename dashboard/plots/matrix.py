"""Pairs of models: the ordered heatmap with its tree."""

from collections.abc import Mapping, Sequence
from math import isfinite

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import put, titled
from dashboard.theme import LIGHT, SEQUENTIAL, Palette, count, plain_interval, shown, three_digits

NAMED_MODELS = 60
NAMED_COLUMNS = 14
WRITTEN_MODELS = 12


def pair_heatmap(
    matrix: np.ndarray,
    together: np.ndarray,
    names: Sequence[str],
    order: np.ndarray,
    *,
    label: str,
    bounds: tuple[float | None, float | None],
    symmetric: bool = True,
    undefined: str = "",
    low: np.ndarray | None = None,
    high: np.ndarray | None = None,
    joins: np.ndarray | None = None,
    title: str = "How much each pair of models differs",
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """A measure of every pair of models, similar models side by side.

    Args:
        matrix: float [M, M]; NaN is left blank.
        together: int [M, M], samples behind each value.
        names: M.
        order: int [M], the order in which models are drawn.
        label: of the measure.
        bounds: of the measure; signed measures get a diverging scale around 0, others run from
            the lower bound to the largest value seen, which the colour bar states.
        symmetric: say "A and B" rather than "A, then B".
        undefined: why a value with samples behind it can be NaN, a sentence's rest.
        low: float [M, M], lower ends of the 95 % intervals, NaN where unknown.
        high: float [M, M], upper ends.
        joins: float [M - 1, 3], the tree behind the order, drawn above the matrix.
        title: what the values say of a pair.
        subtitle: measure, n, direction.
        palette: colours.

    Returns:
        A figure whose transparent markers carry customdata = i * M + j of the models themselves.
    """
    hover = _values(label, matrix, together, undefined, low, high)
    figure = _cells(matrix, names, order, bounds, symmetric, hover, palette)
    titled(figure, title, subtitle, height=600, palette=palette)
    _name_axes(figure, names, order, symmetric)
    if joins is not None and len(joins) > 1:
        _add_tree(figure, joins, order, palette)
    return figure


def pair_counts(
    together: np.ndarray,
    names: Sequence[str],
    order: np.ndarray,
    *,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """How many samples stand behind every pair, in the order of the matrix of the measure.

    Args:
        together: int [M, M].
        names: M.
        order: int [M].
        subtitle: what is counted.
        palette: colours.

    Returns:
        A figure as `pair_heatmap` makes it.
    """
    hover = [[f"n = {count(int(n))}" for n in row] for row in together.tolist()]
    figure = _cells(together.astype(float), names, order, (0.0, None), True, hover, palette)
    title = "How many samples stand behind each pair"
    titled(figure, title, subtitle, height=520, palette=palette)
    _name_axes(figure, names, order, True)
    return figure


def _values(
    label: str,
    matrix: np.ndarray,
    together: np.ndarray,
    undefined: str,
    low: np.ndarray | None,
    high: np.ndarray | None,
) -> list[list[str]]:
    """What is known of every pair: the value with interval and n, or why there is none."""
    unknown = f"undefined: {undefined or 'too little is known of the two.'}"

    def told(value: float, n: int, low: float, high: float) -> str:
        if n == 0:
            return "undefined: no sample answered by both"
        if not isfinite(value):
            return f"{unknown} (n = {count(n)})"
        ends = plain_interval(low, high)
        ends = f" {ends} (95 %)" if ends else ""
        return f"{label} {three_digits(value)}{ends}, n = {count(n)}"

    nowhere = np.full(matrix.shape, np.nan)
    parts = (matrix, together, nowhere if low is None else low, nowhere if high is None else high)
    return [list(map(told, *row)) for row in zip(*(part.tolist() for part in parts), strict=True)]


def _cells(
    matrix: np.ndarray,
    names: Sequence[str],
    order: np.ndarray,
    bounds: tuple[float | None, float | None],
    symmetric: bool,
    hover: Sequence[Sequence[str]],
    palette: Palette,
) -> go.Figure:
    """The coloured cells, and over them the marks that can be pointed at and picked."""
    models = len(names)
    drawn = matrix[np.ix_(order, order)]
    off = drawn[~np.eye(models, dtype=bool)]
    low, high, scale = _scale(off[np.isfinite(off)], bounds, palette)
    figure = go.Figure(
        go.Heatmap(
            z=drawn,
            zmin=low,
            zmax=high,
            colorscale=scale,
            hoverinfo="skip",
            colorbar={"thickness": 12, "len": 0.86, "y": 0, "yanchor": "bottom"},
            xgap=0.5,
            ygap=0.5,
            texttemplate=_written(drawn) if models <= WRITTEN_MODELS else "",
        )
    )
    rows, columns = np.divmod(np.arange(models * models), models)
    first, second = order[rows], order[columns]
    joint = " and " if symmetric else ", then "
    written = [shown(name) for name in names]
    figure.add_scatter(
        x=columns,
        y=rows,
        mode="markers",
        marker={
            "symbol": "square",
            "size": max(4, 420 // models),
            "color": "#ffffff",
            "opacity": 0,
        },
        # One style and no colour: a click sets each of them for every mark.
        selected={"marker": {"opacity": 0.55}},
        unselected={"marker": {"opacity": 0}},
        customdata=(first * models + second).astype(np.int32),
        hovertext=[
            f"<b>{written[i]}{joint}{written[j]}</b><br>{hover[i][j]}"
            for i, j in zip(first.tolist(), second.tolist(), strict=True)
        ],
        hoverinfo="text",
    )
    return figure


def _written(drawn: np.ndarray) -> str:
    """How a value is written into its cell: whole numbers without digits behind the point."""
    known = drawn[np.isfinite(drawn)]
    return "%{z:,d}" if len(known) and known.max() > 1 and (known % 1 == 0).all() else "%{z:.2f}"


def _name_axes(figure: go.Figure, names: Sequence[str], order: np.ndarray, symmetric: bool) -> None:
    models = len(names)
    ticks = [shown(names[row], 22) for row in order.tolist()]
    letters = {"size": min(10, max(6, 420 // models))}
    named = {"tickvals": list(range(models)), "ticktext": ticks, "tickfont": letters}
    put(figure, dragmode=False, clickmode="event+select")
    across = named if models <= NAMED_COLUMNS else {"tickvals": []}
    up = named if models <= NAMED_MODELS else {"tickvals": []}
    axis = {"showgrid": False, "tickangle": -60, "range": [-0.5, models - 0.5]}
    titles = ("Second model", "First model") if not symmetric else ("", "")
    if models > NAMED_COLUMNS:
        titles = (f"{titles[0] or 'Models'}, similar ones side by side", titles[1])
    below = {"showgrid": False, "range": [models - 0.5, -0.5]}
    put(
        figure,
        xaxis={**axis, **across, "title": {"text": titles[0]}},
        yaxis={**below, **up, "title": {"text": titles[1]}},
    )


def _add_tree(figure: go.Figure, joins: np.ndarray, order: np.ndarray, palette: Palette) -> None:
    """The tree above the matrix: the higher a bracket, the less alike what it joins."""
    models = len(order)
    place, height = np.zeros(2 * models - 1), np.zeros(2 * models - 1)
    place[order] = np.arange(models)
    across, up = [], []
    for row, (first, second, level) in enumerate(joins.tolist()):
        left, right = int(first), int(second)
        across += [place[left], place[left], place[right], place[right], None]
        up += [height[left], level, level, height[right], None]
        place[models + row], height[models + row] = (place[left] + place[right]) / 2, level
    figure.add_scatter(
        x=across,
        y=up,
        yaxis="y2",
        mode="lines",
        line={"color": palette.member, "width": 1},
        hoverinfo="skip",
    )
    top = float(np.nanmax(joins[:, 2])) or 1.0
    put(
        figure,
        yaxis={"domain": [0, 0.86]},
        yaxis2={
            "domain": [0.87, 1],
            "range": [0, 1.05 * top],
            "visible": False,
            "fixedrange": True,
        },
    )


def _scale(
    values: np.ndarray, bounds: tuple[float | None, float | None], palette: Palette
) -> tuple[float, float, str | list]:
    largest = float(values.max()) if len(values) else 1.0
    if bounds[0] is not None and bounds[0] < 0:
        low, middle, high = palette.diverging
        reach = bounds[1] or max(float(np.abs(values).max()), 1e-12) if len(values) else 1.0
        return -reach, reach, [[0.0, low], [0.5, middle], [1.0, high]]
    return 0.0, largest or 1.0, SEQUENTIAL


def decode_pairs(points: Sequence[Mapping], models: int) -> list[tuple[int, int]]:
    """Pairs (i, j) of the picked cells, the diagonal left out."""
    codes = [point["customdata"] for point in points if point.get("customdata") is not None]
    pairs = [divmod(int(code), models) for code in codes]
    return [(i, j) for i, j in pairs if i != j and i < models]
