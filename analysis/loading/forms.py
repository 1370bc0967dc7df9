"""Which form a table has: samples, long or wide predictions, class order, embeddings ..."""

import numpy as np

from analysis.loading.leaderboards import leaderboard
from analysis.loading.role_checks import check_rivals
from analysis.loading.roles import SAMPLE_HINTS, WORDS, Part, hinted, keep
from analysis.loading.sources import Found, Log, Options, RefusedError, quoted
from analysis.loading.tables import described_columns

MOSTLY = 0.5
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
