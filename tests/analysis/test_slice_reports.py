"""Slices of an effect: planted ones are found again, and nothing is found where nothing is."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from made import overlapping, random_bundle

from analysis.bundle import Bundle, Grouping
from analysis.effects import Effects, effects
from analysis.ensemble import Ensemble
from analysis.slice_columns import CLUSTERS, slice_columns
from analysis.slice_finding import Search
from analysis.slice_reports import report_slices, slices_of_effect

SAMPLES, BASE, PLANTED = 8000, 0.06, 0.3
SEEDS = 20


@pytest.fixture(autouse=True)
def _one_thread():
    """Many small products: threads that wait for each other take most of the time."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def planted(seed: int, rate: float, base: float = BASE) -> tuple[Bundle, Effects, torch.Tensor]:
    """Corrections are more frequent where two of four columns have one level of six, 3 % of all."""
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(6, (4, SAMPLES), generator=generator, dtype=torch.int32)
    where = (codes[1] == 2) & (codes[3] == 5)
    chance = torch.where(where, rate, base)
    corrected = torch.rand(SAMPLES, generator=generator) < chance
    spoiled = ~corrected & (torch.rand(SAMPLES, generator=generator) < base)
    bundle = Bundle(
        models=("one",),
        ids=tuple(map(str, range(SAMPLES))),
        classes=("x", "y"),
        predictions=torch.zeros(1, SAMPLES, dtype=torch.int32),
        labels=torch.zeros(SAMPLES, dtype=torch.int32),
        groups={f"c{row}": Grouping(own, tuple("abcdef")) for row, own in enumerate(codes)},
        fingerprint=f"planted {seed}",
    )
    everywhere, nowhere = torch.ones_like(where), torch.zeros_like(where)
    return bundle, Effects(everywhere, ~spoiled, ~corrected, nowhere), where


def tally(seeds: int, target: str, rate: float) -> tuple[int, int, int]:
    """How often the planted slice passes, is within its interval, and anything else passes."""
    found = within = other = 0
    for seed in range(seeds):
        bundle, effect, where = planted(seed, rate)
        report = slices_of_effect(bundle, effect, target, seed=seed)
        alike = (report.inside & where).sum(1) / (report.inside | where).sum(1) > 0.8
        there = (alike & report.passed).nonzero().flatten()
        found += bool(len(there))
        other += bool((report.passed & ~alike).any())
        if len(there):
            # Outside, all that is not planted happens at the base rate.
            told = report.held_out
            within += bool(told.low[there[0]] <= rate - BASE <= told.high[there[0]])
    return found, within, other


@pytest.mark.parametrize("target", ["correction", "difference"])
def test_a_planted_slice_is_found_and_its_gap_is_within_its_interval(target):
    found, within, _ = tally(SEEDS, target, PLANTED)
    assert found >= 0.95 * SEEDS - 1
    assert within >= 0.95 * found - 3


@pytest.mark.parametrize("target", ["correction", "regression", "difference"])
def test_without_a_planted_slice_none_passes(target):
    passed = 0
    for seed in range(SEEDS):
        bundle, effect, _ = planted(seed, BASE)
        passed += bool(slices_of_effect(bundle, effect, target, seed=seed).passed.any())
    assert passed <= max(1, 0.05 * SEEDS)


@pytest.mark.slow
@pytest.mark.parametrize("target", ["correction", "difference"])
def test_over_a_hundred_seeds(target):
    found, within, _ = tally(100, target, PLANTED)
    assert found >= 95
    assert within >= 0.95 * found - 5
    _, _, passed = tally(100, target, BASE)
    assert passed <= 5


@pytest.mark.parametrize("seed", range(3))
def test_a_harmed_slice_is_looked_for_too(seed):
    bundle, effect, where = planted(seed, PLANTED)
    turned = replace(effect, right=effect.reference_right, reference_right=effect.right)
    report = slices_of_effect(bundle, turned, "difference", seed=seed)
    assert report.passed[0]
    assert report.sign[0] == -1
    assert report.held_out.gap[0] < -0.15
    assert torch.equal(report.inside[0], where)
    assert slices_of_effect(bundle, turned, "regression", seed=seed).passed[0]


def test_halves_share_no_sample_and_a_slice_reports_the_other_half():
    bundle, effect, where = planted(1, PLANTED)
    report = slices_of_effect(bundle, effect, "correction", seed=4)
    assert not (report.split.fit & report.split.held_out).any()
    own = report.inside[0]
    assert torch.equal(own, where)
    for part, told in ((report.split.fit, report.found), (report.split.held_out, report.held_out)):
        assert told.n[0] == (own & part).sum()
        rate = effect.corrections[own & part].double().mean().item()
        assert told.inside[0].item() == pytest.approx(rate)
        rest = effect.corrections[~own & part].double().mean().item()
        assert told.outside[0].item() == pytest.approx(rest)
    again = slices_of_effect(bundle, effect, "correction", seed=4)
    assert [one.conditions for one in again.slices] == [one.conditions for one in report.slices]
    other = slices_of_effect(bundle, effect, "correction", seed=5)
    assert not torch.equal(other.split.fit, report.split.fit)


def test_small_slices_are_not_tested_and_small_gaps_do_not_pass():
    bundle, effect, _ = planted(2, PLANTED)
    report = slices_of_effect(bundle, effect, "correction", least=SAMPLES)
    assert len(report.slices)
    assert report.p_bh.isnan().all()
    assert not report.passed.any()
    scores = effect.corrections.double()
    wide = report_slices(bundle, scores, Search(bundle.groups), least_gap=0.9)
    assert not wide.passed.any()
    assert (wide.p_bh < 0.001).any()


def test_low_scores_of_any_kind_can_be_looked_for():
    bundle, _, where = planted(3, PLANTED)
    loss = torch.rand(SAMPLES, generator=torch.Generator().manual_seed(0)) + 2 * (~where)
    report = report_slices(bundle, loss, Search(bundle.groups, alpha=0.99), signs=(-1,))
    assert torch.equal(report.inside[0], where)
    assert report.passed[0]
    assert report.held_out.gap[0].item() == pytest.approx(-2, abs=0.1)


def test_columns_are_groupings_cut_numbers_and_clusters():
    bundle = replace(
        random_bundle(3, 200, 4),
        attributes={
            "width": np.linspace(0, 1, 200),
            "row": np.arange(200),
            "text": np.array(["a"] * 200, dtype=object),
        },
        fingerprint="",
    )
    columns = slice_columns(bundle)
    assert list(columns) == ["region", "width", CLUSTERS]
    assert columns["width"].levels[0] == "at most 0.25"
    assert len(columns[CLUSTERS].levels) == 10
    assert list(slice_columns(bundle, clusters=False)) == ["region", "width"]


def test_columns_that_follow_from_the_label_are_named():
    bundle = random_bundle(3, 400, 4)
    kind = Grouping((bundle.labels // 2).int(), ("low", "high"))
    labels = Grouping(bundle.labels, bundle.classes)
    groups = {**bundle.groups, "label": labels, "kind": kind}
    bundle = replace(bundle, groups=groups, fingerprint="")
    effect = effects(bundle, Ensemble(bundle.models), "model-0")
    assert slices_of_effect(bundle, effect).by_label == ("label", "kind")


@pytest.mark.parametrize(
    "bundle",
    [random_bundle(3, 1), random_bundle(3, 2), random_bundle(1, 60), overlapping(200)],
    ids=["one sample", "two samples", "one model", "overlapping"],
)
@pytest.mark.parametrize("target", ["correction", "regression", "difference"])
def test_little_data_makes_a_short_report(bundle, target):
    effect = effects(bundle, Ensemble(bundle.models), "model-0")
    report = slices_of_effect(bundle, effect, target)
    assert len(report.slices) == len(report.inside) == len(report.held_out.gap) <= 8
    assert not report.passed.any()
