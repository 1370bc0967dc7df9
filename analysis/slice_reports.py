"""Slices that are found on one half of the samples and reported on the other."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.contrasts import Contrast, contrast
from analysis.effects import Effects
from analysis.grouping import Grouping
from analysis.many_tests import benjamini_hochberg, holm
from analysis.slices import (
    ALPHA,
    Slice,
    distinct,
    embedding_clusters,
    find_slices,
    quantile_groups,
)
from analysis.splits import Split, split

Target = Literal["correction", "regression", "difference"]

CLUSTERS = "embedding cluster"
FEW_LEVELS = 2
LEAST = 20
LEAST_GAP = 0.05
LEVEL = 0.05
SOUGHT = 40
REPORTED = 8


@dataclass(frozen=True, eq=False)
class SliceReport:
    """K slices, found on one half of the samples, and what the other half says of them.

    Attributes:
        columns: the groupings that were searched.
        slices: K, as found; sizes and scores are those of the half that they were found on.
        sign: int64 [K], 1: the score was looked for high, -1: low.
        inside: bool [K, N], their samples, of all.
        found: the score inside and outside on the half that they were found on: optimistic.
        held_out: the same on the other half.
        p_bh, p_holm: float64 [K], its p corrected for the number of slices that are reported; NaN
            for slices with too few samples.
        passed: bool [K], worth showing: enough samples on the other half, p_bh below 0.05, and a
            gap of at least 5 points in the direction that was looked for.
        split: who the halves are.
        by_label: columns in which the label alone decides the level: known of no new sample.
    """

    columns: Mapping[str, Grouping]
    slices: tuple[Slice, ...]
    sign: Tensor
    inside: Tensor
    found: Contrast
    held_out: Contrast
    p_bh: Tensor
    p_holm: Tensor
    passed: Tensor
    split: Split
    by_label: tuple[str, ...]


def slices_of_effect(
    bundle: Bundle,
    effects: Effects,
    target: Target = "difference",
    *,
    columns: Mapping[str, Grouping] | None = None,
    seed: int = 0,
    least: int = LEAST,
) -> SliceReport:
    """In which slices an ensemble corrects, or spoils, more than elsewhere.

    For "difference" the score of a sample is 1 where it is corrected, -1 where it is a
    regression, else 0, so that its mean is the net effect, and slices are looked for twice: with
    a high net effect (the ensemble helps more than elsewhere) and with a low one (it helps less,
    or harms). All of them are corrected for together.

    Args:
        bundle: N samples.
        effects: what the ensemble does on them.
        target: "correction", "regression" or "difference".
        columns: what to search; None: `slice_columns`.
        seed: of the halves and of the clusters.
        least: samples of the other half below which a slice is not tested.

    Returns:
        As `report_slices`.
    """
    scores = {
        "correction": effects.corrections,
        "regression": effects.regressions,
        "difference": effects.change,
    }[target]
    return report_slices(
        bundle,
        torch.where(effects.compared, scores.double(), torch.nan),
        columns=columns,
        signs=(1, -1) if target == "difference" else (1,),
        net=target == "difference",
        seed=seed,
        least=least,
    )


def report_slices(
    bundle: Bundle,
    scores: Tensor,
    *,
    columns: Mapping[str, Grouping] | None = None,
    signs: tuple[int, ...] = (1,),
    net: bool = False,
    seed: int = 0,
    least: int = LEAST,
    least_gap: float = LEAST_GAP,
    most: int = REPORTED,
    max_level: int = 3,
    alpha: float = ALPHA,
) -> SliceReport:
    """Slices in which a score of the samples is high, or low: found on one half, told of the other.

    Args:
        bundle: N samples.
        scores: float [N]; NaN where unknown, left out.
        columns: what to search; None: `slice_columns`.
        signs: 1 to look for high scores, -1 for low ones, or both.
        net: as in `analysis.contrasts.score_interval`.
        seed: of the halves and of the clusters.
        least: samples of the other half below which a slice is not tested.
        least_gap: smallest gap worth showing, in the score's units.
        most: slices to report at most, shared by the signs.
        max_level: as in `find_slices`.
        alpha: as in `find_slices`.

    Returns:
        The slices, those that pass first, each kind with the largest gaps on top; of slices with
        mostly the same samples only the best. None where nothing is found.
    """
    columns = slice_columns(bundle, seed=seed) if columns is None else columns
    parts = split(bundle, seed=seed)
    found, sign = [], []
    for direction in signs:
        own = _found(columns, scores, parts.fit, direction, most // len(signs), max_level, alpha)
        found += own
        sign += [direction] * len(own)
    inside = torch.zeros(len(found), len(scores), dtype=torch.bool, device=scores.device)
    for row, one in enumerate(found):
        inside[row] = one.inside(columns)
    told = _of(bundle, scores, inside, parts.held_out, net=net)
    sign = torch.tensor(sign, dtype=torch.int64, device=scores.device)
    p = torch.where(told.n >= least, told.p, torch.nan)
    p_bh, far = benjamini_hochberg(p), sign * told.gap
    passed = (p_bh < LEVEL) & (far >= least_gap)
    order = torch.where(passed, 2, 0) * (1 + far.abs()).nan_to_num(0) + far.nan_to_num(-1)
    order = order.argsort(descending=True, stable=True)
    return SliceReport(
        columns=columns,
        slices=tuple(found[row] for row in order.tolist()),
        sign=sign[order],
        inside=inside[order],
        found=_rows(_of(bundle, scores, inside, parts.fit, net=net), order),
        held_out=_rows(told, order),
        p_bh=p_bh[order],
        p_holm=holm(p)[order],
        passed=passed[order],
        split=parts,
        by_label=tuple(name for name in columns if _of_label(bundle, columns[name])),
    )


def _found(
    columns: Mapping[str, Grouping],
    scores: Tensor,
    here: Tensor,
    sign: int,
    most: int,
    max_level: int,
    alpha: float,
) -> list[Slice]:
    """The best slices of some samples without those that are mostly a better one."""
    wanted = torch.where(here, sign * scores, torch.nan)
    lowest = wanted[torch.isfinite(wanted)]
    if sign < 0 and len(lowest) and lowest.max() <= 0:
        wanted = wanted - lowest.min()
    found = find_slices(columns, wanted, max_level=max_level, alpha=alpha, top=SOUGHT)
    if not found:
        return []
    inside = torch.stack([one.inside(columns)[here] for one in found])
    return [found[row] for row in distinct(inside)[:most].tolist()]


def _of(bundle: Bundle, scores: Tensor, inside: Tensor, here: Tensor, *, net: bool) -> Contrast:
    units = None if bundle.units is None else bundle.units[here]
    return contrast(scores[here], inside[:, here], units, net=net)


def _rows(told: Contrast, order: Tensor) -> Contrast:
    return replace(told, **{name: values[order] for name, values in vars(told).items()})


def slice_columns(bundle: Bundle, *, clusters: bool = True, seed: int = 0) -> dict[str, Grouping]:
    """What slices are made of: all groupings, numbers cut into quarters, clusters of embeddings.

    Args:
        bundle: N samples.
        clusters: also the clusters of its embeddings, where there are some.
        seed: of the clusters.

    Returns:
        {column: grouping} of at least two levels each. Left out are whole numbers of which nearly
        every sample has its own, which are numbers of samples, and groupings of so many levels
        that none holds the 1 % of a half that a slice needs.
    """
    fewest = int(bundle.labelled.sum()) // 200
    columns = {
        name: grouping
        for name, grouping in bundle.groups.items()
        if len(grouping.levels) >= FEW_LEVELS and int(grouping.sizes().max()) >= fewest
    }
    for name, values in bundle.attributes.items():
        if name in bundle.groups or values.dtype.kind not in "iuf":
            continue
        counter = values.dtype.kind in "iu" and 2 * len(set(values.tolist())) > len(values)
        cut = None if counter else quantile_groups(values)
        if cut is not None:
            columns[name] = replace(cut, codes=cut.codes.to(bundle.device))
    if clusters and bundle.embeddings is not None and len(bundle.ids) >= 2 * LEAST:
        name = CLUSTERS
        while name in columns:
            name += " "
        columns[name] = embedding_clusters(bundle.embeddings, seed=seed)
    return columns


def _of_label(bundle: Bundle, grouping: Grouping) -> bool:
    """Samples of one label are all in one level: the column says no more than the label."""
    if bundle.labels is None:
        return False
    known = bundle.labels >= 0
    labels, codes = bundle.labels[known].long(), grouping.combinations()
    pairs = labels * len(codes.levels) + codes.codes[known].long()
    different = len(labels.unique())
    return 0 < 2 * different <= len(labels) and len(pairs.unique()) == different
