"""The way from sources to a `Reading`: expand, read, tell forms apart, join."""

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from analysis.accuracies import AccuracyTable
from analysis.bundle import Bundle, BundleError
from analysis.loading.accuracy_tables import set_apart
from analysis.loading.arrays import texts
from analysis.loading.aside import FULL, why
from analysis.loading.class_columns import take_class_columns
from analysis.loading.folders import expand
from analysis.loading.formats import pieces
from analysis.loading.forms import first_form, settle
from analysis.loading.joining import join
from analysis.loading.logs.runs import whole_runs
from analysis.loading.remote import with_sources
from analysis.loading.role_checks import check_named
from analysis.loading.roles import Part, assign
from analysis.loading.shapes import spread
from analysis.loading.sources import (
    CancelledError,
    File,
    Found,
    Log,
    Options,
    Reading,
    RefusedError,
    Source,
    UnknownShapeError,
    silent,
)
from analysis.loading.stacks import Stack
from analysis.loading.wide import decide_wide

READ = 0.8  # share of the work that is reading; the rest is joining
ONLY_ACCURACIES = (
    "The input holds accuracies of models in settings and no answers on single samples; read it "
    "with load_accuracies, or add a table of predictions."
)
NO_ACCURACIES = (
    "The input holds no table of accuracies; expected the columns model, setting and accuracy, or "
    "model and one column per setting."
)
STRICT = False  # tests set it, so that a programming error is not turned into a sentence


def read(
    sources: Sequence[Source | Path | str],
    options: Options | None = None,
    report: Callable[[float, str], None] = silent,
) -> Reading:
    """Read inputs of any accepted form and join them by sample id.

    Args:
        sources: folders, zips or files, on disk, uploaded, or at an address such as s3://...
        options: what the person says about them.
        report: told the share that is done and what is being done; raises CancelledError to stop.

    Returns:
        The bundle and what was found and assumed; with any problem the bundle is None. Nothing is
        raised for what the person who made the files can mend.

    Raises:
        CancelledError: `report` asked to stop.
    """
    options = options or Options()
    log = Log(report)
    files = []
    for source in _named(sources):
        try:
            files += expand(source, log)
        except RefusedError as error:
            log.problem(str(error))
            log.found.append(Found(source.name, "not read", 0, {}, ()))
        except Exception as error:
            _unexpected(source.name, error, log)
    if not sources:
        log.problem("There is no input; give a folder, a zip or files with predictions.")
    parts, stacks = _read_files(files, options, log)
    log.begin(READ, 1.0, "Joining by sample id")
    try:
        parts = whole_runs(parts, options, log)
    except Exception as error:
        _unexpected("The logs", error, log)
    complete = not any(found.form == "not read" for found in log.found)
    check_named(options, parts, complete, log)
    parts, accuracies = _accuracies(parts, stacks, options, log)
    parts = _settled(parts, stacks, options, log)
    stacks = spread(stacks, parts, log)
    bundle = None
    if parts or stacks or accuracies is None:
        try:
            bundle = join(parts, stacks, options, log)
        except Exception as error:
            _unexpected("The inputs", error, log)
    report(1.0, "Done")
    places = {file.name: place for place, file in enumerate(files)}
    log.found.sort(key=lambda found: places.get(found.file, -1))
    return log.reading(bundle, accuracies)


def load_bundle(*paths: Source | Path | str, **options) -> Bundle:
    """Read inputs into a bundle.

    Args:
        *paths: folders, zips or files.
        **options: fields of `Options`.

    Raises:
        BundleError: with all problems, one per line.
    """
    reading = read(paths, Options(**options))
    if reading.bundle is None:
        raise BundleError("\n".join(reading.problems) or ONLY_ACCURACIES)
    return reading.bundle


def load_accuracies(*paths: Source | Path | str, **options) -> AccuracyTable:
    """Read tables of accuracies (model, setting, accuracy) into one.

    Args:
        *paths: folders, zips or files; a model table beside them says more about the models.
        **options: fields of `Options`.

    Raises:
        BundleError: with all problems, one per line.
    """
    reading = read(paths, Options(**options))
    if reading.accuracies is None:
        raise BundleError("\n".join(reading.problems) or NO_ACCURACIES)
    return reading.accuracies


def _accuracies(
    parts: list[Part], stacks: list[Stack], options: Options, log: Log
) -> tuple[list[Part], AccuracyTable | None]:
    try:
        return set_apart(parts, stacks, options, log)
    except Exception as error:
        _unexpected("The table of accuracies", error, log)
        return parts, None


def _named(given: Sequence[Source | Path | str]) -> list[Source]:
    """Sources under names that tell them apart: the file name, with its folder where needed."""
    given = with_sources(given)
    paths = [None if isinstance(one, Source) else Path(one) for one in given]
    names = Counter(path.name if path else one.name for one, path in zip(given, paths, strict=True))
    return [
        one
        if path is None
        else Source(path.name if names[path.name] == 1 and path.name else path.as_posix(), path)
        for one, path in zip(given, paths, strict=True)
    ]


def _unexpected(name: str, error: Exception, log: Log) -> None:
    """A failure that no check foresaw still becomes a sentence; strict mode lets tests see it."""
    if isinstance(error, OSError):
        scratch = f" (scratch files go to {tempfile.gettempdir()})" if error.errno in FULL else ""
        log.problem(f"{name} cannot be read: {why(error)}{scratch}.")
        return
    if STRICT or isinstance(error, CancelledError):
        raise error
    detail = (str(error).splitlines() or [""])[0][:160]
    log.problem(
        f"{name} cannot be read ({type(error).__name__}: {detail}); it may be damaged. Write it "
        "again, or report this message."
    )


def _read_files(files: list[File], options: Options, log: Log) -> tuple[list[Part], list[Stack]]:
    parts: list[Part] = []
    stacks: list[Stack] = []
    total, done = max(sum(file.size() for file in files), 1), 0
    for file in files:
        until = done + file.size()
        log.begin(READ * done / total, READ * until / total, f"Reading {file.name}")
        done = until
        try:
            for piece in pieces(file, log):
                if isinstance(piece, Stack):
                    stacks.append(piece)
                else:
                    parts.append(assign(piece, options))
        except RefusedError as error:
            if file.optional and isinstance(error, UnknownShapeError):
                log.note(f"Not read: {error}")
            else:
                log.problem(str(error))
            log.found.append(Found(file.name, "not read", 0, {}, ()))
        except Exception as error:
            log.found.append(Found(file.name, "not read", 0, {}, ()))
            _unexpected(file.name, error, log)
    return parts, stacks


def _settled(parts: list[Part], stacks: list[Stack], options: Options, log: Log) -> list[Part]:
    """Fix the form of every table; wide tables wait until the labels of all others are known."""
    parts = take_class_columns(parts, stacks, options, log)
    forms: dict[int, str] = {}
    for part in parts:
        forms[id(part)] = _attempt(part, lambda part: first_form(part), log)
    labels = {
        level
        for part in parts
        if part.label and forms[id(part)] is not None
        for level in part.label.levels
    }
    labels |= {text for s in stacks if s.kind in ("labels", "classes") for text in texts(s.values)}
    labels |= {name for stack in stacks for name in stack.columns or ()}
    labels.discard("")
    truth = _truth(parts) if "" in forms.values() else {}
    for part in parts:
        if forms[id(part)] == "":
            forms[id(part)] = _attempt(
                part, lambda part: decide_wide(part, labels, truth, options, log), log
            )
    kept = []
    for part in parts:
        if forms[id(part)]:
            settle(part, forms[id(part)], options, log)
            kept.append(part)
        else:
            log.found.append(
                Found(
                    part.file.name,
                    "not read",
                    part.table.rows,
                    dict.fromkeys(part.table.columns, "undecided") | part.words(),
                    part.table.preview(),
                )
            )
    return kept


def _truth(parts: list[Part]) -> dict[str, str]:
    """{sample id: label} of the tables that have both."""
    truth = {}
    for part in parts:
        if part.label and part.id:
            rows = part.id.first_rows()
            used = rows < part.table.rows
            codes = part.label.codes[rows[used]]
            names = [*part.label.levels, ""]
            ids = (level for level, kept in zip(part.id.levels, used, strict=True) if kept)
            truth |= dict(zip(ids, (names[code] for code in codes.tolist()), strict=True))
    return truth


def _attempt(part: Part, decide, log: Log) -> str | None:
    try:
        return decide(part)
    except RefusedError as error:
        log.problem(str(error))
    except Exception as error:
        _unexpected(part.file.name, error, log)
    return None
