"""What is chosen on the page, as a command and as a notebook call that give the same bundle."""

import shlex
from collections.abc import Sequence

from analysis.loading import Found
from dashboard.inputs import Request


def command(names: Sequence[str], said: Request, found: Sequence[Found]) -> str:
    """The line for a shell.

    Args:
        names: of the files.
        said: what was chosen.
        found: what the files are; a column that only one of them has is named without its file.
    """
    parts = ["dissensus", "check", *(f"./{n}" if n.startswith("-") else n for n in names)]
    for role, columns in _columns(said, found).items():
        for column in columns:
            parts += ["--column", f"{role}={column}"]
    for option in ("values", "empty", "threshold", "alike"):
        if option in said and said[option] is not None:
            parts += [f"--{option}", str(said[option])]
    for text in said.get("missing_markers", ()):
        parts.append(f"--missing-marker={text}")
    for column, separator in said.get("multi", {}).items():
        if separator:
            parts.append(f"--multi={column}={separator}")
    return " ".join(map(shlex.quote, parts))


def notebook(
    names: Sequence[str], said: Request, found: Sequence[Found], *, accuracies: bool = False
) -> str:
    """The lines for a notebook; accuracies: the files hold these alone."""
    function = "load_accuracies" if accuracies else "load_bundle"
    result = "table" if accuracies else "bundle"
    columns = {
        role: chosen[0] if len(chosen) == 1 else tuple(chosen)
        for role, chosen in _columns(said, found).items()
    }
    options = {"columns": columns} if columns else {}
    for option in ("values", "empty", "threshold", "alike"):
        if said.get(option) is not None:
            options[option] = said[option]
    if said.get("missing_markers"):
        options["missing_markers"] = tuple(said["missing_markers"])
    if multi := {column: mark for column, mark in said.get("multi", {}).items() if mark}:
        options["multi"] = multi
    arguments = [repr(name) for name in names]
    arguments += [f"{option}={value!r}" for option, value in options.items()]
    call = f"{result} = {function}({', '.join(arguments)})"
    if len(call) > 90:
        lines = "".join(f"    {one},\n" for one in arguments)
        call = f"{result} = {function}(\n{lines})"
    return f"from analysis.loading import {function}\n\n{call}"


def _columns(said: Request, found: Sequence[Found]) -> dict[str, list[str]]:
    return {
        role: [_shortest(name, found) for name in names]
        for role, names in said.get("columns", {}).items()
    }


def _shortest(name: str, found: Sequence[Found]) -> str:
    """Without the file, where only one file has such a column."""
    for entry in found:
        column = name.removeprefix(f"{entry.file}:")
        if column != name and column in entry.columns:
            holders = {other.file for other in found if column in other.columns}
            return column if len(holders) == 1 else name
    return name
