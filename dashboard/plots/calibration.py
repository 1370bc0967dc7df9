"""Confidence against accuracy, and what a temperature does to it."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.plots.models import NAMED_ROWS, role_styles
from dashboard.theme import LIGHT, Palette, count, interval, percent, shown, three_digits


def reliability(
    names: Sequence[str],
    table: Mapping[str, np.ndarray],
    roles: Sequence[str],
    raised: int,
    *,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Accuracy against confidence in bins; one model raised, the others faint behind it.

    Args:
        names: K.
        table: "count", "confidence", "accuracy", "low", "high" [K, B], NaN in empty bins.
        roles: K of the roles of `plots.models`.
        raised: row of the model with intervals and with its samples counted below.
        subtitle: n.
        palette: colours.

    Returns:
        A figure; customdata = row * B + bin.
    """
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": palette.member, "width": 1, "dash": "dash"},
        name="confidence = accuracy",
        hoverinfo="skip",
    )
    for row in [*(row for row in range(len(names)) if row != raised), raised]:
        _add_curve(figure, names, table, roles, row, raised, palette)
    _add_counts(figure, names[raised], table, roles[raised], raised, palette)
    title = "Does confidence keep what it promises?"
    titled(figure, title, subtitle, height=560, palette=palette, legend="bottom")
    figure.update_layout(dragmode=False, clickmode="event+select", bargap=0.08)
    figure.update_xaxes(title="Confidence", tickformat=".0%", range=[-0.02, 1.02], anchor="y2")
    figure.update_yaxes(title="Share right", tickformat=".0%", range=[-0.03, 1.06], domain=[0.3, 1])
    figure.update_layout(
        yaxis2={
            "title": "Samples",
            "domain": [0, 0.2],
            "gridcolor": palette.grid,
            "zeroline": False,
            "automargin": True,
            "nticks": 3,
            "tickformat": "~s",
            "rangemode": "tozero",
        }
    )
    return figure


def _add_curve(
    figure: go.Figure,
    names: Sequence[str],
    table: Mapping[str, np.ndarray],
    roles: Sequence[str],
    row: int,
    raised: int,
    palette: Palette,
) -> None:
    """One model's curve; entries of the legend once per role."""
    label, colour, symbol, size = role_styles(palette)[roles[row]]
    bins = np.flatnonzero(table["count"][row] > 0)
    confidence, accuracy = table["confidence"][row, bins], table["accuracy"][row, bins]
    low, high = table["low"][row, bins], table["high"][row, bins]
    strong = row == raised
    first = next(
        (place for place, role in enumerate(roles) if role == roles[row] and place != raised), None
    )
    figure.add_scatter(
        x=confidence,
        y=accuracy,
        mode="lines+markers",
        name=shown(names[row], 34) if strong else label,
        legendgroup="raised" if strong else label,
        showlegend=strong or row == first,
        opacity=1.0 if strong else 0.5,
        line={"color": colour, "width": 2.5 if strong else 1},
        marker={"color": colour, "symbol": symbol, "size": size if strong else 4},
        error_y={
            "type": "data",
            "array": high - accuracy,
            "arrayminus": accuracy - low,
            "color": colour,
            "thickness": 1.2,
            "width": 0,
            "visible": strong,
        },
        customdata=(row * table["count"].shape[1] + bins).astype(np.int32),
        hovertext=_curve_hover(names[row], table, row, bins),
        hoverinfo="text",
    )


def _curve_hover(
    name: str, table: Mapping[str, np.ndarray], row: int, bins: np.ndarray
) -> list[str]:
    columns = ("confidence", "accuracy", "low", "high", "count")
    return [
        f"<b>{shown(name)}</b><br>says {percent(said)}, is right on {percent(right)} "
        f"{interval(below, above)}<br>n = {count(int(n))}"
        for said, right, below, above, n in zip(
            *(table[column][row, bins] for column in columns), strict=True
        )
    ]


def _add_counts(
    figure: go.Figure,
    name: str,
    table: Mapping[str, np.ndarray],
    role: str,
    row: int,
    palette: Palette,
) -> None:
    """Samples per bin of the raised model, below the curves."""
    counts = table["count"][row]
    bins = len(counts)
    middle = (np.arange(bins) + 0.5) / bins
    figure.add_bar(
        x=middle,
        y=counts,
        width=0.94 / bins,
        yaxis="y2",
        name="samples",
        showlegend=False,
        marker={"color": role_styles(palette)[role][1], "opacity": 0.55},
        customdata=(row * bins + np.arange(bins)).astype(np.int32),
        hovertext=[
            f"<b>{shown(name)}</b><br>{count(int(n))} samples with a confidence of "
            f"{100 * place / bins:.0f} to {percent((place + 1) / bins, 0)}"
            for place, n in enumerate(counts.tolist())
        ],
        hoverinfo="text",
    )


def decode_bins(points: Sequence[Mapping], rows: int, bins: int) -> list[tuple[int, int]]:
    """(row, bin) of every picked mark of `reliability`."""
    codes = {int(point["customdata"]) for point in points if point.get("customdata") is not None}
    return [divmod(code, bins) for code in sorted(codes) if code < rows * bins]


def temperatures(
    names: Sequence[str],
    temperature: np.ndarray,
    before: np.ndarray,
    after: np.ndarray,
    pooled: np.ndarray,
    *,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Calibration error before and after one temperature, joined by a line per model.

    Args:
        names: K rows.
        temperature: float [K], NaN for means of members.
        before: float [K], calibration error.
        after: float [K].
        pooled: bool [K], rows that are means of several models: diamonds, on top.
        subtitle: on which samples.
        palette: colours.

    Returns:
        A figure; customdata = row.
    """
    members, means = np.flatnonzero(~pooled), np.flatnonzero(pooled)
    order = np.concatenate([members[np.argsort(-np.nan_to_num(before[members]))], means[::-1]])
    place = np.empty(len(order), dtype=int)
    place[order] = np.arange(len(order))
    figure = go.Figure()
    figure.add_scatter(
        x=np.stack([before, after, np.full(len(names), np.nan)], axis=1).ravel(),
        y=np.repeat(place, 3),
        mode="lines",
        line={"color": palette.muted, "width": 2},
        hoverinfo="skip",
        showlegend=False,
    )
    hover = _temperature_hover(names, temperature, before, after)
    symbols = np.where(pooled, "diamond", "circle")
    for label, values, filled in (("before", before, False), ("after", after, True)):
        figure.add_scatter(
            x=values,
            y=place,
            mode="markers",
            name=f"{label} the temperature",
            marker={
                "symbol": symbols if filled else np.char.add(symbols, "-open"),
                "size": np.where(pooled, 12, 9),
                "color": palette.text if filled else palette.member,
                "line": {"width": 1.5},
            },
            customdata=np.arange(len(names), dtype=np.int32),
            hovertext=hover,
            hoverinfo="text",
        )
    return _named(figure, [names[row] for row in order.tolist()], subtitle, palette)


def _temperature_hover(
    names: Sequence[str], temperature: np.ndarray, before: np.ndarray, after: np.ndarray
) -> list[str]:
    return [
        f"<b>{shown(name)}</b><br>calibration error {percent(first)} before, {percent(second)} "
        f"after" + (f"<br>temperature {three_digits(value)}" if np.isfinite(value) else "")
        for name, first, second, value in zip(names, before, after, temperature, strict=True)
    ]


def _named(figure: go.Figure, names: Sequence[str], subtitle: str, palette: Palette) -> go.Figure:
    """Title and axes of the temperatures, the names from the lowest row up."""
    height = max(190 + 19 * min(len(names), NAMED_ROWS), 300)
    title = "Calibration error before and after one temperature"
    titled(figure, title, subtitle, height=height, palette=palette, legend="bottom")
    figure.update_xaxes(
        title="Calibration error, lower is better", tickformat=".0%", rangemode="tozero"
    )
    few = len(names) <= NAMED_ROWS
    figure.update_yaxes(
        tickvals=list(range(len(names))) if few else [],
        ticktext=[shown(name, 40) for name in names] if few else [],
        range=[-0.8, len(names) - 0.2],
    )
    return figure
