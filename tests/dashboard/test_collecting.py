"""What libraries have loaded is not collected over again after every run of a page."""

import gc
import sys
import weakref

import pytest

from dashboard import collecting, jobs


@pytest.fixture
def thawed(monkeypatch):
    """As in a new process."""
    monkeypatch.setattr(collecting, "_frozen", {"modules": 0})
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_what_is_loaded_leaves_the_collections(thawed):
    before = len(gc.get_objects())
    collecting.freeze()
    assert gc.get_freeze_count() > 0.9 * before
    assert len(gc.get_objects()) < 0.1 * before


def test_it_is_done_again_only_after_many_new_modules(thawed, monkeypatch):
    collecting.freeze()
    kept = [[] for _ in range(10_000)]
    held = gc.get_freeze_count()
    collecting.freeze()
    assert gc.get_freeze_count() == held
    new = {f"new_{number}": sys for number in range(collecting.MODULES)}
    monkeypatch.setattr(sys, "modules", {**sys.modules, **new})
    collecting.freeze()
    assert gc.get_freeze_count() >= held + len(kept)


def test_what_an_ended_session_left_is_found(thawed):
    class Held:
        def __init__(self):
            self.itself = self

    one = Held()
    left = weakref.ref(one)
    collecting.freeze()
    del one
    gc.collect()
    assert left() is not None
    collecting.thaw()
    collecting.freeze()
    assert left() is None


def test_what_is_loaded_stays_out_when_a_background_job_has_ended(thawed):
    class Held:
        def __init__(self):
            self.itself = self

    def work(report):
        report(0.5)
        return [weakref.ref(Held()) for _ in range(3)]

    collecting.freeze()
    job = jobs.begin(work)
    assert job.ended.wait(20)
    assert len(gc.get_objects()) < 0.1 * gc.get_freeze_count()
    assert not any(left() for left in job.result)
