"""What an ensemble did on the samples most like a given one."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError
from analysis.nearest import nearest, standardised
from analysis.outcomes import OUTCOMES
from analysis.pairwise import share


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """The samples nearest to each of Q others.

    Attributes:
        rows: int64 [Q, k], rows of the bundle, nearest first.
        distances: float64 [Q, k], Euclidean, over columns of standard deviation 1.
    """

    rows: Tensor
    distances: Tensor


def neighbourhood(bundle: Bundle, rows: Tensor, k: int) -> Neighbourhood:
    """The k samples nearest to some others in the bundle's embedding, themselves left out.

    Columns are brought to mean 0 and standard deviation 1 first. Samples of the same unit (the
    same image under another shift) may be among the neighbours.

    Args:
        bundle: N samples with embeddings.
        rows: int64 [Q], which samples.
        k: how many; at most N - 1.

    Returns:
        Neighbours and distances; none at all when there is no other sample.

    Raises:
        BundleError: the bundle has no embeddings, or k is below 1.
    """
    if bundle.embeddings is None:
        raise BundleError(
            "Nearest neighbours need embeddings, and the data have none; add embeddings.npy with "
            "one row per sample."
        )
    points = standardised(bundle.embeddings)
    rows = rows.to(points.device)
    near, distances = nearest(points[rows], points, min(k, len(points) - 1) + 1)
    # Of many equal points a sample may not be among its own nearest: then the last one goes.
    own = near == rows[:, None]
    own[:, -1] |= ~own.any(1)
    shape = (len(rows), near.shape[1] - 1)
    return Neighbourhood(near[~own].view(shape), distances[~own].view(shape))


def outcomes_around(codes: Tensor, rows: Tensor) -> dict[str, Tensor]:
    """What became of the neighbours, beside what became of all samples.

    Args:
        codes: int8 [N], index into OUTCOMES, -1 where the ensemble is not judged.
        rows: int64 [Q, k], the neighbours of Q samples, rows of these N.

    Returns:
        "counts" int64 [Q, 6], neighbours with each outcome; "judged" int64 [Q]; "share"
        float64 [Q, 6], of the judged neighbours, NaN where none is; "overall" float64 [6], of all
        judged samples, to compare with.

    Example:
        >>> codes = torch.tensor([0, 1, 1, -1])
        >>> outcomes_around(codes, torch.tensor([[1, 2, 3]]))["counts"].tolist()
        [[0, 2, 0, 0, 0, 0]]
    """
    kinds = torch.arange(len(OUTCOMES), device=codes.device)
    counts = (codes[rows][..., None] == kinds).sum(1)
    judged, everywhere = counts.sum(1), (codes[:, None] == kinds).sum(0)
    return {
        "counts": counts,
        "judged": judged,
        "share": share(counts, judged[:, None]),
        "overall": share(everywhere, everywhere.sum()),
    }
