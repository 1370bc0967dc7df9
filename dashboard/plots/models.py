"""Models beside their ensemble: one number each with its interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import BESIDE_SYMBOLS, LIGHT, Palette, count, interval, percent, shown

NAMED_ROWS = 45
ROLES = ("other", "member", "best", "ensemble")


@dataclass(frozen=True)
class Quantity:
    """What the dots show: name in the hover, title of figure and axis, and which end is good."""

    name: str
    title: str
    axis: str
    higher_is_better: bool = True


ACCURACY = Quantity(
    "accuracy",
    "Accuracy of the models and of the ensemble",
    "Accuracy (95 % interval), higher is better",
)
CALIBRATION_ERROR = Quantity(
    "calibration error",
    "How far confidence is from accuracy (ECE)",
    "ECE (95 % interval), lower is better",
    higher_is_better=False,
)


def role_styles(
    palette: Palette, beside: Mapping[str, int] | None = None
) -> dict[str, tuple[str, str, str, int]]:
    """Name, colour, symbol and size of a model by its role, the same in every figure.

    Args:
        palette: colours.
        beside: {name: slot} of ensembles beside the active one; their role is "beside/slot".
    """
    others = {
        f"beside/{slot}": (shown(name, 34), palette.beside[slot], BESIDE_SYMBOLS[slot], 13)
        for name, slot in (beside or {}).items()
    }
    return others | {
        "other": ("models outside the ensemble", palette.muted, "circle", 7),
        "member": ("members", palette.member, "circle", 9),
        "best": ("best member", palette.best, "circle", 11),
        "ensemble": ("ensemble", palette.ensemble, "diamond", 14),
    }


def model_dots(
    names: Sequence[str],
    rate: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    judged: np.ndarray,
    roles: Sequence[str],
    quantity: Quantity = ACCURACY,
    *,
    beside: Mapping[str, int] | None = None,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """A share of every model and of the ensemble, best on top.

    Args:
        names: M rows, the ensemble among them.
        rate: float [M], NaN is not drawn.
        low: float [M], lower end of the 95 % interval, NaN where unknown.
        high: float [M], upper end.
        judged: int [M], judged answers.
        roles: M of `ROLES`, or "beside/slot".
        quantity: what the share is.
        beside: as in `role_styles`.
        subtitle: n and missing rule.
        palette: colours.

    Returns:
        A figure; customdata = row of the model.
    """
    worst_first = rate if quantity.higher_is_better else -rate
    order = np.argsort(np.nan_to_num(worst_first, nan=-np.inf), kind="stable")
    place = np.empty(len(order), dtype=int)
    place[order] = np.arange(len(order))
    figure = go.Figure()
    for role, (label, colour, symbol, size) in role_styles(palette, beside).items():
        rows = np.array([row for row, kind in enumerate(roles) if kind == role], dtype=int)
        if not len(rows):
            continue
        figure.add_scatter(
            x=rate[rows],
            y=place[rows].tolist(),
            mode="markers",
            name=label,
            marker={"color": colour, "symbol": symbol, "size": size},
            error_x={
                "type": "data",
                "array": np.nan_to_num(high[rows] - rate[rows]).clip(0),
                "arrayminus": np.nan_to_num(rate[rows] - low[rows]).clip(0),
                "color": colour,
                "thickness": 1.2,
                "width": 0,
            },
            customdata=rows.astype(np.int32),
            hovertext=[
                f"<b>{shown(names[row])}</b> ({label})<br>{quantity.name} {percent(rate[row])} "
                f"{interval(low[row], high[row])}<br>n = {count(int(judged[row]))}"
                for row in rows.tolist()
            ],
            hoverinfo="text",
        )
    return _framed(figure, names, order, quantity, subtitle, palette)


def _framed(
    figure: go.Figure,
    names: Sequence[str],
    order: np.ndarray,
    quantity: Quantity,
    subtitle: str,
    palette: Palette,
) -> go.Figure:
    height = max(190 + 17 * min(len(names), NAMED_ROWS), 300)
    titled(figure, quantity.title, subtitle, height=height, palette=palette, legend="bottom")
    figure.update_xaxes(
        title=quantity.axis,
        tickformat=".0%",
        rangemode="normal" if quantity.higher_is_better else "tozero",
    )
    few = len(names) <= NAMED_ROWS
    figure.update_yaxes(
        tickmode="array",
        tickvals=list(range(len(names))) if few else [],
        ticktext=[shown(names[row], 36) for row in order.tolist()] if few else [],
        title="" if few else "Models, best on top",
        range=[-0.8, len(names) - 0.2],
    )
    return figure


def decode_models(points: Sequence[Mapping], models: int) -> list[int]:
    """Rows of the picked marks, each once."""
    codes = [point["customdata"] for point in points if point.get("customdata") is not None]
    return sorted({int(code) for code in codes if int(code) < models})
