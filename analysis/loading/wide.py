"""Which columns of a wide table hold answers of models, and which describe the samples."""

from collections.abc import Mapping

import numpy as np

from analysis.loading.columns import Column
from analysis.loading.forms import SAMPLES, WIDE
from analysis.loading.role_checks import rivalling
from analysis.loading.roles import PREDICTION_HINTS, Part, hinted
from analysis.loading.sources import Log, Options, RefusedError, quoted
from analysis.loading.tables import described_columns

MOSTLY, HARDLY = 0.5, 0.1
FEW_ROWS = 30


def decide_wide(
    part: Part, labels: set[str], truth: Mapping[str, str], options: Options, log: Log
) -> str:
    """Split the columns of a wide table into models and attributes by what they hold.

    Args:
        part: a table without model and prediction columns; its `models` are filled in.
        labels: every label that any input gives; empty when there are none.
        truth: {sample id: label} as the other inputs give it.
        options: columns named by hand.
        log: receives what was decided.

    Returns:
        WIDE, or SAMPLES when no column holds answers.

    Raises:
        RefusedError: the values do not tell and nothing was said.
    """
    given = options.named("prediction", part.file.name)
    by_hand = {
        *options.named("group", part.file.name),
        *options.named("ignore", part.file.name),
    }
    own = {part.roles[r].name for r in ("id", "label", "unit") if r in part.roles}
    own |= {column.name for column in part.embedded}
    if part.label:
        own |= {name for name in part.table.columns if rivalling(name) and name not in given}
    candidates = [
        column for column in part.table.columns.values() if column.name not in own | by_hand
    ]
    if any(column.name in given for column in candidates):
        part.models = [column for column in candidates if column.name in given]
        return WIDE
    if part.file.role == "predictions" and not part.taken:
        part.models = candidates
        return _some(part)
    if not candidates:
        return SAMPLES
    shares = _shares(candidates, labels)
    strict = not hinted(part.file, PREDICTION_HINTS)
    models = [c for c, share in zip(candidates, shares, strict=True) if share >= MOSTLY]
    open_cases = [
        column
        for column, share in zip(candidates, shares, strict=True)
        if HARDLY <= share < MOSTLY
        or (share >= MOSTLY and strict and labels and _by_chance(part, column, truth))
    ]
    if not labels and (len(models) < 2 or open_cases):
        open_cases = open_cases or candidates
    if open_cases:
        _undecided(part, open_cases, bool(labels))
    part.models = models
    if not models:
        return SAMPLES
    _note_split(part, [c.name for c in candidates if c not in models], bool(labels), log)
    return WIDE


def _note_split(part: Part, attributes: list[str], labels: bool, log: Log) -> None:
    models = [column.name for column in part.models]
    log.note(
        f"{part.file.name}: {quoted(models, 4)} {'are models' if len(models) > 1 else 'is a model'}"
        ", because most values are among the "
        f"{'labels' if labels else 'values of the other columns'}"
        + (
            f"; {quoted(attributes)} "
            f"{'are attributes' if len(attributes) > 1 else 'is an attribute'}."
            if attributes
            else "."
        )
    )


def _some(part: Part) -> str:
    if not part.models:
        raise RefusedError(
            f"{part.file.name} has no column of answers; found {described_columns(part.table)}. "
            "Expected sample_id, model, prediction, or sample_id and one column per model."
        )
    return WIDE


def _shares(columns: list[Column], labels: set[str]) -> list[float]:
    """For each column the share of its filled rows whose value is a label.

    Without labels, the share whose value occurs in another of the columns.
    """
    if not labels:
        sets = [set(column.levels) - {""} for column in columns]
        seen: dict[str, int] = {}
        for levels in sets:
            for level in levels:
                seen[level] = seen.get(level, 0) + 1
        labels = {level for level, n in seen.items() if n > 1}
    shares = []
    for column in columns:
        filled = [
            (level in labels, n)
            for level, n in zip(column.levels, column.counts.tolist(), strict=True)
            if level
        ]
        total = sum(n for _, n in filled)
        shares.append(sum(n for inside, n in filled if inside) / total if total else 0.0)
    return shares


def _by_chance(part: Part, column: Column, truth: Mapping[str, str]) -> bool:
    """The column agrees with the labels no more often than a shuffled one."""
    levels, codes = _labels_of_rows(part, truth)
    if part.table.rows < FEW_ROWS:
        return False
    place = {level: code for code, level in enumerate(levels)}
    lookup = np.array([place.get(level, -2) for level in column.levels] + [-2])
    answered = lookup[column.codes]
    both = (answered >= 0) & (codes >= 0)
    if not both.any():
        return False
    n, size = int(both.sum()), len(levels)
    agreement = float((answered == codes)[both].mean())
    first = np.bincount(answered[both], minlength=size) / n
    second = np.bincount(codes[both], minlength=size) / n
    chance = float(first @ second)
    return agreement <= chance + 3 * np.sqrt(chance * (1 - chance) / n)


def _labels_of_rows(part: Part, truth: Mapping[str, str]) -> tuple[list[str], np.ndarray]:
    """Distinct labels and, for each row of a table, which of them its sample has; -1 for none."""
    if part.label:
        return part.label.levels, part.label.codes
    found = [truth.get(level, "") for level in part.id.levels]
    levels = sorted({*found} - {""})
    place = {level: code for code, level in enumerate(levels)}
    return levels, np.array([*(place.get(label, -1) for label in found), -1])[part.id.codes]


def _undecided(part: Part, columns: list[Column], labels: bool) -> None:
    why = (
        "their values are partly among the labels, or agree with them only by chance"
        if labels
        else "there are no labels to compare them with"
    )
    raise RefusedError(
        f"{part.file.name}: it cannot be told whether {quoted([c.name for c in columns])} "
        f"{'hold' if len(columns) > 1 else 'holds'} answers of models or attributes, because {why}."
        " Say --column prediction=NAME for each column of a model, or --column group=NAME (or "
        "ignore=NAME) for the others."
    )
