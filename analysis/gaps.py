"""What a missing answer counts as: the one rule for which answers are judged."""

from torch import Tensor

from analysis.sums.piece import Missing


def judged_under(missing: Missing, grades: Tensor, labelled: Tensor) -> Tensor:
    """Which answers are judged.

    Args:
        missing: "exclude" judges what has a grade; "wrong" every sample that counts, so that a
            gap there is wrong.
        grades: int8 [M, n], 1 right, 0 wrong, -1 not graded.
        labelled: bool [n], the samples that count: those with a label, or with a grade of any
            model of the whole bundle.

    Returns:
        Bool [M, n].

    Example:
        >>> import torch
        >>> grades, counts = torch.tensor([[1, -1, -1]]), torch.tensor([True, True, False])
        >>> judged_under("exclude", grades, counts).tolist()
        [[True, False, False]]
        >>> judged_under("wrong", grades, counts).tolist()
        [[True, True, False]]
    """
    return labelled.expand_as(grades) if missing == "wrong" else grades >= 0
