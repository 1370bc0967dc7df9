"""Figures: what is drawn, what a mark carries, and what they say; no pictures are compared."""

import numpy as np
import plotly.graph_objects as go
import pytest

from dashboard.plots import (
    calibration,
    difficulty,
    front,
    front_groups,
    front_more,
    front_outlines,
    groups,
    layout,
    maps,
    matrix,
    members,
    model_map,
    models,
    outcomes,
)
from dashboard.theme import DARK, LIGHT

SUMMARIES = dict.fromkeys(outcomes.NAMES, "what it means")
COUNTS = {"kept": 5, "corrected": 3, "rescued": 1, "overruled": 0, "spoiled": 2, "missed": 4}
EVIL = "<img src=x onerror=alert(1)>"


def texts(figure) -> str:
    return figure.to_json()


def codes(figure) -> list[int]:
    return sorted(
        int(code)
        for trace in figure.data
        if trace.customdata is not None
        for code in np.asarray(trace.customdata)
    )


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_the_strip_draws_every_outcome_of_every_rule(palette):
    figure = outcomes.outcome_strip({"Mean": COUNTS, "Vote": COUNTS}, SUMMARIES, palette=palette)
    assert [trace.name for trace in figure.data] == list(outcomes.STRIP)
    assert codes(figure) == list(range(12))
    assert sum(trace.x[0] for trace in figure.data) == pytest.approx(1)
    assert figure.layout.xaxis.title.text


LEDGER = np.array([[0, 0, 1, 0, 0, 9], [0, 4, 0, 0, 2, 0], [20, 0, 0, 0, 0, 0]])


def test_the_ledger_draws_outcomes_and_leaves_the_easy_cases_out_unless_asked():
    against = np.array([0, 3, 0])
    hidden = {trace.name: trace.y for trace in outcomes.ledger(LEDGER, against).data}
    shown = {t.name: t.y for t in outcomes.ledger(LEDGER, against, everything=True).data}
    assert set(hidden) == {"corrected", "against majority", "rescued", "spoiled"}
    assert set(shown) == {*hidden, "kept", "missed"}
    assert shown["corrected"].tolist() == [0, 1, 0]
    assert shown["against majority"].tolist() == [0, 3, 0]
    assert shown["missed"].tolist() == [-9, 0, 0]
    assert sum(abs(values).sum() for values in shown.values()) == LEDGER.sum()


def test_every_bar_of_the_ledger_carries_its_level_and_outcome():
    figure = outcomes.ledger(LEDGER, np.array([0, 3, 0]), everything=True)
    marks = [{"customdata": code} for code in codes(figure)]
    found = outcomes.decode_ledger(marks)
    assert len(set(found)) == len(found) == 3 * 6
    assert (1, outcomes.AGAINST) in found


def test_the_ledger_marks_the_selection_where_its_bars_are_drawn():
    chosen = np.array([[0, 0, 1, 0, 0, 5], [0, 0, 0, 0, 0, 0], [4, 0, 0, 0, 0, 0]])
    for everything, expected in ((False, {1: 1}), (True, {1: 1, 5: 1, 4: 1})):
        figure = outcomes.ledger(
            LEDGER, np.zeros(3, dtype=int), chosen=chosen, everything=everything
        )
        marks = [t.hovertext for t in figure.data if t.type == "scatter"]
        said = [text for texts in marks for text in texts if not text.startswith("0 ")]
        assert sorted(said) == sorted(f"{n} of them selected" for n in expected)


def test_accuracies_are_drawn_best_on_top_with_their_intervals():
    rate = np.array([0.5, 0.9, np.nan, 0.7])
    figure = models.model_dots(
        ["a", "b", "c", "team"],
        rate,
        rate - 0.1,
        rate + 0.1,
        np.array([10, 10, 0, 10]),
        ["member", "best", "other", "ensemble"],
    )
    assert codes(figure) == [0, 1, 2, 3]
    assert list(figure.layout.yaxis.ticktext) == ["c", "a", "team", "b"]
    ensemble = next(trace for trace in figure.data if trace.name == "ensemble")
    assert ensemble.marker.symbol == "diamond"
    assert ensemble.error_x.array[0] == pytest.approx(0.1)


def test_the_heatmap_carries_the_pair_behind_every_cell():
    values = np.array([[0.0, 0.2, 0.6], [0.2, 0.0, np.nan], [0.6, np.nan, 0.0]])
    figure = matrix.pair_heatmap(
        values,
        np.full((3, 3), 7),
        ["a", "b", EVIL],
        np.array([2, 0, 1]),
        label="Disagreement",
        bounds=(0.0, 1.0),
    )
    assert np.asarray(figure.data[1].customdata).tolist() == [8, 6, 7, 2, 0, 1, 5, 3, 4]
    assert figure.data[0].zmin == 0
    assert figure.data[0].zmax == pytest.approx(0.6)
    assert EVIL not in texts(figure)


def test_a_signed_measure_gets_a_diverging_scale_around_zero():
    figure = matrix.pair_heatmap(
        np.eye(2), np.ones((2, 2)), ["a", "b"], np.arange(2), label="Q", bounds=(-1.0, 1.0)
    )
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-1, 1)
    assert len(figure.data[0].colorscale) == 3


def test_the_model_map_colours_the_largest_families_and_rings_the_members():
    families = [f"family {place % 12}" for place in range(30)]
    figure = model_map.model_map(
        np.random.default_rng(0).normal(size=(30, 2)),
        [f"m{place}" for place in range(30)],
        families,
        np.arange(30) < 3,
        0.5,
    )
    assert len(figure.data) == len(LIGHT.levels)
    assert figure.data[-1].name == model_map.OTHER
    assert codes(figure) == list(range(30))


QUALITY = front.Ruler("Accuracy", "higher is better", True, True)
DIVERSITY = front.Ruler("Mean disagreement", "higher is more diverse", True, True)
LOSS = front.Ruler("Log loss", "lower is better", False, False)


def drawn(sizes, on_front, **more):
    sizes = np.array(sizes)
    kinds = (sizes > 1).astype(int)
    return front.Drawn(
        kinds, sizes, np.array(on_front), lambda rows: [f"row {row}" for row in rows], **more
    )


def test_single_models_stand_in_a_lane_of_their_own_and_the_front_is_joined():
    x = np.array([np.nan, 0.1, 0.3, 0.2])
    accuracy = np.array([0.6, 0.9, 0.7, 0.8])
    some = drawn([1, 2, 2, 2], [False, True, True, True], active=3)
    figure = front.projection(x, accuracy, (DIVERSITY, QUALITY), some, title="t")
    single = next(trace for trace in figure.data if trace.name == "single models")
    assert single.x[0] < 0.1
    line = next(trace for trace in figure.data if trace.mode == "lines")
    assert line.x.tolist() == [0.3, 0.2, 0.1]
    assert codes(figure) == [0, 1, 2, 3]


def test_the_front_of_nothing_but_single_models_is_drawn():
    some = drawn([1], [False])
    figure = front.projection(
        np.array([np.nan]), np.array([0.5]), (DIVERSITY, QUALITY), some, title="t"
    )
    assert codes(figure) == [0]


def test_where_lower_is_better_the_front_runs_along_the_low_values():
    x, loss = np.array([0.1, 0.2, 0.3, 0.2]), np.array([0.3, 0.5, 0.9, 0.6])
    assert front.front_line(x, loss, (DIVERSITY, LOSS)).tolist() == [2, 1, 0]


def test_many_beaten_candidates_are_a_density_and_the_front_and_the_active_one_are_marks():
    generator = np.random.default_rng(0)
    x, y = generator.random(5000), generator.random(5000)
    on_front = np.zeros(5000, dtype=bool)
    on_front[:7] = True
    some = drawn(np.full(5000, 3), on_front, active=99)
    figure = front.projection(x, y, (DIVERSITY, QUALITY), some, title="t")
    density = next(trace for trace in figure.data if trace.type == "heatmap")
    assert density.customdata.sum() == 4993
    marks = [trace for trace in figure.data if trace.type == "scatter" and trace.mode == "markers"]
    rows = np.concatenate([trace.customdata for trace in marks if trace.customdata is not None])
    assert sorted(rows) == [*range(7), 99]


def test_names_of_close_marks_stand_apart():
    x, y = np.array([0.1, 0.11, 0.9]), np.array([0.5, 0.5, 0.1])
    names = [(0, "best"), (1, "knee"), (2, "most diverse")]
    some = drawn([2, 3, 4], [True] * 3, names=names)
    figure = front.projection(x, y, (DIVERSITY, QUALITY), some, title="t")
    notes = figure.layout.annotations
    assert [note.text for note in notes] == ["best", "knee", "most diverse"]
    assert (notes[0].ax, notes[0].ay) != (notes[1].ax, notes[1].ay)


def test_what_is_marked_elsewhere_is_raised():
    x, y = np.array([0.1, 0.2, 0.3]), np.array([0.5, 0.4, 0.3])
    some = drawn([2, 2, 2], [True, True, False], brushed=np.array([False, True, True]))
    figure = front.projection(x, y, (DIVERSITY, QUALITY), some, title="t")
    raised = {
        int(trace.customdata[place])
        for trace in figure.data
        if trace.customdata is not None
        for place in trace.selectedpoints
    }
    assert raised == {1, 2}


def test_boxes_and_lassos_reach_candidates_that_are_drawn_as_a_density():
    x, y = np.array([0.0, 0.5, 1.0, np.nan]), np.array([0.0, 0.5, 1.0, 0.5])
    box = {"box": [{"x": [0.9, 0.4], "y": [0.1, 0.9]}]}
    assert front_outlines.outlined(box, x, y).tolist() == [False, True, False, False]
    lane = {"box": [{"x": [-0.2, -0.1], "y": [0, 1]}]}
    assert front_outlines.outlined(lane, x, y).tolist() == [False, False, False, True]
    triangle = {"lasso": [{"x": [0.4, 1.2, 1.2], "y": [0.4, 0.4, 1.2]}]}
    assert front_outlines.outlined(triangle, x, y).tolist() == [False, True, True, False]
    assert not front_outlines.outlined({}, x, y).any()


def test_a_line_of_equal_loss_passes_through_what_has_that_loss():
    loss, gap = np.array([0.4, 0.6, np.nan]), np.array([0.1, 0.3, 0.2])
    some = drawn([2, 2, 2], [True, False, False])
    figure = front_more.equal_losses(loss, gap, some)
    points = figure.data[-1]
    assert points.x == pytest.approx([0.5, 0.9])
    first = figure.data[0]
    assert np.array(first.x) - np.array(first.y) == pytest.approx([0.4, 0.4])
    assert codes(figure) == [0, 1]


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_what_is_beside_the_projections_is_drawn(palette):
    shares = np.array([0.2, 1.0, 0.0])
    figure = front_groups.shared_models(shares, ["a", EVIL, "c"], 5, palette=palette)
    assert list(figure.data[0].customdata) == [0, 1]
    assert EVIL not in texts(figure)
    table = {"n": np.array([30, 50]), "volume": np.array([0.2, 0.1])}
    table |= {"low": table["volume"] - 0.05, "high": table["volume"] + 0.01}
    groups_figure = front_groups.group_volumes(["x", EVIL], table, column=EVIL, palette=palette)
    assert list(groups_figure.data[0].customdata) == [1, 0]
    assert list(groups_figure.data[0].error_x.arrayminus) == pytest.approx([0.05, 0.05])
    assert EVIL not in texts(groups_figure)
    rulers = [QUALITY, DIVERSITY, LOSS, QUALITY]
    values = np.array([[0.9, 0.1, 0.3, 2.0], [0.8, 0.2, 0.4, np.nan], [0.7, 0.3, 0.5, 1.0]])
    lines = front_more.in_parallel(values, rulers, palette=palette)
    assert list(lines.data[0].dimensions[2]["range"]) == [0.5, 0.3]
    assert len(lines.data[0].dimensions[0]["values"]) == 2
    space = front_more.in_space(
        values[:, :3], rulers[:3], drawn([2, 2, 2], [True, True, False], active=0), palette=palette
    )
    assert [len(trace.x) for trace in space.data] == [1, 2, 1]


def test_members_of_a_large_team_are_abbreviated():
    names = front.names_of(np.ones((1, 9), dtype=bool), [f"m{place}" for place in range(9)])
    assert names == ["m0, m1, m2, m3, m4, m5 and 3 more"]
    assert front.names_of(np.array([[0.25, 0.75, 0]]), ["a", EVIL, "c"]) == [
        f"{front.shown(EVIL, 22)} 75 %, a 25 %"
    ]


def test_groups_are_drawn_with_members_best_and_ensemble():
    rate = np.array([0.4, 0.8])
    line = ("team", rate, rate - 0.1, rate + 0.1)
    figure = groups.group_accuracies(
        ["night", EVIL],
        np.array([30, 10]),
        np.array([[0.3, np.nan]]),
        ["m"],
        ("best", *line[1:]),
        line,
        column="lighting",
    )
    assert codes(figure) == [0, 0, 1, 1, 2]
    assert figure.layout.yaxis.ticktext[0].startswith("night (n = 30)")
    assert EVIL not in texts(figure)


@pytest.mark.parametrize("levels", [2, 20])
def test_the_size_curve_names_at_most_the_extremes_of_many_groups(levels):
    mean = np.linspace(0.4, 0.9, 3 * levels).reshape(3, levels)
    figure = groups.size_curve(
        [1, 2, 4],
        [f"g{place}" for place in range(levels)],
        mean,
        mean - 0.05,
        mean + 0.05,
        np.full(levels, 50),
        column="place",
    )
    named = [trace for trace in figure.data if trace.showlegend]
    assert len(named) == (2 if levels == 2 else 4)


@pytest.mark.parametrize("coloured", [True, False])
def test_the_plain_map_carries_rows_and_escapes_texts(coloured):
    points = np.zeros((3, 2), dtype=np.float32)
    colour = (
        {"category": np.array([0, 1, 0], dtype=np.uint8), "categories": [("a", "#111111", "x")] * 2}
        if coloured
        else {"values": np.arange(3, dtype=np.float32), "value_title": "v"}
    )
    figure = maps.sample_map(points, [EVIL] * 3, ("x", "y"), selected=np.array([1]), **colour)
    assert codes(figure) == [0, 1, 2]
    assert EVIL not in texts(figure)


PAIRS = {"label": "Churn", "bounds": (0.0, 1.0)}


def hovers(figure) -> dict[int, str]:
    """What a pair heatmap says of each cell, by i * M + j."""
    marks = figure.data[1]
    return dict(zip(np.asarray(marks.customdata).tolist(), marks.hovertext, strict=True))


def test_a_cell_tells_its_interval_or_why_it_is_undefined():
    values = np.array([[0.0, 0.25, np.nan], [0.25, 0.0, np.nan], [np.nan, np.nan, 0.0]])
    together = np.array([[9, 8, 7], [8, 9, 0], [7, 0, 9]])
    figure = matrix.pair_heatmap(
        values,
        together,
        ["a", "b", "c"],
        np.arange(3),
        undefined="one is always right.",
        low=values - 0.125,
        high=values + 0.125,
        **PAIRS,
    )
    said = hovers(figure)
    assert "0.25 [0.125, 0.375] (95 %), n = 8" in said[0 * 3 + 1]
    assert "undefined: one is always right. (n = 7)" in said[0 * 3 + 2]
    assert "undefined: no sample answered by both" in said[1 * 3 + 2]


def test_the_tree_stands_over_the_models_in_their_order():
    joins = np.array([[0, 2, 0.1], [1, 3, 0.5]])
    order = np.array([1, 0, 2])
    figure = matrix.pair_heatmap(
        np.zeros((3, 3)), np.ones((3, 3)), list("abc"), order, joins=joins, **PAIRS
    )
    tree = figure.data[-1]
    assert tree.yaxis == "y2"
    assert [x for x in tree.x if x is not None] == [1, 1, 2, 2, 0, 0, 1.5, 1.5]
    assert [y for y in tree.y if y is not None] == [0, 0.1, 0.1, 0, 0, 0.5, 0.5, 0.1]


def test_an_asymmetric_measure_says_which_model_comes_first():
    figure = matrix.pair_heatmap(
        np.zeros((2, 2)), np.ones((2, 2)), ["a", "b"], np.arange(2), symmetric=False, **PAIRS
    )
    assert figure.layout.yaxis.title.text == "First model"
    assert "a, then b" in hovers(figure)[1]


def test_a_click_in_the_matrix_changes_the_style_of_the_picked_cells_only():
    figure = matrix.pair_heatmap(
        np.zeros((2, 2)), np.ones((2, 2)), ["a", "b"], np.arange(2), **PAIRS
    )
    marks = figure.data[1]
    # Nothing is painted before a pick, and a cell that is not picked looks as before.
    assert marks.marker.opacity == marks.unselected.marker.opacity == 0
    assert marks.selected.marker.to_plotly_json() == {"opacity": 0.55}
    assert marks.unselected.marker.to_plotly_json() == {"opacity": 0}


def test_what_a_figure_laid_out_itself_stays_under_the_common_layout():
    figure = go.Figure(
        layout={"margin": {"pad": 3}, "legend": {"x": 0.3}, "xaxis": {"range": [0, 1]}}
    )
    layout.titled(figure, "Title", "measure, n = 3")
    assert (figure.layout.margin.pad, figure.layout.margin.l) == (3, 8)
    assert figure.layout.legend.x == 0.3
    assert figure.layout.xaxis.range == (0, 1)
    assert figure.layout.xaxis.automargin
    assert figure.layout.title.subtitle.text == "measure, n = 3"


def test_samples_behind_each_pair_are_written_as_whole_numbers():
    together = np.array([[9, 8], [8, 1200]])
    figure = matrix.pair_counts(together, ["a", "b"], np.arange(2))
    assert figure.data[0].texttemplate == "%{z:,d}"
    assert "n = 1,200" in hovers(figure)[3]


COUNT = np.array([[0, 4, 6], [0, 0, 0], [5, 5, 0]])
RELIABILITY = {
    "count": COUNT,
    "confidence": np.where(COUNT > 0, [[0.1, 0.5, 0.9]] * 3, np.nan),
    "accuracy": np.where(COUNT > 0, 0.5, np.nan),
    "low": np.where(COUNT > 0, 0.25, np.nan),
    "high": np.where(COUNT > 0, 0.75, np.nan),
}


def test_reliability_draws_filled_bins_and_raises_one_model():
    names = ["a", EVIL, "team"]
    figure = calibration.reliability(names, RELIABILITY, ["member", "best", "ensemble"], 2)
    curves = {trace.name: trace for trace in figure.data if trace.type == "scatter"}
    assert curves["team"].error_y.visible is True
    assert curves["members"].error_y.visible is False
    assert curves["members"].x.tolist() == [0.5, 0.9]
    bars = next(trace for trace in figure.data if trace.type == "bar")
    assert bars.y.tolist() == [5, 5, 0]
    marks = [{"customdata": code} for code in codes(figure)]
    assert set(calibration.decode_bins(marks, 3, 3)) == {(0, 1), (0, 2), (2, 0), (2, 1), (2, 2)}
    assert "says 50.0 %, is right on 50.0 % [25.0, 75.0]" in curves["members"].hovertext[0]
    assert EVIL not in texts(figure)


def test_calibration_errors_are_drawn_lowest_on_top_from_zero():
    rate = np.array([0.2, 0.1, np.nan])
    figure = models.model_dots(
        ["a", "b", "c"],
        rate,
        rate - 0.05,
        np.full(3, np.nan),
        np.array([9, 9, 0]),
        ["member", "best", "ensemble"],
        models.CALIBRATION_ERROR,
    )
    assert list(figure.layout.yaxis.ticktext) == ["c", "a", "b"]
    assert figure.layout.xaxis.rangemode == "tozero"
    assert "lower is better" in figure.layout.xaxis.title.text
    assert sum(trace.error_x.array.sum() for trace in figure.data) == 0


def test_temperatures_join_before_and_after_and_set_the_means_apart():
    figure = calibration.temperatures(
        ["a", "b", "mean of members", "mean of calibrated members"],
        np.array([2.0, 0.5, 1.5, np.nan]),
        np.array([0.1, 0.2, 0.3, 0.3]),
        np.array([0.05, 0.1, 0.2, 0.25]),
        np.array([False, False, True, True]),
    )
    line, before, after = figure.data
    assert line.x[:2].tolist() == [0.1, 0.05]
    assert before.x.tolist() == [0.1, 0.2, 0.3, 0.3]
    assert after.marker.symbol.tolist() == ["circle", "circle", "diamond", "diamond"]
    assert figure.layout.yaxis.ticktext[-1] == "mean of members"
    assert "temperature 2" in after.hovertext[0]
    assert "<br>temperature" not in after.hovertext[3]


def test_bars_of_members_right_carry_level_and_side():
    table = np.array([[0, 7], [2, 3], [9, 0]])
    figure = difficulty.number_right(table)
    right, wrong = figure.data
    assert right.y.tolist() == [0, 2, 9]
    assert wrong.y.tolist() == [7, 3, 0]
    assert wrong.marker.pattern.shape == "/"
    assert difficulty.decode_sides([{"customdata": codes(figure)[-1]}, {"x": 1}], 3) == [(2, 1)]
    assert "of 2" in figure.layout.xaxis.title.text


def test_a_histogram_stacks_only_the_sides_that_occur():
    table = np.array([[3, 0, 0], [0, 2, 0]])
    figure = difficulty.score_histogram(table, np.array([0.0, 0.5, 1.0]), label=EVIL)
    assert [trace.name for trace in figure.data] == ["ensemble right", "ensemble wrong"]
    assert codes(figure) == [0, 1, 3, 4]
    assert figure.data[0].x.tolist() == [0.25, 0.75]
    assert EVIL not in "".join(figure.data[0].hovertext)


@pytest.mark.parametrize("number", [3, 3000])
def test_uncertainty_is_drawn_by_side_with_the_rows_of_the_samples(number):
    sides = np.arange(number) % 3
    rows = np.arange(number) + 7
    figure = difficulty.uncertainty(
        np.linspace(0, 1, number), np.zeros(number), sides, rows, [EVIL] * number
    )
    assert codes(figure) == rows.tolist()
    assert [trace.name for trace in figure.data] == list(difficulty.SIDES)
    assert figure.data[0].type == ("scatter" if number == 3 else "scattergl")
    assert figure.data[0].marker.symbol != figure.data[1].marker.symbol
    assert EVIL not in texts(figure)


def test_names_on_the_model_map_cover_neither_each_other_nor_the_marks():
    crowd = np.stack([np.linspace(0, 0.01, 6), np.zeros(6)], axis=1)
    places = np.concatenate([crowd, [[1.0, 1.0], [1.0, 0.0], [0.0, 1.0]]])
    names = [f"a long name of model {place}" for place in range(9)]
    figure = model_map.model_map(places, names, [""] * 9, np.zeros(9, bool), 0.5)
    (models,) = figure.data
    assert all(models.text[6:])
    sides = [
        side for text, side in zip(models.text[:6], models.textposition[:6], strict=True) if text
    ]
    assert 1 <= len(sides) == len(set(sides)) <= 4


def test_a_model_without_a_place_gets_no_name():
    places = np.array([[0.0, 0.0], [1.0, 1.0], [np.nan, np.nan]])
    figure = model_map.model_map(places, ["a", "b", "c"], [""] * 3, np.zeros(3, bool), 0.5)
    assert list(figure.data[0].text) == ["a", "b", ""]


def test_ensembles_beside_the_active_one_are_drawn_in_their_own_colours():
    rate = np.array([0.4, 0.8])
    line = ("team", rate, rate - 0.1, rate + 0.1)
    beside = {EVIL: 2, "kept": 5}
    dots = models.model_dots(
        ["a", "team", EVIL, "kept"],
        np.array([0.5, 0.6, 0.7, 0.8]),
        *(np.full(4, np.nan),) * 2,
        np.full(4, 9),
        ["member", "ensemble", "beside/2", "beside/5"],
        beside=beside,
    )
    by_group = groups.group_accuracies(
        ["night", "day"],
        np.array([30, 10]),
        np.array([[0.3, 0.2]]),
        ["m"],
        line,
        line,
        column="lighting",
        beside=[(2, (EVIL, *line[1:])), (5, ("kept", *line[1:]))],
    )
    marks = [(EVIL, 0.1, 0.5, 2), ("kept", 0.2, 0.7, 5), ("nowhere", np.nan, 0.5, 1)]
    marked = front.projection(
        np.array([0.1, 0.2]),
        np.array([0.5, 0.6]),
        (DIVERSITY, QUALITY),
        drawn([2, 3], [True, True], marks=marks),
        title="t",
    )
    table = {name: np.array([[0.5, 0.5]] * 4) for name in ("confidence", "accuracy", "low", "high")}
    curves = calibration.reliability(
        ["a", "team", EVIL, "kept"],
        table | {"count": np.full((4, 2), 3)},
        ["member", "ensemble", "beside/2", "beside/5"],
        1,
        beside=beside,
    )
    for figure in (dots, by_group, marked, curves):
        colours = {trace.name: str(trace.marker.color) for trace in figure.data}
        assert colours["kept"] == LIGHT.beside[5]
        assert LIGHT.beside[2] in colours.values()
        assert "nowhere" not in colours
        assert EVIL not in texts(figure)


def test_the_path_of_a_selection_names_each_round_and_what_it_brought():
    figure = members.selection_path(["a", EVIL, "a"], np.array([0.5, 0.6, 0.61]))
    assert codes(figure) == [0, 1, 2]
    hover = figure.data[0].hovertext
    assert "accuracy after it 60.00 % (+10.00 points)" in hover[1]
    assert "<b>a</b> again" in hover[2]
    assert EVIL not in texts(figure)
    losses = members.selection_path(["a"], np.array([-0.3]), score="x", shares=False)
    assert "-0.3000" in losses.data[0].hovertext[0]


def test_names_hide_no_mark_where_there_is_room_beside_them():
    from dashboard.plots import front_names

    x, y = np.meshgrid(np.linspace(0, 0.4, 9), np.linspace(0, 1, 9))
    x, y = x.ravel(), y.ravel()
    figure = go.Figure()
    names = [(40, "the knee"), (80, "best: a + b"), (44, "another one")]
    front_names.add_names(figure, x, y, names, ((0, 1), (0, 1)), LIGHT)
    notes = figure.layout.annotations
    assert [note.text for note in notes] == [name for _, name in names]
    boxes = []
    for note in notes:
        across = note.x * front_names.WIDTH + note.ax
        up = note.y * front_names.HEIGHT - note.ay
        boxes.append((across, up, front_names.LETTER * len(note.text) / 2))
        inside = np.abs(x * front_names.WIDTH - across) < boxes[-1][2]
        inside &= np.abs(y * front_names.HEIGHT - up) < front_names.LINE / 2
        hidden = inside.sum()
        assert hidden <= 3
    assert boxes[2][0] - boxes[2][2] > 0.4 * front_names.WIDTH
    overlap = abs(boxes[0][0] - boxes[2][0]) < boxes[0][2] + boxes[2][2]
    assert not (overlap and abs(boxes[0][1] - boxes[2][1]) < front_names.LINE)


def test_of_a_very_large_front_a_part_is_drawn():
    x = np.linspace(0, 1, 9000)
    many = drawn([2] * 9000, [True] * 9000, active=17)
    figure = front.projection(x, 1 - x, (DIVERSITY, QUALITY), many, title="t")
    rows = codes(figure)
    assert front.MOST_MARKS <= len(rows) <= front.MOST_MARKS + 2
    assert 17 in rows
    assert "more on the front are not drawn" in figure.layout.title.subtitle.text
