"""What each array of a file is, from its place, its name, and else its shape and values."""

import numpy as np

from analysis.checks import SUM_TOLERANCE
from analysis.lazy import blocks
from analysis.loading.arrays import texts
from analysis.loading.sources import File, Log, RefusedError
from analysis.stored import FileArray

IDS = ("ids", "id", "sample_ids", "sample_id")
LABELS = (
    *("labels", "label", "label_ids", "y", "y_true", "y_test", "y_val", "targets", "target"),
    *("gold", "gt", "ground_truth"),
)
CLASSES = ("classes", "class_names")
MODELS = ("models", "model_names")
NAMES = "names"  # of the models or of the classes
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


def kinds_of(file: File, arrays: dict[str, np.ndarray | FileArray], log: Log) -> dict[str, str]:
    """Array name -> what it is, a key of WORDS.

    Args:
        file: its place and name say what single arrays are.
        arrays: by name.
        log: receives how an array `names` is read.

    Raises:
        RefusedError: a file of one array that holds ids or names of models.
    """
    whole = _by_place(file)
    if whole and (whole != "array" or lone(file)):
        return {name: whole if whole != "array" else _array_kind(v) for name, v in arrays.items()}
    kinds = {}
    for name, values in arrays.items():
        alone = lone(file)
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
    _settle_names(file, arrays, kinds, log)
    models = next((len(arrays[name]) for name, kind in kinds.items() if kind == "models"), 0)
    for name, values in arrays.items():
        several = kinds[name] == "probabilities" and values.ndim == 2 and models > 1
        if several and unnamed(name) and not _sums_to_one(values):
            kinds[name] = "second class"
    return kinds


def _settle_names(
    file: File, arrays: dict[str, np.ndarray | FileArray], kinds: dict[str, str], log: Log
) -> None:
    """An array `names` holds those of the classes where it fits these, else of the models."""
    name = next((name for name in arrays if name.lower() == NAMES), None)
    if name is None or lone(file) or arrays[name].ndim != 1 or arrays[name].dtype.kind not in "US":
        return
    beside = {other: kind for other, kind in kinds.items() if other != name}
    fits = _names_classes(set(texts(arrays[name])), arrays, beside)
    kinds[name] = "classes" if fits else "models"
    of, other = ("classes", "models") if kinds[name] == "classes" else ("models", "classes")
    log.note(
        f"{file.name}: the array '{name}' is read as the names of the {of}; call it '{of}' or "
        f"'{other}' to say so."
    )


def _names_classes(
    names: set[str], arrays: dict[str, np.ndarray | FileArray], kinds: dict[str, str]
) -> bool:
    """Names are labels or answers of the same file, or as many as the columns of an array."""
    for other, kind in kinds.items():
        values = arrays[other]
        listed = kind in ("labels", "answers", "classes") and values.dtype.kind in "US"
        if listed and names.intersection(texts(values.ravel())):
            return True
    if "classes" in kinds.values():
        return False
    held = [arrays[other] for other, kind in kinds.items() if kind == "probabilities"]
    if any(len(names) in values.shape[:2] for values in held if values.ndim == 3):
        return "models" in kinds.values()
    return any(
        values.shape[-1] == len(names)
        and (values.ndim == 3 or _sums_to_one(values) or _leaves_unit(values))
        for values in held
    )


def _sums_to_one(values: np.ndarray | FileArray) -> bool:
    """Rows are probabilities of several classes, and so of one model."""
    with np.errstate(invalid="ignore", over="ignore"):
        return all(
            bool((np.abs(block.sum(1, dtype=np.float64) - 1) <= SUM_TOLERANCE).all())
            for block in blocks(values)
        )


def _leaves_unit(values: np.ndarray | FileArray) -> bool:
    return any(bool(((block < 0) | (block > 1)).any()) for block in blocks(values))


def lone(file: File) -> bool:
    """The file is one array without a name of its own."""
    return file.suffix == ".npy" or start_of(file) == b"\x93N"


def start_of(file: File) -> bytes:
    """The first two bytes."""
    if isinstance(file.content, bytes):
        return file.content[:2]
    with file.content.open("rb") as stream:
        return stream.read(2)


def unnamed(name: str) -> bool:
    """An array is called after what it holds, and not after a model."""
    return name.lower() in UNNAMED


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


def _array_kind(values: np.ndarray | FileArray) -> str:
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
        whole = bool(np.all(~np.isfinite(values) | (values % 1 == 0)))
        beyond = bool(np.any((values < 0) | (values > 1)))
    return "answers" if whole and beyond else "second class"


def _one_hot(values: np.ndarray) -> bool:
    return bool(((values == 0) | (values == 1)).all() and (values.sum(1) == 1).all())
