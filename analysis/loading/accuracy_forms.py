"""Which tables hold accuracies of models in settings, and what their columns are."""

import re
from dataclasses import dataclass

import numpy as np

from analysis.loading.columns import NUMBER, Column
from analysis.loading.roles import Part
from analysis.loading.sources import Log, Options, quoted

SETTINGS = (
    "setting",
    "test_set",
    "testset",
    "dataset",
    "data_set",
    "split",
    "benchmark",
    "task",
    "shift",
    "domain",
    "environment",
    "evaluation",
)
ACCURACIES = (
    "accuracy",
    "acc",
    "top1",
    "top_1",
    "top1_accuracy",
    "top_1_accuracy",
    "top1_acc",
    "top_1_acc",
    "test_accuracy",
    "mean_accuracy",
    "score",
)
COUNTS = ("n", "count", "total", "n_samples", "num_samples", "samples", "n_total", "support")
DESCRIBING = (
    r"epochs?|steps?|iterations?|iters?|seeds?|runs?|folds?|rank|year|size|params?|parameters?"
    r"|[kmgt]?flops?|[kmgt]?macs?|cost|price|latency|time|runtime|throughput|speed|fps|memory|vram"
    r"|depth|width|layers?|heads?|dims?|lr|learning_rate|wd|weight_decay|label_smoothing|momentum"
    r"|dropout|temperature|resolution|context_length|tokens?|hours|n|samples|total|count"
)
BESIDE = (
    r"num|number|nr|no|of|max|min|mean|avg|average|model|training|train|trainable|inference|per|in"
    r"|images?|img|input|batch|patch|embed|embedding|gpu|cpu|rate|k|m|b|g|t|[kmgt]i?b|s|secs?"
    r"|seconds?|ms|us|mins?|minutes?|h|days?|millions?|billions?|usd|eur|dollars?|px|release"
)
ABOUT_MODELS = re.compile(rf"(?:(?:{BESIDE})_)*(?:{DESCRIBING})(?:_(?:{DESCRIBING}|{BESIDE}))*")
# A leaderboard of AutoGluon: scores on one table among times and stack levels.
LEADERBOARD = {"fit_time", "stack_level", "pred_time_val", "can_infer", "fit_order"}
INFO_WORDS = re.compile(
    r"(^|_)(models?|modelinfo|hyper\w*|params?|parameters?|configs?|info|metadata)(_|$)"
)
PERCENT = re.compile(r"%|(^|_)(percent|pct)(_|$)")
MOSTLY = 0.5


@dataclass(frozen=True, eq=False)
class Layout:
    """The columns of a table of accuracies.

    Attributes:
        part: the table.
        setting: the column that names the setting; None: each column of accuracies is one, or the
            whole file is.
        wide: each column of accuracies is a setting of its own.
        accuracies: the columns that hold them.
        counts: the column with the samples behind each accuracy.
        rest: what else is said, of models or of settings.
    """

    part: Part
    setting: Column | None
    wide: bool
    accuracies: tuple[Column, ...]
    counts: Column | None
    rest: tuple[Column, ...]


def key(name: str) -> str:
    """A column name without case and marks: "Top-1 (%)" becomes "top_1"."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def percent(column: Column) -> bool:
    """Whether the name of a column says that it holds percent."""
    return PERCENT.search(re.sub(r"[\s.-]+", "_", column.name.lower())) is not None


def lonely(part: Part) -> bool:
    """Whether a table says something of models and nothing of single samples."""
    fits = part.file.role in (None, "models", "accuracy")
    answers = part.prediction or part.correct or part.label
    return fits and bool(part.model) and not answers and not _samples(part)


def about_models(part: Part) -> bool:
    """Whether the name of a file says that it describes models."""
    return part.file.role is None and INFO_WORDS.search(key(part.file.stem)) is not None


def is_model_table(part: Part) -> bool:
    """Whether a table can say more about the models: one row each."""
    return lonely(part) and part.file.role != "accuracy"


def layout_of(part: Part, alone: bool, options: Options, log: Log) -> Layout | None:
    """What the columns of a table of accuracies are; None for any other table.

    Args:
        part: a table with provisional roles.
        alone: nothing in the input has answers on samples, so that less has to be said.
        options: columns named as `score`, `setting`, `group` or `ignore`.
        log: receives the problem of a canonical accuracy table that is none.
    """
    placed = part.file.role == "accuracy"
    found = None
    if lonely(part) and part.file.role != "models" and not _leaderboard(part):
        found = _tidy(part, alone or placed, options)
        if found is None and (alone or placed):
            found = _wide(part, options)
    if found is None and placed:
        log.problem(
            f"{part.file.name} is no table of accuracies; expected the columns model, setting and "
            f"accuracy, or model and one column per setting, found {quoted(part.table.columns)}."
        )
    return found


def _samples(part: Part) -> bool:
    """There is a column of sample ids, and not only one that numbers the rows."""
    column = part.id
    if column is None:
        return False
    if column.name and key(column.name) not in ("index", "idx", "key"):
        return True
    values = column.numbers()
    return values is None or not np.array_equal(values - values[0], np.arange(len(values)))


def _leaderboard(part: Part) -> bool:
    return len(LEADERBOARD & {key(name) for name in part.table.columns}) >= 2


def _named(columns: list[Column], given: tuple[str, ...], names: tuple[str, ...]) -> list[Column]:
    """Columns by hand, else by their known names, the best known first."""
    if by_hand := [column for column in columns if column.name in given]:
        return by_hand
    without = {column.name: PERCENT.sub("", key(column.name)).strip("_") for column in columns}
    found = [column for column in columns if without[column.name] in names]
    return sorted(found, key=lambda column: names.index(without[column.name]))


def _others(part: Part, options: Options) -> list[Column]:
    """Columns beside the model, the row numbers and those that are to be ignored."""
    ignored = options.named("ignore", part.file.name)
    return [
        column
        for column in part.table.columns.values()
        if column is not part.model and column is not part.id and column.name not in ignored
    ]


def _tidy(part: Part, alone: bool, options: Options) -> Layout | None:
    columns, name = _others(part, options), part.file.name
    about = options.named("group", name)
    free = [column for column in columns if column.name not in about]
    scores = options.named("score", name)
    accuracy = _named(free, scores, ACCURACIES)[:1]
    setting = _named(
        [c for c in free if c not in accuracy], options.named("setting", name), SETTINGS
    )
    if not accuracy or len(scores) > 1 or not (setting or alone):
        return None
    used = [accuracy[0], *setting[:1]]
    counts = _named([c for c in free if c not in used], (), COUNTS)[:1]
    rest = tuple(column for column in columns if column not in (*used, *counts))
    return Layout(
        part,
        setting[0] if setting else None,
        False,
        (accuracy[0],),
        counts[0] if counts else None,
        rest,
    )


def _wide(part: Part, options: Options) -> Layout | None:
    columns, name = _others(part, options), part.file.name
    by_hand, about = options.named("score", name), options.named("group", name)
    if not by_hand and about_models(part):
        return None
    accuracies = tuple(
        column
        for column in columns
        if column.name in by_hand
        or (
            not by_hand
            and column.name not in about
            and not _describes(column.name)
            and _numeric(column)
        )
    )
    if not accuracies:
        return None
    return Layout(
        part, None, True, accuracies, None, tuple(c for c in columns if c not in accuracies)
    )


def _describes(name: str) -> bool:
    """Whether each word of a column name is one for what models are, or for its unit."""
    return ABOUT_MODELS.fullmatch(key(re.sub(r"([a-z])([A-Z])", r"\1_\2", name))) is not None


def _numeric(column: Column) -> bool:
    """Most of the filled cells are numbers."""
    if column.listed or column.separator:
        return False
    numbers = filled = 0
    for level, times in zip(column.levels, column.counts.tolist(), strict=True):
        filled += times * bool(level)
        numbers += times * bool(re.match(NUMBER, level.strip().removesuffix("%").strip()))
    return numbers > MOSTLY * filled
