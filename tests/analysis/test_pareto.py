"""Fronts and ranks: worked by hand, against every pair, and against peers."""

import math

import moocore
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from made import CANNOT

from analysis import dominance
from analysis.checks import BundleError
from analysis.dominance import dominated_by, front_of, promising, undominated
from analysis.pareto import non_dominated, ranks

NO_PYMOO = f"{CANNOT} pymoo, a peer"


@st.composite
def candidates(draw, most=40, objectives=5):
    """Values with many ties, and directions."""
    width = draw(st.integers(1, objectives))
    rows = draw(st.integers(1, most))
    levels = draw(st.sampled_from([2, 4, 1000]))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10_000)))
    values = torch.randint(levels, (rows, width), generator=generator).double() / levels
    senses = draw(st.lists(st.sampled_from(["max", "min"]), min_size=width, max_size=width))
    return values, senses


def oriented(values, senses):
    return values * torch.tensor([1.0 if sense == "max" else -1.0 for sense in senses])


def by_every_pair(values, senses):
    rows = oriented(values, senses).tolist()
    return [
        not any(
            other != one and all(x >= y for x, y in zip(other, one, strict=True)) for other in rows
        )
        for one in rows
    ]


def peeled(values, senses):
    rank, left, level = [0] * len(values), list(range(len(values))), 0
    while left:
        kept = by_every_pair(values[left], senses)
        for place, first in zip(left, kept, strict=True):
            rank[place] = level if first else -1
        left = [place for place in left if rank[place] == -1]
        level += 1
    return rank


def test_a_candidate_is_beaten_when_another_is_better_on_one_and_worse_on_none():
    values = torch.tensor([[1.0, 1.0], [1.0, 2.0], [2.0, 0.0], [0.0, 3.0]])
    assert non_dominated(values, ("max", "max")).tolist() == [False, True, True, True]


def test_equal_candidates_do_not_beat_each_other():
    assert ranks(torch.tensor([[1.0, 1.0], [1.0, 1.0], [0.0, 1.0]]), ("max", "max")).tolist() == [
        0,
        0,
        1,
    ]


def test_ranks_peel_one_front_after_the_other():
    values = torch.tensor([[1.0], [3.0], [2.0]])
    assert ranks(values, ("max",)).tolist() == [2, 0, 1]
    assert ranks(values, ("min",)).tolist() == [0, 2, 1]


def test_senses_are_taken_per_objective():
    values = torch.tensor([[1.0, 5.0], [1.0, 4.0], [0.0, 1.0]])
    assert ranks(values, ("max", "min")).tolist() == [1, 0, 0]


def test_an_undefined_objective_has_no_rank_and_beats_nobody():
    values = torch.tensor([[9.0, math.nan], [1.0, 1.0], [math.inf, 5.0]])
    assert ranks(values, ("max", "max")).tolist() == [-1, 0, -1]
    assert non_dominated(values, ("max", "max")).tolist() == [False, True, False]
    assert ranks(torch.full((2, 1), math.nan), ("max",)).tolist() == [-1, -1]
    assert ranks(torch.full((2, 2), math.nan), ("max", "min")).tolist() == [-1, -1]


@pytest.mark.parametrize("objectives", [1, 2, 3])
def test_no_candidate_makes_no_front(objectives):
    nobody = torch.empty(0, objectives)
    assert ranks(nobody, ("max",) * objectives).tolist() == []
    assert non_dominated(nobody, ("max",) * objectives).tolist() == []
    assert undominated(nobody).tolist() == []


def test_a_constant_objective_leaves_the_choice_to_the_others():
    values = torch.tensor([[0.5, 1.0], [0.5, 3.0], [0.5, 2.0]])
    assert ranks(values, ("max", "max")).tolist() == [2, 0, 1]
    assert non_dominated(torch.ones(3, 3), ("max",) * 3).all()


@pytest.mark.parametrize(
    ("shape", "senses", "sentence"),
    [
        ((3, 2), ("max",), "1 directions need a table"),
        ((3,), ("max",), r"The candidates have shape \(3,\)"),
        ((3, 0), (), "at least one"),
        ((3, 1), ("up",), "is to be 'up'; it can be"),
    ],
)
def test_directions_that_do_not_fit_are_a_sentence(shape, senses, sentence):
    for function in (ranks, non_dominated):
        with pytest.raises(BundleError, match=sentence):
            function(torch.zeros(shape), senses)


@given(made=candidates())
def test_fronts_and_ranks_are_those_of_every_pair(made):
    values, senses = made
    assert non_dominated(values, senses).tolist() == by_every_pair(values, senses)
    assert ranks(values, senses).tolist() == peeled(values, senses)


@given(made=candidates())
def test_torch_alone_finds_the_same_front(made):
    values, senses = made
    expected = by_every_pair(values, senses)
    points = oriented(values, senses)
    assert undominated(points).tolist() == expected
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("FEW", 0), ("MANY", 1), ("SAMPLED", 1), ("WORTHWHILE", 0.01)):
            patch.setattr(dominance, name, value)
        assert undominated(points).tolist() == expected
        assert front_of(values, oriented(torch.ones(1, len(senses)), senses)[0]).tolist() == (
            expected
        )


@given(made=candidates(), share=st.floats(0, 1))
def test_domination_by_some_of_others_is_that_of_every_pair(made, share):
    points = oriented(*made)
    generator = torch.Generator().manual_seed(len(points))
    source = torch.rand(len(points), generator=generator) < share
    query = torch.rand(len(points), generator=generator) < 0.5
    here, others = points[:, None], points[source]
    beaten = ((others >= here).all(2) & (others > here).any(2)).any(1) & query
    for few in (dominance.FEW, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dominance, "FEW", few)
            assert torch.equal(dominated_by(points, source, query), beaten)


@given(made=candidates(), seed=st.integers(0, 100))
def test_order_copies_and_turned_axes_do_not_change_ranks(made, seed):
    values, senses = made
    rank = ranks(values, senses)
    order = torch.randperm(len(values), generator=torch.Generator().manual_seed(seed))
    assert torch.equal(ranks(values[order], senses), rank[order])
    twice = ranks(torch.cat([values, values]), senses)
    assert torch.equal(twice, torch.cat([rank, rank]))
    turned = ["max" if sense == "min" else "min" for sense in senses]
    assert torch.equal(ranks(-values, turned), rank)


@given(made=candidates(), scale=st.sampled_from([0.25, 2.0, 64.0]), shift=st.integers(-4, 4))
def test_rescaled_axes_keep_ranks(made, scale, shift):
    values, senses = made
    values = (values * 1000).round()
    assert torch.equal(ranks(values * scale + shift, senses), ranks(values, senses))


@given(made=candidates())
def test_a_dominated_candidate_changes_no_front(made):
    values, senses = made
    worse = values[:1] - oriented(torch.ones(1, len(senses)), senses)
    front = non_dominated(torch.cat([values, worse]), senses)
    assert front.tolist() == [*non_dominated(values, senses).tolist(), False]


@given(made=candidates(), fronts=st.integers(1, 4))
def test_a_few_fronts_are_the_first_of_all(made, fronts):
    values, senses = made
    expected = ranks(values, senses).clamp_max(fronts)
    assert torch.equal(ranks(values, senses, fronts=fronts), expected)


@pytest.mark.parametrize("objectives", [2, 3, 4, 5])
@pytest.mark.parametrize("levels", [30, 1 << 20])
def test_many_candidates_get_the_front_of_moocore(objectives, levels):
    generator = torch.Generator().manual_seed(objectives)
    values = torch.randint(levels, (20_000, objectives), generator=generator).double()
    senses = ("max", "min", "max", "min", "max")[:objectives]
    points = oriented(values, senses)
    expected = moocore.is_nondominated(points.numpy(), maximise=True, keep_weakly=True)
    assert np.array_equal(non_dominated(values, senses).numpy(), expected)
    assert np.array_equal(non_dominated(values.float(), senses).numpy(), expected)
    few = points[:3000]
    expected = moocore.is_nondominated(few.numpy(), maximise=True, keep_weakly=True)
    assert np.array_equal(undominated(few).numpy(), expected)


@pytest.mark.parametrize("objectives", [2, 3, 5])
def test_ranks_are_those_of_moocore_and_pymoo(objectives):
    generator = torch.Generator().manual_seed(objectives)
    values = torch.randint(12, (600, objectives), generator=generator).double()
    found = ranks(values, ("min",) * objectives)
    assert np.array_equal(found.numpy(), moocore.pareto_rank(values.numpy()))
    sorting = pytest.importorskip("pymoo.util.nds.non_dominated_sorting", reason=NO_PYMOO)
    for rank, front in enumerate(sorting.NonDominatedSorting().do(values.numpy())):
        assert sorted(front) == (found == rank).nonzero().flatten().tolist()


def test_strong_points_leave_the_front_and_little_else():
    values = torch.rand(100_000, 3, generator=torch.Generator().manual_seed(0))
    left = promising(values, torch.tensor([1.0, -1.0, 1.0]))
    assert len(left) <= dominance.MANY
    front = non_dominated(values, ("max", "min", "max")).nonzero().flatten()
    assert torch.isin(front, left).all()


def test_strong_points_stop_where_all_are_on_the_front():
    angle = torch.rand(50_000, 2, generator=torch.Generator().manual_seed(0)).double() * math.pi / 2
    values = torch.stack([angle[:, 0].cos(), angle[:, 0].sin()], 1)
    assert promising(values, torch.ones(2)) is None
    assert non_dominated(values, ("max", "max")).all()


@pytest.mark.gpu
@pytest.mark.parametrize("objectives", [1, 2, 3, 4])
def test_cuda_finds_the_front_of_the_cpu(objectives):
    if not torch.cuda.is_available():
        pytest.skip(f"{CANNOT} CUDA device")
    generator = torch.Generator().manual_seed(objectives)
    values = torch.randint(1 << 20, (100_000, objectives), generator=generator).double()
    senses = ("max", "min", "max", "max")[:objectives]
    expected = non_dominated(values, senses)
    assert torch.equal(non_dominated(values.cuda(), senses).cpu(), expected)
    sphere = values / values.norm(dim=1, keepdim=True)
    expected = non_dominated(sphere, senses)
    assert torch.equal(non_dominated(sphere.cuda(), senses).cpu(), expected)
