"""What a choice changed between two readings of the same files, in sentences."""

from collections.abc import Mapping

from analysis.loading import Found, Reading
from dashboard import words
from dashboard.theme import count, markdown

MOST = 8


def changes(before: Reading, after: Reading) -> list[str]:
    """One Markdown sentence for each difference that a person would look for.

    Args:
        before: the files as they were read.
        after: the same files, read again.
    """
    told = []
    earlier = _tables(before)
    for table, found in _tables(after).items():
        if table in earlier:
            told += _of_file(earlier[table], found)
    told += _sizes(before, after)
    gone = len(set(before.problems) - set(after.problems))
    new = len(set(after.problems) - set(before.problems))
    if gone:
        told.append(f"{words.counted(gone, 'problem')} {'is' if gone == 1 else 'are'} gone.")
    if new:
        told.append(f"{words.counted(new, 'problem')} {'is' if new == 1 else 'are'} new.")
    told += [f"Newly assumed: {markdown(note, 300)}" for note in _new_notes(before, after)]
    if len(told) > MOST:
        told = [*told[:MOST], f"And {len(told) - MOST} more differences."]
    return told


def _tables(reading: Reading) -> dict[tuple[str, int], Found]:
    """The tables by their file and their place in it."""
    files = [found.file for found in reading.found]
    return {(f.file, files[:at].count(f.file)): f for at, f in enumerate(reading.found)}


def _of_file(before: Found, after: Found) -> list[str]:
    name, told = markdown(before.file), []
    if before.form != after.form:
        told.append(f"{name} is now: {markdown(after.form)} (it was: {markdown(before.form)}).")
    changed: dict[tuple[str, str], list[str]] = {}
    for column, role in after.columns.items():
        old = before.columns.get(column, "not read")
        if old != role:
            changed.setdefault((old, role), []).append(column)
    for (old, role), columns in changed.items():
        shown = ", ".join(markdown(column, 40) for column in columns[:4])
        shown += f" and {len(columns) - 4} more" if len(columns) > 4 else ""
        told.append(f"{name}: {shown} now read as {markdown(role)} (before: {markdown(old)}).")
    return told


def _sizes(before: Reading, after: Reading) -> list[str]:
    old, new = _counts(before), _counts(after)
    if not old and new:
        return ["The files can be opened now."]
    if old and not new:
        return ["The files cannot be opened any more."]
    told = [
        f"{words.counted(new[what], what)} instead of {count(old.get(what, 0))}."
        for what in new
        if new[what] != old.get(what, 0)
    ]
    told += _levels(before, after)
    if not told and _fingerprints(before) != _fingerprints(after):
        told = ["The values differ, the numbers of models, samples and classes do not."]
    return told


def _levels(before: Reading, after: Reading) -> list[str]:
    if before.bundle is None or after.bundle is None:
        return []
    old, new = before.bundle.groups, after.bundle.groups
    return [
        f"{markdown(name)}: {words.counted(len(new[name].levels), 'group')} instead of "
        f"{count(len(old[name].levels))}."
        for name in new
        if name in old and len(old[name].levels) != len(new[name].levels)
    ]


def _counts(reading: Reading) -> Mapping[str, int]:
    bundle = reading.bundle
    if bundle is None:
        table = reading.accuracies
        if table is None:
            return {}
        return {"model": len(table.models), "setting": len(table.settings)}
    return {
        "model": len(bundle.models),
        "sample": len(bundle.ids),
        "class": len(bundle.classes),
        "grouping": len(bundle.groups),
        "missing answer": bundle.gaps,
        "label": 0 if bundle.labels is None else int((bundle.labels >= 0).sum()),
    }


def _fingerprints(reading: Reading) -> list[str]:
    parts = (reading.bundle, reading.accuracies)
    return [part.fingerprint for part in parts if part is not None]


def _new_notes(before: Reading, after: Reading) -> list[str]:
    known = set(before.notes)
    return [note for note in after.notes if note not in known][:3]
