"""Strange bundles without end: PYTHONPATH=tests python -m nightly.stress [--bundles N] [--views N].

Every bundle goes through every measure and every rule, three of ten through a third of everything
else; others through every view. `--seed` is that of the first bundle: `--seed 17 --bundles 1
--views 0` asks again what failed with seed 17. Failing bundles are stored in `--aside`.
"""

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import torch
from stress.bundles import strange
from stress.running import Told, each, examined
from stress.views import looked_at

from analysis.loading import save_bundle

AT_A_TIME = 25
KILO_TO_MEGA = 1024


def main() -> None:
    """Ask, print the figures, and end with 1 where anything failed."""
    asked, failed = _options(), False
    with ProcessPoolExecutor(asked.workers, get_context("spawn"), initializer=_single) as workers:
        for what, look, number in (
            ("measures and rules", examined, asked.bundles),
            ("views", looked_at, asked.views),
        ):
            start = time.monotonic()
            told = _all(workers, look, range(asked.seed, asked.seed + number))
            if number:
                _print(what, told, time.monotonic() - start)
                _store(told, asked.aside)
            failed |= bool(told.failures)
    peaks = [
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    print(f"\n{max(peaks) / KILO_TO_MEGA:,.0f} MB, the largest process at its peak")
    sys.exit(failed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundles", type=int, default=10_000)
    parser.add_argument("--views", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--aside", type=Path, default=Path("build/stress"))
    return parser.parse_args()


def _single() -> None:
    torch.set_num_threads(1)


def _all(workers: ProcessPoolExecutor, look: Callable[[int], Told], seeds: range) -> Told:
    whole = Told()
    parts = [seeds[start : start + AT_A_TIME] for start in range(0, len(seeds), AT_A_TIME)]
    for told in workers.map(partial(each, look), parts):
        whole += told
    return whole


def _print(what: str, told: Told, seconds: float) -> None:
    long = 1000 * seconds / told.bundles
    print(f"\n{what}: {told.bundles:,} bundles, {seconds:,.0f} s, {long:,.0f} ms each")
    for name, number in told.counted().items():
        print(f"{number:>10,} {name}")
    print(f"{told.refused.total():>10,} refusals, by sentence:")
    for sentence, number in told.refused.most_common():
        print(f"{number:>10,}   {sentence}")
    print(f"{len(told.failures):>10,} failures", flush=True)


def _store(told: Told, aside: Path) -> None:
    """Keep the bundles that failed, with what was found."""
    for seed, name, text in told.failures:
        folder = aside / str(seed)
        if not folder.exists():
            save_bundle(strange(seed), folder)
        with folder.with_suffix(".txt").open("a", encoding="utf-8") as stream:
            stream.write(f"{name}\n{text}\n")
        print(f"  seed {seed}, {name}: {text.splitlines()[-1]} (stored in {folder})")


if __name__ == "__main__":
    main()
