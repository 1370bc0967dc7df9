"""Reading JSON that may be hostile: its size, its depth, and every field by its kind."""

import json
import math
import re
from collections.abc import Callable, Mapping

from analysis.bundle import BundleError

MOST_BYTES = 16_000_000
DEEPEST = 24
LONGEST = 20_000
MOST_ENTRIES = 20_000
STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
NOTHING = object()


def parsed(content: bytes, what: str = "The session") -> dict:
    """An object of JSON.

    Raises:
        BundleError: it is too large or too deep, no JSON, holds a name twice or a number that is
            none, or is no object.
    """
    if len(content) > MOST_BYTES:
        raise BundleError(
            f"{what} has {len(content) / 1e6:,.1f} MB; at most {MOST_BYTES / 1e6:,.0f} MB are read."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BundleError(f"{what} is not text in UTF-8.") from None
    depth = 0
    for sign in re.findall(r"[\[\]{}]", STRINGS.sub("", text)):
        depth += 1 if sign in "[{" else -1
        if depth > DEEPEST:
            raise BundleError(f"{what} is nested more than {DEEPEST} deep.")
    try:
        found = json.loads(text, parse_constant=_no_number, object_pairs_hook=_once)
    except (ValueError, RecursionError) as problem:
        where = f" (line {problem.lineno})" if isinstance(problem, json.JSONDecodeError) else ""
        why = "" if isinstance(problem, json.JSONDecodeError) else f": {str(problem)[:100]}"
        raise BundleError(f"{what} is not JSON{where}{why}.") from None
    if not isinstance(found, dict):
        raise BundleError(f"{what} is not an object of JSON.")
    return found


def _no_number(text: str):
    raise ValueError(f"{text} is no number")


def _once(pairs: list) -> dict:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name comes twice in one object")
    return found


class Fields:
    """The fields of one object: each is taken once and checked; what is left over is named.

    Attributes:
        where: which object, for messages: "kept ensembles: a".
        left: names of all fields that nobody asked for, gathered over objects inside it.
    """

    def __init__(self, value: object, where: str, left: list[str]) -> None:
        if not isinstance(value, dict):
            raise BundleError(f"{where} is {kind(value)}; expected an object.")
        self.values, self.where, self.left = dict(value), where, left

    def take(self, name: str, check: Callable[[object, str], object], usual=NOTHING):
        """The checked value of a field; `usual` where it is absent.

        Raises:
            BundleError: it is absent and there is no usual value, or it is of another kind.
        """
        value = self.values.pop(name, NOTHING)
        if value is NOTHING:
            if usual is NOTHING:
                raise BundleError(f"{self.where} has no field '{name}'.")
            return usual
        return check(value, f"{self.where}: {name}")

    def done(self) -> None:
        """Remember which fields are not known."""
        self.left += [f"{self.where}: {name[:80]}" for name in self.values]


def kind(value: object) -> str:
    """What a value of JSON is, in words."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return "null" if value is None else names.get(type(value), "a number")


def text(value: object, where: str) -> str:
    """A text that is not endless and can be written."""
    if not isinstance(value, str):
        raise BundleError(f"{where} is {kind(value)}; expected a text.")
    if len(value) > LONGEST:
        raise BundleError(f"{where} has {len(value):,} characters; at most {LONGEST:,} are read.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BundleError(f"{where} holds half of a character.") from None
    return value


def number(value: object, where: str) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BundleError(f"{where} is {kind(value)}; expected a number.")
    if abs(value) > 1e300 or not math.isfinite(value):
        raise BundleError(f"{where} is too large a number.")
    return value


def whole(low: int, high: int) -> Callable[[object, str], int]:
    """A check for a whole number in a range."""

    def check(value: object, where: str) -> int:
        found = number(value, where)
        if found != int(found) or not low <= found <= high:
            raise BundleError(f"{where} is {found:g}; expected {low:,} to {high:,}.")
        return int(found)

    return check


def one_of(*options: str) -> Callable[[object, str], str]:
    """A check for one of some texts."""

    def check(value: object, where: str) -> str:
        if text(value, where) not in options:
            raise BundleError(f"{where} is '{value[:40]}'; expected {' or '.join(options)}.")
        return value

    return check


def listed(check: Callable, most: int = MOST_ENTRIES) -> Callable[[object, str], tuple]:
    """A check for a list of what another check takes."""

    def checked(value: object, where: str) -> tuple:
        if not isinstance(value, list):
            raise BundleError(f"{where} is {kind(value)}; expected a list.")
        if len(value) > most:
            raise BundleError(f"{where} has {len(value):,} entries; at most {most:,} are read.")
        return tuple(check(one, where) for one in value)

    return checked


def named(check: Callable, most: int = MOST_ENTRIES) -> Callable[[object, str], dict]:
    """A check for an object whose values another check takes, under any names."""

    def checked(value: object, where: str) -> dict:
        if not isinstance(value, dict):
            raise BundleError(f"{where} is {kind(value)}; expected an object.")
        if len(value) > most:
            raise BundleError(f"{where} has {len(value):,} entries; at most {most:,} are read.")
        return {text(key, where): check(one, f"{where}: {key[:40]}") for key, one in value.items()}

    return checked


def maybe(check: Callable) -> Callable[[object, str], object]:
    """A check that null passes too."""
    return lambda value, where: None if value is None else check(value, where)


def scalar(value: object, where: str) -> object:
    """A text, a number, true, false or null."""
    if value is None or isinstance(value, bool):
        return value
    return text(value, where) if isinstance(value, str) else number(value, where)


def plain(value: object, where: str) -> object:
    """A scalar, or a list of them."""
    return listed(scalar)(value, where) if isinstance(value, list) else scalar(value, where)


def setting(value: object, where: str) -> float | str:
    """A number or a text."""
    return text(value, where) if isinstance(value, str) else number(value, where)


def unsaid(values: Mapping) -> dict:
    """A mapping without what is None or empty."""
    return {name: value for name, value in values.items() if value not in (None, "", (), {}, [])}
