"""Cascades that go on only near the threshold that decides whether an answer is accepted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from analysis.abstention import answered_by_confidence, kept_at
from analysis.bundle import Bundle, BundleError
from analysis.cascades import stages
from analysis.confidence import confidence_of
from analysis.ensemble import Ensemble, check, combine
from analysis.grading import judgeable
from analysis.intervals import wilson
from analysis.pairwise import share
from analysis.quality import expected_errors
from analysis.splits import Split
from analysis.tally import Missing

WIDTH = 0.1


@dataclass(frozen=True)
class Target:
    """What an accept-or-reject decision is tuned for.

    Attributes:
        of: "risk": answer as many as possible at no more than this share of errors; "coverage":
            answer this share of the samples.
        level: in [0, 1].
    """

    of: Literal["risk", "coverage"]
    level: float

    @property
    def label(self) -> str:
        """What a person reads."""
        if self.of == "risk":
            return f"coverage at {100 * self.level:g} % risk"
        return f"risk at {100 * self.level:g} % coverage"


TARGETS = {
    "risk_5": Target("risk", 0.05),
    "risk_10": Target("risk", 0.1),
    "coverage_50": Target("coverage", 0.5),
    "coverage_80": Target("coverage", 0.8),
}


@dataclass(frozen=True)
class Window:
    """Where a cascade goes on.

    Attributes:
        threshold: least score that is accepted; infinite where no threshold reaches the target.
        lo, hi: the cascade goes on inside [lo, hi].
    """

    threshold: float
    lo: float
    hi: float


@dataclass(frozen=True, eq=False)
class Judged:
    """Three ways to accept or reject at a target, on samples that nothing was tuned on.

    Attributes:
        ways: what each row is: the first member alone, the window cascade, everybody.
        cost: mean cost of a sample, float64 [3].
        coverage: share accepted, float64 [3].
        risk: errors among the accepted, float64 [3]; NaN where none is. Lower is better.
        low, high: its 95 % interval (Wilson), float64 [3].
        kept: samples accepted, int64 [3].
        n: samples judged.
        n_fit: samples that the thresholds and the window come from.
        window: of the cascade.
    """

    ways: tuple[str, ...]
    cost: Tensor
    coverage: Tensor
    risk: Tensor
    low: Tensor
    high: Tensor
    kept: Tensor
    n: int
    n_fit: int
    window: Window


def threshold_for(scores: Tensor, right: Tensor, target: Target) -> float:
    """The least score to accept, so that a target is met on these samples.

    Args:
        scores: float [n], no NaN; higher is surer.
        right: bool [n].
        target: what to meet.

    Returns:
        One of the scores: for "coverage" the highest that accepts at least the share, for "risk"
        the lowest at which errors are no more than the share, infinite where there is none.

    Raises:
        BundleError: there is no sample, or the level is not a share.

    Example:
        >>> scores, right = torch.tensor([0.9, 0.8, 0.7]), torch.tensor([True, True, False])
        >>> round(threshold_for(scores, right, Target("risk", 0.1)), 3)
        0.8
    """
    if not len(scores):
        raise BundleError("There is no judged sample to choose a threshold on.")
    ordered = scores.sort(descending=True).values
    least = kept_at(len(scores), target.level)
    if target.of == "coverage":
        return float(ordered[least - 1])
    ends = torch.ones_like(ordered, dtype=torch.bool)
    ends[:-1] = ordered[1:] < ordered[:-1]
    rank = torch.arange(1, len(scores) + 1, device=scores.device)
    fits = ends & (expected_errors(scores, right) <= target.level * rank + 1e-9)
    kept = int(torch.where(fits, rank, 0).max())
    return float(ordered[kept - 1]) if kept else torch.inf


def window_around(scores: Tensor, right: Tensor, target: Target, *, width: float = WIDTH) -> Window:
    """The scores around the threshold that meets a target: only there can more members matter.

    Args:
        scores: float [n] in [0, 1], no NaN, of the first member; higher is surer. Minus infinity
            where it is silent.
        right: bool [n].
        target: what the threshold has to meet.
        width: share of the samples on either side of the threshold.

    Returns:
        The threshold, and the quantiles of the finite scores `width` below and above its rank; the
        window ends at the least or highest score where the rank leaves no room.

    Raises:
        BundleError: as `threshold_for`, or no score is finite.

    Example:
        >>> scores = torch.arange(11) / 10
        >>> found = window_around(scores, scores > 0.4, Target("coverage", 0.5))
        >>> round(found.lo, 3), round(found.threshold, 3), round(found.hi, 3)
        (0.4, 0.5, 0.6)

    References:
        Xia and Bouganis 2023, Window-based early-exit cascades for uncertainty estimation.
    """
    threshold = threshold_for(scores, right, target)
    said = scores[scores.isfinite()].double()
    if not len(said):
        raise BundleError("The first member has answered none of the samples to choose on.")
    place = min(float((said < threshold).sum()) / max(len(said) - 1, 1), 1.0)
    ends = torch.tensor([place - width, place + width], dtype=torch.float64).clamp(0, 1)
    lo, hi = quantiles(said, ends.to(said.device)).clamp(0, 1).tolist()
    return Window(threshold, lo, hi)


def quantiles(values: Tensor, shares: Tensor) -> Tensor:
    """Quantiles by linear interpolation, of any number of values (torch stops at 16 million)."""
    ordered = values.sort().values
    place = shares * (len(values) - 1)
    below = place.floor().long()
    above = (below + 1).clamp_max(len(values) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def judged_window(
    bundle: Bundle,
    members: Sequence[str],
    target: Target,
    parts: Split,
    costs: Sequence[float] | None = None,
    *,
    missing: Missing = "exclude",
) -> Judged:
    """What a window cascade, its first member and everybody reach at a target.

    Args:
        bundle: N samples, holds all members.
        members: with probabilities, in the order in which they are asked.
        target: what the accepted answers have to meet.
        parts: the window and the thresholds come from the samples to fit on, each way its own
            threshold on its own scores; the others are judged.
        costs: as in `analysis.cascades.stages`.
        missing: as everywhere.

    Returns:
        A row per way. A target met on the samples to fit on may be missed on the others.

    Raises:
        BundleError: as `stages`, or there is no judged sample to fit on, or none to judge on.

    References:
        Xia and Bouganis 2023, Window-based early-exit cascades for uncertainty estimation.
    """
    check(bundle, Ensemble(tuple(members), "cascade"))
    if not parts.fit.any() or not parts.held_out.any():
        raise BundleError("A window is fitted on some samples and judged on others: one is few.")
    fit, held_out = (bundle.take(rows.nonzero().flatten()) for rows in (parts.fit, parts.held_out))
    first, everybody = Ensemble(tuple(members[:1]), "mean"), Ensemble(tuple(members), "mean")
    window = window_around(*_scores(fit, first, missing), target)
    options = {"lo": window.lo, "hi": window.hi}
    cascade = Ensemble(tuple(members), "cascade", options)
    rows = []
    for way in (first, cascade, everybody):
        threshold = threshold_for(*_scores(fit, way, missing), target)
        scores, right = _scores(held_out, way, missing)
        kept = scores >= threshold
        n = len(scores)
        rows.append(torch.stack([kept.sum(), (kept & right).sum(), kept.sum().new_tensor(n)]))
    kept, right, judged = torch.stack(rows, 1)
    low, high = wilson(kept - right, kept)
    asked = stages(held_out, cascade, costs)
    cost = [asked.cost_of_first, asked.cost, asked.cost_of_all]
    return Judged(
        ways=("the first alone", "the window cascade", "everybody"),
        cost=torch.tensor(cost, dtype=torch.float64),
        coverage=share(kept, judged),
        risk=share(kept - right, kept),
        low=low,
        high=high,
        kept=kept,
        n=n,
        n_fit=len(fit.ids),
        window=window,
    )


def _scores(bundle: Bundle, ensemble: Ensemble, missing: Missing) -> tuple[Tensor, Tensor]:
    """How sure an ensemble is of its judged answers, and whether they are right."""
    whole = combine(bundle, ensemble)
    sure = confidence_of(whole, whole.models[0])
    return answered_by_confidence(whole, sure, missing=missing, labelled=judgeable(bundle))[:2]
