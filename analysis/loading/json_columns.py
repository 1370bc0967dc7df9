"""Records of JSON as typed columns; nested objects become dotted names."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.loading.columns import Column
from analysis.loading.json_faults import Written
from analysis.loading.sources import File, Log, RefusedError, count, quoted
from analysis.loading.tables import CELL_LIMIT

DEPTH = 4
SHOWN_FIELDS = 4
NOTHING = type(None)
NUMERIC = frozenset([int, float, Written])
Where = Callable[[int], str]


def columns_of(
    file: File, records: list[dict], where: Where, log: Log, noun: str = "record"
) -> dict[str, Column]:
    """The columns of records, in the order in which their fields first occur.

    Args:
        file: for messages.
        records: one dict per row.
        where: the place of a row for a message.
        log: receives what was assumed about fields that differ between records.
        noun: what messages call a row.

    Raises:
        RefusedError: there are too many cells, or a value cannot be kept as text.
    """
    counts = Counter(chain.from_iterable(records))
    check_cells(file, len(records), len(counts))

    def first(name: str, present: bool) -> int:
        return next(i for i, record in enumerate(records) if (name in record) is present)

    note_absent(file, len(records), counts, first, where, noun, log)
    columns: dict[str, Column] = {}
    _add_columns(file, records, counts, "", columns, where, log)
    return columns


def check_cells(file: File, records: int, fields: int) -> None:
    """Refuse a file with more cells than can be held."""
    if fields * records > CELL_LIMIT:
        raise RefusedError(
            f"{file.name} has {count(records, 'record')} with {fields:,} different fields; "
            f"expected at most {CELL_LIMIT:,} cells. Split it."
        )


def check_name(file: File, name: str) -> None:
    """Refuse a field whose name is no valid text."""
    if not _valid(name):
        raise RefusedError(
            f"{file.name}: the name of the field '{name}' holds half of a two-part character; "
            "expected valid text. Correct it."
        )


def column_of(file: File, name: str, values: list, where: Where, log: Log) -> Column:
    """One typed column; null is nothing, a number keeps the digits it was written with.

    Args:
        file: for messages.
        name: of the column.
        values: None, bool, int, `Written`, str, or lists of them.
        where: the place of a row for a message.
        log: receives a note when the values are of several kinds.

    Raises:
        RefusedError: a text is no valid text.
    """
    kinds = set(map(type, values)) - {NOTHING}
    if kinds and kinds <= NUMERIC:
        numbers = _numbers(name, values, kinds)
        if numbers is not None:
            return numbers
    if list in kinds:
        values = _lists(file, name, values, log)
        if not isinstance(values, list):
            return _column(name, values)
    elif len(kinds) > 1 and not kinds <= NUMERIC:
        words = sorted(
            {
                "texts" if k is str else "numbers" if k is not bool else "true or false"
                for k in kinds
            }
        )
        log.note(f"{file.name}: field '{name}' holds {' and '.join(words)}; all are read as text.")
    if kinds - {str}:
        values = [None if v is None else str(v) for v in values]
    return _column(name, _texts(name, values, where))


def _add_columns(
    file: File,
    records: list[dict],
    names: Iterable[str],
    prefix: str,
    columns: dict[str, Column],
    where: Where,
    log: Log,
) -> None:
    depth = prefix.count(".")
    for name in names:
        values = [record.get(name) for record in records]
        full = prefix + name
        if dict in set(map(type, values)):
            nested = [v if type(v) is dict else {} for v in values]
            values = [None if type(v) is dict else v for v in values]
            if depth + 1 < DEPTH:
                inner = dict.fromkeys(chain.from_iterable(nested))
                _add_columns(file, nested, inner, f"{full}.", columns, where, log)
                if set(map(type, values)) == {NOTHING}:
                    continue
            else:
                log.note(f"{file.name}: field '{full}' is nested deeper and kept as JSON text.")
                values = [_dumped(v) if v else o for v, o in zip(nested, values, strict=True)]
        check_name(file, full)
        if full in columns:
            raise RefusedError(
                f"{file.name}: the field '{full}' stands both by this name and as a nested "
                "field; expected one of them. Rename one."
            )
        columns[full] = column_of(file, full, values, where, log)


def note_absent(
    file: File,
    rows: int,
    counts: Counter,
    first_row: Callable[[str, bool], int],
    where: Where,
    noun: str,
    log: Log,
) -> None:
    """Say which fields some records lack.

    Args:
        file: for messages.
        rows: number of records.
        counts: how many records have each field.
        first_row: (field, present) -> the first record that has it, or that lacks it.
        where: the place of a row for a message.
        noun: what messages call a row.
        log: receives the notes.
    """
    partial = [name for name, n in counts.items() if n < rows]
    for name in partial[:SHOWN_FIELDS]:
        n = counts[name]
        first = first_row(name, 2 * n < rows)
        if 2 * n >= rows:
            text = f"is missing in {count(rows - n, noun)}"
        else:
            text = f"stands in {count(n, noun)} of {rows:,} only"
        place = where(first).removeprefix(f"{file.name}, ")
        log.note(
            f"{file.name}: field '{name}' {text} (first: {place}); where it is missing, it is "
            "read as empty."
        )
    if more := partial[SHOWN_FIELDS:]:
        log.note(
            f"{file.name}: {quoted(more)} {'is' if len(more) == 1 else 'are'} not in every "
            f"{noun} either; where they are missing, they are read as empty."
        )


def _column(name: str, values: pa.Array | pa.ChunkedArray) -> Column:
    if not isinstance(values, pa.ChunkedArray):
        values = pa.chunked_array([values])
    return Column(name, values, typed=True)


def _numbers(name: str, values: list, kinds: set[type]) -> Column | None:
    """Whole numbers as int64; others as float64 with the text beside them where it differs."""
    try:
        if kinds == {int}:
            return _column(name, pa.array(values, pa.int64()))
        numbers = pa.array([None if v is None else float(v) for v in values], pa.float64())
    except OverflowError:
        return None
    written = pa.array([None if v is None else str(v) for v in values], pa.string())
    if pc.all(pc.equal(numbers.cast(pa.string()), written)).as_py() is not False:
        return _column(name, numbers)
    return Column(
        name, pa.chunked_array([numbers]), typed=True, written=pa.chunked_array([written])
    )


def _lists(file: File, name: str, values: list, log: Log) -> list | pa.Array:
    """Lists of numbers or of texts as they are; anything else as JSON text."""
    lists = [value for value in values if type(value) is list]
    inner = set(map(type, chain.from_iterable(lists))) - {NOTHING}
    alone = all(value is None or type(value) is list for value in values)
    if alone and inner and inner <= NUMERIC:
        return pa.array(
            [None if v is None else [None if x is None else float(x) for x in v] for v in values],
            pa.list_(pa.float64()),
        )
    if alone and inner <= {str}:
        return pa.array(values, pa.list_(pa.string()))
    log.note(
        f"{file.name}: field '{name}' holds lists beside other values, or lists of several "
        "kinds; the lists are kept as JSON text."
    )
    return [_dumped(value) if type(value) is list else value for value in values]


def _texts(name: str, values: list, where: Where) -> pa.Array | pa.ChunkedArray:
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        wrong = next(i for i, v in enumerate(values) if v is not None and not _valid(v))
        raise RefusedError(
            f"{where(wrong)}: field '{name}' holds half of a two-part character (\\u"
            f"{_half(values[wrong]):04x}); expected valid text. Correct it."
        ) from None


def _valid(text: str) -> bool:
    return not any(0xD800 <= ord(letter) < 0xE000 for letter in text)


def _half(text: str) -> int:
    return next(ord(letter) for letter in text if 0xD800 <= ord(letter) < 0xE000)


def _dumped(value: object) -> str:
    return json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: object) -> object:
    if type(value) is Written:
        return float(value)
    if type(value) is list:
        return [_plain(one) for one in value]
    if type(value) is dict:
        return {name: _plain(one) for name, one in value.items()}
    return value


def line_numbers(lines: np.ndarray | None, kept: np.ndarray) -> np.ndarray:
    """int64 [kept], the line or the record number (from 1) of each row that was kept."""
    return kept + 1 if lines is None else lines[kept]
