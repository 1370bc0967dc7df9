"""The JSON of a bundle, for data as people bring it, and the intervals in it."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from made import bundle_of, random_bundle

from analysis import Bundle, BundleError, Ensemble, Grouping
from analysis.calibration_errors import calibration_errors
from analysis.catalog import of_kind
from analysis.intervals import accuracy_interval, mcnemar_p, per_unit, wilson
from analysis.judging import best_single, judge, plain
from analysis.summary import default_ensembles, model_aurc, summarise


def partly_labelled() -> Bundle:
    bundle = random_bundle(3, 20, gaps=0.3)
    labels = torch.where(torch.arange(20) % 3 == 0, -1, bundle.labels)
    return replace(bundle, labels=labels, grades=None)


def partly_scored() -> Bundle:
    bundle = random_bundle(3, 20, gaps=0.2)
    return replace(bundle, probabilities={"model-1": bundle.probabilities["model-1"]})


GRADES = torch.tensor([[1, 0, -1], [1, 1, 0]], dtype=torch.int8)

BUNDLES = {
    "full": random_bundle(4, 40),
    "gaps": random_bundle(4, 40, gaps=0.4),
    "labels only": random_bundle(4, 40, probabilities=False),
    "one model": random_bundle(1, 20),
    "one sample": random_bundle(3, 1),
    "one model on one sample": random_bundle(1, 1, probabilities=False),
    "no labels": bundle_of([[0, 1, -1], [0, 0, 0]]),
    "no labels but probabilities": replace(random_bundle(3, 20), labels=None, grades=None),
    "nothing labelled": bundle_of([[0, 1], [0, 0]], [-1, -1]),
    "partly labelled": partly_labelled(),
    "some probabilities": partly_scored(),
    "all missing": bundle_of([[-1, -1], [-1, -1]], [0, 1]),
    "all missing without classes": bundle_of([[-1, -1], [-1, -1]], classes=""),
    "one model missing": bundle_of([[-1, -1], [0, 1]], [0, 0]),
    "labels nobody could give": bundle_of([[0, 1], [1, 1]], [2, 2], "xyz"),
    "the last class": bundle_of([[2, 2], [2, 0]], [2, 2], "xyz"),
    "a single class": bundle_of([[0, 0], [0, 0]], [0, 0], "x"),
    "grades only": bundle_of([[-1] * 3, [-1] * 3], classes="", grades=GRADES),
    "grades and answers": bundle_of([[0, 1, -1], [1, 0, 0]], grades=GRADES),
    "confidence only": bundle_of([[0, 1]], [0, 0], confidence=torch.tensor([[0.9, math.nan]])),
    "units": replace(random_bundle(3, 20), units=torch.arange(20).int() // 4, fingerprint=""),
    "an empty level": bundle_of(
        [[0, 1]], [0, 0], groups={"g": Grouping(torch.tensor([0, 2]).int(), ("p", "q", "r"))}
    ),
}


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
@pytest.mark.parametrize("name", BUNDLES)
def test_a_summary_is_json_without_nan(name, missing):
    bundle = BUNDLES[name]
    found = summarise(bundle, missing=missing)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["bundle"]["models"] == list(bundle.models)
    assert set(found["models"]) == set(bundle.models)
    assert set(found["pairs"]) == {"n", "n_judged", *(measure.name for measure in of_kind("pair"))}
    sets = {measure.name for measure in of_kind("set")}
    scores = {"kernel", "vendi_q0.1", "vendi_q0.5", "vendi_q1", "vendi_q2", "vendi_qinf"}
    assert scores <= set(found["diversity"])
    diversity, parts = set(found["diversity"]) - {"n", *scores}, set(found["decompositions"])
    assert diversity | parts == sets | {"n", "n_scored", "n_mixed"}
    assert not diversity & parts
    assert {"entropy", "kw", "kappa", "theta", "gd", "cfd", "fleiss_kappa_labels"} <= diversity
    for entry in found["ensembles"]:
        assert sum(entry.get("outcomes", {}).values()) == (entry["n"] if "outcomes" in entry else 0)
        assert ("outcomes" in entry) == (entry["n"] > 0)
        assert entry["right"] <= entry["n"] <= len(bundle.ids)


def test_without_labels_accuracies_are_absent_and_disagreement_is_there():
    found = summarise(BUNDLES["no labels"])
    assert found["models"]["a"]["accuracy"] is None
    assert found["models"]["a"]["accuracy_interval"] == [None, None]
    assert found["pairs"]["disagreement_labels"] == [[0.0, 0.5], [0.5, 0.0]]
    assert found["pairs"]["double_fault"] == [[None, None], [None, None]]
    assert [entry["n"] for entry in found["ensembles"]] == [0]
    assert found["ensembles"][0]["accuracy"] is None


def test_the_missing_rule_decides_how_many_samples_a_model_is_judged_on():
    bundle = bundle_of([[0, -1, -1, 1], [0, 0, 0, -1]], [0, 0, 0, 0])
    found = summarise(bundle)
    assert [found["models"][name]["n"] for name in "ab"] == [2, 3]
    assert found["models"]["b"]["accuracy"] == 1.0
    assert found["bundle"]["missing"] == {"a": 2, "b": 1}
    assert found["pairs"]["n"] == [[2, 1], [1, 3]]
    strict = summarise(bundle, missing="wrong")
    assert [strict["models"][name]["n"] for name in "ab"] == [4, 4]
    assert strict["models"]["b"]["accuracy"] == 0.75
    expected = [end.item() for end in wilson(torch.tensor(3), torch.tensor(4))]
    assert strict["models"]["b"]["accuracy_interval"] == pytest.approx(expected)
    assert strict["ensembles"][0]["right"] == 3


def test_grades_without_answers_are_counted_in_n():
    found = summarise(BUNDLES["grades only"])
    assert found["pairs"]["n"] == [[2, 2], [2, 3]]
    assert found["pairs"]["error_disagreement"][0][1] == 0.5
    assert found["pairs"]["disagreement_labels"][0][1] is None
    assert found["ensembles"][0]["n"] == 0


def test_groups_report_every_level_with_its_size():
    found = summarise(BUNDLES["an empty level"])["groups"]["g"]
    assert found["q"] == {
        "n": 0,
        "accuracy": {"a": None},
        "accuracy_interval": {"a": [None, None]},
    }
    assert found["r"]["accuracy"] == {"a": 0.0}


def test_pools_take_the_models_that_have_probabilities():
    chosen = default_ensembles(BUNDLES["some probabilities"])
    assert [(len(one.members), one.rule) for one in chosen] == [
        (3, "plurality"),
        (1, "mean"),
        (1, "geometric"),
    ]
    assert [one.rule for one in default_ensembles(BUNDLES["labels only"])] == ["plurality"]


def test_an_ensemble_is_judged_against_its_best_member():
    bundle = bundle_of([[0, 1, 1, 0], [0, 0, 1, 1], [0, 0, 0, 1]], [0, 0, 0, 0])
    entry = judge(bundle, Ensemble(("a", "b", "c")))
    assert entry["reference"] == "c"
    assert entry["n"] == 4
    assert entry["right"] == 2
    assert entry["accuracy"] == 0.5
    assert (entry["corrections"], entry["regressions"]) == (0, 1)
    assert entry["mcnemar_p"] == 1.0
    assert entry["oracle_accuracy"] == 1.0
    assert entry["outcomes"] == {
        "kept": 1,
        "corrected": 1,
        "rescued": 0,
        "overruled": 0,
        "spoiled": 2,
        "missed": 0,
    }
    assert entry["members_right"] == {
        "0": {"right": 0, "wrong": 0},
        "1": {"right": 0, "wrong": 2},
        "2": {"right": 1, "wrong": 0},
        "3": {"right": 1, "wrong": 0},
    }
    assert entry["ledger"] == {
        "rescued_given_all_wrong": None,
        "majority_wrong_rescue": 0,
        "breakage_majority": 0,
        "breakage_any": 2,
        "mean_member_error": pytest.approx(5 / 12),
        "good_diversity": pytest.approx(1 / 12),
        "bad_diversity": pytest.approx(2 / 12),
    }
    assert entry["correction_curve"]["2"]["rate"] == 1.0
    assert entry["correction_curve"]["0"] == {"rate": None, "interval": [None, None]}
    assert entry["recoverable_gap"] == 0.25
    assert entry["recovered_fraction"] == -1.0
    assert judge(bundle, Ensemble(("a", "b", "c")), reference="a")["corrections"] == 1


def test_diversity_and_decompositions_say_how_many_samples_stand_behind_them():
    answers = [[0, 1, 1, 0], [0, 0, -1, 1], [0, 0, 0, 1]]
    tables = {name: torch.full((4, 3), 1 / 3) for name in "ab"}
    bundle = bundle_of(answers, [0, 0, 0, -1], probabilities=tables)
    found = summarise(bundle)
    assert found["diversity"]["n"] == 2
    assert found["diversity"]["entropy"] == 0.5
    assert found["diversity"]["kw"] == pytest.approx(1 / 9)
    parts = found["decompositions"]
    assert (parts["n"], parts["n_scored"], parts["n_mixed"]) == (3, 2, 3)
    assert parts["mean_log_loss"] == pytest.approx(math.log(3))
    assert parts["domingos_bias"] == 0
    strict = summarise(bundle, missing="wrong")
    assert strict["diversity"]["n"] == 3


def test_a_group_reports_the_accuracy_of_the_reference():
    groups = {"g": Grouping(torch.tensor([0, 0, 1]).int(), ("p", "q"))}
    bundle = bundle_of([[0, 1, -1], [0, 0, 1]], [0, 0, 0], groups=groups)
    found = judge(bundle, Ensemble(("a", "b")), reference="a")["groups"]["g"]
    assert found["p"]["reference_accuracy"] == 0.5
    assert found["q"]["reference_accuracy"] is None


def test_the_first_of_equally_good_members_is_the_best():
    bundle = bundle_of([[1, 1], [0, 1], [1, 0]], [0, 0])
    assert best_single(bundle) == "b"
    assert best_single(bundle_of([[0], [1]])) is None
    assert best_single(bundle_of([[-1, 0], [0, 1]], [0, 0])) == "a"
    assert best_single(bundle_of([[-1, 0], [0, 0]], [0, 0]), missing="wrong") == "b"


def test_an_unknown_reference_or_member_is_refused_in_words():
    with pytest.raises(BundleError, match="There is no model 'z'"):
        summarise(BUNDLES["full"], reference="z")
    with pytest.raises(BundleError, match="There is no model 'z'"):
        summarise(BUNDLES["full"], ensembles=[Ensemble(("z",))])
    with pytest.raises(BundleError, match="needs probabilities, and 'model-0' has none"):
        summarise(BUNDLES["labels only"], ensembles=[Ensemble(("model-0",), "mean")])


def test_a_summary_repeats_itself():
    bundle = BUNDLES["units"]
    assert summarise(bundle) == summarise(bundle)
    other = summarise(bundle, seed=1)
    assert (
        other["models"]["model-0"]["accuracy"] == summarise(bundle)["models"]["model-0"]["accuracy"]
    )


def test_plain_turns_what_is_undefined_into_none():
    assert plain(torch.tensor([[1.0, math.nan], [math.inf, -math.inf]])) == [
        [1, None],
        [None, None],
    ]
    assert plain(torch.tensor(math.nan)) is None
    assert plain(torch.tensor(3)) == 3


def test_aurc_of_a_model_needs_confidence_and_labels():
    bundle = bundle_of(
        [[0, 1], [0, 1]], [0, 0], "xy", probabilities={"a": torch.tensor([[0.9, 0.1]] * 2)}
    )
    assert model_aurc(bundle, "a").item() == 0.5
    assert model_aurc(bundle, "b").isnan()
    assert model_aurc(BUNDLES["no labels but probabilities"], "model-0").isnan()
    assert model_aurc(BUNDLES["confidence only"], "a").item() == 0.0


def test_copies_of_a_sample_do_not_narrow_the_interval():
    right = torch.arange(40) % 10 < 7
    copies = right.repeat_interleave(5)[None]
    units = torch.arange(40).repeat_interleave(5)
    everything = torch.ones_like(copies)
    low, high = accuracy_interval(copies, everything, units)
    naive_low, naive_high = wilson(copies.sum(1), everything.sum(1))
    honest_low, honest_high = wilson(right.sum()[None], torch.tensor([40]))
    assert (high - low).item() >= (naive_high - naive_low).item()
    assert low.item() == pytest.approx(honest_low.item(), abs=0.04)
    assert high.item() == pytest.approx(honest_high.item(), abs=0.04)


def test_samples_that_stand_alone_get_a_wilson_interval():
    right = torch.tensor([[True, True, False]])
    everything = torch.ones_like(right)
    alone = accuracy_interval(right, everything, torch.tensor([4, 9, 7]))
    assert alone == accuracy_interval(right, everything)
    assert alone == wilson(right.sum(1), everything.sum(1))


def test_a_model_without_a_judged_answer_has_no_interval():
    right = torch.tensor([[True, False], [False, False]])
    graded = torch.tensor([[True, True], [False, False]])
    for units in (None, torch.tensor([0, 0])):
        low, high = accuracy_interval(right, graded, units)
        assert low.isnan().tolist() == [False, True]
        assert high.isnan().tolist() == [False, True]


def test_flags_are_summed_by_unit():
    flags = torch.tensor([[True, True, False]])
    assert per_unit(flags, torch.tensor([7, 2, 7])).tolist() == [[1.0, 1.0]]


def test_without_a_discordant_sample_mcnemar_finds_nothing():
    assert mcnemar_p(0, 0) == 1.0
    assert mcnemar_p(5, 0) == mcnemar_p(0, 5) == pytest.approx(2 * 0.5**5)
    assert mcnemar_p(4, 4) == 1.0


def test_every_model_has_its_calibration_errors_or_the_reason_why_not():
    bundle = random_bundle(3, 40)
    found = summarise(bundle)["models"]["model-1"]
    assert found["calibration"]["ece"] == pytest.approx(found["ece"])
    errors = calibration_errors(bundle, "model-1")
    assert found["calibration"] == errors | {"undefined": None}
    partly = replace(bundle, probabilities={}, fingerprint="")
    found = summarise(partly)["models"]["model-1"]["calibration"]
    assert found["undefined"] == "no confidence"
    assert found["classwise_ece"] is None


def test_a_cascade_says_whom_it_asked_and_what_that_cost():
    bundle = random_bundle(3, 60, 3, seed=4)
    chosen = Ensemble(bundle.models, "cascade", {"t": 0.6})
    entry = summarise(bundle, ensembles=(chosen,))["ensembles"][0]
    asked = list(entry["asked"].values())
    assert asked[0] == 60
    assert asked == sorted(asked, reverse=True)
    assert entry["cost"]["unit"] == "members"
    assert entry["cost"]["mean"] == pytest.approx(sum(asked) / 60)
    priced = replace(bundle, model_info={"cost": np.array([1.0, 2.0, 5.0])}, fingerprint="")
    cost = summarise(priced, ensembles=(chosen,))["ensembles"][0]["cost"]
    assert cost["mean"] == pytest.approx((asked[0] + 2 * asked[1] + 5 * asked[2]) / 60)
    assert (cost["first"], cost["all"]) == (1, 8)
