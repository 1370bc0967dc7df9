"""Worker processes over many inputs, and what came of them."""

import json
import math
import os
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from hostile.making import MAKERS
from made import ROOT

Job = tuple[str, int, int]  # format, first input, the one behind the last
AT_ONCE = 200
PROGRAM = ("-m", "hostile.worker")
_telling = threading.Lock()


@dataclass
class Outcome:
    """What came of many inputs.

    Attributes:
        counts: "format/loaded", "format/refused", "format/failed" -> inputs.
        failures: format, number, what is wrong and the case as text, of each that failed.
        peak: bytes that one input took at most.
        seconds: of every format, summed over the workers.
    """

    counts: Counter = field(default_factory=Counter)
    failures: list[dict] = field(default_factory=list)
    peak: int = 0
    seconds: Counter = field(default_factory=Counter)

    def take(self, told: dict) -> None:
        """Add a line that a worker printed."""
        if "wrong" in told:
            self.failures.append(told)
            return
        self.counts.update(told["counts"])
        self.seconds.update(told["seconds"])
        self.peak = max(self.peak, told["peak"])


def shared_out(inputs: int, formats: Sequence[str] | None = None) -> list[Job]:
    """So many inputs in all, as jobs of one format each, which take turns."""
    formats = formats or list(MAKERS)
    jobs = []
    for place, form in enumerate(formats):
        own = inputs * (place + 1) // len(formats) - inputs * place // len(formats)
        jobs += [(form, at, min(at + AT_ONCE, own)) for at in range(0, own, AT_ONCE)]
    return sorted(jobs, key=lambda job: job[1])


def run(
    jobs: list[Job],
    seed: int,
    workers: int = 1,
    seconds: float = math.inf,
    tell: Callable[[Outcome], None] = lambda outcome: None,
    program: Sequence[str] = PROGRAM,
) -> Outcome:
    """Try all inputs of some jobs; `tell` is told after each, and none begins after `seconds`."""
    outcome = Outcome()
    parts = [part for start in range(workers) if (part := jobs[start::workers])]
    asked = [
        [str(seed), str(seconds), *(":".join(map(str, job)) for job in part)] for part in parts
    ]
    with ThreadPoolExecutor(len(parts)) as pool:
        works = [pool.submit(_work, one, outcome, tell, program) for one in asked]
    for work in works:
        work.result()
    return outcome


def replayed(path: Path) -> Outcome:
    """Try an input that was written aside."""
    outcome = Outcome()
    _work(["replay", str(path.resolve())], outcome, lambda outcome: None, PROGRAM)
    return outcome


def _work(arguments: list[str], outcome: Outcome, tell: Callable, program: Sequence[str]) -> None:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    environment = os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        worker = subprocess.Popen(
            [sys.executable, *program, folder, *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=folder,
        )
        for line in worker.stdout:
            with _telling:
                outcome.take(json.loads(line))
                tell(outcome)
        if worker.wait():
            raise RuntimeError("a worker ended with an error of its own")
