"""Accuracies of models in several settings (test sets, shifts, tasks), without single samples."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from analysis.checks import BundleError
from analysis.intervals import wilson
from analysis.pareto import non_dominated

DIGITS = 12


@dataclass(frozen=True, eq=False)
class AccuracyTable:
    """How accurate each of M models is in each of S settings. Immutable.

    Attributes:
        models: M unique names.
        settings: S unique names.
        accuracy: float64 [M, S] in [0, 1], NaN where it was not measured.
        counts: int64 [M, S], samples behind each accuracy, 0 where unknown; None: all unknown.
        model_info: {column: numpy values [M]}, numbers or text.
        setting_info: {column: numpy values [S]}, numbers or text.
        notes: what was assumed while loading, one sentence each.
        fingerprint: digest of the data; the order of models and settings does not matter, nor do
            digits behind the twelfth.
    """

    models: tuple[str, ...]
    settings: tuple[str, ...]
    accuracy: Tensor
    counts: Tensor | None = None
    model_info: Mapping[str, np.ndarray] = field(default_factory=dict)
    setting_info: Mapping[str, np.ndarray] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    fingerprint: str = ""

    def __post_init__(self) -> None:
        _check(self)
        if not self.fingerprint:
            object.__setattr__(self, "fingerprint", _fingerprint(self))

    @property
    def measured(self) -> Tensor:
        """Bool [M, S]."""
        return torch.isfinite(self.accuracy)

    def of(self, settings: Sequence[str]) -> Tensor:
        """The accuracies in these settings, float64 [M, K].

        Raises:
            BundleError: there is no setting of this name.
        """
        return self.accuracy[:, _places(self.settings, settings, "setting")]

    def select(self, models: Sequence[str]) -> "AccuracyTable":
        """The table of these models only, in this order.

        Raises:
            BundleError: there is no model of this name.
        """
        rows = _places(self.models, models, "model")
        return replace(
            self,
            models=tuple(models),
            accuracy=self.accuracy[rows],
            counts=None if self.counts is None else self.counts[rows],
            model_info={name: values[rows] for name, values in self.model_info.items()},
            fingerprint="",
        )

    def intervals(self) -> tuple[Tensor, Tensor]:
        """Ends of the 95 % Wilson intervals, float64 [M, S]; NaN where n is not known."""
        counts = torch.zeros(self.accuracy.shape) if self.counts is None else self.counts
        return wilson(self.accuracy * counts, counts)


def complete(accuracy: Tensor) -> Tensor:
    """Which models were measured in every setting.

    Args:
        accuracy: float [M, K], NaN where not measured.

    Returns:
        bool [M].
    """
    return torch.isfinite(accuracy).all(1)


def front(accuracy: Tensor) -> Tensor:
    """Which models no other one beats: at least as good in every setting, better in one.

    Args:
        accuracy: float [M, K]; models with a gap take no part.

    Returns:
        bool [M], False for a model with a gap.

    Example:
        >>> front(torch.tensor([[0.9, 0.2], [0.8, 0.3], [0.8, 0.1]])).tolist()
        [True, True, False]
    """
    known = complete(accuracy)
    kept = torch.zeros_like(known)
    kept[known] = non_dominated(accuracy[known], ("max",) * accuracy.shape[1])
    return kept


def mean_accuracy(accuracy: Tensor) -> Tensor:
    """Mean over the settings, each counting the same.

    Args:
        accuracy: float [M, K].

    Returns:
        float64 [M] in [0, 1], higher is better; NaN for a model with a gap.
    """
    return accuracy.double().mean(1)


def mean_rank(accuracy: Tensor) -> Tensor:
    """Mean over the settings of the rank among the models that were measured in all of them.

    The best model of a setting has rank 1; equal ones share the mean of their ranks.

    Args:
        accuracy: float [M, K].

    Returns:
        float64 [M], at least 1, lower is better; NaN for a model with a gap.

    Example:
        >>> mean_rank(torch.tensor([[0.9, 0.5], [0.7, 0.5], [0.8, torch.nan]])).tolist()
        [1.25, 1.75, nan]
    """
    known = complete(accuracy)
    ranks = torch.full(accuracy.shape, torch.nan, dtype=torch.float64)
    for place in range(accuracy.shape[1]):
        column = -accuracy[known, place]
        _, value, times = column.unique(return_inverse=True, return_counts=True)
        last = times.cumsum(0).double()
        ranks[known, place] = (last - (times - 1) / 2)[value]
    return ranks.mean(1)


def _places(known: Sequence[str], wanted: Sequence[str], noun: str) -> list[int]:
    place = {name: at for at, name in enumerate(known)}
    for name in wanted:
        if name not in place:
            more = " ..." if len(known) > 8 else ""
            raise BundleError(
                f"There is no {noun} '{name}'; the {noun}s are {', '.join(known[:8])}{more}."
            )
    return [place[name] for name in wanted]


def _check(table: AccuracyTable) -> None:
    models, settings = len(table.models), len(table.settings)
    for noun, names in (("model", table.models), ("setting", table.settings)):
        if not names:
            raise BundleError(f"There is no {noun}; give the accuracy of at least one.")
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise BundleError(f"The {noun} '{twice}' occurs more than once; each must be unique.")
    for name, values in (("accuracy", table.accuracy), ("counts", table.counts)):
        if values is not None and tuple(values.shape) != (models, settings):
            raise BundleError(
                f"{name} has shape {tuple(values.shape)}; expected {(models, settings)} for "
                f"{models} models and {settings} settings."
            )
    known = table.accuracy[table.measured]
    if ((known < 0) | (known > 1)).any() or torch.isinf(table.accuracy).any():
        raise BundleError("accuracy holds values outside 0 to 1; give shares, NaN for a gap.")
    if table.counts is not None and (table.counts < 0).any():
        raise BundleError("counts holds a negative number; give 0 where n is not known.")
    for kind, number in (("model", models), ("setting", settings)):
        for name, values in getattr(table, f"{kind}_info").items():
            if len(values) != number:
                raise BundleError(
                    f"{kind}_info '{name}' has {len(values)} rows; expected {number}, one per "
                    f"{kind}."
                )


def _fingerprint(table: AccuracyTable) -> str:
    rows = sorted(range(len(table.models)), key=table.models.__getitem__)
    columns = sorted(range(len(table.settings)), key=table.settings.__getitem__)
    digest = hashlib.blake2b(digest_size=16)
    for names, order in ((table.models, rows), (table.settings, columns)):
        digest.update(f"{len(names)}\0".encode() + "\0".join(names[i] for i in order).encode())
    # Adding 0.0 makes a rounded -0.0 the ordinary zero.
    digest.update((table.accuracy.numpy().round(DIGITS) + 0.0)[np.ix_(rows, columns)].tobytes())
    if table.counts is not None:
        digest.update(table.counts.numpy()[np.ix_(rows, columns)].tobytes())
    for info, order in ((table.model_info, rows), (table.setting_info, columns)):
        for name, values in sorted(info.items()):
            digest.update(f"\0{name}\0{values.dtype}\0".encode())
            digest.update("\0".join(repr(values[i]) for i in order).encode())
    return digest.hexdigest()
