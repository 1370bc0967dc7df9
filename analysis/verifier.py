"""Trying until a verifier accepts: what an imperfect verifier makes of repeated tries."""

import torch
from torch import Tensor

from analysis.pairwise import ratio


def verifier_ceiling(
    share_right: Tensor, *, sensitivity: float = 1.0, false_positive: float = 0.0
) -> Tensor:
    """Accuracy of trying until the verifier accepts an answer, with any number of tries.

    Among accepted answers to a sample, right ones make up p s / (p s + (1 - p) f). More tries
    do not change that, so no budget lifts the accuracy above its mean. A sample of which no
    answer is ever accepted stays without an answer and counts as wrong.

    Args:
        share_right: float64 [N], chance p that one try is right; samples with NaN are left out.
        sensitivity: s, share of right answers that the verifier accepts.
        false_positive: f, share of wrong answers that it accepts.

    Returns:
        float64 scalar in [0, 1]; higher is better; without false positives the share of samples
        that are ever right. NaN without a sample.

    Example:
        >>> verifier_ceiling(torch.tensor([0.5, 0.0]).double(), false_positive=0.25).item()
        0.4

    References:
        Stroebl, Kapoor and Narayanan 2024, Inference scaling fLaws: the limits of resampling
        with imperfect verifiers.
    """
    return _right_of_accepted(share_right, sensitivity, false_positive).nanmean()


def verified_at_k(
    share_right: Tensor, k: int, *, sensitivity: float = 1.0, false_positive: float = 0.0
) -> Tensor:
    """Accuracy of the first answer that the verifier accepts in up to k independent tries.

    Args:
        share_right: float64 [N], chance that one try is right; samples with NaN are left out.
        k: most tries; a sample of which none is accepted counts as wrong.
        sensitivity: share of right answers that the verifier accepts.
        false_positive: share of wrong answers that it accepts.

    Returns:
        float64 scalar in [0, 1]; higher is better; grows with k to the `verifier_ceiling`. NaN
        without a sample.

    Example:
        >>> verified_at_k(torch.tensor([0.5]).double(), 2).item()
        0.75

    References:
        Stroebl, Kapoor and Narayanan 2024, Inference scaling fLaws.
    """
    accepted = _accepted(share_right, sensitivity, false_positive)
    in_time = 1 - (1 - accepted) ** k
    return (_right_of_accepted(share_right, sensitivity, false_positive) * in_time).nanmean()


def _accepted(share_right: Tensor, sensitivity: float, false_positive: float) -> Tensor:
    """Chance that one try is accepted."""
    return share_right * sensitivity + (1 - share_right) * false_positive


def _right_of_accepted(share_right: Tensor, sensitivity: float, false_positive: float) -> Tensor:
    """Chance that an accepted answer is right, 0 where none is ever accepted."""
    accepted = _accepted(share_right, sensitivity, false_positive)
    return torch.where(accepted == 0, 0.0, ratio(share_right * sensitivity, accepted))
