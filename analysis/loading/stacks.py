"""What the arrays of a file are: probabilities, answers, embeddings, labels, classes, images."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from analysis.loading.array_kinds import OF_MODELS, WORDS, kinds_of, lone, start_of, unnamed
from analysis.loading.arrays import read_npy, read_npz, texts
from analysis.loading.safetensors import read_safetensors
from analysis.loading.sources import File, Found, Log, RefusedError
from analysis.stored import FileArray

EXACT = 2**53  # whole numbers up to here are exact as floats
MAIN = (*OF_MODELS, "embeddings", "model embeddings", "thumbnails")
FORMS = {
    "model embeddings": "embeddings",
    "classes": "class order",
    "second class": "probabilities",
}


@dataclass(frozen=True, eq=False)
class Stack:
    """One array and what it is.

    Attributes:
        file: where it comes from.
        kind: a key of WORDS.
        name: the model for probabilities and model embeddings, else the array's name.
        values: the array, or where it lies; of all models of its file at once until
            `shapes.spread` parts them.
        ids: sample ids of its rows, when its file gives them.
        columns: class names of its columns, when its file gives them.
        models: the models that its file names, for an array of all of them.
        array: what the array is called in its file.
        where: file and row for a message, when the rows are those of a table.
        info: what a table says of the model: its base model and run.
        of_file: the model is named after the file, with its folder where another one is alike.
    """

    file: File
    kind: str
    name: str
    values: np.ndarray | FileArray
    ids: tuple[str, ...] | None = None
    columns: tuple[str, ...] | None = None
    models: tuple[str, ...] | None = None
    array: str = ""
    where: Callable[[int], str] | None = None
    info: Mapping[str, str] = field(default_factory=dict)
    of_file: bool = False

    @property
    def whole(self) -> bool:
        """The array holds several models."""
        sides = {"probabilities": 3, "second class": 2, "answers": 2}
        return self.values.ndim == sides.get(self.kind)


def read_stacks(file: File, log: Log) -> list[Stack]:
    """Read the arrays of a file and say what each one is.

    Raises:
        RefusedError: an array is unsafe or has a shape or kind that fits no use.
    """
    arrays = _arrays(file)
    for name, values in arrays.items():
        if not values.ndim:
            raise RefusedError(
                f"{file.name}, array '{name}' is a single value; expected a list or a table."
            )
    kinds = kinds_of(file, arrays, log)
    for name, values in arrays.items():
        if isinstance(values, FileArray) and kinds[name] != "probabilities":
            arrays[name] = values.read()
    for name, values in arrays.items():
        _check_shape(file, name, kinds[name], values)
    lists = {kind: name for name, kind in reversed(kinds.items()) if kind in ("ids", "models")}
    ids, models = (
        tuple(texts(arrays[lists[kind]])) if kind in lists else None for kind in ("ids", "models")
    )
    names = _model_names(file, kinds, models or ())
    stacks = [
        Stack(
            file,
            kind,
            names[name],
            _column(arrays[name], kind),
            ids,
            models=models,
            array=name,
            of_file=file.role is None and kind in OF_MODELS and names[name] == file.stem,
        )
        for name, kind in kinds.items()
    ]
    _check_ids(file, ids, stacks)
    if models and not any(stack.whole for stack in stacks):
        log.note(
            f"{file.name}: the array '{lists['models']}' is not needed, because no array holds "
            "several models."
        )
    _record(file, stacks, log)
    return [stack for stack in stacks if stack.kind != "models"]


def shown_array(stack: Stack) -> str:
    """File and array for a message."""
    if stack.where or stack.file.suffix == ".npy":
        return stack.file.name
    return f"{stack.file.name}, array '{stack.array or stack.name}'"


def _arrays(file: File) -> dict[str, np.ndarray | FileArray]:
    if lone(file):
        return {file.stem: read_npy(file)}
    if file.suffix == ".npz" or (file.suffix != ".safetensors" and start_of(file) == b"PK"):
        return read_npz(file)
    return read_safetensors(file)


def _column(values: np.ndarray | FileArray, kind: str) -> np.ndarray | FileArray:
    narrow = values.ndim == 2 and values.shape[1] == 1 and kind in ("second class", "answers")
    return values[:, 0] if narrow else values


def _model_names(file: File, kinds: dict[str, str], models: tuple[str, ...]) -> dict[str, str]:
    """Array name -> model: an array that is only called "probs" is named after its file."""
    if file.role == "probabilities":
        return {name: name for name in kinds}
    if file.role == "probabilities of one model":
        return {name: file.stem if kind in OF_MODELS else name for name, kind in kinds.items()}
    own = models[0] if len(models) == 1 else file.stem
    return {
        name: own if kind in OF_MODELS and unnamed(name) else name for name, kind in kinds.items()
    }


def _check_shape(file: File, name: str, kind: str, values: np.ndarray | FileArray) -> None:
    shown = file.name if file.suffix == ".npy" else f"{file.name}, array '{name}'"
    sides = {"thumbnails": (4,), "embeddings": (2,), "model embeddings": (2,)}
    sides |= {"probabilities": (2, 3), "answers": (1, 2), "second class": (1, 2)}
    expected = {
        "probabilities": "[samples, classes] numbers, the probabilities of one model, or "
        "[models, samples, classes], or [samples] answers",
        "embeddings": "[samples, dimensions] numbers",
        "model embeddings": "[samples, dimensions] numbers",
        "thumbnails": "[samples, height, width, 3] with dtype uint8",
        "answers": "[samples] answers of one model, or [models, samples]",
        "second class": "[samples, classes] numbers, the probabilities of one model, or [samples] "
        "numbers from 0 to 1, the probability of the second of two classes",
    }.get(kind, "[length] names or whole numbers")
    fits = values.ndim in sides.get(kind, (1,)) and values.size > 0
    if kind == "thumbnails":
        fits = fits and values.dtype == np.uint8 and values.shape[3] == 3
    elif kind in ("embeddings", "model embeddings", "probabilities"):
        fits = fits and values.dtype.kind in "biuf"
    elif kind == "second class":
        fits = fits and not bool(((values < 0) | (values > 1)).any())
    elif kind in ("labels", "ids") and fits and values.dtype.kind == "f":
        fits = bool(np.all(np.isfinite(values)) and np.all(values % 1 == 0))
    if not fits:
        raise RefusedError(
            f"{shown} has shape {values.shape} and dtype {values.dtype}; expected {expected}."
        )
    if kind in ("answers", "labels", "ids") and values.dtype.kind in "fu":
        _check_range(shown, values)


def _check_range(shown: str, values: np.ndarray) -> None:
    """Numbers that stand for classes or samples are read exactly."""
    most = EXACT if values.dtype.kind == "f" else np.iinfo(np.int64).max
    beyond = values[np.abs(values.astype(np.float64)) > most]
    if len(beyond):
        raise RefusedError(
            f"{shown} holds the number {beyond[0]:.6g}; expected whole numbers of at most 15 "
            "digits, or text."
        )


def _check_ids(file: File, ids: tuple[str, ...] | None, stacks: list[Stack]) -> None:
    if ids is None:
        return
    if len(set(ids)) < len(ids):
        seen = set()
        twice = next(i for i in ids if i in seen or seen.add(i))
        raise RefusedError(
            f"{file.name}, array of ids: '{twice}' occurs twice; each id must be unique."
        )
    for stack in stacks:
        several = stack.kind in ("ids", "classes", "models") or stack.whole
        if not several and len(stack.values) != len(ids):
            raise RefusedError(
                f"{file.name}, array '{stack.array}' has {len(stack.values):,} rows; expected "
                f"{len(ids):,}, one per id in the same file."
            )


def _record(file: File, stacks: list[Stack], log: Log) -> None:
    kinds = [stack.kind for stack in stacks]
    form = next((kind for kind in MAIN if kind in kinds), kinds[0])
    main = next(stack.values for stack in stacks if stack.kind == form)
    rows = tuple(
        tuple(
            f"{value:.6g}" if main.dtype.kind == "f" else str(value) for value in row[:8].tolist()
        )
        for row in (main[:5] if main.ndim == 2 else [])
    )
    header = (tuple(f"column {i}" for i in range(min(main.shape[1], 8))),) if rows else ()
    columns = {stack.array: WORDS[stack.kind] for stack in stacks}
    log.found.append(Found(file.name, FORMS.get(form, form), len(main), columns, header + rows))
