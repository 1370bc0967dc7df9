"""How unsure the models are of one sample, without asking for its label: measures [n]."""

from torch import Tensor

from analysis.answer_codes import local_codes, vote_counts
from analysis.measure import Measure
from analysis.sums.distribution import Distributions, entropy


def entropy_total(distributions: Distributions) -> Tensor:
    """Entropy of the models' mean probability: all uncertainty about the sample, in nats.

    Args:
        distributions: probabilities of n samples; models that did not answer are left out.

    Returns:
        float64 [n] in [0, ln C]; higher is less certain. NaN where no model with
        probabilities answered.

    Example:
        >>> import torch
        >>> said = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]]])
        >>> both = torch.ones(2, 1, dtype=torch.bool)
        >>> entropy_total(Distributions(torch.arange(2), said, both)).round(decimals=4).tolist()
        [0.6931]

    References:
        Depeweg et al. 2018, Decomposition of uncertainty in Bayesian deep learning.
    """
    return entropy(distributions.mean)


def entropy_expected(distributions: Distributions) -> Tensor:
    """Mean entropy of the models' own probabilities, in nats.

    Where the models are draws from a posterior, this is the part of the uncertainty that no
    further model would remove (aleatoric).

    Args:
        distributions: probabilities of n samples; models that did not answer are left out.

    Returns:
        float64 [n] in [0, ln C]; higher is less certain. NaN where no model with
        probabilities answered.

    Example:
        >>> import torch
        >>> said = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]]])
        >>> both = torch.ones(2, 1, dtype=torch.bool)
        >>> entropy_expected(Distributions(torch.arange(2), said, both)).tolist()
        [0.0]

    References:
        Depeweg et al. 2018, Decomposition of uncertainty in Bayesian deep learning.
    """
    return distributions.entropies.sum(0) / distributions.scored.sum(0)


def mutual_information(distributions: Distributions) -> Tensor:
    """Entropy of the mean probability beyond the mean entropy: how much the models disagree.

    It is the Jensen-Shannon divergence of all models together: 0 where they say the same,
    highest where each is sure of something else (epistemic, if they are draws from a posterior).

    Args:
        distributions: probabilities of n samples; models that did not answer are left out.

    Returns:
        float64 [n] in [0, ln min(M, C)], in nats; higher is more diverse. 0 with one model. NaN
        where no model with probabilities answered.

    Example:
        >>> import torch
        >>> said = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]]])
        >>> both = torch.ones(2, 1, dtype=torch.bool)
        >>> found = mutual_information(Distributions(torch.arange(2), said, both))
        >>> found.round(decimals=4).tolist()
        [0.6931]

    References:
        Houlsby et al. 2011, Bayesian active learning for classification.
    """
    return (entropy_total(distributions) - entropy_expected(distributions)).clamp_min(0)


def vote_entropy(predictions: Tensor) -> Tensor:
    """Entropy of the shares of the different answers, in nats.

    Args:
        predictions: int32 [M, n], -1 = no answer, which does not vote.

    Returns:
        float64 [n] in [0, ln min(M, C)]; 0 = all say the same; higher is more diverse. NaN where
        nobody answered.

    Example:
        >>> import torch
        >>> vote_entropy(torch.tensor([[0, 4], [1, 4]])).round(decimals=4).tolist()
        [0.6931, 0.0]

    References:
        Dagan and Engelson 1995, Committee-based sampling for training probabilistic classifiers.
    """
    votes = vote_counts(predictions)[0].double()
    return entropy((votes / votes.sum(0)).T)


def different_answers(predictions: Tensor) -> Tensor:
    """How many different answers the models give.

    Args:
        predictions: int32 [M, n], -1 = no answer.

    Returns:
        float64 [n], 0 (nobody answered) to min(M, C); higher is more diverse.

    Example:
        >>> import torch
        >>> different_answers(torch.tensor([[0, 4, -1], [1, 4, -1]])).tolist()
        [2.0, 1.0, 0.0]
    """
    return (local_codes(predictions)[0].amax(0) + 1).double()


MEASURES = (
    Measure(
        name="entropy_total",
        label="Total uncertainty",
        kind="sample",
        summary="Entropy of the models' mean probability, in nats.",
        needs=("distributions",),
        function=entropy_total,
        bounds=(0.0, None),
    ),
    Measure(
        name="entropy_expected",
        label="Expected uncertainty",
        kind="sample",
        summary="Mean entropy of the models' own probabilities, in nats; what stays when they "
        "agree.",
        needs=("distributions",),
        function=entropy_expected,
        bounds=(0.0, None),
    ),
    Measure(
        name="mutual_information",
        label="Mutual information",
        kind="sample",
        summary="Total minus expected uncertainty, in nats: high where the models are sure of "
        "different classes.",
        needs=("distributions",),
        function=mutual_information,
        diverse="higher",
        bounds=(0.0, None),
    ),
    Measure(
        name="vote_entropy",
        label="Vote entropy",
        kind="sample",
        summary="Entropy of the shares of the different answers, in nats; 0 where all agree.",
        needs=("predictions",),
        function=vote_entropy,
        diverse="higher",
        bounds=(0.0, None),
    ),
    Measure(
        name="different_answers",
        label="Different answers",
        kind="sample",
        summary="How many different answers the models give.",
        needs=("predictions",),
        function=different_answers,
        diverse="higher",
        bounds=(0.0, None),
    ),
)
