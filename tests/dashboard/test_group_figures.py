"""Figures, tables and sentences of the Groups page."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from made import random_bundle

from analysis.bundle import Grouping
from analysis.ensemble import Ensemble
from analysis.made_groups import TIMES
from dashboard import compute, group_tables, group_words
from dashboard.plots import group_bars, group_dots
from dashboard.state import Choices
from dashboard.theme import DARK, LIGHT

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def choices() -> Choices:
    bundle = random_bundle(4, 300, 3, seed=6, accuracy=0.3)
    random = torch.Generator().manual_seed(0)
    parity = Grouping(torch.randint(2, (300,), generator=random).int(), ("even", EVIL))
    rare = Grouping((torch.arange(300) > 5).int(), ("rare", "usual"))
    groups = {**bundle.groups, "parity": parity, "rare": rare}
    bundle = replace(bundle, groups=groups, fingerprint="")
    other = Ensemble(bundle.models[:2], "plurality")
    active = Ensemble(bundle.models, "mean")
    return Choices(bundle, active, "rare", "exclude", beside={"two": other}, slots={"two": 1})


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_net_effects_of_all_ensembles_stand_beside_each_other(choices, palette):
    tables = compute.effects_beside(choices, choices.bundle, "rare")
    assert list(tables) == [choices.label, "two"]
    lines = [(name, None if at == 0 else 1, own) for at, (name, own) in enumerate(tables.items())]
    drawn = np.array([0, 1])
    figure = group_dots.net_effects(
        ("rare", EVIL), lines, drawn, column=EVIL, reference=EVIL, palette=palette
    )
    assert len(figure.data) == 2
    for trace, table in zip(figure.data, tables.values(), strict=True):
        assert list(trace.customdata) == [0, 1]
        assert trace.x == pytest.approx(100 * table["net"])
        assert trace.marker.symbol[0] == "circle-open"
        assert trace.marker.symbol[1] != "circle-open"
    assert EVIL not in figure.to_json()


def test_the_worst_group_gain_of_every_ensemble_is_told(choices):
    gains = compute.worst_gains(choices, choices.bundle, "region", 20)
    effects = compute.effects_beside(choices, choices.bundle, "region")
    levels = choices.bundle.groups["region"].levels
    frame = group_tables.gains(gains, levels, effects)
    assert frame["ensemble"].tolist() == [choices.label, "two"]
    assert frame["worst-group gain"][0] == pytest.approx(
        frame["accuracy there"][0] - frame["of the reference"][0], abs=0.02
    )
    reference = compute.reference(choices)
    said = group_words.gain_sentence("two", gains["two"], levels, reference)
    assert f"{100 * gains['two']['gain']:+.1f} points" in said
    nothing = compute.worst_gains(choices, choices.bundle, "region", 10_000)
    assert "No group is large enough" in group_words.gain_sentence("a", nothing["two"], levels, "b")
    assert np.isnan(group_tables.gains(nothing, levels, effects)["worst-group gain"]).all()


def test_votes_are_drawn_with_their_n_and_small_groups_hollow(choices):
    found = compute.group_votes(choices, choices.bundle, "rare", 20)
    table = found["disagreement"]
    drawn = group_dots.drawn_scores(table, 20)
    figure = group_dots.score_dots(
        ("rare", EVIL), table, drawn, column=EVIL, title="a", axis="b", least=20, share=True
    )
    trace = figure.data[0]
    assert sorted(trace.customdata) == [0, 1]
    hollow = dict(zip(trace.customdata, trace.marker.symbol, strict=True))
    assert hollow == {0: "circle-open", 1: "circle"}
    assert "n = 294" in figure.to_json()
    heat = group_bars.standing_apart(
        found["apart"], found["others"], [EVIL] * 4, ("rare", "usual"), drawn, column=EVIL
    )
    assert np.array(heat.data[0].z, dtype=float).shape == (4, 2)
    assert EVIL not in figure.to_json() + heat.to_json()
    frame = group_tables.votes(("rare", "usual"), found, choices.ensemble.members)
    assert set(frame["level"]) == {"rare", "usual"}
    said = group_words.votes_sentence("rare", ("rare", "usual"), table, 20)
    assert "no other level is large enough" in said
    assert "too few" in group_words.votes_sentence("rare", ("rare", "usual"), table, 1000)


@pytest.mark.parametrize("what", ["errors", "answers"])
def test_dependence_is_told_for_groupings_and_crossings_without_the_label(choices, what):
    found = compute.dependences(choices, choices.bundle, what)
    names = {one["name"] for one in found}
    assert {"region", "parity", f"region{TIMES}parity"} <= names
    assert not any("label" in one["columns"] for one in found)
    figure = group_bars.dependence_bars(found, what=what)
    bars = figure.data[0].x
    assert list(bars) == sorted(bars)
    frame = group_tables.dependences(found)
    assert (frame["p (Holm)"] >= frame["p (Benjamini-Hochberg)"]).all()
    assert "depend" in group_words.dependence_sentence(found, what)
    assert "no grouping" in group_words.dependence_sentence([], what)


def test_the_order_of_models_is_told_with_its_clear_exceptions(choices):
    levels = choices.bundle.groups["region"].levels
    found = compute.rank_agreement(choices, choices.bundle, "region", 20)
    said = group_words.ranks_sentence("region", found, levels, 20)
    assert "most accurate model" in said
    assert len(group_tables.ranks(found, levels)) == len(found["groups"])
    assert compute.rank_agreement(choices, choices.bundle, "rare", 20) is None
    assert "two levels" in group_words.ranks_sentence("rare", None, levels, 20)


def test_tests_are_corrected_for_exploring_on_screen_and_for_a_claim_in_the_export(choices):
    tests = compute.group_tests(choices, choices.bundle, "rare", 20)
    assert np.isnan(tests["p"][0])
    shown = group_tables.tests(("rare", "usual"), tests, claim=False)
    assert "p (Holm)" not in shown
    assert "p (Holm)" in group_tables.tests(("rare", "usual"), tests, claim=True)
    worst = compute.group_worst(choices, choices.bundle, "rare", 20)
    assert (worst["level"] == 1).all()
    assert not worst["counted"][:, 0].any()
    spread = compute.group_spread(choices, choices.bundle, "rare", corrected=False)
    larger = compute.group_spread(choices, choices.bundle, "rare", corrected=True)
    assert (larger >= spread).all()
    names = [*choices.ensemble.members, choices.label]
    assert group_tables.worst(names, ("rare", "usual"), worst, spread)["who"][0] == choices.label
    assert "usual" in group_words.worst_sentence("rare", ("rare", "usual"), worst)
    sizes = compute.group_table(choices, choices.bundle, "rare")["n"][-1]
    assert "rare (n = 6)" in group_words.excluded(("rare", "usual"), sizes, 20)
    assert group_words.excluded(("rare", "usual"), sizes, 1) == ""
