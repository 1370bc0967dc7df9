"""Tables of probabilities that stay in their file; rows are read when they are asked for."""

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import torch
from torch import Tensor

from analysis.checks import BundleError
from analysis.lazy import LazyRows

BUFFER = 4 << 20  # bytes read at once: small enough to be converted while in cache
BFLOAT16 = "bfloat16"
CPU = torch.device("cpu")
_own = threading.local()


class ChangedError(BundleError):
    """A file that tables stay in is not what it was when it was opened."""


@dataclass(frozen=True, eq=False)
class FileArray:
    """Numbers that lie in a file row after row; reads only what is asked for, never maps memory.

    Attributes:
        path: the file.
        offset: of the first number, in bytes.
        shape: [N, C], or [A, B, C] before it is parted.
        code: numpy's name of the dtype, "<f2", "<f4" or "<f8", or "bfloat16".
        stride: bytes from one row to the next; None: the rows lie side by side.
        written: when the file was written, in nanoseconds, and its size; None: as it is now.
    """

    path: str
    offset: int
    shape: tuple[int, ...]
    code: str
    stride: int | None = None
    written: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        """Remember the state of the file."""
        if self.written is None:
            with _opened(self.path) as stream:
                object.__setattr__(self, "written", _state(stream))

    def __reduce__(self) -> tuple:
        """Elsewhere it is the file that lies there."""
        return FileArray, (self.path, self.offset, self.shape, self.code, self.stride)

    @property
    def dtype(self) -> np.dtype:
        """Of what is read; bfloat16 becomes float32."""
        return np.dtype(np.float32 if self.code == BFLOAT16 else self.code)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of values."""
        return int(np.prod(self.shape))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        """These rows of an array [N, C]."""
        wanted = range(*rows.indices(len(self)))
        if wanted.step != 1:
            wanted = np.array(wanted)
        values = np.empty((len(wanted), self.shape[1]), dtype=self.dtype)
        for place, block in self.spans(wanted):
            values[place] = block
        return values

    def part(self, place: int, axis: int) -> "FileArray":
        """One [N, C] of an array of three axes.

        Args:
            place: position along the axis that is left out.
            axis: 0 or 1.
        """
        row = self.shape[2] * self._itemsize
        if axis == 0:
            offset = self.offset + place * self.shape[1] * row
            return replace(self, offset=offset, shape=self.shape[1:])
        shape = (self.shape[0], self.shape[2])
        offset, stride = self.offset + place * row, self.shape[1] * row
        return replace(self, offset=offset, shape=shape, stride=stride)

    def read(self) -> np.ndarray:
        """All values in memory."""
        rows = replace(self, shape=(int(np.prod(self.shape[:-1])), self.shape[-1]))
        return rows[:].reshape(self.shape)

    def spans(self, rows: np.ndarray | range) -> Iterator[tuple[slice, np.ndarray]]:
        """Some rows, block by block; what lies side by side in the file is read at once.

        Args:
            rows: int64 [n], none of them negative, or a run of them.

        Yields:
            Places among the wanted rows, and their values [n', C], which hold until the next
            block is asked for.

        Raises:
            ChangedError: the file is not there any more, or not as it was.
        """
        width = self.shape[1] * self._itemsize
        most, buffer = max(1, BUFFER // width), _buffer(max(BUFFER, width))
        ends = [] if isinstance(rows, range) else np.flatnonzero(np.diff(rows) != 1) + 1
        with self._checked() as stream:
            for first, end in zip([0, *ends], [*ends, len(rows)], strict=True):
                for start in range(first, end, most):
                    count = min(most, end - start)
                    held = memoryview(buffer)[: count * width]
                    self._fill(stream.fileno(), held, int(rows[start]), count)
                    yield slice(start, start + count), self._numbers(held)

    def fill(self, target: np.ndarray, first: int) -> None:
        """Read the rows from the first on into an array [n, C] of this dtype, not bfloat16."""
        with self._checked() as stream:
            self._fill(stream.fileno(), memoryview(target).cast("B"), first, len(target))

    def _checked(self) -> BinaryIO:
        """The file, opened, as it was when it was opened first."""
        stream = _opened(self.path)
        if (now := _state(stream)) != self.written:
            stream.close()
            raise _changed(self.path, shorter=now[1] < self.written[1])
        return stream

    @property
    def _itemsize(self) -> int:
        return 2 if self.code == BFLOAT16 else self.dtype.itemsize

    def _fill(self, descriptor: int, target: memoryview, row: int, count: int) -> None:
        width = len(target) // count
        stride = self.stride or width
        runs = [(0, len(target))]
        if stride != width:
            runs = [(place * width, (place + 1) * width) for place in range(count)]
        for place, (start, stop) in enumerate(runs):
            reached = start
            while reached < stop:
                begin = self.offset + (row + place) * stride + reached - start
                read = os.preadv(descriptor, [target[reached:stop]], begin)
                if not read:
                    raise _changed(self.path, shorter=True)
                reached += read

    def _numbers(self, held: memoryview) -> np.ndarray:
        if self.code == BFLOAT16:
            short = np.frombuffer(held, dtype="<u2").reshape(-1, self.shape[1])
            return (short.astype(np.uint32) << 16).view(np.float32)
        return np.frombuffer(held, dtype=self.code).reshape(-1, self.shape[1])


@dataclass(frozen=True, eq=False)
class StoredArray(LazyRows):
    """The probabilities of one model as they lie in a file. Pickles as the place, not the values.

    Attributes:
        file: the numbers [R, C].
        kind: whether they are probabilities, or logits (log probabilities too), which become
            probabilities as they are read.
        rows: as in `LazyRows`.
        device: where the rows go.
        checked: the rows were found to be distributions when the file was opened.
    """

    file: FileArray
    kind: Literal["probabilities", "logits"] = "probabilities"
    rows: Tensor | None = None
    device: torch.device = CPU
    checked: bool = False

    @property
    def behind(self) -> int:
        """Rows in the file."""
        return len(self.file)

    @property
    def width(self) -> int:
        """C."""
        return self.file.shape[1]

    @cached_property
    def dtype(self) -> torch.dtype:
        """Float64 where the file holds probabilities in it, else float32."""
        double = self.kind == "probabilities" and self.file.dtype == np.float64
        return torch.float64 if double else torch.float32

    @property
    def plain(self) -> bool:
        """On the CPU, the file's float16 or float32 numbers as they are, all in their order."""
        asked = self.rows is None and self.device.type == "cpu"
        return asked and self.kind == "probabilities" and self.file.code in ("<f2", "<f4")

    def _run(self, places: range) -> Tensor:
        values = self._room(len(places))
        for place, block in self._spans(places):
            values[place].copy_(block)
        return values.to(self.device, non_blocking=True)

    def _made(self, places: Tensor) -> Tensor:
        values = self._room(len(places))
        known = (places >= 0).nonzero().flatten()
        values[places < 0] = torch.nan
        for place, block in self._spans(places[known].numpy()):
            values[known[place]] = block.to(self.dtype)
        return values.to(self.device, non_blocking=True)

    def _room(self, samples: int) -> Tensor:
        pinned = self.device.type == "cuda"
        return torch.empty((samples, self.width), dtype=self.dtype, pin_memory=pinned)

    def _spans(self, rows: np.ndarray | range) -> Iterator[tuple[slice, Tensor]]:
        for place, block in self.file.spans(rows):
            yield place, torch.from_numpy(softmaxed(block) if self.kind == "logits" else block)


def as_stored(tables: Sequence[object], rows: Tensor | slice) -> Tensor | None:
    """The numbers of several tables as their files hold them.

    Args:
        tables: S tables [N, C] of probabilities.
        rows: which rows, a run of them.

    Returns:
        float16 or float32 [S, n, C]; None where that is not what all the tables are made of.
    """
    if not (isinstance(rows, slice) and all(isinstance(table, StoredArray) for table in tables)):
        return None
    run, codes = range(*rows.indices(len(tables[0]))), {table.file.code for table in tables}
    if not run or run.step != 1 or not all(table.plain for table in tables) or len(codes) > 1:
        return None
    numbers = np.empty((len(tables), len(run), tables[0].width), dtype=codes.pop())
    for target, table in zip(numbers, tables, strict=True):
        table.file.fill(target, run.start)
    return torch.from_numpy(numbers)


def softmaxed(logits: np.ndarray) -> np.ndarray:
    """Probabilities from logits, computed in float64.

    Args:
        logits: float [n, C].

    Returns:
        float32 [n, C], rows sum to 1; NaN where a row has no finite maximum.

    Example:
        >>> softmaxed(np.zeros((1, 4))).tolist()
        [[0.25, 0.25, 0.25, 0.25]]
    """
    exact = logits.astype(np.float64)
    with np.errstate(invalid="ignore"):
        exact = np.exp(exact - exact.max(1, keepdims=True))
    return (exact / exact.sum(1, keepdims=True)).astype(np.float32)


def _buffer(size: int) -> bytearray:
    """The one buffer of this thread; whoever reads copies out of it at once."""
    held = getattr(_own, "buffer", b"")
    if len(held) < size:
        held = _own.buffer = bytearray(size)
    return held


def _changed(path: str, *, shorter: bool) -> ChangedError:
    how = "ends before its probabilities do; it " if shorter else "with probabilities "
    return ChangedError(f"The file {path} {how}has changed since it was opened. Open it again.")


def _state(stream: BinaryIO) -> tuple[int, int]:
    told = os.fstat(stream.fileno())
    return told.st_mtime_ns, told.st_size


def _opened(path: str) -> BinaryIO:
    try:
        return Path(path).open("rb", buffering=0)
    except OSError as error:
        raise ChangedError(
            f"The file {path} with probabilities cannot be opened ({error.strerror}); it must stay "
            "where it was opened first, and on a cluster lie there for every worker."
        ) from None
