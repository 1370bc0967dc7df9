"""JSON Lines read block by block, so that memory follows the columns and not the text."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import pyarrow as pa

from analysis.loading.columns import Column
from analysis.loading.json_columns import NOTHING, check_cells, check_name, column_of, note_absent
from analysis.loading.json_faults import Written
from analysis.loading.json_text import BOM, LINE_LIMIT, LINES_AT_ONCE, decoder_of, records_of
from analysis.loading.lines import undecodable
from analysis.loading.sources import File, Log, RefusedError
from analysis.loading.tables import Table

BLOCK = 8 << 20
LINES_LIMIT = 4 << 30
TEXT, FRACTION, WHOLE = frozenset([str]), frozenset([Written]), frozenset([int])
TRUTH, NONE, OTHER = frozenset([bool]), frozenset(), frozenset([object])
STORED = {TEXT: pa.string(), FRACTION: pa.string(), WHOLE: pa.int64(), TRUTH: pa.bool_()}
STORED[NONE] = pa.null()
VECTORS = frozenset([list])
Kind = frozenset


class _OtherwiseError(Exception):
    """The content is better read as a whole."""


@dataclass
class _Lines:
    """What was read so far: for each field its chunks, each with the kind of its values."""

    rows: int = 0
    counts: Counter = field(default_factory=Counter)
    chunks: dict[str, list[tuple[Kind, pa.Array | list]]] = field(default_factory=dict)
    present: dict[str, int] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)

    def add(self, records: list[dict]) -> None:
        """Take over the values of some more records."""
        own = Counter(chain.from_iterable(records))
        for name in own:
            if name not in self.chunks:
                self.chunks[name] = [(NONE, pa.nulls(self.rows))] if self.rows else []
                self.present[name] = self.rows + _first(records, name, present=True)
                self.missing |= {name: 0} if self.rows else {}
        for name, chunks in self.chunks.items():
            if own[name] < len(records) and name not in self.missing:
                self.missing[name] = self.rows + _first(records, name, present=False)
            chunks.append(_packed([record.get(name) for record in records]))
        self.counts.update(own)
        self.rows += len(records)


def _first(records: list[dict], name: str, *, present: bool) -> int:
    return next(row for row, record in enumerate(records) if (name in record) is present)


def _packed(values: list) -> tuple[Kind, pa.Array | list]:
    """Values of one kind as an array, others as they are."""
    kind = frozenset(map(type, values)) - {NOTHING}
    if dict in kind:
        raise _OtherwiseError
    if kind == VECTORS:
        inner = set(map(type, chain.from_iterable(v for v in values if v is not None)))
        if not inner or not inner <= {int, Written}:
            return OTHER, values
        try:
            lists = [None if v is None else [float(x) for x in v] for v in values]
        except OverflowError:
            raise _OtherwiseError from None
        return kind, pa.array(lists, pa.list_(pa.float64()))
    try:
        return (kind, pa.array(values, STORED[kind])) if kind in STORED else (OTHER, values)
    except (OverflowError, UnicodeEncodeError):
        return OTHER, values


def read_lines(file: File, log: Log, whole: Callable[[dict], bool]) -> tuple[Table, int] | None:
    """A table from flat records, one per line, and how many values are NaN.

    Args:
        file: text that begins with a brace.
        log: receives what was assumed, and how much is read.
        whole: tells of the first record whether the file has to be read as a whole.

    Returns:
        None for anything but flat records, which is then read as a whole.

    Raises:
        RefusedError: a line is damaged; the text says which one.
    """
    if file.size() > LINES_LIMIT:
        raise RefusedError(
            f"{file.name} has {file.size():,} bytes of JSON; expected at most {LINES_LIMIT:,}. "
            "Save it as Parquet or CSV, or split it."
        )
    gaps: list[str] = []
    decoder = decoder_of(gaps)
    read, numbers = _Lines(), []
    try:
        for number, lines in _blocks(file, log):
            places = [place for place, line in enumerate(lines) if line and not line.isspace()]
            if not numbers:
                _check_start([lines[place] for place in places[:2]], whole)
            for start in range(0, len(places), LINES_AT_ONCE):
                some = places[start : start + LINES_AT_ONCE]
                numbers.append(np.array(some) + number)
                read.add(records_of(file, numbers[-1], [lines[at] for at in some], decoder))
                check_cells(file, read.rows, len(read.counts))
        if not read.counts:
            return None
        return _table(file, read, np.concatenate(numbers), log), len(gaps)
    except _OtherwiseError:
        return None


def _blocks(file: File, log: Log) -> Iterator[tuple[int, list[str]]]:
    """Whole lines, and the number of the first of them."""
    number, rest, done = 1, b"", 0
    with file.open() as stream:
        while block := stream.read(BLOCK):
            done += len(block)
            rest += block
            end = rest.rfind(b"\n") + 1
            if not end and len(rest) > LINE_LIMIT:
                raise _OtherwiseError
            if end:
                lines = _decoded(file, rest[:end]).split("\n")[:-1]
                rest = rest[end:]
                yield number, lines
                number += len(lines)
                log.advance(done / max(file.size(), 1))
    if rest:
        yield number, [_decoded(file, rest)]


def _decoded(file: File, text: bytes) -> str:
    try:
        return text.decode("utf-8").removeprefix(BOM)
    except UnicodeDecodeError:
        raise RefusedError(undecodable(file)) from None


def _check_start(lines: list[str], whole: Callable[[dict], bool]) -> None:
    """Two records on the first two lines, and nothing that needs the file as a whole."""
    try:
        values = [decoder_of([]).decode(line) for line in lines]
    except ValueError:
        raise _OtherwiseError from None
    if len(values) < 2 or set(map(type, values)) != {dict} or whole(values[0]):
        raise _OtherwiseError


def _table(file: File, read: _Lines, lines: np.ndarray, log: Log) -> Table:
    def where(row: int) -> str:
        return f"{file.name}, line {lines[row]}"

    def first(name: str, present: bool) -> int:
        return (read.present if present else read.missing)[name]

    for chunks in read.chunks.values():
        kinds = {kind for kind, _ in chunks} - {NONE}
        if VECTORS in kinds and len(kinds) > 1:
            raise _OtherwiseError
    note_absent(file, read.rows, read.counts, first, where, "line", log)
    columns = {}
    for name in list(read.chunks):
        columns[name] = _column(file, name, read.chunks.pop(name), where, log)
    return Table(file, columns, read.rows, {}, noun="line", lines=lines)


def _column(file: File, name: str, chunks: list, where: Callable[[int], str], log: Log) -> Column:
    """Chunks of one kind as they are; others once more as values, one column at a time."""
    check_name(file, name)
    kinds = {kind for kind, _ in chunks} - {NONE}
    if len(kinds) == 1 and kinds <= {TEXT, WHOLE, VECTORS}:
        kind = pa.list_(pa.float64()) if kinds == {VECTORS} else STORED[next(iter(kinds))]
        return Column(name, pa.chunked_array([c.cast(kind) for _, c in chunks], kind), typed=True)
    values = []
    for kind, chunk in chunks:
        own = chunk if type(chunk) is list else chunk.to_pylist()
        values += [None if v is None else Written(v) for v in own] if kind == FRACTION else own
    return column_of(file, name, values, where, log)
