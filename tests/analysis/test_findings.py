"""What a set of candidates teaches, against statistics packages and worked by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made import random_bundle
from scipy import stats

from analysis.bundle import BundleError
from analysis.candidates import plan
from analysis.diversity_bootstrap import diversity_over_samples
from analysis.evaluation import evaluate_axes
from analysis.findings import conflicts, diversity_at_fixed, price


def residuals(values, fixed):
    full = np.column_stack([np.ones(len(values)), fixed])
    return values - full @ np.linalg.lstsq(full, values, rcond=None)[0]


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 999), fixed=st.integers(0, 3), n=st.integers(8, 60))
def test_partial_correlation_is_that_of_the_residuals(seed, fixed, n):
    table = torch.randn(n, 2 + fixed, generator=torch.Generator().manual_seed(seed)).double()
    table[:, 0] += 0.5 * table[:, 1:].sum(1)
    found = diversity_at_fixed(table[:, 0], table[:, 1], table[:, 2:], draws=50)
    numbers = table.numpy()
    one, other = (residuals(numbers[:, column], numbers[:, 2:]) for column in (0, 1))
    assert found.value == pytest.approx(np.corrcoef(one, other)[0, 1], abs=1e-9)
    assert found.n == n
    assert -1 <= found.low <= found.high <= 1


def test_the_interval_of_few_candidates_holds_their_own_value():
    generator = torch.Generator().manual_seed(22)
    table = torch.randn(5, 3, generator=generator, dtype=torch.float64)
    found = diversity_at_fixed(table[:, 0], table[:, 1], table[:, 2:], draws=20)
    assert found.low < found.value == found.high


def test_the_interval_narrows_with_candidates_and_holds_the_truth():
    generator = torch.Generator().manual_seed(0)
    held, wide = 0, []
    for size in (40, 4000):
        for _ in range(20):
            fixed = torch.randn(size, 1, generator=generator).double()
            noise = torch.randn(size, 2, generator=generator).double()
            diversity = fixed[:, 0] + noise[:, 0]
            quality = 3 * fixed[:, 0] + 0.6 * noise[:, 0] + 0.8 * noise[:, 1]
            found = diversity_at_fixed(quality, diversity, fixed, draws=100)
            held += found.low <= 0.6 <= found.high
            wide.append(found.high - found.low)
    assert held >= 34
    assert min(wide[:20]) > 3 * max(wide[20:])


def test_what_does_not_vary_has_no_correlation():
    numbers = torch.arange(10).double()
    constant, nothing = torch.ones(10), torch.empty(10, 0)
    assert math.isnan(diversity_at_fixed(constant, numbers, nothing).value)
    assert math.isnan(diversity_at_fixed(numbers, numbers.square(), numbers[:, None]).value)
    assert math.isnan(diversity_at_fixed(numbers[:2], numbers[:2], nothing[:2]).value)
    undefined = numbers.clone()
    undefined[:4] = math.nan
    assert diversity_at_fixed(numbers, undefined, nothing).n == 6


def test_over_samples_the_correlation_is_that_of_the_candidates():
    bundle = random_bundle(8, 300, 4, accuracy=0.5)
    made = plan(bundle, "mean", greedy=False, edges=(0.3,))
    rows = torch.arange(len(made))
    found = diversity_over_samples(bundle, made, rows, "disagreement_labels", draws=100)
    names = ("accuracy", "disagreement_labels", "members")
    values = evaluate_axes(bundle, made, names).values
    size = values[:, 2]
    members = made.membership.double() @ bundle.correct.double().mean(1) / size
    several = size > 1
    expected = diversity_at_fixed(
        values[several, 0],
        values[several, 1],
        torch.stack([members, size], 1)[several],
        draws=10,
    )
    assert found.value == pytest.approx(expected.value, abs=1e-9)
    assert found.n == int(several.sum())
    assert found.low < found.value < found.high
    turned = diversity_over_samples(bundle, made, rows, "double_fault", draws=5)
    faults = evaluate_axes(bundle, made, ("double_fault",)).values[several, 0]
    other = diversity_at_fixed(
        values[several, 0], -faults, torch.stack([members, size], 1)[several], draws=5
    )
    assert turned.value == pytest.approx(other.value, abs=1e-9)


def test_samples_of_one_unit_are_drawn_together():
    bundle = random_bundle(6, 400, 4, accuracy=0.5)
    alone = bundle.take(torch.arange(100))
    often = replace(alone, units=torch.arange(100).int() // 10)
    made = plan(alone, "mean", greedy=False)
    rows = torch.arange(len(made))
    free = diversity_over_samples(alone, made, rows, "disagreement_labels", draws=200)
    tied = diversity_over_samples(often, made, rows, "disagreement_labels", draws=200)
    assert free.value == pytest.approx(tied.value)
    assert (free.low, free.high) != (tied.low, tied.high)


def test_over_samples_needs_pairs_and_some_candidates():
    bundle = random_bundle(3, 40, 3)
    made = plan(bundle, "mean", greedy=False)
    with pytest.raises(BundleError, match="no mean over pairs"):
        diversity_over_samples(bundle, made, torch.arange(3), "vendi_q1")
    with pytest.raises(BundleError, match="no mean over pairs"):
        diversity_over_samples(bundle, made, torch.arange(3), "gd")
    found = diversity_over_samples(bundle, made, torch.arange(3), "double_fault")
    assert math.isnan(found.value)
    assert found.n == 0


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 999), n=st.integers(2, 40))
def test_conflicts_are_spearman_with_directions(seed, n):
    values = torch.randint(6, (n, 3), generator=torch.Generator().manual_seed(seed)).double()
    found = conflicts(values, ("higher", "lower", "higher"))
    for first, second, sign in ((0, 1, -1), (0, 2, 1), (1, 2, -1)):
        columns = values[:, first], values[:, second]
        if any(len(column.unique()) == 1 for column in columns):
            assert found.rho[first, second].isnan()
            continue
        expected = sign * stats.spearmanr(*columns).statistic
        assert found.rho[first, second].item() == pytest.approx(expected, abs=1e-9)
        if n >= 4:
            assert found.low[first, second] <= found.rho[first, second] + 1e-9
            assert found.rho[first, second] <= found.high[first, second] + 1e-9
    assert found.n == n


def test_constant_axes_conflict_with_nothing():
    found = conflicts(torch.ones(5, 2), ("higher", "lower"))
    assert found.rho.isnan().all()
    assert found.worst() is None
    values = torch.tensor([[1.0, 5.0, 1.0], [2.0, 5.0, 0.0], [3.0, 5.0, -1.0]])
    assert conflicts(values, ("higher",) * 3).worst() == (0, 2)


def test_the_price_of_a_knee_worked_by_hand():
    front = torch.tensor([[0.9, 0.1, 3.0], [0.8, 0.3, 3.0], [0.6, 0.4, 3.0]])
    found = price(front, ("higher", "higher", "lower"), 1)
    assert found.best.tolist() == [0, 2, 0]
    assert found.difference.tolist() == pytest.approx([0.1, 0.1, 0.0], abs=1e-6)
    assert found.part.tolist() == pytest.approx([1 / 3, 1 / 3, 0.0], abs=1e-6)
    assert found.gained[0].tolist() == pytest.approx([-0.1, 0.2, 0.0], abs=1e-6)
    assert found.gained[1].tolist() == pytest.approx([0.2, -0.1, 0.0], abs=1e-6)
    with pytest.raises(BundleError, match="3 axes and 2 directions"):
        price(front, ("higher", "higher"), 0)
