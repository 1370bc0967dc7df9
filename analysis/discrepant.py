"""The samples on which two models differ most (maximum discrepancy)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import Bundle, normalised, position
from analysis.confidence import confidence_of
from analysis.lazy import BLOCK
from analysis.sums.distribution import entropy

UNKNOWN, FIRST, SECOND = -1, 1, 2
NOTES = {
    "js": "",
    "confidence": "Not both models have probabilities: ranked by the sum of the two confidences.",
    "order": "Not both models have probabilities or confidences: in the order of the samples.",
}


@dataclass(frozen=True, eq=False)
class Discrepant:
    """Samples on which two models give different answers, most different first.

    Attributes:
        rows: int64 [k].
        distance: float64 [k], Jensen-Shannon divergence in nats between the two; the sum of
            their confidences where `by` is "confidence"; NaN where it is unknown.
        who_right: int8 [k], 1 the first, 2 the second, 0 none, 3 both (graded elsewhere),
            -1 not judged.
        n: on how many samples the two differ in all.
        by: "js", "confidence" or "order", what the samples are ranked by.
        note: what has to be said of that, empty for "js".
    """

    rows: Tensor
    distance: Tensor
    who_right: Tensor
    n: int
    by: str
    note: str


def discrepant(bundle: Bundle, first: str, second: str, *, k: int = 20) -> Discrepant:
    """The k samples that tell two models apart best, whoever is right; needs no labels.

    Among the samples with different answers those with the largest Jensen-Shannon divergence
    between the two models' probabilities. Labelling them is the cheapest way to compare the two.

    Args:
        bundle: holds both models.
        first: a model.
        second: another one.
        k: how many samples at most.

    Returns:
        The samples, most different first, equal ones in their order; empty when the two never
        differ.

    Raises:
        BundleError: there is no such model.

    Example:
        >>> said = torch.tensor([[0, 1], [1, 1]], dtype=torch.int32)
        >>> labels = torch.tensor([1, 1], dtype=torch.int32)
        >>> bundle = Bundle(("a", "b"), ("0", "1"), ("cat", "dog"), said, labels)
        >>> found = discrepant(bundle, "a", "b")
        >>> found.rows.tolist(), found.who_right.tolist(), found.by
        ([0], [2], 'order')

    References:
        Wang et al. 2020, I am going MAD: maximum discrepancy competition (with our distance).
    """
    pair = torch.tensor([position(bundle, first), position(bundle, second)], device=bundle.device)
    said = bundle.predictions[pair]
    rows = ((said >= 0).all(0) & (said[0] != said[1])).nonzero()[:, 0]
    distance, by = _distances(bundle, first, second, rows)
    chosen = distance.nan_to_num(nan=-1.0).argsort(descending=True, stable=True)[:k]
    return Discrepant(
        rows=rows[chosen],
        distance=distance[chosen],
        who_right=_who_right(bundle.grades[pair][:, rows[chosen]]),
        n=len(rows),
        by=by,
        note=NOTES[by],
    )


def js_divergence(first: Tensor, second: Tensor) -> Tensor:
    """Jensen-Shannon divergence of two distributions, in nats.

    Args:
        first: float [..., C], rows sum to 1.
        second: float [..., C], rows sum to 1.

    Returns:
        float64 [...] in [0, ln 2]; higher is more different.

    Example:
        >>> js_divergence(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])).item()
        0.6931471805599453

    References:
        Lin 1991, IEEE Transactions on Information Theory 37(1), eq. 4.1.
    """
    mixed = (first.double() + second.double()) / 2
    return (entropy(mixed) - (entropy(first) + entropy(second)) / 2).clamp_min(0)


def _distances(bundle: Bundle, first: str, second: str, rows: Tensor) -> tuple[Tensor, str]:
    """How different the two are on these rows, float64 [n], and by what."""
    if first in bundle.probabilities and second in bundle.probabilities:
        one, other = (bundle.probabilities[model] for model in (first, second))
        step = max(1, BLOCK // len(bundle.classes))
        parts = [js_divergence(normalised(one[p]), normalised(other[p])) for p in rows.split(step)]
        return torch.cat(parts), "js"
    sure = [confidence_of(bundle, model, rows) for model in (first, second)]
    if all(confidence is not None and confidence.isfinite().any() for confidence in sure):
        return sure[0] + sure[1], "confidence"
    return torch.full_like(rows, torch.nan, dtype=torch.float64), "order"


def _who_right(grades: Tensor) -> Tensor:
    """Grades int8 [2, k] as one code each."""
    code = FIRST * (grades[0] == 1) + SECOND * (grades[1] == 1)
    return torch.where((grades >= 0).all(0), code, UNKNOWN).to(torch.int8)
