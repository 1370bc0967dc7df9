"""Quality against members, risk against coverage, and accuracy against cost."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import LIGHT, Palette, amount, count, interval, percent, shown, three_digits

LETTERS = 50
HEIGHT = 500
MARKS = 40
STRIDE = 1000
SELECTIVE = "selective"
ROLES = ("ensemble", "best", "plurality", SELECTIVE)
NOISY = 0.05


def against_size(
    found: Mapping,
    *,
    label: str,
    ensemble: str,
    lower: bool = False,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Quality of teams against the number of their members.

    Args:
        found: "sizes", "teams", "mean", "low", "high" [S]; "best", "best_model", "ensemble" and
            "members" of it.
        label: of the measure.
        ensemble: what the active ensemble is called.
        lower: lower is better, and it is no share.
        subtitle: rule, teams, n.
        palette: colours.

    Returns:
        A figure without picks.
    """
    said = three_digits if lower else percent
    sizes, figure = found["sizes"].tolist(), go.Figure()
    if len(sizes) > 1:
        _add_band(figure, sizes, found["low"], found["high"], palette.member)
    figure.add_scatter(
        x=sizes,
        y=found["mean"],
        mode="lines+markers",
        name="mean of the teams",
        line={"color": palette.member, "width": 2},
        marker={"size": 6},
        hovertext=[
            f"<b>{count(size)} {'member' if size == 1 else 'members'}</b><br>mean {said(mean)}<br>"
            f"most between {said(low)} and {said(high)}<br>{count(teams)} teams"
            for size, mean, low, high, teams in zip(
                sizes,
                *(found[name].tolist() for name in ("mean", "low", "high", "teams")),
                strict=True,
            )
        ],
        hoverinfo="text",
    )
    best = f"best model: {shown(found['best_model'], 20)}"
    _add_level(figure, sizes, found["best"], best, f"{best}<br>{said(found['best'])}", palette)
    if np.isfinite(found["ensemble"]):
        text = f"<b>{shown(ensemble)}</b><br>{said(found['ensemble'])}"
        _add_point(figure, found["members"], found["ensemble"], "active ensemble", text, palette)
    titled(
        figure,
        "Do more members help?",
        subtitle,
        height=HEIGHT,
        palette=palette,
        legend="bottom",
        width=LETTERS,
    )
    figure.update_layout(dragmode="pan")
    figure.update_xaxes(
        title="Members in the team", dtick=1 if max(sizes, default=1) < 12 else None
    )
    direction = "lower is better" if lower else "higher is better"
    figure.update_yaxes(title=f"{label}, {direction}", tickformat=None if lower else ".0%")
    return figure


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
        _add_band(figure, curve["coverage"], curve["low"], curve["high"], colour)
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
        _add_alphas(figure, selective, palette)
    titled(
        figure,
        "Is it right where it is sure?",
        subtitle,
        height=HEIGHT,
        palette=palette,
        legend="bottom",
        width=LETTERS,
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


def cost_curve(
    found: Mapping,
    *,
    unit: str,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Accuracy against the mean cost of cascades over their threshold.

    Args:
        found: "threshold", "cost", "accuracy", "low", "high", "n" [T], "members" in their order;
            "active": None, or cost, accuracy, low, high, n of the active ensemble.
        unit: what the cost counts.
        subtitle: order, n.
        palette: colours.

    Returns:
        A figure without picks.
    """
    figure = go.Figure()
    cost, rate = found["cost"], found["accuracy"]
    _add_band(figure, cost, found["low"], found["high"], palette.member)
    figure.add_scatter(
        x=cost,
        y=rate,
        mode="lines+markers",
        name="cascade over its threshold",
        line={"color": palette.member, "width": 2},
        marker={"size": 4},
        hovertext=[
            f"<b>asks on up to a confidence of {level:.2f}</b><br>" + _cost_text(found, place)
            for place, level in enumerate(found["threshold"].tolist())
        ],
        hoverinfo="text",
    )
    first = shown(found["members"][0], 22)
    for place, name, symbol in (
        (0, f"first alone: {first}", "circle"),
        (-1, "everybody (the mean)", "diamond-open"),
    ):
        text = f"<b>{name}</b><br>{_cost_text(found, place)}"
        _add_point(figure, cost[place], rate[place], name, text, palette, symbol, palette.text)
    if found["active"] is not None:
        at = found["active"]
        text = f"<b>active ensemble</b><br>{_cost_text({k: [v] for k, v in at.items()}, 0)}"
        _add_point(figure, at["cost"], at["accuracy"], "active ensemble", text, palette)
    titled(
        figure,
        "What does asking on cost?",
        subtitle,
        height=HEIGHT,
        palette=palette,
        legend="bottom",
        width=LETTERS,
    )
    figure.update_layout(dragmode="pan")
    figure.update_xaxes(title=f"Mean cost ({unit})", rangemode="tozero")
    figure.update_yaxes(title="Accuracy, higher is better", tickformat=".1%")
    return figure


def _cost_text(found: Mapping, place: int) -> str:
    return (
        f"{percent(found['accuracy'][place])} "
        f"{interval(found['low'][place], found['high'][place])}<br>"
        f"mean cost {amount(float(found['cost'][place]))}, "
        f"n = {count(int(found['n'][place]))}"
    )


def _add_band(
    figure: go.Figure, x: Sequence, low: np.ndarray, high: np.ndarray, colour: str
) -> None:
    x, low, high = (np.asarray(values) for values in (x, low, high))
    known = np.isfinite(low) & np.isfinite(high)
    x, low, high = x[known], low[known], high[known]
    figure.add_scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([high, low[::-1]]),
        fill="toself",
        fillcolor=colour,
        opacity=0.13,
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
    )


def _add_level(
    figure: go.Figure, x: Sequence, height: float, name: str, text: str, palette: Palette
) -> None:
    if not np.isfinite(height):
        return
    figure.add_scatter(
        x=[min(x), max(x)],
        y=[height, height],
        mode="lines" if len(x) > 1 else "markers",
        name=name,
        line={"color": palette.best, "width": 1.5, "dash": "dash"},
        hovertext=text,
        hoverinfo="text",
    )


def _add_point(
    figure: go.Figure,
    x: float,
    y: float,
    name: str,
    text: str,
    palette: Palette,
    symbol: str = "diamond",
    colour: str = "",
) -> None:
    figure.add_scatter(
        x=[x],
        y=[y],
        mode="markers",
        name=name,
        marker={"color": colour or palette.ensemble, "symbol": symbol, "size": 11},
        hovertext=text,
        hoverinfo="text",
    )


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


def _add_alphas(figure: go.Figure, selective: Mapping, palette: Palette) -> None:
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
        text=[f"alpha {alpha}" for alpha in alphas],
        textposition="top center",
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


def _highest(curves: Mapping[str, Mapping]) -> float:
    """Upper end of the risks that are drawn; the few surest samples are too noisy to count."""
    ends = [
        curve["high"][curve["coverage"] >= NOISY].max(initial=curve["risk"][-1])
        for curve in curves.values()
    ]
    return float(min(max([*ends, 0.02]) * 1.08, 1.03))
