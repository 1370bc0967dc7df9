"""Whether combined answers are right, and on which samples they are judged."""

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.gaps import judged_under
from analysis.tally import Missing


def grade(bundle: Bundle, predictions: Tensor, rows: slice) -> Tensor:
    """Whether combined answers are right.

    Compared with the label; where models were graded elsewhere, an answer gets the grade of a
    model that gave the same one.

    Args:
        bundle: M models.
        predictions: int32 [E, n], combined answers on these rows.
        rows: which samples.

    Returns:
        int8 [E, n], 1 right, 0 wrong, -1 not judged.
    """
    grades = torch.full_like(predictions, -1, dtype=torch.int8)
    if bundle.labels is not None:
        known = (bundle.labels[rows] >= 0) & (predictions >= 0)
        right = (predictions == bundle.labels[rows]).to(torch.int8)
        grades = torch.where(known, right, grades)
    if bundle.graded_elsewhere:
        for said, given in zip(bundle.predictions[:, rows], bundle.grades[:, rows], strict=True):
            grades = torch.where((predictions == said) & (said >= 0) & (given >= 0), given, grades)
    return grades


def judged(bundle: Bundle, grades: Tensor, rows: slice, missing: Missing) -> Tensor:
    """On which samples combined answers are judged, bool [E, n]; "wrong": on all `judgeable`."""
    return judged_under(missing, grades, judgeable(bundle, rows))


def judgeable(bundle: Bundle, rows: slice = slice(None)) -> Tensor:
    """On which samples an ensemble can be called right or wrong, bool [n].

    Those with a label or with a grade of any model, but not where grades stand alone: without
    answers there is nothing to combine.

    Args:
        bundle: all models, not only the members.
        rows: which samples.
    """
    if bundle.grades_alone:
        return torch.zeros_like(bundle.predictions[0, rows], dtype=torch.bool)
    graded = (bundle.grades[:, rows] >= 0).any(0)
    known = graded if bundle.labels is None else graded | (bundle.labels[rows] >= 0)
    return known & (~graded | (bundle.predictions[:, rows] >= 0).any(0))
