"""Separated text, read block by block: comma, semicolon, tab and bar separated values."""

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv

from analysis.loading.lines import line_of, line_of_record, undecodable
from analysis.loading.sources import File, Log, RefusedError, count
from analysis.loading.spool import Encoder
from analysis.loading.text_layout import HEAD, SEPARATORS, Layout, cells_of, check_quotes, layout_of

ENCODED_COLUMNS = 16
BLOCKS = (8 << 20, 64 << 20, 1 << 30)
SHOWN_ROWS = 3
LARGE = 1 << 30
ESCAPED = re.compile(rb'(?:^|[,;\t|\r\n])"[^"\r\n]*\\"(?=[^,;\t|\r\n"])')


@dataclass(frozen=True)
class Delimited:
    """Parsed text.

    Attributes:
        columns: text cells by column name.
        rows: how many.
        separator: between cells.
        header: the record that holds the names, 0 but for a line above it.
        comments: assumptions.
    """

    columns: dict[str, pa.ChunkedArray]
    rows: int
    separator: str
    header: int
    comments: tuple[str, ...]


def read_delimited(file: File, log: Log) -> Delimited:
    """Parse a text file, every cell as text, holding one block of it at a time.

    Args:
        file: the text.
        log: told how much of it is read.

    Raises:
        RefusedError: it is empty, not UTF-8, or has a bad header, ragged rows or an open quote.
    """
    with file.open() as stream:
        head = stream.read(HEAD)
    layout = layout_of(file, head)
    columns, rows = ({}, 0) if layout.bare else _parse(file, layout, head, log)
    if not rows:
        raise RefusedError(f"{file.name} has a header but no rows; expected at least one row.")
    full = _filled(columns, rows)
    comments = layout.comments
    if full < rows:
        comments += (f"{file.name}: {count(rows - full, 'empty row')} at the end left out.",)
        columns = {name: values.slice(0, full) for name, values in columns.items()}
    return Delimited(columns, full, layout.separator, layout.above, comments)


def _filled(columns: dict[str, pa.ChunkedArray], rows: int) -> int:
    """Rows without the ones at the end in which every cell is empty."""
    while rows > 1 and not any(values[rows - 1].as_py() for values in columns.values()):
        rows -= 1
    return rows


def _parse(
    file: File, layout: Layout, head: bytes, log: Log
) -> tuple[dict[str, pa.ChunkedArray], int]:
    kinds = _kinds(file, layout, head)
    for block in BLOCKS:
        try:
            return _read(file, layout, kinds, block, log)
        except UnicodeDecodeError:
            raise RefusedError(undecodable(file)) from None
        except pa.ArrowInvalid as error:
            reason = str(error).split("\n")[0][:160]
            if "straddling" in reason and block < min(file.size(), BLOCKS[-1]):
                continue
            check_quotes(file)
            if "straddling" in reason:
                reason = "it has no rows that end"
            raise RefusedError(f"{file.name} cannot be read as a table ({reason}).") from None
    raise RefusedError(f"{file.name} has a row of more than {BLOCKS[-1] >> 30} GiB; split it.")


def _kinds(file: File, layout: Layout, head: bytes) -> dict[str, pa.DataType]:
    """Codes for columns that repeat their values, plain text for the others of a wide table."""
    text = pa.large_string() if file.size() > LARGE else pa.string()
    codes = pa.dictionary(pa.int32(), text)
    if len(layout.header) <= ENCODED_COLUMNS:
        return dict.fromkeys(layout.header, codes)
    start = io.StringIO(head[layout.start : 1 << 20].decode("utf-8", "replace"), newline="")
    try:
        sample = list(itertools.islice(csv.reader(start, delimiter=layout.separator), 1, 200))
    except csv.Error:
        sample = []
    columns = list(itertools.zip_longest(*sample, fillvalue=""))
    seen = {
        name: len(set(values)) / len(values)
        for name, values in zip(layout.header, columns, strict=False)
    }
    return {name: text if seen.get(name, 1) > 0.5 else codes for name in layout.header}


class _Watched(io.RawIOBase):
    """A stream from a place on, which checks that it is UTF-8 and counts its quotation marks."""

    def __init__(self, stream: BinaryIO, start: int) -> None:
        self._stream = stream
        self._stream.seek(start)
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self.marks = 0
        self.escaped = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self.marks += data.count(b'"')
        self.escaped |= b'\\"' in data and ESCAPED.search(data) is not None
        if self._decoder.getstate()[0] or not data.isascii():
            self._decoder.decode(data, final=not data)
        return data


def _blocks(
    stream, layout: Layout, kinds: dict, block: int, skip, threads: bool = True
) -> Iterator[pa.RecordBatch]:
    return pyarrow.csv.open_csv(
        stream,
        read_options=pyarrow.csv.ReadOptions(
            column_names=layout.header,
            skip_rows_after_names=1,
            block_size=block,
            use_threads=threads,
        ),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=layout.separator, newlines_in_values=True, invalid_row_handler=skip
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=kinds,
            null_values=[],
            strings_can_be_null=False,
            quoted_strings_can_be_null=False,
            true_values=[],
            false_values=[],
            check_utf8=False,
        ),
    )


def _read(
    file: File, layout: Layout, kinds: dict, block: int, log: Log
) -> tuple[dict[str, pa.ChunkedArray], int]:
    ragged = []

    def skip(row: pyarrow.csv.InvalidRow) -> str:
        ragged.append(row)
        return "error"

    encoders = {n: Encoder() for n, kind in kinds.items() if pa.types.is_dictionary(kind)}
    plain: dict[str, list] = {name: [] for name in kinds if name not in encoders}
    rows = 0
    with file.open() as raw:
        stream = _Watched(raw, layout.start)
        try:
            for batch in _blocks(stream, layout, kinds, block, skip):
                rows += batch.num_rows
                log.advance(raw.tell() / max(file.size(), 1))
                for name, values in zip(kinds, batch.columns, strict=True):
                    if name in encoders:
                        encoders[name].add(values)
                    else:
                        plain[name].append(values)
        except pa.ArrowInvalid:
            if not ragged:
                raise
        if ragged:
            check_quotes(file)
            raise RefusedError(_ragged(file, layout, block))
        if stream.marks % 2:
            check_quotes(file)
        if stream.escaped:
            _check_escapes(file)
    if not rows:
        return {}, 0
    return {
        name: encoders[name].column() if name in encoders else pa.chunked_array(plain[name])
        for name in kinds
    }, rows


def _ragged(file: File, layout: Layout, block: int) -> str:
    """Where rows have another number of cells than the header, from a second, slower pass."""
    first: list[pyarrow.csv.InvalidRow] = []
    total = 0

    def skip(row: pyarrow.csv.InvalidRow) -> str:
        nonlocal total
        total += 1
        if len(first) < SHOWN_ROWS:
            first.append(row)
        return "skip"

    texts = dict.fromkeys(layout.header, pa.string())
    with file.open() as raw:
        for _ in _blocks(_Watched(raw, layout.start), layout, texts, block, skip, threads=False):
            pass
    shown = [
        f"row {line_of_record(file, row.number - 1 + layout.above)} has {row.actual_columns}"
        + _other_separator(row.text, layout)
        for row in first
    ]
    more = total - len(first)
    return (
        f"{file.name}: expected {count(len(layout.header), 'column')} in every row, as in the "
        f"header, but {', '.join(shown)}"
        + (f" and {more:,} more rows differ" if more > 0 else "")
        + ". Put cells that hold the separator in quotation marks."
    )


def _other_separator(row: str, layout: Layout) -> str:
    for separator, word in SEPARATORS.items():
        if (
            separator != layout.separator
            and len(layout.header) > 1
            and len(cells_of(row, separator)) == len(layout.header)
        ):
            return f" (it is separated by {word})"
    return ""


def _check_escapes(file: File) -> None:
    """Quotation marks behind a backslash end a cell here, so its text would be cut in two."""
    row = line_of(file, ESCAPED)
    raise RefusedError(
        f"{file.name}, row {row}: a quotation mark is escaped with a backslash; expected two marks "
        'in its place (""). Write the file again with doubled quotation marks.'
    )
