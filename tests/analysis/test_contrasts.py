"""Scores inside and outside of sets of samples: intervals and tests."""

import warnings
from itertools import combinations

import numpy as np
import pytest
import torch
from known import compare
from made import overlapping

from analysis.contrasts import contrast, fisher_p, score_interval
from analysis.grouping import Grouping
from analysis.intervals import paired_interval, wilson
from analysis.sets import crossed, effective_size, sets_of

COVERED = ("slice.fisher",)


def test_known_answer(cases):
    case = cases[COVERED[0]]
    (hits, misses), (other, rest) = case["params"]["table"]
    p = fisher_p(hits, hits + misses, other, other + rest)
    compare(p, case["expected"]["two_sided"], case["tol"])


def test_combinations_of_levels_are_counted_sample_by_sample():
    bundle = overlapping(80, seed=2)
    tags = bundle.groups["tags"]
    other = Grouping(torch.arange(80, dtype=torch.int32) % 3, ("a", "b", "c"))
    sets = crossed(tags, other)
    first, second = tags.membership(), other.membership()
    expected = (first[:, :, None] & second[:, None, :]).flatten(1).sum(0)
    assert sets.number == 12
    assert sets.sums(torch.ones(80)).tolist() == expected.tolist()
    kept = torch.arange(80) < 30
    expected = (first[:30, :, None] & second[:30, None, :]).flatten(1).sum(0)
    assert sets.only(kept).sums(torch.ones(80)).tolist() == expected.tolist()


def test_every_kind_of_score_has_its_interval():
    inside = torch.tensor([[True] * 10 + [False] * 30])
    flags = torch.tensor([1.0] * 7 + [0.0] * 33)
    mean, low, high, size = score_interval(flags, sets_of(inside), None)
    assert (mean.item(), size.item()) == (0.7, 10)
    assert [low, high] == list(wilson(torch.tensor([7.0]), torch.tensor([10.0])))
    net = torch.tensor([1.0] * 5 + [-1.0] * 2 + [0.0] * 32 + [-1.0])
    mean, low, high, _ = score_interval(net, sets_of(inside), None, net=True)
    assert mean.item() == pytest.approx(0.3)
    assert [low, high] == list(paired_interval(*map(torch.tensor, ([5.0], [2.0], [10.0]))))
    loss = torch.arange(40.0)
    mean, low, high, _ = score_interval(loss, sets_of(inside), None)
    half = 1.959964 * np.arange(10).std() / 10**0.5
    assert [low.item(), high.item()] == pytest.approx([4.5 - half, 4.5 + half])


def test_a_single_score_has_nothing_to_differ_from():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = contrast(torch.tensor([0.3]), torch.tensor([[True]]))
    assert found.inside.item() == pytest.approx(0.3)
    assert found.p.isnan().all()


def test_copies_of_a_sample_count_as_one():
    generator = torch.Generator().manual_seed(0)
    once = (torch.rand(200, generator=generator) < 0.3).double()
    units = torch.arange(200).repeat(4)
    everything = sets_of(torch.ones(1, 800, dtype=torch.bool))
    assert effective_size(once.repeat(4), everything, units).item() == pytest.approx(200, abs=1.1)
    assert effective_size(torch.zeros(800), everything, units).item() == 200
    assert effective_size(once.repeat(4), everything, None).item() == 800
    alone = effective_size(once.repeat(4), everything, torch.arange(800)).item()
    assert alone == pytest.approx(800, abs=2)
    none = sets_of(torch.zeros(1, 800, dtype=torch.bool))
    assert effective_size(once.repeat(4), none, units).tolist() == [0]


@pytest.mark.parametrize("seed", range(6))
def test_the_net_share_is_tested_by_all_permutations(seed):
    random = np.random.default_rng(seed)
    values = random.choice([-1.0, 0.0, 1.0], size=9, p=[0.3, 0.3, 0.4])
    values[:2] = 1, -1
    n = int(random.integers(1, 9))
    inside = np.zeros((1, 9), dtype=bool)
    inside[0, random.permutation(9)[:n]] = True
    found = contrast(torch.from_numpy(values), torch.from_numpy(inside), net=True)
    gaps = [
        abs(values[list(rows)].mean() - np.delete(values, rows).mean())
        for rows in combinations(range(9), n)
    ]
    expected = np.mean(np.array(gaps) >= abs(found.gap.item()) - 1e-9)
    assert found.p.item() == pytest.approx(expected)


def test_a_gap_has_its_ends_from_both_sides_and_unknown_scores_are_left_out():
    values = torch.tensor([1.0, 1, 1, 0, torch.nan, 0, 0, 0, 1, 0])
    inside = torch.tensor([[True] * 5 + [False] * 5, [False] * 10])
    found = contrast(values, inside)
    assert found.n.tolist() == [4, 0]
    assert found.outside_n.tolist() == [5, 9]
    assert found.gap[0].item() == pytest.approx(0.75 - 0.2)
    assert found.low[0] < found.gap[0] < found.high[0]
    assert found.p[0].item() == pytest.approx(fisher_p(3, 4, 1, 5))
    for name in ("inside", "gap", "low", "high", "p"):
        assert getattr(found, name)[1].isnan(), name


def test_alike_samples_make_a_gap_less_certain():
    generator = torch.Generator().manual_seed(1)
    once = (torch.rand(60, generator=generator) < 0.4).double()
    values, units = once.repeat(5), torch.arange(60).repeat(5)
    inside = (torch.arange(60) < 25).repeat(5)[None]
    alone, together = contrast(values, inside), contrast(values, inside, units)
    assert together.gap == alone.gap
    assert together.high - together.low > 1.8 * (alone.high - alone.low)
    assert together.p >= alone.p
    by_unit = contrast(once, inside[:, :60])
    assert together.low.item() == pytest.approx(by_unit.low.item(), abs=0.01)


@pytest.mark.parametrize(("more", "ends"), [(5, (0.0029, 0.0951)), (0, (-0.0192, 0.0192))])
def test_a_net_share_without_losses_keeps_the_interval_of_a_net_share(more, ends):
    change = torch.tensor([1.0] * more + [0.0] * (100 - more))
    whole = sets_of(torch.ones(1, 100, dtype=torch.bool))
    _, low, high, _ = score_interval(change, whole, None, net=True)
    assert (low.item(), high.item()) == pytest.approx(ends, abs=1e-3)
    told = contrast(change.repeat(2), (torch.arange(200) < 100)[None], net=True)
    assert (told.inside_low.item(), told.inside_high.item()) == pytest.approx(ends, abs=1e-3)
    assert score_interval(change, whole, None)[1].item() >= 0


def test_a_single_unit_counts_as_one_sample_whatever_it_holds():
    values = torch.tensor([1.0, 0, 1, 0, 1, 1])
    whole = sets_of(torch.ones(1, 6, dtype=torch.bool))
    assert effective_size(values, whole, torch.zeros(6)).tolist() == [1]
    assert effective_size(values, whole, torch.arange(6)).tolist() == [6]
