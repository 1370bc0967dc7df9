"""Tables with pipes in Markdown text."""

import re

import pyarrow as pa

from analysis.loading.columns import NUMBER, Column
from analysis.loading.lines import undecodable
from analysis.loading.roles import ALIASES
from analysis.loading.sources import File, RefusedError, count
from analysis.loading.tables import CELL_LIMIT, Table

RULE = re.compile(r"\s*\|?\s*:?-{1,}:?\s*(\|\s*:?-{1,}:?\s*)*\|?\s*")
PIPES = re.compile(rb"^[ \t]*\|.*\|[ \t]*\r?\n[ \t]*\|[ \t:|-]*-[ \t:|-]*\r?$", re.MULTILINE)
SPLIT = re.compile(r"(?<!\\)\|")
SAMPLES = frozenset(name for role in ("id", "label", "prediction") for name in ALIASES[role])
MODELS = frozenset(ALIASES["model"])
EMPHASIS = re.compile(r"(\*\*|__|[*_`])(.+)\1")
SHARE = re.compile(NUMBER.strip("^$") + r"\s*%?")


def looks_like(head: bytes) -> bool:
    """Whether text holds the head of a table with pipes: names, and dashes below them."""
    return PIPES.search(head) is not None


def read_markdown(file: File) -> list[Table]:
    """Read every table with pipes in a text.

    Marks for bold, italics and code are left out of the names of columns and, in a table without
    sample ids, labels and answers, around the names of models and around numbers; anywhere else
    they are part of the text.

    Raises:
        RefusedError: there is none, or a row has more or fewer cells than the head.
    """
    with file.open() as stream:
        content = stream.read()
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise RefusedError(undecodable(file)) from None
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
    written = _cells(lines[rule - 1])
    header = [_plain(name) for name in written]
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
    cells = dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))
    shown = cells if {_key(name) for name in header} & SAMPLES else _without_marks(cells)
    columns = {
        name: Column(name, pa.chunked_array([pa.array(values, pa.string())]), typed=False)
        for name, values in shown.items()
    }
    return Table(
        file,
        columns,
        len(rows),
        {},
        comments=_comments(file, written, cells, shown),
        noun="table row",
    )


def _without_marks(cells: dict[str, list[str]]) -> dict[str, list[str]]:
    """Names of models and numbers without the marks around them; they are no answers."""
    shown = {}
    for name, values in cells.items():
        plain = [_plain(value) for value in values]
        if _key(name) not in MODELS:
            pairs = zip(values, plain, strict=True)
            plain = [new if SHARE.fullmatch(new) else old for old, new in pairs]
        shown[name] = plain
    return shown


def _comments(file: File, names: list[str], cells: dict, shown: dict) -> tuple[str, ...]:
    pairs = [(cells[name], shown[name]) for name in cells]
    changed = {
        "column name": sum(old != new for old, new in zip(names, cells, strict=True)),
        "cell": sum(a != b for old, new in pairs for a, b in zip(old, new, strict=True)),
    }
    return tuple(
        f"{file.name}: the marks for bold, italics or code around {count(number, what)} "
        f"are left out."
        for what, number in changed.items()
        if number
    )


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [cell.strip().replace("\\|", "|") for cell in SPLIT.split(inner)]


def _key(name: str) -> str:
    return re.sub(r"[\s.-]", "_", name.lower())


def _plain(text: str) -> str:
    found = EMPHASIS.fullmatch(text)
    return found.group(2).strip() if found else text
