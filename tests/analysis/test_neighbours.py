"""What the ensemble did nearby: counts, shares, and the sample itself left out."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from made import random_bundle

from analysis.bundle import BundleError
from analysis.nearest import standardised
from analysis.neighbours import neighbourhood, outcomes_around


@given(seed=st.integers(0, 1000), k=st.integers(1, 9), equal=st.booleans())
def test_neighbours_are_the_nearest_others(seed, k, equal):
    bundle = random_bundle(2, 30, seed=seed)
    if equal:
        bundle = replace(bundle, embeddings=bundle.embeddings.round(), fingerprint="")
    rows = torch.tensor([3, 0, 29])
    found = neighbourhood(bundle, rows, k)
    points = standardised(bundle.embeddings)
    for row, near in zip(rows.tolist(), found.rows.tolist(), strict=True):
        away = (points - points[row]).square().sum(1).sqrt().tolist()
        others = sorted((other for other in range(30) if other != row), key=away.__getitem__)
        assert row not in near
        assert len(set(near)) == k
        assert [away[r] for r in near] == pytest.approx([away[r] for r in others[:k]])


def test_a_column_in_other_units_changes_no_neighbour():
    bundle = random_bundle(2, 40, seed=1)
    scaled = bundle.embeddings * torch.tensor([1000.0, 1, 1, 0.01, 1, 1]) + 5
    other = replace(bundle, embeddings=scaled, fingerprint="")
    rows = torch.arange(40)
    assert torch.equal(neighbourhood(bundle, rows, 3).rows, neighbourhood(other, rows, 3).rows)


def test_when_all_samples_are_equal_the_first_others_are_taken():
    bundle = replace(random_bundle(2, 200), embeddings=torch.zeros(200, 2), fingerprint="")
    found = neighbourhood(bundle, torch.tensor([0, 150]), 3)
    assert found.rows.tolist() == [[1, 2, 3], [0, 1, 2]]


def test_a_single_sample_has_no_neighbour():
    found = neighbourhood(random_bundle(2, 1), torch.tensor([0]), 5)
    assert found.rows.shape == (1, 0)
    around = outcomes_around(torch.tensor([0]), found.rows)
    assert around["judged"].tolist() == [0]
    assert around["share"].isnan().all()


def test_without_embeddings_it_is_said():
    bundle = replace(random_bundle(2, 5), embeddings=None, fingerprint="")
    with pytest.raises(BundleError, match="embeddings"):
        neighbourhood(bundle, torch.tensor([0]), 2)


def test_outcomes_around_counts_the_judged_neighbours():
    codes = torch.tensor([1, 1, 5, -1, 0], dtype=torch.int8)
    found = outcomes_around(codes, torch.tensor([[1, 2, 3], [3, 3, 3]]))
    assert found["counts"].tolist() == [[0, 1, 0, 0, 0, 1], [0] * 6]
    assert found["judged"].tolist() == [2, 0]
    assert found["share"][0].tolist() == [0, 0.5, 0, 0, 0, 0.5]
    assert found["overall"].tolist() == [0.25, 0.5, 0, 0, 0, 0.25]
