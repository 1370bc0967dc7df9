"""One test per reference case of measures.md that belongs to what is built."""

import pytest
import torch
from known import compare, measured, t12

from analysis import divergences
from analysis.abstention import coverage_at_risk, risk_at_coverage, risk_coverage
from analysis.bundle import Bundle
from analysis.catalog import CATALOG, of_kind, value
from analysis.ensemble import Ensemble, answer, answers, combine
from analysis.groups import worst_and_gap
from analysis.intervals import wilson
from analysis.search import evaluate
from analysis.sizes import size_curves
from analysis.subsets import team_outcomes
from analysis.tally import tally
from analysis.teams import teams_of_size

PAIRS = tuple(row.name for row in of_kind("pair") if row not in divergences.MEASURES)
EDGE_PAIRS = ("both_perfect", "one_perfect", "both_all_wrong", "complementary")

COVERED = (
    *(f"pair.{name}" for name in PAIRS),
    "pair.counts_N11",
    "pair.counts_N10",
    "pair.counts_N00",
    "pair.error_consistency_observed",
    "pair.error_consistency_expected",
    "vote.plurality_lowest_index",
    "vote.plurality_tie_mean_prob",
    "selective.aurc",
    "selective.aurc_ties",
    "group.wilson",
    "group.accuracy_mean_prob",
    "curve.ensemble_size",
    *(f"edge.pair_{name}" for name in EDGE_PAIRS),
    "edge.aurc_all_right",
)


@pytest.mark.parametrize("case_id", COVERED)
def test_known_answer(cases, case_id):
    case = cases[case_id]
    fixture = cases["fixtures"].get(case.get("fixture"), {})
    compare(ours(case_id, case, fixture), case["expected"], case["tol"])


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


def of_vote(name, case, fixture):
    bundle = t12(fixture, probabilities=name != "plurality_lowest_index")
    return answer(bundle, Ensemble(bundle.models, "plurality")).predictions


def of_selective(name, case, fixture):
    confidence, right = confident(fixture)
    curve = risk_coverage(confidence, right)
    if name == "aurc_ties":
        return curve.aurc
    return {
        "aurc": curve.aurc,
        "eaurc": curve.excess,
        "trapz_variant": curve.trapezoid,
        "risk_at_80": risk_at_coverage(confidence, right, 0.8),
        "cov_at_risk_5": coverage_at_risk(confidence, right, 0.05),
        "cov_at_risk_15": coverage_at_risk(confidence, right, 0.15),
    }


def confident(given):
    return torch.tensor(given["conf"]).double(), torch.tensor(given["correct"]) == 1


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
    curves = size_curves(bundle, bundle.models, "mean")
    for size in (1, 2, 3):
        teams = teams_of_size(3, size, 2000)
        rates = evaluate(bundle, teams, "mean").accuracy
        said = torch.cat([part.predictions for part in answers(bundle, "mean", teams.double())], 1)
        assert torch.equal((said == bundle.labels).double().mean(1), rates)
        assert torch.equal(team_outcomes(bundle, teams, "mean").accuracy, rates)
        place = curves.sizes.tolist().index(size)
        ours = [getattr(curves.accuracy, name)[place] for name in ("mean", "lowest", "highest")]
        assert torch.allclose(torch.stack(ours), torch.stack(summed_up(rates)))
        found[str(size)] = ours
    return found


def summed_up(rates):
    return [rates.mean(), rates.min(), rates.max()]


def of_edge(name, case, fixture):
    given = case["inputs"]
    if name == "aurc_all_right":
        curve = risk_coverage(*confident(given))
        return {"aurc": curve.aurc, "eaurc": curve.excess}
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
