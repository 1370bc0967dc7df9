"""What the arrays of a file are: probabilities, answers, embeddings, labels, classes, images."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from analysis.loading.arrays import read_npy, read_npz, texts
from analysis.loading.safetensors import read_safetensors
from analysis.loading.sources import File, Found, Log, RefusedError

IDS = ("ids", "id", "sample_ids", "sample_id")
LABELS = ("labels", "label", "y", "y_true", "y_test", "y_val", "targets", "target")
CLASSES = ("classes", "class_names")
MODELS = ("models", "model_names", "names")
SPECIAL = {
    **dict.fromkeys(IDS, "ids"),
    **dict.fromkeys(LABELS, "labels"),
    **dict.fromkeys(CLASSES, "classes"),
    **dict.fromkeys(MODELS, "models"),
    "embeddings": "embeddings",
    "thumbnails": "thumbnails",
}
UNNAMED = (
    *("probs", "prob", "probabilities", "proba", "y_prob", "y_proba", "logits", "scores"),
    *("predictions", "preds", "pred", "prediction", "y_pred", "answers", "outputs", "arr_0"),
)
WORDS = {
    "ids": "sample ids",
    "labels": "labels",
    "classes": "class order",
    "models": "names of the models",
    "probabilities": "probabilities of a model",
    "second class": "probabilities of the second class",
    "answers": "answers of a model",
    "embeddings": "embeddings",
    "model embeddings": "embeddings of a model",
    "thumbnails": "thumbnails",
}
OF_MODELS = ("probabilities", "second class", "answers")
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
        values: the array; of all models of its file at once until `shapes.spread` parts them.
        ids: sample ids of its rows, when its file gives them.
        columns: class names of its columns, when its file gives them.
        models: the models that its file names, for an array of all of them.
        array: what the array is called in its file.
        where: file and row for a message, when the rows are those of a table.
        info: what a table says of the model: its base model and run.
    """

    file: File
    kind: str
    name: str
    values: np.ndarray
    ids: tuple[str, ...] | None = None
    columns: tuple[str, ...] | None = None
    models: tuple[str, ...] | None = None
    array: str = ""
    where: Callable[[int], str] | None = None
    info: Mapping[str, str] = field(default_factory=dict)

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
    kinds = _kinds(file, arrays)
    for name, values in arrays.items():
        _check_shape(file, name, kinds[name], values)
    lists = {kind: name for name, kind in reversed(kinds.items()) if kind in ("ids", "models")}
    ids, models = (
        tuple(texts(arrays[lists[kind]])) if kind in lists else None for kind in ("ids", "models")
    )
    names = _model_names(file, kinds, models or ())
    stacks = [
        Stack(file, kind, names[name], _column(arrays[name], kind), ids, models=models, array=name)
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


def _arrays(file: File) -> dict[str, np.ndarray]:
    if _lone(file):
        return {file.stem: read_npy(file)}
    if file.suffix == ".npz" or (file.suffix != ".safetensors" and _start(file) == b"PK"):
        return read_npz(file)
    return read_safetensors(file)


def _lone(file: File) -> bool:
    """The file is one array without a name of its own."""
    return file.suffix == ".npy" or _start(file) == b"\x93N"


def _start(file: File) -> bytes:
    if isinstance(file.content, bytes):
        return file.content[:2]
    with file.content.open("rb") as stream:
        return stream.read(2)


def _kinds(file: File, arrays: dict[str, np.ndarray]) -> dict[str, str]:
    """Array name -> what it is, from its place, its name and else its shape and values."""
    whole = _by_place(file)
    if whole and (whole != "array" or _lone(file)):
        return {name: whole if whole != "array" else _array_kind(v) for name, v in arrays.items()}
    kinds = {}
    for name, values in arrays.items():
        alone = _lone(file)
        kind = SPECIAL.get(name.lower()) if not alone or values.ndim == 1 else None
        if alone and kind in ("ids", "models"):
            raise RefusedError(
                f"{file.name} holds {WORDS[kind]} and nothing that they belong to; put them into "
                f"one NPZ file with the other arrays, as the array '{kind}'."
            )
        if file.role == "embeddings" and kind is None:
            kind = "embeddings" if name in ("arr_0", "embeddings") else "model embeddings"
        if kind == "models" and values.dtype.kind not in "US":
            kind = None
        kinds[name] = kind or _array_kind(values)
    models = next((len(arrays[name]) for name, kind in kinds.items() if kind == "models"), 0)
    for name, values in arrays.items():
        if kinds[name] == "probabilities" and values.ndim == 2 and models > 1 and _unnamed(name):
            kinds[name] = "second class"
    return kinds


def _by_place(file: File) -> str | None:
    if file.suffix == ".npy" and file.role in ("thumbnails", "embeddings"):
        return file.role
    if file.role in ("probabilities of one model", "embeddings of one model"):
        return {"p": "array", "e": "model embeddings"}[file.role[0]]
    if file.suffix != ".npy":
        return None
    stem, folders = file.stem.lower(), file.name.replace("\\", "/").split("/")[:-1]
    if folders and folders[-1].lower() == "embeddings":
        return "model embeddings"
    if stem == "thumbnails":
        return "thumbnails"
    return "embeddings" if "embed" in stem else None


def _array_kind(values: np.ndarray) -> str:
    """What an array of one or all models holds, by its shape and values."""
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.dtype.kind in "US":
        return "answers"
    if values.dtype.kind in "biu" and values.ndim in (1, 2):
        return "probabilities" if values.ndim == 2 and _one_hot(values) else "answers"
    if values.ndim != 1:
        return "probabilities"
    with np.errstate(invalid="ignore"):
        whole = bool(np.all(np.isnan(values) | (values % 1 == 0)))
        beyond = bool(np.any((values < 0) | (values > 1)))
    return "answers" if whole and beyond else "second class"


def _one_hot(values: np.ndarray) -> bool:
    return bool(((values == 0) | (values == 1)).all() and (values.sum(1) == 1).all())


def _column(values: np.ndarray, kind: str) -> np.ndarray:
    narrow = values.ndim == 2 and values.shape[1] == 1 and kind in ("second class", "answers")
    return values[:, 0] if narrow else values


def _unnamed(name: str) -> bool:
    return name.lower() in UNNAMED


def _model_names(file: File, kinds: dict[str, str], models: tuple[str, ...]) -> dict[str, str]:
    """Array name -> model: an array that is only called "probs" is named after its file."""
    if file.role == "probabilities":
        return {name: name for name in kinds}
    if file.role == "probabilities of one model":
        return {name: file.stem if kind in OF_MODELS else name for name, kind in kinds.items()}
    own = models[0] if len(models) == 1 else file.stem
    return {
        name: own if kind in OF_MODELS and _unnamed(name) else name for name, kind in kinds.items()
    }


def _check_shape(file: File, name: str, kind: str, values: np.ndarray) -> None:
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
