"""A process that gives inputs to their readers, in children that may hang, crash or fill memory.

python -m hostile.worker FOLDER SEED SECONDS FORMAT:FIRST:END ... or FOLDER replay FILE
Prints lines of JSON: one for each input that fails, and one at the end of each child.
"""

import faulthandler
import importlib
import json
import logging
import os
import re
import resource
import shutil
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from hostile.cases import Case
from hostile.making import made
from hostile.trying import SECRET, WrongError, small_limits, tried
from streamlit.logger import set_log_level

from analysis.bundle import BundleError

SECONDS, PATIENCE = 5, 60  # of work and on the clock
MEMORY = 400 << 20  # bytes beyond what the process takes anyway
MACHINE = 4 << 30
HOW = {signal.SIGPROF: "it worked for too long", signal.SIGALRM: "it hung"}
LATER = ("pandas", "pyarrow.csv", "PIL.Image")  # what children would import one after the other
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGING = ("os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.link", "os.chmod")
NEVER = ("socket.connect", "subprocess.Popen", "os.system", "os.exec", "pickle.find_class")
FREE = ("/dev/", "/proc/self/clear_refs/")
Make = Callable[[], Case]


class Watch:
    """Every act of this process that a reader has no business with."""

    def __init__(self, folder: Path) -> None:
        self.folder = f"{folder}/"
        self.acts: list[str] = []
        sys.addaudithook(self._seen)

    def _seen(self, event: str, details: tuple) -> None:
        if event in NEVER:
            self.acts.append(f"{event} {details!r}"[:200])
        writes = event == "open" and isinstance(details[2], int) and details[2] & WRITING
        if not writes and event not in CHANGING:
            return
        path = details[0]
        if isinstance(path, bytes | str) and os.path.isabs(os.fsdecode(path)):
            place = os.path.normpath(os.fsdecode(path))
            if not f"{place}/".startswith((self.folder, *FREE)):
                self.acts.append(f"{event} {place}"[:200])


def _memory(name: str) -> int:
    status = Path("/proc/self/status").read_text()
    return 1024 * int(re.search(rf"{name}:\s+(\d+)", status)[1])


def _timed(trace) -> None:
    """Whoever works too long is ended by the system, which writes down where it was."""
    faulthandler.enable(trace)
    for ending in HOW:
        signal.signal(ending, signal.SIG_DFL)
        faulthandler.register(ending, trace, chain=True)


def _judged(case: Case, folder: Path, watch: Watch) -> tuple[str, str, int]:
    """Outcome, what is wrong with it, and bytes taken at the peak."""
    Path("/proc/self/clear_refs").write_text("5")
    before, most = _memory("VmRSS"), _memory("VmSize") + MACHINE
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
    watch.acts.clear()
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    outcome, wrong = "failed", ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", ResourceWarning)
            outcome = "loaded" if tried(case, folder) else "refused"
    except BundleError as error:
        outcome = "refused"
        if "\n" in str(error) or not 10 < len(str(error)) < 3000:
            wrong = f"no clear sentence: {error}"
    except WrongError as error:
        wrong = str(error)
    except BaseException:
        wrong = traceback.format_exc()
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
    peak = _memory("VmHWM") - before
    if watch.acts:
        wrong = f"it did what a reader must not: {watch.acts}"
    elif peak > MEMORY:
        wrong = wrong or f"it took {peak / 1e6:,.0f} MB"
    return ("failed" if wrong else outcome), wrong, peak


def _child(form: str, inputs: Iterator[tuple[int, Make]], folder: Path) -> None:
    """Try inputs; what it is at stands in a file at any time."""
    own = folder / "own"
    os.environ["TMPDIR"] = str(own)
    counts, started, peak = Counter(), time.monotonic(), 0
    with (folder / "trace").open("w") as trace, (folder / "progress").open("wb") as progress:
        _timed(trace)
        watch = Watch(own)
        for number, make in inputs:
            told = {"number": number, "counts": counts, "peak": peak}
            told |= {"seconds": {form: time.monotonic() - started}}
            os.pwrite(progress.fileno(), json.dumps(told).encode().ljust(2000), 0)
            own.mkdir(exist_ok=True)
            os.chdir(own)
            case = make()
            outcome, wrong, took = _judged(case, own, watch)
            counts[f"{form}/{outcome}"] += 1
            peak = max(peak, took)
            if wrong:
                _print({"format": form, "number": number, "wrong": wrong, "case": case.text()})
            os.chdir(folder)
            shutil.rmtree(own, ignore_errors=True)
    _print({"counts": counts, "peak": peak, "seconds": {form: time.monotonic() - started}})


def _print(line: dict) -> None:
    print(json.dumps(line), flush=True)


def _tried(form: str, inputs: dict[int, Make], folder: Path) -> None:
    """One child, and after each that died another one for the inputs behind it."""
    while inputs:
        child = os.fork()
        if not child:
            try:
                _child(form, iter(inputs.items()), folder)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if ended == 0:
            return
        if ended > 0:
            sys.exit("A child of the fuzzer ended with an error of its own.")
        told = json.loads((folder / "progress").read_bytes())
        number = told.pop("number")
        how = HOW.get(-ended, f"the process died of signal {-ended}")
        wrong = f"{how}\n{(folder / 'trace').read_text()[:2000]}"
        case = inputs[number]().text()
        told["counts"][f"{form}/failed"] = told["counts"].get(f"{form}/failed", 0) + 1
        _print({"format": form, "number": number, "wrong": wrong, "case": case})
        _print(told)
        inputs = {later: make for later, make in inputs.items() if later > number}


def main(folder: Path, arguments: list[str]) -> None:
    """Try all inputs that were asked for."""
    set_log_level(logging.getLevelName(logging.CRITICAL))
    sys.dont_write_bytecode = True
    for module in LATER:
        importlib.import_module(module)
    (folder / "secret.csv").write_text(f"sample_id,label\n{SECRET},{SECRET}\n")
    small_limits()
    if arguments[0] == "replay":
        case = Case.parsed(Path(arguments[1]).read_text("utf-8"))
        _tried(case.format, {0: lambda: case}, folder)
        return
    seed, ends = int(arguments[0]), time.monotonic() + float(arguments[1])
    for job in arguments[2:]:
        if time.monotonic() > ends:
            return
        form, first, end = job.split(":")
        numbers = range(int(first), int(end))
        _tried(form, {n: lambda form=form, n=n: made(form, seed, n) for n in numbers}, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2:])
