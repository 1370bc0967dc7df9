"""Groupings that a person makes."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made import overlapping, random_bundle

from analysis.bundle import BundleError, Grouping
from analysis.loading.grouping import grouping_of
from analysis.made_groups import (
    MISSING,
    TIMES,
    cross,
    cut_at,
    cut_evenly,
    loaded_fingerprint,
    problem_of,
    saved_slice,
    with_groupings,
)


def parts(codes):
    codes = torch.as_tensor(codes, dtype=torch.int32)
    return Grouping(codes, tuple(f"l{at}" for at in range(int(codes.max()) + 1)))


@settings(max_examples=30)
@given(
    values=st.lists(st.floats(-100, 100) | st.just(float("nan")), min_size=1, max_size=40),
    edges=st.lists(st.floats(-100, 100), min_size=1, max_size=5),
)
def test_every_number_is_in_the_range_that_holds_it(values, edges):
    found, ends = cut_at(np.array(values), edges), sorted({float(x) + 0.0 for x in edges})
    assert len(set(found.levels)) == len(found.levels)
    for value, code in zip(values, found.codes.tolist(), strict=True):
        if np.isnan(value):
            assert found.levels[code] == MISSING
        else:
            assert code == sum(value > end for end in ends)


def test_endless_numbers_are_above_and_below_all_edges():
    found = cut_at(np.array([-np.inf, 0, np.inf]), (1,))
    assert found.codes.tolist() == [0, 0, 1]


def test_ranges_of_equally_many_samples_and_close_edges_have_names_of_their_own():
    cut = cut_evenly(np.arange(100), 5)
    assert cut.sizes().tolist() == [20] * 5
    close = cut_evenly(1e6 + np.arange(8) / 10, 4)
    assert len(set(close.levels)) == 4
    assert cut_evenly(np.array([0.0] * 80 + [1, 2, np.nan])).levels[-1] == MISSING


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: cut_evenly(np.array([3.0, 3.0])), "nothing to cut"),
        (lambda: cut_evenly(np.array([np.nan])), "nothing to cut"),
        (lambda: cut_at(np.arange(3), ()), "numbers to cut at"),
        (lambda: cut_at(np.arange(3), (np.nan,)), "numbers to cut at"),
        (lambda: cross([parts([0, 1])]), "two or three columns, not 1"),
        (lambda: saved_slice(np.arange(3), 3, "all"), "others are outside"),
        (lambda: saved_slice(np.arange(0), 3, "none"), "others are outside"),
    ],
)
def test_what_cannot_be_made_says_why(make, sentence):
    with pytest.raises(BundleError, match=sentence):
        make()


@settings(max_examples=20)
@given(seed=st.integers(0, 200), three=st.booleans(), several=st.booleans())
def test_a_crossing_holds_the_samples_that_are_in_all_of_its_parts(seed, three, several):
    generator = torch.Generator().manual_seed(seed)
    groupings = [parts(torch.randint(3, (30,), generator=generator)) for _ in range(2 + three)]
    if several:
        groupings[1] = overlapping(30, seed).groups["tags"]
    found, seen = cross(groupings), 0
    for place, name in enumerate(found.levels):
        levels = name.split(TIMES)
        inside = [g.within([g.levels.index(x)]) for g, x in zip(groupings, levels, strict=True)]
        inside = torch.stack(inside).all(0)
        assert torch.equal(found.within([place]), inside)
        assert inside.any()
        seen += int(inside.sum())
    assert found.overlapping == (several and found.codes.ndim == 2)
    assert seen == int(found.sizes().sum())
    assert found.combinations().sizes().sum() == 30


def test_levels_that_hold_the_sign_of_crossing_stay_apart():
    first = Grouping(torch.tensor([0, 1]), ("a", f"a{TIMES}b"))
    second = Grouping(torch.tensor([0, 1]), (f"b{TIMES}c", "c"))
    assert len(set(cross([first, second]).levels)) == 2


def test_any_column_is_a_grouping_with_its_missing_values_named():
    numbers = grouping_of(np.array([1.5, np.nan, 1.5]))
    assert (numbers.levels, numbers.codes.tolist()) == (("1.5", MISSING), [0, 1, 0])
    texts = grouping_of(np.array(["b", None, "a"], dtype=object))
    assert (texts.levels, texts.codes.tolist()) == (("a", "b", MISSING), [1, 2, 0])
    ids = grouping_of(np.array([f"{at}" for at in range(5000)], dtype=object))
    assert "belongs to a single sample" in problem_of(ids)
    assert "5,000" in problem_of(ids)
    assert problem_of(parts([0, 0, 1])) == ""


def test_made_groupings_come_and_go_and_the_fingerprint_tells_them():
    bundle = random_bundle(samples=40)
    halves, thirds = parts(torch.arange(40) % 2), parts(torch.arange(40) % 3)
    one = with_groupings(bundle, {"halves": halves})
    other = with_groupings(one, {"halves": thirds}, before=("halves",))
    assert len({bundle.fingerprint, one.fingerprint, other.fingerprint}) == 3
    again = with_groupings(other, {"halves": halves}, before=("halves",))
    assert again.fingerprint == one.fingerprint
    assert loaded_fingerprint(again) == bundle.fingerprint
    gone = with_groupings(again, {}, before=("halves",))
    assert gone.fingerprint == bundle.fingerprint
    assert set(gone.groups) == set(bundle.groups)
    assert torch.equal(one.take(torch.arange(5)).groups["halves"].codes, halves.codes[:5])
    with pytest.raises(BundleError, match="already"):
        with_groupings(bundle, {next(iter(bundle.groups)): halves})
