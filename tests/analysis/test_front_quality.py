"""Hypervolume and its companions: worked by hand, by brute force, and as properties."""

from itertools import combinations, pairwise, product

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from moocore import r2_exact

from analysis.checks import BundleError
from analysis.front_quality import additive_epsilon, exclusive_contribution, hypervolume, r2

BOTH = ("max", "max")


@st.composite
def sets(draw, most=9, objectives=4):
    width = draw(st.integers(1, objectives))
    rows = draw(st.integers(1, most))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10_000)))
    values = torch.randint(draw(st.sampled_from([3, 100])), (rows, width), generator=generator)
    senses = draw(st.lists(st.sampled_from(["max", "min"]), min_size=width, max_size=width))
    return values.double() / 8, senses


def oriented(values, senses):
    return values * torch.tensor([1.0 if sense == "max" else -1.0 for sense in senses])


def volume_by_inclusion(values, senses, reference):
    """Of every set of points, the box that all of them beat."""
    above = (
        oriented(values, senses) - oriented(torch.tensor(reference).double(), senses)
    ).clamp_min(0)
    return sum(
        -((-1) ** size) * above[list(some)].amin(0).prod().item()
        for size in range(1, len(above) + 1)
        for some in combinations(range(len(above)), size)
    )


def without(values, row):
    return torch.cat([values[:row], values[row + 1 :]])


@given(made=sets())
def test_hypervolume_is_what_inclusion_and_exclusion_give(made):
    values, senses = made
    reference = [0.375] * len(senses)
    found = hypervolume(values, senses, reference).item()
    assert found == pytest.approx(volume_by_inclusion(values, senses, reference), abs=1e-9)


@given(made=sets())
def test_a_contribution_is_the_volume_lost_without_the_candidate(made):
    values, senses = made
    reference = [1.0 if sense == "max" else 5.0 for sense in senses]
    whole = hypervolume(values, senses, reference)
    expected = [
        (whole - hypervolume(without(values, row), senses, reference)).item()
        for row in range(len(values))
    ]
    found = exclusive_contribution(values, senses, reference)
    assert found.tolist() == pytest.approx(expected, abs=1e-9)
    upper = exclusive_contribution(values, senses, reference, fallback=False)
    assert bool((upper >= found - 1e-9).all())


@given(made=sets())
def test_equal_candidates_contribute_exactly_nothing(made):
    values, senses = made
    reference = [-1.0 if sense == "max" else 20.0 for sense in senses]
    for fallback in (True, False):
        found = exclusive_contribution(
            torch.cat([values, values]), senses, reference, fallback=fallback
        )
        assert found.tolist() == [0.0] * (2 * len(values))


@given(made=sets())
def test_one_more_candidate_never_takes_volume_away(made):
    values, senses = made
    reference = [0.0 if sense == "max" else 13.0 for sense in senses]
    sizes = [hypervolume(values[:size], senses, reference) for size in range(len(values) + 1)]
    assert sizes[0] == 0
    assert all(more >= less - 1e-9 for less, more in pairwise(sizes))


def test_candidates_no_better_than_the_reference_add_nothing():
    values = torch.tensor([[0.5, 9.0], [0.4, 9.0], [0.6, 1.0]])
    assert hypervolume(values, BOTH, (0.5, 0)).item() == pytest.approx(0.1)
    assert exclusive_contribution(values, BOTH, (0.5, 0)).tolist() == pytest.approx([0, 0, 0.1])
    assert hypervolume(values, BOTH, (1, 1)).item() == 0
    assert exclusive_contribution(values, BOTH, (1, 1)).tolist() == [0, 0, 0]


def test_undefined_candidates_count_for_nothing():
    values = torch.tensor([[1.0, torch.nan], [1.0, 1.0]])
    assert hypervolume(values, BOTH, (0, 0)).item() == 1
    found = exclusive_contribution(values, BOTH, (0, 0))
    assert found[1] == 1
    assert found[0].isnan()
    nobody = values[:1]
    assert hypervolume(nobody, BOTH, (0, 0)).item() == 0
    assert r2(nobody, BOTH, (1, 1)).isnan()
    assert additive_epsilon(nobody, values, BOTH).isnan()
    assert additive_epsilon(values, nobody, BOTH).isnan()


@given(made=sets(), divisions=st.integers(1, 5))
def test_r2_is_the_mean_over_all_weights(made, divisions):
    values, senses = made
    ideal = torch.tensor([13.0 if sense == "max" else -1.0 for sense in senses])
    short = oriented(ideal, senses) - oriented(values, senses)
    steps = [step / divisions for step in range(divisions + 1)]
    weights = [w for w in product(steps, repeat=len(senses)) if abs(sum(w) - 1) < 1e-9]
    expected = [
        min(max(w * s for w, s in zip(weight, row, strict=True)) for row in short.tolist())
        for weight in weights
    ]
    found = r2(values, senses, ideal.tolist(), divisions=divisions).item()
    assert found == pytest.approx(sum(expected) / len(expected))


def test_r2_of_many_weights_is_the_exact_one_of_moocore():
    values = torch.rand(20, 2, generator=torch.Generator().manual_seed(0)).double()
    exact = r2_exact(values.numpy(), ref=[1, 1], maximise=True)
    assert r2(values, BOTH, (1, 1), divisions=20_000).item() == pytest.approx(exact, abs=1e-5)


@given(first=sets(objectives=3), seed=st.integers(0, 50))
def test_additive_epsilon_is_the_least_that_covers(first, seed):
    values, senses = first
    generator = torch.Generator().manual_seed(seed)
    others = torch.randint(100, (7, len(senses)), generator=generator).double() / 8
    ours, theirs = oriented(values, senses), oriented(others, senses)
    expected = (theirs[:, None] - ours).amax(2).amin(1).max().item()
    assert additive_epsilon(values, others, senses).item() == expected
    assert bool(((ours[None] + expected >= theirs[:, None]).all(2)).any(1).all())
    assert additive_epsilon(values, values, senses).item() == 0


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda v: hypervolume(v, BOTH, (0,)), "expected 2 finite numbers"),
        (lambda v: hypervolume(v, BOTH, (0, torch.nan)), "expected 2 finite numbers"),
        (lambda v: exclusive_contribution(v, ("max",), (0,)), "1 directions need"),
        (lambda v: r2(v, BOTH, (0.5, 2)), "A candidate surpasses the ideal"),
        (lambda v: r2(v, BOTH, (2, 2), divisions=0), "make 0 weights"),
        (lambda v: r2(v, BOTH, (2, 2), divisions=1_000_000), "make 1,000,001 weights"),
    ],
)
def test_what_does_not_fit_is_a_sentence(call, sentence):
    with pytest.raises(BundleError, match=sentence):
        call(torch.ones(3, 2))


def test_large_fronts_are_for_contributions_without_a_fallback():
    values = torch.linspace(0, 1, 3000, dtype=torch.float64)
    values = torch.stack([values, 1 - values], 1)
    with pytest.raises(BundleError, match="Contributions of 3,000 candidates would take"):
        exclusive_contribution(values, BOTH, (-1, -1))
    four = torch.cat([values, values], 1)
    with pytest.raises(BundleError, match="Thin the front first"):
        exclusive_contribution(four, BOTH * 2, (-1,) * 4, fallback=False)
    found = exclusive_contribution(values, BOTH, (-1, -1), fallback=False)
    assert found[1:-1].tolist() == pytest.approx([1 / 2999**2] * 2998)
