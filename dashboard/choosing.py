"""What is chosen: the samples that are marked, and what the sidebar holds."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from analysis.bundle import Bundle
from analysis.ensemble import Ensemble
from analysis.fitting import Fitted
from dashboard.fit_on import HeldOut
from dashboard.sessions.session import Predicate


def digest_of(rows: np.ndarray) -> str:
    """Short text that is equal for equal rows."""
    return hashlib.blake2b(rows.astype(np.int32).tobytes(), digest_size=8).hexdigest()


@dataclass(frozen=True, eq=False)
class Selection:
    """The samples that the user has marked; every view narrows to or highlights them.

    Attributes:
        positions: int32 [n], rows of the open bundle, ascending.
        source: key of the panel that made it.
        description: where it came from, in words.
        total: samples of the bundle.
        predicate: conditions that these samples met when they were picked; empty where they were
            picked one by one.
        inside: what its panel was narrowed to when it was picked there, and stays narrowed to;
            None: the panel shows all samples.
    """

    positions: np.ndarray
    source: str
    description: str
    total: int
    predicate: Predicate = ()
    inside: "Selection | None" = None

    @property
    def digest(self) -> str:
        """Short text that is equal for equal samples."""
        return digest_of(self.positions)


def moved(
    picked: Selection, before: HeldOut | None, after: HeldOut | None, total: int
) -> Selection | None:
    """The same samples where others of the open bundle are looked at; None where none is left.

    Args:
        picked: samples of what was looked at before.
        before: how the bundle was parted; None: all of it was looked at.
        after: how it is parted now.
        total: samples that are looked at now.
    """
    rows = picked.positions if before is None else before.rows[picked.positions]
    kept = rows if after is None else np.flatnonzero(np.isin(after.rows, rows))
    if not len(kept):
        return None
    gone = len(rows) - len(kept)
    left = f" ({gone} of them are fitted on and left out)" if gone else ""
    return replace(
        picked,
        positions=np.asarray(kept, dtype=np.int32),
        description=f"{picked.description}{left}",
        total=total,
        inside=picked.inside and moved(picked.inside, before, after, total),
    )


@dataclass(frozen=True, eq=False)
class Choices:
    """What the sidebar holds: data, ensembles, grouping, missing rule.

    Attributes:
        bundle: the samples that are looked at: all, or those that nothing was fitted on.
        ensemble: the active one.
        grouping: which groups figures are broken down by.
        missing: "exclude" or "wrong".
        name: of the active ensemble, where it was kept under one.
        beside: kept ensembles that are shown beside it, by name.
        slots: place of each of them among the colours.
        held_out: how the open bundle was parted, where something shown is fitted.
        fits: how the fitted ones came about, by the key of the ensemble.
    """

    bundle: Bundle
    ensemble: Ensemble
    grouping: str | None
    missing: str
    name: str = ""
    beside: Mapping[str, Ensemble] = field(default_factory=dict)
    slots: Mapping[str, int] = field(default_factory=dict)
    held_out: HeldOut | None = None
    fits: Mapping[str, Fitted] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What the active ensemble is called."""
        return self.name or self.ensemble.label


def opening_team(opened: Bundle) -> tuple[str, ...]:
    """The team that the data name themselves, else all models."""
    marks = opened.model_info.get("opening_team")
    if marks is None:
        return opened.models
    team = tuple(m for m, mark in zip(opened.models, marks, strict=True) if mark == "yes")
    return team or opened.models


def opening_grouping(opened: Bundle) -> str | None:
    """The smallest grouping of two or more levels that is not the label itself."""
    sizes = {
        column: len(grouping.levels)
        for column, grouping in opened.groups.items()
        if len(grouping.levels) > 1
    }
    own = {column: size for column, size in sizes.items() if column != "label"} or sizes
    return min(own, key=own.get) if own else None
