"""Models beside their ensemble: accuracies with intervals."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import LIGHT, Palette, count, interval, percent, shown

NAMED_ROWS = 45


def accuracies(
    names: Sequence[str],
    rate: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    judged: np.ndarray,
    roles: Sequence[str],
    *,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Accuracy of every model and of the ensemble, best on top.

    Args:
        names: M rows, the ensemble among them.
        rate: float [M]; low and high: ends of the 95 % interval.
        low: float [M].
        high: float [M].
        judged: int [M], judged answers.
        roles: M of "ensemble", "best", "member", "other".
        subtitle: n and missing rule.
        palette: colours.

    Returns:
        A figure; customdata = row of the model.
    """
    order = np.argsort(np.nan_to_num(rate, nan=-1.0), kind="stable")
    place = {row: rank for rank, row in enumerate(order.tolist())}
    styles = {
        "other": ("models outside the ensemble", palette.muted, "circle", 7),
        "member": ("members", palette.member, "circle", 9),
        "best": ("best member", palette.best, "circle", 11),
        "ensemble": ("ensemble", palette.ensemble, "diamond", 14),
    }
    figure = go.Figure()
    for role, (label, colour, symbol, size) in styles.items():
        rows = np.array([row for row, kind in enumerate(roles) if kind == role], dtype=int)
        if not len(rows):
            continue
        figure.add_scatter(
            x=rate[rows],
            y=[place[row] for row in rows.tolist()],
            mode="markers",
            name=label,
            marker={"color": colour, "symbol": symbol, "size": size},
            error_x={
                "type": "data",
                "array": high[rows] - rate[rows],
                "arrayminus": rate[rows] - low[rows],
                "color": colour,
                "thickness": 1.2,
                "width": 0,
            },
            customdata=rows.astype(np.int32),
            hovertext=[
                f"<b>{shown(names[row])}</b> ({label})<br>accuracy {percent(rate[row])} "
                f"{interval(low[row], high[row])}<br>n = {count(int(judged[row]))}"
                for row in rows.tolist()
            ],
            hoverinfo="text",
        )
    titled(
        figure,
        "Accuracy of the models and of the ensemble",
        subtitle,
        height=max(190 + 17 * min(len(names), NAMED_ROWS), 300),
        palette=palette,
        legend="bottom",
    )
    figure.update_xaxes(title="Accuracy (95 % interval), higher is better", tickformat=".0%")
    few = len(names) <= NAMED_ROWS
    figure.update_yaxes(
        tickmode="array",
        tickvals=list(range(len(names))) if few else [],
        ticktext=[shown(names[row], 36) for row in order.tolist()] if few else [],
        title="" if few else "Models, best on top",
        range=[-0.8, len(names) - 0.2],
    )
    return figure
