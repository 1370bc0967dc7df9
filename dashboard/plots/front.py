"""Candidate teams: quality against diversity and against consistency."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import LIGHT, SEQUENTIAL, Palette, count, percent, shown, three_digits


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
        subtitle: rule, n, number of candidates.
        palette: colours.

    Returns:
        A figure; customdata = row of the candidate.
    """
    single, known = ~np.isfinite(x), x[np.isfinite(x)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    span = max(high - low, 1e-6)
    lane = low - 0.12 * span
    figure = go.Figure()
    hover = [
        f"<b>{text}</b><br>accuracy {percent(float(y))}, {x_label.split(',')[0].lower()} "
        f"{three_digits(float(value))}<br>{count(int(size))} "
        f"{'model' if size == 1 else 'models'}{', on the front' if kept else ''}"
        for text, y, value, size, kept in zip(members, accuracy, x, sizes, on_front, strict=True)
    ]
    styles = (
        ("single models", single, "circle", 7, palette.member, 0),
        ("teams", ~single & ~on_front, "diamond", 8, None, 0.5),
        ("on the front", ~single & on_front, "diamond", 12, None, 2),
    )
    largest = int(sizes.max()) if len(sizes) else 2
    for name, mask, symbol, size, colour, line in styles:
        rows = np.flatnonzero(mask)
        scale = (
            {}
            if colour
            else {
                "colorscale": SEQUENTIAL,
                "cmin": 2,
                "cmax": max(largest, 3),
                "showscale": line > 1,
                "colorbar": {
                    "title": {"text": "Members", "side": "right"},
                    "thickness": 10,
                    "len": 0.8,
                },
            }
        )
        figure.add_scatter(
            x=np.where(single, lane, x)[rows],
            y=accuracy[rows],
            mode="markers",
            name=name,
            marker={
                "symbol": symbol,
                "size": size,
                "color": colour or sizes[rows],
                "line": {"width": line, "color": palette.text},
                "opacity": 1.0 if line > 1 else 0.75,
                **scale,
            },
            customdata=rows.astype(np.int32),
            hovertext=[hover[row] for row in rows.tolist()],
            hoverinfo="text",
        )
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
        figure.add_scatter(
            x=[lane if single[active] else x[active]],
            y=[accuracy[active]],
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
    titled(figure, title, subtitle, height=520, palette=palette, legend="bottom")
    figure.update_layout(dragmode="pan", clickmode="event+select")
    figure.update_xaxes(title=x_label, range=[lane - 0.06 * span, high + 0.06 * span])
    figure.update_yaxes(title="Accuracy, higher is better", tickformat=".1%")
    if single.any() and len(known):
        figure.add_vline(x=low - 0.06 * span, line={"color": palette.grid, "width": 1})
        figure.add_annotation(
            x=lane,
            y=0.0,
            yref="paper",
            text="alone",
            showarrow=False,
            yanchor="bottom",
            font={"size": 11, "color": palette.member},
        )
    return figure


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
