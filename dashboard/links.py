"""The small part of what is chosen in the address of the page, and a link that was followed.

Names only, checked like a session: never ids of samples, nothing that is not offered anyway.
"""

import re
from dataclasses import replace
from hashlib import blake2b

from analysis.made_groups import loaded_fingerprint
from analysis.rules import RULES
from dashboard import made_groups, state, store
from dashboard.choosing import opening_grouping, opening_team
from dashboard.fit_on import FitOn
from dashboard.sessions.session import Data, Session

MOST_NAMED = 8
LONGEST, MOST = 200, 24
SECTIONS = {
    "front": "front-section",
    "corrections": "corrections-section",
    "groups": "groups-section",
}
FIRST_SECTIONS = ("Front", "Ledger", "Accuracy")
SHORT = 12
KNOWN = (
    "data",
    "member",
    "team",
    "weight",
    "rule",
    "option",
    "fit",
    "grouping",
    "missing",
    "section",
)


def write(page: str) -> None:
    """Bring the address of the page up to date; what is as at the opening is left out."""
    opened = state.whole()
    if opened is None or state.get("session-waiting"):
        return
    found = {"data": [loaded_fingerprint(opened)[:SHORT]]}
    members, rule = tuple(state.get("members", ())), state.get("rule")
    found |= _team(members, opening_team(opened))
    active = state.described()
    if active is not None:
        scored = all(model in opened.probabilities for model in opening_team(opened))
        found |= {} if rule == ("mean" if scored else "plurality") else {"rule": [rule]}
        options = sorted(state.get("options", {}).get(rule, {}).items())
        found |= {"option": [f"{name}={value}" for name, value in options][:MOST]}
    grouping = state.get("grouping")
    if grouping != opening_grouping(opened) and grouping not in made_groups.made():
        found["grouping"] = [str(grouping)]
    if state.get("missing") == "wrong":
        found["missing"] = ["wrong"]
    section = state.get(SECTIONS[page]) if page in SECTIONS else None
    if section and section not in FIRST_SECTIONS:
        found["section"] = [section]
    if state.fitting():
        found["fit"] = _fit(state.wanted_split())
    store.set_address({name: own for name, own in found.items() if _short(own)})


def _short(values: list[str]) -> bool:
    return bool(values) and len(values) <= MOST and all(len(one) <= LONGEST for one in values)


def _team(members: tuple[str, ...], usual: tuple[str, ...]) -> dict[str, list[str]]:
    """Members by name where they are few, else how many and a digest; weights beside names."""
    given = [state.get("weights", {}).get(name, 1.0) for name in members]
    even = len(set(given)) < 2
    if members == usual and even:
        return {}
    if len(members) > MOST_NAMED or not _short(list(members)):
        return {"team": [f"{len(members)}-{_digest(members)}"]}
    return {"member": list(members)} | ({} if even else {"weight": [f"{w:g}" for w in given]})


def _digest(members: tuple[str, ...]) -> str:
    return blake2b("\0".join(sorted(members)).encode(), digest_size=4).hexdigest()


def _fit(wanted: FitOn) -> list[str]:
    if wanted.way == "column":
        return ["column", str(wanted.column), str(wanted.value)]
    return ["drawn", str(wanted.share), str(wanted.seed), *([wanted.by] if wanted.by else [])]


def followed(page: str) -> Session | None:
    """What the address of the page says; None where it says nothing. Nothing in it is trusted."""
    address = store.address()
    said = {name: address.get(name, []) for name in KNOWN}
    said = {name: own if _short(own) else [] for name, own in said.items()}
    if not any(said.values()):
        return None
    first = {name: own[0] if own else None for name, own in said.items()}
    data = first["data"] if re.fullmatch(r"[0-9a-f]{12,64}", first["data"] or "") else ""
    rule = first["rule"]
    options = _options(rule, said["option"]) if rule else {}
    section = SECTIONS.get(page) if first["section"] else None
    members = tuple(said["member"])
    state.put("link-team", first["team"] or "")
    return Session(
        data=Data(fingerprint=data),
        members=members,
        rule=rule,
        weights=_weights(members, said["weight"]),
        options=options,
        fit_on=_fit_on(said["fit"]),
        grouping=first["grouping"],
        missing=first["missing"] if first["missing"] in ("exclude", "wrong") else None,
        page_options={section: first["section"]} if section else {},
    )


def _number(text: str) -> float | None:
    plain = re.fullmatch(r"-?\d{1,9}(\.\d{1,12})?(e-?\d{1,2})?", text)
    return float(text) if plain else None


def _weights(members: tuple[str, ...], given: list[str]) -> dict[str, float]:
    numbers = [_number(text) for text in given]
    if len(numbers) != len(members) or None in numbers:
        return {}
    return dict(zip(members, numbers, strict=True))


def _options(rule: str, given: list[str]) -> dict[str, dict[str, float | str]]:
    found: dict[str, float | str] = {}
    known = RULES[rule].options if rule in RULES else {}
    for text in given:
        name, _, value = text.partition("=")
        number = _number(value)
        texts = name in known and known[name].choices
        found[name] = value if texts or number is None else number
    return {rule: found} if found and rule in RULES else {}


def _fit_on(given: list[str]) -> FitOn | None:
    if given[:1] == ["column"] and len(given) == 3:
        return FitOn("column", column=given[1], value=given[2])
    if given[:1] != ["drawn"] or len(given) not in (3, 4):
        return None
    plain = [one for one in given[1:3] if re.fullmatch(r"\d{1,7}", one)]
    if len(plain) < 2 or not (10 <= int(plain[0]) <= 90 and int(plain[1]) <= 10**6):
        return None
    wanted = FitOn("drawn", share=int(plain[0]), seed=int(plain[1]))
    return replace(wanted, by=given[3]) if len(given) == 4 else wanted


def unnamed(session: Session) -> str:
    """That the members of a link are not named in it and are other ones here; empty: they fit."""
    team, members = state.get("link-team", ""), tuple(state.get("members", ()))
    if session.members or not re.fullmatch(r"\d{1,6}-[0-9a-f]{8}", team):
        return ""
    if team == f"{len(members)}-{_digest(members)}":
        return ""
    number = int(team.partition("-")[0])
    return (
        f"The link is of an ensemble of {number:,} members with weights or names that do not fit "
        "in a link; save a session instead."
    )
