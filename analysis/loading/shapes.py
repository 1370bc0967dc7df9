"""Arrays of several models at once parted into one per model, and arrays of answers as tables."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from analysis.loading.arrays import texts
from analysis.loading.classes import given_classes
from analysis.loading.columns import Column
from analysis.loading.distributions import located
from analysis.loading.file_names import file_models
from analysis.loading.forms import CLASSES, SAMPLES, WIDE
from analysis.loading.roles import Part
from analysis.loading.roster import Roster
from analysis.loading.sources import Log, RefusedError, count, quoted
from analysis.loading.stacks import MAIN, Stack, shown_array
from analysis.loading.tables import Table
from analysis.stored import FileArray


def spread(stacks: list[Stack], parts: list[Part], log: Log) -> list[Stack]:
    """One stack per model, and integers that stand for classes as their names.

    Args:
        stacks: as read.
        parts: tables with their forms settled; a samples table says how many samples there are.
        log: receives what was assumed and arrays that cannot be parted.
    """
    apart = []
    models = file_models(stack.file for stack in stacks if stack.of_file)
    for stack in stacks:
        stack = replace(stack, name=models[stack.file.name]) if stack.of_file else stack
        try:
            apart += _parted(stack, _samples(stack, stacks, parts), log) if stack.whole else [stack]
        except RefusedError as error:
            log.problem(str(error))
    return _named_classes(apart, parts, log)


def _samples(stack: Stack, stacks: list[Stack], parts: list[Part]) -> int | None:
    """How many samples the rows are, as far as ids, labels or a samples table say."""
    if stack.ids is not None:
        return len(stack.ids)
    labels = [s for s in stacks if s.kind == "labels"]
    own = next((len(s.values) for s in labels if s.file is stack.file), None)
    if own is not None:
        return own
    tables = [part for part in parts if part.form == SAMPLES and part.id]
    if tables:
        return int(np.count_nonzero(tables[0].id.counts))
    return len(labels[0].values) if labels else None


def _parted(stack: Stack, samples: int | None, log: Log) -> list[Stack]:
    axis = _model_axis(stack, samples)
    shown, shape = shown_array(stack), stack.values.shape
    number = shape[axis]
    names = stack.models or tuple(f"{stack.name} {place}" for place in range(1, number + 1))
    if len(set(names)) < number:
        twice = next(name for name in names if names.count(name) > 1)
        raise RefusedError(
            f"{stack.file.name}, array of the models: '{twice}' occurs twice; expected {number} "
            "different names."
        )
    if not stack.models:
        log.note(
            f"{shown} has shape {shape} and no names of models; they are called '{names[0]}' to "
            f"'{names[-1]}'. Add an array 'models' to an NPZ file to name them."
        )
    if axis == 1:
        log.note(f"{shown} is read as {_axes(stack, axis)}, because of its shape {shape}.")
    elif not stack.models and samples is None:
        log.note(f"{shown} is taken to be {_axes(stack, axis)}, because nothing says otherwise.")
    return [
        replace(stack, name=name, values=_part(stack.values, place, axis), models=None)
        for place, name in enumerate(names)
    ]


def _part(values: np.ndarray | FileArray, place: int, axis: int) -> np.ndarray | FileArray:
    if isinstance(values, FileArray):
        return values.part(place, axis)
    return np.take(values, place, axis=axis)


def _model_axis(stack: Stack, samples: int | None) -> int:
    """0 or 1, the axis of the models.

    Raises:
        RefusedError: the lengths fit neither, or both.
    """
    first, second = stack.values.shape[:2]
    models = len(stack.models) if stack.models else None
    fits = [
        models in (None, own) and samples in (None, other)
        for own, other in ((first, second), (second, first))
    ]
    known = " and ".join(
        [count(n, noun) for n, noun in ((models, "model"), (samples, "sample")) if n is not None]
    )
    where = f"{shown_array(stack)} has shape {stack.values.shape}"
    if fits == [False, False]:
        raise RefusedError(
            f"{where}; expected {_axes(stack, 0)} for {known}. Save one array per model, or "
            "correct the names."
        )
    if fits == [True, True] and first == second and known:
        raise RefusedError(
            f"{where}, so models and samples cannot be told apart ({known}); save one array per "
            "model, named after it."
        )
    return 0 if fits[0] else 1


def _axes(stack: Stack, axis: int) -> str:
    sides = "models, samples" if axis == 0 else "samples, models"
    return f"[{sides}, classes]" if stack.kind == "probabilities" else f"[{sides}]"


def _named_classes(stacks: list[Stack], parts: list[Part], log: Log) -> list[Stack]:
    """Whole numbers in arrays of labels and answers become the classes at these places.

    Left as they are where no class order is given, where they are class names themselves, or where
    the labels of a table are such numbers too (all are then read so at once).
    """
    given = given_classes(parts, stacks, Log())
    if given is None:
        return stacks
    names = given.names
    known = set(names)
    for part in parts:
        if part.form != CLASSES and part.label and not known.intersection(part.label.levels):
            return stacks
    listed = np.array([*names, ""], dtype=str)
    return [
        _as_names(stack, listed, known, log)
        if stack.kind in ("labels", "answers") and stack.values.dtype.kind not in "US"
        else stack
        for stack in stacks
    ]


def _as_names(stack: Stack, names: np.ndarray, known: set[str], log: Log) -> Stack:
    """Names at these places; -1 and NaN take the last one, which is empty."""
    numbers = stack.values.astype(np.float64)
    filled = numbers[~np.isnan(numbers)]
    inside = bool(((filled >= -1) & (filled < len(names) - 1)).all())
    if not inside or known & {str(int(value)) for value in np.unique(filled)}:
        return stack
    what = "labels" if stack.kind == "labels" else "answers"
    log.note(f"{stack.file.name}: the {what} are positions in the class order.")
    codes = np.where(np.isnan(numbers), -1, numbers).astype(np.int64)
    return replace(stack, values=names[codes])


def answer_parts(
    stacks: list[Stack],
    roster: Roster,
    log: Log,
) -> list[Part]:
    """The arrays of answers as wide tables, one per array.

    Args:
        stacks: parted; other kinds are skipped.
        roster: the samples.
        log: receives notes, and arrays whose rows fit no samples.
    """
    _check_order(stacks, roster, log)
    parts = []
    for stack in stacks:
        if stack.kind != "answers":
            continue
        rows = located(stack, roster, log)
        if rows is None:
            continue
        ids = stack.ids if stack.ids is not None else roster.ids
        identity = Column("sample_id", pa.chunked_array([pa.array(ids, pa.string())]), True)
        column = Column(stack.name, pa.chunked_array([_answers(stack, log)]), True)
        table = Table(stack.file, {"sample_id": identity, stack.name: column}, len(ids), {})
        places = np.append(rows, -1).astype(np.int32)
        parts.append(Part(table, {"id": identity}, [], WIDE, places, [column]))
    return parts


def _answers(stack: Stack, log: Log) -> pa.Array:
    """Text, or whole numbers with nothing where there is no answer."""
    values = stack.values
    if values.dtype.kind in "US":
        return pa.array(texts(values), pa.string())
    if values.dtype.kind == "b":
        return pa.array(values)
    gaps = np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), dtype=bool)
    numbers = np.where(gaps, -1, values).astype(np.int64)
    gaps |= numbers == -1
    if gaps.any():
        log.note(
            f"{shown_array(stack)}: {count(int(gaps.sum()), 'answer')} of '{stack.name}' "
            f"{'is' if gaps.sum() == 1 else 'are'} -1 or NaN and read as a missing answer."
        )
    return pa.array(numbers, mask=gaps)


def _check_order(stacks: list[Stack], roster: Roster, log: Log) -> None:
    """Say whose order the rows without sample ids are taken in.

    Args:
        stacks: arrays of all files.
        roster: the samples.
        log: receives a note where it is that of a table, and a problem for each file where only
            the ids of another file of arrays could give it.
    """
    rows = [stack for stack in stacks if stack.kind in (*MAIN, "labels")]
    others = {
        stack.file.name: stack.file
        for stack in rows
        if stack.ids is None and stack.file.name != roster.source
    }
    source = [s for s in stacks if s.file.name == roster.source and s.where is None]
    if not others or not roster.ordered or (source and source[0].ids is None):
        return
    if source:
        for name in others:
            log.problem(
                f"{name} has rows without sample ids, and the ids in {roster.source} say nothing "
                f"of their order; add an array 'ids' to {name}, or give a samples table whose "
                "order its rows follow."
            )
        return
    loose = [name for name, file in others.items() if file.role is None]
    if loose:
        log.note(f"The rows of {quoted(loose)} are taken in the order of {roster.source}.")
