"""Rules that learn weights: what they find, and on what."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made import bundle_of, random_bundle

from analysis import growing
from analysis.bundle import BundleError, normalised
from analysis.ensemble import Ensemble, answer, combine
from analysis.fitting import fit, reported
from analysis.judging import best_single, judge
from analysis.rules import RULES
from analysis.splits import Split, split
from analysis.summary import summarise

FITTED = [name for name, rule in RULES.items() if rule.fit is not None]


def everything(bundle):
    return Split(bundle.labelled, ~bundle.labelled, "everything")


def with_families(bundle):
    families = np.array([f"family {place % 2}" for place in range(len(bundle.models))])
    return replace(bundle, model_info={"family": families}, fingerprint="")


def tables(bundle):
    return torch.stack([normalised(bundle.probabilities[model]) for model in bundle.models])


def accuracy_of(scores, labels):
    """Ties to the lowest class."""
    best = scores.amax(1, keepdim=True)
    return ((scores >= best - 1e-12).int().argmax(1) == labels).double().mean().item()


def loss_of(scores, labels):
    return scores.gather(1, labels.long()[:, None]).clamp_min(1e-12).log().mean().item()


def greedy(bundle, rounds, score):
    """Caruana's selection model by model, as the paper has it."""
    pool, labels = tables(bundle), bundle.labels
    added, path = torch.zeros_like(pool[0]), []
    for taken in range(rounds):
        scores = [score((added + table) / (taken + 1), labels) for table in pool]
        best = max(range(len(pool)), key=lambda place: (round(scores[place], 12), -place))
        added += pool[best]
        path.append((best, scores[best]))
    return path


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), by=st.sampled_from(["accuracy", "log_loss"]))
def test_greedy_selection_is_that_of_the_paper(seed, by):
    bundle = random_bundle(4, 37, 3, seed=seed, accuracy=0.3)
    found = fit(
        bundle, Ensemble(bundle.models, "caruana", {"rounds": 7, "by": by}), everything(bundle)
    )
    expected = greedy(bundle, 7, accuracy_of if by == "accuracy" else loss_of)
    best = max(range(7), key=lambda place: (round(expected[place][1], 12), -place))
    assert [step.model for step in found.path] == [
        bundle.models[place] for place, _ in expected[: best + 1]
    ]
    assert [step.score for step in found.path] == pytest.approx(
        [score for _, score in expected[: best + 1]]
    )


@pytest.mark.parametrize("by", ["accuracy", "log_loss"])
def test_many_models_are_weighed_in_float32_as_in_float64(monkeypatch, by):
    bundle = random_bundle(6, 300, 5, seed=1)
    chosen = Ensemble(bundle.models, "caruana", {"rounds": 12, "by": by})
    expected = fit(bundle, chosen, everything(bundle))
    for name, value in (("DOUBLE_VALUES", 0), ("BLOCK", 40), ("READ", 100)):
        monkeypatch.setattr(growing, name, value)
    assert fit(bundle, chosen, everything(bundle)).ensemble == expected.ensemble


def test_the_path_ends_at_the_score_that_the_ensemble_reaches():
    bundle = random_bundle(5, 200, 4, seed=2)
    for rule in ("caruana", "greedy_soup"):
        found = fit(bundle, Ensemble(bundle.models, rule), everything(bundle))
        said = combine(bundle, found.ensemble)
        assert said.correct.double().mean().item() == pytest.approx(found.path[-1].score)
        assert sum(found.ensemble.weights) == pytest.approx(1)


def test_a_soup_takes_what_does_not_hurt_from_the_best_down():
    bundle = bundle_of(
        [[0, 0, 1], [0, 1, 1], [1, 1, 0]],
        [0, 0, 1],
        "xy",
        probabilities={
            "a": torch.tensor([[0.9, 0.1], [0.6, 0.4], [0.1, 0.9]]),
            "b": torch.tensor([[0.9, 0.1], [0.3, 0.7], [0.1, 0.9]]),
            "c": torch.tensor([[0.4, 0.6], [0.4, 0.6], [0.6, 0.4]]),
        },
    )
    found = fit(bundle, Ensemble(bundle.models, "greedy_soup"), everything(bundle))
    assert found.ensemble.members == ("a", "c")
    assert [step.score for step in found.path] == [1, 1]


def test_mixture_weights_make_the_labels_most_likely():
    bundle = random_bundle(3, 400, 4, seed=3)
    found = fit(bundle, Ensemble(bundle.models, "weighted"), everything(bundle)).ensemble
    weights = dict(zip(found.members, found.weights, strict=True))
    best = torch.tensor([weights.get(model, 0.0) for model in bundle.models]).double()
    pool = tables(bundle)

    def loss(at):
        return loss_of((at[:, None, None] * pool).sum(0), bundle.labels)

    for other in torch.distributions.Dirichlet(torch.ones(3).double()).sample((50,)):
        assert loss(best) >= loss(0.99 * best + 0.01 * other) - 1e-9


def test_a_model_that_is_never_right_gets_no_weight():
    right, wrong = torch.tensor([[1.0, 0], [0, 1.0]]), torch.tensor([[0, 1.0], [1.0, 0]])
    bundle = bundle_of([[0, 1], [1, 0]], [0, 1], "xy", probabilities={"a": right, "b": wrong})
    for rule in ("weighted", "caruana", "greedy_soup"):
        found = fit(bundle, Ensemble(bundle.models, rule), everything(bundle))
        assert found.ensemble.members == ("a",)
        assert found.ensemble.weights == (1,)


@pytest.mark.parametrize("rule", FITTED)
def test_what_is_judged_on_was_not_fitted_on(rule):
    bundle = with_families(random_bundle(5, 120, 3, seed=4))
    parts = split(bundle, seed=5)
    expected = fit(bundle, Ensemble(bundle.models, rule), parts)
    turned = torch.where(parts.held_out, (bundle.labels + 1) % 3, bundle.labels)
    other = replace(bundle, labels=turned, grades=None, fingerprint="")
    assert fit(other, Ensemble(bundle.models, rule), parts).ensemble.key == expected.ensemble.key
    assert len(reported(bundle, parts).ids) == int(parts.held_out.sum())


def test_weights_multiply_votes_and_probabilities():
    bundle = random_bundle(3, 80, 4, seed=6, gaps=0.2)
    for rule in ("plurality", "mean", "geometric"):
        alone = answer(bundle, Ensemble(("model-1",), rule)).predictions
        heavy = answer(bundle, Ensemble(bundle.models, rule, weights=(0.0, 0.7, 0.0))).predictions
        assert torch.equal(alone, heavy)
        even = answer(bundle, Ensemble(bundle.models, rule)).predictions
        alike = answer(bundle, Ensemble(bundle.models, rule, weights=(0.1, 0.1, 0.1))).predictions
        assert torch.equal(even, alike)


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        ((0.0, 0.0, 0.0), "All weights are zero, so nobody answers"),
        ((1.0, 1.0), "The weights are 2 numbers for 3 members"),
        ((1.0, -1.0, 1.0), "none of them negative"),
        ((1.0, float("nan"), 1.0), "none of them negative"),
    ],
)
def test_weights_that_make_no_sense_are_refused(weights, sentence):
    bundle = random_bundle(3)
    with pytest.raises(BundleError, match=sentence):
        answer(bundle, Ensemble(bundle.models, "mean", weights=weights))


def test_what_cannot_be_fitted_is_a_sentence():
    bundle = random_bundle(3, 30, 3)
    parts = everything(bundle)
    one = replace(bundle, labels=torch.zeros(30, dtype=torch.int32), grades=None, fingerprint="")
    none = replace(parts, fit=torch.zeros_like(parts.fit))
    unlabelled = replace(bundle, labels=None, grades=None, fingerprint="")
    bad = [
        (bundle, Ensemble(bundle.models, "mean"), parts, "has nothing to fit"),
        (bundle, Ensemble(bundle.models, "caruana", {"r": 1}), parts, "no option 'r'; its options"),
        (
            bundle,
            Ensemble(bundle.models, "caruana", {"by": "x"}),
            parts,
            "one of accuracy, log_loss",
        ),
        (
            bundle,
            Ensemble(bundle.models, "caruana", {"rounds": 0}),
            parts,
            "a whole number from 1 to 1000",
        ),
        (bundle, Ensemble(bundle.models, "two_tier"), parts, "needs families"),
        (replace(bundle, embeddings=None), Ensemble(bundle.models, "ola"), parts, "embeddings"),
        (one, Ensemble(bundle.models, "weighted"), parts, "hold one class"),
        (bundle, Ensemble(bundle.models, "weighted"), none, "hold no labelled sample that all"),
        (unlabelled, Ensemble(bundle.models, "weighted"), parts, "hold no labelled sample"),
    ]
    for given_bundle, ensemble, given_split, sentence in bad:
        with pytest.raises(BundleError, match=sentence):
            fit(given_bundle, ensemble, given_split)
    with pytest.raises(BundleError, match="has to learn first; fit it on"):
        answer(bundle, Ensemble(bundle.models, "caruana"))


def test_a_summary_reports_only_what_was_not_fitted_on():
    bundle = random_bundle(4, 100, 3, seed=7)
    plain = summarise(bundle, ensembles=[Ensemble(bundle.models, "mean")])
    assert plain["fitted_on"] is None
    assert plain["bundle"]["samples"] == 100
    found = summarise(bundle, ensembles=[Ensemble(bundle.models, "caruana")])
    assert found["fitted_on"]["n"] == 50
    assert found["bundle"]["samples"] == 50
    entry = found["ensembles"][0]
    assert sum(entry["weights"].values()) == pytest.approx(1)
    assert set(entry["weights"]) == set(entry["members"])
    assert entry["fit_n"] == 50
    assert entry["fit_accuracy"] == pytest.approx(entry["path"][-1]["score"])
    assert entry["n"] == 50


def test_what_was_fitted_on_is_told_sample_by_sample():
    bundle = random_bundle(3, 60, 3, seed=8, gaps=0.2)
    parts = split(bundle, seed=1)
    found = fit(bundle, Ensemble(bundle.models, "weighted"), parts)
    assert torch.equal(found.rows, (parts.fit & bundle.answered.all(0)).nonzero().flatten())
    assert found.n == len(found.rows)
    blind = fit(bundle, Ensemble(bundle.models, "facility_location"), None)
    assert torch.equal(blind.rows, bundle.answered.any(0).nonzero().flatten())


def test_representatives_are_found_where_two_have_no_sample_in_common():
    bundle = bundle_of([[0, 1, -1, -1], [-1, -1, 0, 1], [0, 1, 0, 1]], [0, 1, 0, 1])
    chosen = Ensemble(bundle.models, "facility_location", {"size": 2})
    found = fit(bundle, chosen, None)
    assert [step.model for step in found.path] == ["c", "a"]
    assert [step.score for step in found.path] == [3, 0]
    alone = fit(bundle, replace(chosen, members=("a", "b")), None)
    assert [step.score for step in alone.path] == [1, 1]


@pytest.mark.parametrize("rule", [name for name in FITTED if not RULES[name].labelled])
def test_a_rule_without_labels_needs_an_answer(rule):
    bundle = bundle_of([[-1, -1], [-1, -1]], [0, 1])
    with pytest.raises(BundleError, match="no member has answered a sample"):
        fit(bundle, Ensemble(bundle.models, rule), None)


@pytest.mark.parametrize("rule", [name for name in FITTED if not RULES[name].labelled])
def test_a_summary_learns_without_labels_on_what_it_reports(rule):
    bundle = random_bundle(4, 100, 3, seed=9, gaps=0.3)
    parts = split(bundle, seed=2)
    part = reported(bundle, parts)
    chosen = Ensemble(bundle.models, rule)
    expected = fit(part, chosen, None)
    entry = summarise(bundle, ensembles=[chosen], fit_on=parts)["ensembles"][0]
    assert entry["fit_n"] == expected.n
    assert entry["fit_accuracy"] is None
    assert entry["fit_samples"] == f"{expected.n} samples, without their labels"
    assert entry["members"] == list(expected.ensemble.members)
    said = combine(part, expected.ensemble)
    assert entry["right"] == int(said.correct.sum())


def test_a_fitted_ensemble_is_as_accurate_on_what_it_was_fitted_on_as_it_says():
    bundle = random_bundle(4, 100, 3, seed=10, gaps=0.2)
    entry = summarise(bundle, ensembles=[Ensemble(bundle.models, "caruana")])["ensembles"][0]
    assert entry["fit_n"] < 50
    assert entry["fit_accuracy"] == pytest.approx(entry["path"][-1]["score"])


def test_the_best_member_is_chosen_on_the_samples_to_fit_on():
    bundle = bundle_of([[0, 0, 0, 1], [0, 1, 0, 0]], [0, 0, 0, 0], "xy")
    fit_on = torch.tensor([True, True, False, False])
    parts = Split(fit_on, ~fit_on, "the first two")
    chosen = Ensemble(bundle.models)
    entry = summarise(bundle, ensembles=[chosen], fit_on=parts)["ensembles"][0]
    assert (entry["reference"], entry["reference_chosen_on"]) == ("a", "fit")
    part = reported(bundle, parts)
    assert best_single(part) == "b"
    entry = summarise(part, ensembles=[chosen])["ensembles"][0]
    assert (entry["reference"], entry["reference_chosen_on"]) == ("b", "reported")
    entry = judge(part, chosen, reference="a", chosen_on=part)
    assert (entry["reference"], entry["reference_chosen_on"]) == ("a", None)
    nobody = replace(part, labels=None, grades=None, fingerprint="")
    none = replace(parts, fit=torch.zeros(4, dtype=torch.bool), held_out=torch.ones(4) > 0)
    entry = summarise(bundle, ensembles=[chosen], fit_on=none)["ensembles"][0]
    assert entry["reference_chosen_on"] == "reported"
    assert judge(part, chosen, chosen_on=nobody)["reference_chosen_on"] == "reported"


@pytest.mark.parametrize("rule", ["dawid_skene", "facility_location", "weighted"])
def test_grades_that_stand_alone_are_no_answers_to_learn_from(rule):
    whole = random_bundle(models=3, samples=12)
    said, grades = whole.predictions.clone(), whole.grades.clone()
    said[:, :4] = -1
    unknown = {model: rows.clone() for model, rows in whole.probabilities.items()}
    for rows in unknown.values():
        rows[:4] = torch.nan
    bundle = replace(whole, predictions=said, grades=grades, probabilities=unknown, fingerprint="")
    found = fit(bundle, Ensemble(bundle.models, rule), everything(bundle))
    assert found.n == 8
    assert (answer(bundle, found.ensemble).predictions >= 0).tolist() == [False] * 4 + [True] * 8
