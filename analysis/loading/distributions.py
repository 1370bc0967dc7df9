"""Class order, and probabilities: logits or not, rows joined to samples, arg max where needed."""

from dataclasses import replace

import numpy as np

from analysis.checks import SUM_TOLERANCE
from analysis.loading.grades import Answers
from analysis.loading.roster import Roster
from analysis.loading.sources import Log, Options, count, quoted, shortened
from analysis.loading.stacks import Stack, shown_array

BLOCK = 1 << 22


def collect_probabilities(
    stacks: list[Stack],
    classes: dict[str, int],
    roster: Roster,
    answers: Answers,
    options: Options,
    log: Log,
) -> dict[str, np.ndarray]:
    """Probabilities of each model in sample order; models without predictions get their arg max.

    Args:
        stacks: arrays; other kinds are skipped.
        classes: class names in order with their numbers in the vocabulary.
        roster: the samples.
        answers: gains the models that have probabilities only.
        options: `values` decides between probabilities and logits.
        log: receives notes and problems.
    """
    numbers = np.array(list(classes.values()), dtype=np.int32)
    found: dict[str, np.ndarray] = {}
    origin: dict[str, str] = {}
    for stack in stacks:
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
        values = _distribution(stack, rows, needed, roster, options, log)
        if values is not None:
            origin[stack.name] = stack.file.name
            found[stack.name] = values = _placed(values, rows, len(roster.ids))
            best = np.where(_seen(rows, len(roster.ids)), numbers[_argmax(values)], -1)
            _compare_or_add(stack, best, row, answers, log)
    return found


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


def _seen(rows: np.ndarray, size: int) -> np.ndarray:
    seen = np.zeros(size, dtype=bool)
    seen[rows[rows >= 0]] = True
    return seen


def _argmax(values: np.ndarray) -> np.ndarray:
    return np.concatenate(
        [np.where(np.isnan(block), -1, block).argmax(1) for block in _blocks(values)]
    )


def _blocks(values: np.ndarray) -> list[np.ndarray]:
    step = max(1, BLOCK // max(values.shape[1], 1))
    return [values[start : start + step] for start in range(0, len(values), step)]


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


def _distribution(
    stack: Stack, rows: np.ndarray, needed: np.ndarray, roster: Roster, options: Options, log: Log
) -> np.ndarray | None:
    """Checked probabilities, from logits where it is logits; rows not needed may hold anything."""
    values = stack.values
    if values.dtype not in (np.float32, np.float64):
        values = values.astype(np.float32)
    sums, low, high = _extremes(values)
    near = np.abs(sums - 1) <= SUM_TOLERANCE
    inside = (low >= 0) & (high <= 1 + SUM_TOLERANCE)
    outside = (low < 0) | (high > 1 + SUM_TOLERANCE)
    kind = options.values
    percent = (low[needed] >= 0).all() and (np.abs(sums[needed] - 100) <= 0.1).all()
    if kind is None and needed.any() and percent:
        log.problem(
            f"{stack.file.name}: the rows of '{stack.name}' sum to 100, so they look like percent; "
            "expected probabilities from 0 to 1. Divide them by 100, or say --values logits if "
            "these are logits."
        )
        return None
    if kind is None and not near[needed].any() and outside[needed].any():
        kind = "logits"
        log.note(
            f"{stack.file.name}: the values of '{stack.name}' are read as logits, because no "
            "row sums to 1 and some lie outside 0 to 1."
        )
    if kind == "logits":
        bad = np.flatnonzero(needed & (np.isnan(sums) | ~np.isfinite(high)))
        if len(bad):
            sample = roster.ids[rows[bad[0]]]
            _report_row(stack, sample, bad, (low, high, sums), "finite logits", log)
            return None
        if options.values and not outside[needed].any():
            log.note(
                f"{stack.file.name}: the values of '{stack.name}' are read as logits, as was said, "
                "although all lie from 0 to 1."
            )
        return _softmax(values)
    bad = np.flatnonzero(needed & ~(near & inside))
    if len(bad):
        sample = roster.ids[rows[bad[0]]]
        _report_row(stack, sample, bad, (low, high, sums), "values from 0 to 1 that sum to 1", log)
        return None
    return values


def _extremes(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    blocks = _blocks(values)
    return (
        np.concatenate([block.sum(1, dtype=np.float64) for block in blocks]),
        np.concatenate([block.min(1) for block in blocks]),
        np.concatenate([block.max(1) for block in blocks]),
    )


def _report_row(stack: Stack, sample: str, bad: np.ndarray, extremes, expected: str, log: Log):
    row, total = int(bad[0]), len(bad)
    low, high, sums = (float(values[row]) for values in extremes)
    more = f"; {total:,} of {len(stack.values):,} rows are like this" if total > 1 else ""
    found = f"values from {low:.6g} to {high:.6g} with sum {sums:.6g}"
    if np.isnan(sums):
        found = "NaN"
    place = f"{stack.file.name}, model '{stack.name}', row {row} counted from 0"
    if stack.where:
        place = f"{stack.where(row)}, model '{stack.name}'"
    log.problem(
        f"{place} (sample '{sample}'): found {found}; expected {expected}{more}. Correct the row"
        + (", or say --values logits if these are logits." if low < 0 or high > 1.5 else ".")
    )


def _softmax(values: np.ndarray) -> np.ndarray:
    result = np.empty(values.shape, dtype=np.float32)
    start = 0
    for block in _blocks(values):
        exact = block.astype(np.float64)
        with np.errstate(invalid="ignore"):
            exact = np.exp(exact - exact.max(1, keepdims=True))
        result[start : start + len(block)] = exact / exact.sum(1, keepdims=True)
        start += len(block)
    return result


def _placed(values: np.ndarray, rows: np.ndarray, size: int) -> np.ndarray:
    if len(rows) == size and np.array_equal(rows, np.arange(size)):
        return values
    placed = np.full((size, values.shape[1]), np.nan, dtype=values.dtype)
    placed[rows[rows >= 0]] = values[rows >= 0]
    return placed


def _compare_or_add(stack: Stack, best: np.ndarray, row: int | None, answers: Answers, log: Log):
    name = stack.name
    if row is not None:
        given = answers.numbers[row]
        differ = int(((given >= 0) & (best >= 0) & (given != best)).sum())
        if differ:
            log.note(
                f"{count(differ, 'prediction')} of '{shortened(name)}' "
                f"{'differs' if differ == 1 else 'differ'} from its most probable class; the "
                "predictions file is used."
            )
        return
    answers.models.append(name)
    if stack.info:
        answers.info[name] = dict(stack.info)
    answers.numbers = best[None] if answers.numbers is None else np.vstack([answers.numbers, best])
    for field in ("confidence", "grades"):
        table = getattr(answers, field)
        if table is not None:
            fill = np.full((1, len(best)), np.nan if field == "confidence" else -1, table.dtype)
            setattr(answers, field, np.vstack([table, fill]))
