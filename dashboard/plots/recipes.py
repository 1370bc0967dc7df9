"""Soups beside the ensembles of their ingredients."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import LIGHT, Palette, count, interval, percent, shown, three_digits

APART = 0.16
PARTIES = ("average ingredient", "soup", "ensemble")
LOSSES = {"error": "Share of wrong answers", "brier": "Brier score (0 to 2)"}

Rate = tuple[float, float, float]


def soup_dots(
    names: Sequence[str],
    soups: Sequence[Rate],
    ensembles: Sequence[Rate],
    ingredients: Sequence[np.ndarray],
    *,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Accuracy of each soup, of the ensemble of its ingredients, and of the ingredients.

    Args:
        names: S soups.
        soups: S of (accuracy, low, high).
        ensembles: likewise.
        ingredients: S of float [K], accuracy of each ingredient.
        subtitle: n and intervals.
        palette: colours.

    Returns:
        A figure; customdata = row of the soup.
    """
    rows, figure = np.arange(len(names)), go.Figure()
    behind = np.concatenate([*ingredients, np.zeros(0)])
    of = np.concatenate([np.full(len(part), row) for row, part in enumerate(ingredients)] or [rows])
    figure.add_scatter(
        x=behind,
        y=of,
        mode="markers",
        name="ingredients",
        marker={"color": palette.muted, "symbol": "circle", "size": 8, "opacity": 0.8},
        customdata=of.astype(np.int32),
        hovertext=[
            f"ingredient of {shown(names[row])}: {percent(share)}"
            for row, share in zip(of.tolist(), behind.tolist(), strict=True)
        ],
        hoverinfo="text",
    )
    sides = (
        ("soup (mean of weights)", soups, palette.best, "square", -APART),
        ("ensemble (mean of outputs)", ensembles, palette.ensemble, "diamond", APART),
    )
    for name, rates, colour, symbol, shift in sides:
        _add_rates(figure, name, rates, names, rows + shift, (colour, symbol))
    title = "Mixing weights against mixing outputs"
    height = 220 + 70 * len(names)
    titled(figure, title, subtitle, height=height, palette=palette, legend="bottom")
    figure.update_layout(dragmode=False, clickmode="event+select")
    figure.update_xaxes(title="Accuracy (95 % interval), higher is better", tickformat=".1%")
    ticks = {"tickvals": rows, "ticktext": [shown(name, 30) for name in names]}
    figure.update_yaxes(range=[len(names) - 0.5, -0.5], tickmode="array", **ticks)
    return figure


def _add_rates(
    figure: go.Figure,
    name: str,
    rates: Sequence[Rate],
    names: Sequence[str],
    y: np.ndarray,
    style: tuple[str, str],
) -> None:
    value, low, high = np.array(rates, dtype=float).reshape(-1, 3).T
    colour, symbol = style
    figure.add_scatter(
        x=value,
        y=y,
        mode="markers",
        name=name,
        marker={"color": colour, "symbol": symbol, "size": 12},
        error_x={
            "type": "data",
            "array": np.nan_to_num(high - value).clip(0),
            "arrayminus": np.nan_to_num(value - low).clip(0),
            "color": colour,
            "thickness": 1.4,
            "width": 0,
        },
        customdata=np.arange(len(names), dtype=np.int32),
        hovertext=[
            f"<b>{shown(who)}</b>: {name}<br>accuracy {percent(v)} {interval(a, b)}"
            for who, v, a, b in zip(names, value.tolist(), low.tolist(), high.tolist(), strict=True)
        ],
        hoverinfo="text",
    )


def two_by_two(table: np.ndarray, *, subtitle: str = "", palette: Palette = LIGHT) -> go.Figure:
    """Samples that soup and ensemble have right or wrong, as four fields to click.

    Args:
        table: int [4]: both right, only the ensemble, only the soup, both wrong.
        subtitle: n and test.
        palette: colours.

    Returns:
        A figure; customdata = place in the table.
    """
    share = table / max(int(table.sum()), 1)
    x, y = np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1])
    says = ("both right", "only the ensemble right", "only the soup right", "both wrong")
    tints = (palette.outcomes["kept"], palette.ensemble, palette.best, palette.outcomes["missed"])
    figure = go.Figure()
    for place, tint in enumerate(tints):
        figure.add_shape(
            type="rect",
            x0=x[place] - 0.48,
            x1=x[place] + 0.48,
            y0=y[place] - 0.47,
            y1=y[place] + 0.47,
            fillcolor=tint,
            opacity=0.35,
            line_width=0,
            layer="below",
        )
    figure.add_scatter(
        x=x,
        y=y,
        mode="markers+text",
        marker={"size": 60, "symbol": "square", "opacity": 0.01, "color": palette.text},
        text=[
            f"<b>{count(int(n))}</b><br>{percent(part)}"
            for n, part in zip(table, share, strict=True)
        ],
        textfont={"size": 16, "color": palette.text},
        customdata=np.arange(4, dtype=np.int32),
        hovertext=[
            f"<b>{said}</b><br>{count(int(n))} samples ({percent(part)})"
            for said, n, part in zip(says, table, share, strict=True)
        ],
        hoverinfo="text",
    )
    titled(figure, "Who is right where", subtitle, height=330, palette=palette)
    figure.update_layout(dragmode=False, clickmode="event+select")
    axis = {"tickmode": "array", "tickvals": [0, 1], "showgrid": False}
    figure.update_xaxes(range=[-0.5, 1.5], ticktext=["soup right", "soup wrong"], **axis)
    names = ["ensemble<br>right", "ensemble<br>wrong"]
    figure.update_yaxes(range=[1.5, -0.5], ticktext=names, **axis)
    return figure


def decode_place(points: Sequence[Mapping]) -> int | None:
    """What the last picked mark of `two_by_two` or `soup_dots` stands for."""
    codes = [point["customdata"] for point in points if point.get("customdata") is not None]
    return int(codes[-1]) if codes else None


def error_parts(
    parts: Mapping[str, np.ndarray], loss: str, *, subtitle: str = "", palette: Palette = LIGHT
) -> go.Figure:
    """What the error of the average ingredient, of the soup and of the ensemble is made of.

    Args:
        parts: float [3] each: "bias", "variance", "total", "low", "high" behind "loss/".
        loss: a key of LOSSES.
        subtitle: measure and direction.
        palette: colours.

    Returns:
        A figure.
    """
    found = {name: parts[f"{loss}/{name}"] for name in ("bias", "variance", "total", "low", "high")}
    figure = go.Figure()
    hover = [
        f"<b>{party}</b><br>{LOSSES[loss]} {three_digits(total)} "
        f"[{three_digits(low)}, {three_digits(high)}]<br>shared (bias) {three_digits(bias)}"
        + (f", spread (variance) {three_digits(variance)}" if party == PARTIES[0] else "")
        for party, total, low, high, bias, variance in zip(
            PARTIES,
            *(found[name].tolist() for name in ("total", "low", "high", "bias", "variance")),
            strict=True,
        )
    ]
    looks = {
        "shared by all (bias)": ("bias", palette.member, ""),
        "spread between them (variance)": ("variance", palette.best, "/"),
    }
    for name, (part, colour, pattern) in looks.items():
        figure.add_bar(
            x=list(PARTIES),
            y=found[part],
            name=name,
            marker={
                "color": colour,
                "pattern": {
                    "shape": pattern,
                    "fgcolor": palette.surface,
                    "fillmode": "overlay",
                    "solidity": 0.2,
                },
            },
            hovertext=hover,
            hoverinfo="text",
            width=0.5,
        )
    figure.add_scatter(
        x=list(PARTIES),
        y=found["total"],
        mode="markers+text",
        text=[f"   {total:.3f}" for total in found["total"].tolist()],
        textposition="top right",
        textfont={"color": palette.text, "size": 12},
        cliponaxis=False,
        marker={"size": 7, "color": palette.text, "symbol": ["circle", "square", "diamond"]},
        error_y={
            "type": "data",
            "array": np.nan_to_num(found["high"] - found["total"]).clip(0),
            "arrayminus": np.nan_to_num(found["total"] - found["low"]).clip(0),
            "color": palette.text,
            "thickness": 1.4,
        },
        hovertext=hover,
        hoverinfo="text",
        showlegend=False,
    )
    title = "What the error is made of"
    titled(figure, title, subtitle, height=400, palette=palette, legend="bottom")
    figure.update_layout(barmode="relative", dragmode=False)
    figure.layout.margin.t += 16
    figure.update_yaxes(title=f"{LOSSES[loss]}, lower is better", rangemode="tozero")
    return figure
