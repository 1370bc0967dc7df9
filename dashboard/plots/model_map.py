"""The models as points: near ones are alike."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import put, titled
from dashboard.theme import LIGHT, Palette, shown

OTHER = "other families"
NAMED_MODELS = 60
PLOT_PIXELS, LETTER, TEXT_HEIGHT, CLEAR, BESIDE = 360, 6.5, 14, 9, 24
PLACES = {
    "top center": (0.0, 1.0),
    "bottom center": (0.0, -1.0),
    "middle right": (1.0, 0.0),
    "middle left": (-1.0, 0.0),
}


def model_map(
    coordinates: np.ndarray,
    names: Sequence[str],
    families: Sequence[str],
    members: np.ndarray,
    explained: float,
    *,
    title: str = "Models that answer alike lie close together",
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Models as points: near ones are alike.

    Args:
        coordinates: float [M, 2].
        names: M.
        families: M, "" where unknown; the largest get a colour of their own.
        members: bool [M], members of the ensemble are ringed.
        explained: share of the positive eigenvalues that the two axes keep.
        title: what it means to lie close together.
        subtitle: measure and n.
        palette: colours.

    Returns:
        A figure; customdata = row of the model.
    """
    families = _largest(families, len(palette.levels))
    kinds = sorted(set(families), key=lambda kind: (kind == OTHER, kind))
    coloured = len(kinds) > 1
    figure = go.Figure()
    across, up = _square(coordinates)
    texts = [shown(name, 18) for name in names]
    written = _room(coordinates, texts, across, up) if len(names) <= NAMED_MODELS else None
    for place, kind in enumerate(kinds):
        rows = np.array([row for row, family in enumerate(families) if family == kind])
        colour = palette.levels[place] if coloured and kind != OTHER else palette.member
        _add_family(figure, coordinates, names, members, rows, kind, colour, palette)
        if written is not None:
            places = [written[row] for row in rows.tolist()]
            figure.data[-1].update(
                mode="markers+text",
                text=[texts[row] if written[row] else "" for row in rows.tolist()],
                textposition=[side or "top center" for side in places],
            )
    legend = "right" if coloured else "none"
    titled(figure, title, subtitle, height=560, palette=palette, legend=legend)
    axis = {"showticklabels": False, "showgrid": False, "showline": True, "mirror": True}
    axis |= {"linecolor": palette.grid}
    kept = f"First axis (both keep {explained:.0%} of the distances)"
    put(
        figure,
        dragmode="pan",
        margin={"t": figure.layout.margin.t + 10},
        xaxis={"title": {"text": kept}, "range": across, **axis},
        yaxis={"title": {"text": "Second axis"}, "range": up, **axis},
    )
    return figure


def _add_family(
    figure: go.Figure,
    coordinates: np.ndarray,
    names: Sequence[str],
    members: np.ndarray,
    rows: np.ndarray,
    family: str,
    colour: str,
    palette: Palette,
) -> None:
    """The models of one family."""
    name = shown(family, 20) or "no family"
    figure.add_scatter(
        x=coordinates[rows, 0],
        y=coordinates[rows, 1],
        mode="markers",
        name=name,
        cliponaxis=False,
        marker={
            "size": np.where(members[rows], 14, 9),
            "color": colour,
            "line": {"width": np.where(members[rows], 2.5, 0.5), "color": palette.text},
        },
        customdata=rows.astype(np.int32),
        hovertext=[
            f"<b>{shown(names[row])}</b><br>{shown(family) or 'no family'}"
            f"{', member of the ensemble' if members[row] else ''}"
            for row in rows.tolist()
        ],
        hoverinfo="text",
    )


def _room(
    coordinates: np.ndarray, texts: Sequence[str], across: Sequence[float], up: Sequence[float]
) -> list[str]:
    """Where each name can stand without covering another one or a mark; "" where nowhere."""
    scale = PLOT_PIXELS / (across[1] - across[0])
    points = (coordinates - [across[0], up[0]]) * scale
    taken = [(x - CLEAR, y - CLEAR, x + CLEAR, y + CLEAR) for x, y in points.tolist()]
    found = []
    for row, text in enumerate(texts):
        half = LETTER * len(text) / 2
        others = np.array(taken[:row] + taken[row + 1 :]).reshape(-1, 4)
        boxes = {place: _box(points[row], half, sides) for place, sides in PLACES.items()}
        free = [place for place, box in boxes.items() if _free(box, others)]
        found.append(free[0] if free else "")
        taken += [boxes[free[0]]] if free else []
    return found


def _box(
    point: np.ndarray, half: float, sides: tuple[float, float]
) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of a name beside a mark, in pixels."""
    x = point[0] + sides[0] * (half + CLEAR)
    y = point[1] + sides[1] * (TEXT_HEIGHT / 2 + CLEAR)
    return x - half, y - TEXT_HEIGHT / 2, x + half, y + TEXT_HEIGHT / 2


def _free(box: tuple[float, float, float, float], others: np.ndarray) -> bool:
    """Hardly outside of the frame, and over none of the other boxes [K, 4]."""
    left, bottom, right, top = box
    inside = min(left, bottom) >= -BESIDE and max(right, top) <= PLOT_PIXELS + BESIDE
    clear = (others[:, 0] >= right) | (others[:, 2] <= left)
    clear |= (others[:, 1] >= top) | (others[:, 3] <= bottom) | np.isnan(others[:, 0])
    return bool(inside and clear.all())


def _largest(families: Sequence[str], most: int) -> list[str]:
    """The families, all but the `most` largest as one."""
    counted = Counter(families).most_common()
    if len(counted) <= most:
        return list(families)
    own = {family for family, _ in counted[: most - 1]}
    return [family if family in own else OTHER for family in families]


def _square(coordinates: np.ndarray) -> tuple[list[float], list[float]]:
    """Ranges of equal length for both axes, with room for names."""
    placed = coordinates[np.isfinite(coordinates).all(1)]
    low, high = (placed.min(0), placed.max(0)) if len(placed) else (np.zeros(2), np.ones(2))
    reach = 0.62 * max(float((high - low).max()), 1e-6)
    middle = (low + high) / 2
    return tuple([float(centre - reach), float(centre + reach)] for centre in middle)
