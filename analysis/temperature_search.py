"""The search for the temperature of many models at once, over chunks of samples."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.chunks import working_memory
from analysis.pairwise import share
from analysis.sums.distribution import CLIP

HOTTEST = 1e3
NEWTON_STEPS, STEPS = 20, 60
TINY = 1e-12

Chunks = Callable[[], Iterator[tuple[Tensor, Tensor]]]


@dataclass(frozen=True, eq=False)
class Temperature:
    """Fitted temperatures.

    Attributes:
        value: float64 [S], above 1 = the model was over-confident; NaN without a label.
        at_bound: bool [S], there is no finite optimum, so the value is 1000 or 1/1000.
        n: int64 [S], labels it was fitted to.
    """

    value: Tensor
    at_bound: Tensor
    n: Tensor


def fitted(chunks: Chunks, models: int, device: torch.device) -> Temperature:
    """The temperatures that minimise the log loss, by Newton steps inside a bracket on 1/T.

    The loss is convex in 1/T. A step that leaves the bracket, and every one after the first 20,
    is a bisection.

    Args:
        chunks: goes over the samples once each time it is called: probabilities float64
            [S, n, C] and labels int64 [S, n], -1 = left out.
        models: S.
        device: of the probabilities.

    Returns:
        Values [S]; 1 where every row is flat, so that no temperature matters.
    """
    chunks = _logs(chunks, working_memory(device) // 4)
    low = torch.full((models,), 1 / HOTTEST, dtype=torch.float64, device=device)
    high = torch.full_like(low, HOTTEST)
    number, at_low, _ = _slopes(chunks, low)
    _, at_high, _ = _slopes(chunks, high)
    coldest, hottest = at_high <= TINY, at_low >= -TINY
    at_bound = coldest ^ hottest
    inverse = torch.where(at_bound, torch.where(coldest, high, low), 1.0)
    settled = at_bound | (coldest & hottest) | (number == 0)
    for step in range(STEPS):
        if settled.all():
            break
        _, slope, curvature = _slopes(chunks, inverse)
        low = torch.where(slope < 0, inverse, low)
        high = torch.where(slope > 0, inverse, high)
        newton = inverse - slope / curvature
        inside = (newton >= low) & (newton <= high) & (step < NEWTON_STEPS)
        following = torch.where(inside, newton, (low * high).sqrt())
        following = torch.where(settled | (slope == 0), inverse, following)
        # A Newton step of 1e-7 leaves an error of its square.
        near = torch.where(inside, 1e-7, TINY) * inverse
        settled = settled | ((following - inverse).abs() <= near)
        inverse = following
    value = torch.where(number == 0, torch.nan, 1 / inverse)
    return Temperature(value, at_bound, number.long())


def _logs(chunks: Chunks, room: int) -> Chunks:
    """Clipped logs, less the highest of their row, kept from pass to pass where so many bytes do.

    What is taken off changes no slope, and exp needs no other care then.
    """

    def logs() -> Iterator[tuple[Tensor, Tensor]]:
        for values, labels in chunks():
            logs = values.clamp_min(CLIP).log_()
            yield logs.sub_(logs.amax(-1, keepdim=True)), labels

    kept, size = [], 0
    for values, labels in logs():
        size += values.nbytes + labels.nbytes
        if size > room:
            return logs
        kept.append((values, labels))
    return lambda: iter(kept)


def _slopes(chunks: Chunks, inverse: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How many labels, and first and second derivative of their mean log loss by 1/T, [S]."""
    total = torch.zeros(3, len(inverse), dtype=torch.float64, device=inverse.device)
    for logs, labels in chunks():
        weights = (logs * inverse[:, None, None]).exp_()
        whole = weights.sum(-1)
        expected = weights.mul_(logs).sum(-1) / whole
        spread = weights.mul_(logs).sum(-1) / whole - expected.square()
        of_label = logs.gather(-1, labels.clamp_min(0)[..., None]).squeeze(-1)
        known = labels >= 0
        for row, part in enumerate((known.double(), expected - of_label, spread)):
            total[row] += part.masked_fill(~known, 0).sum(-1)
    return total[0], share(total[1], total[0]), share(total[2], total[0])
