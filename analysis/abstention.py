"""What a model gains by not answering where it is unsure: risk against coverage."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError
from analysis.confidence import confidence_of
from analysis.gaps import judged_under
from analysis.intervals import wilson
from analysis.quality import aurc, expected_errors
from analysis.tally import Missing

POINTS = 400


@dataclass(frozen=True, eq=False)
class RiskCurve:
    """Error among the samples that are answered, from the surest one to all.

    Attributes:
        kept: samples answered at each of T points, int64 [T], rising from 1 to n.
        coverage: their share, float64 [T].
        risk: errors among them, as a share; expected where only some of equally sure ones are
            answered; float64 [T], lower is better.
        low, high: its 95 % interval (Wilson), float64 [T].
        threshold: confidence of the least sure that is answered, float64 [T], falling; minus
            infinity where it has no answer.
        reachable: bool [T], whether answering from this threshold on keeps exactly these: false
            inside equal confidences.
        n: samples judged, with a known confidence.
        aurc: area under the curve, the mean risk over all numbers of samples.
        excess: the area minus that of the best order (all right ones first); E-AURC.
        trapezoid: the area by trapezoids from risk 0 at coverage 0.
    """

    kept: Tensor
    coverage: Tensor
    risk: Tensor
    low: Tensor
    high: Tensor
    threshold: Tensor
    reachable: Tensor
    n: int
    aurc: float
    excess: float
    trapezoid: float


def risk_coverage(confidence: Tensor, right: Tensor, *, points: int = POINTS) -> RiskCurve:
    """Risk against coverage as less and less sure answers are given.

    Args:
        confidence: float [N], no NaN.
        right: bool [N].
        points: most points that are kept; the first and the last always are, and the areas are
            over all samples.

    Returns:
        A curve of T points, none without samples (its areas are NaN then).

    Example:
        >>> curve = risk_coverage(torch.tensor([0.9, 0.8, 0.7]), torch.tensor([True, True, False]))
        >>> [round(share, 3) for share in curve.risk.tolist()], round(curve.excess, 3)
        ([0.0, 0.0, 0.333], 0.0)

    References:
        Geifman and El-Yaniv 2017, Selective classification for deep neural networks; Geifman,
        Uziel and El-Yaniv 2019, Bias-reduced uncertainty estimation (E-AURC); Xia and Bouganis
        2023, Window-based early-exit cascades (trapezoids).
    """
    n = len(confidence)
    errors, ordered = expected_errors(confidence, right), confidence.sort(descending=True).values
    ends = torch.ones_like(ordered, dtype=torch.bool)
    ends[:-1] = ordered[1:] < ordered[:-1]
    places = _thinned(ends.nonzero().flatten(), n, points)
    kept = places + 1
    area = float(aurc(confidence, right))
    low, high = wilson(errors[places], kept)
    return RiskCurve(
        kept=kept,
        coverage=kept / max(n, 1),
        risk=errors[places] / kept,
        low=low,
        high=high,
        threshold=ordered[places].double(),
        reachable=ends[places],
        n=n,
        aurc=area,
        excess=area - float(aurc(right.double(), right)),
        trapezoid=area - float(errors[-1]) / (2 * n**2) if n else area,
    )


def coverage_at_risk(confidence: Tensor, right: Tensor, risk: float) -> float:
    """The largest share of samples that can be answered at no more than a given risk.

    Noisy where it is small: a single error among the surest samples changes it.

    Args:
        confidence: float [N], no NaN.
        right: bool [N].
        risk: accepted share of errors among the answered samples.

    Returns:
        In [0, 1]; 0 where even the surest ones are wrong too often; NaN without samples.

    Example:
        >>> coverage_at_risk(torch.tensor([0.9, 0.8]), torch.tensor([True, False]), 0.1)
        0.5
    """
    if not len(confidence):
        return float("nan")
    rank = torch.arange(1, len(confidence) + 1, device=confidence.device)
    # An exact share such as 1 of 20 must not be missed by a rounding in the last digit.
    fits = expected_errors(confidence, right) <= risk * rank + 1e-9
    return float(torch.where(fits, rank, 0).max()) / len(confidence)


def risk_at_coverage(confidence: Tensor, right: Tensor, coverage: float) -> float:
    """Share of errors when at least a given share of the samples is answered, surest first.

    Args:
        confidence: float [N], no NaN.
        right: bool [N].
        coverage: share to answer, above 0; at least one sample is.

    Returns:
        In [0, 1]; lower is better; NaN without samples.

    Example:
        >>> risk_at_coverage(torch.tensor([0.9, 0.8]), torch.tensor([True, False]), 0.5)
        0.0
    """
    if not len(confidence):
        return float("nan")
    kept = kept_at(len(confidence), coverage)
    return float(expected_errors(confidence, right)[kept - 1]) / kept


def kept_at(n: int, coverage: float) -> int:
    """The fewest of n samples that are at least this share, and at least one.

    Raises:
        BundleError: the coverage is not a share.
    """
    if not 0 <= coverage <= 1:
        raise BundleError(f"The coverage is {coverage}; expected a share between 0 and 1.")
    return max(math.ceil(coverage * n - 1e-9), 1)


def answered_by_confidence(
    whole: Bundle,
    confidence: Tensor | None = None,
    *,
    missing: Missing = "exclude",
    labelled: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """What `risk_coverage` takes, of one model.

    Args:
        whole: a bundle of one model.
        confidence: float64 [N], NaN where unknown; None: the model's own, as stored.
        missing: "wrong" takes a missing answer as the least sure of all, and wrong.
        labelled: bool [N], which samples count then; None: those with a label or grade.

    Returns:
        Confidence [n], whether right [n], and which samples these are, int64 [n]. Judged samples
        of unknown confidence are left out; all are, where none of an answer is known.
    """
    if confidence is None:
        confidence = confidence_of(whole, whole.models[0], stored=True)
    if confidence is None:
        confidence = torch.full((len(whole.ids),), torch.nan, device=whole.device)
    confidence = confidence.double()
    judged = judged_under(missing, whole.grades, whole.labelled if labelled is None else labelled)
    silent = whole.grades[0] < 0
    if (silent | confidence.isnan()).all():
        judged = torch.zeros_like(judged)
    confidence = torch.where(silent, -torch.inf, confidence)
    rows = (judged[0] & ~confidence.isnan()).nonzero().flatten()
    return confidence[rows], whole.correct[0, rows], rows


def _thinned(ends: Tensor, n: int, points: int) -> Tensor:
    """Places of 0 to n - 1 to draw: ends of ties first, and evenly spread ones."""
    if not n:
        return ends
    half = max(points // 2, 1)
    even = torch.linspace(0, n - 1, min(half, n), dtype=torch.float64).round().long()
    even = even.to(ends.device)
    real = ends if len(ends) <= half else ends[torch.searchsorted(ends, even)]
    return torch.cat([real, even]).unique()
