"""Classes written in different ways, labels that look like regression, unlisted answers."""

import re

import numpy as np

from analysis.loading.grades import Answers
from analysis.loading.roster import Roster, Vocabulary
from analysis.loading.sources import Log, Options, Question, count, quoted, shortened

SHOWN = 3
DECIMAL = re.compile(r"[+-]?\d*[.,]\d+([eE][+-]?\d+)?")
NUMBER = re.compile(r"\d{1,15}(\.\d+)?")
FEW = 20
MOSTLY = 0.9
SELDOM = 0.02


def settle_alike(
    roster: Roster, answers: Answers, words: Vocabulary, options: Options, log: Log
) -> None:
    """Ask whether classes that are only written in different ways are one, or make them one.

    Args:
        roster: its labels are changed in place.
        answers: its numbers are changed in place.
        words: every label and answer with its number.
        options: `alike` says what was chosen.
        log: receives the question, or what was made one.
    """
    labels = words.used(roster.labels)
    used = labels | words.used(answers.numbers)
    groups: dict[str, list[str]] = {}
    for name, number in words.place.items():
        if used[number]:
            groups.setdefault(_plain(name), []).append(name)
    alike = sorted(sorted(names) for names in groups.values() if len(names) > 1)
    if not alike:
        return
    shown = "; ".join(quoted(names) for names in alike[:SHOWN])
    more = f" and {len(alike) - SHOWN:,} more" if len(alike) > SHOWN else ""
    if options.alike == "keep":
        log.ask(
            Question(
                "alike",
                "",
                f"Are these the same class: {shown}{more}? They differ only by case, space or how "
                "a number is written, and are kept apart for now.",
                (("keep", "keep them apart"), ("merge", "make them one class")),
            )
        )
        return
    lookup = np.arange(len(words.place) + 1, dtype=np.int32)
    lookup[-1] = -1
    for names in alike:
        kept = min(names, key=lambda name: (not labels[words.place[name]], name))
        lookup[[words.place[name] for name in names]] = words.place[kept]
    if roster.labels is not None:
        roster.labels = lookup[roster.labels]
    for row in () if answers.numbers is None else answers.numbers:
        row[:] = lookup[row]
    log.note(
        f"Classes that differ only by case, space or how a number is written are one: "
        f"{shown}{more}."
    )


def check_kind(roster: Roster, answers: Answers, words: Vocabulary, log: Log) -> None:
    """Refuse labels that are quantities to be estimated, and note answers that no label has.

    Args:
        roster: the samples and their labels.
        answers: what was answered.
        words: every label and answer with its number.
        log: receives the problem or the note.
    """
    if roster.labels is None or answers.numbers is None:
        return
    names = list(words.place)
    known = words.used(roster.labels)
    if answers.grades is None and _regression(roster, answers, names, known):
        examples = [names[n] for n in np.unique(roster.labels[roster.labels >= 0])[:SHOWN]]
        log.problem(
            f"{roster.source}: this looks like regression: {known.sum():,} different labels, "
            f"nearly all decimals such as {quoted(examples)}, and hardly any answer equals its "
            "label. Dissensus reads class answers; give classes, cut the values into ranges, or "
            "add a column 'correct' that says which answers are right."
        )
        return
    given = np.zeros(len(names) + 1, dtype=np.int64)
    for row in answers.numbers:
        given += np.bincount(row + 1, minlength=len(given))
    strange = np.flatnonzero((given[1:] > 0) & ~known)
    if len(strange):
        examples = sorted(shortened(names[number]) for number in strange[:SHOWN])
        total = count(int(given[1:][strange].sum()), "time")
        log.note(
            f"{count(len(strange), 'different answer')}, for instance {quoted(examples)}, "
            f"{'is' if len(strange) == 1 else 'are'} no label of any sample (given {total} in "
            "all); kept, and wrong wherever there is a label."
        )


def _plain(name: str) -> str:
    """A class without case and outer space; a number as it is usually written."""
    text = " ".join(name.split()).casefold()
    if NUMBER.fullmatch(text):
        whole, _, fraction = text.partition(".")
        return f"{int(whole)}.{fraction.rstrip('0')}"
    return text


def _regression(roster: Roster, answers: Answers, names: list[str], known: np.ndarray) -> bool:
    labels = roster.labels[roster.labels >= 0]
    different = int(known.sum())
    if different < max(FEW, len(labels) / 2):
        return False
    decimals = np.array([bool(DECIMAL.fullmatch(name)) for name in names], dtype=bool)
    if decimals[labels].mean() < MOSTLY:
        return False
    right = sum(int(((row == roster.labels) & (row >= 0)).sum()) for row in answers.numbers)
    given = sum(int((row >= 0).sum()) for row in answers.numbers)
    return right <= SELDOM * given
