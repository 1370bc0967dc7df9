"""The Front page: every kind of bundle and section, what is marked, and what is said."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from kinds import BUNDLES, opened
from made import bundle_of, made_plan, random_bundle
from pages import visit, words

from analysis.bundle import Grouping
from analysis.candidate_plan import ORIGINS
from analysis.ensemble import Ensemble, combine
from analysis.findings import Association
from analysis.grading import judged
from dashboard import (
    brush,
    compute,
    finding_words,
    front_group_words,
    front_tables,
    front_words,
    jobs,
)
from dashboard.compute.candidates import Candidates, part_of
from dashboard.compute.search_axes import axis
from dashboard.compute.searches import Wanted
from dashboard.front import SECTIONS
from dashboard.panels.front import _brush_candidates
from dashboard.state import Choices

LABELLED = [kind for kind in BUNDLES if "no labels" not in kind and "without labels" not in kind]
AXES = ("accuracy", "disagreement_labels", "leave_one_out")
ACCURACY, STABILITY, LOSS = (
    axis(random_bundle(), name) for name in ("accuracy", "leave_one_out", "log_loss")
)
BUNDLE = random_bundle(6, 200, 3, seed=4, accuracy=0.5)


def choices_of(bundle=BUNDLE, rule="mean", members=None, grouping="region") -> Choices:
    return Choices(bundle, Ensemble(members or bundle.models[:3], rule), grouping, "exclude")


def searched(bundle=BUNDLE, axes=AXES, rule="mean", members=None, **wanted):
    choices = choices_of(bundle, rule, members, next(iter(bundle.groups), None))
    asked = compute.setting(choices, bundle, Wanted(axes, **wanted))
    return choices, asked, compute.search(asked)


def section(app, name):
    app.segmented_control(key="widget/front-section").set_value(name).run()
    assert not app.exception, app.exception[0].message
    return app


@pytest.mark.parametrize("kind", LABELLED)
@pytest.mark.parametrize("narrowed", [False, True], ids=["whole", "narrowed"])
def test_every_section_shows_every_kind_of_bundle(kind, narrowed, tmp_path, monkeypatch):
    selected = [0] if kind == "one sample" else [1, 2, 5, 8]
    app = opened(BUNDLES[kind], tmp_path / "bundle", monkeypatch, selected if narrowed else None)
    visit(app, "front")
    if kind == "one model":
        assert "There is one model" in words(app)
        return
    for name in SECTIONS:
        section(app, name)
        assert "optimistic" in words(app)


def test_every_axis_can_be_chosen(tmp_path, monkeypatch):
    app = opened(BUNDLES["full"], tmp_path / "bundle", monkeypatch)
    visit(app, "front")
    for kind in ("quality", "diversity", "consistency", "fourth"):
        for name in app.selectbox(key=f"widget/front-{kind}").options:
            app.selectbox(key=f"widget/front-{kind}").select(name).run()
            assert not app.exception, (name, app.exception)
        app.selectbox(key=f"widget/front-{kind}").select_index(0).run()


def test_a_fitted_rule_is_judged_where_nothing_was_fitted(tmp_path, monkeypatch):
    app = opened(random_bundle(4, 120), tmp_path / "bundle", monkeypatch)
    app.selectbox(key="widget/rule").set_value("caruana").run()
    visit(app, "front")
    assert "on the samples that nothing was fitted on" in words(app)
    assert "Your ensemble itself has the blue ring" in words(app)


def test_a_search_holds_each_kind_of_candidate_once():
    _, _, found = searched(every=2, random=5, edges=True)
    assert len(np.unique(found.weights, axis=0)) == len(found.weights)
    kinds = {ORIGINS[code] for code in found.origin}
    assert kinds >= {"single", "all teams", "random team", "edge", "yours", "greedy path"}
    assert found.complete
    assert (found.sizes == 1).sum() == 6
    assert ((found.sizes == 2) & (found.weights.max(1) == 1)).sum() == 15
    assert (found.origin == ORIGINS.index("edge")).sum() == 15 * 2
    row = next(
        r for r in range(len(found.weights)) if found.sizes[r] == 3 and found.weights[r].max() == 1
    )
    members = tuple(np.array(found.models)[found.weights[row] > 0])
    whole = combine(BUNDLE, Ensemble(members, "mean"))
    assert found.values[row, 0] == pytest.approx(whole.correct.double().mean().item())


def test_a_search_that_is_stopped_keeps_what_was_looked_at(monkeypatch):
    monkeypatch.setattr("analysis.evaluation.FIRST", 16)
    choices = choices_of()
    asked = compute.setting(choices, BUNDLE, Wanted(AXES, every=3))
    told = []

    def report(share, doing):
        told.append((share, doing))
        if len(told) == 2:
            raise jobs.CancelledError

    found = compute.search(asked, report)
    assert 0 < len(found.values) < found.possible
    assert not found.complete
    assert told[0][1] == f"16 of {found.possible} candidates looked at"
    assert np.isfinite(found.values[:, 0]).all()
    everything = compute.search(asked)
    assert found.key != everything.key
    rows = map(tuple, everything.weights)
    of_all = dict(zip(rows, everything.values[:, 0], strict=True))
    assert [of_all[tuple(row)] for row in found.weights] == pytest.approx(found.values[:, 0])


def test_rows_of_a_plan_are_the_same_candidates():
    _, _, found = searched(every=2, edges=True)
    rows = torch.tensor([40, 3, 0, 25])
    some = part_of(found.plan, rows)
    wanted = [found.plan.ensemble(row).key for row in (0, 3, 25, 40)]
    assert [some.ensemble(row).key for row in range(4)] == wanted


def test_the_active_ensemble_is_found_among_the_candidates():
    choices, _, found = searched(every=2, edges=True)
    row = compute.row_of(found, choices.ensemble)
    assert found.plan.ensemble(row).members == choices.ensemble.members
    edge = Ensemble(BUNDLE.models[:2], "mean", weights=(3.0, 1.0))
    assert found.plan.ensemble(compute.row_of(found, edge)).weights == (0.75, 0.25)
    assert compute.row_of(found, Ensemble(BUNDLE.models[:2], "mean", weights=(5.0, 1.0))) is None
    assert compute.row_of(found, Ensemble(("stranger",), "mean")) is None
    assert compute.row_of(found, Ensemble(BUNDLE.models[:2], "plurality")) is None


def test_the_expected_number_is_close_to_what_is_looked_at():
    for wanted in ({"every": 3}, {"every": 1, "random": 4}, {"edges": True}):
        _, asked, found = searched(greedy=False, **wanted)
        number, seconds = compute.expected(asked)
        assert abs(number - len(found.values)) <= 3
        assert seconds > 0


def test_the_knee_contributions_and_ends_are_those_of_the_front():
    _, _, found = searched(every=3)
    front = compute.front_of(found)
    assert front.on_front[front.rows].all()
    assert front.on_front.sum() == len(front.rows)
    assert (np.diff(found.values[front.rows, 0]) <= 0).all()
    assert front.knee in front.rows
    assert (front.exclusive >= 0).all()
    assert dict(front_words.ends(found, front))["best"] == front.rows[0]
    table = front_tables.front(found, front, {int(front.rows[0]): 0.75})
    assert table["knee"].tolist().count("knee") == 1
    assert table[front_tables.CHANCE][0] == 0.75
    assert len(table) == len(front.rows)


def test_chances_are_shares_for_the_front_and_what_is_near():
    _, asked, found = searched(every=2, random=0)
    front = compute.front_of(found)
    told = compute.chances(asked, found, lambda *_: None, draws=8)
    assert set(front.rows.tolist()) <= set(told)
    assert all(0 <= share <= 1 and 8 * share == int(8 * share) for share in told.values())
    assert max(told.values()) > 0.5
    assert "draws of the samples" in front_group_words.chances(found, front, told)


def test_units_are_drawn_whole():
    from dashboard.compute.fronts import _drawn

    units = torch.arange(12, dtype=torch.int32) // 3
    bundle = replace(random_bundle(2, 12), units=units, fingerprint="")
    rows = _drawn(bundle, torch.Generator().manual_seed(1))
    assert len(rows) == 12
    drawn = torch.bincount(units[rows].long(), minlength=4)
    assert (drawn % 3 == 0).all()
    assert (rows.view(-1, 3) % 3 == torch.arange(3)).all()


def test_fronts_of_groups_are_those_of_their_samples():
    choices, asked, found = searched(every=2, random=0)
    active = compute.active_row(choices, asked, found)
    assert found.sizes[active] == 3
    table = compute.fronts_by_group(asked, found, "region", active, lambda *_: None, draws=6)
    assert table["n"].sum() == 200
    assert (table["low"] <= table["high"]).all()
    assert (table["rank"] >= 0).all()
    team = combine(BUNDLE, choices.ensemble)
    level = int(table["level"][0])
    inside = BUNDLE.groups["region"].within([level])
    own = team.correct[0, inside].double().mean().item()
    assert table["own"][0] == pytest.approx(own)
    levels = BUNDLE.groups["region"].levels
    assert "The front reaches farthest" in front_group_words.groups_sentence(
        "region", levels, table
    )
    frame = front_tables.groups(table, levels, "region", "accuracy")
    assert len(frame) == 3


def test_small_groups_have_no_front():
    codes = (torch.arange(200) > 9).int()
    groups = {"region": Grouping(codes, ("few", "many"))}
    bundle = replace(BUNDLE, groups=groups, fingerprint="")
    _, asked, found = searched(bundle, every=2, random=0)
    table = compute.fronts_by_group(asked, found, "region", None, lambda *_: None, draws=2)
    assert table["level"].tolist() == [1]
    assert "too few to compare" in front_group_words.groups_sentence(
        "region", ("few", "many"), table
    )
    assert (table["rank"] == -1).all()


def test_marked_candidates_share_members_and_correct_samples():
    _, asked, found = searched(every=2, random=0)
    rows = np.flatnonzero((found.sizes == 2) & (found.weights[:, 1] > 0))[:3]
    shares, samples, number, best = compute.brushed(asked, found, rows)
    assert shares[1] == 1
    assert shares.sum() == pytest.approx(2)
    assert number == 3
    right = sum(
        combine(BUNDLE, Ensemble(tuple(np.array(found.models)[found.weights[row] > 0]), "mean"))
        .correct[0]
        .int()
        for row in rows
    )
    wrong = ~BUNDLE.correct[BUNDLE.models.index(best)] & judged(
        BUNDLE, BUNDLE.grades[:1], slice(None), "exclude"
    ).any(0)
    assert samples.tolist() == ((right >= 2) & wrong).nonzero().flatten().tolist()


def test_marks_are_kept_with_their_search_and_taken_away(tmp_path, monkeypatch):
    app = opened(BUNDLE, tmp_path / "bundle", monkeypatch)
    visit(app, "front")
    choices = choices_of(BUNDLE, members=BUNDLE.models)
    asked = compute.setting(choices, BUNDLE, Wanted(AXES))
    found = compute.search_now(asked)
    everything = {"box": [{"x": [-1, 2], "y": [-1, 2]}]}
    state = {}
    monkeypatch.setattr("streamlit.session_state", state)
    _brush_candidates(everything, "front-diversity", found, (1, 0))
    rows, panel = brush.marked(found.key)
    assert panel == "front-diversity"
    assert len(rows) == len(found.values)
    assert brush.marked("another search") is None
    _brush_candidates({}, "front-diversity", found, (1, 0))
    assert brush.marked(found.key) is None
    _brush_candidates(everything, "front-diversity", found, (1, 0))
    brush.clear()
    assert brush.marked(found.key) is None
    assert state["generation/front-diversity"] == 1
    monkeypatch.undo()


def test_the_page_says_what_marked_candidates_share_and_selects_what_they_correct(
    tmp_path, monkeypatch
):
    app = opened(BUNDLE, tmp_path / "bundle", monkeypatch)
    visit(app, "front")
    opened_bundle = app.session_state["bundle"]
    asked = compute.setting(
        choices_of(opened_bundle, members=opened_bundle.models),
        opened_bundle,
        Wanted(AXES, halves=True),
    )
    found = compute.search_now(asked)
    app.session_state[brush.NAME] = (found.key, np.arange(8), "front-diversity")
    app.run()
    assert "8 candidates are marked" in words(app)
    _, samples, _, _ = compute.brushed(asked, found, np.arange(8))
    button = next(b for b in app.button if b.label.startswith("Select these"))
    button.click().run()
    assert not app.exception
    assert app.session_state["selection"].positions.tolist() == samples.tolist()


def made(values, weights, axes, **more):
    weights, values = np.array(weights, dtype=np.float32), np.array(values, dtype=float)
    models = tuple(f"m{place}" for place in range(weights.shape[1]))
    fields = {"possible": len(weights), "samples": 50, "classes": 3} | more
    planned = made_plan(weights, models)
    return Candidates("made", planned, axes, values, np.full(len(weights), 50), **fields)


@pytest.mark.parametrize(
    ("values", "more", "sentence"),
    [
        ([[0.5, 0.2], [0.6, 0.2]], {}, "Leave-one-out stability is the same for all"),
        ([[0.5, np.nan], [0.6, 0.2]], {}, "1 team of two or more lacks a value"),
        ([[0.6, 0.2], [0.6, 0.2]], {}, "another one on every axis"),
        ([[0.6, 0.1], [0.6, 0.2]], {"samples": 2}, "2 samples for 3 classes: too few"),
    ],
)
def test_what_is_odd_is_said(values, more, sentence):
    found = made(values, [[1, 1, 0], [0, 1, 1]], (ACCURACY, STABILITY), **more)
    front = compute.fronts._front.__wrapped__(found, "odd")
    assert any(sentence in told for told in front_words.warnings(found, front))
    assert "beaten by none" in front_words.sentence(found, front)


def test_one_candidate_and_none_on_the_front_are_said():
    one = made([[0.5, np.nan]], [[1, 0]], (ACCURACY, STABILITY))
    front = compute.fronts._front.__wrapped__(one, "one")
    assert front_words.sentence(one, front).startswith("There is one candidate")
    alone = made([[0.5, np.nan], [0.4, np.nan]], [[1, 0], [0, 1]], (ACCURACY, STABILITY))
    front = compute.fronts._front.__wrapped__(alone, "alone")
    assert "there is no front" in front_words.sentence(alone, front)
    assert "no knee" in front_words.given_up(alone, front)
    assert front.volume == 0


def test_where_lower_is_better_the_best_is_the_lowest():
    axes = (replace(LOSS, reference=1.0), STABILITY)
    found = made([[0.5, 0.2], [0.3, 0.1], [0.9, 0.05]], [[1, 1], [1, 0], [0, 1]], axes)
    front = compute.fronts._front.__wrapped__(found, "lower")
    assert front.rows.tolist() == [1, 0]
    assert front.volume == pytest.approx(0.5 * 0.2 + 0.2 * 0.1)
    assert "reaches log loss **0.3**" in front_words.sentence(found, front)
    assert "gives up" in front_words.given_up(found, front)


def test_identical_models_make_candidates_that_stand_for_each_other(tmp_path, monkeypatch):
    bundle = bundle_of([[0, 1, 2, 0]] * 3, [0, 1, 1, 0])
    _, _, found = searched(bundle, rule="plurality", every=2)
    front = compute.front_of(found)
    assert front.copies > 0
    assert (front.exclusive == 0).all()
    app = opened(bundle, tmp_path / "bundle", monkeypatch)
    visit(app, "front")
    assert "another one on every axis" in words(app)


def test_a_long_search_is_offered_shown_in_part_and_can_be_started_again(tmp_path, monkeypatch):
    from dashboard.front import searching

    bundle = random_bundle(5, 80, seed=12)
    monkeypatch.setattr(searching, "AT_ONCE", 0.0002)
    monkeypatch.setattr(searching, "UNASKED", 0.0)
    monkeypatch.setattr(
        "dashboard.front.searching.QUICK",
        {"every": 1, "random": 0},
    )
    app = opened(bundle, tmp_path / "bundle", monkeypatch)
    visit(app, "front")
    planned = next(job for name, job in jobs._jobs().items() if name.startswith("cost/"))
    assert planned.ended.wait(30)
    app.run()
    start = next(button for button in app.button if button.label.startswith("Look at"))
    assert "candidates, about a second" in start.label
    assert "Shown meanwhile" in words(app)
    key = start.key.removeprefix("start/")
    start.click().run()
    assert jobs.find(key).ended.wait(30)
    app.run()
    assert not app.exception
    assert "Shown meanwhile" not in words(app)
    jobs.find(key).result = replace(jobs.find(key).result, possible=10_000)
    app.run()
    assert "of 10,000 candidates looked at" in words(app)
    again = next(button for button in app.button if button.label == "Start again")
    again.click().run()
    assert jobs.find(key) is None


def test_a_mark_of_one_panel_is_forgotten_with_the_search(monkeypatch):
    app_state = {}
    monkeypatch.setattr("streamlit.session_state", app_state)
    brush.mark(np.array([1, 2]), "a", "p")
    brush.mark(np.array([], dtype=int), "a", "p")
    assert app_state[brush.NAME] is None
    monkeypatch.undo()


def test_findings_say_whether_diversity_helps_and_what_conflicts():
    _, asked, found = searched(every=3)
    helped, kind = compute.diversity_helps(asked, found)
    assert kind == "samples"
    told = finding_words.diversity(found.axes, helped, kind)
    assert f"**{helped.value:.2f}**" in told
    assert "samples drawn anew" in told
    conflicts = compute.conflicts_of(found)
    assert "over the" in finding_words.conflicts(found.axes, conflicts)
    assert len(finding_words.conflict_table(found.axes, conflicts)) == 3
    _, asked, found = searched(axes=("log_loss", "jensen_gap", "leave_one_out"), every=3)
    helped, kind = compute.diversity_helps(asked, found)
    assert kind == "candidates"
    assert "share members and samples" in finding_words.diversity(found.axes, helped, kind)


@pytest.mark.parametrize(
    ("value", "low", "high", "said"),
    [
        (0.4, 0.1, 0.6, "Yes, here"),
        (-0.4, -0.6, -0.1, "No, here"),
        (0.1, -0.2, 0.3, "cannot be told here"),
        (np.nan, np.nan, np.nan, "Not to be told"),
    ],
)
def test_the_answer_on_diversity_follows_its_interval(value, low, high, said):
    told = finding_words.diversity(
        (ACCURACY, STABILITY), Association(value, low, high, 9), "samples"
    )
    assert said in told


def test_no_conflict_is_said_of_a_front_of_one():
    found = made([[0.6, 0.2], [0.5, 0.1]], [[1, 1], [0, 1]], (ACCURACY, STABILITY))
    told = compute.lessons.conflicts(torch.tensor([[0.6, 0.2]]), ["higher"] * 2)
    assert "Not to be told" in finding_words.conflicts(found.axes, told)


def test_candidates_are_chosen_on_one_half_and_reported_on_the_other():
    _, asked, found = searched(halves=True, every=2)
    assert len(asked.pool.ids) + len(asked.other.ids) == 200
    assert not set(asked.pool.ids) & set(asked.other.ids)
    front = compute.front_of(found)
    best = int(front.rows[0])
    chosen = found.plan.ensemble(best)
    for bundle, values in ((asked.pool, found.values), (asked.other, found.elsewhere)):
        right = combine(bundle.select(chosen.members), chosen).correct.double().mean().item()
        assert values[best, 0] == pytest.approx(right)
    beaten = np.flatnonzero(~front.on_front & (found.sizes > 1))
    assert np.isnan(found.elsewhere[beaten]).all()
    told = compute.elsewhere(asked, found)
    assert told.low <= told.value <= told.high
    assert 1 <= told.kept <= told.n == len(front.rows)
    assert "which nothing was chosen on" in front_words.elsewhere(found, told)
    assert "On average those on the front are" in front_words.optimism(found, told)
    table = front_tables.front(found, front, None)
    assert table["accuracy on other samples"][0] == pytest.approx(told.value)
    _, asked, found = searched(every=2)
    assert asked.other is None
    assert compute.elsewhere(asked, found) is None
    assert "cannot be told" in front_words.optimism(found, None)


def test_growing_teams_are_selected_on_the_samples_to_fit_on(monkeypatch):
    from dashboard.compute import candidates as searches
    from dashboard.fit_on import FitOn, held_out

    given = []
    real = searches.plan
    monkeypatch.setattr(searches, "plan", lambda *a, **more: given.append(more) or real(*a, **more))
    parts = held_out(BUNDLE, FitOn())
    choices = replace(choices_of(parts.bundle), held_out=parts)
    asked = compute.setting(choices, parts.bundle, Wanted(AXES))
    compute.search(asked)
    assert not set(given[0]["grown_on"].ids) & set(asked.pool.ids)
    assert len(given[0]["grown_on"].ids) == int(parts.split.fit.sum())


def test_the_time_of_a_search_is_worked_out_from_a_sample():
    choices = choices_of()
    asked = compute.setting(choices, BUNDLE, Wanted(AXES, every=3))
    told = []
    known = compute.estimate(asked, lambda share, doing: told.append(doing))
    assert known.seconds > 0
    assert "candidates takes" in told[-1]
    found = compute.search(asked, None, known.plan)
    assert len(found.values) == len(known.plan)


def test_work_in_the_background_leaves_half_of_the_cores_to_the_pages():
    before, told = torch.get_num_threads(), []
    job = jobs.begin(lambda report: told.append(torch.get_num_threads()))
    assert job.ended.wait(30)
    assert told == [max(1, before // 2)]
    assert torch.get_num_threads() == before
    after = jobs.begin(lambda report: None)
    assert after.ended.wait(30)
    assert torch.get_num_threads() == before


def test_two_that_vote_are_given_no_uneven_weights(tmp_path, monkeypatch):
    app = opened(random_bundle(4, 60, probabilities=False), tmp_path / "bundle", monkeypatch)
    visit(app, "front")
    assert app.checkbox(key="widget/front-edges").disabled
    assert app.checkbox(key="widget/front-halves").disabled
