"""Sessions and links in the app: saved in one, opened in a fresh one."""

import json
from dataclasses import replace

import numpy as np
import pytest
from kinds import BUNDLES, opened
from made import random_bundle
from pages import visit, words

from analysis.loading import save_bundle
from dashboard import cli, made_groups, panels, session_choices, state
from dashboard.sessions.files import from_json, to_json

FULL = replace(
    BUNDLES["full"],
    attributes={"age": np.arange(len(BUNDLES["full"].ids)) % 7},
    fingerprint="",
)


def inside(app, function, *arguments):
    """Call a callback on the state of the app, as Streamlit does before a rerun."""
    before = dict(app.session_state._state.filtered_state)
    known = dict(before)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streamlit.session_state", known)
        result = function(*arguments)
    for key, value in known.items():
        if value is not before.get(key):
            app.session_state[key] = value
    return result


def saved(app, page: str = "overview") -> bytes:
    return inside(app, lambda: to_json(session_choices.chosen(page)()))


def open_session(app, content: bytes):
    app.file_uploader[0].upload("session.json", content, "application/json")
    app.run()
    app.button(key="open-session").click().run()
    assert not app.exception, app.exception[0].message
    return app


def filled(tmp_path, monkeypatch):
    """An app in which something of everything was chosen."""
    app = opened(FULL, tmp_path / "bundle", monkeypatch)
    app.multiselect(key="widget/members").set_value(["model-0", "model-2", "model-4"]).run()
    app.selectbox(key="widget/rule").set_value("plurality").run()
    app.slider(key="weight/model-2").set_value(2.0).run()
    app.text_input(key="keep-name").set_value("heavy two")
    app.button(key="keep").click().run()
    inside(app, made_groups.of_parts, "age", 3)
    app.run()
    inside(app, lambda: state.put("front-section", "Findings"))
    inside(app, lambda: state.select(np.array([3, 5, 40]), "elsewhere", "picked by hand"))
    app.run()
    assert not app.exception
    return app


def test_what_was_saved_in_one_app_is_chosen_in_a_fresh_one(tmp_path, monkeypatch):
    first = filled(tmp_path, monkeypatch)
    content = saved(first)
    (tmp_path / "again").mkdir()
    second = opened(FULL, tmp_path / "again" / "bundle", monkeypatch)
    open_session(second, content)
    for name in ("members", "rule", "weights", "grouping", "missing", "front-section", "kept"):
        assert second.session_state[name] == first.session_state[name], name
    assert second.session_state["beside"] == first.session_state["beside"]
    selection = second.session_state["selection"]
    assert selection.positions.tolist() == [3, 5, 40]
    assert selection.description == "picked by hand"
    assert "age in 3 parts" in second.session_state["bundle"].groups
    assert "opened as far as it fits" not in words(second)
    assert not second.warning
    assert saved(second) == content
    for view in ("front", "groups", "corrections", "samples"):
        visit(second, view)
    visit(first, "groups")
    visit(second, "groups")
    shown = [[one.proto.spec for one in app.get("plotly_chart")] for app in (first, second)]
    assert shown[0] == shown[1]


def test_a_session_opens_the_page_that_was_open(tmp_path, monkeypatch):
    app = opened(FULL, tmp_path / "bundle", monkeypatch)
    content = saved(app, "groups")
    open_session(app, content)
    assert "Groups" in [title.value for title in app.title]


def test_a_group_is_selected_by_its_condition_also_in_other_data(tmp_path, monkeypatch):
    app = visit(opened(FULL, tmp_path / "bundle", monkeypatch), "groups")
    region = FULL.groups["region"]
    rows = np.flatnonzero(region.within([1]).numpy())
    predicate = ((("region", region.levels[1]),),)
    inside(app, panels.drawing.select_within, rows, "x", "region is south", predicate)
    content = saved(app)
    found = from_json(content)[0].selection
    assert found.predicate == predicate
    assert found.ids == frozenset()
    other = replace(random_bundle(seed=4, samples=30), fingerprint="")
    second = opened(other, tmp_path / "other", monkeypatch)
    open_session(second, content)
    expected = np.flatnonzero(other.groups["region"].within([1]).numpy())
    np.testing.assert_array_equal(second.session_state["selection"].positions, expected)
    said = second.warning[0].value.replace("\\", "")
    assert "These are other data than those of the session" in said
    assert f"The selection was of {len(rows)} samples; {len(expected)} meet" in said
    second.button(key="dismiss-session").click().run()
    assert not second.warning


def test_other_data_get_what_fits_and_are_told_the_rest(tmp_path, monkeypatch):
    content = saved(filled(tmp_path, monkeypatch))
    other = random_bundle(models=3, samples=10, seed=2, probabilities=False)
    app = open_session(opened(other, tmp_path / "other", monkeypatch), content)
    assert app.session_state["members"] == ["model-0", "model-2"]
    assert app.session_state["selection"].positions.tolist() == [3, 5]
    said = app.warning[0].value.replace("\\", "")
    for part in (
        "missing here: model-3, model-4",
        "60 samples; here are 10",
        "There is no column 'age'",
        "The selection was of 3 samples; 2 are here",
        "There is no grouping 'age in 3 parts'",
    ):
        assert part in said, said
    for view in ("overview", "corrections", "groups", "front"):
        visit(app, view)


@pytest.mark.parametrize(
    "content", [b"{}", b"[", b'{"dissensus_session": 1, "members": "a"}', b"\x80\x04."]
)
def test_a_hostile_session_changes_nothing_and_is_refused_in_a_sentence(
    content, tmp_path, monkeypatch
):
    app = filled(tmp_path, monkeypatch)
    before = saved(app)
    open_session(app, content)
    assert app.error[0].value.replace("\\", "").endswith("Nothing was changed.")
    assert saved(app) == before


def test_options_of_pages_that_cannot_be_are_left_out_and_the_pages_work(tmp_path, monkeypatch):
    app = opened(FULL, tmp_path / "bundle", monkeypatch)
    values = json.loads(saved(app))
    values["page_options"] = {
        "front-section": "No such section",
        "bundle": "gone",
        "smallest-group": -4,
        "pair-n": "yes",
        "pair-measure": "no such measure",
        "groups-section": ["Accuracy"],
        "table-digits": "3",
    }
    values["selection"] = {
        "samples": {"numbered": {"s": "0001..0004"}, "others": []},
        "number": 4,
        "description": "![x](http://example.invalid/a.png) <script>",
    }
    open_session(app, json.dumps(values).encode())
    said = app.warning[0].value.replace("\\", "")
    assert "front-section, bundle, smallest-group, pair-n, groups-section." in said
    assert app.session_state["table-digits"] == "3"
    assert app.session_state["selection"].description.startswith("\\!\\[x\\]\\(")
    for view in ("front", "groups", "disagreement", "corrections"):
        visit(app, view)


def test_a_session_waits_until_data_are_open(tmp_path, monkeypatch):
    content = saved(filled(tmp_path, monkeypatch))
    app = opened(monkeypatch=monkeypatch)
    open_session(app, content)
    assert "waits until the data are opened" in words(app)
    inside(app, state.open_bundle, FULL, "by hand")
    app.run()
    assert app.session_state["members"] == ["model-0", "model-2", "model-4"]
    assert app.session_state["selection"].positions.tolist() == [3, 5, 40]


def test_a_link_chooses_the_same_in_a_fresh_app_and_holds_no_ids(tmp_path, monkeypatch):
    first = visit(filled(tmp_path, monkeypatch), "front")
    first.selectbox(key="widget/grouping").set_value("region").run()
    address = dict(first.query_params)
    assert address["section"] == "Findings"
    assert not any(sample in str(address) for sample in FULL.ids)
    second = opened(FULL, tmp_path / "again", monkeypatch)
    assert list(second.query_params) == ["data"]
    fresh = type(first).from_file(first._script_path, default_timeout=60)
    for name, value in address.items():
        fresh.query_params[name] = value
    fresh.run()
    assert not fresh.exception
    for name in ("members", "rule", "weights", "grouping"):
        assert fresh.session_state[name] == first.session_state[name], name
    assert not fresh.warning
    runs = fresh.run()
    assert {key: value for key, value in runs.query_params.items() if key != "section"} == {
        key: value for key, value in address.items() if key != "section"
    }


@pytest.mark.parametrize(
    "address",
    [
        {"data": "0" * 12, "member": ["model-1", "nobody"]},
        {"member": ["<script>"] * 20, "rule": "=cmd()", "grouping": "x" * 150, "section": "x"},
        {
            "rule": "mmr",
            "option": ["size=-1", "=", "size=1e999", "x=y"],
            "fit": ["drawn", "a", "1"],
        },
        {"weight": ["nan"], "member": "model-0", "fit": ["column", "region", "nowhere"]},
        {"member": "model-0", "weight": "0", "missing": "maybe", "team": "999-00000000"},
        {"team": "3-zzzz", "data": "../../etc/passwd"},
        {"member": ["m" * 10_000]},
        {"rule": "dawid_skene", "fit": ["drawn", "50", "1", "planet"], "missing": "wrong"},
    ],
)
def test_a_hostile_link_breaks_nothing(address, tmp_path, monkeypatch):
    app = opened(FULL, tmp_path / "bundle", monkeypatch)
    fresh = type(app).from_file(app._script_path, default_timeout=60)
    for name, value in address.items():
        fresh.query_params[name] = value
    fresh.run()
    assert not fresh.exception, fresh.exception[0].message
    assert set(fresh.session_state["members"]) <= set(FULL.models)
    if address.get("data") == "0" * 12:
        assert "other data than those of the link" in fresh.warning[0].value.replace("\\", "")
    visit(fresh, "corrections")


def test_the_command_line_opens_the_app_with_a_session(tmp_path, monkeypatch):
    content = saved(filled(tmp_path, monkeypatch))
    path = tmp_path / "session.json"
    path.write_bytes(content)
    monkeypatch.setenv("DISSENSUS_SESSION", str(path))
    app = opened(FULL, tmp_path / "again", monkeypatch)
    assert app.session_state["members"] == ["model-0", "model-2", "model-4"]
    assert app.session_state["selection"].positions.tolist() == [3, 5, 40]
    path.write_bytes(b"[]")
    app = opened(FULL, tmp_path / "third", monkeypatch)
    assert "is not an object of JSON" in app.error[0].value.replace("\\", "")
    assert "selection" not in app.session_state


def test_analyze_takes_what_a_session_says_and_explicit_options_win(tmp_path, monkeypatch, capsys):
    app = filled(tmp_path, monkeypatch)
    values = json.loads(saved(app))
    values["missing"] = "wrong"
    values["reading"] = {"where": ["age=3"], "empty": "answer", "odd": 1}
    path, folder = tmp_path / "session.json", tmp_path / "data"
    path.write_text(json.dumps(values), "utf-8")
    save_bundle(FULL, folder)

    def analyze(*more: str) -> dict:
        assert cli.main(["analyze", str(folder), "--session", str(path), *more]) == 0
        return capsys.readouterr()

    told = analyze()
    found = json.loads(told.out)
    (ensemble,) = found["ensembles"]
    assert ensemble["members"] == ["model-0", "model-2", "model-4"]
    assert ensemble["rule"] == "plurality"
    assert found["bundle"]["samples"] == int((FULL.attributes["age"] == 3).sum())
    assert "session: Unknown field" in told.err
    assert "The selection is not used here" in told.err
    told = analyze("--ensemble", "mean:model-1", "--where", "age=2", "--missing", "exclude")
    found = json.loads(told.out)
    assert [one["members"] for one in found["ensembles"]] == [["model-1"]]
    for flag in ("--ensemble", "--where", "--missing"):
        assert f"session: {flag} of the command line holds" in told.err
    path.write_text("{}", "utf-8")
    assert cli.main(["analyze", str(folder), "--session", str(path)]) == 1
    assert "This is no session" in capsys.readouterr().err
    assert cli.main(["analyze", str(folder), "--session", str(tmp_path / "no")]) == 1
    assert "cannot be read: No such file" in capsys.readouterr().err
