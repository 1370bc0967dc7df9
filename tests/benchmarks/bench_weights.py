"""Time from a moved weight to what the page says, beside a plain weighted mean in numpy.

    python tests/benchmarks/bench_weights.py [--models M] [--samples N] [--classes C] [--repeat R]

Each call moves the weight of another member. "Answer" ends with the predictions, as numpy's
weighted mean and argmax do; "judged" goes on to accuracy with its interval, outcomes,
corrections, regressions and groups, which is what the pages read: at most 200 ms at the default
size. "From nothing" adds all members up, as after a change of members. Numpy holds all tables as
one float32 array.
"""

import argparse
from itertools import count

import numpy as np
import torch
from harness import Peer, heading, measured_rates, random_answers, report

from analysis.bundle import Bundle
from analysis.ensemble import Ensemble, combine
from analysis.judging import judge
from analysis.reweighing import Standing, answer_of, standing

RULES = ("mean", "geometric", "plurality")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", type=int, default=50)
    parser.add_argument("--samples", type=int, default=50_000)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--repeat", type=int, default=5)
    chosen = parser.parse_args()
    bundle = made(chosen.models, chosen.samples, chosen.classes)
    size = f"M={chosen.models}, N={chosen.samples:,}, C={chosen.classes}"
    tables = np.stack([bundle.probabilities[model].numpy() for model in bundle.models])
    peer = Peer("numpy tensordot, argmax", lambda: by_numpy(tables))
    heading(measured_rates())
    for rule in RULES:
        mover = Mover(bundle, rule)
        peers = (peer,) if rule == "mean" else ()
        report(f"{rule}: answer", size, mover.answer, peers, repeat=chosen.repeat)
        report(f"{rule}: judged", size, mover.judged, peers, repeat=chosen.repeat)
        report(f"{rule}: from nothing", size, mover.anew, peers, repeat=chosen.repeat)


def made(models: int, samples: int, classes: int) -> Bundle:
    """Models with probabilities on samples with labels."""
    predictions, labels = random_answers(models, samples, classes)
    random = torch.rand(models, samples, classes)
    random.scatter_add_(2, predictions.long()[..., None], torch.full((models, samples, 1), 1.0))
    names = tuple(f"m{place}" for place in range(models))
    return Bundle(
        models=names,
        ids=tuple(map(str, range(samples))),
        classes=tuple(map(str, range(classes))),
        predictions=random.argmax(2).to(torch.int32),
        labels=labels,
        probabilities=dict(zip(names, random / random.sum(2, keepdim=True), strict=True)),
        fingerprint="made",
    )


def by_numpy(tables: np.ndarray) -> np.ndarray:
    """The weighted mean of float32 [M, N, C] and its argmax."""
    weights = np.random.default_rng(0).random(len(tables), dtype=np.float32)
    return np.tensordot(weights / weights.sum(), tables, 1).argmax(1)


class Mover:
    """An ensemble of all models of which one weight moves at every call."""

    def __init__(self, bundle: Bundle, rule: str) -> None:
        self.bundle, self.rule, self.calls = bundle, rule, count()
        self.weights = [1.0] * len(bundle.models)
        vote = Ensemble(bundle.models)
        self.majority = combine(bundle, vote, answer_of(bundle, standing(bundle, vote)))
        self.last: Standing | None = None

    def moved(self) -> Ensemble:
        """With the weight of the next member 0.05 to 2 instead of what it was."""
        call = next(self.calls)
        self.weights[call % len(self.weights)] = 0.05 * (1 + call % 40)
        return Ensemble(self.bundle.models, self.rule, weights=tuple(self.weights))

    def answer(self) -> torch.Tensor:
        self.last = standing(self.bundle, self.moved(), self.last)
        return answer_of(self.bundle, self.last).predictions

    def anew(self) -> torch.Tensor:
        return answer_of(self.bundle, standing(self.bundle, self.moved())).predictions

    def judged(self) -> dict:
        ensemble = self.moved()
        self.last = standing(self.bundle, ensemble, self.last)
        said = answer_of(self.bundle, self.last)
        return judge(
            self.bundle,
            ensemble,
            said=said,
            combined=combine(self.bundle, ensemble, said),
            majority=self.majority,
            reference=self.bundle.models[0],
        )


if __name__ == "__main__":
    main()
