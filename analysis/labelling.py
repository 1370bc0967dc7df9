"""What to label next: a budget of labels split over groups."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.checks import BundleError

FEWEST_SIZES = 3
HALVINGS = 200
LEAST_ERROR = 1e-4
SMALLEST = 1e-6


@dataclass(frozen=True, eq=False)
class LearningCurves:
    """Error against the amount of training, error = scale * amount ** -power, in each group.

    Attributes:
        scale: float64 [G]; NaN where fewer than three amounts are known.
        power: float64 [G], at least 0: what an error does not fall by is no reason to label.
        fit: float64 [G], R2 on logarithmic axes.
    """

    scale: Tensor
    power: Tensor
    fit: Tensor


def neyman_allocation(
    sizes: Tensor, spread: Tensor, budget: int, *, labelled: Tensor, free: Tensor | None = None
) -> Tensor:
    """How many samples of each group to label so that a mean over all is known best.

    A group is given labels in proportion to its size and to how much its samples spread; what is
    labelled already counts, and no group gets more than it has.

    Args:
        sizes: [G], samples of each group, or its weight in the mean.
        spread: float [G], standard deviation of the quantity within a group, NaN where unknown
            (taken as the largest known).
        budget: labels in all.
        labelled: int [G], labels that are there.
        free: int [G], samples that can be labelled; None: as many as wanted (new ones).

    Returns:
        int64 [G], adds up to the budget, or to what is free.

    Raises:
        BundleError: the budget is negative.

    Example:
        >>> sizes, spread = torch.tensor([500, 500]), torch.tensor([0.5, 0.25])
        >>> neyman_allocation(sizes, spread, 30, labelled=torch.zeros(2)).tolist()
        [20, 10]

    References:
        Neyman 1934, Journal of the Royal Statistical Society 97(4).
    """
    spread = spread.double()
    largest = spread.nan_to_num(nan=0.0).amax() if len(spread) else spread.sum()
    share = sizes.double() * torch.where(spread.isnan(), largest, spread)
    if not bool((share > 0).any()):
        share = sizes.double() if bool((sizes > 0).any()) else torch.ones_like(spread)
    # Whoever needs least gets something at last, when all others have no more.
    share = (share / share.amax()).clamp_min(SMALLEST)
    have = labelled.double()

    def wanted(level: Tensor) -> Tensor:
        return level * share - have

    return _filled(wanted, (budget + have.sum() + 1) / share.amin(), budget, free)


def curve_allocation(
    curves: LearningCurves,
    sizes: Tensor,
    trained: Tensor,
    budget: int,
    *,
    free: Tensor | None = None,
) -> Tensor:
    """How many samples of each group to label and train on so that the error falls most.

    Each group's error is taken to fall along its own curve, by the training samples of that group
    alone; sizes weigh the groups.

    Args:
        curves: of G groups.
        sizes: [G], weight of each group in the error.
        trained: [G], training samples of each group so far, at least 1, in the unit of the curves.
        budget: samples in all.
        free: as in `neyman_allocation`.

    Returns:
        int64 [G]; 0 where an error does not fall.

    Raises:
        BundleError: the budget is negative, or no curve falls.

    Example:
        >>> curves = LearningCurves(*torch.tensor([[1.0, 1.0], [0.5, 0.01], [1.0, 1.0]]))
        >>> curve_allocation(curves, torch.ones(2), torch.tensor([100, 100]), 50).tolist()
        [50, 0]

    References:
        Tae and Whang 2021, Slice Tuner, SIGMOD.
    """
    have = trained.double().clamp_min(1)
    gain = (sizes.double() * curves.scale * curves.power).nan_to_num(0.0)
    if not bool((gain > 0).any()):
        raise BundleError("No group's error falls with more training, so no split is better.")
    power = curves.power.nan_to_num(0.0)

    def wanted(level: Tensor) -> Tensor:
        # Where the next sample of each group lowers the error by 1 / level.
        return (gain * level) ** (1 / (power + 1)) - have

    if free is not None:
        free = torch.where(gain > 0, free, 0)
    at = ((have + budget + 1) ** (power + 1) / gain.clamp_min(1e-300))[gain > 0]
    return _filled(wanted, at.amax(), budget, free)


def learning_curves(amounts: Tensor, errors: Tensor) -> LearningCurves:
    """Fits of error = scale * amount ** -power on logarithmic axes, a line per group.

    Args:
        amounts: [K], training samples of each model, or another measure of training, above 0.
        errors: float [K, G]; NaN where unknown; 0 counts as `LEAST_ERROR`.

    Returns:
        Curves of the G groups.

    Example:
        >>> amounts = torch.tensor([100.0, 400.0, 1600.0])
        >>> found = learning_curves(amounts, (2 * amounts**-0.5)[:, None])
        >>> round(float(found.scale), 6), round(float(found.power), 6)
        (2.0, 0.5)

    References:
        Hestness et al. 2017, Deep learning scaling is predictable, empirically.
    """
    known = (torch.isfinite(errors) & (amounts[:, None] > 0)).double()
    x = amounts.double().clamp_min(1e-12).log()[:, None].expand_as(errors)
    y = errors.double().nan_to_num(1.0).clamp_min(LEAST_ERROR).log()
    number = known.sum(0)
    middle, height = ((values * known).sum(0) / number for values in (x, y))
    aside, above = (x - middle) * known, (y - height) * known
    width = aside.square().sum(0)
    slope = (aside * above).sum(0) / width
    enough = (number >= FEWEST_SIZES) & (width > 1e-12)
    scale = (height - slope * middle).exp()
    power = -slope.clamp_max(0)
    left = ((above - slope * aside) * known).square().sum(0)
    whole = above.square().sum(0)
    fit = torch.where(whole > 0, 1 - left / whole, torch.nan)
    columns = (torch.where(enough, values, torch.nan) for values in (scale, power, fit))
    return LearningCurves(*columns)


def smoothed_spread(right: Tensor, judged: Tensor) -> Tensor:
    """Standard deviation of being right, with one right and one wrong answer added.

    So that a group whose few answers are all right is not taken to be settled.

    Args:
        right: [...], right answers.
        judged: [...], judged answers.

    Returns:
        float64 [...] in (0, 0.5].

    Example:
        >>> smoothed_spread(torch.tensor([0, 98]), torch.tensor([0, 98])).round(decimals=3).tolist()
        [0.5, 0.099]
    """
    share = (right.double() + 1) / (judged.double() + 2)
    return (share * (1 - share)).sqrt()


def _filled(wanted, top: Tensor, budget: int, free: Tensor | None) -> Tensor:
    """Whole numbers near wanted(level), from 0 to what is free, where they add up to the budget."""
    if budget < 0:
        raise BundleError(f"The budget is {budget}; give a number of labels from 0 on.")
    most = torch.inf if free is None else free.double()
    total = float(budget) if free is None else min(float(budget), float(free.sum()))
    low, high = torch.zeros_like(top), top
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        enough = wanted(middle).clamp_min(0).clamp_max(most).sum() >= total
        low, high = (low, middle) if bool(enough) else (middle, high)
    exact = wanted(high).clamp_min(0).clamp_max(most)
    whole = (exact + 1e-9).floor()
    # The largest remainders get what rounding down has left.
    rest = exact - whole
    able = whole + 1 <= most
    order = torch.where(able, rest, -1.0).argsort(descending=True, stable=True)
    whole[order[: max(0, round(total - float(whole.sum())))]] += 1
    return whole.long()
