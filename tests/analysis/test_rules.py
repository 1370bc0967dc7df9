"""Every rule: what it may and may not do, whoever is missing and however it is read."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from made import bundle_of, random_bundle, ready

from analysis.bundle import Bundle, BundleError, normalised
from analysis.cascades import cost_curve, member_costs, stages
from analysis.contributions import contributions
from analysis.debiasing import imbalance
from analysis.eligibility import lacking
from analysis.ensemble import Ensemble, answer, answers, combine
from analysis.fitting import fit, needs_fit, needs_split, reported
from analysis.intervals import mcnemar_p
from analysis.judging import judge
from analysis.learned import Parameters
from analysis.outcomes import outcomes
from analysis.rules import RULES
from analysis.splits import split
from analysis.summary import summarise

VOTES = [
    "plurality",
    "selective",
    "mmr",
    "facility_location",
    "coverage",
    "knora_e",
    "knora_u",
    "ola",
]
POOLS = [
    "mean",
    "geometric",
    "inverse_entropy",
    "inverse_gini",
    "weighted",
    "two_tier",
    "caruana",
    "greedy_soup",
    "calibrated_mean",
    "cascade",
]
LEARNED = ["stacking", "debiased_class", "debiased_sample", "dawid_skene"]
few = settings(max_examples=15, deadline=None)


def with_families(bundle: Bundle) -> Bundle:
    families = np.array([f"family {place % 2}" for place in range(len(bundle.models))])
    return replace(bundle, model_info={"family": families}, fingerprint="")


@st.composite
def bundles(draw):
    return with_families(
        random_bundle(
            draw(st.integers(1, 6)),
            draw(st.integers(8, 60)),
            draw(st.integers(2, 5)),
            seed=draw(st.integers(0, 10_000)),
            gaps=draw(st.sampled_from([0.0, 0.2])),
            accuracy=draw(st.sampled_from([0.3, 0.7])),
        )
    )


def combined(bundle, rule):
    try:
        return combine(bundle, ready(bundle, rule))
    except BundleError:
        assume(False)


def test_every_rule_is_a_vote_a_pool_or_learned():
    assert sorted([*VOTES, *POOLS, *LEARNED]) == sorted(RULES)


@pytest.mark.parametrize("rule", VOTES)
@few
@given(bundles())
def test_a_vote_rescues_nothing(rule, bundle):
    assert outcomes(bundle, combined(bundle, rule)).counts()["rescued"] == 0


@pytest.mark.parametrize("rule", [*POOLS, *VOTES])
@few
@given(bundles())
def test_what_all_members_have_right_is_never_overruled(rule, bundle):
    assert outcomes(bundle, combined(bundle, rule)).counts()["overruled"] == 0


@pytest.mark.parametrize("rule", RULES)
def test_small_chunks_change_nothing(rule, monkeypatch):
    bundle = with_families(random_bundle(4, 90, 3, seed=5, gaps=0.1))
    chosen = ready(bundle, rule)
    expected = answer(bundle, chosen)
    monkeypatch.setattr("analysis.ensemble.samples_at_a_time", lambda *room, **more: 7)
    found = answer(bundle, chosen)
    assert torch.equal(found.predictions, expected.predictions)
    if expected.probabilities is not None:
        torch.testing.assert_close(found.probabilities, expected.probabilities, equal_nan=True)


@pytest.mark.parametrize("rule", RULES)
def test_the_order_of_the_samples_changes_nothing(rule):
    bundle = with_families(random_bundle(4, 80, 3, seed=6))
    chosen = ready(bundle, rule)
    turned = torch.randperm(80, generator=torch.Generator().manual_seed(0))
    found = answer(bundle.take(turned), chosen).predictions
    assert torch.equal(found, answer(bundle, chosen).predictions[turned])


ORDERED = ("cascade", "ola", "caruana", "greedy_soup", "mmr", "facility_location", "coverage")


@pytest.mark.parametrize("rule", [name for name in RULES if name not in ORDERED])
def test_the_order_of_the_members_changes_nothing(rule):
    bundle = with_families(random_bundle(4, 80, 3, seed=7))
    turned = bundle.select(tuple(reversed(bundle.models)))
    found, expected = answer(turned, ready(turned, rule)), answer(bundle, ready(bundle, rule))
    assert torch.equal(found.predictions, expected.predictions)


@pytest.mark.parametrize("rule", RULES)
def test_nobody_answers_where_nobody_answered(rule):
    bundle = with_families(random_bundle(3, 60, 3, seed=8))
    chosen = ready(bundle, rule)
    silent = bundle.predictions.clone()
    silent[:, 10] = -1
    silent[1, 20:30] = -1
    gaps = replace(bundle, predictions=silent, grades=None, fingerprint="")
    said = answer(gaps, chosen).predictions
    assert said[10] == -1
    if rule != "selective":
        assert (said[20:30] >= 0).all()


@pytest.mark.parametrize("rule", RULES)
def test_identical_members_answer_as_one(rule):
    one = random_bundle(1, 60, 3, seed=9)
    twins = ("a", "b", "c")
    table = one.probabilities[one.models[0]]
    bundle = with_families(
        replace(
            one,
            models=twins,
            predictions=one.predictions.expand(3, -1).clone(),
            grades=None,
            probabilities=dict.fromkeys(twins, table),
            fingerprint="",
        )
    )
    said = answer(bundle, ready(bundle, rule)).predictions
    if rule in ("stacking", "debiased_class", "debiased_sample", "dawid_skene"):
        assert (said >= 0).all()
    elif rule == "selective":
        assert (said == -1).all()
    else:
        assert torch.equal(said, one.predictions[0])


@pytest.mark.parametrize("rule", RULES)
def test_one_member_is_enough(rule):
    bundle = with_families(random_bundle(1, 60, 3, seed=10))
    entry = judge(bundle, ready(bundle, rule))
    assert entry["n"] + entry["abstained"] == 60


@pytest.mark.parametrize("rule", [name for name, rule in RULES.items() if rule.joint])
def test_without_a_member_is_as_if_it_had_not_answered(rule):
    bundle = random_bundle(4, 70, 3, seed=11)
    chosen = ready(bundle, rule)
    found = contributions(bundle, chosen)
    for row in range(4):
        silent = bundle.predictions.clone()
        silent[row] = -1
        other = answer(replace(bundle, predictions=silent, grades=None, fingerprint=""), chosen)
        right = other.predictions == bundle.labels
        assert found.without[row].item() == pytest.approx(right.double().mean().item())


@pytest.mark.parametrize("rule", [name for name, rule in RULES.items() if rule.joint])
def test_many_teams_answer_as_one_by_one(rule):
    bundle = random_bundle(4, 50, 3, seed=12)
    chosen = ready(bundle, rule)
    teams = torch.tensor([[1.0, 1, 1, 1], [1, 0, 1, 0], [0, 0, 0, 1]]).double()
    together = next(iter(answers(bundle, rule, teams, given=chosen.given, in_full=True)))
    for row, team in enumerate(teams):
        alone = next(iter(answers(bundle, rule, team[None], given=chosen.given)))
        assert torch.equal(together.predictions[row], alone.predictions[0])


def test_a_selective_vote_abstains_and_is_not_judged_there():
    bundle = random_bundle(9, 200, 3, seed=13, accuracy=0.5)
    chosen = Ensemble(bundle.models, "selective", {"alpha": 0.05})
    said = answer(bundle, chosen).predictions
    votes = torch.nn.functional.one_hot(bundle.predictions.long(), 3).sum(0)
    most, second = votes.sort(1, descending=True).values[:, :2].T
    expected = [mcnemar_p(*pair) <= 0.05 for pair in torch.stack([most, second], 1).tolist()]
    assert (said >= 0).tolist() == expected
    assert 0 < sum(expected) < 200
    entry = judge(bundle, chosen)
    assert entry["abstained"] == 200 - sum(expected)
    assert entry["n"] == sum(expected)
    assert judge(bundle, chosen, missing="wrong")["n"] == 200


def test_temperatures_never_change_what_a_member_answers():
    bundle = random_bundle(1, 80, 4, seed=14)
    said = answer(bundle, ready(bundle, "calibrated_mean"))
    assert torch.equal(said.predictions, bundle.predictions[0])


@few
@given(bundles())
def test_evening_out_the_classes_never_costs_more_than_it_gains(bundle):
    for rule in ("debiased_class", "debiased_sample"):
        whole = (bundle.predictions >= 0).all(0) & bundle.labelled
        assume(whole.any())
        team = bundle.take(whole.nonzero().flatten())
        even = combined(team, rule)
        plain = combine(team, Ensemble(team.models, "mean"))
        assert cost_of(even) <= cost_of(plain) + 1e-9


def cost_of(whole):
    right, labels = whole.correct[0].double(), whole.labels.long()
    classes = len(whole.classes)
    of_class = torch.zeros(classes).double().index_add_(0, labels, right)
    return 1 - right.mean() + imbalance(of_class / labels.bincount(minlength=classes))


def test_what_rounding_leaves_of_a_correction_to_zero_is_no_evidence():
    sure = torch.tensor([[1.0, 4e-18, 4e-18]], dtype=torch.float64)
    bundle = bundle_of([[0]], labels=[0], probabilities={"a": sure})
    peaks, slopes = torch.zeros(3).double(), torch.tensor([1.0, 0.0, 0.0]).double()
    learned = Parameters({"peaks": peaks, "slopes": slopes})
    said = answer(bundle, Ensemble(("a",), "debiased_sample", learned=learned))
    assert said.predictions.tolist() == [0]
    torch.testing.assert_close(said.probabilities, sure)


def test_weak_classes_are_raised_on_samples_that_it_was_not_fitted_on():
    """A bias towards the first class is found on one half and taken back on the other."""
    bundle = random_bundle(3, 3000, 3, seed=15, accuracy=0.75)
    tables = {
        name: normalised(table * torch.tensor([6.0, 1, 1]))
        for name, table in bundle.probabilities.items()
    }
    said = torch.stack([table.argmax(1) for table in tables.values()]).int()
    biased = replace(bundle, probabilities=tables, predictions=said, grades=None, fingerprint="")
    parts = split(biased)
    held = reported(biased, parts)
    before = cost_of(combine(held, Ensemble(held.models, "mean")))
    for rule in ("debiased_class", "debiased_sample"):
        found = fit(biased, Ensemble(biased.models, rule), parts).ensemble
        assert cost_of(combine(held, found)) < before - 0.05


def test_families_count_before_members():
    bundle = with_families(random_bundle(5, 300, 4, seed=16))
    found = ready(bundle, "two_tier")
    weight = dict(zip(found.members, found.weights, strict=True))
    even = [weight.get(name, 0.0) for name in bundle.models[::2]]
    assert max(even) - min(even) < 1e-12


def test_rules_without_labels_need_no_split_and_no_label():
    bundle = random_bundle(4, 60, 3, seed=17)
    blind = replace(bundle, labels=None, grades=None, fingerprint="")
    for rule in ("dawid_skene", "facility_location"):
        chosen = Ensemble(bundle.models, rule)
        assert not needs_split(chosen)
        found, expected = fit(blind, chosen, None), fit(bundle, chosen, None)
        assert found.ensemble.key == expected.ensemble.key


def test_a_cascade_asks_fewer_the_lower_its_threshold():
    bundle = random_bundle(4, 300, 5, seed=18)
    cost = (1.0, 2.0, 4.0, 8.0)
    curve = cost_curve(bundle, bundle.models, cost)
    assert curve.cost[0] == 1
    assert curve.cost[-1] == 15
    assert (curve.cost.diff() >= 0).all()
    for place in (0, 30, 61, 100):
        chosen = Ensemble(bundle.models, "cascade", {"t": curve.threshold[place].item()})
        whole, table = combine(bundle, chosen), stages(bundle, chosen, cost)
        assert curve.accuracy[place].item() == pytest.approx(whole.correct.double().mean().item())
        assert curve.cost[place].item() == pytest.approx(table.cost)
        assert (table.asked.diff() <= 0).all()
    assert table.cost_of_first == 1
    assert table.cost_of_all == 15


def test_a_window_asks_on_where_the_first_is_neither_sure_nor_hopeless():
    bundle = random_bundle(2, 300, 5, seed=19)
    chosen = Ensemble(bundle.models, "cascade", {"lo": 0.4, "hi": 0.6})
    first = normalised(bundle.probabilities["model-0"]).amax(1)
    expected = int(((first >= 0.4) & (first <= 0.6)).sum())
    assert stages(bundle, chosen).asked.tolist() == [300, expected]


@pytest.mark.parametrize(
    ("costs", "sentence"),
    [((0, 0), "All costs are zero"), ((1,), "1 numbers for 2"), ((1, -1), "none of them negative")],
)
def test_costs_that_make_no_sense_are_refused(costs, sentence):
    bundle = random_bundle(2)
    with pytest.raises(BundleError, match=sentence):
        stages(bundle, Ensemble(bundle.models, "cascade"), costs)


@pytest.mark.parametrize("rule", ["cascade", "selective"])
def test_where_weights_mean_nothing_they_are_refused(rule):
    bundle = random_bundle(3)
    with pytest.raises(BundleError, match="cannot be given weights"):
        answer(bundle, Ensemble(bundle.models, rule, weights=(1.0, 2.0, 3.0)))


@pytest.mark.parametrize(
    ("rule", "options", "sentence"),
    [
        ("cascade", {"t": 2}, "t=2; expected a number from 0 to 1"),
        ("cascade", {"x": 2}, "no option 'x'; its options are t, lo, hi"),
        ("mean", {"x": 2}, "no option 'x'; its options are none"),
        ("ola", {"scale": "odd"}, "scale=odd; expected one of standard, unit, none"),
        ("caruana", {"rounds": "many"}, "rounds=many; expected a whole number from 1 to 1000"),
    ],
)
def test_options_that_make_no_sense_are_refused(rule, options, sentence):
    bundle = random_bundle(3)
    with pytest.raises(BundleError, match=sentence):
        answer(bundle, Ensemble(bundle.models, rule, options))


def test_what_members_lack_is_said_with_what_works_instead():
    labels = random_bundle(3, probabilities=False)
    bare = replace(labels, embeddings=None, fingerprint="")
    for rule, row in RULES.items():
        said = lacking(bare, bare.models, rule)
        assert (said is None) == (row.needs == "predictions")
        assert said is None or "plurality" in said


def test_too_many_classes_are_a_sentence():
    said = torch.arange(6000).view(1, -1).int()
    bundle = Bundle(
        models=("a",),
        ids=tuple(map(str, range(6000))),
        classes=tuple(map(str, range(6000))),
        predictions=said,
    )
    with pytest.raises(BundleError, match=r"at most 20,000,000 are fitted\. Use plurality"):
        fit(bundle, Ensemble(("a",), "dawid_skene"), None)


@pytest.mark.parametrize("rule", [name for name, row in RULES.items() if row.learns])
def test_weights_do_not_stand_for_what_a_rule_has_to_learn(rule):
    bundle = random_bundle(3)
    by_hand = Ensemble(bundle.models, rule, weights=(1.0, 1.0, 1.0))
    assert needs_fit(by_hand)
    with pytest.raises(BundleError, match="cannot be given weights"):
        answer(bundle, by_hand)
    with pytest.raises(BundleError, match="cannot be given weights"):
        fit(bundle, by_hand, split(bundle))


def test_a_rule_that_learns_yields_tensors_and_no_weights():
    bundle = with_families(random_bundle(3))
    for rule, row in RULES.items():
        made = ready(bundle, rule)
        assert bool(made.learned.tensors) == row.learns
        assert bool(made.weights) == (row.fit is not None and not row.learns)


@pytest.mark.parametrize(
    ("rule", "options", "sentence"),
    [
        ("cascade", {"lo": 0.2}, "a window needs both ends; give 'hi' too"),
        ("cascade", {"hi": 0.2}, "a window needs both ends; give 'lo' too"),
        ("cascade", {"lo": 0.8, "hi": 0.2}, "lo=0.8 is above hi=0.2"),
        ("caruana", {"rounds": 2.5}, "rounds=2.5; expected a whole number from 1 to 1000"),
        ("ola", {"k": 6.5}, "k=6.5; expected a whole number"),
    ],
)
def test_options_that_do_not_go_together_are_refused(rule, options, sentence):
    assert sentence in RULES[rule].wrong_options(options)
    assert RULES["cascade"].wrong_options({"lo": 0.2, "hi": 0.2}) is None
    assert RULES["caruana"].wrong_options({"rounds": 2.0}) is None


def test_a_tie_where_no_answer_is_given_is_none():
    bundle = bundle_of([[0, 0, 0], [0, 1, 0], [1, 1, 0], [1, 0, 0]], [0, 0, 0], "xy")
    said = answer(bundle, Ensemble(bundle.models, "selective", {"alpha": 0.2}))
    assert said.predictions.tolist() == [-1, -1, 0]
    assert not said.tied.any()
    decided = answer(bundle, Ensemble(bundle.models, "selective", {"alpha": 1}))
    assert decided.tied.tolist() == [True, True, False]


@pytest.mark.parametrize("unknown", ["", None, float("nan")])
def test_models_without_a_family_are_families_of_their_own(unknown):
    bundle = random_bundle(4, 200, 3, seed=3)
    chosen, found = Ensemble(bundle.models, "two_tier"), []
    for families in (["one", unknown, unknown, "one"], ["one", "b", "c", "one"]):
        info = {"family": np.array(families, dtype=object)}
        found.append(fit(replace(bundle, model_info=info, fingerprint=""), chosen, split(bundle)))
    assert found[0].ensemble.weights == pytest.approx(found[1].ensemble.weights)
    assert found[0].ensemble.members == found[1].ensemble.members


@pytest.mark.parametrize(
    ("costs", "sentence"),
    [
        ([1.0, np.nan, 2.0], "cost of 'model-1'"),
        ([1.0, 2.0, -1.0], "cost of 'model-2'"),
        (["cheap", "2", "3"], "cost of 'model-0'"),
        ([1, None, 2], "cost of 'model-1'"),
        ([0, 0, 0], "All costs are zero"),
    ],
)
def test_who_has_no_usable_cost_is_named(costs, sentence):
    bundle = random_bundle(3)
    priced = replace(bundle, model_info={"cost": np.array(costs)}, fingerprint="")
    with pytest.raises(BundleError, match=sentence):
        member_costs(priced, priced.models)
    with pytest.raises(BundleError, match=sentence):
        summarise(priced, ensembles=[Ensemble(priced.models, "cascade")])


def test_costs_are_those_of_the_members_that_are_asked_for():
    bundle = random_bundle(3)
    assert member_costs(bundle, bundle.models) is None
    priced = replace(bundle, model_info={"cost": np.array(["1", "x", "2.5"])}, fingerprint="")
    assert member_costs(priced, ("model-2", "model-0")) == [2.5, 1.0]
