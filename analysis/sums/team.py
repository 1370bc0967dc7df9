"""How many members of the team are right, and which answers meet."""

import torch
from torch import Tensor

from analysis.sums.piece import Piece

TEAM = ("members_right", "paired_votes")


def team_sums(piece: Piece) -> dict[str, Tensor]:
    """The sums named in `TEAM`."""
    return {"members_right": _members_right(piece), "paired_votes": _paired_votes(piece)}


def _members_right(piece: Piece) -> Tensor:
    """Samples on which 0, 1 ... M members are right, of those on which all are judged."""
    judged = piece.graded.all(0)
    right = piece.right.sum(0)[judged]
    weights = None if piece.weights is None else piece.weights[judged]
    counts = torch.bincount(right, weights=weights, minlength=len(piece.right) + 1)
    return counts if weights is None else counts.double()


def _paired_votes(piece: Piece) -> Tensor:
    """Answers per class, each counted once for every other member that answered the sample."""
    others = (piece.compared.sum(0) - 1).double()
    if piece.weights is not None:
        others = others * piece.weights
    given = piece.predictions >= 0
    votes = torch.bincount(
        piece.predictions[given].long(),
        weights=others.expand(given.shape)[given],
        minlength=len(piece.bundle.classes),
    )
    return votes.round().to(torch.int64) if piece.weights is None else votes.double()
