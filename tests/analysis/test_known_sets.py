"""One test per reference case of teams: their diversity, their losses, what they correct."""

import pytest
import torch
from known import compare, measured, t12

from analysis.bundle import Bundle
from analysis.catalog import CATALOG
from analysis.ensemble import Ensemble, combine
from analysis.judging import judge
from analysis.outcomes import outcomes, recovered_fraction
from analysis.pairwise import mean_over_pairs
from analysis.sums.piece import pieces
from analysis.sums.votes import most_frequent
from analysis.tally import tally

RULE_OF = {"plurality": "plurality", "mean_prob": "mean", "geo": "geometric"}
CORRECTNESS = ("entropy", "kw", "kappa", "theta", "gd", "cfd")
SAMPLES = ("all", "group0", "group1")
TEAMS = ("single_member", "all_right", "all_wrong", "exclusive_failures")

COVERED = (
    *(f"ens.{name}.{samples}" for name in ("pfail", *CORRECTNESS) for samples in SAMPLES),
    "ens.fleiss_kappa_labels",
    "ens.mean_label_disagreement_vs_error",
    "decomp.brier",
    "decomp.nll_mean_prob",
    "decomp.nll_geometric",
    "decomp.domingos01",
    *(f"correction.{rule}" for rule in RULE_OF),
    *(f"correction.outcomes.{rule}" for rule in RULE_OF),
    "correction.fourway_members_0_1",
    "correction.fourway_members_0_2",
    *(f"edge.ensemble_{team}" for team in TEAMS),
    "edge.recovered_fraction_no_gap",
)


@pytest.mark.parametrize("case_id", COVERED)
def test_known_answer(cases, case_id):
    case = cases[case_id]
    fixture = cases["fixtures"].get(case.get("fixture"), {})
    compare(ours(case_id, case, fixture), case["expected"], case["tol"])


def test_every_case_of_a_team_is_covered_once(cases):
    families = ("ens.", "decomp.", "correction.", "edge.ensemble_")
    known = {case_id for case_id in cases if case_id.startswith(families)}
    assert known - set(COVERED) == set()
    assert set(COVERED) - set(cases) == set()
    assert len(set(COVERED)) == len(COVERED)


def ours(case_id, case, fixture):
    family, _, name = case_id.partition(".")
    return globals()[f"of_{family}"](name, case, fixture)


def of_ens(name, case, fixture):
    bundle = t12(fixture)
    if name == "fleiss_kappa_labels":
        return measured(bundle, name).item()
    if name == "mean_label_disagreement_vs_error":
        disagreement = mean_over_pairs(measured(bundle, "disagreement_labels")).item()
        error = measured(bundle, "mean_error").item()
        difference = measured(bundle, "disagreement_minus_error").item()
        assert difference == pytest.approx(disagreement - error, abs=case["tol"])
        return {"mean_pairwise_disagreement": disagreement, "mean_member_error": error}
    name, _, samples = name.partition(".")
    kept = None
    if samples != "all":
        kept = bundle.groups["g"].codes == int(samples[-1])
    if name == "pfail":
        by_right = tally(bundle, ("members_right",), weights=kept)["members_right"]
        return by_right.flip(0).double() / by_right.sum()
    return measured(bundle, name, weights=kept).item()


def of_decomp(name, case, fixture):
    bundle = t12(fixture)
    keys = {
        "brier": {
            "mean_member": "mean_member_brier",
            "ensemble": "mean_brier",
            "ambiguity": "ambiguity",
        },
        "nll_mean_prob": {
            "average": "mean_member_log_loss",
            "ensemble": "mean_log_loss",
            "jensen_gap": "jensen_gap",
        },
        "nll_geometric": {
            "average": "mean_member_log_loss",
            "ensemble": "geometric_log_loss",
            "variance": "geometric_variance",
        },
        "domingos01": {
            "bias": "domingos_bias",
            "var": "domingos_variance",
            "var_unbiased": "domingos_variance_unbiased",
            "var_biased_beneficial": "domingos_variance_biased",
            "mean_err": "mean_error",
        },
    }[name]
    found = {key: measured(bundle, measure).item() for key, measure in keys.items()}
    if name == "domingos01":
        return found | {"main": most_frequent(bundle.predictions)[0]}
    if name == "nll_geometric":
        return found
    members = measured(bundle, "brier" if name == "brier" else "log_loss")
    if name == "brier":
        return found | {"members": members}
    (piece,) = pieces(bundle, 12)
    row = CATALOG["sample_jensen_gap"]
    gaps = row.function(*(getattr(piece, need) for need in row.needs))
    return found | {"members": members, "jensen_gap_per_sample": gaps}


def of_correction(name, case, fixture):
    bundle = t12(fixture)
    if name.startswith("fourway"):
        return fourway(bundle, case["params"])
    if name.startswith("outcomes."):
        ensemble = Ensemble(bundle.models, RULE_OF[name.partition(".")[2]])
        return outcomes(bundle, combine(bundle, ensemble)).counts()
    ensemble = Ensemble(bundle.models, RULE_OF[name])
    entry = judge(bundle, ensemble)
    assert entry["reference"] == "A"
    found, book, n = entry["outcomes"], entry["ledger"], entry["n"]
    rows = [entry["members_right"][str(k)] for k in range(len(bundle.models) + 1)]
    return {
        "pred": combine(bundle, ensemble).predictions[0],
        "acc": entry["accuracy"],
        "fft": found["rescued"],
        "fft_rate": found["rescued"] / n,
        "fft_given_all_wrong": book["rescued_given_all_wrong"],
        "majority_wrong_rescue": book["majority_wrong_rescue"],
        "minority_right_rescue": entry["corrected_against_majority"],
        "best_wrong_rescue": entry["corrections"],
        "breakage_best": entry["regressions"],
        "breakage_majority": book["breakage_majority"],
        "breakage_any": book["breakage_any"],
        "breakage_all": found["overruled"],
        "oracle": entry["oracle_accuracy"],
        "recoverable_gap": entry["recoverable_gap"],
        "recovered_fraction": entry["recovered_fraction"],
        "good_diversity": book["good_diversity"],
        "bad_diversity": book["bad_diversity"],
        "correct_by_r": [[row["right"] + row["wrong"], row["right"]] for row in rows],
        "mcnemar_p": entry["mcnemar_p"],
        **{f"g{level}": by_group(entry["groups"]["g"][level]) for level in "01"},
    }


def by_group(row):
    return {
        "n": row["n"],
        "acc": row["accuracy"],
        "best_acc": row["reference_accuracy"],
        "rescue": row["corrections"],
        "breakage": row["regressions"],
        "fft": row["rescued"],
    }


def fourway(bundle, params):
    members = tuple(bundle.models[row] for row in params["members"])
    combined = combine(bundle, Ensemble(members, RULE_OF[params["rule"]]))
    table = torch.cat([bundle.select(members).correct, combined.correct])
    found = ["".join("FT"[flag] for flag in column) for column in table.T.int().tolist()]
    return {a + b + c: found.count(a + b + c) for a in "TF" for b in "TF" for c in "TF"}


def of_edge(name, case, fixture):
    given = case["inputs"]
    if name == "recovered_fraction_no_gap":
        found = {key: torch.tensor(share, dtype=torch.float64) for key, share in given.items()}
        return {"recovered_fraction": recovered_fraction(**found).item()}
    wrong = 1 - torch.tensor(given["correct"])
    bundle = Bundle(
        models=tuple(f"model-{row}" for row in range(len(wrong))),
        ids=tuple(map(str, range(wrong.shape[1]))),
        classes=("right", "wrong"),
        predictions=wrong.int(),
        labels=torch.zeros(wrong.shape[1], dtype=torch.int32),
    )
    return {key: measured(bundle, key).item() for key in case["expected"]}
