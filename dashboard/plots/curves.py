"""What more members bring: quality against size, and accuracy against cost."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import THIRD, add_band, titled
from dashboard.theme import LIGHT, Palette, amount, count, interval, percent, shown, three_digits


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
        add_band(figure, sizes, found["low"], found["high"], palette.member)
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
        palette=palette,
        legend="bottom",
        **THIRD,
    )
    figure.update_layout(dragmode="pan")
    figure.update_xaxes(
        title="Members in the team", dtick=1 if max(sizes, default=1) < 12 else None
    )
    direction = "lower is better" if lower else "higher is better"
    figure.update_yaxes(title=f"{label}, {direction}", tickformat=None if lower else ".0%")
    return figure


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
    add_band(figure, cost, found["low"], found["high"], palette.member)
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
        palette=palette,
        legend="bottom",
        **THIRD,
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
