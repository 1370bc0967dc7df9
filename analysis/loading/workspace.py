"""Bundles kept on this machine by fingerprint, so that tomorrow they open at once."""

import contextlib
import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from analysis.bundle import Bundle, BundleError
from analysis.loading.aside import aside, sync, why
from analysis.loading.reading import read
from analysis.loading.saving import write_bundle

FINGERPRINT = re.compile(r"[0-9a-f]{32}")
SHORTEST = 6
ENTRY, BUNDLE = "kept.json", "bundle"


@dataclass(frozen=True)
class Kept:
    """One kept bundle, or a folder in the workspace that is none.

    Attributes:
        name: what it was called when it was kept.
        fingerprint: of the bundle, and the name of its folder.
        samples: N.
        models: M.
        classes: C.
        size: bytes on disk.
        when: UTC, as ISO 8601 to the second.
        sources: names of the files that it was read from.
        problem: why it cannot be opened; empty when it can.
    """

    name: str
    fingerprint: str
    samples: int = 0
    models: int = 0
    classes: int = 0
    size: int = 0
    when: str = ""
    sources: tuple[str, ...] = ()
    problem: str = ""


def workspace_folder() -> Path:
    """Where bundles are kept: $DISSENSUS_WORKSPACE, else a folder in the user's own data."""
    if named := os.environ.get("DISSENSUS_WORKSPACE"):
        return Path(named).expanduser()
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "dissensus"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "dissensus"
    data = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (data if data.is_absolute() else home / ".local" / "share") / "dissensus"


def keep(bundle: Bundle, name: str, folder: Path, sources: Sequence[str] = ()) -> Kept:
    """Keep a bundle; one that is kept already stays as it is.

    It is written aside, read back, and renamed only when it is the same bundle, so that a broken
    write is never listed and two processes do not harm each other.

    Args:
        bundle: as it was read, not a selection of models or samples.
        name: what the list calls it.
        folder: the workspace; made when it is not there.
        sources: names of the files it comes from.

    Raises:
        BundleError: a selection, a folder that cannot be written, or a bundle that does not read
            back the same.
    """
    place = _place(bundle.fingerprint, folder)
    known = _described(place) if place.exists() else None
    if known is not None and not known.problem:
        return known
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with aside(folder) as own:
            entry = _written(bundle, name, tuple(sources), own)
            with contextlib.suppress(FileNotFoundError):
                if known is not None:
                    _removed(place)
            with contextlib.suppress(OSError):  # another process was faster: its copy is the same
                own.rename(place)
        if not place.is_dir():
            raise BundleError(f"{place} cannot be written; check the folder.")
        return entry
    except OSError as error:
        raise BundleError(
            f"The bundle cannot be kept in {folder}: {why(error)}; --workspace names another "
            "folder."
        ) from None


def kept(folder: Path) -> list[Kept]:
    """What the workspace holds, the newest first; never fails.

    Args:
        folder: the workspace; need not exist.
    """
    try:
        places = [place for place in folder.iterdir() if not place.name.startswith(".")]
    except OSError:
        return []
    found = [_described(place) for place in sorted(places) if place.is_dir()]
    return sorted(found, key=lambda entry: (entry.problem == "", entry.when), reverse=True)


def open_kept(fingerprint: str, folder: Path) -> Bundle:
    """Open a kept bundle.

    Args:
        fingerprint: whole, or its first characters as long as they name one bundle.
        folder: the workspace.

    Raises:
        BundleError: it is not there, or is no longer the bundle that was kept.
    """
    place = kept_folder(fingerprint, folder)
    reading = read([place])
    if reading.bundle is None:
        raise BundleError(
            f"The kept bundle {_short(place.parent.name)} cannot be opened: {reading.problems[0]} "
            "Delete it and open its files again."
        )
    if reading.bundle.fingerprint != place.parent.name:
        raise BundleError(
            f"The kept bundle {_short(place.parent.name)} was changed since it was kept: it reads "
            f"as {_short(reading.bundle.fingerprint)}. Delete it and open its files again."
        )
    return reading.bundle


def kept_folder(fingerprint: str, folder: Path) -> Path:
    """The folder of a kept bundle, in the canonical form that every command reads.

    Args:
        fingerprint: whole, or its first characters as long as they name one bundle.
        folder: the workspace.

    Raises:
        BundleError: there is no such bundle, or several.
    """
    return _place(_whole(fingerprint, folder), folder) / BUNDLE


def kept_name(path: Path) -> str | None:
    """What a bundle was called, when this path is the folder of a kept one."""
    if path.name != BUNDLE or not FINGERPRINT.fullmatch(path.parent.name):
        return None
    entry = _described(path.parent)
    return None if entry.problem else entry.name


def delete(fingerprint: str, folder: Path) -> None:
    """Delete a kept bundle, whole or broken.

    Args:
        fingerprint: whole, or its first characters as long as they name one bundle.
        folder: the workspace.

    Raises:
        BundleError: there is no such bundle, or it cannot be deleted.
    """
    place = _place(_whole(fingerprint, folder), folder)
    try:
        _removed(place)
    except OSError as error:
        raise BundleError(f"{place} cannot be deleted ({error.strerror}).") from None


def _place(fingerprint: str, folder: Path) -> Path:
    """The folder of a fingerprint, which must be one before it becomes a path."""
    if not FINGERPRINT.fullmatch(fingerprint):
        raise BundleError(
            f"'{fingerprint[:60]}' is not the fingerprint of a whole bundle; expected 32 digits "
            "from 0 to 9 and a to f."
        )
    return Path(folder) / fingerprint


def _whole(fingerprint: str, folder: Path) -> str:
    if FINGERPRINT.fullmatch(fingerprint):
        matching = [fingerprint] if (Path(folder) / fingerprint).is_dir() else []
    elif re.fullmatch(rf"[0-9a-f]{{{SHORTEST},31}}", fingerprint):
        names = [entry.fingerprint for entry in kept(folder)]
        matching = [name for name in names if name.startswith(fingerprint)]
        matching = [name for name in matching if FINGERPRINT.fullmatch(name)]
    else:
        raise BundleError(
            f"'{fingerprint[:60]}' is no fingerprint; expected 32 digits from 0 to 9 and a to f, "
            f"or at least the first {SHORTEST} of them."
        )
    if len(matching) != 1:
        raise BundleError(
            f"{'No bundle' if not matching else 'More than one bundle'} in {folder} has the "
            f"fingerprint {fingerprint}; 'dissensus workspace' lists them."
        )
    return matching[0]


def _written(bundle: Bundle, name: str, sources: tuple[str, ...], place: Path) -> Kept:
    """Write everything into the folder beside its place, and read it back."""
    write_bundle(bundle, place / BUNDLE)
    reading = read([place / BUNDLE])
    if reading.bundle is None or reading.bundle.fingerprint != bundle.fingerprint:
        raise BundleError(
            "The bundle is not kept, because it does not read back as the same one"
            + (f": {reading.problems[0]}" if reading.problems else ".")
        )
    entry = Kept(
        name=name,
        fingerprint=bundle.fingerprint,
        samples=len(bundle.ids),
        models=len(bundle.models),
        classes=len(bundle.classes),
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        sources=sources,
    )
    (place / ENTRY).write_text(json.dumps(asdict(entry)), "utf-8")
    sync(place)
    return replace(entry, size=_size(place))


def _described(place: Path) -> Kept:
    """One folder of the workspace, readable or not."""
    foreign = Kept(place.name, place.name, problem="It was not kept by Dissensus.")
    if place.is_symlink() or not FINGERPRINT.fullmatch(place.name):
        return foreign
    try:
        size = _size(place)
        entry = json.loads((place / ENTRY).read_text("utf-8"))
        numbers = {key: int(entry[key]) for key in ("samples", "models", "classes")}
        when = datetime.fromisoformat(entry["when"]).astimezone(UTC).isoformat(timespec="seconds")
        sources = tuple(map(str, entry["sources"]))
        if entry["fingerprint"] != place.name or not (place / BUNDLE).is_dir():
            return replace(foreign, size=size, problem="It is damaged.")
        return Kept(
            str(entry["name"]), place.name, **numbers, size=size, when=when, sources=sources
        )
    except FileNotFoundError:
        return foreign
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return replace(foreign, problem="It is damaged.")


def _size(place: Path) -> int:
    return sum(path.lstat().st_size for path in place.rglob("*") if not path.is_dir())


def _removed(place: Path) -> None:
    """Out of the list first, then off the disk."""
    with aside(place.parent) as own:
        place.rename(own / "gone")


def _short(fingerprint: str) -> str:
    return fingerprint[:12]
