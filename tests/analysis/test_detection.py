"""Which uncertainty finds errors: by hand, against scikit-learn and against naive loops."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made import bundle_of, random_bundle
from sklearn.metrics import roc_auc_score, roc_curve

from analysis.bundle import BundleError
from analysis.detection import (
    UNCERTAINTIES,
    auroc,
    detection_report,
    false_positive_rate,
    relative_uncertainty,
    uncertainty_matrix,
)
from analysis.ensemble import Ensemble, combine
from analysis.quality import aurc
from analysis.splits import Split, split

few = settings(deadline=None, max_examples=25, derandomize=True)


def close(found, expected, tolerance=1e-9):
    torch.testing.assert_close(
        torch.as_tensor(found, dtype=torch.float64),
        torch.as_tensor(expected, dtype=torch.float64),
        rtol=0,
        atol=tolerance,
        equal_nan=True,
    )


rows = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40).filter(
    lambda found: len({wrong for _, wrong in found}) == 2
)


@few
@given(rows)
def test_areas_and_rates_agree_with_scikit_learn_ties_included(found):
    levels, wrong = zip(*found, strict=True)
    uncertainty, flags = torch.tensor(levels) / 7, torch.tensor(wrong)
    close(auroc(uncertainty, flags), roc_auc_score(wrong, levels))
    false, true, _ = roc_curve(wrong, levels, drop_intermediate=False)
    for share in (0.5, 0.95, 1.0):
        expected = false[np.argmax(true >= share - 1e-12)]
        close(false_positive_rate(uncertainty, flags, found=share), expected)


def test_without_a_wrong_or_a_right_answer_nothing_can_be_told_apart():
    scores = torch.tensor([0.1, 0.2])
    for flags in ([True, True], [False, False]):
        assert auroc(scores, torch.tensor(flags)).isnan()
        assert false_positive_rate(scores, torch.tensor(flags)).isnan()
    assert auroc(scores[:0], torch.zeros(0, dtype=torch.bool)).isnan()


def test_the_matrix_of_a_case_worked_by_hand():
    # Errors share 0 and 1, right answers share 1 and 2.
    wrong = torch.tensor([[0.5, 0.5, 0.0], [0.7, 0.3, 0.0]], dtype=torch.float64)
    right = torch.tensor([[0.1, 0.8, 0.1]], dtype=torch.float64)
    count = torch.tensor(2), torch.tensor(1)
    found = uncertainty_matrix(wrong.T @ wrong, count[0], right.T @ right, count[1])
    # (0.25 + 0.21) / 2 - 0.08 = 0.15 for 0 and 1; 0 and 2: -0.01; 1 and 2: -0.08.
    half = 0.5**0.5
    close(found, [[0, half, 0], [half, 0, 0], [0, 0, 0]])
    close(relative_uncertainty(right, found), [2 * half * 0.08])


def naive_matrix(probabilities, wrong, weight):
    classes = probabilities.shape[1]
    matrix = np.zeros((classes, classes))
    for i in range(classes):
        for j in range(classes):
            if i != j:
                products = probabilities[:, i] * probabilities[:, j]
                matrix[i, j] = max(
                    0,
                    weight * products[wrong].mean() - (1 - weight) * products[~wrong].mean(),
                )
    return matrix / np.linalg.norm(matrix)


@pytest.mark.parametrize("weight", [0.5, 0.8])
def test_the_report_agrees_with_a_naive_fit_and_scikit_learn(weight):
    bundle = random_bundle(1, 300, 4, seed=2, gaps=0.1)
    parts = split(bundle, seed=3)
    found = detection_report(bundle, "model-0", parts, weight=weight)
    values = bundle.probabilities["model-0"].numpy()
    wrong = ~bundle.correct[0].numpy()
    answered = (bundle.predictions[0] >= 0).numpy()
    fit, held_out = parts.fit.numpy() & answered, parts.held_out.numpy() & answered
    matrix = naive_matrix(values[fit], wrong[fit], weight)
    values, wrong_out = values[held_out], wrong[held_out]
    scores = [
        np.einsum("ni,ij,nj->n", values, matrix, values),
        -(values * np.log(values)).sum(1),
        1 - values.max(1),
    ]
    assert found.uncertainties == UNCERTAINTIES
    close(found.auroc, [roc_auc_score(wrong_out, score) for score in scores])
    expected = [
        aurc(torch.from_numpy(-score), torch.from_numpy(~wrong_out)).item() for score in scores
    ]
    close(found.aurc, expected)
    assert (found.n_fit, found.wrong_fit) == (fit.sum(), wrong[fit].sum())
    assert (found.n_held_out, found.wrong_held_out) == (held_out.sum(), wrong_out.sum())


def test_without_errors_to_learn_from_it_is_the_gini_index():
    bundle = random_bundle(1, 60, 4, seed=4)
    right = bundle.correct[0]
    found = detection_report(bundle, "model-0", Split(right, ~right | right, ""))
    gini = 1 - bundle.probabilities["model-0"].square().sum(1)
    close(found.auroc[0], auroc(gini, ~right))
    assert found.wrong_fit == 0
    nothing = torch.zeros_like(right)
    unfitted = detection_report(bundle, "model-0", Split(nothing, ~nothing, ""))
    close(unfitted.auroc, found.auroc)


def planted(samples=4000, seed=0):
    """Errors lie where 0 and 1 share the probability; 2 and 3 share it just as often in vain."""
    generator = torch.Generator().manual_seed(seed)
    first = 2 * torch.randint(2, (samples,), generator=generator)
    high = 0.5 + 0.4 * torch.rand(samples, generator=generator, dtype=torch.float64)
    table = torch.full((samples, 4), 0.01, dtype=torch.float64)
    table.scatter_(1, first[:, None], high[:, None])
    table.scatter_(1, first[:, None] + 1, 0.98 - high[:, None])
    missed = (torch.rand(samples, generator=generator) < 0.5) & (first == 0) & (high < 0.7)
    labels = torch.where(missed, first + 1, first)
    return bundle_of([first.tolist()], labels.tolist(), "wxyz", probabilities={"a": table.float()})


def test_relative_uncertainty_finds_planted_errors_that_entropy_cannot():
    bundle = planted()
    found = detection_report(bundle, "a", split(bundle))
    relative, entropy, largest = found.auroc
    assert relative > entropy + 0.1
    assert relative > largest + 0.1
    assert found.aurc[0] < found.aurc[1:].min()
    assert found.fpr[0] < found.fpr[1:].min()


def test_labels_held_out_do_not_touch_what_is_fitted():
    bundle = planted(400)
    parts = split(bundle)
    labels = torch.where(parts.held_out, (bundle.labels + 1) % 4, bundle.labels)
    twin = replace(bundle, labels=labels, grades=None)
    on_itself = Split(parts.fit, parts.fit, "")
    found, other = (detection_report(one, "a", on_itself) for one in (bundle, twin))
    close(found.auroc, other.auroc, 0)
    changed = detection_report(twin, "a", parts)
    assert (changed.n_fit, changed.wrong_fit) == (found.n_fit, found.wrong_fit)
    assert changed.wrong_held_out != detection_report(bundle, "a", parts).wrong_held_out


def test_an_ensemble_is_judged_like_a_model_and_small_chunks_change_nothing(monkeypatch):
    bundle = random_bundle(3, 120, 4, seed=7, gaps=0.3)
    combined = combine(bundle, Ensemble(bundle.models, "mean"))
    parts = split(bundle)
    found = detection_report(combined, combined.models[0], parts)
    answered = bundle.answered.any(0)
    assert found.n_held_out == int((parts.held_out & answered).sum())
    assert found.auroc.isfinite().all()
    monkeypatch.setattr("analysis.detection.STEP_VALUES", 20)
    again = detection_report(combined, combined.models[0], parts)
    close(again.auroc, found.auroc)
    close(again.fpr, found.fpr)


def test_one_class_one_sample_all_right_and_all_wrong_are_no_error():
    sure = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    every = torch.ones(2, dtype=torch.bool)
    for labels in ([0, 0], [1, 1]):
        bundle = bundle_of([[0, 0]], labels, "xy", probabilities={"a": sure})
        found = detection_report(bundle, "a", Split(every, every, ""))
        assert found.auroc.isnan().all()
        assert found.fpr.isnan().all()
        assert found.aurc.tolist() == [float(labels[0])] * 3
    one = bundle_of([[0]], [0], "x", probabilities={"a": torch.ones(1, 1)})
    found = detection_report(one, "a", split(one))
    assert found.auroc.isnan().all()
    unlabelled = bundle_of([[0, 0]], [-1, -1], "xy", probabilities={"a": sure})
    assert detection_report(unlabelled, "a", Split(every, every, "")).aurc.isnan().all()


def test_a_model_without_probabilities_is_answered():
    bundle = bundle_of([[0, 0]], [0, 1])
    with pytest.raises(BundleError, match="'a' has no probabilities to tell its errors by"):
        detection_report(bundle, "a", split(bundle))
    with pytest.raises(BundleError, match="There is no model 'nobody'"):
        detection_report(bundle, "nobody", split(bundle))


def test_every_device_gives_the_same_report(device):
    bundle = planted(300)
    parts = split(bundle)
    moved = Split(parts.fit.to(device), parts.held_out.to(device), "")
    found = detection_report(bundle.to(device), "a", moved)
    close(found.auroc.cpu(), detection_report(bundle, "a", parts).auroc, 1e-6)
