"""Tables whose rows are made, from a file or by computing, when they are asked for."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch
from torch import Tensor

CPU = torch.device("cpu")
BLOCK = 1 << 20  # values that a walk over a whole table looks at at once


class Sliceable(Protocol):
    """An array [N, C] of any kind: numpy's, or one in a file."""

    shape: tuple[int, ...]

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice) -> Any: ...


class LazyRows:
    """A table [N, C] that stands where a tensor would; a part of it is made when it is indexed.

    Subclasses are frozen dataclasses with these fields: `rows` (int64 [n] on the CPU, the places of
    the table's rows in what lies behind it, -1 = a row of NaN; None = all in their order),
    `device` (of the rows that are made) and `checked` (they are known to be distributions). They
    say what lies `behind` them, its `width` and `dtype`, and how rows are `_made`.
    """

    @property
    def shape(self) -> torch.Size:
        """[N, C]."""
        return torch.Size((len(self), self.width))

    def __len__(self) -> int:
        return self.behind if self.rows is None else len(self.rows)

    def __getitem__(self, wanted: int | slice | Tensor | tuple) -> Tensor:
        """These rows, as of a tensor; a second index picks columns."""
        if isinstance(wanted, tuple):
            rows, columns = wanted
            return self[rows][..., columns]
        if isinstance(wanted, slice):
            run = range(*wanted.indices(len(self)))
            if self.rows is None and run.step == 1:
                return self._run(run)
            wanted = torch.arange(run.start, run.stop, run.step)
        if not isinstance(wanted, Tensor):
            return self[torch.tensor([range(len(self))[wanted]])][0]
        return self._made(self._places(wanted))

    def index_select(self, axis: int, samples: Tensor) -> "LazyRows":
        """The table of these rows, of which none is read yet.

        Args:
            axis: 0, the axis of the samples.
            samples: int64 [n].
        """
        if axis:
            raise ValueError("only rows can be taken")
        return replace(self, rows=self._places(samples))

    def to(self, device: str | torch.device) -> "LazyRows":
        """The same table with its rows on another device once they are asked for."""
        return replace(self, device=torch.device(device))

    def _places(self, wanted: Tensor) -> Tensor:
        wanted = wanted.cpu()
        if wanted.dtype == torch.bool:
            wanted = wanted.nonzero().flatten()
        if len(wanted) and not -1 < int(wanted.min()) <= int(wanted.max()) < len(self):
            raise IndexError(f"row {int(wanted.max())} of a table of {len(self)} rows")
        return wanted if self.rows is None else self.rows[wanted]

    def _run(self, places: range) -> Tensor:
        """Rows that stand one behind the other, which subclasses may have quicker."""
        return self._made(torch.arange(places.start, places.stop))

    def _made(self, places: Tensor) -> Tensor:
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class HeldRows(LazyRows):
    """Rows of a table in memory, copied only when they are asked for.

    Attributes:
        table: [R, C].
        rows: as in `LazyRows`.
        device: where the rows go.
        checked: as in `LazyRows`.
    """

    table: Tensor
    rows: Tensor | None = None
    device: torch.device = CPU
    checked: bool = True

    @property
    def behind(self) -> int:
        """Rows of the table in memory."""
        return len(self.table)

    @property
    def width(self) -> int:
        """C."""
        return self.table.shape[1]

    @property
    def dtype(self) -> torch.dtype:
        """Of the table in memory."""
        return self.table.dtype

    def _run(self, places: range) -> Tensor:
        return self.table[places.start : places.stop].to(self.device)

    def _made(self, places: Tensor) -> Tensor:
        found = self.table.index_select(0, places.clamp_min(0).to(self.table.device))
        found[places < 0] = torch.nan
        return found.to(self.device)


def blocks(table: "Tensor | LazyRows | Sliceable") -> Iterator:
    """Any table [N, C] in blocks of rows, of its own kind (a file's as an array, in memory).

    Args:
        table: [N, C].

    Yields:
        [n, C], in the order of the rows, about a million values each.
    """
    step = max(1, BLOCK // max(table.shape[1], 1))
    for start in range(0, len(table), step):
        yield table[start : start + step]
