"""What is said of a grouping: worst group, tests, disagreement, gains, dependence, ranks."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made import overlapping, random_bundle

from analysis.bundle import BundleError, Grouping
from analysis.contrasts import contrast
from analysis.dependence import dependence, distance_dependence
from analysis.effects import Effects, effects
from analysis.ensemble import Ensemble
from analysis.evenness import macro_std
from analysis.group_disagreement import (
    disagreement_between,
    disagreement_by_group,
    group_scores,
    standing_apart,
)
from analysis.group_disagreement import vote_scores as scores_of_votes
from analysis.group_gains import worst_group_gain
from analysis.group_ranks import group_ranks, kendall, spearman
from analysis.group_report import against_rest, group_macro_std, worst_group
from analysis.intervals import wilson
from analysis.made_groups import cross


def parts(codes, number=None):
    codes = torch.as_tensor(codes, dtype=torch.int32)
    return Grouping(codes, tuple(f"l{x}" for x in range(number or int(codes.max()) + 1)))


def test_the_worst_group_has_its_interval_and_small_groups_do_not_count():
    right, n = torch.tensor([[45, 12, 0], [1, 1, 1]]), torch.tensor([[50, 20, 19], [2, 2, 2]])
    rate = right / n
    found = worst_group(rate, *wilson(right, n), n)
    assert found.level.tolist() == [1, -1]
    assert found.accuracy[0] == pytest.approx(0.6)
    assert found.low[0] == found.lowest[0] == wilson(torch.tensor(12), torch.tensor(20))[0]
    assert found.gap[0] == pytest.approx(0.3)
    assert found.counted.tolist() == [[True, True, False], [False] * 3]
    assert found.accuracy[1].isnan()
    # A smaller group may reach further down than the worst one.
    wide = worst_group(torch.tensor([[0.5, 0.55]]), *_ends(), torch.tensor([[900, 20]]))
    assert wide.level.tolist() == [0]
    assert wide.lowest[0] == pytest.approx(0.34)


def _ends():
    return torch.tensor([[0.47, 0.34]]), torch.tensor([[0.53, 0.74]])


@pytest.mark.parametrize("corrected", [False, True])
def test_the_spread_over_groups_is_that_of_the_table_of_classes(corrected):
    bundle = random_bundle(3, 200, 3, seed=4)
    grouping = parts(torch.arange(200) % 4)
    graded = bundle.grades >= 0
    found = group_macro_std(bundle.correct, graded, bundle.labels, grouping, corrected=corrected)
    table = torch.zeros(2, 3, 3, 4)
    for row in range(3):
        for c in range(3):
            for g in range(4):
                here = (bundle.labels == c) & (grouping.codes == g)
                table[0, row, c, g] = bundle.correct[row, here].sum()
                table[1, row, c, g] = graded[row, here].sum()
    assert found.tolist() == pytest.approx(macro_std(*table, corrected=corrected).macro.tolist())
    assert group_macro_std(bundle.correct, graded, None, grouping).isnan().all()


def test_groups_against_the_rest_are_tested_as_contrasts_are():
    bundle = random_bundle(1, 400, 3, seed=2, accuracy=0.4)
    grouping = parts([0] * 200 + [1] * 180 + [2] * 20)
    right = bundle.correct[0]
    found = against_rest(right, torch.ones_like(right), grouping, least=25)
    expected = contrast(right.double(), grouping.membership().T)
    for name in ("n", "inside", "outside", "gap", "low", "high"):
        assert getattr(found, name).tolist() == pytest.approx(getattr(expected, name).tolist())
    assert found.p[:2].tolist() == pytest.approx(expected.p[:2].tolist())
    assert found.p[2].isnan()
    assert (found.p_holm[:2] >= found.p_bh[:2]).all()


def test_units_make_groups_less_certain():
    right = torch.arange(400) % 20 < 12
    grouping = parts((torch.arange(400) % 20 < 10).int())
    alone = against_rest(right, right | True, grouping)
    together = against_rest(right, right | True, grouping, torch.arange(400) % 20)
    assert (together.high - together.low > alone.high - alone.low).all()
    assert (together.p >= alone.p).all()


def test_votes_are_scored_without_labels():
    said = torch.tensor([[0, 0, 0, -1], [0, 1, 1, -1], [0, 1, 2, 2], [0, 1, -1, -1]])
    found = scores_of_votes(said)
    assert found["disagreement"].tolist()[:3] == pytest.approx([0, 0.5, 1])
    assert found["disagreement"][3].isnan()
    assert found["margin"].tolist() == pytest.approx([1, 0.5, 0, 1])
    assert found["entropy"][2] == pytest.approx(np.log(3))


@settings(max_examples=10)
@given(seed=st.integers(0, 50))
def test_disagreement_by_group_is_that_of_its_samples(seed):
    bundle = random_bundle(4, 90, 3, gaps=0.3, seed=seed)
    grouping = overlapping(90, seed).groups["tags"]
    found = disagreement_by_group(bundle.predictions, grouping)
    apart, n = standing_apart(bundle.predictions, grouping)
    for place in range(4):
        inside = grouping.within([place])
        said = bundle.predictions[:, inside]
        each = scores_of_votes(said)
        for name, values in each.items():
            assert found[name].mean[place] == pytest.approx(float(values.nanmean()))
            assert found[name].n[place] == values.isfinite().sum()
        for row in range(4):
            others = [r for r in range(4) if r != row]
            both = (said[row] >= 0) & (said[others] >= 0)
            assert n[row, place] == both.sum()
            differ = ((said[row] != said[others]) & both).sum() / both.sum()
            assert apart[row, place] == pytest.approx(float(differ), nan_ok=True)


def test_raters_of_two_families_are_compared_pair_by_pair(monkeypatch):
    monkeypatch.setattr("analysis.group_disagreement.CHUNK", 17)
    bundle, families = random_bundle(5, 50, 3, gaps=0.3, seed=2), torch.tensor([0, 1, 0, 1, 2])
    found, n = disagreement_between(bundle.predictions, families)
    for a in range(3):
        for b in range(3):
            counts = [0, 0]
            for i in range(5):
                for j in range(i):
                    if sorted((families[i], families[j])) == sorted((a, b)):
                        one, other = bundle.predictions[[i, j]]
                        both = (one >= 0) & (other >= 0)
                        counts[0] += int(((one != other) & both).sum())
                        counts[1] += int(both.sum())
            assert n[a, b] == counts[1]
            rate = counts[0] / counts[1] if counts[1] else float("nan")
            assert found[a, b] == pytest.approx(rate, nan_ok=True)


def test_a_group_that_disagrees_more_is_found_and_others_are_not():
    values = torch.rand(600, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    values[:100] += 0.3
    found = group_scores(values, parts([0] * 100 + [1] * 480 + [2] * 20), least=50)
    assert found.p_holm[0] < 1e-6
    assert found.gap_low[0] < found.gap[0] < found.gap_high[0]
    assert found.p[2].isnan()


def made_effects(right, before):
    right, before = (torch.as_tensor(x, dtype=torch.bool) for x in (right, before))
    return Effects(torch.ones_like(right), right, before, torch.zeros_like(right))


def test_the_worst_group_gains_what_its_accuracies_differ_by():
    bundle = random_bundle(5, 600, 3, seed=1, accuracy=0.4)
    grouping = parts(torch.arange(600) % 5)
    found = effects(bundle, Ensemble(bundle.models, "plurality"), bundle.models[0])
    gain = worst_group_gain(found, grouping, draws=300)
    rates = [
        [float(flags[grouping.codes == g].float().mean()) for g in range(5)]
        for flags in (found.reference_right, found.right)
    ]
    assert gain.reference == pytest.approx(min(rates[0]))
    assert gain.ensemble == pytest.approx(min(rates[1]))
    assert (gain.before, gain.after) == tuple(int(np.argmin(own)) for own in rates)
    assert gain.low < gain.gain < gain.high
    assert gain.high - gain.low < 0.4


def test_the_interval_of_the_gain_is_paired_and_knows_of_units():
    before = np.arange(400) % 4 < 2
    same = worst_group_gain(made_effects(before, before), parts(np.arange(400) < 200))
    assert (same.gain, same.low, same.high) == (0, 0, 0)
    right = before | (np.arange(400) % 16 == 3)
    grouping = parts(np.arange(400) < 200)
    alone = worst_group_gain(made_effects(right, before), grouping)
    units = torch.arange(400) // 40
    together = worst_group_gain(made_effects(right, right & (np.arange(400) > 80)), grouping, units)
    assert alone.low >= 0
    assert together.high - together.low > alone.high - alone.low
    none = worst_group_gain(made_effects(right, before), grouping, least=1000)
    assert none.before == -1
    assert np.isnan(none.gain)


def slowly(first, second):
    """Distance covariance and correlation by their definition, on all pairs of samples."""
    tables = []
    for values in (first, second):
        distance = (values[:, None] != values).double()
        row = distance.mean(1)
        tables.append(distance - row[:, None] - row + distance.mean())
    a, b = tables
    both, one, other = ((x * y).mean().clamp_min(0) for x, y in ((a, b), (a, a), (b, b)))
    return float(both.sqrt()), float((both / (one * other).sqrt()).sqrt())


@settings(max_examples=20)
@given(seed=st.integers(0, 1000), values=st.integers(2, 5), levels=st.integers(2, 4))
def test_distance_covariance_is_that_of_all_pairs_of_samples(seed, values, levels):
    generator = torch.Generator().manual_seed(seed)
    first = torch.randint(values, (40,), generator=generator)
    second = torch.randint(levels, (40,), generator=generator)
    first[:2], second[:2] = torch.tensor([0, 1]), torch.tensor([0, 1])
    found = dependence(first, parts(second, levels), permutations=9)
    # Both are roots of what rounding leaves of 0.
    assert (found.covariance, found.correlation) == pytest.approx(slowly(first, second), abs=1e-6)


def test_only_the_crossing_tells_of_a_failure_where_two_attributes_meet():
    generator = torch.Generator().manual_seed(1)
    a, b = torch.randint(2, (2, 2000), generator=generator)
    wrong = (a ^ b).long()
    one, other = parts(a), parts(b)
    alone = dependence(wrong, one)
    assert alone.p > 0.05
    assert dependence(wrong, cross([one, other])).correlation == pytest.approx(
        1 / 3**0.25, abs=0.02
    )
    assert dependence(wrong, cross([one, other])).p == pytest.approx(0.001)


def test_dependence_says_nothing_where_there_is_nothing():
    assert np.isnan(dependence(torch.tensor([-1, -1]), parts([0, 1])).covariance)
    constant = dependence(torch.tensor([1, 1, 1]), parts([0, 1, 1]))
    assert constant.covariance == 0
    assert np.isnan(constant.correlation)
    assert np.isnan(constant.p)
    with pytest.raises(BundleError, match="too large a table"):
        dependence(torch.arange(2000), parts(torch.arange(2000)))


def test_samples_of_one_unit_count_once_in_the_test():
    right, sides = torch.tensor([1, 0] * 3), parts([0, 1] * 3)
    many = dependence(right.repeat(50), parts(sides.codes.repeat(50)))
    units = torch.arange(6).repeat(50)
    once = dependence(right.repeat(50), parts(sides.codes.repeat(50)), units)
    assert once.correlation == many.correlation == pytest.approx(1)
    assert many.p == pytest.approx(0.001)
    # Of 20 ways to deal three right answers to six units two are as uneven.
    assert once.p == pytest.approx(0.1, abs=0.04)


@pytest.mark.slow
def test_the_test_of_dependence_is_level():
    generator = torch.Generator().manual_seed(3)
    p = [dependence(*_independent(generator), permutations=99, seed=seed).p for seed in range(200)]
    assert 1 <= sum(value <= 0.05 for value in p) <= 22


def _independent(generator):
    values = torch.randint(3, (2, 60), generator=generator)
    return values[0], parts(values[1], 3)


@settings(max_examples=15)
@given(seed=st.integers(0, 100), ties=st.booleans())
def test_rank_correlations_are_those_of_scipy(seed, ties):
    from scipy.stats import kendalltau, spearmanr

    values = np.random.default_rng(seed).normal(size=(7, 3))
    values = values.round() if ties else values
    own = spearman(torch.from_numpy(values)), kendall(torch.from_numpy(values))
    for i in range(3):
        for j in range(3):
            if len(set(values[:, i])) > 1 and len(set(values[:, j])) > 1:
                assert own[0][i, j] == pytest.approx(spearmanr(values[:, i], values[:, j])[0])
                assert own[1][i, j] == pytest.approx(kendalltau(values[:, i], values[:, j])[0])
            else:
                assert own[0][i, j].isnan()
    assert distance_dependence(torch.zeros(2, 2))[0].isnan()


def test_another_winner_in_a_group_is_told_with_its_test():
    right = torch.zeros(3, 200, dtype=torch.bool)
    right[0, :150] = True
    right[1, 150:] = True
    right[1, :40] = True
    grouping = parts([0] * 150 + [1] * 40 + [2] * 10)
    found = group_ranks(right, torch.ones_like(right), grouping)
    assert found.groups.tolist() == [0, 1]
    assert found.overall == 0
    assert found.winner.tolist() == [0, 1]
    assert found.lead.tolist() == [0, 1]
    assert found.p[0].isnan()
    assert found.p[1] < 1e-9
    assert group_ranks(right[:1], torch.ones_like(right[:1]), grouping) is None
    assert group_ranks(right, torch.ones_like(right), grouping, least=100) is None
