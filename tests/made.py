"""Bundles and places that several tests share."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from analysis import evidence
from analysis.bundle import Bundle, Grouping
from analysis.candidate_plan import Plan
from analysis.ensemble import Ensemble
from analysis.fitting import fit
from analysis.rules import RULES
from analysis.splits import Split

ROOT = Path(__file__).resolve().parents[1]
REAL_DATA = Path(os.environ.get("DISSENSUS_DATA", ROOT.parent / "shared" / "data"))
DESIGN = Path(os.environ.get("DISSENSUS_DESIGN", ROOT.parent / "shared" / "design"))
CANNOT = "this machine has no"


def real(name: str) -> Path:
    """The folder of a real data set; skips where it is not there."""
    folder = REAL_DATA / name
    if not folder.is_dir():
        pytest.skip(f"{CANNOT} shared data set {name}")
    return folder


def random_bundle(
    models: int = 5,
    samples: int = 60,
    classes: int = 4,
    *,
    seed: int = 0,
    gaps: float = 0.0,
    probabilities: bool = True,
    accuracy: float = 0.6,
) -> Bundle:
    """Models that lean towards the label, with groups and embeddings."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (samples,), generator=generator, dtype=torch.int32)
    logits = torch.randn(models, samples, classes, generator=generator, dtype=torch.float64)
    logits.scatter_add_(
        2,
        labels.long().expand(models, samples)[..., None],
        torch.full((models, samples, 1), 3 * accuracy, dtype=torch.float64),
    )
    missing = torch.rand(models, samples, generator=generator) < gaps
    predictions = torch.where(missing, -1, logits.argmax(2)).to(torch.int32)
    names = tuple(f"model-{place}" for place in range(models))
    codes = torch.randint(3, (samples,), generator=generator, dtype=torch.int32)
    return Bundle(
        models=names,
        ids=tuple(f"s{place:04d}" for place in range(samples)),
        classes=tuple(f"class-{place}" for place in range(classes)),
        predictions=predictions,
        labels=labels,
        probabilities=dict(zip(names, logits.softmax(2), strict=True)) if probabilities else {},
        embeddings=torch.randn(samples, 6, generator=generator),
        groups={"region": Grouping(codes, ("north", "south", "west"))},
    )


WEIGHED = [
    rule.name
    for rule in RULES.values()
    if rule.weighable or rule.evidence in (evidence.probabilities, evidence.votes)
    if rule.abstains is None
]


def weighed(members, rule: str) -> Ensemble:
    """An ensemble that can answer; a rule that learns its weights gets uneven ones."""
    if RULES[rule].fit is None:
        return Ensemble(members, rule)
    return Ensemble(members, rule, weights=tuple(1.0 + place % 3 for place in range(len(members))))


def ready(bundle: Bundle, rule: str, **options) -> Ensemble:
    """All models of a bundle under a rule, fitted on all its samples where it is fitted."""
    ensemble = Ensemble(bundle.models, rule, options)
    if RULES[rule].fit is None:
        return ensemble
    return fit(bundle, ensemble, Split(bundle.labelled, ~bundle.labelled, "everything")).ensemble


def overlapping(samples: int = 60, seed: int = 0, **more) -> Bundle:
    """A random bundle whose samples have one to three of four tags."""
    random = np.random.default_rng(seed)
    codes = np.full((samples, 3), -1, dtype=np.int32)
    for row in codes:
        own = np.sort(random.permutation(4)[: random.integers(1, 4)])
        row[: len(own)] = own
    groups = {"tags": Grouping(torch.from_numpy(codes), ("p", "q", "r", "s"))}
    bundle = random_bundle(samples=samples, seed=seed, **more)
    return Bundle(**{**vars(bundle), "groups": groups, "fingerprint": ""})


def bundle_of(predictions, labels=None, classes="xyz", **more) -> Bundle:
    """Models a, b, c ... with these class indices on samples 0, 1, 2 ..."""
    predictions = torch.tensor(predictions, dtype=torch.int32)
    models, samples = predictions.shape
    return Bundle(
        models=tuple("abcdefg"[:models]),
        ids=tuple(map(str, range(samples))),
        classes=tuple(classes),
        predictions=predictions,
        labels=None if labels is None else torch.tensor(labels, dtype=torch.int32),
        **more,
    )


def made_plan(weights, models: tuple[str, ...], rule: str = "mean") -> Plan:
    """Candidates with these weights."""
    weights = torch.as_tensor(np.asarray(weights, dtype=float))
    inside = weights > 0
    uneven = ((weights != 1) & inside).any(1).nonzero().flatten()
    amounts = weights[uneven] / weights[uneven].sum(1, keepdim=True)
    origin = torch.zeros(len(weights), dtype=torch.int8)
    alpha = torch.full((len(weights),), torch.nan)
    return Plan(models, rule, inside, origin, uneven, amounts, alpha, {}, {}, {})
