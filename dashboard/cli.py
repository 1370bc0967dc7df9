"""The command `dissensus`."""

import argparse
import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from dashboard import workspace_command

UPLOAD_LIMIT_MB = 2000
DEFAULT_PORT = 8501


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: without the program's name; None: from the command line.

    Returns:
        0 done, 1 the input cannot be used, 2 the arguments cannot.
    """
    options = _parser().parse_args(arguments)
    if problem := workspace_command.find_kept(options):
        return _fail(problem)
    return options.run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dissensus",
        description="Where models disagree, what their ensembles put right, and for whom.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _serving(
        _command(
            commands, "demo", _demo, "open the app on the demo bundle", "dissensus demo --port 8600"
        )
    )
    serve = _command(
        commands,
        "serve",
        _serve,
        "open the app on these inputs, with upload",
        "dissensus serve samples.csv predictions.parquet",
    )
    _reading(serve, paths="*")
    _serving(serve)
    check = _command(
        commands,
        "check",
        _check,
        "say what was found, what was assumed and every problem",
        "dissensus check runs/",
    )
    _reading(check)
    workspace_command.add(commands, _command)
    analyze = _command(
        commands,
        "analyze",
        _analyze,
        "every figure as JSON",
        "dissensus analyze runs/ --ensemble mean:a,b --missing wrong --json figures.json",
    )
    _reading(analyze)
    _judging(analyze)
    convert = _command(
        commands,
        "convert",
        _convert,
        "write the canonical bundle folder, without holding the input in memory",
        "dissensus convert log.csv.gz --column label=gold -o bundle/",
    )
    _reading(convert)
    convert.add_argument(
        "-o", "--output", required=True, type=Path, metavar="DIR", help="a new or empty folder"
    )
    return parser


def _command(commands, name: str, run, summary: str, example: str) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"example:  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.set_defaults(run=run)
    return command


def _serving(command: argparse.ArgumentParser) -> None:
    command.add_argument("--port", type=int, help=f"default: {DEFAULT_PORT} or the next free one")
    command.add_argument(
        "--host", default="127.0.0.1", help="default: 127.0.0.1, this machine only"
    )
    command.add_argument("--no-browser", action="store_true", help="only print the address")
    workspace_command.serving(command)


def _reading(command: argparse.ArgumentParser, paths: str = "+") -> None:
    add = command.add_argument
    add(
        "paths",
        nargs=paths,
        type=_path,
        metavar="PATH",
        help="bundle folder, zip, or files; kept:FINGERPRINT opens a kept bundle",
    )
    add(
        "--column",
        action="append",
        default=[],
        metavar="ROLE=NAME",
        help="what a column is; NAME may be FILE:NAME",
    )
    add("--models", metavar="A,B", help="only these models")
    add("--groups", metavar="COL,COL", help="group by these columns only")
    add("--where", action="append", default=[], metavar="COL=VALUE", help="keep these samples")
    add("--values", choices=("probabilities", "logits"), help="what the arrays hold")
    add("--empty", choices=("answer", "missing"), default="missing", help="what an empty cell is")
    add("--missing-marker", action="append", default=[], metavar="TEXT", help="a missing answer")
    add(
        "--multi",
        action="append",
        default=[],
        metavar="COL=SEP",
        help="cells of this column hold several values, separated by SEP",
    )
    add("--threshold", type=float, metavar="SCORE", help="right from this score on; default: 1")
    add("--alike", choices=("keep", "merge"), help="classes that differ only by case or space")


def _path(text: str) -> Path | str:
    """A path on this machine, or the address of a remote store as it stands."""
    return text if "://" in text else Path(text)


def _judging(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--missing", choices=("exclude", "wrong"), default="exclude", help="how gaps are judged")
    add("--ensemble", action="append", default=[], metavar="RULE[:MEMBER,...]")
    add("--reference", metavar="MODEL", help="corrections and regressions are against it")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto")
    add("--seed", type=int, default=0)
    add("--json", default="-", metavar="FILE", help="where to write; - is standard output")


def _demo(options: argparse.Namespace) -> int:
    from dashboard.places import demo_folder

    return _open_app({"paths": [str(demo_folder())]}, options)


def _serve(options: argparse.Namespace) -> int:
    missing = [path for path in options.paths if isinstance(path, Path) and not path.exists()]
    if missing:
        return _fail(f"There is no file or folder '{missing[0]}'.")
    return _open_app(_request(options), options)


def _request(options: argparse.Namespace) -> dict:
    """What the options shared by serve, check and analyze ask for, as plain text."""
    request = {
        "paths": [str(p.resolve()) if isinstance(p, Path) else p for p in options.paths],
        "columns": _columns(options.column),
        "multi": _separators(options.multi),
        "models": options.models.split(",") if options.models else [],
        "groups": options.groups.split(",") if options.groups else [],
        "where": options.where,
        "values": options.values,
        "empty": options.empty,
        "missing_markers": options.missing_marker,
        "threshold": options.threshold,
        "alike": options.alike,
    }
    return {name: value for name, value in request.items() if value not in (None, [], {})}


def _columns(pairs: Sequence[str]) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = {}
    for pair in pairs:
        role, equals, name = pair.partition("=")
        if not equals:
            sys.exit(_fail(f"--column {pair}: expected ROLE=NAME."))
        columns.setdefault(role, []).append(name)
    return columns


def _separators(pairs: Sequence[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        column, equals, separator = pair.partition("=")
        if not (column and equals and separator):
            sys.exit(_fail(f"--multi {pair}: expected COL=SEP, for instance --multi 'skills=;'."))
        found[column] = separator
    return found


def _open_app(request: dict, options: argparse.Namespace) -> int:
    port = options.port or _free_port(options.host)
    here = Path(__file__).resolve().parent
    settings = {
        "server.port": port,
        "server.address": options.host,
        "server.headless": str(options.no_browser or not _has_display()).lower(),
        "server.maxUploadSize": UPLOAD_LIMIT_MB,
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "logger.level": "warning",
    } | theme_settings()
    flags = [part for name, value in settings.items() for part in (f"--{name}", str(value))]
    print(f"Dissensus is at http://{options.host}:{port}  (stop with Ctrl-C)", file=sys.stderr)
    environment = workspace_command.environment(options) | {
        "DISSENSUS_OPEN": json.dumps(request if request.get("paths") else {})
    }
    command = [sys.executable, "-m", "streamlit", "run", str(here / "server.py"), *flags]
    try:
        return subprocess.run(command, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return 0


def _free_port(host: str) -> int:
    for port in range(DEFAULT_PORT, DEFAULT_PORT + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    return DEFAULT_PORT


def _has_display() -> bool:
    return sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def theme_settings() -> dict[str, str]:
    """The theme as flags, so that it holds from any folder."""
    from dashboard.theme import STREAMLIT_THEME

    return {f"theme.{name}": value for name, value in STREAMLIT_THEME.items()}


def _check(options: argparse.Namespace) -> int:
    from analysis.bundle import BundleError
    from dashboard.inputs import narrowed, reading

    request = _request(options)
    found = reading(request)
    for entry in found.found:
        print(f"{entry.file}: {entry.form}, {entry.rows:,} rows")
        for column, role in entry.columns.items():
            print(f"    {column}: {role}")
    for note in found.notes:
        print(f"note: {note}")
    for problem in found.problems:
        print(f"problem: {problem}")
    if found.bundle is None and found.accuracies is None:
        return 1
    try:
        bundle, accuracies = narrowed(found, request)
    except BundleError as problem:
        print(f"problem: {problem}")
        return 1
    for question in found.questions:
        print(f"question: {question.text}")
    if bundle is not None:
        print(
            f"usable: {len(bundle.models):,} models on {len(bundle.ids):,} samples, "
            f"fingerprint {bundle.fingerprint}"
        )
    if accuracies is not None:
        print(
            f"usable: accuracies of {len(accuracies.models):,} models in "
            f"{len(accuracies.settings):,} settings, {int(accuracies.measured.sum()):,} measured, "
            f"fingerprint {accuracies.fingerprint}"
        )
    return 0


def _analyze(options: argparse.Namespace) -> int:
    from analysis.accuracy_summary import summarise_accuracies
    from analysis.bundle import BundleError
    from analysis.summary import summarise

    result = {}
    try:
        bundle, accuracies = _load(options)
        if accuracies is not None:
            result |= summarise_accuracies(accuracies)
        if bundle is not None:
            result |= summarise(
                bundle,
                ensembles=[_ensemble(text, bundle) for text in options.ensemble],
                reference=options.reference,
                missing=options.missing,
                seed=options.seed,
            )
    except BundleError as problem:
        return _fail(str(problem))
    text = json.dumps(result, ensure_ascii=False, allow_nan=False, indent=1)
    if options.json == "-":
        print(text)
        return 0
    try:
        Path(options.json).write_text(text + "\n", encoding="utf-8")
    except OSError as problem:
        return _fail(f"--json {options.json} cannot be written: {problem.strerror}.")
    return 0


def _convert(options: argparse.Namespace) -> int:
    from analysis.bundle import BundleError
    from analysis.loading import save_bundle
    from dashboard.inputs import narrow, reading

    request = _request(options)
    found = reading(request, _progress)
    for note in found.notes:
        print(f"note: {note}", file=sys.stderr)
    if found.bundle is None and found.accuracies is not None:
        return _fail("The input holds accuracies alone; expected predictions for single samples.")
    if found.bundle is None:
        return _fail("\n".join(found.problems))
    try:
        bundle = narrow(found.bundle, request)
        save_bundle(bundle, options.output)
    except (BundleError, OSError) as problem:
        return _fail(str(problem))
    print(f"{options.output}  fingerprint {bundle.fingerprint}")
    return 0


def _progress(share: float, doing: str) -> None:
    """A line that rewrites itself, where somebody looks at it."""
    if sys.stderr.isatty():
        print(f"\r\033[K{share:4.0%}  {doing}", end="", file=sys.stderr, flush=True)
        if share >= 1:
            print("\r\033[K", end="", file=sys.stderr)


def _load(options: argparse.Namespace):
    import torch

    from analysis.bundle import BundleError
    from dashboard.inputs import load_all

    cuda = torch.cuda.is_available()
    if options.device == "cuda" and not cuda:
        raise BundleError("There is no CUDA device here; use --device cpu.")
    wanted = options.device if options.device != "auto" else "cuda" if cuda else "cpu"
    bundle, accuracies = load_all(_request(options))
    if bundle is None and (options.ensemble or options.reference):
        raise BundleError(
            "--ensemble and --reference need answers on single samples; the input holds accuracies "
            "alone."
        )
    return None if bundle is None else bundle.to(wanted), accuracies


def _ensemble(text: str, bundle):
    from analysis.bundle import BundleError
    from analysis.ensemble import Ensemble
    from analysis.rules import RULES

    head, _, options = text.partition(";")
    rule, _, members = head.partition(":")
    if rule not in RULES:
        raise BundleError(f"--ensemble {text}: the rules are {', '.join(RULES)}.")
    if options:
        raise BundleError(f"--ensemble {text}: '{rule}' has no options.")
    chosen = tuple(members.split(",")) if members else bundle.models
    return Ensemble(chosen, rule)


def _fail(sentence: str) -> int:
    print(f"dissensus: {sentence}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
