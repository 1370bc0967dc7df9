"""Time of the slice search beside the sliceline package, which must find the same slices.

    python tests/benchmarks/bench_slices.py [--quick] [--repeat R]

Needs `pip install sliceline`. Both search the ten best slices of up to three conditions. The
package compiles with numba where that is installed, which it does before it is timed.
"""

import argparse
from functools import partial

import numpy as np
import torch
from harness import Peer, heading, installed, measured_rates, report, versioned

from analysis.grouping import Grouping
from analysis.slices import LEAST, find_slices

TOP, LEVELS, ALPHA = 10, 3, 0.95
# Samples, columns, levels per column; of 20 columns of 8 the package needs over 15 GB.
SIZES = ((2_000, 5, 4), (10_000, 8, 6), (50_000, 6, 5), (200_000, 5, 4))


def made(samples: int, columns: int, levels: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes [N, columns] and errors [N]; more errors where two columns have a certain level."""
    random = np.random.default_rng(0)
    codes = random.integers(0, levels, (samples, columns))
    planted = (codes[:, 0] == 1) & (codes[:, 2] == 0)
    return codes, (random.random(samples) < np.where(planted, 0.4, 0.1)).astype(float)


def ours(codes: np.ndarray, errors: np.ndarray) -> list[float]:
    columns = {
        str(place): Grouping(torch.from_numpy(own.astype(np.int32)), names)
        for place, own in enumerate(codes.T)
        for names in [tuple(map(str, range(int(own.max()) + 1)))]
    }
    found = find_slices(columns, torch.from_numpy(errors), max_level=LEVELS, alpha=ALPHA, top=TOP)
    return [one.score for one in found]


def theirs(codes: np.ndarray, errors: np.ndarray) -> list[float]:
    from sliceline.slicefinder import Slicefinder

    least = max(LEAST, -(-len(errors) // 100))
    finder = Slicefinder(alpha=ALPHA, k=TOP, max_l=LEVELS, min_sup=least, verbose=False)
    finder.fit(codes, errors)
    return [row["slice_score"] for row in finder.top_slices_statistics_[:TOP]]


def main() -> None:
    """Assert that both find slices of the same scores, and print what they take."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="the two smallest sizes")
    parser.add_argument("--repeat", type=int, default=3)
    chosen = parser.parse_args()
    there = installed("sliceline")
    heading(measured_rates())
    for samples, columns, levels in SIZES[:2] if chosen.quick else SIZES:
        data = made(samples, columns, levels)
        peers = ()
        if there:
            np.testing.assert_allclose(ours(*data), theirs(*data), rtol=1e-9)
            peers = (Peer(versioned("sliceline"), partial(theirs, *data), target=1),)
        report(
            f"{TOP} best slices of up to {LEVELS} conditions",
            f"N={samples:,}, {columns} columns of {levels} levels",
            partial(ours, *data),
            peers,
            repeat=chosen.repeat,
        )


if __name__ == "__main__":
    main()
