"""HELM runs: scenario_state.json, per_instance_stats.json and display_predictions.json."""

import re

from analysis.loading.json_text import Content
from analysis.loading.logs.log_table import (
    NUMBERS,
    LogTable,
    as_text,
    chosen_grade,
    folder_of,
    log_table,
    required,
)
from analysis.loading.sources import File, Log, RefusedError, count, quoted
from analysis.loading.tables import Table

STATE, STATS, SHOWN = "helm state", "helm stats", "helm predictions"
SEPARATE = "multiple_choice_separate"
MODEL = re.compile(r"model=([^,]+)")


def recognised(value: object, first: dict) -> bool:
    """One of the three files of a run that hold something for each instance."""
    if isinstance(value, dict):
        return "adapter_spec" in value and type(value.get("request_states")) is list
    return "instance_id" in first and (
        type(first.get("stats")) is list
        or (type(first.get("stats")) is dict and "predicted_text" in first)
    )


def tables(file: File, content: Content, log: Log) -> list[Table]:
    """One table; the files of one run are joined later, by instance and trial.

    Args:
        file: for messages and the name of the run.
        content: the parsed JSON.
        log: receives what was taken from where.

    Raises:
        RefusedError: a record has no instance id, or nothing was answered.
    """
    if isinstance(content.value, dict):
        return [_state(file, content.value, log)]
    if type(content.value[0]["stats"]) is list:
        return [_stats(file, content, log)]
    return [_shown(file, content, log)]


def _facts(file: File, model: str = "") -> dict[str, str]:
    folder = folder_of(file)
    named = MODEL.search(folder)
    own = named[1] if named else ""
    return {"folder": folder, "model": model or own, "given": model}


def _kept(file: File, records: list[dict], perturbed: list[bool], log: Log) -> list[int]:
    """Rows of the instances as they are; those that were changed on purpose are left out."""
    kept = [row for row, one in enumerate(perturbed) if not one]
    if left := len(records) - len(kept):
        log.note(
            f"{file.name}: {count(left, 'record')} of perturbed instances "
            f"{'is' if left == 1 else 'are'} not read."
        )
    if not kept:
        raise RefusedError(
            f"{file.name} holds perturbed instances only; expected the unchanged ones beside them."
        )
    return kept


def _trial(record: dict) -> str:
    return as_text(record.get("train_trial_index")) or "0"


def _runs(trials: list[str]) -> dict[str, list]:
    return {"run": trials} if len(set(trials)) > 1 else {}


def _facts_of_trials(facts: dict[str, str], trials: list[str]) -> dict[str, str]:
    """A single trial makes no column, but other files of the run may hold several."""
    return facts if len(set(trials)) > 1 else {**facts, "trial": trials[0]}


def _state(file: File, value: dict, log: Log) -> LogTable:
    states = value["request_states"]
    content = Content(states, None, 0)
    spec = value["adapter_spec"] if type(value["adapter_spec"]) is dict else {}
    method = str(spec.get("method") or "")
    instances = [_instance(file, content, row, one) for row, one in enumerate(states)]
    ids = [str(required(file, content, row, one, "id")) for row, one in enumerate(instances)]
    kept = _kept(file, states, [bool(one.get("perturbation")) for one in instances], log)
    kept = [row for row in kept if states[row].get("request_mode") != "calibration"]
    if method.startswith(SEPARATE):
        kept = _likeliest(file, states, ids, kept, method)
    answers = [_answer(states[row], instances[row], method) for row in kept]
    trials = [_trial(states[row]) for row in kept]
    model = as_text(spec.get("model")) or as_text(spec.get("model_deployment")) or ""
    facts = _facts(file, model)
    values = {
        "sample_id": [ids[row] for row in kept],
        "label": [_label(instances[row]) for row in kept],
        "model": [facts["model"] or facts["folder"] or file.stem] * len(kept),
        "prediction": answers,
        **_runs(trials),
        "text": [_input(instances[row]) for row in kept],
    }
    for name in ("split", "sub_split"):
        values[name] = [as_text(instances[row].get(name)) for row in kept]
    log.note(
        f"{file.name}: HELM run of '{values['model'][0]}'; the sample id is instance.id, the label "
        "is the first reference that is tagged correct, the answer is "
        f"{_how(method)}."
    )
    facts = _facts_of_trials(facts, trials)
    return log_table(file, values, kept, content, log, origin=STATE, facts=facts)


def _how(method: str) -> str:
    if method.startswith(SEPARATE):
        return "the reference with the highest log-probability"
    if method.startswith("multiple_choice"):
        return "the choice that the first completion names (output_mapping)"
    return "the first completion"


def _instance(file: File, content: Content, row: int, state: object) -> dict:
    instance = state.get("instance") if type(state) is dict else None
    if type(instance) is not dict:
        raise RefusedError(
            f"{content.where(file, row)} of request_states has no field 'instance'; expected the "
            "instance that was asked. Write the run again."
        )
    return instance


def _output(reference: object) -> str | None:
    """The text of a reference or an input; older files hold it directly."""
    if type(reference) is dict and "output" in reference:
        reference = reference["output"]
    if type(reference) is dict:
        reference = reference.get("text")
    return as_text(reference)


def _references(instance: dict) -> list[dict]:
    references = instance.get("references")
    given = references if type(references) is list else []
    return [one for one in given if type(one) is dict]


def _label(instance: dict) -> str | None:
    for one in _references(instance):
        if type(one.get("tags")) is list and "correct" in one["tags"]:
            return _output(one)
    return None


def _input(instance: dict) -> str | None:
    return _output(instance.get("input"))


def _completion(state: dict) -> dict:
    result = state.get("result") if type(state.get("result")) is dict else {}
    completions = result.get("completions")
    first = completions[0] if type(completions) is list and completions else {}
    return first if type(first) is dict else {}


def _answer(state: dict, instance: dict, method: str) -> str | None:
    if method.startswith(SEPARATE):
        references = _references(instance)
        index = state.get("reference_index")
        known = type(index) is int and 0 <= index < len(references)
        return _output(references[index]) if known else None
    text = as_text(_completion(state).get("text"))
    if text is None:
        return None
    mapping = state.get("output_mapping")
    if type(mapping) is dict and mapping:
        text = as_text(mapping.get(text.strip())) or text
    return text


def _likeliest(
    file: File, states: list[dict], ids: list[str], kept: list[int], method: str
) -> list[int]:
    """Of the requests for each reference, the one with the highest log-probability."""
    if "calibrated" in method:
        raise RefusedError(
            f"{file.name} compares calibrated log-probabilities ({method}), which need both "
            "requests of each reference; expected another adapter method. Give "
            "display_predictions.json of the same run instead."
        )
    best: dict[tuple, tuple[float, int]] = {}
    for row in kept:
        key = (ids[row], _trial(states[row]))
        logprob = _completion(states[row]).get("logprob")
        score = float(logprob) if isinstance(logprob, NUMBERS) else float("-inf")
        if key not in best or score > best[key][0]:
            best[key] = (score, row)
    return [row for _, row in best.values()]


def _stats(file: File, content: Content, log: Log) -> LogTable:
    records = content.value
    ids = [str(required(file, content, row, r, "instance_id")) for row, r in enumerate(records)]
    kept = _kept(file, records, [bool(one.get("perturbation")) for one in records], log)
    first: dict[tuple, int] = {}
    measures: dict[tuple, dict[str, object]] = {}
    for row in kept:
        key = (ids[row], _trial(records[row]))
        first.setdefault(key, row)
        given = records[row].get("stats")
        for stat in given if type(given) is list else ():
            name = stat.get("name") if type(stat) is dict else None
            name = name.get("name") if type(name) is dict else name
            if isinstance(name, str) and stat.get("count", 1):
                measures.setdefault(key, {}).setdefault(name, stat.get("mean"))
    return _graded(file, content, log, STATS, first, measures, {})


def _shown(file: File, content: Content, log: Log) -> LogTable:
    records = content.value
    ids = [str(required(file, content, row, r, "instance_id")) for row, r in enumerate(records)]
    kept = _kept(file, records, [bool(one.get("perturbation")) for one in records], log)
    first, measures, answers = {}, {}, {}
    for row in kept:
        record = records[row]
        key = (ids[row], _trial(record))
        first.setdefault(key, row)
        measures[key] = record.get("stats") if type(record.get("stats")) is dict else {}
        text = next(
            (
                str(record[name])
                for name in ("mapped_output", "truncated_predicted_text", "predicted_text")
                if record.get(name) is not None
            ),
            None,
        )
        answers[key] = text
    return _graded(file, content, log, SHOWN, first, measures, answers)


def _graded(
    file: File, content: Content, log: Log, origin: str, first: dict, measures: dict, answers: dict
) -> LogTable:
    keys = list(first)
    names = dict.fromkeys(name for one in measures.values() for name in one)
    grade = chosen_grade({n: [measures.get(k, {}).get(n) for k in keys] for n in names})
    if not grade.name and not answers:
        raise RefusedError(
            f"{file.name} is a HELM file without a measure from 0 to 1 for each instance (it has "
            f"{quoted(grade.unused) or 'none'}); expected exact_match or the like."
        )
    facts = _facts(file)
    values = {
        "sample_id": [key[0] for key in keys],
        "model": [facts["model"] or facts["folder"] or file.stem] * len(keys),
        "prediction": [answers.get(key) for key in keys],
        **_runs([key[1] for key in keys]),
        **grade.columns,
    }
    answer = "the answer is mapped_output, else predicted_text, " if answers else ""
    log.note(
        f"{file.name}: HELM results by instance; the sample id is instance_id, "
        f"{answer}{grade.sentence()}."
    )
    kept = [first[key] for key in keys]
    facts = _facts_of_trials(facts, [key[1] for key in keys])
    return log_table(
        file, values, kept, content, log, spare=grade.others, origin=origin, facts=facts
    )
