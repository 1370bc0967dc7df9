"""What the readers of logs share: the table that they make, and the choice of a grade."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np

from analysis.loading.json_columns import column_of, line_numbers
from analysis.loading.json_faults import Written, described
from analysis.loading.json_text import Content
from analysis.loading.sources import File, Log, RefusedError, count, quoted
from analysis.loading.tables import Table

PREFERRED = (
    "exact_match",
    "acc",
    "pass@1",
    "em",
    "quasi_exact_match",
    "final_number_exact_match",
    "math_equiv",
    "math_equiv_chain_of_thought",
    "chain_of_thought_correctness",
    "prompt_level_strict_acc",
    "acc_norm",
    "prefix_exact_match",
    "quasi_prefix_exact_match",
    "mc2",
    "f1",
)
ANSWERS = ("prediction", "correct", "score")
NUMBERS = (bool, int, Written, float)


@dataclass(frozen=True, eq=False)
class LogTable(Table):
    """Answers from a log.

    Attributes:
        origin: which log it is, "" for one that needs no other file.
        facts: what the log or its name says: task, date, folder, model.
    """

    origin: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Grade:
    """Which measure of a log says right or wrong.

    Attributes:
        name: of the measure, "" when none can be used.
        columns: {"correct" or "score": values, other measure: values}.
        others: measures that can be chosen instead.
        unused: measures that are no grade.
    """

    name: str
    columns: dict[str, list]
    others: tuple[str, ...]
    unused: tuple[str, ...]

    def sentence(self) -> str:
        """How right and wrong were found, and what else could be taken."""
        if not self.name:
            return "right or wrong is whether the answer equals the label"
        text = f"right or wrong is {self.name}"
        if self.others:
            other = self.others[0]
            text += (
                f"; {quoted(self.others, 8)} can be taken instead, for instance with --column "
                f"correct='{other}' (score='{other}' for one that is not 0 or 1)"
            )
        return text


def chosen_grade(measures: Mapping[str, list], preferred: Sequence[str] = PREFERRED) -> Grade:
    """The measure that says right or wrong, and those that could.

    Args:
        measures: name -> one value per row: None, true or false, a number, or anything else.
        preferred: the first of these that can be used is taken, else the first of all.
    """
    usable: dict[str, tuple[str, list]] = {}
    for name, values in measures.items():
        numbers = [_number(value) for value in values]
        given = [number for number in numbers if number is not None]
        clean = len(given) == sum(value is not None for value in values)
        if given and clean and all(0 <= number <= 1 for number in given):
            usable[name] = ("correct" if set(given) <= {0, 1} else "score", numbers)
    ranked = [name for name in preferred if name in usable] or list(usable)
    name = ranked[0] if ranked else ""
    others = tuple(other for other in usable if other != name)
    columns = {usable[name][0]: usable[name][1]} if name else {}
    columns |= {other: usable[other][1] for other in others}
    unused = tuple(other for other in measures if other not in usable)
    return Grade(name, columns, others, unused)


def _number(value: object) -> float | int | None:
    if isinstance(value, NUMBERS):
        number = float(value)
        return int(number) if number.is_integer() else number
    return None


def log_table(
    file: File,
    values: Mapping[str, list],
    kept: Sequence[int],
    content: Content,
    log: Log,
    *,
    spare: Sequence[str] = (),
    origin: str = "",
    facts: Mapping[str, str] = MappingProxyType({}),
) -> LogTable:
    """A table of a log's rows; columns without any value are left out.

    Args:
        file: where it comes from.
        values: column -> one value per row.
        kept: position of the record that each row comes from.
        content: the parsed file, for line numbers.
        log: receives notes on mixed values.
        spare: columns that count only where they are named by hand.
        origin: which log it is.
        facts: what the log or its name says.
    """
    places = np.asarray(kept, dtype=np.int64)
    columns = {
        name: column_of(
            file, name, list(column), lambda row: content.where(file, int(places[row])), log
        )
        for name, column in _trimmed(file, values, log).items()
        if any(value is not None for value in column)
    }
    return LogTable(
        file,
        columns,
        len(places),
        {},
        noun="record" if content.lines is None else "line",
        lines=line_numbers(content.lines, places),
        spare=frozenset((*spare, *ANSWERS)) & set(columns),
        origin=origin,
        facts=facts,
    )


def _trimmed(file: File, values: Mapping[str, list], log: Log) -> dict[str, list]:
    """Labels and answers without outer space, which the tools do not count either."""
    trimmed, changed = dict(values), 0
    for name in values:
        if name != "label" and not name.startswith("prediction"):
            continue
        after = [one.strip() if isinstance(one, str) else one for one in values[name]]
        changed += sum(a != b for a, b in zip(after, values[name], strict=True))
        trimmed[name] = after
    if changed:
        log.note(
            f"{file.name}: the space around labels and answers is left out "
            f"({count(changed, 'text')} changed)."
        )
    return trimmed


def required(file: File, content: Content, row: int, record: object, name: str) -> object:
    """A field that every record of a log has.

    Raises:
        RefusedError: it is missing; the text names the record.
    """
    if type(record) is not dict:
        raise RefusedError(
            f"{content.where(file, row)} is {described(record)}; expected a record of the log."
        )
    value = record.get(name)
    if value is None or type(value) in (dict, list):
        found = "nothing" if value is None else described(value)
        raise RefusedError(
            f"{content.where(file, row)}: the field '{name}' holds {found}; expected the id of "
            "the sample, as in the other records of this log. Write the log again."
        )
    return value


def as_text(value: object) -> str | None:
    """A scalar as text; None for nothing and for lists and objects."""
    return None if value is None or type(value) in (dict, list) else str(value)


def folder_of(file: File) -> str:
    """The name of the folder that a file lies in, "" when it is not known."""
    if isinstance(file.content, Path):
        return file.content.resolve().parent.name
    parts = file.name.replace("\\", "/").split("/")
    return parts[-2] if len(parts) > 1 else ""


def attributes(prefix: str, records: Sequence[object]) -> dict[str, list]:
    """{prefix.name: values} of the plain values in objects that stand beside the samples."""
    dicts = [record if type(record) is dict else {} for record in records]
    names = dict.fromkeys(name for record in dicts for name in record)
    columns = {}
    for name in names:
        values = [record.get(name) for record in dicts]
        if not {list, dict} & set(map(type, values)):
            columns[f"{prefix}.{name}"] = values
    return columns
