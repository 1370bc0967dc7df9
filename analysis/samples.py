"""Scores of single samples: which of them a bundle can answer, and their values."""

from collections.abc import Iterable

import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError
from analysis.catalog import CATALOG, of_kind
from analysis.chunks import samples_at_a_time
from analysis.measure import Measure
from analysis.sums.piece import Missing, pieces


def sample_measures(bundle: Bundle) -> tuple[Measure, ...]:
    """The measures of single samples that a bundle has the data for.

    Args:
        bundle: M models, N samples.

    Returns:
        Rows of the catalogue, in the order in which they are offered.

    Example:
        >>> said = torch.zeros(2, 1, dtype=torch.int32)
        >>> bundle = Bundle(("a", "b"), ("0",), ("cat", "dog"), said)
        >>> [measure.label for measure in sample_measures(bundle)]
        ['Vote entropy', 'Different answers']
    """
    answered, judged = (bundle.predictions >= 0).any(), (bundle.grades >= 0).any()
    there = {
        "predictions": answered,
        "answered": answered | judged,
        "compared": answered,
        "graded": judged,
        "right": judged,
        "labels": bundle.labels is not None and (bundle.labels >= 0).any(),
        "distributions": bool(bundle.probabilities),
    }
    return tuple(
        measure for measure in of_kind("sample") if all(there[name] for name in measure.needs)
    )


def sample_values(
    bundle: Bundle,
    names: Iterable[str],
    *,
    missing: Missing = "exclude",
    chunk: int | None = None,
) -> dict[str, Tensor]:
    """Scores of every sample, all of them in one walk over the samples.

    Args:
        bundle: M models, N samples.
        names: measures of kind "sample".
        missing: "exclude" judges the models that answered; "wrong" counts a missing answer as
            wrong.
        chunk: samples at a time; chosen from the sizes when not given.

    Returns:
        float64 [N] per name, on the bundle's device; NaN where the score is undefined, and
        everywhere when the bundle has not what it needs.

    Raises:
        BundleError: a name is not that of a measure of single samples.

    Example:
        >>> said = torch.tensor([[0, 1], [1, 1]], dtype=torch.int32)
        >>> bundle = Bundle(("a", "b"), ("0", "1"), ("cat", "dog"), said)
        >>> sample_values(bundle, ["different_answers"])["different_answers"].tolist()
        [2.0, 1.0]
    """
    measures = [_measure(name) for name in names]
    of_probabilities = any("distributions" in measure.needs for measure in measures)
    step = chunk or chunk_size(bundle, of_probabilities)
    values = {
        measure.name: torch.full(
            (len(bundle.ids),), torch.nan, dtype=torch.float64, device=bundle.device
        )
        for measure in measures
    }
    for piece in pieces(bundle, step, missing=missing):
        for measure in measures:
            arguments = [getattr(piece, name) for name in measure.needs]
            if all(argument is not None for argument in arguments):
                values[measure.name][piece.rows] = measure.function(*arguments)
    return values


def chunk_size(bundle: Bundle, of_probabilities: bool) -> int:
    """How many samples of all models to look at at a time."""
    width = max(1, len(bundle.classes)) if of_probabilities else 1
    return samples_at_a_time(len(bundle.models) * width, bundle.device)


def _measure(name: str) -> Measure:
    known = [measure.name for measure in of_kind("sample")]
    if name not in known:
        raise BundleError(
            f"There is no score of single samples '{name}'; the scores are {', '.join(known)}."
        )
    return CATALOG[name]
