"""Which candidates of a front to look at first: a thinned front and its knee."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.checks import BundleError
from analysis.pareto import Sense, non_dominated, signs_of


@dataclass(frozen=True, eq=False)
class Knee:
    """Where a front bends most.

    Attributes:
        front: int64 [F], rows of the candidates on the front.
        distance: float64 [F], what decides, see the function that made it.
        place: row of the knee among all candidates; None where there is none.
    """

    front: Tensor
    distance: Tensor
    place: int | None


def thinned(values: Tensor, senses: Sequence[Sense], steps: Sequence[float]) -> Tensor:
    """One candidate of the front for every box of differences too small to matter.

    In a box, the candidate nearest to its best corner stays (of equal ones the first). Every
    candidate is within one step of one that stays, on every objective.

    Args:
        values: float [n, k], one row per candidate.
        senses: "max" or "min" per objective.
        steps: what does not matter, per objective; positive.

    Returns:
        int64 [F], rows in ascending order.

    Raises:
        BundleError: the directions or steps do not fit the objectives.

    Example:
        >>> points = torch.tensor([[0.91, 0.11], [0.92, 0.1], [0.5, 0.7]])
        >>> thinned(points, ("max", "max"), (0.2, 0.2)).tolist()
        [0, 2]

    References:
        Laumanns et al. 2002, Combining convergence and diversity in evolutionary multiobjective
        optimization, Evolutionary Computation 10(3).
    """
    signs = signs_of(values, senses).double()
    size = torch.as_tensor(steps, dtype=torch.float64).to(values.device)
    if size.shape != (len(senses),) or not bool(((size > 0) & torch.isfinite(size)).all()):
        raise BundleError(
            f"The steps are {steps}; expected {len(senses)} positive numbers, one per objective."
        )
    front = non_dominated(values, senses).nonzero().flatten()
    scaled = values[front].double() * signs / size
    corner = scaled.floor() + 1
    missing = (corner - scaled).square().sum(1)
    _, box = corner.unique(dim=0, return_inverse=True)
    # By box, in it by distance, equal ones by row: the first of every box stays.
    order = missing.argsort(stable=True)
    order = order[box[order].argsort(stable=True)]
    first = torch.ones_like(order, dtype=torch.bool)
    first[1:] = box[order[1:]] != box[order[:-1]]
    return front[order[first]].sort().values


def chord_knee(values: Tensor, senses: Sequence[Sense]) -> Knee:
    """The candidate farthest above the straight line between the two ends of a 2-D front.

    Args:
        values: float [n, 2], one row per candidate.
        senses: "max" or "min" per objective.

    Returns:
        The knee, the first of equal ones, and distances on the front scaled to [0, 1] on both
        objectives: positive above the line, where a candidate gives more than trading one end
        for the other would. No knee where none is; a front of one point is its own.

    Raises:
        BundleError: there are not two objectives, each with a direction.

    Example:
        >>> points = torch.tensor([[0.0, 1.0], [0.8, 0.8], [1.0, 0.0]])
        >>> chord_knee(points, ("max", "max")).place
        1

    References:
        Das 1999, On characterizing the "knee" of the Pareto curve, Structural Optimization 18.
    """
    if len(senses) != 2:
        raise BundleError(f"A line between two ends needs 2 objectives; there are {len(senses)}.")
    front, scaled, alike = _scaled(values, senses)
    distance = (scaled.sum(1) - 1) / 2**0.5
    if alike:
        return Knee(front, torch.zeros_like(distance), _row(front, 0))
    # Rounding must not make a knee of a front that is straight.
    best = int(distance.argmax()) if len(front) else 0
    bends = len(front) > 0 and bool(distance[best] > 1e-9)
    return Knee(front, distance, _row(front, best) if bends else None)


def utopia_knee(values: Tensor, senses: Sequence[Sense]) -> Knee:
    """The candidate nearest to a point that is the best of the front on every objective.

    Args:
        values: float [n, k], one row per candidate.
        senses: "max" or "min" per objective.

    Returns:
        The knee, the first of equal ones, and Euclidean distances on the front scaled to [0, 1]
        on every objective; lower is nearer. An objective that is the same on all of the front
        does not count. No knee without a candidate.

    Raises:
        BundleError: there is not one direction per objective.

    Example:
        >>> points = torch.tensor([[0.0, 1.0], [0.8, 0.8], [1.0, 0.0]])
        >>> utopia_knee(points, ("max", "max")).place
        1

    References:
        Zeleny 1973, Compromise programming, Multiple criteria decision making.
    """
    front, scaled, _ = _scaled(values, senses)
    distance = (1 - scaled).square().sum(1).sqrt()
    # The first of those that differ by rounding only.
    nearest = (distance <= distance.min() + 1e-12).nonzero()[0, 0] if len(front) else 0
    return Knee(front, distance, _row(front, int(nearest)))


def _scaled(values: Tensor, senses: Sequence[Sense]) -> tuple[Tensor, Tensor, bool]:
    """Rows of the front, its values from 0, worst, to 1, best, and whether all are equal."""
    signs = signs_of(values, senses).double()
    front = non_dominated(values, senses).nonzero().flatten()
    points = values[front].double() * signs
    if not len(front):
        return front, points, False
    low, high = points.amin(0), points.amax(0)
    flat = high == low
    scaled = torch.where(flat, 1.0, (points - low) / torch.where(flat, 1.0, high - low))
    return front, scaled, bool(flat.all())


def _row(front: Tensor, place: int) -> int | None:
    return int(front[place]) if len(front) else None
