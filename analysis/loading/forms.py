"""Which form a table has: samples, long or wide predictions, class order, embeddings ..."""

from collections.abc import Mapping

import numpy as np

from analysis.loading.columns import Column
from analysis.loading.leaderboards import leaderboard
from analysis.loading.roles import (
    PREDICTION_HINTS,
    SAMPLE_HINTS,
    WORDS,
    Part,
    check_rivals,
    hinted,
    keep,
    rivalling,
)
from analysis.loading.sources import Found, Log, Options, RefusedError, quoted
from analysis.loading.tables import described_columns

MOSTLY, HARDLY = 0.5, 0.1
FEW_ROWS = 30
SAMPLES, LONG, WIDE = "samples table", "long predictions", "wide predictions"
ONE, CLASSES, EMBEDDINGS, MODELS = (
    "answers of one model",
    "class order",
    "embeddings",
    "model table",
)
PROBABILITIES = "table of probabilities"
ROLES = {
    SAMPLES: ("id", "label", "unit"),
    LONG: ("id", "label", "model", "prediction", "confidence", "correct", "score", "run", "unit"),
    ONE: ("id", "label", "prediction", "confidence", "correct", "score", "unit"),
    WIDE: ("id", "label", "unit"),
    CLASSES: ("label",),
    EMBEDDINGS: ("id",),
    MODELS: ("model",),
    PROBABILITIES: ("id", "label", "unit"),
}
BY_PLACE = {"classes": CLASSES, "models": MODELS, "embeddings": EMBEDDINGS, "samples": SAMPLES}
WIDE_HINTS = ("pred", "wide")


def first_form(part: Part) -> str:
    """The form as far as the columns alone tell; "" where labels are needed to decide.

    Args:
        part: a table whose columns have provisional roles.

    Raises:
        RefusedError: a column that every such table needs is missing.
    """
    role, stem = part.file.role, part.file.stem.lower()
    graded = part.correct or part.score
    if part.taken and not (part.prediction or graded):
        return ""
    if role in BY_PLACE:
        form = BY_PLACE[role]
    elif stem == "classes" or (_class_list(part) and not part.id):
        form = CLASSES
    elif role is None and part.label and not part.prediction and stem == "samples":
        form = SAMPLES
    elif role is None and not part.prediction and leaderboard(part):
        form = MODELS
    elif part.model and (part.prediction or graded):
        form = LONG
    elif part.model and not part.id and role is None:
        form = MODELS
    elif part.prediction or (graded and not part.label):
        form = ONE
    elif role is None and hinted(part.file, SAMPLE_HINTS) and not hinted(part.file, WIDE_HINTS):
        form = SAMPLES
    elif role is None and part.id and not part.label and _features(part):
        form = EMBEDDINGS
    else:
        form = ""
    _require(part, form)
    return form


def settle(part: Part, form: str, options: Options, log: Log) -> None:
    """Fix the form, drop the roles that it does not know, and record what was found."""
    part.form = form = PROBABILITIES if part.taken and form == SAMPLES else form
    models = {column.name for column in part.models}
    keep(part, ROLES[form], options, log)
    part.rest = [column for column in part.rest if column.name not in models]
    check_rivals(part, options, log)
    used = part.words()
    used |= {column.name: "answers of a model" for column in part.models} | part.taken
    other = {
        SAMPLES: "attribute",
        WIDE: "attribute",
        PROBABILITIES: "attribute",
        MODELS: "model attribute",
        EMBEDDINGS: "dimension",
    }.get(form, "not needed")
    table = part.whole or part.table
    for column in table.columns.values():
        used.setdefault(
            column.name,
            WORDS["ignore"] if column.name in options.named("ignore", part.file.name) else other,
        )
    log.found.append(
        Found(
            part.file.name,
            form,
            table.rows,
            {name: used[name] for name in table.columns},
            table.preview(),
        )
    )
    for text in part.table.comments:
        log.note(text)
    if part.table.separator not in (None, ","):
        commas = [column.name for column in part.table.columns.values() if column.decimal_comma]
        if commas:
            log.note(f"{part.file.name}: numbers in {quoted(commas)} have a decimal comma.")


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


def _class_list(part: Part) -> bool:
    names = {name.lower() for name in part.table.columns}
    return bool(part.label) and (len(names) == 1 or "class_index" in names)


def _features(part: Part) -> bool:
    """Nothing but numbers, some of them fractions, beside the id."""
    others = [column for column in part.table.columns.values() if column is not part.id]
    if len(others) == 1 and others[0].listed:
        return True
    named = hinted(part.file, ("embed", "feature", "vector"))
    if len(others) < 2 and not named:
        return False
    fractions = False
    for column in others:
        values = column.numbers()
        if values is None:
            return False
        with np.errstate(invalid="ignore"):
            fractions |= bool((values % 1 > 0).mean() > MOSTLY)
    return fractions or named


def _require(part: Part, form: str) -> None:
    table, name = part.table, part.file.name
    if form not in (CLASSES, MODELS) and part.id is None:
        raise RefusedError(
            f"{name} has no column of sample ids; found {described_columns(table)}. Name it "
            "sample_id, or say which one it is with --column id=NAME."
        )
    if form == CLASSES and part.label is None:
        raise RefusedError(
            f"{name} has no column 'label'; found {described_columns(table)}. Give the class names "
            "in a column 'label', in class order."
        )
    if form == MODELS and part.model is None:
        raise RefusedError(
            f"{name} has no column 'model'; found {described_columns(table)}. Name it model, or "
            "say which one it is with --column model=NAME."
        )
    if part.model and form == "":
        raise RefusedError(
            f"{name} has a column of models, '{part.model.name}', but none of predictions; found "
            f"{described_columns(table)}. Name it prediction, or say which one it is with "
            "--column prediction=NAME."
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
