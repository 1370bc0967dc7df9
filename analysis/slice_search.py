"""The search for slices level by level, all candidates of a level at once (SliceLine)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.grouping import Grouping
from analysis.levels import frequent

BLOCK = 1 << 20  # candidates that are joined at once
PRODUCT = 1 << 24  # values of a block of indicators
EXACT = 1 << 24  # whole numbers below are exact in float32
SLACK = 1e-9  # what rounding may add to a score or take from a bound

Found = tuple[list[int], float, float, float]


def slice_score(
    size: Tensor, mean: Tensor, samples: int, overall: float, scale: float, alpha: float
) -> Tensor:
    """What makes slices good: a mean score far above that of all, and many samples.

    Args:
        size: float64 [K], samples of each.
        mean: float64 [K], of their scores.
        samples: of all.
        overall: mean score of all.
        scale: mean of all scores, those below 0 taken as 0.
        alpha: weight of the mean score against the size.

    Returns:
        float64 [K]; higher is better, above 0 is worth keeping.

    Example:
        >>> slice_score(torch.tensor([4.0]), torch.tensor([0.75]), 24, 0.25, 0.25, 0.95).tolist()
        [1.649999976158142]

    References:
        Sagadeeva and Boehm 2021, SliceLine, SIGMOD, definition 1.
    """
    return alpha * (mean - overall) / scale - (1 - alpha) * (samples / size - 1)


@dataclass(frozen=True, eq=False)
class Cells:
    """Samples with the same levels of all columns, as one: U cells, I pairs of column and level.

    Attributes:
        inside: 0 or 1 [I, U], the cells of every pair.
        column: int64 [I], which column it is of.
        level: int64 [I].
        count: [U], samples.
        total: [U], sum of their scores.
        positive: [U], sum of their scores above 0.
        samples: N.
        mean: of the scores of all samples.
        scale: mean of the scores, those below 0 taken as 0.
        largest: score.
        least: samples of the smallest slice.
        alpha: weight of the mean score against the size.
    """

    inside: Tensor
    column: Tensor
    level: Tensor
    count: Tensor
    total: Tensor
    positive: Tensor
    samples: int
    mean: float
    scale: float
    largest: float
    least: int
    alpha: float

    def score(self, size: Tensor, mean: Tensor) -> Tensor:
        """Of slices of this size and mean score, float64."""
        return slice_score(size, mean, self.samples, self.mean, self.scale, self.alpha)

    def bound(self, size: Tensor, positive: Tensor) -> Tensor:
        """The highest score of any part of slices of this size and sum of scores above 0.

        It rises with the size as long as all scores can be the largest, and goes one way from
        there on, so it is reached at one of three sizes.
        """
        full = torch.minimum((positive / self.largest).clamp_min(self.least), size)
        best = torch.full_like(full, -torch.inf)
        for part in (torch.full_like(full, self.least), full, size):
            mean = (positive / part).clamp_max(self.largest)
            best = torch.maximum(best, self.score(part, mean))
        return best


@dataclass(frozen=True, eq=False)
class Level:
    """K slices of L conditions.

    Attributes:
        items: int64 [K, L], pairs of column and level, ascending; rows in order.
        size: float64 [K], samples.
        total: float64 [K], sum of their scores.
        positive: float64 [K], sum of their scores above 0.
    """

    items: Tensor
    size: Tensor
    total: Tensor
    positive: Tensor

    def take(self, rows: Tensor) -> "Level":
        """Some of the slices."""
        return Level(self.items[rows], self.size[rows], self.total[rows], self.positive[rows])


def cells_of(columns: Mapping[str, Grouping], scores: Tensor, *, alpha: float, least: int) -> Cells:
    """Equal samples counted once: sums over cells are sums over samples.

    Args:
        columns: one grouping or more of N samples.
        scores: float [N], finite where they count.
        alpha: as in `analysis.slices.find_slices`.
        least: as min_size there.

    Returns:
        Sums in float32 where all are whole numbers that it holds exactly, else in float64.
    """
    known = torch.isfinite(scores)
    scores = scores[known].double()
    key = torch.zeros_like(scores, dtype=torch.int64)
    groupings, kept = zip(*(frequent(own, known, least) for own in columns.values()), strict=True)
    for grouping in groupings:
        codes = grouping.combinations()
        key = key * len(codes.levels) + codes.codes[known].long()
        key = key.unique(return_inverse=True)[1]
    number = int(key.max()) + 1
    place = torch.arange(len(key), device=key.device)
    first = torch.full((number,), len(key), device=key.device)
    first = first.scatter_reduce(0, key, place, "amin")
    sums = torch.zeros(3, number, dtype=torch.float64, device=key.device)
    sums.index_add_(1, key, torch.stack([torch.ones_like(scores), scores, scores.clamp_min(0)]))
    whole = bool((scores == scores.round()).all())
    exact = whole and max(len(scores), float(scores.abs().sum())) < EXACT
    dtype = torch.float32 if exact else torch.float64
    rows = known.nonzero().flatten()[first]
    parts = [grouping.membership(rows).T.to(dtype) for grouping in groupings]
    sizes = torch.tensor([len(part) for part in parts], device=key.device)
    return Cells(
        torch.cat(parts).contiguous(),
        torch.arange(len(parts), device=key.device).repeat_interleave(sizes),
        torch.cat(kept),
        *sums.to(dtype),
        samples=len(scores),
        mean=float(scores.mean()),
        scale=float(scores.clamp_min(0).mean()),
        largest=float(scores.max()),
        least=least,
        alpha=alpha,
    )


def search(cells: Cells, max_level: int, top: int) -> list[Found]:
    """The best slices of up to so many conditions: items, size, total and score, best first."""
    level = _singles(cells)
    best = _best(cells, [], level, top)
    for _ in range(1, max_level):
        level = level.take(cells.bound(level.size, level.positive) > _threshold(best, top))
        found = [level.take(level.size < 0)]
        for items, size, positive in _joined(cells, level):
            threshold = _threshold(best, top)
            kept = cells.bound(size, positive) > threshold
            made = _evaluated(cells, items[kept], threshold)
            best = _best(cells, best, made, top)
            found.append(made)
        if len(found) == 1:
            break
        level = Level(*(torch.cat([vars(part)[name] for part in found[1:]]) for name in vars(made)))
    return best


def _singles(cells: Cells) -> Level:
    """All slices of one condition that are large enough and have something in them."""
    weights = torch.stack([cells.count, cells.total, cells.positive], dim=1)
    size, total, positive = (cells.inside @ weights).double().T
    items = torch.arange(len(size), device=size.device)[:, None]
    return Level(items, size, total, positive).take((size >= cells.least) & (positive > 0))


def _best(cells: Cells, best: list[Found], level: Level, top: int) -> list[Found]:
    """The best of what was best and what is new; of equals what came first."""
    score = cells.score(level.size, level.total / level.size)
    order = score.argsort(descending=True, stable=True)[:top]
    order = order[score[order] > SLACK]
    columns = (level.items[order], level.size[order], level.total[order], score[order])
    new = list(zip(*(column.tolist() for column in columns), strict=True))
    return sorted(best + new, key=lambda row: -row[3])[:top]


def _threshold(best: list[Found], top: int) -> float:
    """A slice of more conditions has to score more than this."""
    return (best[-1][3] if len(best) == top else 0.0) - SLACK


def _joined(cells: Cells, level: Level) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Candidates of one more condition, all of whose parents are known; block by block.

    Two slices are joined that differ in their last condition only, so each candidate comes up
    once, and in order.

    Yields:
        Items, and the smallest size and sum above 0 of the parents.
    """
    items, device = level.items, level.items.device
    keys = _keys(items, len(cells.column))
    prefix = keys // len(cells.column)
    partners = torch.searchsorted(prefix, prefix, right=True) - 1
    partners -= torch.arange(len(items), device=device)
    sizes = (partners.cumsum(0) // BLOCK).unique_consecutive(return_counts=True)[1].tolist()
    for rows in torch.arange(len(items), device=device).split(sizes):
        times = partners[rows]
        first = rows.repeat_interleave(times)
        step = torch.arange(len(first), device=device)
        step -= (times.cumsum(0) - times).repeat_interleave(times)
        second = first + 1 + step
        other = cells.column[items[first, -1]] != cells.column[items[second, -1]]
        joined = torch.cat([items[first], items[second, -1:]], dim=1)[other]
        parents = torch.stack([first, second], dim=1)[other]
        yield _with_all_parents(level, keys, len(cells.column), joined, parents)


def _with_all_parents(
    level: Level, keys: Tensor, base: int, joined: Tensor, parents: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Those candidates none of whose other parents was dropped before."""
    length = joined.shape[1]
    for dropped in range(length - 2):
        left = [place for place in range(length) if place != dropped]
        wanted = _keys(joined[:, left], base)
        parent = torch.searchsorted(keys, wanted).clamp_max(len(keys) - 1)
        there = keys[parent] == wanted
        joined = joined[there]
        parents = torch.cat([parents[there], parent[there, None]], dim=1)
    return joined, level.size[parents].amin(1), level.positive[parents].amin(1)


def _keys(items: Tensor, base: int) -> Tensor:
    """One number per row, int64 [K], that rises with the rows."""
    length = items.shape[1]
    return (items * base ** torch.arange(length - 1, -1, -1, device=items.device)).sum(1)


def _evaluated(cells: Cells, items: Tensor, threshold: float) -> Level:
    """What candidates hold; sums above 0 first, because few need to be counted after that."""
    positive = _sums(cells, items, cells.positive)
    size = torch.full_like(positive, cells.samples)
    kept = (positive > 0) & (cells.bound(size, positive) > threshold)
    items, positive = items[kept], positive[kept]
    size = _sums(cells, items, cells.count)
    kept = size >= cells.least
    items, positive, size = items[kept], positive[kept], size[kept]
    signed = not torch.equal(cells.positive, cells.total)
    total = _sums(cells, items, cells.total) if signed else positive
    return Level(items, size, total, positive)


def _sums(cells: Cells, items: Tensor, weights: Tensor) -> Tensor:
    """Sums of weights over each candidate, float64 [K], by products of 0/1 indicators."""
    found = torch.empty(len(items), dtype=torch.float64, device=items.device)
    if not len(items):
        return found
    inside, weights = cells.inside[:, weights != 0], weights[weights != 0]
    keys = _keys(items[:, :-1], len(cells.column))
    _, group, times = keys.unique_consecutive(return_inverse=True, return_counts=True)
    starts = items[times.cumsum(0) - times, :-1]
    step = max(1, PRODUCT // max(inside.shape))
    sizes = [int(part.sum()) for part in times.split(step)]
    rows = torch.arange(len(items), device=items.device).split(sizes)
    for part, here in zip(starts.split(step), rows, strict=True):
        both = inside[part[:, 0]] * weights
        for column in part.T[1:]:
            both *= inside[column]
        found[here] = (both @ inside.T)[group[here] - group[here[0]], items[here, -1]].double()
    return found
