"""Ensembles that are put together by hand: members, weights, kept ones, fitted ones."""

import json
from dataclasses import replace

import numpy as np
import pytest
from kinds import BUNDLES, opened
from made import ROOT, random_bundle
from pages import visit, words

from analysis.bundle import Grouping
from analysis.ensemble import Ensemble
from analysis.fitting import fit, reported
from analysis.judging import judge
from analysis.rules import RULES
from analysis.splits import split, split_by
from dashboard.corrections import SECTIONS

FULL = BUNDLES["full"]
UNSEEN = [name for name, row in RULES.items() if row.fit and not row.labelled]
FAMILIES = replace(
    random_bundle(models=6, samples=200, seed=11),
    model_info={"family": np.array(["north", "north", "south", "south", "", ""], dtype=object)},
    fingerprint="",
)


def weight(app, model: str, value: float):
    return app.slider(key=f"weight/{model}").set_value(value).run()


def keep(app, name: str):
    app.text_input(key="keep-name").set_value(name)
    app.button(key="keep").click().run()
    assert not app.exception
    return app


def kept(app) -> list[str]:
    return list(app.session_state["kept"])


def accuracy(found: dict) -> str:
    return f"{100 * found['accuracy']:.1f} %"


@pytest.mark.parametrize("rule", ["plurality", "mean", "geometric"])
def test_a_weight_changes_the_figures_of_every_page_as_the_library_says(
    rule, tmp_path, monkeypatch
):
    app = opened(FAMILIES, tmp_path / "bundle", monkeypatch)
    app.selectbox(key="widget/rule").set_value(rule).run()
    for place, value in enumerate((3.0, 0.05, 0.05, 0.05, 0.05)):
        weight(app, f"model-{place}", value)
    weights = (3.0, 0.05, 0.05, 0.05, 0.05, 1.0)
    found = judge(FAMILIES, Ensemble(FAMILIES.models, rule, weights=weights))
    alike = judge(FAMILIES, Ensemble(FAMILIES.models, rule))
    assert found["accuracy"] != alike["accuracy"]
    assert f"**{accuracy(found)}**" in words(app)
    assert f"**{found['corrected_against_majority']}**" in words(visit(app, "corrections"))
    assert f"The ensemble is right on {found['right']} of 200" in words(app)
    table = app.dataframe[0].value
    assert table["accuracy"][0].startswith(accuracy(found))
    assert any(row.startswith(accuracy(alike)) for row in table["accuracy"][1:])
    for view in ("calibration", "groups", "front", "difficulty", "samples", "map", "disagreement"):
        visit(app, view)


def test_a_member_without_weight_is_left_out_and_reset_brings_it_back(tmp_path, monkeypatch):
    app = opened(FULL, tmp_path / "bundle", monkeypatch)
    weight(app, "model-1", 0.0)
    assert "The mean of 4 models" in words(app)
    assert "Weight 0, so left out: model\\-1" in words(app)
    app.button(key="reset-weights").click().run()
    assert "The mean of 5 models" in words(app)


def test_weights_that_are_all_zero_are_refused_and_the_last_ones_stay(tmp_path, monkeypatch):
    app = opened(BUNDLES["two models"], tmp_path / "bundle", monkeypatch)
    weight(app, "model-0", 0.0)
    weight(app, "model-1", 0.0)
    assert "All weights would be zero" in words(app)
    assert app.slider(key="weight/model-1").value == 1.0
    assert "The mean of 1 model is right" in words(app)
    app.multiselect(key="widget/members").set_value(["model-0"]).run()
    assert not app.exception
    assert "The mean of 1 model is right" in words(app)


def test_many_members_are_weighed_in_a_table(tmp_path, monkeypatch):
    from dashboard.ensemble_panel import _edited

    app = opened(BUNDLES["many"], tmp_path / "bundle", monkeypatch)
    assert not [slider for slider in app.slider if slider.key.startswith("weight/")]
    state = {"weights": {}, "t": {"edited_rows": {2: {"weight": 0.5}}}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streamlit.session_state", state)
        _edited("t", {"a": 1.0, "b": 1.0, "c": 1.0})
    assert state["weights"] == {"a": 1.0, "b": 1.0, "c": 0.5}


def test_members_are_chosen_by_family(tmp_path, monkeypatch):
    app = opened(FAMILIES, tmp_path / "bundle", monkeypatch)
    app.multiselect(key="by/family").set_value(["south"]).run()
    assert app.session_state["members"] == ["model-2", "model-3"]
    assert app.multiselect(key="by/family").value == ["south"]
    app.multiselect(key="widget/members").set_value(["model-2"]).run()
    assert app.multiselect(key="by/family").value == []


def test_an_ensemble_is_kept_renamed_used_and_forgotten(tmp_path, monkeypatch):
    app = keep(opened(FULL, tmp_path / "bundle", monkeypatch), "all *five*")
    assert kept(app) == ["all *five*"]
    weight(app, "model-0", 2.0)
    keep(app, "tilted")
    keep(app, "leaning")
    assert kept(app) == ["all *five*", "leaning"]
    assert "leaning (the weighted mean of 5 models)" in words(app)
    app.button(key="use/all *five*").click().run()
    assert app.slider(key="weight/model-0").value == 1.0
    assert "all \\*five\\* (the mean of 5 models)" in words(app)
    app.button(key="forget/all *five*").click().run()
    assert kept(app) == ["leaning"]
    assert list(app.session_state["beside"]) == ["leaning"]


def test_at_most_six_are_shown_and_their_colours_stay(tmp_path, monkeypatch):
    app = opened(FAMILIES, tmp_path / "bundle", monkeypatch)
    for place in range(7):
        weight(app, "model-0", 0.25 * (place + 2))
        keep(app, f"e{place}")
    assert list(app.session_state["beside"].values()) == [0, 1, 2, 3, 4, 5]
    app.checkbox(key="beside/e6").check().run()
    assert "At most 6 are shown" in words(app)
    app.checkbox(key="beside/e2").uncheck().run()
    app.checkbox(key="beside/e6").check().run()
    slots = app.session_state["beside"]
    assert slots["e6"] == 2
    assert (slots["e0"], slots["e5"]) == (0, 5)


def test_kept_ensembles_are_forgotten_with_a_sentence_when_other_data_open(tmp_path, monkeypatch):
    from dashboard import state

    app = keep(opened(FULL, tmp_path / "bundle", monkeypatch), "mine")
    names = ("bundle", "members", "rule", "grouping", "missing", "kept", "beside", "bundle_name")
    held = {key: app.session_state[key] for key in names}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streamlit.session_state", held)
        state.open_bundle(FULL, "again")
        assert list(held["kept"]) == ["mine"]
        state.open_bundle(FAMILIES, "other")
    assert "kept" not in held
    assert held["left_behind"] == ("mine",)
    for key, value in held.items():
        app.session_state[key] = value
    del app.session_state["kept"]
    del app.session_state["beside"]
    assert "what was kept is forgotten: mine" in words(app.run())


def test_no_member_and_no_name_are_no_trouble_for_keeping(tmp_path, monkeypatch):
    app = opened(FULL, tmp_path / "bundle", monkeypatch)
    keep(app, "   ")
    assert len(kept(app)) == 1
    app.multiselect(key="widget/members").set_value([]).run()
    assert not app.exception
    app.button(key=f"use/{kept(app)[0]}").click().run()
    assert "of 5 models" in words(app)


def test_rules_that_cannot_be_answered_are_named_with_the_reason(tmp_path, monkeypatch):
    app = opened(BUNDLES["labels only"], tmp_path / "bundle", monkeypatch)
    assert "Needs probabilities, which 5 of 5 members lack: Mean probability" in words(app)
    app = opened(BUNDLES["probabilities without labels"], tmp_path / "none", monkeypatch)
    assert "Needs labels to be fitted to: Weighted mean" in words(app)
    app = opened(FULL, tmp_path / "full", monkeypatch)
    assert "Needs" not in words(app)
    assert "Greedy selection (fitted)" in app.selectbox(key="widget/rule").options


@pytest.mark.parametrize("rule", [name for name, row in RULES.items() if row.fit and row.labelled])
def test_a_fitted_rule_is_judged_on_the_samples_it_did_not_see(rule, tmp_path, monkeypatch):
    app = opened(FAMILIES, tmp_path / "bundle", monkeypatch)
    app.selectbox(key="widget/rule").set_value(rule).run()
    parts = split(FAMILIES, by="region")
    learned = fit(FAMILIES, Ensemble(FAMILIES.models, rule), parts).ensemble
    found = judge(reported(FAMILIES, parts), learned)
    assert f"**{accuracy(found)}**" in words(app)
    for view in ("overview", "disagreement", "samples", "data"):
        assert "100 samples to fit on (50 % of the labelled samples" in words(visit(app, view))
    assert "everything shown is on the other 100" in words(app)
    assert "All 100 samples" in words(app)


@pytest.mark.parametrize("rule", [name for name, row in RULES.items() if row.fit is None] + UNSEEN)
def test_every_other_rule_is_shown_on_all_samples(rule, tmp_path, monkeypatch):
    app = opened(FAMILIES, tmp_path / "bundle", monkeypatch)
    app.selectbox(key="widget/rule").set_value(rule).run()
    ensemble = Ensemble(FAMILIES.models, rule)
    found = judge(FAMILIES, fit(FAMILIES, ensemble, None).ensemble if rule in UNSEEN else ensemble)
    assert f"**{accuracy(found)}" in words(app)
    assert "All 200 samples" in words(app)
    for view in ("calibration", "groups", "front", "difficulty", "samples", "corrections"):
        visit(app, view)
    app.segmented_control(key="widget/corrections-section").set_value("Who helps").run()
    assert not app.exception


def test_options_of_a_rule_are_set_and_reset(tmp_path, monkeypatch):
    app = opened(FAMILIES, tmp_path / "bundle", monkeypatch)
    app.selectbox(key="widget/rule").set_value("caruana").run()
    app.number_input(key="option/caruana/rounds").set_value(2).run()
    app.selectbox(key="option/caruana/by").set_value("log_loss").run()
    parts = split(FAMILIES, by="region")
    options = {"rounds": 2, "by": "log_loss"}
    learned = fit(FAMILIES, Ensemble(FAMILIES.models, "caruana", options), parts).ensemble
    found = judge(reported(FAMILIES, parts), learned)
    assert f"**{accuracy(found)}**" in words(app)
    app.button(key="reset-options").click().run()
    assert app.number_input(key="option/caruana/rounds").value == 50
    app.selectbox(key="widget/rule").set_value("cascade").run()
    app.number_input(key="option/cascade/lo").set_value(0.2).run()
    assert not app.exception
    assert app.session_state["options"]["cascade"] == {"lo": 0.2}


def test_share_seed_and_column_decide_what_is_fitted_on(tmp_path, monkeypatch):
    app = opened(FAMILIES, tmp_path / "bundle", monkeypatch)
    app.selectbox(key="widget/rule").set_value("weighted").run()
    app.number_input(key="fit-on/share").set_value(25).run()
    assert "50 samples to fit on (25 %" in words(app)
    app.number_input(key="fit-on/seed").set_value(3).run()
    assert "drawn with seed 3" in words(app)
    app.radio(key="fit-on/way").set_value("column").run()
    parts = split_by(FAMILIES, "region", "north")
    assert f"{int(parts.fit.sum())} samples to fit on (region \\= north)" in words(app)
    app.selectbox(key="fit-on/value").set_value("west").run()
    assert "region \\= west" in words(app)
    app.selectbox(key="widget/rule").set_value("mean").run()
    assert "samples to fit on" not in words(app)
    assert "All 200 samples" in words(app)


def test_the_selection_moves_along_when_samples_are_held_out(tmp_path, monkeypatch):
    chosen = list(range(0, 40))
    app = opened(FAMILIES, tmp_path / "bundle", monkeypatch, selected=chosen)
    app.selectbox(key="widget/rule").set_value("weighted").run()
    part = reported(FAMILIES, split(FAMILIES, by="region"))
    left = [row for row, sample in enumerate(part.ids) if int(sample[1:]) in chosen]
    assert app.session_state["selection"].positions.tolist() == left
    assert f"**{len(left)} of 100** selected" in words(app)
    assert f"{40 - len(left)} of them are fitted on and left out" in words(app)
    app.selectbox(key="widget/rule").set_value("mean").run()
    moved = app.session_state["selection"].positions.tolist()
    assert [FAMILIES.ids[row] for row in moved] == [part.ids[row] for row in left]


def test_a_kept_fitted_ensemble_holds_samples_out_for_all(tmp_path, monkeypatch):
    app = opened(FAMILIES, tmp_path / "bundle", monkeypatch)
    app.selectbox(key="widget/rule").set_value("caruana").run()
    keep(app, "greedy")
    app.selectbox(key="widget/rule").set_value("mean").run()
    part = reported(FAMILIES, split(FAMILIES, by="region"))
    found = judge(part, Ensemble(FAMILIES.models, "mean"))
    assert f"**{accuracy(found)}**" in words(app)
    app.checkbox(key="beside/greedy").uncheck().run()
    assert "All 200 samples" in words(app)


@pytest.mark.parametrize("kind", ["one sample", "one model", "two models", "gaps", "hard"])
def test_every_kind_of_bundle_is_fitted_or_says_why_not(kind, tmp_path, monkeypatch):
    app = opened(BUNDLES[kind], tmp_path / "bundle", monkeypatch)
    app.selectbox(key="widget/rule").set_value("caruana").run()
    for view in ("overview", "corrections", "front", "groups", "calibration", "difficulty"):
        visit(app, view)
    if kind == "one sample":
        assert "needs labelled samples to fit on and others" in words(app)


def test_a_part_of_one_class_to_fit_on_is_answered_with_a_sentence(tmp_path, monkeypatch):
    kinds = Grouping((FAMILIES.labels != 0).int(), ("zero", "other"))
    groups = {**FAMILIES.groups, "kind": kinds}
    bundle = replace(FAMILIES, groups=groups, fingerprint="")
    app = opened(bundle, tmp_path / "b", monkeypatch)
    app.selectbox(key="widget/rule").set_value("caruana").run()
    app.radio(key="fit-on/way").set_value("column").run()
    app.selectbox(key="fit-on/column").set_value("kind").run()
    app.selectbox(key="fit-on/value").set_value("zero").run()
    assert not app.exception
    assert "one class" in words(app)


def test_identical_members_are_no_trouble(tmp_path, monkeypatch):
    same = dict.fromkeys(FAMILIES.models, FAMILIES.probabilities["model-0"])
    alike = FAMILIES.predictions[:1].expand(6, -1).contiguous()
    bundle = replace(FAMILIES, probabilities=same, predictions=alike, grades=None, fingerprint="")
    app = opened(bundle, tmp_path / "b", monkeypatch)
    for rule in ("mean", "weighted", "caruana"):
        app.selectbox(key="widget/rule").set_value(rule).run()
        for view in ("overview", "corrections", "front", "groups", "calibration"):
            visit(app, view)


def beside_the_mean(app):
    """A vote of three members kept beside the mean of all."""
    app.selectbox(key="widget/rule").set_value("plurality").run()
    app.multiselect(key="widget/members").set_value(["model-0", "model-1", "model-2"]).run()
    keep(app, "three")
    app.button(key="member-all").click().run()
    return app.selectbox(key="widget/rule").set_value("mean").run()


def traces(app) -> list[set[str]]:
    """Names of what each figure of the page draws."""
    specs = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    return [{trace.get("name") for trace in spec["data"]} for spec in specs]


def test_a_kept_ensemble_stands_beside_the_active_one_on_every_page(tmp_path, monkeypatch):
    app = beside_the_mean(opened(FAMILIES, tmp_path / "bundle", monkeypatch))
    three = Ensemble(FAMILIES.models[:3], "plurality")
    found, active = judge(FAMILIES, three), judge(FAMILIES, Ensemble(FAMILIES.models, "mean"))
    points = 100 * (found["accuracy"] - active["accuracy"])
    text = words(app)
    assert f"**three** (the plurality vote of 3 models): {accuracy(found)}" in text
    assert f"{points:+.1f} points [" in text
    assert any("three" in names for names in traces(app))
    for view in ("calibration", "groups", "front"):
        assert any("three" in names for names in traces(visit(app, view))), view
    visit(app, "corrections")
    table = app.dataframe[0].value
    assert table["ensemble"].tolist()[:2] == ["Mean probability of 6 models", "three"]
    assert table["accuracy"][1].startswith(accuracy(found))
    assert table["against the active one"][1].startswith(f"{points:+.2f} [")
    reference = active["reference"]
    against = judge(FAMILIES, three, reference=reference)
    assert table["corrections"][1] == against["corrections"]
    app.checkbox(key="beside/three").uncheck().run()
    assert "three" not in app.dataframe[0].value["ensemble"].tolist()


def test_the_active_ensemble_is_not_shown_a_second_time(tmp_path, monkeypatch):
    app = keep(opened(FAMILIES, tmp_path / "bundle", monkeypatch), "all")
    assert "all (the mean of 6 models)" in words(app)
    assert "against the active ensemble" not in words(app)
    visit(app, "corrections")
    assert app.dataframe[0].value["ensemble"].tolist()[0] == "all"
    assert app.dataframe[0].value["ensemble"].tolist().count("all") == 1


def test_a_name_that_a_rule_has_already_stays_apart(tmp_path, monkeypatch):
    app = opened(FAMILIES, tmp_path / "bundle", monkeypatch)
    app.multiselect(key="widget/members").set_value(["model-0", "model-1"]).run()
    keep(app, "Plurality vote")
    app.button(key="member-all").click().run()
    names = visit(app, "corrections").dataframe[0].value["ensemble"].tolist()
    assert "Plurality vote" in names
    assert "Plurality vote (2)" in names
    assert len(names) == len(set(names))


def test_optimism_and_the_path_of_a_selection_are_told(tmp_path, monkeypatch):
    app = opened(FAMILIES, tmp_path / "bundle", monkeypatch)
    app.selectbox(key="widget/rule").set_value("caruana").run()
    parts = split(FAMILIES, by="region")
    learned = fit(FAMILIES, Ensemble(FAMILIES.models, "caruana"), parts)
    seen = judge(FAMILIES.take(parts.fit), learned.ensemble)
    others = judge(reported(FAMILIES, parts), learned.ensemble)
    text = words(visit(app, "corrections"))
    optimism = 100 * (seen["accuracy"] - others["accuracy"])
    assert f"fitted on it has {accuracy(seen)}, on the others **{accuracy(others)}**" in text
    assert f"{optimism:.1f} points of optimism [" in text
    app.segmented_control(key="widget/corrections-section").set_value("Who helps").run()
    taken = len(learned.ensemble.members)
    assert f"it took {taken} of 6" in words(app)
    weights = app.dataframe[0].value.set_index("member")["weight"]
    for member, share in zip(learned.ensemble.members, learned.ensemble.weights, strict=True):
        assert weights[member] == f"{100 * share:.1f} %"
    if taken < 6:
        left = app.dataframe[1].value
        assert set(left["not taken"]) == set(FAMILIES.models) - set(learned.ensemble.members)


@pytest.mark.parametrize("kind", [kind for kind in BUNDLES if "labels" not in kind])
def test_every_page_shows_ensembles_side_by_side_for_every_kind_of_bundle(
    kind, tmp_path, monkeypatch
):
    app = opened(BUNDLES[kind], tmp_path / "bundle", monkeypatch)
    app.multiselect(key="widget/members").set_value(["model-0"]).run()
    keep(app, "one")
    app.button(key="member-all").click().run()
    if BUNDLES[kind].probabilities and kind != "one sample":
        app.selectbox(key="widget/rule").set_value("weighted").run()
        keep(app, "learned")
        app.selectbox(key="widget/rule").set_value("geometric").run()
    for view in ("overview", "corrections", "calibration", "groups", "front"):
        visit(app, view)
    visit(app, "corrections")
    app.segmented_control(key="widget/corrections-section").set_value("Who helps").run()
    assert not app.exception


@pytest.mark.parametrize("rule", ["caruana", "stacking", "cascade"])
def test_every_page_and_section_shows_an_ensemble_that_learned_or_exits(
    rule, tmp_path, monkeypatch
):
    app = opened(FAMILIES, tmp_path / "bundle", monkeypatch)
    app.selectbox(key="widget/rule").set_value(rule).run()
    for path in sorted((ROOT / "dashboard" / "views").glob("*.py")):
        visit(app, path.stem)
    visit(app, "corrections")
    for section in SECTIONS:
        app.segmented_control(key="widget/corrections-section").set_value(section).run()
        assert not app.exception, section
