"""From the number of members that are right to what the ensemble makes of it, as bands."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import LIGHT, OUTCOME_SYMBOLS, Palette, count, percent

NAMES = ("kept", "corrected", "rescued", "overruled", "spoiled", "missed")
MOST_LEVELS = 9
PAD, NODE, STEPS = 0.06, 0.012, 24
LETTER = 0.022  # how wide a letter of a name is, as a share of the distance between nodes
BAND, LEVEL, OUTCOME = 0, 1, 2
KIND = 10_000


def level_groups(members: int) -> list[tuple[int, int]]:
    """Ranges of "members right" that are drawn as one: none, all, and equal ranges between.

    Args:
        members: K.

    Returns:
        Lowest and highest number of each, from K down to 0.

    Example:
        >>> level_groups(2), level_groups(20)[:3]
        ([(2, 2), (1, 1), (0, 0)], [(20, 20), (17, 19), (14, 16)])
    """
    if members < MOST_LEVELS:
        return [(k, k) for k in range(members, -1, -1)]
    width = -(-(members - 1) // (MOST_LEVELS - 2))
    between = [(max(1, high - width + 1), high) for high in range(members - 1, 0, -width)]
    return [(members, members), *between, (0, 0)]


def grouped(table: np.ndarray) -> np.ndarray:
    """Rows of a ledger int [K + 1, 6] added up to `level_groups`, int [G, 6]."""
    groups = level_groups(len(table) - 1)
    return np.stack([table[low : high + 1].sum(0) for low, high in groups])


def flow(
    table: np.ndarray,
    summaries: Mapping[str, str],
    *,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Bands from "k members right" to the outcome, as wide as they have samples.

    Args:
        table: int [K + 1, 6], samples with k members right and each outcome.
        summaries: {outcome: one sentence}.
        subtitle: n and rule.
        palette: colours.

    Returns:
        A figure; customdata = kind * 10000 + value: a band (group * 6 + outcome), a group of
        `level_groups`, or an outcome.
    """
    parts, members = grouped(table), len(table) - 1
    total = max(int(parts.sum()), 1)
    names = [_level(low, high, members) for low, high in level_groups(members)]
    left, right = _stacked(parts.sum(1) / total), _stacked(parts.sum(0) / total)
    starts = left[:, None] - (np.cumsum(parts, 1) - parts) / total
    ends = right[None] - (np.cumsum(parts, 0) - parts) / total
    figure = go.Figure()
    for group, outcome in zip(*np.nonzero(parts), strict=True):
        thick = parts[group, outcome] / total
        _add_band(figure, starts[group, outcome], ends[group, outcome], thick, outcome, palette)
    _add_band_marks(figure, parts, starts, ends, names, palette)
    grey = [palette.member] * len(parts)
    _add_nodes(figure, 0.0, left, parts.sum(1), names, grey, LEVEL, [""] * len(parts), palette)
    colours, says = [palette.outcomes[name] for name in NAMES], [summaries[name] for name in NAMES]
    _add_nodes(figure, 1.0, right, parts.sum(0), NAMES, colours, OUTCOME, says, palette)
    title = "From members right to the outcome"
    titled(figure, title, subtitle, height=470, palette=palette)
    figure.update_layout(dragmode=False, clickmode="event+select", hovermode="closest")
    room = 0.2 + LETTER * max(map(len, names))
    figure.update_xaxes(visible=False, range=[-room, 1.46])
    lowest = min(left[-1] - parts.sum(1)[-1] / total, right[-1] - parts.sum(0)[-1] / total)
    figure.update_yaxes(
        visible=False, range=[min(0.0, lowest) - 0.03, max(left[0], right[0]) + 0.03]
    )
    return figure


def decode_flow(points: Sequence[Mapping], members: int) -> list[tuple[int | None, str | None]]:
    """(place in `level_groups`, outcome) of every picked band or node; None where it has all."""
    groups, found = len(level_groups(members)), []
    for point in points:
        if point.get("customdata") is None:
            continue
        kind, value = divmod(int(point["customdata"]), KIND)
        if kind == BAND and value < groups * len(NAMES):
            found.append((value // len(NAMES), NAMES[value % len(NAMES)]))
        elif kind == LEVEL and value < groups:
            found.append((value, None))
        elif kind == OUTCOME and value < len(NAMES):
            found.append((None, NAMES[value]))
    return list(dict.fromkeys(found))


def level_name(place: int, members: int) -> str:
    """A group of `level_groups` in words."""
    return _level(*level_groups(members)[place], members)


def _level(low: int, high: int, members: int) -> str:
    if members and low == high == members:
        return f"all {members} right" if members > 1 else "right"
    if high == 0:
        return "none right"
    return f"{low} of {members} right" if low == high else f"{low} to {high} of {members}"


def _stacked(shares: np.ndarray) -> np.ndarray:
    """Upper ends of nodes that stand below each other with room for their names between."""
    below = np.cumsum(shares) - shares + PAD * np.arange(len(shares))
    return 1 + PAD * (len(shares) - 1) / 2 - below


def _curve(start: float, end: float) -> np.ndarray:
    along = np.linspace(0, 1, STEPS)
    return start + (end - start) * along**2 * (3 - 2 * along)


def _add_band(
    figure: go.Figure, start: float, end: float, thick: float, outcome: int, palette: Palette
) -> None:
    x = np.linspace(NODE, 1 - NODE, STEPS)
    upper = _curve(start, end)
    figure.add_scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([upper, (upper - thick)[::-1]]),
        mode="lines",
        fill="toself",
        fillcolor=palette.outcomes[NAMES[outcome]],
        opacity=0.55,
        line={"width": 0.8, "color": palette.outcomes[NAMES[outcome]]},
        hoverinfo="skip",
        showlegend=False,
    )


def _add_band_marks(
    figure: go.Figure,
    parts: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    names: Sequence[str],
    palette: Palette,
) -> None:
    """A dot on every band, to point at and to click; close to the left, where bands are apart."""
    group, outcome = np.nonzero(parts)
    total, step = max(int(parts.sum()), 1), 3
    along = step / (STEPS - 1)
    eased = along**2 * (3 - 2 * along)
    samples = parts[group, outcome]
    begin, finish = starts[group, outcome], ends[group, outcome]
    figure.add_scatter(
        x=np.full(len(group), NODE + along * (1 - 2 * NODE)),
        y=begin + (finish - begin) * eased - samples / total / 2,
        mode="markers",
        marker={
            "size": 9,
            "color": [palette.outcomes[NAMES[place]] for place in outcome],
            "symbol": [OUTCOME_SYMBOLS[NAMES[place]] for place in outcome],
            "line": {"width": 1, "color": palette.surface},
        },
        customdata=(BAND * KIND + group * len(NAMES) + outcome).astype(np.int32),
        hovertext=[
            f"<b>{NAMES[o]}</b>, {names[g]}<br>{count(int(n))} samples ({percent(n / total)})<br>"
            f"{percent(n / parts[g].sum())} of those with {names[g]}"
            for g, o, n in zip(group, outcome, samples, strict=True)
        ],
        hoverinfo="text",
        showlegend=False,
    )


def _add_nodes(
    figure: go.Figure,
    x: float,
    tops: np.ndarray,
    samples: np.ndarray,
    names: Sequence[str],
    colours: Sequence[str],
    kind: int,
    says: Sequence[str],
    palette: Palette,
) -> None:
    total = max(int(samples.sum()), 1)
    middles, side = tops - samples / total / 2, 1 if x else -1
    for top, number, colour in zip(tops, samples, colours, strict=True):
        low = top - max(number / total, 0.002)
        figure.add_shape(
            type="rect", x0=x - NODE, x1=x + NODE, y0=low, y1=top, fillcolor=colour, line_width=0
        )
    figure.add_scatter(
        x=np.full(len(names), x + side * 0.03),
        y=middles,
        mode="markers+text",
        marker={"size": 16, "symbol": "square", "color": colours, "opacity": 0.01},
        text=[f"{name}  <b>{count(int(n))}</b>" for name, n in zip(names, samples, strict=True)],
        textposition="middle right" if x else "middle left",
        textfont={"color": palette.text, "size": 12},
        cliponaxis=False,
        unselected={"textfont": {"color": palette.text}},
        customdata=(kind * KIND + np.arange(len(names))).astype(np.int32),
        hovertext=[
            f"<b>{name}</b><br>{count(int(n))} samples ({percent(n / total)})"
            + (f"<br>{said}" if said else "")
            for name, n, said in zip(names, samples, says, strict=True)
        ],
        hoverinfo="text",
        showlegend=False,
    )
