"""Candidate ensembles on two axes: who is beaten by none, and what they trade."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.front_marks import Mark, Ruler, add_active, add_mark, part_the_lane
from dashboard.plots.front_names import add_names
from dashboard.plots.front_outlines import in_lane, reach
from dashboard.plots.layout import titled
from dashboard.theme import (
    LIGHT,
    SEQUENTIAL,
    Palette,
    count,
    shown,
)

SYMBOLS = ("circle", "diamond", "square")
KINDS = ("single models", "ensembles", "mixed weights")
ON_FRONT = ("single, front", "on the front", "mixed, front")
LONGEST = 34  # letters of a title beside a plot that is not tall
MOST_MARKS = 3000
CELLS = 60
HEIGHT = 480


@dataclass(frozen=True, eq=False)
class Drawn:
    """Candidates as every projection draws them.

    Attributes:
        kinds: int [E], single model, ensemble, or soup or interpolation.
        sizes: int [E].
        on_front: bool [E], beaten by none on all axes that were chosen.
        texts: rows -> what is said of them when they are pointed at.
        names: (row, few words) of those that are named.
        active: the row that is the active ensemble.
        brushed: bool [E], marked in another projection; None: none are.
        marks: ensembles that are no candidates: name, values by axis, and the slot of their
            colour, None for the active one.
    """

    kinds: np.ndarray
    sizes: np.ndarray
    on_front: np.ndarray
    texts: Callable[[np.ndarray], list[str]]
    names: Sequence[tuple[int, str]] = ()
    active: int | None = None
    brushed: np.ndarray | None = None
    marks: Sequence[Mark] = field(default=())


def projection(
    x: np.ndarray,
    y: np.ndarray,
    rulers: tuple[Ruler, Ruler],
    drawn: Drawn,
    *,
    title: str,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Candidates on two axes, the front of these two as a line.

    Args:
        x: float [E]; NaN (a single model has no pairs) is drawn in a lane of its own on the left.
        y: float [E]; candidates with NaN are left out.
        rulers: of x and y.
        drawn: what all projections share.
        title: what is seen.
        subtitle: rule, n, number of candidates.
        palette: colours.

    Returns:
        A figure; customdata = row of the candidate. Beaten ones are a density where there are
        more than 3,000.
    """
    single, known = ~np.isfinite(x) & np.isfinite(y), np.isfinite(x) & np.isfinite(y)
    low, span = reach(x, y)
    placed = in_lane(x, y)
    figure = go.Figure()
    beaten = known & ~drawn.on_front & (drawn.kinds == 1)
    marked = single | (known & ~beaten)
    if beaten.sum() > MOST_MARKS:
        _add_density(figure, x[beaten], y[beaten], palette)
        if drawn.active is not None:
            marked[drawn.active] = known[drawn.active] | single[drawn.active]
    else:
        marked |= beaten
    marked, left = _thinned(marked, drawn)
    if left:
        subtitle += f" {count(left)} more on the front are not drawn."
    _add_candidates(figure, placed, y, marked, drawn, palette)
    line = front_line(x, y, rulers)
    figure.add_scatter(
        x=x[line],
        y=y[line],
        mode="lines",
        line={"color": palette.text, "width": 1.5, "dash": "dot"},
        name="front of two",
        hoverinfo="skip",
    )
    if drawn.active is not None and marked[drawn.active]:
        add_active(figure, placed[drawn.active], y[drawn.active], palette)
    for mark in drawn.marks:
        add_mark(figure, mark, rulers, palette)
    titled(figure, title, subtitle, height=HEIGHT, palette=palette, legend="bottom", width=70)
    figure.update_layout(dragmode="select", clickmode="event+select")
    left = 0.18 if single.any() and known.any() else 0.06
    wide = (low - left * span, low + 1.1 * span)
    figure.update_xaxes(title=rulers[0].title, range=wide)
    title_of_y = rulers[1].title
    if len(title_of_y) > LONGEST:
        title_of_y = title_of_y.replace(", ", ",<br>", 1)
    figure.update_yaxes(title=title_of_y)
    for ruler, update in zip(rulers, (figure.update_xaxes, figure.update_yaxes), strict=True):
        update(tickformat=".1%" if ruler.share else None)
    if single.any() and known.any():
        part_the_lane(figure, low - 0.12 * span, low - 0.06 * span, palette)
    if marked.any():
        across, up = (np.where(marked, values, np.nan) for values in (placed, y))
        bottom, height = np.nanmin(up), max(float(np.ptp(up[marked])), 1e-6)
        tall = (float(bottom - 0.08 * height), float(bottom + 1.12 * height))
        figure.update_yaxes(range=tall)
        add_names(figure, across, up, drawn.names, (wide, tall), palette)
    return figure


def _thinned(marked: np.ndarray, drawn: Drawn) -> tuple[np.ndarray, int]:
    """Marks with a part of the front where it is too large to draw, and how many are left out."""
    rows = np.flatnonzero(marked & drawn.on_front)
    if len(rows) <= MOST_MARKS:
        return marked, 0
    kept = np.concatenate(
        [
            rows[np.linspace(0, len(rows) - 1, MOST_MARKS).round().astype(int)],
            np.array([row for row, _ in drawn.names], dtype=np.int64),
            rows[rows == drawn.active],
        ]
    )
    thinned = marked.copy()
    thinned[np.setdiff1d(rows, kept)] = False
    return thinned, int(marked.sum() - thinned.sum())


def front_line(x: np.ndarray, y: np.ndarray, rulers: tuple[Ruler, Ruler]) -> np.ndarray:
    """Rows that no other one beats on these two axes, from the best x to the worst."""
    rows = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    across, up = (
        values[rows] if ruler.higher else -values[rows]
        for values, ruler in zip((x, y), rulers, strict=True)
    )
    order = np.lexsort((-up, -across))
    rows, up = rows[order], up[order]
    new = np.ones(len(rows), dtype=bool)
    if len(rows):
        new[1:] = up[1:] > np.maximum.accumulate(up)[:-1]
    return rows[new]


def _add_density(figure: go.Figure, x: np.ndarray, y: np.ndarray, palette: Palette) -> None:
    """How many beaten candidates lie where, in grey, darker for more."""
    counts, across, up = np.histogram2d(x, y, bins=CELLS)
    figure.add_heatmap(
        x=((across[1:] + across[:-1]) / 2),
        y=((up[1:] + up[:-1]) / 2),
        z=np.where(counts.T > 0, np.log10(counts.T + 1), np.nan).astype(np.float32),
        customdata=counts.T.astype(np.int32),
        colorscale=[[0, palette.grid], [1, palette.member]],
        showscale=False,
        name="beaten ensembles",
        hovertemplate="%{customdata:,} beaten ensembles here<extra></extra>",
    )


def _add_candidates(
    figure: go.Figure,
    x: np.ndarray,
    y: np.ndarray,
    marked: np.ndarray,
    drawn: Drawn,
    palette: Palette,
) -> None:
    """Single models in grey; ensembles coloured by their size, those on the front large."""
    coloured = {
        "colorscale": SEQUENTIAL,
        "cmin": 2,
        "cmax": max(int(drawn.sizes.max(initial=2)), 3),
        "colorbar": {"title": {"text": "Members", "side": "right"}, "thickness": 10, "len": 0.8},
    }
    for kind, symbol in enumerate(SYMBOLS):
        for front in (False, True):
            own = (drawn.kinds == kind) & marked & (drawn.on_front == front)
            rows = np.flatnonzero(own).astype(np.int32)
            if not len(rows):
                continue
            marker = {"symbol": symbol, "size": 12 if front else 7, "opacity": 1 if front else 0.7}
            # A thin edge, or small teams could not be seen on a dark page.
            edge = palette.text if front else palette.member
            marker["line"] = {"width": 1.5 if front else 0.6, "color": edge}
            marker["color"] = drawn.sizes[rows] if kind == 1 else palette.member
            if kind == 1:
                marker |= coloured | {"showscale": front}
            figure.add_scatter(
                x=x[rows],
                y=y[rows],
                mode="markers",
                name=(ON_FRONT if front else KINDS)[kind],
                marker=marker,
                customdata=rows,
                hovertext=drawn.texts(rows),
                hoverinfo="text",
                selectedpoints=None
                if drawn.brushed is None
                else np.flatnonzero(drawn.brushed[rows]).astype(np.int32),
                unselected={"marker": {"opacity": 0.15}},
            )


def decode_candidate(points: Sequence[Mapping]) -> int | None:
    """Row of the last picked candidate."""
    codes = [point["customdata"] for point in points if point.get("customdata") is not None]
    codes = [code for code in codes if not isinstance(code, (list, dict))]
    return int(codes[-1]) if codes else None


def names_of(membership: np.ndarray, models: Sequence[str], *, most: int = 6) -> list[str]:
    """Members of every candidate as one text each, as it stands in a figure."""
    return members_of(membership, [shown(model, 22) for model in models], most=most)


def members_of(weights: np.ndarray, models: Sequence[str], *, most: int) -> list[str]:
    """Members of every candidate; uneven ones with their share of all weights, heaviest first.

    Args:
        weights: float [e, M].
        models: M names.
        most: members that are named; of the others their number is told.
    """
    texts = []
    for row in weights:
        places = np.flatnonzero(row)
        own = row[places].astype(float)
        parts = [models[place] for place in places]
        if len(places) > 1 and np.ptp(own) > 1e-6 * own.max():
            shares = 100 * own / own.sum()
            parts = [f"{parts[at]} {shares[at]:.2g} %" for at in np.argsort(-own, kind="stable")]
        more = len(parts) - most
        texts.append(", ".join(parts[:most]) + (f" and {more} more" if more > 0 else ""))
    return texts
