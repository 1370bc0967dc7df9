"""Long work in a thread beside the page: progress, cancel, and a result that stays.

Sessions that ask for the same share one job, which ends when the last of them has cancelled it or
is gone. Few jobs work at once; the others wait for their turn in the order in which they came.
"""

import contextlib
import gc
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakSet

import streamlit as st
import torch

from analysis.bundle import BundleError
from analysis.loading import CancelledError
from dashboard import collecting, limits
from dashboard.holding import session, size_of, work_for

Report = Callable[..., None]
READERS = 2  # uploads that are read at once
ASK_AGAIN = 0.2  # seconds after which a job that waits looks whether it shall stop


@dataclass(eq=False)
class Job:
    """One piece of work; read by pages, written by its thread.

    Attributes:
        users: the sessions that wait for it or use its result.
        left: those that have cancelled it while others wait.
    """

    progress: float = 0.0
    doing: str = ""
    result: Any = None
    error: str = ""
    running: bool = True
    stop: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    users: set[str | None] = field(default_factory=lambda: {session()})
    left: set[str | None] = field(default_factory=set)

    def report(self, share: float, doing: str = "") -> None:
        """Told by the work how much of it is done; ends it when a stop was asked for."""
        self.progress = min(max(share, 0.0), 1.0)
        self.doing = doing
        if self.stop.is_set():
            raise CancelledError


class Queue:
    """Lets so many jobs work at once, in the order in which they came."""

    def __init__(self, room: int) -> None:
        """Room for how many."""
        self._room, self._jobs = room, []
        self._moved = threading.Condition()

    def join(self, job: Job) -> None:
        """The job stands at the end."""
        with self._moved:
            self._jobs.append(job)

    @contextmanager
    def turn(self, job: Job) -> Iterator[None]:
        """Wait until it is the turn of a job that has joined; it tells how many are before it.

        Raises:
            CancelledError: a stop was asked for meanwhile.
        """
        try:
            with self._moved:
                while (before := self._jobs.index(job) - self._room + 1) > 0:
                    job.report(0.0, _waiting(before))
                    self._moved.wait(ASK_AGAIN)
            yield
        finally:
            with self._moved:
                self._jobs.remove(job)
                self._moved.notify_all()


# One: numba's simplest threading layer ends the process when two threads enter it at once.
_heavy, _readings = Queue(1), Queue(READERS)
_starting = threading.RLock()
_begun: WeakSet[Job] = WeakSet()
_cancelled = Job(error="cancelled", running=False, users=set())


@st.cache_resource(show_spinner=False)
def _jobs() -> OrderedDict[str, Job]:
    return OrderedDict()


def find(key: str) -> Job | None:
    """The job of this key, running or done; as this session has it, which may have cancelled."""
    with _starting:
        job = _jobs().get(key)
        if job is None:
            return None
        if job.running and session() in job.left:
            return _cancelled
        job.users.add(session())
        _jobs().move_to_end(key)
        return job


def start(key: str, work: Callable[[Report], Any]) -> None:
    """Run work(report) in a thread; a job that runs or is done already is left alone."""
    with _starting:
        known = find(key)
        if known is None or not (known.running or known.result is not None):
            _make_room()
            _jobs()[key] = _begin(work, _heavy)


def begin(work: Callable[[Report], Any]) -> Job:
    """Run work(report) in a thread, for whoever holds the job that is returned."""
    return _begin(work, _readings)


def cancel(key: str) -> None:
    """This session waits no longer; the work ends if nobody else does."""
    with _starting:
        job = _jobs().get(key)
        if job is not None:
            job.left |= {session()} if job.users - {session()} else set()
            _without(job, session())


def forget(key: str) -> None:
    """Drop a job that has ended, so that it can be started anew; join one that still runs."""
    with _starting:
        job = _jobs().get(key)
        if job is not None and job.running and not job.stop.is_set():
            job.left.discard(session())
        else:
            _jobs().pop(key, None)


def leave(gone: str) -> None:
    """A session has ended: work that nobody else waits for ends, results of nobody are dropped."""
    with _starting:
        for job in list(_begun):
            _without(job, gone)
        for key, job in list(_jobs().items()):
            if not job.running and not job.users - {None}:
                del _jobs()[key]


def at_work() -> int:
    """How many jobs run or wait."""
    return sum(job.running for job in list(_begun))


def _without(job: Job, gone: str | None) -> None:
    if gone in job.users:
        job.users.discard(gone)
        if not job.users:
            job.stop.set()


def _make_room() -> None:
    """Results that were not looked at for longest go where all take more than caches may."""
    ended = {key: job for key, job in _jobs().items() if not job.running}
    sizes = {key: size_of(job.result) for key, job in ended.items()}
    total = sum(sizes.values())
    for key, size in sizes.items():
        if total <= limits.current().results:
            return
        del _jobs()[key]
        total -= size


def _begin(work: Callable[[Report], Any], queue: Queue) -> Job:
    job = Job()
    _begun.add(job)
    queue.join(job)
    turn, asking = queue.turn(job), session()
    threading.Thread(target=_run, args=(job, work, turn, asking), daemon=True).start()
    return job


def _run(
    job: Job,
    work: Callable[[Report], Any],
    turn: AbstractContextManager,
    asking: str | None,
) -> None:
    work_for(asking)
    few_cores()
    try:
        with turn, _undisturbed():
            job.report(0.0)
            job.result = work(job.report)
    except CancelledError:
        job.error = "cancelled"
    except BaseException as problem:  # shown on the page, the thread has nobody else to tell
        job.error = _told(problem)
    finally:
        job.running = False
        job.ended.set()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Garbage is collected without what is there already.

    Streamlit does so after every run of a page, and a bar of progress runs twice a second: of all
    objects, that would hold up the work. What the work left is found at its end.
    """
    gc.freeze()
    try:
        yield
    finally:
        collecting.thaw()
        collecting.freeze()


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


def _waiting(before: int) -> str:
    what = "another task" if before == 1 else f"{before} other tasks"
    return f"Waiting for {what} of this server"


def _told(problem: BaseException) -> str:
    """A sentence as it stands; else the kind and the first line of an exception."""
    if isinstance(problem, BundleError):
        return str(problem)
    first = next(iter(str(problem).splitlines()), "")
    return ": ".join(part for part in (type(problem).__name__, first) if part)
