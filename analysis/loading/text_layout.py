"""The first lines of separated text: header, separator, what stands above."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

from analysis.loading.lines import open_quote, undecodable
from analysis.loading.sources import File, RefusedError, quoted

HEAD = 4 << 20
BOM = b"\xef\xbb\xbf"
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SAID = re.compile(rb'"?sep=([,;|\t])"?')


@dataclass(frozen=True)
class Layout:
    """What the first lines say.

    Attributes:
        start: the byte at which the header starts.
        separator: between cells.
        header: names of the columns.
        above: records above the header.
        bare: nothing stands below the header.
        comments: assumptions.
    """

    start: int
    separator: str
    header: list[str]
    above: int
    bare: bool
    comments: tuple[str, ...]


def layout_of(file: File, head: bytes) -> Layout:
    """The layout of a text file.

    Args:
        file: for messages.
        head: its first bytes.

    Raises:
        RefusedError: it is empty, not UTF-8, or has no header that can be read.
    """
    if not head or head.isspace():
        raise RefusedError(
            f"{file.name} is empty; expected a header line and at least one row below it."
        )
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise RefusedError(f"{file.name} is UTF-16 text; expected UTF-8. Save it again as UTF-8.")
    start = len(BOM) if head.startswith(BOM) else 0
    start += len(head[start:]) - len(head[start:].lstrip(b"\r\n"))
    line = _first_record(head[start:])
    if said := SAID.fullmatch(line.strip()):
        start += len(line)
        start += len(head[start:]) - len(head[start:].lstrip(b"\r\n"))
        line = _first_record(head[start:])
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise RefusedError(undecodable(file)) from None
    separator, comments = _separator(file, text)
    if said:
        separator = said[1].decode()
        comments = (f"{file.name}: the first line says that '{separator}' separates columns.",)
    names = _unnamed([name.strip() for name in cells_of(text, separator)])
    if not any(names):
        check_quotes(file)
        raise RefusedError(
            f"{file.name} has no header line that can be read; expected the names of the columns."
        )
    twice = sorted(name for name, n in Counter(names).items() if n > 1)
    if twice:
        raise RefusedError(
            f"{file.name} has {quoted(twice)} more than once in its header; each column needs a "
            "name of its own."
        )
    bare = not head[start + len(line) :].strip()
    return Layout(start, separator, names, int(said is not None), bare, comments)


def _unnamed(names: list[str]) -> list[str]:
    """Names for columns that share having none, as data frames call them."""
    if names.count("") < 2:
        return names
    return [name or f"Unnamed: {place}" for place, name in enumerate(names)]


def _first_record(text: bytes) -> bytes:
    """The header, which may hold line breaks inside quotation marks."""
    breaks = b"\n" if b"\n" in text else b"\r"
    marks, start = 0, 0
    while (end := text.find(breaks, start)) >= 0:
        marks += text.count(b'"', start, end)
        if marks % 2 == 0 and end:
            return text[:end]
        start = end + 1
    return text


def cells_of(text: str, separator: str) -> list[str]:
    """The cells of one line of separated text; none where it is no such line."""
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
    except csv.Error:
        return []


def _separator(file: File, header: str) -> tuple[str, tuple[str, ...]]:
    """The separator that splits the header into most columns; on a tie the usual one."""
    if file.suffix == ".tsv" and "\t" in header:
        return "\t", ()
    sizes = {separator: len(cells_of(header, separator)) for separator in SEPARATORS}
    best = max(sizes, key=sizes.get)
    if sizes[best] < 2 or best == ",":
        return ",", ()
    return best, (f"{file.name}: columns are separated by {SEPARATORS[best]}.",)


def check_quotes(file: File) -> None:
    """A quotation mark that is never closed would swallow the rest of the file."""
    opened = open_quote(file)
    if opened is not None:
        raise RefusedError(
            f"{file.name}, row {opened}: a quotation mark opens here and is never closed; expected "
            "a second one at the end of the cell. Close it, or double it if it belongs to the text."
        )
