"""Time of the accuracy of every model in every crossing of up to three columns.

    python tests/benchmarks/bench_crossings.py [--quick] [--repeat R]

Peers: pandas, one groupby per crossing with all models in a wide table, on every tenth crossing;
fairlearn's MetricFrame, one per model and crossing (`pip install fairlearn`), on a few of them.
Both are scaled to all crossings, and must give the same accuracies and sizes.
"""

import argparse
from functools import partial
from math import prod

import numpy as np
import torch
from harness import Limit, Peer, heading, installed, measured_rates, report, versioned

from analysis.crossings import Crossings, crossings
from analysis.grouping import Grouping

LEVELS = (2, 2, 3, 3, 4, 4, 5, 5, 5, 6, 7, 9)  # 12 columns with 21,545 cells of 1 to 3
SIZES = ((1, 50_000), (100, 50_000), (1000, 50_000))
EVERY = 10  # of the crossings pandas does
FEW = 4  # crossings that fairlearn does, of one model

Data = tuple[dict[str, Grouping], torch.Tensor]


def made(models: int, samples: int) -> Data:
    """Groupings of random levels, and who is right, three in four."""
    random = np.random.default_rng(0)
    groupings = {
        f"c{place}": Grouping(
            torch.from_numpy(random.integers(0, size, samples, dtype=np.int32)),
            tuple(map(str, range(size))),
        )
        for place, size in enumerate(LEVELS)
    }
    return groupings, torch.from_numpy(random.random((models, samples)) < 0.75)


def ours(data: Data) -> Crossings:
    groupings, right = data
    return crossings(groupings, right, torch.ones_like(right))


def with_pandas(table, models: list[str], chosen: list[tuple[str, ...]]):
    """Accuracy and size of every cell of these crossings."""
    parts = (table.groupby(list(own), sort=True) for own in chosen)
    return [(part[models].mean(), part.size()) for part in parts]


def with_fairlearn(right: np.ndarray, table, chosen: list[tuple[str, ...]]):
    from fairlearn.metrics import MetricFrame, count, selection_rate

    metrics = {"accuracy": selection_rate, "n": count}
    return [
        MetricFrame(
            metrics=metrics, y_true=right, y_pred=right, sensitive_features=table[list(own)]
        ).by_group
        for own in chosen
    ]


def same(found: Crossings, data: Data, table, models: list[str]) -> None:
    """Ours are the accuracies and sizes of pandas, where a cell holds samples."""
    chosen = [("c3",), ("c0", "c4"), ("c1", "c5", "c11")]
    for own, (rate, size) in zip(chosen, with_pandas(table, models, chosen), strict=True):
        rows = found.rows(*own)
        held = found.n[rows, 0] > 0
        np.testing.assert_array_equal(found.n[rows, 0][held], size.to_numpy())
        np.testing.assert_allclose(found.accuracy[rows][held], rate.to_numpy(), rtol=1e-6)


def main() -> None:
    """Assert that all give the same, and print what they take."""
    import pandas as pd

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="up to 100 models")
    parser.add_argument("--repeat", type=int, default=3)
    chosen = parser.parse_args()
    fair = installed("fairlearn")
    rates = measured_rates()
    heading(rates)
    for models, samples in SIZES[:2] if chosen.quick else SIZES:
        data = made(models, samples)
        names = [f"m{row}" for row in range(models)]
        table = pd.DataFrame({n: g.codes.numpy() for n, g in data[0].items()})
        wide = pd.DataFrame(data[1].numpy().T.astype(np.float32), columns=names)
        wide = pd.concat([table, wide], axis=1)
        found = ours(data)
        same(found, data, wide, names)
        some = list(found.columns[::EVERY])
        peers = [
            Peer(
                versioned("pandas"),
                partial(with_pandas, wide, names, some),
                times=len(found.columns) / len(some),
                target=5 if models == 1 else 10,
            )
        ]
        if fair:
            few = list(found.columns[:: len(found.columns) // FEW])[:FEW]
            peers.append(
                Peer(
                    versioned("fairlearn"),
                    partial(with_fairlearn, data[1][0].numpy().astype(int), table, few),
                    times=models * len(found.columns) / FEW,
                    target=500,
                )
            )
        cells = sum(prod(shape) // max(shape) for shape in found.shapes)
        report(
            f"accuracy in {len(found.right):,} crossings of {len(LEVELS)} columns",
            f"M={models:,}, N={samples:,}",
            partial(ours, data),
            tuple(peers),
            limit=Limit("its int8 products", 2 * cells * samples * (models + 1) / rates.int8),
            repeat=chosen.repeat,
        )


if __name__ == "__main__":
    main()
