"""Pair counts and label agreement with all measures read off them, beside DESlib and scipy.

    python tests/benchmarks/bench_counts.py [--quick] [--models M] [--samples N] [--classes C]

Ours is everything from a bundle to the float64 tables. DESlib is timed on one pair
and scaled to all pairs; it has four of the seven measures, each a call of its own. scipy gives one
matrix of ours.
"""

import argparse
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from harness import (
    Limit,
    Peer,
    heading,
    installed,
    measured_rates,
    random_answers,
    report,
    versioned,
)

from analysis.bundle import Bundle
from analysis.catalog import CATALOG, value
from analysis.tally import Tally, tally

FROM_COUNTS = (
    "error_disagreement",
    "double_fault",
    "q_statistic",
    "rho",
    "error_consistency",
    "error_iou",
    "error_transfer",
)
FROM_LABELS = ("disagreement_labels", "cohen_kappa_labels", "same_wrong_rate")
COLD = """
import sys, time
sys.path[:0] = [{here!r}, {root!r}]
from bench_counts import bundle_of_size, matrices, FROM_COUNTS, FROM_LABELS
bundle = bundle_of_size({models}, {samples}, {classes})
start = time.perf_counter()
matrices(bundle, FROM_COUNTS + FROM_LABELS)
print(time.perf_counter() - start)
"""


def bundle_of_size(models: int, samples: int, classes: int) -> Bundle:
    predictions, labels = random_answers(models, samples, classes)
    names = (tuple(map(str, range(size))) for size in (models, samples, classes))
    return Bundle(*names, predictions, labels)


def matrices(bundle: Bundle, names: tuple[str, ...]) -> dict:
    """These pair measures, from the answers to the tables."""
    sums = tally(bundle, {need for name in names for need in CATALOG[name].needs})
    return {name: value(CATALOG[name], sums) for name in names}


def counts(bundle: Bundle) -> Tally:
    """The sums that the measures of right and wrong are read off."""
    return tally(bundle, CATALOG["q_statistic"].needs)


def of_deslib() -> tuple:
    """The measures that DESlib has, too."""
    from deslib.util import diversity

    return (
        diversity.disagreement_measure,
        diversity.double_fault,
        diversity.Q_statistic,
        diversity.correlation_coefficient,
    )


def cold(models: int, samples: int, classes: int, cache: str) -> float:
    """Seconds of the first call in a fresh process, kernels compiled or read from this folder."""
    here = Path(__file__).resolve()
    sizes = {"models": models, "samples": samples, "classes": classes}
    code = COLD.format(here=str(here.parent), root=str(here.parents[2]), **sizes)
    environment = os.environ | {"NUMBA_CACHE_DIR": cache}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="100 models on 5,000 samples")
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=50_000)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=5)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.models, chosen.samples, chosen.repeat = 100, 5000, 3
    rates = measured_rates()
    heading(rates)
    large = (chosen.models, chosen.samples, chosen.classes)
    for models, samples, classes in (large, (20, 10_000, 10)):
        compare(models, samples, classes, chosen.repeat, rates.int8)


def compare(models: int, samples: int, classes: int, repeat: int, int8: float) -> None:
    from scipy.spatial.distance import pdist

    bundle = bundle_of_size(models, samples, classes)
    pairs, small = models * (models - 1) // 2, models <= 20
    size = f"M={models}, N={samples:,}"
    limit = Limit("one int8 product", 2 * models**2 * samples / int8)
    if installed("deslib"):
        labels, first, second = (
            array.numpy() for array in (bundle.labels, *bundle.predictions[:2])
        )
        peer = (
            Peer(
                f"{versioned('deslib')}, 4 measures",
                lambda: [measure(labels, first, second) for measure in of_deslib()],
                pairs,
                None if small else 200_000,
            ),
        )
        report("pair counts", size, partial(counts, bundle), peer, limit=limit, repeat=repeat)
        work = partial(matrices, bundle, FROM_COUNTS)
        report("pair counts, 7 measures", size, work, peer, limit=limit, repeat=repeat)
    answers = bundle.predictions.numpy()
    peer = (Peer(versioned("scipy"), partial(pdist, answers, "hamming"), 1, 3 if small else 10),)
    for work, names in (
        ("label disagreement", ("disagreement_labels",)),
        ("pair counts and labels, 10 measures", FROM_COUNTS + FROM_LABELS),
    ):
        call = partial(matrices, bundle, names)
        report(work, f"{size}, C={classes}", call, peer, limit=limit, repeat=repeat)
    if not small:
        import tempfile

        with tempfile.TemporaryDirectory() as cache:
            times = [cold(models, samples, classes, cache) for _ in range(2)]
        print(
            f"\nThe last row's work as the first call of a fresh process: {times[0]:.2f} s, "
            f"compiling included; {times[1]:.2f} s with the compiled kernels on disk.\n",
            flush=True,
        )


if __name__ == "__main__":
    main()
