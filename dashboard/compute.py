"""Cached numbers for the views: the only file with st.cache_*, and where tensors become numpy.

Everything is keyed by the fingerprint of the bundle it is computed on. A selection is such a
bundle too (`scope`), so no function below knows of selections.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st
import torch

from analysis import groups as group_measures
from analysis.bundle import Bundle
from analysis.catalog import CATALOG, value
from analysis.ensemble import Ensemble, combine
from analysis.intervals import accuracy_interval, group_interval
from analysis.loading import Options, Reading, Source, load_bundle, read
from analysis.measure import Measure
from analysis.outcomes import OUTCOMES, against, corrected_against_majority, ledger, outcomes
from analysis.pareto import ranks
from analysis.projection import classical_mds, pca, similarity_order
from analysis.rules import RULES, local_codes
from analysis.search import evaluate
from analysis.summary import best_single, judge, judged_answers
from analysis.sums import confidence_of
from analysis.tally import tally
from analysis.teams import sample_teams
from dashboard.state import Choices, narrowing
from dashboard.theme import DASH, shortened

cached = partial(st.cache_data, show_spinner=False, max_entries=256)
kept = partial(st.cache_resource, show_spinner=False, max_entries=64)

FRONT_TEAMS = 240
FRONT_SIZES = (2, 3, 4, 5, 7, 10)
CURVE_TEAMS = 100


@kept(max_entries=4)
def reading(names: tuple[tuple[str, str], ...], _sources: tuple[Source, ...]) -> Reading:
    """What these uploads hold, read once; names are (file name, id of the upload)."""
    return read(_sources, Options())


@kept()
def opened(paths: tuple[str, ...]) -> Bundle:
    """The bundle behind these paths, loaded once for all sessions."""
    return load_bundle(*(Path(path) for path in paths))


def scope(choices: Choices, panel: str) -> Bundle:
    """The samples that a panel looks at: the selection where another panel made one."""
    current = narrowing(panel)
    if current is None:
        return choices.bundle
    return _taken(choices.bundle, choices.bundle.fingerprint, current.digest, current.positions)


def narrowed(bundle: Bundle, choices: Choices) -> int | None:
    """Samples of a narrowed bundle; None when it is the whole one."""
    return None if bundle is choices.bundle else len(bundle.ids)


@kept()
def _taken(_bundle: Bundle, fingerprint: str, digest: str, _positions: np.ndarray) -> Bundle:
    return _bundle.take(torch.from_numpy(_positions).long())


@cached()
def _model_table(_bundle: Bundle, fingerprint: str, missing: str) -> dict[str, np.ndarray]:
    sums = tally(_bundle, CATALOG["accuracy"].needs, missing=missing)
    low, high = accuracy_interval(_bundle.correct, judged_answers(_bundle, missing), _bundle.units)
    return {
        "accuracy": value(CATALOG["accuracy"], sums).cpu().numpy(),
        "low": low.cpu().numpy(),
        "high": high.cpu().numpy(),
        "judged": sums["graded"].cpu().numpy(),
        "gaps": (~_bundle.answered).sum(1).cpu().numpy(),
    }


def model_table(bundle: Bundle, missing: str) -> dict[str, np.ndarray]:
    """Accuracy [M], its interval, judged answers and gaps of every model."""
    return _model_table(bundle, bundle.fingerprint, missing)


def accuracy_of(bundle: Bundle, model: str, missing: str) -> dict[str, float]:
    """Accuracy of one model with its interval: accuracy, low, high."""
    table, row = model_table(bundle, missing), bundle.models.index(model)
    return {name: float(table[name][row]) for name in ("accuracy", "low", "high")}


@kept()
def _combined(_bundle: Bundle, fingerprint: str, members: tuple[str, ...], rule: str) -> Bundle:
    return combine(_bundle, Ensemble(members, rule))


def combined(bundle: Bundle, ensemble: Ensemble) -> Bundle:
    """The ensemble as a bundle of one model."""
    return _combined(bundle, bundle.fingerprint, ensemble.members, ensemble.rule)


@cached()
def _reference(_bundle: Bundle, fingerprint: str, members: tuple[str, ...], missing: str):
    return best_single(_bundle.select(members), missing=missing)


def reference(choices: Choices) -> str | None:
    """The most accurate member, judged on all samples; None without labels."""
    bundle = choices.bundle
    return _reference(bundle, bundle.fingerprint, choices.ensemble.members, choices.missing)


@cached()
def _judged(
    _bundle: Bundle,
    fingerprint: str,
    members: tuple[str, ...],
    rule: str,
    missing: str,
    reference: str | None,
) -> dict:
    return judge(_bundle, Ensemble(members, rule), reference=reference, missing=missing)


def judged(choices: Choices, bundle: Bundle, rule: str | None = None) -> dict:
    """Everything about the active ensemble (or its members under another rule) on a bundle."""
    return _judged(
        bundle,
        bundle.fingerprint,
        choices.ensemble.members,
        rule or choices.ensemble.rule,
        choices.missing,
        reference(choices),
    )


def usable_rules(choices: Choices) -> list[str]:
    """Rules that the members can answer."""
    scored = all(member in choices.bundle.probabilities for member in choices.ensemble.members)
    return [name for name, rule in RULES.items() if scored or rule.needs == "predictions"]


@cached()
def _outcome_table(
    _bundle: Bundle,
    fingerprint: str,
    members: tuple[str, ...],
    rule: str,
    missing: str,
    reference: str | None,
) -> dict[str, np.ndarray]:
    team = _bundle.select(members)
    whole = combined(_bundle, Ensemble(members, rule))
    found = outcomes(team, whole, missing=missing)
    majority = combined(_bundle, Ensemble(members, "plurality"))
    table = {
        "codes": found.codes,
        "members_right": found.members_right,
        "right": found.right,
        "judged": found.judged,
        "against_majority": corrected_against_majority(found, majority),
        "ledger": ledger(found, len(members)),
        "answers": whole.predictions[0],
    }
    if reference is not None:
        table["change"] = against(whole, _bundle.select((reference,)), missing=missing)
    return {name: tensor.cpu().numpy() for name, tensor in table.items()}


def outcome_table(
    choices: Choices, bundle: Bundle, rule: str | None = None
) -> dict[str, np.ndarray]:
    """Per sample: outcome code [N], members right, ensemble right, judged, against majority."""
    return _outcome_table(
        bundle,
        bundle.fingerprint,
        choices.ensemble.members,
        rule or choices.ensemble.rule,
        choices.missing,
        reference(choices),
    )


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
    distance = distance.clone()
    distance.fill_diagonal_(0)
    coordinates, eigenvalues = classical_mds(distance.sqrt())
    positive = eigenvalues.clamp_min(0)
    return {
        "matrix": matrix.cpu().numpy(),
        "n": sums[measure.needs[0]].cpu().numpy(),
        "order": similarity_order(distance).cpu().numpy(),
        "coordinates": coordinates.cpu().numpy(),
        "explained": float(positive[:2].sum() / positive.sum().clamp_min(1e-300)),
    }


def pairs(bundle: Bundle, models: Sequence[str], measure: Measure, missing: str) -> dict:
    """A pair measure [M, M] with its n, an order of similar models and a map of them."""
    return _pairs(bundle, bundle.fingerprint, tuple(models), measure.name, missing)


@cached()
def differing(_bundle: Bundle, fingerprint: str, pairs: tuple[tuple[str, str], ...]) -> np.ndarray:
    """Rows of the samples on which any of these pairs of models answers differently."""
    differ = torch.zeros(len(_bundle.ids), dtype=torch.bool, device=_bundle.device)
    for first, second in pairs:
        one, other = _bundle.select((first, second)).predictions
        differ |= (one != other) & (one >= 0) & (other >= 0)
    return differ.nonzero().flatten().cpu().numpy()


@cached()
def _front(
    _bundle: Bundle, fingerprint: str, rule: str, missing: str, active: tuple[str, ...], seed: int
) -> dict[str, np.ndarray]:
    models = _bundle.models
    if RULES[rule].needs == "probabilities":
        models = tuple(model for model in models if model in _bundle.probabilities)
    pool = _bundle.select(models)
    membership = sample_teams(len(models), FRONT_SIZES, FRONT_TEAMS, seed=seed)
    chosen = torch.tensor([model in active for model in models])
    if len(active) > 1 and int(chosen.sum()) == len(active):
        membership = torch.cat([membership, chosen[None]])
    found = evaluate(pool, membership, rule, missing=missing)
    objectives = torch.stack([found.accuracy, found.disagreement, found.stability], dim=1)
    return {
        "models": np.array(models, dtype=object),
        "membership": membership.numpy(),
        "accuracy": found.accuracy.cpu().numpy(),
        "disagreement": found.disagreement.cpu().numpy(),
        "stability": found.stability.cpu().numpy(),
        "judged": found.judged.cpu().numpy(),
        "rank": ranks(objectives, ("max", "max", "max")).cpu().numpy(),
    }


def front(choices: Choices, bundle: Bundle, seed: int = 0) -> dict[str, np.ndarray]:
    """Sampled teams with accuracy, mean disagreement, stability and rank (0 = on the front)."""
    ensemble = choices.ensemble
    return _front(
        bundle, bundle.fingerprint, ensemble.rule, choices.missing, ensemble.members, seed
    )


@cached()
def _group_table(
    _bundle: Bundle,
    fingerprint: str,
    members: tuple[str, ...],
    rule: str,
    missing: str,
    column: str,
) -> dict[str, np.ndarray]:
    team = _bundle.select(members)
    both = team.append(combined(_bundle, Ensemble(members, rule)))
    measure = CATALOG["group_accuracy"]
    sums = tally(both, measure.needs, groups=(column,), missing=missing)
    graded = sums[f"group_graded/{column}"]
    rate = value(measure, sums, group=column)
    grouping = both.groups[column]
    low, high = group_interval(
        both.correct,
        judged_answers(both, missing),
        grouping.codes,
        len(grouping.levels),
        both.units,
    )
    worst, gap = group_measures.worst_and_gap(rate, graded)
    table = {"accuracy": rate, "low": low, "high": high, "n": graded, "worst": worst, "gap": gap}
    return {name: tensor.cpu().numpy() for name, tensor in table.items()}


def group_table(choices: Choices, bundle: Bundle, column: str) -> dict[str, np.ndarray]:
    """Accuracy [K + 1, G] of members and, last, the ensemble, with intervals and n."""
    ensemble = choices.ensemble
    return _group_table(
        bundle, bundle.fingerprint, ensemble.members, ensemble.rule, choices.missing, column
    )


@cached()
def _size_curve(
    _bundle: Bundle,
    fingerprint: str,
    members: tuple[str, ...],
    rule: str,
    missing: str,
    column: str,
    seed: int,
) -> dict[str, np.ndarray]:
    found = group_measures.size_curve(
        _bundle.select(members), rule, column, teams=CURVE_TEAMS, missing=missing, seed=seed
    )
    return {name: tensor.cpu().numpy() for name, tensor in found.items()}


def size_curve(choices: Choices, bundle: Bundle, column: str, models: Sequence[str], seed: int = 0):
    """Accuracy per group against team size, over teams drawn from these models."""
    return _size_curve(
        bundle,
        bundle.fingerprint,
        tuple(models),
        choices.ensemble.rule,
        choices.missing,
        column,
        seed,
    )


@cached()
def _pca(_bundle: Bundle, fingerprint: str) -> np.ndarray:
    return pca(_bundle.embeddings).cpu().numpy()


def pca_map(bundle: Bundle) -> np.ndarray:
    """First two principal components of the embeddings, float32 [N, 2]."""
    return _pca(bundle, bundle.fingerprint)


@cached()
def _confidences(_bundle: Bundle, fingerprint: str, members: tuple[str, ...]) -> np.ndarray:
    rows = [confidence_of(_bundle, member) for member in members]
    unknown = torch.full((len(_bundle.ids),), torch.nan, dtype=torch.float64)
    return np.stack([(unknown if row is None else row).cpu().numpy() for row in rows])


def confidences(bundle: Bundle, members: Sequence[str]) -> np.ndarray:
    """Confidence of these models in their own answers, float64 [K, N], NaN where unknown."""
    return _confidences(bundle, bundle.fingerprint, tuple(members))


@cached()
def _different_answers(_bundle: Bundle, fingerprint: str, members: tuple[str, ...]) -> np.ndarray:
    codes, _ = local_codes(_bundle.select(members).predictions)
    return (codes.amax(0) + 1).cpu().numpy()


def different_answers(bundle: Bundle, members: Sequence[str]) -> np.ndarray:
    """How many different answers these models give per sample, int32 [N]."""
    return _different_answers(bundle, bundle.fingerprint, tuple(members))


@cached()
def hover(
    _bundle: Bundle, fingerprint: str, ensemble: str, _table: dict[str, np.ndarray]
) -> list[str]:
    """One text per sample, not escaped, in lines: id, label, the ensemble's answer, outcome."""
    names = np.array([*_bundle.classes, DASH], dtype=object)
    labels = np.full(len(_bundle.ids), -1) if _bundle.labels is None else _bundle.labels.cpu()
    outcome = np.array([*OUTCOMES, "not judged"], dtype=object)[_table["codes"]]
    rows = zip(
        _bundle.ids,
        names[np.asarray(labels)],
        names[_table["answers"]],
        outcome,
        _table["members_right"].tolist(),
        strict=True,
    )
    return [
        f"{shortened(sample, 60)}\nlabel {shortened(label)}, ensemble {shortened(said)} ({made})\n"
        f"{right} members right"
        for sample, label, said, made, right in rows
    ]
