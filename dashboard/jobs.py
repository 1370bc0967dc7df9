"""Long work in a thread beside the page: progress, cancel, and a result that stays."""

import contextlib
import gc
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
import torch

from analysis.loading import CancelledError

Report = Callable[..., None]
WAITING = "Waiting until other work has ended"


@dataclass(eq=False)
class Job:
    """One piece of work; read by pages, written by its thread."""

    progress: float = 0.0
    doing: str = ""
    result: Any = None
    error: str = ""
    running: bool = True
    stop: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    def report(self, share: float, doing: str = "") -> None:
        """Told by the work how much of it is done; ends it when a stop was asked for."""
        self.progress = min(max(share, 0.0), 1.0)
        self.doing = doing
        if self.stop.is_set():
            raise CancelledError


# numba's simplest threading layer ends the process when two threads enter it at once.
_working = threading.Lock()
_starting = threading.Lock()


@st.cache_resource(show_spinner=False)
def _jobs() -> dict[str, Job]:
    return {}


def find(key: str) -> Job | None:
    """The job of this key, running or done."""
    return _jobs().get(key)


def start(key: str, work: Callable[[Report], Any]) -> None:
    """Run work(report) in a thread; a job that runs or is done already is left alone."""
    with _starting:
        known = find(key)
        if known is None or not (known.running or known.result is not None):
            _jobs()[key] = begin(work, turn=_working)


def begin(work: Callable[[Report], Any], turn: AbstractContextManager | None = None) -> Job:
    """Run work(report) in a thread, for whoever holds the job that is returned.

    Args:
        work: told how to report; what it returns is the job's result.
        turn: held while it works, by work that must not meet its like.
    """
    job = Job()
    threading.Thread(target=_run, args=(job, work, turn), daemon=True).start()
    return job


def cancel(key: str) -> None:
    """Ask a running job to stop."""
    job = find(key)
    if job is not None:
        job.stop.set()


def forget(key: str) -> None:
    """Drop a job that has ended, so that it can be started anew."""
    _jobs().pop(key, None)


def _run(job: Job, work: Callable[[Report], Any], turn: AbstractContextManager | None) -> None:
    few_cores()
    job.doing = WAITING
    # Streamlit collects garbage after every run of a page, and a bar of progress runs twice a
    # second: without what is there already, that does not hold up the work.
    gc.freeze()
    try:
        with turn or contextlib.nullcontext():
            job.report(0.0)
            job.result = work(job.report)
    except CancelledError:
        job.error = "cancelled"
    except BaseException as problem:  # shown on the page, the thread has nobody else to tell
        job.error = _told(problem)
    finally:
        gc.unfreeze()
        job.running = False
        job.ended.set()


def few_cores() -> None:
    """Leave half of the cores to the pages: this thread computes on the others only.

    PyTorch keeps the number for each thread and hands the one that was set last to new threads,
    so it is set back by another one.
    """
    usual = torch.get_num_threads()
    torch.set_num_threads(max(1, usual // 2))
    other = threading.Thread(target=torch.set_num_threads, args=(usual,))
    other.start()
    other.join()


def _told(problem: BaseException) -> str:
    """The kind and the first line of an exception."""
    first = next(iter(str(problem).splitlines()), "")
    return ": ".join(part for part in (type(problem).__name__, first) if part)
