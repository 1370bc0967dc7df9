"""What members bring to their ensemble."""

from itertools import permutations

import pytest
import torch
from made import WEIGHED, bundle_of, random_bundle, weighed

from analysis.bundle import BundleError
from analysis.contributions import changed_by, contributions
from analysis.ensemble import Ensemble, combine
from analysis.intervals import mcnemar_p
from analysis.many_tests import holm


def accuracy(bundle, members, rule):
    said = combine(bundle, Ensemble(members, rule, weights=(1.0,) * len(members)))
    known = said.grades[0] >= 0
    return said.correct[0, known].double().mean().item()


def test_by_hand():
    bundle = bundle_of([[0, 0, 0, 1], [0, 0, 1, 1], [0, 1, 0, 0]], [0, 0, 0, 0], "xy")
    found = contributions(bundle, Ensemble(bundle.models))
    assert found.n.tolist() == [4, 4, 4]
    # Only a and b together get the last sample wrong; ties go to x, which is right.
    assert found.brought.tolist() == [0, 0, 0]
    assert found.lost.tolist() == [1, 1, 0]
    assert found.without.tolist() == [1, 1, 0.75]
    assert found.gain.tolist() == [-0.25, -0.25, 0]


@pytest.mark.parametrize("rule", WEIGHED)
def test_each_member_is_left_out_in_turn(rule):
    bundle = random_bundle(4, 60, 3, seed=1, gaps=0.1)
    ensemble = weighed(bundle.models, rule)
    found = contributions(bundle, ensemble)
    whole = combine(bundle, ensemble)
    for row, model in enumerate(bundle.models):
        rest = [place for place in range(4) if place != row]
        weights = tuple(ensemble.weights[place] for place in rest) if ensemble.weights else ()
        members = tuple(bundle.models[place] for place in rest)
        other = combine(bundle, Ensemble(members, rule, weights=weights))
        both = (whole.grades[0] >= 0) & (other.grades[0] >= 0)
        right, without = whole.correct[0] & both, other.correct[0] & both
        assert found.members[row] == model
        assert found.brought[row] == (right & ~without).sum()
        assert found.lost[row] == (without & ~right).sum()
        expected = (right.sum() - without.sum()) / both.sum()
        assert found.gain[row].item() == pytest.approx(expected.item())
        assert found.low[row] <= found.gain[row] <= found.high[row]
        thanks, because = changed_by(bundle, ensemble, model)
        assert torch.equal(thanks, right & ~without)
        assert torch.equal(because, without & ~right)
    tests = list(map(mcnemar_p, found.brought.tolist(), found.lost.tolist()))
    assert found.p.tolist() == pytest.approx(holm(torch.tensor(tests).double()).tolist())
    assert all(corrected >= p for corrected, p in zip(found.p.tolist(), tests, strict=True))


@pytest.mark.parametrize("rule", ["plurality", "mean"])
def test_shapley_values_are_close_to_those_over_all_orders_and_add_up(rule):
    bundle = random_bundle(4, 80, 3, seed=2, accuracy=0.4)
    alone = [accuracy(bundle, (model,), rule) for model in bundle.models]
    average = sum(alone) / 4
    exact = dict.fromkeys(bundle.models, 0.0)
    for order in permutations(bundle.models):
        before = average
        for place, model in enumerate(order):
            after = accuracy(bundle, order[: place + 1], rule)
            exact[model] += (after - before) / 24
            before = after
    found = contributions(bundle, Ensemble(bundle.models, rule), orders=2000)
    total = accuracy(bundle, bundle.models, rule) - average
    assert found.shapley.sum().item() == pytest.approx(total)
    assert found.shapley.tolist() == pytest.approx(list(exact.values()), abs=0.01)
    assert (found.shapley_low <= found.shapley).all()
    assert (found.shapley <= found.shapley_high).all()


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
def test_a_single_member_cannot_be_left_out(missing):
    bundle = random_bundle(2, 30, gaps=0.2)
    found = contributions(bundle, Ensemble(bundle.models[:1]), missing=missing)
    assert found.p.isnan().all()
    assert found.n.tolist() == [0]
    assert found.without.isnan().all()
    assert found.gain.isnan().all()
    assert found.low.isnan().all()
    assert found.shapley.tolist() == [0]


def test_gaps_count_as_wrong_where_they_should():
    bundle = bundle_of([[0, -1], [1, 0]], [0, 0], "xy")
    assert contributions(bundle, Ensemble(bundle.models)).n.tolist() == [2, 1]
    found = contributions(bundle, Ensemble(bundle.models), missing="wrong")
    assert found.n.tolist() == [2, 2]
    assert found.brought.tolist() == [1, 1]


def test_an_unknown_member_is_a_sentence():
    with pytest.raises(BundleError, match="nobody"):
        contributions(random_bundle(2), Ensemble(("nobody",)))


def test_without_labels_nothing_is_judged():
    bundle = bundle_of([[0, 1], [1, 1]])
    found = contributions(bundle, Ensemble(bundle.models))
    assert found.n.tolist() == [0, 0]
    assert torch.isnan(found.without).all()


def test_holm_multiplies_by_the_tests_that_remain():
    found = holm(torch.tensor([0.01, torch.nan, 0.02, 0.5, 0.9]))
    assert found[[0, 2, 3, 4]].tolist() == pytest.approx([0.04, 0.06, 1, 1])
    assert found[1].isnan()
    assert len(holm(torch.tensor([]))) == 0


def test_who_alone_has_a_weight_cannot_be_left_out_either():
    bundle = random_bundle(2, 30, seed=1)
    chosen = Ensemble(bundle.models, weights=(1.0, 0.0))
    found = contributions(bundle, chosen, missing="wrong", orders=0)
    assert found.n.tolist() == [0, 30]
    assert found.gain[0].isnan()
    assert found.p[0].isnan()
    assert found.gain[1] == 0


def test_orders_of_joining_mean_nothing_where_teams_may_abstain():
    bundle = random_bundle(4, 60, seed=2)
    found = contributions(bundle, Ensemble(bundle.models, "selective", {"alpha": 0.3}))
    for values in (found.shapley, found.shapley_low, found.shapley_high):
        assert values.isnan().all()
    assert found.gain.isfinite().any()


def test_of_very_many_samples_some_are_drawn_and_the_interval_tells(monkeypatch):
    bundle = random_bundle(samples=2000, probabilities=False)
    ensemble = Ensemble(bundle.models, "plurality")
    exact = contributions(bundle, ensemble)
    monkeypatch.setattr("analysis.contributions.MOST_SAMPLES", 400)
    drawn = contributions(bundle, ensemble)
    assert torch.equal(drawn.gain, exact.gain)
    assert not torch.equal(drawn.shapley, exact.shapley)
    assert ((drawn.shapley_low < exact.shapley) & (exact.shapley < drawn.shapley_high)).all()
    wide = (drawn.shapley_high - drawn.shapley_low) / (exact.shapley_high - exact.shapley_low)
    assert (wide > 1).all()
