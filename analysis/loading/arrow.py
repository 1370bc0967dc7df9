"""Arrow files (Feather) as tables."""

import io
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.ipc

from analysis.loading.arrays import TOTAL_LIMIT
from analysis.loading.columns import Column
from analysis.loading.sources import File, RefusedError
from analysis.loading.tables import CELL_LIMIT, Table

WRONG = (pa.ArrowException, OSError, ValueError, EOFError, MemoryError, OverflowError)


def read_arrow(file: File) -> Table:
    """Read an Arrow file (Feather), in either of its two forms, compressed or not.

    Raises:
        RefusedError: it is damaged, too large, empty, or names a column twice.
    """
    return typed_table(file, [read_batches(file)])


def refuse_feather1(file: File) -> Table:
    """Feather of the first version is not read: its reader crashes on damaged files.

    Raises:
        RefusedError: always; how to write it again.
    """
    raise RefusedError(
        f"{file.name} is Feather of the first version, which is out of use and not read; write it "
        "again with pyarrow.feather.write_feather(table, path), or as Parquet."
    )


def read_batches(file: File) -> pa.Table:
    """The pyarrow table of an Arrow file or stream, its size looked at batch by batch.

    Raises:
        RefusedError: it is damaged or too large.
    """
    batches, cells, size = [], 0, 0
    try:
        schema, read = _opened(file)
        str(schema.names)
        for batch in read:
            cells += batch.num_rows * max(len(schema), 1)
            if cells <= CELL_LIMIT:
                batch.validate(full=True)  # nothing else may look at a damaged one: it can crash
                size += batch.nbytes
            if cells > CELL_LIMIT or size > max(4 * TOTAL_LIMIT, file.size()):
                raise RefusedError(
                    f"{file.name} holds more than {CELL_LIMIT:,} cells or {size / 2**30:.0f} GiB; "
                    "expected less. Split it."
                )
            batches.append(batch)
    except RefusedError:
        raise
    except WRONG as error:
        raise _damaged(file, "Arrow", error) from None
    return pa.Table.from_batches(batches, schema)


def typed_table(file: File, tables: list[pa.Table], comments: tuple[str, ...] = ()) -> Table:
    """Columns whose format tells missing from empty; the tables stand one below the other.

    Args:
        file: for messages.
        tables: of the same columns.
        comments: assumptions made while reading.

    Raises:
        RefusedError: no rows, a column twice, or tables that differ.
    """
    names = tables[0].column_names
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise RefusedError(f"{file.name} has the column '{twice}' twice; rename one of them.")
    if not sum(table.num_rows for table in tables):
        raise RefusedError(f"{file.name} has a header but no rows; expected at least one row.")
    try:
        whole = pa.concat_tables(tables, promote_options="permissive")
    except WRONG as error:
        raise _damaged(file, "a table", error) from None
    columns, pictures = {}, []
    for name in whole.column_names:
        kind = whole.column(name).type
        if name == "__index_level_0__":
            continue
        if pa.types.is_struct(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            pictures.append(name)
            continue
        columns[name] = Column(name, _plain(whole.column(name)), typed=True)
    comments += tuple(
        f"{file.name}: column '{name}' holds pictures, sound or records and is not read."
        for name in pictures
    )
    stored = {
        key.decode(): value.decode("utf-8", "replace")
        for key, value in (whole.schema.metadata or {}).items()
        if key.startswith(b"dissensus")
    }
    return Table(file, columns, whole.num_rows, stored, comments=comments)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text in the plain form that the rest of the loader knows."""
    if pa.types.is_string_view(column.type) or pa.types.is_null(column.type):
        return column.cast(pa.string())
    return column


def _source(file: File) -> pa.NativeFile | io.IOBase:
    if isinstance(file.content, bytes):
        return pa.BufferReader(file.content)
    return file.content.open("rb")


def _opened(file: File) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    source = _source(file)
    start = source.read(6)
    source.seek(0)
    if start == b"ARROW1":
        reader = pyarrow.ipc.open_file(source)
        return reader.schema, (reader.get_batch(i) for i in range(reader.num_record_batches))
    reader = pyarrow.ipc.open_stream(source)
    return reader.schema, iter(reader)


def _damaged(file: File, form: str, error: Exception) -> RefusedError:
    reason = str(error).strip().split("\n")[0][:160] or type(error).__name__
    return RefusedError(
        f"{file.name} cannot be read as {form} ({reason}); it is damaged or cut short. Write it "
        "again."
    )
