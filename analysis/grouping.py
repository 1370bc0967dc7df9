"""Samples by a known attribute: a partition, or groups that overlap."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Grouping:
    """The group, or the groups, that each sample is in.

    Attributes:
        codes: int32 [N], the level of each sample, 0 to G-1: a partition. Or int32 [N, L], the
            levels of each sample, no level twice, filled up with -1: groups overlap and their
            sizes add up to more than N. A missing value is a level of its own.
        levels: G names.
        separator: what stands between the values of one sample when they are written as text.
    """

    codes: Tensor
    levels: tuple[str, ...]
    separator: str = ";"

    @property
    def overlapping(self) -> bool:
        """A sample may be in several groups."""
        return self.codes.ndim == 2

    def membership(self, rows: Tensor | slice | None = None) -> Tensor:
        """Which samples are in which group.

        Args:
            rows: int64 [n] or a slice, these samples only; None: all of them.

        Returns:
            bool [n, G]; each row of a partition has one True, else at least one.

        Example:
            >>> both = Grouping(torch.tensor([[0, 1], [1, -1]]), ("a", "b"))
            >>> both.membership().tolist()
            [[True, True], [False, True]]
        """
        codes = self._cells(self.codes if rows is None else self.codes[rows])
        member = torch.zeros(
            len(codes), len(self.levels) + 1, dtype=torch.bool, device=codes.device
        )
        return member.scatter_(1, codes, True)[:, :-1]

    def sizes(self, counted: Tensor | None = None) -> Tensor:
        """How many samples each group holds.

        Args:
            counted: bool [N], only these samples; None: all.

        Returns:
            int64 [G]; adds up to more than N when groups overlap.
        """
        codes = self.codes if counted is None else self.codes[counted]
        return torch.bincount(codes[codes >= 0].long(), minlength=len(self.levels))

    def sizes_of(self, counted: Tensor) -> Tensor:
        """How many samples of several kinds each group holds, in one walk over the samples.

        Args:
            counted: bool [K, N], the samples of each kind; K is at most 16.

        Returns:
            int64 [K, G], as `sizes` counts each kind.

        Example:
            >>> kinds = torch.tensor([[True, False, True], [True, True, True]])
            >>> Grouping(torch.tensor([0, 0, 1]), ("a", "b")).sizes_of(kinds).tolist()
            [[1, 1], [2, 1]]
        """
        bits = torch.arange(len(counted), device=counted.device)
        mixed = (counted << bits[:, None]).sum(0)
        mixed = mixed[:, None] if self.overlapping else mixed
        keys = (self.codes.long() << len(counted)) + mixed
        mixes = 1 << len(counted)
        table = torch.bincount(keys[self.codes >= 0], minlength=mixes * len(self.levels))
        has = (torch.arange(mixes, device=counted.device) >> bits[:, None]) & 1
        return (has[:, None] * table.view(-1, mixes)).sum(2)

    def within(self, levels: Sequence[int]) -> Tensor:
        """Bool [N], samples that are in any of these groups, given by their position."""
        wanted = torch.tensor(levels, dtype=self.codes.dtype, device=self.codes.device)
        inside = torch.isin(self.codes, wanted)
        return inside.any(1) if self.overlapping else inside

    def combinations(self) -> "Grouping":
        """The partition by everything that is known: samples with the same levels together.

        Returns:
            Itself for a partition; else a level for each combination that occurs, its names
            joined by the separator.
        """
        if not self.overlapping:
            return self
        cells, base = self._cells(self.codes).sort(1).values, len(self.levels) + 1
        if base ** cells.shape[1] < 2**62:
            # One number per sample: much faster than comparing rows.
            digits = base ** torch.arange(cells.shape[1] - 1, -1, -1, device=cells.device)
            keys, codes = torch.unique((cells * digits).sum(1), return_inverse=True)
            distinct = keys[:, None] // digits % base
        else:
            distinct, codes = torch.unique(cells, dim=0, return_inverse=True)
        names = (*self.levels, "")
        joined = [
            self.separator.join(names[code] for code in row if code < len(self.levels))
            for row in distinct.tolist()
        ]
        return Grouping(codes.int(), tuple(joined))

    def _cells(self, codes: Tensor) -> Tensor:
        """Codes of some samples as int64 [n, L], with G in place of the padding."""
        if codes.ndim == 1:
            return codes.long()[:, None]
        return torch.where(codes < 0, len(self.levels), codes.long())
