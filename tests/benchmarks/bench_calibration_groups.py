"""Calibration error and accuracy per group with intervals, beside the packages made for them.

    python tests/benchmarks/bench_calibration_groups.py [--quick] [--models M] [--samples N]

Ours is everything from a bundle to the float64 tables, for all models. torchmetrics, netcal and
fairlearn judge one model at a time: they are timed on one and scaled; pandas takes all at once.
"""

import argparse
import warnings
from dataclasses import replace
from functools import partial

import torch
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
from analysis.grouping import Grouping
from analysis.intervals import wilson
from analysis.tally import tally

BINS = 15
CLASSES = 10


def made(models: int, samples: int, groups: int) -> Bundle:
    predictions, labels = random_answers(models, samples, CLASSES)
    generator = torch.Generator().manual_seed(1)
    codes = torch.randint(groups, (samples,), generator=generator, dtype=torch.int32)
    names = (tuple(map(str, range(size))) for size in (models, samples, CLASSES))
    return Bundle(
        *names,
        predictions,
        labels,
        confidence=torch.rand(models, samples, generator=generator),
        groups={"group": Grouping(codes, tuple(map(str, range(groups))))},
    )


def calibration_errors(bundle: Bundle) -> torch.Tensor:
    return value(CATALOG["ece"], tally(bundle, CATALOG["ece"].needs))


def group_accuracies(bundle: Bundle) -> tuple[torch.Tensor, ...]:
    """Accuracy per model and group, with both ends of its interval."""
    sums = tally(bundle, (), groups=("group",))
    rate = value(CATALOG["group_accuracy"], sums, group="group")
    return rate, *wilson(sums["group_right/group"], sums["group_graded/group"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="50 models on 5,000 samples")
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=50_000)
    parser.add_argument("--groups", type=int, default=500)
    parser.add_argument("--repeat", type=int, default=5)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.models, chosen.samples, chosen.groups, chosen.repeat = 50, 5000, 50, 3
    rates = measured_rates()
    heading(rates)
    bundle = made(chosen.models, chosen.samples, chosen.groups)
    warnings.simplefilter("ignore")
    compare_calibration(bundle, chosen.repeat, rates.read)
    compare_groups(bundle, chosen.repeat, rates.read)


def compare_calibration(bundle: Bundle, repeat: int, read: float) -> None:
    models, samples = bundle.predictions.shape
    right, confidence = bundle.correct[0], bundle.confidence[0]
    peers = []
    if installed("torchmetrics"):
        from torchmetrics.functional.classification import binary_calibration_error

        call = partial(binary_calibration_error, confidence, right.int(), n_bins=BINS)
        peers.append(Peer(versioned("torchmetrics"), call, models, 5))
    if installed("netcal"):
        from netcal.metrics import ECE

        arrays = confidence.numpy(), right.numpy().astype(int)
        peers.append(Peer(versioned("netcal"), partial(ECE(BINS).measure, *arrays), models, 20))
    report(
        f"ECE, {BINS} bins",
        f"M={models}, N={samples:,}",
        partial(calibration_errors, bundle),
        tuple(peers),
        limit=Limit("one read", bundle.confidence.nbytes / read),
        repeat=repeat,
    )


def compare_groups(bundle: Bundle, repeat: int, read: float) -> None:
    import pandas as pd

    models, samples = bundle.predictions.shape
    codes = bundle.groups["group"].codes.numpy()
    wide = pd.DataFrame(bundle.correct.T.numpy().astype("float64"))
    peers = [Peer(versioned("pandas"), lambda: wide.groupby(codes).mean(), 1, 5)]
    if installed("fairlearn"):
        from fairlearn.metrics import MetricFrame
        from sklearn.metrics import accuracy_score

        arrays = {
            "y_true": bundle.labels.numpy(),
            "y_pred": bundle.predictions[0].numpy(),
            "sensitive_features": codes,
        }
        peers.append(
            Peer(
                versioned("fairlearn"),
                lambda: MetricFrame(metrics=accuracy_score, **arrays).by_group,
                models,
                5000,
            )
        )
    report(
        "group accuracy with intervals",
        f"M={models}, G={len(bundle.groups['group'].levels)}, N={samples:,}",
        partial(group_accuracies, bundle),
        tuple(peers),
        limit=Limit("one read", bundle.grades.nbytes / read),
        repeat=repeat,
    )
    shared = replace(bundle, groups={"group": overlapping(bundle)}, fingerprint="overlapping")
    report(
        "group accuracy, groups overlap",
        f"M={models}, G={len(bundle.groups['group'].levels)}, N={samples:,}",
        partial(group_accuracies, shared),
        (),
        limit=Limit("one read", bundle.grades.nbytes / read),
        repeat=repeat,
    )


def overlapping(bundle: Bundle) -> Grouping:
    """Every sample in its group and in the next one too."""
    grouping = bundle.groups["group"]
    more = (grouping.codes + 1) % len(grouping.levels)
    return Grouping(torch.stack([grouping.codes, more], dim=1), grouping.levels)


if __name__ == "__main__":
    main()
