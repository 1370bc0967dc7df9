"""What must hold for any bundle; the loops go over the whole catalogue."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made import WEIGHED, random_bundle, weighed

from analysis.bundle import Bundle
from analysis.catalog import CATALOG, of_kind, value
from analysis.ensemble import Ensemble, answers, combine
from analysis.grading import judgeable
from analysis.intervals import wilson
from analysis.outcomes import against, outcomes
from analysis.pareto import ranks
from analysis.quality import aurc
from analysis.rules import RULES
from analysis.search import evaluate
from analysis.sums import FAMILIES
from analysis.tally import tally

SUMS = tuple(name for names, _ in FAMILIES for name in names)
COUNTS = tuple(
    name for name, sums in tally(random_bundle(), SUMS).sums.items() if sums.dtype == torch.int64
)
TINY = 1e-9
POOLS = tuple(name for name in WEIGHED if RULES[name].pool is not None)
MEASURES = tuple(measure for measure in CATALOG.values() if measure.kind != "sample")

few = settings(deadline=None, max_examples=25, derandomize=True)
missing_rules = st.sampled_from(["exclude", "wrong"])


@st.composite
def bundles(draw, *, most=5, gaps=None, classes=None, probabilities=None, unlabelled=None):
    """Any small bundle; some with gaps, without probabilities or partly labelled."""
    found = random_bundle(
        draw(st.integers(1, most)),
        draw(st.integers(1, 30)),
        classes or draw(st.integers(2, 5)),
        seed=draw(st.integers(0, 10_000)),
        gaps=draw(st.sampled_from([0.0, 0.3, 0.9])) if gaps is None else gaps,
        probabilities=True,
    )
    if probabilities is None:
        kept = draw(st.sampled_from([found.models, (), found.models[::2]]))
        found = replace(found, probabilities={m: found.probabilities[m] for m in kept})
    if unlabelled is None:
        unlabelled = draw(st.sampled_from([False, False, True]))
    if unlabelled:
        hidden = torch.rand(len(found.ids), generator=seeded(draw)) < 0.4
        found = relabelled(found, torch.where(hidden, -1, found.labels))
    return found


@st.composite
def graded_bundles(draw):
    """Answers that were graded elsewhere: no labels, grades without answers and the reverse."""
    found = draw(bundles(unlabelled=False))
    generator = seeded(draw)
    grades = torch.randint(-1, 2, found.predictions.shape, generator=generator, dtype=torch.int8)
    return replace(found, labels=None, grades=grades, fingerprint="")


all_bundles = st.one_of(bundles(), graded_bundles())


def usable_rules(bundle) -> tuple[str, ...]:
    return tuple(WEIGHED) if len(bundle.probabilities) == len(bundle.models) else ("plurality",)


def seeded(draw) -> torch.Generator:
    return torch.Generator().manual_seed(draw(st.integers(0, 10_000)))


def relabelled(bundle, labels) -> Bundle:
    return replace(bundle, labels=labels, grades=None, fingerprint="")


def summed(bundle, **options):
    return tally(bundle, SUMS, groups=tuple(bundle.groups), **options)


def measured(measure, sums):
    return value(measure, sums, group="region")


def same_sums(found, expected, *, exact=COUNTS):
    assert set(found.sums) == set(expected.sums)
    for name, sums in expected.sums.items():
        tolerance = 0 if name in exact or name.startswith("group_") else 1e-12
        # Answers per class are kept for each other model only where there are gaps.
        one, other = torch.broadcast_tensors(found[name].double().cpu(), sums.double().cpu())
        torch.testing.assert_close(one, other, rtol=0, atol=tolerance, msg=name)


def same_values(found, expected, tolerance=TINY):
    torch.testing.assert_close(found.cpu(), expected.cpu(), rtol=0, atol=tolerance, equal_nan=True)


@few
@given(all_bundles, missing_rules)
def test_every_measure_has_its_shape_and_stays_within_its_bounds(bundle, missing):
    sums = summed(bundle, missing=missing)
    models, levels = len(bundle.models), len(bundle.groups["region"].levels)
    shapes = {"model": (models,), "pair": (models, models), "group": (models, levels), "set": ()}
    for measure in MEASURES:
        found = measured(measure, sums)
        assert found.dtype == torch.float64, measure.name
        assert found.shape == shapes[measure.kind], measure.name
        assert not found.isinf().any(), measure.name
        low, high = measure.bounds
        known = found[found.isfinite()]
        assert low is None or (known >= low - TINY).all(), measure.name
        assert high is None or (known <= high + TINY).all(), measure.name


@few
@given(all_bundles, missing_rules)
def test_pair_measures_are_symmetric_unless_they_name_a_direction(bundle, missing):
    sums = summed(bundle, missing=missing)
    for measure in of_kind("pair"):
        if measure.symmetric:
            found = measured(measure, sums)
            same_values(found, found.T)
    same_values(measured(CATALOG["nfr"], sums), measured(CATALOG["pfr"], sums).T, 0)


@few
@given(all_bundles, missing_rules, st.randoms(use_true_random=False))
def test_the_order_of_models_permutes_results_only(bundle, missing, random):
    order = random.sample(range(len(bundle.models)), len(bundle.models))
    shuffled = summed(bundle.select([bundle.models[row] for row in order]), missing=missing)
    plain = summed(bundle, missing=missing)
    for measure in MEASURES:
        expected = measured(measure, plain)
        expected = expected if measure.kind == "set" else expected[order]
        expected = expected[:, order] if measure.kind == "pair" else expected
        same_values(measured(measure, shuffled), expected)


@few
@given(all_bundles, missing_rules, st.randoms(use_true_random=False))
def test_the_order_of_samples_changes_nothing(bundle, missing, random):
    order = random.sample(range(len(bundle.ids)), len(bundle.ids))
    shuffled = bundle.take(torch.tensor(order))
    same_sums(summed(shuffled, missing=missing), summed(bundle, missing=missing))


@few
@given(all_bundles, missing_rules)
def test_the_size_of_chunks_changes_nothing(bundle, missing):
    whole = summed(bundle, missing=missing)
    for chunk in (1, 7):
        same_sums(summed(bundle, missing=missing, chunk=chunk), whole)


@few
@given(all_bundles, missing_rules, st.data())
def test_tallies_of_different_samples_add_up(bundle, missing, data):
    first = torch.rand(len(bundle.ids), generator=seeded(data.draw)) < 0.5
    parts = summed(bundle, missing=missing, weights=first)
    parts = parts + summed(bundle, missing=missing, weights=~first)
    same_sums(parts, summed(bundle, missing=missing))


@few
@given(all_bundles, missing_rules, st.data())
def test_a_mask_as_weights_is_the_same_as_taking_the_samples(bundle, missing, data):
    kept = torch.rand(len(bundle.ids), generator=seeded(data.draw)) < 0.5
    kept[0] = True
    masked = summed(bundle, missing=missing, weights=kept)
    same_sums(masked, summed(bundle.take(kept), missing=missing))
    same_sums(masked, summed(bundle, missing=missing, weights=kept.double()))


@few
@given(bundles(), missing_rules, st.data())
def test_integer_weights_are_repeated_samples(bundle, missing, data):
    times = torch.randint(4, (len(bundle.ids),), generator=seeded(data.draw))
    times[0] = 1
    rows = torch.arange(len(times)).repeat_interleave(times)
    repeated = Bundle(
        models=bundle.models,
        ids=tuple(map(str, range(len(rows)))),
        classes=bundle.classes,
        predictions=bundle.predictions[:, rows],
        labels=bundle.labels[rows],
        probabilities={name: table[rows] for name, table in bundle.probabilities.items()},
        groups=bundle.take(rows[:1]).groups
        | {
            name: replace(grouping, codes=grouping.codes[rows])
            for name, grouping in bundle.groups.items()
        },
    )
    weighted = summed(bundle, missing=missing, weights=times)
    assert all(sums.dtype == torch.float64 for sums in weighted.sums.values())
    same_sums(weighted, summed(repeated, missing=missing))


@few
@given(bundles(probabilities=True), st.data())
def test_fractional_weights_scale_out_of_every_mean(bundle, data):
    weights = torch.rand(len(bundle.ids), generator=seeded(data.draw), dtype=torch.float64) + 0.5
    once, thrice = summed(bundle, weights=weights), summed(bundle, weights=3 * weights)
    for name in ("accuracy", "log_loss", "disagreement_labels", "double_fault", "js_nats"):
        same_values(measured(CATALOG[name], thrice), measured(CATALOG[name], once))


@few
@given(bundles(), missing_rules)
def test_counts_agree_with_a_loop_over_pairs_and_samples(bundle, missing):
    sums = tally(bundle, COUNTS, missing=missing)
    names = ("both_answered", "both_graded", "both_right", "both_wrong", "right_given", "same")
    for i in range(len(bundle.models)):
        for j in range(len(bundle.models)):
            expected = naive(bundle, i, j, missing)
            assert {name: int(sums[name][i, j]) for name in names} == expected


def naive(bundle, i, j, missing) -> dict[str, int]:
    names = ("both_answered", "both_graded", "both_right", "both_wrong", "right_given", "same")
    found = dict.fromkeys(names, 0)
    for n, label in enumerate(bundle.labels.tolist()):
        one, other = int(bundle.predictions[i, n]), int(bundle.predictions[j, n])
        gap = one == -1 or other == -1
        found["same"] += not gap and one == other
        if gap and missing == "exclude":
            continue
        found["both_answered"] += 1
        if label == -1:
            continue
        found["both_graded"] += 1
        found["both_right"] += one == label and other == label
        found["both_wrong"] += one != label and other != label
        found["right_given"] += one == label
    return found


@few
@given(all_bundles, missing_rules)
def test_equal_answers_are_counted_alike_with_and_without_weights(bundle, missing):
    ones = torch.ones(len(bundle.ids), dtype=torch.float64)
    names = ("same", "same_graded", "same_right")
    plain = tally(bundle, names, missing=missing)
    weighted = tally(bundle, names, missing=missing, weights=ones)
    for name in names:
        assert torch.equal(plain[name].double(), weighted[name])


def test_every_device_gives_the_same_tally(device):
    bundle = random_bundle(6, 200, 5, seed=3, gaps=0.2)
    weights = torch.arange(200) % 3
    for options in ({}, {"missing": "wrong"}, {"weights": weights}, {"weights": weights == 1}):
        found = summed(bundle.to(device), **options)
        expected = summed(bundle, **options)
        for name in COUNTS:
            assert torch.equal(found[name].cpu(), expected[name]), name
        for name in expected.sums:
            torch.testing.assert_close(
                found[name].cpu().double(), expected[name].double(), rtol=0, atol=1e-5
            )


@pytest.mark.parametrize("rule", WEIGHED)
def test_every_device_combines_alike(device, rule):
    bundle = random_bundle(5, 200, 4, seed=4, gaps=0.2)
    ensemble = weighed(bundle.models, rule)
    found = combine(bundle.to(device), ensemble)
    assert torch.equal(found.predictions.cpu(), combine(bundle, ensemble).predictions)


@few
@given(all_bundles)
def test_the_four_cells_of_a_pair_add_up_to_its_samples(bundle):
    sums = tally(bundle, COUNTS)
    only_first = sums["right_given"] - sums["both_right"]
    total = sums["both_right"] + only_first + only_first.T + sums["both_wrong"]
    assert torch.equal(total, sums["both_graded"])
    for name in ("both_right", "both_wrong", "right_given"):
        assert (sums[name] >= 0).all()


@few
@given(bundles(classes=2, gaps=0.0, unlabelled=False))
def test_with_two_classes_every_disagreement_is_an_error_of_one(bundle):
    sums = summed(bundle)
    labels = measured(CATALOG["disagreement_labels"], sums)
    same_values(labels, measured(CATALOG["error_disagreement"], sums), 0)


@few
@given(bundles(gaps=0.0, unlabelled=False))
def test_label_disagreement_is_never_below_error_disagreement(bundle):
    sums = summed(bundle)
    labels = measured(CATALOG["disagreement_labels"], sums)
    assert (labels >= measured(CATALOG["error_disagreement"], sums)).all()
    both_wrong = measured(CATALOG["double_fault"], sums)
    assert (measured(CATALOG["same_wrong_rate"], sums) <= both_wrong).all()


@few
@given(bundles(probabilities=True), missing_rules)
def test_jensen_shannon_is_zero_for_twins_and_at_most_ln_2(bundle, missing):
    twins = tuple(f"twin of {name}" for name in bundle.models)
    copies = dict(zip(twins, bundle.probabilities.values(), strict=True))
    double = bundle.append(replace(bundle, models=twins, probabilities=copies))
    found = measured(CATALOG["js_nats"], summed(double, missing=missing))
    models = len(bundle.models)
    known = found.isfinite()
    assert (found[known] >= 0).all()
    assert (found[known] <= math.log(2) + TINY).all()
    of_twins = found[:models, models:].diagonal()
    assert (of_twins[of_twins.isfinite()].abs() < TINY).all()
    same_values(found[:models, :models], found[models:, models:])


@few
@given(all_bundles, missing_rules)
def test_outcomes_add_up_and_explain_the_accuracy(bundle, missing):
    for rule in usable_rules(bundle):
        combined = combine(bundle, weighed(bundle.models, rule))
        found = outcomes(bundle, combined, missing=missing)
        counts, judged = found.counts(), int(found.judged.sum())
        assert sum(counts.values()) == judged
        assert int((found.codes >= 0).sum()) == judged
        right = counts["kept"] + counts["corrected"] + counts["rescued"]
        assert right == int(found.right.sum())
        oracle = int(((found.members_right > 0) & found.judged).sum())
        lost = counts["overruled"] + counts["spoiled"]
        assert right == oracle - lost + counts["rescued"]


@few
@given(bundles(), missing_rules)
def test_a_vote_rescues_nothing(bundle, missing):
    combined = combine(bundle, Ensemble(bundle.models, "plurality"))
    assert outcomes(bundle, combined, missing=missing).counts()["rescued"] == 0


@few
@given(bundles(probabilities=True))
def test_no_rule_overrules_members_that_are_all_right(bundle):
    for rule in WEIGHED:
        combined = combine(bundle, weighed(bundle.models, rule))
        assert outcomes(bundle, combined).counts()["overruled"] == 0


@few
@given(bundles(probabilities=True), missing_rules)
def test_accuracy_gained_on_a_reference_is_corrections_minus_regressions(bundle, missing):
    combined = combine(bundle, Ensemble(bundle.models, "mean"))
    for model in bundle.models:
        single = bundle.select((model,))
        change = against(combined, single, missing=missing).long()
        both = (combined.grades[0] >= 0) & (single.grades[0] >= 0)
        both = combined.labelled if missing == "wrong" else both
        gained = (combined.correct[0] & both).sum() - (single.correct[0] & both).sum()
        assert int(change.sum()) == int(gained)


@few
@given(bundles(gaps=0.0, unlabelled=False))
def test_corrections_minus_regressions_averaged_over_members_is_the_gain_on_the_mean(bundle):
    combined = combine(bundle, Ensemble(bundle.models, "plurality"))
    changes = [against(combined, bundle.select((model,))).double() for model in bundle.models]
    gain = combined.correct.double().mean() - bundle.correct.double().mean()
    assert torch.stack(changes).mean().item() == pytest.approx(gain.item(), abs=TINY)


@few
@given(st.integers(0, 300), st.integers(1, 300))
def test_the_wilson_interval_lies_in_0_to_1_and_holds_the_share(right, more):
    count = right + more - 1
    low, high = wilson(torch.tensor(right), torch.tensor(count))
    if count == 0:
        assert low.isnan()
        assert high.isnan()
    else:
        assert 0 <= low <= right / count + TINY
        assert right / count - TINY <= high <= 1


@few
@given(bundles(), missing_rules)
def test_group_accuracies_average_to_the_accuracy(bundle, missing):
    sums = summed(bundle, missing=missing)
    rate = measured(CATALOG["group_accuracy"], sums).nan_to_num()
    weighted = (rate * sums["group_graded/region"]).sum(1) / sums["graded"]
    same_values(weighted, measured(CATALOG["accuracy"], sums))


@few
@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1), st.data())
def test_aurc_ignores_the_order_of_rows_and_increasing_transforms(rows, data):
    confidence = torch.tensor([level for level, _ in rows]).double()
    right = torch.tensor([flag for _, flag in rows])
    order = torch.randperm(len(rows), generator=seeded(data.draw))
    expected = aurc(confidence, right).item()
    assert aurc(confidence[order], right[order]).item() == pytest.approx(expected, abs=TINY)
    assert aurc(confidence.exp() / 7 - 3, right).item() == pytest.approx(expected, abs=TINY)
    assert 0 <= expected <= 1


points = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12
)
SENSES = ("max", "min", "max")


@few
@given(points, st.data())
def test_a_dominated_point_does_not_move_the_front(rows, data):
    values = torch.tensor(rows).double()
    worse = values[data.draw(st.integers(0, len(rows) - 1))] + torch.tensor([-1.0, 1.0, 0.0])
    front = ranks(values, SENSES) == 0
    more = ranks(torch.cat([values, worse[None]]), SENSES) == 0
    assert torch.equal(more, torch.cat([front, torch.tensor([False])]))


@few
@given(points, st.data())
def test_ranks_survive_rescaling_and_follow_their_rows(rows, data):
    values = torch.tensor(rows).double()
    found = ranks(values, SENSES)
    assert found.min() == 0
    assert torch.equal(ranks(values * torch.tensor([2.0, 0.5, 8.0]) + 3, SENSES), found)
    order = torch.randperm(len(rows), generator=seeded(data.draw))
    assert torch.equal(ranks(values[order], SENSES), found[order])


@few
@given(bundles(most=6), st.integers(0, 10_000))
def test_many_teams_at_once_answer_as_each_alone(bundle, seed):
    generator = torch.Generator().manual_seed(seed)
    membership = torch.rand(7, len(bundle.models), generator=generator) < 0.5
    membership[:, 0] |= ~membership.any(1)
    for rule in usable_rules(bundle):
        parts = list(answers(bundle, rule, membership.double()))
        said = torch.cat([part.predictions for part in parts], dim=1)
        for row, team in enumerate(membership):
            members = tuple(m for m, kept in zip(bundle.models, team, strict=True) if kept)
            even = (1.0,) * len(members)
            alone = combine(bundle, Ensemble(members, rule, weights=even))
            assert torch.equal(said[row], alone.predictions[0]), (rule, members)


@few
@given(all_bundles, missing_rules)
def test_many_teams_at_once_are_as_accurate_as_each_alone(bundle, missing):
    models = len(bundle.models)
    membership = torch.eye(models, dtype=torch.bool).roll(1, 0) | torch.eye(models, dtype=bool)
    found = evaluate(bundle, membership, "plurality", missing=missing)
    for row, team in enumerate(membership):
        members = tuple(m for m, kept in zip(bundle.models, team, strict=True) if kept)
        whole, counted = combine(bundle, Ensemble(members)), judgeable(bundle)
        alone = outcomes(bundle.select(members), whole, missing=missing, labelled=counted)
        same_values(found.accuracy[row], alone.right.sum().double() / alone.judged.sum())
        assert int(found.judged[row]) == int(alone.judged.sum())
        if bundle.labels is not None:
            sums = summed(whole, missing=missing)
            same_values(found.accuracy[row], measured(CATALOG["accuracy"], sums)[0])


@few
@given(bundles(probabilities=True))
def test_pools_give_distributions_wherever_somebody_answered(bundle):
    for rule in POOLS:
        combined = combine(bundle, weighed(bundle.models, rule))
        (pooled,) = combined.probabilities.values()
        answered = bundle.answered.any(0)
        assert torch.equal(combined.answered[0], answered)
        same_values(pooled[answered].sum(1), torch.ones(int(answered.sum())).double())


@few
@given(bundles())
def test_one_member_is_the_ensemble(bundle):
    for rule in usable_rules(bundle):
        combined = combine(bundle, weighed(bundle.models[:1], rule))
        assert torch.equal(combined.predictions, bundle.predictions[:1])
        assert torch.equal(combined.grades, bundle.grades[:1])
