"""The open bundle, and the samples that a panel looks at."""

import json
from pathlib import Path

import numpy as np
import torch

from analysis.accuracies import AccuracyTable
from analysis.bundle import Bundle
from dashboard.compute.caching import kept
from dashboard.inputs import Opened, Request, load_all
from dashboard.state import Choices, narrowing


def opened(request: Request) -> Bundle | None:
    """The bundle that was asked for, loaded once for all sessions and again when a file changes.

    None where the input holds accuracies without single samples.
    """
    return _all(request)[0]


def opened_accuracies(request: Request) -> AccuracyTable | None:
    """The table of accuracies that was asked for, kept in the same way; None without one."""
    return _all(request)[1]


def _all(request: Request) -> Opened:
    changed = tuple(_changed(Path(path)) for path in request["paths"])
    return _opened(json.dumps(request, sort_keys=True), changed)


@kept(max_entries=4)
def _opened(request: str, changed: tuple[int, ...]) -> Opened:
    return load_all(json.loads(request))


def _changed(path: Path) -> int:
    """When the file, or any file of the folder, was last written; 0 when it is not there."""
    parts = [path, *(path.rglob("*") if path.is_dir() else ())]
    return max((part.stat().st_mtime_ns for part in parts if part.exists()), default=0)


def scope(choices: Choices, panel: str) -> Bundle:
    """The samples that a panel looks at: the selection where another panel made one."""
    current = narrowing(panel)
    if current is None:
        return choices.bundle
    return _taken(choices.bundle, choices.bundle.fingerprint, current.digest, current.positions)


def narrowed(bundle: Bundle, choices: Choices) -> int | None:
    """Samples of a narrowed bundle; None when it is the whole one."""
    return None if bundle is choices.bundle else len(bundle.ids)


@kept()
def _taken(_bundle: Bundle, fingerprint: str, digest: str, _positions: np.ndarray) -> Bundle:
    return _bundle.take(torch.from_numpy(_positions).long())
