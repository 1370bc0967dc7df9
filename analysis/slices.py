"""Slices: samples that are alike in some attributes and in which a score is high."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import BundleError
from analysis.grouping import Grouping
from analysis.levels import frequent
from analysis.slice_search import cells_of, search
from analysis.sums.products import product

ALPHA = 0.95
LEAST = 32
MOST_CLUSTERS = 30
MANY_SAMPLES = 20_000


@dataclass(frozen=True, eq=False)
class Slice:
    """Samples that meet some conditions, and what a score adds up to on them.

    Attributes:
        conditions: ((column, level), ...), levels by their position; of different columns.
        size: samples.
        total: sum of the scores.
        score: of the slice, as in `find_slices`.
    """

    conditions: tuple[tuple[str, int], ...]
    size: int
    total: float
    score: float

    def inside(self, columns: Mapping[str, Grouping]) -> Tensor:
        """Bool [N], the samples that meet all conditions."""
        parts = [columns[column].within([level]) for column, level in self.conditions]
        return torch.stack(parts).all(0)


def find_slices(
    columns: Mapping[str, Grouping],
    scores: Tensor,
    *,
    max_level: int = 3,
    alpha: float = ALPHA,
    min_size: int | None = None,
    top: int = 10,
) -> list[Slice]:
    """The slices in which a score is highest above its mean, large slices preferred.

    SliceLine's search: a slice of n out of N samples scores
    alpha * (mean in the slice - mean) / mean - (1 - alpha) * (N / n - 1). Slices of one more
    condition are joined from those that are large enough, and only where some part of all that
    they are joined from could still score high enough: the answer is that of trying all. Scores
    may also be signed (corrections minus regressions): their distance from the mean is then
    divided by the mean of those above 0 alone (corrections per sample).

    Args:
        columns: groupings of N samples; groups may overlap. Two levels of one column are never
            joined.
        scores: float [N]; samples with NaN are left out. Higher is what is looked for.
        max_level: most conditions of a slice.
        alpha: weight of the mean score against the size, above 0 and at most 1.
        min_size: samples of the smallest slice; None: 1 % of them, at least 32.
        top: how many slices.

    Returns:
        At most `top` slices that score above 0, best first; of equals the one with fewer
        conditions, then the one whose columns come first. None where no score is above 0.

    Raises:
        BundleError: alpha is not above 0 and at most 1, or there is an endless score.

    Example:
        >>> colour = Grouping(torch.tensor([0, 0, 1, 1]), ("red", "blue"))
        >>> wrong = torch.tensor([1.0, 1.0, 0.0, 0.0])
        >>> [(s.conditions, s.size) for s in find_slices({"colour": colour}, wrong, min_size=2)]
        [((('colour', 0),), 2)]

    References:
        Sagadeeva and Boehm 2021, SliceLine: fast, linear-algebra-based slice finding for ML model
        debugging, SIGMOD.
    """
    if not 0 < alpha <= 1:
        raise BundleError(f"alpha is {alpha}; expected a number above 0 and at most 1.")
    if torch.isinf(scores).any():
        raise BundleError("Some scores are endless; slices need numbers, or NaN for unknown.")
    number = int(torch.isfinite(scores).sum())
    if not columns or not number or not (scores > 0).any():
        return []
    least = smallest_slice(number) if min_size is None else max(1, min_size)
    cells = cells_of(columns, scores, alpha=alpha, least=least)
    names, column, level = tuple(columns), cells.column.tolist(), cells.level.tolist()
    return [
        Slice(
            tuple((names[column[item]], level[item]) for item in items), round(size), total, score
        )
        for items, size, total, score in search(cells, max_level, top)
    ]


def smallest_slice(samples: int) -> int:
    """Samples of the smallest slice that is looked for: 1 % of them, at least 32."""
    return max(LEAST, -(-samples // 100))


def distinct(inside: Tensor, *, shared: float = 0.8) -> Tensor:
    """Which sets of samples are not mostly one that comes before them.

    Args:
        inside: bool [K, N], best first.
        shared: of two sets with at least this share of their samples in common (Jaccard) the
            later one is left out.

    Returns:
        int64 [k], the positions of those that stay.

    Example:
        >>> distinct(torch.tensor([[True, True, False], [True, True, False], [False, True, True]]))
        tensor([0, 2])
    """
    common = product(inside, inside, None).double()
    sizes = common.diagonal()
    alike = common / (sizes[:, None] + sizes - common).clamp_min(1) >= shared
    kept = []
    for row, same in enumerate(alike.tolist()):
        if not any(same[other] for other in kept):
            kept.append(row)
    return torch.tensor(kept, dtype=torch.int64)


def quantile_groups(values: np.ndarray, *, parts: int = 4) -> Grouping | None:
    """A numeric column cut into ranges that hold about as many samples each.

    Args:
        values: numbers [N]; what is not finite is a level "unknown".
        parts: how many ranges at most.

    Returns:
        A grouping whose levels are named after their ends, low ones first; None where the values
        make fewer than two ranges.

    Example:
        >>> quantile_groups(np.array([1, 2, 3, 4]), parts=2).levels
        ('at most 2.5', 'above 2.5')
    """
    values = np.asarray(values, dtype=np.float64)
    known = np.isfinite(values)
    if not known.any():
        return None
    inner = np.quantile(values[known], np.linspace(0, 1, parts + 1)[1:-1])
    edges = np.unique(inner[inner < values[known].max()])
    if not len(edges):
        return None
    codes = np.where(known, np.searchsorted(edges, values, side="left"), len(edges) + 1)
    ends = [f"{edge:.4g}" for edge in edges.tolist()]
    middle = [f"{low} to {high}" for low, high in pairwise(ends)]
    levels = [f"at most {ends[0]}", *middle, f"above {ends[-1]}"]
    levels += [] if known.all() else ["unknown"]
    return Grouping(torch.from_numpy(codes.astype(np.int32)), tuple(levels))


def embedding_clusters(
    embeddings: Tensor, *, clusters: int | None = None, seed: int = 0
) -> Grouping:
    """Samples that lie together in the space of their embeddings (k-means).

    Args:
        embeddings: float [N, D]; rows that are not finite become a level "unknown".
        clusters: how many; None: the root of N / 2, at least 2 and at most 30.
        seed: of the first centres.

    Returns:
        A partition with levels "1", "2" ..., largest first.

    References:
        Arthur and Vassilvitskii 2007, k-means++: the advantages of careful seeding.
    """
    from sklearn.cluster import KMeans, MiniBatchKMeans

    known = torch.isfinite(embeddings).all(1).cpu()
    rows = embeddings[known.to(embeddings.device)].float().cpu().numpy()
    wanted = clusters or min(max(round((len(rows) / 2) ** 0.5), 2), MOST_CLUSTERS)
    wanted = min(wanted, len(np.unique(rows, axis=0))) if len(rows) <= MOST_CLUSTERS else wanted
    codes = torch.zeros(len(embeddings), dtype=torch.int64)
    if len(rows):
        method = MiniBatchKMeans if len(rows) > MANY_SAMPLES else KMeans
        found = method(wanted, n_init=3, random_state=seed).fit_predict(rows)
        codes[known] = torch.from_numpy(found).long()
    return ordered_clusters(codes.to(embeddings.device), known.to(embeddings.device))


def ordered_clusters(codes: Tensor, known: Tensor) -> Grouping:
    """Clusters as a grouping.

    Args:
        codes: int64 [N], the cluster of each sample.
        known: bool [N], samples that are in a cluster at all.

    Returns:
        A partition with levels "1", "2" ..., largest first, and "unknown" where some are in none.

    Example:
        >>> found = ordered_clusters(torch.tensor([7, 3, 3]), torch.tensor([True, True, True]))
        >>> found.codes.tolist(), found.levels
        ([1, 0, 0], ('1', '2'))
    """
    kept, place = codes[known].unique(return_inverse=True)
    order = place.bincount(minlength=len(kept)).argsort(descending=True, stable=True)
    found = torch.full(codes.shape, len(kept), dtype=torch.int32, device=codes.device)
    found[known] = order.argsort()[place].int()
    levels = tuple(str(row + 1) for row in range(len(kept)))
    return Grouping(found, levels if known.all() else (*levels, "unknown"))


def over_represented(
    inside: Tensor, columns: Mapping[str, Grouping], *, least: int = 5, top: int = 1
) -> list[list[tuple[str, int, float, int]]]:
    """What is over-represented in each of some sets of samples.

    Args:
        inside: bool [K, N].
        columns: groupings of the N samples.
        least: samples of a level that the set must hold.
        top: how many levels at most.

    Returns:
        Per set some levels, those first that speak most for the set (n times the logarithm of the
        lift): the column, the level by position, the lift (share of the level in the set over its
        share everywhere, above 1) and the n samples of the level in the set.

    Example:
        >>> kind = Grouping(torch.tensor([0, 0, 1, 1]), ("cat", "dog"))
        >>> over_represented(torch.tensor([[True, True, False, False]]), {"kind": kind}, least=1)
        [[('kind', 0, 2.0, 2)]]
    """
    found: list[list] = [[] for _ in inside]
    sizes, everything = inside.sum(1).double(), inside.shape[1]
    everyone = torch.ones_like(inside[0]) if len(inside) else None
    for column, grouping in columns.items() if len(inside) else ():
        few, kept = frequent(grouping, everyone, least)
        if not few.levels:
            continue
        member = few.membership().T
        together = product(inside, member, None).double()
        lift = together / sizes[:, None].clamp_min(1) * everything / member.sum(1)
        there = (together >= least) & (lift > 1)
        for row, level in there.nonzero().tolist():
            n = int(together[row, level])
            found[row].append((column, int(kept[level]), float(lift[row, level]), n))
    return [sorted(own, key=lambda told: -told[3] * math.log(told[2]))[:top] for own in found]
