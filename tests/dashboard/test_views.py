"""Every view with every kind of bundle: no exception, and the right sentence where it is empty."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from kinds import BUNDLES, checkpointed, opened
from made import ROOT, random_bundle
from pages import visit, words
from streamlit.testing.v1 import AppTest

from analysis.bundle import Bundle
from analysis.rules import RULES

VIEWS = sorted(path.stem for path in (ROOT / "dashboard" / "views").glob("*.py"))
NEED_LABELS = {"overview", "corrections", "front", "groups", "calibration", "rankings"}


def figures(app: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_without_a_bundle_offers_the_demo_and_the_upload(view, monkeypatch):
    app = visit(opened(monkeypatch=monkeypatch), view)
    labels = [button.label for button in app.button]
    assert "Open the demo" in labels
    if view != "data":
        assert "Nothing is loaded" in words(app)


@pytest.mark.parametrize("kind", BUNDLES)
def test_every_view_shows_every_kind_of_bundle(kind, tmp_path, monkeypatch):
    app = opened(BUNDLES[kind], tmp_path / "bundle", monkeypatch)
    for view in VIEWS:
        visit(app, view)
        if kind in ("no labels", "probabilities without labels") and view in NEED_LABELS:
            assert "There are no labels" in words(app)


@pytest.mark.parametrize(
    "kind", ["full", "gaps", "labels only", "one model", "stated confidence", "checkpoints"]
)
def test_every_view_narrows_to_a_selection(kind, tmp_path, monkeypatch):
    app = opened(BUNDLES[kind], tmp_path / "bundle", monkeypatch, selected=[1, 2, 5, 8])
    for view in VIEWS:
        visit(app, view)
        assert "**4 of 60** selected: chosen by hand" in words(app)


@pytest.mark.parametrize(
    "view", ["overview", "corrections", "front", "groups", "samples", "calibration", "difficulty"]
)
def test_a_selection_of_one_sample_breaks_nothing(view, tmp_path, monkeypatch):
    app = opened(BUNDLES["gaps"], tmp_path / "bundle", monkeypatch, selected=[0])
    visit(app, view)


def test_the_overview_states_accuracy_corrections_and_rescues(tmp_path, monkeypatch):
    from analysis.ensemble import Ensemble
    from analysis.summary import judge

    bundle = BUNDLES["full"]
    found = judge(bundle, Ensemble(bundle.models, "mean"))
    text = words(opened(bundle, tmp_path / "bundle", monkeypatch))
    assert f"**{100 * found['accuracy']:.1f} %**" in text
    assert f"right on **{found['corrections']}** samples" in text
    assert f"wrong on **{found['regressions']}**" in text
    assert f"**{found['outcomes']['rescued']}** w" in text


def test_the_selection_survives_a_change_of_page_and_is_cleared_with_one_click(
    tmp_path, monkeypatch
):
    app = opened(BUNDLES["full"], tmp_path / "bundle", monkeypatch, selected=[3, 4])
    for view in ("map", "samples", "overview"):
        assert "2 of 60" in words(visit(app, view))
    app.button(key="clear-selection").click().run()
    assert "2 of 60" not in words(app)
    assert "All 60 samples" in words(app)


def test_choices_in_the_sidebar_survive_a_change_of_page(tmp_path, monkeypatch):
    app = opened(BUNDLES["full"], tmp_path / "bundle", monkeypatch)
    app.selectbox(key="widget/rule").set_value("geometric").run()
    app.multiselect(key="widget/members").set_value(["model-1", "model-3"]).run()
    for view in ("corrections", "samples", "overview"):
        visit(app, view)
        assert app.selectbox(key="widget/rule").value == "geometric"
        assert app.multiselect(key="widget/members").value == ["model-1", "model-3"]
    assert "The geometric mean of 2 models" in words(app)


def test_the_rule_comes_back_when_members_without_probabilities_go(tmp_path, monkeypatch):
    app = opened(BUNDLES["full"], tmp_path / "bundle", monkeypatch)
    app.selectbox(key="widget/rule").set_value("geometric").run()
    app.multiselect(key="widget/members").set_value([]).run()
    assert app.selectbox(key="widget/rule").value == "geometric"
    app.multiselect(key="widget/members").set_value(["model-0", "model-1"]).run()
    assert "geometric mean of 2 models" in words(app)


def test_members_that_answered_nothing_are_answered_with_a_sentence(tmp_path, monkeypatch):
    bundle = random_bundle(models=2, samples=12, probabilities=False)
    silent = torch.stack([torch.full((12,), -1, dtype=torch.int32), bundle.predictions[1]])
    bundle = replace(bundle, predictions=silent, grades=None, fingerprint="")
    app = opened(bundle, tmp_path / "bundle", monkeypatch)
    app.multiselect(key="widget/members").set_value(["model-0"]).run()
    for view in VIEWS:
        visit(app, view)
    assert "No member has an answer that can be judged" in words(visit(app, "overview"))


def test_a_start_that_fails_shows_markup_as_text(tmp_path, monkeypatch):
    broken = tmp_path / "runs.csv"
    rows = "sample_id,model,prediction\n1,![p](http://evil/p.png),x\n1,![p](http://evil/p.png),y\n"
    broken.write_text(rows, "utf-8")
    monkeypatch.setenv("DISSENSUS_OPEN", json.dumps({"paths": [str(broken)]}))
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60).run()
    assert "What the command line named cannot be opened" in words(app)
    assert "![p](http" not in words(app)


def test_no_member_is_answered_with_a_sentence(tmp_path, monkeypatch):
    app = opened(BUNDLES["full"], tmp_path / "bundle", monkeypatch)
    app.multiselect(key="widget/members").set_value([]).run()
    assert not app.exception
    assert "The ensemble has no member" in words(app)


def test_rules_that_need_probabilities_are_not_offered_for_labels(tmp_path, monkeypatch):
    app = opened(BUNDLES["labels only"], tmp_path / "bundle", monkeypatch)
    offered = app.selectbox(key="widget/rule").options
    scored = {rule.label for rule in RULES.values() if rule.needs == "probabilities"}
    assert offered[0] == "Plurality vote"
    assert not scored & {label.split(" (")[0] for label in offered}


def test_names_with_markup_stay_text(tmp_path, monkeypatch):
    bundle = random_bundle(models=3, samples=20)
    names = ("<script>alert(1)</script>", "**bold** [a](b)", "=cmd()")
    bundle = replace(
        bundle,
        models=names,
        probabilities={},
        fingerprint="",
        classes=("<b>x</b>", "`y`", "$z$", "_w_"),
    )
    app = opened(bundle, tmp_path / "bundle", monkeypatch)
    for view in VIEWS:
        visit(app, view)
        assert "<script>" not in words(app)
        assert all("<script>" not in json.dumps(figure) for figure in figures(app))


def test_an_upload_is_described_and_opened(tmp_path, monkeypatch):
    app = visit(opened(monkeypatch=monkeypatch), "data")
    table = "sample_id,label,a,b\n1,x,x,y\n2,y,y,y\n3,x,x,x\n"
    app.file_uploader[0].set_value([("runs.csv", table.encode(), "text/csv")]).run()
    assert not app.exception
    button = app.button(key="open-upload")
    assert button.label == "Open 2 models on 3 samples"
    button.click().run()
    visit(app, "overview")
    assert "plurality vote of 2 models" in words(app)


def test_a_bad_upload_names_the_problem_and_keeps_what_was_open(tmp_path, monkeypatch):
    app = visit(opened(BUNDLES["full"], tmp_path / "bundle", monkeypatch), "data")
    table = "sample_id,model,prediction\n1,a,x\n1,a,y\n"
    app.file_uploader[0].set_value([("runs.csv", table.encode(), "text/csv")]).run()
    assert "What was open stays open" in words(app)
    assert "runs" in words(app)
    assert "row 3" in words(app)
    visit(app, "overview")
    assert "60 samples" in words(app)


def test_a_path_that_cannot_be_read_is_answered_with_a_sentence(tmp_path, monkeypatch):
    broken = tmp_path / "broken.csv"
    broken.write_bytes(b"")
    monkeypatch.setenv("DISSENSUS_OPEN", json.dumps({"paths": [str(broken)]}))
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60).run()
    assert not app.exception
    assert "broken.csv" in words(app)


def test_groups_that_overlap_are_explained_counted_and_joined_in_the_table(tmp_path, monkeypatch):
    bundle = BUNDLES["overlapping groups"]
    sizes = bundle.groups["tags"].sizes()
    app = opened(bundle, tmp_path / "bundle", monkeypatch)
    app.selectbox(key="widget/grouping").set_value("tags").run()
    text = words(visit(app, "groups"))
    assert f"60 samples, but sizes that add up to {int(sizes.sum())}" in text
    assert "n = 60 judged samples" in text
    dots = json.dumps(figures(app)[0])
    for level, size in zip("pqrs", sizes.tolist(), strict=True):
        assert f"{level} (n = {size})" in dots
    table = visit(app, "samples").dataframe[0].value
    first = [
        level for level in "pqrs" if bundle.groups["tags"].membership()[0, "pqrs".index(level)]
    ]
    row = table[table["sample"] == "s0000"]
    assert row["tags"].tolist() in ([";".join(first)], [])
    assert any(";" in cell for cell in table["tags"])


def test_the_map_colours_overlapping_groups_by_what_a_sample_has_together():
    from dashboard.figures.sample_map import _levels
    from dashboard.theme import LIGHT

    whole = BUNDLES["overlapping groups"].groups["tags"].combinations()
    colours = _levels(whole.codes.numpy(), whole.levels, LIGHT)
    names = [name for name, _, _ in colours["categories"]]
    assert len(names) == 8
    assert names[-1].endswith("other levels")
    assert any(";" in name for name in names)


def options(app: AppTest, key: str) -> list[str]:
    return app.selectbox(key=f"widget/{key}").options


def test_pair_measures_are_offered_by_what_they_compare(tmp_path, monkeypatch):
    expected = {
        "full": {"Answers", "Right and wrong", "Probabilities"},
        "labels only": {"Answers", "Right and wrong"},
        "no labels": {"Answers"},
        "embeddings of models": {"Answers", "Right and wrong", "Probabilities", "Embeddings"},
    }
    for place, (kind, bases) in enumerate(expected.items()):
        app = visit(opened(BUNDLES[kind], tmp_path / str(place), monkeypatch), "disagreement")
        assert {option.split(":")[0] for option in options(app, "pair-measure")} == bases


@pytest.mark.parametrize("kind", ["gaps", "embeddings of models"])
def test_every_pair_measure_is_drawn_and_says_which_way_is_diverse(kind, tmp_path, monkeypatch):
    from dashboard.compute import pair_measures
    from dashboard.pair_measures import direction

    app = visit(opened(BUNDLES[kind], tmp_path / "bundle", monkeypatch), "disagreement")
    picker = app.selectbox(key="widget/pair-measure")
    for measure in pair_measures().values():
        labels = {option.split(": ", 1)[1] for option in picker.options}
        if measure.label in labels:
            app.session_state["pair-measure"] = measure.name
            app.run()
            assert not app.exception, measure.name
            assert measure.summary + direction(measure) in words(app)


def test_the_samples_behind_each_pair_can_be_shown_where_answers_are_missing(tmp_path, monkeypatch):
    app = visit(opened(BUNDLES["gaps"], tmp_path / "gaps", monkeypatch), "disagreement")
    app.toggle(key="widget/pair-n").set_value(True).run()
    titles = [figure["layout"]["title"]["text"] for figure in figures(app)]
    assert "How many samples stand behind each pair" in titles
    app = visit(opened(BUNDLES["full"], tmp_path / "full", monkeypatch), "disagreement")
    assert not app.toggle


def test_calibration_states_the_error_of_the_ensemble_with_its_interval(tmp_path, monkeypatch):
    from analysis.catalog import CATALOG, value
    from analysis.ensemble import Ensemble, combine
    from analysis.resampling import intervals
    from analysis.tally import tally

    bundle = BUNDLES["hard"]
    whole = combine(bundle, Ensemble(bundle.models, "mean"))
    measure = CATALOG["ece"]
    error = 100 * float(value(measure, tally(whole, measure.needs)))
    low, high = (100 * float(end) for end in intervals(whole, [measure])["ece"])
    text = words(visit(opened(bundle, tmp_path / "bundle", monkeypatch), "calibration"))
    assert f"**{error:.1f} %** [{low:.1f}, {high:.1f}]" in text
    assert "Fitted on 30 samples and judged on 30 others" in text
    assert "of all such pairs (AUROC; 50 % is chance; 30 held-out samples" in text


def test_calibration_without_any_confidence_is_answered_with_a_way_on(tmp_path, monkeypatch):
    app = visit(opened(BUNDLES["labels only"], tmp_path / "bundle", monkeypatch), "calibration")
    assert "No member says how sure it is" in words(app)
    assert not figures(app)


def test_a_stated_confidence_is_judged_but_gets_no_temperature(tmp_path, monkeypatch):
    bundle = BUNDLES["stated confidence"]
    app = visit(opened(bundle, tmp_path / "bundle", monkeypatch), "calibration")
    titles = [figure["layout"]["title"]["text"] for figure in figures(app)]
    assert titles == [
        "Does confidence keep what it promises?",
        "How far confidence is from accuracy (ECE)",
    ]
    assert "a stated confidence alone cannot be rescaled" in words(app)


def test_difficulty_states_how_many_samples_nobody_gets_right(tmp_path, monkeypatch):
    from analysis.intervals import wilson

    bundle = BUNDLES["labels only"]
    nobody = (bundle.correct.sum(0) == 0).sum()
    low, high = (100 * float(end) for end in wilson(nobody, torch.tensor(60)))
    text = words(visit(opened(bundle, tmp_path / "bundle", monkeypatch), "difficulty"))
    assert f"**{nobody} of 60 samples ({100 * nobody / 60:.1f} % [{low:.1f}, {high:.1f}])**" in text
    assert "the probabilities of two members or more" in text


def test_difficulty_without_labels_says_where_the_members_differ(tmp_path, monkeypatch):
    bundle = BUNDLES["probabilities without labels"]
    app = visit(opened(bundle, tmp_path / "bundle", monkeypatch), "difficulty")
    differ = int((bundle.predictions != bundle.predictions[0]).any(0).sum())
    assert f"different answers on **{differ} of 60 samples" in words(app)
    assert len(figures(app)) == 2
    assert "Labels can be doubted where there are labels and answers" in words(app)


def test_checkpoints_of_a_run_offer_margins_and_forgetting(tmp_path, monkeypatch):
    bundle = BUNDLES["checkpoints"]
    app = visit(opened(bundle, tmp_path / "bundle", monkeypatch), "difficulty")
    offered = options(app, "score")
    assert "Area under the margin (AUM), all models" in offered
    app.session_state["score"] = "forgetting/all models"
    app.run()
    assert not app.exception
    histogram = figures(app)[1]
    assert histogram["layout"]["xaxis"]["title"]["text"] == "Times forgotten, all models"
    app = visit(opened(BUNDLES["full"], tmp_path / "full", monkeypatch), "difficulty")
    assert not any("forgotten" in option for option in options(app, "score"))


def test_suspected_labels_are_listed_most_suspicious_first(tmp_path, monkeypatch):
    from analysis.suspects import suspects

    bundle = BUNDLES["hard"]
    found = suspects(bundle)
    app = visit(opened(bundle, tmp_path / "bundle", monkeypatch), "difficulty")
    table = next(frame.value for frame in app.dataframe if "suggested" in frame.value)
    doubted = [
        row for row in found.order.tolist() if found.flagged[row] or found.consensus[row] == 1
    ]
    assert table["sample"].tolist() == [bundle.ids[row] for row in doubted]
    assert table["suggested"].tolist() == [
        bundle.classes[int(found.suggested[row])] for row in doubted
    ]
    app.button(key="select-suspects").click().run()
    assert app.session_state["selection"].positions.tolist() == sorted(doubted)


def test_a_label_that_one_lone_judge_contradicts_is_not_listed(tmp_path, monkeypatch):
    said = torch.full((10, 30), -1, dtype=torch.int32)
    said[:, 2:] = 0
    said[0, 0] = 1
    said[:9, 1], said[9, 1] = 1, 0
    bundle = Bundle(
        tuple(f"m{row}" for row in range(10)),
        tuple(f"s{row:02d}" for row in range(30)),
        ("cat", "dog"),
        said,
        torch.zeros(30, dtype=torch.int32),
    )
    app = visit(opened(bundle, tmp_path / "bundle", monkeypatch), "difficulty")
    assert "The members doubt **1** of 30 labels" in words(app)
    table = next(frame.value for frame in app.dataframe if "suggested" in frame.value)
    assert table["sample"].tolist() == ["s01"]


def test_members_without_an_answer_are_no_part_of_none_some_and_every(tmp_path, monkeypatch):
    said = torch.zeros(3, 20, dtype=torch.int32)
    said[2, :10] = -1
    said[:, 19] = torch.tensor([1, 1, -1])
    said[:, 18] = torch.tensor([1, 0, -1])
    bundle = Bundle(
        ("a", "b", "c"),
        tuple(map(str, range(20))),
        ("cat", "dog"),
        said,
        torch.zeros(20, dtype=torch.int32),
    )
    app = visit(opened(bundle, tmp_path / "bundle", monkeypatch), "difficulty")
    assert "No member gets **1 of 20 samples" in words(app)
    assert "and every member 18 (90.0 %" in words(app)
    assert "on the other 1 (5.0 %" in words(app)
    app.session_state["missing"] = "wrong"
    app.run()
    assert "and every member 8 (40.0 %" in words(app)


def test_what_was_never_judged_was_not_forgotten_zero_times(tmp_path, monkeypatch):
    bundle = checkpointed(random_bundle(3, 20))
    labels = bundle.labels.clone()
    labels[:4] = -1
    bundle = replace(bundle, labels=labels, grades=None, fingerprint="")
    app = visit(opened(bundle, tmp_path / "bundle", monkeypatch), "difficulty")
    for score in ("forgetting", "learned"):
        app.session_state["score"] = f"{score}/all models"
        app.run()
        histogram = figures(app)[1]
        subtitle = histogram["layout"]["title"]["subtitle"]["text"].replace("<br>", " ")
        assert "4 without a value left out" in subtitle


def test_a_run_with_an_epoch_twice_leaves_the_other_runs_their_scores(tmp_path, monkeypatch):
    info = {"epoch": np.array([1, 2, 1, 1]), "seed": np.array([0, 0, 1, 1])}
    bundle = replace(random_bundle(4, 20), model_info=info, fingerprint="")
    app = visit(opened(bundle, tmp_path / "bundle", monkeypatch), "difficulty")
    assert "Times forgotten, seed 0" in options(app, "score")
    assert "Times forgotten, seed 1" not in options(app, "score")
    assert "No scores over the checkpoints of seed 1 (epoch 1)" in words(app)


def titles(app: AppTest) -> list[str]:
    return [figure["layout"]["title"]["text"] for figure in figures(app)]


def subtitle(figure: dict) -> str:
    return figure["layout"]["title"]["subtitle"]["text"].replace("<br>", " ")


def test_titles_of_pairs_follow_the_measure_and_what_the_map_is_made_of(tmp_path, monkeypatch):
    expected = {
        "disagreement_labels": ("How much each pair of models differs", "answer alike"),
        "error_disagreement": ("How much each pair of models differs", "err alike"),
        "double_fault": ("How much each pair of models has in common", "similar probabilities"),
        "nfr": ("Negative flips of each pair of models", "similar probabilities"),
        "ce_distance_mekong": ("Cross-entropy distance of each pair", "similar probabilities"),
        "linear_cka": ("How much each pair of models has in common", "similar probabilities"),
    }
    bundle = BUNDLES["embeddings of models"]
    app = visit(opened(bundle, tmp_path / "bundle", monkeypatch), "disagreement")
    for name, (of_matrix, of_map) in expected.items():
        app.session_state["pair-measure"] = name
        app.run()
        matrix, flat = titles(app)[:2]
        assert matrix.startswith(of_matrix), name
        assert of_map in flat, name
    app.session_state["pair-measure"] = "ce_distance_mekong"
    app.run()
    assert "Distances: cross-entropy distance, n = 60" in subtitle(figures(app)[1])
    assert "(average linkage of: cross-entropy distance)" in words(app)


def test_a_measure_that_is_no_distance_is_mapped_by_one_that_the_data_allow():
    from dashboard.compute.models import _nearest_distance

    bundle = random_bundle(3, 20)
    some = {name: bundle.probabilities[name] for name in bundle.models[:2]}
    assert _nearest_distance(bundle).name == "js_nats"
    assert _nearest_distance(replace(bundle, probabilities=some)).name == "disagreement_labels"
    silent = torch.full_like(bundle.predictions, -1)
    graded = replace(bundle, predictions=silent, probabilities={}, fingerprint="")
    assert _nearest_distance(graded).name == "error_disagreement"


def test_models_that_were_only_graded_get_a_map_by_their_errors(tmp_path, monkeypatch):
    grades = random_bundle(4, 40).grades.tolist()
    rows = [
        f"{sample},m{model},{grade}"
        for model, row in enumerate(grades)
        for sample, grade in enumerate(row)
    ]
    log = tmp_path / "log.csv"
    log.write_text("\n".join(["sample_id,model,correct", *rows]), "utf-8")
    monkeypatch.setenv("DISSENSUS_OPEN", json.dumps({"paths": [str(log)]}))
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60).run()
    visit(app, "disagreement")
    for name in ("error_consistency", "q_statistic"):
        app.session_state["pair-measure"] = name
        app.run()
        assert not app.exception
        flat = figures(app)[1]
        assert "err alike" in flat["layout"]["title"]["text"]
        assert "left out" not in subtitle(flat)


def test_a_map_by_a_distance_itself_keeps_its_distances():
    from dashboard.compute import pair_measures, pairs

    bundle = random_bundle(3, 60)
    found = pairs(bundle, bundle.models, pair_measures()["ce_distance_mekong"], "exclude")
    assert found["basis"] == "ce_distance_mekong"
    steps = found["coordinates"][:, None] - found["coordinates"][None]
    np.testing.assert_allclose(np.linalg.norm(steps, axis=2), found["matrix"], atol=1e-9)
    found = pairs(bundle, bundle.models, pair_measures()["disagreement_labels"], "exclude")
    steps = found["coordinates"][:, None] - found["coordinates"][None]
    np.testing.assert_allclose(np.linalg.norm(steps, axis=2) ** 2, found["matrix"], atol=1e-9)


def test_the_calibration_page_lists_four_errors_of_every_model(tmp_path, monkeypatch):
    from analysis.calibration_errors import calibration_errors

    bundle = BUNDLES["hard"]
    app = visit(opened(bundle, tmp_path / "bundle", monkeypatch), "calibration")
    table = next(frame.value for frame in app.dataframe if "equal mass" in frame.value)
    assert len(table) == len(bundle.models) + 1
    expected = calibration_errors(bundle, "model-2")
    row = table[table["model"] == "model-2"].iloc[0]
    for column, name in (
        ("equal width", "ece"),
        ("equal mass", "ece_mass"),
        ("class by class", "classwise_ece"),
        ("debiased", "debiased_root"),
    ):
        assert row[column] == pytest.approx(expected[name], abs=1e-4)
    assert "the relative uncertainty was fitted on 30 others" in words(app)
    stated_only = BUNDLES["stated confidence"]
    app = visit(opened(stated_only, tmp_path / "stated", monkeypatch), "calibration")
    table = next(frame.value for frame in app.dataframe if "equal mass" in frame.value)
    assert table["class by class"].isna().all()
    assert set(table["undefined, for there are"]) == {"no probabilities", "no confidence"}


def test_stated_confidences_are_counted_without_reading_probabilities(monkeypatch):
    from analysis.ensemble import Ensemble
    from dashboard.compute import stated_alone
    from dashboard.state import Choices

    bundle = random_bundle(3, 20)
    stated = torch.full((3, 20), torch.nan)
    stated[0] = stated[1] = 0.5
    tables = {"model-0": bundle.probabilities["model-0"]}
    bundle = replace(bundle, probabilities=tables, confidence=stated, fingerprint="")
    monkeypatch.setattr("analysis.confidence.normalised", None)
    choices = Choices(bundle, Ensemble(bundle.models), None, "exclude")
    assert stated_alone(choices) == 1
    assert stated_alone(replace(choices, bundle=replace(bundle, confidence=None))) == 0


def test_groups_tell_how_varied_their_samples_are(tmp_path, monkeypatch):
    from analysis.vendi import group_vendi

    bundle = random_bundle(samples=300)
    expected = group_vendi(bundle.embeddings, bundle.groups["region"], orders=(1.0,))
    app = visit(opened(bundle, tmp_path / "bundle", monkeypatch), "groups")
    table = next(frame.value for frame in app.dataframe if "different samples" in frame.value)
    for level, found in zip(table["group"], table["different samples"], strict=True):
        assert found == pytest.approx(expected[level]["vendi_q1"], abs=0.01)
    assert "that have nothing in common" in words(app)
    bare = replace(bundle, embeddings=None, fingerprint="")
    app = visit(opened(bare, tmp_path / "bare", monkeypatch), "groups")
    assert not any("different samples" in frame.value for frame in app.dataframe)


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
def test_overview_and_groups_judge_on_the_same_samples(missing):
    from analysis.bundle import Grouping
    from analysis.ensemble import Ensemble
    from dashboard.compute import ensemble_accuracy, group_table
    from dashboard.state import Choices

    made = random_bundle(4, 60, gaps=0.4, probabilities=False)
    groups = {"all": Grouping(torch.zeros(60, dtype=torch.int32), ("one",))}
    bundle = replace(made, labels=None, groups=groups, fingerprint="")
    choices = Choices(bundle, Ensemble(bundle.models[:2]), "all", missing)
    table, whole = group_table(choices, bundle, "all"), ensemble_accuracy(choices, bundle)
    assert table["n"][-1, 0] == whole["judged"][0]
    assert table["accuracy"][-1, 0] == pytest.approx(whole["accuracy"][0])
    assert (table["low"][-1, 0], table["high"][-1, 0]) == pytest.approx(
        (whole["low"][0], whole["high"][0])
    )
    silent = torch.full_like(bundle.predictions, -1)
    choices = replace(choices, bundle=replace(bundle, predictions=silent, fingerprint=""))
    table = group_table(choices, choices.bundle, "all")
    assert table["n"][-1, 0] == 0
    assert np.isnan(table["accuracy"][-1, 0])
    assert (table["n"][:-1] > 0).all()


def test_grades_alone_tell_how_many_members_are_right(tmp_path, monkeypatch):
    grades = random_bundle(3, 40, accuracy=0.3).grades
    rows = [f"{n},m{m},{grades[m, n]}" for m in range(3) for n in range(40)]
    log = tmp_path / "log.csv"
    log.write_text("\n".join(["sample_id,model,correct", *rows]), "utf-8")
    monkeypatch.setenv("DISSENSUS_OPEN", json.dumps({"paths": [str(log)]}))
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60).run()
    text = words(visit(app, "difficulty"))
    none, every = int((grades.sum(0) == 0).sum()), int((grades.sum(0) == 3).sum())
    assert f"No member gets **{none} of 40 samples" in text
    assert f"every member {every} (" in text
    (bars,) = figures(app)[0]["data"]
    assert bars["name"] == "ensemble not judged"
