"""Clusters of samples whose embeddings and whose answers are alike."""

from collections.abc import Sequence

import torch
from torch import Tensor

from analysis.grouping import Grouping
from analysis.slices import MOST_CLUSTERS, ordered_clusters

DIMENSIONS = 32
WEIGHT = 10 / 128  # the paper weighs answers 10 beside 128 dimensions
ROUNDS = 50
SMOOTHED = 0.01
FLOOR = 1e-3


def answer_clusters(
    embeddings: Tensor,
    answers: Sequence[Tensor],
    fit: Tensor,
    *,
    clusters: int | None = None,
    weight: float = WEIGHT,
    seed: int = 0,
) -> Grouping:
    """Clusters in which embeddings, labels and predictions are alike (an error-aware mixture).

    A mixture of normal distributions over the first principal components of the embeddings, each
    with its own distribution of labels and of predictions, is fitted to some samples. All samples
    are then put into clusters by their embeddings alone, as a new one would be: otherwise a
    cluster would be made of the very errors that are counted in it.

    Args:
        embeddings: float [N, D]; rows that are not finite become a level "unknown".
        answers: int [N] each, labels and predictions as class indices, -1 = unknown.
        fit: bool [N], the samples that the mixture is fitted to.
        clusters: how many; None: the root of the half of them, at least 2 and at most 30.
        weight: of the logarithm of the probability of each answer, beside that of one dimension of
            the embeddings.
        seed: of the first centres.

    Returns:
        A partition with levels "1", "2" ..., largest first; clusters that no sample is put into
        are left out.

    References:
        Eyuboglu et al. 2022, Domino: discovering systematic errors with cross-modal embeddings,
        ICLR, section 4.2 (there samples are put into clusters by their answers too).
    """
    known = torch.isfinite(embeddings).all(1)
    fit = fit & known
    number = int(fit.sum())
    wanted = min(clusters or round((number / 2) ** 0.5), MOST_CLUSTERS, number)
    codes = torch.zeros(len(known), dtype=torch.int64, device=embeddings.device)
    points = _components(embeddings, known, fit) if wanted > 1 else None
    if points is not None and points.shape[1]:
        views = [_codes(own)[fit] for own in answers]
        shares = _first(points[fit], wanted, seed)
        mixture = _fitted(points[fit], views, shares, weight * points.shape[1])
        codes[known] = _likelihood(points[known], *mixture).argmax(1)
    return ordered_clusters(codes, known)


def _components(embeddings: Tensor, known: Tensor, fit: Tensor) -> Tensor:
    """First principal components of the samples to fit on, each column scaled; float64 [N, d]."""
    rows = embeddings[fit].double()
    centre, spread = rows.mean(0), rows.std(0)
    used = spread > 0
    scaled = torch.zeros(len(known), int(used.sum()), dtype=torch.float64, device=known.device)
    scaled[known] = (embeddings[known].double() - centre)[:, used] / spread[used]
    covariance = scaled[fit].T @ scaled[fit] / len(rows)
    axes = torch.linalg.eigh(covariance)[1].flip(1)[:, :DIMENSIONS]
    return scaled @ axes


def _codes(answers: Tensor) -> Tensor:
    """Answers as 0, 1 ..., only those that occur."""
    return answers.unique(return_inverse=True)[1]


def _first(points: Tensor, wanted: int, seed: int) -> Tensor:
    """To which cluster each sample belongs at first, by its embedding alone; [n, K]."""
    from sklearn.cluster import MiniBatchKMeans

    method = MiniBatchKMeans(wanted, n_init=3, random_state=seed)
    place = torch.from_numpy(method.fit_predict(points.cpu().numpy())).to(points.device)
    place = place.unique(return_inverse=True)[1]
    return torch.nn.functional.one_hot(place).double()


def _fitted(
    points: Tensor, views: Sequence[Tensor], shares: Tensor, weight: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Logarithms of the sizes [K], centres and variances [K, d] of the clusters, by EM."""
    floor = FLOOR * points.var(0, correction=0).mean().clamp_min(1e-12)
    before = None
    for _ in range(ROUNDS):
        size = shares.sum(0).clamp_min(1e-9)
        centre = shares.T @ points / size[:, None]
        variance = (shares.T @ points.square() / size[:, None] - centre.square()).clamp_min(floor)
        mixture = ((size / len(points)).log(), centre, variance)
        likelihood = _likelihood(points, *mixture)
        for view in views:
            likelihood += weight * _answer_table(view, shares).log()[view]
        total = float(likelihood.logsumexp(1).mean())
        shares = likelihood.softmax(1)
        if before is not None and abs(total - before) < 1e-6 * abs(before):
            break
        before = total
    return mixture


def _answer_table(view: Tensor, shares: Tensor) -> Tensor:
    """How probable each answer is in each cluster, [C, K], never 0."""
    table = torch.full(
        (int(view.max()) + 1, shares.shape[1]), SMOOTHED, dtype=shares.dtype, device=shares.device
    )
    table.index_add_(0, view, shares)
    return table / table.sum(0)


def _likelihood(points: Tensor, size: Tensor, centre: Tensor, variance: Tensor) -> Tensor:
    """Logarithm of the probability of each sample with each cluster, [n, K], up to a constant."""
    inverse = 1 / variance
    distance = points.square() @ inverse.T - 2 * points @ (centre * inverse).T
    return size - 0.5 * (distance + (centre.square() * inverse + variance.log()).sum(1))
