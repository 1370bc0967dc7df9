"""Where the members' most frequent answer is wrong, and how many members leave it."""

import torch
from torch import Tensor

from analysis.answer_codes import vote_counts
from analysis.sums.piece import Piece
from analysis.sums.products import total

VOTES = (
    "voted",
    "main_wrong",
    "member_wrong_sum",
    "spread_sum",
    "harmful_spread_sum",
    "helpful_spread_sum",
)


def vote_sums(piece: Piece) -> dict[str, Tensor]:
    """The sums named in `VOTES`, over labelled samples with an answer to compare."""
    members = piece.compared.sum(0)
    labels = piece.labels
    if labels is None:
        labels = torch.full_like(members, -1)
    voted = (members > 0) & (labels >= 0)
    main, votes = most_frequent(piece.predictions)
    members = members.clamp_min(1).double()
    right = (piece.predictions == labels).sum(0) / members
    spread = 1 - votes / members
    main_right = voted & (main == labels)
    flags = {"voted": voted, "main_wrong": voted & ~main_right}
    shares = {
        "member_wrong_sum": (1 - right) * voted,
        "spread_sum": spread * voted,
        "harmful_spread_sum": spread * main_right,
        "helpful_spread_sum": right * flags["main_wrong"],
    }
    return {name: total(values, piece.weights) for name, values in (flags | shares).items()}


def most_frequent(predictions: Tensor) -> tuple[Tensor, Tensor]:
    """The answer that most members gave.

    Args:
        predictions: int32 [M, n], -1 = no answer.

    Returns:
        int32 [n], the lowest class of the most frequent ones, -1 where nobody answered; and
        int64 [n], how many members gave it.

    Example:
        >>> main, votes = most_frequent(torch.tensor([[7, 2], [3, 2], [7, -1]]))
        >>> main.tolist(), votes.tolist()
        ([7, 2], [2, 2])
    """
    counts, classes = vote_counts(predictions)
    first = counts.argmax(0, keepdim=True)
    return classes.gather(0, first)[0], counts.gather(0, first)[0]
