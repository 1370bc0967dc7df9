"""Right and wrong camps: sizes, confidences, and what is undefined."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from known import t12
from made import bundle_of, random_bundle

from analysis.camps import camps, confidence_by_outcome, following
from analysis.ensemble import Ensemble, combine
from analysis.mean_intervals import mean_interval
from analysis.outcomes import OUTCOMES, outcomes


def plain_camps(team, sample):
    """One sample by a loop over its members."""
    said = [
        (int(team.predictions[row, sample]), int(team.grades[row, sample]), model)
        for row, model in enumerate(team.models)
    ]
    right = [model for _, grade, model in said if grade == 1]
    wrong = [(code, model) for code, grade, model in said if grade == 0]
    votes = {}
    for code, model in wrong:
        votes.setdefault(code, []).append(model)
    best = min(votes, key=lambda code: (-len(votes[code]), code), default=-1)
    sure = {
        model: float(team.probabilities[model][sample].max())
        / float(team.probabilities[model][sample].sum())
        for model in team.models
    }

    def mean(models):
        return sum(sure[model] for model in models) / len(models) if models else math.nan

    largest = votes.get(best, [])
    names = [model for _, model in wrong]
    return len(right), len(wrong), len(largest), best, mean(right), mean(names), mean(largest)


@given(seed=st.integers(0, 10_000), models=st.integers(1, 6), gaps=st.sampled_from([0.0, 0.3]))
def test_camps_are_those_of_a_plain_loop(seed, models, gaps):
    team = random_bundle(models, 20, 4, seed=seed, gaps=gaps, accuracy=0.3)
    found = camps(team)
    for sample in range(20):
        expected = plain_camps(team, sample)
        got = (
            found.right[sample],
            found.wrong[sample],
            found.largest[sample],
            found.answer[sample],
            found.right_confidence[sample],
            found.wrong_confidence[sample],
            found.largest_confidence[sample],
        )
        assert [float(value) for value in got] == pytest.approx(list(expected), nan_ok=True)


def test_camps_of_the_reference_fixture(cases):
    found = camps(t12(cases["fixtures"]["T12"]))
    # Sample 6: A is right with .96, B and C both say 1 with .75 and .80.
    assert (found.right[6], found.wrong[6], found.largest[6], found.answer[6]) == (1, 2, 2, 1)
    assert found.right_confidence[6].item() == pytest.approx(0.96)
    assert found.wrong_confidence[6].item() == pytest.approx(0.775)
    assert found.margin[6].item() == pytest.approx(0.185)
    # Sample 4: nobody is right, A and C say 0, B says 2.
    assert found.right[4] == 0
    assert found.largest[4] == 2
    assert found.margin[4].isnan()
    assert found.wrong_confidence[4].item() == pytest.approx((0.5 + 0.5 + 0.52) / 3)
    # Sample 0: all are right.
    assert found.answer[0] == -1
    assert found.wrong_confidence[0].isnan()


def test_without_confidences_only_sizes_are_known():
    found = camps(bundle_of([[0, 1], [1, 1], [2, 1]], [0, 1]))
    assert found.right.tolist() == [1, 3]
    assert found.largest.tolist() == [1, 0]
    assert found.answer.tolist() == [1, -1]
    assert found.right_confidence.isnan().all()


def test_graded_logs_without_answers_have_sizes_but_no_largest_camp():
    bundle = bundle_of([[-1, -1], [-1, -1]], grades=torch.tensor([[1, 0], [0, 0]]).to(torch.int8))
    found = camps(bundle)
    assert found.right.tolist() == [1, 0]
    assert found.wrong.tolist() == [1, 2]
    assert found.largest.tolist() == [0, 0]


def test_the_order_of_members_changes_nothing():
    team = random_bundle(5, 40, seed=4, accuracy=0.3)
    one, other = camps(team), camps(team.select(team.models[::-1]))
    torch.testing.assert_close(one.margin, other.margin, equal_nan=True)
    assert torch.equal(one.answer, other.answer)


def test_confidence_by_outcome_is_the_mean_over_its_samples():
    team = random_bundle(4, 80, seed=2, accuracy=0.4)
    made = outcomes(team, combine(team, Ensemble(team.models, "mean")))
    found = camps(team)
    table = confidence_by_outcome(found, made.codes)
    assert int(table["n"].sum()) == 80
    for place, name in enumerate(OUTCOMES):
        values = found.margin[made.codes == place]
        values = values[values.isfinite()]
        assert table["margin/n"][place] == len(values)
        if name in ("kept", "overruled", "rescued", "missed"):
            assert table["margin"][place].isnan(), "one of the camps is empty"
        elif len(values) > 1:
            assert table["margin"][place].item() == pytest.approx(values.mean().item())
            half = 1.96 * values.std().item() / len(values) ** 0.5
            width = (table["margin/high"] - table["margin/low"])[place].item() / 2
            assert half < width < 1.5 * half + 1e-9 or len(values) < 8


def test_a_mean_over_units_counts_a_unit_once():
    values = torch.tensor([[0.0, 1.0, 0.0, 1.0, 1.0, 0.0]])
    known = torch.ones_like(values, dtype=torch.bool)
    alone = mean_interval(values, known)
    copied = mean_interval(values.repeat(1, 4), known.repeat(1, 4), torch.arange(6).repeat(4))
    for one, other in zip(alone, copied, strict=True):
        torch.testing.assert_close(one, other)


def test_a_mean_of_one_sample_has_no_interval_and_of_none_is_undefined():
    known = torch.tensor([[True, False], [False, False]])
    mean, low, high = mean_interval(torch.ones(2, 2), known)
    assert mean[0] == 1
    assert mean[1].isnan()
    assert low.isnan().all()
    assert high.isnan().all()


def test_a_mean_agrees_with_scipy():
    from scipy.stats import t

    values = torch.randn(1, 12, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    mean, low, high = mean_interval(values, torch.ones_like(values, dtype=torch.bool))
    error = values.std().item() / 12**0.5
    expected = t.interval(0.95, 11, loc=values.mean().item(), scale=error)
    assert (low.item(), high.item()) == pytest.approx(expected)
    assert mean.item() == pytest.approx(values.mean().item())


def test_stated_confidence_serves_as_well():
    team = random_bundle(3, 10, seed=5)
    sure = torch.stack([table.amax(1) for table in team.probabilities.values()]).float()
    stated = replace(team, probabilities={}, confidence=sure, fingerprint="")
    torch.testing.assert_close(
        camps(stated).margin, camps(team).margin, equal_nan=True, atol=1e-6, rtol=0
    )


def test_whom_the_ensemble_follows_is_counted_where_a_side_leads(cases):
    team = t12(cases["fixtures"]["T12"])
    mean = outcomes(team, combine(team, Ensemble(team.models, "mean")))
    found = following(camps(team), mean.codes)
    # Contested: 2, 3, 6, 7, 8, 9, 10, 11. Larger: right on 2, 7, 8, 9; wrong on 3 and 6; 10 and
    # 11 are ties for 10 (one right, two different wrong answers) and lost for 11 (two say 0).
    assert found["larger/n"] == 7
    said = {n: mean.right[n].item() for n in (2, 3, 6, 7, 8, 9, 11)}
    expected = sum(said[n] == (n in (2, 7, 8, 9)) for n in said) / 7
    assert found["larger"][0].item() == pytest.approx(expected)
    assert found["larger"][1] <= found["larger"][0] <= found["larger"][2]
    margin = camps(team).margin
    rows = [n for n in range(12) if margin[n].isfinite()]
    went = [mean.right[n].item() == (margin[n].item() > 0) for n in rows]
    assert found["surer/n"] == len(rows)
    assert found["surer"][0].item() == pytest.approx(sum(went) / len(went))


def test_a_plurality_of_two_camps_goes_with_the_larger_one():
    team = bundle_of([[0, 1, 0], [0, 1, 1], [1, 0, 2]], [0, 0, 0])
    found = following(
        camps(team), outcomes(team, combine(team, Ensemble(team.models, "plurality"))).codes
    )
    assert found["larger"][0] == 1
    assert found["larger/n"] == 2
    assert found["surer"].isnan().all()
    assert found["surer/n"] == 0
