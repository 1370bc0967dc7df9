"""From what was given to the list of files: canonical names in folders and zips, or loose files."""

import os
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from analysis.loading.arrays import ANYTHING_WRONG, MEMBER_LIMIT, check_members
from analysis.loading.datasets import ROLE as DATASET
from analysis.loading.datasets import is_dataset
from analysis.loading.formats import format_of, unpacked
from analysis.loading.logs import inspect_eval
from analysis.loading.packing import Packed, member
from analysis.loading.remote import Remote, fetched, found, is_remote, listed
from analysis.loading.sources import File, Log, RefusedError, Source, quoted

TABLES = (".parquet", ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".feather", ".arrow")
SUFFIXES = {
    "samples": TABLES,
    "predictions": TABLES,
    "accuracy": TABLES,
    "probabilities": (".npz", ".safetensors", *TABLES),
    "classes": TABLES,
    "embeddings": (".npy", ".npz", ".safetensors", *TABLES),
    "models": TABLES,
    "thumbnails": (".npy",),
}
READABLE = (*TABLES, ".npy", ".npz", ".safetensors")
ANSWERS = ("predictions", "probabilities", "probabilities of one model", "accuracy")
EXPECTED = (
    "samples.csv, predictions.csv (or .parquet), probabilities.npz (or .safetensors), "
    "probabilities/<model>.npy, classes.csv, embeddings.npy, models.csv, thumbnails.npy or "
    "accuracy.csv"
)
SUBFOLDERS = {
    "probabilities": "probabilities of one model",
    "embeddings": "embeddings of one model",
}
BESIDE = "__MACOSX"  # what one archiver adds


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
                (name, fetched(file) if _role(name) else file)
                for name, file in listed(content, tuple(SUBFOLDERS))
            ]
            return _canonical(source.name, members, log)
        content = fetched(content)
    if isinstance(content, Path) and not content.exists():
        raise RefusedError(f"{source.name} does not exist; check the path.")
    if isinstance(content, Path) and content.is_dir():
        if is_dataset(path.name for path in content.iterdir()):
            return [File(source.name, content, DATASET)]
        return _canonical(source.name, _listed(source.name, content, log), log)
    if isinstance(content, Path) and not content.is_file():
        raise RefusedError(f"{source.name} is no regular file; expected a file or a folder.")
    file = unpacked(File(source.name, content))
    if format_of(file) == "zip":
        if evaluation := inspect_eval.unpacked(file):
            return [evaluation]
        members = _members(file)
        if is_dataset(name for name, _ in members):
            return [File(source.name, content, DATASET)]
        return _canonical(source.name, members, log)
    return [file]


def _listed(name: str, folder: Path, log: Log) -> list[tuple[str, Path]]:
    """The files of a folder and of what lies in it, by name; links to folders are not followed."""
    members, others = [], []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(own for own in folders if not _hidden(f"{own}/"))
        inside = Path(place).relative_to(folder)
        for own in sorted(names):
            path = Path(place) / own
            kept = members if path.is_file() else others
            kept.append(((inside / own).as_posix(), path))
        if len(members) > MEMBER_LIMIT:
            raise RefusedError(
                f"{folder.name} holds more than {MEMBER_LIMIT:,} files; expected a folder of "
                "predictions. Give the files or their own folder."
            )
    if others:
        log.note(
            f"{name}: {quoted(own for own, _ in others)} {'is' if len(others) == 1 else 'are'} not "
            "read: a broken link or no regular file."
        )
    return members


def _members(file: File) -> list[tuple[str, bytes | Packed]]:
    try:
        with file.open() as stream, zipfile.ZipFile(stream) as archive:
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
                (name, member(file.content, info.filename, info.file_size))
                for name, info in sorted(wanted, key=lambda found: found[0])
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
    *folders, last = name.split("/")
    return last.startswith(".") or any(n == BESIDE or n.startswith(".") for n in folders)


def _role(name: str) -> str | None:
    path = PurePosixPath(name[:-3] if name.lower().endswith(".gz") else name)
    if len(path.parts) == 1:
        stem = path.stem.lower()
        if stem == "leaderboard" and path.suffix.lower() in TABLES:
            return "models"
        return stem if path.suffix.lower() in SUFFIXES.get(stem, ()) else None
    if len(path.parts) == 2 and path.suffix in (".npy", ".safetensors"):
        return SUBFOLDERS.get(path.parts[0])
    return None


def _canonical(name: str, members: list[tuple[str, Path | bytes | Packed]], log: Log) -> list[File]:
    """The files of known names; without answers among them, all others that can be read."""
    members = [(inside, content) for inside, content in members if not _hidden(inside)]
    files = [
        File(f"{name}/{inside}", content, role)
        for inside, content in members
        if (role := _role(inside))
    ]
    others = [(inside, content) for inside, content in members if not _role(inside)]
    if not any(file.role in ANSWERS for file in files):
        loose, others = _loose(name, others)
        if loose:
            log.note(
                f"{name}: {quoted((f.name.removeprefix(f'{name}/') for f in loose), 10)} "
                f"{'is' if len(loose) == 1 else 'are'} read, because no file is called "
                "predictions or probabilities."
            )
        files += loose
    left = [inside for inside, _ in others]
    if not files:
        held = f"it holds {quoted(left)}" if left else "it is empty"
        raise RefusedError(f"{name} has no file that can be read: {held}; expected {EXPECTED}.")
    if left:
        log.note(
            f"{name}: {quoted(left, 10)} {'is' if len(left) == 1 else 'are'} not read; in a "
            "folder only the known names are."
        )
    roles = [file.role for file in files if file.role in SUFFIXES]
    for role in dict.fromkeys(role for role in roles if roles.count(role) > 1):
        both = [file.name for file in files if file.role == role]
        log.problem(
            f"{both[0]} and {both[1]} both hold the {role}; expected one of them. Remove or rename "
            "the other."
        )
        files = [file for file in files if file.role != role or file.name == both[0]]
    return files


def _loose(
    name: str, members: list[tuple[str, Path | bytes | Packed]]
) -> tuple[list[File], list[tuple[str, Path | bytes | Packed]]]:
    """Files of a known format whatever they are called, and what is left."""
    loose, left = [], []
    for inside, content in members:
        file = File(f"{name}/{inside}", content, optional=True)
        if file.suffix not in READABLE:
            left.append((inside, content))
        else:
            held = fetched(content) if isinstance(content, Remote) else content
            loose.append(replace(file, content=held))
    return loose, left
