"""An ensemble that keeps silent: coverage first, and everybody on the same samples."""

import numpy as np
import pytest
import torch
from kinds import opened
from made import random_bundle
from pages import visit, words

from analysis.ensemble import Ensemble, combine
from dashboard import compute, curve_words, ensemble_tables, ensemble_words
from dashboard.choosing import Choices
from dashboard.words import verdict

BUNDLE = random_bundle(5, 300, 3, seed=4, accuracy=0.5)
ALPHA = {"alpha": 0.1}


def choices_of(missing="exclude", options=ALPHA, rule="selective", bundle=BUNDLE):
    return Choices(bundle, Ensemble(bundle.models, rule, options), None, missing)


def by_hand():
    whole = combine(BUNDLE, Ensemble(BUNDLE.models, "selective", ALPHA))
    return whole.predictions[0] >= 0, whole.predictions[0] == BUNDLE.labels


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
def test_accuracy_is_told_with_coverage_and_the_best_member_on_the_same_samples(missing):
    choices = choices_of(missing)
    found, silence = compute.judged(choices, BUNDLE), compute.silence(choices, BUNDLE)
    answered, right = by_hand()
    assert 0 < answered.sum() < 300
    best = BUNDLE.predictions[BUNDLE.models.index(found["reference"])] == BUNDLE.labels
    assert silence["asked"] - silence["answered"] == found["abstained"]
    assert silence["coverage"] == pytest.approx(float(answered.float().mean()))
    assert silence["accuracy"] == pytest.approx(float(right[answered].float().mean()))
    assert silence["of_all"] == pytest.approx(float(right.float().mean()))
    assert silence["best"] == pytest.approx(float(best[answered].float().mean()))
    assert silence["of_all_low"] < silence["of_all"] < silence["of_all_high"]
    everywhere = compute.accuracy_of(BUNDLE, found["reference"], missing)
    told = verdict(found, everywhere, silence=silence)
    assert f"({int(answered.sum())} of 300)" in told
    assert f"is right on {100 * silence['best']:.1f} %" in told
    assert f"an error it is right on **{100 * silence['of_all']:.1f} %" in told
    assert f"{100 * everywhere['accuracy']:.1f} %" not in told
    quiet = ensemble_words.ledger_sentence(found, silence)
    assert f"keeps silent on **{found['abstained']}** of 300" in quiet
    assert ("counted as wrong" in quiet) == (missing == "wrong")


def test_rules_that_always_answer_have_no_silence():
    assert compute.silence(choices_of(rule="mean", options={}), BUNDLE) is None


def test_a_rule_that_never_answers_says_so():
    choices = choices_of(options={"alpha": 0.001})
    found, silence = compute.judged(choices, BUNDLE), compute.silence(choices, BUNDLE)
    assert silence["answered"] == 0
    assert "answers none of 300 samples" in verdict(found, {}, silence=silence)
    assert "ensemble" not in compute.risk_curves(choices, BUNDLE)


def test_the_table_says_what_share_is_answered():
    found = compute.judged(choices_of(), BUNDLE)
    table = ensemble_tables.ensembles({"a": found, "b": found}, {}, {"a": 0.25})
    assert table["answered"].tolist() == ["25.0 %", "100.0 %"]


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
def test_the_curve_of_a_silent_rule_ends_at_its_own_coverage(missing):
    choices = choices_of(missing)
    curve = compute.risk_curves(choices, BUNDLE)["ensemble"]
    answered, right = by_hand()
    assert curve["n"] == 300
    assert curve["kept"][-1] == answered.sum()
    assert curve["coverage"][-1] == pytest.approx(float(answered.float().mean()))
    assert curve["risk"][-1] == pytest.approx(float((~right[answered]).float().mean()))
    assert np.isnan(curve["at_surest"])
    rows = compute.unanswered(choices, "ensemble", float(curve["threshold"][-1]))
    assert torch.equal(torch.from_numpy(rows), (~answered).nonzero().flatten())
    told = curve_words.curves_sentence(curve, {}, priced=False)
    assert f"answers **{100 * curve['coverage'][-1]:.1f} %** of the samples" in told


def test_pages_show_a_silent_ensemble(tmp_path, monkeypatch):
    app = opened(BUNDLE, tmp_path / "bundle", monkeypatch)
    app.selectbox(key="widget/rule").set_value("selective").run()
    for view in ("overview", "corrections"):
        visit(app, view)
        said = words(app)
        assert "answers none" in said or "With silence counted as an error" in said
