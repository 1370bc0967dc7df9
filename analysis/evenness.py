"""How evenly right answers are spread over the subgroups of each class."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.pairwise import share


@dataclass(frozen=True, eq=False)
class Spread:
    """Standard deviations of the accuracy between subgroups.

    Attributes:
        per_class: float64 [..., C]; NaN for a class without a judged answer.
        macro: float64 [...], their mean over the classes that have one; NaN when none has.
    """

    per_class: Tensor
    macro: Tensor


def macro_std(right: Tensor, graded: Tensor, *, corrected: bool = False) -> Spread:
    """How far the accuracies of a class's subgroups lie apart, on average over classes.

    Each subgroup weighs as many samples as it has; a class with a single one has a spread of 0.

    Args:
        right: [..., C, G], right answers per class and subgroup.
        graded: [..., C, G], answers that could be judged, 0 where the class has no such subgroup.
        corrected: with the factor k / (k - 1) under the root, k subgroups of the class: unbiased
            if they were drawn from many.

    Returns:
        Standard deviations from 0 to 0.5 (more if corrected); lower is more even.

    Example:
        >>> right, graded = torch.tensor([[36, 6], [5, 0]]), torch.tensor([[40, 10], [9, 0]])
        >>> round(macro_std(right, graded).macro.item(), 6)
        0.06

    References:
        The idea is that of MacroStd over attributes within classes; the published equation was
        not available, and weights and correction are our choice.
    """
    weight = graded.double() / graded.sum(-1, keepdim=True)
    rate = share(right, graded).nan_to_num()
    mean = (weight * rate).sum(-1, keepdim=True)
    variance = (weight * (rate - mean).square()).sum(-1)
    if corrected:
        groups = (graded > 0).sum(-1)
        variance = variance * torch.where(groups > 1, groups / (groups - 1).clamp_min(1), 1.0)
    per_class = variance.sqrt()
    return Spread(per_class, per_class.nanmean(-1))
