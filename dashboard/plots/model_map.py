"""The models as points: near ones are alike."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import LIGHT, Palette, shown

OTHER = "other families"


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
    for place, kind in enumerate(kinds):
        rows = np.array([row for row, family in enumerate(families) if family == kind])
        colour = palette.levels[place] if coloured and kind != OTHER else palette.member
        _add_family(figure, coordinates, names, members, rows, kind, colour, palette)
    legend = "right" if coloured else "none"
    titled(figure, title, subtitle, height=560, palette=palette, legend=legend)
    figure.update_layout(dragmode="pan")
    axis = {"showticklabels": False, "showgrid": False, "showline": True, "mirror": True}
    axis |= {"linecolor": palette.grid}
    across, up = _square(coordinates)
    figure.update_xaxes(
        title=f"First axis (both keep {explained:.0%} of the distances)", range=across, **axis
    )
    figure.update_yaxes(title="Second axis", range=up, **axis)
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
    """The models of one family; few of them in all get their names written."""
    name = shown(family, 20) or "no family"
    figure.add_scatter(
        x=coordinates[rows, 0],
        y=coordinates[rows, 1],
        mode="markers+text" if len(names) <= 12 else "markers",
        text=[shown(names[row], 18) for row in rows.tolist()],
        textposition="top center",
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
