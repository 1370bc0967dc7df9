"""Nearest samples: against a plain sort, ties by the lowest row, and what is refused."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from analysis.bundle import BundleError
from analysis.nearest import SPARE, nearest, standardised


def plain_nearest(queries, points, k):
    """One query at a time: Python's sort of (distance, row)."""
    found = []
    for query in queries.double():
        away = (points.double() - query).square().sum(1).sqrt().tolist()
        found.append(sorted(range(len(points)), key=lambda row: (away[row], row))[:k])
    return found


@given(
    seed=st.integers(0, 10_000),
    size=st.integers(1, 150),
    columns=st.integers(1, 4),
    k=st.integers(1, 12),
)
def test_the_nearest_are_those_of_a_plain_sort_with_ties_by_the_lowest_row(seed, size, columns, k):
    generator = torch.Generator().manual_seed(seed)
    points = torch.randint(-2, 3, (size, columns), generator=generator).float()
    queries = torch.randint(-2, 3, (5, columns), generator=generator).float()
    rows, distances = nearest(queries, points, k)
    assert rows.tolist() == plain_nearest(queries, points, min(k, size))
    direct = (points[rows] - queries[:, None]).double().square().sum(2).sqrt()
    torch.testing.assert_close(distances, direct, atol=1e-9, rtol=0)


def test_many_equal_points_come_by_their_row():
    points = torch.zeros(3 * SPARE, 4)
    points[1] = 1.0
    rows, distances = nearest(torch.full((1, 4), 0.3), points, 5)
    assert rows.tolist() == [[0, 2, 3, 4, 5]]
    assert distances[0].unique().numel() == 1


def test_far_from_the_origin_neighbours_are_still_told_apart():
    generator = torch.Generator().manual_seed(1)
    points = 1e6 + torch.randn(500, 3, generator=generator, dtype=torch.float64) * 1e-3
    rows, _ = nearest(points[:20], points, 7)
    assert rows.tolist() == plain_nearest(points[:20], points, 7)


def test_a_random_cloud_agrees_with_scikit_learn():
    from sklearn.neighbors import NearestNeighbors

    generator = torch.Generator().manual_seed(2)
    points = torch.randn(700, 16, generator=generator)
    rows, distances = nearest(points[:50], points, 9)
    theirs = NearestNeighbors(n_neighbors=9, algorithm="brute").fit(points.double().numpy())
    away, places = theirs.kneighbors(points[:50].double().numpy())
    assert rows.tolist() == places.tolist()
    torch.testing.assert_close(distances, torch.from_numpy(away), atol=1e-6, rtol=0)


def test_fewer_points_than_asked_for_are_all_given():
    rows, distances = nearest(torch.zeros(2, 1), torch.tensor([[2.0], [1.0]]), 10)
    assert rows.tolist() == [[1, 0], [1, 0]]
    assert distances.tolist() == [[1.0, 2.0], [1.0, 2.0]]
    assert [part.shape for part in nearest(torch.zeros(0, 1), torch.zeros(2, 1), 1)] == [(0, 1)] * 2


@pytest.mark.parametrize(
    ("queries", "points", "k", "says"),
    [
        (torch.zeros(1, 2), torch.zeros(1, 2), 0, "1 or more"),
        (torch.zeros(1, 2), torch.zeros(0, 2), 1, "no sample"),
        (torch.zeros(1, 2), torch.zeros(1, 3), 1, "2 columns"),
    ],
)
def test_what_cannot_be_searched_is_said(queries, points, k, says):
    with pytest.raises(BundleError, match=says):
        nearest(queries, points, k)


def test_standardised_columns_have_mean_0_and_deviation_1_and_constants_become_0():
    generator = torch.Generator().manual_seed(3)
    table = torch.randn(50, 3, generator=generator) * torch.tensor([1.0, 100.0, 0.0]) + 7.3
    scaled = standardised(table)
    torch.testing.assert_close(scaled.mean(0), torch.zeros(3).double(), atol=1e-9, rtol=0)
    torch.testing.assert_close(
        scaled.square().mean(0), torch.tensor([1.0, 1.0, 0.0]).double(), atol=1e-9, rtol=0
    )
