"""What the candidates of a search teach."""

import numpy as np
import torch

from analysis.axes import AXES
from analysis.bundle import BundleError
from analysis.diversity_bootstrap import diversity_over_samples
from analysis.findings import (
    Association,
    Conflicts,
    conflicts,
    diversity_at_fixed,
)
from dashboard.compute.caching import kept
from dashboard.compute.candidates import Candidates, Setting
from dashboard.compute.fronts import front_of

DRAWS = 500
SAMPLES, CANDIDATES = "samples", "candidates"


@kept()
def _diversity_helps(_asked: Setting, _found: Candidates, key: str) -> tuple[Association, str]:
    quality, diversity = _found.axes[:2]
    several = np.flatnonzero(_found.sizes > 1)
    if quality.name == "accuracy" and AXES[diversity.name].table == diversity.name:
        try:
            told = diversity_over_samples(
                _asked.pool,
                _found.plan,
                torch.from_numpy(several),
                diversity.name,
                missing=_asked.missing,
                draws=DRAWS,
            )
            return told, SAMPLES
        except BundleError:
            pass
    signs = np.array([1.0 if axis.sense == "max" else -1.0 for axis in _found.axes[:2]])
    both = torch.from_numpy(_found.values[several, :2] * signs)
    fixed = torch.from_numpy(np.stack([_of_members(_found)[several], _found.sizes[several]], 1))
    return diversity_at_fixed(both[:, 0], both[:, 1], fixed.double(), draws=DRAWS), CANDIDATES


def _of_members(found: Candidates) -> np.ndarray:
    """Mean quality of the members of each candidate alone, float64 [E]."""
    alone = np.full(len(found.models), np.nan)
    single = np.flatnonzero(found.sizes == 1)
    alone[found.weights[single].argmax(1)] = found.values[single, 0]
    inside = found.weights > 0
    return (inside * np.nan_to_num(alone)).sum(1) / inside.sum(1)


def diversity_helps(asked: Setting, found: Candidates) -> tuple[Association, str]:
    """Partial correlation of diversity with quality, and whether its interval is over samples."""
    return _diversity_helps(asked, found, found.key)


def conflicts_of(found: Candidates) -> Conflicts:
    """Rank correlations of the axes along the front."""
    values = torch.from_numpy(found.values[front_of(found).rows])
    better = ["higher" if axis.sense == "max" else "lower" for axis in found.axes]
    return conflicts(values, better)
