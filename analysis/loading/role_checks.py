"""Columns that were named by hand twice or nowhere, and second columns of labels."""

import numpy as np

from analysis.loading.roles import ALIASES, KNOWN_ROLES, SINGLE, Part, key_of
from analysis.loading.sources import Log, Options, count, quoted, shortened

RIVALS = {*ALIASES["label"]} - {"answer"}
MOSTLY = 0.5


def check_rivals(part: Part, options: Options, log: Log) -> None:
    """Report a second column of labels that says something else; say when it says the same.

    Args:
        part: a table whose roles are settled.
        options: a label column named by hand settles the question.
        log: receives the problem or the note.
    """
    label = part.label
    if label is None or part.table.own or options.named("label", part.file.name):
        return
    for rival in part.rest:
        if not rivalling(rival.name):
            continue
        place = {level: code for code, level in enumerate(label.levels)}
        lookup = np.array([place.get(level, -2) for level in rival.levels] + [-1])
        known = rival.counts[lookup[:-1] >= 0].sum()
        if known < MOSTLY * rival.counts.sum():
            continue
        differs = np.flatnonzero((lookup[rival.codes] != label.codes) & ~label.empty & ~rival.empty)
        if not len(differs):
            log.note(f"{part.file.name}: '{rival.name}' repeats the labels of '{label.name}'.")
            continue
        row = int(differs[0])
        log.problem(
            f"{part.table.where(row)}: the columns '{label.name}' and '{rival.name}' both look "
            f"like labels and contradict each other ('{shortened(label.text(row))}' and "
            f"'{shortened(rival.text(row))}'; {count(len(differs), 'row')} in all). Say which one "
            f"holds the labels: --column label={label.name} or --column label={rival.name}."
        )


def rivalling(name: str) -> bool:
    """Whether a column of this name may hold labels."""
    return key_of(name) in RIVALS


def check_named(options: Options, parts: list[Part], complete: bool, log: Log) -> None:
    """Report roles that do not exist, columns in no file, and columns that were named twice.

    Args:
        options: what was named by hand.
        parts: tables as they were read.
        complete: every file was read; else a column may be in one that was not.
        log: receives the problems.
    """
    for part in parts:
        _check_twice(options, part, log)
    columns = [name for part in parts for name in part.table.columns]
    known = {*columns, *(f"{part.file.name}:{n}" for part in parts for n in part.table.columns)}
    for role in options.columns:
        if role not in KNOWN_ROLES:
            log.problem(
                f"There is no role '{role}' for a column; expected one of {', '.join(KNOWN_ROLES)}."
            )
        for name in options.named(role):
            if complete and name not in known:
                have = quoted(dict.fromkeys(columns), 12) or "no columns with names"
                log.problem(
                    f"The column '{name}' that was named as {role} is in none of the files; they "
                    f"have {have}."
                )


def _check_twice(options: Options, part: Part, log: Log) -> None:
    """One column for a role of which a table has one, and one role for a column."""
    file, roles = part.file.name, {}
    for role in KNOWN_ROLES:
        names = [n for n in dict.fromkeys(options.named(role, file)) if n in part.table.columns]
        if role in SINGLE and role not in ("prediction", "score") and len(names) > 1:
            log.problem(
                f"{file}: {quoted(names)} were all named as {role}; a table has one. Name one of "
                f"them, --column {role}={names[0]}."
            )
        for name in names:
            if name in roles:
                log.problem(
                    f"{file}: the column '{name}' was named as {roles[name]} and as {role}; name "
                    "one role for it."
                )
            roles[name] = role
