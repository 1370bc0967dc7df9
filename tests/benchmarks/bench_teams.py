"""Many teams of one pool, and greedy selection, beside the loops that people write.

    python tests/benchmarks/bench_teams.py [--quick] [--repeat R] [--autogluon PYTHON]

The peers look at some of the teams, or one of the rounds, and are scaled; the loops give the same
counts and take the same models, which is asserted. AutoGluon's selector runs where the Python of an
environment is given that has `autogluon.core`.
"""

import argparse
import subprocess
import tempfile
from dataclasses import replace
from functools import partial
from itertools import combinations

import numpy as np
import torch
from harness import (
    Limit,
    Peer,
    heading,
    in_turns,
    measured_rates,
    ratio_text,
    report,
    seconds_text,
    versioned,
)

from analysis.bundle import Bundle
from analysis.learners import caruana
from analysis.subsets import team_outcomes

PART = 200  # teams that a peer looks at
SIZES = (50, 10_000, 200, 50_000)
AUTOGLUON = """
import sys, time
import numpy as np
from autogluon.core.constants import MULTICLASS
from autogluon.core.metrics import get_metric
from autogluon.core.models.greedy_ensemble.ensemble_selection import EnsembleSelection
tables, labels = (np.load(f"{sys.argv[1]}/{name}.npy") for name in ("tables", "labels"))
metric = get_metric(sys.argv[2], MULTICLASS)
selection = EnsembleSelection(ensemble_size=1, problem_type=MULTICLASS, metric=metric)
start = time.perf_counter()
selection.fit(list(tables), labels)
print(time.perf_counter() - start)
"""


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


def teams_of_votes(models: int, samples: int, classes: int, repeat: int) -> None:
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
    report("plurality, six outcomes", size, ours, (peer,), repeat=repeat)


def loss_of(sums, labels, number: int) -> float:
    return np.log(np.maximum(sums[np.arange(len(labels)), labels] / number, 1e-12)).mean()


def greedy_round(tables, labels, added, taken: int, by: str) -> int:
    """The model that helps the sum most, by adding each in turn; the first of equals."""
    buffer, scores = np.empty_like(added), []
    for table in tables:
        np.add(added, table, out=buffer)
        if by == "accuracy":
            scores.append((buffer.argmax(1) == labels).mean())
        else:
            scores.append(loss_of(buffer, labels, taken + 1))
    return int(np.argmax(np.array(scores) >= max(scores) - 1e-12))


def greedy_loop(tables, labels, rounds: int, by: str) -> list[int]:
    added, path = np.zeros(tables[0].shape), []
    for taken in range(rounds):
        path.append(greedy_round(tables, labels, added, taken, by))
        added += tables[path[-1]]
    return path


def by_autogluon(python: str, tables, labels, by: str) -> float:
    """Seconds of one round of AutoGluon's selector, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/tables.npy", tables)
        np.save(f"{folder}/labels.npy", labels)
        command = [python, "-c", AUTOGLUON, folder, by]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def greedy(models: int, samples: int, classes: int, rounds: int, repeat: int, python: str) -> None:
    pool, rows = zoo(models, samples, classes), torch.arange(samples)
    tables = np.stack([pool.probabilities[name].numpy() for name in pool.models])
    tables /= tables.sum(2, keepdims=True)
    labels = pool.labels.numpy()
    size = f"{rounds} rounds, M={models}, N={samples:,}, C={classes}"
    for by, target in (("accuracy", 25), ("log_loss", 12)):
        ours = partial(caruana, pool, rows, {"rounds": rounds, "by": by})
        path = [place for place, _ in ours().path]
        assert path == greedy_loop(tables, labels, len(path), by)
        added = sum(tables[place].astype(float) for place in path[:3])
        one = partial(greedy_round, tables, labels, added, 3, by)
        peers = [Peer("numpy, model by model", one, rounds, target)]
        report(f"greedy selection by {by}", size, ours, tuple(peers), repeat=repeat)
        if python:
            theirs = rounds * by_autogluon(python, tables, labels, by)
            mine = in_turns({"": ours}, repeat)[""]
            print(
                f"| the same | {size} | {seconds_text(mine)} | AutoGluon's EnsembleSelection, one "
                f"round x {rounds} | {seconds_text(theirs)} | {ratio_text(theirs / mine)} | | | |"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="20 models on 2,000 samples")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", choices=("teams", "greedy"))
    parser.add_argument("--autogluon", default="", help="the Python of its environment")
    chosen = parser.parse_args()
    models, samples, many, more = (20, 2000, 30, 4000) if chosen.quick else SIZES
    rates = measured_rates()
    heading(rates)
    if chosen.only != "greedy":
        teams_of_probabilities(models, samples, 10, chosen.repeat, rates)
        teams_of_votes(models, samples, 10, chosen.repeat)
    if chosen.only != "teams":
        greedy(many, more, 10, 50, chosen.repeat, chosen.autogluon)


if __name__ == "__main__":
    main()
