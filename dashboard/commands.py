"""What the commands check, analyze and convert print, write and end with."""

import argparse
import json
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TextIO

from dashboard.theme import CONTROLS, spelt


def check(request: dict, memory: str | None = None) -> int:
    """Say what was found, what was assumed, every problem, and what can be used.

    Args:
        request: a `dashboard.inputs.Request`.
        memory: the most to take, as "2GB".

    Returns:
        0 when there is something to use, else 1.
    """
    from analysis.bundle import BundleError
    from analysis.loading.sources import count, printable
    from dashboard.inputs import narrowed, reading

    try:
        _limit(memory)
    except BundleError as problem:
        return fail(str(problem))
    found = reading(request)
    for entry in found.found:
        print(printable(f"{entry.file}: {entry.form}, {count(entry.rows, 'row')}"))
        for column, role in entry.columns.items():
            print(printable(f"    {column}: {role}"))
    for note in found.notes:
        print(printable(f"note: {note}"))
    for problem in found.problems:
        print(printable(f"problem: {problem}"))
    if found.bundle is None and found.accuracies is None:
        return 1
    try:
        bundle, accuracies = narrowed(found, request)
    except BundleError as problem:
        print(printable(f"problem: {problem}"))
        return 1
    for question in found.questions:
        print(printable(f"question: {question.text}"))
    for usable in _usable(bundle, accuracies):
        print(printable(f"usable: {usable}"))
    return 0


def _usable(bundle, accuracies) -> list[str]:
    from analysis.loading.sources import count

    told = []
    if bundle is not None:
        told.append(
            f"{count(len(bundle.models), 'model')} on {count(len(bundle.ids), 'sample')}, "
            f"fingerprint {bundle.fingerprint}"
        )
    if accuracies is not None:
        told.append(
            f"accuracies of {count(len(accuracies.models), 'model')} in "
            f"{count(len(accuracies.settings), 'setting')}, "
            f"{int(accuracies.measured.sum()):,} measured, fingerprint {accuracies.fingerprint}"
        )
    return told


def analyze(request: dict, options: argparse.Namespace) -> int:
    """Write every figure as JSON.

    Args:
        request: a `dashboard.inputs.Request`.
        options: how to judge, and where to write.

    Returns:
        0 done, 1 the input or an option cannot be used.
    """
    from analysis.accuracy_summary import summarise_accuracies
    from analysis.bundle import BundleError
    from analysis.loading.aside import replaced, why
    from analysis.summary import summarise

    result = {}
    try:
        tallied = _tallied(options.cluster)
        bundle, accuracies = load(request, options)
        if accuracies is not None:
            result |= summarise_accuracies(accuracies)
        if bundle is not None:
            bundle, ensembles, parts = _of_session(bundle, options)
            result |= summarise(
                bundle,
                ensembles=ensembles or [ensemble_of(text, bundle) for text in options.ensemble],
                reference=options.reference,
                missing=options.missing or "exclude",
                seed=options.seed,
                fit_on=parts or _split(options.fit_on, bundle),
                tallied=tallied,
            )
    except BundleError as problem:
        return fail(str(problem))
    if options.json == "-":
        _write(result, sys.stdout)
        return 0
    try:
        with replaced(Path(options.json)) as path, path.open("w", encoding="utf-8") as stream:
            _write(result, stream)
    except OSError as problem:
        return fail(f"--json {options.json} cannot be written: {why(problem)}.")
    return 0


def _of_session(bundle, options: argparse.Namespace):
    """What a session supplies: bundle, ensembles, split; nothing where there is none."""
    if options.session is None:
        return bundle, [], None
    from dashboard.session_command import judged

    return judged(options.read_session, bundle, options)


def _write(result: dict, stream: TextIO) -> None:
    """Piece by piece: all of the text at once is several times as large as the figures."""
    for piece in json.JSONEncoder(ensure_ascii=False, allow_nan=False, indent=1).iterencode(result):
        stream.write(CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", piece))
    stream.write("\n")


def convert(request: dict, output: Path, memory: str | None = None) -> int:
    """Write the canonical bundle folder.

    Args:
        request: a `dashboard.inputs.Request`.
        output: a new or empty folder.
        memory: the most to take, as "2GB".

    Returns:
        0 done, 1 the input cannot be used or the folder cannot be written.
    """
    from analysis.bundle import BundleError
    from analysis.loading import save_bundle
    from dashboard.inputs import narrowed, reading

    try:
        _limit(memory)
    except BundleError as problem:
        return fail(str(problem))
    found = reading(request, _progress)
    for note in found.notes:
        print(f"note: {spelt(note)}", file=sys.stderr)
    if found.bundle is None and found.accuracies is None:
        return fail("\n".join(found.problems))
    try:
        bundle, _ = narrowed(found, request)
        if bundle is None:
            whose = "accuracies alone" + " of these models" * (found.bundle is not None)
            return fail(f"The input holds {whose}; expected predictions for single samples.")
        save_bundle(bundle, output)
    except BundleError as problem:
        return fail(str(problem))
    print(f"{output}  fingerprint {bundle.fingerprint}")
    return 0


def _progress(share: float, doing: str) -> None:
    """A line that rewrites itself, where somebody looks at it."""
    if sys.stderr.isatty():
        print(f"\r\033[K{share:4.0%}  {spelt(doing)}", end="", file=sys.stderr, flush=True)
        if share >= 1:
            print("\r\033[K", end="", file=sys.stderr)


def load(request: dict, options: argparse.Namespace):
    """The bundle on the wanted device and the accuracies, within the memory that is allowed.

    Raises:
        BundleError: they cannot be used.
    """
    from analysis.bundle import BundleError
    from analysis.chunks import use_device
    from dashboard.inputs import load_all

    _limit(options.memory)
    wanted = use_device(options.device)
    bundle, accuracies = load_all(request)
    if bundle is None and (options.ensemble or getattr(options, "reference", None)):
        raise BundleError(
            "--ensemble and --reference need answers on single samples; the input holds accuracies "
            "alone."
        )
    return None if bundle is None else bundle.to(wanted), accuracies


def _tallied(cluster: str | None):
    """What counts: this process, or a cluster."""
    from analysis.tally import tally

    if cluster is None:
        return tally
    from analysis.cluster import connect, tally_on

    return partial(tally_on, connect(cluster))


def _limit(memory: str | None) -> None:
    from analysis.bundle import BundleError
    from analysis.chunks import limit_memory, size_of

    try:
        limit_memory(None if memory is None else size_of(memory))
    except BundleError as problem:
        raise BundleError(f"--memory {memory}: {problem}") from None


def spare_pandas() -> None:
    """Have pyarrow go without pandas, which it else imports with its first array and never uses.

    That is 38 MB of a stated memory. pyarrow looks for it once and remembers what it found, so
    this is for a process of our own that has no data frames.
    """
    if "pandas" in sys.modules:
        return
    hidden = _Hidden()
    sys.meta_path.insert(0, hidden)
    try:
        import pyarrow as pa

        pa.array([0])
    finally:
        sys.meta_path.remove(hidden)


class _Hidden:
    """Finds nothing under the name of pandas."""

    def find_spec(self, name: str, path=None, target=None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("No module named 'pandas'", name=name)


def ensemble_of(text: str, bundle):
    """The ensemble that 'RULE[:MEMBER,...][;OPTION=VALUE]' describes.

    Raises:
        BundleError: an unknown rule, member or option.
    """
    from analysis.bundle import BundleError
    from analysis.ensemble import Ensemble
    from analysis.rules import RULES

    head, _, options = text.partition(";")
    rule, _, members = head.partition(":")
    if rule not in RULES:
        raise BundleError(f"--ensemble {text}: the rules are {', '.join(RULES)}.")
    chosen = tuple(members.split(",")) if members else bundle.models
    return Ensemble(chosen, rule, _settings(text, options, RULES[rule].defaults))


def _settings(text: str, given: str, defaults: Mapping[str, float | str]) -> dict:
    """The options of a rule, 'name=value;name=value'; numbers where the default is one."""
    from analysis.bundle import BundleError

    found = {}
    for option in filter(None, given.split(";")):
        name, _, value = option.partition("=")
        if name not in defaults:
            known = ", ".join(defaults) or "none"
            raise BundleError(f"--ensemble {text}: there is no option '{name}', only {known}.")
        try:
            found[name] = value if isinstance(defaults[name], str) else float(value)
        except ValueError:
            raise BundleError(f"--ensemble {text}: {name} must be a number.") from None
    return found


def _split(text: str | None, bundle):
    """The samples to fit on, from 'COL=VALUE'."""
    from analysis.bundle import BundleError
    from analysis.splits import split_by

    if text is None:
        return None
    column, found, value = text.partition("=")
    if not found:
        raise BundleError(f"--fit-on {text}: expected COL=VALUE, such as split=validation.")
    return split_by(bundle, column, value)


def fail(sentence: str) -> int:
    """Say why a command cannot go on; what it ends with."""
    print(f"dissensus: {spelt(sentence)}", file=sys.stderr)
    return 1
