"""The methods that look for slices, and what they find in some of the samples."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from analysis.answer_clusters import answer_clusters
from analysis.bundle import Bundle
from analysis.grouping import Grouping
from analysis.slice_columns import cluster_column, slice_numbers
from analysis.slice_regions import tree_regions
from analysis.slices import (
    distinct,
    embedding_clusters,
    find_slices,
    smallest_slice,
)

Method = Literal["conditions", "regions", "clusters", "answer clusters"]

REPORTED = 8
# With 0.95 a slice of 3 % that is 30 points worse is passed over once 15 % or so are wrong.
ALPHA = 0.99
SOUGHT = 40
MIXED = "cluster by embedding and answers"


@dataclass(frozen=True, eq=False)
class Candidate:
    """A slice that a method found.

    Attributes:
        method: a name in METHODS.
        conditions: ((column, what it is there), ...), all of which its samples meet.
        inside: bool [N].
        score: as in `slice_search.slice_score`, on the samples that it was found on.
    """

    method: Method
    conditions: tuple[tuple[str, str], ...]
    inside: Tensor
    score: float


@dataclass(frozen=True, eq=False)
class Search:
    """What is searched, and how.

    Attributes:
        columns: groupings of N samples, for "conditions" and "regions".
        methods: names in METHODS.
        answers: int [N] each, labels and predictions, for "answer clusters".
        max_level: most conditions of a slice.
        alpha: weight of the mean score against the size.
        min_size: samples of the smallest slice, of those that are searched; None: as in
            `slices.smallest_slice`.
        most: slices at most.
    """

    columns: Mapping[str, Grouping]
    methods: tuple[Method, ...] = ("conditions",)
    answers: tuple[Tensor, ...] = field(default=())
    max_level: int = 3
    alpha: float = ALPHA
    min_size: int | None = None
    most: int = REPORTED


def candidates(
    bundle: Bundle, scores: Tensor, here: Tensor, search: Search, *, sign: int = 1, seed: int = 0
) -> list[Candidate]:
    """The best slices of some samples by all methods together.

    Args:
        bundle: N samples.
        scores: float [N]; NaN where unknown, left out.
        here: bool [N], the samples to search; no score of the others is looked at.
        search: what is searched and how.
        sign: 1 to look for high scores, -1 for low ones.
        seed: of clusters and trees.

    Returns:
        At most `search.most` slices, best first; of those with mostly the same samples only the
        best.
    """
    wanted = torch.where(here, sign * scores, torch.nan).double()
    known = wanted[torch.isfinite(wanted)]
    if sign < 0 and len(known) and known.max() <= 0:
        wanted = wanted - known.min()
    found = [one for name in search.methods for one in METHODS[name](bundle, wanted, search, seed)]
    if not found:
        return []
    found.sort(key=lambda one: -one.score)
    inside = torch.stack([one.inside[here] for one in found])
    return [found[row] for row in distinct(inside)[: search.most].tolist()]


def _conditions(bundle: Bundle, scores: Tensor, search: Search, seed: int) -> list[Candidate]:
    return _of_columns("conditions", search.columns, scores, search, search.max_level)


def _clusters(bundle: Bundle, scores: Tensor, search: Search, seed: int) -> list[Candidate]:
    if bundle.embeddings is None:
        return []
    found = embedding_clusters(bundle.embeddings, seed=seed)
    return _of_columns("clusters", {cluster_column(search.columns): found}, scores, search, 1)


def _answer_clusters(bundle: Bundle, scores: Tensor, search: Search, seed: int) -> list[Candidate]:
    if bundle.embeddings is None:
        return []
    fit = torch.isfinite(scores)
    found = answer_clusters(bundle.embeddings, search.answers, fit, seed=seed)
    return _of_columns("answer clusters", {MIXED: found}, scores, search, 1)


def _of_columns(
    method: Method, columns: Mapping[str, Grouping], scores: Tensor, search: Search, levels: int
) -> list[Candidate]:
    found = find_slices(
        columns,
        scores,
        max_level=levels,
        alpha=search.alpha,
        min_size=search.min_size,
        top=SOUGHT,
    )
    return [
        Candidate(
            method,
            tuple((column, columns[column].levels[level]) for column, level in one.conditions),
            one.inside(columns),
            one.score,
        )
        for one in found
    ]


def _regions(bundle: Bundle, scores: Tensor, search: Search, seed: int) -> list[Candidate]:
    numbers = {
        name: values for name, values in slice_numbers(bundle).items() if name in search.columns
    }
    least = search.min_size or smallest_slice(int(torch.isfinite(scores).sum()))
    found = tree_regions(
        search.columns,
        numbers,
        scores,
        least=least,
        max_level=search.max_level,
        alpha=search.alpha,
        top=SOUGHT,
        seed=seed,
    )
    return [Candidate("regions", one.conditions, one.inside, one.score) for one in found]


METHODS: dict[Method, Callable[[Bundle, Tensor, Search, int], list[Candidate]]] = {
    "conditions": _conditions,
    "regions": _regions,
    "clusters": _clusters,
    "answer clusters": _answer_clusters,
}
