"""Parsing of comma, semicolon and tab separated text, and where each record starts."""

import io
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv

from analysis.loading.sources import File, RefusedError, count, quoted

ENCODED_COLUMNS = 16
SHOWN_ROWS = 3
BOM = b"\xef\xbb\xbf"
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}


@dataclass(frozen=True)
class Delimited:
    """Parsed text: a pyarrow table of text columns, the bytes it came from, assumptions."""

    table: pa.Table
    content: bytes
    comments: tuple[str, ...]


def read_delimited(file: File) -> Delimited:
    """Parse a text file, every cell as text.

    Raises:
        RefusedError: it is empty, not UTF-8, or has a bad header, ragged rows or an open quote.
    """
    content = file.content if isinstance(file.content, bytes) else file.content.read_bytes()
    content = _decoded(file, content)
    _check_quotes(file, content)
    separator = _separator(file, content)
    header = _header(file, content, separator)
    comments = (
        ()
        if separator == "," or file.suffix == ".tsv"
        else (f"{file.name}: columns are separated by {SEPARATORS[separator]}.",)
    )
    table = _parse(file, content, separator, header)
    if not table.num_rows:
        raise RefusedError(f"{file.name} has a header but no rows; expected at least one row.")
    return Delimited(table, content, comments)


def record_lines(content: bytes) -> np.ndarray:
    """int64 [records], the line on which each record starts, the header first.

    A line break inside quotation marks does not end a record; blank lines are no records.
    """
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    data = np.frombuffer(content, dtype=np.uint8)
    breaks = np.flatnonzero(data == 0x0A)
    quotes = np.flatnonzero(data == 0x22)
    starts = np.concatenate([[0], breaks + 1])
    if len(quotes) % 2 == 0:
        outside = np.searchsorted(quotes, starts) % 2 == 0
    else:
        outside = np.ones(len(starts), dtype=bool)
    ends = np.concatenate([breaks, [len(data)]])
    return_only = (ends - starts == 1) & (data[np.minimum(starts, len(data) - 1)] == 0x0D)
    filled = (ends > starts) & ~return_only
    return np.flatnonzero(outside & filled) + 1


def _decoded(file: File, content: bytes) -> bytes:
    if not content or content.isspace():
        raise RefusedError(
            f"{file.name} is empty; expected a header line and at least one row below it."
        )
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise RefusedError(f"{file.name} is UTF-16 text; expected UTF-8. Save it again as UTF-8.")
    content = content.removeprefix(BOM)
    if not content.isascii():
        try:
            content.decode("utf-8")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            byte = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
            raise RefusedError(
                f"{file.name}, row {line}: byte {byte} of the line "
                f"(0x{content[error.start]:02X}) is not UTF-8; expected UTF-8 text. Save the "
                "file again as UTF-8."
            ) from None
    return content


def _separator(file: File, content: bytes) -> str:
    start = len(content) - len(content.lstrip(b"\r\n"))
    end = content.find(b"\n", start)
    first = content[start : end if end > 0 else len(content)]
    if file.suffix == ".tsv":
        return "\t"
    if b"," in first:
        return ","
    return next((s for s in (";", "\t") if s.encode() in first), ",")


def _options(separator: str, quotes: bool, handler=None) -> pyarrow.csv.ParseOptions:
    return pyarrow.csv.ParseOptions(
        delimiter=separator, newlines_in_values=quotes, invalid_row_handler=handler
    )


def _header(file: File, content: bytes, separator: str) -> list[str]:
    start = len(content) - len(content.lstrip(b"\r\n"))
    line_end = content.find(b"\n", start)
    head = content[start : line_end if line_end > 0 else len(content)]
    while head.count(b'"') % 2 and len(head) < len(content) - start:
        line_end = content.find(b"\n", line_end + 1)
        head = content[start : line_end if line_end > 0 else len(content)]
        if line_end < 0:
            break
    texts = {f"f{place}": pa.string() for place in range(head.count(separator.encode()) + 1)}
    try:
        parsed = pyarrow.csv.read_csv(
            io.BytesIO(head + b"\n"),
            read_options=pyarrow.csv.ReadOptions(autogenerate_column_names=True, use_threads=False),
            parse_options=_options(separator, quotes=True),
            convert_options=_texts_only(texts),
        )
        names = [str(column[0].as_py()).strip() for column in parsed.columns]
    except (pa.ArrowInvalid, IndexError):
        raise RefusedError(
            f"{file.name} has no header line that can be read; expected the names of the columns."
        ) from None
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RefusedError(
            f"{file.name} has {quoted(twice)} more than once in its header; each column needs a "
            "name of its own."
        )
    return names


def _texts_only(types: dict) -> pyarrow.csv.ConvertOptions:
    return pyarrow.csv.ConvertOptions(
        column_types=types,
        null_values=[],
        strings_can_be_null=False,
        quoted_strings_can_be_null=False,
        true_values=[],
        false_values=[],
        check_utf8=False,
    )


def _parse(file: File, content: bytes, separator: str, header: list[str]) -> pa.Table:
    text = pa.string()
    kind = pa.dictionary(pa.int32(), text) if len(header) <= ENCODED_COLUMNS else text
    ragged = []
    filled = content.lstrip(b"\r\n")

    def skip(row: pyarrow.csv.InvalidRow) -> str:
        ragged.append(row)
        return "skip"

    def parse(threads: bool, block: int) -> pa.Table:
        return pyarrow.csv.read_csv(
            pa.BufferReader(filled),
            read_options=pyarrow.csv.ReadOptions(
                column_names=header, skip_rows_after_names=1, block_size=block, use_threads=threads
            ),
            parse_options=_options(separator, b'"' in content, skip),
            convert_options=_texts_only(dict.fromkeys(header, kind)),
        )

    whole = min(len(content) + 1, 2**31 - 1)
    try:
        table = parse(True, 32 << 20)
    except pa.ArrowInvalid:
        ragged.clear()
        try:
            table = parse(False, whole)
        except pa.ArrowInvalid as error:
            reason = str(error).split("\n")[0][:160]
            raise RefusedError(f"{file.name} cannot be read as a table ({reason}).") from None
    if ragged:
        ragged.clear()
        parse(False, whole)
        raise RefusedError(_ragged(file, content, header, ragged))
    return table


def _ragged(file: File, content: bytes, header: list[str], ragged: list) -> str:
    lines = record_lines(content)
    shown = [
        f"row {lines[min(row.number - 1, len(lines) - 1)]} has {row.actual_columns}"
        for row in ragged[:SHOWN_ROWS]
    ]
    more = len(ragged) - len(shown)
    return (
        f"{file.name}: expected {count(len(header), 'column')} in every row, as in the header, "
        f"but {', '.join(shown)}" + (f" and {more:,} more rows differ" if more > 0 else "") + ". "
        "Put cells that hold the separator in quotation marks."
    )


def _check_quotes(file: File, content: bytes) -> None:
    """A quotation mark that is never closed would swallow the rest of the file."""
    if content.count(b'"') % 2 == 0:
        return
    opened = _open_quote(content)
    if opened is not None:
        raise RefusedError(
            f"{file.name}, row {opened}: a quotation mark opens here and is never closed; expected "
            "a second one at the end of the cell. Close it, or double it if it belongs to the text."
        )


def _open_quote(content: bytes) -> int | None:
    """The line of the cell that is open at the end of the file, if one is."""
    position, inside, size = 0, False, len(content)
    opened = 0
    while position < size:
        found = content.find(b'"', position)
        if found < 0:
            break
        if inside:
            if content[found + 1 : found + 2] == b'"':
                position = found + 2
                continue
            inside = False
        elif found == 0 or content[found - 1 : found] in (b",", b";", b"\t", b"\n", b"\r"):
            inside, opened = True, found
        position = found + 1
    return content.count(b"\n", 0, opened) + 1 if inside else None
