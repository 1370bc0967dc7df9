"""What the command line asks to open: paths, loader options, and which models and samples."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import torch

from analysis.accuracies import AccuracyTable
from analysis.bundle import Bundle, BundleError
from analysis.loading import Options, Reading, read
from analysis.loading.sources import silent
from analysis.loading.workspace import kept_name

Opened = tuple[Bundle | None, AccuracyTable | None]


class Request(TypedDict, total=False):
    """Plain text and lists, so that it travels as JSON; `paths` is always there."""

    paths: list[str]
    columns: dict[str, list[str]]
    models: list[str]
    groups: list[str]
    where: list[str]
    values: str
    empty: str
    missing_markers: list[str]
    multi: dict[str, str]
    threshold: float
    alike: str


def options(request: Request) -> Options:
    """What was said about the inputs, for the loader."""
    columns = {role: tuple(names) for role, names in request.get("columns", {}).items()}
    groups = request.get("groups")
    return Options(
        columns=columns,
        groups=tuple(groups) if groups else None,
        values=request.get("values"),
        empty=request.get("empty", "missing"),
        missing_markers=tuple(request.get("missing_markers", ())),
        multi=request.get("multi", {}),
        threshold=request.get("threshold", 1.0),
        alike=request.get("alike", "keep"),
    )


def reading(request: Request, report: Callable[[float, str], None] = silent) -> Reading:
    """What the loader makes of the paths; `report` is told how far it is."""
    return read(request["paths"], options(request), report)


def load_all(request: Request) -> Opened:
    """The bundle and the table of accuracies that were asked for; at least one is there.

    Raises:
        BundleError: all problems, one a line.
    """
    found = reading(request)
    if found.bundle is None and found.accuracies is None:
        raise BundleError("\n".join(found.problems))
    return narrowed(found, request)


def narrowed(found: Reading, request: Request) -> Opened:
    """What was read, with only the models and samples that were asked for.

    A model may be known to the samples or to the accuracies alone; what holds none of the models
    is left aside.

    Raises:
        BundleError: an unknown model or column, no sample is left, or there are no samples.
    """
    bundle, accuracies = found.bundle, found.accuracies
    if models := request.get("models"):
        bundle, accuracies = _of_models(bundle, accuracies, models)
    for condition in request.get("where", ()):
        if bundle is None:
            raise BundleError(
                f"--where {condition}: there are no samples to choose from; the input holds "
                "accuracies alone."
            )
        bundle = _where(bundle, condition)
    return bundle, accuracies


def title(request: Mapping) -> str:
    """The names of the files; of a kept bundle, what it was called."""
    return ", ".join(kept_name(Path(path)) or Path(path).name for path in request["paths"])


def _of_models(
    bundle: Bundle | None, accuracies: AccuracyTable | None, models: Sequence[str]
) -> Opened:
    inputs = [one for one in (bundle, accuracies) if one is not None]
    known = list(dict.fromkeys(model for one in inputs for model in one.models))
    for model in models:
        if model not in known:
            shown = ", ".join(known[:8]) + (" ..." if len(known) > 8 else "")
            raise BundleError(f"There is no model '{model}'; the models are {shown}.")

    def chosen(one):
        here = [model for model in models if one is not None and model in one.models]
        return one.select(here) if here else None

    return chosen(bundle), chosen(accuracies)


def _where(bundle: Bundle, condition: str) -> Bundle:
    column, equals, wanted = condition.partition("=")
    known = [*bundle.attributes, *(["label"] if bundle.labels is not None else [])]
    if not equals or column not in known:
        raise BundleError(
            f"--where {condition}: expected COL=VALUE with one of {', '.join(known)}."
        )
    grouping = bundle.groups.get(column)
    if grouping is not None and grouping.overlapping and wanted in grouping.levels:
        kept = grouping.within([grouping.levels.index(wanted)])
    elif column in bundle.attributes:
        values = bundle.attributes[column]
        if values.dtype.kind in "iuf":
            number = float(wanted) if re.fullmatch(r"\s*[-+.\deE]+\s*", wanted) else None
            kept = torch.from_numpy(values == number) if number is not None else None
        else:
            kept = torch.tensor([str(value) == wanted for value in values.tolist()])
    else:
        names = [*bundle.classes, ""]
        kept = torch.tensor([names[code] == wanted for code in bundle.labels.tolist()])
    if kept is None or not kept.any():
        raise BundleError(f"--where {condition}: no sample is like this.")
    return bundle.take(kept)
