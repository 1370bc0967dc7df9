"""Votes, pools, ties and gaps, with answers worked by hand."""

import math

import pytest
import torch

from analysis import Bundle, BundleError, Ensemble, combine
from analysis.answer_codes import local_codes
from analysis.ensemble import answer, answers, check
from analysis.rules import RULES


def bundle_of(predictions, probabilities=None, classes="xyz", labels=None) -> Bundle:
    predictions = torch.tensor(predictions, dtype=torch.int32)
    models, samples = predictions.shape
    names = tuple("abcdefg"[:models])
    given = {} if probabilities is None else probabilities
    return Bundle(
        models=names,
        ids=tuple(map(str, range(samples))),
        classes=tuple(classes),
        predictions=predictions,
        labels=None if labels is None else torch.tensor(labels, dtype=torch.int32),
        probabilities={
            name: torch.tensor(rows, dtype=torch.float64) for name, rows in given.items()
        },
    )


def said(bundle, rule="plurality", members=None):
    return answer(bundle, Ensemble(members or bundle.models, rule))


def test_plurality_takes_the_answer_with_the_most_votes():
    assert said(bundle_of([[2, 0], [2, 1], [0, 1]])).predictions.tolist() == [2, 1]


def test_a_tied_vote_goes_to_the_lowest_class_and_is_reported():
    found = said(bundle_of([[2, 1, 0], [1, 1, 1], [0, 1, 0]]))
    assert found.predictions.tolist() == [0, 1, 0]
    assert found.tied.tolist() == [True, False, False]
    assert found.probabilities is None


def test_a_tie_goes_to_the_higher_mean_probability_among_the_tied_classes():
    given = {"a": [[0.4, 0.35, 0.25]], "b": [[0.1, 0.6, 0.3]]}
    assert said(bundle_of([[0], [1]], given)).predictions.tolist() == [1]


def test_a_class_without_a_vote_never_wins_a_tie():
    given = {"a": [[0.4, 0.0, 0.39]], "b": [[0.0, 0.4, 0.39]]}
    given = {name: [[p / sum(rows[0]) for p in rows[0]]] for name, rows in given.items()}
    found = said(bundle_of([[0], [1]], given))
    assert found.predictions.tolist() == [0]
    assert found.tied.tolist() == [True]


def test_one_member_without_probabilities_leaves_the_tie_to_the_lowest_class():
    given = {"a": [[0.6, 0.4]]}
    assert said(bundle_of([[1], [0]], {"a": [[0.1, 0.9]]}, "xy")).predictions.tolist() == [0]
    bundle = bundle_of([[0], [1], [1], [0]], given | {"b": [[0.1, 0.9]]}, "xy")
    assert said(bundle, members=("a", "b")).predictions.tolist() == [1]
    assert said(bundle).predictions.tolist() == [0]


def test_the_probabilities_of_a_member_without_an_answer_break_no_tie():
    given = {"a": [[0.6, 0.4]], "b": [[0.3, 0.7]], "c": [[1.0, 0.0]]}
    bundle = bundle_of([[0], [1], [-1]], given, "xy")
    assert said(bundle).predictions.tolist() == [1]


def test_a_missing_answer_never_votes():
    found = said(bundle_of([[-1, -1, 1], [2, -1, 1], [-1, -1, 0]]))
    assert found.predictions.tolist() == [2, -1, 1]
    assert found.tied.tolist() == [False, False, False]


def test_pools_average_the_members_that_answered():
    rows = {"a": [[0.8, 0.2], [math.nan, math.nan]], "b": [[0.4, 0.6], [0.3, 0.7]]}
    found = said(bundle_of([[0, -1], [1, 1]], rows, "xy"), "mean")
    torch.testing.assert_close(found.probabilities[0], torch.tensor([0.6, 0.4]).double())
    torch.testing.assert_close(found.probabilities[1], torch.tensor([0.3, 0.7]).double())
    assert found.predictions.tolist() == [0, 1]


def test_a_sample_that_nobody_answered_has_no_answer_and_no_distribution():
    for rule in ("mean", "geometric"):
        nothing = [[math.nan, math.nan]]
        found = said(bundle_of([[-1], [-1]], {"a": nothing, "b": nothing}, "xy"), rule)
        assert found.predictions.tolist() == [-1]
        assert found.probabilities.isnan().all()
        assert found.tied.tolist() == [False]


def test_the_mean_can_rescue_what_both_members_get_wrong():
    rows = {"a": [[0.5, 0.45, 0.05]], "b": [[0.05, 0.45, 0.5]]}
    combined = combine(bundle_of([[0], [2]], rows, labels=[1]), Ensemble(("a", "b"), "mean"))
    assert combined.predictions.tolist() == [[1]]
    assert combined.correct.tolist() == [[True]]


def test_in_a_geometric_mean_one_veto_weighs_heavily():
    rows = {"a": [[0.9, 0.1]], "b": [[1e-9, 1 - 1e-9]]}
    bundle = bundle_of([[0], [1]], rows, "xy")
    odds = math.sqrt(9 * 1e-9 / (1 - 1e-9))
    found = said(bundle, "geometric")
    assert found.probabilities[0, 0].item() == pytest.approx(odds / (1 + odds))
    assert said(bundle, "mean").predictions.tolist() == [1]
    zero = bundle_of([[0], [1]], {"a": [[1.0, 0.0]], "b": [[0.0, 1.0]]}, "xy")
    assert said(zero, "geometric").probabilities.tolist() == [[0.5, 0.5]]


def test_an_ensemble_is_a_bundle_of_one_model_on_the_same_samples():
    bundle = bundle_of([[0, 1], [0, 0]], labels=[0, 1])
    combined = combine(bundle, Ensemble(("a", "b")))
    assert combined.models == ("Plurality vote of 2 models",)
    assert combined.ids == bundle.ids
    assert combined.grades.tolist() == [[1, 0]]
    assert combined.probabilities == {}
    assert combined.fingerprint != combine(bundle, Ensemble(("b",))).fingerprint
    assert Ensemble(("a",), "mean").label == "Mean probability of 1 model"


def test_the_order_of_members_does_not_change_the_answer():
    bundle = bundle_of([[2, 1], [1, 1], [0, 0]])
    assert said(bundle, members=("c", "a", "b")).predictions.tolist() == [0, 1]


def test_an_ensemble_that_the_bundle_cannot_answer_is_refused_in_words():
    bundle = bundle_of([[0], [1]], {"a": [[0.6, 0.3, 0.1]]})
    with pytest.raises(BundleError, match="There is no rule 'median'; the rules are plurality"):
        check(bundle, Ensemble(("a",), "median"))
    with pytest.raises(BundleError, match="needs at least one member"):
        check(bundle, Ensemble(()))
    with pytest.raises(BundleError, match="There is no model 'z'; the models are a, b"):
        check(bundle, Ensemble(("a", "z")))
    lacking = r"'mean' needs probabilities, and 'b' has none \(1 of 2 members\); use plurality"
    with pytest.raises(BundleError, match=lacking):
        combine(bundle, Ensemble(("a", "b"), "mean"))
    assert check(bundle, Ensemble(("a",), "mean")).rule == "mean"


def test_many_teams_are_answered_at_once_and_in_chunks(monkeypatch):
    monkeypatch.setattr("analysis.chunks.CACHE", 1)
    monkeypatch.setattr("analysis.chunks.SMALLEST", 1)
    bundle = bundle_of([[2, 1, -1], [1, 1, -1], [0, 0, 2]])
    teams = torch.tensor([[1, 0, 0], [1, 1, 0], [1, 1, 1]]).double()
    parts = list(answers(bundle, "plurality", teams))
    assert len(parts) == 3
    found = torch.cat([part.predictions for part in parts], dim=1)
    assert found.tolist() == [[2, 1, -1], [1, 1, -1], [0, 1, 2]]
    assert found.dtype == torch.int32


def test_open_answers_are_numbered_per_sample_in_class_order():
    codes, classes = local_codes(torch.tensor([[900, -1], [5, -1], [900, -1]]))
    assert codes.tolist() == [[1, -1], [0, -1], [1, -1]]
    assert classes.tolist() == [[5, -1], [900, -1]]


def test_rules_are_named_by_their_key_and_explained():
    for name, rule in RULES.items():
        assert rule.name == name
        assert rule.label
        assert rule.summary.endswith(".")
        assert rule.needs in ("predictions", "probabilities", "embeddings")
        assert all(option.label for option in rule.options.values())
