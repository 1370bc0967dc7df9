"""Writing aside and then renaming, so that nothing half-written is ever taken for whole."""

import contextlib
import errno
import glob
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None

ASIDE = ".aside-"
YOUNG, OLD = 10, 86_400  # seconds
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextlib.contextmanager
def aside(folder: Path, name: str = "") -> Iterator[Path]:
    """A new folder to write into before anything takes its place; gone at the end.

    What a process that was killed left behind under the same name is swept away first.

    Args:
        folder: in which it lies, on the same disk as what is written.
        name: of what is written; empty: the sweeping is for all of the folder.

    Raises:
        OSError: it cannot be made.
    """
    sweep(folder, name)
    place = Path(tempfile.mkdtemp(prefix=_start(name), dir=folder))
    try:
        with _held(place):
            yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def sweep(folder: Path, name: str = "") -> None:
    """Remove what processes that were killed left behind in `aside`; never fails."""
    for place in folder.glob(f"{glob.escape(_start(name))}*"):
        with contextlib.suppress(OSError):
            if _left_behind(place):
                shutil.rmtree(place, ignore_errors=True)


def sync(folder: Path) -> None:
    """Have all files of a folder on the disk, before it gets its name."""
    if os.name != "posix":
        return
    for path in (*folder.rglob("*"), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Where to write a file that takes its place only when it is whole.

    Args:
        path: of the file; what is no regular file, such as a pipe, is written directly.

    Raises:
        OSError: it cannot be written.
    """
    if path.exists() and not path.is_file():
        yield path
        return
    place = path.resolve()
    with aside(place.parent, place.name) as folder:
        yield folder / "whole"
        sync(folder)
        if place.exists():
            shutil.copymode(place, folder / "whole")
        (folder / "whole").replace(place)


def why(error: OSError) -> str:
    """Why something cannot be read or written, in words."""
    if error.errno in FULL:
        return "there is no room left on the disk"
    return error.strerror or str(error).split("\n")[0][:160] or type(error).__name__


def _start(name: str) -> str:
    return f".{name[:100]}{ASIDE}" if name else ASIDE


@contextlib.contextmanager
def _held(place: Path) -> Iterator[None]:
    """Locked while this process works in it; the system drops the lock of a killed process."""
    if fcntl is None:
        yield
        return
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):  # some network disks know no locks
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def _left_behind(place: Path) -> bool:
    """Nobody holds it; where there are no locks, nobody touched it for a day."""
    age = time.time() - place.stat().st_mtime
    if fcntl is None:
        return age > OLD
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return age > YOUNG
    except BlockingIOError:
        return False
    except OSError:
        return age > OLD
    finally:
        os.close(descriptor)
