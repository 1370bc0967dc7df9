"""A pick in a plot becomes the selection: what each plot reports, and what is made of it."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from made import ROOT, made_plan, overlapping, random_bundle
from picking import CHOICES, chosen, pick, points
from streamlit.testing.v1 import AppTest

from analysis.bundle import Bundle, Grouping
from analysis.ensemble import Ensemble, combine
from analysis.loading import save_bundle
from analysis.outcomes import OUTCOMES, outcomes
from dashboard.compute.candidates import Candidates
from dashboard.panels.front import _pick_candidate
from dashboard.plots.calibration import decode_bins
from dashboard.plots.difficulty import decode_sides
from dashboard.plots.front import decode_candidate
from dashboard.plots.groups import decode_group_members, decode_groups
from dashboard.plots.maps import decode_samples
from dashboard.plots.matrix import decode_pairs
from dashboard.plots.models import decode_models
from dashboard.plots.outcomes import AGAINST, decode_ledger, decode_strip
from dashboard.plots.slices import decode_slice
from dashboard.plots.where import decode_cells

BUNDLE = random_bundle(models=4, samples=80, seed=5)


def test_picked_marks_are_read_back():
    assert decode_strip(points(2 * 6 + 2), 3) == (2, "rescued")
    assert decode_strip([], 3) is None
    assert decode_strip(points(40), 3) is None
    assert decode_ledger(points(3 * 8 + 4, 6)) == [(3, "spoiled"), (0, AGAINST)]
    assert decode_pairs(points(1 * 4 + 3, 5), 4) == [(1, 3)]
    assert decode_candidate(points(4, 9)) == 9
    assert decode_candidate([]) is None
    assert decode_groups(points(2, 0, 2, 3 * 2 + 2), 3) == [0, 2]
    assert decode_group_members(points(2, 3 * 2 + 2), 3) == [1]
    assert decode_models(points(4, 1, 9), 5) == [1, 4]
    assert decode_bins(points(15 * 2 + 4, 15 * 9), 3, 15) == [(2, 4)]
    assert decode_sides(points(3 * 2 + 1, 3 * 8), 4) == [(2, 1)]
    assert decode_samples(points(7, 3, 7)).tolist() == [3, 7]
    assert decode_cells(points(5, 2, 5, 9), 6) == [2, 5]
    assert decode_slice(points(1, 3)) == 3
    assert decode_slice([]) is None


@pytest.fixture
def app(tmp_path, monkeypatch) -> AppTest:
    save_bundle(BUNDLE, tmp_path / "bundle")
    monkeypatch.setenv("DISSENSUS_OPEN", json.dumps({"paths": [str(tmp_path / "bundle")]}))
    return AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60).run()


def test_an_outcome_bar_selects_exactly_its_samples(app):
    from dashboard.panels.outcomes import _pick_outcome

    corrected = points(OUTCOMES.index("corrected"))
    pick(app, _pick_outcome, corrected, "p", chosen(app), {"mine": chosen(app).ensemble})
    whole = combine(BUNDLE, Ensemble(BUNDLE.models, "mean"))
    codes = outcomes(BUNDLE, whole).codes.numpy()
    expected = np.flatnonzero(codes == OUTCOMES.index("corrected"))
    assert app.session_state["selection"].positions.tolist() == expected.tolist()
    assert "corrected" in app.session_state["selection"].description


def test_a_pair_of_models_selects_the_samples_on_which_they_differ(app):
    from dashboard.panels.pairs import _pick_pair

    pick(app, _pick_pair, points(1 * 4 + 2), "pairs", chosen(app), BUNDLE.models)
    differ = BUNDLE.predictions[1] != BUNDLE.predictions[2]
    expected = differ.nonzero().flatten().tolist()
    assert app.session_state["selection"].positions.tolist() == expected


def candidates(weights):
    planned = made_plan(weights, BUNDLE.models)
    n = np.zeros(len(weights), dtype=int)
    return Candidates("key", planned, (), np.zeros((len(weights), 0)), n, len(weights), 9, 3)


def test_a_candidate_becomes_the_active_ensemble(app):
    found = candidates([[1, 0, 1, 0], [0, 1, 1, 1], [0, 0.25, 0.75, 0]])
    pick(app, _pick_candidate, points(1), "front", found, (1, 0))
    assert app.session_state["members"] == ["model-1", "model-2", "model-3"]
    assert app.session_state["rule"] == "mean"
    pick(app, _pick_candidate, points(2), "front", found, (1, 0))
    assert app.session_state["members"] == ["model-1", "model-2"]
    assert app.session_state["weights"]["model-2"] == 0.75
    pick(app, _pick_candidate, points(1), "front", found, (1, 0))
    assert app.session_state["weights"]["model-2"] == 1


def test_a_single_candidate_is_offered_and_changes_nothing_by_itself(app):
    found = candidates([[0, 1, 0, 0], [0, 1, 1, 1]])
    pick(app, _pick_candidate, points(0), "front", found, (1, 0))
    app.run()
    assert app.session_state["members"] == list(BUNDLE.models)
    app.button(key="member/model-1").click().run()
    assert app.session_state["members"] == ["model-0", "model-2", "model-3"]
    assert app.button(key="member/model-1").label == "Add model-1 to the ensemble"
    app.button(key="member/model-1").click().run()
    assert app.session_state["members"] == ["model-0", "model-2", "model-3", "model-1"]
    app.button(key="clear-selection").click().run()
    assert not [button for button in app.button if button.key == "member/model-1"]


def picked(app) -> tuple[str, ...]:
    return app.session_state["picked_models"][0]


def test_marks_of_models_are_offered_to_be_added_or_removed(app):
    from dashboard.panels.calibration import _pick_bin
    from dashboard.panels.drawing import pick_models
    from dashboard.panels.groups import _pick_group
    from dashboard.panels.members import _pick_member
    from dashboard.panels.pairs import _pick_pair

    pick(app, pick_models, points(2, 9), "list", BUNDLE.models)
    assert picked(app) == ("model-2",)
    pick(app, _pick_pair, points(1 * 4 + 2), "pairs", chosen(app), BUNDLE.models)
    assert picked(app) == ("model-1", "model-2")
    pick(app, _pick_member, points(3), "members", chosen(app), BUNDLE.models)
    assert picked(app) == ("model-3",)
    pick(app, _pick_group, points(3 * (1 + 2) + 1), "groups", chosen(app))
    assert picked(app) == ("model-2",)
    codes = BUNDLE.groups["region"].codes[app.session_state["selection"].positions]
    assert set(codes.tolist()) == {1}
    pick(app, _pick_bin, points(1 * 15 + 9, 4 * 15 + 7), "reliability", chosen(app))
    assert picked(app) == ("model-1",)


def test_a_pick_of_nothing_withdraws_the_offer_of_its_own_panel_only(app):
    from dashboard.panels.drawing import _picked

    state = {key: app.session_state[key] for key in CHOICES}
    state |= {"picked_models": (("model-1",), "list"), "key": {"selection": {"points": []}}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streamlit.session_state", state)
        _picked("key", "map", None, ())
        assert state["picked_models"][0] == ("model-1",)
        _picked("key", "list", None, ())
        assert state["picked_models"][0] == ()


def test_a_group_selects_its_samples(app):
    from dashboard.panels.groups import _pick_group

    pick(app, _pick_group, points(2), "groups", chosen(app))
    codes = BUNDLE.groups["region"].codes.numpy()
    assert app.session_state["selection"].positions.tolist() == np.flatnonzero(codes == 2).tolist()


def crossed() -> Bundle:
    parity = Grouping(torch.arange(80, dtype=torch.int32) % 2, ("even", "odd"))
    groups = {**BUNDLE.groups, "parity": parity}
    return replace(BUNDLE, groups=groups, fingerprint="")


def test_a_cell_selects_the_samples_of_both_its_levels(app):
    from dashboard.panels.where import _pick_cells

    app.session_state["bundle"] = crossed()
    pick(app, _pick_cells, points(2 * 2 + 1), "cells", chosen(app), ("region", "parity"))
    expected = (BUNDLE.groups["region"].codes == 2) & (torch.arange(80) % 2 == 1)
    selection = app.session_state["selection"]
    assert selection.positions.tolist() == expected.nonzero().flatten().tolist()
    assert selection.description == "region is west and parity is odd"
    pick(app, _pick_cells, points(0, 2), "groups", chosen(app), ("region",))
    expected = (BUNDLE.groups["region"].codes != 1).nonzero().flatten()
    assert app.session_state["selection"].positions.tolist() == expected.tolist()


def test_a_slice_selects_all_its_samples_of_both_halves(app):
    from dashboard.panels.where import _pick_slice

    place = torch.arange(300)
    bundle = random_bundle(3, 300, 4)
    # On even samples each model is wrong in turn and outvoted, on odd ones all are right.
    wrong = (place % 2 == 0) & ((place // 2) % 3 == torch.arange(3)[:, None])
    parity = Grouping((place % 2).int(), ("even", "odd"))
    bundle = replace(
        bundle,
        predictions=torch.where(wrong, (bundle.labels + 1) % 4, bundle.labels).int(),
        grades=None,
        probabilities={},
        groups={**bundle.groups, "parity": parity},
        fingerprint="",
    )
    app.session_state["bundle"], app.session_state["rule"] = bundle, "plurality"
    app.session_state["members"] = list(bundle.models)
    pick(app, _pick_slice, points(0), "slices", chosen(app), "correction", 0)
    selection = app.session_state["selection"]
    assert selection.description == "parity = even"
    assert selection.positions.tolist() == list(range(0, 300, 2))


def test_a_ledger_bar_selects_the_samples_it_counts(app):
    from dashboard.panels.outcomes import _pick_ledger

    pick(app, _pick_ledger, points(4 * 8 + 0, 2 * 8 + 4), "ledger", chosen(app))
    whole = combine(BUNDLE, Ensemble(BUNDLE.models, "mean"))
    found = outcomes(BUNDLE, whole)
    right, wrong = found.members_right == 4, found.members_right == 2
    expected = (right & found.right) | (wrong & ~found.right)
    assert (
        app.session_state["selection"].positions.tolist() == expected.nonzero().flatten().tolist()
    )


def test_a_group_that_overlaps_others_selects_all_samples_that_have_its_level(
    tmp_path, monkeypatch
):
    from dashboard.panels.groups import _pick_group

    bundle = overlapping()
    save_bundle(bundle, tmp_path / "tagged")
    monkeypatch.setenv("DISSENSUS_OPEN", json.dumps({"paths": [str(tmp_path / "tagged")]}))
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60).run()
    app.session_state["grouping"] = "tags"
    pick(app, _pick_group, points(1), "groups", chosen(app))
    expected = bundle.groups["tags"].membership()[:, 1].nonzero().flatten()
    assert app.session_state["selection"].positions.tolist() == expected.tolist()


def selected(app) -> list[int]:
    return app.session_state["selection"].positions.tolist()


def test_a_reliability_bin_selects_the_samples_of_that_confidence(app):
    from dashboard.panels.calibration import _pick_bin

    pick(app, _pick_bin, points(1 * 15 + 9, 4 * 15 + 7), "reliability", chosen(app))
    whole = combine(BUNDLE, Ensemble(BUNDLE.models, "mean"))
    member = BUNDLE.probabilities["model-1"].amax(1)
    team = whole.probabilities[whole.models[0]].amax(1)
    expected = (member > 9 / 15) & (member <= 10 / 15) | (team > 7 / 15) & (team <= 8 / 15)
    assert selected(app) == expected.nonzero().flatten().tolist()
    assert "model-1 says 60 to 67 %" in app.session_state["selection"].description.replace("\\", "")


def test_a_bar_of_members_right_selects_the_samples_it_counts(app):
    from dashboard.panels.difficulty import _pick_number

    pick(app, _pick_number, points(2 * 3 + 1, 4 * 3), "number-right", chosen(app))
    right = BUNDLE.correct.sum(0)
    team = combine(BUNDLE, Ensemble(BUNDLE.models, "mean")).correct[0]
    expected = (right == 2) & ~team | (right == 4) & team
    assert selected(app) == expected.nonzero().flatten().tolist()


def test_a_bar_of_a_score_selects_the_samples_it_counts(app):
    from dashboard import compute
    from dashboard.panels.difficulty import BINS, _pick_score

    score = compute.score_choices(chosen(app))["el2n"]
    edges = compute.score_edges(chosen(app), score, BINS)
    pick(app, _pick_score, points(10 * 3, 10 * 3 + 1), "score", chosen(app), score)
    label = np.eye(4)[BUNDLE.labels.numpy()]
    apart = [np.linalg.norm(BUNDLE.probabilities[m].numpy() - label, axis=1) for m in BUNDLE.models]
    value = np.mean(apart, axis=0)
    expected = np.flatnonzero((value >= edges[10]) & (value < edges[11]))
    assert len(expected)
    assert selected(app) == expected.tolist()


def test_a_pick_in_a_narrowed_histogram_stays_inside_the_selection(app):
    from dashboard import compute
    from dashboard.panels.difficulty import _pick_score
    from dashboard.state import Selection

    inside = Selection(np.arange(10, dtype=np.int32), "elsewhere", "ten", 80)
    app.session_state["selection"] = inside
    score = compute.score_choices(chosen(app))["el2n"]
    marks = points(*range(3 * 30))
    state = {key: app.session_state[key] for key in CHOICES} | {"selection": inside}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streamlit.session_state", state)
        _pick_score(marks, "score", chosen(app), score)
    assert state["selection"].positions.tolist() == list(range(10))


def test_ticked_rows_of_a_list_select_their_samples_and_unticking_clears(app):
    from dashboard.panels.sample_lists import _pick_rows

    rows = np.array([40, 7, 21])
    state = {key: app.session_state[key] for key in CHOICES}
    state["list"] = {"selection": {"rows": [0, 2]}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streamlit.session_state", state)
        _pick_rows("list", "suspects", rows, "ticked")
        assert state["selection"].positions.tolist() == [21, 40]
        state["list"] = {"selection": {"rows": []}}
        _pick_rows("list", "suspects", rows, "ticked")
        assert "selection" not in state
