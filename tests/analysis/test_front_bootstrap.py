"""How sure it is that a candidate is on the front."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from analysis import front_bootstrap
from analysis.checks import BundleError
from analysis.front_bootstrap import front_counts, near_front
from analysis.pareto import non_dominated

MIXED = ("max", "min", "max")


def drawn(number=12, candidates=20, seed=0, undefined=0.05):
    generator = torch.Generator().manual_seed(seed)
    draws = torch.randint(6, (number, candidates, 3), generator=generator).double()
    gaps = torch.rand(number, candidates, generator=generator) < undefined
    draws[gaps, 1] = torch.nan
    return draws


@given(seed=st.integers(0, 1000), candidates=st.integers(0, 30))
def test_counts_are_those_of_every_draw_by_itself(seed, candidates):
    draws = drawn(candidates=candidates, seed=seed)
    expected = torch.stack([non_dominated(draw, MIXED) for draw in draws]).sum(0)
    for few in (front_bootstrap.FEW, -1):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(front_bootstrap, "FEW", few)
            patch.setattr(front_bootstrap, "COMPARED", 5000)
            found = front_counts(draws, MIXED)
            assert torch.equal(found.on_front, expected)
            assert torch.equal(found.defined, torch.isfinite(draws).all(2).sum(0))


def test_counts_of_parts_of_the_draws_add_up():
    draws = drawn(20)
    whole, parts = (
        front_counts(draws, MIXED),
        [front_counts(part, MIXED) for part in draws.split(7)],
    )
    added = parts[0] + parts[1] + parts[2]
    assert torch.equal(whole.on_front, added.on_front)
    assert torch.equal(whole.defined, added.defined)
    assert torch.equal(whole.probability, added.probability)


def test_a_probability_is_a_share_of_the_defined_draws():
    draws = torch.tensor([[[1.0], [2.0]], [[3.0], [torch.nan]], [[1.0], [torch.nan]]])
    found = front_counts(draws, ("max",))
    assert found.probability.tolist() == pytest.approx([2 / 3, 1])
    never = front_counts(torch.full((2, 1, 1), torch.nan), ("max",))
    assert never.probability.isnan().all()
    assert front_counts(draws[:0], ("max",)).probability.isnan().all()


def test_equal_candidates_are_equally_sure():
    draws = drawn(30, 6, undefined=0)
    found = front_counts(torch.cat([draws, draws], 1), MIXED).probability
    assert torch.equal(found[:6], found[6:])


@given(seed=st.integers(0, 1000), margin=st.sampled_from([0.0, 0.05, 0.3, 2.0]))
def test_near_the_front_is_who_would_be_on_it_when_better_by_the_margin(seed, margin):
    generator = torch.Generator().manual_seed(seed)
    values = torch.rand(40, 3, generator=generator).double()
    values[0, 0] = torch.nan
    signs = torch.tensor([1.0, -1.0, 1.0])
    front = non_dominated(values, MIXED)
    oriented = values * signs
    better, others = oriented[:, None] + margin, oriented[front]
    beaten = ((others >= better).all(2) & (others > better).any(2)).any(1)
    expected = (~beaten | front) & torch.isfinite(values).all(1)
    assert torch.equal(near_front(values, MIXED, (margin,) * 3), expected)
    assert not near_front(values, MIXED, (margin,) * 3)[0]


def test_without_a_margin_only_the_front_is_near():
    values = torch.rand(500, 3, generator=torch.Generator().manual_seed(1))
    assert torch.equal(near_front(values, MIXED, (0, 0, 0)), non_dominated(values, MIXED))
    assert near_front(values[:0], MIXED, (0, 0, 0)).tolist() == []


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: near_front(torch.ones(2, 3), MIXED, (0, 0)), "expected 3 numbers from 0 on"),
        (lambda: near_front(torch.ones(2, 3), MIXED, (0, 0, -1)), "expected 3 numbers from 0 on"),
        (lambda: front_counts(torch.ones(2, 3), MIXED), "draws x candidates x objectives"),
        (lambda: front_counts(torch.ones(2, 3, 2), MIXED), "3 directions need"),
    ],
)
def test_what_does_not_fit_is_a_sentence(call, sentence):
    with pytest.raises(BundleError, match=sentence):
        call()
