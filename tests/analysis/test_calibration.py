"""Reliability tables, calibration errors and temperatures, against loops, packages and by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made import bundle_of, random_bundle

from analysis.bundle import BundleError
from analysis.calibration import (
    classwise_ece,
    debiased_calibration_error,
    mce,
    overconfidence,
    reliability,
    reliability_of,
)
from analysis.calibration_errors import calibration_errors, why_undefined
from analysis.catalog import CATALOG, value
from analysis.confidence import bins_of_mass, bins_of_width, confidence_of
from analysis.ensemble import Ensemble, combine
from analysis.lazy import LazyRows
from analysis.quality import ece
from analysis.splits import Split, split
from analysis.stored import FileArray, StoredArray
from analysis.tally import tally
from analysis.temperature import (
    POOLS,
    fit_temperature,
    rescaled,
    temperature_report,
    temperatures,
)

BINS = CATALOG["ece"].needs
few = settings(deadline=None, max_examples=25, derandomize=True)


def close(found, expected, tolerance=1e-9):
    torch.testing.assert_close(
        torch.as_tensor(found, dtype=torch.float64),
        torch.as_tensor(expected, dtype=torch.float64),
        rtol=0,
        atol=tolerance,
        equal_nan=True,
    )


def random_answers(seed, n):
    generator = torch.Generator().manual_seed(seed)
    confidence = torch.rand(n, generator=generator, dtype=torch.float64)
    return confidence, torch.rand(n, generator=generator) < confidence


def everything(samples):
    return torch.ones(samples, dtype=torch.bool)


def test_a_table_worked_by_hand():
    confidence = torch.tensor([0.2, 0.5, 0.7, 0.9, 1.0, float("nan")], dtype=torch.float64)
    table = reliability(confidence, torch.tensor([True, False, True, True, False, True]), bins=2)
    assert table.count.tolist() == [2, 3]
    assert table.right.tolist() == [1, 2]
    close(table.confidence, [0.35, 2.6 / 3])
    close(table.accuracy, [0.5, 2 / 3])
    # Gaps are 0.15 and 0.2: 2/5 of one and 3/5 of the other.
    close(ece(*table.sums), 0.18)
    close(mce(*table.sums), 0.2)
    close(overconfidence(*table.sums), (0.7 + 2.6 - 3) / 5)
    assert (table.low < table.accuracy).all()
    assert (table.accuracy < table.high).all()


def test_an_empty_bin_is_undefined_and_counts_nothing():
    table = reliability(torch.tensor([0.9], dtype=torch.float64), torch.tensor([True]), bins=4)
    for values in (table.confidence, table.accuracy, table.low, table.high):
        assert values.isnan().tolist() == [True, True, True, False]
    close(ece(*table.sums), 0.1)


def test_no_sample_at_all_is_undefined_everywhere():
    for scheme in ("width", "mass"):
        table = reliability(torch.zeros(0), torch.zeros(0, dtype=torch.bool), scheme=scheme)
        squared = debiased_calibration_error(table)
        for entry in (
            *(function(*table.sums) for function in (ece, mce, overconfidence)),
            squared.square,
            squared.root,
            squared.plugin,
        ):
            assert entry.isnan()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("tenth", range(11))
def test_a_confidence_on_an_edge_belongs_below_it_in_either_precision(dtype, tenth):
    stored = torch.tensor(tenth / 10, dtype=dtype).double()
    assert int(bins_of_width(stored, 10)) == max(tenth - 1, 0)


@few
@given(st.integers(0, 40), st.integers(1, 9), st.integers(0, 1000))
def test_bins_of_mass_are_those_of_a_stable_sort_cut_by_numpy(n, bins, seed):
    values = torch.randint(5, (n,), generator=torch.Generator().manual_seed(seed)) / 5
    place = bins_of_mass(values, bins)
    order = np.argsort(values.numpy(), kind="stable")
    for number, part in enumerate(np.array_split(order, bins)):
        assert (place[torch.from_numpy(part)] == number).all()


@few
@given(st.integers(1, 60), st.integers(1, 8), st.integers(0, 1000), st.integers(0, 60))
def test_tables_of_different_samples_add_up(n, bins, seed, cut):
    confidence, right = random_answers(seed, n)
    whole = reliability(confidence, right, bins=bins)
    parts = reliability(confidence[:cut], right[:cut], bins=bins)
    parts = parts + reliability(confidence[cut:], right[cut:], bins=bins)
    for one, other in zip(parts.sums, whole.sums, strict=True):
        close(one, other, 1e-12)


@few
@given(st.integers(1, 60), st.integers(1, 8), st.integers(0, 1000))
def test_errors_of_one_table_are_ordered(n, bins, seed):
    table = reliability(*random_answers(seed, n), bins=bins, scheme="mass")
    mean, largest = ece(*table.sums), mce(*table.sums)
    squared = debiased_calibration_error(table)
    assert overconfidence(*table.sums).abs() <= mean + 1e-12
    assert mean <= squared.plugin + 1e-12
    assert squared.plugin <= largest + 1e-12
    assert squared.root <= squared.plugin + 1e-12
    assert squared.square <= squared.root.square() + 1e-12


def test_the_debiased_error_is_0_on_average_where_confidence_is_honest():
    generator = torch.Generator().manual_seed(0)
    found, biased = [], []
    for _ in range(400):
        confidence = torch.rand(60, generator=generator, dtype=torch.float64) * 0.9 + 0.05
        right = torch.rand(60, generator=generator) < confidence
        squared = debiased_calibration_error(reliability(confidence, right, bins=6, scheme="mass"))
        found.append(squared.square)
        biased.append(squared.plugin.square())
    # Spread of a single value is about 0.012, of the mean of 400 about 0.0006.
    assert abs(torch.stack(found).mean()) < 0.003
    assert torch.stack(biased).mean() > 0.015


def test_the_tally_and_a_table_of_one_model_agree():
    bundle = random_bundle(4, 80, 5, gaps=0.3, seed=3)
    tables = reliability_of(tally(bundle, BINS))
    for row, model in enumerate(bundle.models):
        judged = bundle.grades[row] >= 0
        confidence = confidence_of(bundle, model)[judged]
        alone = reliability(confidence, bundle.correct[row, judged])
        for one, other in zip(tables.sums, alone.sums, strict=True):
            close(one[row], other, 1e-12)


def test_classwise_error_agrees_with_a_loop_over_classes_and_skips_unlabelled():
    bundle = random_bundle(1, 50, 4, seed=5)
    probabilities = bundle.probabilities["model-0"]
    labels = torch.where(torch.arange(50) % 7 == 0, -1, bundle.labels)
    known = labels >= 0
    expected = []
    for place in range(4):
        table = reliability(probabilities[known, place], labels[known] == place, bins=6)
        expected.append(ece(*table.sums))
    close(classwise_ece(probabilities, labels, bins=6), torch.stack(expected), 1e-12)
    assert classwise_ece(probabilities, torch.full((50,), -1)).isnan().all()


def test_classwise_error_is_the_same_in_small_chunks(monkeypatch):
    bundle = random_bundle(1, 50, 4, seed=6)
    whole = classwise_ece(bundle.probabilities["model-0"], bundle.labels)
    monkeypatch.setattr("analysis.calibration.BLOCK", 12)
    close(classwise_ece(bundle.probabilities["model-0"], bundle.labels), whole, 1e-12)


def test_all_errors_of_a_model_are_those_of_the_catalogue_where_both_have_them():
    bundle = random_bundle(3, 70, 4, gaps=0.2, seed=8)
    sums = tally(bundle, BINS)
    for row, model in enumerate(bundle.models):
        found = calibration_errors(bundle, model)
        for name in ("ece", "mce", "overconfidence"):
            close(found[name], value(CATALOG[name], sums)[row])
        assert found["n"] == int((bundle.grades[row] >= 0).sum())
        assert 0 < found["classwise_ece"] < 1


def test_a_model_without_confidence_has_no_calibration_error():
    found = calibration_errors(bundle_of([[0, 1]], [0, 0]), "a")
    assert found.pop("n") == 0
    assert all(entry != entry for entry in found.values())


def test_stated_confidence_is_enough_for_all_but_the_classwise_error():
    bundle = bundle_of([[0, 1]], [0, 0], confidence=torch.tensor([[0.5, 1.0]]))
    found = calibration_errors(bundle, "a")
    close(found["ece"], 0.75)
    close(found["overconfidence"], 0.25)
    assert np.isnan(found["classwise_ece"])


def test_probabilities_of_0_and_1_and_a_single_class_are_no_trouble():
    sure = {"a": torch.tensor([[1.0, 0.0], [0.0, 1.0]])}
    found = calibration_errors(bundle_of([[0, 1]], [0, 0], "xy", probabilities=sure), "a")
    close([found["ece"], found["mce"], found["classwise_ece"]], [0.5, 0.5, 0.5])
    one = bundle_of([[0, 0]], [0, 0], "x", probabilities={"a": torch.ones(2, 1)})
    close(calibration_errors(one, "a")["ece"], 0.0)
    assert temperatures(one, everything(2)).value.tolist() == [1.0]


def by_scipy(probabilities, labels):
    from scipy.optimize import brentq

    logs = np.log(probabilities.numpy())
    rows = np.arange(len(logs))

    def slope(inverse):
        shifted = np.exp(inverse * (logs - logs.max(1, keepdims=True)))
        expected = (shifted * logs).sum(1) / shifted.sum(1)
        return (expected - logs[rows, labels.numpy()]).mean()

    return 1 / brentq(slope, 1e-3, 1e3, xtol=1e-15, rtol=1e-15)


def test_temperatures_agree_with_a_root_found_by_scipy():
    for seed, accuracy in ((0, 0.2), (1, 0.6), (2, 1.0)):
        bundle = random_bundle(3, 200, 5, seed=seed, accuracy=accuracy)
        found = temperatures(bundle, everything(200))
        for given_, temperature in zip(bundle.probabilities.values(), found.value, strict=True):
            close(temperature, by_scipy(given_, bundle.labels), 1e-9 * float(temperature))
        assert not found.at_bound.any()
        assert found.n.tolist() == [200] * 3


def test_a_planted_temperature_is_found_again():
    generator = torch.Generator().manual_seed(1)
    logits = 2 * torch.randn(20_000, 4, generator=generator, dtype=torch.float64)
    labels = torch.multinomial(logits.softmax(1), 1, generator=generator).flatten()
    sharp = (3 * logits).softmax(1)
    assert fit_temperature(sharp, labels).value.item() == pytest.approx(3, rel=0.05)


def test_labels_that_are_all_the_highest_drive_the_temperature_to_its_bound():
    given_ = torch.tensor([[0.9, 0.1], [0.4, 0.6]])
    found = fit_temperature(given_, torch.tensor([0, 1]))
    assert found.at_bound.tolist() == [True]
    close(found.value, [1e-3])
    found = fit_temperature(given_, torch.tensor([1, 0]))
    assert found.at_bound.tolist() == [True]
    close(found.value, [1e3])


def test_flat_rows_keep_1_and_no_label_gives_no_temperature():
    flat = fit_temperature(torch.full((3, 4), 0.25), torch.tensor([0, 1, 2]))
    assert (flat.value.tolist(), flat.at_bound.tolist()) == ([1.0], [False])
    none = fit_temperature(torch.full((3, 4), 0.25), torch.tensor([-1, -1, -1]))
    assert none.value.isnan().all()
    assert none.n.tolist() == [0]
    assert fit_temperature(torch.zeros(0, 4), torch.zeros(0)).value.isnan().all()


def test_one_sample_and_probabilities_of_0_give_a_finite_or_flagged_temperature():
    sure = torch.tensor([[1.0, 0.0, 0.0]])
    for label in range(3):
        found = fit_temperature(sure, torch.tensor([label]))
        assert found.at_bound.all()
        assert found.value.isfinite().all()


def test_several_models_with_labels_of_their_own_are_fitted_as_each_alone():
    bundle = random_bundle(3, 60, 4, gaps=0.3, seed=2)
    labels = torch.where(bundle.predictions >= 0, bundle.labels, -1)
    stack = torch.stack(list(bundle.probabilities.values()))
    together = fit_temperature(stack, labels)
    close(together.value, temperatures(bundle, everything(60)).value, 1e-10)
    for row in range(3):
        close(together.value[row], fit_temperature(stack[row], labels[row]).value[0], 1e-10)


@few
@given(st.integers(0, 1000), st.floats(0.0, 1.0), st.integers(2, 6))
def test_a_fitted_temperature_keeps_labels_and_never_raises_the_log_loss(seed, accuracy, classes):
    bundle = random_bundle(3, 20, classes, seed=seed, accuracy=accuracy, gaps=0.2)
    found = temperatures(bundle, everything(20))
    heat = found.value.nan_to_num(nan=1.0).clamp_min(0.05)
    heated = rescaled(bundle, dict(zip(bundle.models, heat.tolist(), strict=True)))
    assert torch.equal(heated.predictions, bundle.predictions)
    assert torch.equal(heated.grades, bundle.grades)
    for row, (name, table) in enumerate(heated.probabilities.items()):
        answered = bundle.predictions[row] >= 0
        assert torch.equal(table.argmax(1)[answered], bundle.predictions[row, answered].long())
        close(table.sum(1), torch.ones(20), 1e-12)
        assert bundle.probabilities[name].dtype == table.dtype
    before = value(CATALOG["log_loss"], tally(bundle, ("scored",)))
    after = value(CATALOG["log_loss"], tally(heated, ("scored",)))
    fitted = found.value > 0.05
    assert (after <= before + 1e-9)[fitted].all()


def test_rescaling_changes_the_named_models_and_the_fingerprint_only():
    bundle = random_bundle(3, 10, 3)
    heated = rescaled(bundle, {"model-1": 2.0})
    assert heated.probabilities["model-0"] is bundle.probabilities["model-0"]
    expected = bundle.probabilities["model-1"].sqrt()
    close(heated.probabilities["model-1"], expected / expected.sum(1, keepdim=True), 1e-12)
    assert heated.fingerprint.startswith(bundle.fingerprint)
    again = rescaled(bundle, {"model-1": 3.0})
    assert len({bundle.fingerprint, heated.fingerprint, again.fingerprint}) == 3
    assert rescaled(bundle, {}).probabilities == bundle.probabilities


def test_probabilities_in_files_are_rescaled_when_they_are_asked_for(tmp_path):
    held, tables = random_bundle(3, 40, 3, gaps=0.2), {}
    for model, table in held.probabilities.items():
        np.save(tmp_path / f"{model}.npy", table.numpy())
        file = FileArray(str(tmp_path / f"{model}.npy"), 128, (40, 3), "<f8")
        tables[model] = StoredArray(file)
    stored = replace(held, probabilities=tables)
    heat = {"model-0": 2.0, "model-2": 0.5}
    found, expected = rescaled(stored, heat), rescaled(held, heat)
    assert isinstance(found.probabilities["model-0"], LazyRows)
    assert isinstance(expected.probabilities["model-0"], torch.Tensor)
    rows = torch.tensor([7, 3, 21])
    for one, other in ((found, expected), (found.take(rows), expected.take(rows))):
        for model in one.models:
            table = one.probabilities[model]
            assert table.dtype == other.probabilities[model].dtype
            same = table[torch.arange(len(table))], table[: len(table)]
            for part in same:
                torch.testing.assert_close(part, other.probabilities[model], equal_nan=True)


def report_and_parts(seed=4, gaps=0.2):
    bundle = random_bundle(3, 300, 4, seed=seed, gaps=gaps, accuracy=0.3)
    parts = split(bundle, seed=1)
    return bundle, parts, temperature_report(bundle, parts)


def held_out_errors(bundle, parts):
    sums = tally(bundle, (*BINS, "scored"), weights=parts.held_out)
    return torch.stack([value(CATALOG[name], sums) for name in ("ece", "log_loss")])


def test_the_report_says_what_the_catalogue_says_of_rescaled_bundles_held_out():
    bundle, parts, report = report_and_parts()
    mean = Ensemble(bundle.models, "mean")
    assert report.models == (*bundle.models, *POOLS)
    heat = dict(zip(bundle.models, report.temperature[:3].tolist(), strict=True))
    heated = rescaled(bundle, heat)
    pooled, calibrated = combine(bundle, mean), combine(heated, mean)
    (name,) = pooled.models
    at_once = rescaled(pooled, {name: float(report.temperature[3])})
    again = rescaled(calibrated, {name: float(report.temperature[5])})
    before = [bundle, pooled, pooled, calibrated]
    after = [heated, at_once, calibrated, again]
    for stage, (errors, losses) in (
        (before, (report.ece_before, report.log_loss_before)),
        (after, (report.ece_after, report.log_loss_after)),
    ):
        expected = torch.cat([held_out_errors(one, parts) for one in stage], 1)
        close(errors, expected[0])
        close(losses, expected[1])


def test_the_report_fits_each_row_on_the_fit_samples_only():
    bundle, parts, report = report_and_parts()
    close(report.temperature[:3], temperatures(bundle, parts.fit).value, 1e-12)
    pooled = combine(bundle, Ensemble(bundle.models, "mean"))
    close(report.temperature[3], temperatures(pooled, parts.fit).value[0], 1e-8)
    assert report.temperature[4].isnan()
    answered = bundle.answered.any(0)
    assert report.n_fit == int((parts.fit & answered).sum())
    assert report.n_held_out == int((parts.held_out & answered).sum())
    wrong = torch.where(parts.held_out, (bundle.labels + 1) % 4, bundle.labels)
    other = replace(bundle, labels=wrong, grades=None)
    close(temperature_report(other, parts).temperature, report.temperature, 0)


def test_a_mean_of_calibrated_members_gains_from_one_more_temperature():
    generator = torch.Generator().manual_seed(0)
    clean = torch.randn(4000, 5, generator=generator, dtype=torch.float64)
    labels = torch.multinomial((3 * clean).softmax(1), 1, generator=generator).flatten().int()
    noise = torch.randn(6, 4000, 5, generator=generator, dtype=torch.float64)
    given_ = (3 * clean + 3 * noise).softmax(2)
    bundle = bundle_of(
        given_.argmax(2).tolist(),
        labels.tolist(),
        "vwxyz",
        probabilities=dict(zip("abcdef", given_, strict=True)),
    )
    report = temperature_report(bundle, split(bundle))
    mean, calibrated, again = range(6, 9)
    assert report.temperature[again] < 1
    assert report.ece_after[calibrated] > 2 * report.ece_after[again]
    assert report.log_loss_after[again] < report.log_loss_after[calibrated]
    assert (report.ece_after[:6] < report.ece_before[:6]).all()
    assert report.ece_after[mean] < report.ece_before[mean]


def test_the_report_is_the_same_in_small_chunks(monkeypatch):
    *_, whole = report_and_parts()
    monkeypatch.setattr("analysis.temperature.STEP_VALUES", 100)
    monkeypatch.setattr("analysis.temperature_search.working_memory", lambda device: 16_000)
    *_, small = report_and_parts()
    for name in ("temperature", "ece_before", "ece_after", "log_loss_before", "log_loss_after"):
        close(getattr(small, name), getattr(whole, name), 1e-9)


def test_the_report_of_nothing_to_fit_keeps_the_probabilities_as_they_are():
    bundle = random_bundle(2, 30, 3, seed=1)
    nothing = torch.zeros(30, dtype=torch.bool)
    report = temperature_report(bundle, Split(nothing, ~nothing, ""))
    assert report.temperature.isnan().all()
    assert (report.n_fit, report.n_held_out) == (0, 30)
    close(report.ece_after, report.ece_before, 1e-12)
    report = temperature_report(bundle, Split(~nothing, nothing, ""))
    assert report.ece_after.isnan().all()
    assert report.n_held_out == 0


def test_the_report_takes_some_members_and_says_what_it_lacks():
    bundle = random_bundle(3, 40, 3, seed=2)
    parts = split(bundle)
    report = temperature_report(bundle, parts, members=["model-2"])
    assert report.models == ("model-2", *POOLS)
    close(report.ece_before[0], report.ece_before[1], 1e-12)
    bare = replace(bundle, probabilities={"model-0": bundle.probabilities["model-0"]})
    assert temperature_report(bare, parts).models == ("model-0", *POOLS)
    with pytest.raises(BundleError, match="'model-1' has no probabilities"):
        temperature_report(bare, parts, members=bundle.models)
    with pytest.raises(BundleError, match="There is no model 'nobody'"):
        temperature_report(bundle, parts, members=["nobody"])
    with pytest.raises(BundleError, match="at least one model"):
        temperature_report(replace(bundle, probabilities={}), parts)
    with pytest.raises(BundleError, match="there are none; load labels"):
        temperature_report(replace(bundle, labels=None, grades=None), parts)
    with pytest.raises(BundleError, match="has no probabilities"):
        rescaled(bare, {"model-1": 2.0})


def test_every_device_gives_the_same_report(device):
    bundle, parts, expected = report_and_parts()
    found = temperature_report(
        bundle.to(device), Split(parts.fit.to(device), parts.held_out.to(device), "")
    )
    for name in ("temperature", "ece_after", "log_loss_after"):
        close(getattr(found, name).cpu(), getattr(expected, name), 1e-6)
    moved = calibration_errors(bundle.to(device), "model-0")
    close(list(moved.values()), list(calibration_errors(bundle, "model-0").values()), 1e-9)


def test_an_undefined_calibration_error_has_its_reason():
    bundle = random_bundle(2, 30)
    assert why_undefined(bundle, "model-0") == ""
    silent = replace(bundle, probabilities={}, fingerprint="")
    assert why_undefined(silent, "model-0") == "no confidence"
    stated = torch.full((2, 30), 0.7)
    assert why_undefined(replace(silent, confidence=stated), "model-0") == "no probabilities"
    graded = replace(bundle, labels=None, fingerprint="")
    assert why_undefined(graded, "model-0") == "no labels, only grades"
    nobody = replace(bundle, labels=None, grades=None, fingerprint="")
    assert why_undefined(nobody, "model-1") == "no judged answer"
    unknown, grades = (torch.full((2, 30), -1, dtype=kind) for kind in (torch.int32, torch.int8))
    apart = replace(bundle, predictions=unknown, fingerprint="")
    assert why_undefined(apart, "model-0") == "no probabilities of a judged answer"
    grades[0, 0] = 1
    unlabelled = torch.where(grades[0] < 0, bundle.labels, -1)
    mixed = replace(bundle, labels=unlabelled, grades=grades, fingerprint="")
    assert why_undefined(mixed, "model-0") == "no labels, only grades"
    for case in (silent, replace(silent, confidence=stated), graded, nobody, apart, mixed):
        found = calibration_errors(case, "model-0")
        assert np.isnan(found["classwise_ece"])
    with pytest.raises(BundleError, match="no model 'z'"):
        why_undefined(bundle, "z")


def test_confidences_are_read_once_in_blocks(monkeypatch):
    bundle = random_bundle(1, 40)
    expected = calibration_errors(bundle, "model-0")
    calls = []
    read = confidence_of
    monkeypatch.setattr(
        "analysis.calibration_errors.confidence_of",
        lambda *given, **named: calls.append(given) or read(*given, **named),
    )
    monkeypatch.setattr("analysis.confidence.BLOCK", 4)
    assert calibration_errors(bundle, "model-0") == expected
    assert len(calls) == 1
