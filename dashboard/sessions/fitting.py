"""What of a session fits the data that are open, and what is left out, in sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from types import MappingProxyType

from analysis.bundle import Bundle, BundleError
from analysis.eligibility import lacking
from analysis.grouping import Grouping
from analysis.made_groups import loaded_fingerprint, with_groupings
from analysis.rules import RULES
from dashboard import fit_on
from dashboard.rule_choice import MOST_WEIGHT, from_labels, labelled
from dashboard.sessions.making import built
from dashboard.sessions.session import Data, Session, Team
from dashboard.theme import shortened

NAMED_CLASSES = 200
SHOWN = 3


@dataclass(frozen=True, eq=False)
class Fitting:
    """A session as far as it fits a bundle.

    Attributes:
        session: what fits.
        bundle: with the groupings that were made.
        made: these, by name, and those that were made before.
        differs: how the data differ from those of the session, a sentence each.
        left_out: what was left out and why, a sentence each.
    """

    session: Session
    bundle: Bundle
    made: dict[str, Grouping]
    differs: tuple[str, ...]
    left_out: tuple[str, ...]


def data_of(bundle: Bundle, name: str, sources: Sequence[str] = ()) -> Data:
    """What a session says of the data that it is of."""
    few = len(bundle.classes) <= NAMED_CLASSES
    return Data(
        name=name,
        fingerprint=loaded_fingerprint(bundle),
        sources=tuple(sources),
        samples=len(bundle.ids),
        samples_digest=_digest(bundle.ids),
        models=bundle.models,
        classes=bundle.classes if few else (),
        classes_digest=_digest(bundle.classes),
    )


def _digest(names: Sequence[str]) -> str:
    return blake2b("\0".join(names).encode(), digest_size=8).hexdigest()


def differences(data: Data, bundle: Bundle, whose: str = "the session") -> list[str]:
    """How a bundle differs from the data of a session, a sentence each; none: it is the same."""
    own = loaded_fingerprint(bundle)
    if not data.fingerprint or own == data.fingerprint or _begins(own, data.fingerprint):
        return []
    said = [
        f"These are other data than those of {whose}: fingerprint {own[:12]} instead of "
        f"{shortened(data.fingerprint[:12])}."
    ]
    if data.models:
        said += _names("Models", data.models, bundle.models)
    if data.samples_digest and data.samples_digest != _digest(bundle.ids):
        same = "other ones" if data.samples == len(bundle.ids) else f"{len(bundle.ids):,}"
        said.append(f"The session is of {data.samples:,} samples; here are {same}.")
    if data.classes_digest and data.classes_digest != _digest(bundle.classes):
        named = _names("Classes", data.classes, bundle.classes) if data.classes else []
        said += named or ["The classes are other ones, or in another order."]
    if len(said) == 1 and data.models:
        said.append("Models, samples and classes have the same names; what was answered differs.")
    return said


def _begins(own: str, asked: str) -> bool:
    """A link says only how a fingerprint begins."""
    return len(asked) >= 12 and own.startswith(asked)


def _names(kind: str, before: Sequence[str], now: Sequence[str]) -> list[str]:
    missing = [name for name in before if name not in set(now)]
    more = [name for name in now if name not in set(before)]
    gone = [f"{kind} of the session that are missing here: {_few(missing)}."] if missing else []
    return gone + ([f"{kind} that the session does not know: {_few(more)}."] if more else [])


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(shortened(name) for name in names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN:,} more"


def fitted_to(
    session: Session,
    bundle: Bundle,
    before: Mapping[str, Grouping] = MappingProxyType({}),
    *,
    whose: str = "the session",
) -> Fitting:
    """The session as far as it fits a bundle; nothing is changed.

    Args:
        session: as it was read.
        bundle: that is open.
        before: groupings of the bundle that were made in it; they stay.
        whose: what the choices came with, for messages.
    """
    left: list[str] = []
    bundle, made = _makings(session, bundle, before, left)
    rule = session.rule
    if rule is not None and rule not in RULES:
        left.append(f"There is no rule '{shortened(rule)}'.")
        rule = None
    fitting = replace(
        session,
        members=_members(session.members, bundle, "The active ensemble", left),
        rule=rule,
        weights=_weights(session, bundle, left),
        options={
            name: _options(name, given, left)
            for name, given in session.options.items()
            if _known(name, left)
        },
        kept=_kept(session, bundle, left),
        fit_on=_fit_on(session, bundle, left),
        grouping=_grouping(session.grouping, bundle, left),
        made={name: making for name, making in session.made.items() if name in made},
    )
    return Fitting(
        fitting, bundle, made, tuple(differences(session.data, bundle, whose)), tuple(left)
    )


def _makings(
    session: Session, bundle: Bundle, before: Mapping[str, Grouping], left: list[str]
) -> tuple[Bundle, dict[str, Grouping]]:
    made = dict(before)
    for name, making in session.made.items():
        try:
            more = {**made, name: built(making, bundle)}
            bundle, made = with_groupings(bundle, more, before=tuple(made)), more
        except BundleError as problem:
            left.append(f"Grouping '{shortened(name)}' cannot be made. {problem}")
    return bundle, made


def _known(rule: str, left: list[str]) -> bool:
    if rule not in RULES:
        left.append(f"There is no rule '{shortened(rule)}'.")
    return rule in RULES


def _members(wanted: Sequence[str], bundle: Bundle, whose: str, left: list[str]) -> tuple[str, ...]:
    """Those that the bundle has, each once."""
    known, unique = set(bundle.models), dict.fromkeys(wanted)
    here = tuple(name for name in unique if name in known)
    if gone := [name for name in unique if name not in known]:
        left.append(f"{whose} lacks {_few(gone)}: there are no such models here.")
    return here


def _weights(session: Session, bundle: Bundle, left: list[str]) -> dict[str, float]:
    known = set(bundle.models)
    found = {m: w for m, w in session.weights.items() if m in known and 0 <= w <= MOST_WEIGHT}
    if any(not 0 <= weight <= MOST_WEIGHT for weight in session.weights.values()):
        left.append(f"Weights below 0 or above {MOST_WEIGHT:g}.")
    if session.members and not any(found.get(m, 1.0) for m in session.members):
        left.append("The weights of the active ensemble are all zero.")
        return {}
    return found


def _options(rule: str, given, left: list[str]) -> dict[str, float | str]:
    found = {}
    for name, value in given.items():
        option = RULES[rule].options.get(name)
        if option is None or not option.allows(value):
            expected = "" if option is None else f", expected {option.expected}"
            told = f"{shortened(name)} = {shortened(value)}{expected}"
            left.append(f"An option of {RULES[rule].label}: {told}.")
        else:
            found[name] = value
    return found


def _kept(session: Session, bundle: Bundle, left: list[str]) -> dict[str, Team]:
    found: dict[str, Team] = {}
    for name, team in session.kept.items():
        whose = f"The kept ensemble '{shortened(name)}'"
        if not _known(team.rule, left):
            left.append(f"{whose} is left out.")
            continue
        members = _members(team.members, bundle, whose, left)
        weights = _own_weights(team, members, whose, left)
        unlabelled = from_labels(team.rule) and not labelled(bundle)
        if not members or weights is None or unlabelled or lacking(bundle, members, team.rule):
            left.append(f"{whose} is left out: nobody is left in it who can answer by its rule.")
            continue
        options = _options(team.rule, team.options, left)
        found[name] = replace(team, members=members, options=options, weights=weights)
    return found


def _own_weights(
    team: Team, members: Sequence[str], whose: str, left: list[str]
) -> tuple[float, ...] | None:
    """Weights of the members that are there; None where they all weigh nothing."""
    if not team.weights:
        return ()
    if len(team.weights) != len(team.members) or any(
        not 0 <= w <= MOST_WEIGHT for w in team.weights
    ):
        left.append(f"{whose} has weights that do not fit its members; all count alike.")
        return ()
    of = dict(zip(team.members, team.weights, strict=True))
    found = tuple(of[name] for name in members)
    return found if any(found) else None


def _fit_on(session: Session, bundle: Bundle, left: list[str]):
    wanted = session.fit_on
    if wanted is None:
        return None
    levels = fit_on.columns(bundle).get(wanted.column, ())
    if wanted.way == "column" and wanted.value not in levels:
        told = f"{shortened(wanted.column)} = {shortened(wanted.value)}"
        left.append(f"The samples to fit on: there is no {told} here.")
        return None
    if wanted.by is not None and wanted.by not in bundle.groups:
        left.append(f"The split to fit on was also by '{shortened(wanted.by)}', which is not here.")
        return replace(wanted, by=None)
    return wanted


def _grouping(name: str | None, bundle: Bundle, left: list[str]) -> str | None:
    if name is None or name in bundle.groups:
        return name
    left.append(f"There is no grouping '{shortened(name)}'.")
    return None
