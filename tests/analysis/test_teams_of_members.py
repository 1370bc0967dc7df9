"""Identities of the measures of a team, and their agreement with naive loops."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from known import measured
from made import WEIGHED, bundle_of, random_bundle, weighed

from analysis.catalog import CATALOG, of_kind
from analysis.ensemble import Ensemble, combine
from analysis.intervals import wilson
from analysis.judging import judge
from analysis.outcomes import correction_curve, good_and_bad, mean_member_error, outcomes
from analysis.pairwise import mean_over_pairs
from analysis.sums.piece import pieces
from analysis.sums.votes import most_frequent
from analysis.tally import tally

TINY = 1e-9
few = settings(deadline=None, max_examples=25, derandomize=True)
missing_rules = st.sampled_from(["exclude", "wrong"])
SETS = tuple(measure.name for measure in of_kind("set"))


@st.composite
def teams(draw, *, gaps=(0.0, 0.3, 0.8), least=1):
    """Two to five models with probabilities, some samples without a label."""
    found = random_bundle(
        draw(st.integers(least, 5)),
        draw(st.integers(1, 25)),
        draw(st.integers(2, 5)),
        seed=draw(st.integers(0, 10_000)),
        gaps=draw(st.sampled_from(gaps)),
        accuracy=draw(st.sampled_from([0.0, 0.6])),
    )
    if draw(st.booleans()):
        hidden = torch.arange(len(found.ids)) % 4 == 3
        labels = torch.where(hidden, -1, found.labels)
        found = replace(found, labels=labels, grades=None, fingerprint="")
    return found


full_teams = teams(gaps=(0.0,), least=2)


def same(found, expected):
    assert float(found) == pytest.approx(float(expected), rel=0, abs=TINY, nan_ok=True)


def fleiss(rows):
    """Fleiss' kappa of [n, categories] counts, each row with the same number of raters."""
    raters = rows[0].sum()
    shares = rows.sum(0) / rows.sum()
    agreed = ((rows * rows).sum(1) - raters) / (raters * (raters - 1))
    expected = (shares**2).sum()
    return (agreed.mean() - expected) / (1 - expected)


@few
@given(full_teams)
def test_kohavi_wolpert_variance_is_the_mean_error_disagreement_rescaled(bundle):
    members = len(bundle.models)
    disagreement = mean_over_pairs(measured(bundle, "error_disagreement"))
    same(measured(bundle, "kw"), (members - 1) / (2 * members) * disagreement)


@few
@given(full_teams)
def test_interrater_agreement_is_fleiss_kappa_of_the_right_and_wrong_marks(bundle):
    right = bundle.correct[:, bundle.labelled].sum(0).double()
    rows = torch.stack([right, len(bundle.models) - right], dim=1)
    found = measured(bundle, "kappa")
    same(found, fleiss(rows) if 0 < right.sum() < rows.sum() else math.nan)


@few
@given(full_teams)
def test_without_gaps_agreement_of_the_answers_is_fleiss_kappa(bundle):
    classes = torch.arange(len(bundle.classes))[:, None, None]
    rows = (bundle.predictions == classes).sum(1).T.double()
    one_class = int((rows.sum(0) > 0).sum()) == 1
    same(measured(bundle, "fleiss_kappa_labels"), math.nan if one_class else fleiss(rows))


@few
@given(teams(), missing_rules)
def test_with_gaps_agreement_of_the_answers_is_that_of_all_pairs_of_answers(bundle, missing):
    pairs = []
    for n in range(len(bundle.ids)):
        said = bundle.predictions[:, n].tolist()
        if missing == "exclude":
            said = [answer for answer in said if answer >= 0]
        pairs += [(a, b) for i, a in enumerate(said) for j, b in enumerate(said) if i != j]
    found = measured(bundle, "fleiss_kappa_labels", missing=missing)
    answered = [a for a, _ in pairs if a >= 0]
    if not pairs or answered.count(answered[0] if answered else 0) == len(pairs):
        assert found.isnan()
        return
    agreed = sum(a == b and a >= 0 for a, b in pairs) / len(pairs)
    expected = sum((answered.count(c) / len(pairs)) ** 2 for c in set(answered))
    same(found, (agreed - expected) / (1 - expected))


@few
@given(teams(least=2), missing_rules)
def test_correctness_diversity_agrees_with_loops_over_samples(bundle, missing):
    members = len(bundle.models)
    rows = bundle.labelled if missing == "wrong" else (bundle.grades >= 0).all(0)
    hits = bundle.correct[:, rows].sum(0).tolist()
    expected = dict.fromkeys(("entropy", "theta", "gd", "cfd"), math.nan)
    if hits:
        mean = sum(hits) / members / len(hits)
        most = members - math.ceil(members / 2)
        expected["entropy"] = sum(min(hit, members - hit) for hit in hits) / most / len(hits)
        expected["theta"] = sum((hit / members - mean) ** 2 for hit in hits) / len(hits)
        wrong = [members - hit for hit in hits if hit < members]
        expected["cfd"] = 0.0
    if hits and wrong:
        others = members * (members - 1)
        both = sum(fails * (fails - 1) / others for fails in wrong)
        expected["gd"] = 1 - both / sum(fails / members for fails in wrong)
        alone = [(members - fails) / (members - 1) for fails in wrong]
        expected["cfd"] = sum(alone) / len(wrong)
    for name, number in expected.items():
        same(measured(bundle, name, missing=missing), number)


def test_a_sample_that_one_member_left_out_is_not_in_the_histogram():
    bundle = bundle_of([[0, 1, -1, 0], [0, 0, 0, 0]], [0, 0, 0, -1])
    assert tally(bundle, ("members_right",))["members_right"].tolist() == [0, 1, 1]
    strict = tally(bundle, ("members_right",), missing="wrong")["members_right"]
    assert strict.tolist() == [0, 2, 1]


def test_an_answer_counts_once_for_every_other_answer_to_its_sample():
    bundle = bundle_of([[0, 1, 2], [0, 2, -1], [1, 2, -1]])
    assert tally(bundle, ("paired_votes",))["paired_votes"].tolist() == [4, 4, 4]
    half = torch.full((3,), 0.5)
    assert tally(bundle, ("paired_votes",), weights=half)["paired_votes"].tolist() == [2, 2, 2]


def test_a_grade_without_an_answer_meets_no_other_answer():
    grades = torch.tensor([[1, 1], [1, 0], [0, 0]], dtype=torch.int8)
    bundle = bundle_of([[0, -1], [0, 1], [1, 1]], grades=grades)
    assert tally(bundle, ("paired_votes",))["paired_votes"].tolist() == [4, 4, 0]
    assert tally(bundle, ("members_right",))["members_right"].tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize("weight", [0.1, 0.7, 1 / 3])
def test_one_class_alone_leaves_nothing_to_explain_whatever_the_weights(weight):
    bundle = bundle_of([[0] * 11] * 5)
    weights = torch.full((11,), weight, dtype=torch.float64)
    assert measured(bundle, "fleiss_kappa_labels", weights=weights).isnan()


def stacked(bundle):
    """Probabilities [S, N, C], and bool [S, N] where a member answered."""
    return torch.stack(list(bundle.probabilities.values())), bundle.predictions >= 0


def pooled_samples(bundle):
    """The members' probabilities [k, C] and the label of each sample that decompositions use."""
    values, scored = stacked(bundle)
    for n, label in enumerate(bundle.labels.tolist()):
        members = values[scored[:, n], n]
        if label >= 0 and len(members) > 1:
            yield members, label


def mean_of(numbers):
    numbers = [float(number) for number in numbers]
    return sum(numbers) / len(numbers) if numbers else math.nan


def kl(p, q):
    return (p * (p / q).log()).sum()


@few
@given(teams())
def test_the_brier_score_of_the_mean_is_the_members_minus_the_ambiguity(bundle):
    samples = list(pooled_samples(bundle))
    apart = mean_of((members - members.mean(0)).square().sum(1).mean() for members, _ in samples)
    hot = torch.eye(len(bundle.classes), dtype=torch.float64)
    own = mean_of((members - hot[label]).square().sum(1).mean() for members, label in samples)
    same(measured(bundle, "ambiguity"), apart)
    same(measured(bundle, "mean_member_brier"), own)
    same(measured(bundle, "mean_brier"), own - apart)


@few
@given(teams())
def test_the_log_loss_of_the_mean_is_the_members_minus_the_jensen_gap(bundle):
    samples = list(pooled_samples(bundle))
    own = mean_of(-members[:, label].log().mean() for members, label in samples)
    pooled = mean_of(-members[:, label].mean().log() for members, label in samples)
    same(measured(bundle, "mean_member_log_loss"), own)
    same(measured(bundle, "mean_log_loss"), pooled)
    same(measured(bundle, "jensen_gap"), own - pooled)


@few
@given(teams())
def test_the_members_log_loss_is_that_of_the_geometric_mean_plus_their_divergence_from_it(bundle):
    geometric, spread, own = [], [], []
    for members, label in pooled_samples(bundle):
        middle = members.log().mean(0).softmax(0)
        geometric.append(-middle[label].log())
        spread.append(mean_of(kl(middle, member) for member in members))
        own.append(-members[:, label].log().mean())
    same(measured(bundle, "geometric_log_loss"), mean_of(geometric))
    same(measured(bundle, "geometric_variance"), mean_of(spread))
    same(mean_of(own), mean_of(geometric) + mean_of(spread))


@few
@given(full_teams)
def test_pooled_losses_are_those_of_the_ensembles(bundle):
    for rule, name in (("mean", "mean_log_loss"), ("geometric", "geometric_log_loss")):
        combined = combine(bundle, Ensemble(bundle.models, rule))
        same(measured(bundle, name), measured(combined, "log_loss")[0])
    same(measured(bundle, "mean_brier"), measured(combine_mean(bundle), "brier")[0])


def combine_mean(bundle):
    return combine(bundle, Ensemble(bundle.models, "mean"))


@few
@given(teams())
def test_the_entropy_of_the_mean_is_the_members_plus_their_divergence_from_the_mean(bundle):
    values, scored = stacked(bundle)
    total, own, apart = [], [], []
    for n in range(len(bundle.ids)):
        members = values[scored[:, n], n]
        if len(members) > 1:
            mean = members.mean(0)
            total.append(-(mean * mean.log()).sum())
            own.append(-(members * members.log()).sum(1).mean())
            apart.append(mean_of(kl(member, mean) for member in members))
    same(measured(bundle, "mean_entropy_total"), mean_of(total))
    same(measured(bundle, "mean_entropy_expected"), mean_of(own))
    same(measured(bundle, "mean_mutual_information"), mean_of(apart))
    assert not total or mean_of(apart) <= math.log(min(values.shape[0], values.shape[2])) + TINY


def gaps_of(bundle):
    (piece,) = pieces(bundle, len(bundle.ids))
    row = CATALOG["sample_jensen_gap"]
    return row.function(*(getattr(piece, need) for need in row.needs))


@few
@given(teams())
def test_the_jensen_gap_is_the_mean_of_its_samples_and_never_negative(bundle):
    found = gaps_of(bundle)
    assert found.shape == (len(bundle.ids),)
    assert (found[found.isfinite()] >= 0).all()
    same(measured(bundle, "jensen_gap"), found.nanmean())
    twins = twin_of(bundle)
    twice = gaps_of(twins)[(twins.labels >= 0) & (twins.predictions >= 0).all(0)]
    assert (twice.abs() < TINY).all()


def twin_of(bundle):
    """The first model and a copy of it."""
    first = bundle.select(bundle.models[:1])
    (table,) = first.probabilities.values()
    return first.append(replace(first, models=("twin",), probabilities={"twin": table}))


@few
@given(teams(gaps=(0.0,)))
def test_twins_have_no_diversity(bundle):
    twins = twin_of(bundle)
    for name in ("jensen_gap", "ambiguity", "geometric_variance", "mean_mutual_information"):
        found = measured(twins, name)
        assert found.isnan() or 0 <= found < TINY, name
    for name in ("entropy", "kw", "domingos_variance"):
        assert measured(twins, name).nan_to_num().item() == 0, name


def test_impossible_labels_leave_every_loss_finite():
    tables = {name: torch.tensor([[1.0, 0.0]], dtype=torch.float64) for name in "ab"}
    bundle = bundle_of([[0], [0]], [1], "xy", probabilities=tables)
    assert measured(bundle, "mean_log_loss").item() == pytest.approx(-math.log(1e-12))
    assert measured(bundle, "jensen_gap").item() == 0
    assert measured(bundle, "geometric_variance").item() == 0
    assert gaps_of(bundle).tolist() == [0]


def test_losses_of_many_probabilities_in_single_precision_stay_close():
    double = random_bundle(3, 7_500, 100)
    single = {name: table.float() for name, table in double.probabilities.items()}
    single = replace(double, probabilities=single, fingerprint="")
    (piece,) = pieces(single, 7_500)
    assert piece.distributions.values.dtype == torch.float32
    for name in SETS:
        found, expected = measured(single, name).item(), measured(double, name).item()
        assert found == pytest.approx(expected, rel=0, abs=1e-6), name


@few
@given(teams(), missing_rules)
def test_the_0_1_loss_splits_as_a_loop_over_samples_says(bundle, missing):
    rows = []
    for n, label in enumerate(bundle.labels.tolist()):
        said = [answer for answer in bundle.predictions[:, n].tolist() if answer >= 0]
        members = len(bundle.models) if missing == "wrong" else len(said)
        if label < 0 or not members:
            continue
        main = min(said, key=lambda answer: (-said.count(answer), answer), default=-1)
        spread, right = 1 - said.count(main) / members, said.count(label) / members
        rows.append((main != label, spread, spread * (main == label), right * (main != label)))
        rows[-1] += (1 - right,)
    names = ("bias", "variance", "variance_unbiased", "variance_biased")
    expected = [mean_of(column) for column in zip(*rows, strict=True)] or [math.nan] * 5
    found = [measured(bundle, f"domingos_{name}", missing=missing).item() for name in names]
    found.append(measured(bundle, "mean_error", missing=missing).item())
    assert found == pytest.approx(expected, abs=TINY, nan_ok=True)
    same(found[4], found[0] + found[2] - found[3])


def test_the_most_frequent_answer_needs_no_column_per_class():
    said = torch.tensor([[2_000_000_000, 7, -1], [5, 7, -1], [2_000_000_000, 3, -1]])
    main, votes = most_frequent(said.int())
    assert main.tolist() == [2_000_000_000, 7, -1]
    assert votes.tolist() == [2, 2, 0]


def test_equally_frequent_answers_go_to_the_lowest_class():
    main, votes = most_frequent(torch.tensor([[3, 9], [1, 9], [1, 2], [3, 2]]))
    assert main.tolist() == [1, 2]
    assert votes.tolist() == [2, 2]


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
@pytest.mark.parametrize(
    "bundle",
    [
        bundle_of([[0, 1], [1, 1]]),
        bundle_of([[0, 1], [1, 1]], labels=[-1, -1]),
        bundle_of([[-1, -1], [-1, -1]], classes=""),
    ],
    ids=["no labels", "all unlabelled", "all missing"],
)
def test_what_no_sample_tells_of_a_team_is_undefined(bundle, missing):
    without_labels = {"fleiss_kappa_labels", "vendi_answers"}
    for name in SETS:
        if name not in without_labels:
            assert measured(bundle, name, missing=missing).isnan(), name
        nothing = torch.zeros(2, dtype=torch.bool)
        assert measured(bundle, name, missing=missing, weights=nothing).isnan(), name


def test_grades_without_answers_tell_of_correctness_only():
    grades = torch.tensor([[1, 0, 1], [1, 1, 0]], dtype=torch.int8)
    bundle = bundle_of([[-1] * 3, [-1] * 3], classes="", grades=grades)
    assert measured(bundle, "kw").item() == pytest.approx(1 / 6)
    for name in ("fleiss_kappa_labels", "mean_error", "domingos_bias"):
        assert measured(bundle, name).isnan(), name


@few
@given(full_teams)
def test_weights_that_are_all_equal_change_nothing(bundle):
    weights = torch.full((len(bundle.ids),), 0.3, dtype=torch.float64)
    for name in SETS:
        same(measured(bundle, name, weights=weights), measured(bundle, name))


@few
@given(teams(), missing_rules)
def test_the_ledger_explains_the_accuracy(bundle, missing):
    for rule in WEIGHED:
        entry = judge(bundle, weighed(bundle.models, rule), missing=missing)
        n = entry["n"]
        if n == 0:
            assert "ledger" not in entry
            continue
        book, rescued = entry["ledger"], entry["outcomes"]["rescued"]
        broken = book["breakage_any"]
        same(entry["accuracy"], entry["oracle_accuracy"] - broken / n + rescued / n)
        error = book["mean_member_error"] - book["good_diversity"] + book["bad_diversity"]
        same(1 - entry["accuracy"], error)
        found = entry["correction_curve"]
        assert set(found) == set(entry["members_right"])
        for k, row in entry["members_right"].items():
            samples = row["right"] + row["wrong"]
            assert found[k]["rate"] == (row["right"] / samples if samples else None)


@few
@given(full_teams)
def test_the_gain_on_the_best_member_is_corrections_minus_regressions(bundle):
    best = measured(bundle, "accuracy").max().item()
    for rule in WEIGHED:
        entry = judge(bundle, weighed(bundle.models, rule))
        gain = (entry["corrections"] - entry["regressions"]) / entry["n"]
        same(entry["accuracy"] - best, gain)
        same(entry["recoverable_gap"], entry["oracle_accuracy"] - best)
        if entry["oracle_accuracy"] > best:
            same(entry["recovered_fraction"], gain / (entry["oracle_accuracy"] - best))
        else:
            assert entry["recovered_fraction"] is None


@few
@given(full_teams)
def test_the_members_mean_error_is_that_of_the_models(bundle):
    found = outcomes(bundle, combine_mean(bundle))
    same(mean_member_error(found), (1 - measured(bundle, "accuracy")).mean())


def test_good_and_bad_diversity_worked_by_hand():
    team = bundle_of([[0, 0, 1, -1], [0, 1, 1, 1], [1, 1, 1, 0]], [0, 0, 0, 0])
    combined = bundle_of([[0, 1, 0, 1]], [0, 0, 0, 0])
    good, bad = good_and_bad(outcomes(team, combined))
    assert good.item() == pytest.approx((1 / 3 + 1) / 4)
    assert bad.item() == pytest.approx((1 / 3 + 1 / 2) / 4)
    good, bad = good_and_bad(outcomes(team, combined, missing="wrong"))
    assert bad.item() == pytest.approx((1 / 3 + 1 / 3) / 4)


def test_where_no_member_is_judged_none_is_right():
    ungraded = torch.full((2, 1), -1, dtype=torch.int8)
    team = bundle_of([[0], [0]], [0], grades=ungraded)
    found = outcomes(team, combine(team, Ensemble(("a", "b"))))
    assert found.counts()["rescued"] == 1
    assert mean_member_error(found).item() == 1
    assert [number.item() for number in good_and_bad(found)] == [1, 0]


def test_the_correction_curve_carries_wilson_intervals():
    rate, low, high = correction_curve(torch.tensor([[0, 0], [9, 1]]))
    assert rate.isnan().tolist() == [True, False]
    assert rate[1].item() == 0.9
    assert (low[1], high[1]) == wilson(torch.tensor(9), torch.tensor(10))


def test_a_reference_from_outside_that_beats_the_oracle_leaves_nothing_to_recover():
    bundle = bundle_of([[0, 1], [0, 1], [0, 0]], [0, 0])
    entry = judge(bundle, Ensemble(("a", "b")), reference="c")
    assert entry["recoverable_gap"] == -0.5
    assert entry["recovered_fraction"] is None
