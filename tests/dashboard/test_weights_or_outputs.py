"""Soups and interpolations on screen: figures, what a pick selects, and what is said."""

from dataclasses import replace

import numpy as np
import pytest
from kinds import BUNDLES, opened
from pages import visit, words
from picking import chosen, pick, points

from analysis.outcomes import OUTCOME_SUMMARIES, OUTCOMES
from analysis.recipes import Soup, lines, soups
from analysis.weights_and_outputs import along_interpolation, soup_against_ensemble
from dashboard import recipe_words
from dashboard.plots import interpolations, recipes

BUNDLE = BUNDLES["mixtures"]
(SOUP,), (LINE,) = soups(BUNDLE), lines(BUNDLE)


def show(bundle, tmp_path, monkeypatch, selected=None):
    app = opened(bundle, tmp_path / "bundle", monkeypatch, selected)
    visit(app, "corrections")
    section = app.segmented_control(key="widget/corrections-section")
    section.set_value("Weights or outputs").run()
    assert not app.exception, app.exception
    return app


@pytest.fixture
def app(tmp_path, monkeypatch):
    return show(BUNDLE, tmp_path, monkeypatch)


def test_what_is_found_is_said_first_with_its_interval(app):
    found = soup_against_ensemble(BUNDLE, SOUP)
    said = words(app)
    assert f"{found.difference[0] * 100:+.1f} points" in said or "points worse" in said
    assert f"n = {found.n}" in said
    assert "not stated. Presumed: model\\-0, model\\-1" in said
    assert "mixed weights reach" in said
    assert "optimistic" in said


def test_without_recipes_the_columns_that_are_needed_are_named(tmp_path, monkeypatch):
    said = words(show(BUNDLES["full"], tmp_path, monkeypatch))
    for name in ("kind", "ingredients", "alpha", "family", "models.csv"):
        assert name in said


def test_an_unknown_ingredient_is_a_sentence(tmp_path, monkeypatch):
    info = {**BUNDLE.model_info, "ingredients": np.array([None, None, None, "gone"], dtype=object)}
    bundle = replace(BUNDLE, model_info=info, fingerprint="")
    app = show(bundle, tmp_path, monkeypatch)
    assert "is said to be made of" in app.warning[0].value


def test_a_field_of_the_table_selects_its_samples(app):
    from dashboard.panels.recipes import _pick_field

    cells = soup_against_ensemble(BUNDLE, SOUP).cells.numpy()
    pick(app, _pick_field, points(1), "soup-fields", chosen(app), SOUP)
    expected = np.flatnonzero(cells == 1).tolist()
    assert app.session_state["selection"].positions.tolist() == expected
    assert "only the ensemble right" in app.session_state["selection"].description


def test_an_outcome_of_the_soup_selects_its_samples(app):
    from dashboard.panels.recipes import _pick_side

    corrected = OUTCOMES.index("corrected")
    codes = soup_against_ensemble(BUNDLE, SOUP).soup_outcomes.codes.numpy()
    pick(app, _pick_side, points(corrected), "soup-outcomes", chosen(app), SOUP)
    expected = np.flatnonzero(codes == corrected).tolist()
    assert app.session_state["selection"].positions.tolist() == expected


def test_a_mark_on_the_line_selects_its_samples(app):
    from dashboard.panels.recipes import _pick_mark

    found = along_interpolation(BUNDLE, LINE)
    spoiled = OUTCOMES.index("spoiled")
    for side, codes in enumerate((found.weight_outcomes, found.output_outcomes)):
        mark = points((side * 3 + 1) * 6 + spoiled)
        pick(app, _pick_mark, mark, "line-outcomes", chosen(app), LINE)
        expected = np.flatnonzero(codes[1].numpy() == spoiled).tolist()
        assert app.session_state["selection"].positions.tolist() == expected


def test_the_line_draws_weights_and_outputs_and_leaves_out_what_is_unknown():
    rates = np.array([[0.5, 0.4, 0.6], [0.7, 0.6, 0.8], [0.6, 0.5, 0.7]])
    names = ["<a>", "mid", "b"]
    figure = interpolations.along_line((0, 0.5, 1), names, rates, rates)
    assert [t.name for t in figure.data if t.name] == ["weights mixed", "outputs mixed"]
    assert "<a>" not in figure.to_json()
    alone = interpolations.along_line((0, 0.5, 1), names, rates, np.full((3, 3), np.nan))
    assert [t.name for t in alone.data if t.name] == ["weights mixed"]
    assert len(figure.data[0].x) == 6


def test_outcomes_along_the_line_carry_side_place_and_outcome():
    weights = np.array([[5, 0, 0, 0, 3, 1], [5, 2, 1, 0, 1, 0], [5, 3, 0, 0, 0, 1]])
    figure = interpolations.outcomes_along(
        (0, 0.5, 1), ["a", "m", "b"], weights, weights, OUTCOME_SUMMARIES
    )
    names = [trace.name for trace in figure.data]
    assert set(names[::2]) == {"rescued", "corrected", "spoiled"}
    found = [
        entry
        for trace in figure.data
        for entry in interpolations.decode_along([{"customdata": c} for c in trace.customdata], 3)
    ]
    assert len(set(found)) == len(found) == 2 * 3 * 3
    assert ("outputs mixed", 1, "rescued") in found
    assert interpolations.decode_along([{"customdata": 6 * 99}, {}], 3) == []


def test_the_dots_show_soup_ensemble_and_ingredients():
    rates = [(0.6, 0.5, 0.7)]
    figure = recipes.soup_dots(["<s>"], rates, rates, [np.array([0.4, 0.5])])
    assert [len(trace.x) for trace in figure.data] == [2, 1, 1]
    assert "<s>" not in str(figure.layout.yaxis.ticktext)
    assert [trace.marker.symbol for trace in figure.data] == ["circle", "square", "diamond"]


def test_the_four_fields_add_up():
    figure = recipes.two_by_two(np.array([5, 1, 2, 2]))
    assert list(figure.data[0].customdata) == [0, 1, 2, 3]
    assert figure.data[0].text[0] == "<b>5</b><br>50.0 %"
    assert recipes.decode_place(points(2)) == 2
    assert recipes.decode_place([]) is None


def test_bias_and_variance_are_stacked_to_the_total():
    keys = {"bias": [0.5, 0.4, 0.4], "variance": [0.1, 0, 0], "total": [0.6, 0.4, 0.4]}
    parts = {f"brier/{k}": np.array(v) for k, v in keys.items()}
    parts |= {"brier/low": parts["brier/total"] - 0.1, "brier/high": parts["brier/total"] + 0.1}
    figure = recipes.error_parts(parts, "brier")
    assert (figure.data[0].y + figure.data[1].y).tolist() == pytest.approx(keys["total"])
    said = recipe_words.parts_sentence(parts, "brier")
    assert "0.600 is 0.500" in said
    assert "+0.100" in said


def test_the_soup_sentence_decides_only_where_the_interval_does():
    found = {
        "rule": "mean", "n": 100, "soup": (0.6, 0.5, 0.7), "ensemble": (0.7, 0.6, 0.8),
        "difference": (-0.1, -0.15, -0.05), "p": 0.01, "same": (0.8, 0.7, 0.9),
    }  # fmt: skip
    soup = Soup("s*", ("a", "b"), stated=True)
    assert "**10.0 points worse** [-15.0, -5.0]" in recipe_words.soup_sentence(soup, found)
    open_ = found | {"difference": (0.01, -0.02, 0.04)}
    assert "no clear difference (**+1.0 points**)" in recipe_words.soup_sentence(soup, open_)
    unknown = found | {"difference": (0.01, float("nan"), float("nan"))}
    assert "nan" not in recipe_words.soup_sentence(soup, unknown)
    assert "s\\*" in recipe_words.soup_sentence(soup, found)
    assert "no common sample" in recipe_words.soup_sentence(soup, found | {"n": 0})
    assert recipe_words.ingredients(soup) == "Ingredients of s\\*: a, b."
