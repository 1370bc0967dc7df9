"""Groupings that the person makes of the open data: kept until other data are opened."""

import re
from collections.abc import Callable, Sequence

import numpy as np

from analysis.bundle import Bundle, BundleError
from analysis.grouping import Grouping
from analysis.loading.grouping import grouping_of
from analysis.made_groups import (
    TIMES,
    cross,
    cut_at,
    cut_evenly,
    problem_of,
    saved_slice,
    with_groupings,
)
from dashboard import state
from dashboard.choosing import opening_grouping
from dashboard.theme import shortened

LONGEST = 40
MOST_CROSSED = 3
SEPARATORS = (";", "|", ",", "/")


def made() -> dict[str, Grouping]:
    """The groupings that were made, by name."""
    return state.get("made_groups") or {}


def problem() -> str:
    """Why the last one could not be made, as a sentence; empty where it was."""
    return state.get("grouping_problem", "")


def make(name: str, build: Callable[[], Grouping]) -> None:
    """Make a grouping and break the figures down by it, or remember why that is not possible."""
    try:
        grouping = build()
        if sentence := problem_of(grouping):
            raise BundleError(sentence)
        _put({**made(), _free(shortened(name.strip() or "made", LONGEST)): grouping})
        state.put("grouping", list(made())[-1])
        state.put("grouping_problem", "")
    except BundleError as found:
        state.put("grouping_problem", str(found))


def remove(name: str) -> None:
    """Forget one that was made; those that were crossed from it stay."""
    _put({other: grouping for other, grouping in made().items() if other != name})
    if state.get("grouping") == name:
        state.put("grouping", opening_grouping(state.whole()))


def _put(new: dict[str, Grouping]) -> None:
    state.put("bundle", with_groupings(state.whole(), new, before=tuple(made())))
    state.put("made_groups", new)


def _free(name: str) -> str:
    """The name, or the next one that no grouping has."""
    taken, number = state.whole().groups, 2
    found = name
    while found in taken:
        found, number = f"{name} ({number})", number + 1
    return found


def numeric(bundle: Bundle) -> list[str]:
    """Columns that can be cut: numbers that are not all equal."""
    return [
        name
        for name, values in bundle.attributes.items()
        if values.dtype.kind in "iuf" and len(np.unique(values[np.isfinite(values)])) > 1
    ]


def of_column(column: str, mark: str) -> None:
    """A grouping by any column; with a mark, its cells hold several values."""
    name = f"{column} (each value)" if mark else column
    make(name, lambda: grouping_of(state.whole().attributes[column], mark))


def of_parts(column: str, parts: int) -> None:
    """A numeric column in ranges of about as many samples."""
    values = state.whole().attributes[column]
    make(f"{column} in {parts} parts", lambda: cut_evenly(values, parts))


def of_edges(column: str, text: str) -> None:
    """A numeric column cut at the numbers that were typed."""
    values = state.whole().attributes[column]
    make(f"{column} at {text}", lambda: cut_at(values, edges_of(text)))


def edges_of(text: str) -> list[float]:
    """The numbers in a text, between commas, semicolons or spaces.

    Raises:
        BundleError: some part is no number.
    """
    parts = [part for part in re.split(r"[,;\s]+", text) if part]
    try:
        return [float(part) for part in parts]
    except ValueError:
        raise BundleError(
            f"'{shortened(text)}' is no list of numbers; write such as 10, 20, 50."
        ) from None


def of_columns(columns: Sequence[str]) -> None:
    """The combinations of two or three groupings."""
    groups = state.whole().groups
    make(TIMES.join(columns), lambda: cross([groups[column] for column in columns]))


def of_selection(name: str) -> None:
    """The selected samples and all others; also those that are fitted on are outside."""
    current, parts, opened = state.selection(), state.held_out(), state.whole()
    if current is None:
        return
    rows = current.positions if parts is None else parts.rows[current.positions]
    name = shortened(name.strip() or "slice", LONGEST)
    make(name, lambda: saved_slice(rows, len(opened.ids), name))
