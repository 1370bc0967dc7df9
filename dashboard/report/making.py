"""A report from the choices: the same choices and settings give the same bytes."""

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version

import numpy as np
import pandas as pd

from analysis.bundle import BundleError
from analysis.rules import RULES
from analysis.summary import installed_version
from dashboard.choosing import Choices
from dashboard.figures.catalogue import of_section
from dashboard.figures.family import SECTIONS, Family, Settings, draw
from dashboard.report.findings import findings
from dashboard.report.methods import methods
from dashboard.report.page import drawing, noted, page
from dashboard.report.samples import samples
from dashboard.report.text import paragraphs, plain, table
from dashboard.theme import count

LIBRARIES = ("torch", "numpy", "plotly")
LONGEST_LIST = 4000  # letters


@dataclass(frozen=True, eq=False)
class Wanted:
    """What a report holds.

    Attributes:
        name: of the data.
        sections: keys of `SECTIONS`, in any order.
        notes: {name of a figure or a section: text}.
        selected: rows of the samples to show; None: those that tell most.
    """

    name: str
    sections: tuple[str, ...] = tuple(SECTIONS)
    notes: Mapping[str, str] = field(default_factory=dict)
    selected: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Unknown sections are refused.

        Raises:
            BundleError: there is no such section.
        """
        unknown = [name for name in self.sections if name not in SECTIONS]
        if unknown or not self.sections:
            what = f"There is no section '{unknown[0]}'" if unknown else "No section is chosen"
            raise BundleError(f"{what}; the sections are {', '.join(SECTIONS)}.")


def _silent(share: float, doing: str) -> None:
    """Nobody is told."""


def made(
    choices: Choices,
    settings: Settings,
    wanted: Wanted,
    report: Callable[[float, str], None] = _silent,
) -> bytes:
    """The report as one HTML page that asks no host for anything.

    Args:
        choices: of the sidebar, or of `dashboard.chosen`.
        settings: seed, smallest group.
        wanted: sections and notes.
        report: told how far it is; it may raise to end the work.

    Returns:
        UTF-8; equal for equal arguments.
    """
    chosen = [key for key in SECTIONS if key in wanted.sections]
    parts, shown = [], []
    for place, key in enumerate(chosen):
        report(place / len(chosen), SECTIONS[key])
        tell = partial(report, place / len(chosen))
        text, drawn = _section(key, choices, settings, wanted, len(shown), tell)
        parts.append((key, SECTIONS[key], text))
        shown += drawn
    parts.append(("methods", "Methods", methods(shown, choices)))
    parts.append(("data", "Data and parameters", _data(choices, settings, wanted)))
    report(1.0, "Done")
    return page(f"Report on {wanted.name}", _facts(choices), parts, _versions())


def _section(
    key: str, choices: Choices, settings: Settings, wanted: Wanted, before: int, tell: Callable
) -> tuple[str, list[Family]]:
    """The HTML of a section, and the families that it shows."""
    parts = [paragraphs(findings(key, choices, settings)), noted(wanted.notes, key)]
    shown, without = [], {}
    for family in of_section(key):
        if not family.in_report:
            continue
        tell(f"{SECTIONS[key]}: {family.title}")
        drawn = draw(family, choices, settings)
        if isinstance(drawn, str):
            without.setdefault(drawn, []).append(family.title)
            continue
        shown.append(family)
        number = before + len(shown)
        parts.append(f"<h3>{plain(family.title)}</h3>")
        parts.append(drawing(family.name, number, drawn.figure, drawn.alt, drawn.caption))
        parts.append(noted(wanted.notes, family.name))
        if drawn.frame is not None and len(drawn.frame):
            parts.append(table(drawn.frame, f"Numbers behind figure {number}."))
    if key == "samples":
        parts.append(samples(choices, wanted.selected))
    if without:
        listed = "".join(
            f"<li>{plain('; '.join(titles))}: {plain(why)}</li>" for why, titles in without.items()
        )
        parts.append(
            f'<p class="facts">Not drawn for these data:</p><ul class="facts">{listed}</ul>'
        )
    return "\n".join(part for part in parts if part), shown


def _facts(choices: Choices) -> str:
    bundle = choices.bundle
    facts = [
        f"{count(len(bundle.ids))} samples",
        f"{count(len(bundle.models))} models",
        f"{count(len(bundle.classes))} classes",
        choices.label,
    ]
    return f'<p class="facts">{plain(" · ".join(facts))}</p>'


def _data(choices: Choices, settings: Settings, wanted: Wanted) -> str:
    """Where the numbers come from and what was chosen, and what the loader assumed."""
    ensemble, bundle = choices.ensemble, choices.bundle
    rows = {
        "Data": wanted.name,
        "Fingerprint": bundle.fingerprint,
        "Samples": count(len(bundle.ids)),
        "Rule": RULES[ensemble.rule].label,
        "Members": _listed(ensemble.members),
        "Options of the rule": _listed(
            [f"{name} = {value}" for name, value in ensemble.options.items()]
        ),
        "Weights": _listed([f"{weight:.3g}" for weight in ensemble.weights]),
        "Beside it": _listed(list(choices.beside)),
        "Grouping": choices.grouping or "none",
        "Missing answers": {"exclude": "left out", "wrong": "count as wrong"}[choices.missing],
        "Fitted on": "nothing"
        if choices.held_out is None
        else f"{count(int(choices.held_out.split.fit.sum()))} samples "
        f"({choices.held_out.split.description}), left out of all figures",
        "Smallest group": count(settings.least),
        "Seed": str(settings.seed),
    }
    frame = pd.DataFrame({"what": list(rows), "value": list(rows.values())})
    notes = "".join(f"<li>{plain(note)}</li>" for note in bundle.notes)
    told = f"<p>What the loader assumed:</p><ul>{notes}</ul>" if notes else ""
    return table(frame, "All that was chosen.", LONGEST_LIST) + told


def _listed(texts: Sequence[str], most: int = 60) -> str:
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return (", ".join(texts[:most]) or "none") + more


def _versions() -> str:
    known = [f"{name} {version(name)}" for name in LIBRARIES]
    made_by = f"Dissensus {installed_version()}, Python {platform.python_version()}"
    return f"<p>Made with {plain(', '.join([made_by, *known]))}.</p>"
