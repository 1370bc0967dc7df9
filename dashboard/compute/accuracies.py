"""Accuracies of models in settings, as the page Across settings shows them."""

from collections.abc import Sequence

import numpy as np

from analysis.accuracies import AccuracyTable, complete, front, mean_accuracy, mean_rank
from dashboard.compute.caching import cached


@cached()
def _pair(
    _table: AccuracyTable, fingerprint: str, order: tuple[tuple[str, ...], ...], x: str, y: str
) -> dict[str, np.ndarray]:
    places = [_table.settings.index(x), _table.settings.index(y)]
    values = _table.of((x, y))
    low, high = (ends[:, places] for ends in _table.intervals())
    found = {
        "accuracy": values,
        "low": low,
        "high": high,
        "both": complete(values),
        "front": front(values),
    }
    if _table.counts is not None:
        found["n"] = _table.counts[:, places]
    return {name: tensor.numpy() for name, tensor in found.items()}


def setting_pair(table: AccuracyTable, x: str, y: str) -> dict[str, np.ndarray]:
    """Two settings against each other.

    Returns:
        "accuracy", "low", "high" [M, 2], "both" [M] measured in both, "front" [M] beaten by none,
        and "n" [M, 2] where it is known.
    """
    return _pair(table, table.fingerprint, (table.models, table.settings), x, y)


def setting_intervals(table: AccuracyTable, setting: str) -> dict[str, np.ndarray]:
    """One setting: "low" and "high" [M], NaN where n is unknown, and "n" [M] where it is known."""
    place = table.settings.index(setting)
    low, high = (ends[:, place].numpy() for ends in table.intervals())
    known = {} if table.counts is None else {"n": table.counts[:, place].numpy()}
    return {"low": low, "high": high, **known}


@cached()
def _ranking(
    _table: AccuracyTable,
    fingerprint: str,
    order: tuple[tuple[str, ...], ...],
    settings: tuple[str, ...],
) -> dict[str, np.ndarray]:
    values = _table.of(settings)
    found = {
        "accuracy": values,
        "complete": complete(values),
        "mean": mean_accuracy(values),
        "rank": mean_rank(values),
        "front": front(values),
    }
    return {name: tensor.numpy() for name, tensor in found.items()}


def setting_ranking(table: AccuracyTable, settings: Sequence[str]) -> dict[str, np.ndarray]:
    """All models in some settings.

    Returns:
        "accuracy" [M, K], "complete" [M] measured in all, and over those "mean", "rank" and
        "front" [M].
    """
    order = (table.models, table.settings)
    return _ranking(table, table.fingerprint, order, tuple(settings))
