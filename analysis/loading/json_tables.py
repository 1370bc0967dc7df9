"""JSON and JSON Lines as tables, in the shapes in which people save answers."""

import gc
import re
from collections.abc import Sequence

import numpy as np

from analysis.loading.json_columns import columns_of, line_numbers
from analysis.loading.json_faults import described
from analysis.loading.json_frames import SCALARS, by_column, by_index
from analysis.loading.json_lines import read_lines
from analysis.loading.json_text import Content, read_content
from analysis.loading.logs import is_log, read_log
from analysis.loading.roles import ALIASES
from analysis.loading.sources import File, Log, RefusedError, UnknownShapeError, count, quoted
from analysis.loading.tables import Table, read_text

LARGE = 8 << 20
SHAPES = (
    "a list of records, JSON Lines, lists by column name, {sample_id: answer}, or "
    "{model: {sample_id: answer}}"
)
ROLE_NAMES = frozenset(name for names in ALIASES.values() for name in names)
IDS = frozenset(ALIASES["id"])
MODELS = frozenset(ALIASES["model"])
ANSWERS = frozenset(ALIASES["prediction"] + ALIASES["correct"] + ALIASES["score"])
PER_MODEL = ("predictions", "prediction", "answers", "responses", "outputs", "models")
LABEL_WORDS = frozenset(
    (
        "label",
        "labels",
        "gold",
        "truth",
        "groundtruth",
        "target",
        "targets",
        "reference",
        "references",
    )
)


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


def _whole(record: dict) -> bool:
    """Whether a file whose first record is this one has more to it than flat records."""
    return is_log(record) or any(type(record.get(name)) is dict for name in PER_MODEL)


def _note_gaps(file: File, gaps: int, log: Log) -> None:
    if gaps:
        log.note(
            f"{file.name}: {count(gaps, 'value')} {'is' if gaps == 1 else 'are'} NaN and read as "
            "empty."
        )


def _tables(file: File, log: Log) -> list[Table]:
    if file.size() > LARGE and (read := read_lines(file, log, _whole)):
        table, gaps = read
        _note_gaps(file, gaps, log)
        return [table]
    content = read_content(file)
    if content is None:
        log.note(
            f"{file.name} begins like JSON, but its first line is none; it is read as separated "
            "text."
        )
        return [read_text(file, log)]
    _note_gaps(file, content.gaps, log)
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
        return by_index(file, value, log)
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
        return by_column(file, lists, constant)
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
    words = set(re.split(r"[^a-z0-9]+", file.stem.lower()))
    role = "label" if words & LABEL_WORDS or file.role == "samples" else "prediction"
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


def _by_row(file: File, value: dict[str, dict], rows: dict[str, None], log: Log) -> list[dict]:
    """{column: {row: value}}; the names of the rows are the ids where no column holds them."""
    text = f"{file.name}: values by column and row, as pandas writes them"
    numbered = list(rows) == [str(row) for row in range(len(rows))]
    columns = {name: [one.get(row) for row in rows] for name, one in value.items()}
    if not {name.lower() for name in value} & IDS and "" not in value:
        # Row numbers get no name: they are ids only where nothing else tells what a row is.
        columns = {"" if numbered else "sample_id": list(rows), **columns}
        text += "; the names of the rows are the sample ids"
    elif not numbered:
        text += "; the names of the rows are not read"
    log.note(f"{text}.")
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _by_name(file: File, value: dict[str, dict], log: Log) -> list[dict]:
    """{column: {row: value}}, {sample_id: record} or {model: {sample_id: answer}}."""
    names = {name.lower() for name in value}
    inner = dict.fromkeys(name for one in value.values() for name in one)
    if names & IDS and len(names & ROLE_NAMES) > 1:
        return _by_row(file, value, inner, log)
    fields = {name.lower() for name in inner}
    if fields & ROLE_NAMES and len(inner) <= max(len(value), 20):
        if not fields & IDS:
            log.note(f"{file.name}: the names before the records are sample ids.")
            return [{"sample_id": name, **record} for name, record in value.items()]
        return list(value.values())
    numbered = list(inner) == [str(row) for row in range(len(inner))]
    plain = all(type(cell) is not dict for one in value.values() for cell in one.values())
    if plain and (names & (ROLE_NAMES - MODELS) or (names & MODELS and numbered)):
        return _by_row(file, value, inner, log)
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
