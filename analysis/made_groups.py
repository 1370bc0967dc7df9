"""Groupings that a person makes: of any column, cuts of numbers, crossings, saved slices."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from itertools import pairwise
from math import prod

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError
from analysis.fingerprints import derived
from analysis.grouping import Grouping

MISSING = "(missing)"
TIMES = " \N{MULTIPLICATION SIGN} "
MOST_CUTS = 50
OPERATION = "grouped"


def cut_at(values: np.ndarray, edges: Sequence[float]) -> Grouping:
    """A numeric column cut at some numbers.

    Args:
        values: numbers [N]; NaN is a level of its own, "(missing)".
        edges: where to cut, in any order; a number on an edge belongs to the range below it.

    Returns:
        A grouping of the ranges, low ones first, named after their ends, also those that hold
        no sample.

    Raises:
        BundleError: there is no edge, too many of them, or one that is no number.

    Example:
        >>> cut_at(np.array([1, 2, 30]), (10, 2)).levels
        ('at most 2', '2 to 10', 'above 10')
    """
    edges = np.unique(np.asarray(edges, dtype=np.float64))
    if not 0 < len(edges) <= MOST_CUTS or not np.isfinite(edges).all():
        raise BundleError(f"Name 1 to {MOST_CUTS} numbers to cut at, such as 10, 20, 50.")
    values = np.asarray(values, dtype=np.float64)
    known = ~np.isnan(values)
    codes = np.where(known, np.searchsorted(edges, values, side="left"), len(edges) + 1)
    ends = _told_apart(edges)
    middle = [f"{low} to {high}" for low, high in pairwise(ends)]
    levels = [f"at most {ends[0]}", *middle, f"above {ends[-1]}"]
    levels += [] if known.all() else [MISSING]
    return Grouping(torch.from_numpy(codes.astype(np.int32)), tuple(levels))


def cut_evenly(values: np.ndarray, parts: int = 4) -> Grouping:
    """A numeric column cut into ranges that hold about as many samples each (quantiles).

    Args:
        values: numbers [N]; NaN is a level of its own, "(missing)".
        parts: how many ranges; fewer where many values are equal.

    Returns:
        As `cut_at`.

    Raises:
        BundleError: all values are equal, or none is known.

    Example:
        >>> cut_evenly(np.array([1, 2, 3, 4]), 2).levels
        ('at most 2.5', 'above 2.5')
    """
    values = np.asarray(values, dtype=np.float64)
    known = values[np.isfinite(values)]
    inner = np.quantile(known, np.linspace(0, 1, parts + 1)[1:-1]) if len(known) else known
    inner = inner[inner < known.max()] if len(known) else inner
    if not len(inner):
        raise BundleError("All known values are equal, so there is nothing to cut.")
    return cut_at(values, inner)


def _told_apart(edges: np.ndarray) -> list[str]:
    """Numbers with as many digits as it takes to tell them apart, at least four."""
    for digits in range(4, 17):
        texts = [f"{edge:.{digits}g}" for edge in edges.tolist()]
        if len(set(texts)) == len(texts):
            return texts
    return [repr(edge) for edge in edges.tolist()]


def cross(groupings: Sequence[Grouping]) -> Grouping:
    """Every combination of the levels of two or three groupings that some sample has.

    Args:
        groupings: of N samples; where groups overlap, so do their combinations.

    Returns:
        Levels named by their parts with a sign of multiplication between them, in the order of
        these; small ones are kept.

    Raises:
        BundleError: other than two or three groupings were given.

    Example:
        >>> one = Grouping(torch.tensor([0, 1, 1]), ("a", "b"))
        >>> both = cross([one, Grouping(torch.tensor([0, 0, 1]), ("c", "d"))])
        >>> [level.split(TIMES) for level in both.levels]
        [['a', 'c'], ['b', 'c'], ['b', 'd']]
    """
    if len(groupings) not in (2, 3):
        raise BundleError(f"Cross two or three columns, not {len(groupings)}.")
    shape = [len(grouping.levels) for grouping in groupings]
    if prod(shape) >= 2**62:
        raise BundleError("These columns have too many levels to be crossed.")
    cells = torch.zeros(len(groupings[0].codes), 1, dtype=torch.int64)
    cells = cells.to(groupings[0].codes.device)
    for grouping in groupings:
        own = grouping.codes.long().reshape(len(cells), 1, -1)
        joined = cells[..., None] * len(grouping.levels) + own
        cells = joined.masked_fill((cells[..., None] < 0) | (own < 0), -1).flatten(1)
    found, codes = torch.unique(cells, return_inverse=True)
    gap = int((found < 0).any())
    names = zip(
        *(
            [g.levels[at] for at in level.tolist()]
            for g, level in zip(groupings, _levels(found[gap:], shape), strict=True)
        ),
        strict=True,
    )
    levels = _unlike([TIMES.join(own) for own in names])
    codes = (codes - gap).int()
    if codes.shape[1] == 1:
        return Grouping(codes[:, 0].contiguous(), levels)
    # Gaps stand behind the levels, and no wider than the fullest sample needs.
    codes = codes.where(codes >= 0, len(levels)).sort(1).values
    width = int((codes < len(levels)).sum(1).max())
    codes = codes[:, :width]
    codes = codes.where(codes < len(levels), -1).contiguous()
    return Grouping(codes, levels, separator=_separator(levels))


def _levels(cells: Tensor, shape: Sequence[int]) -> list[Tensor]:
    found = []
    for size in reversed(shape):
        found.append(cells % size)
        cells = cells // size
    return found[::-1]


def _unlike(names: list[str]) -> tuple[str, ...]:
    """Names of which none comes twice, in spite of levels that hold the sign of crossing."""
    found: dict[str, None] = {}
    for name in names:
        while name in found:
            name += " (2)"
        found[name] = None
    return tuple(found)


def _separator(levels: Sequence[str]) -> str:
    """A mark that stands in no level."""
    mark = ";"
    while any(mark in level for level in levels):
        mark += ";"
    return mark


def saved_slice(positions: np.ndarray, samples: int, name: str) -> Grouping:
    """A selection as a grouping: its samples, and all others.

    Args:
        positions: int [n], rows of the samples.
        samples: N.
        name: of the slice; its level, the other one is "outside".

    Raises:
        BundleError: the selection holds none of the samples, or all of them.

    Example:
        >>> saved_slice(np.array([0, 2]), 3, "odd ones").codes.tolist()
        [0, 1, 0]
    """
    codes = np.ones(samples, dtype=np.int32)
    codes[positions] = 0
    if codes.all() or not codes.any():
        raise BundleError("A slice holds some of the samples, and others are outside of it.")
    return Grouping(torch.from_numpy(codes), (f"in {name}", "outside"))


def problem_of(grouping: Grouping) -> str:
    """Why nothing can be compared between these groups, as a sentence; empty where it can.

    Example:
        >>> problem_of(Grouping(torch.tensor([0, 0]), ("a",)))
        'All samples have the same value, so there are no groups to compare.'
    """
    sizes = grouping.sizes()
    filled = int((sizes > 0).sum())
    if filled < 2:
        return "All samples have the same value, so there are no groups to compare."
    if int(sizes.max()) < 2:
        return (
            f"Every one of the {filled:,} values belongs to a single sample (a name or number of "
            "the sample itself, it seems), so there are no groups. Numbers can be cut into ranges."
        )
    return ""


def with_groupings(
    bundle: Bundle, made: Mapping[str, Grouping], *, before: Sequence[str] = ()
) -> Bundle:
    """The bundle with other groupings in place of those that were made before.

    Args:
        bundle: N samples, as loaded or as this function returns it.
        made: {name: grouping} of the N samples.
        before: names of those that were made before.

    Returns:
        A bundle whose fingerprint tells that of the loaded one and what was made.

    Raises:
        BundleError: a name is taken by a grouping that was loaded.

    Example:
        >>> said = torch.zeros(1, 2, dtype=torch.int32)
        >>> bundle = Bundle(("a",), ("0", "1"), ("cat",), said)
        >>> halves = Grouping(torch.tensor([0, 1], dtype=torch.int32), ("x", "y"))
        >>> list(with_groupings(bundle, {"halves": halves}).groups)
        ['halves']
    """
    groups = {name: g for name, g in bundle.groups.items() if name not in before}
    if taken := [name for name in made if name in groups]:
        raise BundleError(f"There is a grouping '{taken[0]}' already; choose another name.")
    base = loaded_fingerprint(bundle)
    if not made:
        return replace(bundle, groups=groups, fingerprint=base)
    digest = blake2b(digest_size=16)
    for name, grouping in made.items():
        digest.update("\0".join((name, *grouping.levels, str(grouping.codes.shape))).encode())
        digest.update(grouping.codes.cpu().numpy().tobytes())
    here = {n: replace(g, codes=g.codes.to(bundle.device)) for n, g in made.items()}
    fingerprint = derived(base, OPERATION, digest.digest())
    return replace(bundle, groups={**groups, **here}, fingerprint=fingerprint)


def loaded_fingerprint(bundle: Bundle) -> str:
    """The fingerprint of a bundle before any groupings were made."""
    return bundle.fingerprint.partition(f"/{OPERATION}:")[0]
