"""Cells that hold several values, and the groups that overlap because of them."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from analysis.loading.classes import ordered
from analysis.loading.lists import SEPARATORS
from analysis.loading.sources import Log, Options, Question, count, quoted

NUMERIC_SEPARATORS = (";", "|")
MISSING = "(missing)"
LOOKED_AT = 20_000
OFTEN = 0.2
FEWER = 0.7

Cells = tuple[list[str], np.ndarray]


def separators(
    known: Mapping[str, str], attributes: Mapping[str, np.ndarray], options: Options, log: Log
) -> dict[str, str]:
    """Which columns hold several values in a cell, and what stands between them.

    Args:
        known: {column: separator} of lists and of a saved bundle.
        attributes: {column: values [N]}.
        options: what was said by hand goes first; an empty separator means one value a cell.
        log: receives columns that do not exist or whose cells hold no separator.
    """
    for name in options.multi:
        if name not in attributes:
            log.problem(
                f"--multi {name}={options.multi[name]}: there is no attribute '{name}'; the "
                f"attributes are {quoted(attributes, 12) or 'none'}."
            )
    found = {name: mark for name, mark in {**known, **options.multi}.items() if mark}
    for name, mark in list(found.items()):
        values = attributes.get(name)
        if values is None or values.dtype != object:
            del found[name]
        if name in options.multi and values is not None and not _holds(values, mark):
            log.note(
                f"No cell of '{name}' holds the separator '{mark}'; each is read as one value."
            )
    return found


def _holds(values: np.ndarray, mark: str) -> bool:
    return values.dtype == object and any(mark in text for text in {*values.tolist()} - {None})


def split(name: str, cells: Cells, mark: str, log: Log) -> tuple[np.ndarray, list[str]]:
    """Cells of several values as the levels of each sample.

    Outer spaces do not count, nor does a value that stands twice in a cell.

    Args:
        name: of the column.
        cells: what `distinct` makes of the column.
        mark: the separator.
        log: receives how many values between separators are empty.

    Returns:
        int32 [N, L], ascending levels of each sample filled up with -1, and the G levels;
        cells without any value are in "(missing)", the last one.
    """
    texts, codes = cells
    parts = [[value.strip() for value in text.split(mark)] for text in texts]
    held = [{value for value in part if value} for part in parts]
    hollow = np.array([bool(own) and "" in part for own, part in zip(held, parts, strict=True)])
    if number := int(hollow[codes].sum()):
        log.note(
            f"'{name}': {count(number, 'cell')} with nothing between two separators; only the "
            "other values are used."
        )
    levels = ordered(set().union(*held))
    if not all(held) and MISSING not in levels:
        levels.append(MISSING)
    place = {level: code for code, level in enumerate(levels)}
    rows = [sorted(place[value] for value in own or {MISSING}) for own in held]
    table = np.full((len(rows), max(map(len, rows))), -1, dtype=np.int32)
    for row, own in enumerate(rows):
        table[row, : len(own)] = own
    return table[codes], levels


def distinct(values: np.ndarray) -> Cells:
    """The distinct texts and int64 [N], which of them each sample has; None is the empty text."""
    encoded = pa.array(values.tolist(), pa.large_string()).fill_null("").dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)


def _number(part: str) -> bool:
    return part.strip("+-").replace(".", "").isdigit()


def ask(name: str, cells: Cells, most: int, log: Log) -> None:
    """Ask about a separator when taking the cells apart leaves far fewer different values.

    Args:
        name: of the column.
        cells: what `distinct` makes of the column.
        most: more values than these are no groups.
        log: receives the question.
    """
    texts, codes = cells
    counts = np.bincount(codes, minlength=len(texts))
    step = max(1, len(texts) // LOOKED_AT)
    seen = [(t, n) for t, n in zip(texts[::step], counts[::step].tolist(), strict=True) if t]
    for mark in SEPARATORS:
        marked = sum(n for text, n in seen if mark in text)
        if marked < OFTEN * max(sum(n for _, n in seen), 1):
            continue
        parts = {part.strip() for text, _ in seen for part in text.split(mark)} - {""}
        numbers = mark not in NUMERIC_SEPARATORS and all(map(_number, parts))
        if not numbers and 1 < len(parts) <= min(most, FEWER * len(seen)):
            log.ask(
                Question(
                    "multi",
                    name,
                    f"Do the cells of '{name}' hold several values, separated by '{mark}'? They "
                    "are read as one value each for now.",
                    (("", "one value"), (mark, f"several values, separated by {mark}")),
                )
            )
            return
