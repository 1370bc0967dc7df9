"""Candidate teams: quality against diversity and against consistency."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import (
    BESIDE_SYMBOLS,
    LIGHT,
    SEQUENTIAL,
    Palette,
    count,
    percent,
    shown,
    three_digits,
)

Mark = tuple[str, float, float, int | None]


def front(
    x: np.ndarray,
    accuracy: np.ndarray,
    sizes: np.ndarray,
    on_front: np.ndarray,
    members: Sequence[str],
    active: int | None,
    *,
    x_label: str,
    title: str,
    marks: Sequence[Mark] = (),
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Accuracy of candidate teams against another objective, the front marked.

    Args:
        x: float [E]; NaN (a single model) is drawn in a lane of its own on the left.
        accuracy: float [E].
        sizes: int [E], members per team.
        on_front: bool [E], dominated by no other team.
        members: E texts, the members for the hover.
        active: the row that is the active ensemble, if it is among them.
        x_label: name, unit and direction of x.
        title: what is seen.
        marks: ensembles that are no candidates: name, x, accuracy and the slot of their colour,
            None for the active one; left out where x is NaN.
        subtitle: rule, n, number of candidates.
        palette: colours.

    Returns:
        A figure; customdata = row of the candidate.
    """
    single, known = ~np.isfinite(x), x[np.isfinite(x)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    span = max(high - low, 1e-6)
    placed = np.where(single, low - 0.12 * span, x)
    figure = go.Figure()
    _add_teams(figure, placed, accuracy, sizes, single, on_front, palette)
    hover = np.array(_hover(x, accuracy, sizes, on_front, members, x_label), dtype=object)
    figure.for_each_trace(lambda trace: trace.update(hovertext=hover[trace.customdata].tolist()))
    steps = _outer(x, accuracy)
    figure.add_scatter(
        x=x[steps],
        y=accuracy[steps],
        mode="lines",
        line={"color": palette.text, "width": 1, "dash": "dot"},
        name="front of these two",
        hoverinfo="skip",
    )
    if active is not None:
        _add_active(figure, placed[active], accuracy[active], palette)
    for mark in marks:
        _add_mark(figure, mark, x_label, palette)
    titled(figure, title, subtitle, height=520, palette=palette, legend="bottom")
    figure.update_layout(dragmode="pan", clickmode="event+select")
    figure.update_xaxes(title=x_label, range=[low - 0.18 * span, high + 0.06 * span])
    figure.update_yaxes(title="Accuracy, higher is better", tickformat=".1%")
    if single.any() and len(known):
        _part_the_lane(figure, low - 0.12 * span, low - 0.06 * span, palette)
    return figure


def _hover(
    x: np.ndarray,
    accuracy: np.ndarray,
    sizes: np.ndarray,
    on_front: np.ndarray,
    members: Sequence[str],
    x_label: str,
) -> list[str]:
    """What is said of every candidate when it is pointed at."""
    objective = x_label.split(",")[0].lower()
    return [
        f"<b>{text}</b><br>accuracy {percent(float(y))}, {objective} {three_digits(float(value))}"
        f"<br>{count(int(size))} {'model' if size == 1 else 'models'}"
        f"{', on the front' if kept else ''}"
        for text, y, value, size, kept in zip(members, accuracy, x, sizes, on_front, strict=True)
    ]


def _add_teams(
    figure: go.Figure,
    placed: np.ndarray,
    accuracy: np.ndarray,
    sizes: np.ndarray,
    single: np.ndarray,
    on_front: np.ndarray,
    palette: Palette,
) -> None:
    """Single models in grey; teams coloured by their size, those on the front large."""
    coloured = {
        "colorscale": SEQUENTIAL,
        "cmin": 2,
        "cmax": max(int(sizes.max()) if len(sizes) else 2, 3),
        "colorbar": {
            "title": {"text": "Members", "side": "right"},
            "thickness": 10,
            "len": 0.8,
        },
    }
    styles = (
        ("single models", single, "circle", 7, 0),
        ("teams", ~single & ~on_front, "diamond", 8, 0.5),
        ("on the front", ~single & on_front, "diamond", 12, 2),
    )
    for name, mask, symbol, size, line in styles:
        rows = np.flatnonzero(mask)
        marker = {"symbol": symbol, "size": size, "opacity": 1.0 if line > 1 else 0.75}
        marker |= {"line": {"width": line, "color": palette.text}}
        if line:
            marker |= {"color": sizes[rows], "showscale": line > 1, **coloured}
        else:
            marker["color"] = palette.member
        figure.add_scatter(
            x=placed[rows],
            y=accuracy[rows],
            mode="markers",
            name=name,
            marker=marker,
            customdata=rows.astype(np.int32),
            hoverinfo="text",
        )


def _add_active(figure: go.Figure, x: float, accuracy: float, palette: Palette) -> None:
    figure.add_scatter(
        x=[x],
        y=[accuracy],
        mode="markers",
        name="active ensemble",
        hoverinfo="skip",
        marker={
            "symbol": "diamond-open",
            "size": 20,
            "color": palette.ensemble,
            "line": {"width": 3},
        },
    )


def _add_mark(figure: go.Figure, mark: Mark, x_label: str, palette: Palette) -> None:
    """An ensemble of its own kind, as a diamond in its colour."""
    name, x, accuracy, slot = mark
    if not (np.isfinite(x) and np.isfinite(accuracy)):
        return
    objective = x_label.split(",")[0].lower()
    figure.add_scatter(
        x=[x],
        y=[accuracy],
        mode="markers",
        name=shown(name, 34),
        marker={
            "symbol": "diamond" if slot is None else BESIDE_SYMBOLS[slot],
            "size": 16,
            "color": palette.ensemble if slot is None else palette.beside[slot],
            "line": {"width": 1.5, "color": palette.text},
        },
        hovertext=[
            f"<b>{shown(name)}</b><br>accuracy {percent(accuracy)}, {objective} {three_digits(x)}"
        ],
        hoverinfo="text",
    )


def _part_the_lane(figure: go.Figure, lane: float, edge: float, palette: Palette) -> None:
    """A line between the single models on the left and the teams, and a word for the lane."""
    figure.add_vline(x=edge, line={"color": palette.grid, "width": 1})
    figure.add_annotation(
        x=lane,
        y=0.0,
        yref="paper",
        text="alone",
        showarrow=False,
        yanchor="bottom",
        font={"size": 11, "color": palette.member},
    )


def _outer(x: np.ndarray, accuracy: np.ndarray) -> np.ndarray:
    """Rows that no other one beats on these two objectives, from large x to small."""
    rows = np.flatnonzero(np.isfinite(x))
    rows = rows[np.lexsort((-accuracy[rows], -x[rows]))]
    best = np.maximum.accumulate(accuracy[rows]) if len(rows) else accuracy[rows]
    new = np.ones(len(rows), dtype=bool)
    new[1:] = accuracy[rows][1:] > best[:-1]
    return rows[new]


def decode_candidate(points: Sequence[Mapping]) -> int | None:
    """Row of the last picked candidate."""
    codes = [point["customdata"] for point in points if point.get("customdata") is not None]
    return int(codes[-1]) if codes else None


def names_of(membership: np.ndarray, models: Sequence[str], *, most: int = 6) -> list[str]:
    """Members of every candidate as one text each."""
    texts = []
    for row in membership:
        members = [shown(models[place], 22) for place in np.flatnonzero(row)]
        more = len(members) - most
        texts.append(", ".join(members[:most]) + (f" and {more} more" if more > 0 else ""))
    return texts
