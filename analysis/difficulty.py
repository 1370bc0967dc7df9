"""How hard one sample is for the models, given its label: measures [n]."""

import torch
from torch import Tensor

from analysis.answer_codes import vote_counts
from analysis.measure import Measure
from analysis.sums.distribution import Distributions


def members_right(right: Tensor, graded: Tensor) -> Tensor:
    """How many models get the sample right.

    Args:
        right: bool [M, n], judged and right.
        graded: bool [M, n], judged.

    Returns:
        float64 [n], whole numbers from 0 to M; lower is harder. NaN where no answer was judged.

    Example:
        >>> members_right(torch.tensor([[True], [False]]), torch.tensor([[True], [True]])).tolist()
        [1.0]
    """
    return torch.where(graded.any(0), right.sum(0).double(), torch.nan)


def share_right(right: Tensor, graded: Tensor) -> Tensor:
    """Share of the judged answers to the sample that are right.

    Args:
        right: bool [M, n], judged and right.
        graded: bool [M, n], judged.

    Returns:
        float64 [n] in [0, 1]; lower is harder. NaN where no answer was judged.

    Example:
        >>> share_right(torch.tensor([[True], [False]]), torch.tensor([[True], [True]])).tolist()
        [0.5]
    """
    return right.sum(0).double() / graded.sum(0)


def el2n(distributions: Distributions, labels: Tensor) -> Tensor:
    """Mean distance (Euclidean) between the models' probabilities and the one-hot label.

    Meant for early checkpoints of several seeds, on the samples that they are trained on.

    Args:
        distributions: probabilities of n samples; models that did not answer are left out.
        labels: int64 [n], -1 = unlabelled.

    Returns:
        float64 [n] in [0, sqrt 2]; higher is harder. NaN without a label, or where no model
        with probabilities answered.

    Example:
        >>> said, yes = torch.tensor([[[0.0, 1.0]]]), torch.tensor([[True]])
        >>> here = Distributions(torch.arange(1), said, yes)
        >>> el2n(here, torch.tensor([0])).round(decimals=4).tolist()
        [1.4142]

    References:
        Paul et al. 2021, Deep learning on a data diet, definition 4.
    """
    total = torch.zeros(len(labels), dtype=torch.float64, device=labels.device)
    column = labels.clamp_min(0)[:, None]
    one = torch.ones_like(column, dtype=torch.float64)
    for table, scored in zip(distributions.values, distributions.scored, strict=True):
        off = table.double().scatter_add(1, column, -one)
        total += torch.where(scored, torch.linalg.vector_norm(off, dim=1), 0.0)
    return torch.where(labels >= 0, total / distributions.scored.sum(0), torch.nan)


def self_confidence(distributions: Distributions, labels: Tensor) -> Tensor:
    """Mean probability that the models give to the label.

    Args:
        distributions: probabilities of n samples; models that did not answer are left out.
        labels: int64 [n], -1 = unlabelled.

    Returns:
        float64 [n] in [0, 1]; lower is harder, or the label is wrong. NaN without a label, or
        where no model with probabilities answered.

    Example:
        >>> said, yes = torch.tensor([[[0.2, 0.8]]]), torch.tensor([[True]])
        >>> here = Distributions(torch.arange(1), said, yes)
        >>> self_confidence(here, torch.tensor([0])).round(decimals=4).tolist()
        [0.2]

    References:
        Northcutt et al. 2021, Confident learning, section 3.
    """
    of_label = distributions.mean.gather(1, labels.clamp_min(0)[:, None])[:, 0]
    return torch.where(labels >= 0, of_label, torch.nan)


def probability_margin(distributions: Distributions, labels: Tensor) -> Tensor:
    """Mean probability of the label minus that of the strongest other class.

    Args:
        distributions: probabilities of n samples; models that did not answer are left out.
        labels: int64 [n], -1 = unlabelled.

    Returns:
        float64 [n] in [-1, 1]; negative where the mean probability answers wrongly; lower is
        harder. NaN without a label, or where no model with probabilities answered.

    Example:
        >>> said, yes = torch.tensor([[[0.2, 0.8]]]), torch.tensor([[True]])
        >>> here = Distributions(torch.arange(1), said, yes)
        >>> probability_margin(here, torch.tensor([0])).round(decimals=4).tolist()
        [-0.6]

    References:
        Schapire et al. 1998, Boosting the margin.
    """
    return self_confidence(distributions, labels) - _strongest_other(distributions.mean, labels)


def normalized_margin(distributions: Distributions, labels: Tensor) -> Tensor:
    """The probability margin moved to [0, 1]: half of the margin plus 1.

    Args:
        distributions: probabilities of n samples; models that did not answer are left out.
        labels: int64 [n], -1 = unlabelled.

    Returns:
        float64 [n] in [0, 1]; below 0.5 the mean probability answers wrongly; lower is harder,
        or the label is wrong. NaN without a label, or where no model with probabilities answered.

    Example:
        >>> said, yes = torch.tensor([[[0.2, 0.8]]]), torch.tensor([[True]])
        >>> here = Distributions(torch.arange(1), said, yes)
        >>> normalized_margin(here, torch.tensor([0])).round(decimals=4).tolist()
        [0.2]

    References:
        Northcutt et al. 2021, Confident learning, section 3.
    """
    return (probability_margin(distributions, labels) + 1) / 2


def wrong_answers(
    predictions: Tensor, compared: Tensor, graded: Tensor, right: Tensor, labels: Tensor
) -> Tensor:
    """The answers that speak against the label.

    An answer that was graded wrong although it is the label itself is none of them.

    Args:
        predictions: int32 [M, n], -1 = no answer.
        compared: bool [M, n], the answer can be compared with others.
        graded: bool [M, n], judged.
        right: bool [M, n], judged and right.
        labels: int64 [n], -1 = unlabelled.

    Returns:
        int32 [M, n], the wrong answer, -1 where there is none.

    Example:
        >>> yes, label = torch.ones(2, 1, dtype=torch.bool), torch.tensor([4])
        >>> wrong_answers(torch.tensor([[4], [7]]), yes, yes, ~yes, label).tolist()
        [[-1], [7]]
    """
    wrong = compared & graded & ~right & (predictions != labels)
    return torch.where(wrong, predictions, -1)


def consensus_against_label(
    predictions: Tensor, compared: Tensor, graded: Tensor, right: Tensor, labels: Tensor
) -> Tensor:
    """Largest share of the models that give one and the same wrong answer.

    1 where all models agree on another class than the label: a hard sample, or a wrong label.

    Args:
        predictions: int32 [M, n], -1 = no answer.
        compared: bool [M, n], the answer can be compared with others.
        graded: bool [M, n], judged.
        right: bool [M, n], judged and right.
        labels: int64 [n], -1 = unlabelled.

    Returns:
        float64 [n] in [0, 1]; higher is harder, or the label is wrong. NaN where no answer that
        can be compared was judged.

    Example:
        >>> yes, said = torch.ones(3, 1, dtype=torch.bool), torch.tensor([[4], [4], [7]])
        >>> consensus_against_label(said, yes, yes, ~yes, torch.tensor([0])).item()
        0.6666666666666666
    """
    votes, _ = vote_counts(wrong_answers(predictions, compared, graded, right, labels))
    return votes.amax(0).double() / (compared & graded).sum(0)


def _strongest_other(mean: Tensor, labels: Tensor) -> Tensor:
    """Highest mean probability of a class that is not the label, 0 where there is no other."""
    return mean.scatter(1, labels.clamp_min(0)[:, None], 0.0).amax(1)


MEASURES = (
    Measure(
        name="members_right",
        label="Models right",
        kind="sample",
        summary="How many models get the sample right.",
        needs=("right", "graded"),
        function=members_right,
        better="higher",
        bounds=(0.0, None),
    ),
    Measure(
        name="share_right",
        label="Share right",
        kind="sample",
        summary="Share of the judged answers to the sample that are right.",
        needs=("right", "graded"),
        function=share_right,
        better="higher",
    ),
    Measure(
        name="el2n",
        label="Distance to the label (EL2N)",
        kind="sample",
        summary="Mean distance between the models' probabilities and the label (0 to 1.41); high "
        "for hard samples.",
        needs=("distributions", "labels"),
        function=el2n,
        better="lower",
        bounds=(0.0, 2**0.5),
    ),
    Measure(
        name="probability_margin",
        label="Probability margin",
        kind="sample",
        summary="Mean probability of the label minus that of the strongest other class; negative "
        "where the mean is wrong.",
        needs=("distributions", "labels"),
        function=probability_margin,
        better="higher",
        bounds=(-1.0, 1.0),
    ),
    Measure(
        name="self_confidence",
        label="Confidence in the label",
        kind="sample",
        summary="Mean probability that the models give to the label; low where the label may be "
        "wrong.",
        needs=("distributions", "labels"),
        function=self_confidence,
        better="higher",
    ),
    Measure(
        name="normalized_margin",
        label="Normalised margin",
        kind="sample",
        summary="The probability margin moved to 0 to 1; below 0.5 the mean is wrong.",
        needs=("distributions", "labels"),
        function=normalized_margin,
        better="higher",
    ),
    Measure(
        name="consensus_against_label",
        label="Consensus against the label",
        kind="sample",
        summary="Largest share of the models with one and the same wrong answer; 1 where the "
        "label may be wrong.",
        needs=("predictions", "compared", "graded", "right", "labels"),
        function=consensus_against_label,
        better="lower",
    ),
)
