"""Maps of more samples than are drawn, parts of a bundle, and maps that take minutes."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from functools import partial

import kinds
import numpy as np
import pages
import pytest
import torch
from made import ROOT, random_bundle

from analysis.ensemble import Ensemble
from analysis.rules import RULES
from dashboard import component, compute, jobs, kept_maps, map_panel, map_process
from dashboard.choosing import Choices
from dashboard.component import geometry
from dashboard.compute import bundles
from dashboard.figures.sample_map import PCA_AXES
from dashboard.plots import maps

WAIT = 60


@pytest.fixture(autouse=True)
def _no_jobs():
    yield
    for key in list(jobs._jobs()):
        jobs.cancel(key)
        jobs.find(key).ended.wait(WAIT)
        jobs.forget(key)


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("DISSENSUS_KEEP", "yes")
    monkeypatch.setenv("DISSENSUS_WORKSPACE", str(tmp_path))
    return tmp_path


def naive(point, ring) -> bool:
    """Crossings of a ray to the right, one edge after the other."""
    (x, y), odd = point, False
    for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
        if (y0 <= y) != (y1 <= y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
            odd = not odd
    return odd


@pytest.mark.parametrize("seed", range(5))
def test_points_inside_a_lasso_are_those_of_a_ray_edge_by_edge(seed):
    random = np.random.default_rng(seed)
    points = random.normal(size=(400, 2)).astype(np.float32)
    points[3] = np.nan
    outer, hole = random.normal(size=(9, 2)), random.normal(size=(5, 2))
    found = geometry.inside(points, [[outer, hole], [outer + 1]])
    expected = [
        (naive(point, outer) != naive(point, hole)) or naive(point, outer + 1)
        for point in points.astype(float)
    ]
    assert found.tolist() == expected
    assert 0 < found.sum() < len(points)


@pytest.mark.parametrize(
    "message",
    [None, 3, "M0,0", [[1]], [[[1, 2, 3]]], [[[["a", 1]]]], [[[[0, 0], [1, float("nan")]]]], []],
)
def test_outlines_that_are_none_are_refused(message):
    assert geometry.rings(message) is None


@pytest.mark.parametrize("message", [None, [], [1, 2, 3], ["a", 0, 1, 2], [0, float("inf"), 0, 1]])
def test_ends_of_axes_that_are_none_mean_all_is_seen(message):
    assert geometry.view_of(message) is None
    assert geometry.in_view(np.array([[1e9, 0.0]]), geometry.view_of(message)).all()


def test_zooming_in_keeps_the_points_that_were_drawn_and_adds_others():
    points = np.random.default_rng(1).normal(size=(5000, 2))
    wide = compute.drawn_rows(geometry.in_view(points, None), 500)
    inside = geometry.in_view(points, (-1, 0.5, -0.5, 1))
    near = compute.drawn_rows(inside, 500)
    assert len(wide) == len(near) == 500
    assert inside[near].all()
    assert set(wide[inside[wide]]) < set(near)
    chosen = np.arange(30)
    assert set(chosen) < set(compute.drawn_rows(np.ones(5000, bool), 500, chosen))
    assert (
        compute.drawn_rows(points[:, 0] > 3, 500).tolist()
        == np.flatnonzero(points[:, 0] > 3).tolist()
    )


def test_a_lasso_takes_what_is_not_drawn_but_nothing_that_is_hidden():
    points = np.random.default_rng(2).normal(size=(1000, 2))
    box = [[np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])]]
    colour = {"category": (np.arange(1000) % 3).astype(np.uint8)}
    picked = component.Picked(np.array([0], dtype=np.int32), box, [1])
    inside = (np.abs(points) <= 1).all(1) & (np.arange(1000) % 3 != 1)
    rows = np.array([700, 701])
    found = map_panel._rows(points, rows, colour, picked, True)
    assert found.tolist() == np.flatnonzero(inside).tolist()
    assert map_panel._rows(points, rows, colour, picked, False).tolist() == [700]
    values = np.where(np.arange(1000) < 500, np.nan, 1.0)
    found = map_panel._rows(points, rows, {"values": values}, picked, True)
    assert found.tolist() == np.flatnonzero((np.abs(points) <= 1).all(1) & (values == 1)).tolist()


def test_boxes_and_lassos_of_a_plain_chart_are_the_same_shapes():
    event = {"box": [{"x": [0, 2], "y": [0, 1]}], "lasso": [{"x": [0, 4, 0], "y": [0, 0, 4]}]}
    points = np.array([[1.0, 0.5], [0.5, 3.0], [3.0, 3.0]])
    shapes = maps.decode_shapes(event)
    assert geometry.inside(points, shapes).tolist() == [True, True, False]
    assert maps.decode_shapes({}) == []


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
def test_what_is_known_of_a_selection_is_what_its_samples_alone_give(missing):
    bundle = random_bundle(samples=200, gaps=0.1)
    rows = np.sort(np.random.default_rng(0).choice(200, 80, replace=False)).astype(np.int32)
    taken = bundles._taken(bundle, bundle.fingerprint, f"own {missing}", rows)
    alone = bundle.take(torch.from_numpy(rows).long())
    assert taken.fingerprint == alone.fingerprint
    assert torch.equal(taken.labelled, alone.labelled)
    assert taken.graded_elsewhere == alone.graded_elsewhere
    alone = replace(alone, fingerprint=f"alone {missing}")
    for model, table in alone.probabilities.items():
        assert torch.equal(taken.probabilities[model][:], table)
    for rule in (name for name, row in RULES.items() if row.fit is None):
        ensemble = Ensemble(bundle.models, rule)
        choices = Choices(bundle, ensemble, None, missing)
        found = compute.judged(choices, taken), compute.outcome_table(choices, taken)
        expected = compute.judged(choices, alone), compute.outcome_table(choices, alone)
        assert found[0] == expected[0]
        for name, values in expected[1].items():
            np.testing.assert_array_equal(found[1][name], values)


def test_a_map_made_apart_is_the_map_and_says_how_far_it_is():
    pytest.importorskip("umap")
    embeddings = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
    told = []
    found = map_process.umap_apart(embeddings, told.append)
    assert found.shape == (60, 2)
    assert np.isfinite(found).all()
    assert told == sorted(told)
    assert told[-1] > 0.9


def test_cancelling_a_map_ends_its_process_at_once():
    embeddings = np.random.default_rng(0).normal(size=(3000, 5))
    job = jobs.begin(lambda report: map_process.umap_apart(embeddings, report))
    time.sleep(0.5)
    asked = time.monotonic()
    job.stop.set()
    assert job.ended.wait(10)
    assert time.monotonic() - asked < 5
    assert (job.error, job.result) == ("cancelled", None)


def test_a_map_that_cannot_be_made_says_why():
    with pytest.raises(RuntimeError, match="Error"):
        map_process.umap_apart(np.full((9, 2), np.nan), lambda share: None)


def test_two_who_ask_for_the_same_map_wait_for_one():
    made = []

    def work(report):
        made.append(1)
        time.sleep(0.2)
        return np.zeros((2, 2))

    jobs.start("umap/same", work)
    jobs.start("umap/same", work)
    first = jobs.find("umap/same")
    assert first.ended.wait(WAIT)
    jobs.start("umap/same", work)
    assert jobs.find("umap/same") is first
    assert made == [1]


def test_a_kept_map_is_used_and_what_is_broken_is_none(workspace):
    points = np.random.default_rng(0).normal(size=(9, 2)).astype(np.float32)
    assert kept_maps.read("abc", 9) is None
    kept_maps.write("abc", points)
    np.testing.assert_array_equal(kept_maps.read("abc", 9), points)
    assert kept_maps.read("abc", 8) is None
    assert kept_maps.read("abd", 9) is None
    (place,) = (workspace / ".maps").iterdir()
    place.write_bytes(place.read_bytes()[:-4])
    assert kept_maps.read("abc", 9) is None


def test_a_write_that_breaks_off_leaves_no_map(workspace, monkeypatch):
    def broken(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(np, "save", broken)
    kept_maps.write("abc", np.zeros((3, 2), dtype=np.float32))
    monkeypatch.undo()
    monkeypatch.setenv("DISSENSUS_KEEP", "yes")
    monkeypatch.setenv("DISSENSUS_WORKSPACE", str(workspace))
    assert list((workspace / ".maps").iterdir()) == []
    assert kept_maps.read("abc", 3) is None


def test_nothing_is_kept_where_nothing_may_be(tmp_path, monkeypatch):
    monkeypatch.setenv("DISSENSUS_KEEP", "shared")
    monkeypatch.setenv("DISSENSUS_WORKSPACE", str(tmp_path))
    kept_maps.write("abc", np.zeros((3, 2), dtype=np.float32))
    assert list(tmp_path.iterdir()) == []


KILLED = """
import numpy as np, sys
from dashboard import kept_maps, map_process
points = map_process.umap_apart(np.random.default_rng(0).normal(size=(3000, 5)), lambda share:
    print(share, flush=True))
kept_maps.write("abc", points)
"""


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="this machine has no process groups")
def test_killing_the_server_in_a_map_ends_the_map_and_leaves_no_file(workspace):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    server = subprocess.Popen(
        [sys.executable, "-c", KILLED], stdout=subprocess.PIPE, env=environment, cwd=ROOT
    )
    server.stdout.readline()
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(server.pid)], capture_output=True, text=True
    ).stdout.split()
    assert children
    server.send_signal(signal.SIGKILL)
    server.wait()
    end = time.monotonic() + 30
    while any(running(int(pid)) for pid in children) and time.monotonic() < end:
        time.sleep(0.2)
    assert not any(running(int(pid)) for pid in children)
    assert not (workspace / ".maps").exists()
    assert kept_maps.read("abc", 3000) is None


def running(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(state.stdout.strip()) and not state.stdout.startswith("Z")


def test_of_many_samples_some_are_drawn_and_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(map_panel, "MOST_DRAWN", 20)
    bundle = random_bundle(samples=90)
    app = pages.visit(kinds.opened(bundle, tmp_path / "bundle", monkeypatch), "map")
    title, drawn = map_of(app)
    assert "20 of 90 samples drawn" in title
    assert drawn == 20
    space = f"{app.session_state['bundle'].fingerprint}/{PCA_AXES[0]}"
    app.session_state["map-view"] = (space, (-0.5, 0.5, -9, 9))
    title, drawn = map_of(app.run())
    inside = int((np.abs(compute.pca_map(app.session_state["bundle"])[:, 0]) <= 0.5).sum())
    assert drawn == min(inside, 20) > 0
    assert "in view" in title


def map_of(app) -> tuple[str, int]:
    """The title of the map, and how many points it draws."""
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    return figure["layout"]["title"]["text"], sum(len(one["hovertext"]) for one in figure["data"])


def test_a_map_under_way_survives_a_reload_and_is_taken_from_disk_at_the_next_start(
    workspace, tmp_path_factory, monkeypatch
):
    bundle, folder = random_bundle(samples=90, seed=77), tmp_path_factory.mktemp("bundle") / "b"
    opened = partial(kinds.opened, bundle, monkeypatch=monkeypatch)
    points = np.random.default_rng(0).normal(size=(90, 2)).astype(np.float32)
    go_on, asked = threading.Event(), []

    def made(embeddings, report):
        asked.append(len(embeddings))
        while not go_on.wait(0.02):
            report(0.5)
        return points

    monkeypatch.setattr(map_panel, "umap_apart", made)
    first = pages.visit(opened(folder), "map")
    assert "UMAP with seed" not in pages.words(first)
    first.session_state["map-method"] = "UMAP"
    first.run()
    second = pages.visit(opened(folder.with_name("again")), "map")
    assert second.button(key="cancel-map")
    go_on.set()
    assert jobs.find(f"umap/{bundle.fingerprint}").ended.wait(WAIT)
    for app in (first.run(), second.run()):
        assert not app.exception
        assert "UMAP with seed 0" in pages.words(app)
    jobs.forget(f"umap/{bundle.fingerprint}")
    third = opened(folder.with_name("third"))
    third.session_state["map-method"] = "UMAP"
    assert "UMAP with seed 0" in pages.words(pages.visit(third, "map"))
    assert asked == [90]
