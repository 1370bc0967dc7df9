"""Tables with one column of probabilities per class, as arrays of probabilities."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from analysis.loading.arrays import texts
from analysis.loading.class_names import by_model, without_prefix
from analysis.loading.class_values import MOST, PLAIN_NUMBER, content, fits_single, numeric_share
from analysis.loading.columns import Column
from analysis.loading.file_names import file_models
from analysis.loading.roles import Part
from analysis.loading.sources import Found, Log, Options, RefusedError, count, quoted, shortened
from analysis.loading.stacks import Stack
from analysis.loading.tables import Table

PLACES = ("samples", "classes", "models", "embeddings", "thumbnails")
LOOKED_AT = 8  # models whose values are looked at to tell what the table holds


@dataclass(frozen=True, eq=False)
class Block:
    """The columns of one model in class order of the file: class name -> column."""

    model: str | None
    columns: Mapping[str, Column]


def take_class_columns(
    parts: list[Part], stacks: list[Stack], options: Options, log: Log
) -> list[Part]:
    """Move columns that hold the probabilities of a class from tables to arrays.

    Args:
        parts: tables with provisional roles; those with such columns are replaced by the rest.
        stacks: arrays; grows by one per model.
        options: columns named by hand are left alone.
        log: receives notes and the cell that is no number.
    """
    known = {level for part in parts if part.label for level in part.label.levels}
    known |= {text for s in stacks if s.kind in ("labels", "classes") for text in texts(s.values)}
    left, found = [], []
    for part in parts:
        try:
            blocks = _blocks(part, known - {""}, options)
        except RefusedError as error:
            log.problem(str(error))
            unread = dict.fromkeys(part.table.columns, "undecided")
            preview = part.table.preview()
            log.found.append(Found(part.file.name, "not read", part.table.rows, unread, preview))
            continue
        left.append(_rest(part, blocks) if blocks else part)
        found += [(part, blocks)] if blocks else []
    names = file_models(part.file for part, blocks in found if _of_file(part, blocks))
    for part, blocks in found:
        for block in blocks:
            stacks += _stacks(part, block, names.get(part.file.name, ""), log)
        log.note(
            f"{part.file.name}: {quoted([c.name for c in blocks[0].columns.values()], 3)} "
            + ("and their like " if len(blocks) > 1 else "")
            + "are read as probabilities, one column per class."
        )
    return left


def _of_file(part: Part, blocks: list[Block]) -> bool:
    """The table holds one model, which is named after the file."""
    return part.model is None and blocks[0].model is None


def _blocks(part: Part, known: set[str], options: Options) -> list[Block]:
    """The columns of probabilities by model; nothing where the table holds none."""
    file = part.file
    if part.table.own or file.role in PLACES or part.id is None or file.stem.lower() in PLACES:
        return []
    by_hand = ("group", "ignore", "prediction")
    named = {name for role in by_hand for name in options.named(role, file.name)}
    columns = {c.name: c for c in part.rest if c.name and c.name not in named}
    if part.model is None:
        way, complaint = by_model(columns, known)
        blocks = [
            Block(model, {kind: columns[name] for kind, name in own.items()})
            for model, own in way.items()
        ]
        if blocks and _plausible(blocks, known):
            if complaint:
                raise RefusedError(f"{file.name}: {complaint}.")
            return blocks
    found = _of_classes(columns, known)
    return [Block(None, found)] if found else []


def _plausible(blocks: list[Block], known: set[str]) -> bool:
    kinds = [content(block.columns.values()) for block in blocks[:LOOKED_AT]]
    if known.intersection(kind for block in blocks for kind in block.columns):
        return any(kinds)
    return all(kind == "probabilities" for kind in kinds)


def _of_classes(columns: dict[str, Column], known: set[str]) -> dict[str, Column]:
    """Class name -> column, for the columns of a table that holds one column per class."""
    renamed = without_prefix(list(columns), known)
    matched = {renamed[name]: columns[name] for name in columns if renamed[name] in known}
    prefixed = {renamed[name]: columns[name] for name in columns if renamed[name] != name}
    numeric = {renamed[name]: c for name, c in columns.items() if numeric_share(c) >= MOST}
    for found in (numeric | matched, prefixed | matched, matched, prefixed):
        if len(found) > 1 and content(found.values()) == "probabilities":
            return found
    if len(matched) > 1 and content(matched.values()):
        return prefixed | matched
    return {}


def _stacks(part: Part, block: Block, file_model: str, log: Log) -> list[Stack]:
    """The arrays of a block: of one model, or of each model that a column names."""
    values = _numbers(part, block, log)
    if values is None:
        return []
    rows = np.flatnonzero(~np.isnan(values).all(1) & ~part.id.empty)
    if block.model is not None or part.model is None:
        name = block.model if block.model is not None else file_model
        return _stack(part, block, name, rows, values, {}, log)
    models, runs = part.model, part.run
    if models.empty.any():
        _report_empty(part, models, log)
        return []
    codes = models.codes.astype(np.int64)
    width = len(runs.levels) + 1 if runs else 1
    if runs:
        codes = codes * width + runs.codes % width
    rows = rows[np.argsort(codes[rows], kind="stable")]
    pairs, starts = np.unique(codes[rows], return_index=True)
    own = np.split(rows, starts[1:])
    stacks = []
    for place in np.argsort([chosen[0] for chosen in own], kind="stable").tolist():
        base, run = divmod(int(pairs[place]), width)
        name, info = models.levels[base], {}
        if runs and run < len(runs.levels):
            info = {"base_model": name, "run": runs.levels[run]}
            name = f"{name} (run {runs.levels[run]})"
        stacks += _stack(part, block, name, own[place], values, info, log)
    return stacks


def _stack(part: Part, block: Block, name: str, rows, values, info, log: Log) -> list[Stack]:
    """One array; rows that repeat a sample must say the same."""
    if not len(rows):
        return []
    codes = part.id.codes[rows]
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    if len(first) < len(rows):
        differs = np.flatnonzero((values[rows] != values[rows[first[inverse]]]).any(1))
        if len(differs):
            row, other = int(rows[differs[0]]), int(rows[first[inverse[differs[0]]]])
            log.problem(
                f"{part.table.where(row)}: model '{name}' has other probabilities for sample "
                f"'{part.id.text(row)}' than in row {part.table.row(other)}; expected one row per "
                "sample and model. Remove the wrong row."
            )
            return []
        log.note(
            f"{part.file.name}: {count(len(rows) - len(first), 'row')} of '{name}' repeated with "
            "the same probabilities; counted once."
        )
        rows = rows[np.sort(first)]
    own = values[rows]
    ids = tuple(map(part.id.levels.__getitem__, part.id.codes[rows].tolist()))
    return [
        Stack(
            part.file,
            "probabilities",
            name,
            own,
            ids,
            columns=tuple(block.columns),
            where=lambda row: part.table.where(int(rows[row])),
            info=info,
        )
    ]


def _numbers(part: Part, block: Block, log: Log) -> np.ndarray | None:
    """[rows, classes] with NaN in rows without any value; None where a cell is no number."""
    columns = []
    for column in block.columns.values():
        numbers = column.numbers()
        gaps = np.isnan(numbers) if numbers is not None else None
        if gaps is None or (gaps.any() and bool((gaps & ~_blank(column)).any())):
            _report_cell(part, column, log)
            return None
        columns.append(numbers)
    values = np.stack(columns, axis=1)
    gaps = np.isnan(values)
    broken = np.flatnonzero(gaps.any(1) & ~gaps.all(1))
    if len(broken):
        row = int(broken[0])
        column = list(block.columns.values())[int(np.argmax(gaps[row]))]
        more = f" ({len(broken) - 1:,} more rows like it)" if len(broken) > 1 else ""
        log.problem(
            f"{part.table.where(row)}, column '{column.name}': the cell is empty, but others of "
            f"the same model in this row are not{more}; expected a probability for every class, "
            "or none at all where there is no answer."
        )
        return None
    with np.errstate(over="ignore"):  # what is too large then does not fit
        single = values.astype(np.float32)
    return single if fits_single(part.table, block.columns.values(), values, single) else values


def _report_empty(part: Part, models: Column, log: Log) -> None:
    rows = np.flatnonzero(models.empty)
    more = f" ({len(rows) - 1:,} more like it)" if len(rows) > 1 else ""
    log.problem(
        f"{part.table.where(int(rows[0]))}: the model name in column '{models.name}' is empty"
        f"{more}; expected a model name in every row. Fill it in or remove the row."
    )


def _blank(column: Column) -> np.ndarray:
    if column.numeric:
        return np.ones(len(column.raw), dtype=bool)
    return column.empty


def _report_cell(part: Part, column: Column, log: Log) -> None:
    bad = [
        code for code, level in enumerate(column.levels) if level and not PLAIN_NUMBER.match(level)
    ]
    rows = np.flatnonzero(np.isin(column.codes, bad))
    row = int(rows[0]) if len(rows) else 0
    more = f" ({len(rows) - 1:,} more like it)" if len(rows) > 1 else ""
    log.problem(
        f"{part.table.where(row)}, column '{column.name}': found '{shortened(column.text(row))}'"
        f"{more}; expected a number with a decimal point, the probability of a class, or an empty "
        "cell."
    )


def _rest(part: Part, blocks: list[Block]) -> Part:
    """The table without its columns of probabilities; what it is shows afterwards."""
    taken = {column.name: "probability of a class" for b in blocks for column in b.columns.values()}
    roles = dict(part.roles)
    if not (part.prediction or part.correct or part.score):
        for role in ("model", "run", "confidence"):
            if role in roles:
                taken[roles.pop(role).name] = role
    columns = {name: c for name, c in part.table.columns.items() if name not in taken}
    rest = [column for column in part.rest if column.name not in taken]
    table: Table = replace(part.table, columns=columns)
    return replace(part, table=table, roles=roles, rest=rest, whole=part.table, taken=taken)
