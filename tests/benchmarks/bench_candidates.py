"""Candidates on quality, diversity and consistency, beside a numpy loop per candidate.

    python tests/benchmarks/bench_candidates.py [--quick] [--candidates E] [--repeat R]

The loop looks at some of the candidates and is scaled; it finds the same values, which is
asserted. The time that `expected_seconds` tells beforehand stands beside what it took.
"""

import argparse
import time
from functools import partial

import numpy as np
from bench_teams import zoo
from harness import (
    Peer,
    heading,
    measured_rates,
    ratio_text,
    report,
    seconds_text,
)

from analysis.bundle import Bundle
from analysis.candidate_plan import Plan
from analysis.candidates import plan
from analysis.evaluation import evaluate_axes, expected_seconds

AXES = ("accuracy", "log_loss", "disagreement_labels", "leave_one_out")
PART = 100  # candidates that the loop looks at
MILLION = 1_000_000


def planned(pool: Bundle, candidates: int) -> Plan:
    """All pairs and triples, and as many random teams of each larger size as make up the rest."""
    return plan(
        pool,
        "mean",
        all_up_to=3,
        random_per_size=max(1, candidates // 7),
        greedy=False,
        most=candidates,
    )


def by_loop(tables, answers, labels, differ, teams) -> np.ndarray:
    """Accuracy, log loss, mean disagreement and stability candidate by candidate, [e, 4]."""
    found, every = [], np.arange(len(labels))
    for team in teams:
        added = sum(tables[member] for member in team)
        said = added.argmax(1)
        loss = -np.log(np.maximum(added[every, labels] / len(team), 1e-12)).mean()
        pairs = [differ[i, j] for place, i in enumerate(team) for j in team[place + 1 :]]
        same = [(said == (added - tables[member]).argmax(1)).mean() for member in team]
        several = len(team) > 1
        found.append(
            (
                (said == labels).mean(),
                loss,
                np.mean(pairs) if several else np.nan,
                np.mean(same) if several else np.nan,
            )
        )
    return np.array(found)


def candidates(models: int, samples: int, classes: int, number: int, repeat: int) -> None:
    pool = zoo(models, samples, classes)
    begun = time.perf_counter()
    made = planned(pool, number)
    planning = time.perf_counter() - begun
    tables = np.stack([pool.probabilities[name].double().numpy() for name in pool.models])
    tables /= tables.sum(2, keepdims=True)
    answers, labels = pool.predictions.numpy(), pool.labels.numpy()
    differ = (answers[:, None] != answers[None]).mean(2)
    some = np.random.default_rng(0).choice(len(made), min(PART, len(made)), replace=False)
    teams = [made.membership[row].nonzero().flatten().tolist() for row in some]
    told = expected_seconds(pool, made, AXES)
    ours = partial(evaluate_axes, pool, made, AXES)
    theirs = partial(by_loop, tables, answers, labels, differ, teams)
    found = ours()
    expected = theirs()
    np.testing.assert_allclose(found.values.numpy()[some], expected, rtol=1e-9, atol=1e-12)
    sizes = made.membership.sum(1).double()
    size = (
        f"{len(made):,} candidates of {sizes.mean():.1f} members on average, M={models}, "
        f"N={samples:,}, C={classes}"
    )
    peer = Peer("numpy candidate by candidate, float64", theirs, len(made) / len(some), 20)
    report("accuracy, log loss, disagreement, stability", size, ours, (peer,), repeat=repeat)
    a_million = found.seconds * MILLION / len(made)
    print(
        f"\nPlanned in {seconds_text(planning)}. Told beforehand {seconds_text(told)}, took "
        f"{seconds_text(found.seconds)} ({ratio_text(told / found.seconds)}); 1,000,000 such "
        f"candidates would take {seconds_text(a_million)}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="20 models on 2,000 samples")
    parser.add_argument("--candidates", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=3)
    chosen = parser.parse_args()
    models, samples = (20, 2000) if chosen.quick else (50, 10_000)
    heading(measured_rates())
    candidates(models, samples, 10, chosen.candidates, chosen.repeat)


if __name__ == "__main__":
    main()
