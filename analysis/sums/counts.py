"""Who answered, who is judged, who is right: alone, in pairs and per group."""

from torch import Tensor

from analysis.sums.piece import Piece
from analysis.sums.products import product, total

COUNTS = (
    "answered",
    "graded",
    "right",
    "both_answered",
    "both_graded",
    "both_right",
    "both_wrong",
    "right_given",
)


def count_sums(piece: Piece) -> dict[str, Tensor]:
    """The sums named in `COUNTS`."""
    graded, right, weights = piece.graded, piece.right, piece.weights
    both_graded = product(graded, graded, weights)
    both_right = product(right, right, weights)
    right_given = product(right, graded, weights)
    return {
        "answered": total(piece.answered, weights),
        "graded": total(graded, weights),
        "right": total(right, weights),
        "both_answered": product(piece.compared, piece.compared, weights),
        "both_graded": both_graded,
        "both_right": both_right,
        "right_given": right_given,
        "both_wrong": both_graded - right_given - right_given.T + both_right,
    }


def group_sums(piece: Piece, column: str) -> dict[str, Tensor]:
    """Graded and right answers per level of one grouping, [M, G] each."""
    member = piece.bundle.groups[column].membership(piece.rows).T
    return {
        f"group_graded/{column}": product(piece.graded, member, piece.weights),
        f"group_right/{column}": product(piece.right, member, piece.weights),
    }
