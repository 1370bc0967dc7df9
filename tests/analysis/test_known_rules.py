"""One test per reference case of the rules that combine, select, abstain and cascade."""

import numpy as np
import pytest
import torch
from known import compare, t12
from sklearn.linear_model import LogisticRegression

from analysis.bundle import Bundle
from analysis.cascade import reached, sureness
from analysis.cascades import stages
from analysis.dynamic import knora_e, knora_u, ola
from analysis.ensemble import Ensemble, answer, combine
from analysis.evidence import by_inverse_entropy, by_inverse_gini, probabilities
from analysis.fitting import fit
from analysis.intervals import binomial_p
from analysis.nearest import nearest
from analysis.selections import label_conditional_entropy
from analysis.splits import Split

COVERED = (
    "combine.em_weights",
    "combine.em_weights_vertex",
    "combine.two_tier",
    "combine.inverse_entropy",
    "combine.inverse_gini",
    "combine.calibrated_mean",
    "combine.stacking_logreg",
    "combine.dawid_skene_labels",
    "select.caruana_nll",
    "select.caruana_error",
    "select.greedy_soup_analogue",
    "select.coverage_greedy",
    "select.mmr",
    "select.facility_location",
    "select.label_conditional_entropy",
    "selective.binomial_p",
    "selective.min_top_votes_alpha_0.05",
    "selective.T12",
    "cascade.window",
    "cascade.threshold",
    "des.k3",
    "des.k5",
)

NOT_BUILT = {"select.greedy_soup_analogue": {"strict"}}


@pytest.mark.parametrize("case_id", COVERED)
def test_known_answer(cases, case_id):
    case = cases[case_id]
    fixture = cases["fixtures"].get(case.get("fixture"), {})
    compare(ours(case_id, case, fixture), case["expected"], case["tol"], NOT_BUILT.get(case_id))


def test_every_case_of_a_rule_is_covered_once(cases):
    families = ("combine.", "select.", "cascade.", "des.")
    known = {case_id for case_id in cases if case_id.startswith(families)}
    assert known - set(COVERED) == set()
    assert set(COVERED) - set(cases) == set()


def ours(case_id, case, fixture):
    family, _, name = case_id.partition(".")
    return globals()[f"of_{family}"](name.replace(".", "_"), case, fixture)


def given(fixture, families=None) -> Bundle:
    if len(fixture["P"][0]) == 12:
        return t12(fixture)
    tables = torch.tensor(fixture["P"], dtype=torch.float64)
    info = {} if families is None else {"family": np.array(families)}
    return Bundle(
        models=("A", "B", "C"),
        ids=tuple(map(str, range(tables.shape[1]))),
        classes=("0", "1"),
        predictions=tables.argmax(2).int(),
        labels=torch.tensor(fixture["y"], dtype=torch.int32),
        probabilities=dict(zip("ABC", tables, strict=True)),
        model_info=info,
    )


def fitted(bundle, rule, **options):
    everything = Split(bundle.labelled, ~bundle.labelled, "everything")
    return fit(bundle, Ensemble(bundle.models, rule, options), everything)


def weights_of(found, bundle):
    known = dict(zip(found.ensemble.members, found.ensemble.weights, strict=True))
    return [known.get(model, 0.0) for model in bundle.models]


def loss_of(bundle, ensemble):
    table = answer(bundle, ensemble).probabilities
    return -table.gather(1, bundle.labels.long()[:, None]).log().mean().item()


def accuracy_of(bundle, ensemble):
    return combine(bundle, ensemble).correct.double().mean().item()


def of_combine(name, case, fixture):
    if name == "two_tier":
        families = ["x"] * 3
        for place, group in enumerate(case["params"]["families"]):
            for member in group:
                families[member] = f"family {place}"
        bundle = given(fixture, families)
        found = fitted(bundle, "two_tier", rounds=10_000)
        weights = weights_of(found, bundle)
        return {
            "weights": [weights[0] + weights[2], weights[1]],
            "nll": loss_of(bundle, found.ensemble),
        }
    bundle = given(fixture)
    if name in ("em_weights", "em_weights_vertex"):
        return mixture(bundle, case)
    if name in ("inverse_entropy", "inverse_gini"):
        return by_sureness(bundle, name, case)
    rule = {"stacking_logreg": "stacking", "dawid_skene_labels": "dawid_skene"}.get(name, name)
    found = fitted(bundle, rule).ensemble
    said = answer(bundle, found)
    if name == "dawid_skene_labels":
        return said.predictions
    answers = {"acc": accuracy_of(bundle, found), "nll": loss_of(bundle, found)}
    if name == "calibrated_mean":
        return answers | {"pred": said.predictions}
    return answers | {"prob_n4": said.probabilities[4]}


def mixture(bundle, case):
    found = fitted(bundle, "weighted", rounds=10_000)
    answers = {"weights": weights_of(found, bundle), "nll": loss_of(bundle, found.ensemble)}
    if "uniform_nll" in case["expected"]:
        once = fitted(bundle, "weighted", rounds=1)
        answers["uniform_nll"] = loss_of(bundle, Ensemble(bundle.models, "mean"))
        answers["weights_after_one_step"] = weights_of(once, bundle)
    return answers


def by_sureness(bundle, name, case):
    rule = Ensemble(bundle.models, name)
    evidence = {"inverse_entropy": by_inverse_entropy, "inverse_gini": by_inverse_gini}[name]
    of_three = evidence(bundle, slice(3, 4), {}).planes.sum(0)[:, 0]
    said = answer(bundle, rule)
    answers = {
        "weights_n3": of_three / of_three.sum(),
        "acc": accuracy_of(bundle, rule),
        "nll": loss_of(bundle, rule),
        "prob_n3": said.probabilities[3],
        "pred": said.predictions,
    }
    return {key: answers[key] for key in case["expected"]}


def of_select(name, case, fixture):
    bundle = given(fixture)
    if name == "label_conditional_entropy":
        return label_conditional_entropy(bundle.predictions)
    if name.startswith("caruana"):
        return caruana(bundle, case)
    if name == "greedy_soup_analogue":
        found = fitted(bundle, "greedy_soup")
        chosen = [[bundle.models.index(step.model) for step in found.path], found.path[-1].score]
        return {"non_strict": chosen}
    rule = {"coverage_greedy": "coverage"}.get(name, name)
    path = fitted(bundle, rule, size=3).path
    key = "scores" if name == "mmr" else "gains"
    order = [bundle.models.index(step.model) for step in path]
    return {"order": order, key: [step.score for step in path]}


def caruana(bundle, case):
    """The path ends at its best round; the rounds after it are those that were thrown away."""
    expected = case["expected"]
    by = "accuracy" if case["id"].endswith("error") else "log_loss"
    found = fitted(bundle, "caruana", rounds=len(expected["order"]), by=by)
    size = len(found.path)
    sign = 1.0 if by == "accuracy" else 0.0
    answers = {
        "order": [bundle.models.index(step.model) for step in found.path]
        + expected["order"][size:],
        "path": [sign - step.score for step in found.path] + expected["path"][size:],
        "best_size": size,
        "weights": weights_of(found, bundle),
    }
    return {key: answers[key] for key in expected}


def of_selective(name, case, fixture):
    if name == "binomial_p":
        votes = [tuple(map(int, key.split("-"))) for key in case["expected"]]
        p = binomial_p(*torch.tensor(votes).T)
        return dict(zip(case["expected"], p.tolist(), strict=True))
    if name.startswith("min_top_votes"):
        return {str(votes): least_top_votes(votes) for votes in range(1, 21)}
    bundle = given(fixture)
    said = answer(bundle, Ensemble(bundle.models, "selective", case["params"])).predictions
    kept = said >= 0
    right = (said == bundle.labels) & kept
    return {
        "pred": said,
        "coverage": kept.double().mean().item(),
        "sel_acc": right.sum().item() / kept.sum().item(),
        "acc_abstain_as_error": right.double().mean().item(),
    }


def least_top_votes(votes):
    most = torch.arange(-(-votes // 2), votes + 1)
    sure = most[binomial_p(most, votes - most) <= 0.05]
    return int(sure[0]) if len(sure) else float("nan")


def of_cascade(name, case, fixture):
    settings = case["params"]
    bundle = given(fixture)
    order = tuple(bundle.models[settings[stage]] for stage in ("stage1", "stage2"))
    options = {key: settings[key] for key in ("t", "lo", "hi") if key in settings}
    chosen = Ensemble(order, "cascade", options)
    team = bundle.select(order)
    found = probabilities(team, slice(None), {})
    goes_on = reached(sureness(found), chosen.given)[1]
    alone, both = sureness(found)
    mean_of_scores = found.planes.amax(0).mean(0)
    table = stages(bundle, chosen, (settings["cost1"], settings["cost2"]))
    assert table.asked.tolist() == [12, int(goes_on.sum())]
    said = answer(bundle, chosen)
    assert torch.equal(said.probabilities.amax(1), torch.where(goes_on, both, alone))
    return {
        "pass_mask": goes_on.int(),
        "pass_frac": table.asked[1].item() / 12,
        "acc": accuracy_of(bundle, chosen),
        "avg_cost": table.cost,
        "final_score_avg_conf": torch.where(goes_on, mean_of_scores, alone),
        "final_score_ens_conf": torch.where(goes_on, both, alone),
    }


def of_des(name, case, fixture):
    settings = case["params"]
    points = torch.tensor(fixture["X"]).double()
    queries = torch.tensor(settings["query_X"]).double()
    near, _ = nearest(queries, points, settings["k"])
    dsel = given(fixture)
    right = (dsel.grades == 1)[:, near]
    said = torch.tensor(settings["query_pred"]).int()
    asked = Bundle(
        models=dsel.models,
        ids=(*dsel.ids, *(f"q{place}" for place in range(4))),
        classes=dsel.classes,
        predictions=torch.cat([dsel.predictions, said], 1),
        labels=torch.cat([dsel.labels, torch.full((4,), -1, dtype=torch.int32)]),
        embeddings=torch.cat([points, queries]).float(),
    )
    chosen = {"KNORAE": "knora_e", "KNORAU": "knora_u", "OLA": "ola"}
    found = {
        key: answer(asked, fitted(asked, rule, k=settings["k"], scale="none").ensemble).predictions[
            12:
        ]
        for key, rule in chosen.items()
    }
    all_present = torch.ones(3, 4, dtype=torch.bool)
    assert torch.equal(knora_u(right, all_present).sum(0) > 0, torch.ones(4, dtype=torch.bool))
    assert (ola(right, all_present).sum(0) == 1).all()
    assert (knora_e(right, all_present).sum(0) >= 1).all()
    lead = right.long().cumprod(-1).sum(-1)
    return {
        "pred": {key: entry.tolist() for key, entry in found.items()},
        "detail": [
            {
                "neighbours": near[query],
                "lead": lead[:, query],
                "hits": right.sum(-1)[:, query],
            }
            for query in range(4)
        ],
    }


def test_stacking_is_scikit_learns_regression(cases):
    bundle = t12(cases["fixtures"]["T12"])
    found = answer(bundle, fitted(bundle, "stacking").ensemble).probabilities
    features = torch.cat([bundle.probabilities[name] for name in bundle.models], 1).log()
    peer = LogisticRegression(tol=1e-8, max_iter=5000).fit(features, bundle.labels)
    np.testing.assert_allclose(found, peer.predict_proba(features), atol=1e-4)
