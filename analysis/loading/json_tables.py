"""JSON and JSON Lines as tables, in the shapes in which people save answers."""

import numpy as np

from analysis.loading.json_columns import columns_of
from analysis.loading.json_faults import Written, described
from analysis.loading.json_text import Content, read_content
from analysis.loading.logs import read_log
from analysis.loading.roles import ALIASES, SAMPLE_HINTS, hinted
from analysis.loading.sources import File, Log, RefusedError, count, quoted
from analysis.loading.tables import Table, read_text

SHAPES = (
    "a list of records, JSON Lines, lists by column name, {sample_id: answer}, or "
    "{model: {sample_id: answer}}"
)
ROLE_NAMES = frozenset(name for names in ALIASES.values() for name in names)
IDS = frozenset(ALIASES["id"])
SCALARS = frozenset([type(None), bool, int, Written, str])


def read_json(file: File, log: Log) -> list[Table]:
    """The tables in a file of JSON or JSON Lines, known logs among them.

    Args:
        file: text that begins with a bracket or a brace.
        log: receives what was recognised and assumed.

    Raises:
        RefusedError: it is damaged or has no shape that is known; the text says where and why.
    """
    content = read_content(file)
    if content is None:
        log.note(
            f"{file.name} begins like JSON, but its first line is none; it is read as separated "
            "text."
        )
        return [read_text(file, log)]
    if content.gaps:
        log.note(
            f"{file.name}: {count(content.gaps, 'value')} {'is' if content.gaps == 1 else 'are'} "
            "NaN and read as empty."
        )
    tables = read_log(file, content, log)
    if tables is not None:
        return tables
    records, lines, noun = _records(file, content, log)
    where = Content(records, lines, 0).where
    columns = columns_of(file, records, lambda row: where(file, row), log, noun)
    if not columns:
        raise RefusedError(f"{file.name} has records without any field; expected {SHAPES}.")
    return [Table(file, columns, len(records), {}, noun=noun, lines=lines)]


def _records(file: File, content: Content, log: Log) -> tuple[list[dict], np.ndarray | None, str]:
    """The records in any shape, their lines, and what a message calls one."""
    value = content.value
    if content.lines is not None:
        return value, content.lines, "line"
    if isinstance(value, list):
        return _checked(file, value), None, "record"
    if isinstance(value, dict) and value:
        return _from_object(file, value, log), None, "record"
    raise RefusedError(f"{file.name} is {_emptiness(value)}; expected {SHAPES}.")


def _emptiness(value: object) -> str:
    return "an empty object" if value == {} else described(value)


def _checked(file: File, records: list, name: str = "") -> list[dict]:
    within = f" of '{name}'" if name else ""
    if not records:
        raise RefusedError(f"{file.name} is an empty list; expected at least one record.")
    for number, record in enumerate(records, 1):
        if type(record) is not dict:
            raise RefusedError(
                f"{file.name}, record {number}{within} is {described(record)}; expected an object "
                'in braces, such as {"sample_id": "s1", "prediction": "cat"}.'
            )
    return records


def _from_object(file: File, value: dict, log: Log) -> list[dict]:
    kinds = set(map(type, value.values()))
    if kinds <= SCALARS and _one_record(value):
        return [value]
    if kinds <= SCALARS:
        return _one_model(file, value, log)
    if kinds == {dict}:
        return _by_name(file, value, log)
    lists = {name: one for name, one in value.items() if type(one) is list}
    if {"columns", "data"} <= lists.keys() and set(map(type, lists["data"])) == {list}:
        return _split(file, lists["columns"], lists["data"])
    tables = {name: one for name, one in lists.items() if one and set(map(type, one)) == {dict}}
    if len(tables) == 1:
        name, records = next(iter(tables.items()))
        others = [other for other in value if other != name]
        log.note(
            f"{file.name}: the records are those of '{name}'"
            + (f"; {quoted(others)} beside it {_is(others)} not read." if others else ".")
        )
        return records
    if len(tables) > 1:
        raise RefusedError(
            f"{file.name} holds several lists of records: {quoted(tables)}; expected one. Save "
            "each as a file of its own."
        )
    if len(lists) == len(value):
        return _by_column(file, lists)
    mixed = next((one for one in lists.values() if dict in set(map(type, one))), None)
    if mixed is not None:
        return _checked(file, mixed, next(name for name in lists if lists[name] is mixed))
    raise RefusedError(
        f"{file.name} is an object with the fields {quoted(value)}, which has no known shape; "
        f"expected {SHAPES}."
    )


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _one_record(value: dict) -> bool:
    names = {name.lower() for name in value}
    return bool(names & IDS) and len(names & ROLE_NAMES) > 1


def _one_model(file: File, value: dict, log: Log) -> list[dict]:
    role = "label" if hinted(file, SAMPLE_HINTS) else "prediction"
    what = "labels" if role == "label" else f"answers of the model '{file.stem}'"
    log.note(f"{file.name}: the names are sample ids, and the values are the {what}.")
    return [{"sample_id": name, role: answer} for name, answer in value.items()]


def _split(file: File, names: list, rows: list[list]) -> list[dict]:
    """Names once and rows as lists, as pandas writes them."""
    for number, row in enumerate(rows, 1):
        if len(row) != len(names):
            raise RefusedError(
                f"{file.name}, record {number} of 'data' has {count(len(row), 'value')}; expected "
                f"{len(names)}, one for each of 'columns'."
            )
    return [dict(zip(map(str, names), row, strict=True)) for row in rows]


def _by_column(file: File, lists: dict[str, list]) -> list[dict]:
    """{column: [values]} of the same length."""
    sizes = {name: len(values) for name, values in lists.items()}
    if len(set(sizes.values())) > 1:
        shown = ", ".join(f"'{name}' has {size:,}" for name, size in list(sizes.items())[:4])
        raise RefusedError(
            f"{file.name} holds lists by column of different lengths: {shown}; expected one value "
            "per sample in each. Fill the gaps with null."
        )
    if not sum(sizes.values()):
        raise RefusedError(f"{file.name} holds empty lists only; expected at least one value.")
    names = tuple(lists)
    return [dict(zip(names, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def _by_name(file: File, value: dict[str, dict], log: Log) -> list[dict]:
    """{column: {row: value}}, {sample_id: record} or {model: {sample_id: answer}}."""
    names = {name.lower() for name in value}
    inner = dict.fromkeys(name for one in value.values() for name in one)
    if names & IDS and len(names & ROLE_NAMES) > 1:
        log.note(f"{file.name}: values by column and row number, as pandas writes them.")
        return [{name: one.get(row) for name, one in value.items()} for row in inner]
    fields = {name.lower() for name in inner}
    if fields & ROLE_NAMES and len(inner) <= max(len(value), 20):
        if not fields & IDS:
            log.note(f"{file.name}: the names before the records are sample ids.")
            return [{"sample_id": name, **record} for name, record in value.items()]
        return list(value.values())
    for model, answers in value.items():
        for sample, answer in answers.items():
            if type(answer) not in SCALARS:
                raise RefusedError(
                    f"{file.name}: the answer of '{model}' to sample '{sample}' is "
                    f"{described(answer)}; expected one text or number."
                )
    log.note(
        f"{file.name}: the outer names are models, the inner ones sample ids, and the values are "
        "answers."
    )
    return [
        {"sample_id": sample, "model": model, "prediction": answer}
        for model, answers in value.items()
        for sample, answer in answers.items()
    ]
