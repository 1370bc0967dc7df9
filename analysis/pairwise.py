"""What two models have in common and where they part: measures on [M, M] tables."""

import torch
from torch import Tensor

from analysis.measure import Measure

CERTAIN = 1e-12


def disagreement_labels(both_answered: Tensor, same: Tensor) -> Tensor:
    """Share of samples on which two models answer differently, right or wrong (churn).

    Args:
        both_answered: [M, M], samples that both models answered.
        same: [M, M], those of them with the same answer.

    Returns:
        float64 [M, M], symmetric, in [0, 1]; higher is more diverse. NaN where no sample was
        answered by both.

    Example:
        >>> disagreement_labels(torch.tensor([[4, 4], [4, 4]]), torch.tensor([[4, 1], [1, 4]]))
        tensor([[0.0000, 0.7500],
                [0.7500, 0.0000]], dtype=torch.float64)

    References:
        Milani Fard et al. 2016, Launch and iterate: reducing prediction churn.
    """
    return share(both_answered - same, both_answered)


def error_disagreement(both_graded: Tensor, both_right: Tensor, both_wrong: Tensor) -> Tensor:
    """Share of samples that exactly one of the two gets right.

    Args:
        both_graded: [M, M], samples on which both answers could be judged.
        both_right: [M, M], both right.
        both_wrong: [M, M], both wrong.

    Returns:
        float64 [M, M], symmetric, in [0, 1]; higher is more diverse; never above the label
        disagreement. NaN where nothing was graded for both.

    Example:
        >>> error_disagreement(torch.tensor([[4.0]]), torch.tensor([[1.0]]), torch.tensor([[2.0]]))
        tensor([[0.2500]], dtype=torch.float64)

    References:
        Skalak 1996; Ho 1998, IEEE PAMI 20(8).
    """
    return share((both_graded - both_right).sub_(both_wrong), both_graded)


def double_fault(both_graded: Tensor, both_wrong: Tensor) -> Tensor:
    """Share of samples that both models of a pair get wrong.

    On these samples no vote of the two can be right; averaging their probabilities still can
    (a rescue). The diagonal holds each model's error rate.

    Args:
        both_graded: [M, M], samples on which both answers could be judged.
        both_wrong: [M, M], those of them that both got wrong.

    Returns:
        float64 [M, M], symmetric, in [0, 1]; lower is better for a team and more diverse.
        NaN where nothing was graded for both.

    Example:
        >>> double_fault(torch.tensor([[4, 4], [4, 4]]), torch.tensor([[2, 1], [1, 2]])).tolist()
        [[0.5, 0.25], [0.25, 0.5]]

    References:
        Giacinto and Roli 2001, Image and Vision Computing 19(9).
    """
    return share(both_wrong, both_graded)


def error_consistency(both_graded: Tensor, both_right: Tensor, right_given: Tensor) -> Tensor:
    """Agreement of two models in being right or wrong, beyond what their accuracies explain.

    Args:
        both_graded: [M, M], samples on which both answers could be judged.
        both_right: [M, M], both right.
        right_given: [M, M], i right while j is graded.

    Returns:
        float64 [M, M], symmetric, in [-1, 1]; 0 = as if independent, 1 = same errors; lower is
        more diverse. NaN when both are perfect or both always wrong.

    Example:
        >>> error_consistency(*(torch.tensor([[v]]) for v in (4, 1, 2))).tolist()
        [[0.0]]

    References:
        Geirhos et al. 2020, Beyond accuracy (error consistency), eq. 1 to 3.
    """
    graded, given = both_graded.double(), right_given.double()
    apart = (graded - given.T).mul_(given)  # times graded, were the two independent
    left = apart + apart.T
    unknown = left < CERTAIN * graded.square()
    return ratio(_excess(graded, both_right.double(), given).mul_(2), left, unknown)


def q_statistic(both_graded: Tensor, both_right: Tensor, right_given: Tensor) -> Tensor:
    """Yule's Q of the right/wrong table of a pair.

    Reaches 1 as soon as one model is never right alone, so it should not rank pairs by itself.

    Args:
        both_graded: [M, M], samples on which both answers could be judged.
        both_right: [M, M], both right.
        right_given: [M, M], i right while j is graded.

    Returns:
        float64 [M, M], symmetric, in [-1, 1]; 0 = independent; lower is more diverse.
        NaN where both products of the table are 0, for example when one model has no errors.

    Example:
        >>> q_statistic(*(torch.tensor([[v]]) for v in (4, 1, 2))).tolist()
        [[0.0]]

    References:
        Yule 1900; Kuncheva and Whitaker 2003, Machine Learning 51, eq. 3.
    """
    right, given = both_right.double(), right_given.double()
    excess, alone = _excess(both_graded.double(), right, given), given - right
    return ratio(excess, (alone * alone.T).mul_(2).add_(excess))


def rho(both_graded: Tensor, both_right: Tensor, right_given: Tensor) -> Tensor:
    """Correlation of being right between two models (phi coefficient).

    Args:
        both_graded: [M, M], samples on which both answers could be judged.
        both_right: [M, M], both right.
        right_given: [M, M], i right while j is graded.

    Returns:
        float64 [M, M], symmetric, in [-1, 1]; lower is more diverse. NaN when one of the two is
        always or never right.

    Example:
        >>> rho(*(torch.tensor([[v]]) for v in (4, 2, 2))).tolist()
        [[1.0]]

    References:
        Kuncheva and Whitaker 2003, Machine Learning 51, eq. 4.
    """
    graded, given = both_graded.double(), right_given.double()
    spread = (graded - given).mul_(given)
    excess = _excess(graded, both_right.double(), given)
    return ratio(excess, (spread * spread.T).sqrt_())


def mean_over_pairs(matrix: Tensor) -> Tensor:
    """Mean over the pairs i < j of a [M, M] table, skipping undefined ones.

    Returns:
        float64 scalar, NaN when no pair is defined (a single model).
    """
    models = len(matrix)
    upper = torch.triu_indices(models, models, 1, device=matrix.device)
    return matrix[upper[0], upper[1]].nanmean()


def _excess(graded: Tensor, right: Tensor, given: Tensor) -> Tensor:
    """How much more often both are right than if independent, times graded squared.

    The same as right x wrong - only first x only second of the table of the pair: what Q, rho
    and kappa have above the line, in float64 and exact for counts up to 90 million.
    """
    return (graded * right).sub_(given * given.T)


def share(part: Tensor, whole: Tensor) -> Tensor:
    """Part / whole in float64, NaN where whole is 0."""
    return ratio(part.double(), whole)


def kappa_of(observed: Tensor, expected: Tensor) -> Tensor:
    """Agreement beyond chance (observed - expected) / (1 - expected), as every kappa has it.

    Args:
        observed: float64 [...] in [0, 1], share of agreement.
        expected: float64 [...] in [0, 1], the share that chance explains.

    Returns:
        float64 [...], at most 1; NaN where chance explains all (weighted sums that should be
        equal differ by rounding).

    Example:
        >>> kappa_of(torch.tensor([0.75, 1.0]), torch.tensor([0.5, 1.0])).tolist()
        [0.5, nan]
    """
    left = 1 - expected
    return torch.where(left < CERTAIN, torch.nan, (observed - expected) / left)


def ratio(numerator: Tensor, denominator: Tensor, unknown: Tensor | None = None) -> Tensor:
    """Numerator / denominator, NaN where that is unknown: by default where one divides by 0."""
    unknown = denominator == 0 if unknown is None else unknown
    return (numerator / denominator).masked_fill_(unknown, torch.nan)


_TABLE = ("both_graded", "both_right", "right_given")

MEASURES = (
    Measure(
        name="disagreement_labels",
        label="Disagreement",
        kind="pair",
        summary="Share of samples on which two models answer differently, right or wrong.",
        needs=("both_answered", "same"),
        function=disagreement_labels,
        diverse="higher",
        distance="root",
        count="both_answered",
    ),
    Measure(
        name="error_disagreement",
        label="Error disagreement",
        kind="pair",
        summary="Share of samples that exactly one of the two gets right.",
        needs=("both_graded", "both_right", "both_wrong"),
        function=error_disagreement,
        diverse="higher",
        distance="root",
        count="both_graded",
    ),
    Measure(
        name="double_fault",
        label="Double fault",
        kind="pair",
        summary="Share of samples that both get wrong; no vote of the two can be right there.",
        needs=("both_graded", "both_wrong"),
        function=double_fault,
        better="lower",
        diverse="lower",
        count="both_graded",
    ),
    Measure(
        name="error_consistency",
        label="Error consistency",
        kind="pair",
        summary="Agreement in being right or wrong beyond what the two accuracies explain "
        "(kappa; 0 = as if independent).",
        needs=_TABLE,
        function=error_consistency,
        diverse="lower",
        bounds=(-1.0, 1.0),
        undefined="both models are always right, or both always wrong.",
    ),
    Measure(
        name="q_statistic",
        label="Q statistic",
        kind="pair",
        summary="Yule's Q of being right: 0 = independent, 1 as soon as one is never right alone.",
        needs=_TABLE,
        function=q_statistic,
        diverse="lower",
        bounds=(-1.0, 1.0),
        undefined="no sample tells the two apart, for example because one has no errors.",
    ),
    Measure(
        name="rho",
        label="Correlation of being right",
        kind="pair",
        summary="Correlation (rho) of the two models' right/wrong marks; 0 = independent.",
        needs=_TABLE,
        function=rho,
        diverse="lower",
        bounds=(-1.0, 1.0),
        undefined="one of the two is always right, or always wrong.",
    ),
)
