"""Where things are in a text file: the line of a record, an open quote, a byte that is no UTF-8.

Only asked when a message names a place, so that reading itself keeps no copy of the text.
"""

import codecs
import re
from collections.abc import Iterator

import numpy as np

from analysis.loading.sources import File

BLOCK = 16 << 20
OVERLAP = 1 << 16
BEFORE_QUOTE = b",;\t|\n\r"


def _blocks(file: File) -> Iterator[bytes]:
    with file.open() as stream:
        while block := stream.read(BLOCK):
            yield block


def _line_end(file: File) -> int:
    """The byte that ends lines: old Mac files have only carriage returns."""
    return 0x0A if any(b"\n" in block for block in _blocks(file)) else 0x0D


def line_of_record(file: File, record: int) -> int:
    """The line, from 1, on which a record starts; the header is record 0.

    A line break inside quotation marks does not end a record; blank lines are no records.

    Args:
        file: separated text.
        record: from 0; beyond the last one its line is that of the last.
    """
    end = _line_end(file)
    line, marks, seen, found = 1, 0, 0, 1
    rest = b""
    for block in (*_blocks(file), None):
        text = rest if block is None else rest + block
        cut = len(text) if block is None else text.rfind(bytes([end])) + 1
        rest = text[cut:]
        starts, lines, marks = _records(text[:cut], end, marks)
        if seen + len(starts) > record:
            return line + int(starts[record - seen])
        if len(starts):
            found = line + int(starts[-1])
        seen += len(starts)
        line += lines
    return found


def _records(text: bytes, end: int, marks: int) -> tuple[np.ndarray, int, int]:
    """Lines (from 0) of whole lines of text that start a record, lines in all, marks in all."""
    data = np.frombuffer(text, dtype=np.uint8)
    breaks = np.flatnonzero(data == end)
    quotes = np.flatnonzero(data == 0x22)
    starts = np.concatenate([[0], breaks + 1])
    ends = np.concatenate([breaks, [len(data)]])
    outside = (np.searchsorted(quotes, starts) + marks) % 2 == 0
    first = data[np.minimum(starts, max(len(data) - 1, 0))] if len(data) else np.zeros(1)
    return_only = (ends - starts == 1) & (first == 0x0D)
    filled = (ends > starts) & ~return_only
    return np.flatnonzero(outside & filled), len(breaks), marks + len(quotes)


def line_of(file: File, pattern: re.Pattern[bytes]) -> int:
    """The line, from 1, on which a pattern is first found; the last one where it is not."""
    end, line, before = bytes([_line_end(file)]), 1, b""
    for block in _blocks(file):
        if found := pattern.search(before + block):
            return line + (before + block).count(end, 0, found.start())
        line += (before + block).count(end) - block[-OVERLAP:].count(end)
        before = block[-OVERLAP:]
    return line


def open_quote(file: File) -> int | None:
    """The line of the cell that is still open at the end of the file, if one is."""
    line, inside, opened, before = 1, False, 0, b"\n"
    end, pending = bytes([_line_end(file)]), False
    for block in _blocks(file):
        position, counted = 0, 0
        if pending:
            pending = False
            if block[:1] == b'"':
                position = 1
            else:
                inside = False
        while (found := block.find(b'"', position)) >= 0:
            position = found + 1
            if not inside:
                previous = block[found - 1 : found] if found else before
                if previous in BEFORE_QUOTE:
                    line += block.count(end, counted, found)
                    inside, opened, counted = True, line, found
            elif position == len(block):
                pending = True
            elif block[position : position + 1] == b'"':
                position += 1
            else:
                inside = False
        before = block[-1:]
        line += block.count(end, counted)
    return opened if inside and not pending else None


def undecodable(file: File) -> str:
    """The sentence on the first byte that is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, column = 1, 0
    for block in _blocks(file):
        held = len(decoder.getstate()[0])
        try:
            decoder.decode(block)
        except UnicodeDecodeError as error:
            place = error.start - held
            line += block.count(b"\n", 0, max(place, 0))
            start = block.rfind(b"\n", 0, max(place, 0))
            byte = place - start if start >= 0 else column + place + 1
            value = error.object[error.start]
            return (
                f"{file.name}, row {line}: byte {byte} of the line (0x{value:02X}) is not UTF-8; "
                "expected UTF-8 text. Save the file again as UTF-8."
            )
        line += block.count(b"\n")
        last = block.rfind(b"\n")
        column = len(block) - last - 1 if last >= 0 else column + len(block)
    return f"{file.name} is not UTF-8 text; expected UTF-8. Save the file again as UTF-8."
