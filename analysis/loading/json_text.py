"""JSON and JSON Lines as plain values; every fault is told with its line or record."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.chunks import fits
from analysis.loading.arrays import LEFT
from analysis.loading.json_faults import Written, after_record, described, fault
from analysis.loading.lines import undecodable
from analysis.loading.sources import File, RefusedError, shortened

DOCUMENT_LIMIT = WHOLE_LIMIT = 512 << 20
LINE_LIMIT = 100_000_000
VALUE = 80  # bytes of a parsed value and its place
LINES_AT_ONCE = 20_000
BOM = "\ufeff"
BY_LINE = (".jsonl", ".ndjson")
START = re.compile(
    r"""\{\s*("|'|\}|$)|\[\s*(["'{\[\]]|-?\d|(true|false|null|NaN|-?Infinity|None|True|False)\b|$)"""
)


class TwiceError(ValueError):
    """A name stands twice in one object."""


@dataclass(frozen=True)
class Content:
    """What a file holds.

    Attributes:
        value: the whole document; for JSON Lines the list of its records.
        lines: int64 [records], the line of each record of JSON Lines; None for a document.
        gaps: how many values are NaN, read as nothing.
    """

    value: object
    lines: np.ndarray | None
    gaps: int

    def where(self, file: File, record: int) -> str:
        """File and place of a record for a message."""
        if self.lines is None:
            return f"{file.name}, record {record + 1}"
        return f"{file.name}, line {self.lines[record]}"


def read_content(file: File) -> Content | None:
    """Parse a file of JSON or JSON Lines.

    Args:
        file: text that begins with a bracket or a brace.

    Returns:
        The values, or None when the first line is no JSON at all.

    Raises:
        RefusedError: it is damaged or too large; the text names the place.
        RecursionError: brackets are nested too deeply.
    """
    text = _text(file)
    gaps: list[str] = []
    try:
        value, lines = _parsed(file, text, gaps)
    except _NoJSONError:
        return None
    return Content(value, lines, len(gaps))


def decoder_of(gaps: list[str]) -> json.JSONDecoder:
    """A decoder that keeps the digits of fractions and refuses a name that stands twice.

    Args:
        gaps: receives an entry for every NaN.
    """
    return json.JSONDecoder(
        object_pairs_hook=_unique,
        parse_float=Written,
        parse_constant=lambda name: _constant(name, gaps),
    )


class _NoJSONError(Exception):
    pass


def _text(file: File) -> str:
    if file.size() > WHOLE_LIMIT:
        raise RefusedError(
            f"{file.name} has {file.size():,} bytes of JSON that is not flat records, one per "
            f"line; expected at most {WHOLE_LIMIT:,}. Save it as Parquet or CSV, or split it."
        )
    with file.open() as stream:
        content = stream.read()
    if not content.strip():
        raise RefusedError(f"{file.name} is empty; expected at least one record.")
    size = len(content) + VALUE * sum(content.count(mark) for mark in b",[{")
    if size > LEFT and not fits(size, share=1):
        raise RefusedError(
            f"{file.name} takes about {size / 1e6:,.0f} MB when it is read, which is more than "
            "the memory there is. Save it as Parquet or CSV, or split it."
        )
    try:
        return content.decode("utf-8").removeprefix(BOM)
    except UnicodeDecodeError:
        raise RefusedError(undecodable(file)) from None


def _unique(pairs: list[tuple[str, object]]) -> dict:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        raise TwiceError(next(name for name in names if names.count(name) > 1))
    return record


def _constant(name: str, gaps: list[str]) -> Written | None:
    if name == "NaN":
        gaps.append(name)
        return None
    return Written(name.replace("Infinity", "inf"))


def _parsed(file: File, text: str, gaps: list[str]) -> tuple[object, np.ndarray | None]:
    decoder = decoder_of(gaps)
    start = len(text) - len(text.lstrip())
    ending = "\n" if "\n" in text else "\r"
    end = text.find(ending, start)
    end = len(text) if end < 0 else end
    first, more = text[start:end], bool(text[end:].strip())
    _check_size(file, len(first))
    try:
        # What the first line holds is counted when it is read for good.
        value, stop = decoder_of(seen := []).raw_decode(first)
    except TwiceError:
        if more and _complete(first):
            return _by_line(file, text, ending, decoder)
        return _document(file, text, decoder), None
    except ValueError:
        if more and _second_line_is_a_record(text[end:].lstrip(), ending):
            return _by_line(file, text, ending, decoder)
        return _document(file, text, decoder, first), None
    rest = first[stop:].strip()
    if not rest:
        lines = more or (file.suffix in BY_LINE and isinstance(value, dict))
        if lines:
            return _by_line(file, text, ending, decoder)
        gaps += seen
        return value, None
    if not isinstance(value, dict) or not value:
        raise _NoJSONError
    line = text.count(ending, 0, start) + 1
    raise RefusedError(f"{file.name}, line {line}: {after_record(rest)}")


def _complete(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _second_line_is_a_record(rest: str, ending: str) -> bool:
    line = rest.split(ending, 1)[0].strip()
    return line.startswith("{") and _complete(line)


def _check_size(file: File, size: int) -> None:
    if size > DOCUMENT_LIMIT:
        raise RefusedError(
            f"{file.name} is one JSON value of {size:,} characters; expected at most "
            f"{DOCUMENT_LIMIT:,}. Save it as Parquet, CSV or JSON Lines (one record per line)."
        )


def _document(file: File, text: str, decoder: json.JSONDecoder, first: str = "") -> object:
    """The value of a whole file, or the sentence that says where it is broken."""
    _check_size(file, len(text))
    try:
        return decoder.decode(text)
    except TwiceError as error:
        raise RefusedError(
            f"{_record_place(file, text, decoder)}: the field '{shortened(str(error))}' stands "
            "twice; expected each field once. Remove or rename one of them."
        ) from None
    except ValueError as error:
        if first and not START.match(first):
            raise _NoJSONError from None
        place = _record_place(file, text, decoder, error)
        raise RefusedError(f"{place}: {fault(error, text)}") from None


def _record_place(
    file: File, text: str, decoder: json.JSONDecoder, error: ValueError | None = None
) -> str:
    """File, record (in a list of records) and line of the fault."""
    position = text.find("[") + 1
    number = 0
    if text.lstrip()[:1] == "[":
        number = 1
        while True:
            position += len(text[position : position + 1000]) - len(
                text[position : position + 1000].lstrip()
            )
            try:
                _, position = decoder.raw_decode(text, position)
            except ValueError:
                break
            following = re.compile(r"\s*,\s*").match(text, position)
            if not following:
                break
            position = following.end()
            number += 1
    place = f"{file.name}, record {number}" if number else file.name
    if not isinstance(error, json.JSONDecodeError):
        return place
    return f"{place}, line {error.lineno}, character {error.colno}"


def _by_line(
    file: File, text: str, ending: str, decoder: json.JSONDecoder
) -> tuple[list[dict], np.ndarray]:
    """The records of JSON Lines and their lines; blank lines are no records."""
    lines = text.split(ending)
    numbers = np.array([n for n, line in enumerate(lines, 1) if line and not line.isspace()])
    filled = [lines[n - 1] for n in numbers.tolist()]
    longest = max(range(len(filled)), key=lambda place: len(filled[place]))
    if len(filled[longest]) > LINE_LIMIT:
        raise RefusedError(
            f"{file.name}, line {numbers[longest]} has {len(filled[longest]):,} characters; "
            f"expected at most {LINE_LIMIT:,} in a line of JSON Lines. Leave out what is not "
            "needed."
        )
    records: list[dict] = []
    for start in range(0, len(filled), LINES_AT_ONCE):
        some = filled[start : start + LINES_AT_ONCE]
        records += records_of(file, numbers[start : start + LINES_AT_ONCE], some, decoder)
    return records, numbers


def records_of(
    file: File, numbers: np.ndarray, lines: list[str], decoder: json.JSONDecoder
) -> list[dict]:
    """The records on some lines.

    Args:
        file: for messages.
        numbers: int64 [lines], where they stand.
        lines: each with one record.
        decoder: from `decoder_of`.

    Raises:
        RefusedError: one is damaged; the text says which.
    """
    found = _at_once(lines, decoder.decode)
    if found is not None:
        return found
    return [
        _one_line(file, number, line, decoder)
        for number, line in zip(numbers.tolist(), lines, strict=True)
    ]


def _at_once(lines: list[str], decode: Callable[[str], object]) -> list[dict] | None:
    """Many lines in one call, which is several times faster; None when one of them is faulty."""
    if not all(line.lstrip()[:1] == "{" and line.rstrip()[-1:] == "}" for line in lines):
        return None
    try:
        found = decode("[" + ",".join(lines) + "]")
    except ValueError:
        return None
    return found if len(found) == len(lines) and set(map(type, found)) == {dict} else None


def _one_line(file: File, number: int, line: str, decoder: json.JSONDecoder) -> dict:
    place = f"{file.name}, line {number}"
    try:
        value = decoder.decode(line)
    except TwiceError as error:
        raise RefusedError(
            f"{place}: the field '{shortened(str(error))}' stands twice; expected each field "
            "once. Remove or rename one of them."
        ) from None
    except ValueError as error:
        if isinstance(error, json.JSONDecodeError) and error.msg == "Extra data":
            raise RefusedError(f"{place}: {after_record(line[error.pos :].strip())}") from None
        raise RefusedError(f"{place}: {fault(error, line)}") from None
    if not isinstance(value, dict):
        raise RefusedError(
            f"{place} is {described(value)}; expected a record in braces, such as "
            '{"sample_id": "s1", "prediction": "cat"}.'
        )
    return value
