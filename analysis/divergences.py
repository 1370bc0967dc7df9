"""How far the probabilities of two models are apart: measures on [M, M] tables."""

from math import log

import torch
from torch import Tensor

from analysis.measure import Measure
from analysis.pairwise import ratio, share


def js_nats(both_scored: Tensor, js_sum: Tensor) -> Tensor:
    """Mean Jensen-Shannon divergence between the probabilities of two models, in nats.

    Args:
        both_scored: [M, M], samples with probabilities of both.
        js_sum: float64 [M, M], summed divergence.

    Returns:
        float64 [M, M], symmetric, in [0, ln 2]; higher is more diverse; its square root is a
        metric; divided by ln 2 it is in bits. NaN where one of the two has no probabilities.

    Example:
        >>> js_nats(torch.tensor([[2]]), torch.tensor([[0.5]])).tolist()
        [[0.25]]

    References:
        Lin 1991, IEEE Transactions on Information Theory 37(1), eq. 4.1.
    """
    return share(js_sum, both_scored).clamp(0, log(2))


def hellinger_affinity(both_scored: Tensor, hellinger_sum: Tensor) -> Tensor:
    """Mean overlap of the two models' probabilities, the sum over classes of sqrt(p q).

    With h = 1 - affinity the Jensen-Shannon divergence lies between h ln 2 and h, and this one
    is a matrix product: the quick look at many models.

    Args:
        both_scored: [M, M], samples with probabilities of both.
        hellinger_sum: float64 [M, M], summed overlap.

    Returns:
        float64 [M, M], symmetric, in [0, 1]; 1 = the same probabilities; lower is more diverse.
        NaN where one of the two has no probabilities.

    Example:
        >>> hellinger_affinity(torch.tensor([[4]]), torch.tensor([[3.0]])).tolist()
        [[0.75]]

    References:
        Bhattacharyya 1943, Bulletin of the Calcutta Mathematical Society 35.
    """
    return share(hellinger_sum, both_scored).clamp(max=1)


def cross_entropy(both_scored: Tensor, cross_entropy_sum: Tensor) -> Tensor:
    """Mean cross-entropy -sum p ln q of model j's probabilities q under model i's p, in nats.

    It is the log loss of j on labels drawn from i: low where i is sure and j agrees. The
    diagonal holds each model's own entropy. Probabilities below 1e-12 count as 1e-12.

    Args:
        both_scored: [M, M], samples with probabilities of both.
        cross_entropy_sum: float64 [M, M], summed over samples, row i = p.

    Returns:
        float64 [M, M], not symmetric, in [0, 27.7]; higher where the two differ or i is unsure,
        so it says nothing of diversity alone. NaN where one has no probabilities.

    Example:
        >>> cross_entropy(torch.tensor([[2]]), torch.tensor([[3.0]])).tolist()
        [[1.5]]

    References:
        Good 1952, Journal of the Royal Statistical Society B 14(1).
    """
    return share(cross_entropy_sum, both_scored)


def kl(both_scored: Tensor, cross_entropy_sum: Tensor, own_entropy_given: Tensor) -> Tensor:
    """Mean Kullback-Leibler divergence from model i to model j, in nats.

    What it costs to describe i's answers with j's probabilities, beyond i's own entropy. A
    single sample on which j excludes what i believes weighs up to 27.6 (p below 1e-12 is cut).

    Args:
        both_scored: [M, M], samples with probabilities of both.
        cross_entropy_sum: float64 [M, M], summed cross-entropy, row i = p.
        own_entropy_given: float64 [M, M], entropy of i, summed while j has probabilities.

    Returns:
        float64 [M, M], not symmetric, 0 or more; higher is more diverse. NaN where one of the
        two has no probabilities.

    Example:
        >>> kl(*(torch.tensor([[v]]) for v in (2, 3.0, 2.0))).tolist()
        [[0.5]]

    References:
        Kullback and Leibler 1951, Annals of Mathematical Statistics 22(1), eq. 2.4.
    """
    return share(cross_entropy_sum - own_entropy_given, both_scored).clamp_min(0)


def sym_kl(both_scored: Tensor, cross_entropy_sum: Tensor, own_entropy_given: Tensor) -> Tensor:
    """Mean of the Kullback-Leibler divergences in both directions, in nats.

    Args:
        both_scored: [M, M], samples with probabilities of both.
        cross_entropy_sum: float64 [M, M], summed cross-entropy, row i = p.
        own_entropy_given: float64 [M, M], entropy of i, summed while j has probabilities.

    Returns:
        float64 [M, M], symmetric, 0 or more (half of Jeffreys' divergence); higher is more
        diverse. NaN where one of the two has no probabilities.

    Example:
        >>> cross = torch.tensor([[1.0, 3.0], [2.0, 1.0]])
        >>> sym_kl(torch.ones(2, 2), cross, torch.ones(2, 2))[0, 1].item()
        1.5

    References:
        Jeffreys 1946, Proceedings of the Royal Society A 186.
    """
    one_way = kl(both_scored, cross_entropy_sum, own_entropy_given)
    return (one_way + one_way.T) / 2


def ce_distance_mekong(both_scored: Tensor, clamped_cross_entropy_sum: Tensor) -> Tensor:
    """Cross-entropies of a pair in both directions added, in nats; 0 with itself.

    It holds the entropies of both models besides their divergence: identical models are not at
    distance 0 unless they are one model, and two unsure twins look far apart.

    Args:
        both_scored: [M, M], samples with probabilities of both.
        clamped_cross_entropy_sum: float64 [M, M], summed -p ln q with p and q at least 1e-8.

    Returns:
        float64 [M, M], symmetric, 0 or more; higher where the two differ or are unsure. NaN
        where one of the two has no probabilities.

    Example:
        >>> cross = torch.tensor([[1.0, 3.0], [2.0, 1.0]])
        >>> ce_distance_mekong(torch.ones(2, 2), cross).tolist()
        [[0.0, 5.0], [5.0, 0.0]]

    References:
        The distance of the model maps in the published code of Mekong soups.
    """
    one_way = share(clamped_cross_entropy_sum, both_scored)
    known = one_way.diagonal().isfinite()
    itself = torch.diag(known)
    return (one_way + one_way.T).masked_fill(itself, 0)


def cosine_probabilities(gram_sum: Tensor, square_given: Tensor) -> Tensor:
    """Cosine of the angle between the two models' probabilities, all samples in one vector.

    Sure predictions weigh more than unsure ones; it never comes near 0 where both are unsure.

    Args:
        gram_sum: float64 [M, M], summed p q over samples and classes.
        square_given: float64 [M, M], p squared of i, summed while j has probabilities.

    Returns:
        float64 [M, M], symmetric, in [0, 1]; 1 = the same probabilities; lower is more diverse.
        NaN where one of the two has no probabilities.

    Example:
        >>> cosine_probabilities(torch.tensor([[1.0]]), torch.tensor([[2.0]])).tolist()
        [[0.5]]
    """
    return ratio(gram_sum, (square_given * square_given.T).sqrt()).clamp(max=1)


_CROSS = ("both_scored", "cross_entropy_sum", "own_entropy_given")

MEASURES = (
    Measure(
        name="js_nats",
        label="Jensen-Shannon divergence",
        kind="pair",
        summary="How far apart the two models' probabilities are, on average, in nats (0 to 0.69).",
        needs=("both_scored", "js_sum"),
        function=js_nats,
        diverse="higher",
        distance="root",
        bounds=(0.0, log(2)),
    ),
    Measure(
        name="hellinger_affinity",
        label="Hellinger affinity",
        kind="pair",
        summary="Overlap of the two models' probabilities, sqrt(p q) summed over classes "
        "(1 = the same).",
        needs=("both_scored", "hellinger_sum"),
        function=hellinger_affinity,
        diverse="lower",
    ),
    Measure(
        name="cross_entropy",
        label="Cross-entropy",
        kind="pair",
        summary="Log loss of the second model on labels drawn from the first one's "
        "probabilities, in nats; the diagonal is a model's own entropy.",
        needs=("both_scored", "cross_entropy_sum"),
        function=cross_entropy,
        bounds=(0.0, None),
        symmetric=False,
    ),
    Measure(
        name="kl",
        label="Kullback-Leibler divergence",
        kind="pair",
        summary="Cross-entropy beyond the first model's own entropy, in nats.",
        needs=_CROSS,
        function=kl,
        diverse="higher",
        distance="root",
        bounds=(0.0, None),
        symmetric=False,
    ),
    Measure(
        name="sym_kl",
        label="Symmetric KL divergence",
        kind="pair",
        summary="Mean of the Kullback-Leibler divergences in both directions, in nats.",
        needs=_CROSS,
        function=sym_kl,
        diverse="higher",
        distance="root",
        bounds=(0.0, None),
    ),
    Measure(
        name="ce_distance_mekong",
        label="Cross-entropy distance",
        kind="pair",
        summary="Cross-entropies in both directions added, in nats; it holds both entropies, so "
        "two unsure models that agree look far apart.",
        needs=("both_scored", "clamped_cross_entropy_sum"),
        function=ce_distance_mekong,
        distance="itself",
        bounds=(0.0, None),
    ),
    Measure(
        name="cosine_probabilities",
        label="Cosine of probabilities",
        kind="pair",
        summary="Cosine between the two models' probabilities, all samples in one vector "
        "(1 = the same).",
        needs=("gram_sum", "square_given"),
        function=cosine_probabilities,
        diverse="lower",
    ),
)
