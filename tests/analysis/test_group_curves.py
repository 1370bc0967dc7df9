"""Accuracy per group along something, against plain counts and planted curves."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from made import overlapping, random_bundle

from analysis import group_curves
from analysis.abstention import risk_coverage
from analysis.contrasts import score_interval
from analysis.group_curves import average, by_level, by_quantile, by_threshold, rates, smoothed
from analysis.grouping import Grouping
from analysis.intervals import wilson
from analysis.sets import crossed


@pytest.mark.parametrize("bundle", [random_bundle(gaps=0.2), overlapping(gaps=0.2)])
def test_rates_are_plain_counts_with_wilsons_interval(bundle):
    grouping = next(iter(bundle.groups.values()))
    inside, judged = grouping.membership(), bundle.grades >= 0
    found = rates(bundle.correct, judged, crossed(grouping))
    right = (bundle.correct & judged).double() @ inside.double()
    n = judged.double() @ inside.double()
    assert torch.equal(found.n, n)
    assert torch.allclose(found.mean, right / n)
    low, high = wilson(right, n)
    assert torch.allclose(found.low, low)
    assert torch.allclose(found.high, high)


def test_an_empty_group_has_no_rate():
    grouping = Grouping(torch.tensor([0, 0]), ("there", "empty"))
    right = torch.tensor([[True, False]])
    found = rates(right, torch.ones_like(right), crossed(grouping))
    assert found.n.tolist() == [[2, 0]]
    assert all(torch.isnan(part[0, 1]) for part in (found.mean, found.low, found.high))


def test_shares_of_a_family_have_narrower_and_units_wider_intervals():
    generator = torch.Generator().manual_seed(0)
    right = torch.rand(4, 400, generator=generator) < 0.7
    everybody = torch.ones_like(right)
    share, known = average(right, everybody, torch.zeros(4, dtype=torch.long), 1)
    one = Grouping(torch.zeros(400, dtype=torch.int32), ("all",))
    alone, family = (
        rates(right[:1], everybody[:1], crossed(one)),
        rates(share, known, crossed(one)),
    )
    assert family.mean.item() == pytest.approx(right.double().mean().item())
    assert (family.high - family.low).item() < 0.6 * (alone.high - alone.low).item()
    twice = right[:1].repeat(1, 2)
    pair = Grouping(torch.zeros(800, dtype=torch.int32), ("all",))
    units = torch.arange(400).repeat(2)
    units_known = rates(twice, torch.ones_like(twice), crossed(pair), units)
    assert units_known.low.item() == pytest.approx(alone.low.item(), abs=2e-3)
    assert units_known.high.item() == pytest.approx(alone.high.item(), abs=2e-3)


def test_rates_of_units_agree_with_the_scores_of_slices():
    bundle = random_bundle(3, 200, seed=4)
    units, grouping = torch.arange(200) // 4, bundle.groups["region"]
    found = rates(bundle.correct, torch.ones_like(bundle.correct), crossed(grouping), units)
    for row, right in enumerate(bundle.correct):
        mean, low, high, _ = score_interval(right.double(), crossed(grouping), units)
        assert torch.allclose(found.mean[row], mean)
        assert torch.allclose(found.low[row], low, atol=0.03)
        assert torch.allclose(found.high[row], high, atol=0.03)


def test_levels_are_crossed():
    bundle = random_bundle(2, 90)
    along = Grouping(torch.arange(90) % 2, ("even", "odd"))
    found = by_level(
        bundle.correct, torch.ones_like(bundle.correct), bundle.groups["region"], along
    )
    here = (bundle.groups["region"].codes == 2) & (along.codes == 1)
    assert found.mean.shape == (2, 3, 2)
    assert found.mean[1, 2, 1].item() == pytest.approx(
        bundle.correct[1, here].double().mean().item()
    )
    assert found.n.sum().item() == 2 * 90


@settings(max_examples=30)
@given(some.lists(some.integers(0, 6), min_size=1, max_size=60), some.integers(1, 8))
def test_bins_hold_about_equally_many_and_never_part_equal_values(values, bins):
    given_values = torch.tensor(values, dtype=torch.float64)
    codes, centres = by_quantile(given_values, torch.ones(len(values)) > 0, bins)
    assert codes.min() == 0
    assert len(centres) == int(codes.max()) + 1 <= bins
    assert (centres.diff() > 0).all()
    for value in set(values):
        assert len(codes[given_values == value].unique()) == 1


def test_unknown_values_are_in_no_bin():
    values = torch.tensor([1.0, torch.nan, 2.0])
    codes, centres = by_quantile(values, torch.isfinite(values), 2)
    assert codes.tolist()[1] == -1
    assert torch.isfinite(centres).all()
    assert by_quantile(values, torch.zeros(3) > 0, 2)[0].tolist() == [-1, -1, -1]


def test_a_straight_line_is_kept_and_a_planted_curve_is_in_its_band():
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(4000, dtype=torch.float64, generator=generator)
    grid = torch.linspace(0.02, 0.98, 25, dtype=torch.float64)
    line = smoothed(x, (0.2 + 0.6 * x)[None], torch.ones(1, 4000) > 0, grid)
    assert torch.allclose(line.mean[0], 0.2 + 0.6 * grid, atol=1e-9)
    truth = lambda at: 0.5 + 0.3 * torch.sin(3 * at)  # noqa: E731
    right = torch.rand(4000, dtype=torch.float64, generator=generator) < truth(x)
    found = smoothed(x, right[None], torch.ones(1, 4000) > 0, grid)
    inside = (found.low[0] <= truth(grid)) & (truth(grid) <= found.high[0])
    assert inside.double().mean() >= 0.9
    assert (found.high - found.low).max() < 0.15


def test_the_band_covers_what_it_says_and_units_widen_it():
    held = []
    for seed in range(150):
        generator = torch.Generator().manual_seed(seed)
        x = torch.rand(300, dtype=torch.float64, generator=generator)
        right = torch.rand(300, dtype=torch.float64, generator=generator) < 0.3 + 0.4 * x
        found = smoothed(x, right[None], torch.ones(1, 300) > 0, torch.tensor([0.05, 0.5]))
        held.append(
            (found.low[0] <= 0.3 + 0.4 * torch.tensor([0.05, 0.5])).logical_and(
                found.high[0] >= 0.3 + 0.4 * torch.tensor([0.05, 0.5])
            )
        )
    assert (torch.stack(held).double().mean(0) > 0.9).all()
    twice = (x.repeat(2), right.repeat(2)[None], torch.ones(1, 600) > 0, torch.tensor([0.5]))
    alone = smoothed(x, right[None], torch.ones(1, 300) > 0, torch.tensor([0.5]))
    paired = smoothed(*twice, torch.arange(300).repeat(2))
    assert paired.n.item() == pytest.approx(alone.n.item(), rel=0.02)


def test_many_samples_are_smoothed_a_few_places_at_a_time(monkeypatch):
    x, grid = torch.linspace(0, 1, 200, dtype=torch.float64), torch.linspace(0, 1, 7)
    right = (x > 0.4)[None]
    whole = smoothed(x, right, torch.ones_like(right), grid)
    monkeypatch.setattr(group_curves, "CELLS", 400)
    pieces = smoothed(x, right, torch.ones_like(right), grid)
    assert all(torch.equal(a, b) for a, b in zip(*map(vars_of, (whole, pieces)), strict=True))


def vars_of(found):
    return vars(found).values()


def test_few_values_have_no_curve_and_discrete_ones_do():
    right = torch.ones(1, 30) > 0
    two = (torch.arange(30) % 2).double()
    assert torch.isnan(smoothed(two, right, right, torch.tensor([0.5])).mean).all()
    four = (torch.arange(30) % 4).double()
    found = smoothed(four, right, right, torch.tensor([0.0, 3.0]))
    assert found.mean.tolist() == [pytest.approx([1.0, 1.0])]
    assert (found.low < 1).all()


def test_thresholds_keep_the_surest_as_risk_and_coverage_do():
    bundle = random_bundle(2, 200, seed=3)
    sure = torch.stack([bundle.probabilities[model].amax(1) for model in bundle.models])
    sure = (10 * sure).round() / 10
    grid = sure.unique()
    judged = torch.ones_like(bundle.correct)
    kept, right, n = by_threshold(sure, bundle.correct, judged, bundle.groups["region"], grid)
    assert torch.equal(kept[..., 0], n)
    here = bundle.groups["region"].codes == 1
    curve = risk_coverage(sure[0, here], bundle.correct[0, here])
    at = {float(t): i for i, t in enumerate(grid.tolist())}
    for point in curve.reachable.nonzero().flatten().tolist():
        place = at[float(curve.threshold[point])]
        assert kept[0, 1, place] == curve.kept[point]
        risk = 1 - right[0, 1, place] / kept[0, 1, place]
        assert float(risk) == pytest.approx(float(curve.risk[point]))


def test_an_unknown_confidence_is_left_out():
    groups = Grouping(torch.tensor([0, 0, 0]), ("all",))
    sure = torch.tensor([[0.9, torch.nan, 0.2]])
    right = torch.ones_like(sure) > 0
    kept, good, n = by_threshold(sure, right, right, groups, torch.tensor([0.5]))
    assert (kept.tolist(), good.tolist(), n.tolist()) == ([[[1.0]]], [[[1.0]]], [[2.0]])


def test_an_average_passes_over_who_is_not_known():
    right = torch.tensor([[True, True], [False, False], [True, False]])
    known = torch.tensor([[True, False], [True, False], [True, True]])
    share, some_known = average(right, known, torch.tensor([0, 0, 1]), 2)
    assert share.tolist() == [[0.5, 0.0], [1.0, 0.0]]
    assert some_known.tolist() == [[True, False], [True, True]]
    assert np.isfinite(share.numpy()).all()
