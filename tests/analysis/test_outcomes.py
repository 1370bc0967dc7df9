"""The six outcomes, corrections and regressions, worked by hand."""

from dataclasses import replace

import pytest
import torch

from analysis import Bundle, Ensemble, combine
from analysis.bundle import Grouping
from analysis.ensemble import answers
from analysis.grading import grade, judged
from analysis.judging import judge, judged_answers
from analysis.outcomes import (
    OUTCOME_SUMMARIES,
    OUTCOMES,
    against,
    agreement_levels,
    corrected_against_majority,
    ledger,
    members_ledger,
    outcome_ledger,
    outcomes,
)

RIGHT, WRONG, OTHER, GAP = 0, 1, 2, -1


def bundle_of(rows, labels=None) -> Bundle:
    predictions = torch.tensor(list(rows.values()), dtype=torch.int32)
    samples = predictions.shape[1]
    return Bundle(
        models=tuple(rows),
        ids=tuple(map(str, range(samples))),
        classes=("right", "wrong", "other"),
        predictions=predictions,
        labels=torch.tensor(labels or [RIGHT] * samples, dtype=torch.int32),
    )


TEAM = bundle_of(
    {
        "a": [RIGHT, RIGHT, WRONG, RIGHT, RIGHT, WRONG],
        "b": [RIGHT, WRONG, OTHER, RIGHT, WRONG, WRONG],
    }
)
COMBINED = bundle_of({"e": [RIGHT, RIGHT, RIGHT, WRONG, WRONG, WRONG]})


def test_every_sample_has_one_of_six_outcomes():
    found = outcomes(TEAM, COMBINED)
    names = [OUTCOMES[code] for code in found.codes.tolist()]
    assert names == ["kept", "corrected", "rescued", "overruled", "spoiled", "missed"]
    assert found.counts() == dict.fromkeys(OUTCOMES, 1)
    assert set(OUTCOME_SUMMARIES) == set(OUTCOMES)


def test_the_ledger_counts_right_and_wrong_by_members_right():
    found = outcomes(TEAM, COMBINED)
    assert found.members_right.tolist() == [2, 1, 0, 2, 1, 0]
    assert ledger(found, 2).tolist() == [[1, 1], [1, 1], [1, 1]]
    assert outcome_ledger(found, 2).tolist() == [
        [0, 0, 1, 0, 0, 1],
        [0, 1, 0, 0, 1, 0],
        [1, 0, 0, 1, 0, 0],
    ]


def test_with_gaps_only_the_members_that_answered_count():
    team = bundle_of({"a": [RIGHT, WRONG, GAP], "b": [GAP, GAP, GAP]})
    combined = combine(team, Ensemble(("a", "b")))
    found = outcomes(team, combined)
    assert found.counts() == dict.fromkeys(OUTCOMES, 0) | {"kept": 1, "missed": 1}
    assert found.codes.tolist() == [0, 5, -1]
    assert found.judged.tolist() == [True, True, False]


def test_a_gap_that_counts_as_wrong_makes_a_member_wrong():
    team = bundle_of({"a": [RIGHT, WRONG, GAP], "b": [GAP, GAP, GAP]})
    found = outcomes(team, combine(team, Ensemble(("a", "b"))), missing="wrong")
    assert found.counts() == dict.fromkeys(OUTCOMES, 0) | {"corrected": 1, "missed": 2}
    assert found.judged.all()


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
def test_an_unlabelled_sample_is_not_judged(missing):
    labels = [RIGHT, -1]
    team = bundle_of({"a": [RIGHT, RIGHT], "b": [WRONG, WRONG]}, labels)
    combined = combine(team, Ensemble(("a", "b")))
    found = outcomes(team, combined, missing=missing)
    assert found.judged.tolist() == [True, False]
    assert found.right.tolist() == [True, False]
    assert ledger(found, 2).tolist() == [[0, 0], [1, 0], [0, 0]]


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
def test_a_combined_answer_gets_the_grade_of_a_member_that_gave_the_same(missing):
    team = Bundle(
        models=("a", "b"),
        ids=("0", "1"),
        classes=("x", "y"),
        predictions=torch.tensor([[0, 1], [0, 0]], dtype=torch.int32),
        grades=torch.tensor([[1, 0], [1, 1]], dtype=torch.int8),
    )
    combined = combine(team, Ensemble(("a", "b")))
    found = outcomes(team, combined, missing=missing)
    assert found.counts()["kept"] == 1
    assert found.counts()["corrected"] == 1


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
def test_grades_without_answers_leave_nothing_to_combine(missing):
    team = Bundle(
        models=("a", "b"),
        ids=("0", "1"),
        classes=("x", "y"),
        labels=torch.tensor([0, 1], dtype=torch.int32),
        predictions=torch.full((2, 2), -1, dtype=torch.int32),
        grades=torch.tensor([[1, 0], [1, 1]], dtype=torch.int8),
    )
    combined = combine(team, Ensemble(("a", "b")))
    assert not outcomes(team, combined, missing=missing).judged.any()


def test_corrections_and_regressions_are_counted_against_one_model():
    assert against(COMBINED, TEAM.select(("a",))).tolist() == [0, 0, 1, -1, -1, 0]
    assert against(COMBINED, TEAM.select(("b",))).tolist() == [0, 1, 1, -1, 0, 0]


def test_where_the_reference_gave_no_answer_nothing_is_compared():
    reference = bundle_of({"r": [GAP, WRONG]})
    combined = bundle_of({"e": [RIGHT, RIGHT]})
    assert against(combined, reference).tolist() == [0, 1]
    assert against(combined, reference, missing="wrong").tolist() == [1, 1]


def test_corrected_against_the_majority_needs_a_member_that_is_right():
    team = bundle_of({"a": [RIGHT, WRONG], "b": [WRONG, WRONG], "c": [WRONG, WRONG]})
    plurality = combine(team, Ensemble(team.models))
    found = outcomes(team, bundle_of({"e": [RIGHT, RIGHT]}))
    assert corrected_against_majority(found, plurality).tolist() == [True, False]


def graded_without_labels() -> Bundle:
    """Sample 0: c alone was graded; sample 1: all; sample 2: a alone answered, ungraded."""
    said = [[GAP, RIGHT, RIGHT], [GAP, WRONG, GAP], [RIGHT, RIGHT, GAP]]
    grades = [[-1, 1, -1], [-1, 0, -1], [1, 1, -1]]
    return Bundle(
        models=("a", "b", "c"),
        ids=("0", "1", "2"),
        classes=("right", "wrong"),
        predictions=torch.tensor(said, dtype=torch.int32),
        grades=torch.tensor(grades, dtype=torch.int8),
    )


def test_samples_that_only_other_models_were_graded_on_are_judged_where_gaps_are_wrong():
    bundle = graded_without_labels()
    found = judge(bundle, Ensemble(("a", "b")), missing="wrong")
    assert found["n"] == 2
    assert found["accuracy"] == 0.5
    assert found["outcomes"] == dict.fromkeys(OUTCOMES, 0) | {"corrected": 1, "missed": 1}
    assert judge(bundle, Ensemble(("a", "b")))["n"] == 1


def test_the_groups_count_as_many_samples_for_the_reference_as_for_the_ensemble():
    codes = torch.zeros(3, dtype=torch.int32)
    bundle = replace(graded_without_labels(), groups={"all": Grouping(codes, ("one",))})
    found = judge(bundle, Ensemble(("a", "b")), reference="b", missing="wrong")
    assert found["groups"]["all"]["one"]["n"] == 2
    assert found["groups"]["all"]["one"]["reference_accuracy"] == 0
    assert found["recoverable_gap"] == 0.5


def test_where_grades_stand_alone_nothing_is_combined_and_nothing_judged():
    bundle = graded_without_labels()
    alone = replace(bundle, predictions=torch.full_like(bundle.predictions, -1), fingerprint="")
    for missing in ("exclude", "wrong"):
        assert judge(alone, Ensemble(("a", "b")), missing=missing)["n"] == 0
        members, rows = torch.ones(1, 3, dtype=torch.float64), slice(0, 3)
        (part,) = answers(alone, "plurality", members)
        grades = grade(alone, part.predictions, rows)
        assert not judged(alone, grades, rows, missing).any()


def test_models_and_ensembles_are_judged_on_the_same_samples():
    bundle = graded_without_labels()
    whole = combine(bundle, Ensemble(("a", "b")))
    for missing in ("exclude", "wrong"):
        of_models = judged_answers(bundle.append(whole), missing)
        of_ensembles = judged(bundle, whole.grades, slice(None), missing)
        found = outcomes(bundle, whole, missing=missing)
        assert torch.equal(of_models[-1:], of_ensembles)
        assert torch.equal(of_models[-1], found.judged)


def test_levels_and_members_right_are_counted_where_members_are_judged_and_the_ensemble_is_not():
    grades = torch.tensor([[1, 0, 1, -1], [1, 0, 0, -1], [-1, -1, 1, -1]], dtype=torch.int8)
    bundle = Bundle(
        models=("a", "b", "c"),
        ids=tuple("0123"),
        classes=(),
        predictions=torch.full((3, 4), -1, dtype=torch.int32),
        grades=grades,
    )
    found = outcomes(bundle, combine(bundle, Ensemble(bundle.models)))
    assert not found.judged.any()
    assert agreement_levels(found) == {"none": 1, "some": 1, "all": 1}
    assert members_ledger(found, 3).tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 2], [0, 0, 0]]
    whole = outcomes(TEAM, COMBINED)
    assert agreement_levels(whole) == {"none": 2, "some": 2, "all": 2}
    assert members_ledger(whole, 2)[:, :2].equal(ledger(whole, 2))
