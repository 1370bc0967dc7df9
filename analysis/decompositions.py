"""What the loss of pooled probabilities is made of: how good members are, how far apart."""

import torch
from torch import Tensor

from analysis.measure import Measure
from analysis.pairwise import share
from analysis.sums.distribution import Distributions
from analysis.sums.pool import log_losses


def mean_member_log_loss(member_log_loss_sum: Tensor, pooled: Tensor) -> Tensor:
    """Log loss of the members, averaged over those that have probabilities of a sample.

    Args:
        member_log_loss_sum: float64 scalar, mean -ln p(label) of the members, summed.
        pooled: scalar, labelled samples with probabilities of two members or more.

    Returns:
        float64 scalar in nats, 0 or more; lower is better. NaN where pooled is 0.

    Example:
        >>> mean_member_log_loss(torch.tensor(1.0), torch.tensor(4)).item()
        0.25
    """
    return share(member_log_loss_sum, pooled)


def mean_log_loss(mean_log_loss_sum: Tensor, pooled: Tensor) -> Tensor:
    """Log loss of the members' mean probability.

    Args:
        mean_log_loss_sum: float64 scalar, -ln of the mean p(label), summed.
        pooled: scalar, labelled samples with probabilities of two members or more.

    Returns:
        float64 scalar in nats, 0 or more; lower is better. NaN where pooled is 0.

    Example:
        >>> mean_log_loss(torch.tensor(1.0), torch.tensor(4)).item()
        0.25
    """
    return share(mean_log_loss_sum, pooled)


def jensen_gap(member_log_loss_sum: Tensor, mean_log_loss_sum: Tensor, pooled: Tensor) -> Tensor:
    """How much lower the log loss of the mean probability is than the average member's.

    Args:
        member_log_loss_sum: float64 scalar, mean -ln p(label) of the members, summed.
        mean_log_loss_sum: float64 scalar, -ln of the mean p(label), summed.
        pooled: scalar, labelled samples with probabilities of two members or more.

    Returns:
        float64 scalar in nats, 0 or more, 0 for members that give each label one probability;
        higher is more diverse, but usually means worse members too. NaN where pooled is 0.

    Example:
        >>> jensen_gap(*map(torch.tensor, (3.0, 1.0, 4))).item()
        0.5

    References:
        Abe et al. 2023, Pathologies of predictive diversity in deep ensembles.
    """
    return share((member_log_loss_sum - mean_log_loss_sum).clamp_min(0), pooled)


def geometric_log_loss(geometric_log_loss_sum: Tensor, pooled: Tensor) -> Tensor:
    """Log loss of the members' normalised geometric mean: what they get wrong in common.

    Args:
        geometric_log_loss_sum: float64 scalar, -ln of its p(label), summed.
        pooled: scalar, labelled samples with probabilities of two members or more.

    Returns:
        float64 scalar in nats, 0 or more; the bias of the decomposition, noise of the labels
        included; lower is better. NaN where pooled is 0.

    Example:
        >>> geometric_log_loss(torch.tensor(1.0), torch.tensor(4)).item()
        0.25

    References:
        Heskes 1998, Bias/variance decompositions for likelihood-based estimators.
    """
    return share(geometric_log_loss_sum, pooled)


def geometric_variance(
    member_log_loss_sum: Tensor, geometric_log_loss_sum: Tensor, pooled: Tensor
) -> Tensor:
    """Mean KL(geometric mean || member): how far the members spread around what they share.

    Together with the loss of the geometric mean it makes the average member's log loss.

    Args:
        member_log_loss_sum: float64 scalar, mean -ln p(label) of the members, summed.
        geometric_log_loss_sum: float64 scalar, loss of their geometric mean, summed.
        pooled: scalar, labelled samples with probabilities of two members or more.

    Returns:
        float64 scalar in nats, 0 or more; a variance in the strict sense only among draws of
        one recipe; higher is more diverse. NaN where pooled is 0.

    Example:
        >>> geometric_variance(*map(torch.tensor, (3.0, 1.0, 4))).item()
        0.5

    References:
        Heskes 1998, Bias/variance decompositions for likelihood-based estimators.
    """
    return share((member_log_loss_sum - geometric_log_loss_sum).clamp_min(0), pooled)


def mean_member_brier(member_brier_sum: Tensor, pooled: Tensor) -> Tensor:
    """Brier score of the members, averaged over those that have probabilities of a sample.

    Args:
        member_brier_sum: float64 scalar, mean Brier score of the members, summed.
        pooled: scalar, labelled samples with probabilities of two members or more.

    Returns:
        float64 scalar in [0, 2]; lower is better. NaN where pooled is 0.

    Example:
        >>> mean_member_brier(torch.tensor(1.0), torch.tensor(4)).item()
        0.25
    """
    return share(member_brier_sum, pooled)


def mean_brier(mean_brier_sum: Tensor, pooled: Tensor) -> Tensor:
    """Brier score of the members' mean probability.

    Args:
        mean_brier_sum: float64 scalar, its Brier score, summed.
        pooled: scalar, labelled samples with probabilities of two members or more.

    Returns:
        float64 scalar in [0, 2]; lower is better. NaN where pooled is 0.

    Example:
        >>> mean_brier(torch.tensor(1.0), torch.tensor(4)).item()
        0.25
    """
    return share(mean_brier_sum, pooled)


def ambiguity(member_brier_sum: Tensor, mean_brier_sum: Tensor, pooled: Tensor) -> Tensor:
    """Mean squared distance of the members' probabilities from their mean.

    Exactly what the mean probability gains on the average member's Brier score.

    Args:
        member_brier_sum: float64 scalar, mean Brier score of the members, summed.
        mean_brier_sum: float64 scalar, Brier score of the mean probability, summed.
        pooled: scalar, labelled samples with probabilities of two members or more.

    Returns:
        float64 scalar in [0, 1]; higher is more diverse, but usually means worse members too.
        NaN where pooled is 0.

    Example:
        >>> ambiguity(*map(torch.tensor, (3.0, 1.0, 4))).item()
        0.5

    References:
        Krogh and Vedelsby 1995, Neural network ensembles, cross validation, and active learning.
    """
    return share((member_brier_sum - mean_brier_sum).clamp_min(0), pooled)


def sample_jensen_gap(distributions: Distributions, labels: Tensor) -> Tensor:
    """Per sample, how far ln of the mean p(label) lies above the members' mean ln p(label).

    Args:
        distributions: probabilities of the members that have some, on n samples.
        labels: int64 [n], -1 = unlabelled.

    Returns:
        float64 [n] in nats, 0 or more; higher is more diverse. NaN without a label or with
        fewer than two members that have probabilities.

    Example:
        >>> values = torch.tensor([[[0.9, 0.1]], [[0.1, 0.9]]])
        >>> both = torch.ones(2, 1, dtype=torch.bool)
        >>> here = Distributions(torch.arange(2), values, both)
        >>> round(sample_jensen_gap(here, torch.tensor([0])).item(), 3)
        0.511
    """
    members, mean = log_losses(distributions, labels)
    known = (distributions.scored.sum(0) >= 2) & (labels >= 0)
    return torch.where(known, (members - mean).clamp_min(0), torch.nan)


MEASURES = (
    Measure(
        name="mean_member_log_loss",
        label="Average member log loss",
        kind="set",
        summary="Log loss of the members, averaged; the mean probability's loss plus the Jensen "
        "gap.",
        needs=("member_log_loss_sum", "pooled"),
        function=mean_member_log_loss,
        better="lower",
        bounds=(0.0, None),
    ),
    Measure(
        name="mean_log_loss",
        label="Log loss of the mean probability",
        kind="set",
        summary="Log loss of the ensemble that averages the members' probabilities.",
        needs=("mean_log_loss_sum", "pooled"),
        function=mean_log_loss,
        better="lower",
        bounds=(0.0, None),
    ),
    Measure(
        name="jensen_gap",
        label="Jensen gap",
        kind="set",
        summary="How much lower the mean probability's log loss is than the average member's; a "
        "larger gap usually comes with worse members.",
        needs=("member_log_loss_sum", "mean_log_loss_sum", "pooled"),
        function=jensen_gap,
        diverse="higher",
        bounds=(0.0, None),
    ),
    Measure(
        name="geometric_log_loss",
        label="Log loss of the geometric mean",
        kind="set",
        summary="Log loss of the members' normalised geometric mean (bias); with the spread "
        "around it, the average member's.",
        needs=("geometric_log_loss_sum", "pooled"),
        function=geometric_log_loss,
        better="lower",
        bounds=(0.0, None),
    ),
    Measure(
        name="geometric_variance",
        label="Spread around the geometric mean",
        kind="set",
        summary="Mean divergence of the members from their geometric mean, in nats (variance); a "
        "larger spread usually comes with worse members.",
        needs=("member_log_loss_sum", "geometric_log_loss_sum", "pooled"),
        function=geometric_variance,
        diverse="higher",
        bounds=(0.0, None),
    ),
    Measure(
        name="mean_member_brier",
        label="Average member Brier score",
        kind="set",
        summary="Brier score of the members, averaged; the mean probability's plus the ambiguity.",
        needs=("member_brier_sum", "pooled"),
        function=mean_member_brier,
        better="lower",
        bounds=(0.0, 2.0),
    ),
    Measure(
        name="mean_brier",
        label="Brier score of the mean probability",
        kind="set",
        summary="Brier score of the ensemble that averages the members' probabilities.",
        needs=("mean_brier_sum", "pooled"),
        function=mean_brier,
        better="lower",
        bounds=(0.0, 2.0),
    ),
    Measure(
        name="ambiguity",
        label="Ambiguity (Brier)",
        kind="set",
        summary="Mean squared distance of the members' probabilities from their mean; a larger "
        "one usually comes with worse members.",
        needs=("member_brier_sum", "mean_brier_sum", "pooled"),
        function=ambiguity,
        diverse="higher",
    ),
    Measure(
        name="sample_jensen_gap",
        label="Jensen gap per sample",
        kind="sample",
        summary="How far the log of the mean probability of the label lies above the members' "
        "mean log.",
        needs=("distributions", "labels"),
        function=sample_jensen_gap,
        diverse="higher",
        bounds=(0.0, None),
        undefined="fewer than two members have probabilities.",
    ),
)
