"""Columns of whole numbers that grow: in memory, and beyond a limit in a scratch file."""

import os
import tempfile

import numpy as np
import pyarrow as pa

SPILL = 64 << 20
MERGE = 1 << 18


class Spool:
    """Whole numbers in the order in which they are written."""

    def __init__(self) -> None:
        """Start empty."""
        self._parts: list[np.ndarray] = []
        self._size = 0
        self._file = None

    def write(self, values: np.ndarray) -> None:
        """Add int32 values."""
        self._size += len(values)
        if self._file is None and self._size * 4 > SPILL:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the spool
            for part in self._parts:
                self._file.write(part.tobytes())
            self._parts = []
        if self._file is None:
            self._parts.append(values)
        else:
            self._file.write(values.tobytes())

    def array(self) -> np.ndarray:
        """int32 [written]; backed by the scratch file where there is one."""
        if self._file is None:
            return np.concatenate([np.empty(0, np.int32), *self._parts])
        self._file.flush()
        return np.asarray(np.memmap(self._file, dtype=np.int32, mode="r+"))


def table_of(rows: int, columns: int, fill: int) -> np.ndarray:
    """An int32 table that is filled with one value, in a scratch file where it is large."""
    if rows * columns * 4 <= SPILL:
        return np.full((rows, columns), fill, dtype=np.int32)
    with tempfile.TemporaryFile() as scratch:
        _reserve(scratch, rows * columns * 4)
        table = np.memmap(scratch, dtype=np.int32, mode="r+", shape=(rows, columns))
    for row in range(rows):
        table[row] = fill
    return np.asarray(table)


def _reserve(scratch, size: int) -> None:
    """Take the space on disk now, so that a full disk is an error and not a crash later."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(scratch.fileno(), 0, size)
    else:
        scratch.truncate(size)


class Encoder:
    """A column of text as codes and distinct values, block by block."""

    def __init__(self) -> None:
        """Start empty."""
        self._codes = Spool()
        self._levels: pa.Array | None = None
        self._waiting: list[pa.DictionaryArray] = []
        self._size = 0

    def add(self, block: pa.DictionaryArray) -> None:
        """Add a block; its values are matched with the known ones a few blocks at a time."""
        self._waiting.append(block)
        self._size += len(block.dictionary)
        if self._size > max(MERGE, 0 if self._levels is None else len(self._levels)):
            self._merge()

    def column(self) -> pa.ChunkedArray:
        """The whole column, one chunk with one dictionary."""
        self._merge()
        codes = self._codes.array()
        indices = pa.Array.from_buffers(pa.int32(), len(codes), [None, pa.py_buffer(codes)])
        return pa.chunked_array([pa.DictionaryArray.from_arrays(indices, self._levels)])

    def _merge(self) -> None:
        if not self._waiting:
            return
        nothing = pa.array([], pa.int32())
        known = (
            [] if self._levels is None else [pa.DictionaryArray.from_arrays(nothing, self._levels)]
        )
        chunks = pa.chunked_array(known + self._waiting).unify_dictionaries().chunks
        self._levels = chunks[-1].dictionary
        for chunk in chunks[len(known) :]:
            self._codes.write(chunk.indices.to_numpy())
        self._waiting, self._size = [], 0
