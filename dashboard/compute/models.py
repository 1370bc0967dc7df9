"""Models one by one and in pairs."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.catalog import CATALOG, of_kind, value
from analysis.intervals import accuracy_interval
from analysis.measure import Measure
from analysis.projection import classical_mds, similarity_tree
from analysis.representations import REPRESENTATIONS, representation_similarity
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
    pool = _bundle.select(models)
    measure = pair_measures()[name]
    found = _of_embeddings(pool, name) if name in REPRESENTATIONS else _of(pool, measure, missing)
    churn = CATALOG["disagreement_labels"]
    distance = found["matrix"]
    if measure.diverse != "higher":
        distance = value(churn, tally(pool, churn.needs, missing=missing))
    distance = ((distance + distance.T) / 2).clamp_min(0)
    distance.fill_diagonal_(0)
    order, joins = similarity_tree(distance)
    found |= {"order": order, "joins": joins}
    return {key: part.cpu().numpy() for key, part in found.items()} | _placed(distance)


def pair_measures() -> dict[str, Measure]:
    """Every measure of pairs by name, those of the catalogue and those of embeddings."""
    return {measure.name: measure for measure in of_kind("pair")} | REPRESENTATIONS


def _of(pool: Bundle, measure: Measure, missing: str) -> dict[str, Tensor]:
    """A measure of the catalogue [M, M] with its interval and the samples behind it."""
    behind = next((need for need in measure.needs if need.startswith("both_")), "both_scored")
    sums = tally(pool, (*measure.needs, behind), missing=missing)
    low, high = intervals(pool, [measure], missing=missing)[measure.name]
    return {"matrix": value(measure, sums), "low": low, "high": high, "n": sums[behind]}


def _of_embeddings(pool: Bundle, name: str) -> dict[str, Tensor]:
    """A similarity of embeddings [M, M], for which no interval is made."""
    found = representation_similarity(pool, name)
    unknown = torch.full_like(found.matrix, torch.nan)
    there = torch.tensor([model in pool.model_embeddings for model in pool.models])
    n = (there[:, None] & there) * found.samples
    return {"matrix": found.matrix, "low": unknown, "high": unknown, "n": n}


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
