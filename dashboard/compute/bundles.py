"""The open bundle, and the samples that a panel looks at."""

import json
import re
from dataclasses import replace
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.lazy import HeldRows
from analysis.loading.remote import is_remote
from dashboard.choosing import digest_of
from dashboard.compute.caching import kept
from dashboard.inputs import Opened, Request, load_all
from dashboard.state import Choices, narrowing

# By these names stores tell when a file was written, or give a digest of what is in it.
MARK = re.compile(
    r"(?i)e_?tag|last_?modified|mtime|modified|updated|created|generation|version_?id|.*md5.*"
)
_parts: WeakKeyDictionary[Bundle, tuple[Bundle, np.ndarray]] = WeakKeyDictionary()


def opened(request: Request) -> Opened:
    """The bundle and the table of accuracies that were asked for; one of them may be None.

    Loaded once for all sessions, and again when a file changes, here or in a remote store.

    Raises:
        BundleError: all problems, one a line.
    """
    changed = tuple(_changed(path) for path in request["paths"])
    if None in changed:
        return load_all(request)
    return _opened(json.dumps(request, sort_keys=True), changed)


@st.cache_resource(show_spinner=False, max_entries=2)
def _opened(request: str, changed: tuple[str, ...]) -> Opened:
    return load_all(json.loads(request))


def _changed(path: str) -> str | None:
    """Another text when the file, or a file of the folder, was written; None: nobody can tell."""
    if is_remote(path):
        return _remote_state(path)
    try:
        parts = [Path(path), *(Path(path).rglob("*") if Path(path).is_dir() else ())]
        found = [(str(part), part.stat()) for part in parts]
    except OSError:  # reading, which comes next, says why
        return None
    return str(sorted((name, told.st_mtime_ns, told.st_size) for name, told in found))


def _remote_state(address: str) -> str | None:
    """What the store tells of the files; None where it tells no date, or cannot be reached."""
    import fsspec

    try:
        system, path = fsspec.core.url_to_fs(address)
        system.invalidate_cache()
        told = system.info(path)
        folder = told.get("type") == "directory"
        files = system.find(path, maxdepth=2, detail=True) if folder else {path: told}
    except Exception:  # reading, which comes next, says why
        return None
    marks = {
        name: {key: str(value) for key, value in file.items() if MARK.fullmatch(key)}
        for name, file in files.items()
    }
    if not all(marks.values()):
        return None
    return str([(name, files[name].get("size"), sorted(marks[name].items())) for name in marks])


def scope(choices: Choices, panel: str) -> Bundle:
    """The samples that a panel looks at: the selection where another panel made one."""
    current = narrowing(panel)
    if current is None:
        return choices.bundle
    return taken(choices.bundle, current.positions)


def scope_rows(panel: str) -> np.ndarray:
    """Rows of the open bundle that `scope` takes where there is a selection."""
    return narrowing(panel).positions


def narrowed(bundle: Bundle, choices: Choices) -> int | None:
    """Samples of a narrowed bundle; None when it is the whole one."""
    return None if bundle is choices.bundle else len(bundle.ids)


def taken(bundle: Bundle, rows: np.ndarray) -> Bundle:
    """These rows of a bundle, ascending; the same bundle for the same rows."""
    return _taken(bundle, bundle.fingerprint, digest_of(rows), rows)


@kept()
def _taken(_bundle: Bundle, fingerprint: str, digest: str, _positions: np.ndarray) -> Bundle:
    taken = _lazy(_bundle, fingerprint).take(torch.from_numpy(_positions).long())
    # What a walk over all answers tells of the whole is not looked for again.
    vars(taken)["labelled"] = _bundle.labelled[torch.from_numpy(_positions).long()]
    if not _bundle.graded_elsewhere:
        vars(taken)["graded_elsewhere"] = False
    _parts[taken] = (_bundle, _positions)
    return taken


@kept()
def _lazy(_bundle: Bundle, fingerprint: str) -> Bundle:
    """The bundle with tables of which a selection copies nothing before it is asked for."""
    held = {
        model: HeldRows(table, device=_bundle.device) if isinstance(table, Tensor) else table
        for model, table in _bundle.probabilities.items()
    }
    return replace(_bundle, probabilities=held)


def part_of(bundle: Bundle) -> tuple[Bundle, np.ndarray] | None:
    """The bundle that `scope` took this one from, and its rows there; None: from none."""
    return _parts.get(bundle)
