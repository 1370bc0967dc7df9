"""What changes from one model or version to the next: measures on [M, M] tables."""

from torch import Tensor

from analysis.errors import diff_wrong_rate
from analysis.measure import Measure
from analysis.pairwise import ratio, share


def nfr(both_graded: Tensor, both_right: Tensor, right_given: Tensor) -> Tensor:
    """Negative flips: share of samples that the row's model gets right and the column's wrong.

    Args:
        both_graded: [M, M], samples on which both answers could be judged.
        both_right: [M, M], both right.
        right_given: [M, M], i right while j is graded.

    Returns:
        float64 [M, M], row = old, column = new, in [0, 1]; lower is better. NaN where nothing
        was graded for both.

    Example:
        >>> import torch
        >>> nfr(*(torch.tensor([[v]]) for v in (4, 1, 2))).tolist()
        [[0.25]]

    References:
        Yan et al. 2021, Positive-congruent training, eq. 1.
    """
    return share(right_given - both_right, both_graded)


def pfr(both_graded: Tensor, both_right: Tensor, right_given: Tensor) -> Tensor:
    """Positive flips: share of samples that the row's model gets wrong and the column's right.

    Args:
        both_graded: [M, M], samples on which both answers could be judged.
        both_right: [M, M], both right.
        right_given: [M, M], i right while j is graded.

    Returns:
        float64 [M, M], row = old, column = new, in [0, 1]; higher is better. NaN where nothing
        was graded for both.

    Example:
        >>> import torch
        >>> pfr(*(torch.tensor([[v]]) for v in (4, 1, 3))).tolist()
        [[0.5]]

    References:
        Yan et al. 2021, Positive-congruent training.
    """
    return nfr(both_graded.T, both_right.T, right_given).T


def relative_nfr(both_graded: Tensor, both_right: Tensor, right_given: Tensor) -> Tensor:
    """Negative flips as a multiple of those that two independent models would show.

    Args:
        both_graded: [M, M], samples on which both answers could be judged.
        both_right: [M, M], both right.
        right_given: [M, M], i right while j is graded.

    Returns:
        float64 [M, M], row = old, column = new, 0 or more; 1 = as if independent; lower is
        better. NaN where the old model is never right or the new one never wrong.

    Example:
        >>> import torch
        >>> relative_nfr(*(torch.tensor([[v]]) for v in (4, 1, 2))).tolist()
        [[1.0]]

    References:
        Yan et al. 2021, Positive-congruent training (relative NFR).
    """
    old_right = share(right_given, both_graded)
    new_wrong = share(both_graded - right_given.T, both_graded)
    return ratio(nfr(both_graded, both_right, right_given), old_right * new_wrong)


def nfr_mc(
    both_graded: Tensor,
    graded_compared: Tensor,
    both_right: Tensor,
    both_wrong: Tensor,
    right_given: Tensor,
    same_right: Tensor,
    same_graded: Tensor,
) -> Tensor:
    """Share of samples on which the column's model is wrong with an answer the row's did not give.

    Negative flips and, beyond them, wrong answers that changed into other wrong answers.

    Args:
        both_graded: [M, M], samples on which both answers could be judged.
        graded_compared: [M, M], those of them on which both answers are known.
        both_right: [M, M], both right.
        both_wrong: [M, M], both wrong.
        right_given: [M, M], i right while j is graded.
        same_right: [M, M], both gave the same answer and are right.
        same_graded: [M, M], both gave the same answer and were judged.

    Returns:
        float64 [M, M], row = old, column = new, in [0, 1], at least the negative flips; lower is
        better. NaN where nothing was graded for both, or where grades stand without the answers
        they were given for.

    Example:
        >>> import torch
        >>> nfr_mc(*(torch.tensor([[v]]) for v in (8, 8, 3, 2, 5, 3, 4))).tolist()
        [[0.375]]

    References:
        Echterhoff et al. 2024, MUSCLE: a model update strategy for compatible LLM evolution.
    """
    changed = diff_wrong_rate(both_graded, graded_compared, both_wrong, same_right, same_graded)
    return nfr(both_graded, both_right, right_given) + changed


_TABLE = ("both_graded", "both_right", "right_given")

MEASURES = (
    Measure(
        name="nfr",
        label="Negative flips",
        kind="pair",
        summary="Share of samples that the row's model gets right and the column's gets wrong.",
        needs=_TABLE,
        function=nfr,
        better="lower",
        symmetric=False,
        count="both_graded",
    ),
    Measure(
        name="pfr",
        label="Positive flips",
        kind="pair",
        summary="Share of samples that the row's model gets wrong and the column's gets right.",
        needs=_TABLE,
        function=pfr,
        better="higher",
        symmetric=False,
        count="both_graded",
    ),
    Measure(
        name="relative_nfr",
        label="Relative negative flips",
        kind="pair",
        summary="Negative flips as a multiple of those of two independent models "
        "(1 = as if independent).",
        needs=_TABLE,
        function=relative_nfr,
        better="lower",
        bounds=(0.0, None),
        symmetric=False,
        undefined="the row's model is never right there, or the column's never wrong.",
    ),
    Measure(
        name="nfr_mc",
        label="Changes to a wrong answer",
        kind="pair",
        summary="Share of samples on which the column's model is wrong and its answer is not the "
        "row's.",
        needs=(
            "both_graded",
            "graded_compared",
            "both_right",
            "both_wrong",
            "right_given",
            "same_right",
            "same_graded",
        ),
        function=nfr_mc,
        better="lower",
        symmetric=False,
        undefined="there are grades without the answers they were given for.",
    ),
)
