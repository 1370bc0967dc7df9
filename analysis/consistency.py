"""What changes from one model or version to the next: measures on [M, M] tables."""

from torch import Tensor

from analysis.measure import Measure
from analysis.pairwise import share


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
)
