"""The members that are right against those that are wrong: who is surer, or more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import LIGHT, OUTCOME_SYMBOLS, Palette, count, percent, shown

NAMES = ("kept", "corrected", "rescued", "overruled", "spoiled", "missed")
DRAWN = ("corrected", "spoiled")
MOST_POINTS = 2000
CELLS = 24
CELL_SIZE = 17


@dataclass(frozen=True)
class Axes:
    """What the two camps are compared by.

    Attributes:
        title: of the figure.
        wrong, right: titles of x and y.
        top: largest value of both.
        cells: per axis, when samples are counted in cells.
        tickformat: of both axes.
    """

    title: str
    wrong: str
    right: str
    top: float
    cells: int
    tickformat: str


def by_confidence() -> Axes:
    """How sure the two camps are of their own answers."""
    return Axes(
        "Who is surer, right or wrong?",
        "Mean confidence of wrong members",
        "Mean confidence of right members",
        1.0,
        CELLS,
        ".0%",
    )


def by_size(members: int) -> Axes:
    """How many members each camp has."""
    return Axes(
        "Who is more, right or wrong?",
        "Members that agree on one wrong answer",
        "Members that are right",
        members + 0.5,
        members + 1,
        ",d",
    )


def drawn_as_cells(points: int, axes: Axes) -> bool:
    """Too many points to draw each, or whole numbers that would fall on each other."""
    return points > MOST_POINTS or axes.top > 1


def cells_of(right: np.ndarray, wrong: np.ndarray, axes: Axes) -> np.ndarray:
    """The cell of each sample: place along x (wrong) + cells * place along y (right), int [n]."""
    edges = _edges(axes)
    across, up = (
        np.clip(np.searchsorted(edges, v, "right") - 1, 0, axes.cells - 1) for v in (wrong, right)
    )
    return across + axes.cells * up


def camps(
    right: np.ndarray,
    wrong: np.ndarray,
    codes: np.ndarray,
    rows: np.ndarray,
    hover: Sequence[str],
    axes: Axes,
    *,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Contested samples by their two camps, coloured by what the ensemble made of them.

    Args:
        right: float [n], of the right camp.
        wrong: float [n], of the wrong camp.
        codes: int [n], outcome of each sample.
        rows: int [n], rows of the bundle.
        hover: n texts of lines, not escaped; not read where samples are counted in cells.
        axes: what is compared.
        subtitle: n, and what a point or a square is.
        palette: colours.

    Returns:
        A figure; customdata = row of the sample, or its cell where samples are counted in cells.
    """
    figure = go.Figure()
    low = 0 if axes.top <= 1 else -0.5
    figure.add_scatter(
        x=[low, axes.top], y=[low, axes.top], mode="lines", hoverinfo="skip", showlegend=False,
        line={"color": palette.member, "width": 1, "dash": "dot"},
    )  # fmt: skip
    cells = drawn_as_cells(len(rows), axes)
    if cells:
        _add_cells(figure, right, wrong, codes, axes, palette)
    else:
        _add_samples(figure, right, wrong, codes, rows, hover, palette)
    titled(
        figure, axes.title, subtitle, height=470, palette=palette,
        legend="none" if cells else "bottom",
    )  # fmt: skip
    figure.update_layout(dragmode="lasso", clickmode="event+select")
    margin = 0.03 * axes.top
    figure.update_xaxes(title=axes.wrong, tickformat=axes.tickformat)
    figure.update_yaxes(title=axes.right, tickformat=axes.tickformat)
    figure.update_xaxes(range=[_start(wrong, axes) - margin, axes.top + margin])
    figure.update_yaxes(range=[_start(right, axes) - margin, axes.top + margin])
    return figure


def decode_marks(points: Sequence[Mapping]) -> np.ndarray:
    """Rows or cells of the picked marks, int32, ascending."""
    codes = {int(point["customdata"]) for point in points if point.get("customdata") is not None}
    return np.array(sorted(codes), dtype=np.int32)


def _start(values: np.ndarray, axes: Axes) -> float:
    """Confidences begin where there are some; sizes at 0."""
    if axes.top > 1 or not len(values):
        return 0.0
    return float(np.floor(10 * np.nanmin(values)) / 10)


def _edges(axes: Axes) -> np.ndarray:
    if axes.top > 1:
        return np.arange(axes.cells + 1) - 0.5
    return np.linspace(0, axes.top, axes.cells + 1)


def _add_samples(
    figure: go.Figure,
    right: np.ndarray,
    wrong: np.ndarray,
    codes: np.ndarray,
    rows: np.ndarray,
    hover: Sequence[str],
    palette: Palette,
) -> None:
    for name in DRAWN:
        here = np.flatnonzero(codes == NAMES.index(name))
        figure.add_scatter(
            x=wrong[here].astype(np.float32),
            y=right[here].astype(np.float32),
            mode="markers",
            name=name,
            marker={
                "color": palette.outcomes[name],
                "symbol": OUTCOME_SYMBOLS[name],
                "size": 7,
                "opacity": 0.7,
            },
            unselected={"marker": {"opacity": 0.15}},
            customdata=rows[here].astype(np.int32),
            hovertext=[
                "<br>".join(shown(line, 120) for line in hover[place].split("\n"))
                for place in here.tolist()
            ],
            hoverinfo="text",
        )


def _add_cells(
    figure: go.Figure,
    right: np.ndarray,
    wrong: np.ndarray,
    codes: np.ndarray,
    axes: Axes,
    palette: Palette,
) -> None:
    """Squares as large as they have samples, coloured by the share that the ensemble corrects."""
    cell = cells_of(right, wrong, axes)
    used, place, samples = np.unique(cell, return_inverse=True, return_counts=True)
    won = np.bincount(place, codes == NAMES.index("corrected"), len(used)) / samples
    edges = _edges(axes)
    middles = (edges[:-1] + edges[1:]) / 2
    x, y = middles[used % axes.cells], middles[used // axes.cells]
    spoiled, corrected = (palette.outcomes[name] for name in ("spoiled", "corrected"))
    figure.add_scatter(
        x=x,
        y=y,
        mode="markers",
        marker={
            "symbol": "square",
            "size": np.maximum(4, CELL_SIZE * np.sqrt(samples / samples.max())),
            "color": won,
            "cmin": 0,
            "cmax": 1,
            "colorscale": [[0, spoiled], [0.5, palette.muted], [1, corrected]],
            "colorbar": {
                "title": {"text": "corrected", "side": "right"},
                "thickness": 12,
                "tickformat": ".0%",
            },
        },
        unselected={"marker": {"opacity": 0.2}},
        customdata=used.astype(np.int32),
        hovertext=[
            f"<b>{count(int(n))}</b> samples, {percent(share)} corrected, {percent(1 - share)} "
            f"spoiled<br>right camp about {up:{axes.tickformat}}, wrong camp about "
            f"{across:{axes.tickformat}}"
            for n, share, across, up in zip(
                samples.tolist(), won.tolist(), *_written(x, y, axes), strict=True
            )
        ],
        hoverinfo="text",
        showlegend=False,
    )


def _written(x: np.ndarray, y: np.ndarray, axes: Axes) -> tuple[list, list]:
    return tuple(v.round().astype(int).tolist() if axes.top > 1 else v.tolist() for v in (x, y))
