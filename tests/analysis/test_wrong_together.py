"""What two models get wrong together or one after the other, against loops over the samples."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from known import measured
from made import bundle_of, random_bundle

from analysis.tally import tally

few = settings(deadline=None, max_examples=25, derandomize=True)
bundles = st.builds(
    random_bundle,
    st.integers(1, 4),
    st.integers(1, 30),
    st.integers(2, 4),
    seed=st.integers(0, 10_000),
    gaps=st.sampled_from([0.0, 0.3, 0.9]),
    probabilities=st.just(False),
)
missing_rules = st.sampled_from(["exclude", "wrong"])


def same(found, expected):
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12, equal_nan=True)


@few
@given(bundles, missing_rules)
def test_models_that_disagree_are_right_alone_or_wrong_in_two_ways(bundle, missing):
    right_alone = measured(bundle, "error_disagreement", missing=missing)
    both_wrong = measured(bundle, "diff_wrong_rate", missing=missing)
    same(measured(bundle, "disagreement_labels", missing=missing), right_alone + both_wrong)


@few
@given(bundles, missing_rules)
def test_wrong_together_is_the_same_wrong_answer_or_another(bundle, missing):
    parts = [measured(bundle, f"{name}_wrong_rate", missing=missing) for name in ("same", "diff")]
    same(measured(bundle, "double_fault", missing=missing), sum(parts))


def test_two_classes_leave_no_second_wrong_answer():
    found = measured(random_bundle(4, 50, 2), "diff_wrong_rate")
    assert found.abs().max() == 0


@few
@given(bundles)
def test_flips_agree_with_a_loop_over_samples(bundle):
    found = {name: measured(bundle, name) for name in ("nfr", "relative_nfr", "nfr_mc")}
    for i in range(len(bundle.models)):
        for j in range(len(bundle.models)):
            expected = naive_flips(bundle, i, j)
            for name, matrix in found.items():
                assert matrix[i, j].item() == pytest.approx(expected[name], nan_ok=True), name


def naive_flips(bundle, i, j):
    rows = zip(bundle.labels.tolist(), *bundle.predictions[[i, j]].tolist(), strict=True)
    rows = [(label, old, new) for label, old, new in rows if old >= 0 and new >= 0]
    if not rows:
        return dict.fromkeys(("nfr", "relative_nfr", "nfr_mc"), math.nan)
    n = len(rows)
    flips = sum(old == label != new for label, old, new in rows) / n
    old_right = sum(old == label for label, old, _ in rows) / n
    new_wrong = sum(new != label for label, _, new in rows) / n
    chance = old_right * new_wrong
    return {
        "nfr": flips,
        "relative_nfr": flips / chance if chance else math.nan,
        "nfr_mc": sum(new not in (label, old) for label, old, new in rows) / n,
    }


def test_flips_relative_to_chance_are_undefined_where_chance_leaves_none():
    bundle = bundle_of([[0, 1, 2], [0, 1, 0], [1, 2, 0]], [0, 1, 2])
    found = measured(bundle, "relative_nfr")
    assert found[:, 0].isnan().all()
    assert found[2].isnan().all()
    assert found[0, 1:].tolist() == [1, 1]
    assert found[1, 1] == 0


def test_equal_answers_that_were_graded_differently_are_no_different_wrong_answers():
    grades = torch.tensor([[1, 0, 0], [0, 1, 0]], dtype=torch.int8)
    bundle = bundle_of([[0, 0, 0], [0, 0, 1]], grades=grades)
    assert measured(bundle, "diff_wrong_rate")[0, 1] == 0
    assert measured(bundle, "nfr_mc")[0, 1].item() == pytest.approx(1 / 3)


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
@pytest.mark.parametrize("weights", [None, torch.tensor([0.3, 0.7])])
def test_grades_of_one_sample_and_answers_to_another_say_nothing_of_wrong_answers(missing, weights):
    grades = torch.tensor([[0, -1], [0, -1]], dtype=torch.int8)
    bundle = bundle_of([[-1, 0], [-1, 0]], grades=grades)
    for name in ("same_wrong_rate", "diff_wrong_rate", "nfr_mc"):
        assert measured(bundle, name, missing=missing, weights=weights).isnan().all(), name
    labelled = bundle_of([[0, 1], [1, 1]], [2, 2])
    found = tally(labelled, ("graded_compared", "both_graded"), missing=missing, weights=weights)
    assert torch.equal(found["graded_compared"], found["both_graded"])
