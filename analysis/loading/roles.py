"""Which column plays which role, from its name or by hand."""

import re
from dataclasses import dataclass, field, replace

import numpy as np

from analysis.loading.columns import Column
from analysis.loading.sources import File, Log, Options
from analysis.loading.tables import Table

ALIASES = {
    "id": [
        "sample_id",
        "sampleid",
        "id",
        "sample",
        "example_id",
        "example",
        "uid",
        "item_id",
        "item",
        "instance_id",
        "instance",
        "question_id",
        "qid",
        "image_id",
        "doc_id",
        "record_id",
        "case_id",
        "index",
        "idx",
        "key",
        "ids",
        "sample_ids",
    ],
    "label": [
        "label",
        "target",
        "gold",
        "gold_label",
        "true_label",
        "y_true",
        "truth",
        "ground_truth",
        "groundtruth",
        "reference",
        "correct_answer",
        "expected",
        "labels",
        "answer",
    ],
    "model": [
        "model",
        "model_name",
        "model_id",
        "system",
        "classifier",
        "network",
        "annotator",
        "rater",
    ],
    "prediction": [
        "prediction",
        "predicted",
        "pred",
        "predicted_label",
        "prediction_label",
        "y_pred",
        "model_answer",
        "response",
        "output",
        "answer",
        "predictions",
    ],
    "confidence": ["confidence", "conf", "max_prob", "max_probability"],
    "correct": ["correct", "is_correct"],
    "score": ["score"],
    "run": ["run"],
    "unit": ["unit_id"],
}
CANONICAL = {
    "id": "sample_id",
    "label": "label",
    "model": "model",
    "prediction": "prediction",
    "confidence": "confidence",
    "correct": "correct",
    "score": "score",
    "run": "run",
    "unit": "unit_id",
}
WORDS = {
    "id": "sample id",
    "label": "label",
    "model": "model",
    "prediction": "prediction",
    "confidence": "confidence",
    "correct": "correct (0 or 1)",
    "score": "score",
    "run": "run",
    "unit": "unit (samples that belong together)",
    "group": "attribute",
    "ignore": "ignored",
}
SINGLE = tuple(CANONICAL)
GRADES = ("correct", "score")
KNOWN_ROLES = (*SINGLE, "setting", "embedding", "group", "ignore")
PREDICTION_HINTS = ("pred", "answer", "output", "wide", "response")
SAMPLE_HINTS = ("sample", "label", "gold", "truth", "metadata", "attribute", "reference")


@dataclass(eq=False)
class Part:
    """A table with the roles of its columns; `models` are the columns that hold answers.

    `embedded` are columns that were named as an embedding of the samples.
    Columns of probabilities are no longer in `table` but named in `taken`; `whole` then is the
    table as it was read.
    """

    table: Table
    roles: dict[str, Column]
    rest: list[Column]
    form: str = ""
    located: np.ndarray | None = None
    models: list[Column] = field(default_factory=list)
    whole: Table | None = None
    taken: dict[str, str] = field(default_factory=dict)
    embedded: list[Column] = field(default_factory=list)

    @property
    def file(self) -> File:
        """Where it comes from."""
        return self.table.file

    def words(self) -> dict[str, str]:
        """{column: its role in plain words} of the columns that have one."""
        words = {column.name: WORDS[role] for role, column in self.roles.items()}
        return words | {column.name: "embedding" for column in self.embedded}

    def __getattr__(self, role: str) -> Column | None:
        """The column of a role, None when there is none: `part.id`, `part.label`."""
        if role in SINGLE:
            return self.roles.get(role)
        raise AttributeError(role)


def assign(table: Table, options: Options) -> Part:
    """Give the columns of a table their roles.

    Args:
        table: as read.
        options: columns named by hand come first, then known names.
    """
    table = _without_index(table)
    by_key = {name if table.own else key_of(name): c for name, c in reversed(table.columns.items())}
    given = {
        role: [
            table.columns[name]
            for name in options.named(role, table.file.name)
            if name in table.columns
        ]
        for role in KNOWN_ROLES
    }
    taken = {column.name for columns in given.values() for column in columns}
    roles = {role: columns[0] for role in SINGLE if len(columns := given[role]) == 1}
    for role in SINGLE:
        if role in roles or given[role] or (role == "label" and _answers(by_key)):
            continue
        if role in GRADES and any(given[other] for other in GRADES):
            continue
        names = [CANONICAL[role]] if table.own else ALIASES[role] + [""] * (role == "id")
        found = next(
            (by_key[a] for a in names if a in by_key and by_key[a].name not in taken), None
        )
        if found is None:
            continue
        roles[role] = found
        taken.add(found.name)
    _settle_answer(roles, taken, table)
    part = Part(table, roles, [], embedded=given["embedding"])
    part.rest = _others(part, options)
    return part


def _others(part: Part, options: Options) -> list[Column]:
    """Columns without a role that are not left out by hand."""
    table = part.table
    used = {column.name for column in (*part.roles.values(), *part.embedded)}
    used |= set(options.named("ignore", table.file.name))
    used |= table.spare - set(options.named("group", table.file.name))
    return [column for column in table.columns.values() if column.name not in used]


def keep(part: Part, roles: tuple[str, ...], options: Options, log: Log) -> None:
    """Leave a part only these roles; its other columns become ordinary ones.

    Args:
        part: changed in place.
        roles: those that its form knows.
        options: what was named by hand is not an assumption.
        log: receives a note for every column that was recognised under another name.
    """
    part.roles = {role: column for role, column in part.roles.items() if role in roles}
    part.rest = _others(part, options)
    for role, column in part.roles.items():
        if column.name != CANONICAL[role] and column.name not in options.named(
            role, part.file.name
        ):
            shown = f"column '{column.name}'" if column.name else "the column without a name"
            log.note(f"{part.file.name}: {shown} is read as the {WORDS[role]}.")


def hinted(file: File, hints: tuple[str, ...]) -> bool:
    """Whether a word of the file's name begins with one of these."""
    return any(word.startswith(hints) for word in re.split(r"[^a-z0-9]+", file.stem.lower()))


def _without_index(table: Table) -> Table:
    """Leave out a column without a name (a data frame's index) when another one holds the ids."""
    unnamed = [name for name in table.columns if not name or name.startswith("Unnamed: ")]
    keys = {key_of(name) for name in table.columns}
    if not unnamed or not keys & set(ALIASES["id"]):
        return table
    columns = {name: column for name, column in table.columns.items() if name not in unnamed}
    comment = f"{table.file.name}: a column without a name is not read."
    return replace(table, columns=columns, comments=(*table.comments, comment))


def key_of(name: str) -> str:
    """A column name as the lists of known names write it."""
    return name.strip().lower().replace(" ", "_").replace("-", "_").replace(".", "_")


def _answers(by_key: dict[str, Column]) -> bool:
    """With `answer` as the only name for both, the label is settled afterwards."""
    labels = [name for name in ALIASES["label"] if name in by_key]
    return labels == ["answer"]


def _settle_answer(roles: dict[str, Column], taken: set[str], table: Table) -> None:
    """A column `answer` is the label beside model columns and the prediction beside a model."""
    column = roles.get("prediction")
    if column is None or key_of(column.name) != "answer" or "model" in roles or "label" in roles:
        return
    del roles["prediction"]
    role = "label" if hinted(table.file, SAMPLE_HINTS) else "prediction"
    others = [c for c in table.columns.values() if c.name not in taken]
    if others and role == "prediction" and not hinted(table.file, PREDICTION_HINTS):
        role = "label"
    roles[role] = column
