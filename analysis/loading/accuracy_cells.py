"""The cells of tables of accuracies: numbers as shares, counts, and two values for one cell."""

import re
from dataclasses import dataclass

import numpy as np

from analysis.loading.accuracy_forms import Layout
from analysis.loading.accuracy_scale import shares_of
from analysis.loading.columns import Column
from analysis.loading.sources import Log, Options, count, shortened

ALIKE = 1e-12
MOST_SAMPLES = 2**53  # what float64 still counts one by one


class Names:
    """Names numbered in order of first occurrence, over all tables."""

    def __init__(self) -> None:
        """Start empty."""
        self.place: dict[str, int] = {}

    def number(self, name: str) -> int:
        """The number of a name; a new one for a new name."""
        return self.place.setdefault(name, len(self.place))

    def encode(self, column: Column) -> np.ndarray:
        """int64 [rows], the number of each row's name, numbered in the order of the rows."""
        first = column.first_rows()
        numbers = np.full(len(column.levels) + 1, -1, dtype=np.int64)
        for level in np.argsort(first, kind="stable").tolist():
            if first[level] < len(column.codes):
                numbers[level] = self.number(column.levels[level].strip())
        return numbers[column.codes]


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of one table.

    Attributes:
        layout: its columns.
        of_rows: int64 [rows], the model of each row.
        settings_of_rows: int64 [rows], the setting of each row; None for a wide table.
        models, settings: int64 [n], of each cell.
        values: float64 [n], shares, NaN where not measured.
        counts: int64 [n], 0 where unknown.
        rows: int64 [n], the row of each cell.
    """

    layout: Layout
    of_rows: np.ndarray
    settings_of_rows: np.ndarray | None
    models: np.ndarray
    settings: np.ndarray
    values: np.ndarray
    counts: np.ndarray
    rows: np.ndarray


def cells_of(
    layout: Layout, models: Names, settings: Names, options: Options, log: Log
) -> Cells | None:
    """Read the cells of a table; None when a problem stands in the way.

    Args:
        layout: its columns.
        models: names of all tables; they grow.
        settings: the same for settings.
        options: texts that stand for a missing value.
        log: receives notes and problems.
    """
    part = layout.part
    for column, what in ((part.model, "model"), (layout.setting, "setting")):
        if column is not None and column.empty.any():
            row = int(np.flatnonzero(column.empty)[0])
            log.problem(
                f"{part.table.where(row)}: the {what} in column '{column.name}' is empty; expected "
                f"the name of a {what} in every row. Fill it in or remove the row."
            )
            return None
    of_rows = models.encode(part.model)
    rows = np.arange(part.table.rows)
    shares = shares_of(layout, options, log)
    counts = _counts(layout, log)
    if shares is None or counts is None:
        return None
    if layout.setting is not None:
        places = [settings.encode(layout.setting)]
    elif layout.wide:
        places = [
            np.full(len(rows), settings.number(column.name.strip())) for column in layout.accuracies
        ]
    else:
        places = [np.full(len(rows), settings.number(part.file.stem))]
        log.note(
            f"{part.file.name} names no setting; all its accuracies are of one setting, "
            f"'{part.file.stem}'."
        )
    times = len(places)
    return Cells(
        layout,
        of_rows,
        None if layout.wide else places[0],
        np.tile(of_rows, times),
        np.concatenate(places),
        np.concatenate(shares),
        np.tile(counts, times),
        np.tile(rows, times),
    )


def _counts(layout: Layout, log: Log) -> np.ndarray | None:
    """int64 [rows], 0 where unknown."""
    column = layout.counts
    if column is None:
        return np.zeros(layout.part.table.rows, dtype=np.int64)
    values = column.numbers()
    bad = np.zeros(1, dtype=np.int64)
    if values is not None:
        bad = np.flatnonzero((values < 0) | (values % 1 > 0) | (values > MOST_SAMPLES))
        if not len(bad):
            return np.nan_to_num(values, nan=0.0).astype(np.int64)
    else:
        good = [not level or re.match(r"^\d+$", level) is not None for level in column.levels]
        bad = np.flatnonzero(~np.array([*good, True])[column.codes])
    log.problem(
        f"{layout.part.table.where(int(bad[0]))}: column '{column.name}' holds "
        f"'{shortened(column.text(int(bad[0])))}'; expected a number of samples. Correct it, or "
        f"leave the column out with --column ignore={column.name}."
    )
    return None


def merged(
    read: list[Cells], models: int, settings: int, log: Log
) -> tuple[np.ndarray, np.ndarray | None]:
    """All cells in one table; reports two different values for one cell.

    Args:
        read: the cells of every table.
        models: M.
        settings: S.
        log: receives problems, and a note on values that are given twice.

    Returns:
        float64 [M, S] with NaN where not measured, and int64 [M, S] or None.
    """
    table = np.full(models * settings, np.nan)
    counts = np.zeros(models * settings, dtype=np.int64)
    last = np.full((models * settings, 2), -1, dtype=np.int64)
    repeated = 0
    for source, cells in enumerate(read):
        kept = np.flatnonzero(np.isfinite(cells.values))
        keys = cells.models[kept] * settings + cells.settings[kept]
        order = np.argsort(keys, kind="stable")
        own, first = np.unique(keys[order], return_index=True)
        earlier = np.where(np.isnan(table[own]), cells.values[kept][order][first], table[own])
        group = np.searchsorted(own, keys)
        wrong = np.flatnonzero(np.abs(cells.values[kept] - earlier[group]) > ALIKE)
        if len(wrong):
            at = kept[wrong[0]]
            known = last[keys[wrong[0]]]
            if known[0] < 0:
                known = (source, cells.rows[kept[order[first[group[wrong[0]]]]]])
            _report_clash(read[known[0]], int(known[1]), cells, int(at), len(wrong), log)
        repeated += len(keys) - len(own) + int((last[own, 0] >= 0).sum())
        table[own] = earlier
        counts[keys] = np.maximum(counts[keys], cells.counts[kept])
        fresh = own[last[own, 0] < 0]
        rows = cells.rows[kept[order[first]]][last[own, 0] < 0]
        last[fresh] = np.stack([np.full(len(fresh), source), rows], axis=1)
    if repeated and not log.problems:
        log.note(f"{count(repeated, 'accuracy value')} given twice and equal; counted once.")
    shape = (models, settings)
    known = counts.reshape(shape) if counts.any() else None
    return table.reshape(shape), known


def _report_clash(first: Cells, row: int, second: Cells, at: int, number: int, log: Log) -> None:
    one, two = first.layout.part.table, second.layout.part.table
    again = int(second.rows[at])
    model = second.layout.part.model.text(again)
    column = _column(second, at)
    setting = second.layout.setting
    name = column.name if second.layout.wide else setting.text(again) if setting else ""
    where = f" in setting '{shortened(name)}'" if name else ""
    place = f"{one.noun} {one.row(row)}" if one is two else one.where(row)
    more = f" ({number:,} rows are like this)" if number > 1 else ""
    log.problem(
        f"{two.where(again)}: model '{shortened(model)}'{where} has the accuracy "
        f"'{column.text(again)}', but another one in {place}{more}; expected one accuracy per "
        "model and setting. Remove the wrong row; if each row is one sample, add a column "
        "sample_id."
    )


def _column(cells: Cells, at: int) -> Column:
    return cells.layout.accuracies[at // len(cells.of_rows)]
