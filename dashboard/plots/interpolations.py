"""From one model to another: accuracy and outcomes along the line of weights and of outputs."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.plots.layout import titled
from dashboard.theme import LIGHT, OUTCOME_SYMBOLS, Palette, count, interval, percent, shown

NAMES = ("kept", "corrected", "rescued", "overruled", "spoiled", "missed")
DRAWN = {"rescued": 1, "overruled": 1, "corrected": 2, "spoiled": 2}  # the rare ones above
ALWAYS = ("rescued", "corrected", "spoiled")
WEIGHTS, OUTPUTS = "weights mixed", "outputs mixed"
SIDES = (WEIGHTS, OUTPUTS)


def along_line(
    alphas: Sequence[float],
    models: Sequence[str],
    weights: np.ndarray,
    outputs: np.ndarray,
    *,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Accuracy from one end to the other, of mixed weights and of mixed outputs, with bands.

    Args:
        alphas: A numbers, share of the second end.
        models: A names.
        weights: float [A, 3], accuracy, low, high.
        outputs: float [A, 3]; NaN is not drawn.
        subtitle: n and intervals.
        palette: colours.

    Returns:
        A figure.
    """
    figure = go.Figure()
    looks = {
        WEIGHTS: (weights, palette.best, "square", ""),
        OUTPUTS: (outputs, palette.ensemble, "diamond", "dash"),
    }
    for name, (rates, colour, symbol, dash) in looks.items():
        if not np.isfinite(rates[:, 0]).any():
            continue
        figure.add_scatter(
            x=[*alphas, *alphas[::-1]],
            y=np.concatenate([rates[:, 1], rates[::-1, 2]]),
            fill="toself",
            fillcolor=colour,
            opacity=0.15,
            mode="none",
            hoverinfo="skip",
            showlegend=False,
        )
        symbols = ["circle", *[symbol] * (len(alphas) - 2), "circle"]
        figure.add_scatter(
            x=alphas,
            y=rates[:, 0],
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 2, "dash": dash or "solid"},
            marker={"symbol": symbols, "size": 9, "color": colour},
            hovertext=[
                f"<b>{name}</b>, alpha {alpha:g}"
                + (f"<br>{shown(model)}" if name == WEIGHTS else "")
                + f"<br>accuracy {percent(v)} {interval(low, high)}"
                for alpha, model, (v, low, high) in zip(alphas, models, rates, strict=True)
            ],
            hoverinfo="text",
        )
    title = f"From {shown(models[0], 24)} to {shown(models[-1], 24)}: accuracy"
    titled(figure, title, subtitle, height=470, palette=palette, legend="bottom")
    _share_axis(figure, models)
    figure.layout.margin.t += 10
    figure.update_yaxes(title="Accuracy, higher is better", tickformat=".1%")
    return figure


def outcomes_along(
    alphas: Sequence[float],
    models: Sequence[str],
    weights: np.ndarray,
    outputs: np.ndarray | None,
    summaries: Mapping[str, str],
    *,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Samples rescued, corrected, spoiled and overruled relative to the two ends.

    Args:
        alphas: A numbers.
        models: A names.
        weights: int [A, 6], samples with each outcome for mixed weights.
        outputs: int [A, 6] for mixed outputs, or None.
        summaries: {outcome: one sentence}.
        subtitle: n, and what the lines are.
        palette: colours.

    Returns:
        A figure; customdata = (side * A + place) * 6 + outcome index.
    """
    figure = make_subplots(2, 1, shared_xaxes=True, row_heights=(0.38, 0.62), vertical_spacing=0.06)
    tables = dict(zip(SIDES, (weights, outputs), strict=True))
    known = [table for table in tables.values() if table is not None]
    for name, row in DRAWN.items():
        place = NAMES.index(name)
        if name not in ALWAYS and not any(table[:, place].any() for table in known):
            continue
        for side, (how, table) in enumerate(tables.items()):
            if table is not None:
                codes = (side * len(alphas) + np.arange(len(alphas))) * 6 + place
                trace = _outcome_line(alphas, table[:, place], name, how, summaries[name], palette)
                figure.add_trace(trace.update(customdata=codes.astype(np.int32)), row=row, col=1)
    title = "What is rescued, corrected and spoiled between"
    titled(figure, title, subtitle, height=470, palette=palette, legend="bottom")
    _share_axis(figure, models)
    figure.update_layout(clickmode="event+select")
    figure.update_xaxes(title=None, row=1, col=1)
    figure.update_yaxes(title="Samples", tickformat=",d", rangemode="tozero")
    return figure


def _outcome_line(
    alphas: Sequence[float],
    samples: np.ndarray,
    name: str,
    how: str,
    summary: str,
    palette: Palette,
) -> go.Scatter:
    weights = how == WEIGHTS
    colour = palette.outcomes[name]
    return go.Scatter(
        x=list(alphas),
        y=samples,
        mode="lines+markers",
        name=name if weights else f"{name} (outputs)",
        line={"color": colour, "width": 2, "dash": "solid" if weights else "dot"},
        marker={
            "symbol": OUTCOME_SYMBOLS[name] + ("" if weights else "-open"),
            "size": 9,
            "color": colour,
        },
        hovertext=[
            f"<b>{name}</b>, {how}, alpha {alpha:g}<br>{count(int(n))} samples<br>{summary}"
            for alpha, n in zip(alphas, samples, strict=True)
        ],
        hoverinfo="text",
    )


def decode_along(points: Sequence[Mapping], places: int) -> list[tuple[str, int, str]]:
    """(side, place on the line, outcome) of every picked mark of `outcomes_along`."""
    codes = {int(point["customdata"]) for point in points if point.get("customdata") is not None}
    found = [(divmod(code // 6, places), NAMES[code % 6]) for code in sorted(codes)]
    return [(SIDES[side], place, name) for (side, place), name in found if side < len(SIDES)]


def _share_axis(figure: go.Figure, models: Sequence[str]) -> None:
    figure.update_layout(dragmode=False)
    figure.update_xaxes(
        title=f"Alpha: share of {shown(models[-1], 24)} (0 = {shown(models[0], 24)})",
        range=[-0.04, 1.04],
    )
