"""Time of comparing the probabilities of all pairs, beside torch and scipy pair by pair.

    python tests/benchmarks/bench_probabilities.py [small] [large] [--repeat R] [--folder F]

small: 20 models, 10,000 samples, 10 classes in memory. large: 100 models, 50,000 samples, 100
classes, float16 in files (1 GB), of which each chunk of samples is read when its turn comes. The
peers get their tables in memory and are timed on a few pairs, scaled to all.
The limits are the float32 products at the rate of the same run, and for Jensen-Shannon fifteen
vector operations (what its logarithm and sums take) for each pair and entry at that rate.
"""

import argparse
import tempfile
from collections.abc import Callable
from itertools import islice, pairwise
from pathlib import Path

import torch
from harness import Limit, Peer, Rates, heading, installed, measured_rates, report, versioned
from torch.nn.functional import kl_div

from analysis.bundle import Bundle
from analysis.catalog import CATALOG
from analysis.stored import FileArray, StoredArray
from analysis.tally import tally

KL = ("cross_entropy", "sym_kl")
PRODUCTS = (*KL, "hellinger_affinity")
OPERATIONS = 15
PAIRS_TIMED = 4


def zoo(models: int, samples: int, classes: int, folder: Path | None) -> Bundle:
    """Models that lean towards one answer a sample; in files of a folder, or in memory."""
    generator = torch.Generator().manual_seed(0)
    answers = torch.randint(classes, (samples, 1), generator=generator)
    lean = torch.zeros(samples, classes).scatter_(1, answers, 4.0)
    names = tuple(f"model-{place}" for place in range(models))
    tables = {}
    for name in names:
        table = torch.randn(samples, classes, generator=generator).add_(lean).softmax(1)
        if folder is None:
            tables[name] = table
        else:
            table.half().numpy().tofile(folder / name)
            place = FileArray(str(folder / name), 0, (samples, classes), "<f2")
            tables[name] = StoredArray(place, checked=True)
    return Bundle(
        models=names,
        ids=tuple(map(str, range(samples))),
        classes=tuple(map(str, range(classes))),
        predictions=torch.zeros(models, samples, dtype=torch.int32),
        probabilities=tables,
    )


def compare(bundle: Bundle, rates: Rates, targets: tuple[float, float], repeat: int) -> None:
    """The rows of one size; the peers' logarithms and roots are taken before the clock starts."""
    models, (samples, classes) = len(bundle.models), bundle.probabilities[bundle.models[0]].shape
    size = f"M={models}, N={samples:,}, C={classes}"
    pairs, rows = models * (models - 1) // 2, torch.arange(samples)
    few = list(islice(bundle.probabilities.values(), PAIRS_TIMED + 1))
    tables = [table[rows] for table in few]
    logs, roots = [table.clamp_min(1e-12).log() for table in tables], [x.sqrt() for x in tables]
    arrays = [table.numpy() for table in tables]
    times = pairs / PAIRS_TIMED
    flops = 2 * models**2 * samples * classes
    entries = pairs * samples * classes

    def each_way() -> None:
        for one, other in zip(range(PAIRS_TIMED), range(1, PAIRS_TIMED + 1), strict=True):
            kl_div(logs[one], tables[other], reduction="batchmean")
            kl_div(logs[other], tables[one], reduction="batchmean")

    def all_three() -> None:
        each_way()
        for one, other in pairwise(roots):
            (one * other).sum(1).mean()

    def by_scipy() -> None:
        from scipy.spatial.distance import jensenshannon

        for one, other in pairwise(arrays):
            (jensenshannon(one, other, axis=1) ** 2).mean()

    torch_version = versioned("torch")
    for work, measures, call, peer, number in (
        ("cross-entropy, symmetric KL", KL, each_way, "kl_div", 1),
        ("the same and Hellinger", PRODUCTS, all_three, "kl_div and product of roots", 2),
    ):
        report(
            work,
            size,
            summing(bundle, measures),
            (Peer(f"{peer} per pair ({torch_version})", call, times, targets[0]),),
            limit=Limit(f"{number} float32 products", number * flops / rates.float32),
            repeat=repeat,
        )
    if installed("scipy"):
        report(
            "Jensen-Shannon",
            size,
            summing(bundle, ("js_nats",)),
            (Peer(f"jensenshannon per pair ({versioned('scipy')})", by_scipy, times, targets[1]),),
            limit=Limit(f"{OPERATIONS} operations", 2 * OPERATIONS * entries / rates.float32),
            repeat=repeat,
        )


def summing(bundle: Bundle, measures: tuple[str, ...]) -> Callable[[], object]:
    """One walk over the samples for these measures."""
    needs = {name for measure in measures for name in CATALOG[measure].needs}
    return lambda: tally(bundle, needs)


def main() -> None:
    """Run the sizes that are named, both by default."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sizes", nargs="*", help="small, large or both")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--folder", help="where the files of the large size are made")
    options = parser.parse_args()
    sizes, rates = options.sizes or ["small", "large"], measured_rates()
    heading(rates)
    if "small" in sizes:
        compare(zoo(20, 10_000, 10, None), rates, (27, 36), options.repeat)
    if "large" in sizes:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            compare(zoo(100, 50_000, 100, Path(folder)), rates, (80, 100), options.repeat)


if __name__ == "__main__":
    main()
