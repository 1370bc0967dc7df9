"""One test per reference case of measures.md on calibration, temperatures and repeated runs."""

import pytest
import torch
from known import compare, measured, t12

from analysis.calibration import (
    Reliability,
    classwise_ece,
    debiased_calibration_error,
    mce,
    reliability,
)
from analysis.confidence import bins_of_width, confidence_of
from analysis.ensemble import Ensemble, combine
from analysis.quality import ece
from analysis.runs import run_variance
from analysis.temperature import rescaled, temperatures

COVERED = (
    "calib.ece_width10",
    "calib.ece_mass5",
    "calib.debiased_l2_mass5",
    "calib.ece_width4_mean_prob",
    "calib.classwise_ece4",
    "calib.edge_convention_member0_ece4",
    "calibrate.temperature_members",
    "chaos.T12",
    "chaos.R8",
    "edge.ece_empty_bins",
)


@pytest.mark.parametrize("case_id", COVERED)
def test_known_answer(cases, case_id):
    case = cases[case_id]
    fixture = cases["fixtures"].get(case.get("fixture"), {})
    family, _, name = case_id.partition(".")
    compare(globals()[f"of_{family}"](name, case, fixture), case["expected"], case["tol"])


def test_every_covered_id_is_a_case(cases):
    assert [case_id for case_id in COVERED if case_id not in cases] == []
    assert len(set(COVERED)) == len(COVERED)


def test_every_case_of_these_families_is_covered(cases):
    families = ("calib.", "calibrate.", "chaos.")
    assert {name for name in cases if name.startswith(families)} <= set(COVERED)


def table_of(given, **options):
    confidence = torch.tensor(given["conf"], dtype=torch.float64)
    return reliability(confidence, torch.tensor(given["correct"]) == 1, **options)


def of_calib(name, case, fixture):
    if "member0" in name:
        return both_conventions(t12(fixture))
    if name == "classwise_ece4":
        return classwise(t12(fixture))
    if name == "ece_width4_mean_prob":
        bundle = t12(fixture)
        combined = combine(bundle, Ensemble(bundle.models, "mean"))
        confidence = confidence_of(combined, combined.models[0])
        table = reliability(confidence, combined.correct[0], bins=4)
        return {"ece": ece(*table.sums), "mce": mce(*table.sums)}
    if name == "ece_width10":
        table = table_of(fixture, bins=10)
        full = table.count.nonzero().flatten()
        rows = torch.stack([full, table.count[full], table.confidence[full], table.accuracy[full]])
        return {"ece": ece(*table.sums), "mce": mce(*table.sums), "bins": rows.T}
    table = table_of(fixture, bins=5, scheme="mass")
    if name == "ece_mass5":
        return ece(*table.sums)
    found = debiased_calibration_error(table)
    return {"square": found.square, "root_clipped": found.root, "plugin": found.plugin}


def classwise(bundle):
    combined = combine(bundle, Ensemble(bundle.models, "mean"))
    found = classwise_ece(combined.probabilities[combined.models[0]], bundle.labels, bins=4)
    return {"per_class": found, "mean": found.mean()}


def both_conventions(bundle):
    """Ours, and [lo, hi) as other packages have it: ours on 1 - confidence, bins turned round."""
    confidence, right = confidence_of(bundle, "A"), bundle.correct[0]
    turned = 3 - bins_of_width(1 - confidence, 4)
    sums = [
        torch.bincount(turned, weights=weights.double(), minlength=4)
        for weights in (torch.ones(12), confidence, right)
    ]
    ours = reliability(confidence, right, bins=4)
    return {"right_closed": ece(*ours.sums), "left_closed": ece(*Reliability(*sums).sums)}


def of_calibrate(name, case, fixture):
    bundle = t12(fixture)
    found = temperatures(bundle, torch.ones(12, dtype=torch.bool))
    heated = rescaled(bundle, dict(zip(bundle.models, found.value.tolist(), strict=True)))
    assert not found.at_bound.any()
    return {"T": found.value, "nll": measured(heated, "log_loss")}


def of_chaos(name, case, fixture):
    right = t12(fixture).correct if name == "T12" else torch.tensor(fixture["correct"]) == 1
    found = run_variance(right)
    values = {
        "obs_var_count": found.observed,
        "plug_var_count": found.plug_in,
        "unbiased_var_count": found.predicted,
        "obs_sd_acc": found.sd_accuracy,
        "pred_sd_acc": found.predicted_sd_accuracy,
        "dist_var_acc": found.between_runs,
        "binary_formula_sd": found.binary_sd_accuracy,
    }
    return {key: values[key] for key in case["expected"]}


def of_edge(name, case, fixture):
    given = case["inputs"]
    return {"ece": ece(*table_of(given, bins=given["bins"]).sums)}
