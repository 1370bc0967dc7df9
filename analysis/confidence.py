"""How sure a model says it is of its own answer."""

from collections.abc import Sequence

import torch
from torch import Tensor

from analysis.bundle import Bundle, normalised
from analysis.lazy import BLOCK
from analysis.stretches import stretches


def confidence_of(
    bundle: Bundle, model: str, rows: Tensor | None = None, *, stored: bool = False
) -> Tensor | None:
    """A model's confidence in its own answer.

    The largest probability where it has probabilities, else its stated confidence.

    Args:
        bundle: N samples.
        model: one of its models.
        rows: int64 [n], these samples only.
        stored: probabilities as stored instead of normalised, so that equal stays equal.

    Returns:
        float64 [n], NaN where unknown; None when the model states none at all.
    """
    rows = torch.arange(len(bundle.ids), device=bundle.device) if rows is None else rows
    if model in bundle.probabilities:
        table, step = bundle.probabilities[model], max(1, BLOCK // max(len(bundle.classes), 1))
        highest = torch.empty(len(rows), dtype=torch.float64, device=bundle.device)
        for here in stretches(len(rows), step):
            part = table[rows[here]]
            highest[here] = (part if stored else normalised(part)).amax(1)
        return highest
    if bundle.confidence is not None:
        return bundle.confidence[bundle.models.index(model)][rows].double()
    return None


def confidence_in(
    team: Bundle, whole: Bundle, weights: Sequence[float] = (), *, stored: bool = False
) -> Tensor:
    """How sure an ensemble is of its answer, also where its rule yields no probabilities.

    Args:
        team: its members.
        whole: the ensemble as a bundle of one model, on the same samples.
        weights: M numbers, at least 0, how much each vote counts; empty where all count alike,
            or where no weight holds for all samples.
        stored: as in `confidence_of`.

    Returns:
        float64 [N] in [0, 1], the largest pooled probability, or else the share of the votes, by
        weight, that went to the ensemble's answer (0 where it gives none); NaN where no member
        with a weight answered.
    """
    pooled = confidence_of(whole, whole.models[0], stored=stored)
    if pooled is not None:
        return pooled
    same = (team.predictions == whole.predictions) & (whole.predictions >= 0)
    if len(set(weights)) < 2:
        return same.sum(0).double() / team.answered.sum(0)
    share = torch.tensor(weights, dtype=torch.float64, device=team.device)
    return (share @ same.double()) / (share @ team.answered.double())


def bins_of_width(confidence: Tensor, bins: int) -> Tensor:
    """The bin of equal width (lo, hi] that each confidence falls into.

    Args:
        confidence: float64 [...] in [0, 1], stored in either precision before.
        bins: how many.

    Returns:
        int64 [...], 0 to bins - 1.

    Example:
        >>> bins_of_width(torch.tensor([0.0, 0.2, 0.21], dtype=torch.float64), 5).tolist()
        [0, 0, 1]
    """
    return torch.bucketize(confidence, edges_of_width(bins, confidence.device), right=False)


def edges_of_width(bins: int, device: torch.device) -> Tensor:
    """The inner edges of bins of equal width over [0, 1], float64 [bins - 1]."""
    steps = torch.arange(1, bins, device=device)
    # The higher of the two roundings: 0.7 ends its bin whether it came as float32 or float64.
    return torch.maximum((steps / bins).double(), steps.double() / bins)


def bins_of_mass(confidence: Tensor, bins: int) -> Tensor:
    """The bin of each sample when bins hold equally many, the first ones one more if need be.

    Args:
        confidence: float [n].
        bins: how many.

    Returns:
        int64 [n], 0 to bins - 1 from low to high; equal values go by the order of the samples.

    Example:
        >>> bins_of_mass(torch.tensor([0.9, 0.1, 0.5]), 2).tolist()
        [1, 0, 0]
    """
    small, larger = divmod(len(confidence), bins)
    rank = torch.arange(len(confidence), device=confidence.device)
    end = larger * (small + 1)
    later = larger + (rank - end) // max(small, 1)
    place = torch.where(rank < end, rank // (small + 1), later)
    return torch.empty_like(place).scatter_(0, confidence.argsort(stable=True), place)
