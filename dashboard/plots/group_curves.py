"""Accuracy along something, a small plot for each group: members, families, best, ensembles."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.plots.layout import add_band, round_ticks, titled
from dashboard.theme import BESIDE_SYMBOLS, LIGHT, Palette, amount, count, interval, percent, shown

ROW = 250
WIDE = 3
STRETCHED = 20
MOST_FAMILIES = 8
SHOW = {
    "accuracy": ("mean", "Accuracy"),
    "coverage": ("coverage", "Share answered"),
    "risk": ("risk", "Error where answered"),
}


def group_curves(
    lines: Sequence[Mapping],
    levels: Sequence[str],
    kept: Sequence[int],
    *,
    column: str,
    axis: str,
    dots: Sequence[Mapping] = (),
    texts: Sequence[str] = (),
    show: str = "accuracy",
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """A small plot for each of some groups, all on the same axes.

    Args:
        lines: name, role, slot, x [P], and mean, low, high, n [G, P] (and coverage, for "risk").
        levels: G names.
        kept: places of the levels to draw.
        column: the grouping.
        axis: what x is.
        dots: the same in bins, drawn as marks.
        texts: names of the places 0, 1 ... of x, where it is no number.
        show: "accuracy", "coverage" or "risk" (against coverage).
        subtitle: n, bands.
        palette: colours.

    Returns:
        A figure; customdata of marks in bins or at named places = place + P * level.
    """
    wide = min(len(kept), WIDE) or 1
    tall = -(-len(kept) // wide) or 1
    names = [shown(levels[place], 30) for place in kept]
    figure = make_subplots(
        rows=tall,
        cols=wide,
        subplot_titles=names,
        shared_xaxes="all",
        shared_yaxes="all",
        horizontal_spacing=0.05,
        vertical_spacing=0.14 / tall,
    )
    told: set[str] = set()
    for at, level in enumerate(kept):
        part, where = go.Figure(), {"row": at // wide + 1, "col": at % wide + 1}
        _add_members(part, lines, level, levels, texts, show, palette)
        for line in lines:
            if line["role"] != "member":
                _add_line(part, line, level, levels, texts, show, palette, dotted=bool(dots))
        for line in dots:
            _add_dots(part, line, level, levels, texts, palette)
        for trace in part.data:
            trace.showlegend = trace.showlegend is not False and trace.name not in told
            told |= {trace.name} if trace.showlegend else set()
            figure.add_trace(trace, **where)
    measure = SHOW[show][1]
    titled(
        figure,
        f"{measure} by {shown(column, 24)}, along {_lower(shown(axis, 30))}",
        subtitle,
        height=ROW * tall + 170 + 4 * len(told),
        palette=palette,
        legend="bottom",
        width=110,
    )
    # Room for the names of the small plots under the subtitle.
    figure.update_layout(margin={"t": figure.layout.margin.t + 26})
    _label(figure, axis, measure, texts, show, (tall, wide), _kind_of_axis(lines))
    return figure


def _lower(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"


def _kind_of_axis(lines: Sequence[Mapping]) -> tuple[bool, bool]:
    """Whether x spans so much that its logarithm is drawn; whether it is a few whole numbers."""
    x = np.concatenate([line["x"] for line in lines]) if lines else np.empty(0)
    stretched = bool(len(x)) and x.min() > 0 and x.max() > STRETCHED * x.min()
    whole = bool(len(x)) and not (x % 1).any() and x.max() - x.min() <= 12
    return stretched, whole


def _label(
    figure: go.Figure,
    axis: str,
    measure: str,
    texts: Sequence[str],
    show: str,
    grid: tuple[int, int],
    kind: tuple[bool, bool],
) -> None:
    (tall, wide), (stretched, whole) = grid, kind
    figure.update_layout(dragmode="pan", clickmode="event+select", legend_groupclick="toggleitem")
    better = "lower is better" if show == "risk" else "higher is better"
    title = "Share answered" if show == "risk" else shown(axis, 40)
    direction = "" if show == "coverage" else f", {better}"
    figure.update_yaxes(tickformat=".0%")
    for row in range(1, tall + 1):
        figure.update_yaxes(title=f"{measure}{direction}", row=row, col=1)
    for column in range(1, wide + 1):
        figure.update_xaxes(title=title, row=tall, col=column)
    if show == "risk":
        figure.update_xaxes(tickformat=".0%")
    elif texts:
        figure.update_xaxes(
            tickvals=list(range(len(texts))),
            ticktext=[shown(text, 14) for text in texts],
            showticklabels=True,
        )
    elif stretched and show == "accuracy":
        figure.update_xaxes(type="log", **round_ticks(figure))
    elif whole:
        figure.update_xaxes(dtick=1)


def _values(line: Mapping, level: int, show: str) -> tuple[np.ndarray, ...]:
    """x, y, low and high of one line in one group."""
    mean, low, high = (line[part][level] for part in ("mean", "low", "high"))
    if show == "accuracy":
        return line["x"], mean, low, high
    if show == "coverage":
        nothing = np.full_like(mean, np.nan)
        return line["x"], line["coverage"][level], nothing, nothing
    return line["coverage"][level], 1 - mean, 1 - high, 1 - low


def _hover(line: Mapping, level: int, levels, texts: Sequence[str], show: str) -> list[str]:
    x, y, low, high = _values(line, level, show)
    places = (
        [shown(texts[int(at)], 40) for at in line["x"]]
        if texts
        else [amount(value) for value in line["x"].tolist()]
    )
    if show == "risk":
        places = [
            f"{percent(float(share))} answered, from {place} on"
            for share, place in zip(x, places, strict=True)
        ]
    return [
        f"<b>{shown(line['name'], 48)}</b><br>{shown(levels[level], 40)}, at {place}<br>"
        f"{percent(float(value))} {interval(float(a), float(b))}, n = {count(round(float(n)))}"
        for place, value, a, b, n in zip(places, y, low, high, line["n"][level], strict=True)
    ]


def _add_members(figure, lines, level: int, levels, texts, show: str, palette: Palette) -> None:
    """All members as one trace, with gaps between them."""
    x, y, hover = [], [], []
    single = True
    for line in lines:
        if line["role"] == "member":
            at, rate, *_ = _values(line, level, show)
            single &= len(at) == 1
            x += [*at.tolist(), None]
            y += [*rate.tolist(), None]
            hover += [*_hover(line, level, levels, texts, show), ""]
    if x:
        figure.add_scatter(
            x=x,
            y=y,
            mode="markers" if single else "lines",
            name="members",
            line={"color": palette.muted, "width": 1},
            marker={"color": palette.muted, "size": 6},
            hovertext=hover,
            hoverinfo="text",
            legendgroup="members",
        )


def _look(line: Mapping, palette: Palette) -> tuple[str, float, str, str]:
    """Colour, width, dash and symbol of a line."""
    role, slot = line["role"], line["slot"]
    if role == "family":
        known = slot < MOST_FAMILIES
        return palette.levels[slot] if known else palette.muted, 1.5, "solid", "circle"
    if role == "best":
        return palette.best, 2, "dash", "circle"
    if role == "beside":
        return palette.beside[slot], 2, "solid", BESIDE_SYMBOLS[slot]
    return palette.ensemble, 3, "solid", "diamond"


def _add_line(
    figure, line: Mapping, level: int, levels, texts, show: str, palette: Palette, *, dotted: bool
) -> None:
    x, y, low, high = _values(line, level, show)
    colour, width, dash, symbol = _look(line, palette)
    if len(x) > 1 and np.isfinite(low).any() and line["role"] != "family":
        add_band(figure, x, low, high, colour)
    marked = len(x) == 1 or (len(x) <= 12 and not dotted)
    name = shown(line["name"], 34)
    if line["role"] == "best" and not line["name"].startswith("best"):
        name = f"best: {name}"
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines+markers" if marked else "lines",
        name=name,
        legendgroup=name,
        line={"color": colour, "width": width, "dash": dash},
        marker={"symbol": symbol, "size": 9 if line["role"] == "ensemble" else 6},
        error_y=_bar(y, low, high) if len(x) == 1 else None,
        customdata=np.arange(len(x), dtype=np.int32) + len(x) * level if texts else None,
        hovertext=_hover(line, level, levels, texts, show),
        hoverinfo="text",
    )


def _bar(y: np.ndarray, low: np.ndarray, high: np.ndarray) -> dict:
    return {"type": "data", "array": high - y, "arrayminus": y - low, "width": 3, "thickness": 1.5}


def _add_dots(figure, line: Mapping, level: int, levels, texts, palette: Palette) -> None:
    """What bins hold, as marks on the smooth line of the same name."""
    if line["role"] not in ("best", "ensemble", "beside"):
        return
    x, y, *_ = _values(line, level, "accuracy")
    colour, _, _, symbol = _look(line, palette)
    figure.add_scatter(
        x=x,
        y=y,
        mode="markers",
        name=f"{shown(line['name'], 34)}, in bins",
        showlegend=False,
        marker={"color": colour, "symbol": symbol, "size": 7},
        customdata=np.arange(len(x), dtype=np.int32) + len(x) * level,
        hovertext=_hover(line, level, levels, texts, "accuracy"),
        hoverinfo="text",
    )


def decode_places(points: Sequence, number: int) -> list[tuple[int, int]]:
    """Place along x and level of the picked marks, each once.

    Args:
        points: of the event.
        number: P, places along x.
    """
    codes = {point["customdata"] for point in points if point.get("customdata") is not None}
    return sorted((int(code) % number, int(code) // number) for code in codes)
