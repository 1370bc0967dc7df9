"""Which column plays which role, from its name or by hand."""

import re
from dataclasses import dataclass, field, replace

import numpy as np

from analysis.loading.columns import Column
from analysis.loading.sources import File, Log, Options, count, quoted, shortened
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
RIVALS = {*ALIASES["label"]} - {"answer"}
MOSTLY = 0.5
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
    own = bool(table.metadata)
    by_key = {name if own else _key(name): c for name, c in reversed(table.columns.items())}
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
        names = [CANONICAL[role]] if own else ALIASES[role] + [""] * (role == "id")
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


def check_rivals(part: Part, options: Options, log: Log) -> None:
    """Report a second column of labels that says something else; say when it says the same.

    Args:
        part: a table whose roles are settled.
        options: a label column named by hand settles the question.
        log: receives the problem or the note.
    """
    label, own = part.label, bool(part.table.metadata)
    if label is None or own or options.named("label", part.file.name):
        return
    for rival in part.rest:
        if not rivalling(rival.name):
            continue
        place = {level: code for code, level in enumerate(label.levels)}
        lookup = np.array([place.get(level, -2) for level in rival.levels] + [-1])
        known = rival.counts[lookup[:-1] >= 0].sum()
        if known < MOSTLY * rival.counts.sum():
            continue
        differs = np.flatnonzero((lookup[rival.codes] != label.codes) & ~label.empty & ~rival.empty)
        if not len(differs):
            log.note(f"{part.file.name}: '{rival.name}' repeats the labels of '{label.name}'.")
            continue
        row = int(differs[0])
        log.problem(
            f"{part.table.where(row)}: the columns '{label.name}' and '{rival.name}' both look "
            f"like labels and contradict each other ('{shortened(label.text(row))}' and "
            f"'{shortened(rival.text(row))}'; {count(len(differs), 'row')} in all). Say which one "
            f"holds the labels: --column label={label.name} or --column label={rival.name}."
        )


def rivalling(name: str) -> bool:
    """Whether a column of this name may hold labels."""
    return _key(name) in RIVALS


def check_named(options: Options, parts: list[Part], complete: bool, log: Log) -> None:
    """Report roles that do not exist, columns in no file, and columns that were named twice.

    Args:
        options: what was named by hand.
        parts: tables as they were read.
        complete: every file was read; else a column may be in one that was not.
        log: receives the problems.
    """
    for part in parts:
        _check_twice(options, part, log)
    columns = [name for part in parts for name in part.table.columns]
    known = {*columns, *(f"{part.file.name}:{n}" for part in parts for n in part.table.columns)}
    for role in options.columns:
        if role not in KNOWN_ROLES:
            log.problem(
                f"There is no role '{role}' for a column; expected one of {', '.join(KNOWN_ROLES)}."
            )
        for name in options.named(role):
            if complete and name not in known:
                have = quoted(dict.fromkeys(columns), 12) or "no columns with names"
                log.problem(
                    f"The column '{name}' that was named as {role} is in none of the files; they "
                    f"have {have}."
                )


def _check_twice(options: Options, part: Part, log: Log) -> None:
    """One column for a role of which a table has one, and one role for a column."""
    file, roles = part.file.name, {}
    for role in KNOWN_ROLES:
        names = [n for n in dict.fromkeys(options.named(role, file)) if n in part.table.columns]
        if role in SINGLE and role not in ("prediction", "score") and len(names) > 1:
            log.problem(
                f"{file}: {quoted(names)} were all named as {role}; a table has one. Name one of "
                f"them, --column {role}={names[0]}."
            )
        for name in names:
            if name in roles:
                log.problem(
                    f"{file}: the column '{name}' was named as {roles[name]} and as {role}; name "
                    "one role for it."
                )
            roles[name] = role


def hinted(file: File, hints: tuple[str, ...]) -> bool:
    """Whether a word of the file's name begins with one of these."""
    return any(word.startswith(hints) for word in re.split(r"[^a-z0-9]+", file.stem.lower()))


def _without_index(table: Table) -> Table:
    """Leave out a column without a name (a data frame's index) when another one holds the ids."""
    unnamed = [name for name in table.columns if not name or name.startswith("Unnamed: ")]
    keys = {_key(name) for name in table.columns}
    if not unnamed or not keys & set(ALIASES["id"]):
        return table
    columns = {name: column for name, column in table.columns.items() if name not in unnamed}
    comment = f"{table.file.name}: a column without a name is not read."
    return replace(table, columns=columns, comments=(*table.comments, comment))


def _key(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_").replace(".", "_")


def _answers(by_key: dict[str, Column]) -> bool:
    """With `answer` as the only name for both, the label is settled afterwards."""
    labels = [name for name in ALIASES["label"] if name in by_key]
    return labels == ["answer"]


def _settle_answer(roles: dict[str, Column], taken: set[str], table: Table) -> None:
    """A column `answer` is the label beside model columns and the prediction beside a model."""
    column = roles.get("prediction")
    if column is None or _key(column.name) != "answer" or "model" in roles or "label" in roles:
        return
    del roles["prediction"]
    role = "label" if hinted(table.file, SAMPLE_HINTS) else "prediction"
    others = [c for c in table.columns.values() if c.name not in taken]
    if others and role == "prediction" and not hinted(table.file, PREDICTION_HINTS):
        role = "label"
    roles[role] = column
