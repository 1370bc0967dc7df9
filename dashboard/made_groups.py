"""Groupings that the person makes of the open data: kept until other data are opened."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from analysis.bundle import Bundle, BundleError
from analysis.grouping import Grouping
from analysis.made_groups import TIMES, problem_of, saved_slice, with_groupings
from dashboard import state
from dashboard.choosing import opening_grouping
from dashboard.sessions.making import built, holds
from dashboard.sessions.session import Making, Picked
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


def how() -> dict[str, Making]:
    """How the groupings were made, by name; of a slice without which samples are in it."""
    known = state.get("made_how") or {}
    return {name: known[name] for name in made() if name in known}


def make(name: str, making: Making, build: Callable[[], Grouping] | None = None) -> None:
    """Make a grouping and break the figures down by it, or remember why that is not possible."""
    try:
        grouping = built(making, state.whole()) if build is None else build()
        if sentence := problem_of(grouping):
            raise BundleError(sentence)
        free = _free(shortened(name.strip() or "made", LONGEST))
        _put({**made(), free: grouping})
        state.put("made_how", {**how(), free: making})
        state.put("grouping", free)
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
    make(name, Making("values", (column,), mark=mark))


def of_parts(column: str, parts: int) -> None:
    """A numeric column in ranges of about as many samples."""
    make(f"{column} in {parts} parts", Making("parts", (column,), parts=parts))


def of_edges(column: str, text: str) -> None:
    """A numeric column cut at the numbers that were typed."""
    try:
        edges = tuple(edges_of(text))
    except BundleError as found:
        state.put("grouping_problem", str(found))
        return
    make(f"{column} at {text}", Making("edges", (column,), edges=edges))


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
    parts = tuple(in_full(column) if column in how() else column for column in columns)
    make(TIMES.join(columns), Making("crossing", parts))


def of_selection(name: str) -> None:
    """The selected samples and all others; also those that are fitted on are outside."""
    current, parts, opened = state.selection(), state.held_out(), state.whole()
    if current is None:
        return
    rows = current.positions if parts is None else parts.rows[current.positions]
    name = shortened(name.strip() or "slice", LONGEST)
    meets = holds(current.predicate, rows, opened)
    samples = Picked(predicate=current.predicate, number=len(rows)) if meets else None
    making = Making("slice", name=name, samples=samples)
    make(name, making, lambda: saved_slice(rows, len(opened.ids), name))


def in_full(name: str) -> Making:
    """How a grouping was made; of a slice also the ids of its samples."""
    making = how()[name]
    if making.kind != "slice" or making.samples is not None:
        return making
    return with_ids(making, made()[name], state.whole().ids)


def with_ids(making: Making, grouping: Grouping, ids: Sequence[str]) -> Making:
    """A slice with the ids of its samples."""
    rows = grouping.within([0]).nonzero().flatten().tolist()
    inside = Picked(frozenset(ids[row] for row in rows), number=len(rows))
    return replace(making, samples=inside)
