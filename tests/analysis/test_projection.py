"""Flat maps of models and samples."""

import math

import pytest
import torch

from analysis.projection import classical_mds, pca, similarity_tree, umap_map

TRIANGLE = torch.tensor([[0.0, 3.0, 4.0], [3.0, 0.0, 5.0], [4.0, 5.0, 0.0]])


def test_a_flat_distance_is_kept_exactly():
    coordinates, eigenvalues = classical_mds(TRIANGLE)
    torch.testing.assert_close(torch.cdist(coordinates, coordinates), TRIANGLE.double())
    assert coordinates.mean(0).abs().max() < 1e-12
    assert (eigenvalues[:2] > 0).all()
    assert eigenvalues[2].abs() < 1e-12


def test_the_largest_coordinate_of_each_axis_is_positive():
    for axes in (classical_mds(TRIANGLE)[0], pca(torch.randn(20, 4)).double()):
        peaks = axes.gather(0, axes.abs().argmax(0, keepdim=True))
        assert (peaks > 0).all()


@pytest.mark.parametrize("models", [1, 2])
def test_few_models_still_have_two_coordinates(models):
    distance = 2 * (1 - torch.eye(models))
    coordinates, eigenvalues = classical_mds(distance)
    assert coordinates.shape == (models, 2)
    assert coordinates[:, 1].abs().max() < 1e-6
    assert coordinates[:, 0].abs().tolist() == pytest.approx(
        [1.0] * models if models > 1 else [0.0]
    )
    assert len(eigenvalues) == models


def test_an_undefined_distance_counts_as_the_largest_and_never_to_oneself():
    holes = TRIANGLE.clone()
    holes[2] = holes[:, 2] = math.nan
    filled = torch.tensor([[0.0, 3.0, 3.0], [3.0, 0.0, 3.0], [3.0, 3.0, 0.0]])
    torch.testing.assert_close(classical_mds(holes)[1], classical_mds(filled)[1])
    nothing = torch.full((3, 3), math.nan)
    assert classical_mds(nothing)[0].abs().max() == 0


def test_a_distance_that_is_not_flat_keeps_its_negative_eigenvalues():
    distance = torch.tensor([[0.0, 1.0, 5.0], [1.0, 0.0, 1.0], [5.0, 1.0, 0.0]])
    coordinates, eigenvalues = classical_mds(distance)
    assert eigenvalues[-1] < -0.1
    assert coordinates.isfinite().all()


def test_similar_models_stand_side_by_side():
    place = torch.tensor([0.0, 10.0, 0.2, 10.1, 0.1])
    order = similarity_tree((place[:, None] - place).abs())[0].tolist()
    assert sorted(order) == [0, 1, 2, 3, 4]
    assert {*order[:2]} == {1, 3} or {*order[-2:]} == {1, 3}


def test_an_order_is_found_for_few_models_and_for_undefined_distances():
    assert similarity_tree(torch.zeros(1, 1))[0].tolist() == [0]
    assert similarity_tree(torch.zeros(2, 2))[0].tolist() == [0, 1]
    assert sorted(similarity_tree(torch.full((4, 4), math.nan))[0].tolist()) == [0, 1, 2, 3]


def test_the_first_component_is_the_widest_direction():
    generator = torch.Generator().manual_seed(0)
    samples = torch.randn(200, 3, generator=generator) * torch.tensor([1.0, 9.0, 3.0]) + 50
    found = pca(samples)
    assert found.dtype == torch.float32
    assert found.shape == (200, 2)
    torch.testing.assert_close(found.mean(0), torch.zeros(2), rtol=0, atol=1e-4)
    width = found.std(0)
    assert width[0] > width[1] > 1
    correlation = torch.corrcoef(torch.stack([found[:, 0], samples[:, 1]]))[0, 1]
    assert correlation.abs() > 0.99


def test_embeddings_of_one_number_get_a_second_coordinate_of_0():
    found = pca(torch.tensor([[1.0], [3.0]]))
    assert found.tolist() in ([[1.0, 0.0], [-1.0, 0.0]], [[-1.0, 0.0], [1.0, 0.0]])
    assert pca(torch.ones(1, 4)).tolist() == [[0.0, 0.0]]


def test_a_umap_repeats_itself_tells_its_progress_and_can_be_stopped():
    pytest.importorskip("umap")
    generator = torch.Generator().manual_seed(0)
    samples = torch.randn(40, 5, generator=generator)
    told = []
    found = umap_map(samples, neighbours=5, epochs=20, progress=told.append)
    assert found.shape == (40, 2)
    assert found.isfinite().all()
    assert torch.equal(found, umap_map(samples, neighbours=5, epochs=20))
    assert told
    assert told == sorted(told)
    assert all(0 <= share <= 1 for share in told)

    def stop(share):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        umap_map(samples, neighbours=5, epochs=20, progress=stop)
