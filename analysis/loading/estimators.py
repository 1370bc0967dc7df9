"""Bundles from what a notebook holds: arrays, and fitted scikit-learn estimators."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from analysis.bundle import Bundle, BundleError
from analysis.loading.arrays import texts
from analysis.loading.classes import ordered
from analysis.loading.columns import Column
from analysis.loading.forms import SAMPLES, WIDE, settle
from analysis.loading.joining import join
from analysis.loading.plain_values import as_answers, as_attribute, without_gaps
from analysis.loading.roles import Part
from analysis.loading.sources import File, Log, Options, quoted
from analysis.loading.stacks import Stack
from analysis.loading.tables import Table

HERE = File("arrays", b"")
OWN = ("sample_id", "label")


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
    known = {} if attributes is None else {str(name): attributes[name] for name in attributes}
    size = _length(predictions, probabilities, labels, ids, known)
    log = Log()
    for note in notes:
        log.note(note)
    named = _ids(range(size) if ids is None else ids)
    samples = {"sample_id": named}
    if labels is not None:
        samples["label"] = _column("label", as_answers(labels))
    samples |= {name: _column(name, as_attribute(values)) for name, values in known.items()}
    parts = [_part(SAMPLES, samples, size, ("id", "label"), log)]
    if predictions:
        own = {str(model): _column(str(model), as_answers(v)) for model, v in predictions.items()}
        parts.append(_part(WIDE, {"sample_id": named} | own, size, ("id",), log))
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


def _length(
    predictions: Mapping,
    probabilities: Mapping,
    labels: Sequence | None,
    ids: Sequence | None,
    attributes: Mapping,
) -> int:
    """The number of samples, on which everything must agree.

    Raises:
        BundleError: what has another length, or a name that the samples table needs itself.
    """
    if not predictions and not probabilities:
        raise BundleError("There are no predictions and no probabilities; give one of them.")
    for name in (*(n for n in attributes if n in OWN), *(n for n in predictions if n == OWN[0])):
        raise BundleError(f"'{name}' cannot be the name of an attribute or a model; rename it.")
    sides = {f"predictions of '{model}'": v for model, v in predictions.items()}
    sides |= {f"probabilities of '{model}'": v for model, v in probabilities.items()}
    sides |= {"labels": labels} if labels is not None else {}
    sides |= {f"values of attribute '{name}'": values for name, values in attributes.items()}
    size = len(next(iter(sides.values())) if ids is None else ids)
    for name, values in sides.items():
        if len(values) != size:
            raise BundleError(f"The {name} have length {len(values):,}; expected {size:,}.")
    return size


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
    every = {name for names in own.values() for name in names}
    for values in (*predictions.values(), *(() if y is None else (y,))):
        every.update(name for name in as_answers(values).to_pylist() if name is not None)
    order = tuple(ordered(every) if classes is None else _names(classes))
    notes: list[str] = []
    aligned = {name: _aligned(name, found[name], own[name], order, notes) for name in own}
    return from_arrays(
        predictions,
        y,
        probabilities=aligned,
        ids=ids,
        attributes=attributes,
        classes=order,
        notes=notes,
    )


def _aligned(
    name: str, values: np.ndarray, own: tuple[str, ...], order: tuple[str, ...], notes: list[str]
) -> np.ndarray:
    """Probabilities [N, C] with the columns of an estimator at the places of its classes."""
    places = {kind: place for place, kind in enumerate(order)}
    if strange := [kind for kind in own if kind not in places]:
        raise BundleError(
            f"The estimator '{name}' knows {quoted(strange)}, which "
            f"{'is' if len(strange) == 1 else 'are'} not among the classes {quoted(order)}; give "
            "all classes."
        )
    known = set(own)
    if absent := [kind for kind in order if kind not in known]:
        notes.append(
            f"'{name}' never saw {quoted(absent)}; its probability for "
            f"{'it' if len(absent) == 1 else 'them'} is 0."
        )
    placed = np.zeros((len(values), len(order)), dtype=values.dtype)
    placed[:, [places[kind] for kind in own]] = values
    return placed


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


def _ids(values: Iterable) -> Column:
    values = values if isinstance(values, np.ndarray) else list(values)
    if (gaps := np.flatnonzero(without_gaps(values)[1])).size:
        raise BundleError(
            f"The sample id at place {gaps[0]} counted from 0 is missing; expected one for every "
            "sample."
        )
    names = _names(values)
    if len(set(names)) < len(names):
        twice = next(name for name, n in Counter(names).items() if n > 1)
        raise BundleError(f"The sample id '{twice}' occurs twice; each must be unique.")
    return _column("sample_id", names)


def _names(values: Iterable) -> list[str]:
    """Ids or classes as text, as `texts` writes arrays of a file."""
    return texts(np.asarray(values if isinstance(values, Sequence | np.ndarray) else list(values)))


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
