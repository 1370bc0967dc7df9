"""--session FILE on the command line: a session supplies options; what is said explicitly wins."""

import argparse
import sys
from pathlib import Path

from analysis.bundle import Bundle
from analysis.ensemble import Ensemble
from analysis.fitting import needs_split
from analysis.splits import Split, split, split_by
from dashboard.rule_choice import effective, weighed
from dashboard.sessions.files import from_path
from dashboard.sessions.fitting import fitted_to
from dashboard.sessions.session import Session
from dashboard.sessions.teams import ensembles_of
from dashboard.theme import spelt

FLAGS = {
    "columns": "--column",
    "missing_markers": "--missing-marker",
    "models": "--models",
    "groups": "--groups",
    "where": "--where",
    "values": "--values",
    "empty": "--empty",
    "multi": "--multi",
    "threshold": "--threshold",
    "alike": "--alike",
}


def read(path: Path) -> Session:
    """The session; fields that are not known are named on standard error.

    Raises:
        BundleError: it cannot be read.
    """
    session, unknown = from_path(path)
    for name in unknown:
        say(f"Unknown field '{name}' was left out.")
    return session


def supplied(request: dict, session: Session) -> dict:
    """The request with what the session says of the inputs, where the command line says nothing."""
    found = dict(request)
    for name, value in session.reading.items():
        own = list(value) if isinstance(value, tuple) else value
        if name == "columns":
            own = {role: list(names) for role, names in value.items()}
        if name not in request:
            found[name] = own
        elif request[name] != own:
            say(f"{FLAGS[name]} of the command line holds, not that of the session.")
    return found


def judged(
    session: Session, bundle: Bundle, options: argparse.Namespace
) -> tuple[Bundle, list[Ensemble], Split | None]:
    """The bundle with the groupings that were made, the ensembles, and what they are fitted on.

    Ensembles and split are those of the session where the command line names none; `missing` of
    the options is filled in.
    """
    fitting = fitted_to(session, bundle)
    for line in (*fitting.differs, *fitting.left_out):
        say(line)
    fits, bundle = fitting.session, fitting.bundle
    if options.missing is None:
        options.missing = fits.missing
    elif fits.missing not in (None, options.missing):
        say("--missing of the command line holds, not that of the session.")
    if fits.selection is not None:
        say("The selection is not used here: all samples are judged.")
    found = _ensembles(fits, bundle)
    if options.ensemble and found:
        say("--ensemble of the command line holds, not the ensembles of the session.")
        found = []
    wanted = fits.fit_on
    if options.fit_on:
        if wanted is not None:
            say("--fit-on of the command line holds, not that of the session.")
        return bundle, found, None
    if wanted is None or not any(needs_split(one) for one in found):
        return bundle, found, None
    if wanted.way == "column":
        return bundle, found, split_by(bundle, wanted.column, wanted.value)
    return bundle, found, split(bundle, share=wanted.share / 100, seed=wanted.seed, by=wanted.by)


def active_ensemble(session: Session, bundle: Bundle) -> list[Ensemble]:
    """The active ensemble; none where the session does not say it."""
    if not session.members or session.rule is None:
        return []
    rule = effective(bundle, session.members, session.rule)
    if rule != session.rule:
        say(f"The members cannot answer by {session.rule}; {rule} is used instead.")
    members, weights = weighed(session.members, rule, session.weights)
    return [Ensemble(members, rule, dict(session.options.get(rule, {})), weights)]


def _ensembles(session: Session, bundle: Bundle) -> list[Ensemble]:
    """The active one first, then those that were kept; each once."""
    stored, _ = ensembles_of(session.kept)
    found = (*active_ensemble(session, bundle), *stored.values())
    return list({one.key: one for one in found}.values())


def say(sentence: str) -> None:
    """Tell on standard error, where messages of the command go."""
    print(f"session: {spelt(sentence)}", file=sys.stderr)
