"""Intervals: exact on few samples, as wide as an ordinary bootstrap on many, paired."""

from dataclasses import replace

import pytest
import torch
from made import bundle_of, random_bundle

from analysis import resampling
from analysis.bundle import Bundle
from analysis.catalog import CATALOG, of_kind, value
from analysis.ensemble import Ensemble, combine
from analysis.intervals import accuracy_interval, wilson
from analysis.judging import judged_answers
from analysis.lazy import LazyRows
from analysis.resampling import BLOCKS, difference, intervals, resampled, sums_and_intervals
from analysis.tally import tally, tally_blocks

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


def test_the_interval_of_an_accuracy_is_the_same_everywhere():
    bundle = random_bundle(3, 90, 3, gaps=0.2, seed=8)
    for units in (None, torch.arange(90).int() // 3):
        bundle = replace(bundle, units=units, fingerprint="")
        for missing in ("exclude", "wrong"):
            found = intervals(bundle, [CATALOG["accuracy"]], missing=missing)["accuracy"]
            judged = judged_answers(bundle, missing)
            expected = accuracy_interval(bundle.correct, judged, bundle.units)
            torch.testing.assert_close(found, expected, rtol=0, atol=1e-15)


def test_the_tally_comes_with_the_intervals():
    bundle = random_bundle(4, 700, 3, gaps=0.1, seed=9)
    chosen = [CATALOG[name] for name in ("double_fault", "rho", "js_nats", "cohen_kappa_labels")]
    sums, found = sums_and_intervals(bundle, chosen, needs=("scored",))
    assert found.keys() == {measure.name for measure in chosen}
    needs = {need for measure in chosen for need in measure.needs} | {"scored"}
    expected = tally(bundle, needs)
    for name in needs:
        assert sums[name].dtype == expected[name].dtype
        torch.testing.assert_close(sums[name], expected[name], rtol=1e-9, atol=1e-9)


def test_a_bootstrap_walks_over_the_samples_once_and_in_their_order(monkeypatch):
    bundle = random_bundle(3, 500, 3, seed=1)
    walked = []

    class Watched(LazyRows):
        """A table that notes which rows are read."""

        device, rows, checked, behind, width = torch.device("cpu"), None, True, 500, 3
        dtype = torch.float64

        def _made(self, places):
            walked.append(places)
            return bundle.probabilities["model-0"][places]

    watched = replace(
        bundle, probabilities={**bundle.probabilities, "model-0": Watched()}, fingerprint="w"
    )
    found = intervals(watched, [CATALOG["log_loss"]])["log_loss"]
    assert [len(places) for places in walked] == [1, 500]  # one for its size
    assert torch.equal(walked[1], torch.arange(500))
    torch.testing.assert_close(found, intervals(bundle, [CATALOG["log_loss"]])["log_loss"])


@pytest.mark.parametrize("room", [1000, 40_000])
def test_what_would_not_fit_in_memory_has_no_interval_and_is_not_tallied(room, monkeypatch):
    monkeypatch.setattr(resampling, "working_memory", lambda device: room)
    monkeypatch.setattr(resampling, "tally_blocks", None)
    bundle = random_bundle(6, 80, 3, gaps=0.1, probabilities=False)
    low, high = intervals(bundle, [CATALOG["cohen_kappa_labels"]])["cohen_kappa_labels"]
    assert low.isnan().all()
    assert high.isnan().all()
    assert low.shape == (6, 6)


def test_large_sums_have_fewer_blocks(monkeypatch):
    bundle = random_bundle(4, 300, 30, gaps=0.1, probabilities=False)
    measure, counted = CATALOG["cohen_kappa_labels"], []

    def watched(bundle, needs, block, number, **options):
        counted.append(number)
        return tally_blocks(bundle, needs, block, number, **options)

    monkeypatch.setattr(resampling, "tally_blocks", watched)
    values = 4 * 4 * 30 + 2 * 4 * 4
    monkeypatch.setattr(resampling, "working_memory", lambda device: 32 * 4 * values * 50)
    low, high = intervals(bundle, [measure])[measure.name]
    assert counted == [50]
    assert (low <= high).all()


def test_a_difference_uses_the_same_blocks_and_draws_of_both(monkeypatch):
    first = random_bundle(3, 300, 3, seed=4, probabilities=False)
    second = random_bundle(3, 300, 3, seed=4, gaps=0.2, probabilities=False)
    measure = CATALOG["cohen_kappa_labels"]
    rooms = iter([32 * 4 * 9 * 130, 32 * 4 * 9 * 200])
    monkeypatch.setattr(resampling, "working_memory", lambda device: next(rooms))
    gap, low, high = difference(first, second, measure)
    assert gap.shape == low.shape == (3, 3)
    known = ~torch.eye(3, dtype=torch.bool)
    assert (low <= high)[known].all()
    assert low.isfinite()[known].all()
