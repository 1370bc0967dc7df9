"""Parquet files as tables; dictionary columns stay encoded."""

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.chunks import fits
from analysis.loading.arrays import LEFT
from analysis.loading.arrow import WRONG
from analysis.loading.columns import Column, is_text
from analysis.loading.sources import File, RefusedError
from analysis.loading.tables import CELL_LIMIT, Table

CELL = 8  # bytes of a number, or of the code of a text and what says whether it is there


def read_parquet(file: File) -> Table:
    """Read a Parquet file; dictionary columns stay encoded.

    Raises:
        RefusedError: it is damaged, too large, or holds a column that is neither text nor number.
    """
    source = _readable(file)
    try:
        described = pq.ParquetFile(source)
        rows, schema = described.metadata.num_rows, described.schema_arrow
    except WRONG as error:
        raise RefusedError(
            f"{file.name} cannot be read as Parquet ({_first_line(error)}); write it again."
        ) from None
    _check_size(file, described.metadata, schema)
    if len(set(schema.names)) < len(schema.names):
        twice = next(name for name in schema.names if schema.names.count(name) > 1)
        raise RefusedError(f"{file.name} has the column '{twice}' twice; rename one of them.")
    texts = [name for name, kind in zip(schema.names, schema.types, strict=True) if is_text(kind)]
    if isinstance(source, io.BytesIO):
        source.seek(0)
    try:
        table = pq.ParquetFile(source, read_dictionary=texts).read()
        table.validate(full=True)
    except WRONG as error:
        raise RefusedError(
            f"{file.name} cannot be read as Parquet ({_first_line(error)}); write it again."
        ) from None
    if table.num_rows != rows:
        raise RefusedError(
            f"{file.name} is damaged: it says that it has {rows:,} rows, and holds "
            f"{table.num_rows:,}; write it again."
        )
    columns = {
        name: Column(name, table.column(name), typed=True)
        for name in table.column_names
        if name != "__index_level_0__"
    }
    stored = {
        key.decode("utf-8", "replace"): value.decode("utf-8", "replace")
        for key, value in (schema.metadata or {}).items()
        if key.startswith(b"dissensus")
    }
    return Table(file, columns, rows, stored)


def _check_size(file: File, metadata: pq.FileMetaData, schema: pa.Schema) -> None:
    rows = metadata.num_rows
    if not rows:
        raise RefusedError(f"{file.name} has a header but no rows; expected at least one row.")
    if rows * len(schema) > CELL_LIMIT:
        raise RefusedError(
            f"{file.name} declares {rows:,} rows of {len(schema)} columns; expected at most "
            f"{CELL_LIMIT:,} cells. Split it."
        )
    size = _unpacked_size(metadata, schema)
    if size > LEFT and not fits(size, share=1):
        raise RefusedError(
            f"{file.name} takes {size / 1e6:,.0f} MB when it is unpacked, which is more than the "
            "memory there is. Split it."
        )


def _unpacked_size(metadata: pq.FileMetaData, schema: pa.Schema) -> int:
    """Bytes that the columns take in memory; a value that repeats takes next to none in the file.

    Lists are counted by the values in them.
    """
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    leaves = [metadata.schema.column(place) for place in range(metadata.num_columns)]
    listed = [place for place, leaf in enumerate(leaves) if leaf.max_repetition_level > 0]
    values = sum(group.column(place).num_values for group in groups for place in listed)
    cells = metadata.num_rows * len(schema) + values
    return sum(group.total_byte_size for group in groups) + cells * CELL


def _readable(file: File) -> Path | io.IOBase:
    """A path, or a stream where the file is in memory or in a remote store."""
    if isinstance(file.content, Path):
        return file.content
    return io.BytesIO(file.content) if isinstance(file.content, bytes) else file.content.open("rb")


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:160] or type(error).__name__
