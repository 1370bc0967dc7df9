"""Corrections: names are escaped, grades count, and notes say whose intervals know of units."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from kinds import opened
from made import random_bundle, ready
from pages import visit, words

from analysis.ensemble import Ensemble, combine
from analysis.fitting import fit
from analysis.intervals import mcnemar_p
from analysis.judging import best_single, judge
from dashboard import compute, ensemble_tables, fit_on, how_tables
from dashboard.choosing import Choices
from dashboard.curve_words import silence_note
from dashboard.ensemble_words import compared_sentence, members_sentence
from dashboard.footnotes import footnote
from dashboard.panels import members as member_panels
from dashboard.panels import where as where_panels
from dashboard.plots import members as member_plots
from dashboard.plots import where as where_plots
from dashboard.rule_choice import steady_weights

EVIL = "<b>*best*</b>"


@pytest.fixture
def evil() -> Choices:
    bundle = random_bundle(4, 200, 3, seed=6, accuracy=0.4)
    bundle = replace(
        bundle,
        models=(EVIL, *bundle.models[1:]),
        probabilities={},
        fingerprint="",
    )
    return Choices(bundle, Ensemble(bundle.models), "region", "exclude")


def drawn(monkeypatch, panels, choices) -> list:
    """The figures that panels give away to be drawn."""
    figures = []
    monkeypatch.setattr(panels, "chart", lambda figure, *more, **named: figures.append(figure))
    monkeypatch.setattr(compute, "scope", lambda choices, panel: choices.bundle)
    monkeypatch.setattr(compute, "reference", lambda choices: EVIL)
    return figures


def test_a_reference_with_markup_is_escaped_in_subtitles(evil, monkeypatch):
    figures = drawn(monkeypatch, where_panels, evil)
    where_panels.effect_levels(evil, "region", "levels")
    where_panels.effect_cells(evil, ("region", "region"), "cells")
    assert len(figures) == 2
    for figure in figures:
        assert EVIL not in figure.layout.title.subtitle.text
        assert "&lt;b&gt;*best*" in figure.layout.title.subtitle.text


def test_a_group_whose_name_holds_a_line_break_is_escaped(evil):
    table = compute.group_effects(evil, evil.bundle, ("region",))
    names = ("<br><b>loud</b>", "south", "west")
    figure = where_plots.effect_levels(names, table, column="region", reference="best")
    assert "<b>loud" not in figure.to_json()
    assert "\\u003cb\\u003eloud" not in figure.to_json()


def test_what_a_picked_member_changes_is_described_without_markup(evil, monkeypatch):
    said = []
    monkeypatch.setattr(member_panels, "select_within", lambda *told: said.append(told[-1]))
    monkeypatch.setattr(member_panels.state, "pick_models", lambda *told: None)
    member_panels._pick_member([{"customdata": 0}], "members", evil, evil.ensemble.members)
    assert EVIL not in said[0]
    assert "\\<b\\>\\*best\\*" in said[0]


def test_what_one_more_model_would_do_is_told_by_the_grades():
    bundle = random_bundle(6, 200, 2, seed=3, accuracy=0.2)
    graded = replace(bundle, grades=torch.ones_like(bundle.predictions).to(torch.int8))
    graded = replace(graded, fingerprint="")
    parts = fit_on.held_out(graded, fit_on.FitOn())
    found = fit(graded, Ensemble(graded.models, "caruana", {"rounds": 2}), parts.split)
    left = compute.left_out(parts, found)
    assert len(left["models"])
    assert np.all(left["gain"] == 0)


def test_the_footnote_names_the_brackets_that_know_of_units():
    told = {units: footnote(9, "exclude", units=units, tested=True, selected=False)
            for units in (True, False)}  # fmt: skip
    assert "Brackets of accuracies and of differences between ensembles are 95 %" in told[True]
    assert "Other intervals say in their note" in told[True]
    assert "Brackets are 95 % intervals (Wilson)." in told[False]


@pytest.mark.parametrize("repeated", [False, True])
def test_notes_say_that_samples_are_taken_as_independent_where_units_repeat(
    repeated, tmp_path, monkeypatch
):
    units = torch.arange(60) // 3 if repeated else None
    app = opened(replace(random_bundle(), units=units, fingerprint=""), tmp_path / "b", monkeypatch)
    visit(app, "corrections")
    for section, notes in (("Who helps", 1), ("Size and cost", 4)):
        app.segmented_control(key="widget/corrections-section").set_value(section).run()
        told = words(app).count("take samples as independent, and are too narrow")
        assert told == notes * repeated


def parted(gaps=0.0) -> Choices:
    bundle = random_bundle(5, 300, 3, seed=11, accuracy=0.3, gaps=gaps)
    parts = fit_on.held_out(bundle, fit_on.FitOn(share=20))
    found = fit(bundle, Ensemble(bundle.models, "coverage", {"size": 2}), parts.split)
    fits = {found.ensemble.key: found}
    return Choices(parts.bundle, found.ensemble, None, "exclude", held_out=parts, fits=fits)


def test_the_best_member_is_chosen_on_the_samples_to_fit_on():
    parts = fit_on.held_out(random_bundle(8, 60, 3, seed=1, accuracy=0.3), fit_on.FitOn())
    here = parts.whole.take(parts.split.fit.nonzero().flatten())
    choices = Choices(parts.bundle, Ensemble(here.models), None, "exclude", held_out=parts)
    assert compute.reference(choices) == best_single(here)
    assert compute.reference(choices) != best_single(parts.bundle)
    assert compute.judged(choices, parts.bundle)["reference"] == best_single(here)
    assert compute.reference(replace(choices, held_out=None)) == best_single(parts.bundle)
    told = {known: footnote(9, "exclude", units=False, tested=True, selected=False, held_out=known)
            for known in (True, False)}  # fmt: skip
    assert "chosen on the samples to fit on" in told[True]
    assert "optimistic" not in told[True]
    assert "optimistic" in told[False]


def test_optimism_is_over_the_very_samples_that_were_used():
    choices = parted(gaps=0.2)
    found = choices.fits[choices.ensemble.key]
    assert found.n < int(choices.held_out.split.fit.sum())
    assert compute.optimism(choices, choices.ensemble)["fitted"]["n"] == found.n
    told = choices.held_out.sentence
    assert told.startswith(f"{int(choices.held_out.split.fit.sum())} samples to fit on (")


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
def test_an_ensemble_is_compared_with_any_model_and_with_the_plurality(missing):
    bundle = random_bundle(5, 200, 3, seed=8, accuracy=0.3, gaps=0.1)
    choices = Choices(bundle, Ensemble(bundle.models[:4], "mean"), None, missing)
    assert len(compute.references(choices)) == 7
    usual = compute.judged(choices, bundle)
    assert compute.judged_beside(choices, bundle, choices.ensemble, ("best", "")) == usual
    model = compute.judged_beside(choices, bundle, choices.ensemble, ("model", bundle.models[4]))
    asked = {"reference": bundle.models[4], "missing": missing, "losses": False}
    expected = judge(bundle, choices.ensemble, **asked)
    assert model == expected
    found = compute.judged_beside(choices, bundle, choices.ensemble, ("majority", ""))
    whole = combine(bundle, choices.ensemble)
    votes = combine(bundle, Ensemble(bundle.models[:4], "plurality"))
    right, before = whole.correct[0], votes.correct[0]
    assert found["corrections"] == int((right & ~before).sum()) > 0
    assert found["regressions"] == int((before & ~right).sum()) > 0
    assert found["mcnemar_p"] == mcnemar_p(found["corrections"], found["regressions"])
    oracle = int((bundle.correct[:4].any(0)).sum())
    gone = (found["corrections"] - found["regressions"]) / (oracle - int(before.sum()))
    assert found["recovered_fraction"] == pytest.approx(gone)
    assert "the plurality of its members" in compared_sentence(found)
    table = ensemble_tables.ensembles({"a": found}, {})
    assert table["broken against majority"].tolist() == [found["regressions"]]
    assert table["recovered fraction"].tolist() == [f"{100 * gone:.1f} %"]


def test_the_ledger_is_compared_with_what_is_chosen(tmp_path, monkeypatch):
    bundle = random_bundle(5, 200, 3, seed=8, accuracy=0.3)
    app = visit(opened(bundle, tmp_path / "bundle", monkeypatch), "corrections")
    picked = app.selectbox(key="widget/ledger-against")
    picked.set_value(("model", "model-3")).run()
    expected = judge(bundle, Ensemble(bundle.models, "mean"), reference="model-3")
    assert app.dataframe[0].value["corrections"][0] == expected["corrections"]
    assert f"puts **{expected['corrections']}** right" in words(app)


def test_who_helps_is_told_by_the_corrected_test_in_sentence_figure_and_table():
    table = {
        "gain": np.array([0.05, 0.02, -0.04, 0.0]),
        "low": np.array([0.03, 0.001, -0.06, -0.01]),
        "high": np.array([0.07, 0.039, -0.02, 0.01]),
        "p": np.array([0.001, 0.2, 0.01, 1.0]),
        **{name: np.full(4, 0.5) for name in ("without", "shapley")},
        **{name: np.array([5, 4, 1, 0]) for name in ("brought", "lost", "n")},
    }
    names = ("a", "b", "c", "d")
    told = members_sentence(names, table)
    assert told.startswith("1 of 4 members helps, most of all a")
    assert "1 of 4 members harms, most of all c" in told
    drawn = {trace.name: len(trace.x) for trace in member_plots.member_gains(names, table).data}
    assert drawn == {
        "helps (p < .05, Holm)": 1,
        "harms (p < .05, Holm)": 1,
        "makes no clear difference": 2,
    }


def test_who_helps_has_sentences_where_nothing_is_judged_and_for_silence():
    empty = {name: np.full(2, np.nan) for name in ("gain", "low", "high", "p")}
    assert "No sample is judged" in members_sentence(("a", "b"), empty)
    assert members_sentence(("a",), empty) == "A single member cannot be left out."
    known = {name: np.zeros(2) for name in ("gain", "low", "high")} | {"p": np.ones(2)}
    told = members_sentence(("a", "b"), known, abstains=True)
    assert told.startswith("The rule may keep silent")
    assert "Whether any single member helps cannot be told" in told


def test_weights_are_shown_only_where_they_are_those_of_every_sample():
    members = ("a", "b")
    assert steady_weights(Ensemble(members, "plurality", weights=(3.0, 1.0))) == (3.0, 1.0)
    assert steady_weights(Ensemble(members, "mean")) == (1.0, 1.0)
    for rule in ("inverse_entropy", "inverse_gini", "cascade", "stacking"):
        assert steady_weights(Ensemble(members, rule)) is None
    bundle = random_bundle(4, 80, 3)
    taught = ready(bundle, "calibrated_mean")
    assert taught.learned.tensors
    assert steady_weights(taught) is None
    frame = how_tables.votes(bundle, 0, bundle.models, np.full((4, 80), 0.5), None)
    assert "weight" not in frame
    frame = how_tables.votes(bundle, 0, bundle.models, np.full((4, 80), 0.5), [0.25] * 4)
    assert "weight" in frame


def test_a_weighted_vote_is_as_sure_as_the_weight_behind_its_answer():
    bundle = random_bundle(3, 100, 3, seed=5, accuracy=0.3, probabilities=False)
    weights = (3.0, 1.0, 1.0)
    ensemble = Ensemble(bundle.models, "plurality", weights=weights)
    choices = Choices(bundle, ensemble, None, "exclude")
    answers = combine(bundle, ensemble).predictions
    share = ((bundle.predictions == answers) * torch.tensor(weights)[:, None]).sum(0) / 5
    sure = compute.outcome_table(choices, bundle)["confidence"]
    assert sure == pytest.approx(share.numpy())
    assert sure.min() == pytest.approx(0.6)
    curve = compute.risk_curves(choices, bundle)["ensemble"]
    assert curve["threshold"].min() == pytest.approx(0.6)
    assert "share of the votes where" in silence_note(None, repeated=False)
    told = silence_note(None, repeated=False, steady=False)
    assert "share of the members that gave this answer" in told
