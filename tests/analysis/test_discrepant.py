"""The samples on which two models differ most."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made import bundle_of, random_bundle

from analysis.bundle import BundleError
from analysis.catalog import CATALOG, value
from analysis.discrepant import discrepant, js_divergence
from analysis.tally import tally

few = settings(deadline=None, max_examples=25, derandomize=True)


@few
@given(st.integers(0, 10_000), st.integers(1, 12), st.sampled_from([0.0, 0.4]))
def test_the_choice_agrees_with_a_loop_over_samples(seed, k, gaps):
    bundle = random_bundle(3, 30, 3, seed=seed, gaps=gaps)
    found = discrepant(bundle, "model-2", "model-0", k=k)
    first, second = (bundle.probabilities[name] for name in ("model-2", "model-0"))
    expected = []
    for n in range(30):
        one, other = int(bundle.predictions[2, n]), int(bundle.predictions[0, n])
        if -1 not in (one, other) and one != other:
            distance = divergence(first[n].tolist(), second[n].tolist())
            label = int(bundle.labels[n])
            expected.append((-distance, n, 1 * (one == label) + 2 * (other == label)))
    assert found.n == len(expected)
    expected = sorted(expected)[:k]
    assert found.rows.tolist() == [n for _, n, _ in expected]
    assert found.distance.tolist() == pytest.approx([-far for far, _, _ in expected], abs=1e-12)
    assert found.who_right.tolist() == [who for _, _, who in expected]
    assert (found.by, found.note) == ("js", "")


def divergence(p, q) -> float:
    mixed = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    return shannon(mixed) - (shannon(p) + shannon(q)) / 2


def shannon(shares) -> float:
    return -sum(p * math.log(p) for p in shares if p > 0)


def test_the_divergence_is_that_of_the_pair_measure():
    bundle = random_bundle(2, 200, 5)
    first, second = bundle.probabilities.values()
    pair = value(CATALOG["js_nats"], tally(bundle, CATALOG["js_nats"].needs))[0, 1]
    assert js_divergence(first, second).mean().item() == pytest.approx(pair.item(), abs=1e-12)
    assert js_divergence(first, first).max() == 0


def test_models_that_never_differ_give_an_empty_list():
    bundle = random_bundle(1, 20)
    same = replace(bundle, models=("twin",), probabilities={}, fingerprint="")
    for second in ("twin", "model-0"):
        found = discrepant(bundle.append(same), "model-0", second)
        assert found.rows.tolist() == found.distance.tolist() == found.who_right.tolist() == []
        assert found.n == 0


def test_no_labels_are_needed_and_then_nobody_is_judged():
    bundle = random_bundle(2, 40, 3)
    unlabelled = replace(bundle, labels=None, grades=None, fingerprint="")
    found, judged = (discrepant(one, "model-0", "model-1") for one in (unlabelled, bundle))
    assert torch.equal(found.rows, judged.rows)
    assert found.who_right.unique().tolist() == [-1]


def test_without_probabilities_the_stated_confidences_rank_and_unknown_ones_come_last():
    sure = torch.tensor([[0.5, torch.nan, 0.9, 0.9], [0.1, 0.9, 0.1, 0.8]])
    bundle = bundle_of([[0, 0, 0, 0], [1, 1, 1, 1]], [0, 1, 2, -1], confidence=sure)
    found = discrepant(bundle, "a", "b")
    assert found.rows.tolist() == [3, 2, 0, 1]
    assert found.distance[:3].tolist() == pytest.approx([1.7, 1.0, 0.6])
    assert found.distance[3].isnan()
    assert found.who_right.tolist() == [-1, 0, 1, 2]
    assert found.by == "confidence"
    assert "confidences" in found.note


def test_without_probabilities_and_confidences_samples_keep_their_order():
    bundle = bundle_of([[0, 0, 0, -1], [1, 0, 1, 1]], [0, 0, 1, 1])
    found = discrepant(bundle, "a", "b", k=1)
    assert found.rows.tolist() == [0]
    assert found.distance.isnan().all()
    assert (found.n, found.by) == (2, "order")
    unknown = replace(bundle, confidence=torch.full((2, 4), torch.nan), fingerprint="")
    assert discrepant(unknown, "a", "b").by == "order"


def test_equal_distances_keep_the_order_of_the_samples():
    tables = {"a": torch.eye(3)[[0] * 5], "b": torch.eye(3)[[1, 2, 0, 2, 1]]}
    bundle = bundle_of([[0] * 5, [1, 2, 0, 2, 1]], probabilities=tables)
    found = discrepant(bundle, "a", "b", k=3)
    assert found.rows.tolist() == [0, 1, 3]
    assert found.distance.tolist() == pytest.approx([math.log(2)] * 3)


def test_different_answers_that_were_both_graded_right_are_said_to_be():
    grades = torch.tensor([[1], [1]], dtype=torch.int8)
    assert discrepant(bundle_of([[0], [1]], grades=grades), "a", "b").who_right.tolist() == [3]


def test_every_device_chooses_the_same(device):
    bundle = random_bundle(2, 100, 4)
    found = discrepant(bundle.to(device), "model-0", "model-1")
    assert torch.equal(found.rows.cpu(), discrepant(bundle, "model-0", "model-1").rows)


def test_an_unknown_model_is_refused():
    with pytest.raises(BundleError, match="no model 'b'"):
        discrepant(random_bundle(2, 5), "model-0", "b")
