"""Budgets of labels split over groups."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some

from analysis.bundle import BundleError
from analysis.labelling import (
    LearningCurves,
    curve_allocation,
    learning_curves,
    neyman_allocation,
    smoothed_spread,
)


@settings(max_examples=60, deadline=None)
@given(
    groups=some.lists(
        some.tuples(some.integers(0, 500), some.floats(0, 0.5), some.integers(0, 60)),
        min_size=1,
        max_size=6,
    ),
    budget=some.integers(0, 300),
)
def test_a_budget_is_spent_within_what_is_free(groups, budget):
    sizes, spread, labelled = (torch.tensor(column) for column in zip(*groups, strict=True))
    free = (sizes - labelled).clamp_min(0)
    found = neyman_allocation(sizes, spread, budget, labelled=labelled, free=free)
    assert int(found.sum()) == min(budget, int(free.sum()))
    assert (found >= 0).all()
    assert (found <= free).all()


def test_the_split_is_the_best_of_all_splits():
    sizes, spread = torch.tensor([300.0, 500.0, 200.0]), torch.tensor([0.5, 0.2, 0.4])
    have, budget = torch.tensor([5, 2, 9]), 30

    def variance(split):
        return float((sizes.square() * spread.square() / (have + split)).sum())

    found = neyman_allocation(sizes, spread, budget, labelled=have)
    every = [
        variance(torch.tensor([a, b, budget - a - b]))
        for a in range(budget + 1)
        for b in range(budget + 1 - a)
    ]
    assert variance(found) == pytest.approx(min(every), rel=2e-3)


def test_the_split_by_curves_lowers_the_error_most():
    curves = LearningCurves(
        torch.tensor([2.0, 1.0]).double(),
        torch.tensor([0.5, 0.2]).double(),
        torch.ones(2).double(),
    )
    sizes, trained, budget = torch.tensor([1.0, 2.0]), torch.tensor([50, 80]), 40

    def error(first):
        more = trained + torch.tensor([first, budget - first])
        return float((sizes * curves.scale * more ** (-curves.power)).sum())

    found = curve_allocation(curves, sizes, trained, budget)
    assert int(found.sum()) == budget
    assert error(int(found[0])) == pytest.approx(min(map(error, range(budget + 1))), rel=1e-5)


def test_curves_are_found_again_and_flat_ones_get_nothing():
    amounts = torch.tensor([100.0, 200.0, 400.0, 800.0])
    errors = torch.stack([3 * amounts**-0.4, torch.full((4,), 0.2), 0.1 * amounts**0.1], 1)
    found = learning_curves(amounts, errors)
    assert found.power.tolist() == pytest.approx([0.4, 0, 0], abs=1e-6)
    assert found.fit[0] == pytest.approx(1)
    split = curve_allocation(found, torch.ones(3), torch.full((3,), 800), 90)
    assert split.tolist() == [90, 0, 0]
    assert torch.isnan(learning_curves(amounts[:2], errors[:2]).scale).all()
    flat = learning_curves(amounts, errors[:, 1:])
    with pytest.raises(BundleError, match="No group's error falls"):
        curve_allocation(flat, torch.ones(2), torch.ones(2), 9)


def test_nothing_known_and_bad_budgets():
    none = torch.zeros(2)
    assert neyman_allocation(torch.tensor([30, 10]), none, 8, labelled=none).tolist() == [6, 2]
    unknown = torch.tensor([torch.nan, 0.5])
    assert neyman_allocation(torch.ones(2), unknown, 6, labelled=none).tolist() == [3, 3]
    with pytest.raises(BundleError, match="budget is -1"):
        neyman_allocation(torch.ones(2), torch.ones(2), -1, labelled=none)
    assert smoothed_spread(torch.tensor(0), torch.tensor(0)) == 0.5
