"""How differently the members of a team err: one number for the whole team."""

import torch
from torch import Tensor

from analysis.measure import Measure
from analysis.pairwise import kappa_of, ratio


def entropy(members_right: Tensor) -> Tensor:
    """How evenly the members split into right and wrong, on average over the samples.

    Not Shannon's entropy: a sample counts by the smaller of the two camps.

    Args:
        members_right: [M + 1], samples on which 0, 1 ... M members are right. A sample counts
            only where all members are judged; the histogram's sum is the number of samples.

    Returns:
        float64 scalar in [0, 1]; 1 when every sample splits the team in half; higher is more
        diverse. NaN for a single member.

    Example:
        >>> entropy(torch.tensor([1, 0, 1, 0])).item()
        0.5

    References:
        Kuncheva and Whitaker 2003, Machine Learning 51(2).
    """
    right, wrong, members = _camps(members_right)
    most = float(members - (members + 1) // 2)
    return ratio((members_right * torch.minimum(right, wrong)).sum(), most * members_right.sum())


def kw(members_right: Tensor) -> Tensor:
    """Variance of right and wrong inside the team, on average over the samples.

    Equal to (M - 1) / 2M times the mean error disagreement of the pairs.

    Args:
        members_right: [M + 1], samples on which 0, 1 ... M members are right, where all are
            judged.

    Returns:
        float64 scalar in [0, 1/4]; higher is more diverse, though members of medium accuracy
        raise it too. NaN when no sample is judged for all members.

    Example:
        >>> kw(torch.tensor([1, 0, 1])).item(), kw(torch.tensor([0, 2, 0])).item()
        (0.0, 0.25)

    References:
        Kohavi and Wolpert 1996; Kuncheva and Whitaker 2003, Machine Learning 51(2).
    """
    right, wrong, members = _camps(members_right)
    return ratio((members_right * right * wrong).sum(), members**2 * members_right.sum())


def kappa(members_right: Tensor) -> Tensor:
    """Agreement of the members in being right or wrong, beyond what their mean accuracy explains.

    Equal to Fleiss' kappa of the table of right and wrong marks.

    Args:
        members_right: [M + 1], samples on which 0, 1 ... M members are right, where all are
            judged.

    Returns:
        float64 scalar in [-1 / (M - 1), 1]; 0 = as if independent; lower is more diverse. NaN
        for a single member, or when all answers are right, or all wrong.

    Example:
        >>> kappa(torch.tensor([1, 0, 1])).item(), kappa(torch.tensor([1, 2, 1])).item()
        (1.0, 0.0)

    References:
        Fleiss 1981; Kuncheva and Whitaker 2003, Machine Learning 51(2).
    """
    right, wrong, members = _camps(members_right)
    samples = members_right.sum()
    hits, misses = (members_right * right).sum(), (members_right * wrong).sum()
    split = (members_right * right * wrong).sum() * samples * members
    return 1 - ratio(split, (members - 1) * hits * misses)


def theta(members_right: Tensor) -> Tensor:
    """How much the samples differ in how many members get them right.

    Args:
        members_right: [M + 1], samples on which 0, 1 ... M members are right, where all are
            judged.

    Returns:
        float64 scalar in [0, 1/4], the population variance of the share of members that are
        right; lower is more diverse: high means that some samples are easy for everybody and
        others hard for everybody. NaN when no sample is judged for all members.

    Example:
        >>> theta(torch.tensor([1, 0, 1])).item(), theta(torch.tensor([0, 2, 0])).item()
        (0.25, 0.0)

    References:
        Hansen and Salamon 1990; Kuncheva and Whitaker 2003, Machine Learning 51(2).
    """
    right, _, members = _camps(members_right)
    share, samples = right / members, members_right.sum()
    mean = ratio((members_right * share).sum(), samples)
    return ratio((members_right * (share - mean).square()).sum(), samples)


def gd(members_right: Tensor) -> Tensor:
    """How seldom a second member, picked at random, fails where a first one fails.

    Args:
        members_right: [M + 1], samples on which 0, 1 ... M members are right, where all are
            judged.

    Returns:
        float64 scalar in [0, 1]; 1 = failures never coincide; higher is more diverse. NaN for a
        single member, or without any failure.

    Example:
        >>> gd(torch.tensor([1, 0, 1])).item(), gd(torch.tensor([0, 2, 0])).item()
        (0.0, 1.0)

    References:
        Partridge and Krzanowski 1997; Kuncheva and Whitaker 2003, Machine Learning 51(2).
    """
    _, wrong, members = _camps(members_right)
    both = (members_right * wrong * (wrong - 1)).sum()
    return 1 - ratio(both, (members - 1) * (members_right * wrong).sum())


def cfd(members_right: Tensor) -> Tensor:
    """Of the samples that somebody fails on: how few of the others fail too, on average.

    Args:
        members_right: [M + 1], samples on which 0, 1 ... M members are right, where all are
            judged.

    Returns:
        float64 scalar in [0, 1]; 1 = each failure is one member's alone, 0 = all fail together
        or nobody ever fails; higher is more diverse. NaN for a single member.

    Example:
        >>> cfd(torch.tensor([1, 0, 1])).item(), cfd(torch.tensor([0, 2, 0])).item()
        (0.0, 1.0)

    References:
        Partridge and Krzanowski 1997; Kuncheva and Whitaker 2003, Machine Learning 51(2).
    """
    right, _, members = _camps(members_right)
    failed = members_right[:-1].sum()
    alone = ratio((members_right * right)[:-1].sum(), (members - 1.0) * failed)
    never = (failed == 0) & (members_right[-1] > 0) & (members > 1)
    return torch.where(never, 0.0, alone)


def fleiss_kappa_labels(both_answered: Tensor, same: Tensor, paired_votes: Tensor) -> Tensor:
    """Agreement of the members in their answers, beyond what the frequency of classes explains.

    Needs no labels. Two answers to one sample are compared wherever there are two, so gaps take
    out answers and not whole samples; without gaps this is Fleiss' kappa.

    Args:
        both_answered: [M, M], samples that both models answered.
        same: [M, M], those of them with the same answer.
        paired_votes: [C], answers of each class, each counted once for every other member that
            answered the sample.

    Returns:
        float64 scalar in [-1, 1]; 0 = as if independent; lower is more diverse. NaN for a single
        member, or when all answers name one class.

    Example:
        >>> both, same = torch.tensor([[4, 4], [4, 4]]), torch.tensor([[4, 2], [2, 4]])
        >>> fleiss_kappa_labels(both, same, torch.tensor([4, 4])).item()
        0.0

    References:
        Fleiss 1971, Psychological Bulletin 76(5).
    """
    pairs = (both_answered.sum() - both_answered.diagonal().sum()).double()
    agreement = ratio((same.sum() - same.diagonal().sum()).double(), pairs)
    expected = ratio(paired_votes.double(), pairs).square().sum()
    return kappa_of(agreement, expected)


def _camps(members_right: Tensor) -> tuple[Tensor, Tensor, int]:
    """Members that are right and wrong in each bin [M + 1], as float64; and M."""
    members = len(members_right) - 1
    right = torch.arange(members + 1, dtype=torch.float64, device=members_right.device)
    return right, members - right, members


_HISTOGRAM = ("members_right",)

MEASURES = (
    Measure(
        name="entropy",
        label="Entropy of correctness",
        kind="set",
        summary="How evenly samples split the team into right and wrong: 0 = all alike, "
        "1 = always in half.",
        needs=_HISTOGRAM,
        function=entropy,
        diverse="higher",
        undefined="there is only one member.",
    ),
    Measure(
        name="kw",
        label="Kohavi-Wolpert variance",
        kind="set",
        summary="Variance of right and wrong inside the team, averaged over samples (0 to 0.25).",
        needs=_HISTOGRAM,
        function=kw,
        diverse="higher",
        bounds=(0.0, 0.25),
    ),
    Measure(
        name="kappa",
        label="Interrater agreement",
        kind="set",
        summary="Agreement of the members in being right or wrong beyond what their mean accuracy "
        "explains (0 = as if independent).",
        needs=_HISTOGRAM,
        function=kappa,
        diverse="lower",
        bounds=(-1.0, 1.0),
        undefined="there is only one member, or all answers are right, or all wrong.",
    ),
    Measure(
        name="theta",
        label="Difficulty variance (theta)",
        kind="set",
        summary="How much samples differ in how many members get them right (0 to 0.25).",
        needs=_HISTOGRAM,
        function=theta,
        diverse="lower",
        bounds=(0.0, 0.25),
    ),
    Measure(
        name="gd",
        label="Generalised diversity",
        kind="set",
        summary="How seldom a second random member fails where a first one fails "
        "(1 = failures never coincide).",
        needs=_HISTOGRAM,
        function=gd,
        diverse="higher",
        undefined="there is only one member, or no member ever fails.",
    ),
    Measure(
        name="cfd",
        label="Coincident failure diversity",
        kind="set",
        summary="Of the samples that somebody fails on, how few of the others fail too "
        "(1 = each failure is one member's alone).",
        needs=_HISTOGRAM,
        function=cfd,
        diverse="higher",
        undefined="there is only one member.",
    ),
    Measure(
        name="fleiss_kappa_labels",
        label="Fleiss kappa of the answers",
        kind="set",
        summary="Agreement of the members in their answers, right or wrong, beyond what the "
        "frequency of classes explains.",
        needs=("both_answered", "same", "paired_votes"),
        function=fleiss_kappa_labels,
        diverse="lower",
        bounds=(-1.0, 1.0),
        undefined="there is only one member, or all answers name one class.",
    ),
)
