"""Differences of shares: intervals that hold what they promise, with and without units."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.contrasts import contrast, score_interval
from analysis.differences import apart, difference_of_two
from analysis.intervals import paired_interval, wilson
from analysis.sets import sets_of


def test_a_paired_difference_counts_what_only_one_has_right():
    first = torch.tensor([1, 1, 1, 0, 0, 1], dtype=torch.bool)
    second = torch.tensor([1, 0, 0, 1, 0, 0], dtype=torch.bool)
    both = torch.tensor([1, 1, 1, 1, 1, 0], dtype=torch.bool)
    value, low, high = difference_of_two(first, second, both)
    assert float(value) == pytest.approx((2 - 1) / 5)
    assert [float(low), float(high)] == pytest.approx(
        [float(end) for end in paired_interval(*map(torch.tensor, (2, 1, 5)))]
    )
    swapped = difference_of_two(second, first, both)
    assert float(swapped[0]) == -float(value)
    assert float(swapped[1]) == pytest.approx(-float(high))


def test_samples_that_stand_alone_in_their_unit_are_independent():
    torch.manual_seed(0)
    first, second = torch.rand(2, 200) < 0.7
    both = torch.ones(200, dtype=torch.bool)
    alone = difference_of_two(first, second, both, torch.arange(200))
    assert torch.equal(torch.stack(alone), torch.stack(difference_of_two(first, second, both)))


def test_copies_in_a_unit_tell_nothing_new():
    torch.manual_seed(1)
    first, second = torch.rand(2, 300) < 0.6
    both = torch.ones(1200, dtype=torch.bool)
    units = torch.arange(300).repeat(4)
    once = difference_of_two(first, second, both[:300])
    copied = difference_of_two(first.repeat(4), second.repeat(4), both, units)
    assert float(copied[0]) == pytest.approx(float(once[0]))
    assert float(copied[2] - copied[1]) == pytest.approx(float(once[2] - once[1]), rel=0.03)


def test_the_interval_of_a_difference_covers_the_truth_in_about_95_of_100_draws():
    generator = torch.Generator().manual_seed(2)
    draws = torch.rand(400, 250, generator=generator)
    first, second, both = draws < 0.7, (draws > 0.2) & (draws < 0.8), draws < 2
    found = [difference_of_two(*row) for row in zip(first, second, both, strict=True)]
    covered = [float(low) <= 0.1 <= float(high) for _, low, high in found]
    assert 0.92 <= sum(covered) / len(covered) <= 0.98


def test_nothing_judged_gives_no_difference():
    none = torch.zeros(3, dtype=torch.bool)
    assert all(value.isnan() for value in difference_of_two(none, none, none))
    value, low, high = difference_of_two(~none, none, ~none, torch.zeros(3, dtype=torch.int32))
    alone = paired_interval(*map(torch.tensor, (1, 0, 1)))
    assert (float(value), float(low), float(high)) == (1, *map(float, alone))


def test_shares_on_different_samples_add_up_their_widths():
    value, low, high = apart((0.7, 0.6, 0.8), (0.7, 0.6, 0.8))
    assert value == 0
    assert (low, high) == pytest.approx((-(0.02**0.5), 0.02**0.5))


def test_a_paired_difference_is_that_of_agresti_and_min():
    first = torch.tensor([True] * 7 + [False] * 3)
    second = torch.tensor([True] * 4 + [False] * 5 + [True])
    more, less, n = 3.5, 1.5, 12
    centre = (more - less) / n
    half = 1.959963984540054 * ((more + less) / n - centre**2) ** 0.5 / n**0.5
    found = difference_of_two(first, second, first | ~first)
    assert list(map(float, found)) == pytest.approx([0.2, centre - half, centre + half])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_the_interval_of_a_difference_stays_between_minus_one_and_one(more, less, rest):
    low, high = paired_interval(*map(torch.tensor, (more, less, more + less + rest)))
    if more + less + rest:
        assert -1 <= low <= (more - less) / (more + less + rest) <= high <= 1
    else:
        assert low.isnan()


@pytest.mark.parametrize("groups", [1, 7, 40])
def test_samples_of_units_have_one_interval_wherever_it_is_asked_for(groups):
    generator = torch.Generator().manual_seed(3)
    units = torch.randint(groups, (120,), generator=generator)
    leaning = torch.rand(groups, generator=generator)[units]
    first, second = (torch.rand(120, generator=generator) < leaning for _ in range(2))
    both = torch.ones(120, dtype=torch.bool)
    sets = sets_of(both[None])
    value, low, high = difference_of_two(first, second, both, units)
    change = first.double() - second.double()
    assert [float(value), float(low), float(high)] == pytest.approx(
        [float(found) for found in score_interval(change, sets, units, net=True)[:3]]
    )
    found = contrast(change, both[None], units, net=True)
    assert [float(low), float(high)] == pytest.approx(
        [float(found.inside_low), float(found.inside_high)]
    )


def test_the_gap_of_two_shares_is_the_one_of_newcombe():
    # Newcombe 1998, table II, (a) 56/70 - 48/80, method 10.
    rates = []
    for right, count in ((56, 70), (48, 80)):
        ends = wilson(torch.tensor(right), torch.tensor(count))
        rates.append((right / count, *map(float, ends)))
    assert apart(*rates) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)
    values = torch.tensor([1.0] * 56 + [0.0] * 14 + [1.0] * 48 + [0.0] * 32)
    told = contrast(values, (torch.arange(150) < 70)[None])
    assert [float(told.low), float(told.high)] == pytest.approx([0.0524, 0.3339], abs=1e-4)
