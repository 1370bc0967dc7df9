"""Scores of single samples: what must hold for any bundle, and what is undefined."""

import math
import warnings
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made import bundle_of, random_bundle

from analysis.bundle import Bundle, BundleError
from analysis.catalog import CATALOG, of_kind
from analysis.samples import sample_measures, sample_values
from analysis.sums.piece import pieces

NAMES = (
    "entropy_total",
    "entropy_expected",
    "mutual_information",
    "vote_entropy",
    "different_answers",
    "members_right",
    "share_right",
    "el2n",
    "probability_margin",
    "self_confidence",
    "normalized_margin",
    "consensus_against_label",
)
OF_PROBABILITIES = tuple(name for name in NAMES if "distributions" in CATALOG[name].needs)
TINY = 1e-9

few = settings(deadline=None, max_examples=25, derandomize=True)
missing_rules = st.sampled_from(["exclude", "wrong"])


@st.composite
def bundles(draw):
    """Small bundles; some with gaps, unlabelled samples or models without probabilities."""
    found = random_bundle(
        draw(st.integers(1, 5)),
        draw(st.integers(1, 30)),
        draw(st.integers(2, 5)),
        seed=draw(st.integers(0, 10_000)),
        gaps=draw(st.sampled_from([0.0, 0.3, 0.9])),
    )
    kept = draw(st.sampled_from([found.models, found.models, (), found.models[::2]]))
    found = replace(found, probabilities={m: found.probabilities[m] for m in kept})
    if draw(st.booleans()):
        generator = torch.Generator().manual_seed(draw(st.integers(0, 10_000)))
        hidden = torch.rand(len(found.ids), generator=generator) < 0.4
        labels = torch.where(hidden, -1, found.labels)
        found = replace(found, labels=labels, grades=None, fingerprint="")
    return found


def same(found, expected, tolerance=TINY):
    assert set(found) == set(expected)
    for name, values in expected.items():
        torch.testing.assert_close(
            found[name].cpu(), values.cpu(), rtol=0, atol=tolerance, equal_nan=True, msg=name
        )


@few
@given(bundles(), missing_rules)
def test_every_score_of_samples_has_its_shape_and_stays_within_its_bounds(bundle, missing):
    measures = of_kind("sample")
    found = sample_values(bundle, [measure.name for measure in measures], missing=missing)
    for measure in measures:
        values = found[measure.name]
        assert values.dtype == torch.float64, measure.name
        assert values.shape == (len(bundle.ids),), measure.name
        low, high = measure.bounds
        known = values[~values.isnan()]
        assert not known.isinf().any(), measure.name
        assert low is None or (known >= low - TINY).all(), measure.name
        assert high is None or (known <= high + TINY).all(), measure.name


@few
@given(bundles(), missing_rules)
def test_scores_agree_with_a_loop_over_samples_and_models(bundle, missing):
    found = sample_values(bundle, NAMES, missing=missing)
    expected = [of_one(bundle, n, missing) for n in range(len(bundle.ids))]
    for name in NAMES:
        torch.testing.assert_close(
            found[name],
            torch.tensor([row.get(name, math.nan) for row in expected], dtype=torch.float64),
            rtol=0,
            atol=TINY,
            equal_nan=True,
            msg=name,
        )


def of_one(bundle, n, missing) -> dict[str, float]:
    """All scores of one sample in plain Python; those that are undefined are left out."""
    label = int(bundle.labels[n])
    said = [int(row[n]) for row in bundle.predictions]
    tables = [
        table[n].tolist()
        for model, table in bundle.probabilities.items()
        if said[bundle.models.index(model)] >= 0
    ]
    answers = [answer for answer in said if answer >= 0]
    found = {"different_answers": len(set(answers))}
    if answers:
        found["vote_entropy"] = shannon([answers.count(c) / len(answers) for c in set(answers)])
    judges = len(said) if missing == "wrong" else len(answers)
    if label >= 0 and judges:
        wrong = [answer for answer in answers if answer != label]
        found["members_right"] = answers.count(label)
        found["share_right"] = answers.count(label) / judges
        most = max((wrong.count(c) for c in set(wrong)), default=0)
        found["consensus_against_label"] = most / judges
    if tables:
        found |= of_tables(tables, label)
    return found


def of_tables(tables, label) -> dict[str, float]:
    mean = [sum(column) / len(tables) for column in zip(*tables, strict=True)]
    expected = sum(map(shannon, tables)) / len(tables)
    found = {
        "entropy_total": shannon(mean),
        "entropy_expected": expected,
        "mutual_information": shannon(mean) - expected,
    }
    if label >= 0:
        target = [float(c == label) for c in range(len(mean))]
        margin = mean[label] - max(p for c, p in enumerate(mean) if c != label)
        found["el2n"] = sum(math.dist(table, target) for table in tables) / len(tables)
        found["self_confidence"] = mean[label]
        found["probability_margin"] = margin
        found["normalized_margin"] = (margin + 1) / 2
    return found


def shannon(shares) -> float:
    return -sum(p * math.log(p) for p in shares if p > 0)


@few
@given(bundles())
def test_mutual_information_is_total_minus_expected_and_at_most_the_log_of_what_can_differ(bundle):
    found = sample_values(bundle, OF_PROBABILITIES)
    information = found["mutual_information"]
    gap = found["entropy_total"] - found["entropy_expected"]
    torch.testing.assert_close(information, gap, rtol=0, atol=TINY, equal_nan=True)
    known = information[~information.isnan()]
    assert (known >= 0).all()
    most = min(max(len(bundle.probabilities), 1), len(bundle.classes))
    assert (known <= math.log(most) + TINY).all()


@few
@given(bundles(), missing_rules, st.randoms(use_true_random=False))
def test_neither_chunks_nor_the_order_of_models_change_a_score(bundle, missing, random):
    whole = sample_values(bundle, NAMES, missing=missing)
    for chunk in (1, 7):
        same(sample_values(bundle, NAMES, missing=missing, chunk=chunk), whole, 1e-12)
    order = random.sample(bundle.models, len(bundle.models))
    same(sample_values(bundle.select(order), NAMES, missing=missing), whole)


@few
@given(bundles(), missing_rules, st.data())
def test_the_scores_of_some_samples_are_those_of_all_of_them_there(bundle, missing, data):
    rows = data.draw(st.permutations(range(len(bundle.ids))))
    rows = torch.tensor(rows[: data.draw(st.integers(1, len(rows)))])
    whole = sample_values(bundle, NAMES, missing=missing)
    expected = {name: values[rows] for name, values in whole.items()}
    same(sample_values(bundle.take(rows), NAMES, missing=missing), expected, 1e-12)


@few
@given(bundles())
def test_scores_of_one_walk_are_those_of_a_walk_for_each(bundle):
    whole = sample_values(bundle, NAMES)
    same({name: sample_values(bundle, [name])[name] for name in NAMES}, whole, 0)


def test_one_model_and_twins_have_no_mutual_information():
    one = random_bundle(1, 40)
    assert (sample_values(one, ["mutual_information"])["mutual_information"] == 0).all()
    twin = replace(
        one,
        models=("twin",),
        probabilities={"twin": one.probabilities["model-0"]},
        fingerprint="",
    )
    found = sample_values(one.append(twin), ["mutual_information", "vote_entropy"])
    assert found["mutual_information"].abs().max() < 1e-15
    assert (found["vote_entropy"] == 0).all()


def sure_of(predictions, labels) -> Bundle:
    """Models that give probability 1 to their answer."""
    predictions = torch.tensor(predictions)
    one_hot = torch.nn.functional.one_hot(predictions, 3).double()
    names = "abcdefg"[: len(predictions)]
    return bundle_of(
        predictions.tolist(), labels, probabilities=dict(zip(names, one_hot, strict=True))
    )


def test_models_that_are_sure_of_the_label_reach_one_end_of_every_score():
    found = sample_values(sure_of([[0, 1], [0, 1]], [0, 1]), NAMES)
    expected = dict.fromkeys(NAMES, 0.0)
    expected |= {"different_answers": 1.0, "members_right": 2.0, "share_right": 1.0}
    expected |= dict.fromkeys(("self_confidence", "probability_margin", "normalized_margin"), 1.0)
    assert {name: values.tolist() for name, values in found.items()} == {
        name: [value, value] for name, value in expected.items()
    }


def test_models_that_are_sure_of_another_class_reach_the_other_end():
    found = sample_values(sure_of([[1], [1]], [0]), NAMES)
    assert found["el2n"].item() == pytest.approx(math.sqrt(2))
    assert found["consensus_against_label"].item() == 1
    assert found["probability_margin"].item() == -1
    assert found["normalized_margin"].item() == 0
    assert found["self_confidence"].item() == found["share_right"].item() == 0


def test_models_that_are_sure_of_different_classes_disagree_as_much_as_they_can():
    found = sample_values(sure_of([[0], [1], [2]], [0]), NAMES)
    for name in ("mutual_information", "entropy_total", "vote_entropy"):
        assert found[name].item() == pytest.approx(math.log(3))
    assert found["entropy_expected"].item() == 0
    assert found["different_answers"].item() == 3
    assert found["consensus_against_label"].item() == pytest.approx(1 / 3)


def test_a_sample_that_nobody_answered_has_no_score_and_no_warning():
    bundle = sure_of([[0, 1], [0, 1]], [0, 1])
    predictions = torch.tensor([[0, -1], [0, -1]], dtype=torch.int32)
    bundle = replace(bundle, predictions=predictions, grades=None, fingerprint="")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = sample_values(bundle, NAMES)
        judged_all = sample_values(bundle, NAMES, missing="wrong")
    assert found.pop("different_answers").tolist() == [1, 0]
    for name, values in found.items():
        assert values.isnan().tolist() == [False, True], name
    assert judged_all["share_right"].tolist() == [1, 0]
    assert judged_all["consensus_against_label"].tolist() == [0, 0]


def test_without_labels_what_needs_them_is_undefined_and_not_offered():
    bundle = replace(sure_of([[0], [1]], [0]), labels=None, grades=None, fingerprint="")
    found = sample_values(bundle, NAMES)
    offered = [measure.name for measure in sample_measures(bundle)]
    defined = [name for name in NAMES if not found[name].isnan().any()]
    assert defined == [name for name in NAMES if name in offered]
    assert "mutual_information" in offered
    assert "self_confidence" not in offered


def test_answers_alone_offer_what_votes_and_labels_tell():
    offered = {measure.name for measure in sample_measures(bundle_of([[0], [1]], [0]))}
    assert offered & set(NAMES) == set(NAMES) - set(OF_PROBABILITIES)


def test_grades_alone_offer_how_many_are_right():
    graded = bundle_of([[-1], [-1]], grades=torch.tensor([[1], [0]], dtype=torch.int8))
    assert {m.name for m in sample_measures(graded)} == {"members_right", "share_right"}
    assert sample_values(graded, ["share_right"])["share_right"].item() == 0.5
    consensus = sample_values(graded, ["consensus_against_label"])["consensus_against_label"]
    assert consensus.isnan().all()


def test_an_answer_that_was_graded_right_is_not_against_the_label():
    grades = torch.tensor([[1], [1], [0]], dtype=torch.int8)
    bundle = bundle_of([[1], [1], [2]], [0], grades=grades)
    found = sample_values(bundle, ["consensus_against_label"])["consensus_against_label"]
    assert found.item() == pytest.approx(1 / 3)


def test_an_answer_that_is_the_label_is_not_against_it_whatever_its_grade():
    grades = torch.zeros(3, 1, dtype=torch.int8)
    bundle = bundle_of([[0], [0], [2]], [0], grades=grades)
    found = sample_values(bundle, ["consensus_against_label"])["consensus_against_label"]
    assert found.item() == pytest.approx(1 / 3)


def test_thousands_of_classes_need_no_column_for_each():
    generator = torch.Generator().manual_seed(0)
    said = torch.randint(100_000, (4, 500), generator=generator, dtype=torch.int32)
    said[1, ::2] = said[0, ::2]
    bundle = Bundle(
        tuple("abcd"), tuple(map(str, range(500))), tuple(map(str, range(100_000))), said
    )
    found = sample_values(bundle, ["vote_entropy", "different_answers"])
    expected = [len(set(column)) for column in said.T.tolist()]
    assert found["different_answers"].tolist() == expected
    assert found["vote_entropy"].max().item() == pytest.approx(math.log(4))


def test_probabilities_read_in_single_precision_give_the_scores_to_six_digits():
    bundle = random_bundle(40, 2000, 30, seed=1)
    single = {model: table.float() for model, table in bundle.probabilities.items()}
    stored = replace(bundle, probabilities=single, fingerprint="")
    (piece,) = pieces(stored, 2000)
    assert piece.distributions.values.dtype == torch.float32
    found = sample_values(stored, OF_PROBABILITIES)
    for name, values in sample_values(bundle, OF_PROBABILITIES).items():
        assert found[name].dtype == torch.float64
        torch.testing.assert_close(found[name], values, rtol=0, atol=1e-6)


def test_every_device_gives_the_same_scores(device):
    bundle = random_bundle(6, 200, 5, seed=3, gaps=0.2)
    same(sample_values(bundle.to(device), NAMES), sample_values(bundle, NAMES))


def test_a_name_that_is_no_score_of_samples_is_refused():
    with pytest.raises(BundleError, match="no score of single samples 'accuracy'"):
        sample_values(random_bundle(), ["accuracy"])
