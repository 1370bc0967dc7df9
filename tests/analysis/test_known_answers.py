"""One test per reference case of measures.md that belongs to what is built."""

import numpy as np
import pytest
import torch
from known import compare, measured, t12

from analysis import divergences
from analysis.bundle import Bundle
from analysis.catalog import CATALOG, of_kind, value
from analysis.confidence import confidence_of
from analysis.ensemble import Ensemble, answer, answers, combine
from analysis.groups import worst_and_gap
from analysis.intervals import mcnemar_p, wilson
from analysis.outcomes import against, ledger, outcomes
from analysis.pairwise import mean_over_pairs
from analysis.pareto import ranks
from analysis.quality import aurc, ece
from analysis.search import evaluate
from analysis.summary import judge
from analysis.tally import tally
from analysis.teams import teams_of_size

RULE_OF = {"plurality": "plurality", "mean_prob": "mean", "geo": "geometric"}
PAIRS = tuple(row.name for row in of_kind("pair") if row not in divergences.MEASURES)
EDGE_PAIRS = ("both_perfect", "one_perfect", "both_all_wrong", "complementary")

COVERED = (
    *(f"pair.{name}" for name in PAIRS),
    "pair.counts_N11",
    "pair.counts_N10",
    "pair.counts_N00",
    "pair.error_consistency_observed",
    "pair.error_consistency_expected",
    "ens.pfail.all",
    "ens.pfail.group0",
    "ens.pfail.group1",
    "ens.mean_label_disagreement_vs_error",
    "decomp.brier",
    "decomp.nll_mean_prob",
    "decomp.nll_geometric",
    "vote.plurality_lowest_index",
    "vote.plurality_tie_mean_prob",
    *(f"correction.{rule}" for rule in RULE_OF),
    *(f"correction.outcomes.{rule}" for rule in RULE_OF),
    "correction.fourway_members_0_1",
    "correction.fourway_members_0_2",
    "selective.binomial_p",
    "selective.aurc",
    "selective.aurc_ties",
    "pareto.rank_2d",
    "pareto.rank_3d",
    "consistency.leave_one_out",
    "group.wilson",
    "group.accuracy_mean_prob",
    "curve.ensemble_size",
    "calib.ece_width10",
    "calib.ece_mass5",
    "calib.ece_width4_mean_prob",
    "calib.edge_convention_member0_ece4",
    *(f"edge.pair_{name}" for name in EDGE_PAIRS),
    "edge.pareto_duplicates",
    "edge.ece_empty_bins",
    "edge.aurc_all_right",
)

NOT_BUILT = {
    "decomp.nll_mean_prob": {"jensen_gap_per_sample"},
    "selective.aurc": {"eaurc", "trapz_variant", "risk_at_80", "cov_at_risk_5", "cov_at_risk_15"},
    "calib.ece_width10": {"mce", "bins"},
    "calib.ece_width4_mean_prob": {"mce"},
    "calib.edge_convention_member0_ece4": {"left_closed"},
    "edge.pareto_duplicates": {"exclusive_hv"},
    "edge.aurc_all_right": {"eaurc"},
}


@pytest.mark.parametrize("case_id", COVERED)
def test_known_answer(cases, case_id):
    case = cases[case_id]
    fixture = cases["fixtures"].get(case.get("fixture"), {})
    compare(ours(case_id, case, fixture), case["expected"], case["tol"], NOT_BUILT.get(case_id))


def test_every_covered_id_is_a_case(cases):
    assert [case_id for case_id in COVERED if case_id not in cases] == []
    assert len(set(COVERED)) == len(COVERED)


def ours(case_id, case, fixture):
    family, _, name = case_id.partition(".")
    return globals()[f"of_{family}"](name, case, fixture)


def of_pair(name, case, fixture):
    bundle = t12(fixture)
    sums = tally(bundle, CATALOG["error_disagreement"].needs)
    if name in PAIRS:
        return measured(bundle, name)
    if name == "error_consistency_observed":
        return 1 - measured(bundle, "error_disagreement")
    if name == "error_consistency_expected":
        right = measured(bundle, "accuracy")
        return right[:, None] * right + (1 - right)[:, None] * (1 - right)
    counts = {
        "counts_N11": sums["both_right"],
        "counts_N10": sums["right_given"] - sums["both_right"],
        "counts_N00": sums["both_wrong"],
    }
    return counts[name]


def of_ens(name, case, fixture):
    bundle = t12(fixture)
    if name == "mean_label_disagreement_vs_error":
        return {
            "mean_pairwise_disagreement": mean_over_pairs(measured(bundle, "disagreement_labels")),
            "mean_member_error": (1 - measured(bundle, "accuracy")).mean(),
        }
    if name != "pfail.all":
        bundle = bundle.take(bundle.groups["g"].codes == int(name[-1]))
    found = outcomes(bundle, combine(bundle, Ensemble(bundle.models)))
    by_right = ledger(found, len(bundle.models)).sum(1)
    return by_right.flip(0).double() / by_right.sum()


def of_decomp(name, case, fixture):
    bundle = t12(fixture)
    rule = "geometric" if name == "nll_geometric" else "mean"
    loss = "brier" if name == "brier" else "log_loss"
    combined = combine(bundle, Ensemble(bundle.models, rule))
    members, ensemble = measured(bundle, loss), measured(combined, loss)[0]
    keys = {
        "brier": ("members", "mean_member", "ensemble", "ambiguity"),
        "nll_mean_prob": ("members", "average", "ensemble", "jensen_gap"),
        "nll_geometric": (None, "average", "ensemble", "variance"),
    }[name]
    values = (members, members.mean(), ensemble, members.mean() - ensemble)
    return {key: entry for key, entry in zip(keys, values, strict=True) if key}


def of_vote(name, case, fixture):
    bundle = t12(fixture, probabilities=name != "plurality_lowest_index")
    return answer(bundle, Ensemble(bundle.models, "plurality")).predictions


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
    combined = combine(bundle, ensemble)
    majority = against(combined, combine(bundle, Ensemble(bundle.models, "plurality")))
    found, members, n = entry["outcomes"], len(bundle.models), entry["n"]
    rows = [entry["members_right"][str(k)] for k in range(members + 1)]
    best = measured(bundle, "accuracy")[0].item()
    gap = entry["oracle_accuracy"] - best
    return {
        "pred": combined.predictions[0],
        "acc": entry["accuracy"],
        "fft": found["rescued"],
        "fft_rate": found["rescued"] / n,
        "fft_given_all_wrong": found["rescued"] / (found["rescued"] + found["missed"]),
        "majority_wrong_rescue": int((majority > 0).sum()),
        "minority_right_rescue": entry["corrected_against_majority"],
        "best_wrong_rescue": entry["corrections"],
        "breakage_best": entry["regressions"],
        "breakage_majority": int((majority < 0).sum()),
        "breakage_any": found["overruled"] + found["spoiled"],
        "breakage_all": found["overruled"],
        "oracle": entry["oracle_accuracy"],
        "recoverable_gap": gap,
        "recovered_fraction": (entry["accuracy"] - best) / gap,
        "good_diversity": sum(r["right"] * (members - k) for k, r in enumerate(rows)) / members / n,
        "bad_diversity": sum(r["wrong"] * k for k, r in enumerate(rows)) / members / n,
        "correct_by_r": [[row["right"] + row["wrong"], row["right"]] for row in rows],
        "mcnemar_p": entry["mcnemar_p"],
        **{f"g{level}": by_group(bundle, entry, level) for level in "01"},
    }


def by_group(bundle, entry, level):
    sums = tally(bundle, CATALOG["group_accuracy"].needs, groups=("g",))
    row = entry["groups"]["g"][level]
    return {
        "n": row["n"],
        "acc": row["accuracy"],
        "best_acc": value(CATALOG["group_accuracy"], sums, group="g")[0, int(level)],
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


def of_selective(name, case, fixture):
    if name == "binomial_p":
        return {key: mcnemar_p(*map(int, key.split("-"))) for key in case["expected"]}
    area = area_of(fixture)
    return {"aurc": area} if name == "aurc" else area


def area_of(given):
    return aurc(torch.tensor(given["conf"]).double(), torch.tensor(given["correct"]) == 1)


def of_pareto(name, case, fixture):
    columns = case.get("params", {}).get("objectives", [0, 1, 2])
    values = torch.tensor(fixture["points"], dtype=torch.float64)[:, columns]
    return ranks(values, [fixture["sense"][column] for column in columns])


def of_consistency(name, case, fixture):
    bundle = t12(fixture)
    whole = combine(bundle, Ensemble(bundle.models, "mean")).predictions
    reduced = [tuple(m for m in bundle.models if m != left) for left in bundle.models]
    per_member = [
        (combine(bundle, Ensemble(team, "mean")).predictions == whole).double().mean()
        for team in reduced
    ]
    everybody = torch.ones(1, len(bundle.models), dtype=torch.bool)
    return {
        "per_member": per_member,
        "mean": evaluate(bundle, everybody, "mean").stability[0],
    }


def of_group(name, case, fixture):
    if name == "wilson":
        table = torch.tensor(case["expected"], dtype=torch.float64)
        low, high = wilson(table[:, 0], table[:, 1])
        return torch.stack([table[:, 0], table[:, 1], low, high], dim=1)
    bundle = t12(fixture)
    combined = combine(bundle, Ensemble(bundle.models, "mean"))
    sums = tally(combined, CATALOG["group_accuracy"].needs, groups=("g",))
    rate = value(CATALOG["group_accuracy"], sums, group="g")
    worst, gap = worst_and_gap(rate, sums["group_graded/g"], least=1)
    return {"by_group": rate[0], "worst": worst[0], "gap": gap[0]}


def of_curve(name, case, fixture):
    bundle, found = t12(fixture), {}
    for size in (1, 2, 3):
        teams = teams_of_size(3, size, 2000)
        rates = evaluate(bundle, teams, "mean").accuracy
        said = torch.cat([part.predictions for part in answers(bundle, "mean", teams.double())], 1)
        assert torch.equal((said == bundle.labels).double().mean(1), rates)
        found[str(size)] = [rates.mean(), rates.min(), rates.max()]
    return found


def binned_ece(confidence, right, *, width=None, mass=None):
    """The library's formula on bins that the case asks for; the tally has 15 of equal width."""
    if width:
        bins = torch.bucketize(confidence, torch.arange(1, width).double() / width, right=False)
    else:
        parts = np.array_split(confidence.sort(stable=True).indices.numpy(), mass)
        bins = torch.zeros(len(confidence), dtype=torch.int64)
        for number, part in enumerate(parts):
            bins[part] = number
    sums = [
        torch.bincount(bins, weights=weights.double(), minlength=width or mass)[None]
        for weights in (torch.ones(len(bins)), confidence, right)
    ]
    return ece(*sums)[0]


def of_calib(name, case, fixture):
    if name == "edge_convention_member0_ece4":
        bundle = t12(fixture)
        confidence = confidence_of(bundle, "A")
        return {"right_closed": binned_ece(confidence, bundle.correct[0], width=4)}
    if name == "ece_width4_mean_prob":
        bundle = t12(fixture)
        combined = combine(bundle, Ensemble(bundle.models, "mean"))
        confidence = confidence_of(combined, combined.models[0])
        return {"ece": binned_ece(confidence, combined.correct[0], width=4)}
    confidence = torch.tensor(fixture["conf"], dtype=torch.float64)
    right = torch.tensor(fixture["correct"])
    if name == "ece_mass5":
        return binned_ece(confidence, right, mass=5)
    return {"ece": binned_ece(confidence, right, width=10)}


def of_edge(name, case, fixture):
    given = case["inputs"]
    if name == "pareto_duplicates":
        return {"rank": ranks(torch.tensor(given["points"]).double(), given["sense"])}
    if name == "aurc_all_right":
        return {"aurc": area_of(given)}
    if name == "ece_empty_bins":
        confidence = torch.tensor(given["conf"], dtype=torch.float64)
        right = torch.tensor(given["correct"])
        return {"ece": binned_ece(confidence, right, width=given["bins"])}
    return edge_pair(case, given)


def edge_pair(case, given):
    right = torch.tensor([given["correct_i"], given["correct_j"]])
    ids = tuple(map(str, range(right.shape[1])))
    labels = torch.zeros(len(ids), dtype=torch.int32)
    bundle = Bundle(("i", "j"), ids, ("right", "wrong"), (1 - right).int(), labels)
    found = {}
    for key in case["expected"]:
        name = key.removesuffix("_i_to_j").removesuffix("_j_to_i")
        matrix = measured(bundle, name)
        found[key] = matrix[1, 0] if key.endswith("_j_to_i") else matrix[0, 1]
    return found
