"""What a session holds: plain values, nothing of the data but names."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dashboard.fit_on import FitOn

Scalar = str | int | float | bool | None
Predicate = tuple[tuple[tuple[str, str], ...], ...]
KINDS = ("values", "parts", "edges", "crossing", "slice")


@dataclass(frozen=True)
class Picked:
    """Some samples, by a condition that they meet, or else by id.

    Attributes:
        ids: of the samples; empty with a predicate.
        predicate: the samples that meet any of these, each of which is conditions (column, level)
            that all have to be met.
        description: where they come from, in words, as Markdown.
        number: how many they were.
    """

    ids: frozenset[str] = frozenset()
    predicate: Predicate = ()
    description: str = ""
    number: int = 0


@dataclass(frozen=True)
class Making:
    """How a grouping was made.

    Attributes:
        kind: of KINDS.
        columns: what it is made of; of a crossing, names or other makings.
        mark: "values": what separates several values of a cell; empty: one value.
        parts: "parts": how many.
        edges: "edges": where the numbers were cut.
        name: "slice": of its level.
        samples: "slice": which are inside.
    """

    kind: str
    columns: "tuple[str | Making, ...]" = ()
    mark: str = ""
    parts: int = 0
    edges: tuple[float, ...] = ()
    name: str = ""
    samples: Picked | None = None


@dataclass(frozen=True)
class Team:
    """An ensemble that was kept.

    Attributes:
        members, rule, options, weights: as those of an Ensemble that is not fitted.
        place: among the colours, where it is shown beside the active one.
    """

    members: tuple[str, ...]
    rule: str
    options: Mapping[str, float | str] = field(default_factory=dict)
    weights: tuple[float, ...] = ()
    place: int | None = None


@dataclass(frozen=True)
class Data:
    """Which data a session is of.

    Attributes:
        name: what they were called.
        fingerprint: of the bundle as loaded; empty: not known.
        sources: names of the files.
        samples: how many.
        samples_digest: of their ids.
        models: names.
        classes: names; empty where there are too many.
        classes_digest: of all names.
    """

    name: str = ""
    fingerprint: str = ""
    sources: tuple[str, ...] = ()
    samples: int = 0
    samples_digest: str = ""
    models: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    classes_digest: str = ""


@dataclass(frozen=True)
class Session:
    """Everything that was chosen.

    Attributes:
        data: which data it is of.
        reading: what was said about the inputs: fields of `dashboard.inputs.Request` but the paths.
        members, rule, weights, options: of the active ensemble; options by rule. No members or no
            rule: not said.
        kept: the kept ensembles by name.
        fit_on: which samples to fit on; None: as usual.
        grouping, missing: of the sidebar; None: not said.
        made: the groupings that were made, by name.
        selection: None where nothing is selected.
        page: the page that was open.
        page_options: what was chosen on the pages, by name.
        figure_settings: of exported figures.
        notes: written beside figures, by the name of the figure.
    """

    data: Data = field(default_factory=Data)
    reading: Mapping[str, object] = field(default_factory=dict)
    members: tuple[str, ...] = ()
    rule: str | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, float | str]] = field(default_factory=dict)
    kept: Mapping[str, Team] = field(default_factory=dict)
    fit_on: FitOn | None = None
    grouping: str | None = None
    missing: str | None = None
    made: Mapping[str, Making] = field(default_factory=dict)
    selection: Picked | None = None
    page: str = ""
    page_options: Mapping[str, Scalar | tuple] = field(default_factory=dict)
    figure_settings: Mapping[str, Scalar | tuple] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
