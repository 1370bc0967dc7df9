"""Every rule on a strange bundle: what it answers, learns, corrects and breaks."""

import json
from dataclasses import replace

import torch
from stress.case import ROUNDED, Case, Steps, interval, same, within

from analysis.bundle import Bundle, normalised
from analysis.ensemble import Answer, Ensemble, answer, combine
from analysis.fitting import fit
from analysis.grading import judgeable
from analysis.judging import judge
from analysis.outcomes import (
    OUTCOMES,
    against,
    compared,
    correction_curve,
    good_and_bad,
    ledger,
    mean_member_error,
    outcomes,
)
from analysis.rules import RULES
from analysis.splits import Split, split
from analysis.temperature import temperatures

STEADY = ("mean", "geometric", "inverse_entropy", "inverse_gini", "plurality", "selective")
AVERAGES = (*STEADY[:4], "weighted", "two_tier", "caruana", "greedy_soup", "calibrated_mean")


def rule_steps(case: Case) -> Steps:
    for place, name in enumerate(RULES):
        closely = (case.seed // 3 + place) % 8 == 0
        yield name, lambda name=name, closely=closely: _check(case, name, closely)
    if case.seed % 4 == 1:
        yield "losses of mixtures", lambda: _mixtures(case)
        yield "temperatures", lambda: _temperatures(case)


def prepared(case: Case, rule: str) -> Ensemble:
    """All models under a rule; one that is fitted learns on most or on all that is labelled."""
    bundle = case.bundle
    ensemble = Ensemble(bundle.models, rule)
    if RULES[rule].fit is None:
        return ensemble
    parts = Split(bundle.labelled, ~bundle.labelled, "everything")
    if case.seed % 3 == 0:
        parts = split(bundle, share=0.7, seed=case.seed)
    return fit(bundle, ensemble, parts).ensemble


def _check(case: Case, rule: str, closely: bool) -> None:
    ensemble = prepared(case, rule)
    assert ensemble.rule == rule
    if ensemble.weights:
        assert min(ensemble.weights) > 0
        assert abs(sum(ensemble.weights) - 1) < ROUNDED
    said = answer(case.bundle, ensemble)
    combined = combine(case.bundle, ensemble, said)
    _answers(case, ensemble, said)
    _outcomes(case, ensemble, combined)
    if closely:
        _order(case, ensemble, said)
        found = judge(case.bundle, ensemble, said=said, missing=case.missing)
        json.dumps(found, allow_nan=False)


def _answers(case: Case, ensemble: Ensemble, said: Answer) -> None:
    """An answer wherever a member gave one, and a distribution beside it."""
    team = case.bundle.select(ensemble.members)
    answered = (team.predictions >= 0).any(0)
    given = said.predictions >= 0
    assert said.predictions.max() < len(team.classes)
    assert not (given & ~answered).any(), "an answer that nobody gave"
    if RULES[ensemble.rule].abstains is None:
        assert torch.equal(given, answered), (given, answered)
    assert not (said.tied & ~given).any()
    if said.probabilities is None:
        return
    rows = said.probabilities[answered]
    within(rows, 0, 1, "probabilities")
    same(rows.sum(1), torch.ones(len(rows), dtype=torch.float64), "distribution", ROUNDED)
    assert said.probabilities[~answered].isnan().all()
    chosen = rows.gather(1, said.predictions[answered, None].long())[:, 0]
    same(chosen, rows.amax(1), "the likeliest class", ROUNDED)


def _order(case: Case, ensemble: Ensemble, said: Answer) -> None:
    """The order of samples changes nothing; that of members only where sums round."""
    order = case.shuffled(len(case.bundle.ids))
    again = answer(case.bundle.take(order), ensemble)
    assert torch.equal(again.predictions, said.predictions[order])
    if ensemble.rule not in STEADY:
        return
    members = replace(ensemble, members=ensemble.members[::-1])
    other = answer(case.bundle, members)
    if said.probabilities is None:
        assert torch.equal(other.predictions, said.predictions)
        return
    same(other.probabilities, said.probabilities, "order of members", ROUNDED)
    best = said.probabilities.nan_to_num().topk(min(2, len(case.bundle.classes)), 1).values
    clear = best[:, 0] - best[:, -1] > ROUNDED
    assert torch.equal(other.predictions[clear], said.predictions[clear])


def _outcomes(case: Case, ensemble: Ensemble, combined: Bundle) -> None:
    """Outcomes partition the judged samples and explain the accuracy, against any model."""
    bundle, missing = case.bundle, case.missing
    team, counted = bundle.select(ensemble.members), judgeable(bundle)
    found = outcomes(team, combined, missing=missing, labelled=counted)
    counts, judged = found.counts(), int(found.judged.sum())
    assert set(counts) == set(OUTCOMES)
    assert sum(counts.values()) == judged
    right = counts["kept"] + counts["corrected"] + counts["rescued"]
    oracle = int(((found.members_right > 0) & found.judged).sum())
    assert right == int(found.right.sum())
    assert right == oracle - counts["overruled"] - counts["spoiled"] + counts["rescued"]
    table = ledger(found, len(team.models))
    assert int(table.sum()) == judged
    rate, low, high = correction_curve(table)
    interval(low, rate, high, "correction curve")
    if judged:
        good, bad = good_and_bad(found)
        wrong = 1 - found.right.sum().double() / judged
        same(wrong, mean_member_error(found) - good + bad, "good and bad diversity")
    for model in case.one_of(bundle.models):
        _gained(combined, bundle.select((model,)), missing, counted)
    if not bundle.graded_elsewhere:
        if RULES[ensemble.rule].pool is None:
            assert counts["rescued"] == 0, "a vote rescued"
        if ensemble.rule in AVERAGES and _consistent(team):
            assert counts["overruled"] == 0, "an average overruled all members"


def _gained(combined: Bundle, single: Bundle, missing: str, counted: torch.Tensor) -> None:
    """Corrections minus regressions are the accuracy gained."""
    change = against(combined, single, missing=missing, labelled=counted).long()
    both = compared(combined, single, missing=missing, labelled=counted)
    gained = (combined.correct[0] & both).sum() - (single.correct[0] & both).sum()
    assert int(change.sum()) == int(gained)


def _consistent(team: Bundle) -> bool:
    """Every answer is the only likeliest class of its model."""
    for row, name in enumerate(team.models):
        said = team.predictions[row]
        best = normalised(team.probabilities[name])[said >= 0]
        chosen = best.gather(1, said[said >= 0, None].long())
        if (best >= chosen - ROUNDED).sum(1).gt(1).any():
            return False
    return True


def _log_likelihood(bundle: Bundle, ensemble: Ensemble, rows: torch.Tensor) -> torch.Tensor:
    said = answer(bundle, ensemble).probabilities[rows]
    return said.gather(1, bundle.labels[rows, None].long()).clamp_min(1e-12).log().mean()


def _mixtures(case: Case) -> None:
    """Fitted weights make the labels at least as likely as equal weights and as each member."""
    bundle = case.bundle
    everything = Split(bundle.labelled, ~bundle.labelled, "everything")
    found = fit(bundle, Ensemble(bundle.models, "weighted"), everything)
    fitted = _log_likelihood(bundle, found.ensemble, found.rows)
    alike = _log_likelihood(bundle, Ensemble(bundle.models, "mean"), found.rows)
    assert fitted >= alike - ROUNDED, (fitted, alike)
    for model in bundle.models:
        alone = _log_likelihood(bundle, Ensemble((model,), "mean"), found.rows)
        assert fitted >= alone - 1e-3, (model, fitted, alone)


def _temperatures(case: Case) -> None:
    """A temperature makes the labels that it was fitted to no less likely."""
    bundle = case.bundle
    found = temperatures(bundle, bundle.labelled)
    assert (found.value[found.n > 0] > 0).all(), found.value
    assert found.value[found.n == 0].isnan().all(), found.value
