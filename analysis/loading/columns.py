"""One column of a table: text as codes and levels, encoded lazily, and numbers in it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.loading.lists import joined, text_lists

ROWS = 1 << 20
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?$"
LEADING_ZERO = r"^[+-]?0\d"
LONG_WHOLE = r"^[+-]?\d{16,}$"
COMMA_NUMBER = r"^[+-]?(\d+(,\d+)?|,\d+)([eE][+-]?\d{1,2})?$"
THOUSANDS = r"^[+-]?[1-9]\d{0,2},\d{3}$"
SPECIAL = r"^([+-]?(inf|infinity)|nan)$"


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a table.

    Attributes:
        name: its name in the header.
        raw: its values as read.
        typed: the format tells missing (null) from the empty text.
        commas: a comma may be the decimal mark, because it does not separate the columns.
        written: the texts of numbers where the file writes them in another way (1.10).
    """

    name: str
    raw: pa.ChunkedArray
    typed: bool
    commas: bool = False
    written: pa.ChunkedArray | None = None

    @cached_property
    def _encoded(self) -> tuple[np.ndarray, list[str]]:
        values = self.raw if self.written is None else self.written
        if pa.types.is_floating(values.type):
            values = pc.if_else(pc.is_nan(values), pa.scalar(None, values.type), values)
        if text_lists(values.type):
            values = self._joined[0]
        if pa.types.is_nested(values.type) or pa.types.is_binary(values.type):
            plain = [None if v is None else str(v) for v in values.to_pylist()]
            values = pa.chunked_array([pa.array(plain, pa.string())])
        if not pa.types.is_dictionary(values.type):
            values = pc.dictionary_encode(values)
        if values.num_chunks != 1:
            values = values.unify_dictionaries().combine_chunks()
        whole = values
        if isinstance(whole, pa.ChunkedArray):
            whole = whole.chunk(0) if whole.num_chunks else pa.array([], values.type)
        indices = whole.indices.cast(pa.int32())
        if indices.null_count:
            indices = pc.fill_null(indices, -1)
        return indices.to_numpy(zero_copy_only=False), texts_of(whole.dictionary)

    @property
    def codes(self) -> np.ndarray:
        """int32 [rows], position in `levels`; -1 where a typed format holds nothing."""
        return self._encoded[0]

    @property
    def levels(self) -> list[str]:
        """The distinct values as text (a Parquet file may list some that do not occur)."""
        return self._encoded[1]

    @cached_property
    def counts(self) -> np.ndarray:
        """int64 [levels], how often each level occurs."""
        total = np.zeros(len(self.levels) + 1, dtype=np.int64)
        for rows in row_blocks(len(self.codes)):
            total += np.bincount(self.codes[rows] + 1, minlength=len(total))
        return total[1:]

    @property
    def gaps(self) -> bool:
        """A cell may be empty; False where no level is and no value is absent."""
        return "" in self.levels or int(self.codes.min(initial=0)) < 0

    @cached_property
    def empty(self) -> np.ndarray:
        """Bool [rows], nothing or the empty text."""
        blank = np.array([level == "" for level in self.levels] + [True], dtype=bool)
        return blank[self.codes]

    def text(self, row: int) -> str:
        """The value of one row, "" for none."""
        code = int(self.codes[row])
        return "" if code < 0 else self.levels[code]

    @property
    def numeric(self) -> bool:
        """A typed format stores it as numbers."""
        kind = self.raw.type
        return pa.types.is_integer(kind) or pa.types.is_floating(kind)

    @property
    def listed(self) -> bool:
        """Each cell holds a list of numbers."""
        kind = self.raw.type
        lists = pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind)
        return lists and not text_lists(kind)

    @cached_property
    def _joined(self) -> tuple[pa.ChunkedArray, str]:
        return joined(self.raw)

    @property
    def separator(self) -> str:
        """What stands between the values of a cell that was a list of text; else ""."""
        return self._joined[1] if text_lists(self.raw.type) else ""

    def numbers(self) -> np.ndarray | None:
        """Float64 [rows] with NaN for empty cells; None when a value is no number."""
        if self.numeric:
            return self.raw.cast(pa.float64()).to_numpy().astype(np.float64)
        if self._plain_text and not self.decimal_comma:
            return _parsed(self.raw.combine_chunks())
        levels = _parsed(pa.array(self.plain_levels, pa.large_string()))
        return None if levels is None else np.append(levels, np.nan)[self.codes]

    @cached_property
    def decimal_comma(self) -> bool:
        """All numbers are written as 1,5 and none as 1.5."""
        if not self.commas or (self._plain_text and not _with_comma(self.raw.slice(0, 100))):
            return False
        return _with_comma(pa.array(self.levels, pa.large_string()))

    @property
    def plain_levels(self) -> list[str]:
        """The levels with a decimal point where they have a decimal comma."""
        if not self.decimal_comma:
            return self.levels
        return [level.replace(",", ".") for level in self.levels]

    @property
    def _plain_text(self) -> bool:
        return pa.types.is_string(self.raw.type) or pa.types.is_large_string(self.raw.type)

    def first_rows(self) -> np.ndarray:
        """int64 [levels], the first row of each level, the number of rows where unused."""
        return first_positions(self.codes, len(self.levels))


def first_positions(codes: np.ndarray, levels: int) -> np.ndarray:
    """int64 [levels], where each code first occurs; len(codes) where it does not."""
    first = np.full(levels + 1, len(codes), dtype=np.int64)
    for rows in reversed(row_blocks(len(codes))):
        first[codes[rows][::-1]] = np.arange(rows.stop - 1, rows.start - 1, -1)
    return first[:levels]


def row_blocks(rows: int) -> list[slice]:
    """Slices that cover so many rows; work on them one by one holds little memory."""
    return [slice(at, min(at + ROWS, rows)) for at in range(0, rows, ROWS)]


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds text."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def texts_of(values: pa.Array | pa.ChunkedArray) -> list[str]:
    """The values as text, "" for nothing."""
    if pa.types.is_dictionary(values.type):
        values = pc.cast(values, values.type.value_type)
    if pa.types.is_boolean(values.type):
        return ["" if v is None else str(v) for v in values.to_pylist()]
    if is_text(values.type):
        return pc.fill_null(values, "").to_pylist()
    try:
        return pc.fill_null(values.cast(pa.string()), "").to_pylist()
    except pa.ArrowException:
        return ["" if v is None else str(v) for v in values.to_pylist()]


def _with_comma(texts: pa.Array | pa.ChunkedArray) -> bool:
    """Every filled text is a number without a point, and some have a comma inside.

    1,234 might be one thousand and more: a column of nothing but these is not decided.
    """
    texts = texts.filter(pc.not_equal(texts, ""))
    if not len(texts) or not pc.all(pc.match_substring_regex(texts, COMMA_NUMBER)).as_py():
        return False
    commas = texts.filter(pc.match_substring(texts, ","))
    return len(commas) > 0 and not pc.all(pc.match_substring_regex(commas, THOUSANDS)).as_py()


def _parsed(texts: pa.Array) -> np.ndarray | None:
    blank = pc.equal(texts, "")
    special = pc.match_substring_regex(texts, SPECIAL, ignore_case=True)
    valid = pc.or_(pc.or_(blank, special), pc.match_substring_regex(texts, NUMBER))
    if not pc.all(pc.fill_null(valid, True)).as_py():
        return None
    cleaned = pc.if_else(blank, pa.scalar(None, texts.type), pc.utf8_ltrim(texts, "+"))
    return cleaned.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)


def exact_numbers(column: Column) -> tuple[np.ndarray | None, str]:
    """Numbers of a text column when nothing is lost by reading them so.

    Args:
        column: any column.

    Returns:
        int64 (whole, no gaps) or float64 [rows], or None, and why a column of numbers stays text.
    """
    if column.numeric:
        return _stored_numbers(column), ""
    if column.typed:
        return None, ""
    used = [
        level for level, n in zip(column.plain_levels, column.counts, strict=True) if n and level
    ]
    if not used:
        return None, ""
    texts = pa.array(used, pa.large_string())
    if not pc.all(pc.match_substring_regex(texts, NUMBER)).as_py():
        return None, ""
    if pc.any(pc.match_substring_regex(texts, LEADING_ZERO)).as_py():
        return None, "some have leading zeros"
    if pc.any(pc.match_substring_regex(texts, LONG_WHOLE)).as_py():
        return None, "some have more than 15 digits"
    values = column.numbers()
    if len(np.unique(values[~np.isnan(values)])) < len(used):
        return None, "different texts would become the same number"
    whole = pc.all(pc.match_substring_regex(texts, r"^[+-]?\d+$")).as_py()
    return (values.astype(np.int64) if whole and not column.empty.any() else values), ""


def _stored_numbers(column: Column) -> np.ndarray:
    if column.raw.null_count:
        return column.numbers()
    return np.array(column.raw.to_numpy())
