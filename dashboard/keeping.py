"""Keeping what was opened, beside the page, and where."""

import os
from collections.abc import Sequence
from pathlib import Path

from analysis.bundle import Bundle
from analysis.loading.aside import sweep
from analysis.loading.workspace import FINGERPRINT, keep, workspace_folder
from dashboard import jobs, state

OFF = {
    "no": "Nothing is kept on this machine: the app was started with --no-workspace, or not "
    "with the command dissensus.",
    "shared": "Nothing is kept here: this server can be reached from other machines, and its users "
    "must not see each other's files. Whoever runs it can name a folder that all may see, with "
    "dissensus serve --workspace DIR.",
}


def folder() -> Path | None:
    """The workspace; None where nothing is kept."""
    return workspace_folder() if os.environ.get("DISSENSUS_KEEP") == "yes" else None


def clean() -> None:
    """Remove what a server that was killed left half-written in the workspace."""
    if (where := folder()) is not None:
        sweep(where)


def reason() -> str:
    """Why nothing is kept."""
    return OFF["shared" if os.environ.get("DISSENSUS_KEEP") == "shared" else "no"]


def begin(bundle: Bundle, name: str, sources: Sequence[str]) -> None:
    """Keep a bundle in the background, where there is a workspace."""
    where = folder()
    state.put("keeping", None)
    if where is None or not FINGERPRINT.fullmatch(bundle.fingerprint):
        return
    work = jobs.begin(lambda report: keep(bundle, name, where, sources))
    state.put("keeping", work)


def nothing() -> None:
    """What is open now is not kept."""
    state.put("keeping", None)


def job() -> jobs.Job | None:
    """The keeping of the open bundle, under way or done."""
    return state.get("keeping")
