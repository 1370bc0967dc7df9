"""Thinned fronts and knees."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from analysis.checks import BundleError
from analysis.front_shape import chord_knee, thinned, utopia_knee
from analysis.pareto import non_dominated

BOTH = ("max", "max")


@given(
    seed=st.integers(0, 10_000),
    width=st.integers(1, 4),
    step=st.sampled_from([1e-6, 0.07, 0.5, 3.0]),
)
def test_what_is_thinned_away_is_covered_by_what_stays(seed, width, step):
    generator = torch.Generator().manual_seed(seed)
    values = torch.rand(60, width, generator=generator).double()
    senses = ("max", "min", "max", "min")[:width]
    signs = torch.tensor([1.0, -1.0, 1.0, -1.0])[:width]
    rows = thinned(values, senses, (step,) * width)
    assert rows.tolist() == sorted(set(rows.tolist()))
    assert non_dominated(values, senses)[rows].all()
    kept, every = values[rows] * signs, values * signs
    assert bool((kept[None] + step * (1 + 1e-9) >= every[:, None]).all(2).any(1).all())
    boxes = (kept / step).floor()
    assert len(boxes.unique(dim=0)) == len(boxes)


def test_the_best_of_a_box_stays_and_the_first_of_equal_ones():
    values = torch.tensor([[0.11, 0.19], [0.18, 0.18], [0.18, 0.18], [0.31, 0.01]])
    assert thinned(values, BOTH, (0.1, 0.1)).tolist() == [1, 3]
    assert thinned(values, BOTH, (1e-6, 1e-6)).tolist() == [0, 1, 3]
    assert thinned(values[:0], BOTH, (1, 1)).tolist() == []


def test_a_hollow_or_straight_front_has_no_knee():
    hollow = torch.tensor([[0.0, 1.0], [0.2, 0.2], [1.0, 0.0]])
    found = chord_knee(hollow, BOTH)
    assert found.place is None
    assert found.distance.tolist() == pytest.approx([0, -0.6 / 2**0.5, 0])
    for number in (2, 3, 11, 101):
        line = torch.linspace(0.1, 0.7, number).double()
        assert chord_knee(torch.stack([line, 0.9 - line], 1), BOTH).place is None


def test_a_front_of_one_point_is_its_own_knee():
    values = torch.tensor([[0.0, 0.0], [1.0, 1.0], [1.0, 1.0]])
    for knee in (chord_knee, utopia_knee):
        found = knee(values, BOTH)
        assert found.place == 1
        assert found.front.tolist() == [1, 2]
        assert found.distance.tolist() == [0, 0]


def test_without_a_candidate_there_is_no_knee():
    for values in (torch.empty(0, 2), torch.full((2, 2), torch.nan)):
        for knee in (chord_knee, utopia_knee):
            assert knee(values, BOTH).place is None
        assert thinned(values, BOTH, (1, 1)).tolist() == []


def test_a_constant_objective_does_not_move_the_knee():
    values = torch.tensor([[0.0, 1.0, 5.0], [0.8, 0.8, 5.0], [1.0, 0.0, 5.0]])
    found = utopia_knee(values, ("max",) * 3)
    assert found.place == 1
    assert torch.equal(found.distance, utopia_knee(values[:, :2], BOTH).distance)


@given(seed=st.integers(0, 1000))
def test_knees_do_not_depend_on_scale_or_direction(seed):
    generator = torch.Generator().manual_seed(seed)
    values = torch.rand(30, 2, generator=generator).double()
    turned = torch.stack([3 + 2 * values[:, 0], -5 * values[:, 1]], 1)
    for knee in (chord_knee, utopia_knee):
        first, second = knee(values, BOTH), knee(turned, ("max", "min"))
        assert first.place == second.place
        assert torch.allclose(first.distance, second.distance)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda v: thinned(v, BOTH, (0.1,)), "expected 2 positive numbers"),
        (lambda v: thinned(v, BOTH, (0.1, 0)), "expected 2 positive numbers"),
        (lambda v: chord_knee(torch.ones(2, 3), ("max",) * 3), "needs 2 objectives; there are 3"),
        (lambda v: utopia_knee(v, ("max",)), "1 directions need"),
    ],
)
def test_what_does_not_fit_is_a_sentence(call, sentence):
    with pytest.raises(BundleError, match=sentence):
        call(torch.ones(3, 2))
