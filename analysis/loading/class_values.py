"""What the columns of a model hold by their values: probabilities, logits or something else."""

import re
from collections.abc import Iterable
from dataclasses import fields, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.checks import SUM_TOLERANCE
from analysis.loading.columns import Column
from analysis.loading.tables import Table

MOST = 0.5
LOOKED_ROWS = 1_000
PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$")


def numeric_share(column: Column) -> float:
    """The share of the filled cells that hold a number, in the first rows; 1 where none is filled.

    Args:
        column: any column.
    """
    column = _head(column)
    numbers = _rough(column)
    if not np.isnan(numbers).any():
        return 1.0
    filled = 0 if column.numeric else int((~column.empty).sum())
    return float((~np.isnan(numbers)).sum() / filled) if filled else 1.0


def _rough(column: Column) -> np.ndarray:
    """Numbers with NaN where a cell is none."""
    numbers = column.numbers()
    if numbers is not None:
        return numbers
    levels = np.full(len(column.levels) + 1, np.nan)
    for place, level in enumerate(column.levels):
        levels[place] = float(level) if PLAIN_NUMBER.match(level) else np.nan
    return levels[column.codes]


def content(columns: Iterable[Column]) -> str:
    """What the columns of a model hold, by their values: "probabilities", "logits" or "".

    Args:
        columns: one per class; cells may be empty or no numbers at all.
    """
    columns = list(columns)
    if np.mean([numeric_share(column) for column in columns]) < MOST:
        return ""
    for looked_at in ([_head(column) for column in columns], columns):
        table = np.stack([_rough(column) for column in looked_at], axis=1)
        rows = table[~np.isnan(table).any(1)]
        if len(rows):
            break
    with np.errstate(invalid="ignore", over="ignore"):
        fractions = rows % 1 > 0
        good = (np.abs(rows.sum(1) - 1) <= SUM_TOLERANCE) & (rows >= 0).all(1)
    if len(rows) and (good.all() or (fractions.any() and good.mean() > MOST)):
        return "probabilities"
    return "logits" if len(rows) and fractions.mean() > MOST else ""


def _head(column: Column) -> Column:
    """The first rows, which are enough to tell what a column holds."""
    beside = {
        field.name: values.slice(0, LOOKED_ROWS)
        for field in fields(column)
        if isinstance(values := getattr(column, field.name), pa.ChunkedArray)
    }
    return replace(column, **beside)


def fits_single(
    table: Table, columns: Iterable[Column], values: np.ndarray, single: np.ndarray
) -> bool:
    """Whether float32 holds the numbers as they are stored, or to the last digit written.

    Parquet and Arrow say how many digits they mean; text and JSON (whose rows are called records
    or lines) do not, so numbers that were written from float32 become float32 again.

    Args:
        table: where they come from.
        columns: as read.
        values: float64 [rows, classes].
        single: the same as float32.
    """
    kinds = {column.raw.type for column in columns}
    if table.noun == "row" and all(pa.types.is_floating(kind) for kind in kinds):
        return pa.float64() not in kinds
    with np.errstate(over="ignore"):
        exact = (single == values) | np.isnan(values)
    if exact.all():
        return True
    rest = single[~exact]
    if not np.isfinite(rest).all():
        return False
    written = pc.cast(pa.array(rest), pa.string()).cast(pa.float64()).to_numpy()
    return bool((written == values[~exact]).all())
