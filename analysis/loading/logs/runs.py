"""Logs that lie in several files: the model's name from a summary, the files of one HELM run."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.loading.columns import Column
from analysis.loading.logs.harness import RESULTS, SAMPLES
from analysis.loading.logs.helm import SHOWN, STATE, STATS
from analysis.loading.logs.log_table import LogTable
from analysis.loading.roles import Part, assign
from analysis.loading.sources import Found, Log, Options, count, quoted

HELM = (STATE, SHOWN, STATS)


def whole_runs(parts: list[Part], options: Options, log: Log) -> list[Part]:
    """Put together what belongs to one run; other parts stay as they are.

    Args:
        parts: every table that was read.
        options: columns named by hand.
        log: receives what was joined, and what is left aside.
    """
    logs = [part for part in parts if isinstance(part.table, LogTable) and part.table.origin]
    if not logs:
        return parts
    tables = {id(part): part.table for part in logs}
    _name_models([part for part in logs if part.table.origin in (SAMPLES, RESULTS)], tables, log)
    _tell_tasks_apart([part for part in logs if part.table.origin == SAMPLES], tables, log)
    _join_helm([part for part in logs if part.table.origin in HELM], tables, log)
    changed = []
    for part in parts:
        if id(part) not in tables:
            changed.append(part)
        elif tables[id(part)] is not None:
            table = tables[id(part)]
            changed.append(part if table is part.table else assign(table, options))
    return changed


def _name_models(parts: list[Part], tables: dict, log: Log) -> None:
    """Give the logs of the harness the name that the summary of the same run states."""
    results = [part.table for part in parts if part.table.origin == RESULTS]
    samples = [part for part in parts if part.table.origin == SAMPLES]
    for part in parts:
        if part.table.origin == RESULTS:
            tables[id(part)] = None
            log.found.append(Found(part.file.name, "summary of a run", 0, {}, ()))
    if results and not samples:
        log.problem(
            f"{results[0].file.name} is a summary of lm-evaluation-harness without answers; "
            "expected its per-sample logs. Add the files samples_<task>_<date>.jsonl, which "
            "--log_samples writes."
        )
    for part in samples:
        facts = part.table.facts
        same = [r for r in results if facts["date"] and r.facts["date"] == facts["date"]]
        same = same or [
            r for r in results if facts["folder"] and r.facts["folder"] == facts["folder"]
        ]
        if not same and len(results) == 1 and len({p.table.facts["date"] for p in samples}) == 1:
            same = results
        names = {r.facts["model"] for r in same} - {""}
        if len(names) == 1 and not facts["model"]:
            name = names.pop()
            tables[id(part)] = _with_text(part.table, "model", name)
            log.note(f"{part.file.name}: the model is '{name}', as {same[0].file.name} says.")
        elif not facts["model"]:
            shown = part.table.columns["model"].levels[0]
            place = "folder" if shown == facts["folder"] else "file"
            log.note(
                f"{part.file.name}: the log does not say which model answered; it is called "
                f"'{shown}' after the {place}."
            )


def _tell_tasks_apart(parts: list[Part], tables: dict, log: Log) -> None:
    """Several tasks number their samples alike, so the task goes before the number."""
    tasks = {part.table.facts["task"] for part in parts} - {""}
    if len(tasks) < 2:
        return
    for part in parts:
        task = part.table.facts["task"]
        if not task:
            continue
        table = tables[id(part)]
        column = table.columns["sample_id"]
        names = np.array([f"{task}/{name}" for name in column.levels], dtype=object)
        ids = Column("sample_id", pa.chunked_array([pa.array(names[column.codes])]), True)
        tables[id(part)] = replace(table, columns={**table.columns, "sample_id": ids})
    log.note(
        f"There are logs of {len(tasks)} tasks ({quoted(sorted(tasks), 4)}); their sample ids "
        "begin with the name of the task."
    )


def _with_text(table: LogTable, name: str, text: str) -> LogTable:
    values = pa.chunked_array([pa.array([text] * table.rows, pa.string())])
    return replace(table, columns={**table.columns, name: Column(name, values, True)})


def _join_helm(parts: list[Part], tables: dict, log: Log) -> None:
    """One table per run: labels of scenario_state, answers and grades of the other files."""
    runs: dict[str, list[Part]] = {}
    for part in parts:
        runs.setdefault(part.table.facts["folder"], []).append(part)
    for own in runs.values():
        kinds = [part.table.origin for part in own]
        if len(own) < 2:
            continue
        if len(set(kinds)) < len(kinds):
            twice = [p.file.name for p in own if kinds.count(p.table.origin) > 1]
            log.problem(
                f"{twice[0]} and {twice[1]} are the same kind of HELM file and it cannot be told "
                "which run each belongs to; expected each run in a folder of its own. Give the "
                "folders' files by path, or one run at a time."
            )
            continue
        own.sort(key=lambda part: HELM.index(part.table.origin))
        base = tables[id(own[0])]
        for other in own[1:]:
            base = _merged(base, tables[id(other)], log)
            tables[id(other)] = None
            log.found.append(
                Found(
                    other.file.name,
                    f"joined to {own[0].file.name}",
                    other.table.rows,
                    dict.fromkeys(other.table.columns, "joined by instance"),
                    other.table.preview(),
                )
            )
        tables[id(own[0])] = base
        files = quoted([part.file.name for part in own])
        log.note(f"{files} belong to one HELM run and are joined by instance.")


def _keys(table: LogTable) -> list[tuple[str, str]]:
    run, ids = table.columns.get("run"), table.columns["sample_id"]
    alone = table.facts.get("trial", "0")
    return [(ids.text(row), run.text(row) if run else alone) for row in range(table.rows)]


def _merged(base: LogTable, other: LogTable, log: Log) -> LogTable:
    """Columns of the other file beside those of the first; where it has answers, they count."""
    place = {key: row for row, key in enumerate(_keys(other))}
    keys = _keys(base)
    rows = pa.array([place.get(key) for key in keys], pa.int64())
    columns = dict(base.columns)
    for name, column in other.columns.items():
        if name in ("sample_id", "model", "run", "text"):
            continue
        if name in ("correct", "score") and {"correct", "score"} & set(base.columns):
            continue
        written = None if column.written is None else column.written.take(rows)
        taken = Column(name, column.raw.take(rows), True, written=written)
        columns[name] = _filled(taken, columns[name]) if name in columns else taken
    if lost := len(place) - sum(key in place for key in dict.fromkeys(keys)):
        log.note(
            f"{other.file.name}: {count(lost, 'instance')} that {base.file.name} does not have "
            f"{'is' if lost == 1 else 'are'} not read."
        )
    _note_kept(base, other, rows.null_count, log)
    return replace(base, columns=columns, spare=base.spare | other.spare)


def _filled(first: Column, second: Column) -> Column:
    """The values of the first column, those of the second where it holds nothing."""
    if first.written is None and second.written is None and first.raw.type == second.raw.type:
        return Column(first.name, pc.coalesce(first.raw, second.raw), True)
    texts = [
        one.raw.cast(pa.string()) if one.written is None else one.written for one in (first, second)
    ]
    if not (first.numeric and second.numeric):
        return Column(first.name, pc.coalesce(*texts), True)
    numbers = pc.coalesce(*(one.raw.cast(pa.float64()) for one in (first, second)))
    return Column(first.name, numbers, True, written=pc.coalesce(*texts))


def _note_kept(base: LogTable, other: LogTable, absent: int, log: Log) -> None:
    if not absent:
        return
    one = absent == 1
    answers = "prediction" in base.columns and "prediction" in other.columns
    log.note(
        f"{other.file.name}: {count(absent, 'instance')} of {base.file.name} "
        f"{'is' if one else 'are'} not there; "
        + (
            f"{'its answer is the one' if one else 'their answers are those'} of {base.file.name}."
            if answers
            else f"it adds nothing to {'it' if one else 'them'}."
        )
    )
