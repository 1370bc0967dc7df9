"""Sentences on where the ensemble helps and harms."""

from collections.abc import Mapping, Sequence

import numpy as np

from dashboard.theme import count, interval, markdown, p_value, percent
from dashboard.words import counted

ALPHA = 0.05
TARGETS = {
    "difference": "Net effect",
    "correction": "Corrections",
    "regression": "Regressions",
}
TITLES = {
    "difference": "Where the ensemble helps more, or less, than elsewhere",
    "correction": "Where the ensemble corrects more than elsewhere",
    "regression": "Where the ensemble spoils more than elsewhere",
}
AXES = {
    "difference": "Corrections minus regressions, share of the samples",
    "correction": "Corrections, share of the samples",
    "regression": "Regressions, share of the samples",
}
MORE = {"difference": "net effect", "correction": "corrections", "regression": "regressions"}


def points(net: float, low: float, high: float) -> str:
    """A difference of shares in percentage points: +12.3 points [9.8, 14.7]."""
    return f"{100 * net:+.1f} points {interval(low, high)}"


def where_sentence(table: Mapping, reference: str) -> str:
    """Where the ensemble helps most and where it harms, over all levels of all groupings.

    Args:
        table: as `compute.every_group_effect`.
        reference: the model that it is compared with.
    """
    if not len(table["levels"]):
        return "There is no grouping, so the samples cannot be told apart by what is known of them."
    tested = table["tested"]
    if not tested.any():
        return "No group has 20 samples on which both can be judged: too few to tell."
    clear = tested & (np.nan_to_num(table["p_bh"], nan=1.0) < ALPHA)
    net = table["net"]
    helps, harms = np.flatnonzero(clear & (net > 0)), np.flatnonzero(clear & (net < 0))

    def level(row: int) -> str:
        figures = points(*(float(table[name][row]) for name in ("net", "low", "high")))
        return (
            f"{markdown(table['column'][row])} = {markdown(table['levels'][row][0])}: "
            f"**{figures}**, n = {count(int(table['n'][row]))}"
        )

    first = "Nowhere does the ensemble clearly help"
    if len(helps):
        first = f"The ensemble helps most where {level(helps[net[helps].argmax()])}"
    last = "nowhere does it clearly harm"
    if len(harms):
        worst = level(harms[net[harms].argmin()])
        others = f" (and at {counted(len(harms) - 1, 'other level')})" if len(harms) > 1 else ""
        last = f"it harms most where {worst}{others}"
    levels = counted(int(tested.sum()), "level")
    groupings = counted(len(set(table["column"])), "grouping")
    return (
        f"{first}; {last}. Against {markdown(reference)}, over {levels} of {groupings} (McNemar, "
        "Benjamini-Hochberg below .05)."
    )


def slices_sentence(found: Mapping, target: str) -> str:
    """The slice that stands out most on samples that it was not found on, or that none does.

    Args:
        found: as `compute.effect_slices`.
        target: one of TARGETS.
    """
    what = MORE[target]
    if not len(found["conditions"]):
        return f"The search found no slice with other {what} than elsewhere."
    passed = np.flatnonzero(found["passed"])
    row = int(passed[0]) if len(passed) else 0
    told = (
        f"{slice_name(found['conditions'][row])}: {what} of {percent(float(found['inside'][row]))} "
        f"inside, {percent(float(found['outside'][row]))} outside, gap "
        f"**{points(*(float(found[name][row]) for name in ('gap', 'low', 'high')))}**, "
        f"n = {count(int(found['n'][row]))}"
    )
    p = found["p_bh"][row]
    told += f", {p_value(float(p))}" if np.isfinite(p) else ", too few to test"
    if not len(passed):
        return f"**No slice passes** on the other half. The best that was found: {told}."
    which = "1 slice passes" if len(passed) == 1 else f"{len(passed)} slices pass"
    return f"**{which}** on the other half, first of all {told}."


def slice_name(conditions: Sequence[tuple[str, str]], *, escaped: bool = True) -> str:
    """A slice in words: split = faint and colour = agrees."""
    plain = markdown if escaped else str
    return " and ".join(f"{plain(column)} = {plain(level)}" for column, level in conditions)


def explained(told: tuple[str, str, float, int] | None) -> str:
    """What a cluster of embeddings holds most; empty without one."""
    if told is None:
        return ""
    column, level, lift, n = told
    return f"cluster with {lift:.1f} times as many {column} = {level} as usual (n = {count(n)})"


def slices_footnote(found: Mapping) -> str:
    """How the slices were made and what it takes to be shown in colour."""
    label = ""
    if found["by_label"]:
        names = ", ".join(markdown(name) for name in found["by_label"])
        label = f" Known only with the label: {names}."
    searched = ", ".join(markdown(name) for name in found["columns"]) or "nothing"
    return (
        f"Searched by SliceLine in up to three conditions of {searched}, on one half "
        f"({markdown(found['split'], 200)}); what is shown is the other half. A slice passes with "
        "at least 20 samples there, an adjusted p below .05 and a gap of at least 5 points. "
        f"All samples are searched, whatever is selected.{label} Where samples of one unit are "
        "alike, all p of this section are at least those of a test that allows for it."
    )
