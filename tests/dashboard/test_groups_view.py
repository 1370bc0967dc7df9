"""The Groups page: made groupings, all sections, many levels, no labels."""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from kinds import BUNDLES, opened
from made import overlapping, random_bundle
from pages import visit, words
from picking import chosen, pick, points

from analysis.bundle import Grouping
from dashboard import compute, group_words, panels
from dashboard.groups import SECTIONS, UNLABELLED
from dashboard.panels import groups as group_panel
from dashboard.plots import group_dots
from dashboard.plots import groups as group_plots

KINDS = (
    *("full", "gaps", "no labels", "probabilities without labels", "one model", "one sample"),
    *("overlapping groups", "many"),
)


def with_columns(samples=120, **more):
    bundle = random_bundle(4, samples, 3, seed=5, **more)
    random = np.random.default_rng(0)
    values = random.normal(50, 10, samples)
    values[:3] = np.nan
    columns = {
        "age": values,
        "name": np.array([f"sample {place}" for place in range(samples)], dtype=object),
        "same": np.array(["one"] * samples, dtype=object),
        "tags": np.array([["a", "b;c", "a;c", None][at % 4] for at in range(samples)], object),
    }
    return replace(bundle, attributes={**bundle.attributes, **columns}, fingerprint="")


@pytest.mark.parametrize("kind", KINDS)
def test_every_section_shows_every_kind_of_bundle(kind, tmp_path, monkeypatch):
    bundle = BUNDLES[kind]
    app = visit(opened(bundle, tmp_path / "bundle", monkeypatch), "groups")
    judged = bool(bundle.labelled.any())
    chooser = "groups-section" if judged else "votes-section"
    for section in SECTIONS if judged else UNLABELLED:
        app.segmented_control(key=f"widget/{chooser}").set_value(section).run()
        assert not app.exception, (section, app.exception)
    if not judged:
        assert "need labels" in words(app)


def test_sections_narrow_to_the_selection(tmp_path, monkeypatch):
    bundle = BUNDLES["full"]
    app = opened(bundle, tmp_path / "bundle", monkeypatch, list(range(25)))
    visit(app, "groups")
    for section in SECTIONS:
        app.segmented_control(key="widget/groups-section").set_value(section).run()
        assert not app.exception, (section, app.exception)


def make(app, kind, button, **values):
    app.segmented_control(key="widget/grouping-kind").set_value(kind).run()
    for key, value in values.items():
        widgets = [*app.selectbox, *app.multiselect, *app.radio, *app.text_input, *app.number_input]
        widget = next(one for one in widgets if one.key == f"widget/grouping-{key}")
        widget.set_value(value).run()
    app.button(key=button).click().run()
    assert not app.exception, app.exception
    return app.session_state["bundle"].groups


def test_groupings_are_made_of_columns_ranges_and_crossings(tmp_path, monkeypatch):
    app = visit(opened(with_columns(), tmp_path / "bundle", monkeypatch), "groups")
    cut, fingerprint = "Ranges of a number", app.session_state["bundle"].fingerprint
    groups = make(app, cut, "group-ranges", number="age", parts=3)
    assert app.session_state["grouping"] == "age in 3 parts"
    assert groups["age in 3 parts"].levels[-1] == "(missing)"
    assert groups["age in 3 parts"].sizes().tolist()[-1] == 3
    assert max(groups["age in 3 parts"].sizes().tolist()) == 39
    groups = make(app, cut, "group-ranges", way="Cut at numbers", edges="40, 60")
    assert groups["age at 40, 60"].levels == ("at most 40", "40 to 60", "above 60", "(missing)")
    groups = make(app, "A column", "group-column", column="tags", mark=";")
    assert groups["tags (each value)"].overlapping
    assert groups["tags (each value)"].levels == ("a", "b", "c", "(missing)")
    crossed = ["region", "age at 40, 60"]
    groups = make(app, "A crossing", "group-crossing", crossed=crossed)
    name = "region \N{MULTIPLICATION SIGN} age at 40, 60"
    assert app.session_state["grouping"] == name
    assert int(groups[name].sizes().sum()) == 120
    assert app.session_state["bundle"].fingerprint != fingerprint
    for made in list(app.session_state["made_groups"]):
        app.button(key=f"forget-grouping/{made}").click().run()
    assert app.session_state["bundle"].fingerprint == fingerprint
    assert app.session_state["grouping"] in app.session_state["bundle"].groups


def test_what_makes_no_groups_says_why(tmp_path, monkeypatch):
    app = visit(opened(with_columns(), tmp_path / "bundle", monkeypatch), "groups")
    before = set(app.session_state["bundle"].groups)
    for column, sentence in (
        ("name", "belongs to a single sample"),
        ("same", "All samples have the same value"),
    ):
        groups = make(app, "A column", "group-column", column=column)
        assert set(groups) == before
        assert sentence in words(app)
    way = {"way": "Cut at numbers"}
    make(app, "Ranges of a number", "group-ranges", number="age", **way, edges="x")
    assert "no list of numbers" in words(app)
    make(app, "Ranges of a number", "group-ranges", number="age", **way, edges="1000")
    assert "(missing)" in app.session_state["bundle"].groups["age at 1000"].levels


def test_a_selection_becomes_a_group(tmp_path, monkeypatch):
    bundle = with_columns()
    app = opened(bundle, tmp_path / "bundle", monkeypatch, list(range(30)))
    visit(app, "groups")
    app.text_input(key="slice-name").set_value("hard ones").run()
    app.button(key="save-slice").click().run()
    assert not app.exception
    found = app.session_state["bundle"].groups["hard ones"]
    assert found.levels == ("in hard ones", "outside")
    assert found.codes.tolist() == [0] * 30 + [1] * 90
    assert app.session_state["grouping"] == "hard ones"


def many_levels(levels=5000, samples=10_000):
    bundle = random_bundle(3, samples, 3, seed=1, probabilities=False)
    random = np.random.default_rng(2)
    codes = torch.from_numpy(random.integers(0, levels, samples).astype(np.int32))
    codes[:2000] = torch.arange(2000, dtype=torch.int32) % 50
    groups = {"city": Grouping(codes, tuple(f"city {at}" for at in range(levels)))}
    return replace(bundle, groups=groups, fingerprint="")


def test_thousands_of_levels_freeze_nothing_and_the_number_left_out_is_said(tmp_path, monkeypatch):
    app = opened(many_levels(), tmp_path / "bundle", monkeypatch)
    app.session_state["grouping"] = "city"
    start = time.perf_counter()
    visit(app, "groups")
    for section in SECTIONS:
        app.segmented_control(key="widget/groups-section").set_value(section).run()
        assert not app.exception, (section, app.exception)
        specs = " ".join(one.proto.spec for one in app.get("plotly_chart"))
        assert len(specs) < 2_000_000
        if section not in ("Curves", "Majority and minority"):  # there levels are picked
            assert "more level" in specs
    assert time.perf_counter() - start < 60


@pytest.mark.parametrize(
    ("codes", "sentence"),
    [
        (torch.arange(60, dtype=torch.int32), "holds a single judged sample"),
        (torch.zeros(60, dtype=torch.int32), "have the same value"),
    ],
)
def test_columns_that_are_ids_or_constant_get_a_sentence(codes, sentence, tmp_path, monkeypatch):
    bundle = random_bundle(3, 60, 3)
    levels = tuple(f"l{at}" for at in range(int(codes.max()) + 1))
    bundle = replace(bundle, groups={"own": Grouping(codes, levels)}, fingerprint="")
    app = opened(bundle, tmp_path / "bundle", monkeypatch)
    app.selectbox(key="widget/grouping").set_value("own").run()
    assert sentence in words(visit(app, "groups"))
    for section in SECTIONS:
        app.segmented_control(key="widget/groups-section").set_value(section).run()
        assert not app.exception, (section, app.exception)


def test_the_smallest_group_that_counts_is_the_users(tmp_path, monkeypatch):
    bundle = with_columns()
    codes = torch.tensor([0] * 60 + [1] * 50 + [2] * 10, dtype=torch.int32)
    groups = {"part": Grouping(codes, ("x", "y", "z"))}
    bundle = replace(bundle, groups=groups, fingerprint="")
    app = visit(opened(bundle, tmp_path / "bundle", monkeypatch), "groups")
    assert "z (n = 10)" in words(app)
    app.number_input(key="widget/smallest-group").set_value(55).run()
    assert "Fewer than two levels" in words(app)
    app.number_input(key="widget/smallest-group").set_value(5).run()
    assert "z (n = 10)." not in words(app)


def test_of_many_groups_the_best_worst_and_largest_are_drawn():
    rate, n = np.linspace(0, 1, 100), np.full(100, 30)
    assert set(group_plots.drawn_levels(rate, n, 20)) == {*range(20), *range(80, 100)}
    n[:70] = 3
    n[5] = 19
    drawn = group_plots.drawn_levels(rate, n, 20)
    assert {5, *range(70, 100)} <= set(drawn)
    assert len(drawn) == 40
    table = {"n": n, "mean": rate}
    assert set(group_dots.drawn_scores(table, 20)) == set(range(70, 100))


def test_small_groups_are_not_raised_in_the_curves():
    mean = np.linspace(0, 1, 12)[None].repeat(2, 0)
    counts = np.array([1, *[30] * 10, 1])
    names = [f"l{at}" for at in range(12)]
    figure = group_plots.size_curve([1, 2], names, mean, mean, mean, counts, column="c", least=20)
    raised = {trace.name.split("<")[0] for trace in figure.data if trace.showlegend}
    assert raised == {"l1", "l2", "l9", "l10"}


def test_a_pick_among_many_groups_selects_the_group_that_was_drawn(tmp_path, monkeypatch):
    bundle = many_levels(200, 2000)
    app = opened(bundle, tmp_path / "bundle", monkeypatch)
    app.session_state["grouping"] = "city"
    visit(app, "groups")
    loaded = app.session_state["bundle"]
    choices = chosen(app)
    table = compute.group_table(choices, loaded, "city")
    drawn = group_plots.drawn_levels(table["accuracy"][-1], table["n"][-1], 20)
    pick(app, group_panel._pick_group, points(7), "group-accuracy", choices)
    expected = loaded.groups["city"].within([int(drawn[7])]).nonzero().flatten().tolist()
    assert app.session_state["selection"].positions.tolist() == expected


def test_names_from_data_are_escaped():
    evil = "<b>*x*</b>"
    said = group_words.excluded([evil], np.array([3]), 20)
    assert "<b>" not in said
    assert "\\*x\\*" in said
    found = [{"name": evil, "correlation": 0.5, "p": 0.01, "p_bh": 0.01, "n": 9}]
    assert "<b>*" not in group_words.dependence_sentence(found, "errors")
    assert panels.dependences is not None


def test_overlapping_groups_can_be_crossed(tmp_path, monkeypatch):
    bundle = overlapping(120)
    parity = Grouping(torch.arange(120, dtype=torch.int32) % 2, ("even", "odd"))
    bundle = replace(bundle, groups={**bundle.groups, "parity": parity}, fingerprint="")
    app = visit(opened(bundle, tmp_path / "bundle", monkeypatch), "groups")
    groups = make(app, "A crossing", "group-crossing", crossed=["tags", "parity"])
    found = groups["tags \N{MULTIPLICATION SIGN} parity"]
    assert found.overlapping
    assert int(found.sizes().sum()) == int(groups["tags"].sizes().sum())
