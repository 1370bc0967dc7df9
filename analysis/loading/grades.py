"""What the models answered, and the confidence and grades that stand beside the answers."""

from dataclasses import dataclass, field

import numpy as np

from analysis.loading.roles import Part
from analysis.loading.sources import Log, count, shortened
from analysis.loading.tables import Column

RIGHT = {"1": 1, "1.0": 1, "true": 1, "yes": 1, "0": 0, "0.0": 0, "false": 0, "no": 0}


THRESHOLD = 1.0


@dataclass(frozen=True, eq=False)
class Entry:
    """Rows of one table for one model (an int) or several (an array): where they go."""

    part: Part
    column: Column | None
    model: int | np.ndarray
    samples: np.ndarray


@dataclass(eq=False)
class Answers:
    """What the models answered, as far as tables say it.

    Attributes:
        models: names in order of first occurrence.
        numbers: int32 [M, N], numbers of the vocabulary, -1 = no answer.
        confidence: float32 [M, N] or None.
        grades: int8 [M, N], -1 = not graded, or None.
        info: {"run": [M] ...} known from the tables themselves.
    """

    models: list[str] = field(default_factory=list)
    numbers: np.ndarray | None = None
    confidence: np.ndarray | None = None
    grades: np.ndarray | None = None
    info: dict[str, dict[str, str]] = field(default_factory=dict)


def _target(entry: Entry) -> tuple[np.ndarray, np.ndarray | int]:
    valid = (entry.samples >= 0) & (np.asarray(entry.model) >= 0)
    rows = np.flatnonzero(valid)
    return rows, entry.model if isinstance(entry.model, int) else entry.model[rows]


def enter_confidence(entry: Entry, answers: Answers, log: Log) -> None:
    """Enter the column of confidence, if the table has one; reports a cell that is no number."""
    column = entry.part.confidence
    if column is None:
        return
    values = column.numbers()
    if values is None:
        _not_a_number(entry.part, column, log)
        return
    if answers.confidence is None:
        answers.confidence = np.full(answers.numbers.shape, np.nan, dtype=np.float32)
    rows, models = _target(entry)
    with np.errstate(over="ignore"):
        answers.confidence[models, entry.samples[rows]] = values[rows]


def _not_a_number(part: Part, column: Column, log: Log) -> None:
    for code, level in enumerate(column.levels):
        try:
            float(level or 0)
        except ValueError:
            row = int(np.flatnonzero(column.codes == code)[0])
            log.problem(
                f"{part.table.where(row)}: column '{column.name}' holds '{shortened(level)}'; "
                "expected a number or an empty cell. Correct it, or leave the column out with "
                f"--column ignore={column.name}."
            )
            return


def enter_grades(entry: Entry, answers: Answers, log: Log) -> None:
    """Enter the column `correct` or `score`, if the table has one; reports two grades for one."""
    part = entry.part
    column = part.correct or part.score
    if column is None:
        return
    grades = _graded(part, log)
    if grades is None:
        return
    if answers.grades is None:
        answers.grades = np.full(answers.numbers.shape, -1, dtype=np.int8)
    rows, models = _target(entry)
    cells, values = entry.samples[rows], grades[rows]
    earlier = answers.grades[models, cells]
    answers.grades[models, cells] = values
    differs = answers.grades[models, cells] != values
    differs |= (earlier >= 0) & (earlier != values)
    if differs.any():
        clash = rows[differs]
        log.problem(
            f"{part.table.where(clash[0])}: sample '{part.id.text(int(clash[0]))}' is graded right "
            f"in one row and wrong in another for the same model ({count(len(clash), 'row')}); "
            "expected one grade per sample and model. Remove the wrong row."
        )


def _graded(part: Part, log: Log) -> np.ndarray | None:
    if part.correct is None:
        values = part.score.numbers()
        if values is None:
            _not_a_number(part, part.score, log)
            return None
        outside = np.flatnonzero((values < 0) | (values > 1))
        if len(outside):
            log.problem(
                f"{part.table.where(outside[0])}: the score is "
                f"{values[outside[0]]:g}; expected a number from 0 to 1."
            )
            return None
        log.note(f"{part.file.name}: an answer is right from a score of {THRESHOLD:g}.")
        return np.where(np.isnan(values), -1, values >= THRESHOLD).astype(np.int8)
    column = part.correct
    lookup = [RIGHT.get(level.lower(), -1 if level == "" else -9) for level in column.levels]
    grades = np.array([*lookup, -1], dtype=np.int8)[column.codes]
    wrong = np.flatnonzero(grades == -9)
    if len(wrong):
        log.problem(
            f"{part.table.where(wrong[0])}: column '{column.name}' holds "
            f"'{shortened(column.text(int(wrong[0])))}'; expected 1 (right), 0 (wrong) or an empty "
            "cell."
        )
        return None
    return grades
