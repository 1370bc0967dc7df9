"""Calibration, difficulty, doubt, embeddings and labelling of a strange bundle."""

import torch
from stress.case import CLOSE, ROUNDED, Case, Steps, interval, same, sound, within

from analysis.abstention import (
    answered_by_confidence,
    coverage_at_risk,
    risk_at_coverage,
    risk_coverage,
)
from analysis.bundle import Bundle
from analysis.calibration import classwise_ece, debiased_calibration_error, reliability
from analysis.calibration_errors import calibration_errors, why_undefined
from analysis.camps import camps, confidence_by_outcome, following
from analysis.catalog import CATALOG, value
from analysis.confidence import confidence_in, confidence_of
from analysis.detection import detection_report
from analysis.discrepant import discrepant
from analysis.dynamics import aum, checkpoints, forgetting_of, repeated_epochs
from analysis.ensemble import Ensemble, combine
from analysis.labelling import curve_allocation, learning_curves, neyman_allocation, smoothed_spread
from analysis.neighbours import neighbourhood, outcomes_around
from analysis.outcomes import outcomes
from analysis.projection import classical_mds, pca, similarity_tree
from analysis.quality import aurc
from analysis.representations import REPRESENTATIONS, rdm_correlation, representation_similarity
from analysis.slices import embedding_clusters
from analysis.splits import split
from analysis.suspects import suspects
from analysis.temperature import rescaled, temperature_report
from analysis.unlabelled import accuracy_from_agreement
from analysis.vendi import group_vendi, sample_vendi


def sample_steps(case: Case) -> Steps:
    bundle = case.bundle
    for model in bundle.models:
        yield "calibration", lambda model=model: _calibration(bundle, model)
        yield "detection", lambda model=model: _detected(case, model)
        yield "abstention", lambda model=model: _abstention(case, model)
    yield "temperatures held out", lambda: _temperatures(case)
    yield "camps", lambda: _camps(case)
    yield "suspects", lambda: _suspects(bundle)
    yield "training", lambda: _training(bundle)
    yield "labelling", lambda: _labelling(case)
    yield "unlabelled", lambda: sound(accuracy_from_agreement(bundle))
    yield "discrepant", lambda: _discrepant(bundle)
    yield "maps of models", lambda: _model_maps(case)
    for name in REPRESENTATIONS:
        yield name, lambda name=name: _similarity(bundle, name)
    if bundle.embeddings is not None:
        yield "embeddings", lambda: _embeddings(case)


def _calibration(bundle: Bundle, model: str) -> None:
    """Errors of calibration are shares; what is undefined has a reason, and only that."""
    found = calibration_errors(bundle, model)
    assert found.pop("n") >= 0
    within(torch.tensor(list(found.values())).abs(), 0, 1, found)
    reason = why_undefined(bundle, model)
    unknown = [name for name, error in found.items() if error != error]
    assert bool(unknown) == bool(reason), (found, reason)
    sure, row = confidence_of(bundle, model, stored=True), bundle.models.index(model)
    if sure is None:
        return
    known = sure.isfinite() & (bundle.grades[row] >= 0)
    for scheme in ("width", "mass"):
        table = reliability(sure[known], bundle.correct[row, known], scheme=scheme)
        assert int(table.count.sum()) == int(known.sum())
        within(debiased_calibration_error(table).plugin, 0, None, scheme)
    if model in bundle.probabilities and bundle.labels is not None:
        rows = bundle.probabilities[model][known]
        within(classwise_ece(rows, bundle.labels[known]), 0, 1, "classwise")


def _detected(case: Case, model: str) -> None:
    parts = split(case.bundle, seed=case.seed)
    found = detection_report(case.bundle, model, parts)
    for name in ("auroc", "fpr", "aurc"):
        within(getattr(found, name), 0, 1, name)
    some = 0 < found.wrong_held_out < found.n_held_out
    assert bool(found.auroc.isfinite().all()) == some
    assert bool(found.auroc.isfinite().any()) == some


def _abstention(case: Case, model: str) -> None:
    """Curves of risk and coverage, whatever the order and any rising scale of confidence."""
    single = case.bundle.select((model,))
    sure, right, _ = answered_by_confidence(single, missing=case.missing)
    found = risk_coverage(sure, right)
    sound(found)
    within(found.risk, 0, 1, "risk")
    interval(found.low, found.risk, found.high, "risk")
    area = aurc(sure, right)
    assert bool(area.isfinite()) == bool(len(sure))
    within(area, 0, 1, "aurc")
    order = case.shuffled(len(sure))
    same(aurc(sure[order], right[order]), area, "order")
    # Ranks, squared: exp would make one of two neighbours that differ in the last bit.
    ranks = sure[order].unique(return_inverse=True)[1].double()
    same(aurc(ranks.square(), right[order]), area, "rising transform", ROUNDED)
    assert not found.excess < -CLOSE, found.excess
    for level in (0.0, 0.3, 1.0):
        within(torch.tensor(coverage_at_risk(sure, right, level)), 0, 1, "coverage")
        within(torch.tensor(risk_at_coverage(sure, right, level)), 0, 1, "risk")


def _temperatures(case: Case) -> None:
    """On the samples that they are fitted to, temperatures never raise the log loss."""
    bundle = case.bundle
    parts = split(bundle, seed=case.seed)
    found = temperature_report(bundle, parts)
    for name in ("ece_before", "ece_after"):
        within(getattr(found, name), 0, 1, name)
    seen = temperature_report(bundle, type(parts)(parts.fit, parts.fit, "the same"))
    better = seen.log_loss_after <= seen.log_loss_before + ROUNDED
    own = slice(0, len(found.models) - 3)
    assert (better | seen.log_loss_after.isnan())[own].all(), seen
    heats = dict(zip(found.models[own], found.temperature[own].tolist(), strict=True))
    known = {model: heat for model, heat in heats.items() if heat == heat}
    other = rescaled(bundle, known)
    for model in known:
        said = bundle.predictions[bundle.models.index(model)] >= 0
        before, after = (each.probabilities[model][said].double() for each in (bundle, other))
        top = after.gather(1, before.argmax(1, keepdim=True))
        assert (top >= after.amax(1, keepdim=True) - ROUNDED).all(), "the likeliest class stays"


def _camps(case: Case) -> None:
    bundle = case.bundle
    whole = combine(bundle, Ensemble(bundle.models))
    codes = outcomes(bundle, whole, missing=case.missing).codes
    found = camps(bundle)
    sound(found)
    for table in (following(found, codes, bundle.units), confidence_by_outcome(found, codes)):
        for name, values in table.items():
            within(values.double(), None, None, name)
    confidence_in(bundle, whole)


def _suspects(bundle: Bundle) -> None:
    found = suspects(bundle)
    assert sorted(found.rank[found.rank >= 0].tolist()) == list(range(found.n))
    assert not (found.flagged & (found.given < 0)).any()
    within(found.self_confidence, 0, 1, "self-confidence")
    within(found.consensus, 0, 1, "consensus")


def _training(bundle: Bundle) -> None:
    repeated_epochs(bundle)
    for rows in checkpoints(bundle).values():
        found = forgetting_of(bundle, rows)
        assert (found.events <= len(rows) // 2).all()
        assert not (found.never & (found.first_learned >= 0)).any()
        within(aum(bundle, rows), None, None, "area under the margin")


def _labelling(case: Case) -> None:
    bundle = case.bundle
    whole = combine(bundle, Ensemble(bundle.models))
    for grouping in bundle.groups.values():
        judged = whole.grades[0] >= 0
        have = grouping.sizes(judged)
        spread = smoothed_spread(grouping.sizes(whole.correct[0] & judged), have)
        within(spread, 0, 0.5 + CLOSE, "spread")
        free = grouping.sizes(~bundle.labelled)
        for room in (None, free):
            given = neyman_allocation(grouping.sizes(), spread, 3, labelled=have, free=room)
            assert int(given.sum()) == (3 if room is None else min(3, int(free.sum())))
            assert room is None or (given <= free).all()
        amounts = torch.arange(1, len(bundle.models) + 1).double()
        errors = 1 - value(CATALOG["accuracy"], case.sums)[:, None].expand(-1, len(have))
        curves = learning_curves(amounts, errors)
        more = curve_allocation(curves, grouping.sizes(), torch.full_like(spread, 5.0), 3)
        assert int(more.sum()) == 3


def _discrepant(bundle: Bundle) -> None:
    found = discrepant(bundle, bundle.models[0], bundle.models[-1], k=3)
    assert len(found.rows) <= 3
    within(found.distance, 0, None, found.by)


def _model_maps(case: Case) -> None:
    for name in ("disagreement_labels", "js_nats"):
        distance = value(CATALOG[name], case.sums)
        points, shares = classical_mds(distance.fill_diagonal_(0))
        assert points.shape == (len(case.bundle.models), 2)
        within(shares, None, None, "spread along each axis")
        order = similarity_tree(distance)[0]
        assert sorted(order.tolist()) == list(range(len(distance)))


def _similarity(bundle: Bundle, name: str) -> None:
    found = representation_similarity(bundle, name)
    low, high = REPRESENTATIONS[name].bounds
    within(found.matrix, None if low is None else low - ROUNDED, high + ROUNDED, name)
    same(found.matrix, found.matrix.T, name)


def _embeddings(case: Case) -> None:
    bundle = case.bundle
    points, samples = bundle.embeddings, len(bundle.ids)
    found = pca(points)
    assert found.shape == (samples, 2)
    within(found, None, None, "map")
    numbers = torch.tensor([score for name, score in sample_vendi(points).items() if name != "n"])
    within(numbers, 1, samples, "effective samples")
    assert (numbers.diff() <= ROUNDED).all() or numbers.isnan().any(), numbers
    twice = sample_vendi(torch.cat([points, points]))
    expected = sample_vendi(points)
    for name in expected:
        if name != "n":
            same(torch.tensor(twice[name]), torch.tensor(expected[name]), name, ROUNDED)
    for grouping in bundle.groups.values():
        group_vendi(points, grouping, least=1, seed=case.seed)
    clusters = embedding_clusters(points, seed=case.seed)
    assert int(clusters.sizes().sum()) == samples
    around = neighbourhood(bundle, torch.arange(samples), 3)
    within(around.distances, 0, None, "distances")
    codes = outcomes(bundle, combine(bundle, Ensemble(bundle.models))).codes
    within(outcomes_around(codes, around.rows)["overall"], 0, 1, "outcomes around")
    rdm_correlation([points, points])
