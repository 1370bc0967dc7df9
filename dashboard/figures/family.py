"""A family of figures: what it shows, what it needs, and how one is drawn from the choices."""

import html
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analysis.accuracies import AccuracyTable
from analysis.bundle import Bundle, BundleError
from analysis.rules import RULES
from analysis.summary import installed_version
from dashboard import compute
from dashboard.choosing import Choices
from dashboard.group_options import LEAST
from dashboard.needs import NEEDS, lacking
from dashboard.theme import count, unescaped
from dashboard.words import counted

SECTIONS = {
    "overview": "Overview",
    "disagreement": "Disagreement",
    "corrections": "Corrections",
    "fronts": "Fronts",
    "groups": "Groups",
    "slices": "Slices",
    "calibration": "Calibration",
    "difficulty": "Difficulty",
    "rankings": "Rankings",
    "samples": "Samples",
}
SETTINGS = "settings"  # no section of a report: these figures are about other data
HINT = re.compile(r"\s*(Click|Clicking|Drag|drag|Draw|Tick) [^.]*(\.|$)|; only these can be picked")
SUBTITLE = 100  # letters in a line
TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Settings:
    """What is chosen beside the choices of the sidebar.

    Attributes:
        seed: of everything that is drawn by lot.
        least: samples that a group needs to count.
        accuracies: a table of accuracies without samples, where one is open.
        selected: rows of the samples that figures narrow to, where they can; None: all.
    """

    seed: int = 0
    least: int = LEAST
    accuracies: AccuracyTable | None = None
    selected: np.ndarray | None = None

    def samples(self, choices: Choices) -> Bundle:
        """The samples that figures narrow to."""
        if self.selected is None:
            return choices.bundle
        return compute.taken(choices.bundle, self.selected)


Built = go.Figure | str


@dataclass(frozen=True)
class Family:
    """One row of the catalogue.

    Attributes:
        name: in kebab-case.
        title: short, as in a list.
        section: a key of `SECTIONS`, or `SETTINGS`.
        shows: one sentence.
        build: choices and settings -> a figure, or a sentence why there is none.
        needs: keys of `dashboard.needs.NEEDS`.
        table: the numbers behind it, where they are a table.
        measures: names in the catalogue of measures or of axes; what tells them from the
            choices, where they depend on the data.
        methods: other functions that it rests on; their docstrings name the sources.
        interval: what its brackets and bars are; empty where it has none.
        in_report: drawn in a report too; the others take long or say the same again.
    """

    name: str
    title: str
    section: str
    shows: str
    build: Callable[[Choices, Settings], Built]
    needs: tuple[str, ...] = ()
    table: Callable[[Choices, Settings], pd.DataFrame] | None = None
    measures: tuple[str, ...] | Callable[[Choices], tuple[str, ...]] = ()
    methods: tuple[Callable, ...] = ()
    interval: str = ""
    in_report: bool = True

    def measured(self, choices: Choices) -> tuple[str, ...]:
        """The names of the measures that it shows for these data."""
        return self.measures(choices) if callable(self.measures) else self.measures

    @property
    def needed(self) -> str:
        """What it needs, in words."""
        return "; ".join(NEEDS[need] for need in self.needs) or "nothing but answers"


@dataclass(frozen=True, eq=False)
class Drawn:
    """A figure with all that is said of it.

    Attributes:
        figure: in the colours of paper.
        caption: plain text: what is seen, n, rule, measure, interval.
        alt: plain text in place of the figure.
        frame: the numbers behind it; None where they are not a table.
    """

    figure: go.Figure
    caption: str
    alt: str
    frame: pd.DataFrame | None = None


def draw(family: Family, choices: Choices | None, settings: Settings) -> Drawn | str:
    """A figure of this family, or a sentence why there is none for these data.

    Args:
        family: of the catalogue.
        choices: None where the data are a table of accuracies alone.
        settings: with that table, where there is one.
    """
    if lacks := _lacking(family, choices, settings):
        return lacks
    try:
        figure = family.build(choices, settings)
        if isinstance(figure, str):
            return unescaped(figure)
        frame = None if family.table is None else family.table(choices, settings)
    except BundleError as problem:
        return str(problem)
    title, subtitle = _plain(figure.layout.title.text), _without_hints(figure)
    alt = " ".join(_ended(part) for part in (title, subtitle) if part)
    of = [] if family.section == SETTINGS else _made(family, choices)
    if of and "n = " not in alt:
        of.insert(0, f"Of {count(len(settings.samples(choices).ids))} samples.")
    if family.interval:
        of.append(f"{family.interval[0].upper()}{family.interval[1:]}.")
    return Drawn(figure, " ".join([alt, *of]), alt, frame)


def _lacking(family: Family, choices: Choices | None, settings: Settings) -> str:
    """What the data lack, as a sentence; empty where they have all that is needed."""
    if family.section == SETTINGS:
        table = settings.accuracies
        few = table is None or len(table.settings) < 2
        return f"This needs {NEEDS['accuracies']}, and the data have none." if few else ""
    if choices is None:
        return "The input holds accuracies alone; expected answers on single samples."
    return lacking(family.needs, choices)


def _made(family: Family, choices: Choices) -> list[str]:
    """Rule and gaps, as a caption says them."""
    rule = RULES[choices.ensemble.rule].label
    said = []
    if family.section not in ("disagreement", "rankings"):
        said.append(f"Ensemble: {rule} of {counted(len(choices.ensemble.members), 'model')}.")
    if choices.bundle.gaps:
        gaps = {"exclude": "are left out", "wrong": "count as wrong"}
        said.append(f"Missing answers {gaps[choices.missing]}.")
    return said


def _ended(text: str) -> str:
    """With a full stop, unless it ends otherwise."""
    text = text.rstrip(" ;,")
    return text if text.endswith((".", "?", "!")) else f"{text}."


def version_note() -> str:
    """By what a figure was made."""
    return f"Made with Dissensus {installed_version()}."


def _without_hints(figure: go.Figure) -> str:
    """Take out of the subtitle what helps only where one can click; the rest as plain text."""
    subtitle = figure.layout.title.subtitle
    if not subtitle.text:
        return ""
    text = HINT.sub("", subtitle.text.replace("<br>", " ")).strip()
    subtitle.text = "<br>".join(textwrap.wrap(text, SUBTITLE))
    return _plain(text)


def _plain(text: str | None) -> str:
    return " ".join(html.unescape(TAG.sub(" ", text or "")).split())
