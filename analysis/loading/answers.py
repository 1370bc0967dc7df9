"""Answers of all models entered by sample id into one [M, N] table; no row is lost in silence."""

import numpy as np

from analysis.loading.columns import first_positions
from analysis.loading.file_names import file_models
from analysis.loading.forms import LONG, ONE, WIDE
from analysis.loading.grades import Answers, Entry, enter_confidence, enter_grades
from analysis.loading.roles import Part
from analysis.loading.roster import Roster, Vocabulary, report_unmatched
from analysis.loading.sources import Log, Options, count, quoted, shortened
from analysis.loading.spool import table_of

UNSET = -2


def collect_answers(
    parts: list[Part], roster: Roster, words: Vocabulary, options: Options, log: Log
) -> Answers:
    """Enter every table of predictions.

    Args:
        parts: tables with their forms settled; other forms are skipped.
        roster: the samples.
        words: numbers for texts; grows.
        options: what stands for a missing answer.
        log: receives notes and problems.
    """
    parts = [part for part in parts if part.form in (LONG, ONE, WIDE)]
    answers = Answers()
    names = file_models(part.file for part in parts if part.form == ONE)
    entries = [entry for part in parts for entry in _entries(part, roster, answers, names, log)]
    if not entries:
        return answers
    answers.numbers = table_of(len(answers.models), len(roster.ids), UNSET)
    missing = _missing(roster, words, entries, options, log)
    done: list[Entry] = []
    for entry in entries:
        _enter(entry, answers, words, missing, done, log)
        done.append(entry)
    for entry in entries:
        if entry.part.form != WIDE:
            enter_confidence(entry, answers, log)
            enter_grades(entry, answers, options.threshold, log)
    for row in answers.numbers:
        np.maximum(row, -1, out=row)
    return answers


def _entries(
    part: Part, roster: Roster, answers: Answers, names: dict[str, str], log: Log
) -> list[Entry]:
    report_unmatched(roster, part, log)
    samples = roster.places(part)
    known = {name: place for place, name in enumerate(answers.models)}

    def place(name: str) -> int:
        if name not in known:
            known[name] = len(answers.models)
            answers.models.append(name)
        return known[name]

    if part.form == WIDE:
        return [Entry(part, column, samples, place(column.name)) for column in part.models]
    if part.form == ONE:
        return [Entry(part, part.prediction, samples, place(names[part.file.name]))]
    codes, listed = _named_models(part, answers)
    first = first_positions(codes, len(listed))
    places = np.full(len(listed) + 1, -1, dtype=np.int32)
    for code in np.argsort(first, kind="stable").tolist():
        if first[code] < len(codes) and listed[code]:
            places[code] = place(listed[code])
    return [Entry(part, part.prediction, samples, codes=codes, models=places)]


def _named_models(part: Part, answers: Answers) -> tuple[np.ndarray, list[str]]:
    """The model of each row; with a column of runs, each run of a model is one of its own."""
    if part.run is None:
        return part.model.codes, part.model.levels
    runs = [*part.run.levels, ""]
    codes = part.model.codes.astype(np.int64) * len(runs) + part.run.codes % len(runs)
    pairs, inverse = np.unique(codes, return_inverse=True)
    names = []
    for pair in pairs.tolist():
        model, run = part.model.levels[pair // len(runs)], runs[pair % len(runs)]
        name = f"{model} (run {run})" if run and model else model
        answers.info[name] = {"base_model": model, "run": run}
        names.append(name)
    return inverse, names


def _missing(
    roster: Roster, words: Vocabulary, entries: list[Entry], options: Options, log: Log
) -> frozenset[str]:
    empty = words.place.get("")
    is_label = (
        empty is not None and roster.labels is not None and bool((roster.labels == empty).any())
    )
    missing = set(options.missing_markers)
    saved = all(entry.part.table.own for entry in entries)
    if options.empty == "missing" and not is_label and not saved:
        missing.add("")
    occurrences = dict.fromkeys(missing, 0)
    for entry in entries:
        if entry.column is not None:
            for level, n in zip(entry.column.levels, entry.column.counts.tolist(), strict=True):
                if level in occurrences:
                    occurrences[level] += n
    for text, n in sorted(occurrences.items()):
        if n:
            shown = f"the text '{text}'" if text else "an empty cell"
            log.note(
                f"{count(n, 'prediction')} {'is' if n == 1 else 'are'} {shown} and read as a "
                "missing answer."
            )
    if is_label and options.empty == "missing":
        log.note("The empty text is a label, so an empty prediction is an answer.")
    return frozenset(missing)


def _enter(entry, answers, words, missing, done: list[Entry], log: Log) -> None:
    if entry.column is None:
        return
    numbers = words.numbers(entry.column, missing)
    codes = entry.column.codes
    clash, total, entered, before = None, 0, 0, _filled(entry, answers)
    for rows, models, samples in entry.blocks():
        values = numbers[codes[rows]]
        earlier = answers.numbers[models, samples]
        answers.numbers[models, samples] = values
        differs = (earlier != UNSET) & (earlier != values)
        differs |= answers.numbers[models, samples] != values
        entered += len(rows)
        if differs.any():
            clash, total = int(rows[differs][-1]), total + int(differs.sum())
    if clash is not None:
        _report_clash(entry, clash, total, answers, done, log)
        return
    repeated = entered - (_filled(entry, answers) - before)
    if repeated:
        log.note(
            f"{entry.part.file.name}: {count(repeated, 'row')} "
            f"{'repeats' if repeated == 1 else 'repeat'} an answer that was given already, "
            "with the same answer; counted once."
        )


def _filled(entry: Entry, answers: Answers) -> int:
    """Cells of the models of an entry that hold an answer or a missing one."""
    models = range(len(answers.models)) if entry.model is None else [entry.model]
    return sum(int(np.count_nonzero(answers.numbers[model] != UNSET)) for model in models)


def _report_clash(entry: Entry, row, total, answers, done: list[Entry], log: Log) -> None:
    sample, model = map(int, entry.of(row))
    value = entry.column.text(row)
    for other in [entry, *done]:
        if other.column is None:
            continue
        samples, models = other.of(slice(None))
        same = (samples == sample) & (models == model)
        for candidate in np.flatnonzero(same).tolist():
            if other.column.text(candidate) != value:
                first, second = (other, candidate), (entry, row)
                if other is entry and candidate > row:
                    first, second = second, first
                log.problem(_clash_text(first, second, answers.models[model], total))
                return
    name, sample = shortened(answers.models[model]), shortened(entry.part.id.text(row))
    log.problem(
        f"{entry.part.table.where(row)}: model '{name}' answers sample '{sample}' a second time "
        "and differently; expected one answer per sample and model. Remove the wrong row."
    )


def _clash_text(first, second, model: str, total: int) -> str:
    (entry, row), (other, again) = first, second
    same_file = entry.part is other.part
    place = (
        f"{entry.part.table.noun} {entry.part.table.row(row)}"
        if same_file
        else entry.part.table.where(row)
    )
    more = f" ({total:,} rows are like this)" if total > 1 else ""
    sample, said = other.part.id.text(again), other.column.text(again)
    return (
        f"{other.part.table.where(again)}: model '{shortened(model)}' answers sample "
        f"'{shortened(sample)}' with '{shortened(said)}', but with "
        f"'{shortened(entry.column.text(row))}' in {place}{more}; expected one answer per sample "
        "and model. Remove the wrong row, or add a column 'run' if the model was asked twice."
    )


def note_gaps(answers: Answers, roster: Roster, log: Log) -> None:
    """Say which samples nobody answered and which models have missing answers."""
    answered = answers.numbers >= 0
    if answers.grades is not None:
        answered |= answers.grades >= 0
    nobody = np.flatnonzero(~answered.any(0))
    if len(nobody):
        log.note(
            f"{count(len(nobody), 'sample')} without any answer (first: "
            f"'{shortened(roster.ids[nobody[0]])}')."
        )
    silent = [name for name, row in zip(answers.models, answered, strict=True) if not row.any()]
    if silent:
        log.note(
            f"{quoted(silent)} {'has' if len(silent) == 1 else 'have'} no answer at all; every "
            "row is a missing answer."
        )
    gaps = (~answered).sum(1)
    models = [(name, int(n)) for name, n in zip(answers.models, gaps, strict=True) if n]
    if models:
        largest = max(models, key=lambda pair: pair[1])
        log.note(
            f"{count(len(models), 'model')} {'has' if len(models) == 1 else 'have'} missing "
            f"answers, {count(int(gaps.sum()), 'cell')} in all (most: '{largest[0]}', "
            f"{largest[1]:,})."
        )
    if roster.labels is None:
        return
    known = np.zeros(max(answers.numbers.max(), roster.labels.max()) + 2, dtype=bool)
    known[roster.labels] = True
    known[-1] = False
    strange = [
        name
        for name, row in zip(answers.models, answers.numbers, strict=True)
        if (row >= 0).any() and not known[row].any()
    ]
    if strange:
        log.note(
            f"No answer of {quoted(strange)} is among the labels; check that both are written "
            "in the same way."
        )
