"""The demo bundle: handwritten digits in a ring of coloured patches, and a zoo that leans on them.

`python -m analysis.synthetic [FOLDER]` makes it from scikit-learn's digits and fixed seeds.
"""

import csv
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from analysis import zoo
from analysis.zoo import CLASSES, COLOURS, PATCHES, Recipe, Trained

SIDES = ("north", "east", "south", "west")
TRAIN, VALIDATION = 747, 150
PIXEL_NOISE = 0.6
CLEAR_GAIN = 0.05
REFERENCE = "erm"
HUES = "e63c32f59628fadc3c78be3c288c5a3cbed23264c88250bedc6ebe966e50"
PALETTE = np.frombuffer(bytes.fromhex(HUES), dtype=np.uint8).reshape(COLOURS, 3)


@dataclass(frozen=True)
class Split:
    """How the colours of a set of digits are drawn.

    Attributes:
        name: the split's name.
        strength: probability in [0, 1] that a patch follows its guide instead of chance.
        conflicts: share in [0, 1] of digits whose patches follow other classes.
    """

    name: str
    strength: float
    conflicts: float


TRAINING = Split("train", 0.35, 0.1)
TESTS = (
    Split("same", 0.35, 0.1),
    Split("faint", 0.2, 0.3),
    Split("mixed", 0.35, 0.6),
    Split("shift", 0.45, 0.9),
)


@dataclass(frozen=True, eq=False)
class Coloured:
    """Coloured digits of one split.

    Attributes:
        split: how the colours were drawn.
        digits: int64 [N], rows of scikit-learn's digits.
        labels: int64 [N], 0 to 9.
        conflicts: bool [N], the patches follow other classes.
        pixels: float32 [N, 64], noisy ink, about 0 to 1.
        colours: int64 [N, 36], 0 to 9, clockwise from the upper left corner.
    """

    split: Split
    digits: np.ndarray
    labels: np.ndarray
    conflicts: np.ndarray
    pixels: np.ndarray
    colours: np.ndarray

    @property
    def inputs(self) -> Tensor:
        """Float32 [N, 424]: 64 pixels, then 36 patches of 10 colours, one-hot."""
        patches = np.eye(COLOURS, dtype=np.float32)[self.colours].reshape(len(self.digits), -1)
        return torch.from_numpy(np.concatenate([self.pixels, patches], 1))

    @property
    def thumbnails(self) -> np.ndarray:
        """Uint8 [N, 10, 10, 3], the digit in grey inside its ring of patches."""
        cells = np.zeros((len(self.digits), 100, 3), dtype=np.uint8)
        ink = np.clip(self.pixels * 255, 0, 255).astype(np.uint8)
        cells[:, zoo.core().numpy()] = ink[:, :, None]
        cells[:, zoo.ring().numpy()] = PALETTE[self.colours]
        return cells.reshape(-1, 10, 10, 3)


def digit_rows(*, seed: int) -> dict[str, np.ndarray]:
    """Rows of scikit-learn's digits for each use, disjoint: 747 train, 150 validation, 900 test."""
    order = np.random.default_rng(seed).permutation(1797)
    train, validation, test = np.split(order, [TRAIN, TRAIN + VALIDATION])
    return {"train": train, "validation": validation, "test": np.sort(test)}


def coloured_digits(rows: np.ndarray, split: Split, *, seed: int) -> Coloured:
    """Noisy digits, each once, in a ring of 36 patches of which each can give the class away.

    Every patch has its own code from classes to colours, the same in all splits. With probability
    `strength` a patch shows the colour of its guide, else a random one. The guide is the digit's
    class where colour agrees; where it conflicts each side of nine patches follows another class.

    Args:
        rows: int64 [N], rows of scikit-learn's digits.
        split: strength and share of conflicts.
        seed: fixes noise and colours.
    """
    from sklearn.datasets import load_digits

    source = load_digits()
    generator = np.random.default_rng([seed, *split.name.encode()])
    patch = np.arange(PATCHES)
    code = np.random.default_rng(seed).permuted(np.tile(np.arange(CLASSES), (PATCHES, 1)), axis=1)
    labels, size = source.target[rows].astype(np.int64), len(rows)
    noise = PIXEL_NOISE * generator.standard_normal((size, 64))
    conflicts = np.zeros(size, dtype=bool)
    conflicts[generator.permutation(size)[: round(split.conflicts * size)]] = True
    steps = generator.permuted(np.tile(np.arange(1, CLASSES), (size, 1)), axis=1)
    guides = (labels[:, None] + steps[:, patch // 9] * conflicts[:, None]) % CLASSES
    follows = generator.random((size, PATCHES)) < split.strength
    chance = generator.integers(0, COLOURS, (size, PATCHES))
    pixels = (source.data[rows] / 16 + noise).astype(np.float32)
    colours = np.where(follows, code[patch, guides], chance)
    return Coloured(split, rows, labels, conflicts, pixels, colours)


def recipes() -> list[Recipe]:
    """The members of the demo zoo: nine families and some label smoothing, 22 members."""
    made = []
    for seed in range(2):
        early = () if seed else (5, 10)
        made += [
            Recipe(f"digit-s{seed}", "digit", seed, patches=0.0),
            Recipe(f"colour-s{seed}", "colour", seed, digit=False, patches=0.5),
            Recipe(f"linear-s{seed}", "linear", seed, "linear"),
            Recipe(f"conv-s{seed}", "conv", seed, "conv", epochs=20, checkpoints=early),
        ]
        for side, name in enumerate(SIDES):
            patches = tuple(range(9 * side, 9 * side + 9))
            made.append(Recipe(f"{name}-s{seed}", name, seed, patches=patches))
    for seed in range(4):
        early = () if seed else (2, 4, 8)
        made.append(Recipe(f"mlp-s{seed}", "mlp", seed, checkpoints=early))
    made += [
        Recipe(f"mlp-s0-ls{percent:02d}", "mlp", 0, smoothing=percent / 100) for percent in (0, 30)
    ]
    return made


def tuned_models(train: Coloured, validation: Coloured, *, epochs: int = 4) -> list[Trained]:
    """One model that sees everything, tuned without the colours' help; soups; the line between.

    Tuning goes on with the patches shuffled between digits, so that colours tell nothing. Soups
    mean the tuned weights; interpolations go from the first model to the first tuned one.

    Args:
        train: digits to train on.
        validation: digits that choose the members of the greedy soup.
        epochs: epochs of tuning.
    """
    inputs, labels = train.inputs, torch.from_numpy(train.labels)
    recipe = Recipe("erm", "full", 0, patches=1.0)
    (erm,) = zoo.members(recipe, inputs, labels)
    tuned = []
    for seed in range(4):
        order = np.random.default_rng(seed).permutation(len(labels))
        shuffled = replace(train, colours=train.colours[order]).inputs
        variant = replace(recipe, name=f"tuned-s{seed}", seed=seed, epochs=epochs)
        state = zoo.train(variant, shuffled, labels, state=erm.state)[epochs]
        tuned.append(Trained(variant.name, "member", variant, recipe.epochs + epochs, state))
    greedy = zoo.greedy_soup(tuned, validation.inputs, torch.from_numpy(validation.labels))
    soups = {"uniform": zoo.uniform_soup([model.state for model in tuned]), "greedy": greedy}
    made = [replace(erm, alpha=0.0), replace(tuned[0], alpha=1.0), *tuned[1:]]
    made += [Trained(f"soup-{name}", "soup", recipe, tuned[0].epoch, soups[name]) for name in soups]
    for alpha in (0.2, 0.4, 0.6, 0.8):
        state = zoo.mixed([erm.state, tuned[0].state], [1 - alpha, alpha])
        name = f"interp-{alpha:.2f}"
        made.append(Trained(name, "interpolation", recipe, tuned[0].epoch, state, alpha))
    return made


def opening_team(
    predictions: Mapping[str, np.ndarray],
    labels: np.ndarray,
    families: Mapping[str, str],
    *,
    seed: int = 0,
    draws: int = 2000,
) -> tuple[str, ...]:
    """The sampled team with the most rescued samples among those clearly ahead.

    Teams of three to five models of different families are drawn; clearly means by 0.05 accuracy.
    The choice looks at the test samples to show the effect: its figures are optimistic.

    Args:
        predictions: {model: float [N, 10]}.
        labels: int64 [N].
        families: {model: family} of the models to draw from.
        seed: fixes the teams.
        draws: number of teams.

    Returns:
        Names of the members; of all teams when none is clearly ahead of its best member.
    """
    generator = np.random.default_rng(seed)
    names = sorted(families)
    ranked = []
    for _ in range(draws):
        drawn = [names[row] for row in generator.permutation(len(names))]
        first = {families[name]: name for name in reversed(drawn)}
        size = int(generator.integers(3, 6))
        team = tuple(sorted([name for name in drawn if first[families[name]] == name][:size]))
        right = np.stack([predictions[name].argmax(1) == labels for name in team])
        mean = sum(predictions[name].astype(np.float64) for name in team).argmax(1) == labels
        gains = mean.mean() - right.mean(1).max() >= CLEAR_GAIN
        ranked.append((gains, int((mean & ~right.any(0)).sum()), float(mean.mean()), team))
    return max(ranked)[-1]


def make(
    folder: Path,
    *,
    members: Sequence[Recipe] | None = None,
    tests: Sequence[Split] = TESTS,
    tuning: int = 4,
    seed: int = 0,
) -> None:
    """Train the zoo and write its bundle folder.

    Args:
        folder: where to write; made when missing, files of the bundle are replaced.
        members: recipes of the members; those of the demo when None.
        tests: test splits, each of which holds every test digit once.
        tuning: epochs of the tuned models.
        seed: fixes digits, noise and colours; recipes carry their own seeds.
    """
    rows = digit_rows(seed=seed)
    train = coloured_digits(rows["train"], TRAINING, seed=seed)
    held_out = replace(TRAINING, name="validation")
    validation = coloured_digits(rows["validation"], held_out, seed=seed)
    splits = [coloured_digits(rows["test"], split, seed=seed) for split in tests]
    labels = torch.from_numpy(train.labels)
    models = []
    for recipe in recipes() if members is None else members:
        models += zoo.members(recipe, train.inputs, labels)
    models += tuned_models(train, validation, epochs=tuning)
    write(folder, splits, models)


def write(folder: Path, splits: Sequence[Coloured], models: Sequence[Trained]) -> None:
    """Write the files of a bundle folder for these splits and models."""
    folder.mkdir(parents=True, exist_ok=True)
    inputs = torch.cat([split.inputs for split in splits])
    labels = np.concatenate([split.labels for split in splits])
    predictions = {model.name: zoo.probabilities(model, inputs).numpy() for model in models}
    reference = next(model for model in models if model.name == REFERENCE)
    np.savez_compressed(folder / "probabilities.npz", **predictions)
    np.save(folder / "embeddings.npy", zoo.embeddings(reference, inputs).numpy())
    np.save(folder / "thumbnails.npy", np.concatenate([split.thumbnails for split in splits]))
    _write_samples(folder / "samples.csv", splits)
    _write_rows(folder / "classes.csv", ("class_index", "label"), ((c, c) for c in range(CLASSES)))
    base = {model.name: model.recipe.family for model in models if model.kind == "member"}
    _write_models(folder / "models.csv", models, opening_team(predictions, labels, base))


def _write_samples(path: Path, splits: Sequence[Coloured]) -> None:
    header = ("sample_id", "label", "split", "strength", "colour", "unit_id")
    rows = (
        (f"{s.split.name}-{digit:04d}", label, s.split.name, s.split.strength,
         "conflicts" if conflict else "agrees", f"digit-{digit:04d}")
        for s in splits
        for digit, label, conflict in zip(s.digits, s.labels, s.conflicts, strict=True)
    )  # fmt: skip
    _write_rows(path, header, rows)


def _write_models(path: Path, models: Sequence[Trained], team: Sequence[str]) -> None:
    run = ("seed", "epoch", "cost", "label_smoothing", "alpha", "kind", "opening_team")
    header = ("model", "family", *run)
    rows = (
        (m.name, m.recipe.family, m.recipe.seed, m.epoch, zoo.cost(m), m.recipe.smoothing,
         "" if m.alpha is None else m.alpha, m.kind, "yes" if m.name in team else "")
        for m in models
    )  # fmt: skip
    _write_rows(path, header, rows)


def _write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    torch.set_num_threads(1)
    start = time.perf_counter()
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "data/demo")
    make(target)
    print(f"Wrote {target} in {time.perf_counter() - start:.0f} seconds.")
