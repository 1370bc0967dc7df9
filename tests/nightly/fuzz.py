"""Hostile files for every reader: python -m nightly.fuzz, or make fuzz.

Each input is made anew from the seed, its format and its number, and given to its reader in a
worker process. It has to be read as what it says or refused in a sentence: anything else is
written aside, to be tried again with --replay.
"""

import argparse
import math
import os
import random
import sys
import time
from pathlib import Path

from hostile.making import MAKERS
from hostile.running import Outcome, replayed, run, shared_out

ASIDE = Path("fuzz-failures")


def main(given: list[str] | None = None) -> int:
    """Try the inputs and print what came of them; 1 where one of them was not handled."""
    options = _options(given)
    started = time.monotonic()
    if options.replay:
        outcome = replayed(options.replay)
    else:
        jobs = shared_out(options.inputs, options.format)
        print(f"{options.inputs:,} inputs, seed {options.seed}", flush=True)
        outcome = run(jobs, options.seed, options.workers, options.seconds, _tell)
    return told(outcome, options.seed, time.monotonic() - started)


def told(outcome: Outcome, seed: int, seconds: float) -> int:
    """Print the figures, put the failing inputs aside; what the program ends with."""
    _print(outcome, seconds)
    _aside(outcome, seed)
    return 1 if outcome.failures else 0


def _options(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nightly.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="how many, over all formats")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--format", action="append", choices=MAKERS, help="only this one")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=float, default=math.inf, help="then begin nothing")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="an input that was put aside")
    return parser.parse_args(given)


def _tell(outcome: Outcome) -> None:
    if sys.stderr.isatty():
        print(f"\r{outcome.counts.total():,} tried", end="\r", file=sys.stderr, flush=True)


def _print(outcome: Outcome, seconds: float) -> None:
    """Per format how many were read, refused and neither."""
    print(f"{'format':<14}{'tried':>9}{'loaded':>9}{'refused':>9}{'failed':>9}{'seconds':>9}")
    totals = [0, 0, 0]
    for form in dict.fromkeys(name.split("/")[0] for name in outcome.counts):
        found = [outcome.counts[f"{form}/{what}"] for what in ("loaded", "refused", "failed")]
        totals = [a + b for a, b in zip(totals, found, strict=True)]
        _row(form, found, outcome.seconds[form])
    _row("all", totals, seconds)
    print(f"one input took at most {outcome.peak / 1e6:,.0f} MB beyond what the program takes")


def _row(form: str, found: list[int], seconds: float) -> None:
    print(f"{form:<14}{sum(found):>9,}" + "".join(f"{n:>9,}" for n in found) + f"{seconds:>9.0f}")


def _aside(outcome: Outcome, seed: int) -> None:
    """Write every failing input where it can be tried again from."""
    for failure in outcome.failures:
        form, number = failure["format"].replace(" ", "-"), failure["number"]
        path = ASIDE / f"{form}-{seed}-{number}.json"
        print(f"\n{failure['format']} {number}: {failure['wrong'][-3000:]}")
        if failure["case"]:
            ASIDE.mkdir(exist_ok=True)
            path.write_text(failure["case"], "utf-8")
            print(f"again with --replay {path}")


if __name__ == "__main__":
    sys.exit(main())
