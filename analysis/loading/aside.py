"""Files and folders that are whole or not there: written aside, in the same folder, then renamed.

What a process that was killed left aside carries its machine and number, and is swept away by the
next one that writes there.
"""

import contextlib
import errno
import glob
import os
import platform
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
OLD = 86_400  # seconds after which what another machine left behind is swept away, too
MARK = re.compile(r"-([0-9a-f]+)-(\d+)-[^-]*$")


def own_mark() -> str:
    """What the names of this process's files aside end in, before anything without a dash."""
    return f"-{platform.node().encode().hex()}-{os.getpid()}-"


@contextlib.contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """A stream whose bytes become the file once all are written; until then it stays as it was.

    What is no plain file, such as /dev/stdout or a pipe, is written to as it is.

    Raises:
        OSError: it cannot be written; nothing is left aside.
    """
    place = Path(os.path.realpath(path))
    if place.exists() and not place.is_file():
        with place.open("wb") as stream:
            yield stream
        return
    start = f".{place.name[:60]}"
    sweep(place.parent, start)
    aside = place.parent / f"{start}{own_mark()}part"
    try:
        with aside.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if place.exists():
            shutil.copymode(place, aside)
        os.replace(aside, place)
    finally:
        aside.unlink(missing_ok=True)


def sync(folder: Path) -> None:
    """Have all files of a folder on the disk before it gets its name."""
    for path in (*folder.rglob("*"), folder):
        if path.is_file() or os.name == "posix":
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def sweep(folder: Path, start: str) -> None:
    """Remove what processes that are gone left behind under names that begin so."""
    for place in folder.glob(f"{glob.escape(start)}-*"):
        with contextlib.suppress(OSError):
            if _left_behind(place):
                shutil.rmtree(place) if place.is_dir() else place.unlink()


def reason(error: OSError) -> str:
    """Why something could not be written; numpy does not say it of a full disk."""
    if error.errno is None:
        return f"{error}; the disk is probably full"
    return os.strerror(error.errno)


def _left_behind(place: Path) -> bool:
    found = MARK.search(place.name)
    if found and os.name == "posix" and found[1] == platform.node().encode().hex():
        return not _runs(int(found[2]))
    return time.time() - place.stat().st_mtime > OLD


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
