"""What the arrays of NPY and NPZ files are: probabilities, embeddings, labels, classes, images."""

from dataclasses import dataclass

import numpy as np

from analysis.loading.arrays import read_npy, read_npz, texts
from analysis.loading.sources import File, Found, Log, RefusedError

IDS = ("ids", "id", "sample_ids", "sample_id")
LABELS = ("labels", "label", "y", "y_true", "targets")
CLASSES = ("classes", "class_names")
SPECIAL = {
    **dict.fromkeys(IDS, "ids"),
    **dict.fromkeys(LABELS, "labels"),
    **dict.fromkeys(CLASSES, "classes"),
    "embeddings": "embeddings",
}
WORDS = {
    "ids": "sample ids",
    "labels": "labels",
    "classes": "class order",
    "probabilities": "probabilities of a model",
    "embeddings": "embeddings",
    "model embeddings": "embeddings of a model",
    "thumbnails": "thumbnails",
}


@dataclass(frozen=True, eq=False)
class Stack:
    """One array and what it is.

    Attributes:
        file: where it comes from.
        kind: a key of WORDS.
        name: the model for probabilities and model embeddings, else the array's name.
        values: the array.
        ids: sample ids of its rows, when its file gives them.
        columns: class names of its columns, when its file gives them.
    """

    file: File
    kind: str
    name: str
    values: np.ndarray
    ids: tuple[str, ...] | None = None
    columns: tuple[str, ...] | None = None


def read_stacks(file: File, log: Log) -> list[Stack]:
    """Read the arrays of a file and say what each one is.

    Raises:
        RefusedError: an array is unsafe or has a shape or kind that fits no use.
    """
    arrays = {file.stem: read_npy(file)} if file.suffix == ".npy" else read_npz(file)
    whole = _by_place(file)
    kinds = {name: whole or SPECIAL.get(name.lower(), "probabilities") for name in arrays}
    if file.role == "embeddings" and file.suffix == ".npz":
        kinds = {name: SPECIAL.get(name.lower(), "model embeddings") for name in arrays}
        kinds = {
            n: "embeddings" if k == "model embeddings" and n in ("arr_0", "embeddings") else k
            for n, k in kinds.items()
        }
    for name, values in arrays.items():
        _check_shape(file, name, kinds[name], values)
    ids = next((tuple(texts(arrays[name])) for name, kind in kinds.items() if kind == "ids"), None)
    stacks = [Stack(file, kinds[name], name, arrays[name], ids) for name in arrays]
    _check_ids(file, ids, stacks)
    _record(file, stacks, log)
    return stacks


def _by_place(file: File) -> str | None:
    if file.role in ("thumbnails", "probabilities") and file.suffix == ".npy":
        return file.role
    if file.role in ("probabilities of one model", "embeddings of one model"):
        return {"p": "probabilities", "e": "model embeddings"}[file.role[0]]
    if file.suffix != ".npy":
        return None
    stem, folders = file.stem.lower(), file.name.replace("\\", "/").split("/")[:-1]
    if folders and folders[-1].lower() == "embeddings":
        return "model embeddings"
    if stem == "thumbnails":
        return "thumbnails"
    return "embeddings" if "embed" in stem else None


def _check_shape(file: File, name: str, kind: str, values: np.ndarray) -> None:
    shown = file.name if file.suffix == ".npy" else f"{file.name}, array '{name}'"
    sides = {"ids": 1, "labels": 1, "classes": 1, "thumbnails": 4}.get(kind, 2)
    expected = {
        "probabilities": "[samples, classes] numbers, the probabilities of one model",
        "embeddings": "[samples, dimensions] numbers",
        "model embeddings": "[samples, dimensions] numbers",
        "thumbnails": "[samples, height, width, 3] with dtype uint8",
    }.get(kind, "[length] names or whole numbers")
    fits = values.ndim == sides and values.size > 0
    if kind == "thumbnails":
        fits = fits and values.dtype == np.uint8 and values.shape[3] == 3
    elif sides == 2:
        fits = fits and values.dtype.kind in "biuf"
    elif kind in ("labels", "ids") and fits and values.dtype.kind == "f":
        fits = bool(np.all(values % 1 == 0))
    if not fits:
        raise RefusedError(
            f"{shown} has shape {values.shape} and dtype {values.dtype}; expected {expected}."
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
        if stack.kind not in ("ids", "classes") and len(stack.values) != len(ids):
            raise RefusedError(
                f"{file.name}, array '{stack.name}' has {len(stack.values):,} rows; expected "
                f"{len(ids):,}, one per id in the same file."
            )


def _record(file: File, stacks: list[Stack], log: Log) -> None:
    kinds = [stack.kind for stack in stacks]
    form = next(
        (
            k
            for k in ("probabilities", "embeddings", "model embeddings", "thumbnails")
            if k in kinds
        ),
        kinds[0],
    )
    main = next(stack.values for stack in stacks if stack.kind == form)
    rows = tuple(
        tuple(
            f"{value:.6g}" if main.dtype.kind == "f" else str(value) for value in row[:8].tolist()
        )
        for row in (main[:5] if main.ndim == 2 else [])
    )
    header = (tuple(f"column {i}" for i in range(min(main.shape[1], 8))),) if rows else ()
    form = {"model embeddings": "embeddings", "classes": "class order"}.get(form, form)
    columns = {stack.name: WORDS[stack.kind] for stack in stacks}
    log.found.append(Found(file.name, form, len(main), columns, header + rows))
