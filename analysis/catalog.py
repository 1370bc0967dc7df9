"""All measures by name, and how one is read off a tally."""

from torch import Tensor

from analysis import (
    agreement,
    calibration,
    consistency,
    decompositions,
    difficulty,
    divergences,
    diversity,
    entropy_split,
    error_split,
    errors,
    groups,
    kernels,
    pairwise,
    quality,
    uncertainty,
)
from analysis.measure import Kind, Measure
from analysis.tally import Tally

MODULES = (
    quality,
    calibration,
    pairwise,
    agreement,
    errors,
    consistency,
    divergences,
    groups,
    diversity,
    kernels,
    decompositions,
    error_split,
    entropy_split,
    uncertainty,
    difficulty,
)
CATALOG: dict[str, Measure] = {
    measure.name: measure for module in MODULES for measure in module.MEASURES
}


def of_kind(kind: Kind) -> tuple[Measure, ...]:
    """The measures of one kind, in the order in which they are offered."""
    return tuple(measure for measure in CATALOG.values() if measure.kind == kind)


def value(measure: Measure, tally: Tally, *, group: str | None = None) -> Tensor:
    """The measure on these sums.

    Args:
        measure: a row of the catalogue.
        tally: sums that hold what the measure needs.
        group: the grouping column, for measures of kind "group".

    Returns:
        float64, shaped as the measure's kind says.
    """
    names = measure.needs
    if measure.kind == "group":
        names = tuple(f"{name}/{group}" for name in names)
    return measure.function(*(tally[name] for name in names))
