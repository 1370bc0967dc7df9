"""The page Rankings and what to label next: figures, sentences, tables and pages."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from kinds import BUNDLES, opened
from made import ROOT, random_bundle
from pages import visit, words
from streamlit.testing.v1 import AppTest

from analysis.bundle import Grouping
from dashboard import compute, labelling_words, ranking_tables, ranking_words
from dashboard.compute.rankings import Asked, families
from dashboard.plots import rankings as plots
from dashboard.theme import DARK, LIGHT

EVIL = "<img src=x onerror=alert(1)>"


def found_for(models=6, **more):
    bundle = random_bundle(models, 90, seed=1)
    asked = Asked("groups", bundle.models, "region", least=5, **more)
    return compute.ranking(bundle, asked), bundle


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_ranks_are_drawn_with_the_best_on_top_and_families_in_colour(palette):
    found, bundle = found_for()
    names = [EVIL, *bundle.models[1:]]
    rank = found["rules"]["borda"]["rank"]
    rows = np.argsort(rank, kind="stable")
    kinds = [EVIL, "", *["a"] * 4]
    figure = plots.rank_intervals(
        names,
        "borda",
        found["rules"],
        rows,
        labels=ranking_words.RULES,
        families=kinds,
        palette=palette,
    )
    drawn = {int(row): y for t in figure.data[3:] for row, y in zip(t.customdata, t.y, strict=True)}
    assert drawn[int(rows[0])] == 5
    assert sorted(drawn) == list(range(6))
    assert {trace.name for trace in figure.data[:3]} == {"mean accuracy", "Kemeny", "Bradley-Terry"}
    family = next(trace for trace in figure.data if trace.name == "a")
    row = int(family.customdata[0])
    assert family.x[0] == rank[row]
    low = found["rules"]["borda"]["low"][row]
    assert family.x[0] - family.error_x.arrayminus[0] == pytest.approx(min(low, rank[row]))
    assert EVIL not in figure.to_json()


def test_cells_of_tasks_tell_model_and_task():
    found, bundle = found_for()
    rows, columns = np.array([2, 0]), np.array([0, 2])
    figure = plots.task_ranks(
        bundle.models,
        (EVIL, "b", "c"),
        found["task_ranks"],
        found["scores"],
        found["counts"],
        rows,
        columns,
    )
    points = [{"customdata": code} for code in figure.data[1].customdata] + [{"x": 1}]
    assert plots.decode_cells(points, 6, 3) == [(0, 0), (0, 2), (2, 0), (2, 2)]
    assert figure.data[0].z[1][0] == found["task_ranks"][2, 0]
    assert EVIL not in figure.to_json()


def test_sentences_name_who_is_first_and_which_pairs_turn():
    found, bundle = found_for()
    main = found["rules"]["mean"]
    best = int(np.argmin(main["rank"]))
    told = ranking_words.first_sentence(found, bundle.models, "mean", "group")
    assert told.startswith(
        f"Over 3 groups, each counting the same, **{bundle.models[best]}".replace(
            "model-", "model\\-"
        )
    )
    assert f"**{100 * main['first'][best]:.1f} %** of the draws" in told
    for rule in ("borda", "kemeny", "bradley_terry"):
        one = found["rules"][rule]
        told = ranking_words.turned_sentence(found, bundle.models, rule)
        assert "15 pairs" in told
        assert f"**{one['turned_pairs']}**" in told or "turns no pair" in told
        frame = ranking_tables.turned(found, bundle.models, rule)
        assert len(frame) == one["turned_pairs"]
        assert one["turned_often"] == (one["turned_chance"] > 0.5).sum()
        rank = dict(zip(bundle.models, one["rank"], strict=True))
        for above, below in zip(
            frame[f"ahead by {ranking_words.RULES[rule]}"], frame.iloc[:, 0], strict=True
        ):
            assert rank[above] < rank[below]


def test_the_table_is_in_the_order_of_the_rule_and_holds_every_task():
    found, bundle = found_for(ties="both")
    frame = ranking_tables.ranking(found, bundle.models, "borda", None)
    assert frame["rank"].is_monotonic_increasing
    assert frame["points"].is_monotonic_decreasing
    assert {"accuracy, north", "rank by Kemeny", "chance to be first"} <= set(frame)
    assert frame["chance to be first"].sum() == pytest.approx(1)


def test_identical_models_tie_and_families_need_two_values():
    bundle = random_bundle(3, 60)
    same = replace(
        bundle, predictions=bundle.predictions[:1].repeat(3, 1), grades=None, fingerprint=""
    )
    found = compute.ranking(same, Asked("groups", same.models, "region", least=1))
    told = ranking_words.first_sentence(found, same.models, "mean", "group")
    assert "**3 models tie for the first place**" in told
    assert families(same, same.models) is None
    info = {"family": np.array(["a", "b", None], dtype=object)}
    assert families(replace(same, model_info=info), same.models) == ["a", "b", ""]


def test_the_page_ranks_over_groups_and_samples_by_every_rule(tmp_path, monkeypatch):
    app = visit(opened(BUNDLES["gaps"], tmp_path / "bundle", monkeypatch), "rankings")
    app.number_input(key="widget/ranking-least").set_value(1).run()
    assert "Over 3 groups, each counting the same" in words(app)
    assert len(app.get("plotly_chart")) == 2
    for rule in ("borda", "kemeny", "bradley_terry"):
        app.session_state["ranking-rule"] = rule
        app.run()
        assert not app.exception
        assert f"first by {ranking_words.RULES[rule]}" in words(app) or "tie for" in words(app)
    app.session_state["ranking-over"] = "samples"
    app.run()
    assert not app.exception
    assert "Over single samples" in words(app)
    app.session_state["ranking-over"] = "groups"
    app.session_state["ranking-least"] = 1000
    app.run()
    assert "No group of 'region' has 1000 judged samples" in " ".join(i.value for i in app.info)


def test_one_model_and_accuracies_alone(tmp_path, monkeypatch):
    app = visit(opened(BUNDLES["one model"], tmp_path / "bundle", monkeypatch), "rankings")
    assert "There is one model, so there is nobody to rank it against." in words(app)
    path = tmp_path / "accuracy.csv"
    rows = [
        f"{m},{s},0.{5 + (i * j) % 4}"
        for i, m in enumerate("abc")
        for j, s in enumerate("pqrstuvwx")
    ]
    path.write_text("model,setting,accuracy\n" + "\n".join([*rows[:-1], "d,p,0.9"]) + "\n", "utf-8")
    monkeypatch.setenv("DISSENSUS_OPEN", json.dumps({"paths": [str(path)]}))
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60).run()
    text = words(visit(app, "rankings"))
    assert "Over 9 settings, each counting the same" in text
    assert "cells are empty" in text
    app.session_state["ranking-settings"] = ["p"]
    app.run()
    assert not app.exception
    assert "There is one setting only" in words(app)


def half_labelled():
    bundle = random_bundle(4, 80, seed=2)
    labels = torch.where(torch.arange(80) < 30, bundle.labels, -1)
    groups = {"g": Grouping((torch.arange(80) % 3).int(), ("p", EVIL, "r"))}
    return replace(bundle, labels=labels, grades=None, groups=groups, fingerprint="")


def test_labels_are_asked_for_where_there_are_none_yet(tmp_path, monkeypatch):
    app = visit(opened(half_labelled(), tmp_path / "bundle", monkeypatch), "samples")
    text = words(app)
    assert "Of **50** samples without a label" in text
    assert EVIL not in text
    assert "differ on **" in text
    app.session_state["label-goal"] = "pair"
    app.run()
    assert not app.exception
    assert "the difference of" in words(app)


def test_without_labels_a_pair_can_still_be_compared(tmp_path, monkeypatch):
    app = visit(opened(BUNDLES["no labels"], tmp_path / "bundle", monkeypatch), "samples")
    text = words(app)
    assert "their share bounds the variance and needs no labels" in text
    assert "samples without a label" in text


def test_a_budget_follows_learning_curves_where_training_sizes_are_known(tmp_path, monkeypatch):
    bundle = random_bundle(5, 90, seed=3)
    chance = np.linspace(0.3, 0.9, 5)
    right = (
        torch.rand(5, 90, generator=torch.Generator().manual_seed(0))
        < torch.tensor(chance)[:, None]
    )
    said = torch.where(right, bundle.labels, (bundle.labels + 1) % 4).int()
    info = {"train_size": np.array([50.0, 100, 200, 400, 800])}
    bundle = replace(
        bundle, predictions=said, grades=None, probabilities={}, model_info=info, fingerprint=""
    )
    found = compute.curve_split(bundle, bundle.fingerprint, "region", "exclude", 60, "train_size")
    assert found["split"].sum() == 60
    assert (found["power"] > 0).all()
    assert "60 training samples" in labelling_words.curve_sentence(
        found, "region", ("a", "b", "c"), 60, "train_size"
    )
    app = visit(opened(bundle, tmp_path / "bundle", monkeypatch), "samples")
    app.session_state["label-goal"] = "training"
    app.run()
    assert not app.exception
    assert "Assumed: the error of a group is a power" in words(app)
