"""Pairs of models: the ordered heatmap and the model map."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import LIGHT, SEQUENTIAL, Palette, count, shown, three_digits

NAMED_MODELS = 40
NAMED_COLUMNS = 14
WRITTEN_MODELS = 12
OTHER = "other families"


def pair_heatmap(
    matrix: np.ndarray,
    together: np.ndarray,
    names: Sequence[str],
    order: np.ndarray,
    *,
    label: str,
    bounds: tuple[float | None, float | None],
    symmetric: bool = True,
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
        subtitle: measure, n, direction.
        palette: colours.

    Returns:
        A figure whose transparent markers carry customdata = i * M + j of the models themselves.
    """
    models = len(names)
    drawn = matrix[np.ix_(order, order)]
    off = drawn[~np.eye(models, dtype=bool)]
    low, high, scale = _scale(off[np.isfinite(off)], bounds, palette)
    ticks = [shown(names[row], 22) for row in order.tolist()]
    figure = go.Figure(
        go.Heatmap(
            z=drawn,
            zmin=low,
            zmax=high,
            colorscale=scale,
            hoverinfo="skip",
            colorbar={"title": {"text": label, "side": "right"}, "thickness": 12, "len": 0.9},
            xgap=0.5,
            ygap=0.5,
            texttemplate="%{z:.2f}" if models <= WRITTEN_MODELS else "",
        )
    )
    rows, columns = np.divmod(np.arange(models * models), models)
    first, second = order[rows], order[columns]
    joint = " and " if symmetric else ", then "
    figure.add_scatter(
        x=columns,
        y=rows,
        mode="markers",
        marker={"symbol": "square", "size": max(4, 420 // models), "color": "rgba(0,0,0,0)"},
        selected={"marker": {"opacity": 1, "color": "rgba(255,255,255,0.55)"}},
        unselected={"marker": {"opacity": 0}},
        customdata=(first * models + second).astype(np.int32),
        hovertext=[
            f"<b>{shown(names[i])}{joint}{shown(names[j])}</b><br>{label} "
            f"{three_digits(float(matrix[i, j]))}, n = {count(int(together[i, j]))}"
            for i, j in zip(first.tolist(), second.tolist(), strict=True)
        ],
        hoverinfo="text",
    )
    titled(figure, "How much each pair of models differs", subtitle, height=560, palette=palette)
    named = {"tickvals": list(range(models)), "ticktext": ticks, "tickfont": {"size": 10}}
    none = {"tickvals": [], "title": "Models, similar ones side by side"}
    figure.update_layout(dragmode=False, clickmode="event+select")
    figure.update_xaxes(showgrid=False, range=[-0.5, models - 0.5], tickangle=-60)
    figure.update_xaxes(**(named if models <= NAMED_COLUMNS else none))
    figure.update_yaxes(showgrid=False, range=[models - 0.5, -0.5])
    figure.update_yaxes(**(named if models <= NAMED_MODELS else none))
    return figure


def _scale(
    values: np.ndarray, bounds: tuple[float | None, float | None], palette: Palette
) -> tuple[float, float, str | list]:
    largest = float(values.max()) if len(values) else 1.0
    if bounds[0] is not None and bounds[0] < 0:
        low, middle, high = palette.diverging
        return bounds[0], bounds[1] or 1.0, [[0.0, low], [0.5, middle], [1.0, high]]
    return 0.0, largest or 1.0, SEQUENTIAL


def decode_pairs(points: Sequence[Mapping], models: int) -> list[tuple[int, int]]:
    """Pairs (i, j) of the picked cells, the diagonal left out."""
    codes = [point["customdata"] for point in points if point.get("customdata") is not None]
    pairs = [divmod(int(code), models) for code in codes]
    return [(i, j) for i, j in pairs if i != j and i < models]


def model_map(
    coordinates: np.ndarray,
    names: Sequence[str],
    families: Sequence[str],
    members: np.ndarray,
    explained: float,
    *,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Models as points: near ones answer alike.

    Args:
        coordinates: float [M, 2].
        names: M.
        families: M, "" where unknown; the largest get a colour of their own.
        members: bool [M], members of the ensemble are ringed.
        explained: share of the positive eigenvalues that the two axes keep.
        subtitle: measure and n.
        palette: colours.

    Returns:
        A figure; customdata = row of the model.
    """
    families = _largest(families, len(palette.levels))
    kinds = sorted(set(families), key=lambda kind: (kind == OTHER, kind))
    coloured = len(kinds) > 1
    figure = go.Figure()
    for place, kind in enumerate(kinds):
        rows = np.array([row for row, family in enumerate(families) if family == kind])
        colour = palette.levels[place] if coloured and kind != OTHER else palette.member
        figure.add_scatter(
            x=coordinates[rows, 0],
            y=coordinates[rows, 1],
            mode="markers+text" if len(names) <= 12 else "markers",
            text=[shown(names[row], 18) for row in rows.tolist()],
            textposition="top center",
            name=shown(kind, 20) or "no family",
            cliponaxis=False,
            marker={
                "size": np.where(members[rows], 14, 9),
                "color": colour,
                "line": {"width": np.where(members[rows], 2.5, 0.5), "color": palette.text},
            },
            customdata=rows.astype(np.int32),
            hovertext=[
                f"<b>{shown(names[row])}</b><br>{shown(families[row]) or 'no family'}"
                f"{', member of the ensemble' if members[row] else ''}"
                for row in rows.tolist()
            ],
            hoverinfo="text",
        )
    titled(
        figure,
        "Models that answer alike lie close together",
        subtitle,
        height=560,
        palette=palette,
        legend="right" if coloured else "none",
    )
    figure.update_layout(dragmode="pan")
    axis = {"showticklabels": False, "showgrid": False, "showline": True, "mirror": True}
    axis |= {"linecolor": palette.grid}
    across, up = _square(coordinates)
    figure.update_xaxes(
        title=f"First axis (both keep {explained:.0%} of the distances)", range=across, **axis
    )
    figure.update_yaxes(title="Second axis", range=up, **axis)
    return figure


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
