"""What the members' error rate is made of: what most get wrong, and how far they part."""

from torch import Tensor

from analysis.measure import Measure
from analysis.pairwise import disagreement_labels, mean_over_pairs, share
from analysis.quality import accuracy


def mean_error(member_wrong_sum: Tensor, voted: Tensor) -> Tensor:
    """Share of wrong answers of the members, averaged over the samples.

    Bias plus harmful minus helpful spread. An answer is wrong here when it differs from the
    label, also where answers were graded elsewhere.

    Args:
        member_wrong_sum: float64 scalar, share of members that are wrong, summed.
        voted: scalar, labelled samples with an answer to compare.

    Returns:
        float64 scalar in [0, 1]; lower is better. NaN where voted is 0.

    Example:
        >>> import torch
        >>> mean_error(torch.tensor(1.0), torch.tensor(4)).item()
        0.25

    References:
        Domingos 2000, A unified bias-variance decomposition.
    """
    return share(member_wrong_sum, voted)


def domingos_bias(main_wrong: Tensor, voted: Tensor) -> Tensor:
    """Share of samples whose most frequent answer is wrong (ties to the lowest class).

    Args:
        main_wrong: scalar, samples on which it is wrong.
        voted: scalar, labelled samples with an answer to compare.

    Returns:
        float64 scalar in [0, 1]; lower is better. NaN where voted is 0.

    Example:
        >>> import torch
        >>> domingos_bias(torch.tensor(1), torch.tensor(4)).item()
        0.25

    References:
        Domingos 2000, A unified bias-variance decomposition.
    """
    return share(main_wrong, voted)


def domingos_variance(spread_sum: Tensor, voted: Tensor) -> Tensor:
    """Share of members that leave the most frequent answer, averaged over the samples.

    Args:
        spread_sum: float64 scalar, share of members with another answer, summed.
        voted: scalar, labelled samples with an answer to compare.

    Returns:
        float64 scalar in [0, 1]; a variance in the strict sense only among draws of one
        recipe; higher is more diverse. NaN where voted is 0.

    Example:
        >>> import torch
        >>> domingos_variance(torch.tensor(1.0), torch.tensor(4)).item()
        0.25

    References:
        Domingos 2000, A unified bias-variance decomposition.
    """
    return share(spread_sum, voted)


def domingos_variance_unbiased(harmful_spread_sum: Tensor, voted: Tensor) -> Tensor:
    """The part of the spread that costs: members that leave a most frequent answer that is right.

    Args:
        harmful_spread_sum: float64 scalar, share of members with another answer where the most
            frequent one is right, summed.
        voted: scalar, labelled samples with an answer to compare.

    Returns:
        float64 scalar in [0, 1], averaged over all samples; higher is more diverse. NaN where
        voted is 0.

    Example:
        >>> import torch
        >>> domingos_variance_unbiased(torch.tensor(1.0), torch.tensor(4)).item()
        0.25

    References:
        Domingos 2000, A unified bias-variance decomposition.
    """
    return share(harmful_spread_sum, voted)


def domingos_variance_biased(helpful_spread_sum: Tensor, voted: Tensor) -> Tensor:
    """The part of the spread that pays: members that are right where the most frequent is wrong.

    Args:
        helpful_spread_sum: float64 scalar, share of members that are right where the most
            frequent answer is wrong, summed.
        voted: scalar, labelled samples with an answer to compare.

    Returns:
        float64 scalar in [0, 1], averaged over all samples; higher is more diverse. NaN where
        voted is 0.

    Example:
        >>> import torch
        >>> domingos_variance_biased(torch.tensor(1.0), torch.tensor(4)).item()
        0.25

    References:
        Domingos 2000, A unified bias-variance decomposition.
    """
    return share(helpful_spread_sum, voted)


def disagreement_minus_error(
    both_answered: Tensor, same: Tensor, graded: Tensor, right: Tensor
) -> Tensor:
    """Mean disagreement of the pairs minus the mean error rate of the models.

    About 0 for runs of one recipe that are calibrated as an ensemble: then disagreement, which
    needs no labels, tells the error. A diagnostic, not a proof.

    Args:
        both_answered: [M, M], samples that both models answered.
        same: [M, M], those of them with the same answer.
        graded: [M], answers that could be judged.
        right: [M], right answers.

    Returns:
        float64 scalar in [-1, 1]; below 0 the models agree more than their errors allow for.
        NaN where no two models answered the same sample, or without any judged answer.

    Example:
        >>> import torch
        >>> both, same = torch.full((2, 2), 4), torch.tensor([[4, 2], [2, 4]])
        >>> disagreement_minus_error(both, same, torch.tensor([4, 4]), torch.tensor([3, 3])).item()
        0.25

    References:
        Jiang et al. 2022, Assessing generalization of SGD via disagreement.
    """
    disagreement = mean_over_pairs(disagreement_labels(both_answered, same))
    return disagreement - (1 - accuracy(right, graded)).nanmean()


MEASURES = (
    Measure(
        name="mean_error",
        label="Average member error",
        kind="set",
        summary="Share of wrong answers of the members; bias plus harmful minus helpful spread.",
        needs=("member_wrong_sum", "voted"),
        function=mean_error,
        better="lower",
    ),
    Measure(
        name="domingos_bias",
        label="Bias of the vote (0-1 loss)",
        kind="set",
        summary="Share of samples whose most frequent answer is wrong (ties to the lowest class).",
        needs=("main_wrong", "voted"),
        function=domingos_bias,
        better="lower",
    ),
    Measure(
        name="domingos_variance",
        label="Spread between members (0-1 loss)",
        kind="set",
        summary="Share of members that leave the most frequent answer.",
        needs=("spread_sum", "voted"),
        function=domingos_variance,
        diverse="higher",
    ),
    Measure(
        name="domingos_variance_unbiased",
        label="Harmful spread (0-1 loss)",
        kind="set",
        summary="Share of members that leave the most frequent answer where it is right.",
        needs=("harmful_spread_sum", "voted"),
        function=domingos_variance_unbiased,
        diverse="higher",
    ),
    Measure(
        name="domingos_variance_biased",
        label="Helpful spread (0-1 loss)",
        kind="set",
        summary="Share of members that are right where the most frequent answer is wrong.",
        needs=("helpful_spread_sum", "voted"),
        function=domingos_variance_biased,
        diverse="higher",
    ),
    Measure(
        name="disagreement_minus_error",
        label="Disagreement minus error",
        kind="set",
        summary="Mean disagreement of the pairs minus the mean error rate; about 0 for calibrated "
        "runs of one recipe.",
        needs=("both_answered", "same", "graded", "right"),
        function=disagreement_minus_error,
        bounds=(-1.0, 1.0),
        undefined="no two models answered the same sample, or no answer can be judged.",
    ),
)
