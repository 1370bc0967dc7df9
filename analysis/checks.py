"""What must hold of every bundle, and the error that says what does not."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from analysis.lazy import LazyRows, blocks

if TYPE_CHECKING:
    from analysis.bundle import Bundle
    from analysis.grouping import Grouping

SUM_TOLERANCE = 1e-3
NONE = {
    "model": "There is no model; give the answers of at least one.",
    "sample id": "There is no sample; give at least one row.",
}


class BundleError(ValueError):
    """A problem that the person who made the data can fix; its text is shown as it stands."""


def check(bundle: "Bundle") -> None:
    """Refuse a bundle whose parts do not fit each other.

    Raises:
        BundleError: which part, what was found, what was expected.
    """
    models, samples = len(bundle.models), len(bundle.ids)
    check_names(bundle.models, "model")
    check_names(bundle.ids, "sample id")
    _check_shapes(bundle, models, samples)
    _check_codes(bundle)
    for model, probabilities in bundle.probabilities.items():
        _check_probabilities(bundle, model, probabilities)


def check_names(names: Sequence[str], what: Literal["model", "sample id"]) -> None:
    """Refuse names of models or samples of which there is none, or one twice.

    Raises:
        BundleError: which one.
    """
    if not names:
        raise BundleError(NONE[what])
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BundleError(f"The {what} '{twice}' occurs more than once; each must be unique.")


def _check_shapes(bundle: "Bundle", models: int, samples: int) -> None:
    whole, each = (models, samples), (samples,)
    shapes = {"predictions": whole, "grades": whole, "confidence": whole}
    for name, shape in (shapes | {"labels": each, "units": each}).items():
        tensor = getattr(bundle, name)
        if tensor is not None and tuple(tensor.shape) != shape:
            raise BundleError(
                f"{name} has shape {tuple(tensor.shape)}; expected {shape} for {models} models "
                f"and {samples} samples."
            )
    rows = {
        "embeddings": bundle.embeddings,
        "thumbnails": bundle.thumbnails,
        **{f"attribute '{name}'": values for name, values in bundle.attributes.items()},
        **{f"grouping '{name}'": grouping.codes for name, grouping in bundle.groups.items()},
        **{f"embeddings of '{name}'": t for name, t in bundle.model_embeddings.items()},
    }
    for name, values in rows.items():
        if values is not None and len(values) != samples:
            raise BundleError(f"{name} has {len(values)} rows; expected {samples}, one per sample.")
    for name, values in bundle.model_info.items():
        if len(values) != models:
            raise BundleError(
                f"model_info '{name}' has {len(values)} rows; expected {models}, one per model."
            )


def _check_codes(bundle: "Bundle") -> None:
    highest = len(bundle.classes) - 1
    ranges = {"predictions": (bundle.predictions, -1, highest)}
    if bundle.labels is not None:
        ranges["labels"] = (bundle.labels, -1, highest)
    for name, grouping in bundle.groups.items():
        lowest = -1 if grouping.overlapping else 0
        ranges[f"grouping '{name}'"] = (grouping.codes, lowest, len(grouping.levels) - 1)
    for name, (codes, low, high) in ranges.items():
        if codes.min() < low or codes.max() > high:
            what = "a class index" if name in ("predictions", "labels") else "a level"
            raise BundleError(f"{name} holds {what} outside {low} to {high}.")
    for name, grouping in bundle.groups.items():
        if grouping.overlapping:
            _check_overlapping(bundle, name, grouping)


def _check_overlapping(bundle: "Bundle", name: str, grouping: "Grouping") -> None:
    """Every sample has a level and none twice; levels can be told apart when they are joined."""
    ordered = grouping.codes.sort(1).values
    without = (ordered < 0).all(1)
    twice = ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any(1)
    for rows, what in ((without, "no level"), (twice, "a level twice")):
        if rows.any():
            sample = bundle.ids[int(rows.nonzero()[0])]
            raise BundleError(
                f"grouping '{name}' gives sample '{sample}' {what}; expected one or more different "
                "levels, filled up with -1."
            )
    mixed = next((level for level in grouping.levels if grouping.separator in level), None)
    if mixed is not None:
        raise BundleError(
            f"grouping '{name}' has the separator '{grouping.separator}' and the level '{mixed}'; "
            "expected a separator that is in no level."
        )


def _check_probabilities(bundle: "Bundle", model: str, probabilities: Tensor | LazyRows) -> None:
    if model not in bundle.models:
        raise BundleError(f"There are probabilities of '{model}', which is not among the models.")
    row = bundle.models.index(model)
    expected = (len(bundle.ids), len(bundle.classes))
    if tuple(probabilities.shape) != expected:
        raise BundleError(
            f"The probabilities of '{model}' have shape {tuple(probabilities.shape)}; expected "
            f"{expected} for {expected[0]} samples and {expected[1]} classes."
        )
    if isinstance(probabilities, LazyRows) and probabilities.checked:
        return
    if all(map(_surely_fit, blocks(probabilities))):
        return
    found = [_row_facts(block) for block in blocks(probabilities)]
    sums, smallest = (torch.cat(values) for values in zip(*found, strict=True))
    finite = torch.isfinite(sums) & (smallest >= 0)
    bad = (~finite | ((sums - 1).abs() > SUM_TOLERANCE)) & (bundle.predictions[row] >= 0)
    if bad.any():
        sample = int(bad.nonzero()[0])
        raise BundleError(
            f"The probabilities of '{model}' for sample '{bundle.ids[sample]}' are not a "
            f"distribution (sum {float(sums[sample]):.6g}, smallest "
            f"{float(smallest[sample]):.6g}); expected values in [0, 1] that sum to 1. "
            f"{int(bad.sum())} of {expected[0]} rows are like this."
        )


def _surely_fit(rows: Tensor) -> bool:
    """Without any doubt distributions, also where no answer was given; rounded sums, but quick."""
    sums = rows @ rows.new_ones(rows.shape[1])
    return bool(rows.min() >= 0) and bool(((sums - 1).abs() <= SUM_TOLERANCE / 2).all())


def _row_facts(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Sum and smallest value of each row."""
    return rows.double().sum(1), rows.amin(1)
