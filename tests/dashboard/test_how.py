"""How the ensemble got there: figures, what a pick selects, sentences, and single samples."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from kinds import BUNDLES, opened
from made import random_bundle
from pages import visit, words
from picking import chosen, pick, points

from analysis.camps import camps as camps_of
from analysis.ensemble import Ensemble, combine
from analysis.neighbours import neighbourhood
from analysis.outcomes import OUTCOME_SUMMARIES, OUTCOMES, outcomes
from dashboard import how_tables, how_words
from dashboard.plots import camps, flow, probabilities
from dashboard.theme import DARK, DASH, LIGHT

BUNDLE = random_bundle(models=4, samples=80, seed=5, accuracy=0.4)
MADE = outcomes(BUNDLE, combine(BUNDLE, Ensemble(BUNDLE.models, "mean")))
LEDGER = np.array([[0, 0, 1, 0, 0, 9], [0, 4, 0, 0, 2, 0], [20, 0, 0, 0, 0, 0]])


def show_how(bundle, tmp_path, monkeypatch, selected=None):
    app = opened(bundle, tmp_path / "bundle", monkeypatch, selected)
    visit(app, "corrections")
    app.segmented_control(key="widget/corrections-section").set_value("How").run()
    assert not app.exception, app.exception
    return app


@pytest.mark.parametrize("members", [1, 2, 7, 8, 9, 10, 23, 100, 1001])
def test_levels_cover_every_number_of_right_members_once(members):
    groups = flow.level_groups(members)
    covered = [k for low, high in groups[::-1] for k in range(low, high + 1)]
    assert covered == list(range(members + 1))
    assert len(groups) <= flow.MOST_LEVELS + 1
    assert groups[0] == (members, members)
    assert groups[-1] == (0, 0)


def test_grouped_rows_add_up_to_the_ledger():
    table = np.random.default_rng(0).integers(0, 9, (41, 6))
    assert flow.grouped(table).sum(0).tolist() == table.sum(0).tolist()
    assert flow.grouped(LEDGER).tolist() == LEDGER[::-1].tolist()


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_the_flow_has_a_band_for_every_level_and_outcome_that_occur(palette):
    figure = flow.flow(LEDGER, OUTCOME_SUMMARIES, palette=palette)
    bands = [trace for trace in figure.data if trace.fill == "toself"]
    assert len(bands) == 5
    shares = sorted(float(np.ptp(band.y[[0, -1]])) for band in bands)
    assert shares == pytest.approx([1 / 36, 2 / 36, 4 / 36, 9 / 36, 20 / 36])
    marks = next(t for t in figure.data if t.mode == "markers")
    picked = flow.decode_flow([{"customdata": int(code)} for code in marks.customdata], 2)
    assert picked == [(0, "kept"), (1, "corrected"), (1, "spoiled"), (2, "rescued"), (2, "missed")]
    assert "20 samples (55.6 %)" in marks.hovertext[0]
    nodes = [trace for trace in figure.data if trace.mode == "markers+text"]
    assert [len(trace.text) for trace in nodes] == [3, 6]
    assert nodes[0].text[0] == "all 2 right  <b>20</b>"


def test_nodes_are_read_back_as_a_level_or_an_outcome():
    codes = points(10_000 + 1, 20_000 + 2, 10_000 + 40, 20_000 + 9, 5000)
    assert flow.decode_flow(codes, 2) == [(1, None), (None, "rescued")]
    assert flow.level_name(0, 3) == "all 3 right"
    assert flow.level_name(3, 3) == "none right"


def test_bands_end_where_their_nodes_are():
    figure = flow.flow(LEDGER, OUTCOME_SUMMARIES)
    nodes = {round(shape.y0, 9): shape for shape in figure.layout.shapes}
    lowest = min(nodes)
    assert min(band.y.min() for band in figure.data if band.fill == "toself") == pytest.approx(
        lowest, abs=1e-6
    )


def test_contested_samples_are_points_and_many_are_counted_in_cells():
    few = camps.camps(
        np.array([0.9, 0.4]), np.array([0.5, 0.6]), np.array([1, 4]), np.array([7, 9]),
        ["a\nb", "<b>"], camps.by_confidence(),
    )  # fmt: skip
    assert [trace.name for trace in few.data[1:]] == ["corrected", "spoiled"]
    assert camps.decode_marks([{"customdata": 9}, {"customdata": 7}, {}]).tolist() == [7, 9]
    assert few.data[2].hovertext == ("&lt;b&gt;",)
    generator = np.random.default_rng(1)
    right, wrong = generator.random((2, 3000))
    codes = np.where(right > wrong, 1, 4)
    axes = camps.by_confidence()
    many = camps.camps(right, wrong, codes, np.arange(3000), [], axes)
    cell = camps.cells_of(right, wrong, axes)
    drawn = many.data[1]
    assert sorted(set(cell.tolist())) == list(drawn.customdata)
    assert (
        sum(int(text.split("<b>")[1].split("</b>")[0].replace(",", "")) for text in drawn.hovertext)
        == 3000
    )


def test_whole_numbers_of_members_are_counted_in_cells_of_their_own():
    axes = camps.by_size(3)
    right, wrong = np.array([1, 2, 1, 1]), np.array([2, 1, 2, 1])
    figure = camps.camps(right, wrong, np.array([4, 1, 1, 1]), np.arange(4), [], axes)
    columns = (figure.data[1][name] for name in ("x", "y", "hovertext"))
    found = {(x, y): text for x, y, text in zip(*columns, strict=True)}
    assert set(found) == {(2, 1), (1, 2), (1, 1)}
    assert "50.0 % corrected" in found[2, 1]


def test_classes_in_play_are_label_and_answer_then_the_most_probable():
    table = np.array([[0.1, 0.2, 0.3, 0.4, 0.0], [np.nan] * 5])
    assert probabilities.classes_in_play(table, 0, 1, most=3).tolist() == [0, 1, 3]
    assert probabilities.classes_in_play(table, -1, -1).tolist() == [3, 2, 1, 0]
    assert probabilities.classes_in_play(table[1:], 2, 2).tolist() == [2]


def test_bars_of_members_add_up_to_one_and_the_label_is_green():
    table = np.array([[0.1, 0.2, 0.3, 0.4], [0.25] * 4])
    figure = probabilities.member_probabilities(
        ["ensemble", "<i>"], table, np.array([0, 3]), ["a", "b", "c", "<d>"], 0, 3
    )
    assert sum(trace.x for trace in figure.data).tolist() == pytest.approx([1, 1])
    names = [trace.name for trace in figure.data]
    assert names == ["a (label)", "&lt;d&gt;", "all other classes"]
    colours = [trace.marker.color for trace in figure.data]
    assert colours[:2] == [LIGHT.outcomes["corrected"], LIGHT.outcomes["spoiled"]]
    assert "<i>" not in str(figure.layout.yaxis.ticktext)


@pytest.fixture
def app(tmp_path, monkeypatch):
    return show_how(BUNDLE, tmp_path, monkeypatch)


def test_a_band_selects_exactly_its_samples(app):
    from dashboard.panels.how import _pick_flow

    codes, right = MADE.codes.numpy(), MADE.members_right.numpy()
    place = flow.level_groups(4).index((2, 2))
    pick(app, _pick_flow, points(place * 6 + 4, 20_000), "flow", chosen(app))
    expected = np.flatnonzero(((codes == 4) & (right == 2)) | (codes == 0))
    assert app.session_state["selection"].positions.tolist() == expected.tolist()
    assert "spoiled, 2 of 4 right; kept" in app.session_state["selection"].description


def test_points_and_cells_of_the_camps_select_their_samples(app, monkeypatch):
    from dashboard.panels.how import _pick_camps

    contested = camps_of(BUNDLE).contested.nonzero().flatten().tolist()
    pick(app, _pick_camps, points(contested[0], contested[2]), "camps", chosen(app))
    assert app.session_state["selection"].positions.tolist() == [contested[0], contested[2]]
    monkeypatch.setattr(camps, "MOST_POINTS", 1)
    found = camps_of(BUNDLE)
    sides = [part.numpy()[contested] for part in (found.right_confidence, found.wrong_confidence)]
    cell = camps.cells_of(*sides, camps.by_confidence())
    pick(app, _pick_camps, points(int(cell[0])), "camps", chosen(app))
    expected = [row for row, code in zip(contested, cell, strict=True) if code == cell[0]]
    assert app.session_state["selection"].positions.tolist() == expected


def test_the_most_telling_samples_come_first_when_nothing_is_selected(app):
    shown = app.selectbox(key="widget/how-sample").options
    kinds = [text.split(": ")[1].split(",")[0] for text in shown]
    ranks = [("rescued", "overruled", "spoiled", "corrected", "missed").index(k) for k in kinds]
    assert ranks == sorted(ranks)
    assert "most telling samples" in words(app)


def test_a_selection_is_what_one_may_choose_from(tmp_path, monkeypatch):
    app = show_how(BUNDLE, tmp_path, monkeypatch, [3, 8, 21])
    picker = app.selectbox(key="widget/how-sample")
    assert [text.split(":")[0] for text in picker.options] == ["s0003", "s0008", "s0021"]
    picker.set_value(21).run()
    assert not app.exception
    assert "Sample s0021" in words(app)
    found = neighbourhood(BUNDLE, torch.tensor([21]), 10).rows[0]
    code = int(MADE.codes[21])
    near = int((MADE.codes[found] == code).sum())
    overall = float((MADE.codes == code).double().mean())
    said = f"Of its 10 nearest neighbours the ensemble {OUTCOMES[code]} **{near}** (overall "
    assert f"{said}{100 * overall:.1f} %)" in words(app)


def test_without_embeddings_confidences_or_probabilities_it_is_said(tmp_path, monkeypatch):
    bare = replace(BUNDLES["labels only"], embeddings=None, fingerprint="")
    said = words(show_how(bare, tmp_path, monkeypatch))
    assert "There are no embeddings" in said
    assert "no probabilities of this sample" in said
    assert "How sure the members are is not known" in said


def test_the_sentence_on_camps_names_the_surer_side_only_when_it_is_known():
    columns = ("margin", "margin/low", "margin/high", "margin/n")
    table = {name: np.full(6, np.nan) for name in columns[:3]} | {"margin/n": np.zeros(6, int)}
    assert how_words.camps(table) == ""
    for name, corrected, spoiled in zip(
        columns, (0.15, 0.13, 0.17, 100), (-0.01, -0.05, 0.03, 8), strict=True
    ):
        table[name][1], table[name][4] = corrected, spoiled
    said = how_words.camps(table)
    assert "corrects, the members that are right are **15.0 points** [13.0, 17.0] surer" in said
    told = "cannot be told apart by how sure they are: right minus wrong is **-1.0 points** [-5.0,"
    assert told in said
    assert "n = 8, too few to conclude" in said
    table["margin"][1], table["margin/low"][1], table["margin/high"][1] = -0.2, -0.3, -0.1
    assert "**20.0 points** [10.0, 30.0] less sure" in how_words.camps(table)
    table["margin"][1], table["margin/low"][1], table["margin/high"][1] = 0.0, -0.02, 0.02
    assert "corrects, right and wrong members are about as sure" in how_words.camps(table)


def test_the_sentence_on_neighbours_starts_with_the_samples_own_outcome():
    found = {
        "rows": np.arange(10),
        "counts": np.array([3, 4, 0, 0, 2, 0]),
        "judged": 9,
        "overall": np.array([0.5, 0.12, 0.01, 0, 0.2, 0.17]),
    }
    assert how_words.neighbours("corrected", found) == (
        "Of its 10 nearest neighbours the ensemble corrected **4** (overall 12.0 %), kept **3** "
        "(overall 50.0 %) and spoiled **2** (overall 20.0 %). 1 neighbour cannot be judged."
    )
    assert "rescued **0** (overall 1.0 %)" in how_words.neighbours("rescued", found)
    assert how_words.neighbours(None, found | {"judged": 0}).startswith("None of its 10")
    assert "no other sample" in how_words.neighbours(None, {"rows": np.arange(0), "judged": 0})


def test_votes_carry_weights_and_rules_their_marks():
    weights = [0.5, 0.25, 0.25, 0]
    frame = how_tables.votes(BUNDLE, 0, BUNDLE.models, np.full((4, 80), np.nan), weights)
    assert frame["weight"].tolist() == weights
    assert "confidence" not in frame
    table = {
        "judged": np.array([True]), "right": np.array([False]), "codes": np.array([4]),
        "answers": np.array([-1]), "confidence": np.array([0.5]),
    }  # fmt: skip
    found = how_tables.under_rules(BUNDLE, 0, {"Mean": table}, "Mean")
    assert found.iloc[0].tolist() == ["Mean (active)", f"✗ {DASH}", 0.5, "spoiled"]
