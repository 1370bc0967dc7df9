"""Who answered, who is judged, who is right: alone, in pairs and per group."""

from torch import Tensor

from analysis.sums.by_group import MANY_GROUPS, group_product
from analysis.sums.piece import Piece
from analysis.sums.products import product, total

ANSWERED = ("answered", "both_answered")
GRADED_COMPARED = ("graded_compared",)
COUNTS = ("graded", "right", "both_graded", "both_right", "both_wrong", "right_given")


def answered_sums(piece: Piece) -> dict[str, Tensor]:
    """The sums named in `ANSWERED`."""
    if piece.bundle.gapless:
        both = piece.everywhere()
        return {"answered": both.diagonal().clone(), "both_answered": both}
    return {
        "answered": total(piece.answered, piece.weights),
        "both_answered": product(piece.compared, piece.compared, piece.weights),
    }


def count_sums(piece: Piece) -> dict[str, Tensor]:
    """The sums named in `COUNTS`."""
    both_right, both_graded, weights = piece.both_right, piece.both_graded, piece.weights
    right = both_right.diagonal().clone()
    if piece.judged is not None:
        right_given, of_other = right[:, None].expand_as(both_right).clone(), right
    else:
        right_given = product(piece.right, piece.graded, weights)
        of_other = right_given.T
    return {
        "graded": both_graded.diagonal().clone(),
        "right": right,
        "both_graded": both_graded,
        "both_right": both_right,
        "right_given": right_given,
        "both_wrong": (both_graded - right_given).sub_(of_other).add_(both_right),
    }


def graded_compared_sums(piece: Piece) -> dict[str, Tensor]:
    """The sum named in `GRADED_COMPARED`: below both_graded where grades stand alone."""
    if not piece.bundle.graded_elsewhere:
        return {"graded_compared": piece.both_graded}
    known = piece.graded & piece.compared
    return {"graded_compared": product(known, known, piece.weights)}


def group_sums(piece: Piece, column: str) -> dict[str, Tensor]:
    """Graded and right answers per level of one grouping, [M, G] each."""
    grouping = piece.bundle.groups[column]
    codes, number = grouping.codes[piece.place], len(grouping.levels)
    member = grouping.membership(piece.place) if number <= MANY_GROUPS else None

    def added(flags: Tensor) -> Tensor:
        return group_product(flags, codes, member, number, piece.weights)

    right = added(piece.right)
    if piece.judged is not None:
        graded = added(piece.judged[None]).expand_as(right).clone()
    else:
        graded = added(piece.graded)
    return {f"group_graded/{column}": graded, f"group_right/{column}": right}
