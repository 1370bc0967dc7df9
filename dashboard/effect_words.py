"""Sentences on where the ensemble helps and harms."""

from collections.abc import Mapping

import numpy as np

from dashboard.slice_words import points
from dashboard.theme import count, markdown
from dashboard.words import counted

ALPHA = 0.05
TARGETS = {
    "difference": "Net effect",
    "correction": "Corrections",
    "regression": "Regressions",
}


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
