"""How well confidence matches accuracy: reliability tables and the errors read off them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import normalised
from analysis.confidence import bins_of_mass, edges_of_width
from analysis.intervals import wilson
from analysis.lazy import BLOCK
from analysis.measure import Measure
from analysis.pairwise import share
from analysis.quality import ece
from analysis.stretches import stretches
from analysis.sums.losses import CALIBRATION_BINS, in_bins
from analysis.tally import Tally


@dataclass(frozen=True, eq=False)
class Reliability:
    """Confidence and accuracy in bins of the confidence; tables of different samples add up.

    Attributes:
        count: [..., B], judged samples per bin.
        summed_confidence: float64 [..., B].
        right: [..., B], right answers.
    """

    count: Tensor
    summed_confidence: Tensor
    right: Tensor

    def __add__(self, other: "Reliability") -> "Reliability":
        return Reliability(*map(torch.add, self.sums, other.sums))

    @property
    def sums(self) -> tuple[Tensor, Tensor, Tensor]:
        """Count, summed confidence and right: what `ece`, `mce` and `overconfidence` take."""
        return self.count, self.summed_confidence, self.right

    @property
    def confidence(self) -> Tensor:
        """Mean confidence per bin, float64 [..., B], NaN where the bin is empty."""
        return share(self.summed_confidence, self.count)

    @property
    def accuracy(self) -> Tensor:
        """Share of right answers per bin, float64 [..., B], NaN where the bin is empty."""
        return share(self.right, self.count)

    @property
    def low(self) -> Tensor:
        """Lower end of the 95 % Wilson interval of the accuracy, float64 [..., B], or NaN."""
        return wilson(self.right, self.count)[0]

    @property
    def high(self) -> Tensor:
        """Upper end of the 95 % Wilson interval of the accuracy, float64 [..., B]."""
        return wilson(self.right, self.count)[1]


def reliability_of(sums: Tally) -> Reliability:
    """The reliability table [M, 15] of every model, as a tally has summed it."""
    return Reliability(sums["bin_count"], sums["bin_confidence"], sums["bin_right"])


def reliability(
    confidence: Tensor, right: Tensor, *, bins: int = CALIBRATION_BINS, scheme: str = "width"
) -> Reliability:
    """Confidence and accuracy of one model in bins of its confidence.

    Args:
        confidence: float [n] in [0, 1]; samples with NaN are left out.
        right: bool [n].
        bins: B.
        scheme: "width" cuts [0, 1] into equal intervals (lo, hi]; "mass" gives bins equally many
            samples, so that equal confidences may part, by the order of the samples.

    Returns:
        A table of [B]; counts are int64.

    Example:
        >>> table = reliability(torch.tensor([0.9, 0.8]), torch.tensor([True, False]), bins=1)
        >>> table.count.item(), round(table.confidence.item(), 2), table.accuracy.item()
        (2, 0.85, 0.5)

    References:
        Guo et al. 2017, On calibration of modern neural networks; Nguyen and O'Connor 2015 (mass).
    """
    known = torch.isfinite(confidence)
    confidence, right = confidence[known].double(), right[known].bool()
    if scheme == "width":
        table = _of_width(confidence[None], right[None], bins, len(confidence))
        return Reliability(*(sums[0] for sums in table.sums))
    place = bins_of_mass(confidence, bins)
    return Reliability(
        torch.bincount(place, minlength=bins),
        torch.bincount(place, weights=confidence, minlength=bins),
        torch.bincount(place[right], minlength=bins),
    )


def mce(bin_count: Tensor, bin_confidence: Tensor, bin_right: Tensor) -> Tensor:
    """Maximum calibration error: the largest distance of confidence from accuracy in any bin.

    A bin with a single sample counts as much as a full one, so it is noisy for few samples.

    Args:
        bin_count: [..., B], judged samples per bin.
        bin_confidence: float64 [..., B], summed confidence.
        bin_right: [..., B], right answers.

    Returns:
        float64 [...] in [0, 1]; lower is better. NaN for a model without confidence.

    Example:
        >>> mce(*(torch.tensor([v]) for v in ([4, 0], [3.0, 0.0], [2, 0]))).item()
        0.25

    References:
        Naeini, Cooper and Hauskrecht 2015, AAAI; Guo et al. 2017.
    """
    gap = share((bin_confidence - bin_right).abs(), bin_count)
    largest = gap.nan_to_num(nan=-1.0).amax(-1)
    return torch.where(largest < 0, torch.nan, largest)


def overconfidence(bin_count: Tensor, bin_confidence: Tensor, bin_right: Tensor) -> Tensor:
    """Mean confidence minus accuracy: how much a model promises more than it keeps.

    Args:
        bin_count: [..., B], judged samples per bin.
        bin_confidence: float64 [..., B], summed confidence.
        bin_right: [..., B], right answers.

    Returns:
        float64 [...] in [-1, 1]; 0 is best, positive is over-confident, negative
        under-confident; never further from 0 than the ECE. NaN for a model without confidence.

    Example:
        >>> overconfidence(*(torch.tensor([v]) for v in ([2, 2], [1.0, 2.0], [1, 1]))).item()
        0.25

    References:
        Lichtenstein, Fischhoff and Phillips 1982, Calibration of probabilities.
    """
    return share((bin_confidence - bin_right).sum(-1), bin_count.sum(-1))


@dataclass(frozen=True, eq=False)
class SquaredError:
    """Squared calibration error of a reliability table.

    Attributes:
        square: float64 [...], without the bias of small bins; may be negative.
        root: float64 [...], its root, 0 where it is negative.
        plugin: float64 [...], the root with the bias left in, always at least the ECE.
    """

    square: Tensor
    root: Tensor
    plugin: Tensor


def debiased_calibration_error(table: Reliability) -> SquaredError:
    """Root mean squared distance of confidence from accuracy, without the bias of small bins.

    The scatter of a bin's accuracy adds acc (1 - acc) / (n - 1) to the squared distance; that is
    taken off. Bins with one sample add nothing. Squared, so not to be compared with the ECE.

    Args:
        table: counts [..., B]; bins of equal mass are the usual choice.

    Returns:
        Values [...]; lower is better. NaN for an empty table.

    Example:
        >>> table = Reliability(*(torch.tensor([v]) for v in (4, 3.0, 2)))
        >>> round(debiased_calibration_error(table).square.item(), 4)
        -0.0208

    References:
        Kumar, Liang and Ma 2019, Verified uncertainty calibration.
    """
    accuracy, count = table.accuracy, table.count.double()
    squared = (accuracy - table.confidence).square()
    spread = accuracy * (1 - accuracy) / (count - 1).clamp_min(1)
    counted = torch.where(count >= 2, squared - spread, 0.0)
    total = count.sum(-1)
    square = share((count * counted).sum(-1), total)
    plugin = share((count * squared.nan_to_num()).sum(-1), total).sqrt()
    return SquaredError(square, square.clamp_min(0).sqrt(), plugin)


def classwise_ece(probabilities: Tensor, labels: Tensor, *, bins: int = CALIBRATION_BINS) -> Tensor:
    """Calibration error of each class's probability, whether it is the highest or not.

    Args:
        probabilities: float [n, C], rows sum to 1.
        labels: int [n], class index; rows with -1 are left out.
        bins: B bins of equal width.

    Returns:
        float64 [C] in [0, 1]; lower is better; the mean over the classes is the usual single
        number. NaN without any label.

    Example:
        >>> classwise_ece(torch.tensor([[0.75, 0.25]]), torch.tensor([0])).tolist()
        [0.25, 0.25]

    References:
        Kull et al. 2019, Beyond temperature scaling (Dirichlet calibration).
    """
    rows = (labels >= 0).nonzero().flatten()
    classes = probabilities.shape[1]
    step = max(1, BLOCK // classes)
    whole = classes * len(rows)
    table = _classwise(probabilities[rows[:0]].double(), labels[rows[:0]], bins, whole)
    for here in stretches(len(rows), step):
        part = rows[here]
        table = table + _classwise(normalised(probabilities[part]), labels[part], bins, whole)
    return ece(*table.sums)


def _classwise(probabilities: Tensor, labels: Tensor, bins: int, whole: int) -> Reliability:
    """A table [C, B]: "right" is that the class is the label."""
    numbers = torch.arange(probabilities.shape[1], device=probabilities.device)
    return _of_width(probabilities.T, labels == numbers[:, None], bins, whole)


def _of_width(confidence: Tensor, right: Tensor, bins: int, whole: int) -> Reliability:
    """A table [M, B] of confidences [M, n], out of so many in all."""
    edges = edges_of_width(bins, confidence.device)
    return Reliability(*in_bins(confidence, right.to(torch.int8), edges, whole=whole))


MEASURES = (
    Measure(
        name="mce",
        label="Maximum calibration error (MCE)",
        kind="model",
        summary="The largest distance of confidence from accuracy in any of 15 bins.",
        needs=("bin_count", "bin_confidence", "bin_right"),
        function=mce,
        better="lower",
    ),
    Measure(
        name="overconfidence",
        label="Over-confidence",
        kind="model",
        summary="Mean confidence minus accuracy; 0 is best, negative is under-confident.",
        needs=("bin_count", "bin_confidence", "bin_right"),
        function=overconfidence,
        bounds=(-1.0, 1.0),
    ),
)
