"""The command `dissensus workspace`, and where the app may keep what it opens."""

import argparse
import ipaddress
import os
import sys
from pathlib import Path

from dashboard.theme import spelt

PREFIX = "kept:"


def add(commands, command) -> None:
    """Add the command to the parser; `command` makes one with help and an example."""
    parser = command(
        commands,
        "workspace",
        _run,
        "list the bundles that are kept on this machine, or delete one",
        "dissensus workspace --delete 3f2a9c0d41b7",
    )
    parser.add_argument(
        "--delete", metavar="FINGERPRINT", help="delete this kept bundle; its first 6 digits do"
    )
    parser.add_argument("--workspace", type=Path, metavar="DIR", help="default: in your own data")


def serving(command: argparse.ArgumentParser) -> None:
    """Where the app keeps what it opens."""
    group = command.add_mutually_exclusive_group()
    group.add_argument(
        "--workspace",
        type=Path,
        metavar="DIR",
        help="keep what is opened here; default: in your own data, and nowhere when --host lets "
        "other machines in",
    )
    group.add_argument("--no-workspace", action="store_true", help="keep nothing")


def find_kept(options: argparse.Namespace) -> str:
    """Put the folder of a kept bundle in place of kept:FINGERPRINT; the problem, if there is one.

    Args:
        options: `paths` is changed, where the command has paths.
    """
    paths = getattr(options, "paths", [])
    if not any(str(path).startswith(PREFIX) for path in paths):
        return ""
    from analysis.bundle import BundleError
    from analysis.loading.workspace import kept_folder, workspace_folder

    folder = getattr(options, "workspace", None) or workspace_folder()
    try:
        options.paths = [
            kept_folder(text.removeprefix(PREFIX), folder) if text.startswith(PREFIX) else path
            for path, text in zip(paths, map(str, paths), strict=True)
        ]
    except BundleError as problem:
        return str(problem)
    return ""


def environment(options: argparse.Namespace) -> dict[str, str]:
    """The environment of the app: whether it keeps what it opens (why not), and where."""
    found = dict(os.environ)
    if options.no_workspace:
        return found | {"DISSENSUS_KEEP": "no"}
    if options.workspace:
        named = str(options.workspace.expanduser().resolve())
        return found | {"DISSENSUS_KEEP": "yes", "DISSENSUS_WORKSPACE": named}
    return found | {"DISSENSUS_KEEP": "yes" if loopback(options.host) else "shared"}


def loopback(host: str) -> bool:
    """Whether only this machine reaches a server at this address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _run(options: argparse.Namespace) -> int:
    from analysis.bundle import BundleError
    from analysis.loading.workspace import delete, kept, workspace_folder

    folder = options.workspace or workspace_folder()
    if options.delete:
        try:
            delete(options.delete.removeprefix(PREFIX), folder)
        except BundleError as problem:
            print(f"dissensus: {spelt(problem)}", file=sys.stderr)
            return 1
        print(f"deleted: {options.delete}")
        return 0
    entries = kept(folder)
    for entry in entries:
        print(f"{entry.fingerprint}  {spelt(_told(entry))}")
    total = sum(entry.size for entry in entries)
    print(
        f"{len(entries):,} kept in {folder}, {total / 1e6:,.1f} MB. Open one with: dissensus serve "
        f"{PREFIX}FINGERPRINT"
    )
    return 0


def _told(entry) -> str:
    if entry.problem:
        return f"cannot be opened: {entry.problem}"
    return (
        f"{entry.when[:10]}  {entry.size / 1e6:8,.1f} MB  {entry.models:,} models on "
        f"{entry.samples:,} samples  {' '.join(entry.name.split())}"
    )
