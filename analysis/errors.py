"""What two models get wrong together: measures on [M, M] tables."""

import torch
from torch import Tensor

from analysis.measure import Measure
from analysis.pairwise import share

ROUNDING = 1e-9


def same_wrong_rate(
    both_graded: Tensor, graded_compared: Tensor, same_right: Tensor, same_graded: Tensor
) -> Tensor:
    """Share of samples on which both give the same wrong answer.

    Args:
        both_graded: [M, M], samples on which both answers could be judged.
        graded_compared: [M, M], those of them on which both answers are known.
        same_right: [M, M], both gave the same answer and are right.
        same_graded: [M, M], both gave the same answer and were judged.

    Returns:
        float64 [M, M], symmetric, in [0, 1]; lower is better for a team. NaN where nothing was
        graded for both, or where grades stand without the answers they were given for.

    Example:
        >>> same_wrong_rate(*(torch.tensor([[v]]) for v in (4, 4, 1, 2))).tolist()
        [[0.25]]
    """
    rate = share(same_graded - same_right, both_graded)
    return _where_compared(rate, both_graded, graded_compared)


def diff_wrong_rate(
    both_graded: Tensor,
    graded_compared: Tensor,
    both_wrong: Tensor,
    same_right: Tensor,
    same_graded: Tensor,
) -> Tensor:
    """Share of samples on which both are wrong, each with another answer.

    On these samples averaging the probabilities can still find the label, which no vote of the
    two can. Where every answer is judged, disagreement = error disagreement + this.

    Args:
        both_graded: [M, M], samples on which both answers could be judged.
        graded_compared: [M, M], those of them on which both answers are known.
        both_wrong: [M, M], both wrong.
        same_right: [M, M], both gave the same answer and are right.
        same_graded: [M, M], both gave the same answer and were judged.

    Returns:
        float64 [M, M], symmetric, in [0, 1]; higher is more diverse. NaN where nothing was
        graded for both, or where grades stand without the answers they were given for. Not
        below 0 where equal answers were graded differently.

    Example:
        >>> diff_wrong_rate(*(torch.tensor([[v]]) for v in (4, 4, 3, 1, 2))).tolist()
        [[0.5]]
    """
    different = (both_wrong - (same_graded - same_right)).clamp_min(0)
    rate = share(different, both_graded)
    return _where_compared(rate, both_graded, graded_compared)


def error_iou(both_graded: Tensor, both_right: Tensor, both_wrong: Tensor) -> Tensor:
    """Overlap of the errors of two models: both wrong among samples that either gets wrong.

    Args:
        both_graded: [M, M], samples on which both answers could be judged.
        both_right: [M, M], both right.
        both_wrong: [M, M], both wrong.

    Returns:
        float64 [M, M], symmetric, in [0, 1]; lower is more diverse. NaN without errors in either.

    Example:
        >>> error_iou(*(torch.tensor([[v]]) for v in (4, 2, 1))).tolist()
        [[0.5]]

    References:
        Jaccard 1901 on error sets.
    """
    return share(both_wrong, both_graded - both_right)


def error_transfer(both_graded: Tensor, both_wrong: Tensor, right_given: Tensor) -> Tensor:
    """Chance that the column's model is wrong where the row's model is wrong.

    Args:
        both_graded: [M, M], samples on which both answers could be judged.
        both_wrong: [M, M], both wrong.
        right_given: [M, M], i right while j is graded.

    Returns:
        float64 [M, M], not symmetric, in [0, 1]; lower is more diverse. NaN in the row of a
        model without errors.

    Example:
        >>> error_transfer(*(torch.tensor([[v]]) for v in (4, 1, 2))).tolist()
        [[0.5]]
    """
    return share(both_wrong, both_graded - right_given)


def _where_compared(rate: Tensor, both_graded: Tensor, graded_compared: Tensor) -> Tensor:
    """NaN where some grades of a pair stand without answers; weighted sums differ by rounding."""
    unknown = both_graded - graded_compared
    return torch.where(unknown <= ROUNDING * both_graded, rate, torch.nan)


MEASURES = (
    Measure(
        name="same_wrong_rate",
        label="Same wrong answer",
        kind="pair",
        summary="Share of samples on which both give the same wrong answer.",
        needs=("both_graded", "graded_compared", "same_right", "same_graded"),
        function=same_wrong_rate,
        better="lower",
        diverse="lower",
        undefined="there are grades without the answers they were given for.",
        count="both_graded",
    ),
    Measure(
        name="diff_wrong_rate",
        label="Different wrong answers",
        kind="pair",
        summary="Share of samples on which both are wrong, each with another answer.",
        needs=("both_graded", "graded_compared", "both_wrong", "same_right", "same_graded"),
        function=diff_wrong_rate,
        diverse="higher",
        undefined="there are grades without the answers they were given for.",
    ),
    Measure(
        name="error_iou",
        label="Overlap of errors",
        kind="pair",
        summary="Both wrong, among the samples that at least one gets wrong (IoU of error sets).",
        needs=("both_graded", "both_right", "both_wrong"),
        function=error_iou,
        diverse="lower",
        undefined="neither model has an error.",
    ),
    Measure(
        name="error_transfer",
        label="Error transfer",
        kind="pair",
        summary="Chance that the column's model is wrong where the row's model is wrong.",
        needs=("both_graded", "both_wrong", "right_given"),
        function=error_transfer,
        diverse="lower",
        symmetric=False,
        undefined="the row's model has no errors.",
    ),
)
