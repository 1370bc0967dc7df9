"""Repeated runs: by hand, against counting all subsets, and with planted differences."""

import itertools
import json
import math
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made import bundle_of, random_bundle

from analysis.ensemble import Ensemble, combine
from analysis.runs import (
    majority_at_k,
    pass_at_k,
    repeat_agreement,
    repeats,
    run_variance,
    runs_report,
    same_recipe,
)
from analysis.verifier import verified_at_k, verifier_ceiling

few = settings(deadline=None, max_examples=25, derandomize=True)


def column(*cells):
    return np.array(cells, dtype=object)


def runs_of(bundle, base="m"):
    """The bundle with all its models said to be runs of one."""
    models = len(bundle.models)
    info = {"base_model": column(*[base] * models), "run": column(*map(str, range(models)))}
    return replace(bundle, model_info=info)


def plain(bundle, **info):
    return replace(bundle, model_info={name: column(*cells) for name, cells in info.items()})


def test_models_with_one_base_are_its_runs():
    bundle = plain(random_bundle(6), base_model=["m", None, "n", "m", "o", "o"])
    assert repeats(bundle) == {"m": [0, 3], "o": [4, 5]}
    assert repeats(random_bundle(3)) == {}


@pytest.mark.parametrize(
    ("info", "same"),
    [
        ({}, False),
        ({"base_model": ["m", "m", "m"]}, True),
        ({"base_model": ["m", "m", "n"]}, False),
        ({"base_model": ["m", "m", None]}, False),
        ({"base_model": [None, None, None]}, False),
        ({"base_model": ["m", "m", "m"], "epoch": [1.0, 2.0, 3.0]}, False),
        ({"base_model": ["m", "m", "m"], "cost": [1.0, 1.1, 0.9]}, True),
        ({"family": ["cnn", "cnn", "cnn"]}, False),
        ({"family": ["cnn", "cnn", "cnn"], "seed": [1.0, 2.0, 3.0]}, True),
        ({"family": ["cnn", "cnn", "cnn"], "seed": [1.0, 2.0, 2.0]}, False),
        ({"family": ["cnn", "cnn", "cnn"], "seed": [1.0, 2.0, math.nan]}, False),
        ({"family": ["cnn", "cnn", "vit"], "seed": [1.0, 2.0, 3.0]}, False),
        ({"family": ["cnn", "cnn", "cnn"], "run": ["1", "2", "3"], "width": [8, 8, 9]}, False),
        ({"family": ["cnn"] * 3, "run": ["1", "2", "3"], "note": [math.nan, None, ""]}, True),
    ],
)
def test_a_recipe_is_the_same_where_only_chance_is_known_to_differ(info, same):
    bundle = plain(random_bundle(3), **info)
    assert same_recipe(bundle, [0, 1, 2]) is same
    assert not same_recipe(bundle, [0])


@few
@given(st.integers(1, 6), st.integers(0, 1000), st.booleans())
def test_pass_at_k_is_the_share_of_all_sets_of_k_that_hold_a_right_one(runs, seed, gaps):
    generator = torch.Generator().manual_seed(seed)
    right = torch.rand(runs, 12, generator=generator) < 0.4
    answered = torch.rand(runs, 12, generator=generator) < (0.7 if gaps else 1.1)
    for k in range(1, runs + 1):
        found = pass_at_k(right & answered, answered, k).tolist()
        for sample, value in enumerate(found):
            marks = right[answered[:, sample], sample].tolist()
            sets = list(itertools.combinations(marks, k))
            expected = sum(map(any, sets)) / len(sets) if sets else math.nan
            assert value == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_pass_at_k_keeps_its_digits_for_very_many_runs():
    runs = 20_000
    right = torch.zeros(runs, 1, dtype=torch.bool)
    right[0] = True
    found = pass_at_k(right, torch.ones_like(right), 5000).item()
    assert found == pytest.approx(5000 / runs, abs=1e-12)


def test_a_vote_of_k_runs_is_the_mean_over_all_sets_of_k():
    bundle = random_bundle(5, 40, 4, gaps=0.2, seed=1, probabilities=False, accuracy=0.2)
    for k in range(1, 6):
        accuracies = []
        for members in itertools.combinations(bundle.models, k):
            grades = combine(bundle, Ensemble(members)).grades[0]
            accuracies.append((grades == 1).sum() / (grades >= 0).sum())
        expected = torch.stack(accuracies).double().mean().item()
        assert majority_at_k(bundle, range(5), k) == pytest.approx(expected, abs=1e-6)
    every = combine(bundle, Ensemble(bundle.models)).correct.double().mean().item()
    assert majority_at_k(bundle, range(5), 5, missing="wrong") == pytest.approx(every)


def test_a_vote_of_some_of_many_runs_is_drawn_by_the_seed_and_close_to_the_truth():
    bundle = random_bundle(40, 50, 3, seed=3, probabilities=False, accuracy=0.2)
    one, same, other = (majority_at_k(bundle, range(40), 3, seed=seed) for seed in (0, 0, 1))
    assert one == same
    assert one != other
    assert one == pytest.approx(other, abs=0.03)
    single = bundle.correct.double().mean().item()
    assert majority_at_k(bundle, range(40), 1) == pytest.approx(single, abs=1e-12)


@few
@given(st.integers(1, 6), st.integers(0, 1000))
def test_agreement_of_repeats_is_counted_over_their_pairs(runs, seed):
    bundle = random_bundle(runs, 15, 3, gaps=0.3, seed=seed)
    for sample, value in enumerate(repeat_agreement(bundle.predictions).tolist()):
        said = [answer for answer in bundle.predictions[:, sample].tolist() if answer >= 0]
        pairs = [one == other for one, other in itertools.combinations(said, 2)]
        expected = sum(pairs) / len(pairs) if pairs else math.nan
        assert value == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_an_imperfect_verifier_worked_by_hand():
    chances = torch.tensor([0.5, 0.2, 0.0], dtype=torch.float64)
    # 0.5 / (0.5 + 0.05), 0.2 / (0.2 + 0.08) and 0 of 0.1.
    expected = (0.5 / 0.55 + 0.2 / 0.28 + 0) / 3
    found = verifier_ceiling(chances, false_positive=0.1).item()
    assert found == pytest.approx(expected, abs=1e-12)
    # Of two tries with p = 0.5: right at once, or nothing accepted and then right.
    first = 0.8 * 0.5
    nothing = 1 - first - 0.1 * 0.5
    found = verified_at_k(chances[:1], 2, sensitivity=0.8, false_positive=0.1).item()
    assert found == pytest.approx(first + nothing * first, abs=1e-12)


def test_a_perfect_verifier_reaches_what_is_ever_right_and_nothing_more():
    chances = torch.tensor([1.0, 0.01, 0.0, math.nan], dtype=torch.float64)
    assert verifier_ceiling(chances).item() == pytest.approx(2 / 3)
    assert verified_at_k(chances, 10_000).item() == pytest.approx(2 / 3)
    assert verifier_ceiling(chances, sensitivity=0.0).item() == 0
    assert verifier_ceiling(torch.full((2,), math.nan).double()).isnan()


def test_a_verifier_that_accepts_everything_leaves_the_accuracy_as_it_is():
    chances = torch.rand(50, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for k in (1, 5):
        found = verified_at_k(chances, k, false_positive=1.0).item()
        assert found == pytest.approx(chances.mean().item())


@few
@given(st.integers(0, 1000), st.floats(0, 1), st.floats(0, 1))
def test_tries_help_up_to_the_ceiling_and_false_positives_lower_it(seed, sensitivity, rate):
    generator = torch.Generator().manual_seed(seed)
    chances = torch.rand(20, generator=generator, dtype=torch.float64)
    options = {"sensitivity": sensitivity, "false_positive": rate}
    reached = [verified_at_k(chances, k, **options).item() for k in (1, 2, 8, 64)]
    top = verifier_ceiling(chances, **options).item()
    assert reached == sorted(reached)
    assert reached[-1] <= top + 1e-12
    assert top <= verifier_ceiling(chances, sensitivity=sensitivity).item() + 1e-12


def test_the_ceiling_is_what_drawing_until_acceptance_gives():
    random = np.random.default_rng(0)
    chances = torch.tensor([0.3, 0.7], dtype=torch.float64)
    hits, tries = 0, 20_000
    for chance in chances.tolist():
        right = random.random((tries, 60)) < chance
        accepted = random.random((tries, 60)) < np.where(right, 0.9, 0.2)
        first = accepted.argmax(1)
        hits += (right & accepted)[np.arange(tries), first].sum()
    found = verifier_ceiling(chances, sensitivity=0.9, false_positive=0.2).item()
    assert hits / tries / 2 == pytest.approx(found, abs=0.01)


def test_independent_samples_vary_as_predicted_and_planted_differences_more():
    generator = torch.Generator().manual_seed(0)
    chances = torch.rand(2000, generator=generator)
    draws = torch.rand(300, 2000, generator=generator)
    steady = run_variance(draws < chances)
    assert steady.observed == pytest.approx(steady.predicted, rel=0.25)
    assert abs(steady.between_runs) < 0.02**2
    shift = 0.05 * torch.randn(300, 1, generator=generator)
    wild = run_variance(draws < chances + shift)
    assert wild.observed > 3 * wild.predicted
    assert wild.between_runs == pytest.approx(0.05**2, rel=0.3)


def test_the_shortcut_for_two_classes_holds_for_calibrated_runs():
    generator = torch.Generator().manual_seed(1)
    chances = torch.rand(5000, generator=generator)
    labels = torch.rand(5000, generator=generator) < chances
    said = torch.rand(200, 5000, generator=generator) < chances
    found = run_variance(said == labels)
    assert found.binary_sd_accuracy == pytest.approx(found.sd_accuracy, rel=0.15)


def test_a_single_run_sample_or_no_sample_has_no_variance_between_runs():
    one = run_variance(torch.tensor([[True, False]]))
    assert math.isnan(one.observed)
    assert math.isnan(one.predicted)
    sample = run_variance(torch.tensor([[True], [False]]))
    assert (sample.observed, sample.predicted) == (0.5, 0.5)
    assert math.isnan(sample.between_runs)
    nothing = run_variance(torch.zeros(3, 0, dtype=torch.bool))
    assert all(math.isnan(entry) for entry in asdict(nothing).values())
    perfect = run_variance(torch.ones(3, 4, dtype=torch.bool))
    assert set(asdict(perfect).values()) == {0.0}


def test_the_report_of_a_case_worked_by_hand():
    bundle = runs_of(bundle_of([[0, 1, 1, 0], [0, 1, 0, 1], [0, 0, -1, 2]], [0, 1, 1, 1]))
    (entry,) = runs_report(bundle).values()
    assert entry["models"] == ["a", "b", "c"]
    assert entry["n"] == 3
    assert entry["accuracy"] == [0.75, 0.75, pytest.approx(1 / 3)]
    assert entry["pass_at_k"]["1"] == pytest.approx((1 + 2 / 3 + 1 / 2 + 1 / 3) / 4)
    assert entry["pass_at_k"]["2"] == pytest.approx((1 + 1 + 1 + 2 / 3) / 4)
    assert entry["pass_at_k"]["3"] == pytest.approx(1.0)
    assert entry["majority_at_k"]["1"] == pytest.approx(entry["mean_accuracy"])
    # All three: 0, 1, then 0 against 1 and 0 against 1 against 2, which go to the lowest.
    assert entry["majority_at_k"]["3"] == pytest.approx(0.5)
    assert entry["agreement"] == pytest.approx((1 + 1 / 3 + 0 + 0) / 4)
    assert entry["always_the_same"] == 0.25
    low, high = entry["always_the_same_interval"]
    assert 0 < low < 0.25 < high < 1
    assert entry["verifier_ceiling"]["0.0"] == 1.0
    assert entry["variance"]["binary_sd_accuracy"] is None
    # On samples 0, 1 and 3: a has 2 right, b 3, c 1.
    assert entry["variance"]["observed"] == pytest.approx(1.0)


def test_the_report_judges_every_labelled_sample_where_gaps_are_wrong():
    bundle = runs_of(random_bundle(4, 30, 2, gaps=0.4, seed=5))
    (entry,) = runs_report(bundle, missing="wrong").values()
    right = bundle.correct.double()
    assert entry["n"] == 30
    assert entry["accuracy"] == pytest.approx(right.mean(1).tolist())
    assert entry["pass_at_k"]["1"] == pytest.approx(right.mean().item())
    assert entry["pass_at_k"]["4"] == pytest.approx(right.any(0).float().mean().item())
    assert entry["verifier_ceiling"]["0.0"] == pytest.approx(entry["pass_at_k"]["4"])
    assert entry["variance"]["binary_sd_accuracy"] > 0


def test_the_report_is_json_whatever_is_missing():
    grades = torch.tensor([[1, 0, -1], [1, -1, 0]], dtype=torch.int8)
    graded = bundle_of([[-1] * 3] * 2, grades=grades)
    unlabelled = bundle_of([[0, 1, 2], [0, 2, -1]])
    for bundle in (graded, unlabelled, bundle_of([[0], [1]], [0], "xy")):
        for missing in ("exclude", "wrong"):
            report = runs_report(runs_of(bundle), missing=missing)
            assert json.loads(json.dumps(report, allow_nan=False)) == report
    (entry,) = runs_report(runs_of(graded)).values()
    assert entry["majority_at_k"] == {}
    assert entry["agreement"] is None
    (entry,) = runs_report(runs_of(unlabelled)).values()
    assert entry["agreement"] == 0.5
    assert entry["mean_accuracy"] is None
    assert entry["verifier_ceiling"]["0.1"] is None


def test_runs_known_to_differ_by_more_than_chance_have_no_variance():
    bundle = runs_of(random_bundle(3, 20))
    epochs = replace(bundle, model_info={**bundle.model_info, "epoch": column(1.0, 2.0, 3.0)})
    assert runs_report(bundle)["m"]["variance"] is not None
    assert runs_report(epochs)["m"]["variance"] is None


def test_every_device_gives_the_same_report(device):
    bundle = runs_of(random_bundle(4, 60, 3, gaps=0.2, seed=9))
    found, expected = runs_report(bundle.to(device)), runs_report(bundle)
    assert found["m"]["pass_at_k"] == pytest.approx(expected["m"]["pass_at_k"])
    assert found["m"]["majority_at_k"] == pytest.approx(expected["m"]["majority_at_k"])
    assert found["m"]["variance"]["observed"] == pytest.approx(
        expected["m"]["variance"]["observed"]
    )


def test_a_missing_answer_that_counts_as_wrong_is_no_agreement():
    bundle = runs_of(bundle_of([[0, 1, 0], [0, -1, 0], [0, 1, -1]], [0, 1, -1]))
    (left_out,) = runs_report(bundle).values()
    assert left_out["agreement"] == 1
    (wrong,) = runs_report(bundle, missing="wrong").values()
    assert wrong["agreement"] == pytest.approx((1 + 1 / 3 + 1) / 3)
    assert wrong["always_the_same"] == pytest.approx(2 / 3)
