"""Where the ensemble helps and harms: figures, sentences and tables."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from made import random_bundle

from analysis.bundle import Grouping
from analysis.ensemble import Ensemble
from dashboard import compute, effect_tables, effect_words, slice_tables, slice_words
from dashboard.plots import slices as slice_plots
from dashboard.plots import where as where_plots
from dashboard.state import Choices
from dashboard.theme import DARK, LIGHT

EVIL = "<img src=x onerror=alert(1)>"


def bundle_of_two(samples=300):
    bundle = random_bundle(4, samples, 3, seed=6, accuracy=0.3)
    parity = Grouping(torch.arange(samples, dtype=torch.int32) % 2, ("even", EVIL))
    rare = Grouping((torch.arange(samples) > 5).int(), ("rare", "usual"))
    groups = {**bundle.groups, "parity": parity, "rare": rare}
    return replace(bundle, groups=groups, fingerprint="")


@pytest.fixture
def choices() -> Choices:
    bundle = bundle_of_two()
    return Choices(bundle, Ensemble(bundle.models, "mean"), "region", "exclude")


def texts(figure) -> str:
    return figure.to_json()


def marks(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_levels_are_drawn_with_the_best_on_top_and_untested_ones_below(choices, palette):
    table = compute.group_effects(choices, choices.bundle, ("rare",))
    figure = where_plots.effect_levels(
        ("rare", EVIL), table, column=EVIL, reference=EVIL, palette=palette
    )
    corrections, regressions = (marks(figure, name) for name in ("corrections", "regressions"))
    assert list(corrections.customdata) == [0, 1]
    assert corrections.x[1] == pytest.approx(100 * table["corrections"][1] / table["n"][1])
    assert (regressions.x <= 0).all()
    net = marks(figure, "net effect (95 % interval)")
    assert list(net.customdata) == [1]
    assert net.x[0] == pytest.approx(corrections.x[1] + regressions.x[1])
    assert net.x[0] - net.error_x.arrayminus[0] == pytest.approx(100 * table["low"][1])
    assert list(marks(figure, "too few to test").customdata) == [0]
    assert EVIL not in texts(figure)


def test_of_many_levels_the_best_and_the_worst_are_drawn():
    net = np.random.default_rng(0).normal(size=90)
    table = {"n": np.full(90, 30), "net": net, "tested": np.ones(90, dtype=bool)}
    drawn = where_plots.drawn_levels(table, most=10)
    order = np.argsort(net)
    assert drawn.tolist() == [*order[:5], *order[-5:]]
    table["n"][order[0]] = 0
    assert order[0] not in where_plots.drawn_levels(table, most=10)


def test_cells_have_no_colour_but_a_cross_where_there_are_too_few(choices):
    bundle, columns = choices.bundle, ("parity", "rare")
    table = compute.group_effects(choices, bundle, columns)
    levels = tuple(bundle.groups[column].levels for column in columns)
    figure = where_plots.effect_cells(levels, table, columns=columns, reference=EVIL)
    net = np.array(figure.data[0].z, dtype=float)
    assert np.isnan(net[:, 0]).all()
    assert net[:, 1] == pytest.approx(100 * table["net"].reshape(2, 2)[:, 1])
    assert figure.data[0].zmin == -figure.data[0].zmax
    picked = figure.data[1]
    assert list(picked.customdata) == [0, 1, 2, 3]
    assert list(picked.marker.symbol) == ["x-thin", "square", "x-thin", "square"]
    assert EVIL not in texts(figure)


def test_of_many_cells_the_largest_levels_are_drawn():
    shape = (40, 35)
    n = np.arange(40 * 35)
    table = {name: np.full(40 * 35, 0.1) for name in ("net", "low", "high", "p_bh")}
    table |= {"n": n, "tested": n >= 20}
    for name in ("corrections", "regressions", "rescued", "right", "reference_right"):
        table |= {name: n, f"{name}_rate": n / 1e4, f"{name}_low": n * 0.0, f"{name}_high": n * 1.0}
    levels = tuple(tuple(map(str, range(size))) for size in shape)
    figure = where_plots.effect_cells(levels, table, columns=("a", "b"), reference="m")
    assert np.array(figure.data[0].z).shape == (30, 30)
    assert min(figure.data[1].customdata) == 10 * 35 + 5
    assert "500 cells are not" in texts(figure)


SLICES = {
    "conditions": [[("colour", "red"), (EVIL, EVIL)], [("size", "small")], [("size", "large")]],
    "explained": [None, ("kind", EVIL, 2.5, 30), None],
    "rows": [np.arange(5), np.arange(3), np.arange(1)],
    "n": np.array([40, 60, 3]),
    "outside_n": np.array([160, 140, 197]),
    "inside": np.array([0.3, 0.01, 0.0]),
    "inside_low": np.array([0.2, 0.0, 0.0]),
    "inside_high": np.array([0.4, 0.05, 0.5]),
    "outside": np.array([0.1, 0.2, 0.1]),
    "outside_low": np.array([0.05, 0.1, 0.05]),
    "outside_high": np.array([0.15, 0.3, 0.2]),
    "gap": np.array([0.2, -0.19, -0.1]),
    "low": np.array([0.1, -0.3, -0.2]),
    "high": np.array([0.3, -0.1, 0.3]),
    "p": np.array([0.001, 0.01, np.nan]),
    "p_bh": np.array([0.002, 0.01, np.nan]),
    "p_holm": np.array([0.002, 0.01, np.nan]),
    "passed": np.array([True, True, False]),
    "found": {"gap": np.array([0.25, -0.2, -0.3])},
    "split": "half",
    "by_label": ("label",),
    "columns": ("colour", "size", "label"),
}


@pytest.mark.parametrize(("good", "better"), [(1, [0]), (-1, [1])])
def test_slices_are_coloured_by_whether_they_are_better_inside(good, better):
    notes = [slice_words.explained(told) for told in SLICES["explained"]]
    figure = slice_plots.slice_gaps(
        SLICES["conditions"], SLICES, notes, title="t", axis="Corrections", good=good
    )
    assert list(marks(figure, "better inside").customdata) == better
    assert list(marks(figure, "worse inside").customdata) == [1 - better[0]]
    assert list(marks(figure, "inside, not shown to differ").customdata) == [2]
    assert list(marks(figure, "outside").customdata) == [0, 1, 2]
    assert "2.5 times as many kind" in marks(figure, "outside").hovertext[1]
    assert marks(figure, "outside").y[0] > marks(figure, "outside").y[1]
    assert EVIL not in texts(figure)


def test_no_slices_make_an_empty_figure():
    nothing = {name: np.zeros(0) for name in SLICES if isinstance(SLICES[name], np.ndarray)}
    assert len(slice_plots.slice_gaps([], nothing, title="t", axis="a").data) == 0


def effect(net, p, tested=True, n=100):
    net = np.array(net)
    return {
        "net": net,
        "low": net - 0.02,
        "high": net + 0.02,
        "p_bh": np.array(p),
        "n": np.full(len(net), n),
        "tested": np.full(len(net), tested),
        "column": ["colour", "colour", "size"],
        "levels": [("red",), ("blue",), ("*big*",)],
    }


def test_the_sentence_names_where_it_helps_and_where_it_harms():
    told = effect_words.where_sentence(effect([0.123, 0.2, -0.05], [0.001, 0.3, 0.02]), "m_1")
    assert "helps most where colour = red: **+12.3 points [10.3, 14.3]**, n = 100" in told
    assert "it harms most where size = \\*big\\*: **-5.0 points" in told
    assert "3 levels of 2 groupings" in told
    unharmed = effect_words.where_sentence(effect([0.1, 0.2, -0.05], [0.01, 0.02, 0.2]), "m")
    assert "where colour = blue" in unharmed
    assert "nowhere does it clearly harm" in unharmed
    nowhere = effect_words.where_sentence(effect([0.1, 0.2, -0.3], [0.1, 0.2, np.nan]), "m")
    assert nowhere.startswith("Nowhere does the ensemble clearly help")
    small = effect_words.where_sentence(effect([0.1] * 3, [np.nan] * 3, tested=False), "m")
    assert "too few" in small
    assert "no grouping" in effect_words.where_sentence({"levels": []}, "m")


def test_the_sentence_on_slices_says_when_none_passes():
    assert "**2 slices pass**" in slice_words.sentence(SLICES, "corrections")
    none = {**SLICES, "passed": np.zeros(3, dtype=bool)}
    told = slice_words.sentence(none, "corrections")
    assert "**No slice passes**" in told
    assert "colour = red" in told
    assert EVIL not in told
    assert "found no slice" in slice_words.sentence({"conditions": []}, "regressions")
    assert "Known only with the label: label." in effect_words.slices_footnote(SLICES)


def test_tables_hold_both_corrected_p_values(choices):
    table = compute.group_effects(choices, choices.bundle, ("region", "parity"))
    frame = effect_tables.groups(table, ("region", "parity"))
    assert len(frame) == 6
    assert frame["n"].sum() == 300
    assert frame["net effect"].is_monotonic_decreasing
    assert frame["corrections"].sum() == table["corrections"].sum()
    sliced = slice_tables.slices(SLICES)
    for one in (frame, sliced):
        assert {"p", "p (Benjamini-Hochberg)", "p (Holm)"} <= set(one)
    assert sliced["samples"].tolist() == [5, 3, 1]
    assert sliced["gap"].tolist() == [20, -19, -10]


def test_all_groupings_are_corrected_for_together(choices):
    together = compute.every_group_effect(choices, choices.bundle)
    assert together["column"] == ["region"] * 3 + ["parity"] * 2 + ["rare"] * 2
    parts = [compute.group_effects(choices, choices.bundle, (c,)) for c in choices.bundle.groups]
    assert together["p"] == pytest.approx(np.concatenate([p["p"] for p in parts]), nan_ok=True)
    alone = np.concatenate([part["p_holm"] for part in parts])
    assert np.nanmax(together["p_holm"] - alone) >= 0
    assert (np.nan_to_num(together["p_holm"] - alone) >= 0).all()


@pytest.mark.parametrize("target", list(effect_words.TARGETS))
def test_slices_of_the_active_ensemble_come_with_all_that_is_drawn(choices, target):
    found = compute.effect_slices(choices, target, 3)
    number = len(found["conditions"])
    assert number == len(found["rows"]) == len(found["explained"]) == len(found["p_bh"])
    assert "embedding cluster" in found["columns"]
    for own, told in zip(found["conditions"], found["explained"], strict=True):
        assert (told is None) or "embedding cluster" in dict(own)
