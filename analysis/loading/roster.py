"""The samples: their ids in order, labels, attributes and units."""

import re
from dataclasses import dataclass, field

import numpy as np

from analysis.loading.columns import Column, first_positions
from analysis.loading.forms import EMBEDDINGS, SAMPLES
from analysis.loading.roles import Part
from analysis.loading.sources import Log, count, quoted, shortened
from analysis.loading.stacks import OF_MODELS, Stack

NUMBERED = re.compile(r"\d+(\.0+)?")


@dataclass(eq=False)
class Vocabulary:
    """Every label and answer as text with a provisional number."""

    place: dict[str, int] = field(default_factory=dict)

    def number(self, text: str) -> int:
        """The number of a text, a new one when it is new."""
        return self.place.setdefault(text, len(self.place))

    def used(self, table: np.ndarray | None) -> np.ndarray:
        """Bool [texts], those whose number occurs in a table of numbers."""
        found = np.zeros(len(self.place) + 1, dtype=bool)
        for row in () if table is None else np.atleast_2d(table):
            found[row] = True
        return found[:-1]

    def numbers(self, column: Column, missing: frozenset[str]) -> np.ndarray:
        """int32 [levels + 1], the number of each level; -1 for nothing and what stands for it."""
        numbers = [
            -1 if level in missing or not n else self.number(level)
            for level, n in zip(column.levels, column.counts.tolist(), strict=True)
        ]
        return np.array([*numbers, -1], dtype=np.int32)

    def encode(self, column: Column, missing: frozenset[str]) -> np.ndarray:
        """int32 [rows], -1 for nothing and for the texts that stand for nothing."""
        return self.numbers(column, missing)[column.codes]


@dataclass(eq=False)
class Roster:
    """The samples.

    Attributes:
        ids: in order.
        source: what messages call the place that they come from.
        ordered: arrays without ids may take their rows in this order.
        labels: int32 [N], numbers of the vocabulary, -1 = unlabelled; None: no labels at all.
        multi: {column: separator} of attributes that were lists of text.
    """

    ids: tuple[str, ...]
    source: str
    ordered: bool
    labels: np.ndarray | None = None
    attributes: dict[str, np.ndarray] = field(default_factory=dict)
    multi: dict[str, str] = field(default_factory=dict)
    units: np.ndarray | None = None
    positions: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index the ids."""
        self.positions = {name: place for place, name in enumerate(self.ids)}

    def locate(self, ids) -> np.ndarray:
        """int32 [ids], the position of each id, -1 where it is unknown."""
        return np.fromiter((self.positions.get(i, -1) for i in ids), np.int32)

    def rows(self, part: Part) -> np.ndarray:
        """int32 [rows] of a table, the sample of each row, -1 where unknown."""
        return self.places(part)[part.id.codes]

    def places(self, part: Part) -> np.ndarray:
        """int32 [ids + 1], the sample of each distinct id of a table, -1 where unknown."""
        if part.located is None:
            part.located = np.append(self.locate(part.id.levels), np.int32(-1))
        return part.located


def build_roster(parts: list[Part], stacks: list[Stack], log: Log) -> Roster | None:
    """The sample ids: those of the samples table, else of everything in file order.

    Args:
        parts: tables with their forms settled.
        stacks: arrays.
        log: receives notes and problems.
    """
    tables = [part for part in parts if part.form == SAMPLES]
    if len(tables) > 1:
        log.problem(
            f"{tables[0].file.name} and {tables[1].file.name} are both samples tables; expected "
            "one of them. Give only one, or put the attributes into one file."
        )
        return None
    for part in parts:
        _check_filled(part, "id", log)
    if tables:
        ids = _ids([tables[0]])
        if repeated := int((~tables[0].id.empty).sum()) - len(ids):
            log.note(
                f"{tables[0].file.name}: {count(repeated, 'row')} "
                f"{'repeats' if repeated == 1 else 'repeat'} a sample id; each sample counts "
                "once."
            )
        return Roster(ids, tables[0].file.name, True)
    holders = [part for part in parts if part.id and part.form != EMBEDDINGS]
    labelled = [part for part in holders if part.label]
    if len(labelled) == 1:
        part = labelled[0]
        log.note(f"{part.file.name} holds the labels and serves as the samples table.")
        ids = _ids([part])
        return Roster(ids, part.file.name, len(ids) == part.table.rows)
    if holders:
        ids = _ids(holders)
        log.note(
            f"There is no samples table; {count(len(ids), 'sample id')} of the predictions "
            f"{'is' if len(ids) == 1 else 'are'} used in the order of the files."
        )
        return Roster(ids, "the other files", False)
    return _roster_of_arrays(stacks, log)


def _roster_of_arrays(stacks: list[Stack], log: Log) -> Roster | None:
    with_ids = [stack for stack in stacks if stack.ids is not None]
    if with_ids:
        ids = tuple(dict.fromkeys(i for stack in with_ids for i in stack.ids))
        log.note(f"There is no samples table; the ids in {with_ids[0].file.name} are used.")
        return Roster(ids, with_ids[0].file.name, len(ids) == len(with_ids[0].ids))
    rows = next((s for s in stacks if s.kind in OF_MODELS), None)
    if rows is None:
        return None
    log.note(
        "There is no samples table and no array of ids; the samples are numbered by row, from 0."
    )
    return Roster(tuple(map(str, range(len(rows.values)))), rows.file.name, True)


def _ids(parts: list[Part]) -> tuple[str, ...]:
    ids: dict[str, None] = {}
    for part in parts:
        column = part.id
        first = column.first_rows()
        order = np.argsort(first, kind="stable")
        used = first[order] < part.table.rows
        ids.update(
            dict.fromkeys(column.levels[i] for i in order[used].tolist() if column.levels[i])
        )
    return tuple(ids)


def _check_filled(part: Part, role: str, log: Log) -> None:
    column = getattr(part, role)
    if column is None or not column.gaps or not column.empty.any():
        return
    rows = np.flatnonzero(column.empty)
    more = f" ({len(rows) - 1:,} more like it)" if len(rows) > 1 else ""
    what = {"id": "sample id", "model": "model name"}[role]
    log.problem(
        f"{part.table.where(rows[0])}: the {what} in column '{column.name}' is empty{more}; "
        f"expected a {what} in every row. Fill it in or remove the row."
    )


def per_sample(
    roster: Roster,
    part: Part,
    column: Column,
    log: Log,
    codes: np.ndarray | None = None,
    strict: bool = True,
) -> tuple[np.ndarray | None, np.ndarray]:
    """The first value of each sample, and its row; reports samples with two values.

    Args:
        roster: the samples.
        part: the table of the column.
        column: whose values are wanted.
        log: receives the problem.
        codes: in place of the column's own codes.
        strict: samples with two values are a problem; else None is returned for the values.
    """
    codes = column.codes if codes is None else codes
    samples = roster.rows(part)
    known = np.flatnonzero(samples >= 0)
    first = first_positions(samples, len(roster.ids))
    present = first < len(samples)
    values = np.full(len(roster.ids), -1, dtype=np.int32)
    values[present] = codes[first[present]]
    clash = known[codes[known] != values[samples[known]]]
    if len(clash) and strict:
        row = int(clash[0])
        other = int(first[samples[row]])
        log.problem(
            f"{part.table.where(row)}: sample '{shortened(part.id.text(row))}' has '{column.name}' "
            f"'{shortened(column.text(row))}', but '{shortened(column.text(other))}' in "
            f"{part.table.noun} {part.table.row(other)}; expected one value per sample"
            + (f" ({len(clash):,} rows are like this)" if len(clash) > 1 else "")
            + ". Remove the wrong row."
        )
    return (None if len(clash) else values), first


def _written_alike(roster: Roster, part: Part, strange: np.ndarray) -> str:
    """An id that differs from a known one by zeros, case or space only; "" where none does."""
    known = {_bare(sample): sample for sample in roster.ids}
    for code in strange.tolist():
        level = part.id.levels[code]
        if (other := known.get(_bare(level))) is not None:
            return f"'{shortened(level)}' and '{shortened(other)}'"
    return ""


def _bare(text: str) -> str:
    """An id without case, outer space, leading zeros and a point with zeros only."""
    text = text.strip().casefold()
    return re.sub(r"\.0+$", "", text).lstrip("0") if NUMBERED.fullmatch(text) else text


def report_unmatched(roster: Roster, part: Part, log: Log) -> None:
    """Say which rows belong to no sample; when none does, that is a problem."""
    _check_filled(part, "model", log)
    strange = roster.places(part)[:-1] < 0
    strange &= (part.id.counts > 0) & np.array(
        [level != "" for level in part.id.levels], dtype=bool
    )
    if not strange.any():
        return
    unknown = np.flatnonzero(strange[part.id.codes] & (part.id.codes >= 0))
    example = part.id.text(int(unknown[0]))
    alike = _written_alike(roster, part, np.flatnonzero(strange))
    if alike:
        log.problem(
            f"{part.file.name}: {count(len(unknown), 'row')} with sample ids that are not in "
            f"{roster.source}, some only written in another way ({alike}). Write the ids alike in "
            "all files."
        )
        return
    if len(unknown) == part.table.rows:
        log.problem(
            f"{part.file.name}: none of its sample ids is in {roster.source}; found for instance "
            f"'{shortened(example)}', expected ids such as {quoted(roster.ids, 2)}. Use the same "
            "ids in both files."
        )
        return
    log.note(
        f"{part.file.name}: {count(len(unknown), 'row')} not used, because the sample id is not in "
        f"{roster.source} (first: '{shortened(example)}', {part.table.noun} "
        f"{part.table.row(unknown[0])})."
    )
