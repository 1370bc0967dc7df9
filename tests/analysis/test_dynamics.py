"""Scores over the checkpoints of a training run."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made import bundle_of, random_bundle

from analysis.bundle import BundleError
from analysis.dynamics import (
    aum,
    checkpoints,
    forgetting,
    forgetting_of,
    margins,
    repeated_epochs,
)

few = settings(deadline=None, max_examples=25, derandomize=True)


def with_info(bundle, **columns):
    info = {name: np.array(values) for name, values in columns.items()}
    return replace(bundle, model_info=info, fingerprint="")


def places(bundle):
    return {run: rows.tolist() for run, rows in checkpoints(bundle).items()}


def test_checkpoints_are_ordered_by_epoch_within_family_and_seed():
    bundle = with_info(
        random_bundle(6, 4),
        family=["a", "a", "b", "a", "b", "a"],
        seed=[0, 0, 0, 1, 0, 1],
        epoch=[10, 9, 3, 2, 1, 1],
    )
    assert places(bundle) == {
        "family a, seed 0": [1, 0],
        "family b, seed 0": [4, 2],
        "family a, seed 1": [5, 3],
    }


def test_a_seed_that_was_read_as_a_float_is_named_without_a_point():
    bundle = with_info(random_bundle(2, 4), seed=[3.0, 3.0], epoch=[1, 2])
    assert places(bundle) == {"seed 3": [0, 1]}


def test_models_without_an_epoch_and_runs_of_one_checkpoint_are_left_out():
    info = {
        "epoch": np.array([2, None, 1, "last", 5], dtype=object),
        "seed": np.array([0, 0, 0, 0, 1]),
    }
    bundle = replace(random_bundle(5, 4), model_info=info, fingerprint="")
    assert places(bundle) == {"seed 0": [2, 0]}


@pytest.mark.parametrize("columns", [{}, {"seed": [0, 0]}, {"epoch": [1, 2], "seed": [0, 1]}])
def test_without_two_checkpoints_of_a_run_the_needed_columns_are_named(columns):
    with pytest.raises(BundleError, match=r"column 'epoch'.*'family' and 'seed'"):
        checkpoints(with_info(random_bundle(2, 4), **columns))


def test_a_run_with_one_epoch_twice_is_left_out_and_named_and_the_others_stay():
    bundle = with_info(random_bundle(5, 4), seed=[0, 0, 1, 1, 1], epoch=[2, 1, 3, 4, 3])
    assert places(bundle) == {"seed 0": [1, 0]}
    assert repeated_epochs(bundle) == {"seed 1": 3}


def test_two_models_at_the_same_epoch_of_a_run_are_refused():
    with pytest.raises(BundleError, match=r"Two models are epoch 3 of one run \(all models\)"):
        checkpoints(with_info(random_bundle(3, 4), epoch=[3, 1, 3]))


def run_of(bundle):
    return torch.arange(len(bundle.models))


def test_the_area_under_the_margin_is_that_of_logits():
    logits = 3 * torch.randn(4, 50, 6, generator=torch.Generator().manual_seed(1)).double()
    bundle = random_bundle(4, 50, 6)
    tables = dict(zip(bundle.models, logits.softmax(2), strict=True))
    bundle = replace(
        bundle,
        predictions=logits.argmax(2).int(),
        grades=None,
        probabilities=tables,
        fingerprint="",
    )
    expected = margins(logits, bundle.labels.long()).mean(0)
    torch.testing.assert_close(aum(bundle, run_of(bundle)), expected, rtol=0, atol=1e-9)
    right = margins(logits, bundle.labels.long()) > 0
    assert torch.equal(right, bundle.correct)


def test_checkpoints_without_an_answer_are_left_out_of_the_area_under_the_margin():
    bundle = random_bundle(3, 40, 4, seed=2, gaps=0.5)
    found = aum(bundle, run_of(bundle))
    for n in range(40):
        known = [m for m in bundle.models if bundle.predictions[bundle.models.index(m), n] >= 0]
        table = torch.stack([bundle.probabilities[m][n].log() for m in known]) if known else None
        if table is None:
            assert found[n].isnan()
            continue
        label = int(bundle.labels[n])
        others = [c for c in range(4) if c != label]
        expected = (table[:, label] - table[:, others].amax(1)).mean()
        assert found[n].item() == pytest.approx(expected.item(), abs=1e-9)
    assert found.isnan().any()


def test_unlabelled_samples_and_a_single_class_have_no_margin():
    scores = torch.zeros(2, 3, 2)
    assert margins(scores, torch.tensor([0, -1, 1])).isnan().any(0).tolist() == [False, True, False]
    assert margins(torch.zeros(2, 3, 1), torch.zeros(3, dtype=torch.int64)).isnan().all()


def test_a_probability_of_zero_gives_a_finite_margin():
    tables = {name: torch.tensor([[1.0, 0.0]]) for name in "ab"}
    bundle = bundle_of([[0], [0]], [1], classes="xy", probabilities=tables)
    assert aum(bundle, run_of(bundle)).item() == pytest.approx(np.log(1e-12))


def test_the_area_under_the_margin_says_what_is_lacking():
    bundle = random_bundle(3, 10)
    with pytest.raises(BundleError, match="checkpoints is 1; expected two or more"):
        aum(bundle, torch.tensor([1]))
    with pytest.raises(BundleError, match="needs labels"):
        aum(replace(bundle, labels=None, grades=None, fingerprint=""), run_of(bundle))
    some = {name: bundle.probabilities[name] for name in bundle.models[:1]}
    with pytest.raises(BundleError, match=r"'model-1' has none \(2 of 3\)"):
        aum(replace(bundle, probabilities=some, fingerprint=""), run_of(bundle))


@few
@given(st.integers(1, 7), st.integers(0, 10_000), st.sampled_from([1.0, 0.6, 0.2]))
def test_forgetting_agrees_with_a_loop_over_checkpoints(epochs, seed, judged):
    generator = torch.Generator().manual_seed(seed)
    right = torch.rand(epochs, 30, generator=generator) < 0.5
    graded = torch.rand(epochs, 30, generator=generator) < judged
    found = forgetting(right, graded)
    for n in range(30):
        marks = [(e, bool(right[e, n])) for e in range(epochs) if graded[e, n]]
        events = sum(a and not b for (_, a), (_, b) in pairwise(marks))
        assert found.events[n] == events
        assert found.first_learned[n] == next((e for e, mark in marks if mark), -1)
        assert found.never[n] == (bool(marks) and not any(mark for _, mark in marks))
        assert found.judged[n] == bool(marks)


def test_forgetting_of_a_bundle_passes_over_missing_answers():
    bundle = bundle_of([[0, 0, 1, -1], [-1, 1, 1, -1], [0, 0, 1, -1]], [0, 0, 0, 0])
    found = forgetting_of(bundle, run_of(bundle))
    assert found.events.tolist() == [0, 1, 0, 0]
    assert found.first_learned.tolist() == [0, 0, -1, -1]
    assert found.never.tolist() == [False, False, True, False]
    assert found.judged.tolist() == [True, True, True, False]
    backwards = forgetting_of(bundle, torch.tensor([1, 0]))
    assert backwards.events.tolist() == [0, 0, 0, 0]
    assert backwards.first_learned.tolist() == [1, 1, -1, -1]


def test_forgetting_needs_two_checkpoints_and_something_to_judge_them_by():
    bundle = random_bundle(3, 10)
    with pytest.raises(BundleError, match="checkpoints is 0"):
        forgetting_of(bundle, torch.tensor([], dtype=torch.int64))
    with pytest.raises(BundleError, match="needs labels or grades"):
        forgetting_of(replace(bundle, labels=None, grades=None, fingerprint=""), run_of(bundle))


def test_every_device_gives_the_same_dynamics(device):
    bundle = random_bundle(5, 100, 4, seed=5, gaps=0.2)
    moved = bundle.to(device)
    torch.testing.assert_close(
        aum(moved, run_of(moved)).cpu(), aum(bundle, run_of(bundle)), equal_nan=True
    )
    found, expected = forgetting_of(moved, run_of(moved)), forgetting_of(bundle, run_of(bundle))
    assert torch.equal(found.events.cpu(), expected.events)
    assert torch.equal(found.first_learned.cpu(), expected.first_learned)
