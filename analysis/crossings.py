"""Accuracy of every model wherever one, two or three groupings cross, all of them at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import prod

import torch
from torch import Tensor

from analysis.bundle import BundleError
from analysis.grouping import Grouping
from analysis.pairwise import share
from analysis.sums.by_group import sums_by_code
from analysis.sums.products import product

MOST_VALUES = 1 << 27
BLOCK = 1 << 25  # bytes of 0 and 1 that are multiplied at once
MANY_CELLS = 512  # beyond these, adding up sample by sample is quicker than multiplying


@dataclass(frozen=True, eq=False)
class Crossings:
    """Counts of M models in all cells of all crossings of some groupings.

    The cells of one crossing stand together, its last grouping running fastest.

    Attributes:
        columns: of each crossing, in the order of the groupings: single ones first, then pairs ...
        shapes: levels of each of its columns.
        starts: where the cells of each crossing begin, and where the last ones end.
        right: int64 [K, M], right answers in each of the K cells.
        n: int64 [K, M], judged answers.
    """

    columns: tuple[tuple[str, ...], ...]
    shapes: tuple[tuple[int, ...], ...]
    starts: tuple[int, ...]
    right: Tensor
    n: Tensor

    @property
    def accuracy(self) -> Tensor:
        """Share of the judged answers that are right, float64 [K, M]; NaN in an empty cell."""
        return share(self.right, self.n)

    def rows(self, *columns: str) -> slice:
        """Where the cells of one crossing stand.

        Raises:
            BundleError: these columns were not crossed, or not in this order.
        """
        if columns not in self.columns:
            raise BundleError(f"{' and '.join(columns) or 'Nothing'} was not crossed here.")
        place = self.columns.index(columns)
        return slice(self.starts[place], self.starts[place + 1])

    def cell(self, row: int) -> tuple[tuple[str, int], ...]:
        """Column and level, by its position, of a cell."""
        starts = torch.tensor(self.starts)
        place = int(torch.searchsorted(starts, row, right=True)) - 1
        shape, rest = self.shapes[place], torch.tensor(row - self.starts[place])
        levels = torch.unravel_index(rest, shape)
        return tuple(zip(self.columns[place], map(int, levels), strict=True))


def crossings(
    groupings: Mapping[str, Grouping], right: Tensor, graded: Tensor, *, most_columns: int = 3
) -> Crossings:
    """Right and judged answers of every model in all crossings of one to three groupings.

    The samples are put in the order of each column in turn, so that a level of it is a run; in
    each run the cells of the others are multiplied with the answers as matrices of 0 and 1.
    All counts are exact.

    Args:
        groupings: of N samples; groups may overlap.
        right: bool [M, N], right answers.
        graded: bool [M, N], answers that could be judged.
        most_columns: how many are crossed at most, 1 to 3.

    Returns:
        All cells, also those without samples.

    Raises:
        BundleError: there are too many cells to hold, or another number of columns.

    Example:
        >>> halves = Grouping(torch.tensor([0, 0, 1, 1]), ("a", "b"))
        >>> right = torch.tensor([[True, True, False, True]])
        >>> found = crossings({"x": halves, "y": halves}, right, torch.ones_like(right))
        >>> found.right[found.rows("x", "y"), 0].tolist()
        [2, 0, 0, 1]
    """
    if most_columns not in (1, 2, 3):
        raise BundleError(f"Columns are crossed one, two or three at a time, not {most_columns}.")
    sizes = {name: len(grouping.levels) for name, grouping in groupings.items()}
    columns = [c for k in range(1, most_columns + 1) for c in combinations(groupings, k)]
    shapes = [tuple(sizes[name] for name in own) for own in columns]
    starts = torch.tensor([0, *map(prod, shapes)]).cumsum(0).tolist()
    if starts[-1] * len(right) > MOST_VALUES:
        raise BundleError(
            f"These columns cross in {starts[-1]:,} cells, too many for {len(right):,} models; "
            "cross fewer columns, or leave out those with the most levels."
        )
    alike = bool((graded == graded[:1]).all())
    flags = torch.cat([right & graded, graded[:1] if alike else graded])
    table = torch.zeros(starts[-1], len(flags), dtype=torch.int64, device=right.device)
    places = dict(zip(columns, starts, strict=False))
    # The column with the most levels has the shortest runs, so that the least is multiplied.
    order = sorted(groupings, key=sizes.__getitem__, reverse=True)
    answers = flags.T.contiguous()
    for place, name in enumerate(order):
        others = {other: groupings[other] for other in order[place + 1 :]}
        parts = _parts(others, most_columns, tuple(groupings), name)
        _add(table, places, sizes, name, groupings, parts, answers)
    n = table[:, len(right) :]
    n = n.expand(-1, len(right)) if alike else n
    return Crossings(
        tuple(columns), tuple(shapes), tuple(starts), table[:, : len(right)].contiguous(), n
    )


def _parts(
    others: Mapping[str, Grouping], most: int, order: tuple[str, ...], name: str
) -> list[tuple[str, ...]]:
    """What is crossed with a column: nothing, each other column, each two of them."""
    own = sorted(others, key=order.index)
    return [part for k in range(most) for part in combinations(own, k)]


def _add(
    table: Tensor,
    places: Mapping[tuple[str, ...], int],
    sizes: Mapping[str, int],
    name: str,
    groupings: Mapping[str, Grouping],
    parts: list[tuple[str, ...]],
    answers: Tensor,
) -> None:
    """Add the counts of all crossings of one column with these parts."""
    samples, ends = _runs(groupings[name])
    answers = answers[samples]
    others = dict.fromkeys(column for part in parts for column in part)
    codes = {other: groupings[other].codes[samples] for other in others}
    few = [p for p in parts if prod(sizes[c] for c in p) <= MANY_CELLS]
    levels = torch.arange(len(ends), device=answers.device).repeat_interleave(_lengths(ends))
    for part in parts:
        if part not in few:
            cells, number = _numbered(name, levels, part, codes, sizes, places)
            start = places[_ordered((name, *part), places)]
            table[start : start + number] = sums_by_code(answers.T, cells, number).T
    targets = torch.cat([_targets(name, part, sizes, places) for part in few], 1)
    targets = targets.to(table.device)
    for level, rows in _pieces(ends, targets.shape[1]):
        cells = _cells({c: codes[c][rows] for c in codes}, few, sizes, answers[rows])
        table.index_add_(0, targets[level], product(cells, answers[rows].T, None))


def _runs(grouping: Grouping) -> tuple[Tensor, Tensor]:
    """Samples in the order of their levels, and where each level ends, int64 [E] and [G]."""
    codes = grouping.codes.reshape(len(grouping.codes), -1)
    samples, place = (codes >= 0).nonzero().T
    levels = codes[samples, place]
    # Sorting short integers is several times quicker.
    short = levels.short() if len(grouping.levels) < 1 << 15 else levels
    ends = torch.bincount(levels, minlength=len(grouping.levels)).cumsum(0)
    return samples[short.argsort(stable=True)], ends


def _lengths(ends: Tensor) -> Tensor:
    return ends.diff(prepend=ends.new_zeros(1))


def _pieces(ends: Tensor, height: int) -> Iterator[tuple[int, slice]]:
    """Each level and a part of its run short enough for so many rows of flags."""
    longest, start = max(1024, BLOCK // max(height, 1)), 0
    for level, end in enumerate(ends.tolist()):
        for low in range(start, end, longest):
            yield level, slice(low, min(low + longest, end))
        start = end


def _cells(
    codes: Mapping[str, Tensor],
    parts: list[tuple[str, ...]],
    sizes: Mapping[str, int],
    answers: Tensor,
) -> Tensor:
    """Bool [rows, n]: which samples are in which cell of each part."""
    heights = [prod(sizes[column] for column in part) for part in parts]
    made = torch.empty(sum(heights), len(answers), dtype=torch.bool, device=answers.device)
    inside = {name: _inside(own, sizes[name]) for name, own in codes.items()}
    for part, rows in zip(parts, made.split(heights), strict=True):
        if len(part) < 2:
            rows.copy_(inside[part[0]]) if part else rows.fill_(True)
            continue
        first, second = (inside[column] for column in part)
        view = rows.view(len(first), len(second), -1)
        torch.bitwise_and(first[:, None], second[None], out=view)
    return made


def _inside(codes: Tensor, size: int) -> Tensor:
    """Bool [G, n], which samples are in which group."""
    if codes.ndim == 1:
        return codes == torch.arange(size, dtype=codes.dtype, device=codes.device)[:, None]
    return Grouping(codes, ("",) * size).membership().T


def _ordered(columns: tuple[str, ...], places: Mapping[tuple[str, ...], int]) -> tuple[str, ...]:
    """These columns as the crossing has them."""
    return next(own for own in places if len(own) == len(columns) and set(own) == set(columns))


def _targets(
    name: str,
    part: tuple[str, ...],
    sizes: Mapping[str, int],
    places: Mapping[tuple[str, ...], int],
) -> Tensor:
    """int64 [G, cells of the part]: the row of the table of each level with each cell."""
    own = (name, *part)
    columns = _ordered(own, places)
    rows = torch.arange(prod(sizes[c] for c in columns)).view([sizes[c] for c in columns])
    return places[columns] + rows.permute([columns.index(c) for c in own]).reshape(sizes[name], -1)


def _numbered(
    name: str,
    levels: Tensor,
    part: tuple[str, ...],
    codes: Mapping[str, Tensor],
    sizes: Mapping[str, int],
    places: Mapping[tuple[str, ...], int],
) -> tuple[Tensor, int]:
    """The cell of each sample, or its cells, -1 for none, int64 [n, L]; and how many there are."""
    cells = torch.zeros(len(levels), 1, dtype=torch.int64, device=levels.device)
    number = 1
    for column in _ordered((name, *part), places):
        own = levels[:, None] if column == name else codes[column].long().reshape(len(cells), -1)
        joined = cells[..., None] * sizes[column] + own[:, None]
        cells = joined.masked_fill((cells[..., None] < 0) | (own[:, None] < 0), -1).flatten(1)
        number *= sizes[column]
    return cells, number
