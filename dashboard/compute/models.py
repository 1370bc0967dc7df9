"""Models one by one and in pairs."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.catalog import CATALOG, of_kind, value
from analysis.intervals import accuracy_interval
from analysis.judging import judged_answers
from analysis.measure import Measure
from analysis.projection import classical_mds, similarity_tree
from analysis.representations import REPRESENTATIONS, representation_similarity
from analysis.resampling import sums_and_intervals
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
    basis, between = measure, found["matrix"]
    if not measure.distance:
        basis = _nearest_distance(pool)
        between = torch.from_numpy(_between(_bundle, fingerprint, models, basis.name, missing))
    between = ((between + between.T) / 2).clamp_min(0)
    between.fill_diagonal_(0)
    order, joins = similarity_tree(between)
    found |= {"order": order, "joins": joins}
    placed = _placed(between.sqrt() if basis.distance == "root" else between)
    return {key: part.cpu().numpy() for key, part in found.items()} | placed | {"basis": basis.name}


def _nearest_distance(pool: Bundle) -> Measure:
    """The measure whose distances stand in for a measure that is none.

    Probabilities tell most of two models, but only where all have them; grades alone leave only
    who is right.
    """
    if pool.grades_alone:
        return CATALOG["error_disagreement"]
    scored = all(model in pool.probabilities for model in pool.models)
    return CATALOG["js_nats" if scored else "disagreement_labels"]


@cached()
def _between(
    _bundle: Bundle, fingerprint: str, models: tuple[str, ...], name: str, missing: str
) -> np.ndarray:
    measure = CATALOG[name]
    sums = tally(_bundle.select(models), measure.needs, missing=missing)
    return value(measure, sums).cpu().numpy()


def pair_measures() -> dict[str, Measure]:
    """Every measure of pairs by name, those of the catalogue and those of embeddings."""
    return {measure.name: measure for measure in of_kind("pair")} | REPRESENTATIONS


def _of(pool: Bundle, measure: Measure, missing: str) -> dict[str, Tensor]:
    """A measure of the catalogue [M, M] with its interval and the samples behind it."""
    behind = next((need for need in measure.needs if need.startswith("both_")), "both_scored")
    sums, ends = sums_and_intervals(pool, [measure], needs=(behind,), missing=missing)
    low, high = ends[measure.name]
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
    placed, eigenvalues = classical_mds(distance[known][:, known])
    coordinates = torch.full((len(distance), 2), torch.nan, dtype=torch.float64)
    coordinates[known.cpu()] = placed.cpu()
    positive = eigenvalues.clamp_min(0)
    return {
        "coordinates": coordinates.numpy(),
        "explained": float(positive[:2].sum() / positive.sum().clamp_min(1e-300)),
    }


def pairs(bundle: Bundle, models: Sequence[str], measure: Measure, missing: str) -> dict:
    """A pair measure of M models, the tree of similar models and a map of them.

    Returns:
        "matrix", "low", "high", "n" [M, M]; "order" [M] and "joins" [M - 1, 3] of the tree;
        "coordinates" [M, 2] of the map with the share "explained"; and "basis", the name of the
        measure whose distances tree and map show: this one, or another where it is no distance.
    """
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
