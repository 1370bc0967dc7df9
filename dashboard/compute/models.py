"""Models one by one and in pairs."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.catalog import CATALOG, value
from analysis.intervals import accuracy_interval
from analysis.measure import Measure
from analysis.projection import classical_mds, similarity_tree
from analysis.resampling import intervals
from analysis.summary import judged_answers
from analysis.tally import tally
from dashboard.compute.caching import cached


@cached()
def _model_table(_bundle: Bundle, fingerprint: str, missing: str) -> dict[str, np.ndarray]:
    sums = tally(_bundle, CATALOG["accuracy"].needs, missing=missing)
    low, high = accuracy_interval(_bundle.correct, judged_answers(_bundle, missing), _bundle.units)
    return {
        "accuracy": value(CATALOG["accuracy"], sums).cpu().numpy(),
        "low": low.cpu().numpy(),
        "high": high.cpu().numpy(),
        "judged": sums["graded"].cpu().numpy(),
    }


def model_table(bundle: Bundle, missing: str) -> dict[str, np.ndarray]:
    """Accuracy [M], its interval, and judged answers of every model."""
    return _model_table(bundle, bundle.fingerprint, missing)


def accuracy_of(bundle: Bundle, model: str, missing: str) -> dict[str, float]:
    """Accuracy of one model with its interval: accuracy, low, high."""
    table, row = model_table(bundle, missing), bundle.models.index(model)
    return {name: float(table[name][row]) for name in ("accuracy", "low", "high")}


@cached()
def _pairs(
    _bundle: Bundle, fingerprint: str, models: tuple[str, ...], name: str, missing: str
) -> dict[str, np.ndarray]:
    measure = CATALOG[name]
    pool = _bundle.select(models)
    sums = tally(pool, (*measure.needs, "both_answered", "same"), missing=missing)
    matrix = value(measure, sums)
    churn = value(CATALOG["disagreement_labels"], sums)
    distance = matrix if measure.diverse == "higher" else churn
    distance = (distance + distance.T) / 2
    distance.fill_diagonal_(0)
    order, joins = similarity_tree(distance)
    low, high = intervals(pool, [measure], missing=missing)[name]
    return {
        "matrix": matrix.cpu().numpy(),
        "low": low.cpu().numpy(),
        "high": high.cpu().numpy(),
        "n": sums[measure.needs[0]].cpu().numpy(),
        "order": order.cpu().numpy(),
        "joins": joins.cpu().numpy(),
        **_placed(distance),
    }


def _placed(distance: Tensor) -> dict[str, np.ndarray]:
    """The models on a flat map, those without any known distance nowhere."""
    known = (torch.isfinite(distance).sum(1) > 1).nonzero().flatten()
    placed, eigenvalues = classical_mds(distance[known][:, known].sqrt())
    coordinates = torch.full((len(distance), 2), torch.nan, dtype=torch.float64)
    coordinates[known.cpu()] = placed.cpu()
    positive = eigenvalues.clamp_min(0)
    return {
        "coordinates": coordinates.numpy(),
        "explained": float(positive[:2].sum() / positive.sum().clamp_min(1e-300)),
    }


def pairs(bundle: Bundle, models: Sequence[str], measure: Measure, missing: str) -> dict:
    """A pair measure [M, M] with interval and n, the tree of similar models and a map of them."""
    return _pairs(bundle, bundle.fingerprint, tuple(models), measure.name, missing)


@cached()
def differing(
    _bundle: Bundle, fingerprint: str, pairs: tuple[tuple[str, str], ...], missing: str
) -> np.ndarray:
    """Rows of the samples on which any of these pairs of models answers differently."""
    differ = torch.zeros(len(_bundle.ids), dtype=torch.bool, device=_bundle.device)
    for first, second in pairs:
        one, other = _bundle.select((first, second)).predictions
        same = (one == other) & (one >= 0)
        differ |= ~same if missing == "wrong" else ~same & (one >= 0) & (other >= 0)
    return differ.nonzero().flatten().cpu().numpy()
