"""Reference cases of the measures: how they are compared, and their main fixture as a bundle."""

import math

import pytest
import torch

from analysis.bundle import Bundle, Grouping
from analysis.catalog import CATALOG, value
from analysis.tally import tally


def compare(found, expected, tolerance, not_built=None):
    if isinstance(found, torch.Tensor):
        found = found.tolist()
    if isinstance(expected, dict):
        assert set(found) == set(expected) - (not_built or set())
        for key, entry in found.items():
            compare(entry, expected[key], tolerance)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            compare(one, other, tolerance)
    elif expected is None:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(expected, rel=0, abs=tolerance)


def t12(fixture, *, probabilities=True) -> Bundle:
    given = torch.tensor(fixture["P"], dtype=torch.float64)
    names = ("A", "B", "C")
    return Bundle(
        models=names,
        ids=tuple(map(str, range(given.shape[1]))),
        classes=("0", "1", "2"),
        predictions=given.argmax(2).int(),
        labels=torch.tensor(fixture["y"], dtype=torch.int32),
        probabilities=dict(zip(names, given, strict=True)) if probabilities else {},
        groups={"g": Grouping(torch.tensor(fixture["group"], dtype=torch.int32), ("0", "1"))},
    )


def measured(bundle, name, **options):
    return value(CATALOG[name], tally(bundle, CATALOG[name].needs, **options))
