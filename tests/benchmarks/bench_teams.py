"""Many teams of one pool, and greedy selection, beside the loops that people write.

    python tests/benchmarks/bench_teams.py [--quick] [--models M] [--samples N] [--repeat R]

The peers look at some of the teams, or some of the rounds, and are scaled; each gives the same
counts, or takes the same models, which is asserted.
"""

import argparse
from functools import partial
from itertools import combinations

import numpy as np
import torch
from harness import Limit, Peer, heading, measured_rates, report, versioned

from analysis.bundle import Bundle
from analysis.subsets import team_outcomes

PART = 200


def zoo(models: int, samples: int, classes: int, *, accuracy: float = 2.0, seed: int = 0) -> Bundle:
    """Models with probabilities in float32 that share hard samples."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (samples,), generator=generator, dtype=torch.int32)
    hard = torch.randn(samples, classes, generator=generator)
    names, tables = tuple(f"m{place}" for place in range(models)), {}
    predictions = torch.empty(models, samples, dtype=torch.int32)
    for place, name in enumerate(names):
        logits = hard + torch.randn(samples, classes, generator=generator)
        lift = accuracy * (0.7 + 0.6 * place / max(models - 1, 1))
        logits[torch.arange(samples), labels.long()] += lift
        tables[name] = logits.softmax(1)
        predictions[place] = logits.argmax(1)
    ids, words = (tuple(map(str, range(size))) for size in (samples, classes))
    return Bundle(names, ids, words, predictions, labels, probabilities=tables)


def small_teams(models: int, sizes: tuple[int, ...]) -> list[tuple[int, ...]]:
    return [team for size in sizes for team in combinations(range(models), size)]


def membership(teams: list[tuple[int, ...]], models: int) -> torch.Tensor:
    found = torch.zeros(len(teams), models, dtype=torch.bool)
    for row, team in enumerate(teams):
        found[row, list(team)] = True
    return found


def by_loop(tables, right, labels, teams) -> tuple[np.ndarray, np.ndarray]:
    """Outcome counts and log loss team by team, in numpy."""
    counts, losses, every = np.zeros((len(teams), 6), dtype=int), [], np.arange(len(labels))
    for row, team in enumerate(teams):
        mean = sum(tables[member] for member in team) / len(team)
        good = mean.argmax(1) == labels
        number = right[list(team)].sum(0)
        level = np.where(number == 0, 2, np.where(number == len(team), 0, 1))
        counts[row] = np.bincount(level + 3 * ~good, minlength=6)
        losses.append(-np.log(np.maximum(mean[every, labels], 1e-12)).mean())
    return counts, np.array(losses)


def by_scipy(answers, labels, teams) -> np.ndarray:
    """Right answers of the plurality, team by team."""
    from scipy.stats import mode

    return np.array([(mode(answers[list(team)], axis=0).mode == labels).sum() for team in teams])


def teams_of_probabilities(models: int, samples: int, classes: int, repeat: int, rates) -> None:
    pool = zoo(models, samples, classes)
    teams = small_teams(models, (2, 3))
    member = membership(teams, models)
    some = np.random.default_rng(0).choice(len(teams), min(PART, len(teams)), replace=False)
    chosen = [teams[place] for place in some]
    tables = np.stack([pool.probabilities[name].double().numpy() for name in pool.models])
    tables /= tables.sum(2, keepdims=True)
    right, labels = pool.correct.numpy(), pool.labels.numpy()
    ours, theirs = (
        partial(team_outcomes, pool, member, "mean"),
        partial(by_loop, tables, right, labels, chosen),
    )
    found, (counts, losses) = ours(), theirs()
    assert (found.outcomes.numpy()[some] == counts).all()
    np.testing.assert_allclose(found.log_loss.numpy()[some], losses, rtol=1e-9)
    size = f"{len(teams):,} teams of 2 and 3, M={models}, N={samples:,}, C={classes}"
    peer = Peer("numpy team by team, float64", theirs, len(teams) / len(chosen), 20)
    cells = len(teams) * samples * (classes - 1)
    limit = Limit("an addition and a comparison per lead", 2 * cells / (rates.float32 / 4))
    report("accuracy, log loss, six outcomes", size, ours, (peer,), limit=limit, repeat=repeat)


def teams_of_votes(models: int, samples: int, classes: int, repeat: int, rates) -> None:
    from dataclasses import replace

    pool = replace(zoo(models, samples, classes), probabilities={}, fingerprint="")
    teams = small_teams(models, (2, 3))
    member = membership(teams, models)
    some = np.random.default_rng(0).choice(len(teams), min(PART, len(teams)), replace=False)
    chosen = [teams[place] for place in some]
    ours = partial(team_outcomes, pool, member, "plurality")
    theirs = partial(by_scipy, pool.predictions.numpy(), pool.labels.numpy(), chosen)
    assert (ours().right.numpy()[some] == theirs()).all()
    size = f"{len(teams):,} teams of 2 and 3, M={models}, N={samples:,}"
    name = f"{versioned('scipy')} stats.mode (right answers alone)"
    peer = Peer(name, theirs, len(teams) / len(chosen), 500)
    limit = Limit("read the bits of a team", len(teams) * samples / 8 * 18 / rates.read)
    report("plurality, six outcomes", size, ours, (peer,), limit=limit, repeat=repeat)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="20 models on 2,000 samples")
    parser.add_argument("--models", type=int, default=50)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=5)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.models, chosen.samples, chosen.repeat = 20, 2000, 3
    rates = measured_rates()
    heading(rates)
    teams_of_probabilities(chosen.models, chosen.samples, 10, chosen.repeat, rates)
    teams_of_votes(chosen.models, chosen.samples, 10, chosen.repeat, rates)


if __name__ == "__main__":
    main()
