"""Many teams at once are what each is by itself."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made import bundle_of, random_bundle

from analysis import subsets, team_kernels
from analysis.bundle import BundleError, Grouping
from analysis.catalog import CATALOG, value
from analysis.ensemble import Ensemble, combine
from analysis.grading import judgeable
from analysis.outcomes import OUTCOMES, outcomes
from analysis.rules import RULES
from analysis.subsets import team_outcomes
from analysis.tally import tally

POOLING = tuple(name for name, row in RULES.items() if row.weighable)
KERNELS = ("plurality", *(name for name in POOLING if RULES[name].total is not None))


def one_by_one(bundle, member, rule, missing, grouping):
    """What `combine` and `outcomes` say of each team."""
    found = {name: [] for name in ("n", "right", "outcomes", "log_loss", "group_n", "group_right")}
    for team in member:
        names = [model for model, inside in zip(bundle.models, team, strict=True) if inside]
        combined = combine(bundle, Ensemble(tuple(names), rule))
        one = outcomes(bundle.select(names), combined, missing=missing, labelled=judgeable(bundle))
        measure = CATALOG["log_loss"]
        found["n"].append(one.judged.sum())
        found["right"].append(one.right.sum())
        found["outcomes"].append(torch.tensor([one.counts()[name] for name in OUTCOMES]))
        found["log_loss"].append(value(measure, tally(combined, measure.needs))[0])
        inside = grouping.membership()
        found["group_n"].append((one.judged[:, None] & inside).sum(0))
        found["group_right"].append((one.right[:, None] & inside).sum(0))
    return {name: torch.stack(values) for name, values in found.items()}


def agree(found, expected):
    for name, values in expected.items():
        if name == "log_loss":
            assert torch.allclose(found.log_loss, values, atol=1e-9, equal_nan=True)
        else:
            assert torch.equal(getattr(found, name), values), name


@st.composite
def pools(draw):
    """Gaps, missing labels, coarse probabilities that tie, predictions that are not theirs."""
    seed = draw(st.integers(0, 10_000))
    classes, samples = draw(st.integers(2, 7)), draw(st.integers(1, 150))
    bundle = random_bundle(
        draw(st.integers(1, 9)),
        samples,
        classes,
        seed=seed,
        gaps=draw(st.sampled_from([0.0, 0.0, 0.3, 0.9])),
        accuracy=draw(st.sampled_from([0.1, 0.6])),
    )
    generator = torch.Generator().manual_seed(seed)
    if draw(st.booleans()):
        coarse = {name: (table * 4).round().add_(1) for name, table in bundle.probabilities.items()}
        coarse = {name: table / table.sum(1, keepdim=True) for name, table in coarse.items()}
        bundle = replace(bundle, probabilities=coarse, fingerprint="")
    if draw(st.booleans()):
        hidden = torch.rand(samples, generator=generator) < 0.3
        labels = torch.where(hidden, -1, bundle.labels)
        bundle = replace(bundle, labels=labels, grades=None, fingerprint="")
    codes = torch.randint(-1, 4, (samples, 2), generator=generator, dtype=torch.int32)
    codes[:, 0] = codes[:, 0].clamp_min(0)
    codes[:, 1] = torch.where(codes[:, 1] == codes[:, 0], -1, codes[:, 1])
    member = torch.rand(draw(st.integers(1, 40)), len(bundle.models), generator=generator)
    member = member < draw(st.sampled_from([0.2, 0.6, 1.0]))
    member[:, 0] |= ~member.any(1)
    return bundle, member, Grouping(codes, tuple("abcd"))


@pytest.fixture
def always_compiled(monkeypatch):
    monkeypatch.setattr(team_kernels.compiled, "chosen", lambda *_, **__: True)
    monkeypatch.setattr(team_kernels, "LARGEST_SHARE", 1e9)


def without_probabilities(bundle):
    return replace(bundle, probabilities={}, fingerprint="")


@settings(max_examples=30, deadline=None, derandomize=True)
@given(pool=pools(), rule=st.sampled_from(POOLING), missing=st.sampled_from(["exclude", "wrong"]))
def test_teams_are_counted_as_one_by_one(pool, rule, missing):
    bundle, member, grouping = pool
    found = team_outcomes(bundle, member, rule, missing=missing, grouping=grouping)
    agree(found, one_by_one(bundle, member, rule, missing, grouping))


def test_compiled_kernels_count_the_same(always_compiled):
    @settings(max_examples=40, deadline=None, derandomize=True)
    @given(
        pool=pools(), rule=st.sampled_from(KERNELS), missing=st.sampled_from(["exclude", "wrong"])
    )
    def check(pool, rule, missing):
        bundle, member, grouping = pool
        kernel = team_kernels.chosen(bundle, member, RULES[rule], grouping)
        assert kernel is not None or rule == "plurality"
        found = team_outcomes(bundle, member, rule, missing=missing, grouping=grouping)
        agree(found, one_by_one(bundle, member, rule, missing, grouping))

    check()


@pytest.mark.parametrize("most", [3, 9])
def test_compiled_votes_count_the_same(always_compiled, most):
    @settings(max_examples=30, deadline=None, derandomize=True)
    @given(pool=pools(), missing=st.sampled_from(["exclude", "wrong"]))
    def check(pool, missing):
        bundle, member, grouping = without_probabilities(pool[0]), pool[1], pool[2]
        member = member & (member.cumsum(1) <= most)
        found = team_outcomes(bundle, member, "plurality", missing=missing, grouping=grouping)
        agree(found, one_by_one(bundle, member, "plurality", missing, grouping))

    check()


@settings(max_examples=15, deadline=None, derandomize=True)
@given(pool=pools(), missing=st.sampled_from(["exclude", "wrong"]), seed=st.integers(0, 99))
def test_teams_of_models_graded_elsewhere_are_counted_by_their_grades(pool, missing, seed):
    bundle, member, grouping = pool
    generator = torch.Generator().manual_seed(seed)
    grades = torch.randint(-1, 2, bundle.predictions.shape, generator=generator, dtype=torch.int8)
    bundle = replace(bundle, labels=None, grades=grades, fingerprint="")
    found = team_outcomes(bundle, member, "plurality", missing=missing, grouping=grouping)
    agree(found, one_by_one(bundle, member, "plurality", missing, grouping))


@settings(max_examples=15, deadline=None, derandomize=True)
@given(pool=pools(), missing=st.sampled_from(["exclude", "wrong"]))
def test_probabilities_of_some_models_break_ties_in_their_teams_alone(pool, missing):
    bundle, member, grouping = pool
    some = {name: bundle.probabilities[name] for name in bundle.models[::2]}
    bundle = replace(bundle, probabilities=some, fingerprint="")
    found = team_outcomes(bundle, member, "plurality", missing=missing, grouping=grouping)
    agree(found, one_by_one(bundle, member, "plurality", missing, grouping))


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
@pytest.mark.parametrize("rule", POOLING)
def test_outcomes_of_parts_of_the_samples_add_up(monkeypatch, rule, missing):
    bundle, grouping = random_bundle(5, 90, 3, gaps=0.3), random_bundle(5, 90).groups["region"]
    member = torch.rand(20, 5, generator=torch.Generator().manual_seed(0)) < 0.5
    member[:, 1] = True
    whole = team_outcomes(bundle, member, rule, missing=missing, grouping=grouping)
    first = torch.arange(90) < 31
    parts = [
        team_outcomes(
            bundle.take(samples),
            member,
            rule,
            missing=missing,
            grouping=Grouping(grouping.codes[samples], grouping.levels),
        )
        for samples in (first, ~first)
    ]
    monkeypatch.setattr(subsets, "AT_A_TIME", 17)
    monkeypatch.setattr(subsets, "BLOCK", 40)
    chunked = team_outcomes(bundle, member, rule, missing=missing, grouping=grouping)
    for found in (parts[0] + parts[1], chunked):
        for name in ("n", "right", "outcomes", "scored", "group_n", "group_right"):
            assert torch.equal(getattr(found, name), getattr(whole, name)), name
        assert torch.allclose(found.log_loss, whole.log_loss, equal_nan=True)
    assert torch.equal(whole.outcomes.sum(1), whole.n)
    assert torch.equal(whole.outcomes[:, :3].sum(1), whole.right)


def test_likelihoods_of_zero_are_clipped(always_compiled):
    sure = {"a": torch.tensor([[1.0, 0.0]] * 300), "b": torch.tensor([[1.0, 0.0]] * 300)}
    bundle = bundle_of([[0] * 300] * 2, [1] * 300, "xy", probabilities=sure)
    found = team_outcomes(bundle, torch.ones(1, 2), "mean")
    assert found.log_loss.item() == pytest.approx(-math.log(1e-12))
    assert found.outcomes.tolist() == [[0, 0, 0, 0, 0, 300]]


def test_what_cannot_be_compared_says_so():
    bundle = random_bundle(2, 10)
    with pytest.raises(BundleError, match="not under 'stacking'"):
        team_outcomes(bundle, torch.ones(1, 2), "stacking")
    with pytest.raises(BundleError, match="one of these teams has none"):
        team_outcomes(bundle, torch.tensor([[1, 0], [0, 0]]), "mean")
    with pytest.raises(BundleError, match="needs probabilities"):
        team_outcomes(without_probabilities(bundle), torch.ones(1, 2), "mean")


def test_without_labels_nothing_is_judged():
    bundle = replace(random_bundle(3, 10), labels=None, grades=None, fingerprint="")
    found = team_outcomes(bundle, torch.eye(3), "mean")
    assert found.n.tolist() == [0, 0, 0]
    assert found.accuracy.isnan().all()
    assert found.log_loss.isnan().all()
    assert found.group_accuracy is None


def test_a_kernel_does_large_work_on_small_teams_only():
    bundle, row = random_bundle(8, 100, 10), RULES["mean"]
    pairs = torch.zeros(1, 8, dtype=torch.bool)
    pairs[:, :2] = True
    many = pairs.expand(300_000, -1)
    assert team_kernels.chosen(bundle, many, row, None) is team_kernels.by_leads
    assert team_kernels.chosen(bundle, pairs, row, None) is None
    assert team_kernels.chosen(bundle, torch.ones_like(many), row, None) is None
    assert team_kernels.chosen(bundle, many, RULES["geometric"], None) is None
    votes = without_probabilities(bundle)
    assert team_kernels.chosen(votes, many, RULES["plurality"], None) is team_kernels.by_votes


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device")
@pytest.mark.parametrize("rule", POOLING)
def test_teams_are_counted_alike_on_cuda(rule):
    bundle = random_bundle(6, 300, 5, gaps=0.2)
    member = torch.ones(6, 6).tril()
    here = team_outcomes(bundle, member, rule)
    there = team_outcomes(bundle.to("cuda"), member.to("cuda"), rule)
    assert torch.equal(here.outcomes, there.outcomes.cpu())
    assert torch.allclose(here.log_loss, there.log_loss.cpu(), equal_nan=True)
