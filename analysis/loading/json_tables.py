"""JSON and JSON Lines as tables, in the shapes in which people save answers."""

import gc
from collections.abc import Sequence

import numpy as np

from analysis.loading.json_columns import columns_of, line_numbers
from analysis.loading.json_faults import Written, described
from analysis.loading.json_text import Content, read_content
from analysis.loading.logs import read_log
from analysis.loading.roles import ALIASES, SAMPLE_HINTS, hinted
from analysis.loading.sources import File, Log, RefusedError, UnknownShapeError, count, quoted
from analysis.loading.tables import Table, read_text

SHAPES = (
    "a list of records, JSON Lines, lists by column name, {sample_id: answer}, or "
    "{model: {sample_id: answer}}"
)
ROLE_NAMES = frozenset(name for names in ALIASES.values() for name in names)
IDS = frozenset(ALIASES["id"])
MODELS = frozenset(ALIASES["model"])
ANSWERS = frozenset(ALIASES["prediction"] + ALIASES["correct"] + ALIASES["score"])
PER_MODEL = ("predictions", "prediction", "answers", "responses", "outputs", "models")
SCALARS = frozenset([type(None), bool, int, Written, str])


def read_json(file: File, log: Log) -> list[Table]:
    """The tables in a file of JSON or JSON Lines, known logs among them.

    Args:
        file: text that begins with a bracket or a brace.
        log: receives what was recognised and assumed.

    Raises:
        RefusedError: it is damaged or has no shape that is known; the text says where and why.
    """
    collecting = gc.isenabled()
    gc.disable()  # millions of new objects, none of them garbage: 40 % of the time otherwise
    try:
        return _tables(file, log)
    except RecursionError:
        raise RefusedError(
            f"{file.name} nests brackets too deeply to be read; expected records with a few "
            "levels at most. Write them flat."
        ) from None
    finally:
        if collecting:
            gc.enable()


def _tables(file: File, log: Log) -> list[Table]:
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
    records = _records(file, content, log)
    if not records:
        raise RefusedError(f"{file.name} holds no answer at all; expected {SHAPES}.")
    records, kept = _by_model(file, records, log)
    lines = line_numbers(content.lines, np.asarray(kept, dtype=np.int64))
    noun = "record" if content.lines is None else "line"

    def where(row: int) -> str:
        return f"{file.name}, {noun} {lines[row]}"

    columns = columns_of(file, records, where, log, noun)
    if not columns:
        raise RefusedError(f"{file.name} has records without any field; expected {SHAPES}.")
    return [Table(file, columns, len(records), {}, noun=noun, lines=lines)]


def _records(file: File, content: Content, log: Log) -> list[dict]:
    """The records in any shape."""
    value = content.value
    if content.lines is not None:
        return value
    if isinstance(value, list):
        return _checked(file, value)
    if isinstance(value, dict) and value:
        return _from_object(file, value, log)
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
    tables = {name: one for name, one in lists.items() if dict in set(map(type, one))}
    if len(tables) == 1:
        name, records = next(iter(tables.items()))
        others = [other for other in value if other != name]
        log.note(
            f"{file.name}: the records are those of '{name}'"
            + (f"; {quoted(others)} beside it {_is(others)} not read." if others else ".")
        )
        return _checked(file, records, name)
    if len(tables) > 1:
        return _several(file, value, tables, log)
    constant = {
        name: one
        for name, one in value.items()
        if name.lower() in ("model", "run") and type(one) in SCALARS
    }
    if lists and len(lists) + len(constant) == len(value):
        return _by_column(file, lists, constant)
    raise UnknownShapeError(
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


def _several(file: File, value: dict, tables: dict[str, list], log: Log) -> list[dict]:
    """{model: [records]}, when the records name a sample and an answer but no model."""
    fields = {
        name.lower()
        for model, records in tables.items()
        for name in _checked(file, records, model)[0]
    }
    if len(tables) < len(value) or not fields & IDS or fields & MODELS or not fields & ANSWERS:
        raise RefusedError(
            f"{file.name} holds several lists of records: {quoted(tables)}; expected one. Save "
            "each as a file of its own."
        )
    log.note(f"{file.name}: the names before the lists of records are models.")
    return [{"model": model, **record} for model, records in tables.items() for record in records]


def _by_model(file: File, records: list[dict], log: Log) -> tuple[list[dict], Sequence[int]]:
    """Records that hold the answers of all models in one object, one record per answer."""
    for name in PER_MODEL:
        if type(records[0].get(name)) is not dict:
            continue
        kinds = set(map(type, [record.get(name) for record in records]))
        inner = [record[name] for record in records] if kinds == {dict} else []
        if not inner or not all(set(map(type, one.values())) <= SCALARS for one in inner):
            continue
        log.note(f"{file.name}: the names inside '{name}' are models, and the values answers.")
        rest = [{k: v for k, v in record.items() if k != name} for record in records]
        rows = [(row, model) for row, one in enumerate(inner) for model in one]
        return [
            {**rest[row], "model": model, "prediction": inner[row][model]} for row, model in rows
        ], [row for row, _ in rows]
    return records, range(len(records))


def _split(file: File, names: list, rows: list[list]) -> list[dict]:
    """Names once and rows as lists, as pandas writes them."""
    for number, row in enumerate(rows, 1):
        if len(row) != len(names):
            raise RefusedError(
                f"{file.name}, record {number} of 'data' has {count(len(row), 'value')}; expected "
                f"{len(names)}, one for each of 'columns'."
            )
    return [dict(zip(map(str, names), row, strict=True)) for row in rows]


def _by_column(file: File, lists: dict[str, list], constant: dict[str, object]) -> list[dict]:
    """{column: [values]} of the same length, and perhaps one model for all."""
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
    return [
        {**constant, **dict(zip(names, row, strict=True))}
        for row in zip(*lists.values(), strict=True)
    ]


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
