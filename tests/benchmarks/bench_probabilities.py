"""Time and memory of comparing the probabilities of all pairs, beside torch and scipy pair by pair.

    python tests/benchmarks/bench_probabilities.py [small] [large] [--repeat R] [--folder F]

small: 20 models, 10,000 samples, 10 classes in memory. large: 100 models, 50,000 samples, 100
classes, log probabilities in float16 in a file (1 GB), of which each chunk of samples is read when
its turn comes. The peers get their tables in memory and are timed on a few pairs, scaled to all.
The limits are the float32 products at the rate of the same run, and for Jensen-Shannon fifteen
vector operations (what its logarithm and sums take) for each pair and entry at that rate.
"""

import argparse
import tempfile
from collections.abc import Callable
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import torch
from harness import Limit, Peer, Rates, heading, installed, measured_rates, report, versioned
from torch import Tensor
from torch.nn.functional import kl_div

from analysis.bundle import Bundle
from analysis.catalog import CATALOG
from analysis.tally import tally

PRODUCTS = ("cross_entropy", "sym_kl", "hellinger_affinity")
OPERATIONS = 15
PAIRS_TIMED = 4


class StoredLogs:
    """Log probabilities in float16 in a file, read and raised to e where they are asked for."""

    dtype = torch.float32

    def __init__(self, path: Path, samples: int, classes: int) -> None:
        self.path, self.shape = path, (samples, classes)

    def __getitem__(self, rows: Tensor) -> Tensor:
        first, width = int(rows[0]), self.shape[1]
        assert int(rows[-1]) - first == len(rows) - 1, "chunks are runs of rows"
        part = np.fromfile(self.path, np.float16, len(rows) * width, offset=first * width * 2)
        return torch.from_numpy(part.reshape(-1, width)).float().exp_()


def zoo(models: int, samples: int, classes: int, folder: Path | None) -> Bundle:
    """Models that lean towards one answer a sample; in files of a folder, or in memory."""
    generator = torch.Generator().manual_seed(0)
    answers = torch.randint(classes, (samples, 1), generator=generator)
    lean = torch.zeros(samples, classes).scatter_(1, answers, 4.0)
    names = tuple(f"model-{place}" for place in range(models))
    tables = {}
    for name in names:
        logs = torch.randn(samples, classes, generator=generator).add_(lean).log_softmax(1)
        if folder is None:
            tables[name] = logs.exp_()
        else:
            logs.half().numpy().tofile(folder / name)
            tables[name] = StoredLogs(folder / name, samples, classes)
    bundle = Bundle(
        models=names,
        ids=tuple(map(str, range(samples))),
        classes=tuple(map(str, range(classes))),
        predictions=torch.zeros(models, samples, dtype=torch.int32),
    )
    # Tables in files are no tensors, which is what a new bundle is checked for.
    object.__setattr__(bundle, "probabilities", tables)
    return bundle


def compare(bundle: Bundle, rates: Rates, targets: tuple[float, float], repeat: int) -> None:
    """Both rows of one size, and what memory ours took."""
    models, (samples, classes) = len(bundle.models), bundle.probabilities[bundle.models[0]].shape
    size = f"M={models}, N={samples:,}, C={classes}"
    pairs, rows = models * (models - 1) // 2, torch.arange(samples)
    few = list(islice(bundle.probabilities.values(), PAIRS_TIMED + 1))
    tables = [table[rows] for table in few]
    logs = [table.clamp_min(1e-12).log() for table in tables]
    arrays = [table.numpy() for table in tables]
    times = pairs / PAIRS_TIMED
    flops = 2 * models**2 * samples * classes
    entries = pairs * samples * classes

    def each_way() -> None:
        for one, other in zip(range(PAIRS_TIMED), range(1, PAIRS_TIMED + 1), strict=True):
            kl_div(logs[one], tables[other], reduction="batchmean")
            kl_div(logs[other], tables[one], reduction="batchmean")

    def by_scipy() -> None:
        from scipy.spatial.distance import jensenshannon

        for one, other in pairwise(arrays):
            (jensenshannon(one, other, axis=1) ** 2).mean()

    of_products = summing(bundle, PRODUCTS)
    report(
        "cross-entropy, symmetric KL, Hellinger",
        size,
        of_products,
        (Peer(f"kl_div per pair ({versioned('torch')})", each_way, times, targets[0]),),
        limit=Limit("2 float32 products", 2 * flops / rates.float32),
        repeat=repeat,
    )
    of_divergence = summing(bundle, ("js_nats",))
    if installed("scipy"):
        report(
            "Jensen-Shannon",
            size,
            of_divergence,
            (Peer(f"jensenshannon per pair ({versioned('scipy')})", by_scipy, times, targets[1]),),
            limit=Limit(f"{OPERATIONS} operations", 2 * OPERATIONS * entries / rates.float32),
            repeat=repeat,
        )
    megabytes = [peak(work) for work in (of_products, of_divergence)]
    print(f"\nPeak memory of ours at {size}: products {megabytes[0]:.0f} MiB, ", end="")
    print(f"Jensen-Shannon {megabytes[1]:.0f} MiB.\n", flush=True)


def summing(bundle: Bundle, measures: tuple[str, ...]) -> Callable[[], object]:
    """One walk over the samples for these measures."""
    needs = {name for measure in measures for name in CATALOG[measure].needs}
    return lambda: tally(bundle, needs)


def peak(work: Callable[[], object]) -> float:
    """MiB of resident memory above what there was before, at most (Linux; else NaN)."""
    switch, status = Path("/proc/self/clear_refs"), Path("/proc/self/status")
    if not switch.exists():
        return float("nan")

    def most() -> int:
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

    switch.write_text("5")
    before = most()
    work()
    return (most() - before) / 1024


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
