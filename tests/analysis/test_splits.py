"""Splits keep classes, groups and units, and do not depend on the order of the samples."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made import bundle_of, overlapping, random_bundle

from analysis.bundle import BundleError, Grouping
from analysis.splits import split, split_by

few = settings(deadline=None, max_examples=25, derandomize=True)


@few
@given(st.integers(2, 80), st.integers(0, 1000), st.floats(0.05, 0.95), st.booleans())
def test_parts_share_no_sample_and_every_stratum_has_its_share(samples, seed, share, grouped):
    bundle = random_bundle(1, samples, 4, seed=seed)
    found = split(bundle, share=share, seed=seed, by="region" if grouped else None)
    assert not (found.fit & found.held_out).any()
    assert (found.fit | found.held_out).all()
    assert found.fit.any()
    assert found.held_out.any()
    strata = bundle.labels.long() * 3 + (bundle.groups["region"].codes if grouped else 0)
    rate = int(found.fit.sum()) / samples
    assert abs(rate - share) <= 1 / samples
    for stratum in strata.unique():
        here = strata == stratum
        assert abs(int(found.fit[here].sum()) - rate * int(here.sum())) < 1 + 1e-9


@few
@given(st.integers(2, 60), st.integers(0, 1000), st.randoms(use_true_random=False))
def test_the_order_of_samples_does_not_matter(samples, seed, random):
    bundle = overlapping(samples, seed)
    units = torch.arange(samples, dtype=torch.int32) // 3
    bundle = replace(bundle, units=units, fingerprint="")
    order = torch.tensor(random.sample(range(samples), samples))
    found = split(bundle, seed=seed, by="tags")
    shuffled = split(bundle.take(order), seed=seed, by="tags")
    assert torch.equal(shuffled.fit, found.fit[order])
    assert torch.equal(shuffled.held_out, found.held_out[order])


def test_the_seed_alone_decides():
    bundle = random_bundle(2, 60)
    one, same, other = (split(bundle, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.fit, same.fit)
    assert not torch.equal(one.fit, other.fit)
    assert "seed 1" in one.description


@few
@given(st.integers(1, 40), st.integers(0, 1000))
def test_units_stay_whole(samples, seed):
    generator = torch.Generator().manual_seed(seed)
    units = torch.randint(8, (samples,), generator=generator, dtype=torch.int32)
    bundle = replace(random_bundle(1, samples, 3, seed=seed), units=units, fingerprint="")
    found = split(bundle, seed=seed)
    assert not set(units[found.fit].tolist()) & set(units[found.held_out].tolist())
    if len(units.unique()) > 1:
        assert found.fit.any()
        assert found.held_out.any()


def test_small_classes_do_not_all_fall_to_the_same_side():
    labels = list(range(20)) + [20] * 20
    bundle = bundle_of([[0] * 40], labels, [f"class-{place}" for place in range(21)])
    rare = [int(split(bundle, seed=seed).fit[:20].sum()) for seed in range(10)]
    assert all(9 <= count <= 11 for count in rare)


def test_unlabelled_samples_are_in_neither_part():
    bundle = bundle_of([[0, 0, 0, 0]], [0, -1, 1, -1])
    found = split(bundle)
    assert (found.fit | found.held_out).tolist() == [True, False, True, False]
    grades = torch.tensor([[1, 0, -1, 1]], dtype=torch.int8)
    graded = bundle_of([[0, 0, 0, 0]], grades=grades)
    found = split(graded)
    assert (found.fit | found.held_out).tolist() == [True, True, False, True]


def test_one_sample_is_held_out_and_none_is_no_error():
    found = split(bundle_of([[0]], [0]))
    assert (found.fit.tolist(), found.held_out.tolist()) == ([False], [True])
    found = split(bundle_of([[0, 1]], [-1, -1]))
    assert not (found.fit | found.held_out).any()


def test_a_share_or_grouping_that_cannot_be_is_answered():
    bundle = random_bundle(1, 20)
    for share in (0, 1, -0.5, 2):
        with pytest.raises(BundleError, match="expected a number between 0 and 1"):
            split(bundle, share=share)
    with pytest.raises(BundleError, match=r"no grouping 'moon'.*the groupings are region"):
        split(bundle, by="moon")


def columned():
    tags = Grouping(torch.tensor([[0, 1], [1, -1], [0, -1], [1, -1]]).int(), ("p", "q"))
    return bundle_of(
        [[0, 1, 0, 1]],
        [0, 1, 1, -1],
        attributes={
            "part": np.array(["val", "test", "test", "val"], dtype=object),
            "size": np.array([1.0, 2.0, np.nan, 2.0]),
        },
        groups={"tags": tags},
    )


@pytest.mark.parametrize(
    ("column", "value", "fit", "held_out"),
    [
        ("part", "val", [0], [1, 2]),
        ("size", "2", [1], [0, 2]),
        ("size", "2.0", [1], [0, 2]),
        ("tags", "q", [0, 1], [2]),
    ],
)
def test_a_column_that_the_data_brings_splits_the_labelled_samples(column, value, fit, held_out):
    found = split_by(columned(), column, value)
    assert found.fit.nonzero().flatten().tolist() == fit
    assert found.held_out.nonzero().flatten().tolist() == held_out
    assert found.description == f"{column} = {value}"


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("moon", "1", "no column 'moon' to fit on; the columns are part, size, tags"),
        ("part", "train", "no labelled sample is like this"),
        ("size", "big", "no labelled sample is like this"),
        ("tags", "r", "no labelled sample is like this"),
    ],
)
def test_a_column_or_value_that_is_not_there_is_answered(column, value, said):
    with pytest.raises(BundleError, match=re.escape(said)):
        split_by(columned(), column, value)


def test_a_value_that_all_labelled_samples_have_is_answered():
    bundle = bundle_of([[0, 1]], [0, 1], attributes={"part": np.array(["val", "val"])})
    with pytest.raises(BundleError, match="every labelled sample is like this"):
        split_by(bundle, "part", "val")


def test_samples_that_share_a_unit_with_a_fitted_one_are_left_out():
    bundle = replace(columned(), units=torch.tensor([7, 7, 3, 3]).int(), fingerprint="")
    found = split_by(bundle, "part", "val")
    assert found.fit.tolist() == [True, False, False, False]
    assert found.held_out.tolist() == [False, False, True, False]
    assert found.description == "part = val; 1 samples of the same units left out"


def test_every_device_splits_alike(device):
    bundle = random_bundle(2, 50)
    assert torch.equal(split(bundle.to(device)).fit.cpu(), split(bundle).fit)
