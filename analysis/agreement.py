"""Agreement in the answers themselves, beyond what chance explains."""

import torch
from torch import Tensor

from analysis.measure import Measure
from analysis.pairwise import kappa_of, share


def cohen_kappa_labels(both_answered: Tensor, same: Tensor, class_answers: Tensor) -> Tensor:
    """Agreement of two models' answers, right or wrong, beyond how often they give each class.

    Args:
        both_answered: [M, M], samples that both models answered.
        same: [M, M], those of them with the same answer.
        class_answers: [M, M, C], how often model i gives class c where j answered; [M, 1, C]
            where that is the same for all j; [M, 0, C] where it was too large to keep.

    Returns:
        float64 [M, M], symmetric, in [-1, 1]; 0 = as if independent, 1 = same answers; lower is
        more diverse. NaN when both give one and the same class only, or the classes were not kept.

    Example:
        >>> once = torch.tensor([[[2, 2]], [[2, 2]]])
        >>> cohen_kappa_labels(torch.full((2, 2), 4), torch.tensor([[4, 3], [3, 4]]), once)
        tensor([[1.0000, 0.5000],
                [0.5000, 1.0000]], dtype=torch.float64)

    References:
        Cohen 1960, Educational and Psychological Measurement 20(1).
    """
    given = class_answers.double()
    if given.shape[1] == 0:
        return torch.full(same.shape, torch.nan, dtype=torch.float64, device=same.device)
    if given.shape[1] == 1:
        together = given[:, 0] @ given[:, 0].T
    else:
        together = torch.einsum("ijc,jic->ij", given, given)
    observed = share(same, both_answered)
    expected = share(together, both_answered.double().square())
    return kappa_of(observed, expected)


MEASURES = (
    Measure(
        name="cohen_kappa_labels",
        label="Agreement beyond chance",
        kind="pair",
        summary="Agreement of the answers beyond how often each class is given "
        "(Cohen's kappa; 0 = as if independent).",
        needs=("both_answered", "same", "class_answers"),
        function=cohen_kappa_labels,
        diverse="lower",
        bounds=(-1.0, 1.0),
        undefined="both give only one class, the same one; or some models have gaps and there are "
        "too many models and classes (models x models x classes above 33 million, or more than the "
        "memory holds).",
    ),
)
