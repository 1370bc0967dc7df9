"""One test per reference case of measures.md on single samples, training and suspicion."""

import numpy as np
import pytest
import torch
from known import compare, t12

from analysis.bundle import Bundle
from analysis.discrepant import discrepant
from analysis.dynamics import aum, checkpoints, forgetting, margins
from analysis.samples import sample_values
from analysis.suspects import confident_joint, suspects

OUR_NAME = {"el2n_mean": "el2n", "prob_margin_ensemble": "probability_margin"}
WHO = {"none": 0, "i": 1, "j": 2}
SCORES = (
    "entropy_total",
    "entropy_expected",
    "mutual_information",
    "el2n_mean",
    "prob_margin_ensemble",
    "self_confidence",
    "normalized_margin",
    "consensus_against_label",
)
COVERED = (
    *(f"sample.{name}" for name in SCORES),
    "sample.aum",
    "sample.forgetting",
    "sample.confident_joint",
    "sample.mad",
)


@pytest.mark.parametrize("case_id", COVERED)
def test_known_answer_of_samples(cases, case_id):
    case = cases[case_id]
    fixture = cases["fixtures"][case["fixture"]]
    name = case_id.removeprefix("sample.")
    found = of_score(name, fixture) if name in SCORES else globals()[f"of_{name}"](fixture)
    compare(found, expected_of(name, case), case["tol"])


def expected_of(name, case):
    if name != "mad":
        return case["expected"]
    return {
        pair: {**answer, "who_right": [WHO[who] for who in answer["who_right"]]}
        for pair, answer in case["expected"].items()
    }


def of_score(name, fixture):
    name = OUR_NAME.get(name, name)
    return sample_values(t12(fixture), [name])[name]


def of_aum(fixture):
    logits, labels = torch.tensor(fixture["logits"]).double(), torch.tensor(fixture["y"])
    names = ("late", "early", "middle")
    rows = [2, 0, 1]
    bundle = Bundle(
        models=names,
        ids=tuple("pqrs"),
        classes=("0", "1", "2"),
        predictions=logits[rows].argmax(2).int(),
        labels=labels.int(),
        probabilities={name: logits[row].softmax(1) for name, row in zip(names, rows, strict=True)},
        model_info={"epoch": np.array([30, 10, 20])},
    )
    (order,) = checkpoints(bundle).values()
    assert order.tolist() == [1, 2, 0]
    return {"margins": margins(logits, labels), "aum": aum(bundle, order)}


def of_forgetting(fixture):
    found = forgetting(torch.tensor(fixture["correct"]) == 1)
    return {
        "events": found.events,
        "first_learned": found.first_learned,
        "never": found.never.int(),
    }


def of_confident_joint(fixture):
    bundle = t12(fixture)
    mean = torch.stack(list(bundle.probabilities.values())).mean(0)
    found = confident_joint(mean, bundle.labels)
    of_bundle = suspects(bundle)
    assert of_bundle.flagged.nonzero()[:, 0].tolist() == found.suspects.tolist()
    assert torch.equal(of_bundle.joint.joint, found.joint)
    assert of_bundle.order[0] == 5
    return {
        "thresholds": found.thresholds,
        "joint": found.joint,
        "off_diagonal": found.suspects,
    }


def of_mad(fixture):
    bundle, answers = t12(fixture), {}
    for i, j in ("01", "02", "12"):
        found = discrepant(bundle, bundle.models[int(i)], bundle.models[int(j)], k=3)
        assert found.by == "js"
        answers[i + j] = {
            "top3": found.rows,
            "js": found.distance,
            "who_right": found.who_right,
        }
    return answers
