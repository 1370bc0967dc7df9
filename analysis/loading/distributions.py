"""Class order, and probabilities: logits or not, rows joined to samples, arg max where needed."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from analysis.chunks import fits
from analysis.lazy import LazyRows, blocks
from analysis.loading.grades import Answers
from analysis.loading.logits import Facts, facts_of, highest, kind_of, single
from analysis.loading.roster import Roster
from analysis.loading.sources import Log, Options, count, quoted, shortened
from analysis.loading.stacks import Stack, shown_array
from analysis.stored import FileArray, StoredArray, softmaxed

SPAN = (0.8, 0.95)  # the shares of all work between which probabilities are looked at


def collect_probabilities(
    stacks: list[Stack],
    classes: dict[str, int],
    roster: Roster,
    answers: Answers,
    options: Options,
    log: Log,
) -> dict[str, Tensor | LazyRows]:
    """Probabilities of each model in sample order; models without predictions get their arg max.

    Those that are too large to be held stay in their files, where they lie in files as they are.

    Args:
        stacks: arrays; other kinds are skipped.
        classes: class names in order with their numbers in the vocabulary.
        roster: the samples.
        answers: gains the models that have probabilities only.
        options: `values` decides between probabilities and logits.
        log: receives notes and problems.
    """
    numbers = np.array(list(classes.values()), dtype=np.int32)
    found: dict[str, Tensor | LazyRows] = {}
    origin: dict[str, str] = {}
    held, added = _may_be_held(stacks), []
    for place, stack in enumerate(stacks):
        if stack.kind not in ("probabilities", "second class"):
            continue
        stack = _in_class_order(stack, tuple(classes), log)
        if stack is None:
            continue
        if stack.name in found:
            log.problem(
                f"{origin[stack.name]} and {stack.file.name} both hold probabilities of "
                f"'{stack.name}'; expected one of them."
            )
            continue
        rows = located(stack, roster, log)
        if rows is None or not _fits(stack, classes, log):
            continue
        row = answers.models.index(stack.name) if stack.name in answers.models else None
        needed = rows >= 0
        if row is not None:
            needed &= answers.numbers[row][rows] >= 0
        if held and isinstance(stack.values, FileArray):
            stack = replace(stack, values=stack.values.read())
        begin, end = (np.interp(at, (0, len(stacks)), SPAN) for at in (place, place + 1))
        log.begin(begin, end, f"Looking at the probabilities of {shortened(stack.name)}")
        facts = facts_of(stack.values, log)
        kind = kind_of(stack, rows, needed, facts, roster, options, log)
        if kind is not None:
            origin[stack.name] = stack.file.name
            best, found[stack.name] = _placed(stack, kind, rows, facts, len(roster.ids))
            best = np.where(best >= 0, numbers[best], -1)
            if row is None:
                added.append((stack, best))
            else:
                _compare(stack, best, answers.numbers[row], log)
    _add(added, answers)
    return found


def _may_be_held(stacks: Sequence[Stack]) -> bool:
    """Whether all probabilities that still lie in files fit into memory."""
    waiting = [stack.values for stack in stacks if isinstance(stack.values, FileArray)]
    return fits(sum(values.size * max(values.dtype.itemsize, 4) for values in waiting))


def _both_classes(stack: Stack, classes: tuple[str, ...], log: Log) -> Stack | None:
    """Probabilities of the second class with those of the first beside them."""
    if len(classes) == 1:
        return replace(stack, kind="probabilities", values=stack.values[:, None])
    if len(classes) != 2:
        log.problem(
            f"{shown_array(stack)} has one number per sample for '{stack.name}', which can only be "
            f"the probability of the second of two classes, but there are {len(classes)} classes; "
            "expected [samples, classes]."
        )
        return None
    log.note(
        f"{shown_array(stack)}: the values of '{stack.name}' are read as the probability of "
        f"'{classes[1]}', the second class."
    )
    second = stack.values
    second = second.astype(np.float32) if second.itemsize < 4 else second
    return replace(stack, kind="probabilities", values=np.stack([1 - second, second], axis=1))


def _in_class_order(stack: Stack, classes: tuple[str, ...], log: Log) -> Stack | None:
    """The columns of an array in class order; None with a problem where they do not fit."""
    if stack.kind == "second class":
        return _both_classes(stack, classes, log)
    if stack.columns is None or stack.columns == classes:
        return stack
    own, known = set(stack.columns), set(classes)
    absent = [name for name in classes if name not in own]
    strange = [name for name in stack.columns if name not in known]
    if len(strange) == len(own):
        log.problem(
            f"{stack.file.name}: {quoted(strange)} sum to 1 like probabilities, but none of them "
            f"is a class (those are {quoted(classes, 3)}). Correct the names, or say --column "
            "group=NAME for each column that holds something else."
        )
        return None
    if absent:
        log.problem(
            f"{stack.file.name}: model '{stack.name}' has no column for {quoted(absent)}; expected "
            f"one for each of the {len(classes)} classes. Add it, with 0 where it is never given."
        )
    if strange:
        log.problem(
            f"{stack.file.name}: {quoted(strange)}, with a column of probabilities of "
            f"'{stack.name}', {'is' if len(strange) == 1 else 'are'} not among the "
            f"{len(classes)} classes. Correct the name, or add it to classes.csv."
        )
    if absent or strange:
        return None
    places = {name: place for place, name in enumerate(stack.columns)}
    order = [places[name] for name in classes]
    return replace(stack, values=stack.values[:, order], columns=classes)


def located(stack: Stack, roster: Roster, log: Log) -> np.ndarray | None:
    """int64 [rows], the sample of each row of an array, -1 where it is unknown.

    Args:
        stack: with its own ids, or with rows in the order of the samples.
        roster: the samples.
        log: receives a note for unknown ids, and the problem where None is returned.
    """
    shown = f"{stack.file.name}: the array of '{stack.name}'"
    if stack.ids is not None:
        rows = roster.locate(stack.ids)
        unknown = int((rows < 0).sum())
        if unknown == len(rows):
            log.problem(
                f"{stack.file.name}: none of its ids is in {roster.source}; found for instance "
                f"'{stack.ids[0]}', expected ids such as {quoted(roster.ids, 2)}."
            )
            return None
        if unknown:
            log.note(
                f"{shown}: {count(unknown, 'row')} not used, because the id is not in "
                f"{roster.source}."
            )
        return rows
    if not roster.ordered:
        log.problem(
            f"{shown} has rows without sample ids, and there is no samples table that gives their "
            "order; add a samples table, or an array 'ids' in an NPZ file."
        )
        return None
    if len(stack.values) != len(roster.ids):
        log.problem(
            f"{shown} has {count(len(stack.values), 'row')}; expected {len(roster.ids):,}, one per "
            f"sample of {roster.source} in the same order."
        )
        return None
    return np.arange(len(roster.ids))


def _fits(stack: Stack, classes: dict[str, int], log: Log) -> bool:
    if stack.values.shape[1] == len(classes):
        return True
    log.problem(
        f"{stack.file.name}: the array of '{stack.name}' has "
        f"{count(stack.values.shape[1], 'column')}; expected {len(classes)}, one per class."
    )
    return False


def _placed(
    stack: Stack, kind: str, rows: np.ndarray, facts: Facts, size: int
) -> tuple[np.ndarray, Tensor | LazyRows]:
    """In the order of the samples: the most probable class, and the table of probabilities."""
    places = np.full(size, -1, dtype=np.int64)
    places[rows[rows >= 0]] = np.flatnonzero(rows >= 0)
    ordered = len(rows) == size and np.array_equal(places, np.arange(size))
    if isinstance(stack.values, FileArray):
        table = StoredArray(stack.values, kind, checked=True)
        best = facts.best
        if kind == "logits":
            parts = (part.numpy() for part in blocks(table))
            best = np.concatenate([highest(part, part.sum(1)) for part in parts])
        if not ordered:
            table = replace(table, rows=torch.from_numpy(places))
    else:
        values, best = single(stack.values), facts.best
        if kind == "logits":
            values = np.concatenate([softmaxed(block) for block in blocks(values)])
            best = np.concatenate([highest(part, part.sum(1)) for part in blocks(values)])
        if not ordered:
            placed = np.full((size, values.shape[1]), np.nan, dtype=values.dtype)
            placed[places >= 0] = values[places[places >= 0]]
            values = placed
        table = torch.from_numpy(values)
    return np.where(places >= 0, best[places], -1), table


def _compare(stack: Stack, best: np.ndarray, given: np.ndarray, log: Log) -> None:
    differ = int(((given >= 0) & (best >= 0) & (given != best)).sum())
    if differ:
        log.note(
            f"{count(differ, 'prediction')} of '{shortened(stack.name)}' "
            f"{'differs' if differ == 1 else 'differ'} from its most probable class; the "
            "predictions file is used."
        )


def _add(added: Sequence[tuple[Stack, np.ndarray]], answers: Answers) -> None:
    """Models that have probabilities only, with their most probable classes as answers."""
    if not added:
        return
    for stack, _ in added:
        answers.models.append(stack.name)
        if stack.info:
            answers.info[stack.name] = dict(stack.info)
    rows = np.stack([best for _, best in added])
    answers.numbers = rows if answers.numbers is None else np.vstack([answers.numbers, rows])
    for field in ("confidence", "grades"):
        table = getattr(answers, field)
        if table is not None:
            fill = np.full(rows.shape, np.nan if field == "confidence" else -1, table.dtype)
            setattr(answers, field, np.vstack([table, fill]))
