"""Many sessions at once on one server: `make load` prints what they see, wait for and hold.

Each session has a secret marker, in the names of its files, models, samples or ensembles. No other
session may ever be sent it: not on a page, in an option, in an error or in a download. Some
sessions are browsers, the others speak Streamlit's protocol, since twenty browsers on two cores
would measure themselves.
"""

import argparse
import json
import random
import re
import secrets
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from browser import driver
from made import random_bundle
from protocol import Session, serving

from analysis.loading import save_bundle

AWAY = 20  # seconds after which a session without a connection is forgotten
PAGES = ("corrections", "groups", "disagreement", "calibration", "difficulty", "samples", "data")
PAGES_A_ROUND = 4
TITLES = ("Corrections", "Groups", "Disagreement", "Samples")
SHARED = {"models": 20, "samples": 20_000, "classes": 10}
THOUGHT = 4.0  # seconds between two interactions of a person, on average
OWN_SAMPLES = 2000
MARKER = re.compile(rb"secret[0-9a-f]{12}")
MB = 1 << 20


@dataclass
class Told:
    """What the sessions report, each under its own marker.

    Attributes:
        seconds: of every interaction.
        errors: what should not have been shown, with the session that saw it.
        leaks: markers that were sent to a session that does not own them.
    """

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)


@dataclass
class Watch:
    """The server's memory and threads, looked at again and again."""

    process: int
    memory: int = 0
    threads: int = 0

    def now(self) -> int:
        """Bytes of memory that the server holds; 0 once it has ended."""
        status = Path(f"/proc/{self.process}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        memory = 1024 * int(found[1]) if found else 0
        self.memory = max(self.memory, memory)
        self.threads = max(self.threads, int(re.search(r"Threads:\s+(\d+)", status)[1]))
        return memory

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look ten times a second."""
        stop = threading.Event()

        def look() -> None:
            while not stop.wait(0.1):
                self.now()

        thread = threading.Thread(target=look)
        thread.start()
        yield
        stop.set()
        thread.join()


def own_file(marker: str, place: int) -> bytes:
    """Predictions of three models on samples, all of which carry the marker."""
    rows = random.Random(place)
    head = f"sample_id,label,note,{','.join(f'{marker}model{name}' for name in 'abc')}\n"
    lines = (
        f"{marker}-{row},{label},{marker} says {row % 5},"
        + ",".join(label if rows.random() < 0.7 else rows.choice("xyz") for _ in range(3))
        for row, label in enumerate(rows.choices("xyz", k=OWN_SAMPLES))
    )
    return (head + "\n".join(lines)).encode()


def check(session: Session, marker: str, told: Told, doing: str) -> None:
    """Nothing of another session was sent, and nothing went wrong."""
    whole = b"".join(session.seen)
    others = set(MARKER.findall(whole)) - {marker.encode()}
    told.leaks += [f"{marker} was sent {other.decode()} on {doing}" for other in others]
    session.seen.clear()
    told.errors += [f"{doing}: {one.type} {one.message}" for one in session.elements("exception")]


def use(session: Session, place: int, marker: str, rounds: int, told: Told) -> None:
    """One person's work: members, an own file, a kept ensemble, pages, a saved session."""
    order = random.Random(place)
    session.before = lambda: time.sleep(order.expovariate(1 / THOUGHT))
    if place % 2:
        session.open_files({f"{marker}.csv": own_file(marker, place)})
        expect(f"{marker}modelb" in session.words(), "its own models", told)
        check(session, marker, told, "its upload")
    for turn in range(rounds):
        models = list(session.widget("multiselect", "Members of the ensemble").options)
        team = sorted(order.sample(models, order.randint(2, min(6, len(models)))))
        session.choose("Members of the ensemble", team)
        if place % 3 == 0 and turn == 0:
            session.write("keep-name", marker)
            session.click("keep")
        session.visit("corrections")
        session.pick("-ledger/", [{"customdata": order.randrange(6), "curve_number": 0}])
        picked = re.search(r"\*\*([\d,]+) of [\d,]+\*\* selected", session.words())
        for page in order.sample(PAGES, PAGES_A_ROUND):
            session.visit(page)
            check(session, marker, told, page)
        saved = json.loads(session.download("Save session"))
        expect(sorted(saved["members"]) == team, "its own members", told)
        number = saved["selection"]["number"] if saved["selection"] else 0
        own = int(picked[1].replace(",", "")) if picked else 0
        expect(number == own, "its own selection", told)
        expect((marker in str(saved)) == (place % 2 == 1 or place % 3 == 0), "its marker", told)
        check(session, marker, told, "its saved session")


def expect(there: bool, what: str, told: Told) -> None:
    """A session sees what is its own."""
    if not there:
        told.errors.append(f"a session did not see {what}")


def in_thread(address: str, place: int, rounds: int, told: Told, sessions: list[Session]) -> None:
    """A session that speaks the protocol."""
    marker = f"secret{secrets.token_hex(6)}"
    try:
        session = Session(address)
        sessions.append(session)
        use(session, place, marker, rounds, told)
        told.seconds += session.seconds
    except Exception as problem:
        told.errors.append(f"session {place}: {type(problem).__name__} {str(problem)[:300]}")


def in_browser(pages: list, rounds: int, told: Told) -> None:
    """Browsers that look at the shared bundle meanwhile."""
    for page, title in [(page, title) for title in TITLES * rounds for page in pages]:
        start = time.perf_counter()
        try:
            driver.visit(page, title)
        except Exception as problem:
            told.errors.append(f"a browser on {title}: {type(problem).__name__}")
        told.seconds.append(time.perf_counter() - start)
        seen = MARKER.findall(page.content().encode())
        told.leaks += [f"a browser was sent {one.decode()} on {title}" for one in seen]
    for page in pages:
        told.errors += page.problems


def alone(address: str, watch: Watch) -> tuple[int, Session]:
    """Memory with one session that has been on every page."""
    session = Session(address)
    for page in PAGES:
        session.visit(page)
    return watch.now(), session


def measure(sessions: int, browsers: int, rounds: int) -> Told:
    """Run all, and print the figures."""
    told, open_sessions = Told(), []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "shared"
        save_bundle(random_bundle(**SHARED), folder)
        request = json.dumps({"paths": [str(folder)]})
        told_it = {"DISSENSUS_OPEN": request, "PYTHONFAULTHANDLER": "1"}
        server = stack.enter_context(serving(away=AWAY, **told_it))
        watch = Watch(server.process.pid)
        idle = watch.now()
        one, first = alone(server.address, watch)
        same = [Session(server.address) for _ in range(sessions - 1)]
        for session in same:
            session.visit("corrections")
        many = watch.now()
        for session in (*same, first):
            session.close()
        print_memory("with no session", idle)
        print_memory("one session that was on every page", one)
        print_memory(f"{sessions} sessions on the same bundle", many)
        with watch.watching():
            pages = []
            if browsers:
                chromium = stack.enter_context(driver.browser())
                pages = [driver.open_page(chromium, server.address) for _ in range(browsers)]
            threads = [
                threading.Thread(
                    target=in_thread, args=(server.address, place, rounds, told, open_sessions)
                )
                for place in range(sessions - browsers)
            ]
            start = time.perf_counter()
            for thread in threads:
                thread.start()
            in_browser(pages, rounds, told)
            for thread in threads:
                thread.join()
            wall = time.perf_counter() - start
        print_memory("at the peak", watch.memory)
        if (ended := server.process.poll()) is not None:
            raise SystemExit(f"the server ended with {ended}:\n{server.log.read_text()[-3000:]}")
        held = said(server.address)
        for page in pages:
            page.context.close()
        for session in open_sessions:
            session.close()
        time.sleep(AWAY + 5)
        print_memory("after all have closed", watch.now())
        print_figures(told, sessions, browsers, wall, watch.threads)
        print(f"then: {held}\nafter all have closed: {said(server.address)}")
    return told


def said(address: str) -> str:
    """What the Data page says that the server holds."""
    session = Session(address)
    session.visit("data")
    found = re.search(r"This server: .*? under way", session.words())[0]
    session.close()
    return found


def print_memory(when: str, size: int) -> None:
    """One line."""
    print(f"memory {when:40} {size / MB:8,.0f} MB", flush=True)


def print_figures(told: Told, sessions: int, browsers: int, wall: float, threads: int) -> None:
    """What `make load` is for."""
    seconds = sorted(told.seconds)
    late = seconds[int(0.95 * len(seconds))]
    print(
        f"sessions {sessions} ({browsers} browsers), interactions {len(seconds):,} in {wall:,.0f} "
        f"s, median {statistics.median(seconds):.2f} s, 95th percentile {late:.2f} s, "
        f"threads at most {threads}\n"
        f"errors {len(told.errors)}, cross-talk {len(told.leaks)}"
    )
    for line in (told.errors + told.leaks)[:20]:
        print(f"  {line}")


def main() -> int:
    """Exit 1 with any error or cross-talk."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--browsers", type=int, default=3 if driver.chromium() else 0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    told = measure(options.sessions, options.browsers, options.rounds)
    return int(bool(told.errors or told.leaks))


if __name__ == "__main__":
    raise SystemExit(main())
