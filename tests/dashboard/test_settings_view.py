"""The page of accuracies without samples: what it says and draws, and what other pages say then."""

import json

import numpy as np
import pytest
from made import ROOT, random_bundle
from pages import visit, words
from streamlit.testing.v1 import AppTest

from analysis.loading import save_bundle
from dashboard.cli import main
from dashboard.plots.settings import crosses, setting_scatter
from dashboard.theme import LIGHT

VIEWS = sorted(path.stem for path in (ROOT / "dashboard" / "views").glob("*.py"))
TWO = """model,setting,accuracy,n,kind
a,day,0.90,100,cnn
b,day,0.80,100,vit
c,day,0.70,100,cnn
d,day,0.95,100,cnn
a,night,0.40,100,cnn
b,night,0.60,100,vit
c,night,0.30,100,cnn
"""
ONE = "model,setting,accuracy,n\na,day,0.9,100\nb,day,0.8,100\n"
APART = "model,setting,accuracy\na,day,0.9\nb,night,0.8\n"


def started(monkeypatch, *paths) -> AppTest:
    monkeypatch.setenv("DISSENSUS_OPEN", json.dumps({"paths": [str(path) for path in paths]}))
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60).run()
    assert not app.exception, app.exception[0].message
    return app


@pytest.fixture
def app(tmp_path, monkeypatch):
    def start(text: str, *more) -> AppTest:
        path = tmp_path / "accuracy.csv"
        path.write_text(text, "utf-8")
        return started(monkeypatch, path, *more)

    return start


def figure(app: AppTest) -> dict:
    return json.loads(app.get("plotly_chart")[0].proto.spec)


def test_the_app_opens_on_the_page_that_needs_no_samples(app):
    opened = app(TWO)
    assert opened.title[0].value == "Across settings"
    text = words(opened)
    assert "4 models · 2 settings · 7 of 8 accuracies measured · numbers of samples known" in text
    assert (
        "The best model in day is a (**90.0 %**), in night it is b (**60.0 %**). **2** models are "
        "beaten by none in both." in text
    )
    assert "1 model was not measured in one of the two or in both and is not drawn." in text
    assert "Mean and rank are over the 3 models that were measured in both settings; 1 with" in text


def test_the_scatter_draws_models_line_and_front_with_intervals(app):
    drawn = figure(app(TWO))
    points = [trace for trace in drawn["data"] if trace["mode"] == "markers"]
    assert {trace["name"] for trace in points} == {"cnn", "vit"}
    hover = [text for trace in points for text in trace["hovertext"]]
    assert sorted(text.split("<")[1] for text in hover) == ["b>a", "b>b", "b>c"]
    first = next(text for text in hover if "<b>a</b>" in text)
    assert "day: 90.0 % [82.6, 94.5], n = 100" in first
    assert "night: 40.0 %" in first
    assert "kind: cnn" in first
    assert "beaten by none" in first
    assert "beaten by none" not in next(text for text in hover if "<b>c</b>" in text)
    lines = {trace["name"] for trace in drawn["data"] if trace["mode"] == "lines"}
    assert lines == {"front"}
    assert "The line itself lies outside the plot." in json.dumps(drawn["layout"]["title"])
    assert drawn["layout"]["xaxis"]["title"]["text"] == "Accuracy in day, higher is better"
    assert drawn["layout"]["xaxis"]["tickformat"] == ".0%"


def test_axes_colour_and_table_can_be_chosen(app):
    opened = app(TWO)
    opened.selectbox(key="widget/settings/x").set_value("night").run()
    assert not opened.exception
    assert figure(opened)["layout"]["yaxis"]["title"]["text"].startswith("Accuracy in day")
    opened.selectbox(key="widget/settings/colour").set_value("(none)").run()
    assert len([t for t in figure(opened)["data"] if t["mode"] == "markers"]) == 1
    opened.multiselect(key="widget/settings/listed").set_value(["night"]).run()
    table = opened.dataframe[0].value
    assert "day (%)" not in table
    assert table["model"].tolist() == ["b", "a", "c", "d"]
    assert table["mean rank"].tolist()[:3] == [1, 2, 3]
    visit(opened, "overview")
    back = visit(opened, "settings")
    assert back.selectbox(key="widget/settings/x").value == "night"
    assert back.multiselect(key="widget/settings/listed").value == ["night"]


def test_the_table_ranks_models_that_have_every_setting_first(app):
    table = app(TWO).dataframe[0].value
    assert table["model"].tolist() == ["a", "b", "c", "d"]
    assert table["mean (%)"].tolist()[:3] == pytest.approx([65, 70, 50])
    assert np.isnan(table["mean rank"].tolist()[3])
    assert table["beaten by none"].tolist() == [True, True, False, False]


def test_one_setting_has_a_table_and_nothing_to_compare(app):
    opened = app(ONE)
    assert "There is one setting, so there is nothing to compare it with" in words(opened)
    assert not opened.get("plotly_chart")
    table = opened.dataframe[0].value
    assert table["low (%)"].tolist() == pytest.approx([82.56, 71.11], abs=0.01)
    assert table["n"].tolist() == [100, 100]


def test_a_line_and_a_parabola_run_through_all_models_or_those_of_one_kind(app):
    rows = [
        f"m{place},{setting},{rate:.3f},100,{'cnn' if place < 8 else 'vit'}"
        for place in range(10)
        for setting, rate in (("day", 0.1 + 0.08 * place), ("night", (0.1 + 0.08 * place) ** 2))
    ]
    opened = app("model,setting,accuracy,n,kind\n" + "\n".join(rows) + "\n")
    text = words(opened)
    assert "**A moon shape**" in text
    assert "The table of models has no column recipe, run or family" in text
    drawn = json.loads(opened.get("plotly_chart")[1].proto.spec)
    assert {"line", "parabola"} <= {trace["name"] for trace in drawn["data"]}
    assert "line and parabola through 10 models" in json.dumps(drawn["layout"]["title"])
    opened.selectbox(key="widget/settings/fitted").set_value("cnn").run()
    drawn = json.loads(opened.get("plotly_chart")[1].proto.spec)
    assert "10 points; line and parabola through 8" in json.dumps(drawn["layout"]["title"])
    opened.segmented_control(key="widget/setting-majority/scale").set_value("probit").run()
    assert not opened.exception
    drawn = json.loads(opened.get("plotly_chart")[1].proto.spec)
    assert "probit axis" in drawn["layout"]["xaxis"]["title"]["text"]


def test_two_settings_without_a_common_model_are_answered_with_a_sentence(app):
    text = words(app(APART))
    assert "No model was measured in both" in text
    assert "Mean and rank are over the 0 models" in text


def test_two_hundred_settings_with_long_names_are_offered(app):
    rows = [f"m{i},{'setting-' * 8}{j},0.{i}{j % 10}" for i in range(1, 4) for j in range(213)]
    opened = app("model,setting,accuracy\n" + "\n".join(rows) + "\n")
    assert len(opened.selectbox(key="widget/settings/x").options) == 213
    assert len(opened.selectbox(key="widget/settings/y").options) == 212
    assert len(opened.multiselect(key="widget/settings/listed").value) == 2


def test_other_pages_say_what_they_need_and_where_to_go(app):
    opened = app(TWO)
    for view in VIEWS:
        text = words(visit(opened, view))
        if view not in ("settings", "data", "rankings"):
            assert (
                "This page needs answers on single samples, and only accuracies of 4 models in 2 "
                "settings are open." in text
            )


def test_a_bundle_and_accuracies_are_open_side_by_side(app, tmp_path, monkeypatch):
    samples, long = tmp_path / "samples.csv", tmp_path / "long.csv"
    samples.write_text("sample_id,label\n1,p\n2,q\n", "utf-8")
    long.write_text("sample_id,model,prediction\n1,a,p\n2,a,p\n1,b,p\n2,b,q\n", "utf-8")
    opened = app(TWO, samples, long)
    assert opened.title[0].value == "Overview"
    assert "best model in day" in words(visit(opened, "settings"))


def test_with_a_bundle_alone_the_page_says_what_to_add(tmp_path, monkeypatch):
    save_bundle(random_bundle(), tmp_path / "bundle")
    opened = started(monkeypatch, tmp_path / "bundle")
    text = words(visit(opened, "settings"))
    assert "No table of accuracies is open" in text
    assert "Nothing is loaded" not in text


def test_names_with_markup_stay_text(app):
    text = TWO.replace("a,", "<script>x</script>,").replace("night", "**night** $z$")
    opened = app(text)
    assert "<script>" not in words(opened)
    assert "<script>" not in json.dumps(figure(opened))


def drawn(accuracy, **more):
    accuracy = np.array(accuracy)
    unknown = np.full(accuracy.shape, np.nan)
    return setting_scatter(
        accuracy,
        unknown,
        unknown,
        None,
        np.zeros(len(accuracy), dtype=bool),
        [f"m{place}" for place in range(len(accuracy))],
        ("x", "y"),
        **more,
    )


def test_colours_by_number_use_a_scale_and_by_text_the_levels_of_the_palette():
    values = np.linspace(0.1, 0.8, 24).reshape(12, 2)
    numbers = drawn(values, colour=np.array([*range(11), np.nan]), colour_name="epoch")
    unknown, known, *_ = [t for t in numbers.data if t.mode == "markers"]
    assert (unknown.name, len(unknown.x)) == ("not known", 1)
    assert known.marker.showscale
    texts = np.array([f"k{place % 10}" for place in range(11)] + [None], dtype=object)
    kinds = [t for t in drawn(values, colour=texts, colour_name="k").data if t.mode == "markers"]
    assert [t.name for t in kinds][:2] == ["not known", "3 other values"]
    assert [t.marker.color for t in kinds][2:] == list(LIGHT.levels[:7])
    assert len({t.marker.symbol for t in kinds[2:]}) == 7
    assert sorted(row for t in kinds for row in t.customdata) == list(range(12))


def test_the_line_of_equal_accuracy_is_drawn_where_it_is_in_sight():
    near, far = drawn([[0.5, 0.4], [0.3, 0.45]]), drawn([[0.9, 0.1], [0.8, 0.2]])
    assert "equal in both" in [trace.name for trace in near.data]
    line = next(trace for trace in near.data if trace.name == "equal in both")
    assert list(line.x) == list(line.y)
    assert "equal in both" not in [trace.name for trace in far.data]
    assert "lies outside the plot" in far.layout.title.subtitle.text
    assert crosses([[0, 1], [0.5, 2]])
    assert not crosses([[0, 0.4], [0.5, 2]])


def test_the_command_line_checks_and_analyses_accuracies(tmp_path, capsys):
    path = tmp_path / "accuracy.csv"
    path.write_text(TWO, "utf-8")
    assert main(["check", str(path)]) == 0
    out = capsys.readouterr().out
    assert "accuracy.csv: accuracy table, 7 rows" in out
    assert "note: 4 models in 2 settings: 7 of 8 cells are measured." in out
    assert "usable: accuracies of 4 models in 2 settings, 7 measured, fingerprint " in out
    assert main(["analyze", str(path), "--models", "a,b"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"dissensus", "accuracies"}
    assert found["accuracies"]["models"] == ["a", "b"]
    assert found["accuracies"]["measured"] == {"day": 2, "night": 2}
    assert main(["analyze", str(path), "--where", "kind=cnn"]) == 1
    assert "there are no samples to choose from" in capsys.readouterr().err
    assert main(["analyze", str(path), "--ensemble", "plurality"]) == 1
    assert "--ensemble and --reference need answers on single samples" in capsys.readouterr().err
    assert main(["check", str(path), "--models", "z"]) == 1
    assert "There is no model 'z'; the models are a, b, c, d." in capsys.readouterr().out
