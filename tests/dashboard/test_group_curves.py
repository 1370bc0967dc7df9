"""Curves per group, majority against minority, and what is said where there are no labels."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from kinds import BUNDLES, opened
from made import bundle_of, random_bundle
from pages import visit, words
from picking import chosen, pick, points

from analysis.ensemble import Ensemble, combine
from analysis.grouping import Grouping
from dashboard import compute, majority_words, unlabelled_tables
from dashboard.plots.group_curves import decode_places
from dashboard.plots.group_curves import group_curves as curves_figure
from dashboard.plots.majority import majority as majority_figure
from dashboard.state import Choices
from dashboard.theme import DARK, LIGHT

EVIL = "<img src=x onerror=alert(1)>"
EVERYBODY = ("members", "families", "best", "ensembles")


def rich(samples=240, **more):
    """Two runs of three checkpoints each, a cost, a number and a second grouping."""
    bundle = random_bundle(6, samples, seed=2, **more)
    strength = np.arange(samples) % 3
    info = {
        "family": np.array(["a"] * 3 + ["b"] * 3, dtype=object),
        "seed": np.zeros(6),
        "epoch": np.array([1, 2, 4] * 2),
        "cost": np.array([1.0, 1, 1, 5, 5, 5]),
    }
    groups = dict(bundle.groups)
    groups["strength"] = Grouping(torch.from_numpy(strength).int(), ("0", "10", "5"))
    attributes = {"size": np.linspace(0, 1, samples)}
    return replace(bundle, model_info=info, groups=groups, attributes=attributes, fingerprint="")


RICH = rich()


def choices_of(bundle, rule="mean", missing="exclude"):
    return Choices(bundle, Ensemble(bundle.models, rule), "region", missing)


def section(app, name):
    app.session_state["groups-section"] = name
    app = visit(app, "groups")
    assert not app.exception
    return app


def figures(app):
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


@pytest.mark.parametrize("kind", sorted(BUNDLES))
def test_every_kind_of_bundle_has_curves_or_a_sentence(kind, tmp_path, monkeypatch):
    app = opened(BUNDLES[kind], tmp_path / "bundle", monkeypatch)
    for against in ("size", "confidence", "epoch"):
        app.session_state["group-curves/against"] = against
        app.session_state["group-curves/roles"] = list(EVERYBODY)
        app = section(app, "Curves")
        assert app.get("plotly_chart") or app.info
    app = section(app, "Majority and minority")
    assert app.get("plotly_chart") or app.info


@pytest.mark.parametrize(
    ("against", "along"),
    [
        ("size", ""),
        ("epoch", ""),
        ("confidence", ""),
        ("attribute", "size"),
        ("level", "strength"),
        ("model", "cost"),
    ],
)
@pytest.mark.parametrize("missing", ["exclude", "wrong"])
def test_curves_hold_all_who_are_asked_for(against, along, missing):
    bundle = rich(gaps=0.1) if missing == "wrong" else RICH
    choices = choices_of(bundle, missing=missing)
    found = compute.group_curves(choices, bundle, against, along, EVERYBODY)
    assert not found["problem"]
    roles = {line["role"] for line in found["lines"]}
    assert roles >= {"member", "family", "best", "ensemble"}
    for line in found["lines"] + found.get("dots", []):
        assert line["mean"].shape == line["low"].shape == (3, len(line["x"]))
        known = np.isfinite(line["mean"])
        assert (line["low"][known] <= line["mean"][known] + 1e-9).all()
        assert (line["mean"][known] <= line["high"][known] + 1e-9).all()
    show = "risk" if against == "confidence" else "accuracy"
    for palette in (LIGHT, DARK):
        figure = curves_figure(
            found["lines"],
            (EVIL, "b", "c"),
            [0, 2],
            column=EVIL,
            axis=along or against,
            dots=found.get("dots", ()),
            texts=found["texts"],
            show=show,
            palette=palette,
        )
        assert EVIL not in figure.to_json()
        names = {trace.name for trace in figure.data if trace.showlegend is not False}
        assert "members" in names
        assert len(figure.layout.annotations) == 2


def test_levels_stand_by_their_number_or_by_how_hard_they_are():
    found = compute.group_curves(choices_of(RICH), RICH, "level", "strength", ("ensembles",))
    assert found["texts"] == ["0", "5", "10"]
    line = next(line for line in found["lines"] if line["role"] == "ensemble")
    whole = combine(RICH, Ensemble(RICH.models, "mean"))
    here = (RICH.groups["region"].codes == 1) & (RICH.groups["strength"].codes == 2)
    assert line["mean"][1, 1] == pytest.approx(whole.correct[0, here].double().mean().item())
    other = replace(choices_of(RICH), grouping="strength")
    named = compute.group_curves(other, RICH, "level", "region", ("members",))
    rate = np.nanmean([line["mean"].mean(0) for line in named["lines"]], axis=0)
    assert "easiest to the hardest" in named["note"]
    assert (np.diff(rate) < 0.05).all()


def test_checkpoints_of_one_epoch_are_put_together():
    found = compute.group_curves(choices_of(RICH), RICH, "epoch", "", EVERYBODY)
    runs = [line for line in found["lines"] if line["role"] == "member"]
    assert [line["x"].tolist() for line in runs] == [[1, 2, 4]] * 2
    inside = RICH.groups["region"].codes == 0
    assert runs[1]["mean"][0, 2] == pytest.approx(RICH.correct[5, inside].double().mean().item())
    team = next(line for line in found["lines"] if line["role"] == "beside")
    whole = combine(RICH, Ensemble((RICH.models[1], RICH.models[4]), "mean"))
    assert team["mean"][0, 1] == pytest.approx(whole.correct[0, inside].double().mean().item())


def test_the_cost_of_an_ensemble_is_that_of_its_members_and_other_numbers_do_not_add_up():
    found = compute.group_curves(choices_of(RICH), RICH, "model", "cost", EVERYBODY)
    ensemble = next(line for line in found["lines"] if line["role"] == "ensemble")
    assert ensemble["x"].tolist() == [18]
    best = next(line for line in found["lines"] if line["role"] == "best")
    assert (np.diff(best["x"]) >= 0).all()
    info = {**RICH.model_info, "smoothing": np.array([0.0, 0.1] * 3)}
    bundle = replace(RICH, model_info=info, fingerprint="")
    found = compute.group_curves(choices_of(bundle), bundle, "model", "smoothing", EVERYBODY)
    assert "ensemble" not in {line["role"] for line in found["lines"]}


def test_clicking_a_mark_selects_its_samples(tmp_path, monkeypatch):
    from dashboard.panels.group_curves import _pick_places

    app = opened(RICH, tmp_path / "bundle", monkeypatch)
    app.session_state["grouping"] = "region"
    app = app.run()
    pick(
        app, _pick_places, points(1 + 3 * 2), "group-curves", chosen(app), "level", "strength",
        ("ensembles",),
    )  # fmt: skip
    here = (RICH.groups["region"].codes == 2) & (RICH.groups["strength"].codes == 2)
    rows = app.session_state["selection"].positions
    assert rows.tolist() == here.nonzero().flatten().tolist()
    assert decode_places(points(7, 7, 0), 3) == [(0, 0), (1, 2)]
    pick(
        app, _pick_places, points(0), "group-curves", chosen(app), "attribute", "size",
        ("ensembles",),
    )  # fmt: skip
    found = app.session_state["selection"].positions
    assert (RICH.attributes["size"][found] < 0.2).all()
    assert (RICH.groups["region"].codes[found] == 0).all()


def test_what_curves_need_is_said(tmp_path, monkeypatch):
    app = opened(random_bundle(), tmp_path / "bundle", monkeypatch)
    for against, need in (
        ("epoch", "a column epoch"),
        ("attribute", "a column of numbers in the table of samples"),
        ("level", "a second grouping"),
        ("model", "a column of numbers in the table of models"),
    ):
        app.session_state["group-curves/against"] = against
        assert need in words(section(app, "Curves"))


def test_confidence_curves_have_their_area_and_end_at_the_error_of_all():
    found = compute.group_curves(choices_of(RICH), RICH, "confidence", "", EVERYBODY)
    line = next(line for line in found["lines"] if line["role"] == "ensemble")
    whole = combine(RICH, Ensemble(RICH.models, "mean"))
    inside = RICH.groups["region"].codes == 0
    assert line["mean"][0, 0] == pytest.approx(whole.correct[0, inside].double().mean().item())
    assert line["coverage"][0, 0] == 1
    assert (np.diff(line["coverage"], axis=1) <= 0).all()
    assert np.isfinite(line["aurc"]).all()


def test_points_are_models_and_ensembles_in_two_groups():
    choices = choices_of(RICH)
    found = compute.majority_points(choices, RICH, ("region", "north"), ("strength", "5"))
    assert found["names"] == (*RICH.models, choices.label)
    assert found["roles"][-1] == "ensemble"
    assert found["fitted"].tolist() == [True] * 6 + [False]
    assert found["run_column"] == "family"
    inside = RICH.groups["region"].codes == 0
    assert found["accuracy"][3, 0] == pytest.approx(RICH.correct[3, inside].double().mean().item())
    whole = combine(RICH, choices.ensemble)
    inside = RICH.groups["strength"].codes == 2
    assert found["accuracy"][6, 1] == pytest.approx(whole.correct[0, inside].double().mean().item())


def made_points(y, runs=None):
    x = np.linspace(0.3, 0.9, len(y))
    rate = np.stack([x, y], 1)
    return {
        "names": tuple(f"{EVIL}{place}" for place in range(len(y))),
        "roles": ("model",) * (len(y) - 1) + ("beside",),
        "slots": (0,) * len(y),
        "accuracy": rate,
        "low": rate - 0.02,
        "high": rate + 0.02,
        "n": np.full(rate.shape, 400),
        "runs": np.arange(len(y)) if runs is None else np.array(runs),
        "run_column": "" if runs is None else "family",
        "fitted": np.ones(len(y), dtype=bool),
    }


@pytest.mark.parametrize("scale", ["raw", "logit", "probit"])
def test_the_figure_has_points_fits_mixture_and_the_line_of_equals(scale):
    given = made_points(np.linspace(0.3, 0.9, 9) ** 3)
    fits = compute.bends(given)
    view = compute.majority_view(given, fits, scale, (0, 8))
    ticks = tuple(compute.ticks(view[axis], scale) for axis in "xy")
    figure = majority_figure(given, view, (EVIL, "b"), scale=scale, ticks=ticks, pair=(0, 8))
    assert EVIL not in figure.to_json()
    names = {trace.name for trace in figure.data}
    assert {"equal in both", "line", "parabola", "mixing two models", "other models"} <= names
    drawn = sorted(code for t in figure.data if t.customdata is not None for code in t.customdata)
    assert drawn == list(range(9))
    assert (view["below"][1:8] > 0).all()
    assert fits["raw"]["shape"] == "moon"
    assert "**A moon shape**" in majority_words.shape_sentence(given, fits, "raw", ("x", "y"))
    assert "**7** of 7 points" in majority_words.mixture_sentence(given, view, (0, 8))


def test_a_line_few_points_and_dependence_are_said():
    wobble = 0.004 * np.array([1, -1, 1, -1, 1, -1, 1, -1, 1])
    line = made_points(np.linspace(0.1, 0.8, 9) + wobble, [0, 0, 0, 1, 1, 1, 2, 2, 2])
    fits = compute.bends(line)
    said = majority_words.shape_sentence(line, fits, "raw", ("x", "y"))
    assert "**No moon shape**" in said
    assert "moving together" in said
    assert "the 3 groups of models by family (few" in majority_words.dependence(line, fits)
    few = made_points(np.array([0.1, 0.2, 0.3]))
    said = majority_words.shape_sentence(few, compute.bends(few), "raw", ("x", "y"))
    assert "Too few models" in said
    assert "no column recipe" in majority_words.dependence(few, compute.bends(few))
    assert "no two models" in majority_words.mixture_sentence(few, {}, None)


def test_the_page_compares_any_two_groups(tmp_path, monkeypatch):
    app = section(opened(RICH, tmp_path / "bundle", monkeypatch), "Majority and minority")
    app.session_state["majority/x"] = ("strength", "10")
    app.session_state["majority/y"] = ("region", "west")
    app = visit(app, "groups")
    (figure,) = figures(app)
    assert "region is west against strength is 10" in figure["layout"]["title"]["text"]
    assert app.selectbox(key="widget/majority/x").value == ("strength", "10")
    app.selectbox(key="widget/majority/and of").set_value(RICH.models[2]).run()
    assert not app.exception


def test_without_labels_the_estimate_stands_with_its_assumption(tmp_path, monkeypatch):
    hidden = replace(RICH, labels=None, grades=None, fingerprint="")
    app = visit(opened(hidden, tmp_path / "bundle", monkeypatch), "overview")
    text = words(app)
    assert "If the members erred independently" in text
    assert "one-coin Dawid-Skene" in text
    assert "There are no labels" in text
    assert len(app.dataframe[0].value) in (6, 7)
    app.session_state["grouping"] = "region"
    app = visit(app, "groups")
    estimates = next(one.value for one in app.dataframe if "group" in one.value)
    assert estimates["group"].tolist() == ["north", "south", "west"]
    two = replace(bundle_of([[0, 1], [0, 1]]), fingerprint="")
    app = opened(two, tmp_path / "two", monkeypatch)
    assert "needs answers of 3 models or more" in words(visit(app, "overview"))


def test_where_members_share_errors_nothing_is_said_of_the_ensemble():
    found = {
        "accuracy": np.array([0.8, 0.7, 0.6]),
        "low": np.array([0.7, 0.6, 0.5]),
        "high": np.array([0.9, 0.8, 0.7]),
        "others": np.array([0.95]),
        "others_low": np.array([0.9]),
        "others_high": np.array([1.0]),
        "ceiling": 0.75,
        "n": 100,
        "spread": 2.5,
        "shared": True,
        "problem": "",
    }
    said = majority_words.estimate_sentence(found, "the vote")
    assert "But they do not err independently" in said
    assert "2.5 times" in said
    assert "95.0 %" not in said
    assert unlabelled_tables.members(found, ("a", "b", "c", "vote"))["model"].tolist() == [*"abc"]
    assert unlabelled_tables.groups({"all": found})["ensemble"].tolist() == [""]
    fine = found | {"shared": False, "spread": 1.0}
    assert "95.0 %" in majority_words.estimate_sentence(fine, "the vote")
    assert len(unlabelled_tables.members(fine, ("a", "b", "c", "vote"))) == 4
