"""Which teams are looked at, and what each reaches, worked by hand."""

import math
from dataclasses import replace
from itertools import combinations
from math import comb

import pytest
import torch
from made import bundle_of, random_bundle

from analysis import Grouping
from analysis.groups import size_curve, worst_and_gap
from analysis.search import evaluate
from analysis.teams import curve_sizes, sample_teams, teams_of_size

ONE_TWO_THREE = torch.tensor([[1, 0, 0], [1, 1, 0], [1, 1, 1]]).bool()


def test_a_team_is_measured_by_accuracy_disagreement_and_stability():
    bundle = bundle_of([[0, 0, 1, 1], [0, 1, 1, 0], [0, 1, 0, 2]], [0, 0, 1, 0])
    found = evaluate(bundle, ONE_TWO_THREE, "plurality")
    assert found.accuracy.tolist() == [0.75, 1.0, 0.75]
    assert found.disagreement[1:].tolist() == [0.5, pytest.approx((0.5 + 0.75 + 0.5) / 3)]
    assert found.stability[1:].tolist() == [0.75, pytest.approx((2 + 2 + 3) / 12)]
    assert found.disagreement[0].isnan()
    assert found.stability[0].isnan()
    assert found.judged.tolist() == [4, 4, 4]
    for values in (found.accuracy, found.disagreement, found.stability):
        assert values.dtype == torch.float64


def test_gaps_are_left_out_or_count_as_wrong():
    bundle = bundle_of([[0, -1, -1], [0, 0, -1]], [0, 0, 0])
    teams = torch.tensor([[1, 0], [1, 1]]).bool()
    found = evaluate(bundle, teams, "plurality")
    assert found.judged.tolist() == [1, 2]
    assert found.accuracy.tolist() == [1.0, 1.0]
    assert found.disagreement[1].item() == 0.0
    assert found.stability[1].item() == 1.0
    found = evaluate(bundle, teams, "plurality", missing="wrong")
    assert found.judged.tolist() == [3, 3]
    assert found.accuracy.tolist() == pytest.approx([1 / 3, 2 / 3])
    assert found.disagreement[1].item() == pytest.approx(2 / 3)


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
@pytest.mark.parametrize(
    "bundle",
    [
        bundle_of([[0, 1], [0, 0]]),
        bundle_of([[0, 1], [0, 0]], [-1, -1]),
    ],
    ids=["no labels", "nothing labelled"],
)
def test_without_labels_a_team_has_disagreement_but_no_accuracy(bundle, missing):
    found = evaluate(bundle, torch.tensor([[True, True]]), "plurality", missing=missing)
    assert found.accuracy.isnan().all()
    assert found.judged.tolist() == [0]
    assert found.disagreement.tolist() == [0.5]
    assert found.stability.tolist() == [0.75]


def test_a_team_of_models_graded_elsewhere_is_judged_by_their_grades():
    bundle = bundle_of([[0, 1], [0, 0]], grades=torch.ones(2, 2, dtype=torch.int8))
    found = evaluate(bundle, torch.tensor([[True, True]]), "plurality")
    assert (found.accuracy.tolist(), found.judged.tolist()) == ([1.0], [2])


def test_the_pool_of_one_model_is_one_team():
    found = evaluate(random_bundle(1, 10), sample_teams(1, (1, 2, 3), 50), "mean")
    assert found.membership.tolist() == [[True]]
    assert found.disagreement.isnan().all()


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_all_teams_of_a_size_are_taken_where_they_are_few(size):
    teams = teams_of_size(5, size, 10)
    expected = [[place in team for place in range(5)] for team in combinations(range(5), size)]
    assert teams.tolist() == expected


def test_many_teams_are_drawn_by_a_seed_without_repetition():
    teams = teams_of_size(20, 5, 100, seed=3)
    assert teams.shape == (100, 20)
    assert (teams.sum(1) == 5).all()
    assert len(teams.unique(dim=0)) == 100
    assert torch.equal(teams, teams_of_size(20, 5, 100, seed=3))
    assert not torch.equal(teams, teams_of_size(20, 5, 100, seed=4))


def test_drawing_teams_leaves_the_global_seed_alone():
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    sample_teams(20, (2, 5), 50)
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize(("models", "number"), [(5, 0), (5, 1), (5, 3), (8, 40), (30, 200)])
def test_sampled_teams_are_the_single_models_and_about_as_many_as_wanted(models, number):
    sizes = (2, 3, 5, 40)
    teams = sample_teams(models, sizes, number)
    assert torch.equal(teams[:models], torch.eye(models, dtype=torch.bool))
    possible = sum(comb(models, size) for size in sizes if size <= models)
    assert len(teams) - models == min(number, possible)
    assert len(teams.unique(dim=0)) == len(teams)
    assert teams.sum(1).tolist() == sorted(teams.sum(1).tolist())


def test_curve_sizes_end_with_the_whole_pool():
    assert curve_sizes(1) == [1]
    assert curve_sizes(6) == [1, 2, 3, 4, 5, 6]
    assert curve_sizes(12) == [1, 2, 3, 4, 5, 7, 10, 12]


def test_the_curve_over_sizes_averages_all_teams_in_each_group():
    bundle = random_bundle(3, 40)
    found = size_curve(bundle, "plurality", "region")
    assert found["sizes"].tolist() == [1, 2, 3]
    assert found["teams"].tolist() == [3, 3, 1]
    codes = bundle.groups["region"].codes
    for level in range(3):
        expected = bundle.correct[:, codes == level].double().mean()
        assert found["mean"][0, level].item() == pytest.approx(expected.item())
    assert (found["low"] <= found["mean"]).all()
    assert (found["mean"] <= found["high"]).all()
    assert torch.equal(found["low"][2], found["high"][2])


def test_a_team_without_an_answer_lowers_the_curve_only_if_gaps_count_as_wrong():
    everybody = {"all": Grouping(torch.zeros(2, dtype=torch.int32), ("all",))}
    bundle = bundle_of([[0, -1], [0, 0]], [0, 0], groups=everybody)
    assert size_curve(bundle, "plurality", "all")["mean"].flatten().tolist() == [1.0, 1.0]
    found = size_curve(bundle, "plurality", "all", missing="wrong")
    assert found["mean"].flatten().tolist() == [0.75, 1.0]


def test_the_curve_is_undefined_without_labels():
    bundle = replace(random_bundle(2, 10), labels=None, grades=None)
    assert size_curve(bundle, "plurality", "region")["mean"].isnan().all()


def test_the_worst_group_is_found_among_those_that_are_large_enough():
    accuracy = torch.tensor([[0.9, 0.2, 0.7], [0.5, math.nan, math.nan]]).double()
    graded = torch.tensor([[30, 5, 20], [3, 0, 0]])
    worst, gap = worst_and_gap(accuracy, graded)
    assert worst[0].item() == pytest.approx(0.7)
    assert gap[0].item() == pytest.approx(0.2)
    assert worst[1].isnan()
    assert gap[1].isnan()
    worst, gap = worst_and_gap(accuracy, graded, least=1)
    assert worst.tolist() == pytest.approx([0.2, 0.5])
    assert gap.tolist() == pytest.approx([0.7, 0.0])
