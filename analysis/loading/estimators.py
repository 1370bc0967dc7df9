"""Bundles from what a notebook holds: arrays, and fitted scikit-learn estimators."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from analysis.bundle import Bundle, BundleError
from analysis.loading.arrays import texts
from analysis.loading.classes import ordered
from analysis.loading.forms import SAMPLES, WIDE, settle
from analysis.loading.joining import join
from analysis.loading.roles import Part
from analysis.loading.sources import File, Log, Options, count, quoted
from analysis.loading.stacks import Stack
from analysis.loading.tables import Column, Table

HERE = File("arrays", b"")


def from_arrays(
    predictions: Mapping[str, Sequence] | None = None,
    labels: Sequence | None = None,
    *,
    probabilities: Mapping[str, np.ndarray] | None = None,
    ids: Sequence | None = None,
    attributes: Mapping[str, Sequence] | None = None,
    classes: Sequence | None = None,
    notes: Iterable[str] = (),
) -> Bundle:
    """A bundle from arrays in memory, as if they had been read from files.

    Args:
        predictions: {model: [N]} answers, names or numbers; None or NaN is no answer.
        labels: [N], None or NaN where there is none; None: no labels at all.
        probabilities: {model: [N, C]}, columns in the order of `classes`; a model without
            predictions answers with its most probable class.
        ids: [N], unique; None: the samples are numbered from 0.
        attributes: {column: [N]} or a data frame, what is known of the samples.
        classes: C names in class order; None: the sorted labels (and answers).
        notes: what was assumed before.

    Raises:
        BundleError: lengths that differ, or what a file of the same content would be refused for.

    Example:
        >>> from_arrays({"a": ["x", "y"], "b": ["x", "x"]}, ["x", "y"]).correct.tolist()
        [[True, True], [True, False]]
    """
    predictions, probabilities = dict(predictions or {}), dict(probabilities or {})
    sides = {f"predictions of '{m}'": v for m, v in predictions.items()}
    sides |= {f"probabilities of '{m}'": v for m, v in probabilities.items()}
    sides |= {"labels": labels} if labels is not None else {}
    sides |= (
        {f"attribute '{n}'": attributes[n] for n in attributes} if attributes is not None else {}
    )
    if not predictions and not probabilities:
        raise BundleError("There are no predictions and no probabilities; give one of them.")
    size = len(next(iter(sides.values())) if ids is None else ids)
    for name, values in sides.items():
        if len(values) != size:
            raise BundleError(f"The {name} have length {len(values):,}; expected {size:,}.")
    log = Log()
    for note in notes:
        log.note(note)
    columns = {"sample_id": _column("sample_id", _names(range(size) if ids is None else ids))}
    if labels is not None:
        columns["label"] = _column("label", _answers(labels))
    for name in attributes if attributes is not None else ():
        columns[str(name)] = _column(str(name), _attribute(attributes[name]))
    parts = [_part(SAMPLES, columns, size, ("id", "label"), log)]
    if predictions:
        own = {"sample_id": columns["sample_id"]}
        own |= {str(m): _column(str(m), _answers(v)) for m, v in predictions.items()}
        parts.append(_part(WIDE, own, size, ("id",), log))
    stacks = [
        Stack(HERE, "probabilities", str(model), _distribution(model, values))
        for model, values in probabilities.items()
    ]
    if classes is not None:
        stacks.append(Stack(HERE, "classes", "classes", np.array(_names(classes), dtype=str)))
    bundle = join(parts, stacks, Options(), log)
    if bundle is None or log.problems:
        raise BundleError("\n".join(log.problems))
    return bundle


def from_estimators(
    models: Mapping[str, object] | Sequence[object],
    X: object,
    y: Sequence | None = None,
    *,
    ids: Sequence | None = None,
    attributes: Mapping[str, Sequence] | None = None,
    classes: Sequence | None = None,
) -> Bundle:
    """A bundle from fitted scikit-learn classifiers: what they answer for the samples in X.

    Args:
        models: {name: estimator}, or a list, whose members are named after their kind.
        X: [N, features], an array or a data frame, as the estimators take it.
        y: [N] labels, or None.
        ids: [N], unique; None: the index of a data frame, else numbers from 0.
        attributes: {column: [N]} or a data frame, what is known of the samples.
        classes: class names in order; None: all that an estimator or y knows, sorted.

    Returns:
        Answers of all estimators, and probabilities of those that have `predict_proba`. A class
        that an estimator never saw has probability 0 there, which is noted.

    Raises:
        BundleError: an estimator is a regressor, not fitted, or answers in another shape.
    """
    named = _named(models)
    predictions, found, own = {}, {}, {}
    for name, estimator in named.items():
        predictions[name], found[name] = _asked(name, estimator, X)
        if found[name] is not None:
            own[name] = tuple(_names(estimator.classes_))
    if ids is None and hasattr(X, "iloc"):
        ids = X.index
    given = [*(y if y is not None else ()), *(v for p in predictions.values() for v in p)]
    every = {name for names in own.values() for name in names}
    every |= {name for name in _answers(given).to_pylist() if name is not None} if given else set()
    order = tuple(ordered(every) if classes is None else _names(classes))
    notes = []
    for name, classes_ in own.items():
        absent = [kind for kind in order if kind not in classes_]
        strange = [kind for kind in classes_ if kind not in order]
        if strange:
            raise BundleError(
                f"The estimator '{name}' knows {quoted(strange)}, which is not among the classes "
                f"{quoted(order)}; give all classes."
            )
        if absent:
            notes.append(
                f"'{name}' never saw {quoted(absent)}; its probability for "
                f"{'it' if len(absent) == 1 else 'them'} is 0."
            )
        placed = np.zeros((len(found[name]), len(order)), dtype=found[name].dtype)
        placed[:, [order.index(kind) for kind in classes_]] = found[name]
        found[name] = placed
    return from_arrays(
        predictions,
        y,
        probabilities={name: values for name, values in found.items() if values is not None},
        ids=ids,
        attributes=attributes,
        classes=order,
        notes=notes,
    )


def _named(models: Mapping[str, object] | Sequence[object]) -> dict[str, object]:
    """Estimators under unique names; those of a list after their kind, a pipeline's last step."""
    if isinstance(models, Mapping):
        return {str(name): estimator for name, estimator in models.items()}
    models = list(models)
    kinds = [
        type(one.steps[-1][1] if getattr(one, "steps", None) else one).__name__ for one in models
    ]
    times, seen, named = Counter(kinds), Counter(), {}
    for kind, one in zip(kinds, models, strict=True):
        seen[kind] += 1
        named[kind if times[kind] == 1 else f"{kind} {seen[kind]}"] = one
    return named


def _asked(name: str, estimator: object, X: object) -> tuple[np.ndarray, np.ndarray | None]:
    """The answers [N] of an estimator and its probabilities [N, own classes], if it has them."""
    from sklearn.base import is_regressor
    from sklearn.exceptions import NotFittedError

    if not hasattr(estimator, "predict") or isinstance(estimator, type):
        raise BundleError(
            f"'{name}' is a {type(estimator).__name__} without predict; expected a fitted "
            "scikit-learn classifier."
        )
    if is_regressor(estimator):
        raise BundleError(
            f"The estimator '{name}' is a regressor, but Dissensus compares answers that are "
            "classes; give classifiers."
        )
    try:
        answers = np.asarray(estimator.predict(X))
        distribution = estimator.predict_proba(X) if hasattr(estimator, "predict_proba") else None
    except NotFittedError:
        raise BundleError(f"The estimator '{name}' is not fitted; call its fit first.") from None
    if answers.ndim != 1 or isinstance(distribution, list):
        raise BundleError(
            f"The estimator '{name}' gives {answers.shape[1:] or 'several'} answers per sample; "
            "expected one."
        )
    return answers, None if distribution is None else np.asarray(distribution)


def _names(values: Iterable) -> list[str]:
    """Ids or classes as text, as `texts` writes arrays of a file."""
    return texts(np.asarray(values if isinstance(values, Sequence | np.ndarray) else list(values)))


def _answers(values: Sequence) -> pa.Array:
    """Answers or labels as text with nothing for None and NaN."""
    plain = np.asarray(values).tolist()
    gaps = np.array([value is None or value != value for value in plain], dtype=bool)
    if gaps.any() or np.asarray(values).dtype.kind == "O":
        return pa.array(
            [None if gap else _text(value) for gap, value in zip(gaps, plain, strict=True)],
            pa.string(),
        )
    return pa.array(texts(np.asarray(values)), pa.string())


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _attribute(values: Sequence) -> pa.Array:
    array = np.asarray(values)
    if array.dtype.kind in "iuf":
        return pa.array(array)
    return pa.array(["" if v is None or v != v else str(v) for v in array.tolist()], pa.string())


def _distribution(model: str, values: np.ndarray) -> np.ndarray:
    values = np.asarray(values)
    if values.ndim != 2 or values.dtype.kind not in "biuf":
        raise BundleError(
            f"The probabilities of '{model}' have shape {values.shape} and dtype {values.dtype}; "
            "expected [samples, classes] numbers."
        )
    return values


def _column(name: str, values: Iterable | pa.Array) -> Column:
    array = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    return Column(name, pa.chunked_array([array]), typed=True)


def _part(form: str, columns: dict[str, Column], rows: int, roles: tuple, log: Log) -> Part:
    names = {"id": "sample_id", "label": "label"}
    chosen = {role: columns[names[role]] for role in roles if names[role] in columns}
    others = [c for name, c in columns.items() if name not in ("sample_id", "label")]
    part = Part(Table(HERE, columns, rows, {}), chosen, others)
    part.models = others if form == WIDE else []
    settle(part, form, Options(), log)
    return part


__all__ = ["count", "from_arrays", "from_estimators"]
