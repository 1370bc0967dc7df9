"""How much one upload, one session and the whole server may hold: the one place that says so.

An option of `dissensus serve` and `demo` each, which the app finds in its environment.
"""

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

GIB = 1 << 30
USUAL = {"upload": 2 * GIB, "session": 4 * GIB, "server": 8 * GIB, "results": 2 * GIB}
HELP = {
    "upload": "the largest file that may be uploaded; default: 2GiB",
    "session": "the most that one session may upload; default: 4GiB",
    "server": "the most that all sessions may upload; default: 8GiB, at most half of the free "
    "memory",
    "results": "the most that cached results may take; default: 2GiB",
}


@dataclass(frozen=True)
class Limits:
    """Bytes: one uploaded file, the uploads of a session, those of all, and cached results."""

    upload: int
    session: int
    server: int
    results: int


def add(command: argparse.ArgumentParser) -> None:
    """The options of a command that opens the app."""
    for name, text in HELP.items():
        command.add_argument(f"--{name}-limit", metavar="SIZE", help=text)


def problem(options: argparse.Namespace) -> str:
    """Which limit, of an option or in the environment, is no size; empty where none is."""
    known = dict(os.environ) | environment(options)
    told = {_variable(name): known[_variable(name)] for name in USUAL if _variable(name) in known}
    if not told:
        return ""
    from analysis.bundle import BundleError

    try:
        of(told)
    except BundleError as error:
        return str(error)
    return ""


def environment(options: argparse.Namespace) -> dict[str, str]:
    """What the options add to the environment of the app's process."""
    asked = {name: getattr(options, f"{name}_limit", None) for name in HELP}
    return {_variable(name): text for name, text in asked.items() if text is not None}


def of(environment: Mapping[str, str]) -> Limits:
    """The limits that an environment states.

    Raises:
        BundleError: one of them is no size.

    Example:
        >>> of({"DISSENSUS_UPLOAD_LIMIT": "500MB", "DISSENSUS_SERVER_LIMIT": "4GB"}).upload
        500000000
    """
    return Limits(**{name: _size(name, environment.get(_variable(name))) for name in USUAL})


def of_upload(environment: Mapping[str, str]) -> int:
    """The largest file alone, which is known before torch is loaded."""
    return _size("upload", environment.get(_variable("upload")))


def current() -> Limits:
    """The limits of this server."""
    return of(os.environ)


def shown(size: int) -> str:
    """A limit as it is read: 2147483648 -> "2 GiB"."""
    unit, name = (GIB, "GiB") if size >= GIB else (1 << 20, "MiB")
    return f"{size / unit:,.2f}".rstrip("0").rstrip(".") + f" {name}"


def _size(name: str, text: str | None) -> int:
    if text is None:
        return min(USUAL[name], _half()) if name == "server" else USUAL[name]
    from analysis.bundle import BundleError
    from analysis.chunks import size_of

    try:
        return size_of(text)
    except BundleError:
        raise BundleError(
            f"--{name}-limit {text}: expected a size such as 500MB or 2GiB."
        ) from None


@cache
def _half() -> int:
    """Of the memory that was free when this was first asked for."""
    from analysis.chunks import free

    return free() // 2


def _variable(name: str) -> str:
    return f"DISSENSUS_{name.upper()}_LIMIT"
