"""Accuracy in one group against accuracy in another: points, fits, mixtures, the line y = x."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import (
    BESIDE_SYMBOLS,
    LIGHT,
    Palette,
    count,
    interval,
    percent,
    shown,
)

LOOKS = {
    "model": ("other models", "circle", 8),
    "member": ("members", "circle", 9),
    "checkpoint": ("checkpoints", "circle-open", 8),
    "mixture": ("soups and interpolations", "square", 8),
    "ensemble": ("active ensemble", "diamond", 14),
    "beside": ("kept ensemble", "diamond", 12),
}
SCALE_NAMES = {"raw": "", "logit": ", logit axis", "probit": ", probit axis"}


def majority(
    points: Mapping,
    view: Mapping,
    groups: tuple[str, str],
    *,
    scale: str = "raw",
    ticks: Sequence[tuple[Sequence[float], Sequence[str]]] = (((), ()), ((), ())),
    pair: tuple[int, int] | None = None,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Models and ensembles by their accuracy in two groups, with line and parabola.

    Args:
        points: names, roles, slots [P]; accuracy, low, high, n [P, 2].
        view: x, y, below [P]; fit_x, linear, quadratic; mix_x, mix_y.
        groups: names of the two groups.
        scale: "raw", "logit" or "probit": what x and y are.
        ticks: places and texts of each axis where it is not raw.
        pair: rows of the two models between which answers are mixed.
        subtitle: n, what is fitted.
        palette: colours.

    Returns:
        A figure; customdata = row of the model or ensemble.
    """
    figure = go.Figure()
    _add_equal(figure, view, palette)
    _add_lines(figure, view, points, pair, palette)
    roles, hover = np.array(points["roles"]), _hover(points, view, groups)
    for role in LOOKS:
        rows = np.flatnonzero((roles == role) & np.isfinite(view["x"] + view["y"]))
        for part in [rows[at : at + 1] for at in range(len(rows))] if role == "beside" else [rows]:
            if len(part):
                _add_points(figure, points, view, part, role, hover, palette)
    titled(
        figure,
        f"{shown(groups[1], 34)} against {shown(groups[0], 34)}",
        subtitle,
        height=620,
        palette=palette,
        legend="bottom",
        width=78,
    )
    figure.update_layout(dragmode="pan", clickmode="event+select")
    for update, side, name in ((figure.update_xaxes, 0, "x"), (figure.update_yaxes, 1, "y")):
        places, texts = ticks[side]
        update(
            title=f"Accuracy where {shown(groups[side], 34)}{SCALE_NAMES[scale]}",
            range=_reach(view[name]),
            **({"tickvals": places, "ticktext": texts} if len(places) else {"tickformat": ".0%"}),
        )
    return figure


def _reach(values: np.ndarray) -> list[float] | None:
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    room = 0.06 * max(float(np.ptp(known)), 0.01)
    return [float(known.min()) - room, float(known.max()) + room]


def _add_equal(figure: go.Figure, view: Mapping, palette: Palette) -> None:
    reach = [_reach(view[name]) for name in ("x", "y")]
    if None in reach:
        return
    ends = [min(reach[0][0], reach[1][0]), max(reach[0][1], reach[1][1])]
    figure.add_scatter(
        x=ends,
        y=ends,
        mode="lines",
        name="equal in both",
        line={"color": palette.muted, "width": 1, "dash": "dash"},
        hoverinfo="skip",
    )


def _add_lines(
    figure: go.Figure,
    view: Mapping,
    points: Mapping,
    pair: tuple[int, int] | None,
    palette: Palette,
) -> None:
    """The two fits, and the segment that mixing answers reaches."""
    if len(view["fit_x"]):
        for name, dash in (("linear", "dot"), ("quadratic", "solid")):
            figure.add_scatter(
                x=view["fit_x"],
                y=view[name],
                mode="lines",
                name={"linear": "line", "quadratic": "parabola"}[name],
                line={"color": palette.text, "width": 1.5, "dash": dash},
                hoverinfo="skip",
            )
    if pair is not None:
        text = " and ".join(shown(points["names"][row], 30) for row in pair)
        figure.add_scatter(
            x=view["mix_x"],
            y=view["mix_y"],
            mode="lines",
            name="mixing two models",
            line={"color": palette.best, "width": 1.5, "dash": "dashdot"},
            hovertext=f"a random mixture of the answers of {text}",
            hoverinfo="text",
        )


def _add_points(
    figure: go.Figure,
    points: Mapping,
    view: Mapping,
    rows: np.ndarray,
    role: str,
    hover: list[str],
    palette: Palette,
) -> None:
    name, symbol, size = LOOKS[role]
    colour = {"ensemble": palette.ensemble, "member": palette.member, "mixture": palette.levels[4]}
    first = int(rows[0])
    if role == "beside":
        slot = points["slots"][first]
        name, symbol = shown(points["names"][first], 24), BESIDE_SYMBOLS[slot]
        colour["beside"] = palette.beside[slot]
    own = colour.get(role, palette.levels[0] if role == "checkpoint" else palette.muted)
    below = view["below"][rows] > 0
    ringed = {"width": np.where(below, 2, 0), "color": palette.best}
    figure.add_scatter(
        x=view["x"][rows],
        y=view["y"][rows],
        mode="markers",
        name=name,
        marker={
            "color": own,
            "symbol": symbol,
            "size": size,
            # An open mark is its line, so a ring would be its colour.
            **({} if symbol.endswith("open") else {"line": ringed}),
        },
        customdata=rows.astype(np.int32),
        hovertext=[hover[row] for row in rows.tolist()],
        hoverinfo="text",
    )


def _hover(points: Mapping, view: Mapping, groups: tuple[str, str]) -> list[str]:
    texts = []
    for row, name in enumerate(points["names"]):
        lines = [f"<b>{shown(name, 60)}</b>"]
        for side, group in enumerate(groups):
            ends = interval(points["low"][row, side], points["high"][row, side])
            n = int(points["n"][row, side])
            lines.append(
                f"{shown(group, 48)}: {percent(points['accuracy'][row, side])} {ends}"
                + (f", n = {count(n)}" if n else "")
            )
        depth = float(view["below"][row])
        if np.isfinite(depth):
            side = "below" if depth > 0 else "above"
            lines.append(f"{100 * abs(depth):.1f} points {side} the mixture")
        texts.append("<br>".join(lines))
    return texts
