"""From what was given to the list of files: canonical names in folders and zips, or loose files."""

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from analysis.loading.arrays import ANYTHING_WRONG, check_members
from analysis.loading.datasets import ROLE as DATASET
from analysis.loading.datasets import is_dataset
from analysis.loading.formats import format_of
from analysis.loading.remote import fetched, found, is_remote, listed
from analysis.loading.sources import File, Log, RefusedError, Source, quoted

CANONICAL = {
    **{
        f"{role}{suffix}": role
        for role in ("samples", "predictions")
        for suffix in (".parquet", ".csv")
    },
    **{f"probabilities{suffix}": "probabilities" for suffix in (".npz", ".safetensors")},
    "classes.csv": "classes",
    **{f"embeddings{suffix}": "embeddings" for suffix in (".npy", ".npz", ".parquet", ".csv")},
    "models.csv": "models",
    "leaderboard.csv": "models",
    "thumbnails.npy": "thumbnails",
}
EXPECTED = (
    "samples.csv, predictions.csv (or .parquet), probabilities.npz (or .safetensors), "
    "probabilities/<model>.npy, classes.csv, embeddings.npy, models.csv or thumbnails.npy"
)
SUBFOLDERS = {
    "probabilities": "probabilities of one model",
    "embeddings": "embeddings of one model",
}
HIDDEN = ("__MACOSX", ".")


def expand(source: Source, log: Log) -> list[File]:
    """The files of one source.

    Args:
        source: a folder, a zip of one, or a single file.
        log: receives notes on files that are left aside.

    Raises:
        RefusedError: it does not exist, cannot be opened, or holds nothing that can be read.
    """
    content = source.content
    if is_remote(content):
        content = found(content)
        if content.size is None:
            members = [
                (name, fetched(file) if _role(name) else b"")
                for name, file in listed(content, tuple(SUBFOLDERS))
            ]
            return _canonical(source.name, members, log)
        content = fetched(content)
    if isinstance(content, Path) and not content.exists():
        raise RefusedError(f"{source.name} does not exist; check the path.")
    if isinstance(content, Path) and content.is_dir():
        if is_dataset(path.name for path in content.iterdir()):
            return [File(source.name, content, DATASET)]
        return _canonical(source.name, _listed(content), log)
    file = File(source.name, content)
    if format_of(file) == "zip":
        if is_dataset(_names(file)):
            return [File(source.name, content, DATASET)]
        return _canonical(source.name, _members(file), log)
    return [file]


def _names(file: File) -> list[str]:
    """Names of what a zip holds, without a folder around everything; it was checked before."""
    source = file.content if not isinstance(file.content, bytes) else io.BytesIO(file.content)
    try:
        with zipfile.ZipFile(source) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            check_members(file, infos)
            names = [info.filename.replace("\\", "/") for info in infos]
    except ANYTHING_WRONG:
        return []
    inside = _common_folder(names)
    return [name.removeprefix(inside) for name in names]


def _listed(folder: Path) -> list[tuple[str, Path]]:
    """What lies in a folder and in its two known subfolders; other subfolders by name only."""
    members = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name in SUBFOLDERS:
            members += [(f"{path.name}/{p.name}", p) for p in sorted(path.iterdir())]
        else:
            members.append((path.name + "/" * path.is_dir(), path))
    return members


def _members(file: File) -> list[tuple[str, bytes]]:
    source = file.content if not isinstance(file.content, bytes) else io.BytesIO(file.content)
    try:
        with zipfile.ZipFile(source) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            check_members(file, infos)
            names = [info.filename.replace("\\", "/") for info in infos]
            inside = _common_folder(names)
            wanted = [
                (name.removeprefix(inside), info)
                for name, info in zip(names, infos, strict=True)
                if not _hidden(name)
            ]
            return [
                (name, archive.read(info) if _role(name) else b"")
                for name, info in sorted(wanted, key=lambda member: member[0])
            ]
    except RefusedError:
        raise
    except ANYTHING_WRONG as error:
        raise RefusedError(
            f"{file.name} cannot be opened as a zip ({error}); pack it again."
        ) from None


def _common_folder(names: Iterable[str]) -> str:
    """The one folder around everything, as most archivers add it."""
    tops = {name.split("/", 1)[0] if "/" in name else "" for name in names if not _hidden(name)}
    top = tops.pop() if len(tops) == 1 else ""
    return f"{top}/" if top and top not in SUBFOLDERS else ""


def _hidden(name: str) -> bool:
    return any(part.startswith(HIDDEN) for part in name.split("/"))


def _role(name: str) -> str | None:
    path = PurePosixPath(name)
    if len(path.parts) == 1 and not name.endswith("/"):
        return CANONICAL.get(name.lower())
    if len(path.parts) == 2 and path.suffix in (".npy", ".safetensors"):
        return SUBFOLDERS.get(path.parts[0])
    return None


def _canonical(name: str, members: list[tuple[str, Path | bytes]], log: Log) -> list[File]:
    members = [(member, content) for member, content in members if not _hidden(member)]
    files = [
        File(f"{name}/{member}", content, role)
        for member, content in members
        if (role := _role(member))
    ]
    others = [member for member, _ in members if not _role(member)]
    if not files:
        held = f"it holds {quoted(others)}" if others else "it is empty"
        raise RefusedError(f"{name} has no file that can be read: {held}; expected {EXPECTED}.")
    if others:
        log.note(
            f"{name}: {quoted(others, 10)} {'is' if len(others) == 1 else 'are'} not read; in a "
            "folder only the known names are."
        )
    roles = [file.role for file in files if not file.role.endswith("of one model")]
    for role in dict.fromkeys(role for role in roles if roles.count(role) > 1):
        both = [file.name for file in files if file.role == role]
        log.problem(
            f"{both[0]} and {both[1]} both hold the {role}; expected one of them. Remove or rename "
            "the other."
        )
        files = [file for file in files if file.role != role or file.name == both[0]]
    return files
