"""One test per reference case of fronts and of the consistency of candidates."""

import pytest
import torch
from known import compare, t12

from analysis.ensemble import Ensemble, combine
from analysis.evenness import macro_std
from analysis.front_quality import additive_epsilon, exclusive_contribution, hypervolume, r2
from analysis.front_shape import chord_knee, utopia_knee
from analysis.pareto import ranks
from analysis.search import evaluate

COVERED = (
    "pareto.rank_2d",
    "pareto.rank_3d",
    "pareto.hv_2d",
    "pareto.hv_3d",
    "pareto.r2",
    "pareto.eps_additive",
    "pareto.knee_chord",
    "pareto.knee_utopia",
    "consistency.leave_one_out",
    "group.macrostd",
    "edge.pareto_duplicates",
)


@pytest.mark.parametrize("case_id", COVERED)
def test_known_answer(cases, case_id):
    case = cases[case_id]
    fixture = cases["fixtures"].get(case.get("fixture"), {})
    compare(ours(case_id, case, fixture), case["expected"], case["tol"])


def test_every_case_of_fronts_is_covered_once(cases):
    families = ("pareto.", "consistency.", "edge.pareto_")
    known = {case_id for case_id in cases if case_id.startswith(families)}
    assert known - set(COVERED) == set()
    assert set(COVERED) - set(cases) == set()
    assert len(set(COVERED)) == len(COVERED)


def ours(case_id, case, fixture):
    family, _, name = case_id.partition(".")
    return globals()[f"of_{family}"](name, case, fixture)


def of_pareto(name, case, fixture):
    given = case.get("params", {})
    columns = given.get("objectives", [0, 1, 2])
    values = torch.tensor(fixture["points"], dtype=torch.float64)[:, columns]
    senses = [fixture["sense"][column] for column in columns]
    if name.startswith("rank"):
        return ranks(values, senses)
    if name.startswith("hv"):
        return volumes(values, senses, given["ref"])
    if name == "r2":
        return r2(values, senses, given["ideal"]).item()
    if name == "eps_additive":
        return additive_epsilon(values[given["A"]], values[given["B"]], senses).item()
    by_chord = name == "knee_chord"
    found = (chord_knee if by_chord else utopia_knee)(values, senses)
    distance = {"signed_dist" if by_chord else "dist": found.distance}
    return distance | {"knee": found.place} | ({"front": found.front} if by_chord else {})


def volumes(values, senses, reference):
    return {
        "hv": hypervolume(values, senses, reference).item(),
        "exclusive": exclusive_contribution(values, senses, reference),
    }


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
    right, graded = torch.zeros(2, 3, 3)
    for place, subgroups in fixture["table"].items():
        rows = torch.tensor(subgroups)
        graded[int(place), : len(rows)], right[int(place), : len(rows)] = rows.T.float()
    found = macro_std(right, graded)
    corrected = macro_std(right, graded, corrected=True)
    return {
        "per_class": found.per_class,
        "macro": found.macro.item(),
        "macro_nist": corrected.macro.item(),
    }


def of_edge(name, case, fixture):
    points = torch.tensor(case["inputs"]["points"]).double()
    senses = case["inputs"]["sense"]
    return {
        "rank": ranks(points, senses),
        "exclusive_hv": exclusive_contribution(points, senses, (-1, -1)),
    }


def test_many_weights_near_the_dense_limit(cases):
    points = torch.tensor(cases["fixtures"]["PARETO8"]["points"], dtype=torch.float64)[:, :2]
    found = r2(points, ("max", "max"), (1, 1), divisions=20_000).item()
    assert found == pytest.approx(0.2232948179, abs=1e-5)
