"""A panel that was narrowed stays as it is when one picks in it: the pick lies inside of that."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from made import ROOT, random_bundle
from picking import CHOICES, chosen, points
from streamlit.testing.v1 import AppTest

from analysis.loading import save_bundle

BUNDLE = random_bundle(models=4, samples=80, seed=5)
KEPT = (*CHOICES, "selection", "selections", "picked_models", "page")
OUTER = np.arange(10, 50, dtype=np.int32)


@pytest.fixture
def app(tmp_path, monkeypatch) -> AppTest:
    """The page of pairs, narrowed to a selection that was made elsewhere."""
    from dashboard.state import Selection

    save_bundle(BUNDLE, tmp_path / "bundle")
    monkeypatch.setenv("DISSENSUS_OPEN", json.dumps({"paths": [str(tmp_path / "bundle")]}))
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60).run()
    app.session_state["selection"] = Selection(OUTER, "elsewhere", "forty", 80)
    return app.switch_page("views/disagreement.py").run()


def click(app, panel: str, function, *arguments, marks=()) -> None:
    """What a figure does with picked marks before the page reruns."""
    from dashboard.panels.drawing import _picked

    state = {key: app.session_state[key] for key in KEPT if key in app.session_state}
    state["event"] = {"selection": {"points": list(marks)}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streamlit.session_state", state)
        _picked("event", panel, function, arguments)
    for key in KEPT:
        if key in state:
            app.session_state[key] = state[key]
        elif key in app.session_state:
            del app.session_state[key]


def pair(app, first: int, second: int) -> None:
    from dashboard.panels.pairs import _pick_pair

    click(app, "pairs", _pick_pair, chosen(app), BUNDLE.models, marks=points(first * 4 + second))


def differing(first: int, second: int) -> np.ndarray:
    return (BUNDLE.predictions[first] != BUNDLE.predictions[second]).nonzero().flatten().numpy()


def figures(app) -> dict[str, tuple[str, str]]:
    """Identity and content of the figures of pairs; a change of either draws a figure anew."""
    names = ("pairs", "model-map")
    drawn = [chart.proto for chart in app.get("plotly_chart")]
    return {name: (one.id, one.spec) for name, one in zip(names, drawn, strict=True)}


def test_a_matrix_is_not_drawn_anew_by_picks_in_it(app):
    before = figures(app)
    assert "n = 40 of 80" in before["pairs"][1]
    for first, second in ((1, 2), (0, 3)):
        pair(app, first, second)
        app.run()
        after = figures(app)
        assert after["pairs"] == before["pairs"]
        expected = np.intersect1d(differing(first, second), OUTER)
        current = app.session_state["selection"]
        assert current.positions.tolist() == expected.tolist()
        assert current.description.endswith("within: forty")
        assert f"n = {len(expected)} of 80" in after["model-map"][1]


def test_taking_the_mark_away_leaves_what_it_was_picked_in(app):
    before = figures(app)
    pair(app, 1, 2)
    app.run()
    assert figures(app)["model-map"] != before["model-map"]
    click(app, "pairs", None)
    app.run()
    assert figures(app) == before
    assert app.session_state["selection"].source == "elsewhere"
    assert "picked_models" not in app.session_state
    click(app, "pairs", None)
    assert app.session_state["selection"].positions.tolist() == OUTER.tolist()


def test_a_mark_that_was_picked_in_all_samples_leaves_all_when_it_is_taken_away(app):
    app.button(key="clear-selection").click().run()
    pair(app, 1, 2)
    assert app.session_state["selection"].positions.tolist() == differing(1, 2).tolist()
    click(app, "pairs", None)
    assert "selection" not in app.session_state


def test_clearing_a_nested_selection_shows_all_samples_everywhere(app):
    pair(app, 1, 2)
    app.run()
    app.button(key="clear-selection").click().run()
    assert "selection" not in app.session_state
    assert not [spec for _, spec in figures(app).values() if "of 80" in spec]


def test_a_chain_of_picks_holds_on_to_one_selection_only(app):
    from dashboard.panels.pairs import _pick_pair

    for step in range(6):
        panel = ("pairs", "pair-counts")[step % 2]
        marks = points(1 * 4 + 2)
        click(app, panel, _pick_pair, chosen(app), BUNDLE.models, marks=marks)
    assert app.session_state["selection"].inside.inside is None


def test_what_was_picked_in_follows_to_the_samples_that_are_held_out():
    from dashboard.choosing import Selection, moved

    parts = SimpleNamespace(rows=np.array([3, 12, 13, 60, 79]))
    outer = Selection(OUTER, "elsewhere", "forty", 80)
    inner = Selection(np.array([12, 20], dtype=np.int32), "pairs", "two", 80, inside=outer)
    there = moved(inner, None, parts, 5)
    assert there.positions.tolist() == [1]
    assert there.inside.positions.tolist() == [1, 2]
    back = moved(there, parts, None, 80)
    assert back.positions.tolist() == [12]
    assert back.inside.positions.tolist() == [12, 13]
    assert moved(inner, None, SimpleNamespace(rows=np.array([3, 60])), 2) is None


def test_ticked_rows_stay_listed_and_unticking_goes_back(app):
    from dashboard import state
    from dashboard.panels.sample_lists import _pick_rows

    known = {key: app.session_state[key] for key in KEPT if key in app.session_state}
    known["list"] = {"selection": {"rows": [1]}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streamlit.session_state", known)
        _pick_rows("list", "discrepant", np.array([40, 12]), "ticked")
        assert known["selection"].positions.tolist() == [12]
        assert state.narrowing("discrepant").positions.tolist() == OUTER.tolist()
        known["list"] = {"selection": {"rows": []}}
        _pick_rows("list", "discrepant", np.array([40, 12]), "ticked")
        assert known["selection"].positions.tolist() == OUTER.tolist()


def test_a_bar_of_a_narrowed_ledger_selects_what_it_counts(app):
    from dashboard.panels.outcomes import _pick_ledger

    marks = points(*range(5 * 8))
    click(app, "ledger", _pick_ledger, chosen(app), marks=marks)
    assert app.session_state["selection"].positions.tolist() == OUTER.tolist()
