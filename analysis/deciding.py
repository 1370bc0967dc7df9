"""Which answer an ensemble gives: the candidate with the most evidence, and what decides a tie."""

import torch
from torch import Tensor

from analysis.evidence import Evidence

TIE = 1e-12


def decided_contested(evidence: Evidence, membership: Tensor) -> Tensor:
    """As `decided`, but samples on which all models of the pool agree are settled at once.

    If every member's own evidence is highest for one class, so is the sum of any of them.

    Args:
        evidence: of M models on n samples.
        membership: float64 [E, M], not below 0.

    Returns:
        int64 [E, n].
    """
    own = evidence.planes.argmax(0)
    contested = (own != own[0]).any(0) | ~evidence.answered.all(0)
    plane = own[0].expand(len(membership), -1).clone()
    rows = contested.nonzero().flatten()
    if len(rows):
        plane[:, rows] = decided(evidence.at(rows), membership)
    return plane


def first_highest(evidence: Evidence, membership: Tensor, scores: Tensor) -> tuple[Tensor, Tensor]:
    """As `decided`, from all scores at once; quicker for few ensembles.

    Args:
        evidence: of M models on n samples, L planes.
        membership: float64 [E, M].
        scores: [E, n, L], the evidence added up.

    Returns:
        The plane, int64 [E, n]; and whether others scored as high, bool [E, n].
    """
    highest = scores >= scores.amax(-1, keepdim=True) - TIE
    tied = highest.sum(-1) > 1
    rows = tied.any(0).nonzero().flatten()
    if evidence.ties is not None and len(rows):
        added = (membership.double() @ evidence.ties(rows)).permute(1, 2, 0)
        second = torch.where(_lacking(evidence, membership)[:, None, None], 0.0, added)
        second = torch.where(highest[:, rows], second, -torch.inf)
        highest[:, rows] = second >= second.amax(-1, keepdim=True) - TIE
    return highest.to(torch.int8).argmax(-1), tied


def decided(evidence: Evidence, membership: Tensor) -> Tensor:
    """Plane with the highest score [E, n].

    A running maximum over the planes: the first of equals stays, so ties go to the lowest class.
    Scores closer than TIE are equal: they differ by rounding and the order of addition only.

    Args:
        evidence: of M models on n samples.
        membership: float64 [E, M], weight of each model in each ensemble.

    Returns:
        int64 [E, n].
    """
    weights = membership.to(evidence.planes.dtype)
    best, second = weights @ evidence.planes[0], _second(evidence, membership, 0)
    plane = torch.zeros_like(best, dtype=torch.int64)
    for place in range(1, len(evidence.planes)):
        score = weights @ evidence.planes[place]
        better = score > best + TIE
        if second is not None:
            other = _second(evidence, membership, place)
            better |= (score >= best - TIE) & (other > second + TIE)
            second = torch.where(better, other, second)
        torch.maximum(best, score, out=best)
        plane.masked_fill_(better, place)
    return plane


def _second(evidence: Evidence, membership: Tensor, place: int) -> Tensor | None:
    """The tie-break of one plane [E, n]; 0 for ensembles in which a member has none."""
    if evidence.tie_break is None:
        return None
    added = membership.double() @ evidence.tie_break[place]
    return torch.where(_lacking(evidence, membership)[:, None], 0.0, added)


def _lacking(evidence: Evidence, membership: Tensor) -> Tensor:
    """Bool [E], some member has no tie-break."""
    return (membership != 0).double() @ (~evidence.breakable).double() > 0
