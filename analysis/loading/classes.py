"""The class order: as an input states it, else sorted."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from analysis.loading.arrays import texts
from analysis.loading.forms import CLASSES
from analysis.loading.grades import Answers
from analysis.loading.roles import Part
from analysis.loading.roster import Roster, Vocabulary
from analysis.loading.sources import Log, count, quoted
from analysis.loading.stacks import Stack


@dataclass(frozen=True)
class GivenClasses:
    """A class order that an input states."""

    names: tuple[str, ...]
    source: str


def given_classes(parts: list[Part], stacks: list[Stack], log: Log) -> GivenClasses | None:
    """The class order of classes.csv or of an array `classes`, if there is one."""
    found = []
    for part in parts:
        if part.form == CLASSES:
            names = _listed_classes(part, log)
            found.append(GivenClasses(tuple(names), part.file.name))
    for stack in stacks:
        if stack.kind == "classes":
            found.append(GivenClasses(tuple(texts(stack.values)), stack.file.name))
    for classes in found:
        if len(set(classes.names)) < len(classes.names):
            seen: set[str] = set()
            twice = next(n for n in classes.names if n in seen or seen.add(n))
            log.problem(f"{classes.source}: the class '{twice}' occurs twice; expected each once.")
            return None
        if classes.names != found[0].names:
            log.problem(
                f"{found[0].source} and {classes.source} give different class orders; "
                "expected one. Remove one of them."
            )
            return None
    return found[0] if found else None


def _listed_classes(part: Part, log: Log) -> list[str]:
    names = [part.label.text(row) for row in range(part.table.rows)]
    index = next((c for c in part.rest if c.name.lower() == "class_index"), None)
    if index is None:
        return names
    places = index.numbers()
    if places is None or sorted(places.tolist()) != list(range(len(names))):
        log.problem(
            f"{part.file.name}: column 'class_index' does not hold each number from 0 to "
            f"{len(names) - 1} once; correct it or remove the column."
        )
        return names
    return [names[row] for row in np.argsort(places)]


def class_order(
    given: GivenClasses | None,
    roster: Roster,
    answers: Answers,
    words: Vocabulary,
    stacks: list[Stack],
    log: Log,
) -> dict[str, int]:
    """The classes in order with their numbers: as given, else sorted.

    Args:
        given: a stated class order.
        roster: the samples with their labels.
        answers: what the tables say.
        words: texts and their numbers.
        stacks: with probabilities among them the number of classes must be explained.
        log: receives notes and problems.
    """
    if given:
        _name_positions(given, roster, answers, words, log)
    names = list(words.place)
    labels, answered = words.used(roster.labels), words.used(answers.numbers)
    label_names = ordered(names[number] for number in np.flatnonzero(labels))
    used = ordered(names[number] for number in np.flatnonzero(labels | answered))
    stacked = [stack for stack in stacks if stack.kind in ("probabilities", "second class")]
    if given is None and not stacked:
        return {name: words.number(name) for name in used}
    if given and _positions(given, used):
        log.note(f"Labels and predictions are positions in the class order of {given.source}.")
        return {name: words.number(str(place)) for place, name in enumerate(given.names)}
    known = _known(given, label_names, stacked)
    inside = set(known)
    outside = [name for name in used if name not in inside]
    if not stacked:
        if outside:
            log.note(
                f"{quoted(outside)} {'is' if len(outside) == 1 else 'are'} not in "
                f"{given.source} and placed behind its classes."
            )
        return {name: words.number(name) for name in known + outside}
    _check_width(given, known, stacked, log)
    if outside and not log.problems:
        _report_outside(outside, given, known, stacked, log)
    return {name: words.number(name) for name in known}


def _name_positions(
    given: GivenClasses, roster: Roster, answers: Answers, words: Vocabulary, log: Log
) -> None:
    """Labels or answers that are positions while the others are names become names too."""
    texts = list(words.place)
    sides = {"labels": roster.labels, "answers": answers.numbers}
    used = {what: [texts[n] for n in np.flatnonzero(words.used(t))] for what, t in sides.items()}
    named = {what for what, own in used.items() if set(own) & set(given.names)}
    if len(named) != 1:
        return
    (what,) = {"labels", "answers"} - named
    if not _positions(given, used[what]):
        return
    lookup = np.arange(len(texts) + len(given.names) + 1, dtype=np.int32)
    lookup[-1] = -1
    for place, name in enumerate(given.names):
        if str(place) in words.place:
            lookup[words.place[str(place)]] = words.number(name)
    for row in np.atleast_2d(sides[what]):
        row[:] = lookup[row]
    log.note(f"The {what} are positions in the class order of {given.source}.")


def _report_outside(
    outside: list[str], given: GivenClasses | None, known: list[str], stacked: list[Stack], log: Log
) -> None:
    named = next((stack.file.name for stack in stacked if stack.columns), None)
    source = given.source if given else named or "the labels"
    by_hand = ", or say --column group=NAME for columns that hold no probabilities"
    log.problem(
        f"{quoted(outside)} {'is' if len(outside) == 1 else 'are'} among the labels or "
        f"predictions but not among the {len(known)} classes of {source}; expected only classes "
        "that have a column of probabilities. Correct the spelling, or give all classes in "
        f"classes.csv{by_hand if named and not given else ''}."
    )


def _known(given: GivenClasses | None, labels: list[str], stacked: list[Stack]) -> list[str]:
    """The classes as given, else those that columns are named after, else the labels."""
    if given:
        return list(given.names)
    sets = [set(stack.columns) for stack in stacked if stack.columns]
    sets = [names for names in sets if names & set(labels)] or sets
    columns = set().union(*sets)
    return ordered(columns) if columns else labels


def _positions(given: GivenClasses, used: list[str]) -> bool:
    """Labels and answers are written as numbers 0 to C-1 that are no class names themselves."""
    if not used or set(used) & set(given.names):
        return False
    return set(used) <= {str(place) for place in range(len(given.names))}


def _check_width(
    given: GivenClasses | None, known: list[str], stacked: list[Stack], log: Log
) -> None:
    """Without names, columns are taken for the sorted labels where their number fits."""
    nameless = [s for s in stacked if s.columns is None and s.kind == "probabilities"]
    if given or not nameless:
        return
    stack = nameless[0]
    width = stack.values.shape[1]
    if width != len(known):
        log.problem(
            f"{stack.file.name}: the array of '{stack.name}' has {count(width, 'column')}, but "
            f"there are {len(known)} different labels and no class order; expected a file "
            f"classes.csv (or an array 'classes') that names the {width} classes in order."
        )
        return
    log.note(
        f"The columns of the probabilities are taken to be the {len(known)} sorted labels, "
        "because there is no class order and their number fits."
    )


def ordered(names: Iterable[str]) -> list[str]:
    """Sorted: numbers as numbers if all are, else as text."""
    names = list(names)
    try:
        keyed = [(float(name), name) for name in names]
        if all(
            np.isfinite(value) and not name.isspace() and "_" not in name and name == name.strip()
            for value, name in keyed
        ):
            return [name for _, name in sorted(keyed)]
    except (ValueError, OverflowError):
        pass
    return sorted(names)
