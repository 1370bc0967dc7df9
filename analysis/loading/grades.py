"""What the models answered, and the confidence and grades that stand beside the answers."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from analysis.loading.columns import Column, row_blocks
from analysis.loading.roles import Part
from analysis.loading.sources import Log, count, shortened

RIGHT = {"1": 1, "1.0": 1, "true": 1, "yes": 1, "0": 0, "0.0": 0, "false": 0, "no": 0}


@dataclass(frozen=True, eq=False)
class Entry:
    """Rows of one table and where they go: to one model, or to several.

    Attributes:
        part: the table.
        column: what was answered; None for grades alone.
        places: int32 [ids + 1], the sample of each distinct id of the table, -1 for none.
        model: the model of all rows; None: each row has its own.
        codes: int32 [rows], which of `models` a row belongs to.
        models: int32 [distinct + 1], models by code, -1 for none.
    """

    part: Part
    column: Column | None
    places: np.ndarray
    model: int | None = None
    codes: np.ndarray | None = None
    models: np.ndarray | None = None

    def of(self, rows: slice | np.ndarray | int) -> tuple[np.ndarray, np.ndarray | int]:
        """The samples and models of these rows, -1 for none."""
        samples = self.places[self.part.id.codes[rows]]
        return samples, self.models[self.codes[rows]] if self.model is None else self.model

    def blocks(self) -> Iterator[tuple[np.ndarray, np.ndarray | int, np.ndarray]]:
        """Rows that have a sample and a model, their models and samples, some rows at a time."""
        for block in row_blocks(self.part.table.rows):
            samples, models = self.of(block)
            valid = (samples >= 0) & (np.asarray(models) >= 0)
            rows = np.flatnonzero(valid)
            if len(rows) < len(samples):
                samples = samples[rows]
                models = models if self.model is not None else models[rows]
            yield rows + block.start, models, samples


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


def enter_confidence(entry: Entry, answers: Answers, log: Log) -> None:
    """Enter the column of confidence, if the table has one; reports a cell that is no number."""
    column = entry.part.confidence
    if column is None:
        return
    values = column.numbers()
    if values is None:
        _not_a_number(entry.part, column, log)
        return
    outside = np.flatnonzero((values < 0) | (values > 1))
    if len(outside):
        log.problem(
            f"{entry.part.table.where(int(outside[0]))}: the confidence is {values[outside[0]]:g}; "
            f"expected a number from 0 to 1 ({count(len(outside), 'row')} like this). Divide "
            f"percent by 100, or leave the column out with --column ignore={column.name}."
        )
        return
    if answers.confidence is None:
        answers.confidence = np.full(answers.numbers.shape, np.nan, dtype=np.float32)
    twice = 0
    for rows, models, samples in entry.blocks():
        earlier, given = answers.confidence[models, samples], values[rows].astype(np.float32)
        answers.confidence[models, samples] = given
        known = ~np.isnan(earlier) & ~np.isnan(given)
        twice += int((known & (earlier != given)).sum())
        twice += int((answers.confidence[models, samples] != given)[~np.isnan(given)].sum())
    if twice:
        log.note(
            f"{entry.part.file.name}: {count(twice, 'answer')} repeated with another confidence; "
            "the last one is used."
        )


def _not_a_number(part: Part, column: Column, log: Log) -> None:
    for code, level in enumerate(column.levels):
        try:
            float(level or 0)
        except ValueError:
            comma = " with a decimal point" if "," in level else ""
            row = int(np.flatnonzero(column.codes == code)[0])
            log.problem(
                f"{part.table.where(row)}: column '{column.name}' holds '{shortened(level)}'; "
                f"expected a number{comma} or an empty cell. Correct it, or leave the column "
                f"out with --column ignore={column.name}."
            )
            return


def enter_grades(entry: Entry, answers: Answers, threshold: float, log: Log) -> None:
    """Enter the column `correct` or `score`, if the table has one; reports two grades for one."""
    part = entry.part
    column = part.correct or part.score
    if column is None:
        return
    grades = _graded(part, threshold, log)
    if grades is None:
        return
    if answers.grades is None:
        answers.grades = np.full(answers.numbers.shape, -1, dtype=np.int8)
    clash, total, unanswered = None, 0, 0
    silent = _silent(entry, answers)
    for rows, models, samples in entry.blocks():
        values, earlier = grades[rows], answers.grades[models, samples]
        if silent is not None:
            empty = (values == 0) & (answers.numbers[models, samples] < 0) & ~silent[models]
            values = np.where(empty, np.int8(-1), values)
            unanswered += int(empty.sum())
        answers.grades[models, samples] = values
        differs = answers.grades[models, samples] != values
        differs |= (earlier >= 0) & (earlier != values)
        if differs.any():
            clash = int(rows[differs][0]) if clash is None else clash
            total += int(differs.sum())
    if unanswered:
        log.note(
            f"{part.file.name}: {count(unanswered, 'missing answer')} "
            f"{'is' if unanswered == 1 else 'are'} graded wrong and read as missing; with "
            "--missing wrong a missing answer counts as wrong."
        )
    if clash is not None:
        sample = shortened(part.id.text(clash))
        log.problem(
            f"{part.table.where(clash)}: sample '{sample}' is graded right in one row and wrong in "
            f"another for the same model ({count(total, 'row')}); expected one grade per sample "
            "and model. Remove the wrong row."
        )


def _silent(entry: Entry, answers: Answers) -> np.ndarray | None:
    """Bool [M], models without any answer, whose log holds grades alone; None: all grades count.

    Elsewhere a wrong beside an empty answer is a missing answer; grades that this project wrote
    are taken as they are.
    """
    if entry.column is None or "dissensus.saved" in entry.part.table.metadata:
        return None
    return ~(answers.numbers >= 0).any(1)


def _graded(part: Part, threshold: float, log: Log) -> np.ndarray | None:
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
        if not 0 < threshold <= 1:
            log.problem(
                f"{part.file.name}: an answer cannot be right from a score of {threshold:g}; "
                "expected a threshold above 0 and at most 1."
            )
            return None
        log.note(f"{part.file.name}: an answer is right from a score of {threshold:g}.")
        return np.where(np.isnan(values), -1, values >= threshold).astype(np.int8)
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
