"""What the candidates of a search teach."""

from dataclasses import dataclass

import numpy as np
import torch

from analysis.axes import AXES
from analysis.bundle import BundleError
from analysis.diversity_bootstrap import diversity_over_samples
from analysis.ensemble import Ensemble, combine
from analysis.findings import (
    Association,
    Conflicts,
    conflicts,
    diversity_at_fixed,
)
from analysis.gaps import judged_under
from analysis.grading import judgeable
from analysis.intervals import accuracy_interval
from analysis.pareto import non_dominated
from dashboard.compute.caching import kept
from dashboard.compute.candidates import Candidates
from dashboard.compute.fronts import front_of
from dashboard.compute.searches import Setting

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


@dataclass(frozen=True)
class Elsewhere:
    """How a front does on the samples that nothing was chosen on.

    Attributes:
        value: quality of the candidate that was the best where candidates were chosen.
        low, high: its 95 % interval, of accuracy; NaN for other axes.
        single: quality of the model that was the best one alone.
        drop: how much worse candidates of the front are there on average, in the axis's unit.
        n: candidates of the front that were evaluated.
        kept: how many of these are still beaten by none of them.
    """

    value: float
    low: float
    high: float
    single: float
    drop: float
    n: int
    kept: int


@kept()
def _elsewhere(_asked: Setting, _found: Candidates, key: str) -> Elsewhere | None:
    rows = front_of(_found).rows
    values = torch.from_numpy(_found.elsewhere[rows])
    known = torch.isfinite(values).all(1)
    if not len(rows) or not bool(known.any()):
        return None
    axis, best = _found.axes[0], int(rows[0])
    sign = 1 if axis.sense == "max" else -1
    here = torch.from_numpy(_found.values[rows])[known]
    alone = np.flatnonzero(_found.sizes == 1)
    quality = np.where(
        np.isfinite(_found.values[alone, 0]), sign * _found.values[alone, 0], -np.inf
    )
    low = high = float("nan")
    if axis.name == "accuracy":
        low, high = _interval(_asked, _found.plan.ensemble(best))
    return Elsewhere(
        value=float(_found.elsewhere[best, 0]),
        low=low,
        high=high,
        single=float(_found.elsewhere[alone[quality.argmax()], 0]),
        drop=float((sign * (here - values[known]))[:, 0].mean()),
        n=int(known.sum()),
        kept=int(non_dominated(values[known], _found.senses).sum()),
    )


def _interval(asked: Setting, ensemble: Ensemble) -> tuple[float, float]:
    """95 % interval of an ensemble's accuracy on the samples that nothing was chosen on."""
    whole = combine(asked.other.select(ensemble.members), ensemble)
    graded = judged_under(asked.missing, whole.grades, judgeable(asked.other))
    low, high = accuracy_interval(whole.correct, graded, asked.other.units)
    return float(low), float(high)


def elsewhere(asked: Setting, found: Candidates) -> Elsewhere | None:
    """How the front does on the samples that nothing was chosen on; None without such samples."""
    return None if found.elsewhere is None else _elsewhere(asked, found, found.key)
