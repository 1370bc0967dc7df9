"""What each member brings to the ensemble."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import LIGHT, Palette, count, interval, p_value, percent, shown

NAMED_ROWS, NAMED_ROUNDS = 45, 16
ALPHA = 0.05
KINDS = {
    "helps": "helps (p < .05, Holm)",
    "open": "makes no clear difference",
    "harms": "harms (p < .05, Holm)",
}


def member_kinds(table: Mapping[str, np.ndarray]) -> np.ndarray:
    """Whether each member "helps", "harms" or that is "open", by the corrected test.

    Args:
        table: [M] each: gain and p, corrected for the number of members.
    """
    gain, clear = np.asarray(table["gain"]), np.asarray(table["p"]) < ALPHA
    return np.select([clear & (gain > 0), clear & (gain < 0)], ["helps", "harms"], "open")


def member_gains(
    names: Sequence[str],
    table: Mapping[str, np.ndarray],
    *,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """How much less accurate the ensemble is without each member, most helpful on top.

    Args:
        names: M members.
        table: float or int [M] each: gain, low, high, without, brought, lost, p, n.
        subtitle: rule, n and missing rule.
        palette: colours.

    Returns:
        A figure; customdata = row of the member.
    """
    gain = np.asarray(table["gain"])
    order = np.argsort(np.nan_to_num(gain, nan=-np.inf), kind="stable")
    place = np.empty(len(order), dtype=int)
    place[order] = np.arange(len(order))
    kinds = member_kinds(table)
    looks = {
        "helps": (palette.outcomes["corrected"], "triangle-up"),
        "open": (palette.muted, "circle"),
        "harms": (palette.outcomes["spoiled"], "triangle-down"),
    }
    figure = go.Figure()
    for kind, label in KINDS.items():
        rows = np.flatnonzero((kinds == kind) & np.isfinite(gain))
        if not len(rows):
            continue
        colour, symbol = looks[kind]
        figure.add_scatter(
            x=gain[rows],
            y=place[rows].tolist(),
            mode="markers",
            name=label,
            marker={"color": colour, "symbol": symbol, "size": 11},
            error_x={
                "type": "data",
                "array": table["high"][rows] - gain[rows],
                "arrayminus": gain[rows] - table["low"][rows],
                "color": colour,
                "thickness": 1.4,
                "width": 0,
            },
            customdata=rows.astype(np.int32),
            hovertext=[_hover(names[row], table, row) for row in rows.tolist()],
            hoverinfo="text",
        )
    return _framed(figure, names, order, subtitle, palette)


def selection_path(
    models: Sequence[str],
    scores: np.ndarray,
    *,
    score: str = "Accuracy",
    shares: bool = True,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """The rounds of a greedy selection: who was taken, and the score after it.

    Args:
        models: R names in the order in which they were taken; one may occur again.
        scores: float [R], higher is better.
        score: what is scored, in words.
        shares: whether the score is a share, written in percent.
        subtitle: rule, and on which samples.
        palette: colours.

    Returns:
        A figure; customdata = round, from 0.
    """
    rounds = np.arange(1, len(models) + 1)
    gains = np.diff(scores, prepend=np.nan)
    first = [model not in models[:place] for place, model in enumerate(models)]
    tell = (lambda value: percent(value, 2)) if shares else (lambda value: f"{value:.4f}")
    figure = go.Figure()
    figure.add_scatter(
        x=rounds,
        y=scores,
        mode="lines+markers",
        line={"shape": "hv", "color": palette.ensemble, "width": 2},
        marker={
            "size": 9,
            "color": np.where(first, palette.ensemble, palette.surface),
            "line": {"width": 1.5, "color": palette.ensemble},
        },
        customdata=np.arange(len(models), dtype=np.int32),
        hovertext=[
            f"Round {at}: <b>{shown(model)}</b>{'' if new else ' again'}<br>{score.lower()} after "
            f"it {tell(value)}" + (f" ({100 * gain:+.2f} points)" if shares and at > 1 else "")
            for at, model, new, value, gain in zip(
                rounds.tolist(), models, first, scores.tolist(), gains.tolist(), strict=True
            )
        ],
        hoverinfo="text",
    )
    title = "Who was taken in which round"
    titled(figure, title, subtitle, height=380, palette=palette)
    few = len(models) <= NAMED_ROUNDS
    figure.update_xaxes(
        title="Round" if not few else "",
        range=[0.5, len(models) + 0.5],
        tickvals=rounds if few else None,
        ticktext=[f"{at} {shown(model, 18)}" for at, model in zip(rounds, models, strict=True)]
        if few
        else None,
    )
    figure.update_yaxes(title=f"{score}, higher is better", tickformat=".1%" if shares else ".3f")
    return figure


def decode_member(points: Sequence[Mapping]) -> int | None:
    """Row of the last picked member."""
    codes = [point["customdata"] for point in points if point.get("customdata") is not None]
    return int(codes[-1]) if codes else None


def _hover(name: str, table: Mapping[str, np.ndarray], row: int) -> str:
    return (
        f"<b>{shown(name)}</b><br>ensemble without it: {percent(table['without'][row])}<br>"
        f"gain {100 * table['gain'][row]:+.2f} points "
        f"{interval(table['low'][row], table['high'][row])}<br>"
        f"right only thanks to it: {count(int(table['brought'][row]))}, wrong only because of it: "
        f"{count(int(table['lost'][row]))}<br>{p_value(table['p'][row])} (McNemar, Holm), "
        f"n = {count(int(table['n'][row]))}"
    )


def _framed(
    figure: go.Figure, names: Sequence[str], order: np.ndarray, subtitle: str, palette: Palette
) -> go.Figure:
    height = max(190 + 17 * min(len(names), NAMED_ROWS), 300)
    title = "What the ensemble loses without each member"
    titled(figure, title, subtitle, height=height, palette=palette, legend="bottom")
    figure.add_vline(x=0, line={"color": palette.member, "width": 1})
    figure.update_xaxes(
        title="Accuracy with it minus without it (95 % interval)", tickformat="+.1%"
    )
    few = len(names) <= NAMED_ROWS
    figure.update_yaxes(
        tickmode="array",
        tickvals=list(range(len(names))) if few else [],
        ticktext=[shown(names[row], 36) for row in order.tolist()] if few else [],
        title="" if few else "Members, most helpful on top",
        range=[-0.8, len(names) - 0.2],
    )
    return figure
