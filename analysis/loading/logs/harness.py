"""lm-evaluation-harness: per-sample logs, and the summary that names the model."""

import re
from collections import Counter

from analysis.loading.json_text import Content
from analysis.loading.logs.log_table import (
    LogTable,
    as_text,
    attributes,
    chosen_grade,
    folder_of,
    log_table,
    required,
)
from analysis.loading.sources import File, Log, RefusedError, count, quoted
from analysis.loading.tables import Table

RESPONSES = ("filtered_resps", "resps")
BESIDE = ("doc", "target", "arguments", "metrics", "doc_hash", "prompt_hash", "target_hash")
KNOWN = frozenset(("doc_id", *RESPONSES, *BESIDE, "filter", "token_counts", "task", "task_name"))
SAMPLES, RESULTS = "harness samples", "harness results"
NAMED = re.compile(r"samples_(?P<task>.+)_(?P<date>\d{4}-\d\d-\d\dT.+)")
DATED = re.compile(r"results_(?P<date>\d{4}-\d\d-\d\dT.+)")
INVALID = "[invalid]"


def recognised(value: object, first: dict) -> bool:
    """Records with doc_id and responses, or a summary of results by task."""
    if "doc_id" in first and any(name in first for name in RESPONSES):
        return True
    return _summary(value) or _whole(value)


def tables(file: File, content: Content, log: Log) -> list[Table]:
    """One table of answers, or an empty one that only names the model.

    Args:
        file: a file samples_<task>_<date>.jsonl, results_<date>.json or the like.
        content: the parsed JSON.
        log: receives what was taken from where.

    Raises:
        RefusedError: a record has no id, or there are neither answers nor grades.
    """
    value = content.value
    if _whole(value):
        return [
            _samples(file, Content(records, None, 0), log, task, _model_of(value))
            for task, records in value["samples"].items()
        ]
    if isinstance(value, dict):
        facts = {"model": _model_of(value), "folder": folder_of(file)}
        dated = DATED.fullmatch(_stem(file))
        facts["date"] = dated["date"] if dated else ""
        return [LogTable(file, {}, 0, {}, origin=RESULTS, facts=facts)]
    named = NAMED.fullmatch(_stem(file))
    return [_samples(file, content, log, named["task"] if named else "", "")]


def _summary(value: object) -> bool:
    return isinstance(value, dict) and type(value.get("results")) is dict and "config" in value


def _whole(value: object) -> bool:
    if not isinstance(value, dict) or type(value.get("samples")) is not dict:
        return False
    lists = list(value["samples"].values())
    return bool(lists) and all(
        type(one) is list and one and type(one[0]) is dict and "doc_id" in one[0] for one in lists
    )


def _stem(file: File) -> str:
    return file.stem.removesuffix(".jsonl").removesuffix(".json")


def _model_of(value: dict) -> str:
    """The name that a summary gives: model_name, else what its arguments say."""
    name = value.get("model_name")
    config = value.get("config") if type(value.get("config")) is dict else {}
    arguments = config.get("model_args") or ""
    if type(arguments) is dict:
        name = name or arguments.get("pretrained") or arguments.get("model")
        arguments = ""
    found = re.search(r"(?:peft|pretrained|model|path|engine)=([^,]+)", str(arguments))
    return str(name or (found[1] if found else config.get("model") or ""))


def _samples(file: File, content: Content, log: Log, task: str, model: str) -> LogTable:
    records = content.value
    ids = [str(required(file, content, row, one, "doc_id")) for row, one in enumerate(records)]
    filters = _filters(records, ids)
    names = list(dict.fromkeys(filters))
    rows = [row for row, one in enumerate(filters) if one == names[0]]
    base = [records[row] for row in rows]
    answers, how = _answers(base)
    values = {
        "sample_id": [ids[row] for row in rows],
        "label": [_label(record, how) for record in base],
        "model": [model or _own_name(file)] * len(rows),
        "prediction": answers,
    }
    grade = chosen_grade(_measures(base))
    values |= grade.columns
    spare = [*grade.others]
    for name in names[1:]:
        spare += _other_filter(name, records, filters, ids, values)
    if not any(answer is not None for answer in answers) and not grade.name:
        raise RefusedError(
            f"{file.name} is a log of lm-evaluation-harness without answers or grades from 0 to 1 "
            f"(its measures are {quoted(grade.unused) or 'none'}); expected a task with answers "
            "that are right or wrong."
        )
    values |= attributes("doc", [record.get("doc") for record in base])
    _note(file, log, how, grade, names, base, answers)
    facts = {"task": task, "folder": folder_of(file), "model": model}
    named = NAMED.fullmatch(_stem(file))
    facts["date"] = named["date"] if named else ""
    return log_table(file, values, rows, content, log, spare=spare, origin=SAMPLES, facts=facts)


def _own_name(file: File) -> str:
    """The folder, which the harness names after the model; else the file."""
    if _stem(file).startswith("samples_"):
        return folder_of(file) or _stem(file)
    return _stem(file)


def _filters(records: list[dict], ids: list[str]) -> list[str]:
    """The filter of each record; older logs repeat the samples once per filter without a name."""
    if "filter" in records[0]:
        return [str(record.get("filter")) for record in records]
    seen: Counter[str] = Counter()
    filters = []
    for name in ids:
        seen[name] += 1
        filters.append(f"filter {seen[name]}")
    return filters


def _measures(records: list[dict]) -> dict[str, list]:
    listed = records[0].get("metrics")
    names = dict.fromkeys(name for record in records for name in record if name not in KNOWN)
    if type(listed) is list:
        first = [name for name in listed if isinstance(name, str) and name in names]
        names = dict.fromkeys([*first, *names])
    return {name: [record.get(name) for record in records] for name in names}


def _answers(records: list[dict]) -> tuple[list[str | None], str]:
    """The answer of each record, and how it is given: "choice", "text" or "likelihood"."""
    responses = [record.get(_responses(records)) for record in records]
    likelihoods = [_likelihoods(response) for response in responses]
    if all(one is not None for one in likelihoods):
        if max(map(len, likelihoods)) == 1:
            return [None] * len(records), "likelihood"
        return [str(one.index(max(one))) for one in likelihoods], "choice"
    return [_first_text(response) for response in responses], "text"


def _responses(records: list[dict]) -> str:
    return next((key for key in RESPONSES if key in records[0]), RESPONSES[0])


def _likelihoods(response: object) -> list[float] | None:
    """The log-likelihood of each choice from [[likelihood, is greedy], ...]."""
    if type(response) is not list or not response:
        return None
    numbers = []
    for pair in response:
        while type(pair) is list and len(pair) == 1 and type(pair[0]) is list:
            pair = pair[0]
        if type(pair) is not list or len(pair) != 2 or str(pair[1]) not in ("True", "False"):
            return None
        try:
            numbers.append(float(pair[0]))
        except (TypeError, ValueError):
            return None
    return numbers


def _first_text(response: object) -> str | None:
    while type(response) is list:
        response = response[0] if response else None
    return as_text(response)


def _label(record: dict, how: str) -> str | None:
    target = record.get("target")
    while type(target) is list and len(target) == 1:
        target = target[0]
    text = as_text(target)
    if text is None:
        return None
    if how == "choice":
        choices = _choices(record)
        return str(choices.index(text.strip())) if text.strip() in choices else text
    if "####" in text:
        return text.rsplit("####", 1)[1].strip()
    return text


def _choices(record: dict) -> list[str]:
    """The texts whose likelihoods were compared, unless they are numbers themselves."""
    arguments = record.get("arguments")
    if type(arguments) is dict:
        pairs = [one.get("arg_1") if type(one) is dict else None for one in arguments.values()]
    elif type(arguments) is list:
        pairs = [one[1] if type(one) is list and len(one) > 1 else None for one in arguments]
    else:
        return []
    texts = [one.strip() if isinstance(one, str) else "" for one in pairs]
    return [] if all(text.isdigit() for text in texts) else texts


def _other_filter(
    name: str, records: list[dict], filters: list[str], ids: list[str], values: dict[str, list]
) -> list[str]:
    """Add answer and measures of another filter as columns that can be named by hand."""
    rows = [row for row, one in enumerate(filters) if one == name]
    base = [records[row] for row in rows]
    answers, _ = _answers(base)
    grade = chosen_grade(_measures(base))
    columns = {"prediction": answers}
    for column, numbers in grade.columns.items():
        columns[grade.name if column in ("correct", "score") else column] = numbers
    place = {ids[row]: position for position, row in enumerate(rows)}
    added = []
    for column, own in columns.items():
        full = f"{column} ({name})"
        values[full] = [
            own[place[sample]] if sample in place else None for sample in values["sample_id"]
        ]
        added.append(full)
    return added


def _note(file: File, log: Log, how: str, grade, names: list[str], base, answers) -> None:
    answer = {
        "choice": "the answer the position of the choice with the highest likelihood (from 0)",
        "text": f"the answer the first of {_responses(base)}",
        "likelihood": "there are no answers, only grades",
    }[how]
    log.note(
        f"{file.name}: lm-evaluation-harness log; the sample id is doc_id, {answer}, "
        f"{grade.sentence()}."
    )
    if grade.unused:
        log.note(
            f"{file.name}: {quoted(grade.unused)} cannot say right or wrong and "
            f"{'is' if len(grade.unused) == 1 else 'are'} not read."
        )
    if len(names) > 1:
        log.note(
            f"{file.name}: every sample stands there {len(names)} times, once per filter; "
            f"'{names[0]}' is taken. For '{names[1]}', give --column "
            f"prediction='prediction ({names[1]})'"
            + (f" --column correct='{grade.name} ({names[1]})'." if grade.name else ".")
        )
    if how == "text" and any("####" in str(record.get("target")) for record in base):
        log.note(f"{file.name}: the label is what stands behind #### in target.")
    if n := sum(answer == INVALID for answer in answers):
        log.note(
            f"{file.name}: {count(n, 'answer')} {'is' if n == 1 else 'are'} '{INVALID}', which "
            "the harness writes where it found none; --missing-marker '[invalid]' reads it as "
            "missing."
        )
