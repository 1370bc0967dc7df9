"""Inputs in a remote store, named as s3://bucket/folder, through fsspec."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from analysis.loading.arrays import TOTAL_LIMIT
from analysis.loading.sources import RefusedError, Source

ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://")
IN_PARTS = (b"PAR1", b"ARROW1", b"\xff\xff\xff\xff")  # read without a copy of the whole
PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs"}
PACKAGES |= dict.fromkeys(("abfs", "abfss", "adl"), "adlfs")


@dataclass(frozen=True)
class Stat:
    """The size of a remote file, as `Path.stat` gives it."""

    st_size: int


@dataclass(frozen=True)
class Remote:
    """One file or folder in a remote store, read like a path on disk.

    Attributes:
        system: the fsspec file system.
        path: of the file inside it.
        size: in bytes; None for a folder.
    """

    system: object
    path: str
    size: int | None

    def open(self, mode: str = "rb") -> BinaryIO:
        """The file as a stream that fetches only what is read."""
        return self.system.open(self.path, mode)

    def stat(self) -> Stat:
        """The size in bytes."""
        return Stat(self.size or 0)

    def read_bytes(self) -> bytes:
        """The whole file in memory.

        Raises:
            RefusedError: it is larger than may be fetched at once.
        """
        if (self.size or 0) > TOTAL_LIMIT:
            raise RefusedError(
                f"{self.path} has {self.size / 2**30:.1f} GiB; expected at most "
                f"{TOTAL_LIMIT / 2**30:.0f} GiB of a remote file that is no Parquet. Save it as "
                "Parquet, or fetch it first."
            )
        return self.system.cat_file(self.path)


def is_remote(text: object) -> bool:
    """Whether a text is the address of something in a remote store."""
    return isinstance(text, str) and ADDRESS.match(text) is not None


def remote_source(address: str) -> Source:
    """The source at an address; nothing is fetched before it is read."""
    return Source(_last(address) or address, address)


def with_sources(given: Sequence[Source | Path | str]) -> list[Source | Path | str]:
    """Addresses as sources, named by all of the address where another input has the same name.

    Args:
        given: addresses among files and sources, which stay as they are.
    """
    names = [
        one.name if isinstance(one, Source) else _last(one) if is_remote(one) else Path(one).name
        for one in given
    ]
    return [
        one
        if not is_remote(one)
        else remote_source(one)
        if names.count(name) == 1
        else Source(one.rstrip("/"), one)
        for one, name in zip(given, names, strict=True)
    ]


def _last(address: str) -> str:
    return address.rstrip("/").rsplit("/", 1)[-1]


def found(address: str) -> Remote:
    """What lies at an address.

    Args:
        address: such as s3://bucket/predictions.parquet.

    Raises:
        RefusedError: nothing is there, or the store cannot be reached; the text says why.
    """
    if "::" in address:
        raise RefusedError(
            f"{address} chains several stores with '::', which is not read; give one address."
        )
    system, path = _system(address)
    try:
        described = system.info(path)
    except FileNotFoundError:
        raise RefusedError(f"{address} does not exist; check the address.") from None
    except Exception as error:
        raise _unreachable(address, error) from None
    if described.get("type") == "directory":
        return Remote(system, path, None)
    return Remote(system, path, int(described.get("size") or 0))


def listed(folder: Remote, subfolders: tuple[str, ...]) -> list[tuple[str, Remote]]:
    """What lies in a remote folder and in its known subfolders, by relative name.

    Args:
        folder: remote.
        subfolders: names of those that are looked into; of others only the name is given.

    Raises:
        RefusedError: the store cannot be reached.
    """
    members = []
    for entry in _entries(folder):
        name = entry.path.rstrip("/").rsplit("/", 1)[-1]
        if entry.size is not None:
            members.append((name, entry))
        elif name in subfolders:
            inside = [(own.path.rsplit("/", 1)[-1], own) for own in _entries(entry)]
            members += [(f"{name}/{own}", file) for own, file in inside if file.size is not None]
        else:
            members.append((f"{name}/", entry))
    return sorted(members, key=lambda member: member[0])


def fetched(file: Remote) -> Remote | bytes:
    """A remote Parquet or Arrow file as it is, any other one in memory.

    Args:
        file: remote.

    Raises:
        RefusedError: it is too large, or the store cannot be reached.
    """
    try:
        with file.open() as stream:
            start = stream.read(6)
        return file if start.startswith(IN_PARTS) else file.read_bytes()
    except RefusedError:
        raise
    except Exception as error:
        raise _unreachable(file.path, error) from None


def _entries(folder: Remote) -> list[Remote]:
    try:
        entries = folder.system.ls(folder.path, detail=True)
    except Exception as error:
        raise _unreachable(folder.path, error) from None
    return [
        Remote(
            folder.system,
            entry["name"],
            None if entry["type"] == "directory" else int(entry.get("size") or 0),
        )
        for entry in entries
        if entry["name"].rstrip("/") != folder.path.rstrip("/")
    ]


def _system(address: str) -> tuple[object, str]:
    import fsspec

    protocol = address.split("://", 1)[0].lower()
    try:
        return fsspec.core.url_to_fs(address)
    except ImportError as error:
        package = PACKAGES.get(protocol)
        remedy = (
            f"install it with: pip install {package} (or 'dissensus[remote]' for S3, Google and "
            "Azure)"
            if package
            else f"it says: {str(error).splitlines()[0][:120]}"
        )
        raise RefusedError(f"{address} needs a package that is not installed; {remedy}.") from None
    except ValueError:
        raise RefusedError(
            f"{address} begins with '{protocol}://', which is no known store; expected for "
            "instance s3://, gs://, az://, https:// or a path on this machine."
        ) from None
    except Exception as error:
        raise _unreachable(address, error) from None


def _unreachable(address: str, error: Exception) -> RefusedError:
    reason = (str(error).splitlines() or [""])[0][:160]
    return RefusedError(
        f"{address} cannot be opened ({type(error).__name__}: {reason}); check the address, the "
        "network and your access to the store."
    )
