"""Which uncertainty tells a model's wrong answers from its right ones."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError, normalised, position
from analysis.quality import aurc
from analysis.splits import Split
from analysis.sums.distribution import entropy

STEP_VALUES = 2_000_000
UNCERTAINTIES = ("relative uncertainty", "entropy", "1 - largest probability")


@dataclass(frozen=True, eq=False)
class DetectionReport:
    """How well uncertainties find a model's wrong answers on samples held out.

    Attributes:
        uncertainties: U names.
        auroc: float64 [U] in [0, 1]; higher is better, 0.5 = chance.
        fpr: float64 [U] in [0, 1], right answers suspected when 95 % of the wrong ones are
            found; lower is better.
        aurc: float64 [U] in [0, 1]; lower is better.
        n_fit: judged samples that the relative uncertainty was fitted on.
        wrong_fit: how many of them were wrong; with 0 the matrix is that of the Gini index.
        n_held_out: judged samples held out.
        wrong_held_out: how many of them were wrong.
    """

    uncertainties: tuple[str, ...]
    auroc: Tensor
    fpr: Tensor
    aurc: Tensor
    n_fit: int
    wrong_fit: int
    n_held_out: int
    wrong_held_out: int


def uncertainty_matrix(
    wrong_products: Tensor, wrong: Tensor, products: Tensor, right: Tensor, *, weight: float = 0.5
) -> Tensor:
    """How much it tells of an error that two classes share the probability (matrix of Rel-U).

    D = ReLU(weight E[p p' | wrong] - (1 - weight) E[p p' | right]) outside the diagonal, divided
    by its Frobenius norm. Where nothing is left of it, for example without any error, every
    pair of classes counts alike, which gives the Gini index.

    Args:
        wrong_products: float64 [C, C], summed p p' over wrong answers.
        wrong: scalar, how many.
        products: float64 [C, C], summed p p' over right answers.
        right: scalar, how many.
        weight: of the wrong answers, 0 to 1 (lambda of the paper).

    Returns:
        float64 [C, C], symmetric, 0 or more, diagonal 0; all 0 for a single class.

    Example:
        >>> both = torch.full((2, 2), 0.25, dtype=torch.float64)
        >>> found = uncertainty_matrix(both, torch.tensor(1), 0 * both, torch.tensor(0))
        >>> found.round(decimals=3).tolist()
        [[0.0, 0.707], [0.707, 0.0]]

    References:
        Dadalto, Romanelli, Pichler and Piantanida 2024, A data-driven measure of relative
        uncertainty for misclassification detection (ICLR).
    """
    of_wrong = wrong_products / wrong.clamp_min(1)
    matrix = weight * of_wrong - (1 - weight) * products / right.clamp_min(1)
    matrix = matrix.clamp_min(0).fill_diagonal_(0)
    if not matrix.any():
        matrix = torch.ones_like(matrix).fill_diagonal_(0)
    norm = matrix.square().sum().sqrt()
    return matrix / norm if norm > 0 else matrix


def relative_uncertainty(probabilities: Tensor, matrix: Tensor) -> Tensor:
    """Uncertainty p D p' of each answer, relative to what errors looked like (Rel-U).

    Args:
        probabilities: float64 [n, C].
        matrix: float64 [C, C], see `uncertainty_matrix`.

    Returns:
        float64 [n], 0 or more; higher is more suspect of being wrong.

    Example:
        >>> matrix = torch.tensor([[0.0, 0.5], [0.5, 0.0]])
        >>> relative_uncertainty(torch.tensor([[0.5, 0.5], [1.0, 0.0]]), matrix).tolist()
        [0.25, 0.0]

    References:
        Dadalto et al. 2024, A data-driven measure of relative uncertainty.
    """
    return ((probabilities @ matrix) * probabilities).sum(1)


def auroc(uncertainty: Tensor, wrong: Tensor) -> Tensor:
    """Chance that a wrong answer is more uncertain than a right one; equals count half.

    Args:
        uncertainty: float [n], no NaN.
        wrong: bool [n].

    Returns:
        float64 scalar in [0, 1]; higher is better, 0.5 = chance. NaN without a wrong or without
        a right answer.

    Example:
        >>> auroc(torch.tensor([0.1, 0.4, 0.4]), torch.tensor([False, False, True])).item()
        0.75

    References:
        Mann and Whitney 1947; Hanley and McNeil 1982, Radiology 143.
    """
    wrong_at, right_at = _per_level(uncertainty, wrong)
    below = right_at.cumsum(0) - right_at / 2
    pairs = wrong_at.sum() * right_at.sum()
    return torch.where(pairs > 0, (wrong_at * below).sum() / pairs, torch.nan)


def false_positive_rate(uncertainty: Tensor, wrong: Tensor, *, found: float = 0.95) -> Tensor:
    """Share of right answers that are suspected too when so many of the wrong ones are found.

    Args:
        uncertainty: float [n], no NaN.
        wrong: bool [n].
        found: share of the wrong answers at least as uncertain as the threshold.

    Returns:
        float64 scalar in [0, 1], at the highest threshold that finds so many; lower is better.
        NaN without a wrong or without a right answer.

    Example:
        >>> flags = torch.tensor([False, True, False, True])
        >>> false_positive_rate(torch.tensor([0.1, 0.4, 0.5, 0.9]), flags).item()
        0.5

    References:
        Liang, Li and Srikant 2018 (ODIN), section 4.1.
    """
    wrong_at, right_at = (part.flip(0) for part in _per_level(uncertainty, wrong))
    if not wrong_at.sum() or not right_at.sum():
        return torch.tensor(torch.nan, dtype=torch.float64, device=uncertainty.device)
    enough = wrong_at.cumsum(0) >= found * wrong_at.sum()
    return right_at.cumsum(0)[enough.int().argmax()] / right_at.sum()


def detection_report(
    bundle: Bundle, model: str, split: Split, *, weight: float = 0.5
) -> DetectionReport:
    """Relative uncertainty beside entropy and largest probability, on samples held out.

    Args:
        bundle: N samples; of a combined ensemble as well.
        model: one with probabilities.
        split: the relative uncertainty is fitted on the first part; all are judged on the other.
        weight: of wrong answers, see `uncertainty_matrix`.

    Returns:
        One entry per uncertainty in `UNCERTAINTIES`.

    Raises:
        BundleError: there is no such model, or it has no probabilities.
    """
    row = position(bundle, model)
    if model not in bundle.probabilities:
        raise BundleError(f"'{model}' has no probabilities to tell its errors by; load them.")
    judged = (bundle.grades[row] >= 0) & (bundle.predictions[row] >= 0)
    classes = len(bundle.classes)
    sums = torch.zeros(2, classes, classes, dtype=torch.float64, device=bundle.device)
    count = torch.zeros(2, dtype=torch.int64, device=bundle.device)
    for rows, values in _chunks(bundle, model, judged & split.fit):
        for side, flags in enumerate((~bundle.correct[row, rows], bundle.correct[row, rows])):
            sums[side] += values[flags].T @ values[flags]
            count[side] += flags.sum()
    matrix = uncertainty_matrix(sums[0], count[0], sums[1], count[1], weight=weight)
    scores = [torch.zeros(3, 0, dtype=torch.float64, device=bundle.device)]
    for _, values in _chunks(bundle, model, judged & split.held_out):
        relative = relative_uncertainty(values, matrix)
        scores.append(torch.stack([relative, entropy(values), 1 - values.amax(1)]))
    scores = torch.cat(scores, 1)
    wrong = ~bundle.correct[row, judged & split.held_out]
    return DetectionReport(
        uncertainties=UNCERTAINTIES,
        auroc=torch.stack([auroc(score, wrong) for score in scores]),
        fpr=torch.stack([false_positive_rate(score, wrong) for score in scores]),
        aurc=torch.stack([aurc(-score, ~wrong) for score in scores]),
        n_fit=int(count.sum()),
        wrong_fit=int(count[0]),
        n_held_out=len(wrong),
        wrong_held_out=int(wrong.sum()),
    )


def _chunks(bundle: Bundle, model: str, samples: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    for rows in samples.nonzero().flatten().split(max(1, STEP_VALUES // len(bundle.classes))):
        yield rows, normalised(bundle.probabilities[model][rows])


def _per_level(uncertainty: Tensor, wrong: Tensor) -> tuple[Tensor, Tensor]:
    """Wrong and right answers at each different uncertainty, from low to high, float64."""
    levels, place = uncertainty.unique(return_inverse=True)
    every = torch.bincount(place, minlength=len(levels)).double()
    found = torch.bincount(place[wrong], minlength=len(levels)).double()
    return found, every - found
