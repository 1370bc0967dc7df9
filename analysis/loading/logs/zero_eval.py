"""ZeroEval results: one list of records per model, the answer inside a text that holds JSON."""

import json
import re

from analysis.loading.json_text import Content
from analysis.loading.logs.log_table import LogTable, as_text, log_table, required
from analysis.loading.logs.numbers import canonical_number
from analysis.loading.sources import File, Log, RefusedError, count
from analysis.loading.tables import Table

FENCE = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)
FIELD = re.compile(r'"answer"\s*:\s*("(?:[^"\\]|\\.)*"|[^,}\n]+)')
LABELS = ("answer", "correct_answer", "solution")
CONSTANTS = ("dataset", "source", "config", "task_type")


def recognised(value: object, first: dict) -> bool:
    """Records with an id, a list of output texts and the prompt that led to them."""
    output = first.get("output")
    return (
        type(output) is list
        and all(isinstance(text, str) for text in output)
        and "chat_history" in first
        and ("id" in first or "session_id" in first)
    )


def tables(file: File, content: Content, log: Log) -> list[Table]:
    """The answers of one model.

    Args:
        file: its name without the suffix is the model's name.
        content: the parsed list of records.
        log: receives what was taken from where.

    Raises:
        RefusedError: a record has no id or no output.
    """
    records = content.value
    key = "id" if "id" in records[0] else "session_id"
    ids = [str(required(file, content, row, one, key)) for row, one in enumerate(records)]
    found = [_answer(_output(file, content, row, one)) for row, one in enumerate(records)]
    name = next((name for name in LABELS if name in records[0]), "")
    labels = [_label(record.get(name)) for record in records]
    values = {
        "sample_id": ids,
        "label": labels,
        "model": [file.stem] * len(ids),
        "prediction": found,
        "text": [as_text(record.get("question")) for record in records],
    }
    for constant in CONSTANTS:
        column = [as_text(record.get(constant)) for record in records]
        if len(set(column)) > 1:
            values[constant] = column
    label = f"the label is {name}" if name else "there are no labels"
    log.note(
        f"{file.name}: ZeroEval results; the sample id is {key}, {label}, the answer is the "
        "field 'answer' of the JSON in output, and the model's name is the file's"
        f"{_generator(file, records)}."
    )
    _note_output(file, records, found, log)
    if _numeric(labels):
        _in_one_form(file, values, log)
    table: LogTable = log_table(file, values, range(len(ids)), content, log)
    return [table]


def _output(file: File, content: Content, row: int, record: dict) -> str | None:
    output = record.get("output")
    if isinstance(output, str) or output is None:
        return output
    if type(output) is list and all(isinstance(text, str) for text in output):
        return output[0] if output else None
    raise RefusedError(
        f"{content.where(file, row)}: the field 'output' holds no list of texts, as in the other "
        "records; expected one text or a list of texts. Write the results again."
    )


def _answer(text: str | None) -> str | None:
    """The field 'answer' of the JSON in a text; also where that JSON is slightly broken."""
    if text is None:
        return None
    fence = FENCE.search(text)
    try:
        parsed = json.loads(fence[1] if fence else text, strict=False, parse_float=str)
        answer = parsed.get("answer") if type(parsed) is dict else None
    except (ValueError, RecursionError):
        fields = FIELD.findall(text)
        answer = fields[-1].strip().strip('"') if fields else None
    if type(answer) in (dict, list):
        return json.dumps(answer, ensure_ascii=False, sort_keys=True)
    return None if answer is None else str(answer).strip()


def _label(value: object) -> str | None:
    text = as_text(value)
    return None if text is None else text.lstrip("#").strip()


def _numeric(labels: list[str | None]) -> bool:
    """Every label is a number by itself, so that answers can be compared as numbers."""
    given = [label for label in labels if label]
    return bool(given) and all(re.fullmatch(r"\$?-?[\d,]*\.?\d+", label) for label in given)


def _in_one_form(file: File, values: dict[str, list], log: Log) -> None:
    changed, without = 0, 0
    for column in ("label", "prediction"):
        before = values[column]
        after = [None if text is None else canonical_number(text) or None for text in before]
        changed += sum(a is not None and a != b for a, b in zip(after, before, strict=True))
        without += sum(a is None and b is not None for a, b in zip(after, before, strict=True))
        values[column] = after
    if changed:
        log.note(
            f"{file.name}: the labels are numbers, so labels and answers are brought into one "
            f"form; {count(changed, 'text')} changed ('$18', '18.00' and '18 feet' are read as "
            "18; of several numbers the first is taken)."
        )
    if without:
        log.note(
            f"{file.name}: {count(without, 'answer')} without any digit "
            f"{'is' if without == 1 else 'are'} read as missing, because the labels are numbers."
        )


def _note_output(file: File, records: list[dict], found: list[str | None], log: Log) -> None:
    missing = [row for row, answer in enumerate(found) if answer is None]
    if missing:
        log.note(
            f"{file.name}: {count(len(missing), 'output')} without a field 'answer' (first: record "
            f"{missing[0] + 1}); read as missing."
        )
    several = sum(type(r.get("output")) is list and len(r["output"]) > 1 for r in records)
    if several:
        log.note(
            f"{file.name}: {count(several, 'record')} with several outputs; the first is taken."
        )


def _generator(file: File, records: list[dict]) -> str:
    names = dict.fromkeys(as_text(r.get("generator")) for r in records)
    given = [name for name in names if name and name != file.stem]
    return f" (the field generator says {', '.join(map(repr, given[:3]))})" if given else ""
