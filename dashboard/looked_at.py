"""What the commands report and figure look at: options, and what a session supplies."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from analysis.bundle import Bundle, BundleError
from analysis.ensemble import Ensemble
from analysis.fitting import needs_split
from dashboard import kept
from dashboard.choosing import Choices
from dashboard.chosen import Kept, chosen
from dashboard.commands import ensemble_of, load
from dashboard.figure_settings import usable
from dashboard.figures.family import Settings
from dashboard.fit_on import FitOn
from dashboard.group_options import LEAST
from dashboard.page_options import gathered
from dashboard.session_command import active_ensemble, say
from dashboard.sessions.fitting import fitted_to
from dashboard.sessions.making import found_rows
from dashboard.sessions.session import Session
from dashboard.sessions.teams import ensembles_of


@dataclass(frozen=True, eq=False)
class LookedAt:
    """What is looked at, as the app has it after the same was chosen there.

    Attributes:
        choices: as those of the sidebar; None where the input holds accuracies alone.
        settings: seed, smallest group, table of accuracies.
        selected: rows of the selected samples; None: nothing is selected.
        sections: of a report; empty: not said.
        notes: beside figures and sections.
        figure_settings: names of `dashboard.figure_settings.CHECKS`.
    """

    choices: Choices | None
    settings: Settings
    selected: np.ndarray | None = None
    sections: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    figure_settings: Mapping[str, object] = field(default_factory=dict)


def looked_at(request: dict, options: argparse.Namespace) -> LookedAt:
    """What the options and the session say; options win.

    Raises:
        BundleError: the input or an option cannot be used.
    """
    bundle, accuracies = load(request, options)
    if bundle is None:
        return LookedAt(None, Settings(accuracies=accuracies))
    session, bundle = _session(options, bundle)
    ensembles, names = _ensembles(options, session, bundle)
    choices = chosen(
        bundle,
        ensembles,
        kept=names,
        grouping=_either(options.by, session.grouping, "--by"),
        missing=_either(options.missing, session.missing, "--missing") or "exclude",
        fit_on=_fit_on(options, session, [*ensembles, *(names.beside.values() if names else ())]),
        seed=options.seed or 0,
    )
    pages = gathered(session.page_options)
    seed = _either(options.seed, pages.get("report-seed"), "--seed") or 0
    least = _either(options.least, pages.get("smallest-group"), "--least") or LEAST
    figures, unknown = usable(session.figure_settings)
    for name in unknown:
        say(f"The figure setting '{name[:40]}' was left out.")
    return LookedAt(
        choices,
        Settings(seed=seed, least=least, accuracies=accuracies),
        _selected(session, choices.bundle),
        tuple(pages.get("report-sections", ())),
        session.notes,
        figures,
    )


def _session(options: argparse.Namespace, bundle: Bundle) -> tuple[Session, Bundle]:
    """The session as far as it fits, an empty one where there is none; it is said what differs."""
    if options.session is None:
        return Session(), bundle
    fitting = fitted_to(options.read_session, bundle)
    for line in (*fitting.differs, *fitting.left_out):
        say(line)
    return fitting.session, fitting.bundle


def _either(option, own, flag: str):
    """What the command line says, else what the session says."""
    if option is None:
        return own
    if own not in (None, option):
        say(f"{flag} of the command line holds, not that of the session.")
    return option


def _ensembles(
    options: argparse.Namespace, session: Session, bundle: Bundle
) -> tuple[list[Ensemble], Kept | None]:
    """The active ensemble, and those that were kept; those of the command line have no names."""
    own = active_ensemble(session, bundle)
    if options.ensemble:
        if own or session.kept:
            say("--ensemble of the command line holds, not the ensembles of the session.")
        return [ensemble_of(text, bundle) for text in options.ensemble], None
    stored, slots = ensembles_of(session.kept)
    active = own[0] if own else None
    alike = [name for name, one in stored.items() if active and kept.alike(one, active)]
    beside = {name: one for name, one in stored.items() if name in slots and name not in alike}
    return own, Kept(next(iter(alike), ""), beside, slots)


def _fit_on(options: argparse.Namespace, session: Session, shown: list[Ensemble]) -> FitOn | None:
    """The samples to fit on; those of the session only where something learns from labels."""
    if options.fit_on is None:
        return session.fit_on if any(map(needs_split, shown)) else None
    if session.fit_on is not None:
        say("--fit-on of the command line holds, not that of the session.")
    column, found, value = options.fit_on.partition("=")
    if not found:
        raise BundleError(f"--fit-on {options.fit_on}: expected COL=VALUE.")
    return FitOn(way="column", column=column, value=value)


def _selected(session: Session, bundle: Bundle) -> np.ndarray | None:
    if session.selection is None:
        return None
    rows, told = found_rows(session.selection, bundle)
    for line in told:
        say(line)
    return rows if rows is not None and len(rows) else None
