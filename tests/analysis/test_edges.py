"""Degenerate bundles: every figure is defined or NaN, without a warning and without a crash."""

import json
import math
import warnings
from dataclasses import replace

import pytest
import torch
from made import bundle_of, random_bundle

from analysis.bundle import Bundle, BundleError
from analysis.catalog import CATALOG, value
from analysis.resampling import intervals
from analysis.summary import summarise
from analysis.tally import tally

RANDOM = random_bundle(3, 40, 3)


def one_hot(predictions, labels) -> Bundle:
    bundle = bundle_of(predictions, labels=labels)
    exact = torch.eye(3)[bundle.predictions.clamp_min(0).long()]
    return replace(bundle, probabilities=dict(zip(bundle.models, exact, strict=True)))


DEGENERATE = {
    "one member": RANDOM.select(RANDOM.models[:1]),
    "one sample": RANDOM.take(torch.tensor([0])),
    "one class": bundle_of([[0, 0], [0, 0]], labels=[0, 0], classes="x"),
    "all right": one_hot([[0, 1, 2], [0, 1, 2], [0, 1, 2]], [0, 1, 2]),
    "all wrong": one_hot([[1, 2, 0], [1, 2, 0], [1, 2, 0]], [0, 1, 2]),
    "all wrong, each differently": one_hot([[1, 1, 1], [2, 2, 2]], [0, 0, 0]),
    "no sample answered by both": one_hot([[0, 1, -1, -1], [-1, -1, 1, 0]], [0, 1, 2, 0]),
    "no labels": bundle_of([[0, 1, 2], [0, 2, 1]]),
    "no answers at all": bundle_of([[-1, -1], [-1, -1]], labels=[0, 1]),
    "an embedding with a constant column": replace(
        RANDOM, embeddings=torch.cat([torch.ones(40, 1), torch.arange(40.0)[:, None]], 1)
    ),
    "embeddings that are all the same": replace(RANDOM, embeddings=torch.zeros(40, 4)),
    "probabilities of some models only": replace(
        RANDOM, probabilities={RANDOM.models[1]: RANDOM.probabilities[RANDOM.models[1]]}
    ),
}


@pytest.fixture(autouse=True)
def _warnings_are_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
@pytest.mark.parametrize("name", DEGENERATE)
def test_a_degenerate_bundle_has_a_summary(name, missing):
    bundle = DEGENERATE[name]
    found = json.loads(json.dumps(summarise(bundle, missing=missing), allow_nan=False))
    assert list(found["models"]) == list(bundle.models)


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
@pytest.mark.parametrize("name", DEGENERATE)
def test_every_measure_of_a_degenerate_bundle_is_finite_or_nan(name, missing):
    bundle = DEGENERATE[name]
    needs = {
        need for measure in CATALOG.values() if measure.kind != "sample" for need in measure.needs
    }
    sums = tally(bundle, needs, groups=tuple(bundle.groups), missing=missing)
    kinds = [measure for measure in CATALOG.values() if measure.kind in ("model", "pair", "set")]
    for measure in kinds:
        assert not value(measure, sums).isinf().any(), measure.name
    for low, high in intervals(bundle, kinds, missing=missing, draws=100).values():
        known = low.isfinite()
        assert (known == high.isfinite()).all()
        assert (low[known] <= high[known]).all()


def test_two_models_that_answered_no_sample_together_are_compared_nowhere():
    bundle = DEGENERATE["no sample answered by both"]
    for measure in CATALOG.values():
        if measure.kind == "pair":
            found = value(measure, tally(bundle, measure.needs))
            assert math.isnan(found[0, 1]), measure.name
            assert math.isnan(found[1, 0]), measure.name


@pytest.mark.parametrize("bad", [math.nan, -0.1, math.inf])
def test_one_bad_probability_names_model_and_sample(bad):
    probabilities = {name: table.clone() for name, table in RANDOM.probabilities.items()}
    probabilities["model-1"][7, 2] = bad
    with pytest.raises(BundleError, match=r"'model-1' for sample 's0007' .* distribution"):
        replace(RANDOM, probabilities=probabilities, fingerprint="")


@pytest.mark.parametrize(("field", "shown"), [("predictions", "predictions"), ("labels", "labels")])
def test_a_class_index_out_of_range_is_refused(field, shown):
    with pytest.raises(BundleError, match=f"{shown} holds a class index outside -1 to 2"):
        replace(RANDOM, **{field: getattr(RANDOM, field) + 3}, grades=None, fingerprint="")
