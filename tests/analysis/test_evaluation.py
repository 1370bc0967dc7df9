"""Candidates evaluated in batches are what each is by itself."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from known import t12
from made import bundle_of, random_bundle, ready

from analysis import evaluation, team_layout, team_sums
from analysis.axes import usable_axes
from analysis.bundle import Bundle, BundleError
from analysis.candidate_plan import ORIGINS
from analysis.candidates import plan
from analysis.catalog import CATALOG, value
from analysis.ensemble import Ensemble, combine
from analysis.evaluation import evaluate_axes, expected_seconds, promising_first
from analysis.evenness import macro_std
from analysis.grading import judgeable
from analysis.groups import worst_and_gap
from analysis.kernels import model_vendi
from analysis.outcomes import outcomes
from analysis.pairwise import mean_over_pairs
from analysis.reached import LEAST
from analysis.rules import RULES
from analysis.search import evaluate
from analysis.tally import tally

PROBABLE = {"log_loss", "brier", "ece", "jensen_gap"}


def measured(bundle, name, **options):
    return value(CATALOG[name], tally(bundle, CATALOG[name].needs, **options))


def one_by_one(bundle, ensemble, missing, reference):
    """What `combine` and the catalog say of one candidate, {axis: float}."""
    one, team = combine(bundle, ensemble), bundle.select(ensemble.members)
    found = outcomes(team, one, missing=missing, labelled=judgeable(bundle))
    right, judged = found.right, found.judged
    expected = {"accuracy": right.sum().double() / judged.sum()}
    for name in ("log_loss", "brier", "ece"):
        if one.probabilities:
            expected[name] = measured(one, name)[0]
    for name, measure in CATALOG.items():
        if measure.kind == "pair" and measure.diverse and measure.symmetric:
            expected[name] = mean_over_pairs(measured(team, name, missing=missing))
    orders = {"vendi_q0.5": 0.5, "vendi_q1": 1.0, "vendi_q2": 2.0, "vendi_qinf": math.inf}
    sums = tally(team, ("both_answered", "same"), missing=missing)
    vendi = model_vendi(sums, kernel="label_agreement", orders=tuple(orders.values()))
    expected |= dict(zip(orders, list(vendi.values())[2:], strict=True))
    if bundle.gapless and ensemble.rule == "mean" and not ensemble.weights:
        expected["jensen_gap"] = measured(team, "jensen_gap")
    if bundle.gapless or missing == "wrong":
        expected["gd"] = measured(team, "gd", missing=missing)
    weights = ensemble.weights or (1.0,) * len(ensemble.members)
    every = torch.zeros(1, len(bundle.models), dtype=torch.float64)
    every[0, [bundle.models.index(name) for name in ensemble.members]] = torch.tensor(
        weights, dtype=torch.float64
    )
    expected["leave_one_out"] = math.nan
    if RULES[ensemble.rule].weighable:
        expected["leave_one_out"] = evaluate(bundle, every, ensemble.rule).stability[0]
    both = bundle.append(one)
    place = bundle.models.index(reference)
    expected["kept"] = 1 - measured(both, "nfr", missing=missing)[place, -1]
    inside = bundle.groups["region"].membership()
    n = (judged[:, None] & inside).sum(0)
    worst, gap = worst_and_gap(
        ((right[:, None] & inside).sum(0) / n.double())[None], n[None], least=LEAST
    )
    expected["worst_group"], expected["even"] = worst[0], 1 - gap[0]
    if bundle.labels is not None:
        classes = bundle.labels == torch.arange(len(bundle.classes))[:, None]
        cells = classes[:, None] & inside.T
        spread = macro_std((right & cells).sum(2), (judged & cells).sum(2))
        expected["even_in_classes"] = 1 - spread.macro
        expected["macro_f1"] = macro_f1(bundle, one, judged)
    expected["members"] = float(len(ensemble.members))
    return {name: float(number) for name, number in expected.items()}


def macro_f1(bundle, one, judged):
    scores = []
    for label in range(len(bundle.classes)):
        said, is_it = one.predictions[0] == label, bundle.labels == label
        said, is_it = said & judged, is_it & judged
        if said.any() or is_it.any():
            scores.append(2 * int((said & is_it).sum()) / int(said.sum() + is_it.sum()))
    return np.mean(scores) if scores else math.nan


@st.composite
def pools(draw):
    seed = draw(st.integers(0, 10_000))
    bundle = random_bundle(
        draw(st.integers(1, 5)),
        draw(st.integers(1, 130)),
        draw(st.integers(2, 5)),
        seed=seed,
        gaps=draw(st.sampled_from([0.0, 0.3, 0.8])),
        accuracy=draw(st.sampled_from([0.2, 1.0])),
        probabilities=draw(st.sampled_from([True, True, False])),
    )
    if draw(st.booleans()):
        generator = torch.Generator().manual_seed(seed)
        hidden = torch.rand(len(bundle.ids), generator=generator) < 0.3
        labels = torch.where(hidden, -1, bundle.labels)
        bundle = replace(bundle, labels=labels, grades=None, fingerprint="")
    return bundle


def usable(bundle, missing="exclude"):
    return [name for name, reason in usable_axes(bundle, missing=missing).items() if not reason]


def check(bundle, rule, missing, edges=(0.3,)):
    made = plan(bundle, rule, all_up_to=2, random_per_size=1, edges=edges)
    axes, reference = usable(bundle, missing), bundle.models[-1]
    if rule == "plurality":
        axes = [name for name in axes if name not in PROBABLE]
    found = evaluate_axes(bundle, made, axes, missing=missing, reference=reference)
    assert found.share == 1.0
    for row in range(len(made)):
        expected = one_by_one(bundle, made.ensemble(row), missing, reference)
        for name in axes:
            if name in expected:
                ours = found.column(name)[row].item()
                assert ours == pytest.approx(expected[name], abs=1e-9, nan_ok=True), name
        assert found.values[row].isfinite().any() or not len(axes)


@pytest.mark.parametrize("rule", ["plurality", "mean", "geometric", "inverse_entropy"])
def test_candidates_are_evaluated_as_one_by_one(rule):
    @settings(max_examples=5, deadline=None, derandomize=True)
    @given(bundle=pools(), missing=st.sampled_from(["exclude", "wrong"]))
    def each(bundle, missing):
        if bundle.probabilities or rule == "plurality":
            check(bundle, rule, missing)

    each()


@pytest.mark.parametrize("rule", ["plurality", "mean", "inverse_entropy"])
def test_the_compiled_kernel_evaluates_the_same(monkeypatch, rule):
    monkeypatch.setattr(team_layout.compiled, "chosen", lambda *_, **__: True)
    monkeypatch.setattr(team_layout, "UNCOUNTED", set())

    @settings(max_examples=15, deadline=None, derandomize=True)
    @given(bundle=pools(), missing=st.sampled_from(["exclude", "wrong"]))
    def each(bundle, missing):
        if not (bundle.probabilities or rule == "plurality"):
            return
        made = plan(bundle, rule, all_up_to=2, random_per_size=2, edges=(0.3,), greedy=False)
        weights = made.weights(torch.arange(len(made)))
        flags = torch.rand(3, len(bundle.ids), generator=torch.Generator().manual_seed(0)) < 0.4
        asked = ("log_loss", "stability", "named")
        ours = team_sums.team_sums(bundle, weights, rule, asked, flags=flags, missing=missing)
        with monkeypatch.context() as plain:
            plain.setattr(team_layout.compiled, "chosen", lambda *_, **__: False)
            other = team_sums.team_sums(bundle, weights, rule, asked, flags=flags, missing=missing)
        for name in ("n", "right", "agreeing", "compared", "scored", "flag_n", "flag_right"):
            assert torch.equal(getattr(ours, name), getattr(other, name)), name
        assert torch.equal(ours.named, other.named)
        assert torch.allclose(ours.loss_sum, other.loss_sum, rtol=1e-9, atol=1e-9)

    each()


def test_leads_too_small_for_single_precision_decide_all_the_same(monkeypatch):
    generator = torch.Generator().manual_seed(0)
    a, b, c = torch.rand(3, 60, 3, generator=generator, dtype=torch.float64) / 5 + 0.2
    lead = 1e-9 * torch.tensor([-1.0, 1.0]).double().repeat(30)
    b[:, 0], b[:, 1] = (0.8 - a[:, 0]) / 1.4, (0.8 + lead - a[:, 1]) / 1.4
    for table in (a, b, c):
        table[:, 2] = 1 - table[:, :2].sum(1)
    answers = [table.argmax(1).tolist() for table in (a, b, c)]
    tables = {"a": a, "b": b, "c": c}
    bundle = bundle_of(answers, [1] * 60, "xyz", probabilities=tables)
    weights = torch.tensor([[1.0, 1.4, 0.0], [1.0, 1.4, 0.5], [1.0, 1.0, 1.0]]).double()
    for place in range(60):  # one by one, as a doubt about one is a doubt about its whole block
        one, found = bundle.take(torch.tensor([place])), []
        for compiled in (True, False):
            monkeypatch.setattr(team_layout.compiled, "chosen", lambda *_, on=compiled, **__: on)
            found.append(team_sums.team_sums(one, weights, "mean", ("stability",)))
        for name in ("right", "agreeing", "compared"):
            assert torch.equal(*(getattr(sums, name) for sums in found)), name


def test_stability_is_the_known_answer(cases):
    case = cases["consistency.leave_one_out"]
    bundle = t12(cases["fixtures"]["T12"])
    made = plan(bundle, "mean", greedy=False)
    found = evaluate_axes(bundle, made, ("leave_one_out",))
    whole = int(made.membership.sum(1).argmax())
    assert found.values[whole, 0].item() == pytest.approx(case["expected"]["mean"], abs=case["tol"])
    assert found.values[:3].isnan().all()


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
@pytest.mark.parametrize("compiled", [False, True])
def test_chunks_and_batches_change_nothing(monkeypatch, missing, compiled):
    monkeypatch.setattr(team_layout.compiled, "chosen", lambda *_, **__: compiled)
    bundle = random_bundle(5, 150, 3, gaps=0.2)
    made = plan(bundle, "mean", edges=(0.5, 0.25))
    axes = [name for name in usable(bundle, missing) if compiled < (name not in ("brier", "ece"))]
    axes = axes or usable(bundle, missing)
    whole = evaluate_axes(bundle, made, axes, missing=missing)
    monkeypatch.setattr(team_sums, "AT_A_TIME", 17)
    monkeypatch.setattr(team_sums, "BLOCK", 40)
    monkeypatch.setattr(team_layout, "AT_A_TIME", 64)
    monkeypatch.setattr(team_layout, "fits", lambda size: False)
    monkeypatch.setattr(evaluation, "FIRST", 3)
    parts = evaluate_axes(bundle, made, axes, missing=missing)
    assert torch.allclose(parts.values, whole.values, rtol=0, atol=1e-10, equal_nan=True)
    assert torch.equal(parts.n, whole.n)


def test_gone_on_with_is_as_if_never_stopped(monkeypatch):
    monkeypatch.setattr(evaluation, "FIRST", 4)
    monkeypatch.setattr(evaluation, "LARGEST", 4)
    bundle = random_bundle(6, 90, 3)
    made, axes = plan(bundle, "mean", random_per_size=5), ("accuracy", "leave_one_out", "vendi_q1")
    whole, shares = evaluate_axes(bundle, made, axes), []
    asked = iter([False, False, True])
    part = evaluate_axes(
        bundle, made, axes, told=shares.append, stopped=lambda: next(asked), seconds=1e9
    )
    assert int(part.done.sum()) == 8
    assert shares == [4 / len(made), 8 / len(made)]
    assert part.values[~part.done].isnan().all()
    rest = evaluate_axes(bundle, made, axes, before=part)
    assert rest.share == 1.0
    assert torch.equal(rest.values.nan_to_num(-9), whole.values.nan_to_num(-9))
    assert torch.equal(rest.n, whole.n)
    assert rest.seconds > part.seconds
    with pytest.raises(BundleError, match="other axes or candidates"):
        evaluate_axes(bundle, made, ("accuracy",), before=part)


def test_without_time_the_first_batch_is_done_and_the_promising_come_first(monkeypatch):
    monkeypatch.setattr(evaluation, "FIRST", 8)
    bundle = random_bundle(8, 60, 3)
    made = plan(bundle, "mean", own=(Ensemble(bundle.models[:5], "mean"),), greedy=False)
    found = evaluate_axes(bundle, made, ("accuracy",), seconds=0.0)
    assert found.done[:8].all()
    assert int(found.done.sum()) == 8
    order = promising_first(bundle, made)
    assert order.sort().values.tolist() == list(range(len(made)))
    assert order[:9].tolist() == list(range(9))
    sizes = made.membership.sum(1)[order[9:]]
    assert (sizes <= 3).tolist() == sorted((sizes <= 3).tolist(), reverse=True)
    faults = evaluate_axes(bundle, made, ("double_fault",)).values[order[9:], 0]
    small = faults[sizes <= 3]
    assert torch.equal(small, small.sort().values)


def test_the_time_is_told_before(monkeypatch):
    bundle = random_bundle(6, 80, 3)
    made = plan(bundle, "mean")
    assert 0 < expected_seconds(bundle, made, ("accuracy", "leave_one_out")) < 600
    ticks = iter(range(100))
    monkeypatch.setattr(evaluation.time, "perf_counter", lambda: float(next(ticks)))
    assert expected_seconds(bundle, made, ("accuracy",)) == 1 + len(made) / len(made)
    monkeypatch.setattr(evaluation, "SAMPLE", 2)
    monkeypatch.setattr(evaluation, "LONG_ENOUGH", 5)  # ten candidates, of which two took a second
    assert expected_seconds(bundle, made, ("accuracy",)) == 1 + len(made) / 10


@pytest.mark.parametrize("rule", ["plurality", "weighted", "calibrated_mean", "cascade"])
def test_own_ensembles_under_another_rule_are_judged_by_their_own(rule):
    bundle = random_bundle(4, 90, 3)
    own = (replace(ready(bundle.select(bundle.models[:3]), rule), fitted_on=None),)
    made = plan(bundle, "mean", own=own, greedy=False)
    row, axes = next(iter(made.other)), usable(bundle)
    found = evaluate_axes(bundle, made, axes, reference=bundle.models[-1])
    expected = one_by_one(bundle, own[0], "exclude", bundle.models[-1])
    for name in set(axes) & set(expected) - {"jensen_gap"}:
        ours = found.column(name)[row].item()
        assert ours == pytest.approx(expected[name], abs=1e-9, nan_ok=True), name
    assert found.column("log_loss")[row].isnan() == ("log_loss" not in expected)
    assert ORIGINS[made.origin[row]] == "yours"


class TestOddInput:
    def test_an_objective_that_is_the_same_for_all(self):
        bundle = bundle_of([[0, 1, 2]] * 3, [0, 1, 1])
        made = plan(bundle, "plurality")
        found = evaluate_axes(bundle, made, ("accuracy", "disagreement_labels", "leave_one_out"))
        assert found.column("accuracy").tolist() == pytest.approx([2 / 3] * 7)
        assert found.column("disagreement_labels")[3:].tolist() == [0.0] * 4
        assert found.column("leave_one_out")[3:].tolist() == [1.0] * 4

    def test_one_candidate(self):
        bundle = random_bundle(1, 20, 3)
        made = plan(bundle, "mean")
        assert len(made) == 1
        found = evaluate_axes(bundle, made, ("accuracy", "log_loss", "vendi_q1"))
        assert found.column("vendi_q1").tolist() == [1.0]
        reasons = usable_axes(bundle)
        assert reasons["leave_one_out"] == "Needs two models or more."
        with pytest.raises(BundleError, match="cannot be used"):
            evaluate_axes(bundle, made, ("leave_one_out",))

    def test_models_judged_on_different_samples_have_no_generalised_diversity(self):
        grades = torch.tensor([[1, -1, 0], [-1, 1, 1], [0, 1, 1]], dtype=torch.int8)
        bundle = bundle_of([[0, 1, 2]] * 3, grades=grades)
        assert "same samples" in usable_axes(bundle)["gd"]
        assert usable_axes(bundle, missing="wrong")["gd"] is None
        assert usable_axes(bundle_of([[0, 1, 2]] * 3, [0, 1, -1]))["gd"] is None

    def test_fewer_samples_than_classes(self):
        bundle = random_bundle(3, 2, 7)
        made = plan(bundle, "mean", greedy=False)
        found = evaluate_axes(bundle, made, usable(bundle))
        assert found.column("accuracy").isfinite().all()
        assert found.column("worst_group").isnan().all()

    def test_identical_candidates_stay_once(self):
        bundle = random_bundle(3, 30, 3)
        own = [Ensemble(bundle.models[:2], "mean")] * 2
        own += [Ensemble(bundle.models[:2], "mean", weights=(2.0, 2.0))]
        made = plan(bundle, "mean", own=own, edges=(0.5,), greedy=False)
        assert len(made) == 7
        assert torch.bincount(made.origin.long()).tolist() == [3, 0, 0, 1, 0, 3]

    def test_no_labels(self):
        bundle = replace(random_bundle(4, 30, 3), labels=None, grades=None, fingerprint="")
        made = plan(bundle, "mean")
        assert "No greedy path" in made.notes[0]
        reasons = usable_axes(bundle)
        assert reasons["accuracy"] == "Needs labels, and there are none."
        axes = [name for name, reason in reasons.items() if not reason]
        assert {"disagreement_labels", "leave_one_out", "vendi_q1", "members"} <= set(axes)
        found = evaluate_axes(bundle, made, axes)
        assert found.column("leave_one_out")[4:].isfinite().all()

    def test_unknown_axes_and_plans_of_others(self):
        bundle = random_bundle(3, 20, 3)
        made = plan(bundle, "mean")
        with pytest.raises(BundleError, match="There is no axis 'beauty'"):
            evaluate_axes(bundle, made, ("beauty",))
        with pytest.raises(BundleError, match="planned for other models"):
            evaluate_axes(bundle.select(bundle.models[:2]), made, ("accuracy",))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device")
def test_candidates_are_evaluated_alike_on_cuda():
    bundle = random_bundle(6, 300, 5, gaps=0.2)
    made, axes = plan(bundle, "mean", edges=(0.3,)), usable(bundle)
    here = evaluate_axes(bundle, made, axes)
    there = evaluate_axes(bundle.to("cuda"), made, axes)
    assert torch.allclose(here.values, there.values, rtol=0, atol=1e-6, equal_nan=True)


def test_macro_f1_is_refused_where_being_right_does_not_mean_naming_the_label():
    answers = torch.tensor([[1, 0, 0, 0]], dtype=torch.int32)
    labels = torch.tensor([1, 0, 0, 1], dtype=torch.int32)
    grades = torch.tensor([[-1, 1, -1, 1]], dtype=torch.int8)
    parts = (("a",), tuple("1234"), ("x", "y"), answers, labels)
    assert usable_axes(Bundle(*parts))["macro_f1"] is None
    assert "graded elsewhere" in usable_axes(Bundle(*parts, grades=grades))["macro_f1"]
