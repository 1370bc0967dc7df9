"""The labels of the samples, from every input that has them."""

import numpy as np

from analysis.loading.arrays import texts
from analysis.loading.forms import SAMPLES
from analysis.loading.roles import Part
from analysis.loading.roster import Roster, Vocabulary, per_sample
from analysis.loading.sources import Log, Options, count, shortened
from analysis.loading.stacks import Stack


def fill_labels(
    roster: Roster,
    parts: list[Part],
    stacks: list[Stack],
    words: Vocabulary,
    options: Options,
    log: Log,
) -> None:
    """Labels from every input that has them; where two say one, they must agree.

    Args:
        roster: changed in place.
        parts: tables with their forms settled.
        stacks: arrays.
        words: numbers for texts; grows.
        options: whether an empty cell is a label.
        log: receives contradictions and what is missing.
    """
    labels = np.full(len(roster.ids), -1, dtype=np.int32)
    given = ""
    sources = [part for part in parts if part.label and part.id]
    for part in sorted(sources, key=lambda part: part.form != SAMPLES):
        keep_empty = options.empty == "answer" or part.label.typed
        codes = words.encode(part.label, frozenset() if keep_empty else frozenset({""}))
        values, first = per_sample(roster, part, part.label, log, codes)
        if values is not None:
            clash = np.flatnonzero((labels >= 0) & (values >= 0) & (labels != values))
            if len(clash):
                other = f"'{shortened(list(words.place)[labels[clash[0]]])}' in {given}"
                _contradict(part, int(first[clash[0]]), other, len(clash), log)
            labels = np.where(labels >= 0, labels, values)
            given = given or part.file.name
    for stack in stacks:
        if stack.kind == "labels":
            values = _array_labels(roster, stack, words, log)
            clash = np.flatnonzero((labels >= 0) & (values >= 0) & (labels != values))
            if len(clash):
                _contradict_array(stack, roster, clash, (labels, values), given, words, log)
            labels = np.where(labels >= 0, labels, values)
            given = given or stack.file.name
    missing = int((labels < 0).sum())
    if missing == len(labels):
        log.note("There are no labels; measures that need them are not available.")
        return
    if missing:
        log.note(
            f"{count(missing, 'sample')} of {len(labels):,} have no label; they are left out "
            "wherever right and wrong are counted."
        )
    roster.labels = labels


def _contradict(part: Part, row: int, other: str, total: int, log: Log) -> None:
    log.problem(
        f"{part.table.where(row)}: sample '{part.id.text(row)}' has the label "
        f"'{shortened(part.label.text(row))}', but {other}; expected the same label in all files "
        f"({count(total, 'sample')} affected). Correct it, or remove one of the label columns."
    )


def _contradict_array(
    stack: Stack,
    roster: Roster,
    clash: np.ndarray,
    labels: tuple[np.ndarray, np.ndarray],
    given: str,
    words: Vocabulary,
    log: Log,
) -> None:
    names, sample = list(words.place), int(clash[0])
    before, here = (shortened(names[values[sample]]) for values in labels)
    number = here.isdigit() and not before.isdigit()
    log.problem(
        f"{stack.file.name}, array '{stack.name}': sample '{roster.ids[sample]}' has the label "
        f"'{here}', but '{before}' in {given}; expected the same label in all files "
        f"({count(len(clash), 'sample')} affected). Correct it, or remove the array"
        + (", or name the classes in order in classes.csv." if number else ".")
    )


def _array_labels(roster: Roster, stack: Stack, words: Vocabulary, log: Log) -> np.ndarray:
    """int32 [N] from an array of names or numbers; -1 is no label."""
    names = texts(stack.values)
    if stack.values.dtype.kind in "if" and (unlabelled := int((stack.values == -1).sum())):
        log.note(
            f"{stack.file.name}: {count(unlabelled, 'label')} "
            f"{'is' if unlabelled == 1 else 'are'} -1 and read as no label."
        )
        names = ["" if name == "-1" else name for name in names]
    codes = np.array([words.number(name) if name else -1 for name in names], dtype=np.int32)
    labels = np.full(len(roster.ids), -1, dtype=np.int32)
    if stack.ids is not None:
        places = roster.locate(stack.ids)
        labels[places[places >= 0]] = codes[places >= 0]
    elif len(codes) == len(labels) and roster.ordered:
        labels = codes
    else:
        log.problem(
            f"{stack.file.name}, array '{stack.name}' has {count(len(codes), 'label')} without "
            f"ids; expected {len(labels):,} in the order of a samples table. Add an array 'ids'."
        )
    return labels
