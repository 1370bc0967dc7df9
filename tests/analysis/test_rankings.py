"""Rankings: known answers, oracles, properties, intervals, and bad input."""

from dataclasses import replace
from importlib.util import find_spec
from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from known import compare, t12
from made import CANNOT, bundle_of, overlapping, random_bundle
from scipy import optimize, stats

from analysis.accuracies import AccuracyTable
from analysis.bradley_terry import both_ways, bradley_terry, plackett_luce, strongly_connected
from analysis.bundle import BundleError, Grouping
from analysis.contests import group_strengths
from analysis.kemeny import kemeny, kemeny_ranks, local_search, order_cost
from analysis.ranking import (
    rank_over_groups,
    rank_over_samples,
    rank_over_settings,
)
from analysis.ranking_draws import alike, ranking_of, told_apart, turned_chance
from analysis.rankings import (
    borda,
    borda_of_tasks,
    mean_score,
    ranks,
    sample_wins,
    task_wins,
    turned,
)

COVERED = [
    "rank.borda",
    "rank.kemeny",
    "rank.borda_instance",
    "rank.bradley_terry_ties_dropped",
    "rank.bradley_terry_ties_both_ways",
    "rank.plackett_luce_partial",
]
NAN = torch.nan


def scores_of(cases):
    return torch.tensor(cases["fixtures"]["SCORES4x4"]["S"], dtype=torch.float64)


def found_for(case_id, cases):
    case = cases[case_id]
    if case_id == "rank.borda":
        return borda(scores_of(cases))
    if case_id == "rank.kemeny":
        wins, _ = task_wins(scores_of(cases))
        best = kemeny(wins)
        assert best.exact
        assert best.optima == 2
        orders = [list(order) for order in best.orders]
        return {"cost": best.cost, "orders": orders, "pairwise_wins": wins}
    if case_id == "rank.borda_instance":
        data = torch.tensor(cases["fixtures"]["INST4x5x2"]["data"], dtype=torch.float64)
        points, inner = borda_of_tasks(data)
        return {"one_level": borda(data.flatten(1)), "two_level": points, "level1": inner}
    if case_id == "rank.plackett_luce_partial":
        rankings = case["expected"]["rankings"]
        return {"rankings": rankings, "log_strength": plackett_luce(rankings, 4).log_strength}
    wins, ties = sample_wins(t12(cases["fixtures"]["T12"]))
    if case_id == "rank.bradley_terry_ties_both_ways":
        return bradley_terry(both_ways(wins, ties)).log_strength
    return {"pairs_count": int(wins.sum()), "log_strength": bradley_terry(wins).log_strength}


@pytest.mark.parametrize("case_id", COVERED)
def test_known_answers(case_id, cases):
    compare(found_for(case_id, cases), cases[case_id]["expected"], cases[case_id]["tol"])


def random_wins(models, seed, most=6):
    generator = torch.Generator().manual_seed(seed)
    wins = torch.randint(most, (models, models), generator=generator).double()
    return wins.fill_diagonal_(0)


def test_average_ranks_are_those_of_scipy_with_gaps_left_out():
    random = np.random.default_rng(0)
    values = random.integers(0, 5, (40, 7)).astype(float)
    assert ranks(torch.tensor(values)).numpy() == pytest.approx(
        stats.rankdata(-values, method="average", axis=1)
    )
    holed = torch.tensor([3.0, NAN, 3.0, 1.0])
    assert ranks(holed).nan_to_num(nan=-1).tolist() == [1.5, -1, 1.5, 3]


def minorise_maximise(wins, steps=20_000):
    """The step as Hunter has it, model by model."""
    strength = torch.ones(len(wins), dtype=torch.float64)
    count = wins + wins.T
    for _ in range(steps):
        new = wins.sum(1) / (count / (strength[:, None] + strength)).sum(1)
        strength = new / new.log().mean().exp()
    return strength.log()


@pytest.mark.parametrize("seed", range(3))
def test_strengths_are_those_of_the_minorise_maximise_step_and_of_scipy(seed):
    wins = random_wins(6, seed) + torch.ones(6, 6).triu(1)
    found = bradley_terry(wins)
    assert not bool(found.prior)
    assert bool(found.settled)
    assert found.log_strength.tolist() == pytest.approx(
        minorise_maximise(wins, 2000).tolist(), abs=1e-7
    )

    def loss(strength):
        gaps = strength[:, None] - strength
        return float((wins.numpy() * np.logaddexp(0, -gaps)).sum())

    best = optimize.minimize(loss, np.zeros(6)).fun
    assert loss(found.log_strength.numpy()) <= best + 1e-6


def test_strengths_and_rankings_are_those_of_choix():
    if find_spec("choix") is None:
        pytest.skip(f"{CANNOT} choix (see the extra `bench`)")
    import choix

    wins = random_wins(12, 5) + 1
    ours = bradley_terry(wins).log_strength.numpy()
    theirs = choix.ilsr_pairwise_dense(wins.fill_diagonal_(0).numpy())
    assert ours == pytest.approx(theirs, abs=1e-6)
    random = np.random.default_rng(1)
    rankings = [random.permutation(8)[: random.integers(2, 9)].tolist() for _ in range(80)]
    ours = plackett_luce(rankings, 8).log_strength.numpy()
    assert ours == pytest.approx(choix.ilsr_rankings(8, rankings), abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(seed=some.integers(0, 10_000), models=some.integers(2, 7))
def test_order_of_models_more_wins_and_reversal(seed, models):
    wins = random_wins(models, seed, 4)
    order = torch.randperm(models, generator=torch.Generator().manual_seed(seed))
    found = bradley_terry(wins).log_strength
    mixed = bradley_terry(wins[order][:, order]).log_strength
    known = torch.isfinite(found)
    assert torch.equal(known[order], torch.isfinite(mixed))
    assert mixed.nan_to_num(0.0).tolist() == pytest.approx(
        found[order].nan_to_num(0.0).tolist(), abs=1e-6
    )
    assert bradley_terry(wins.T).log_strength.nan_to_num(0.0).tolist() == pytest.approx(
        (-found).nan_to_num(0.0).tolist(), abs=1e-6
    )
    more = wins.clone()
    more[0, 1] += 1
    connected = [bool(strongly_connected(table)) for table in (wins, more)]
    if connected == [True, True]:
        gained = bradley_terry(more).log_strength - found
        assert gained[0] > gained[1]
    one, other = kemeny(wins), kemeny(wins[order][:, order])
    assert one.cost == other.cost
    assert one.optima == other.optima
    assert other.rank.tolist() == pytest.approx(one.rank[order].tolist())
    assert kemeny(wins.T).rank.tolist() == pytest.approx((models + 1 - one.rank).tolist())


@settings(max_examples=25, deadline=None)
@given(seed=some.integers(0, 10_000), models=some.integers(1, 5))
def test_kemeny_compares_all_orders(seed, models):
    wins = random_wins(models, seed, 3)
    costs = {
        order: sum(
            float(wins[order[b], order[a]]) for a in range(models) for b in range(a + 1, models)
        )
        for order in permutations(range(models))
    }
    least = min(costs.values())
    best = kemeny(wins)
    assert best.cost == least
    assert list(best.orders) == sorted(o for o, cost in costs.items() if cost == least)[:24]
    assert best.optima == sum(cost == least for cost in costs.values())
    assert kemeny_ranks(wins[None])[0].tolist() == pytest.approx(best.rank.tolist())


def test_local_search_ends_where_no_move_helps_and_finds_a_clear_order():
    clear = torch.ones(30, 30).triu(1)[torch.randperm(30)]
    order = torch.randperm(30, generator=torch.Generator().manual_seed(1))
    clear = torch.ones(30, 30).triu(1)[order][:, order]
    assert kemeny(clear).cost == 0
    assert kemeny(clear).rank.tolist() == (order + 1).tolist()
    wins = torch.stack([random_wins(9, seed) for seed in range(4)])
    found, costs, settled = local_search(wins, None)
    assert settled.all()
    for table, best, cost in zip(wins, found, costs, strict=True):
        assert float(order_cost(table, best)) == float(cost)
        for source in range(9):
            for target in range(9):
                other = best.tolist()
                other.insert(target, other.pop(source))
                assert float(order_cost(table, torch.tensor(other))) >= float(cost) - 1e-9


def test_the_compiled_search_moves_as_torch_does(monkeypatch):
    wins = torch.stack([random_wins(11, seed, 5) for seed in range(30)])
    start = torch.rand(30, 11, generator=torch.Generator().manual_seed(3))
    found = {}
    for built in (False, True):
        monkeypatch.setattr("analysis.sums.compiled.chosen", lambda *_, built=built, **__: built)
        found[built] = local_search(wins, start)
    for one, other in zip(found[False], found[True], strict=True):
        assert torch.equal(one, other)


def test_without_a_strong_connection_a_prior_is_added_and_said():
    always = torch.tensor([[0.0, 5.0, 1.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    found = bradley_terry(torch.stack([always, always + 1]))
    assert found.prior.tolist() == [True, False]
    assert torch.isfinite(found.log_strength).all()
    padded = bradley_terry(always + 0.01 * (1 - torch.eye(3))).log_strength
    assert found.log_strength[0].tolist() == pytest.approx(padded.tolist(), abs=1e-6)
    alone = bradley_terry(torch.tensor([[0.0, 2, 0], [1, 0, 0], [0, 0, 0]]))
    assert not bool(alone.prior)
    assert torch.isnan(alone.log_strength[2])
    assert alone.log_strength[0] - alone.log_strength[1] == pytest.approx(np.log(2))
    assert bool(plackett_luce([[0, 1], [0, 2]], 3).prior)
    assert torch.isnan(plackett_luce([[0, 1], [1, 0]], 3).log_strength[2])


def test_gaps_are_no_comparison_or_leave_the_model_out():
    scores = torch.tensor([[0.9, 0.5], [0.8, NAN], [0.1, 0.4]])
    wins, ties = task_wins(scores)
    assert wins.tolist() == [[0, 1, 2], [0, 0, 1], [0, 0, 0]]
    assert ties.sum() == 0
    assert mean_score(scores).tolist() == pytest.approx([0.7, 0.8, 0.25])
    assert borda(scores).tolist() == pytest.approx([4, 2, 0])
    assert torch.isnan(borda(scores, gaps="models")).tolist() == [False, True, False]
    table = AccuracyTable(("a", "b", "c"), ("x", "y"), scores.double())
    assert rank_over_settings(table, gaps="models").by["kemeny"].rank.nan_to_num(
        nan=0
    ).tolist() == [1, 0, 2]


def test_draws_of_tasks_are_the_same_as_tasks_that_occur_again():
    generator = torch.Generator().manual_seed(0)
    scores = torch.randint(4, (5, 6), generator=generator) / 4
    scores[1, 2] = NAN
    picks = torch.tensor([[0, 0, 3, 5, 1, 2], [2, 2, 2, 2, 2, 2]])
    times = torch.nn.functional.one_hot(picks, 6).sum(1).double()
    again = scores[:, picks].permute(1, 0, 2)
    for rule in (mean_score, borda):
        assert rule(scores, times).nan_to_num(-1).tolist() == rule(again).nan_to_num(-1).tolist()
    for one, other in zip(task_wins(scores, times), task_wins(again), strict=True):
        assert torch.equal(one, other)


def test_over_samples_without_gaps_borda_and_kemeny_are_the_accuracy():
    bundle = random_bundle(6, 80, seed=2)
    found = rank_over_samples(bundle, draws=200)
    for rule in ("borda", "kemeny"):
        same = found.by[rule].rank.round() == found.by["mean"].rank.round()
        tied = (found.by["mean"].rank % 1) > 0
        assert (same | tied).all()
    assert not turned(found.by["mean"].rank, found.by["borda"].rank).any()
    accuracy = bundle.correct.double().mean(1)
    assert found.scores[:, 0].tolist() == accuracy.tolist()


@pytest.mark.parametrize("ties", ["drop", "both"])
def test_strengths_within_groups_are_those_of_their_samples(ties):
    bundle = overlapping(80)
    found = group_strengths(bundle, "tags", ties=ties)
    here = bundle.take(bundle.groups["tags"].within((2,)))
    wins, same = sample_wins(here)
    alone = bradley_terry(both_ways(wins, same) if ties == "both" else wins)
    assert found.log_strength[2].tolist() == pytest.approx(alone.log_strength.tolist(), abs=1e-7)


@pytest.mark.parametrize("make", [random_bundle, overlapping])
def test_groups_of_a_bundle_are_ranked_with_their_accuracies(make):
    bundle = make(samples=120, gaps=0.1, seed=4)
    column = next(iter(bundle.groups))
    found = rank_over_groups(bundle, column, least=10, draws=200)
    grouping = bundle.groups[column]
    for place, level in enumerate(found.tasks):
        inside = grouping.within((grouping.levels.index(level),))
        judged = (bundle.grades >= 0) & inside
        expected = (bundle.correct & inside).sum(1) / judged.sum(1)
        assert found.scores[:, place].tolist() == pytest.approx(expected.tolist())
        assert found.counts[:, place].tolist() == judged.sum(1).tolist()
    for ranking in found.by.values():
        assert (ranking.low <= ranking.rank).all()
        assert (ranking.rank <= ranking.high).all()
        assert float(ranking.first.sum()) == pytest.approx(1)


def planted(gap, seed, samples=400):
    """Four models, the first better by a gap than three that are alike."""
    generator = torch.Generator().manual_seed(seed)
    chance = torch.tensor([0.6 + gap, 0.6, 0.6, 0.6])[:, None]
    right = torch.rand(4, samples, generator=generator) < chance
    bundle = bundle_of((~right).int().tolist(), [0] * samples)
    groups = {"g": Grouping(torch.arange(samples, dtype=torch.int32) % 4, tuple("abcd"))}
    return replace(bundle, groups=groups, fingerprint="")


def test_a_better_model_is_told_apart_and_equal_ones_are_not():
    found = [rank_over_groups(planted(0.2, s), "g", draws=200).by["mean"] for s in range(12)]
    assert all(bool(one.apart[0, 1:].all()) for one in found)
    assert all(float(one.first[0]) > 0.95 for one in found)
    assert sum(bool(one.apart[1:, 1:].any()) for one in found) <= 2
    assert alike(found[0].points, torch.zeros(4, 4, dtype=torch.bool))[0][0] == 0


def test_equal_models_tie_everywhere():
    bundle = planted(0.0, 0, 60)
    same = replace(
        bundle, predictions=bundle.predictions[:1].repeat(4, 1), grades=None, fingerprint=""
    )
    for found in (rank_over_groups(same, "g", least=1, draws=150), rank_over_samples(same)):
        for ranking in found.by.values():
            assert ranking.rank.nan_to_num(nan=2.5).tolist() == [2.5] * 4
        assert not found.by["mean"].apart.any()
        assert found.by["mean"].first.tolist() == [0.25] * 4
    assert found.kemeny.optima == 24
    both = rank_over_samples(same, ties="both", draws=0)
    assert both.by["bradley_terry"].points.tolist() == pytest.approx([0] * 4, abs=1e-9)


def test_pairs_that_turn_and_how_often():
    first = ranking_of(torch.tensor([2.0, 1.0]), torch.tensor([[2.0, 1.0]] * 200))
    second = ranking_of(torch.tensor([1.0, 2.0]), torch.tensor([[1.0, 2.0], [2.0, 1.0]] * 100))
    assert turned(first.rank, second.rank).tolist() == [[False, True], [True, False]]
    assert turned_chance(first, second)[0, 1] == 0.5
    assert torch.isnan(turned_chance(first, ranking_of(torch.tensor([1.0, 2.0])))).all()
    assert not told_apart(torch.tensor([1.0, 1.0]), torch.ones(200, 2)).any()


def test_bad_input_is_answered_with_a_sentence_or_without_intervals():
    small = random_bundle(3, 12)
    with pytest.raises(BundleError, match=r"No group of 'region' has 20 judged samples"):
        rank_over_groups(small, "region")
    found = rank_over_groups(small, "region", least=1)
    assert found.note == (
        "There are no intervals: 12 samples are too few to draw from; 20 are needed."
    )
    assert torch.isnan(found.by["mean"].low).all()
    with pytest.raises(BundleError, match="No answer is judged"):
        rank_over_samples(replace(small, labels=None, grades=None, fingerprint=""))
    one = rank_over_groups(random_bundle(1, 90), "region", draws=100)
    assert one.by["mean"].rank.tolist() == [1.0]
    assert one.by["kemeny"].rank.tolist() == [1.0]
    rare = Grouping((torch.arange(60) > 0).int(), ("one", "rest"))
    single = replace(random_bundle(samples=60), groups={"g": rare}, fingerprint="")
    found = rank_over_groups(single, "g", least=1, draws=200)
    assert found.tasks == ("one", "rest")
    assert torch.isfinite(found.by["borda"].low).all()
    table = AccuracyTable(("a", "b"), ("x",), torch.tensor([[0.5], [0.6]]).double())
    assert "1 setting are too few" not in rank_over_settings(table).note
    assert rank_over_settings(table).note
    with pytest.raises(BundleError, match="no setting to rank over"):
        rank_over_settings(table, ())
    with pytest.raises(BundleError, match="names a model twice"):
        plackett_luce([[0, 0]], 2)
    with pytest.raises(BundleError, match="negative or infinite"):
        bradley_terry(torch.tensor([[0.0, -1.0], [1.0, 0.0]]))
