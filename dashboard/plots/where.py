"""Where the ensemble helps and harms: groups, cells of two groupings, and slices."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import (
    LIGHT,
    OUTCOME_PATTERNS,
    Palette,
    count,
    interval,
    p_value,
    percent,
    shown,
)

MOST_LEVELS = 40
MOST_CELLS = 30
WRITTEN = 12


def drawn_levels(table: Mapping[str, np.ndarray], most: int = MOST_LEVELS) -> np.ndarray:
    """Levels that are drawn, from the bottom up: lowest net effect first, untested ones below.

    Of more than `most` the best and the worst halves of that number.
    """
    known = np.flatnonzero(table["n"] > 0)
    order = known[np.lexsort((table["net"][known], table["tested"][known]))]
    if len(order) <= most:
        return order
    return np.concatenate([order[: most // 2], order[len(order) - most // 2 :]])


def effect_levels(
    levels: Sequence[str],
    table: Mapping[str, np.ndarray],
    *,
    column: str,
    reference: str,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Corrections and regressions of every group as bars, the net effect as a dot, best on top.

    Args:
        levels: G names.
        table: [G] each: n, net, low, high, tested, p_bh, corrections, regressions, rescued and
            their shares, right_rate and reference_right_rate.
        column: the grouping.
        reference: the model that the ensemble is compared with.
        subtitle: n and missing rule.
        palette: colours.

    Returns:
        A figure; customdata = group.
    """
    rows = drawn_levels(table)
    place = np.arange(len(rows))
    hover = [_level_hover(shown(levels[row]), table, row, reference) for row in rows.tolist()]
    figure = go.Figure()
    for name, label, sign, outcome in (
        ("corrections", "corrections", 1, "corrected"),
        ("regressions", "regressions", -1, "spoiled"),
    ):
        figure.add_bar(
            x=100 * sign * table[f"{name}_rate"][rows],
            y=place,
            orientation="h",
            name=label,
            width=0.62,
            marker={
                "color": palette.outcomes[outcome],
                "opacity": 0.75,
                "pattern": {
                    "shape": OUTCOME_PATTERNS.get(outcome, ""),
                    "fillmode": "overlay",
                    "fgcolor": palette.surface,
                    "size": 6,
                    "solidity": 0.25,
                },
            },
            customdata=rows.astype(np.int32),
            hovertext=hover,
            hoverinfo="text",
            textposition="none",
        )
    for tested, label in ((True, "net effect (95 % interval)"), (False, "too few to test")):
        _add_net(figure, rows, place, table, hover, tested, label, palette)
    left = int((table["n"] > 0).sum()) - len(rows)
    more = (
        f" The {len(rows)} best and worst are drawn, {left} more are in the table." if left else ""
    )
    height = max(210 + 24 * len(rows), 320)
    title = f"What the ensemble corrects and spoils, by {shown(column, 24)}"
    titled(figure, title, subtitle + more, height=height, palette=palette, legend="bottom")
    figure.update_layout(
        barmode="overlay", dragmode=False, clickmode="event+select", legend={"traceorder": "normal"}
    )
    figure.add_vline(x=0, line={"color": palette.member, "width": 1})
    figure.update_xaxes(title="Per 100 samples; right is better")
    figure.update_yaxes(
        tickvals=place.tolist(),
        ticktext=[f"{shown(levels[row], 20)} (n = {count(int(table['n'][row]))})" for row in rows],
        range=[-0.7, max(len(rows), 1) - 0.3],
        showgrid=False,
    )
    return figure


def _add_net(figure, rows, place, table, hover, tested, label, palette: Palette) -> None:
    here = np.flatnonzero(table["tested"][rows] == tested)
    if not len(here):
        return
    net = 100 * table["net"][rows[here]]
    colour = palette.text if tested else palette.muted
    figure.add_scatter(
        x=net,
        y=place[here],
        mode="markers",
        name=label,
        marker={
            "color": colour,
            "symbol": "diamond" if tested else "diamond-open",
            "size": 9,
            "line": {"width": 1, "color": palette.surface if tested else colour},
        },
        error_x={
            "type": "data",
            "array": 100 * table["high"][rows[here]] - net,
            "arrayminus": net - 100 * table["low"][rows[here]],
            "thickness": 1.5,
            "width": 3,
            "color": colour,
        },
        customdata=rows[here].astype(np.int32),
        hovertext=[hover[row] for row in here.tolist()],
        hoverinfo="text",
    )


def _points(net: float, low: float, high: float) -> str:
    return f"{100 * net:+.1f} points {interval(low, high)}"


def _tested(table: Mapping[str, np.ndarray], row: int) -> str:
    """What the test says, or that there is none."""
    if not table["tested"][row]:
        return "too few to test"
    return f"{p_value(float(table['p_bh'][row]))} (McNemar, Benjamini-Hochberg)"


def _level_hover(name: str, table: Mapping[str, np.ndarray], row: int, reference: str) -> str:
    """What a group did; its name is escaped already."""
    parts = [f"<b>{name}</b>"]
    parts.append(f"net effect {_points(*(table[key][row] for key in ('net', 'low', 'high')))}")
    for key in ("corrections", "regressions", "rescued"):
        ends = interval(table[f"{key}_low"][row], table[f"{key}_high"][row])
        parts.append(
            f"{key}: {count(int(table[key][row]))} = {percent(table[f'{key}_rate'][row])} {ends}"
        )
    parts.append(
        f"ensemble {percent(table['right_rate'][row])}, {shown(reference)} "
        f"{percent(table['reference_right_rate'][row])}"
    )
    parts.append(f"{_tested(table, row)}, n = {count(int(table['n'][row]))}")
    return "<br>".join(parts)


def effect_cells(
    levels: tuple[Sequence[str], Sequence[str]],
    table: Mapping[str, np.ndarray],
    *,
    columns: tuple[str, str],
    reference: str,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """The net effect where two groupings cross; cells with too few samples are crossed out.

    Args:
        levels: names of the G rows and of the H columns.
        table: as in `effect_levels`, [G * H] each, columns running fastest.
        columns: the two groupings.
        reference: the model that the ensemble is compared with.
        subtitle: n and missing rule.
        palette: colours.

    Returns:
        A figure; customdata = cell. Of many levels those with most samples are drawn.
    """
    shape = tuple(map(len, levels))
    sizes = table["n"].reshape(shape)
    up, across = (_largest(sizes.sum(axis), MOST_CELLS) for axis in (1, 0))
    cells = up[:, None] * shape[1] + across
    net = np.where(table["tested"], 100 * table["net"], np.nan)[cells]
    reach = float(np.nanmax(np.abs(net), initial=1.0))
    low, middle, high = palette.diverging
    figure = go.Figure(
        go.Heatmap(
            z=net,
            zmin=-reach,
            zmax=reach,
            colorscale=[[0.0, low], [0.5, middle], [1.0, high]],
            hoverinfo="skip",
            colorbar={"thickness": 12, "title": {"text": "points", "side": "right"}},
            xgap=1,
            ygap=1,
        )
    )
    _add_cell_marks(figure, levels, table, cells, reference, palette)
    if max(cells.shape) <= WRITTEN:
        _write_cells(figure, net, table["n"][cells], palette)
    title = f"Net effect by {shown(columns[0], 16)} and {shown(columns[1], 16)}"
    left = shape[0] * shape[1] - cells.size
    more = f" The levels with most samples are drawn, {count(left)} cells are not." if left else ""
    height = max(240 + 30 * len(up), 360)
    titled(figure, title, subtitle + more, height=height, palette=palette)
    figure.update_layout(dragmode=False, clickmode="event+select")
    for axis, own, names in (("xaxis", across, levels[1]), ("yaxis", up, levels[0])):
        figure.layout[axis].update(
            tickvals=list(range(len(own))),
            ticktext=[shown(names[at], 16) for at in own.tolist()],
            range=[-0.5, len(own) - 0.5] if axis == "xaxis" else [len(own) - 0.5, -0.5],
            showgrid=False,
            title=shown(columns[axis == "xaxis"]),
            tickfont={"size": 12 if len(own) <= WRITTEN else 9},
        )
    figure.update_xaxes(tickangle=0 if len(across) <= 6 else -60)
    return figure


def _largest(sizes: np.ndarray, most: int) -> np.ndarray:
    """Positions of the largest, in the order in which they stand."""
    return np.sort(np.argsort(-sizes, kind="stable")[:most])


def _add_cell_marks(figure, levels, table, cells, reference: str, palette: Palette) -> None:
    """What can be pointed at and picked; a cross where there are too few samples."""
    up, across = np.nonzero(table["n"][cells] > 0)
    own = cells[up, across]
    crossed = ~table["tested"][own].astype(bool)
    pairs = [divmod(cell, len(levels[1])) for cell in own.tolist()]
    symbols = np.where(crossed, "x-thin", "square")
    size = max(8, 300 // max(cells.shape))
    figure.add_scatter(
        x=across,
        y=up,
        mode="markers",
        marker={
            "symbol": symbols,
            "size": np.where(crossed, 9, min(size, 60)),
            "color": "rgba(0,0,0,0)",
            "line": {"width": np.where(crossed, 1.5, 0), "color": palette.muted},
        },
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0.7}},
        customdata=own.astype(np.int32),
        hovertext=[
            _level_hover(
                f"{shown(levels[0][first])}<br>{shown(levels[1][second])}", table, cell, reference
            )
            for (first, second), cell in zip(pairs, own.tolist(), strict=True)
        ],
        hoverinfo="text",
        showlegend=False,
    )


def _write_cells(figure: go.Figure, net: np.ndarray, n: np.ndarray, palette: Palette) -> None:
    """Net effect and n, in the colour that can be read on that of the cell."""
    strong = np.abs(net) > 0.5 * np.nanmax(np.abs(net), initial=1.0)
    for here, colour in ((~strong, palette.text), (strong, palette.surface)):
        up, across = np.nonzero(np.isfinite(net) & here)
        figure.add_scatter(
            x=across,
            y=up,
            mode="text",
            text=[
                f"{net[row, column]:+.1f}<br>"
                f"<span style='font-size:9px'>{count(int(n[row, column]))}</span>"
                for row, column in zip(up.tolist(), across.tolist(), strict=True)
            ],
            textfont={"size": 11, "color": colour},
            hoverinfo="skip",
            showlegend=False,
        )


def decode_cells(points: Sequence[Mapping], cells: int) -> list[int]:
    """Groups or cells of the picked marks, each once."""
    codes = [point["customdata"] for point in points if point.get("customdata") is not None]
    return sorted({int(code) for code in codes if int(code) < cells})
