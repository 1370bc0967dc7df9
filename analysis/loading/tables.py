"""Tables of text columns, and separated text read as one."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.loading.columns import Column, texts_of
from analysis.loading.delimited import read_delimited
from analysis.loading.lines import line_of_record
from analysis.loading.sources import File, Log, count

CELL_LIMIT = 500_000_000


@dataclass(frozen=True, eq=False)
class Table:
    """A file read as columns of text.

    Attributes:
        file: where it comes from.
        columns: name -> column, in file order.
        rows: number of rows.
        metadata: what this project stored with a Parquet file.
        separator: of a text file, whose rows have lines; None: another format.
        comments: assumptions made while reading.
        noun: what messages call a row: "row", "line" (of JSON Lines), "record".
        lines: int64 [rows], the number of each row where it is not its position.
        spare: columns that count only where they are named by hand.
        header: of a text file, which record holds the names.
    """

    file: File
    columns: Mapping[str, Column]
    rows: int
    metadata: Mapping[str, str]
    separator: str | None = None
    comments: tuple[str, ...] = ()
    noun: str = "row"
    lines: np.ndarray | None = None
    spare: frozenset[str] = frozenset()
    header: int = 0

    @property
    def own(self) -> bool:
        """This project wrote it, so that its columns are what they are called."""
        return bool(self.metadata)

    def row(self, row: int) -> int:
        """The number of a row as an editor shows it: its line, or its position from 1."""
        if self.lines is not None:
            return int(self.lines[row])
        if self.separator is None:
            return int(row) + 1
        return line_of_record(self.file, int(row) + 1 + self.header)

    def where(self, row: int) -> str:
        """File and row for a message."""
        return f"{self.file.name}, {self.noun} {self.row(row)}"

    def preview(self) -> tuple[tuple[str, ...], ...]:
        """The header and the first five rows."""
        shown = [c.raw if c.written is None else c.written for c in self.columns.values()]
        head = [texts_of(values.slice(0, 5)) for values in shown]
        return (tuple(self.columns), *zip(*head, strict=True)) if head else ()


def read_text(file: File, log: Log) -> Table:
    """Read separated text: CSV, TSV and their like.

    Args:
        file: the text.
        log: told how much of it is read.

    Raises:
        RefusedError: it cannot be read; the text says why.
    """
    parsed = read_delimited(file, log)
    columns = {
        name: Column(name, raw, typed=False, commas=parsed.separator != ",")
        for name, raw in parsed.columns.items()
    }
    return Table(
        file,
        columns,
        parsed.rows,
        {},
        parsed.separator,
        parsed.comments,
        header=parsed.header,
    )


def described_columns(table: Table) -> str:
    """The columns of a table for a message."""
    names = list(table.columns)
    listed = ", ".join(f"'{name}'" for name in names[:8])
    return f"{count(len(names), 'column')} {listed}" + (" ..." if len(names) > 8 else "")
