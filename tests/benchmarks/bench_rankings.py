"""Strengths of models from samples, beside choix, and Kemeny's order.

    python tests/benchmarks/bench_rankings.py [--quick] [--models M] [--samples N]

Ours is everything from a bundle to the log strengths: right and wrong answers counted for all
pairs, then the fit. choix begins with the same table of wins.
"""

import argparse
import warnings
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

from analysis.bradley_terry import bradley_terry
from analysis.bundle import Bundle
from analysis.kemeny import kemeny
from analysis.ranking import rank_over_samples
from analysis.rankings import sample_wins, task_wins


def made(models: int, samples: int) -> Bundle:
    predictions, labels = random_answers(models, samples, 10)
    names = (tuple(map(str, range(size))) for size in (models, samples, 10))
    return Bundle(*names, predictions, labels)


def strengths(bundle: Bundle) -> torch.Tensor:
    return bradley_terry(sample_wins(bundle)[0]).log_strength


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="30 models on 5,000 samples")
    parser.add_argument("--models", type=int, default=200)
    parser.add_argument("--samples", type=int, default=50_000)
    parser.add_argument("--repeat", type=int, default=5)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.models, chosen.samples, chosen.repeat = 30, 5000, 3
    warnings.simplefilter("ignore")
    rates = measured_rates()
    heading(rates)
    bundle = made(chosen.models, chosen.samples)
    size = f"M={chosen.models}, N={chosen.samples:,}"
    wins, peers = sample_wins(bundle)[0].double(), ()
    if installed("choix"):
        import choix

        peers = (
            Peer(versioned("choix") + " ilsr", partial(choix.ilsr_pairwise_dense, wins.numpy())),
        )
    product = 2 * chosen.models**2 * chosen.samples / rates.float32
    limit = Limit("one float32 GEMM", product)
    report(
        "Bradley-Terry from answers",
        size,
        partial(strengths, bundle),
        peers,
        limit=limit,
        repeat=chosen.repeat,
    )
    report(
        "Bradley-Terry from wins", size, partial(bradley_terry, wins), peers, repeat=chosen.repeat
    )
    generator = torch.Generator().manual_seed(1)
    scores = torch.rand(chosen.models, 40, generator=generator)
    report(
        "Kemeny, local search",
        f"M={chosen.models}, T=40",
        partial(kemeny, task_wins(scores)[0]),
        (),
        repeat=chosen.repeat,
    )
    report(
        "all rules with 1,000 draws",
        size,
        partial(rank_over_samples, bundle),
        (),
        repeat=min(chosen.repeat, 3),
    )


if __name__ == "__main__":
    main()
