"""Consistency of many teams: against every team by itself, and worked by hand."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from made import bundle_of, overlapping, random_bundle

from analysis import consistency_axes
from analysis.bundle import BundleError
from analysis.catalog import CATALOG, value
from analysis.consistency_axes import agreement_across, consistency, disjoint_teams, team_agreement
from analysis.ensemble import Ensemble, combine
from analysis.evenness import macro_std
from analysis.groups import worst_and_gap
from analysis.tally import tally
from analysis.teams import sample_teams


def teams_of(bundle, number=12):
    return sample_teams(len(bundle.models), (2, 3, 4), number)


def members(bundle, team):
    return tuple(model for model, inside in zip(bundle.models, team, strict=True) if inside)


def each(bundle, teams, rule):
    return [combine(bundle, Ensemble(members(bundle, team), rule)) for team in teams]


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
@pytest.mark.parametrize("rule", ["plurality", "mean"])
def test_kept_is_one_minus_the_negative_flips_of_the_catalog(missing, rule):
    bundle = random_bundle(5, 90, 4, seed=1, gaps=0.2)
    teams = teams_of(bundle)
    found = consistency(bundle, teams, rule, reference="model-2", missing=missing)
    for place, said in enumerate(each(bundle, teams, rule)):
        both = bundle.append(said)
        sums = tally(both, CATALOG["nfr"].needs, missing=missing)
        assert found.kept[place] == 1 - value(CATALOG["nfr"], sums)[2, -1]
        assert found.compared[place] == sums["both_graded"][2, -1]
    assert found.even.isnan().all()


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
@pytest.mark.parametrize("tags", [False, True])
def test_even_is_one_minus_the_gap_of_each_team(missing, tags):
    bundle = overlapping(120, 3, gaps=0.1) if tags else random_bundle(5, 120, 3, seed=3, gaps=0.1)
    column = "tags" if tags else "region"
    teams = teams_of(bundle)
    found = consistency(bundle, teams, "plurality", grouping=column, missing=missing)
    member = bundle.groups[column].membership()
    for place, said in enumerate(each(bundle, teams, "plurality")):
        both = bundle.append(said)
        sums = tally(both, CATALOG["group_accuracy"].needs, groups=(column,), missing=missing)
        rate = value(CATALOG["group_accuracy"], sums, group=column)
        _, gap = worst_and_gap(rate, sums[f"group_graded/{column}"])
        assert found.even[place] == 1 - gap[-1]
        told = said.grades[0] >= 0 if missing == "exclude" else bundle.labelled
        right, graded = torch.zeros(2, len(bundle.classes), member.shape[1])
        for row, label in enumerate(bundle.labels.tolist()):
            graded[label] += member[row] & told[row]
            right[label] += member[row] & told[row] & said.correct[0, row]
        expected = 1 - macro_std(right, graded).macro
        assert found.even_in_classes[place].item() == pytest.approx(expected.item())
    assert found.kept.isnan().all()
    assert found.compared.sum() == 0


def test_teams_in_parts_are_those_at_once(monkeypatch):
    bundle = random_bundle(5, 80, 3)
    asked = {"reference": "model-0", "grouping": "region", "least": 1}
    whole = consistency(bundle, teams_of(bundle), "mean", **asked)
    monkeypatch.setattr(consistency_axes, "working_memory", lambda device: 5000)
    parts = consistency(bundle, teams_of(bundle), "mean", **asked)
    for name, values in vars(whole).items():
        assert torch.equal(values, getattr(parts, name))


def test_without_labels_only_agreement_is_known():
    bundle = replace(random_bundle(4, 30, 3), labels=None, grades=None, fingerprint="")
    found = consistency(bundle, teams_of(bundle), "mean", reference="model-0", grouping="region")
    assert found.kept.isnan().all()
    assert found.even.isnan().all()
    assert found.even_in_classes.isnan().all()
    first, second = disjoint_teams(4, 2, 5)
    assert team_agreement(bundle, first, second, "mean")[1].tolist() == [30] * 5


@given(models=st.integers(2, 9), data=st.data())
def test_disjoint_teams_share_no_member(models, data):
    size = data.draw(st.integers(1, models // 2))
    first, second = disjoint_teams(models, size, 8, seed=data.draw(st.integers(0, 99)))
    assert not bool((first & second).any())
    assert first.sum(1).tolist() == second.sum(1).tolist() == [size] * 8


def test_agreement_of_two_teams_is_that_of_their_answers():
    bundle = random_bundle(6, 70, 4, seed=4, gaps=0.4)
    first, second = disjoint_teams(6, 2, 9)
    agreement, count = team_agreement(bundle, first, second, "plurality")
    pairs = zip(each(bundle, first, "plurality"), each(bundle, second, "plurality"), strict=True)
    for place, (one, other) in enumerate(pairs):
        both = (one.predictions >= 0) & (other.predictions >= 0)
        same = (one.predictions == other.predictions) & both
        assert count[place] == both.sum()
        assert agreement[place] == int(same.sum()) / int(both.sum())


def test_agreement_across_three_versions_worked_by_hand():
    versions = [
        bundle_of([[0, 1, 2, -1], [0, 0, 0, 0]]),
        bundle_of([[0, 1, 0, 1], [0, 0, 0, 0]]),
        bundle_of([[0, 2, 1, -1], [0, 0, 0, 0]]),
    ]
    agreement, count = agreement_across(versions)
    assert agreement.tolist() == pytest.approx([(1 + 1 / 3 + 0) / 3, 1])
    assert count.tolist() == [3, 4]
    never = agreement_across([bundle_of([[0, -1]]), bundle_of([[-1, 1]])])
    assert never[0].isnan().all()
    assert never[1].tolist() == [0]


def test_spread_is_nothing_for_one_subgroup_and_undefined_without_any():
    right, graded = torch.tensor([[3, 0], [0, 0]]), torch.tensor([[4, 0], [0, 0]])
    for corrected in (False, True):
        found = macro_std(right, graded, corrected=corrected)
        assert found.per_class[0] == 0
        assert found.per_class[1].isnan()
        assert found.macro == 0
    assert macro_std(torch.zeros(1, 2), torch.zeros(1, 2)).macro.isnan()


def test_what_does_not_fit_is_a_sentence():
    bundle = random_bundle(4, 30, 3)
    teams = teams_of(bundle)
    other = bundle_of([[0, 1]])
    bad = [
        (lambda: disjoint_teams(5, 3, 2), "need 6 models; there are 5"),
        (lambda: consistency(bundle, teams, "mean", reference="x"), "There is no model 'x'"),
        (lambda: consistency(bundle, teams, "mean", grouping="x"), "the groupings are: region"),
        (lambda: team_agreement(bundle, teams, teams[1:], "mean"), "expected pairs"),
        (lambda: agreement_across([bundle]), "needs two of them or more"),
        (lambda: agreement_across([bundle, other]), "A version has 1 models and 2 samples"),
        (lambda: agreement_across([other, bundle_of([[0, 1]], classes="zyx")]), "different class"),
    ]
    for call, sentence in bad:
        with pytest.raises(BundleError, match=sentence):
            call()
