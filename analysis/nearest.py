"""The nearest points in an embedding: exact, in chunks, the same every time."""

import torch
from torch import Tensor

from analysis.checks import BundleError
from analysis.chunks import samples_at_a_time

SPARE = 16  # points that may be as near as the k-th within rounding before all are compared


def nearest(queries: Tensor, points: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k points nearest to each query, by Euclidean distance.

    Matrix products find who may be near; their distances are then taken from the differences,
    so that equal points are equally far. Equally far points come by their row, lowest first. A
    query that is itself among the points is its own neighbour, at distance 0.

    Args:
        queries: float [Q, D].
        points: float [P, D], all finite, as the queries.
        k: how many; all points where there are fewer.

    Returns:
        Rows of the points int64 [Q, k], nearest first, and their distances float64 [Q, k], 0 or
        more, in the unit of the columns: bring these to one scale first (`standardised`).

    Raises:
        BundleError: k is below 1, there is no point, or the columns of the two differ.

    Example:
        >>> points = torch.tensor([[0.0], [3.0], [1.0], [-1.0]])
        >>> rows, distances = nearest(torch.tensor([[0.0]]), points, 3)
        >>> rows.tolist(), distances.tolist()
        ([[0, 2, 3]], [[0.0, 1.0, 1.0]])

    References:
        Fix and Hodges 1951, Discriminatory analysis: nonparametric discrimination.
    """
    _check(queries, points, k)
    queries, points, k = queries.double(), points.double(), min(k, len(points))
    spare = min(len(points), k + SPARE)
    step = samples_at_a_time(len(points) + spare * points.shape[1], points.device)
    found = [_of_chunk(part, points, k, spare) for part in queries.split(step)]
    rows = torch.cat([part[0] for part in found] or [torch.zeros(0, k, dtype=torch.long)])
    return rows, torch.cat([part[1] for part in found] or [torch.zeros(0, k).double()])


def standardised(embeddings: Tensor) -> Tensor:
    """Columns with mean 0 and standard deviation 1, so that none counts by its unit alone.

    Args:
        embeddings: float [N, D].

    Returns:
        float64 [N, D]; a constant column becomes 0.

    Example:
        >>> standardised(torch.tensor([[1.0, 5.0], [3.0, 5.0]])).tolist()
        [[-1.0, 0.0], [1.0, 0.0]]
    """
    centred = embeddings.double() - embeddings.double().mean(0)
    spread = centred.square().mean(0).sqrt()
    constant = spread <= 1e-12 * embeddings.double().abs().amax(0) if len(spread) else spread > 0
    return torch.where(constant, 0.0, centred / torch.where(constant, 1.0, spread))


def _check(queries: Tensor, points: Tensor, k: int) -> None:
    if k < 1:
        raise BundleError(f"{k} neighbours were asked for; expected 1 or more.")
    if not len(points):
        raise BundleError("There is no sample to look for neighbours among.")
    if queries.shape[1] != points.shape[1]:
        raise BundleError(
            f"The samples have {queries.shape[1]} columns and those they are compared with "
            f"{points.shape[1]}; neighbours need one embedding for both."
        )


def _of_chunk(queries: Tensor, points: Tensor, k: int, spare: int) -> tuple[Tensor, Tensor]:
    """Products are off by rounding: all within that of the k-th are compared once more."""
    centre = points.mean(0)  # far from 0, products would cancel
    left, right = queries - centre, points - centre
    lengths, far = left.square().sum(1, keepdim=True), right.square().sum(1)
    # Squared distances but for the query's own length, which ranks nothing.
    squared = torch.addmm(far, left, right.T, alpha=-2)
    rounding = 8 * (points.shape[1] + 4) * torch.finfo(torch.float64).eps * (lengths + far.max())
    near, rows = squared.topk(spare, largest=False, sorted=True)
    if spare < len(points) and (near[:, -1:] <= near[:, k - 1 : k] + rounding).any():
        mode = "donot_use_mm_for_euclid_dist"
        distances, rows = torch.cdist(queries, points, compute_mode=mode).sort(dim=1, stable=True)
        return rows[:, :k], distances[:, :k]
    rows = rows.sort(dim=1).values
    distances = (points[rows] - queries[:, None]).square().sum(2).sqrt()
    order = distances.argsort(dim=1, stable=True)[:, :k]
    return rows.gather(1, order), distances.gather(1, order)
