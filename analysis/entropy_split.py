"""How uncertain a team is, and how much of that is its members' contradiction."""

from torch import Tensor

from analysis.measure import Measure
from analysis.pairwise import share


def mean_entropy_total(mean_entropy_sum: Tensor, mixed: Tensor) -> Tensor:
    """Entropy of the members' mean probability, averaged over the samples.

    Args:
        mean_entropy_sum: float64 scalar, summed entropy.
        mixed: scalar, samples with probabilities of two members or more.

    Returns:
        float64 scalar in nats, 0 or more; higher is more uncertain. NaN where mixed is 0.

    Example:
        >>> import torch
        >>> mean_entropy_total(torch.tensor(1.0), torch.tensor(4)).item()
        0.25
    """
    return share(mean_entropy_sum, mixed)


def mean_entropy_expected(member_entropy_sum: Tensor, mixed: Tensor) -> Tensor:
    """Entropy of the members' own probabilities, averaged over members and samples.

    Args:
        member_entropy_sum: float64 scalar, mean entropy of the members, summed.
        mixed: scalar, samples with probabilities of two members or more.

    Returns:
        float64 scalar in nats, 0 or more; higher is more uncertain. NaN where mixed is 0.

    Example:
        >>> import torch
        >>> mean_entropy_expected(torch.tensor(1.0), torch.tensor(4)).item()
        0.25
    """
    return share(member_entropy_sum, mixed)


def mean_mutual_information(
    mean_entropy_sum: Tensor, member_entropy_sum: Tensor, mixed: Tensor
) -> Tensor:
    """How much more uncertain the mean probability is than the members: their contradiction.

    The Jensen-Shannon divergence of all members at once. It measures what the team does not
    know (epistemic uncertainty) only if members are draws from a posterior.

    Args:
        mean_entropy_sum: float64 scalar, entropy of the mean probability, summed.
        member_entropy_sum: float64 scalar, mean entropy of the members, summed.
        mixed: scalar, samples with probabilities of two members or more.

    Returns:
        float64 scalar in nats, in [0, ln min(M, C)]; higher is more diverse. NaN where mixed
        is 0.

    Example:
        >>> import torch
        >>> mean_mutual_information(*map(torch.tensor, (3.0, 1.0, 4))).item()
        0.5

    References:
        Depeweg et al. 2018, Decomposition of uncertainty in Bayesian deep learning.
    """
    return share((mean_entropy_sum - member_entropy_sum).clamp_min(0), mixed)


MEASURES = (
    Measure(
        name="mean_entropy_total",
        label="Entropy of the mean probability",
        kind="set",
        summary="How uncertain the mean probability is, in nats; the members' own entropy plus "
        "their contradiction.",
        needs=("mean_entropy_sum", "mixed"),
        function=mean_entropy_total,
        bounds=(0.0, None),
    ),
    Measure(
        name="mean_entropy_expected",
        label="Average member entropy",
        kind="set",
        summary="How uncertain the members are by themselves, in nats.",
        needs=("member_entropy_sum", "mixed"),
        function=mean_entropy_expected,
        bounds=(0.0, None),
    ),
    Measure(
        name="mean_mutual_information",
        label="Contradiction of the members",
        kind="set",
        summary="How much more uncertain the mean probability is than the members, in nats "
        "(mutual information).",
        needs=("mean_entropy_sum", "member_entropy_sum", "mixed"),
        function=mean_mutual_information,
        diverse="higher",
        bounds=(0.0, None),
    ),
)
