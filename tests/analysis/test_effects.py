"""Where an ensemble helps and where it harms."""

from dataclasses import replace

import pytest
import torch
from made import WEIGHED, bundle_of, overlapping, random_bundle, weighed

from analysis.bundle import BundleError, Grouping
from analysis.effects import COUNTED, Effects, effects, effects_by_group
from analysis.ensemble import Ensemble
from analysis.intervals import mcnemar_p, paired_interval, wilson
from analysis.judging import judge
from analysis.many_tests import benjamini_hochberg, holm


def test_by_hand():
    codes = torch.tensor([0, 0, 0, 1, 1], dtype=torch.int32)
    bundle = bundle_of(
        [[0, 1, 0, 1, 0], [0, 0, 1, 0, 1], [0, 0, 1, 0, -1]],
        [0, 0, 0, 0, -1],
        "xy",
        groups={"g": Grouping(codes, ("p", "q"))},
    )
    found = effects(bundle, Ensemble(bundle.models), "a")
    assert found.change.tolist() == [0, 1, -1, 1, 0]
    assert found.compared.tolist() == [True] * 4 + [False]
    assert found.rescued.tolist() == [False] * 5
    by = effects_by_group(bundle, found, ["g"], least=2)
    assert by.levels == (("p",), ("q",))
    assert by.n.tolist() == [3, 1]
    assert {name: by.counts[name].tolist() for name in COUNTED} == {
        "right": [2, 1],
        "reference_right": [2, 0],
        "corrections": [1, 1],
        "regressions": [1, 0],
        "rescued": [0, 0],
    }
    assert by.net.tolist() == [0, 1]
    assert by.rate("right").tolist() == pytest.approx([2 / 3, 1])
    assert by.tested.tolist() == [True, False]
    assert by.p[0] == 1
    assert by.p[1].isnan()
    assert by.p_holm[1].isnan()


@pytest.mark.parametrize("rule", WEIGHED)
@pytest.mark.parametrize("missing", ["exclude", "wrong"])
def test_effects_are_those_of_the_judged_ensemble(rule, missing):
    bundle = random_bundle(4, 300, 3, seed=4, gaps=0.1, accuracy=0.3)
    ensemble = weighed(bundle.models[:3], rule)
    found = effects(bundle, ensemble, "model-1", missing=missing)
    known = judge(bundle, ensemble, reference="model-1", missing=missing)
    assert found.corrections.sum() == known["corrections"]
    assert found.regressions.sum() == known["regressions"]
    by = effects_by_group(bundle, found, ["region"])
    for place, (level,) in enumerate(by.levels):
        told = known["groups"]["region"][level]
        assert by.counts["corrections"][place] == told["corrections"]
        assert by.counts["regressions"][place] == told["regressions"]
        assert by.counts["rescued"][place] <= told["rescued"]
        more, less, n = (by.counts["corrections"], by.counts["regressions"], by.n)
        assert by.p[place].item() == pytest.approx(mcnemar_p(int(more[place]), int(less[place])))
        assert by.net[place].item() == pytest.approx(float((more - less)[place] / n[place]))
    low, high = paired_interval(more, less, n)
    assert torch.allclose(by.low, low)
    assert torch.allclose(by.high, high)
    for name in COUNTED:
        for end, expected in zip(by.intervals[name], wilson(by.counts[name], n), strict=True):
            assert torch.allclose(end, expected)
    assert torch.equal(by.p_bh, benjamini_hochberg(by.p))
    assert torch.equal(by.p_holm, holm(by.p))
    difference = by.rate("right") - by.rate("reference_right")
    assert torch.allclose(by.net, difference)


def test_cells_of_two_groupings_add_up_to_the_groups():
    bundle = overlapping(300, seed=1)
    other = Grouping(torch.arange(300, dtype=torch.int32) % 2, ("even", "odd"))
    bundle = replace(bundle, groups={**bundle.groups, "parity": other}, fingerprint="")
    found = effects(bundle, Ensemble(bundle.models), "model-0")
    cells = effects_by_group(bundle, found, ["tags", "parity"])
    single = effects_by_group(bundle, found, ["tags"])
    assert cells.levels[:3] == (("p", "even"), ("p", "odd"), ("q", "even"))
    assert cells.n.view(4, 2).sum(1).tolist() == single.n.tolist()
    for name in COUNTED:
        assert cells.counts[name].view(4, 2).sum(1).tolist() == single.counts[name].tolist()


def test_alike_samples_make_wider_intervals_and_larger_p():
    bundle = random_bundle(5, 120, 3, seed=2, accuracy=0.4)
    rows = torch.arange(120).repeat(3)
    ids = tuple(f"{copy}-{place}" for copy in range(3) for place in range(120))
    many = replace(
        bundle,
        ids=ids,
        predictions=bundle.predictions[:, rows],
        grades=bundle.grades[:, rows],
        labels=bundle.labels[rows],
        probabilities={},
        embeddings=None,
        groups={
            "region": replace(bundle.groups["region"], codes=bundle.groups["region"].codes[rows])
        },
        fingerprint="",
    )
    plain = effects_by_group(many, effects(many, Ensemble(many.models), "model-0"), ["region"])
    together = replace(many, units=rows.int(), fingerprint="")
    found = effects_by_group(
        together, effects(together, Ensemble(many.models), "model-0"), ["region"]
    )
    assert torch.equal(plain.net, found.net)
    assert ((found.high - found.low) > 1.4 * (plain.high - plain.low)).all()
    assert (found.p >= plain.p).all()
    assert (found.intervals["right"][0] < plain.intervals["right"][0]).all()


def test_an_unknown_grouping_or_model_is_a_sentence():
    bundle = random_bundle(3)
    found = effects(bundle, Ensemble(bundle.models), "model-0")
    with pytest.raises(BundleError, match="no grouping 'shape'; the groupings are region"):
        effects_by_group(bundle, found, ["shape"])
    with pytest.raises(BundleError, match="nobody"):
        effects(bundle, Ensemble(bundle.models), "nobody")


def test_without_labels_there_is_no_effect():
    bundle = bundle_of(
        [[0, 1], [1, 1]], groups={"g": Grouping(torch.tensor([0, 1]).int(), ("p", "q"))}
    )
    by = effects_by_group(bundle, effects(bundle, Ensemble(bundle.models), "a"), ["g"])
    assert by.n.tolist() == [0, 0]
    assert by.net.isnan().all()
    assert by.p.isnan().all()
    assert by.intervals["right"][0].isnan().all()


def test_a_group_that_is_only_helped_has_the_interval_of_a_difference():
    right = torch.tensor([1] * 5 + [0] * 95, dtype=torch.bool)
    none = torch.zeros(100, dtype=torch.bool)
    bundle = bundle_of(
        [[0] * 100], [0] * 100, groups={"all": Grouping(torch.zeros(100).int(), ("a",))}
    )
    by = effects_by_group(bundle, Effects(~none, right, none, none), ["all"])
    assert (by.low.item(), by.high.item()) == pytest.approx((0.0029, 0.0951), abs=1e-3)
    by = effects_by_group(bundle, Effects(~none, none, none, none), ["all"])
    assert (by.low.item(), by.high.item()) == pytest.approx((-0.0192, 0.0192), abs=1e-3)
