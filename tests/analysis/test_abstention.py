"""Risk against coverage, the selective vote over alpha, and windows of cascades."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from known import t12
from made import bundle_of, random_bundle

from analysis.abstention import (
    answered_by_confidence,
    coverage_at_risk,
    kept_at,
    risk_at_coverage,
    risk_coverage,
)
from analysis.bundle import BundleError
from analysis.confidence import confidence_in
from analysis.ensemble import Ensemble, combine
from analysis.quality import aurc
from analysis.selective import ALPHAS, not_repeated, selective_votes
from analysis.splits import split
from analysis.windows import (
    TARGETS,
    Target,
    judged_window,
    quantiles,
    threshold_for,
    window_around,
)


def drawn(samples, seed, levels=0):
    random = torch.Generator().manual_seed(seed)
    confidence = torch.rand(samples, generator=random, dtype=torch.float64)
    if levels:
        confidence = (confidence * levels).floor() / levels
    return confidence, torch.rand(samples, generator=random) < 0.3 + 0.6 * confidence


@settings(max_examples=40, deadline=None)
@given(samples=st.integers(1, 300), seed=st.integers(0, 999), levels=st.sampled_from([0, 1, 3, 9]))
def test_a_reachable_point_is_what_its_threshold_answers(samples, seed, levels):
    confidence, right = drawn(samples, seed, levels)
    curve = risk_coverage(confidence, right, points=20)
    assert len(curve.kept) <= 20
    assert (curve.kept[0], curve.kept[-1]) == (1, samples)
    assert (curve.kept[1:] > curve.kept[:-1]).all()
    assert (curve.threshold[1:] <= curve.threshold[:-1]).all()
    assert curve.reachable[-1]
    for point in curve.reachable.nonzero().flatten().tolist():
        answered = confidence >= curve.threshold[point]
        assert int(answered.sum()) == int(curve.kept[point])
        assert curve.risk[point].item() == pytest.approx((~right[answered]).double().mean().item())
    assert ((curve.low <= curve.risk + 1e-12) & (curve.risk <= curve.high + 1e-12)).all()
    assert 0 <= curve.excess <= curve.aurc + 1e-12
    assert curve.risk[-1].item() == pytest.approx((~right).double().mean().item())


def test_every_threshold_is_drawn_where_there_are_few():
    confidence, right = drawn(5000, 1, levels=7)
    curve = risk_coverage(confidence, right)
    assert set(curve.threshold[curve.reachable].tolist()) == set(confidence.tolist())
    assert len(curve.kept) > 100


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 999), levels=st.sampled_from([1, 2, 4]))
def test_the_order_of_equally_sure_samples_makes_no_difference(seed, levels):
    confidence, right = drawn(50, seed, levels)
    order = torch.randperm(50, generator=torch.Generator().manual_seed(seed))
    one, other = risk_coverage(confidence, right), risk_coverage(confidence[order], right[order])
    assert torch.allclose(one.risk, other.risk)
    assert one.aurc == pytest.approx(other.aurc)


def test_thinning_changes_no_area():
    confidence, right = drawn(3000, 3)
    few, many = (risk_coverage(confidence, right, points=points) for points in (10, 6000))
    assert few.aurc == many.aurc == float(aurc(confidence, right))
    assert few.trapezoid == many.trapezoid
    assert many.risk.mean().item() == pytest.approx(many.aurc)
    assert many.reachable.all()


@settings(max_examples=30, deadline=None)
@given(samples=st.integers(1, 80), seed=st.integers(0, 999), risk=st.floats(0, 1))
def test_coverage_at_a_risk_is_the_last_point_of_the_curve_below_it(samples, seed, risk):
    confidence, right = drawn(samples, seed)
    curve = risk_coverage(confidence, right, points=1000)
    below = curve.coverage[curve.risk <= risk + 1e-12]
    expected = float(below.max()) if len(below) else 0.0
    assert coverage_at_risk(confidence, right, risk) == pytest.approx(expected)
    assert risk_at_coverage(confidence, right, 1.0) == pytest.approx(curve.risk[-1].item())


def test_without_samples_nothing_is_defined():
    nothing = torch.zeros(0), torch.zeros(0, dtype=torch.bool)
    curve = risk_coverage(*nothing)
    assert len(curve.kept) == curve.n == 0
    assert np.isnan([curve.aurc, curve.excess, curve.trapezoid]).all()
    assert np.isnan([coverage_at_risk(*nothing, 0.1), risk_at_coverage(*nothing, 0.8)]).all()
    with pytest.raises(BundleError, match="no judged sample"):
        threshold_for(*nothing, TARGETS["risk_5"])


def test_a_share_of_samples_is_rounded_up_but_not_by_rounding_errors():
    assert [kept_at(20, share) for share in (0.8, 0.81, 0.0, 1.0)] == [16, 17, 1, 20]
    assert kept_at(10, 0.7) == 7
    with pytest.raises(BundleError, match="between 0 and 1"):
        kept_at(10, 1.2)


def test_a_missing_answer_is_the_least_sure_and_wrong_where_gaps_are_wrong():
    table = torch.tensor([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]])
    bundle = bundle_of([[0, 1, -1]], [0, 0, 1], "xy", probabilities={"a": table})
    known, right, rows = answered_by_confidence(bundle)
    assert (rows.tolist(), right.tolist()) == ([0, 1], [True, False])
    assert known.tolist() == pytest.approx([0.9, 0.6])
    known, right, rows = answered_by_confidence(bundle, missing="wrong")
    assert (rows.tolist(), right.tolist()) == ([0, 1, 2], [True, False, False])
    curve = risk_coverage(known, right)
    assert curve.risk[-1].item() == pytest.approx(2 / 3)
    assert curve.threshold[-1] == -torch.inf


def test_a_model_that_never_says_how_sure_it_is_has_no_curve():
    bundle = bundle_of([[0, -1]], [0, 0], "xy")
    for missing in ("exclude", "wrong"):
        assert len(answered_by_confidence(bundle, missing=missing)[0]) == 0


def test_a_vote_is_as_sure_as_the_share_that_voted_for_it():
    bundle = bundle_of([[0, 0, -1, -1], [0, 1, 1, -1], [1, 2, 1, -1]], [0, 0, 1, 1])
    whole = combine(bundle, Ensemble(bundle.models, "plurality"))
    sure = confidence_in(bundle, whole).tolist()
    assert sure[:3] == pytest.approx([2 / 3, 1 / 3, 1.0])
    assert np.isnan(sure[3])


@pytest.mark.parametrize("gaps", [0.0, 0.3])
@pytest.mark.parametrize("missing", ["exclude", "wrong"])
def test_points_of_the_selective_vote_are_those_of_its_rule(gaps, missing):
    bundle = random_bundle(9, 200, 3, seed=2, gaps=gaps, accuracy=0.4)
    found = selective_votes(bundle, bundle.models, column="region", missing=missing)
    judged = bundle.answered.any(0) if missing == "exclude" else torch.ones(200, dtype=torch.bool)
    membership = bundle.groups["region"].membership()
    for row, alpha in enumerate(ALPHAS):
        rule = Ensemble(bundle.models, "selective", {"alpha": alpha})
        whole = combine(bundle, rule)
        kept = (whole.predictions[0] >= 0) & judged
        right = whole.correct[0] & judged
        assert found.kept[row] == kept.sum()
        assert found.coverage[row].item() == pytest.approx((kept.sum() / judged.sum()).item())
        expected = (right.sum() / judged.sum()).item()
        assert found.accuracy_of_all[row].item() == pytest.approx(expected)
        if kept.any():
            assert found.accuracy[row].item() == pytest.approx((right.sum() / kept.sum()).item())
        inside = (kept[:, None] & membership).sum(0) / (judged[:, None] & membership).sum(0)
        assert found.group_coverage[row].tolist() == pytest.approx(inside.tolist())
    assert found.n == judged.sum()
    assert (found.kept[1:] <= found.kept[:-1]).all()


def test_members_of_several_families_are_no_repeated_runs():
    bundle = random_bundle(3)
    assert "do not say" in not_repeated(bundle, bundle.models)
    mixed = replace(bundle, model_info={"family": np.array(["x", "x", "y"])}, fingerprint="")
    assert "2 families" in not_repeated(mixed, bundle.models)
    assert not_repeated(mixed, bundle.models[:2]) == ""
    assert not_repeated(bundle, bundle.models[:1]) == ""


@settings(max_examples=40, deadline=None)
@given(
    samples=st.integers(1, 200),
    seed=st.integers(0, 999),
    levels=st.sampled_from([0, 2, 5]),
    name=st.sampled_from(list(TARGETS)),
)
def test_a_threshold_meets_its_target_and_a_window_lies_around_it(samples, seed, levels, name):
    scores, right = drawn(samples, seed, levels)
    target = TARGETS[name]
    threshold = threshold_for(scores, right, target)
    kept = scores >= threshold
    if target.of == "coverage":
        assert kept.double().mean() >= target.level - 1e-12
        assert (scores > threshold).double().mean() < target.level
    elif kept.any():
        assert (~right[kept]).double().mean() <= target.level + 1e-9
    window = window_around(scores, right, target)
    assert 0 <= window.lo <= window.hi <= 1
    if scores.min() <= threshold <= scores.max():
        assert window.lo <= threshold <= window.hi


def test_a_window_holds_ten_percent_of_the_scores_on_either_side():
    scores = torch.arange(101, dtype=torch.float64) / 100
    right = scores >= 0.3
    found = window_around(scores, right, Target("risk", 0.0))
    assert (found.threshold, found.lo, found.hi) == pytest.approx((0.3, 0.2, 0.4))
    never = window_around(scores, torch.zeros(101, dtype=torch.bool), Target("risk", 0.05))
    assert never.threshold == torch.inf
    assert (never.lo, never.hi) == pytest.approx((0.9, 1.0))
    always = window_around(scores, right, Target("coverage", 1.0))
    assert (always.threshold, always.lo, always.hi) == pytest.approx((0.0, 0.0, 0.1))


def test_quantiles_are_those_of_torch():
    values = torch.rand(77, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    shares = torch.tensor([0.0, 0.13, 0.5, 1.0], dtype=torch.float64)
    assert torch.allclose(quantiles(values, shares), values.quantile(shares))


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
def test_a_window_is_judged_on_what_it_was_not_fitted_on(missing):
    bundle = random_bundle(3, 400, 4, seed=8, gaps=0.1, accuracy=0.5)
    parts = split(bundle, seed=1)
    target = Target("coverage", 0.5)
    found = judged_window(bundle, bundle.models, target, parts, (1, 2, 4), missing=missing)
    labels = torch.where(parts.held_out, (bundle.labels + 1) % 4, bundle.labels)
    spoiled = replace(bundle, labels=labels.int(), grades=None, fingerprint="")
    again = judged_window(spoiled, bundle.models, target, parts, (1, 2, 4), missing=missing)
    assert again.window == found.window
    assert again.kept.tolist() == found.kept.tolist()
    assert (again.risk > found.risk).all()
    assert found.cost[0] == 1
    assert found.cost[2] == 7
    assert 1 < found.cost[1] < 7
    assert ((found.coverage - 0.5).abs() < 0.15).all()
    assert found.n_fit == int(parts.fit.sum())


def test_a_window_as_wide_as_all_scores_asks_everybody(cases):
    bundle = t12(cases["fixtures"]["T12"])
    scores, right, _ = answered_by_confidence(bundle.select(("C",)))
    whole = window_around(scores, right, Target("coverage", 0.5), width=1.0)
    rule = Ensemble(("C", "A"), "cascade", {"lo": whole.lo, "hi": whole.hi})
    everybody = combine(bundle, Ensemble(("C", "A"), "mean"))
    assert torch.equal(combine(bundle, rule).predictions, everybody.predictions)


@pytest.mark.parametrize("of", ["coverage", "risk"])
def test_a_window_is_made_of_the_scores_of_those_who_answered(of):
    scores = torch.cat([torch.full((30,), -torch.inf), torch.arange(101) / 100])
    right = scores > 0.4
    found = window_around(scores, right, Target(of, 0.3))
    assert 0 <= found.lo <= found.threshold <= found.hi <= 1
    silent = torch.full((5,), -torch.inf)
    with pytest.raises(BundleError, match="has answered none of the samples"):
        window_around(silent, silent > 0, Target(of, 0.3))


def test_a_window_cascade_can_start_with_a_member_that_is_often_silent():
    bundle = random_bundle(3, 200, 3, seed=4, gaps=0.3)
    for target in TARGETS.values():
        found = judged_window(bundle, bundle.models, target, split(bundle), missing="wrong")
        assert 0 <= found.window.lo <= found.window.hi <= 1


def test_each_way_is_covered_out_of_what_it_is_judged_on():
    bundle = random_bundle(2, 40, 3)
    grades = bundle.grades.clone()
    grades[1] = -1
    grades[1, ::4] = 0
    graded = replace(bundle, labels=None, grades=grades)
    found = judged_window(graded, graded.models, Target("risk", 1.0), split(graded))
    assert found.coverage.max() == 1
