"""Answers of all models entered by sample id into one [M, N] table; no row is lost in silence."""

import numpy as np

from analysis.loading.forms import LONG, ONE, WIDE
from analysis.loading.grades import Answers, Entry, enter_confidence, enter_grades
from analysis.loading.roles import Part
from analysis.loading.roster import Roster, Vocabulary, report_unmatched
from analysis.loading.sources import Log, Options, count, quoted, shortened
from analysis.loading.tables import first_positions

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
    names = _file_models(parts)
    entries = [entry for part in parts for entry in _entries(part, roster, answers, names, log)]
    if not entries:
        return answers
    answers.numbers = np.full((len(answers.models), len(roster.ids)), UNSET, dtype=np.int32)
    missing = _missing(roster, words, entries, options, log)
    done: list[Entry] = []
    for entry in entries:
        _enter(entry, answers, roster, words, missing, done, log)
        done.append(entry)
    for entry in entries:
        if entry.part.form != WIDE:
            enter_confidence(entry, answers, log)
            enter_grades(entry, answers, log)
    answers.numbers[answers.numbers == UNSET] = -1
    return answers


def _file_models(parts: list[Part]) -> dict[str, str]:
    """Model names from file names; with the folder where two files are called the same."""
    files = [part.file for part in parts if part.form == ONE]
    stems = [file.stem for file in files]
    return {
        file.name: file.stem if stems.count(file.stem) == 1 else file.name.removesuffix(file.suffix)
        for file in files
    }


def _entries(
    part: Part, roster: Roster, answers: Answers, names: dict[str, str], log: Log
) -> list[Entry]:
    report_unmatched(roster, part, log)
    samples = roster.rows(part)
    known = {name: place for place, name in enumerate(answers.models)}

    def place(name: str) -> int:
        if name not in known:
            known[name] = len(answers.models)
            answers.models.append(name)
        return known[name]

    if part.form == WIDE:
        return [Entry(part, column, place(column.name), samples) for column in part.models]
    if part.form == ONE:
        return [Entry(part, part.prediction, place(names[part.file.name]), samples)]
    codes, listed = _named_models(part, answers)
    first = first_positions(codes, len(listed))
    places = np.full(len(listed) + 1, -1, dtype=np.int64)
    for code in np.argsort(first, kind="stable").tolist():
        if first[code] < len(codes) and listed[code]:
            places[code] = place(listed[code])
    return [Entry(part, part.prediction, places[codes], samples)]


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
    if options.empty == "missing" and not is_label:
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


def _enter(entry, answers, roster, words, missing, done: list[Entry], log: Log) -> None:
    if entry.column is None:
        return
    values = words.encode(entry.column, missing)
    if isinstance(entry.model, int):
        table, cells = answers.numbers[entry.model], entry.samples
        valid = cells >= 0
    else:
        table = answers.numbers.reshape(-1)
        cells = entry.model * len(roster.ids) + entry.samples
        valid = (entry.samples >= 0) & (entry.model >= 0)
    rows = np.flatnonzero(valid) if not valid.all() else slice(None)
    cells, values = cells[rows], values[rows]
    earlier = table[cells]
    taken = earlier != UNSET
    clash = taken & (earlier != values)
    table[cells] = values
    clash |= table[cells] != values
    if clash.any():
        row = int(np.flatnonzero(valid)[np.flatnonzero(clash)[-1]])
        _report_clash(entry, row, int(clash.sum()), answers, done, log)
        return
    repeated = len(cells) - _distinct(cells[~taken], table.size)
    if repeated:
        log.note(
            f"{entry.part.file.name}: {count(repeated, 'row')} "
            f"{'repeats' if repeated == 1 else 'repeat'} an answer that was given already, "
            "with the same answer; counted once."
        )


def _distinct(cells: np.ndarray, size: int) -> int:
    seen = np.zeros(size, dtype=bool)
    seen[cells] = True
    return int(np.count_nonzero(seen))


def _model_of(entry: Entry, row: int) -> int:
    return entry.model if isinstance(entry.model, int) else int(entry.model[row])


def _report_clash(entry: Entry, row, total, answers, done: list[Entry], log: Log) -> None:
    model, sample = _model_of(entry, row), entry.samples[row]
    value = entry.column.text(row)
    for other in [entry, *done]:
        if other.column is None:
            continue
        same = (other.samples == sample) & (other.model == model)
        for candidate in np.flatnonzero(same).tolist():
            if other.column.text(candidate) != value:
                first, second = (other, candidate), (entry, row)
                if other is entry and candidate > row:
                    first, second = second, first
                log.problem(_clash_text(first, second, answers.models[model], total))
                return
    log.problem(
        f"{entry.part.table.where(row)}: model '{answers.models[model]}' answers sample "
        f"'{entry.part.id.text(row)}' a second time and differently; expected one answer per "
        "sample and model. Remove the wrong row."
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
    return (
        f"{other.part.table.where(again)}: model '{model}' answers sample "
        f"'{other.part.id.text(again)}' with '{shortened(other.column.text(again))}', but with "
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
    known = set(np.unique(roster.labels).tolist())
    strange = [
        name
        for row, name in enumerate(answers.models)
        if (answers.numbers[row] >= 0).any()
        and not known.intersection(
            np.unique(answers.numbers[row][answers.numbers[row] >= 0]).tolist()
        )
    ]
    if strange:
        log.note(
            f"No answer of {quoted(strange)} is among the labels; check that both are written "
            "in the same way."
        )
