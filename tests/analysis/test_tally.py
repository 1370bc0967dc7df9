"""Sums worked by hand, and the measures that are read off them at the edges."""

import math

import pytest
import torch
from made import bundle_of, random_bundle

from analysis.bundle import Grouping
from analysis.catalog import CATALOG, of_kind, value
from analysis.confidence import confidence_of
from analysis.sums.losses import CALIBRATION_BINS
from analysis.tally import Tally, tally, tally_blocks

NEEDS = {name for measure in CATALOG.values() for name in measure.needs}


def rate(name, bundle, **options):
    return value(CATALOG[name], tally(bundle, CATALOG[name].needs, **options)).tolist()


GAPS = bundle_of([[0, 1, -1, 2], [0, 2, 1, -1]], labels=[0, 1, 1, 2])


def test_a_gap_leaves_the_sample_out_of_the_model_and_of_its_pairs():
    sums = tally(GAPS, NEEDS)
    assert sums["answered"].tolist() == [3, 3]
    assert sums["right"].tolist() == [3, 2]
    assert sums["both_answered"].tolist() == [[3, 2], [2, 3]]
    assert sums["same"].tolist() == [[3, 1], [1, 3]]
    assert sums["both_right"].tolist() == [[3, 1], [1, 2]]
    assert sums["right_given"].tolist() == [[3, 2], [1, 2]]
    assert sums["both_wrong"].tolist() == [[0, 0], [0, 1]]


def test_a_gap_that_counts_as_wrong_agrees_with_nobody():
    sums = tally(GAPS, NEEDS, missing="wrong")
    assert sums["graded"].tolist() == [4, 4]
    assert sums["right"].tolist() == [3, 2]
    assert sums["both_answered"].tolist() == [[4, 4], [4, 4]]
    assert sums["same"].tolist() == [[3, 1], [1, 3]]
    assert sums["both_wrong"].tolist() == [[1, 0], [0, 2]]
    assert rate("disagreement_labels", GAPS, missing="wrong")[0][1] == 0.75


def test_an_unlabelled_sample_is_compared_but_not_judged():
    bundle = bundle_of([[0, 1, 2], [0, 1, 0]], labels=[0, -1, 2])
    for missing in ("exclude", "wrong"):
        sums = tally(bundle, NEEDS, missing=missing)
        assert sums["both_answered"][0, 1] == 3
        assert sums["both_graded"][0, 1] == 2
        assert sums["same"][0, 1] == 2
    assert rate("accuracy", bundle) == [1.0, 0.5]


def test_the_same_wrong_answer_is_counted_where_both_are_judged():
    labelled = bundle_of([[0, 1, 2], [0, 1, 0]], labels=[0, 2, 2])
    assert rate("same_wrong_rate", labelled)[0][1] == pytest.approx(1 / 3)
    partly = bundle_of([[0, 1, 1], [0, 1, 1]], labels=[0, -1, 0])
    assert rate("same_wrong_rate", partly)[0][1] == 0.5
    unlabelled = bundle_of([[0, 1], [0, 1]], labels=[-1, -1])
    assert math.isnan(rate("same_wrong_rate", unlabelled)[0][1])


def test_answers_that_were_graded_elsewhere_can_be_right_and_differ():
    grades = torch.tensor([[1, 0, 0], [1, 0, 0]], dtype=torch.int8)
    bundle = bundle_of([[0, 1, 2], [1, 1, 0]], grades=grades)
    for weights in (None, torch.ones(3)):
        assert rate("same_wrong_rate", bundle, weights=weights)[0][1] == pytest.approx(1 / 3)
        assert rate("double_fault", bundle, weights=weights)[0][1] == pytest.approx(2 / 3)


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
def test_grades_without_answers_say_nothing_of_disagreement(missing):
    grades = torch.tensor([[1, 0], [1, 1]], dtype=torch.int8)
    bundle = bundle_of([[-1, -1], [-1, -1]], classes="", grades=grades)
    assert rate("accuracy", bundle, missing=missing) == [0.5, 1.0]
    assert rate("error_disagreement", bundle, missing=missing)[0][1] == 0.5
    for name in ("disagreement_labels", "same_wrong_rate"):
        assert math.isnan(rate(name, bundle, missing=missing)[0][1])


@pytest.mark.parametrize(
    "bundle",
    [
        bundle_of([[0, 1], [1, 1]]),
        bundle_of([[0, 1], [1, 1]], labels=[-1, -1]),
        bundle_of([[-1, -1], [-1, -1]], classes=""),
        bundle_of([[0, 1], [1, 1]], classes="xy", labels=[0, 1]),
    ],
    ids=["no labels", "all unlabelled", "all missing", "no sample selected"],
)
@pytest.mark.parametrize("missing", ["exclude", "wrong"])
def test_what_nothing_was_judged_on_is_undefined(bundle, missing):
    nothing = torch.zeros(2, dtype=torch.bool)
    for weights in (nothing, nothing.long(), nothing.double()):
        sums = tally(bundle, NEEDS, weights=weights, missing=missing)
        for measure in (*of_kind("model"), *of_kind("pair")):
            assert value(measure, sums).isnan().all(), measure.name
    if not bundle.labelled.any():
        sums = tally(bundle, NEEDS, missing=missing)
        assert value(CATALOG["accuracy"], sums).isnan().all()
        assert value(CATALOG["double_fault"], sums).isnan().all()


def test_one_model_on_one_sample_has_a_table_of_one_cell():
    bundle = bundle_of([[1]], labels=[1])
    assert rate("accuracy", bundle) == [1.0]
    assert rate("disagreement_labels", bundle) == [[0.0]]
    assert rate("double_fault", bundle) == [[0.0]]
    assert math.isnan(rate("error_consistency", bundle)[0][0])


def test_counts_are_integers_unless_samples_are_weighted():
    bundle = bundle_of([[0, 1], [1, 1]], labels=[0, 1])
    assert tally(bundle, NEEDS)["both_right"].dtype == torch.int64
    assert tally(bundle, NEEDS, weights=torch.tensor([True, False]))["same"].dtype == torch.int64
    weighted = tally(bundle, NEEDS, weights=torch.tensor([0.5, 2.0]))
    assert weighted["both_right"].tolist() == [[2.5, 2.0], [2.0, 2.0]]
    assert weighted["same"].tolist() == [[2.5, 2.0], [2.0, 2.5]]


def test_only_the_needed_sums_are_made():
    bundle = bundle_of([[0, 1], [1, 1]], labels=[0, 1])
    assert set(tally(bundle, ("same",)).sums) == {"same", "same_graded"}
    assert "js_sum" not in tally(bundle, CATALOG["accuracy"].needs).sums


def test_tallies_add_sum_by_sum():
    one, other = Tally({"right": torch.tensor([1, 2])}), Tally({"right": torch.tensor([3, 4])})
    assert (one + other)["right"].tolist() == [4, 6]


def test_log_loss_and_brier_are_taken_on_rows_that_were_answered_and_labelled():
    given = torch.tensor([[0.5, 0.5], [0.25, 0.75], [math.nan, math.nan], [0.9, 0.1]])
    bundle = bundle_of(
        [[0, 1, -1, 0], [0, 0, 0, 0]], [0, 0, 1, -1], "xy", probabilities={"a": given.double()}
    )
    sums = tally(bundle, NEEDS)
    assert sums["scored"].tolist() == [2, 0]
    assert rate("log_loss", bundle)[0] == pytest.approx((math.log(2) + math.log(4)) / 2)
    assert rate("brier", bundle)[0] == pytest.approx((0.5 + 2 * 0.75**2) / 2)
    assert math.isnan(rate("log_loss", bundle)[1])
    assert math.isnan(rate("js_nats", bundle)[0][1])


def test_divergence_is_taken_where_both_answered_whatever_stands_in_the_other_rows():
    nothing = [math.nan, math.nan]
    given = {
        "a": torch.tensor([[1.0, 0.0], [0.5, 0.5], nothing]),
        "b": torch.tensor([[0.0, 1.0], [0.5, 0.5], [0.9, 0.1]]),
    }
    bundle = bundle_of([[0, 0, -1], [1, 0, 0]], classes="xy", probabilities=given)
    assert tally(bundle, NEEDS)["both_scored"].tolist() == [[2, 2], [2, 3]]
    assert rate("js_nats", bundle)[0][1] == pytest.approx(math.log(2) / 2)


def test_a_label_with_probability_0_is_clipped_and_counted():
    given = {"a": torch.tensor([[1.0, 0.0], [0.0, 1.0]])}
    bundle = bundle_of([[0, 1]], [1, 1], "xy", probabilities=given)
    assert tally(bundle, NEEDS)["clipped"].tolist() == [1]
    assert rate("log_loss", bundle)[0] == pytest.approx(-math.log(1e-12) / 2)


def test_probabilities_are_divided_by_their_sum():
    bundle = bundle_of([[0]], [0], "xy", probabilities={"a": torch.tensor([[0.8004, 0.2001]])})
    assert rate("log_loss", bundle)[0] == pytest.approx(-math.log(0.8004 / 1.0005), rel=1e-6)


def test_confidence_on_an_edge_belongs_to_the_bin_below_it():
    confidence = torch.tensor([[0.2, 0.2001, 1.0, 0.0, math.nan]])
    bundle = bundle_of([[0, 0, 0, 0, 0]], [0, 1, 0, 1, 0], confidence=confidence)
    counts = tally(bundle, NEEDS)["bin_count"][0]
    assert len(counts) == CALIBRATION_BINS
    found = {place: count for place, count in enumerate(counts.tolist()) if count}
    assert found == {0: 1, 2: 1, 3: 1, 14: 1}


def test_the_calibration_error_uses_stated_confidence_where_there_are_no_probabilities():
    bundle = bundle_of([[0, 0]], [0, 1], confidence=torch.tensor([[0.9, 0.9]]))
    assert rate("ece", bundle)[0] == pytest.approx(0.4)
    assert confidence_of(bundle_of([[0, 0]]), "a") is None


def test_probabilities_come_before_stated_confidence():
    bundle = bundle_of(
        [[0, 1]],
        classes="xy",
        probabilities={"a": torch.tensor([[0.7, 0.3], [0.4, 0.6]], dtype=torch.float64)},
        confidence=torch.tensor([[0.1, 0.1]]),
    )
    assert confidence_of(bundle, "a").tolist() == [0.7, 0.6]
    assert confidence_of(bundle, "a", torch.tensor([1])).tolist() == [0.6]


def test_groups_are_summed_by_level_and_an_empty_level_is_undefined():
    codes = torch.tensor([0, 0, 2, 2], dtype=torch.int32)
    bundle = bundle_of(
        [[0, 1, 1, -1]], [0, 0, 1, 1], groups={"place": Grouping(codes, ("in", "none", "out"))}
    )
    for missing, expected in (("exclude", [2, 0, 1]), ("wrong", [2, 0, 2])):
        sums = tally(bundle, ("group_right",), groups=("place",), missing=missing)
        assert sums["group_graded/place"].tolist() == [expected]
        assert sums["group_right/place"].tolist() == [[1, 0, 1]]
    found = value(CATALOG["group_accuracy"], sums, group="place")[0].tolist()
    assert found[0] == 0.5
    assert math.isnan(found[1])
    assert found[2] == 0.5


def test_thousands_of_open_answers_are_compared_without_a_column_each():
    answers = torch.arange(1000).remainder(997)
    bundle = bundle_of([answers.tolist(), answers.flip(0).tolist()], classes=map(str, range(997)))
    expected = int((answers == answers.flip(0)).sum())
    assert int(tally(bundle, ("same",))["same"][0, 1]) == expected
    weights = torch.full((1000,), 2)
    assert float(tally(bundle, ("same",), weights=weights)["same"][0, 1]) == 2 * expected


def test_tallies_of_different_sums_do_not_add_up():
    one, other = (Tally({name: torch.zeros(2)}) for name in ("right", "graded"))
    with pytest.raises(ValueError, match="lacks graded, right"):
        one + other


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
@pytest.mark.parametrize("chunk", [None, 7])
def test_blocks_are_tallied_apart_in_one_walk(missing, chunk):
    bundle = random_bundle(4, 60, 3, gaps=0.2, seed=2)
    kinds = ("model", "pair", "set")
    needs = {need for kind in kinds for measure in of_kind(kind) for need in measure.needs}
    block = torch.randperm(60, generator=torch.Generator().manual_seed(1)) % 11
    found = tally_blocks(bundle, needs, block, 12, missing=missing, chunk=chunk)
    assert found.sums.keys() == needs
    for place in range(12):
        expected = tally(bundle, needs, weights=block == place, missing=missing)
        for name in needs:
            torch.testing.assert_close(found[name][place], expected[name], rtol=1e-9, atol=1e-9)
