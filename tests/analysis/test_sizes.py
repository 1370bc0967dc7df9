"""Curves against the number of members."""

from itertools import combinations
from math import comb

import pytest
import torch
from made import random_bundle

from analysis.bundle import BundleError, Grouping
from analysis.ensemble import Ensemble, combine
from analysis.judging import judge
from analysis.sizes import size_curves

CURVES = ("accuracy", "log_loss", "worst_group", "rescued", "spoiled")


@pytest.mark.parametrize("rule", ["mean", "plurality"])
def test_curves_sum_up_what_is_said_of_each_team(rule):
    bundle = random_bundle(5, 120, 3, seed=4, accuracy=0.2)
    found = size_curves(bundle, bundle.models[1:], rule, bundle.groups["region"])
    assert found.sizes.tolist() == [1, 2, 3, 4]
    assert found.teams.tolist() == [4, 6, 4, 1]
    assert found.every.all()
    for place, size in enumerate(found.sizes.tolist()):
        teams = combinations(bundle.models[1:], size)
        judged = [judge(bundle, Ensemble(team, rule)) for team in teams]
        groups = [
            [group["accuracy"] for group in entry["groups"]["region"].values() if group["n"] >= 20]
            for entry in judged
        ]
        expected = {
            "accuracy": [entry["accuracy"] for entry in judged],
            "worst_group": [min(rates) for rates in groups],
            "rescued": [entry["outcomes"]["rescued"] for entry in judged],
            "spoiled": [entry["outcomes"]["spoiled"] for entry in judged],
        }
        if rule == "mean":
            expected["log_loss"] = [entry["log_loss"] for entry in judged]
        for name, values in expected.items():
            curve, values = getattr(found, name), torch.tensor(values).double()
            for end, number in (
                ("mean", values.mean()),
                ("lowest", values.min()),
                ("highest", values.max()),
                ("low", values.quantile(0.1)),
                ("high", values.quantile(0.9)),
            ):
                assert getattr(curve, end)[place].item() == pytest.approx(number.item()), name


def test_many_teams_are_drawn_by_a_seed():
    bundle = random_bundle(14, 30)
    found = size_curves(bundle, bundle.models, "plurality", seed=1)
    assert found.sizes.tolist() == [1, 2, 3, 4, 5, 7, 10, 14]
    expected = [comb(14, size) for size in found.sizes.tolist()]
    assert found.teams.tolist() == [n if n <= 2000 else 500 for n in expected]
    assert found.every.tolist() == [n <= 2000 for n in expected]
    again, other = (size_curves(bundle, bundle.models, "plurality", seed=s) for s in (1, 2))
    assert torch.equal(found.accuracy.mean, again.accuracy.mean)
    assert not torch.equal(found.accuracy.mean, other.accuracy.mean)
    whole = combine(bundle, Ensemble(bundle.models, "plurality")).correct.double().mean()
    assert found.accuracy.mean[-1] == found.accuracy.low[-1] == whole


def test_what_is_not_known_is_nan():
    bundle = random_bundle(3, 40, probabilities=False)
    found = size_curves(bundle, bundle.models, "plurality")
    assert found.log_loss.mean.isnan().all()
    assert found.worst_group.highest.isnan().all()
    small = Grouping(torch.arange(40, dtype=torch.int32) // 4, tuple("abcdefghij"))
    found = size_curves(bundle, bundle.models, "plurality", small)
    assert found.worst_group.mean.isnan().all()
    assert found.n.tolist() == [40, 40, 40]


def test_a_team_without_answers_is_left_out_of_the_mean():
    bundle = random_bundle(3, 40, gaps=0.4)
    bundle.predictions[0] = -1
    bundle.grades[0] = -1
    found = size_curves(bundle, bundle.models, "plurality")
    assert found.n[0] == 0
    for name in ("accuracy", "rescued", "spoiled"):
        assert torch.isfinite(getattr(found, name).mean).all()


def test_a_fitted_rule_is_stood_in_for():
    bundle = random_bundle(4, 60)
    found, plain = (size_curves(bundle, bundle.models, rule) for rule in ("caruana", "mean"))
    for name in CURVES:
        expected, curve = getattr(plain, name).mean, getattr(found, name).mean
        assert torch.allclose(curve, expected, equal_nan=True)


def test_a_rule_that_members_cannot_follow_says_so():
    bundle = random_bundle(2, 10, probabilities=False)
    with pytest.raises(BundleError, match="needs probabilities"):
        size_curves(bundle, bundle.models, "mean")
