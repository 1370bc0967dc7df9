"""What slices are made of: the columns that can be searched, and why the others cannot."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np

from analysis.bundle import Bundle
from analysis.grouping import Grouping
from analysis.slices import embedding_clusters, quantile_groups

CLUSTERS = "embedding cluster"
FEW_LEVELS = 2
FEWEST_EMBEDDED = 40

LeftOut = Literal["constant", "own value", "rare", "text"]


def slice_columns(bundle: Bundle, *, clusters: bool = True, seed: int = 0) -> dict[str, Grouping]:
    """What slices are made of: all groupings, numbers cut into quarters, clusters of embeddings.

    Args:
        bundle: N samples.
        clusters: also the clusters of its embeddings, where there are some.
        seed: of the clusters.

    Returns:
        {column: grouping} of at least two levels each. Whole numbers of which nearly every sample
        has its own are numbers of samples and left out.
    """
    columns = {n: g for n, g in bundle.groups.items() if len(g.levels) >= FEW_LEVELS}
    for name, values in slice_numbers(bundle).items():
        cut = None if name in bundle.groups else quantile_groups(values)
        if cut is not None:
            columns[name] = replace(cut, codes=cut.codes.to(bundle.device))
    if clusters and bundle.embeddings is not None and len(bundle.ids) >= FEWEST_EMBEDDED:
        columns[cluster_column(columns)] = embedding_clusters(bundle.embeddings, seed=seed)
    return columns


def slice_numbers(bundle: Bundle) -> dict[str, np.ndarray]:
    """Attributes that are numbers and no numbers of samples, {column: values [N]}."""
    return {
        name: values
        for name, values in bundle.attributes.items()
        if values.dtype.kind in "iuf" and not _own_values(values)
    }


def cluster_column(columns: Mapping[str, Grouping]) -> str:
    """What clusters of embeddings are called where columns may have that name already."""
    name = CLUSTERS
    while name in columns:
        name += " "
    return name


def left_out(bundle: Bundle, columns: Mapping[str, Grouping], least: int) -> dict[str, LeftOut]:
    """Columns in which no slice can be, and why.

    Args:
        bundle: N samples.
        columns: those that are searched, as `slice_columns` gives them.
        least: samples of the smallest slice.

    Returns:
        {column: reason}: "constant", all samples have the same value; "own value", nearly every
        sample has its own, as ids do; "rare", no value is that of enough samples; "text", other
        text that is no grouping.
    """
    found: dict[str, LeftOut] = {}
    for name, grouping in bundle.groups.items():
        if len(grouping.levels) < FEW_LEVELS:
            found[name] = "constant"
        elif name in columns and int(grouping.sizes().max()) < least:
            found[name] = "own value" if 2 * len(grouping.levels) > len(bundle.ids) else "rare"
    for name, values in bundle.attributes.items():
        if name in columns or name in found:
            continue
        different = len({str(value) for value in values.tolist()})
        if different < FEW_LEVELS:
            found[name] = "constant"
        elif 2 * different > len(values):
            found[name] = "own value"
        else:
            found[name] = "text" if values.dtype.kind not in "iuf" else "rare"
    return found


def known_by_label(bundle: Bundle, columns: Mapping[str, Grouping]) -> tuple[str, ...]:
    """Columns in which the label alone decides the level: known of no new sample."""
    return tuple(name for name, grouping in columns.items() if _of_label(bundle, grouping))


def _own_values(values: np.ndarray) -> bool:
    """Whole numbers of which nearly every sample has its own."""
    return values.dtype.kind in "iu" and 2 * len(np.unique(values)) > len(values)


def _of_label(bundle: Bundle, grouping: Grouping) -> bool:
    """Samples of one label are all in one level: the column says no more than the label."""
    if bundle.labels is None:
        return False
    known = bundle.labels >= 0
    labels, codes = bundle.labels[known].long(), grouping.combinations()
    pairs = labels * len(codes.levels) + codes.codes[known].long()
    different = len(labels.unique())
    return 0 < 2 * different <= len(labels) and len(pairs.unique()) == different
