"""Differences of shares: intervals that hold what they promise, with and without units."""

import pytest
import torch

from analysis.differences import apart, difference_of_two
from analysis.intervals import paired_interval


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
    assert float(value) == 1
    assert low != low
    assert high != high


def test_shares_on_different_samples_add_up_their_widths():
    value, low, high = apart((0.7, 0.6, 0.8), (0.7, 0.6, 0.8))
    assert value == 0
    assert (low, high) == pytest.approx((-(0.02**0.5), 0.02**0.5))
