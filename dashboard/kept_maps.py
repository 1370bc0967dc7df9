"""Maps of samples on disk, so that a map is made once: by fingerprint, in the workspace."""

import contextlib
import os
import tempfile
import time
from hashlib import blake2b
from pathlib import Path

import numpy as np

from dashboard import keeping

FOLDER, ASIDE = ".maps", ".aside-"
RECIPE = "umap 2"  # another one when the same embeddings would give another map
OLD = 86_400  # seconds; what a process that was killed left behind is then swept away


def read(fingerprint: str, samples: int) -> np.ndarray | None:
    """The map of a bundle, float32 [N, 2]; None where none is kept, or what is kept is none.

    Args:
        fingerprint: of the bundle.
        samples: N.
    """
    place = _place(fingerprint)
    if place is None:
        return None
    try:
        found = np.load(place, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    whole = found.shape == (samples, 2) and found.dtype == np.float32
    return found if whole and np.isfinite(found).all() else None


def write(fingerprint: str, points: np.ndarray) -> None:
    """Keep a map, where there is a workspace: written aside, then renamed.

    Args:
        fingerprint: of the bundle.
        points: float32 [N, 2].
    """
    place = _place(fingerprint)
    if place is None:
        return
    with contextlib.suppress(OSError):  # a map that is not kept is made again
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sweep(place.parent)
        handle, aside = tempfile.mkstemp(prefix=ASIDE, dir=place.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                np.save(stream, points, allow_pickle=False)
            os.replace(aside, place)
        except OSError:
            os.unlink(aside)
            raise


def _place(fingerprint: str) -> Path | None:
    folder = keeping.folder()
    name = blake2b(f"{RECIPE}|{fingerprint}".encode(), digest_size=16).hexdigest()
    return None if folder is None else folder / FOLDER / f"{name}.npy"


def _sweep(folder: Path) -> None:
    for place in folder.glob(f"{ASIDE}*"):
        with contextlib.suppress(OSError):
            if time.time() - place.stat().st_mtime > OLD:
                place.unlink()
