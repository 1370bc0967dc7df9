"""What a bundle refuses, and what stays aligned when it is cut and joined."""

import numpy as np
import pytest
import torch

from analysis import Bundle, BundleError, Grouping
from analysis.bundle import normalised, position

SAMPLES, MODELS = 4, 3


def full(**changes) -> Bundle:
    """Every field filled so that sample n carries the number n and model m the number m."""
    numbers = torch.arange(SAMPLES)
    models = ("a", "b", "c")
    given = {
        "models": models,
        "ids": tuple(f"s{n}" for n in range(SAMPLES)),
        "classes": ("0", "1", "2", "3"),
        "predictions": torch.stack([numbers, numbers.roll(1), numbers.flip(0)]).int(),
        "labels": numbers.int(),
        "probabilities": {
            name: torch.full((SAMPLES, 4), 0.25, dtype=torch.float64) for name in ("a", "c")
        },
        "confidence": numbers / 10 + torch.arange(MODELS)[:, None] / 100,
        "embeddings": numbers[:, None] * torch.ones(2),
        "model_embeddings": {"b": numbers[:, None] * torch.ones(5)},
        "attributes": {"number": np.arange(SAMPLES), "name": np.array(list("wxyz"), dtype=object)},
        "groups": {"half": Grouping((numbers // 2).int(), ("low", "high"))},
        "model_info": {"family": np.array(["f0", "f1", "f2"], dtype=object)},
        "units": (numbers // 2).int(),
        "thumbnails": np.arange(SAMPLES, dtype=np.uint8)[:, None, None, None]
        * np.ones(3, np.uint8),
    }
    return Bundle(**(given | changes))


def test_grades_follow_from_labels_and_predictions():
    bundle = full(
        predictions=torch.tensor([[0, 1, -1, 2]] * 3).int(),
        labels=torch.tensor([0, 2, 1, -1]).int(),
    )
    assert bundle.grades[0].tolist() == [1, 0, -1, -1]
    assert bundle.correct[0].tolist() == [True, False, False, False]
    assert bundle.answered[0].tolist() == [True, True, False, True]
    assert bundle.labelled.tolist() == [True, True, True, False]


def test_grades_that_are_given_stand():
    grades = torch.tensor([[1, -1, 0, 1]] * 3, dtype=torch.int8)
    bundle = full(predictions=torch.full((3, 4), -1).int(), labels=None, grades=grades)
    assert bundle.correct[0].tolist() == [True, False, False, True]
    assert bundle.labelled.tolist() == [True, False, True, True]
    assert bundle.answered[0].tolist() == [True, False, True, True]


def test_without_labels_nothing_is_labelled():
    bundle = full(labels=None)
    assert not bundle.labelled.any()
    assert not bundle.correct.any()
    assert (bundle.grades == -1).all()


@pytest.mark.parametrize("rows", [[2, 0], [3, 1, 0, 2]])
def test_taking_samples_keeps_every_field_aligned(rows):
    taken = full().take(torch.tensor(rows))
    assert taken.ids == tuple(f"s{n}" for n in rows)
    assert taken.labels.tolist() == rows
    assert taken.predictions[0].tolist() == rows
    assert taken.grades[0].tolist() == [1] * len(rows)
    assert taken.embeddings[:, 0].tolist() == rows
    assert taken.model_embeddings["b"][:, 4].tolist() == rows
    assert taken.attributes["number"].tolist() == rows
    assert taken.attributes["name"].tolist() == ["wxyz"[n] for n in rows]
    assert taken.groups["half"].codes.tolist() == [n // 2 for n in rows]
    assert taken.groups["half"].levels == ("low", "high")
    assert taken.units.tolist() == [n // 2 for n in rows]
    assert taken.thumbnails[:, 0, 0, 0].tolist() == rows
    assert len(taken.probabilities["c"]) == len(rows)
    torch.testing.assert_close(taken.confidence[1], torch.tensor(rows) / 10 + 0.01)
    assert taken.models == ("a", "b", "c")


def test_a_mask_takes_the_samples_it_marks():
    mask = torch.tensor([True, False, False, True])
    taken = full().take(mask)
    assert taken.ids == ("s0", "s3")
    assert taken.fingerprint == full().take(torch.tensor([0, 3])).fingerprint


def test_taking_nothing_is_refused_in_words():
    with pytest.raises(BundleError, match="There is no sample"):
        full().take(torch.zeros(SAMPLES, dtype=torch.bool))


def test_selecting_models_keeps_every_field_aligned():
    chosen = full().select(("c", "b"))
    assert chosen.models == ("c", "b")
    assert chosen.predictions[0].tolist() == [3, 2, 1, 0]
    assert chosen.grades[1].tolist() == full().grades[1].tolist()
    assert list(chosen.probabilities) == ["c"]
    assert list(chosen.model_embeddings) == ["b"]
    assert chosen.model_info["family"].tolist() == ["f2", "f1"]
    torch.testing.assert_close(chosen.confidence[0], torch.arange(SAMPLES) / 10 + 0.02)
    assert chosen.labels.tolist() == full().labels.tolist()


def test_selecting_an_unknown_model_names_it_and_those_there_are():
    with pytest.raises(BundleError, match="There is no model 'z'; the models are a, b, c"):
        full().select(("a", "z"))
    assert position(full(), "b") == 1


def test_appending_adds_models_behind_and_keeps_what_only_one_side_knows():
    first = full().select(("a", "b"))
    other = Bundle(
        models=("d",),
        ids=first.ids,
        classes=first.classes,
        predictions=torch.tensor([[3, 3, 3, -1]]).int(),
        labels=first.labels,
        probabilities={"d": torch.full((SAMPLES, 4), 0.25)},
        model_info={"cost": np.array([7])},
    )
    both = first.append(other)
    assert both.models == ("a", "b", "d")
    assert both.predictions[2].tolist() == [3, 3, 3, -1]
    assert both.grades[2].tolist() == [0, 0, 0, -1]
    assert set(both.probabilities) == {"a", "d"}
    assert both.confidence[2].isnan().all()
    assert both.confidence[:2].isfinite().all()
    assert list(both.model_info) == ["family", "cost"]
    assert both.model_info["family"].tolist() == ["f0", "f1", None]
    assert both.model_info["cost"].tolist() == [None, None, 7]
    assert both.embeddings is first.embeddings
    reverse = other.append(first)
    assert reverse.models == ("d", "a", "b")
    assert reverse.confidence[0].isnan().all()


def test_appending_needs_the_same_samples_and_new_names():
    with pytest.raises(BundleError, match="same samples and classes"):
        full().append(full().take(torch.tensor([0, 1])))
    with pytest.raises(BundleError, match="The model 'a' occurs more than once"):
        full().append(full().select(("a",)))


def test_every_operation_changes_the_fingerprint_and_repeats_it():
    bundle = full()
    other = full(models=("d", "e", "f"), probabilities={}, model_embeddings={})
    derived = [
        bundle.fingerprint,
        bundle.take(torch.tensor([0, 1])).fingerprint,
        bundle.take(torch.tensor([1, 0])).fingerprint,
        bundle.select(("a",)).fingerprint,
        bundle.select(("b", "a")).fingerprint,
        bundle.append(other).fingerprint,
    ]
    assert len(set(derived)) == len(derived)
    assert all(entry.startswith(bundle.fingerprint) for entry in derived)
    assert bundle.select(bundle.models) is bundle
    assert full().take(torch.tensor([0, 1])).fingerprint == derived[1]


@pytest.mark.parametrize(
    "change",
    [
        {"predictions": torch.zeros(MODELS, SAMPLES).int()},
        {"labels": torch.zeros(SAMPLES).int()},
        {"units": None},
        {"confidence": None},
        {"classes": ("0", "1", "2", "4")},
        {"attributes": {"number": np.arange(SAMPLES)}},
        {"groups": {"half": Grouping(torch.zeros(SAMPLES).int(), ("low", "high"))}},
        {"groups": {}},
        {"probabilities": {}},
        {"thumbnails": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_fingerprint_tells_the_data_apart(change):
    assert full(**change).fingerprint != full().fingerprint
    assert full().fingerprint == full().fingerprint


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"models": ()}, "There is no model; give the answers of at least one"),
        ({"ids": ()}, "There is no sample; give at least one row"),
        ({"models": ("a", "b", "a")}, "The model 'a' occurs more than once; each must be unique"),
        ({"ids": ("s0", "s1", "s1", "s3")}, "The sample id 's1' occurs more than once"),
        (
            {"predictions": torch.zeros(3, 5).int()},
            r"predictions has shape \(3, 5\); expected \(3, 4\) for 3 models and 4 samples",
        ),
        ({"labels": torch.zeros(3).int()}, r"labels has shape \(3,\); expected \(4,\)"),
        ({"units": torch.zeros(5).int()}, r"units has shape \(5,\); expected \(4,\)"),
        (
            {"labels": torch.tensor([0, 1, 2, 4]).int()},
            "labels holds a class index outside -1 to 3",
        ),
        ({"predictions": torch.full((3, 4), -2).int()}, "predictions holds a class index outside"),
        ({"embeddings": torch.zeros(3, 2)}, "embeddings has 3 rows; expected 4, one per sample"),
        (
            {"probabilities": {"z": torch.zeros(4, 4)}},
            "There are probabilities of 'z', which is not among the models",
        ),
        ({"attributes": {"site": np.zeros(3)}}, "attribute 'site' has 3 rows; expected 4"),
        ({"thumbnails": np.zeros((2, 1, 1, 3))}, "thumbnails has 2 rows; expected 4"),
        ({"model_info": {"family": np.zeros(9)}}, "model_info 'family' has 9 rows; expected 3"),
        (
            {"groups": {"site": Grouping(torch.tensor([0, 1, 2, 1]), ("n", "s"))}},
            "grouping 'site' holds a level outside 0 to 1",
        ),
        (
            {"probabilities": {"a": torch.full((4, 3), 1 / 3)}},
            r"The probabilities of 'a' have shape \(4, 3\); expected \(4, 4\)",
        ),
        (
            {"probabilities": {"a": torch.full((4, 4), 0.2)}},
            r"The probabilities of 'a' for sample 's0' are not a distribution \(sum 0.8",
        ),
    ],
)
def test_a_bundle_says_what_is_wrong_and_what_it_expected(change, words):
    with pytest.raises(BundleError, match=words):
        full(**change)


def test_rows_without_an_answer_need_no_distribution():
    predictions = torch.tensor([[0, 1, 2, -1]] * 3).int()
    rows = torch.full((4, 4), 0.25)
    rows[3] = torch.nan
    bundle = full(predictions=predictions, probabilities={"a": rows})
    assert bundle.probabilities["a"][3].isnan().all()
    with pytest.raises(BundleError, match="for sample 's3' are not a distribution"):
        full(probabilities={"a": rows})


def test_negative_probabilities_that_sum_to_1_are_refused():
    rows = torch.full((4, 4), 0.25)
    rows[1] = torch.tensor([0.5, 0.6, -0.1, 0.0])
    with pytest.raises(BundleError, match=r"for sample 's1' .* smallest -0.1"):
        full(probabilities={"a": rows})


def test_normalised_rows_sum_to_1_in_float64():
    found = normalised(torch.tensor([[0.5004, 0.4999]]))
    assert found.dtype == torch.float64
    assert found.sum().item() == pytest.approx(1, abs=1e-15)


def test_a_bundle_on_its_own_device_is_itself(device):
    bundle = full()
    moved = bundle.to(device)
    assert (moved is bundle) == (device == "cpu")
    assert moved.device.type == device
    assert moved.groups["half"].codes.device.type == device
    assert moved.take(torch.tensor([0])).device.type == device
    assert moved.select(("b",)).fingerprint == bundle.select(("b",)).fingerprint
