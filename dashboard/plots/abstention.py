"""What silence brings: risk against coverage."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import THIRD, add_band, titled
from dashboard.theme import LIGHT, Palette, count, interval, percent, shown

MARKS = 40
STRIDE = 1000
SELECTIVE = "selective"
ROLES = ("ensemble", "best", "plurality", SELECTIVE)
NOISY = 0.05
ALPHA = "\N{GREEK SMALL LETTER ALPHA}"


def risk_coverage(
    curves: Mapping[str, Mapping],
    names: Mapping[str, str],
    selective: Mapping | None,
    *,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Error among the answered samples against their share.

    Args:
        curves: by role ("ensemble", "best", "plurality"): "kept", "coverage", "risk", "low",
            "high", "threshold", "reachable" [T], "n" and "aurc".
        names: what the roles are called.
        selective: "alpha", "kept", "coverage", "accuracy", "low", "high" [A] of the selective
            vote; None leaves it out.
        subtitle: n.
        palette: colours.

    Returns:
        A figure; customdata = role * 1000 + point of the curve, or alpha.
    """
    colours = {
        "ensemble": palette.ensemble,
        "best": palette.best,
        "plurality": palette.member,
    }
    figure = go.Figure()
    for role in reversed([role for role in ROLES if role in curves]):
        curve, colour = curves[role], colours[role]
        add_band(figure, curve["coverage"], curve["low"], curve["high"], colour)
        name = f"{shown(names[role], 22)}, AURC {curve['aurc']:.3f}"
        figure.add_scatter(
            x=curve["coverage"],
            y=curve["risk"],
            mode="lines",
            name=name,
            legendgroup=role,
            legendrank=ROLES.index(role),
            line={"color": colour, "width": 2.5 if role == "ensemble" else 1.5},
            hoverinfo="skip",
        )
        _add_thresholds(figure, role, names[role], curve, colour)
    if selective is not None:
        _add_alphas(figure, selective, _highest(curves), palette)
    titled(
        figure,
        "Is it right where it is sure?",
        subtitle,
        palette=palette,
        legend="bottom",
        **THIRD,
    )
    figure.update_layout(dragmode=False, clickmode="event+select")
    figure.update_xaxes(title="Share answered (coverage)", tickformat=".0%", range=[0, 1.02])
    figure.update_yaxes(
        title="Risk, lower is better",
        tickformat=".0%",
        range=[0, _highest(curves)],
    )
    return figure


def decode_threshold(points: Sequence[Mapping]) -> tuple[str, int] | None:
    """Role and point of the last picked mark of `risk_coverage`."""
    codes = [point["customdata"] for point in points if point.get("customdata") is not None]
    if not codes or not 0 <= int(codes[-1]) < STRIDE * len(ROLES):
        return None
    role, point = divmod(int(codes[-1]), STRIDE)
    return ROLES[role], point


def _add_thresholds(figure: go.Figure, role: str, name: str, curve: Mapping, colour: str) -> None:
    """Marks at thresholds that can be chosen, evenly spread where there are many."""
    places = np.flatnonzero(curve["reachable"])
    if len(places) > MARKS:
        wanted = np.linspace(curve["coverage"][places[0]], 1, MARKS)
        nearest = np.searchsorted(curve["coverage"][places], wanted)
        places = np.unique(places[np.minimum(nearest, len(places) - 1)])
    n = curve["n"]
    figure.add_scatter(
        x=curve["coverage"][places],
        y=curve["risk"][places],
        mode="markers",
        name=shown(name),
        legendgroup=role,
        showlegend=False,
        marker={"color": colour, "size": 5},
        customdata=(ROLES.index(role) * STRIDE + places).astype(np.int32),
        hovertext=[
            f"<b>{shown(name)}</b><br>{_from(curve['threshold'][at])}<br>"
            f"answers {count(int(curve['kept'][at]))} of {count(n)}: "
            f"{percent(curve['coverage'][at])}<br>wrong on {percent(curve['risk'][at])} "
            f"{interval(curve['low'][at], curve['high'][at])} of them<br>"
            "click: select those it does not answer"
            for at in places.tolist()
        ],
        hoverinfo="text",
    )


def _from(threshold: float) -> str:
    if not np.isfinite(threshold):
        return "also where it has no answer (wrong)"
    return f"confidence {threshold:.3g} or more"


def _add_alphas(figure: go.Figure, selective: Mapping, top: float, palette: Palette) -> None:
    """One mark per number of samples answered; alphas that answer the same share it."""
    kept = np.asarray(selective["kept"])
    _, places = np.unique(kept, return_index=True)
    places = places[kept[places] > 0]
    if not len(places):
        return
    alphas = [
        ", ".join(f"{alpha:g}" for alpha in selective["alpha"][kept == kept[at]])
        for at in places.tolist()
    ]
    risk = 1 - selective["accuracy"][places]
    figure.add_scatter(
        x=selective["coverage"][places],
        y=risk,
        mode="markers+text",
        name="selective vote, by alpha",
        legendrank=ROLES.index(SELECTIVE),
        text=_apart(alphas, selective["coverage"][places], risk / top),
        textposition=[
            "middle left" if share > 0.5 else "top right"
            for share in selective["coverage"][places].tolist()
        ],
        textfont={"size": 11, "color": palette.text},
        marker={"color": palette.text, "symbol": "diamond-open", "size": 9},
        customdata=(ROLES.index(SELECTIVE) * STRIDE + places).astype(np.int32),
        hovertext=[
            f"<b>selective vote, alpha {alpha}</b><br>answers {count(int(kept[at]))} of "
            f"{count(selective['n'])}: {percent(selective['coverage'][at])}<br>wrong on "
            f"{percent(1 - selective['accuracy'][at])} "
            f"{interval(1 - selective['high'][at], 1 - selective['low'][at])} of them<br>"
            "click: select those it does not answer"
            for at, alpha in zip(places.tolist(), alphas, strict=True)
        ],
        hoverinfo="text",
    )


def _apart(alphas: Sequence[str], across: np.ndarray, up: np.ndarray) -> list[str]:
    """Labels of marks at these shares of the figure, blank where they would cover the last one."""
    texts, last = [], (-1.0, -1.0)
    for alpha, x, y in zip(alphas, across.tolist(), up.tolist(), strict=True):
        free = abs(x - last[0]) > 0.25 or abs(y - last[1]) > 0.06
        texts.append(f"{ALPHA} {alpha}" if free else "")
        last = (x, y) if free else last
    return texts


def _highest(curves: Mapping[str, Mapping]) -> float:
    """Upper end of the risks that are drawn; the few surest samples are too noisy to count."""
    ends = [
        curve["high"][curve["coverage"] >= NOISY].max(initial=curve["risk"][-1])
        for curve in curves.values()
    ]
    return float(min(max([*ends, 0.02]) * 1.08, 1.03))
