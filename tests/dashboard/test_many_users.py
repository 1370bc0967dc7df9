"""What sessions of one server share, what they do not, and what is let go when one ends."""

import argparse
import gc
import os
import threading
import tomllib
from collections import OrderedDict
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from made import ROOT, random_bundle
from pages import words
from streamlit.testing.v1 import AppTest
from uploads import data_page, drop, upload

from analysis.loading import Source
from dashboard import cli, holding, intake, jobs, launching, limits, presence
from dashboard.compute import caching
from dashboard.holding import size_of
from dashboard.shared import shared

CSV = b"sample_id,label,a,b\n1,x,x,y\n2,y,y,x\n3,x,x,x\n"


@contextmanager
def asking(name: str):
    """What is done inside is asked for by this session."""
    before = holding.session()
    holding.work_for(name)
    yield
    holding.work_for(before)


@pytest.fixture
def fresh(monkeypatch):
    """No result and no job of another test."""
    caching.clear()
    registry = OrderedDict()
    monkeypatch.setattr(jobs, "_jobs", lambda: registry)
    monkeypatch.setattr(jobs, "_heavy", jobs.Queue(1))
    yield
    caching.clear()


# What is cached.


def counted(store):
    """A cached function, and how often it worked."""
    calls = []

    @store()
    def made(_size, key):
        calls.append(key)
        return {"values": np.zeros(_size, dtype=np.uint8)}

    return made, calls


def test_sessions_that_ask_for_the_same_share_one_result(fresh):
    made, calls = counted(caching.kept)
    with asking("ann"):
        first = made(1000, "x")
    with asking("bob"):
        second = made(2000, "x")
    assert first is second
    assert calls == ["x"]


def test_prices_of_which_some_are_unknown_are_the_same_prices(fresh):
    made, calls = counted(caching.cached)
    made(10, (1.0, float("nan")))
    made(10, (1.0, float("nan")))
    assert len(calls) == 1


def test_copied_tables_can_be_changed_without_harm(fresh):
    made, calls = counted(caching.cached)
    made(10, "x")["values"][:] = 7
    made(10, "x")["values"][:] = 8
    assert made(10, "x")["values"].tolist() == [0] * 10
    assert calls == ["x"]


def test_results_go_with_the_last_session_that_asked_for_them(fresh):
    made, calls = counted(caching.kept)
    for name, key in (("ann", "hers"), ("ann", "both"), ("bob", "both")):
        with asking(name):
            made(1000, key)
    caching.leave("ann")
    assert caching.held() == 1000
    with asking("bob"):
        made(1000, "both")
    assert calls == ["hers", "both"]
    caching.leave("bob")
    assert caching.held() == 0


def test_results_are_bounded_in_bytes_and_the_oldest_go_first(fresh, monkeypatch):
    monkeypatch.setenv("DISSENSUS_RESULTS_LIMIT", "2500B")
    made, calls = counted(caching.kept)
    for key in ("a", "b", "a", "c", "a", "b"):
        made(1000, key)
        assert caching.held() <= 2500
    assert calls == ["a", "b", "c", "b"]
    made(9000, "larger than all")
    assert caching.held() == 9000


def test_one_session_works_while_another_waits_for_the_same(fresh):
    begun, go, calls = threading.Event(), threading.Event(), []

    @caching.kept()
    def slow(key):
        calls.append(key)
        begun.set()
        assert go.wait(10)
        return [key]

    found = []
    both = [threading.Thread(target=lambda: found.append(slow("x"))) for _ in range(2)]
    both[0].start()
    assert begun.wait(10)
    both[1].start()
    go.set()
    for thread in both:
        thread.join(10)
    assert calls == ["x"]
    assert found[0] is found[1]


def test_what_ends_with_an_error_is_not_kept(fresh):
    tried = []

    @caching.cached()
    def failing(key):
        tried.append(key)
        raise ValueError(key)

    for _ in range(2):
        with pytest.raises(ValueError, match="x"):
            failing("x")
    assert tried == ["x", "x"]


def test_a_value_is_as_large_as_what_it_does_not_share():
    table = torch.zeros(1000, dtype=torch.float64)
    bundle = random_bundle(4, 500)
    assert size_of({"a": table, "b": table[:10], "c": [table.numpy()]}) == 8000
    assert size_of(np.zeros((100, 10), dtype=np.int32)) == 4000
    assert size_of((table, b"12345"), {"held": table}) == 5
    own = size_of(bundle)
    assert own > sum(table.nbytes for table in bundle.probabilities.values())
    assert size_of(bundle.select(bundle.models[:2]), bundle) < own / 4


def test_the_same_bundle_is_held_once_but_other_notes_are_not_shared():
    from dataclasses import replace

    mine, yours = random_bundle(4, 50), random_bundle(4, 50)
    assert shared(mine) is mine
    assert shared(yours) is mine
    noted = replace(yours, notes=("alice.csv has two ids twice.",))
    assert noted.fingerprint == mine.fingerprint
    assert shared(noted) is noted
    del mine
    gc.collect()
    assert shared(yours) is yours


# Work in the background.


def test_jobs_wait_for_their_turn_and_say_for_how_many(fresh):
    go, order = threading.Event(), []

    def work(name):
        def run(report):
            order.append(name)
            assert go.wait(20)
            return name

        return run

    for name in "abc":
        jobs.start(name, work(name))
    waiting = jobs.find("c")
    for _ in range(100):
        if "2 other tasks" in waiting.doing and order:
            break
        threading.Event().wait(0.05)
    assert waiting.doing == "Waiting for 2 other tasks of this server"
    assert "2 other" not in jobs.find("b").doing
    go.set()
    for name in "abc":
        assert jobs.find(name).ended.wait(20)
        assert jobs.find(name).result == name
    assert order == ["a", "b", "c"]


def test_a_job_that_waits_is_cancelled_at_once(fresh):
    go = threading.Event()
    jobs.start("first", lambda report: go.wait(20))
    jobs.start("second", lambda report: "never")
    jobs.cancel("second")
    assert jobs.find("second").ended.wait(5)
    assert jobs.find("second").error == "cancelled"
    assert jobs.find("first").running
    go.set()


def endless(report):
    while True:
        report(0.5, "working")
        threading.Event().wait(0.02)


def test_one_who_cancels_does_not_end_what_another_waits_for(fresh):
    with asking("ann"):
        jobs.start("both", endless)
    with asking("bob"):
        shared_job = jobs.find("both")
        jobs.cancel("both")
        assert jobs.find("both").error == "cancelled"
    with asking("ann"):
        assert jobs.find("both") is shared_job
        assert shared_job.running
    with asking("bob"):
        jobs.forget("both")
        assert jobs.find("both") is shared_job
        jobs.cancel("both")
    with asking("ann"):
        jobs.cancel("both")
    assert shared_job.ended.wait(5)


def test_the_jobs_of_a_session_that_is_gone_end_and_its_results_go(fresh):
    with asking("ann"):
        alone = jobs.begin(endless)
        jobs.start("done", lambda report: "hers")
        jobs.find("done").ended.wait(10)
        jobs.start("both", endless)
    with asking("bob"):
        both = jobs.find("both")
    jobs.leave("ann")
    assert alone.ended.wait(5)
    assert "done" not in jobs._jobs()
    assert both.running
    jobs.leave("bob")
    assert both.ended.wait(5)


def test_results_of_jobs_are_bounded_too(fresh, monkeypatch):
    monkeypatch.setenv("DISSENSUS_RESULTS_LIMIT", "2500B")
    for place in range(5):
        jobs.start(f"job {place}", lambda report: bytes(1000))
        jobs.find(f"job {place}").ended.wait(10)
    assert list(jobs._jobs()) == ["job 2", "job 3", "job 4"]


# When a session ends.


def test_a_session_that_comes_back_in_time_keeps_what_it_had(fresh, monkeypatch):
    closed, later = [], []
    loop = SimpleNamespace(call_later=lambda wait, *call: later.append((wait, call)))
    runtime = SimpleNamespace(close_session=closed.append)
    monkeypatch.setattr("dashboard.presence.asyncio.get_running_loop", lambda: loop)
    monkeypatch.setattr("dashboard.presence.st.runtime.get_instance", lambda: runtime)
    monkeypatch.setattr(presence, "_known", lambda asking: None)
    made, _ = counted(caching.kept)
    with asking("ann"):
        made(1000, "x")
        presence._left("ann")
        presence.here()
        for _, (close, *arguments) in later:
            close(*arguments)
    assert closed == []
    assert caching.held() == 1000
    presence._left("ann")
    wait, (close, *arguments) = later[-1]
    assert 0 < wait < 120
    close(*arguments)
    assert closed == ["ann"]
    assert caching.held() == 0


# How much may be uploaded.


@pytest.fixture
def nothing_uploaded(monkeypatch):
    monkeypatch.setattr(intake, "_uploads", type(intake._uploads)())


def test_a_file_beyond_what_a_session_may_hold_is_refused_and_nothing_is_lost(
    monkeypatch, nothing_uploaded
):
    monkeypatch.setenv("DISSENSUS_SESSION_LIMIT", "100B")
    app = data_page(monkeypatch)
    fingerprint = upload(app, {"mine.csv": CSV})
    app.file_uploader[0].set_value(
        [("mine.csv", CSV, "text/csv"), ("more.csv", b"x" * 90, "text/csv")]
    )
    app.run()
    assert not app.exception
    told = app.error[0].value
    assert "Not taken: " in told
    assert r"more\.csv" in told
    assert "A session may hold" in told
    assert "What was there before stays." in told
    assert app.session_state["bundle"].fingerprint == fingerprint
    assert app.session_state["upload"].names == ["mine.csv"]
    assert "mine.csv" in words(app)
    app.button(key="forget-uploads").click().run()
    assert not app.error
    assert drop(app, {"other.csv": CSV}).session_state["upload"].names == ["other.csv"]


def test_all_sessions_together_are_bounded_too(monkeypatch, nothing_uploaded):
    monkeypatch.setenv("DISSENSUS_SERVER_LIMIT", "150B")
    other = SimpleNamespace(owner="someone else", sources={"1": Source("a", bytes(100))})
    holder = type("Holder", (), vars(other))()
    intake.remember(holder)
    assert intake.held() == 100
    assert intake.held("someone else") == 100
    assert intake.held("me") == 0
    assert intake.refusal("me", 40) == ""
    assert "All sessions of this server together" in intake.refusal("me", 60)
    app = data_page(monkeypatch)
    app.file_uploader[0].set_value([("mine.csv", CSV + b"4,x,x,x\n", "text/csv")])
    app.run()
    assert "try again when others have ended" in app.error[0].value
    assert "upload" not in app.session_state or app.session_state["upload"] is None


def test_what_is_held_twice_counts_once(nothing_uploaded):
    content = bytes(100)
    holders = [
        type("Holder", (), {"owner": name, "sources": {"1": Source("a", content)}})()
        for name in ("ann", "bob")
    ]
    for holder in holders:
        intake.remember(holder)
    assert intake.held() == 100
    assert intake.held("ann") == intake.held("bob") == 100


def test_the_data_page_says_how_much_the_server_holds(monkeypatch):
    text = words(data_page(monkeypatch))
    assert "At most 2 GiB a file, and 4 GiB in a session" in text
    assert "This server: " in text
    assert "of cached results (at most 2 GiB)" in text


def test_limits_are_options_and_stated_in_one_place(monkeypatch, capsys):
    for name in limits.USUAL:
        monkeypatch.delenv(f"DISSENSUS_{name.upper()}_LIMIT", raising=False)
    started = {}

    def run(command, env, check):
        started.update(command=command, env=env)
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(launching.subprocess, "run", run)
    assert cli.main(["serve", "--no-browser", "--upload-limit", "500MiB"]) == 0
    assert "--server.maxUploadSize=500" in started["command"]
    assert limits.of(started["env"]).upload == 500 << 20
    assert cli.main(["serve", "--no-browser", "--session-limit", "much"]) == 1
    assert "--session-limit much: expected a size such as 500MB" in capsys.readouterr().err
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert settings["server"]["maxUploadSize"] << 20 == limits.of(os.environ).upload
    told = limits.environment(argparse.Namespace(server_limit="3GiB"))
    assert limits.shown(limits.of(told).server) == "3 GiB"
    assert limits.shown(500 << 20) == "500 MiB"


def test_pages_of_another_session_show_nothing_of_this_one(monkeypatch, nothing_uploaded):
    first = data_page(monkeypatch)
    upload(first, {"markerone.csv": CSV.replace(b",a,", b",markerone,")})
    second = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60).run()
    second = second.switch_page("views/data.py").run()
    assert "markerone" in words(first.run())
    assert "markerone" not in words(second)


def test_large_downloads_that_differ_in_one_byte_have_two_addresses():
    from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

    from dashboard import server

    assert server.app
    storage, content = MemoryMediaFileStorage("/media"), bytes(3_000_000)
    other = content[:700_000] + b"x" + content[700_001:]
    places = {
        storage.load_and_get_id(one, "text/csv", "downloadable", "table.csv")
        for one in (content, other)
    }
    assert len(places) == 2


def test_a_download_is_there_while_other_sessions_run(monkeypatch):
    from streamlit.runtime.media_file_manager import MediaFileManager
    from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

    from dashboard import downloads

    downloads.mend()
    manager = MediaFileManager(MemoryMediaFileStorage("/media"))
    place = manager.execute_deferred(manager.add_deferred(lambda: b"table", "text/csv", "1.0"))
    file = place.removeprefix("/media/").split(".")[0]
    for _ in range(5):
        manager.remove_orphaned_files()
    assert manager.read_file(file).content == b"table"
    monkeypatch.setattr(downloads, "FETCHED", 0.0)
    manager.remove_orphaned_files()
    assert manager.read_file(file) is None
