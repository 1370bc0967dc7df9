"""Groupings made again as they were made, and samples found again by their conditions."""

from collections.abc import Sequence

import numpy as np

from analysis.bundle import Bundle, BundleError
from analysis.grouping import Grouping
from analysis.loading.grouping import grouping_of
from analysis.made_groups import cross, cut_at, cut_evenly, problem_of, saved_slice
from dashboard.sessions.session import Making, Picked, Predicate
from dashboard.theme import count

MOST_TERMS = 200


def built(making: Making, bundle: Bundle) -> Grouping:
    """The grouping of a bundle that is made like this.

    Raises:
        BundleError: the bundle lacks what it is made of, or there is nothing to compare in it.
    """
    grouping = _built(making, bundle)
    if sentence := problem_of(grouping):
        raise BundleError(sentence)
    return grouping


def _built(making: Making, bundle: Bundle) -> Grouping:
    if making.kind == "crossing":
        return cross([_part(one, bundle) for one in making.columns])
    if making.kind == "slice":
        if making.samples is None:
            raise BundleError("It is not said which samples are in it.")
        rows = rows_of(making.samples, bundle)
        return saved_slice(rows, len(bundle.ids), making.name)
    column = making.columns[0] if making.columns else ""
    if not isinstance(column, str) or column not in bundle.attributes:
        raise BundleError(f"There is no column '{column if isinstance(column, str) else ''}'.")
    values = bundle.attributes[column]
    if making.kind == "values":
        return grouping_of(values, making.mark)
    if values.dtype.kind not in "iuf":
        raise BundleError(f"Column '{column}' holds no numbers.")
    if making.kind == "edges":
        return cut_at(values, making.edges)
    if not 2 <= making.parts <= 50:
        raise BundleError(f"A column is cut into 2 to 50 parts, not {making.parts}.")
    return cut_evenly(values, making.parts)


def _part(one: str | Making, bundle: Bundle) -> Grouping:
    if isinstance(one, Making):
        return _built(one, bundle)
    if one not in bundle.groups:
        raise BundleError(f"There is no grouping '{one}'.")
    return bundle.groups[one]


def rows_of(picked: Picked, bundle: Bundle) -> np.ndarray:
    """Rows of a bundle that were picked, ascending; ids that it lacks are passed over.

    Raises:
        BundleError: a condition names a column or a level that the bundle lacks.
    """
    if picked.predicate:
        return meeting(picked.predicate, bundle)
    return np.array([row for row, id_ in enumerate(bundle.ids) if id_ in picked.ids], dtype=int)


def found_rows(picked: Picked, bundle: Bundle) -> tuple[np.ndarray | None, list[str]]:
    """The rows that were picked; None: they cannot be told. And what is not here, in sentences."""
    try:
        rows = rows_of(picked, bundle)
    except BundleError as problem:
        return None, [f"The selection is left out. {problem}"]
    if len(rows) == picked.number:
        return rows, []
    if not len(rows):
        return rows, [f"The selection of {count(picked.number)} samples: none of them is here."]
    verb = "meet its conditions" if picked.predicate else "are"
    told = f"The selection was of {count(picked.number)} samples; {count(len(rows))} {verb} here."
    return rows, [told]


def meeting(predicate: Predicate, bundle: Bundle) -> np.ndarray:
    """Rows that meet any of some conditions.

    Raises:
        BundleError: a condition names a column or a level that the bundle lacks.
    """
    found = np.zeros(len(bundle.ids), dtype=bool)
    for term in predicate:
        parts = []
        for column, level in term:
            grouping = bundle.groups.get(column)
            if grouping is None:
                raise BundleError(f"There is no grouping '{column}'.")
            if level not in grouping.levels:
                raise BundleError(f"Grouping '{column}' has no group '{level}'.")
            parts.append(grouping.within([grouping.levels.index(level)]).cpu().numpy())
        if parts:
            found |= np.logical_and.reduce(parts)
    return np.flatnonzero(found)


def any_of(column: str, levels: Sequence[str]) -> Predicate:
    """The samples in any of these groups."""
    return tuple(((column, level),) for level in levels)


def both(first: Predicate, second: Predicate) -> Predicate:
    """What meets both; empty where one says nothing, or too many terms would be needed."""
    if not first or not second or len(first) * len(second) > MOST_TERMS:
        return ()
    return tuple(tuple(dict.fromkeys((*one, *other))) for one in first for other in second)


def holds(predicate: Predicate, rows: np.ndarray, bundle: Bundle) -> bool:
    """Whether exactly these rows meet the predicate."""
    try:
        return bool(predicate) and np.array_equal(meeting(predicate, bundle), rows)
    except BundleError:
        return False
