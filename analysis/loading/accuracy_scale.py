"""Accuracies as shares: numbers in cells, and whether a column holds shares or percent."""

import re

import numpy as np

from analysis.loading.accuracy_forms import Layout, percent
from analysis.loading.columns import NUMBER, Column
from analysis.loading.roles import Part
from analysis.loading.sources import Log, Options, count, quoted, shortened


def shares_of(layout: Layout, options: Options, log: Log) -> list[np.ndarray] | None:
    """float64 [rows] per column of accuracies, as shares."""
    read = [_numbers(column, layout.part, options, log) for column in layout.accuracies]
    if any(entry is None for entry in read):
        return None
    said = [
        marked or percent(column)
        for column, (_, marked) in zip(layout.accuracies, read, strict=True)
    ]
    tops = [float(np.nanmax(values, initial=0.0)) for values, _ in read]
    shares, fine = [], True
    for column, (values, _), known, top in zip(layout.accuracies, read, said, tops, strict=True):
        hundred = known or top > 1
        outside = np.flatnonzero((values < 0) | (values > (100 if hundred else 1)))
        if len(outside):
            fine = False
            _report_outside(layout, column, int(outside[0]), len(outside), known, log)
        shares.append(values / 100 if hundred else values)
    tops = [0.0 if known else top for top, known in zip(tops, said, strict=True)]
    if fine and not _two_scales(layout, tops, log):
        _note_scale(layout, said, max(tops), log)
        return shares
    return None


def _two_scales(layout: Layout, tops: list[float], log: Log) -> bool:
    """Report columns that go beyond 1 beside others that do not; 0 is 0 on any scale.

    Args:
        layout: the columns.
        tops: the largest value of each, 0 where its name or its cells say that it is in percent.
        log: receives the problem.
    """
    largest = max(range(len(tops)), key=tops.__getitem__)
    small = [place for place, top in enumerate(tops) if 0 < top <= 1]
    if tops[largest] <= 1 or not small:
        return False
    high, low = layout.accuracies[largest].name, layout.accuracies[small[0]].name
    more = f" ({count(len(small), 'column')} are like this)" if len(small) > 1 else ""
    log.problem(
        f"{layout.part.file.name}: '{high}' goes up to {tops[largest]:g}, but '{low}' only to "
        f"{tops[small[0]]:g}{more}, so they are not both shares or both in percent; expected "
        "accuracies on one scale. If one of them is no accuracy, say --column "
        f"group={high} (it describes the models) or --column ignore={high}; if both are in "
        f"percent, write % behind the name '{low}'."
    )
    return True


def _report_outside(
    layout: Layout, column: Column, row: int, number: int, known: bool, log: Log
) -> None:
    expected = "0 to 100 (percent)" if known else "0 to 1, or from 0 to 100 (percent)"
    more = f" ({number:,} cells are like this)" if number > 1 else ""
    say = (
        f" If the column says something else of the models, say --column group={column.name}."
        if layout.wide
        else ""
    )
    log.problem(
        f"{layout.part.table.where(row)}: column '{column.name}' holds "
        f"'{shortened(column.text(row))}'{more}; expected an accuracy from {expected}. Correct it, "
        f"or leave the cell empty.{say}"
    )


def _note_scale(layout: Layout, said: list[bool], largest: float, log: Log) -> None:
    name, columns = layout.part.file.name, layout.accuracies
    named = [column.name for column, known in zip(columns, said, strict=True) if known]
    others = [column.name for column, known in zip(columns, said, strict=True) if not known]
    kind = "settings, their accuracies" if layout.wide else "accuracy,"
    if named:
        log.note(f"{name}: {quoted(named)} {_are(named)} read as {kind} in percent, as it says.")
    if others:
        why = (
            f"in percent, because values go up to {largest:g}"
            if largest > 1
            else "as shares, because no value is above 1"
        )
        log.note(f"{name}: {quoted(others)} {_are(others)} read as {kind} {why}.")
    if layout.wide:
        log.note(
            f"{name}: if a column of numbers is no setting, say --column group=NAME (it describes "
            "the models) or ignore=NAME."
        )


def _are(names) -> str:
    return "is" if len(names) == 1 else "are"


def _numbers(
    column: Column, part: Part, options: Options, log: Log
) -> tuple[np.ndarray, bool] | None:
    """float64 [rows], NaN for empty cells and missing markers, and whether cells say percent."""
    if column.numeric:
        values = column.numbers()
        if np.isinf(values).any():
            _not_a_number(column, part, int(np.flatnonzero(np.isinf(values))[0]), log)
            return None
        return values, False
    texts = [level.strip() for level in column.levels]
    marked = any(text.endswith("%") for text in texts)
    values = np.full(len(texts) + 1, np.nan)
    for place, text in enumerate(texts):
        if not text or text in options.missing_markers or not column.counts[place]:
            continue
        number = text.removesuffix("%").strip()
        if not re.match(NUMBER, number) or (marked and not text.endswith("%")):
            row = int(np.flatnonzero(column.codes == place)[0])
            _not_a_number(column, part, row, log, marked=marked)
            return None
        values[place] = float(number)
    return values[column.codes], marked


def _not_a_number(column: Column, part: Part, row: int, log: Log, *, marked: bool = False) -> None:
    text = column.text(row)
    log.problem(
        f"{part.table.where(row)}: column '{column.name}' holds '{shortened(text)}'; expected "
        f"{'a number with %, as in other rows,' if marked else 'a number'} or an empty cell. "
        f"Correct it, or say --missing-marker '{shortened(text)}' if it stands for a gap."
    )
