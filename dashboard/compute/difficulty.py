"""How hard single samples are for the members, and which of their labels may be wrong."""

import numpy as np
import torch

from analysis.bundle import Bundle
from analysis.catalog import CATALOG
from analysis.intervals import wilson
from analysis.measure import Measure
from analysis.samples import sample_measures, sample_values
from dashboard.compute.caching import cached
from dashboard.compute.ensembles import outcome_table
from dashboard.state import Choices

RIGHT, WRONG, UNJUDGED = 0, 1, 2

Part = tuple[int, float, float, float]


@cached()
def _scores(
    _bundle: Bundle,
    fingerprint: str,
    members: tuple[str, ...],
    names: tuple[str, ...],
    missing: str,
) -> dict[str, np.ndarray]:
    found = sample_values(_bundle.select(members), names, missing=missing)
    return {name: values.cpu().numpy() for name, values in found.items()}


def scores(choices: Choices, bundle: Bundle, *names: str) -> dict[str, np.ndarray]:
    """Scores of single samples over the members, float64 [N] each, NaN where undefined."""
    members = choices.ensemble.members
    return _scores(bundle, bundle.fingerprint, members, names, choices.missing)


def score_measures(choices: Choices) -> dict[str, Measure]:
    """The scores of single samples that the members can answer, by name."""
    team = choices.bundle.select(choices.ensemble.members)
    return {measure.name: measure for measure in sample_measures(team)}


def sides(choices: Choices, bundle: Bundle) -> np.ndarray:
    """What the ensemble made of each sample, int [N]: 0 right, 1 wrong, 2 not judged."""
    table = outcome_table(choices, bundle)
    return np.where(table["judged"], np.where(table["right"], RIGHT, WRONG), UNJUDGED)


def number_right(choices: Choices, bundle: Bundle) -> np.ndarray:
    """Judged samples with k members right and the ensemble right or wrong, int [K + 1, 2]."""
    table = outcome_table(choices, bundle)
    levels = len(choices.ensemble.members) + 1
    judged = table["judged"]
    keys = table["members_right"][judged] * 2 + ~table["right"][judged]
    return np.bincount(keys, minlength=2 * levels).reshape(levels, 2)


def judgeable(bundle: Bundle) -> bool:
    """Whether any answer can be called right or wrong."""
    return bool(bundle.labelled.any())


def share_differing(choices: Choices, bundle: Bundle) -> tuple[Part, int]:
    """On how many samples the members give different answers, and how many they answered."""
    different = scores(choices, bundle, "different_answers")["different_answers"]
    return _part(int((different > 1).sum()), total := int((different > 0).sum())), total


def shares_right(table: np.ndarray) -> dict[str, Part]:
    """Samples that no member, some or every member gets right: number, share and its interval.

    Args:
        table: as `number_right` gives it.
    """
    levels, total = table.sum(1), int(table.sum())
    parts = {"none": levels[0], "some": levels[1:-1].sum(), "all": levels[-1]}
    return {name: _part(int(number), total) for name, number in parts.items()}


def _part(number: int, total: int) -> Part:
    low, high = wilson(torch.tensor(number), torch.tensor(total))
    return number, number / total if total else float("nan"), float(low), float(high)


def score_edges(values: np.ndarray, measure: str, bins: int) -> np.ndarray:
    """Edges of bins over all samples [B + 1]; a score of whole numbers gets a bin for each."""
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    if len(known) and (known % 1 == 0).all() and high - low < bins:
        return np.arange(low, high + 2) - 0.5
    low = min(low, CATALOG[measure].bounds[0] or 0.0)
    return np.linspace(low, high if high > low else low + 1, bins + 1)


def binned(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The bin [lo, hi) of each value, int [N], the last one closed; -1 where undefined."""
    known = np.isfinite(values)
    place = np.searchsorted(edges, np.where(known, values, edges[0]), side="right") - 1
    return np.where(known, place.clip(0, len(edges) - 2), -1)
