"""A session to and from JSON."""

import json
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

from analysis.bundle import BundleError
from analysis.loading.sources import printable
from dashboard.fit_on import FitOn
from dashboard.sessions import checking as check
from dashboard.sessions.checking import Fields
from dashboard.sessions.packing import packed, unpacked
from dashboard.sessions.session import KINDS, Data, Making, Picked, Session, Team

VERSION = 1
MARK = "dissensus_session"
DEEPEST_CROSSING = 6
OPTION = check.named(check.setting)
READING = {
    "columns": check.named(check.listed(check.text)),
    "models": check.listed(check.text),
    "groups": check.listed(check.text),
    "where": check.listed(check.text),
    "values": check.one_of("probabilities", "logits"),
    "empty": check.one_of("answer", "missing"),
    "missing_markers": check.listed(check.text),
    "multi": check.named(check.text),
    "threshold": check.number,
    "alike": check.one_of("keep", "merge"),
}
SIMPLE = {
    "members": (check.listed(check.text), ()),
    "rule": (check.maybe(check.text), None),
    "weights": (check.named(check.number), {}),
    "options": (check.named(OPTION), {}),
    "grouping": (check.maybe(check.text), None),
    "missing": (check.maybe(check.one_of("exclude", "wrong")), None),
    "page": (check.text, ""),
    "page_options": (check.named(check.plain, 1000), {}),
    "figure_settings": (check.named(check.plain, 1000), {}),
    "notes": (check.named(check.text, 1000), {}),
}


def to_json(session: Session) -> bytes:
    """The session as JSON: names sorted, one value a line, samples in runs of ids."""
    plain = {name: getattr(session, name) for name in SIMPLE} | {
        MARK: VERSION,
        "written_by": f"dissensus {_version()}",
        "data": asdict(session.data),
        "reading": dict(session.reading),
        "kept": {name: asdict(team) for name, team in session.kept.items()},
        "kept_order": list(session.kept),
        "fit_on": None if session.fit_on is None else vars(session.fit_on),
        "made": [{"name": name} | _making(one) for name, one in session.made.items()],
        "selection": None if session.selection is None else _picked(session.selection),
    }
    text = json.dumps(plain, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True)
    return f"{text}\n".encode()


def _version() -> str:
    try:
        return metadata.version("dissensus")
    except metadata.PackageNotFoundError:
        return "unknown"


def _picked(picked: Picked) -> dict:
    said = {"description": picked.description, "number": picked.number}
    if picked.predicate:
        return said | {"any_of": picked.predicate}
    return said | {"samples": packed(picked.ids)}


def _making(making: Making) -> dict:
    columns = [one if isinstance(one, str) else _making(one) for one in making.columns]
    samples = None if making.samples is None else _picked(making.samples)
    said = {
        "kind": making.kind,
        "columns": columns,
        "mark": making.mark,
        "parts": making.parts,
        "edges": making.edges,
        "level": making.name,
        "samples": samples,
    }
    return check.unsaid(said)


def from_json(content: bytes) -> tuple[Session, tuple[str, ...]]:
    """A session and the fields in it that are not known.

    Raises:
        BundleError: one sentence on what cannot be read.
    """
    try:
        return _read(check.parsed(content))
    except BundleError as problem:
        raise BundleError(printable(str(problem))[:500]) from None


def from_path(path: Path) -> tuple[Session, tuple[str, ...]]:
    """As `from_json`, of a file; not more of it is read than a session may have.

    Raises:
        BundleError: there is no such file, or it is no session.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(check.MOST_BYTES + 1)
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or "it is no file"
        raise BundleError(f"The session '{path}' cannot be read: {why}.") from None
    return from_json(content)


def _read(values: dict) -> tuple[Session, tuple[str, ...]]:
    left: list[str] = []
    fields = Fields(values, "The session", left)
    version = fields.take(MARK, check.number, 0)
    if version != VERSION:
        known = f"this program reads version {VERSION}"
        raise BundleError(
            f"The session is of version {version:g}; {known}."
            if version
            else f"This is no session: it has no field '{MARK}'."
        )
    fields.take("written_by", check.text, "")
    simple = {name: fields.take(name, *checked) for name, checked in SIMPLE.items()}
    kept = fields.take("kept", check.named(lambda value, where: _team(value, where, left)), {})
    order = fields.take("kept_order", check.listed(check.text), ())
    kept = {name: kept[name] for name in dict.fromkeys((*order, *kept)) if name in kept}
    session = Session(
        **simple,
        data=fields.take("data", lambda value, where: _data(value, where, left), Data()),
        reading=fields.take("reading", lambda value, where: _reading(value, where, left), {}),
        kept=kept,
        fit_on=fields.take(
            "fit_on", check.maybe(lambda value, where: _fit_on(value, where, left)), None
        ),
        made=_all_made(fields, left),
        selection=fields.take(
            "selection", check.maybe(lambda value, where: _samples(value, where, left)), None
        ),
    )
    fields.done()
    return session, tuple(left)


def _data(value: object, where: str, left: list[str]) -> Data:
    fields = Fields(value, where, left)
    texts = {
        name: fields.take(name, check.text, "")
        for name in ("name", "fingerprint", "samples_digest", "classes_digest")
    }
    lists = {
        name: fields.take(name, check.listed(check.text), ())
        for name in ("sources", "models", "classes")
    }
    samples = fields.take("samples", check.whole(0, 10**12), 0)
    fields.done()
    return Data(**texts, **lists, samples=samples)


def _reading(value: object, where: str, left: list[str]) -> dict:
    fields = Fields(value, where, left)
    absent = object()
    found = {name: fields.take(name, checked, absent) for name, checked in READING.items()}
    fields.done()
    return {name: one for name, one in found.items() if one is not absent}


def _team(value: object, where: str, left: list[str]) -> Team:
    fields = Fields(value, where, left)
    team = Team(
        members=fields.take("members", check.listed(check.text)),
        rule=fields.take("rule", check.text),
        options=fields.take("options", OPTION, {}),
        weights=fields.take("weights", check.listed(check.number), ()),
        place=fields.take("place", check.maybe(check.whole(0, 100)), None),
    )
    fields.done()
    return team


def _fit_on(value: object, where: str, left: list[str]) -> FitOn:
    fields = Fields(value, where, left)
    found = FitOn(
        way=fields.take("way", check.one_of("drawn", "column"), "drawn"),
        share=fields.take("share", check.whole(10, 90), 50),
        seed=fields.take("seed", check.whole(0, 10**6), 0),
        by=fields.take("by", check.maybe(check.text), None),
        column=fields.take("column", check.maybe(check.text), None),
        value=fields.take("value", check.maybe(check.text), None),
    )
    fields.done()
    return found


def _samples(value: object, where: str, left: list[str]) -> Picked:
    fields = Fields(value, where, left)
    pair = check.listed(check.text, 2)
    predicate = fields.take("any_of", check.listed(check.listed(pair, 50), 1000), ())
    if any(len(condition) != 2 for term in predicate for condition in term):
        raise BundleError(f"{where}: any_of holds a condition that is not a column and a level.")
    ids = frozenset()
    if not predicate:
        ids = fields.take("samples", lambda inside, at: _ids(inside, at, left))
    picked = Picked(
        ids,
        predicate,
        fields.take("description", check.text, ""),
        fields.take("number", check.whole(0, 10**12), len(ids)),
    )
    fields.done()
    return picked


def _ids(value: object, where: str, left: list[str]) -> frozenset[str]:
    fields = Fields(value, where, left)
    runs = check.named(_long_text)
    numbered = fields.take("numbered", runs, {})
    others = fields.take("others", check.listed(check.text, check.MOST_BYTES), ())
    fields.done()
    return unpacked(numbered, others)


def _long_text(value: object, where: str) -> str:
    """Runs of numbers, which may be many; what they say is checked when they are read."""
    if not isinstance(value, str):
        raise BundleError(f"{where} is {check.kind(value)}; expected a text.")
    return value


def _all_made(fields: Fields, left: list[str]) -> dict[str, Making]:
    makings = fields.take(
        "made", check.listed(lambda value, where: _made(value, where, left, named=True), 200), ()
    )
    if len({name for name, _ in makings}) < len(makings):
        raise BundleError("Two made groupings of the session have the same name.")
    return dict(makings)


def _made(value: object, where: str, left: list[str], *, named: bool, depth: int = 0):
    if depth > DEEPEST_CROSSING:
        raise BundleError(f"{where}: crossings are nested more than {DEEPEST_CROSSING} deep.")
    fields = Fields(value, where, left)
    name = fields.take("name", check.text) if named else ""

    def column(one: object, at: str):
        if isinstance(one, str):
            return check.text(one, at)
        return _made(one, at, left, named=False, depth=depth + 1)

    making = Making(
        kind=fields.take("kind", check.one_of(*KINDS)),
        columns=fields.take("columns", check.listed(column, 3), ()),
        mark=fields.take("mark", check.text, ""),
        parts=fields.take("parts", check.whole(0, 1000), 0),
        edges=fields.take("edges", check.listed(check.number, 1000), ()),
        name=fields.take("level", check.text, ""),
        samples=fields.take("samples", lambda one, at: _samples(one, at, left), None),
    )
    fields.done()
    return (name, making) if named else making
