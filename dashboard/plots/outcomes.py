"""What the ensemble made of its members' answers: bars of outcomes and the ledger."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.plots.layout import titled
from dashboard.theme import LIGHT, OUTCOME_PATTERNS, Palette, count, percent, shown

NAMES = ("kept", "corrected", "rescued", "overruled", "spoiled", "missed")
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
        shares = [value / total for value, total in zip(values, totals, strict=True)]
        place = NAMES.index(outcome)
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
            text=[
                count(value) if share > 0.04 else ""
                for value, share in zip(values, shares, strict=True)
            ],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            customdata=np.arange(len(names), dtype=np.int32) * 6 + place,
            hovertext=[
                f"<b>{outcome}</b>: {count(value)} samples ({percent(share)})<br>"
                f"{summaries[outcome]}"
                for value, share in zip(values, shares, strict=True)
            ],
            hoverinfo="text",
        )
    height = 196 + 40 * len(names)
    titled(figure, title, subtitle, height=height, palette=palette, legend="bottom")
    figure.update_layout(barmode="stack", dragmode=False, legend={"traceorder": "normal"})
    figure.update_xaxes(
        tickformat=".0%",
        range=[0, 1],
        tickvals=[0, 0.25, 0.5, 0.75, 1],
        title="Share of the judged samples",
    )
    figure.update_yaxes(autorange="reversed", showticklabels=len(names) > 1)
    return figure


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
    """Members right (0 to K) against ensemble right (upward) or wrong (downward).

    Args:
        table: int [K + 1, 2], samples with k members right: ensemble right, ensemble wrong.
        against_majority: int [K + 1], of the ensemble-right samples those whose plurality is
            wrong and that at least one member has right.
        everything: also draw the easy cases (all members right and kept, none right and missed).
        chosen: int [K + 1, 2], how many of each belong to the selection; drawn as an outline.
        subtitle: n and rule.
        palette: colours.

    Returns:
        A figure; customdata of a mark = k * 4 + part (0 right with the majority, 1 right
        against the majority, 2 wrong).
    """
    members = len(table) - 1
    k = np.arange(members + 1)
    easy_right, easy_wrong = k == members, k == 0
    right, against, wrong = table[:, 0] - against_majority, against_majority, table[:, 1]
    if not everything:
        right, wrong = np.where(easy_right, 0, right), np.where(easy_wrong, 0, wrong)
        if chosen is not None:
            chosen = np.where(np.stack([easy_right, easy_wrong], 1), 0, chosen)
    upward = ["rescued", *["corrected"] * (members - 1), "kept"][: members + 1]
    downward = ["missed", *["spoiled"] * (members - 1), "overruled"][: members + 1]
    figure = go.Figure()
    parts = (
        ("ensemble right", right, upward, 0, ""),
        ("right against the majority", against, upward, 1, "\\"),
        ("ensemble wrong", -wrong, downward, 2, ""),
    )
    for name, height, outcomes, part, pattern in parts:
        if part == 1 and not against.any():
            continue
        figure.add_bar(
            x=k,
            y=height,
            name=name,
            marker={
                "color": [palette.outcomes[outcome] for outcome in outcomes],
                "pattern": {
                    "shape": pattern,
                    "fgcolor": palette.surface,
                    "fillmode": "overlay",
                    "solidity": 0.3,
                },
            },
            text=[
                count(abs(value)) if value and members <= WRITTEN_BARS else ""
                for value in height.tolist()
            ],
            textposition=np.where((part == 0) & (against > 0), "inside", "outside"),
            insidetextanchor="middle",
            cliponaxis=False,
            textangle=0,
            textfont={"size": 11},
            constraintext="none",
            customdata=(k * 4 + part).astype(np.int32),
            hovertext=[
                f"<b>{count(abs(value))}</b> samples {outcome}: {level} of {members} members "
                f"right, {name}"
                for level, value, outcome in zip(k.tolist(), height.tolist(), outcomes, strict=True)
            ],
            hoverinfo="text",
        )
    if chosen is not None:
        _outline(figure, k, chosen, palette)
    titled(
        figure,
        "Members that are right, and what the ensemble answers",
        subtitle,
        height=460,
        palette=palette,
    )
    figure.update_layout(barmode="relative", dragmode=False, bargap=0.25, clickmode="event+select")
    figure.update_xaxes(title=f"Members right (of {members})", dtick=max(1, members // 12))
    figure.update_yaxes(title="Samples: ensemble wrong (down), right (up)", tickformat=",d")
    figure.add_hline(y=0, line={"color": palette.member, "width": 1})
    return figure


def _outline(figure: go.Figure, k: np.ndarray, chosen: np.ndarray, palette: Palette) -> None:
    for column, sign in ((0, 1), (1, -1)):
        figure.add_scatter(
            x=k,
            y=sign * chosen[:, column],
            mode="markers",
            marker={
                "symbol": "line-ew",
                "size": 26,
                "line": {"width": 3, "color": palette.text},
                "opacity": (chosen[:, column] > 0).astype(float),
            },
            hovertext=[f"{count(value)} of them selected" for value in chosen[:, column].tolist()],
            hoverinfo="text",
            showlegend=False,
        )


def decode_ledger(points: Sequence[Mapping]) -> list[tuple[int, int]]:
    """(members right, part) of every picked mark of `ledger`."""
    codes = [point["customdata"] for point in points if point.get("customdata") is not None]
    return [divmod(int(code), 4) for code in codes]
