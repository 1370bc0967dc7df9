"""Small bundles in which everything that is awkward occurs, one for each seed."""

import numpy as np
import torch

from analysis.bundle import Bundle, Grouping

LEVELS = ("p", "q", "r", "s")


def strange(seed: int) -> Bundle:
    """A bundle of 1 to 6 models, 1 to 8 samples and 1 to 5 classes; each part is often odd.

    Ties, gaps, silent models, twins, one class, all right or all wrong, no labels, grades from
    elsewhere, one-hot and rounded probabilities, constant embeddings, groups of one member or of
    none, groups that overlap, runs, epochs, soups, costs of zero, units that repeat.
    """
    random = np.random.default_rng(seed)
    models, samples, classes = (int(random.integers(1, most + 1)) for most in (6, 8, 5))
    samples = max(samples, int(random.integers(1, 9)))
    labels = _labels(random, samples, classes)
    tables = _tables(random, models, labels, classes)
    predictions = tables.argmax(2).astype(np.int32)
    if random.random() < 0.1:  # answers that are not the likeliest class
        predictions = random.integers(0, classes, (models, samples)).astype(np.int32)
    predictions[_gaps(random, models, samples)] = -1
    tables[predictions < 0] = random.choice([np.nan, 0.0, 1 / classes])
    names = tuple(f"model-{place}" for place in range(models))
    known, grades = _judged(random, labels, predictions)
    scored = random.permutation(models)[: random.choice([0, models // 2] + [models] * 4)]
    return Bundle(
        models=names,
        ids=tuple(f"s{place}" for place in range(samples)),
        classes=tuple(f"class-{place}" for place in range(classes)),
        predictions=torch.from_numpy(predictions),
        labels=known,
        grades=grades,
        probabilities={names[row]: torch.from_numpy(tables[row]) for row in sorted(scored)},
        confidence=_confidence(random, models, samples),
        embeddings=_embeddings(random, samples) if random.random() < 0.6 else None,
        model_embeddings={
            name: _embeddings(random, samples) for name in names if random.random() < 0.3
        },
        attributes=_attributes(random, samples),
        groups=_groups(random, samples),
        model_info=_model_info(random, names),
        units=_units(random, samples),
    )


def _labels(random: np.random.Generator, samples: int, classes: int) -> np.ndarray:
    labels = random.integers(0, classes, samples)
    return labels * 0 + labels[0] if random.random() < 0.15 else labels


def _tables(random, models: int, labels: np.ndarray, classes: int) -> np.ndarray:
    """Probabilities [M, N, C], with ties, exact zeros and the roundings of small floats."""
    shape = (models, len(labels), classes)
    logits = random.normal(0, random.choice([0.1, 1, 5]), shape)
    lean = np.eye(classes)[labels] * random.choice([0, 2, 50, -50])
    logits = logits + lean
    match random.choice(["plain", "levels", "one-hot", "nearly", "even", "few"]):
        case "levels":
            logits = random.integers(0, 2, shape) * 1.0 + lean
        case "one-hot":
            logits = 1e4 * (logits == logits.max(2, keepdims=True))
        case "nearly":
            logits = random.choice([8, 17, 40]) * (logits == logits.max(2, keepdims=True))
        case "even":
            logits = np.zeros(shape)
        case "few":
            logits = np.where(random.random(shape) < 0.4, -1e4, logits)
    tables = np.exp(logits - logits.max(2, keepdims=True))
    tables /= tables.sum(2, keepdims=True)
    if random.random() < 0.3:
        tables[:] = tables[random.integers(0, models, models)]  # twins
    rounded = random.choice(["float64", "float32", "float16"])
    kept = "float64" if rounded == "float64" else "float32"
    return tables.astype(rounded).astype(kept)


def _gaps(random, models: int, samples: int) -> np.ndarray:
    gaps = random.random((models, samples)) < random.choice([0.0] * 4 + [0.1, 0.3, 0.8])
    if random.random() < 0.1:
        gaps[random.integers(models)] = True
    if random.random() < 0.1:
        gaps[:, random.integers(samples)] = True
    return gaps


def _judged(random, labels: np.ndarray, predictions: np.ndarray):
    """Labels and grades; sometimes none, some, or grades that no label explains."""
    known = np.where(random.random(labels.shape) < random.choice([0, 0, 0, 0.4]), -1, labels)
    kind = random.choice(["labels"] * 10 + ["none", "unlabelled", "grades", "mixed", "alone"])
    if kind == "none":
        return None, None
    if kind == "unlabelled":
        known[:] = -1
    known = torch.from_numpy(known.astype(np.int32))
    if kind in ("labels", "unlabelled"):
        return known, None
    grades = random.integers(-1, 2, predictions.shape).astype(np.int8)
    if kind == "alone":
        predictions[:] = -1
    return known if kind == "mixed" else None, torch.from_numpy(grades)


def _confidence(random, models: int, samples: int) -> torch.Tensor | None:
    if random.random() < 0.7:
        return None
    sure = random.choice([0.0, 0.5, 1.0, random.random(), np.nan], (models, samples))
    return torch.from_numpy(sure.astype(np.float32))


def _embeddings(random, samples: int) -> torch.Tensor:
    values = random.normal(0, 1, (samples, random.integers(1, 5)))
    match random.choice(["plain", "constant", "zero", "repeated", "zero rows", "large"]):
        case "constant":
            values[:] = values[0]
        case "zero":
            values[:] = 0
        case "repeated":
            values = values[random.integers(0, samples, samples)]
        case "zero rows":
            values[random.random(samples) < 0.5] = 0
        case "large":
            values *= 1e6
    return torch.from_numpy(values.astype(np.float32))


def _attributes(random, samples: int) -> dict[str, np.ndarray]:
    numbers = random.choice([0.0, 1.0, 2.5, -3.0, 1e9, np.nan], samples)
    texts = random.choice(["", "a", "b", "word of several"], samples).astype(object)
    found = {"size": numbers, "text": texts, "constant": np.full(samples, 7)}
    return {name: values for name, values in found.items() if random.random() < 0.5}


def _groups(random, samples: int) -> dict[str, Grouping]:
    codes = random.integers(0, len(LEVELS), samples)
    several = np.full((samples, 3), -1)
    for row in several:
        own = random.permutation(len(LEVELS))[: random.integers(1, 4)]
        row[: len(own)] = own
    found = {
        "region": Grouping(_codes(codes), LEVELS),
        "whole": Grouping(_codes(codes * 0), ("all",)),
        "single": Grouping(_codes(np.arange(samples) == 0), ("the rest", "one")),
        "each": Grouping(_codes(np.arange(samples)), tuple(map(str, range(samples)))),
        "tags": Grouping(_codes(several), LEVELS),
    }
    return {name: grouping for name, grouping in found.items() if random.random() < 0.4}


def _codes(codes: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(codes.astype(np.int32))


def _model_info(random, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """What is known of models: runs, epochs, soups and what lies between, costs."""
    number = len(names)
    kinds = ["member", "checkpoint", "soup", "interpolation", None]
    found = {
        "family": random.choice(np.array(["x", "x", "y", None], dtype=object), number),
        "base_model": random.choice(np.array(["base", "base", None], dtype=object), number),
        "seed": random.integers(0, 3, number),
        "epoch": random.choice([0.0, 1.0, 2.0, np.nan], number),
        "cost": random.choice([0.0, 0.0, 1.0, 1e6, np.nan], number)
        if random.random() < 0.7
        else np.zeros(number),
        "kind": random.choice(np.array(kinds, dtype=object), number),
        "alpha": random.choice([0.0, 0.5, 1.0, np.nan], number),
        "view": random.choice(np.array(["clean", "blurred"], dtype=object), number),
    }
    found["ingredients"] = np.array([None, ";".join(names[:2])], dtype=object)[
        random.integers(0, 2, number)
    ]
    return {name: values for name, values in found.items() if random.random() < 0.3}


def _units(random, samples: int) -> torch.Tensor | None:
    if random.random() < 0.6:
        return None
    return _codes(random.integers(0, random.integers(1, samples + 1), samples))
