"""By how much the evidence for the label leads that for every other answer."""

import torch
from torch import Tensor

from analysis.deciding import TIE
from analysis.evidence import Evidence

HALF_A_VOTE = 0.5
BREAKING = 1 / 16  # of a vote: what the mean probability of up to eight members counts beside it
MOST_BROKEN = 8


def leads_decide(evidence: Evidence, largest: int) -> bool:
    """Whether added leads say who is right.

    Not where a tie between votes is broken by probabilities that only some members have, or by
    those of so many members that they would weigh as much as a vote.

    Args:
        evidence: of M models.
        largest: members of the largest team.
    """
    if evidence.tie_break is None:
        return True
    return bool(evidence.breakable.all()) and largest <= MOST_BROKEN


def label_leads(evidence: Evidence, labels: Tensor) -> tuple[Tensor, Tensor]:
    """What to add up over members; where the sums are all above 0, the team is right.

    A tie goes to the lowest class: the label must beat those before it, and equal the rest. So
    sums start a little below or above 0.

    Args:
        evidence: of M models on n samples, L planes.
        labels: int64 [n]; what is found for one of -1 means nothing.

    Returns:
        The leads [J, M, n] over the J other answers (L, where a label may be nobody's answer,
        else L - 1), and what their sums start from [J, n].

    Example:
        >>> voices = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]]])  # "x" and then "y"
        >>> found = Evidence(voices, torch.ones(1, 2, dtype=torch.bool))
        >>> leads, start = label_leads(found, torch.tensor([0, 0]))
        >>> leads.tolist(), start.tolist()
        ([[[1.0, -1.0]]], [[0.5, 0.5]])
    """
    planes = evidence.planes
    close = TIE if planes.dtype == torch.float64 else HALF_A_VOTE
    if evidence.tie_break is not None:
        planes, close = planes.double() + BREAKING * evidence.tie_break, BREAKING * TIE
    classes = evidence.classes
    if classes is None:
        classes = torch.arange(len(planes), device=labels.device)[:, None].expand(-1, len(labels))
    own = classes == labels
    starts = torch.where(classes < labels, -close, close).to(planes.dtype)
    starts.masked_fill_(own, torch.inf)
    found = own.any(0)
    place = own.to(torch.int8).argmax(0)
    of_label = planes.gather(0, place.expand(1, *planes.shape[1:]))[0] * found
    others = len(planes) - bool(found.all())
    leads = of_label - planes[:others]
    if others < len(planes):  # the last plane stands in the place of the label's own
        rows = (place < others).nonzero().flatten()
        leads[place[rows], :, rows] = (of_label - planes[-1])[:, rows].T
        starts[place[rows], rows] = starts[-1, rows]
    return leads, starts[:others]


def right_by_leads(leads: Tensor, starts: Tensor, amount: Tensor) -> Tensor:
    """Which teams are right, where anybody has answered.

    Args:
        leads: [J, M, n] of `label_leads`.
        starts: [J, n].
        amount: [E, M], 1 for members.

    Returns:
        bool [E, n].
    """
    least = amount.new_full((len(amount), leads.shape[2]), torch.inf)
    added = torch.empty_like(least)
    for lead, start in zip(leads, starts, strict=True):
        torch.addmm(start, amount, lead, out=added)
        torch.minimum(least, added, out=least)
    return least > 0


def contested(leads: Tensor, starts: Tensor) -> tuple[Tensor, Tensor]:
    """Samples on which teams may differ, and those on which all are right, bool [n] twice.

    If every model puts the label before all others, or some other answer before it, so does any
    team.
    """
    sure = torch.where(starts.isinf(), 0, 2 * starts.abs())[:, None]
    right = (leads >= sure).all(1) | starts.isinf()
    wrong = (leads <= -sure).all(1) & ~starts.isinf()
    return ~(right.all(0) | wrong.any(0)), right.all(0)
