"""Sentences about what candidates teach."""

from collections.abc import Sequence

import pandas as pd

from analysis.findings import Association, Conflicts
from dashboard.compute.lessons import SAMPLES
from dashboard.compute.search_axes import Axis
from dashboard.front_words import inside
from dashboard.theme import count


def diversity(axes: Sequence[Axis], told: Association, kind: str) -> str:
    """Whether the more diverse candidates are the better ones at fixed members' quality."""
    names = f"{inside(axes[1])} and {inside(axes[0])}"
    if told.value != told.value:
        return (
            f"Not to be told: among {count(told.n)} teams, {names} do not vary enough beyond what "
            "the members' mean quality and their number explain."
        )
    ends = f"[{told.low:.2f}, {told.high:.2f}]"
    if told.low > 0:
        answer = "**Yes, here the more diverse teams are the better ones**"
    elif told.high < 0:
        answer = "**No, here the more diverse teams are the worse ones**"
    else:
        answer = "**That cannot be told here**"
    how = (
        "interval from samples drawn anew; other models may differ"
        if kind == SAMPLES
        else "interval from candidates drawn anew, which share members and samples: it says "
        "nothing of other samples"
    )
    return (
        f"{answer}, at equal mean quality and number of members: partial correlation of {names} "
        f"**{told.value:.2f}** {ends} over {count(told.n)} teams ({how}). A positive value means "
        "that diversity goes with quality, not that it causes it."
    )


def conflicts(axes: Sequence[Axis], told: Conflicts) -> str:
    """Which two axes are each other's price along the front."""
    worst = told.worst()
    if worst is None:
        return (
            f"Not to be told: the {count(told.n)} candidates on the front do not differ on two "
            "axes."
        )
    first, second = (inside(axes[place]) for place in worst)
    rho, low, high = (float(table[worst]) for table in (told.rho, told.low, told.high))
    ends = "" if low != low else f" [{low:.2f}, {high:.2f}]"
    said = f"rank correlation **{rho:.2f}**{ends} over the {count(told.n)} on the front"
    if rho >= 0:
        return (
            f"No two axes conflict along the front; nearest to it are {first} and {second}, {said}."
        )
    clear = "" if high < 0 else ", which may be chance"
    return f"**{first[0].upper()}{first[1:]} and {second}** conflict most: {said}{clear}."


def conflict_table(axes: Sequence[Axis], told: Conflicts) -> pd.DataFrame:
    """Rank correlations of every two axes with their intervals."""
    pairs = [(i, j) for i in range(len(axes)) for j in range(i + 1, len(axes))]
    return pd.DataFrame(
        {
            "axis": [axes[i].label for i, _ in pairs],
            "and axis": [axes[j].label for _, j in pairs],
            "rank correlation": [float(told.rho[pair]) for pair in pairs],
            "from": [float(told.low[pair]) for pair in pairs],
            "to": [float(told.high[pair]) for pair in pairs],
        }
    )
