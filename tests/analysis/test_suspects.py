"""Which labels may be wrong: the confident joint, flags and the order of suspicion."""

import csv
import warnings
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made import bundle_of, random_bundle, real

from analysis import suspects as module
from analysis.bundle import Bundle, BundleError
from analysis.loading import load_bundle
from analysis.samples import sample_values
from analysis.suspects import Suspects, confident_joint, suspects

few = settings(deadline=None, max_examples=25, derandomize=True)


def relabelled(bundle: Bundle, labels) -> Bundle:
    return replace(bundle, labels=labels.int(), grades=None, fingerprint="")


def with_flipped_labels(bundle: Bundle, share: float, seed: int = 0):
    """Other labels on some samples, and which samples those are."""
    generator = torch.Generator().manual_seed(seed)
    flipped = torch.rand(len(bundle.ids), generator=generator) < share
    classes = len(bundle.classes)
    shift = torch.randint(1, classes, bundle.labels.shape, generator=generator)
    other = (bundle.labels + shift) % classes
    return relabelled(bundle, torch.where(flipped, other, bundle.labels)), flipped


def precision(found: Suspects, wrong) -> float:
    """Share of wrong labels among as many top suspects as there are wrong labels."""
    return wrong[found.order[: int(wrong.sum())]].double().mean().item()


@few
@given(st.integers(0, 10_000), st.integers(2, 6), st.sampled_from([0.1, 0.5, 1.0]))
def test_the_confident_joint_agrees_with_a_loop(seed, classes, accuracy):
    bundle, _ = with_flipped_labels(
        random_bundle(1, 40, classes, seed=seed, accuracy=accuracy), 0.2
    )
    (said,) = bundle.probabilities.values()
    labels = torch.where(torch.arange(40) % 7 == 0, -1, bundle.labels)
    found = confident_joint(said, labels)
    thresholds = []
    for c in range(classes):
        own = [said[n, c].item() for n in range(40) if labels[n] == c]
        thresholds.append(sum(own) / len(own) if own else None)
    joint, odd = [[0] * classes for _ in range(classes)], []
    for n in range(40):
        reached = [
            (-said[n, c].item(), c)
            for c in range(classes)
            if thresholds[c] is not None and said[n, c] >= thresholds[c] - 1e-6
        ]
        inferred = min(reached)[1] if reached else -1
        assert found.inferred[n] == inferred
        if labels[n] >= 0 and reached:
            joint[labels[n]][inferred] += 1
            odd += [n] if inferred != labels[n] else []
    assert found.joint.tolist() == joint
    assert found.suspects.tolist() == odd
    for ours, expected in zip(found.thresholds.tolist(), thresholds, strict=True):
        assert ours == pytest.approx(float("nan") if expected is None else expected, nan_ok=True)


def test_a_class_without_samples_has_no_threshold_and_is_never_inferred():
    said = torch.tensor([[0.3, 0.1, 0.6], [0.2, 0.7, 0.1]])
    found = confident_joint(said, torch.tensor([0, 1]))
    assert found.thresholds.isnan().tolist() == [False, False, True]
    assert found.inferred.tolist() == [0, 1]
    assert found.joint.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0]]


def test_where_memory_does_not_hold_the_table_there_are_suspects_without_it(monkeypatch):
    said = torch.tensor([[0.9, 0.1], [0.1, 0.9], [0.95, 0.05]])
    labels = torch.tensor([0, 1, 1])
    whole = confident_joint(said, labels)
    monkeypatch.setattr(module, "fits", lambda size, device: size <= 8)
    found = confident_joint(said, labels)
    assert found.joint is None
    assert found.suspects.tolist() == whole.suspects.tolist() == [2]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("probabilities", [True, False])
def test_flipped_labels_are_found_at_the_top(seed, probabilities):
    clean = random_bundle(5, 1000, 4, seed=seed, accuracy=1.3, probabilities=probabilities)
    bundle, flipped = with_flipped_labels(clean, 0.05, seed)
    found = suspects(bundle)
    share = flipped.double().mean().item()
    assert precision(found, flipped) > 10 * share
    assert flipped[found.flagged].double().mean() > 10 * share
    assert found.flagged[flipped].double().mean() > 0.5
    again = found.suggested[flipped] == clean.labels[flipped]
    assert again.double().mean() > 0.9


def test_probabilities_find_more_flipped_labels_than_votes_do():
    hard, wrong = with_flipped_labels(random_bundle(5, 2000, 4, accuracy=0.7), 0.05)
    votes = replace(hard, probabilities={}, fingerprint="")
    assert precision(suspects(hard), wrong) > precision(suspects(votes), wrong) > 0.2


def test_samples_that_all_get_wrong_alike_come_first_then_other_flags_then_margins():
    bundle, _ = with_flipped_labels(random_bundle(4, 300, 3, accuracy=0.6), 0.1)
    found = suspects(bundle)
    order = found.order
    (margin,) = sample_values(bundle, ["normalized_margin"]).values()
    stage = torch.where(found.consensus[order] == 1, 0, torch.where(found.flagged[order], 1, 2))
    assert (stage.diff() >= 0).all()
    assert stage.unique().tolist() == [0, 1, 2]
    for part in range(3):
        assert (margin[order][stage == part].diff() >= 0).all()
    assert found.rank[order].tolist() == list(range(300))
    assert found.n == 300


def test_votes_flag_a_majority_of_two_or_more_for_one_other_answer():
    said = [[1, 1, 1, 1, -1], [1, 1, 2, 0, -1], [1, 0, 0, 0, -1], [1, -1, -1, -1, 1]]
    found = suspects(bundle_of(said, [0, 0, 0, 0, 0]))
    assert found.flagged.tolist() == [True, True, False, False, False]
    assert found.suggested.tolist() == [1, 1, 1, 1, 1]
    assert found.consensus.tolist() == pytest.approx([1, 2 / 3, 1 / 3, 1 / 3, 1])
    assert found.order.tolist() == [0, 1, 4, 2, 3]
    assert found.unanimous.tolist() == [True, False, False, False, False]
    assert found.self_confidence.isnan().all()
    assert found.joint is None


def test_the_joint_is_counted_only_when_it_is_asked_for(monkeypatch):
    asked = []
    monkeypatch.setattr(module, "fits", lambda size, device: asked.append(size) or True)
    found = suspects(random_bundle(3, 40, 5))
    assert asked == []
    assert found.joint.joint.sum() <= 40
    assert asked == [8 * 5**2]


def test_one_judge_is_not_all_models():
    said = [[1, 1], *([[-1, 1]] * 8), [-1, 0]]
    bundle = Bundle(
        tuple(f"m{row}" for row in range(10)),
        ("alone", "nine of ten"),
        ("cat", "dog"),
        torch.tensor(said, dtype=torch.int32),
        torch.zeros(2, dtype=torch.int32),
    )
    found = suspects(bundle)
    assert found.consensus.tolist() == [1, 0.9]
    assert not found.unanimous.any()
    assert found.doubted.tolist() == [False, True]
    assert found.order.tolist() == [1, 0]


def test_answers_that_are_the_label_but_were_graded_wrong_do_not_speak_against_it():
    grades = torch.zeros(3, 2, dtype=torch.int8)
    found = suspects(bundle_of([[0, 0], [0, 0], [0, 1]], [0, 0], grades=grades))
    assert found.consensus.tolist() == pytest.approx([0, 1 / 3])
    assert found.suggested.tolist() == [-1, 1]
    assert not found.doubted.any()


def test_a_suggested_label_is_never_the_given_one():
    found = suspects(with_flipped_labels(random_bundle(3, 400, 4, gaps=0.2), 0.1)[0])
    assert (found.suggested != found.given).all()
    assert (found.suggested[found.flagged] >= 0).all()


def test_perfect_models_suspect_nothing_and_models_that_are_always_wrong_everything():
    for said, flagged in ((0, False), (1, True)):
        tables = {name: torch.eye(2)[[said] * 4].double() for name in "ab"}
        bundle = bundle_of([[said] * 4] * 2, [0] * 4, classes="xy", probabilities=tables)
        votes = suspects(replace(bundle, probabilities={}, fingerprint=""))
        assert votes.flagged.tolist() == [flagged] * 4
        assert votes.order.tolist() == [0, 1, 2, 3]
        found = suspects(bundle)
        assert found.order.tolist() == [0, 1, 2, 3]
        assert found.suggested.tolist() == [1 if flagged else -1] * 4
        assert not found.flagged.any(), "no sample shows what a confident 1 looks like"


def test_samples_without_a_label_or_an_answer_have_no_rank_and_raise_no_warning():
    bundle = random_bundle(2, 4, 3)
    predictions, labels = bundle.predictions.clone(), bundle.labels.clone()
    predictions[:, 1], labels[2] = -1, -1
    bundle = relabelled(replace(bundle, predictions=predictions), labels)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = suspects(bundle)
    assert (found.rank < 0).tolist() == [False, True, True, False]
    assert sorted(found.order.tolist()) == [0, 3]
    assert found.n == 2
    assert not found.flagged[[1, 2]].any()
    assert "not trained on" in found.caveat


def test_one_model_is_enough():
    bundle, flipped = with_flipped_labels(random_bundle(1, 500, 3, accuracy=1.3), 0.05)
    assert precision(suspects(bundle), flipped) > 0.5


@few
@given(st.integers(0, 10_000), st.booleans(), st.permutations(range(25)))
def test_neither_chunks_nor_the_order_of_samples_change_suspicion(seed, probabilities, order):
    made = random_bundle(3, 25, 4, seed=seed, gaps=0.2, probabilities=probabilities)
    bundle, order = with_flipped_labels(made, 0.2, seed)[0], torch.tensor(order)
    whole = suspects(bundle)
    shuffled = suspects(bundle.take(order))
    for chunk in (1, 7):
        assert torch.equal(suspects(bundle, chunk=chunk).rank, whole.rank)
    for name in ("flagged", "suggested", "given"):
        assert torch.equal(getattr(shuffled, name), getattr(whole, name)[order]), name
    if probabilities:
        scored = ~whole.self_confidence.isnan()
        place = torch.empty_like(order).scatter_(0, order, torch.arange(25))
        found = [n for n in order[shuffled.order].tolist() if scored[n]]
        assert found == [n for n in whole.order.tolist() if scored[n]]
        assert torch.equal(shuffled.rank[place] < 0, whole.rank < 0)


def test_suspicion_needs_labels_and_answers():
    bundle = random_bundle(2, 5)
    with pytest.raises(BundleError, match="need labels"):
        suspects(replace(bundle, labels=None, grades=None, fingerprint=""))
    graded = bundle_of([[-1]], [0], grades=torch.tensor([[1]], dtype=torch.int8))
    with pytest.raises(BundleError, match="only grades"):
        suspects(graded)


def test_every_device_suspects_the_same(device):
    bundle, _ = with_flipped_labels(random_bundle(4, 200, 4), 0.1)
    found, expected = suspects(bundle.to(device)), suspects(bundle)
    assert torch.equal(found.rank.cpu(), expected.rank)
    assert torch.equal(found.flagged.cpu(), expected.flagged)


def test_two_annotators_find_the_errors_of_a_third():
    loaded = load_bundle(real("cifar10n_annotators"))
    place = loaded.models.index("annotator_1")
    bundle = loaded.select(["annotator_2", "annotator_3"])
    wrong = loaded.predictions[place] != loaded.labels
    found = suspects(relabelled(bundle, loaded.predictions[place]))
    share = wrong.double().mean().item()
    assert share == pytest.approx(0.17234, abs=1e-6)
    assert precision(found, wrong) > 3 * share
    assert wrong[found.flagged].double().mean() > 3 * share
    corrected = found.suggested[found.flagged] == loaded.labels[found.flagged]
    assert corrected.double().mean() > 0.8


def test_people_agree_less_with_the_labels_that_classifiers_suspect():
    folder = real("cifar10_1")
    with (folder / "human_labels" / "cifar10h_counts.csv").open(encoding="utf-8") as file:
        people = {
            row["sample_id"]: float(row["human_agreement_with_label"])
            for row in csv.DictReader(file)
        }
    bundle = load_bundle(folder)
    bundle = bundle.take(torch.tensor([sample in people for sample in bundle.ids]))
    agreement = torch.tensor([people[sample] for sample in bundle.ids])
    order = suspects(bundle).order
    assert agreement.mean() > 0.94
    assert agreement[order[:50]].mean() < 0.8
    assert agreement[order[50:500]].mean() < agreement[order[500:]].mean()
