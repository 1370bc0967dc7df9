"""The section on size and cost: its figures, its sentences, its picks and bundles without costs."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from kinds import opened
from made import random_bundle
from pages import visit, words
from picking import pick, points

from analysis.ensemble import Ensemble, combine
from dashboard import compute, curve_words
from dashboard.panels import curves as panel_curves
from dashboard.plots import abstention, curves
from dashboard.state import Choices
from dashboard.theme import DARK, LIGHT

EVIL = "<img src=x onerror=alert(1)>"
BUNDLE = random_bundle(4, 300, 3, seed=4, accuracy=0.5)


def choices_of(bundle, rule="mean", missing="exclude"):
    return Choices(bundle, Ensemble(bundle.models, rule), "region", missing)


def priced(bundle, costs):
    return replace(bundle, model_info={"cost": np.array(costs)}, fingerprint="")


def sizes_of(name=EVIL, best=0.6):
    return {
        "sizes": np.array([1, 2, 3]),
        "teams": np.array([3, 3, 1]),
        "mean": np.array([0.5, 0.6, 0.7]),
        "low": np.array([0.4, 0.5, 0.7]),
        "high": np.array([0.6, 0.7, 0.7]),
        "best": best,
        "best_model": name,
        "ensemble": 0.65,
        "members": 2,
    }


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_quality_is_drawn_against_size_with_the_best_model_and_the_ensemble(palette):
    figure = curves.against_size(sizes_of(), label="Accuracy", ensemble=EVIL, palette=palette)
    assert EVIL not in figure.to_json()
    of_name = {trace.name: trace for trace in figure.data if trace.name}
    diamond = of_name["active ensemble"]
    assert (diamond.x[0], diamond.y[0], diamond.marker.symbol) == (2, 0.65, "diamond")
    assert "higher is better" in figure.layout.yaxis.title.text
    loss = curves.against_size(sizes_of(), label="Log loss", ensemble="e", lower=True)
    assert "lower is better" in loss.layout.yaxis.title.text
    assert loss.layout.yaxis.tickformat is None
    unknown = curves.against_size(sizes_of(best=np.nan), label="Accuracy", ensemble="e")
    assert len(unknown.data) == len(figure.data) - 1


def risk_of(points=5, n=50):
    kept = np.linspace(1, n, points).astype(int)
    risk = np.linspace(0, 0.3, points)
    return {
        "kept": kept,
        "coverage": kept / n,
        "risk": risk,
        "low": risk * 0.8,
        "high": risk * 1.2,
        "threshold": np.linspace(1, 0.2, points),
        "reachable": np.arange(points) % 2 == 0,
        "n": n,
        "aurc": 0.123,
    }


VOTES = {
    "alpha": np.array([0.5, 0.2, 0.1, 0.01]),
    "kept": np.array([30, 20, 20, 0]),
    "coverage": np.array([0.6, 0.4, 0.4, 0.0]),
    "accuracy": np.array([0.8, 0.9, 0.9, np.nan]),
    "low": np.array([0.7, 0.8, 0.8, np.nan]),
    "high": np.array([0.9, 0.95, 0.95, np.nan]),
    "n": 50,
}
NAMES = {"ensemble": "Mean", "best": EVIL, "plurality": "Vote"}


def test_only_thresholds_that_can_be_chosen_are_marks_and_alphas_that_agree_share_one():
    figure = abstention.risk_coverage({"ensemble": risk_of(), "best": risk_of()}, NAMES, VOTES)
    assert EVIL not in figure.to_json()
    codes = [
        {"customdata": int(code)}
        for trace in figure.data
        if trace.customdata is not None
        for code in trace.customdata
    ]
    picked = [abstention.decode_threshold([code]) for code in codes]
    assert sorted(picked) == sorted(
        [(role, at) for role in ("ensemble", "best") for at in (0, 2, 4)]
        + [("selective", 0), ("selective", 1)]
    )
    votes = next(trace for trace in figure.data if trace.mode == "markers+text")
    assert sorted(votes.text) == [f"{abstention.ALPHA} 0.2, 0.1", f"{abstention.ALPHA} 0.5"]
    assert any("AURC 0.123" in (trace.name or "") for trace in figure.data)
    assert abstention.decode_threshold([]) is None
    assert abstention.decode_threshold([{"x": 1}]) is None
    assert abstention.decode_threshold([{"customdata": 10**6}]) is None


def test_labels_of_alphas_that_lie_together_are_left_out():
    kept = np.array([98, 97, 96, 20])
    near = VOTES | {"kept": kept, "coverage": kept / 100, "n": 100}
    near |= {"accuracy": np.full(4, 0.9), "low": np.full(4, 0.8), "high": np.full(4, 0.95)}
    figure = abstention.risk_coverage({"ensemble": risk_of()}, NAMES, near)
    votes = next(trace for trace in figure.data if trace.mode == "markers+text")
    assert [text for text in votes.text if text] == [
        f"{abstention.ALPHA} 0.01",
        f"{abstention.ALPHA} 0.1",
    ]
    assert list(votes.textposition) == ["top right", *["middle left"] * 3]
    assert len(votes.customdata) == 4


def test_many_thresholds_are_thinned_to_marks_that_a_hand_can_hit():
    figure = abstention.risk_coverage({"ensemble": risk_of(400, 5000)}, NAMES, None)
    (marks,) = (trace for trace in figure.data if trace.mode == "markers")
    assert 20 <= len(marks.x) <= abstention.MARKS
    assert marks.x.min() < 0.05
    assert marks.x.max() > 0.95


def test_cost_is_drawn_with_its_two_ends_and_the_active_cascade():
    found = {
        "threshold": np.array([0.0, 0.5, 1.0]),
        "cost": np.array([1.0, 1.5, 3.0]),
        "accuracy": np.array([0.5, 0.6, 0.7]),
        "low": np.array([0.4, 0.5, 0.6]),
        "high": np.array([0.6, 0.7, 0.8]),
        "n": np.array([9, 9, 9]),
        "members": (EVIL, "b"),
        "active": {"cost": 2.0, "accuracy": 0.6, "low": 0.5, "high": 0.7, "n": 9},
    }
    figure = curves.cost_curve(found, unit="members asked")
    assert EVIL not in figure.to_json()
    ends = {trace.name: trace.x[0] for trace in figure.data if len(trace.x) == 1}
    assert sorted(ends.values()) == [1.0, 2.0, 3.0]
    assert "members asked" in figure.layout.xaxis.title.text
    without = curves.cost_curve(found | {"active": None}, unit="members asked")
    assert len(without.data) == len(figure.data) - 1


@pytest.mark.parametrize("measure", ["accuracy", "log_loss", "worst_group"])
@pytest.mark.parametrize("rule", ["mean", "plurality", "cascade", "selective"])
def test_the_largest_team_is_the_ensemble_itself(measure, rule):
    choices = choices_of(BUNDLE, rule)
    if measure not in compute.size_measures(choices):
        assert (measure, compute.stand_in(choices)) == ("log_loss", "plurality")
        return
    found = compute.size_values(choices, BUNDLE, BUNDLE.models, measure)
    assert found["teams"].tolist() == [4, 6, 4, 1]
    if compute.stand_in(choices) == rule:
        assert found["ensemble"] == pytest.approx(found["mean"][-1])
    singles = [
        compute.size_values(choices, BUNDLE, (model,), measure)["mean"][0]
        for model in BUNDLE.models
    ]
    assert found["mean"][0] == pytest.approx(np.mean(singles))
    assert found["best"] == pytest.approx(min(singles) if measure == "log_loss" else max(singles))


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
@pytest.mark.parametrize("role", ["ensemble", "best", "plurality"])
def test_a_threshold_leaves_unanswered_what_its_point_leaves_out(role, missing):
    bundle = random_bundle(4, 300, 3, seed=4, accuracy=0.5, gaps=0.3)
    choices = choices_of(bundle, missing=missing)
    curve = compute.risk_curves(choices, bundle)[role]
    for at in np.flatnonzero(curve["reachable"])[::7]:
        rows = compute.unanswered(choices, role, float(curve["threshold"][at]))
        assert len(rows) == curve["n"] - curve["kept"][at]
    if role == "ensemble":
        judged = compute.judged(choices, bundle)
        assert curve["risk"][-1] == pytest.approx(1 - judged["accuracy"])


def test_an_alpha_leaves_unanswered_what_the_rule_leaves_unanswered():
    choices = choices_of(BUNDLE)
    rows = compute.undecided(choices, 0.5)
    said = combine(BUNDLE, Ensemble(BUNDLE.models, "selective", {"alpha": 0.5})).predictions[0]
    assert rows.tolist() == (said < 0).nonzero().flatten().tolist()


def test_members_are_asked_by_cost_or_as_they_stand_or_best_first():
    bundle = priced(BUNDLE, [5.0, 1.0, 3.0, 1.0])
    choices = choices_of(bundle, "cascade")
    assert list(compute.cascade_orders(choices)) == ["cost", "given", "accuracy"]
    assert list(compute.cascade_orders(choices_of(BUNDLE))) == ["given", "accuracy"]
    first = compute.cascade(choices, bundle, "cost")
    assert [int(name[-1]) for name in first["members"]] == [1, 3, 2, 0]
    assert (first["cost"][0], first["cost"][-1]) == (1.0, 10.0)
    given = compute.cascade(choices, bundle, "given")
    assert given["members"] == bundle.models
    assert given["cost"][0] == 5.0
    judged = compute.judged(choices, bundle)
    assert given["active"]["accuracy"] == pytest.approx(judged["accuracy"])
    best = compute.cascade(choices, bundle, "accuracy")
    assert best["halved"]
    assert set(best["n"]) == {150}
    assert sorted(best["members"]) == sorted(bundle.models)
    assert best["chosen"]["cost"] <= best["chosen"]["cost_of_all"]


@pytest.mark.parametrize(
    ("costs", "said"),
    [([0.0] * 4, "costs are zero"), ([1.0, -1.0, 1, 1], "none"), ([np.nan] * 4, "none of them")],
)
def test_impossible_costs_are_a_sentence(costs, said, tmp_path, monkeypatch):
    bundle = priced(BUNDLE, costs)
    found = compute.cascade(choices_of(bundle), bundle, "cost")
    assert said in found["problem"]
    app = opened(bundle, tmp_path / "bundle", monkeypatch)
    visit(app, "corrections")
    app.segmented_control(key="widget/corrections-section").set_value("Size and cost").run()
    assert not app.exception
    assert found["problem"].replace("\\", "") in words(app).replace("\\", "")


def test_who_has_no_usable_cost_is_named_without_being_formatted():
    costs = [1.0, np.nan, 1.0, 1.0]
    names = ("a", "*b*", "c", "d")
    tables = dict(zip(names, BUNDLE.probabilities.values(), strict=True))
    bundle = priced(replace(BUNDLE, models=names, probabilities=tables, fingerprint=""), costs)
    choices = choices_of(bundle)
    assert r"The cost of '\*b\*'" in compute.cascade(choices, bundle, "cost")["problem"]
    assert compute.cascade_orders(choices) == {}
    assert compute.member_costs(choices) is None


def test_the_sentence_on_top_says_what_silence_and_asking_on_bring():
    bundle = priced(BUNDLE, [1.0, 1.0, 2.0, 8.0])
    choices = choices_of(bundle)
    curve = compute.risk_curves(choices, bundle)["ensemble"]
    cascade = compute.cascade(choices, bundle, "cost")
    text = curve_words.curves_sentence(curve, cascade, priced=True)
    assert text.startswith("Answering only the surest 80 % lowers the error from **")
    assert f"{100 * curve['at_surest']:.1f} %" in text
    saved = curve_words.curves_sentence(
        None, {"chosen": cascade["chosen"] | {"cost": 2.0}, "members": "abcd"}, priced=False
    )
    assert saved.startswith("Asking on only")
    assert "**2** members a sample instead of 12" in saved
    assert curve_words.curves_sentence(None, {"problem": "x"}, priced=True) == (
        curve_words.NO_CONFIDENCE
    )


def test_a_rule_that_is_not_compared_over_teams_is_said_to_be_replaced(tmp_path, monkeypatch):
    app = opened(BUNDLE, tmp_path / "bundle", monkeypatch)
    app.session_state["rule"] = "cascade"
    visit(app, "corrections")
    app.segmented_control(key="widget/corrections-section").set_value("Size and cost").run()
    assert not app.exception
    assert "under the rule mean probability" in words(app)
    assert "since early-exit cascade would have to be fitted" in words(app)
    for measure in ("log_loss", "worst_group"):
        app.segmented_control(key="widget/size-measure").set_value(measure).run()
        assert not app.exception
    for order in ("accuracy", "given"):
        app.segmented_control(key="widget/cascade-order").set_value(order).run()
        assert not app.exception
    app.segmented_control(key="widget/window-target").set_value("coverage_50").run()
    assert "Tuned for risk at 50 % coverage" in words(app)


def test_a_picked_threshold_selects_what_is_not_answered_there(tmp_path, monkeypatch):
    app = opened(BUNDLE, tmp_path / "bundle", monkeypatch)
    visit(app, "corrections")
    app.segmented_control(key="widget/corrections-section").set_value("Size and cost").run()
    bundle = app.session_state["bundle"]
    choices = choices_of(bundle)
    curve = compute.risk_curves(choices, bundle)["best"]
    at = int(np.flatnonzero(curve["reachable"])[40])
    for code, expected in (
        (abstention.ROLES.index("best") * abstention.STRIDE + at, curve["n"] - curve["kept"][at]),
        (
            abstention.ROLES.index("selective") * abstention.STRIDE,
            len(compute.undecided(choices, 0.5)),
        ),
    ):
        pick(app, panel_curves._pick_threshold, points(code), "risk-coverage", choices)
        assert len(app.session_state["selection"].positions) == expected
        app.run()
        assert not app.exception
    assert "selective vote at alpha 0.5" in words(app)


def test_without_confidence_of_the_best_member_the_votes_still_make_a_curve():
    bundle = replace(BUNDLE, probabilities={}, fingerprint="")
    found = compute.risk_curves(choices_of(bundle, "plurality"), bundle)
    assert list(found) == ["ensemble"]
    assert set(np.unique(found["ensemble"]["threshold"])) <= {0.25, 0.5, 0.75, 1.0}
    said = bundle.predictions.clone()
    said[:, :50] = -1
    silent = replace(bundle, predictions=said, grades=None, fingerprint="")
    nobody = silent.take(torch.arange(50))
    assert compute.risk_curves(choices_of(silent, "plurality"), nobody) == {}
