"""Embeddings, what is known of the models, and thumbnails."""

import numpy as np
import torch

from analysis.loading.columns import exact_numbers
from analysis.loading.forms import EMBEDDINGS, MODELS
from analysis.loading.grades import Answers
from analysis.loading.roles import Part
from analysis.loading.roster import Roster
from analysis.loading.sources import Log, count, quoted
from analysis.loading.stacks import Stack


def embeddings(
    parts: list[Part], stacks: list[Stack], roster: Roster, models: list[str], log: Log
) -> tuple[torch.Tensor | None, dict[str, torch.Tensor]]:
    """The embeddings shared by all models, and those of single models."""
    shared = [
        (part.file.name, _from_table(part, roster, log))
        for part in parts
        if part.form == EMBEDDINGS or part.embedded
    ]
    shared += [
        (stack.file.name, _from_array(stack, roster, log))
        for stack in stacks
        if stack.kind == "embeddings"
    ]
    if len(shared) > 1:
        log.problem(
            f"{shared[0][0]} and {shared[1][0]} both hold embeddings of the samples; "
            "expected one of them. Give only one."
        )
        return None, {}
    own, strangers = {}, []
    for stack in stacks:
        if stack.kind != "model embeddings":
            continue
        if stack.name in models:
            values = _from_array(stack, roster, log)
            if values is not None:
                own[stack.name] = values
        else:
            strangers.append(stack.name)
    if strangers:
        log.note(
            f"Embeddings of {quoted(strangers)} are not used, because there are no answers of "
            "a model with this name."
        )
    return (shared[0][1] if shared else None), own


def _from_array(stack: Stack, roster: Roster, log: Log) -> torch.Tensor | None:
    values = stack.values
    if stack.ids is None:
        if not roster.ordered or len(values) != len(roster.ids):
            log.problem(
                f"{stack.file.name} has {count(len(values), 'row')}; expected {len(roster.ids):,}, "
                "one per sample in the order of a samples table."
            )
            return None
        rows = np.arange(len(values))
    else:
        rows = roster.locate(stack.ids)
    return _placed(stack.file.name, values, rows, roster, log)


def _from_table(part: Part, roster: Roster, log: Log) -> torch.Tensor | None:
    columns = []
    for column in part.embedded or part.rest:
        if column.listed:
            try:
                block = np.array(column.raw.to_pylist(), dtype=np.float32)
            except (ValueError, TypeError):
                log.problem(
                    f"{part.file.name}: the lists in column '{column.name}' differ in "
                    "length; expected as many numbers in every row."
                )
                return None
            columns.append(block)
            continue
        values = column.numbers()
        if values is None:
            log.problem(
                f"{part.file.name}: column '{column.name}' holds text; expected only numbers "
                "beside the sample id. Remove it or name it with --column ignore=NAME."
            )
            return None
        columns.append(values[:, None])
    if not columns:
        log.problem(f"{part.file.name} has no columns of numbers beside the sample id.")
        return None
    rows = roster.rows(part)
    if len(np.unique(rows[rows >= 0])) < (rows >= 0).sum():
        log.problem(f"{part.file.name}: a sample id occurs twice; expected one row per sample.")
        return None
    return _placed(part.file.name, np.hstack(columns), rows, roster, log)


def _placed(name: str, values: np.ndarray, rows: np.ndarray, roster: Roster, log: Log):
    if not (rows >= 0).any():
        log.problem(
            f"{name}: none of its sample ids is in {roster.source}; expected ids such as "
            f"{quoted(roster.ids, 2)}."
        )
        return None
    if dropped := int((rows < 0).sum()):
        log.note(
            f"{name}: {count(dropped, 'row')} not used, because the sample id is not in "
            f"{roster.source}."
        )
    placed = np.full((len(roster.ids), values.shape[1]), np.nan, dtype=np.float32)
    placed[rows[rows >= 0]] = values[rows >= 0]
    bad = np.flatnonzero(~np.isfinite(placed).all(1))
    if len(bad):
        log.problem(
            f"{name}: {count(len(bad), 'sample')} without a finite embedding (first: "
            f"'{roster.ids[bad[0]]}'); expected finite numbers for every sample."
        )
        return None
    return torch.from_numpy(placed)


def model_info(
    parts: list[Part], answers: Answers, log: Log, *, said: str = "answers"
) -> dict[str, np.ndarray]:
    """{column: values [M]} of the model table, numbers as float64, text as str or None."""
    tables = [part for part in parts if part.form == MODELS]
    if len(tables) > 1:
        log.problem(
            f"{tables[0].file.name} and {tables[1].file.name} are both model tables; "
            "expected one of them."
        )
        return {}
    info = {}
    if answers.info:
        for key in ("base_model", "run"):
            info[key] = np.array(
                [answers.info.get(m, {}).get(key) or None for m in answers.models], dtype=object
            )
    if not tables:
        return info
    part = tables[0]
    rows: dict[str, int] = {}
    for row in range(part.table.rows):
        name = part.model.text(row)
        if name in rows:
            log.problem(
                f"{part.table.where(row)}: model '{name}' stands in row "
                f"{part.table.row(rows[name])} already; expected one row per model."
            )
            return info
        rows[name] = row
    _note_strangers(part, rows, answers.models, said, log)
    places = np.array([rows.get(model, -1) for model in answers.models])
    for column in part.rest:
        numbers, reason = exact_numbers(column)
        if reason:
            log.note(f"{part.file.name}: column '{column.name}' stays text, because {reason}.")
        if numbers is not None:
            info[column.name] = np.append(numbers.astype(np.float64), np.nan)[places]
        else:
            texts = [column.text(row) or None for row in range(part.table.rows)]
            info[column.name] = np.array([*texts, None], dtype=object)[places]
    return info


def _note_strangers(
    part: Part, rows: dict[str, int], models: list[str], said: str, log: Log
) -> None:
    strangers = [name for name in rows if name not in models]
    absent = [name for name in models if name not in rows]
    if strangers:
        log.note(
            f"{part.file.name}: {quoted(strangers)} not used, because there are no {said} of "
            f"{'a model with this name' if len(strangers) == 1 else 'models of these names'}."
        )
    if absent:
        log.note(f"{part.file.name} says nothing about {quoted(absent)}.")


def thumbnails(stacks: list[Stack], roster: Roster, log: Log) -> np.ndarray | None:
    """uint8 [N, height, width, 3], rows in the order of the samples."""
    found = [stack for stack in stacks if stack.kind == "thumbnails"]
    if not found:
        return None
    if len(found) > 1:
        log.problem(
            f"{found[0].file.name} and {found[1].file.name} both hold thumbnails of the samples; "
            "expected one of them. Give only one."
        )
        return None
    stack = found[0]
    if stack.ids is not None and set(roster.ids) <= set(stack.ids):
        places = {name: place for place, name in enumerate(stack.ids)}
        return stack.values[[places[name] for name in roster.ids]]
    if stack.ids is not None or not roster.ordered or len(stack.values) != len(roster.ids):
        log.problem(
            f"{stack.file.name} has {count(len(stack.values), 'image')}; expected "
            f"{len(roster.ids):,}, one per sample in the order of a samples table."
        )
        return None
    return stack.values
