"""Intervals: exact on few samples, as wide as an ordinary bootstrap on many, paired."""

from dataclasses import replace

import pytest
import torch
from made import bundle_of, random_bundle

from analysis.bundle import Bundle
from analysis.catalog import CATALOG, of_kind, value
from analysis.ensemble import Ensemble, combine
from analysis.intervals import wilson
from analysis.resampling import BLOCKS, difference, intervals, resampled
from analysis.tally import tally

ALL = (*of_kind("model"), *of_kind("pair"), *of_kind("set"))


def test_a_simple_share_has_the_wilson_interval():
    bundle = random_bundle(4, 300, 3, gaps=0.2)
    sums = tally(bundle, CATALOG["double_fault"].needs)
    low, high = intervals(bundle, [CATALOG["double_fault"]])["double_fault"]
    expected = wilson(sums["both_wrong"], sums["both_graded"])
    torch.testing.assert_close((low, high), expected)


def test_up_to_as_many_samples_as_blocks_a_draw_is_a_weighted_tally():
    bundle = random_bundle(3, 60, 3, seed=1, gaps=0.1)
    measure = CATALOG["error_consistency"]
    drawn = resampled(bundle, [measure], draws=5, seed=7)["error_consistency"]
    dealt = torch.randperm(60, generator=torch.Generator().manual_seed(7))
    picks = torch.randint(60, (5, 60), generator=torch.Generator().manual_seed(7))
    for draw, picked in zip(drawn, picks, strict=True):
        times = torch.bincount(picked, minlength=60)[dealt]
        expected = value(measure, tally(bundle, measure.needs, weights=times))
        torch.testing.assert_close(draw, expected, equal_nan=True)


@pytest.mark.parametrize("name", ["error_consistency", "js_nats", "log_loss", "q_statistic"])
def test_blocks_of_many_samples_spread_as_much_as_single_samples(name):
    bundle = random_bundle(3, 20 * BLOCKS, 3, seed=2)
    measure, generator = CATALOG[name], torch.Generator().manual_seed(0)
    n, single = len(bundle.ids), []
    for _ in range(200):
        picks = torch.randint(n, (n,), generator=generator)
        times = torch.bincount(picks, minlength=n)
        single.append(value(measure, tally(bundle, measure.needs, weights=times)))
    blocks = resampled(bundle, [measure])[name].std(0)
    ratio = blocks / torch.stack(single).std(0)
    known = ratio.isfinite() & (blocks > 1e-9)
    assert known.any()
    assert (ratio[known] > 0.7).all()
    assert (ratio[known] < 1.4).all()


def test_the_interval_holds_the_true_value_about_as_often_as_it_says():
    whole = random_bundle(2, 40_000, 3, seed=3, probabilities=False)
    measure = CATALOG["rho"]
    truth = value(measure, tally(whole, measure.needs))[0, 1]
    held = 0
    for part in torch.arange(40_000).split(400):
        low, high = intervals(whole.take(part), [measure], draws=400)["rho"]
        held += bool(low[0, 1] <= truth <= high[0, 1])
    assert 88 <= held <= 100


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
def test_every_interval_lies_within_the_bounds_and_surrounds_the_value(missing):
    bundle = random_bundle(4, 80, 3, seed=4, gaps=0.2)
    found = intervals(bundle, ALL, missing=missing, draws=200)
    assert set(found) == {measure.name for measure in ALL}
    for measure in ALL:
        estimate = value(measure, tally(bundle, measure.needs, missing=missing))
        low, high = found[measure.name]
        assert low.shape == high.shape == estimate.shape
        known = low.isfinite()
        assert (known <= estimate.isfinite()).all()
        assert (low[known] <= estimate[known] + 1e-9).all(), measure.name
        assert (estimate[known] <= high[known] + 1e-9).all(), measure.name
        least, most = measure.bounds
        assert least is None or (low[known] >= least).all()
        assert most is None or (high[known] <= most).all()


def test_samples_of_one_unit_make_the_interval_wider():
    alone = random_bundle(2, 100, 3, seed=5)
    rows = torch.arange(100).repeat_interleave(4)
    copied = Bundle(
        models=alone.models,
        ids=tuple(map(str, range(400))),
        classes=alone.classes,
        predictions=alone.predictions[:, rows],
        labels=alone.labels[rows],
        units=rows.int(),
    )
    measure = CATALOG["double_fault"]
    low, high = intervals(copied, [measure])[measure.name]
    narrow = intervals(replace(copied, units=None, fingerprint=""), [measure])[measure.name]
    assert ((high - low)[0, 1] > 1.5 * (narrow[1] - narrow[0])[0, 1]).item()
    expected = intervals(alone, [measure])[measure.name]
    torch.testing.assert_close((low, high), expected, rtol=0, atol=0.03)


def test_a_share_of_one_over_units_still_has_an_interval():
    bundle = bundle_of([[0, 1, 0, 1]], labels=[0, 1, 0, 1], units=torch.tensor([0, 0, 1, 1]).int())
    low, high = intervals(bundle, [CATALOG["accuracy"]])["accuracy"]
    torch.testing.assert_close((low, high), wilson(torch.tensor([2]), torch.tensor([2])))


def test_the_difference_of_twins_is_exactly_zero_and_that_of_two_models_is_paired():
    bundle = random_bundle(2, 500, 3, seed=6)
    first, second = (bundle.select((name,)) for name in bundle.models)
    measure = CATALOG["accuracy"]
    assert [end.item() for end in difference(first, first, measure)] == [0, 0, 0]
    gap, low, high = difference(first, second, measure)
    rates = value(measure, tally(bundle, measure.needs))
    torch.testing.assert_close(gap, (rates[0] - rates[1])[None])
    assert low < gap < high


def test_an_ensemble_can_be_compared_with_its_best_member():
    bundle = random_bundle(5, 400, 3, seed=7)
    whole = combine(bundle, Ensemble(bundle.models, "mean"))
    gap, low, high = difference(whole, bundle.select(bundle.models[:1]), CATALOG["log_loss"])
    assert gap < 0
    assert high < 0
    assert low < gap


def test_what_is_undefined_has_no_interval():
    bundle = bundle_of([[0, 1, 0], [0, 1, 0]], labels=[0, 1, 0])
    low, high = intervals(bundle, [CATALOG["rho"]])["rho"]
    assert low.isnan().all()
    assert high.isnan().all()


def test_the_same_seed_gives_the_same_interval():
    bundle = random_bundle(3, 50, 3)
    once, again, other = (
        intervals(bundle, [CATALOG["rho"]], seed=seed)["rho"][0] for seed in (1, 1, 2)
    )
    assert torch.equal(once, again)
    assert not torch.equal(once, other)
