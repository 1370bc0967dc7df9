"""How good each model is by itself: measures [M]."""

import torch
from torch import Tensor

from analysis.measure import Measure


def accuracy(right: Tensor, graded: Tensor) -> Tensor:
    """Share of the judged answers that are right.

    Args:
        right: [M], right answers.
        graded: [M], answers that could be judged.

    Returns:
        float64 [M] in [0, 1]; higher is better. NaN for a model without a judged answer.

    Example:
        >>> accuracy(torch.tensor([3, 0]), torch.tensor([4, 0])).tolist()
        [0.75, nan]
    """
    return _mean(right, graded)


def log_loss(log_loss_sum: Tensor, scored: Tensor) -> Tensor:
    """Mean of -ln p(label), natural logarithm, p clipped at 1e-12.

    Args:
        log_loss_sum: float64 [M], summed loss.
        scored: [M], samples with probabilities and label.

    Returns:
        float64 [M], 0 or more; lower is better. NaN without probabilities.

    Example:
        >>> log_loss(torch.tensor([1.0]), torch.tensor([4])).tolist()
        [0.25]

    References:
        Good 1952, Rational decisions.
    """
    return _mean(log_loss_sum, scored)


def brier(brier_sum: Tensor, scored: Tensor) -> Tensor:
    """Mean squared distance between the probabilities and the one-hot label, over all classes.

    Args:
        brier_sum: float64 [M], summed squared distance.
        scored: [M], samples with probabilities and label.

    Returns:
        float64 [M] in [0, 2] (not halved); lower is better. NaN without probabilities.

    Example:
        >>> brier(torch.tensor([1.0]), torch.tensor([4])).tolist()
        [0.25]

    References:
        Brier 1950, Monthly Weather Review 78.
    """
    return _mean(brier_sum, scored)


def ece(bin_count: Tensor, bin_confidence: Tensor, bin_right: Tensor) -> Tensor:
    """Expected calibration error: how far confidence is from accuracy, averaged over bins.

    15 bins of equal width over the confidence, each (lo, hi]; empty bins count nothing. It is
    biased upward for few samples.

    Args:
        bin_count: [..., B], judged samples per bin.
        bin_confidence: float64 [..., B], summed confidence.
        bin_right: [..., B], right answers.

    Returns:
        float64 [...] in [0, 1]; lower is better. NaN for a model without confidence.

    Example:
        >>> ece(*(torch.tensor([[v]]) for v in (4.0, 3.0, 2.0))).tolist()
        [0.25]

    References:
        Guo et al. 2017, On calibration of modern neural networks, eq. 5.
    """
    return _mean((bin_confidence - bin_right).abs().sum(-1), bin_count.sum(-1))


def aurc(confidence: Tensor, right: Tensor) -> Tensor:
    """Area under the risk-coverage curve: mean error among the k most confident, over all k.

    Equal confidences share their errors, so the value does not depend on the order of rows.
    This one does not add up over samples and therefore takes them all.

    Args:
        confidence: float [N], no NaN.
        right: bool [N].

    Returns:
        float64 scalar in [0, 1]; lower is better. NaN for no sample.

    Example:
        >>> aurc(torch.tensor([0.9, 0.5]), torch.tensor([True, False])).item()
        0.25

    References:
        Geifman and El-Yaniv 2017, Selective classification for deep neural networks.
    """
    if not len(confidence):
        return torch.tensor(torch.nan, dtype=torch.float64, device=confidence.device)
    rank = torch.arange(1, len(confidence) + 1, device=confidence.device)
    return (expected_errors(confidence, right) / rank).mean()


def expected_errors(confidence: Tensor, right: Tensor) -> Tensor:
    """Errors among the k most confident, where the order inside equal confidences is random.

    Args:
        confidence: float [N], no NaN.
        right: bool [N].

    Returns:
        float64 [N], for k = 1 to N, rising; the last is the number of errors.

    Example:
        >>> expected_errors(torch.tensor([0.5, 0.5]), torch.tensor([False, True])).tolist()
        [0.5, 1.0]
    """
    ordered, order = confidence.sort(descending=True)
    wrong = (~right[order]).double()
    _, block, size = ordered.unique_consecutive(return_inverse=True, return_counts=True)
    mean_wrong = torch.zeros(len(size), dtype=torch.float64, device=wrong.device)
    mean_wrong = mean_wrong.index_add(0, block, wrong) / size
    return mean_wrong[block].cumsum(0)


def _mean(total: Tensor, count: Tensor) -> Tensor:
    return torch.where(count == 0, torch.nan, total.double() / count.double())


MEASURES = (
    Measure(
        name="accuracy",
        label="Accuracy",
        kind="model",
        summary="Share of the judged answers that are right.",
        needs=("right", "graded"),
        function=accuracy,
        better="higher",
        count="graded",
    ),
    Measure(
        name="log_loss",
        label="Log loss",
        kind="model",
        summary="Mean of -ln of the probability given to the label, in nats.",
        needs=("log_loss_sum", "scored"),
        function=log_loss,
        better="lower",
        bounds=(0.0, None),
    ),
    Measure(
        name="brier",
        label="Brier score",
        kind="model",
        summary="Mean squared distance between the probabilities and the label (0 to 2).",
        needs=("brier_sum", "scored"),
        function=brier,
        better="lower",
        bounds=(0.0, 2.0),
    ),
    Measure(
        name="ece",
        label="Calibration error (ECE)",
        kind="model",
        summary="How far confidence is from accuracy, averaged over 15 bins of equal width.",
        needs=("bin_count", "bin_confidence", "bin_right"),
        function=ece,
        better="lower",
    ),
)
