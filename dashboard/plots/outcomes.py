"""What the ensemble made of its members' answers: bars of outcomes and the ledger."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import LIGHT, OUTCOME_PATTERNS, Palette, count, percent, shown

NAMES = ("kept", "corrected", "rescued", "overruled", "spoiled", "missed")
AGAINST = "corrected against the majority"
LEDGER_PARTS = (*NAMES, AGAINST)
LEDGER = ("kept", "corrected", AGAINST, "rescued", "missed", "spoiled", "overruled")
EASY = ("kept", "missed")
WRITTEN_BARS = 16
STRIP = ("rescued", "corrected", "kept", "missed", "spoiled", "overruled")


def outcome_strip(
    rows: Mapping[str, Mapping[str, int]],
    summaries: Mapping[str, str],
    *,
    title: str = "What became of the samples",
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """One stacked bar of the six outcomes per ensemble.

    Args:
        rows: {ensemble: {outcome: samples}}.
        summaries: {outcome: one sentence}.
        title: of the figure.
        subtitle: n and rule.
        palette: colours.

    Returns:
        A figure; customdata of a mark = row * 6 + outcome index.
    """
    names = [shown(name, 60) for name in rows]
    totals = [max(sum(row.values()), 1) for row in rows.values()]
    figure = go.Figure()
    for outcome in STRIP:
        values = [row[outcome] for row in rows.values()]
        _add_strip_part(figure, names, outcome, values, totals, summaries[outcome], palette)
    height = 196 + 40 * len(names)
    titled(figure, title, subtitle, height=height, palette=palette, legend="bottom")
    figure.update_layout(barmode="stack", dragmode=False, legend={"traceorder": "normal"})
    figure.update_layout(margin_l=16)  # half of the first tick's label
    figure.update_xaxes(
        tickformat=".0%",
        range=[0, 1],
        tickvals=[0, 0.25, 0.5, 0.75, 1],
        title="Share of the judged samples",
    )
    figure.update_yaxes(autorange="reversed", showticklabels=len(names) > 1)
    return figure


def _add_strip_part(
    figure: go.Figure,
    names: Sequence[str],
    outcome: str,
    values: Sequence[int],
    totals: Sequence[int],
    summary: str,
    palette: Palette,
) -> None:
    """One outcome of every ensemble; counts are written where they have room."""
    shares = [value / total for value, total in zip(values, totals, strict=True)]
    pairs = list(zip(values, shares, strict=True))
    figure.add_bar(
        x=shares,
        y=names,
        orientation="h",
        name=outcome,
        marker={
            "color": palette.outcomes[outcome],
            "line": {"width": 1, "color": palette.surface},
            "pattern": {
                "shape": OUTCOME_PATTERNS.get(outcome, ""),
                "fgcolor": palette.surface,
                "fillmode": "overlay",
                "size": 6,
                "solidity": 0.2,
            },
        },
        text=[count(value) if share > 0.04 else "" for value, share in pairs],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        customdata=np.arange(len(names), dtype=np.int32) * 6 + NAMES.index(outcome),
        hovertext=[
            f"<b>{outcome}</b>: {count(value)} samples ({percent(share)})<br>{summary}"
            for value, share in pairs
        ],
        hoverinfo="text",
    )


def decode_strip(points: Sequence[Mapping], ensembles: int) -> tuple[int, str] | None:
    """Row and outcome of the picked mark of `outcome_strip`; None when nothing is picked."""
    codes = [int(point["customdata"]) for point in points if point.get("customdata") is not None]
    if not codes or codes[-1] // 6 >= ensembles:
        return None
    return codes[-1] // 6, NAMES[codes[-1] % 6]


def ledger(
    table: np.ndarray,
    against_majority: np.ndarray,
    *,
    everything: bool = False,
    chosen: np.ndarray | None = None,
    subtitle: str = "",
    palette: Palette = LIGHT,
) -> go.Figure:
    """Members right (0 to K) by outcome: ensemble right upward, wrong downward.

    Args:
        table: int [K + 1, 6], samples with k members right and each outcome.
        against_majority: int [K + 1], of the corrected ones those whose plurality is wrong.
        everything: also draw the easy cases (kept and missed).
        chosen: int [K + 1, 6], how many of each belong to the selection; drawn as lines.
        subtitle: n and rule.
        palette: colours.

    Returns:
        A figure; customdata of a mark = k * 8 + part, 0 to 5 an outcome (corrected: with the
        majority), 6 corrected against the majority.
    """
    members = len(table) - 1
    k = np.arange(members + 1)
    heights = {name: table[:, place] for place, name in enumerate(NAMES)}
    heights["corrected"] = heights["corrected"] - against_majority
    heights[AGAINST] = against_majority
    figure = go.Figure()
    for name in LEDGER:
        if not heights[name].any() or (name in EASY and not everything):
            continue
        _add_ledger_bar(figure, name, k, heights, members, palette)
    if chosen is not None:
        shown = [place for place, name in enumerate(NAMES) if everything or name not in EASY]
        _outline(
            figure,
            k,
            [
                chosen[:, [at for at in shown if at in side]].sum(1)
                for side in ((0, 1, 2), (3, 4, 5))
            ],
            palette,
        )
    titled(
        figure,
        "Members that are right, and what the ensemble answers",
        subtitle,
        height=470,
        palette=palette,
        legend="bottom",
    )
    figure.update_layout(barmode="relative", dragmode=False, bargap=0.25, clickmode="event+select")
    figure.update_xaxes(
        title=f"Members right (of {members})",
        dtick=max(1, members // 12),
        range=[-0.6, members + 0.6],
    )
    figure.update_yaxes(title="Samples (right up, wrong down)", tickformat=",d")
    figure.add_hline(y=0, line={"color": palette.member, "width": 1})
    return figure


def _add_ledger_bar(
    figure: go.Figure,
    name: str,
    k: np.ndarray,
    heights: Mapping[str, np.ndarray],
    members: int,
    palette: Palette,
) -> None:
    values = heights[name]
    sign = -1 if name in ("overruled", "spoiled", "missed") else 1
    outcome = "corrected" if name == AGAINST else name
    covered = (heights[AGAINST] > 0) if name == "corrected" else np.zeros(len(k), dtype=bool)
    figure.add_bar(
        x=k,
        y=sign * values,
        name="against majority" if name == AGAINST else name,
        marker={
            "color": palette.outcomes[outcome],
            "pattern": {
                "shape": "\\" if name == AGAINST else "",
                "fgcolor": palette.surface,
                "fillmode": "overlay",
                "solidity": 0.3,
            },
        },
        text=[count(value) if value and members <= WRITTEN_BARS else "" for value in values],
        textposition=np.where(covered, "inside", "outside"),
        insidetextanchor="middle",
        cliponaxis=False,
        textangle=0,
        textfont={"size": 11},
        constraintext="none",
        customdata=(k * 8 + LEDGER_PARTS.index(name)).astype(np.int32),
        hovertext=[
            f"<b>{count(value)}</b> samples {name}: {level} of {members} members right"
            for level, value in zip(k.tolist(), values.tolist(), strict=True)
        ],
        hoverinfo="text",
    )


def _outline(
    figure: go.Figure, k: np.ndarray, chosen: Sequence[np.ndarray], palette: Palette
) -> None:
    for values, sign in zip(chosen, (1, -1), strict=True):
        figure.add_scatter(
            x=k,
            y=sign * values,
            mode="markers",
            marker={
                "symbol": "line-ew",
                "size": 26,
                "line": {"width": 3, "color": palette.text},
                "opacity": (values > 0).astype(float),
            },
            hovertext=[f"{count(value)} of them selected" for value in values.tolist()],
            hoverinfo="text",
            showlegend=False,
        )


def decode_ledger(points: Sequence[Mapping]) -> list[tuple[int, str]]:
    """(members right, outcome or AGAINST) of every picked mark of `ledger`."""
    codes = [point["customdata"] for point in points if point.get("customdata") is not None]
    return [(int(code) // 8, LEDGER_PARTS[int(code) % 8]) for code in codes if int(code) % 8 < 7]
