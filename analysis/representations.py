"""How alike the embeddings of models are, whatever their widths; correlation of their RDMs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.checks import BundleError
from analysis.cka import debiased_cka, linear_cka
from analysis.measure import Measure

RDM_SAMPLES = 1000


@dataclass(frozen=True, eq=False)
class Similarity:
    """What `representation_similarity` found.

    Attributes:
        matrix: float64 [M, M], NaN for models without embeddings.
        samples: how many samples stand behind it.
        per_dimension: float64 [M], samples per dimension of the embedding; linear CKA is biased
            upward where this is not much above 1. NaN for models without embeddings.
    """

    matrix: Tensor
    samples: int
    per_dimension: Tensor


def representation_similarity(
    bundle: Bundle, name: str = "linear_cka", *, samples: int | None = None, seed: int = 0
) -> Similarity:
    """How alike the embeddings of the models of a bundle are.

    Args:
        bundle: M models, some with embeddings of their own.
        name: one of `REPRESENTATIONS`.
        samples: at most this many, drawn at random; None: all, but 1000 for the RDM correlation,
            which compares every pair of samples.
        seed: of the draw.

    Returns:
        The similarities, and how many samples stand behind them.

    Raises:
        BundleError: there is no such similarity.
    """
    if name not in REPRESENTATIONS:
        known = ", ".join(REPRESENTATIONS)
        raise BundleError(f"There is no similarity '{name}' of embeddings; expected {known}.")
    if samples is None:
        samples = RDM_SAMPLES if name == "rdm_correlation" else len(bundle.ids)
    drawn = _drawn(len(bundle.ids), samples, seed)
    having = [row for row, model in enumerate(bundle.models) if model in bundle.model_embeddings]
    tables = [bundle.model_embeddings[bundle.models[row]] for row in having]
    if drawn is not None:
        tables = [table[drawn.to(bundle.device)] for table in tables]
    count = len(bundle.ids) if drawn is None else len(drawn)
    models = len(bundle.models)
    like = {"dtype": torch.float64, "device": bundle.device}
    matrix = torch.full((models, models), torch.nan, **like)
    per_dimension = torch.full((models,), torch.nan, **like)
    if tables:
        place = torch.tensor(having, device=bundle.device)
        matrix[place[:, None], place] = REPRESENTATIONS[name].function(tables)
        per_dimension[place] = torch.tensor([count / table.shape[1] for table in tables], **like)
    return Similarity(matrix, count, per_dimension)


def rdm_correlation(
    features: Sequence[Tensor],
    *,
    samples: int = RDM_SAMPLES,
    distance: Literal["correlation", "euclidean"] = "correlation",
    ranked: bool = False,
    seed: int = 0,
) -> Tensor:
    """Correlation of what two models find far apart: of their distances between samples.

    The distances take M * samples^2 * 4 bytes.

    Args:
        features: for each of M models float [N, D_m], the same samples in the same order.
        samples: at most this many, drawn at random.
        distance: between two samples: 1 - the correlation of their embeddings, or Euclid's.
        ranked: Spearman's correlation of the distances instead of Pearson's.
        seed: of the draw.

    Returns:
        float64 [M, M], symmetric, in [-1, 1], 1 on the diagonal; lower is more diverse. NaN for
        fewer than 3 samples, for a model whose samples are all equally far apart, and with
        "correlation" for one with a sample that has the same number in every dimension.

    Example:
        >>> line = torch.tensor([[0.0], [1.0], [3.0]])
        >>> rdm_correlation((line, 2 * line), distance="euclidean").round(decimals=9).tolist()
        [[1.0, 1.0], [1.0, 1.0]]

    References:
        Kriegeskorte, Mur and Bandettini 2008, Representational similarity analysis.
    """
    drawn = _drawn(len(features[0]), samples, seed)
    if drawn is not None:
        features = [table[drawn.to(table.device)] for table in features]
    size = len(features[0])
    like = {"dtype": torch.float64, "device": features[0].device}
    if size < 3:
        return torch.full((len(features), len(features)), torch.nan, **like)
    first, second = torch.triu_indices(size, size, 1, device=features[0].device)
    distances = torch.empty(len(features), len(first), **like)
    for row, table in enumerate(features):
        found = _distances(table.double(), distance)[first, second]
        if distance == "euclidean":
            found = found / found.max()
        # Distances that differ by rounding alone are the same one.
        found = found.round(decimals=12)
        flat = found.max() == found.min()
        distances[row] = torch.where(flat, torch.nan, _ranks(found) if ranked else found)
    distances -= distances.mean(1, keepdim=True)
    distances /= torch.linalg.vector_norm(distances, dim=1, keepdim=True)
    return distances @ distances.T


def _drawn(count: int, samples: int, seed: int) -> Tensor | None:
    """At most so many of the samples, in their order; None when that is all of them."""
    if samples >= count:
        return None
    generator = torch.Generator().manual_seed(seed)
    return torch.randperm(count, generator=generator)[:samples].sort().values


def _distances(table: Tensor, distance: str) -> Tensor:
    """Float64 [n, n] between the rows of [n, D]."""
    if distance == "euclidean":
        # By differences: the quicker product leaves 1e-8 between equal rows.
        return torch.cdist(table, table, compute_mode="donot_use_mm_for_euclid_dist")
    rows = table - table[:, :1]
    rows = rows - rows.mean(1, keepdim=True)
    rows = rows / torch.linalg.vector_norm(rows, dim=1, keepdim=True)
    return 1 - rows @ rows.T


def _ranks(values: Tensor) -> Tensor:
    """Ranks from 1, equal values share theirs."""
    ordered = values.sort().values
    below = torch.searchsorted(ordered, values)
    return (below + torch.searchsorted(ordered, values, right=True) + 1) / 2


# Not in the catalogue: what adds up over samples here are products of whole embeddings, wider
# than a tally of all models could hold.
REPRESENTATIONS = {
    measure.name: measure
    for measure in (
        Measure(
            name="linear_cka",
            label="Linear CKA",
            kind="pair",
            summary="How alike two models arrange the samples in their embeddings (0 to 1); biased "
            "upward for few samples.",
            needs=("features",),
            function=linear_cka,
            diverse="lower",
            undefined="all samples have the same embedding in one of the two.",
        ),
        Measure(
            name="debiased_cka",
            label="Debiased CKA",
            kind="pair",
            summary="Linear CKA without its upward bias: unrelated embeddings are at 0.",
            needs=("features",),
            function=debiased_cka,
            diverse="lower",
            bounds=(-1.0, 1.0),
            undefined="there are fewer than 4 samples, or all are equally alike to one of the two.",
        ),
        Measure(
            name="rdm_correlation",
            label="RDM correlation",
            kind="pair",
            summary="Correlation of the distances between samples in the two models' embeddings.",
            needs=("features",),
            function=rdm_correlation,
            diverse="lower",
            bounds=(-1.0, 1.0),
            undefined="there are fewer than 3 samples, or one of the two finds all equally far "
            "apart.",
        ),
    )
}
