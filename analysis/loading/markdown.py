"""Tables with pipes in Markdown text."""

import re

import pyarrow as pa

from analysis.loading.columns import Column
from analysis.loading.sources import File, RefusedError
from analysis.loading.tables import CELL_LIMIT, Table

RULE = re.compile(r"\s*\|?\s*:?-{1,}:?\s*(\|\s*:?-{1,}:?\s*)*\|?\s*")
PIPES = re.compile(rb"^[ \t]*\|.*\|[ \t]*\r?\n[ \t]*\|[ \t:|-]*-[ \t:|-]*\r?$", re.MULTILINE)
SPLIT = re.compile(r"(?<!\\)\|")
EMPHASIS = re.compile(r"(\*\*|__|[*_`])(.+)\1")


def looks_like(head: bytes) -> bool:
    """Whether text holds the head of a table with pipes: names, and dashes below them."""
    return PIPES.search(head) is not None


def read_markdown(file: File) -> list[Table]:
    """Read every table with pipes in a text; cells are text without bold, italics and backticks.

    Raises:
        RefusedError: there is none, or a row has more or fewer cells than the head.
    """
    with file.open() as stream:
        content = stream.read()
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise RefusedError(f"{file.name} is not UTF-8 text; save it again as UTF-8.") from None
    starts = [
        place
        for place in range(1, len(lines))
        if "|" in lines[place] and RULE.fullmatch(lines[place]) and "|" in lines[place - 1]
    ]
    tables = [_table(file, lines, place) for place in starts]
    if not tables:
        raise RefusedError(
            f"{file.name} has no table; expected a line of column names between pipes (|), a line "
            "of dashes below it, and rows."
        )
    return tables


def _table(file: File, lines: list[str], rule: int) -> Table:
    header = _cells(lines[rule - 1])
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise RefusedError(f"{file.name} has the column '{twice}' twice; rename one of them.")
    rows = []
    for number in range(rule + 1, len(lines)):
        if "|" not in lines[number]:
            break
        cells = _cells(lines[number])
        if len(cells) != len(header):
            raise RefusedError(
                f"{file.name}, line {number + 1}: the row has {len(cells)} cells; expected "
                f"{len(header)}, as many as the table has columns. Correct the line."
            )
        rows.append(cells)
    if not rows:
        raise RefusedError(
            f"{file.name}, line {rule}: the table has no rows; expected at least one."
        )
    if len(rows) * len(header) > CELL_LIMIT:
        raise RefusedError(f"{file.name} has more than {CELL_LIMIT:,} cells; split it.")
    columns = {
        name: Column(name, pa.chunked_array([pa.array(values, pa.string())]), typed=False)
        for name, values in zip(header, zip(*rows, strict=True), strict=True)
    }
    return Table(file, columns, len(rows), {}, noun="table row")


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [_plain(cell) for cell in SPLIT.split(inner)]


def _plain(cell: str) -> str:
    text = cell.strip().replace("\\|", "|")
    found = EMPHASIS.fullmatch(text)
    return found.group(2).strip() if found else text
