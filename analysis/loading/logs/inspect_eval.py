"""Inspect evaluation logs: one JSON document, or an .eval archive, per run."""

import zipfile

from analysis.loading.arrays import ANYTHING_WRONG, check_members
from analysis.loading.json_faults import Written
from analysis.loading.json_text import Content
from analysis.loading.logs.log_table import (
    Grade,
    as_text,
    attributes,
    chosen_grade,
    log_table,
    required,
)
from analysis.loading.sources import File, Log, RefusedError, count, quoted
from analysis.loading.tables import Table

GRADES = {"C": 1, "I": 0, "P": 0.5, "N": 0, "yes": 1, "true": 1, "no": 0, "false": 0}
STARTED = "_journal/start.json"
ATTACHED = "attachment://"


def recognised(value: object, first: dict) -> bool:
    """A document with the specification of an evaluation and its status or samples."""
    if not isinstance(value, dict) or type(value.get("eval")) is not dict:
        return False
    return "model" in value["eval"] and ("samples" in value or "status" in value)


def tables(file: File, content: Content, log: Log) -> list[Table]:
    """The answers of one model.

    Args:
        file: for messages.
        content: the parsed document.
        log: receives what was taken from where.

    Raises:
        RefusedError: the log holds no samples, or one has no id.
    """
    value = content.value
    samples = value.get("samples")
    if type(samples) is not list or not samples:
        raise RefusedError(
            f"{file.name} is an Inspect log without samples; expected a log that was written with "
            "log_samples. Run the evaluation again, or convert the .eval file with inspect log "
            "convert --to json."
        )
    values, source, grade = _values(file, content, samples, value["eval"])
    log.note(
        f"{file.name}: Inspect log of '{values['model'][0]}'; the sample id is id, the label is "
        f"target, the answer is {source}, {grade.sentence()}"
        + (", the run is epoch." if "run" in values else ".")
    )
    _note_rest(file, value, samples, grade.unused, log)
    kept = range(len(samples))
    return [log_table(file, values, kept, content, log, spare=grade.others)]


def _values(
    file: File, content: Content, samples: list[dict], spec: dict
) -> tuple[dict[str, list], str, Grade]:
    """The columns, where the answers come from, and how right and wrong are told."""
    ids = [str(required(file, content, row, one, "id")) for row, one in enumerate(samples)]
    scores = [_scores(sample) for sample in samples]
    scorers = list(dict.fromkeys(name for one in scores for name in one))
    grade = chosen_grade(_measures(scores, scorers), preferred=scorers)
    scorer = grade.name if grade.name in scorers else next(iter(scorers), "")
    answers, source = _answers(samples, scores, scorer)
    values = {
        "sample_id": ids,
        "label": [_target(sample) for sample in samples],
        "model": [as_text(spec.get("model")) or file.stem] * len(ids),
        "prediction": answers,
        **grade.columns,
        "text": [_input(sample) for sample in samples],
        **attributes("metadata", [sample.get("metadata") for sample in samples]),
    }
    epochs = [as_text(sample.get("epoch")) for sample in samples]
    if len(set(epochs)) > 1:
        values["run"] = epochs
    return values, source, grade


def _scores(sample: dict) -> dict[str, dict]:
    """{scorer: score}; the oldest logs have a single one without a name."""
    scores = sample.get("scores")
    if type(scores) is dict:
        return {name: one for name, one in scores.items() if type(one) is dict}
    return {"score": sample["score"]} if type(sample.get("score")) is dict else {}


def _measures(scores: list[dict[str, dict]], scorers: list[str]) -> dict[str, list]:
    """{scorer, or scorer.part where it gives several: values as numbers where they are}."""
    measures: dict[str, list] = {}
    for scorer in scorers:
        values = [one.get(scorer, {}).get("value") for one in scores]
        parts = dict.fromkeys(name for one in values if type(one) is dict for name in one)
        for part in parts:
            measures[f"{scorer}.{part}"] = [
                _grade(one.get(part)) if type(one) is dict else None for one in values
            ]
        if not parts:
            measures[scorer] = [_grade(one) for one in values]
    return measures


def _grade(value: object) -> object:
    if isinstance(value, str) and not isinstance(value, Written):
        known = GRADES.get(value, GRADES.get(value.lower()) if len(value) > 1 else None)
        try:
            return known if known is not None else Written(float(value))
        except ValueError:
            return value
    return value


def _answers(
    samples: list[dict], scores: list[dict[str, dict]], scorer: str
) -> tuple[list[str | None], str]:
    answers = [as_text(one.get(scorer, {}).get("answer")) for one in scores]
    if any(answer is not None for answer in answers):
        return answers, f"the one that {scorer} read from the output"
    return [_completion(sample) for sample in samples], "the whole output"


def _completion(sample: dict) -> str | None:
    output = sample.get("output") if type(sample.get("output")) is dict else {}
    text = as_text(output.get("completion")) or None
    choices = output.get("choices")
    if text is None and type(choices) is list and choices and type(choices[0]) is dict:
        text = _message(choices[0].get("message"))
    return _resolved(sample, text)


def _message(message: object) -> str | None:
    """The text of a message, whose content is a text or a list of parts."""
    content = message.get("content") if type(message) is dict else None
    if type(content) is list:
        parts = [one.get("text") for one in content if type(one) is dict]
        return "\n".join(part for part in parts if isinstance(part, str)) or None
    return as_text(content)


def _resolved(sample: dict, text: str | None) -> str | None:
    attached = sample.get("attachments")
    if text and text.startswith(ATTACHED) and type(attached) is dict:
        return as_text(attached.get(text.removeprefix(ATTACHED))) or text
    return text


def _target(sample: dict) -> str | None:
    target = sample.get("target")
    if type(target) is list:
        target = target[0] if target else None
    return as_text(target)


def _input(sample: dict) -> str | None:
    given = sample.get("input")
    if type(given) is list:
        asked = [one for one in given if type(one) is dict and one.get("role") == "user"]
        given = _message(asked[-1]) if asked else None
    return _resolved(sample, as_text(given))


def _note_rest(
    file: File, value: dict, samples: list[dict], unused: tuple[str, ...], log: Log
) -> None:
    if unused:
        log.note(
            f"{file.name}: the scores of {quoted(unused)} are not numbers from 0 to 1 and not read."
        )
    letters = {str(one.get("value")) for sample in samples for one in _scores(sample).values()}
    if {"P", "N"} & letters:
        log.note(
            f"{file.name}: P (partly right) is read as a score of 0.5, N (no answer) as 0, as "
            "Inspect counts them."
        )
    several = sum(type(s.get("target")) is list and len(s["target"]) > 1 for s in samples)
    if several:
        log.note(
            f"{file.name}: {count(several, 'sample')} with several right answers; the first is "
            "taken as the label, right or wrong comes from the scores."
        )
    if failed := sum(bool(s.get("error")) for s in samples):
        log.note(f"{file.name}: {count(failed, 'sample')} stopped with an error.")
    status = value.get("status")
    if status not in (None, "success"):
        log.note(f"{file.name}: the status of the run is '{status}', so samples may be missing.")


def _header(names: set[str]) -> str:
    """The member that describes the run; "" when the zip is no .eval file."""
    if not any(name.startswith("samples/") and name.endswith(".json") for name in names):
        return ""
    return next((name for name in ("header.json", STARTED) if name in names), "")


def unpacked(file: File) -> File | None:
    """An .eval archive as the one JSON document that it stands for; None for any other zip.

    Raises:
        RefusedError: it is packed in a way that cannot be opened here.
    """
    try:
        with file.open() as stream, zipfile.ZipFile(stream) as archive:
            names = set(archive.namelist())
            if not (described := _header(names)):
                return None
            check_members(file, archive.infolist())
            header = archive.read(described).strip().removesuffix(b"}")
            header += b',"status":"started"' if described == STARTED else b""
            samples = [
                archive.read(name).strip()
                for name in sorted(names)
                if name.startswith("samples/") and name.endswith(".json")
            ]
    except NotImplementedError:
        raise RefusedError(
            f"{file.name} is an Inspect archive that is packed with zstd; expected JSON. "
            "Convert it with inspect log convert --to json."
        ) from None
    except RefusedError:
        raise
    except ANYTHING_WRONG:
        return None
    content = header + b',"samples":[' + b",".join(samples) + b"]}"
    return File(file.name, content, file.role)
