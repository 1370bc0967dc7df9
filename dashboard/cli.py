"""The command `dissensus`."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from dashboard import (
    commands,
    launching,
    limits,
    report_command,
    session_option,
    workspace_command,
)
from dashboard.commands import fail


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: without the program's name; None: from the command line.

    Returns:
        0 done, 1 the input cannot be used, 2 the arguments cannot.
    """
    options = _parser().parse_args(arguments)
    # Read when torch is loaded. Threads that spin while they wait take the cores from other
    # sessions and programs: beside some, small sums were ten times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if arguments is None and getattr(options, "memory", None):
        commands.spare_pandas()
    if problem := limits.problem(options) or workspace_command.find_kept(options):
        return fail(problem)
    try:
        ended = options.run(options)
        sys.stdout.flush()
        return ended
    except OSError as problem:
        # The program's end writes once more what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(problem, BrokenPipeError):  # whoever read has seen enough, as `head` has
            return 0
        return fail(f"The command cannot go on: {problem.strerror or problem}.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dissensus",
        description="Where models disagree, what their ensembles put right, and for whom.",
    )
    chosen = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_app(chosen)
    _add_check(chosen)
    workspace_command.add(chosen, _command)
    _add_analyze(chosen)
    report_command.add(chosen, _command, _reading, _with_session)
    _add_convert(chosen)
    return parser


def _add_app(chosen) -> None:
    """The two commands that open the app."""
    _serving(
        _command(
            chosen, "demo", _demo, "open the app on the demo bundle", "dissensus demo --port 8600"
        )
    )
    serve = _command(
        chosen,
        "serve",
        _serve,
        "open the app on these inputs, with upload",
        "dissensus serve samples.csv predictions.parquet",
    )
    _reading(serve, paths="*")
    _serving(serve)


def _add_check(chosen) -> None:
    check = _command(
        chosen,
        "check",
        _check,
        "say what was found, what was assumed and every problem",
        "dissensus check runs/",
    )
    _reading(check)
    _memory(check)


def _add_analyze(chosen) -> None:
    analyze = _command(
        chosen,
        "analyze",
        _analyze,
        "every figure as JSON",
        "dissensus analyze runs/ --ensemble mean:a,b --missing wrong --json figures.json",
    )
    _reading(analyze)
    _memory(analyze)
    _judging(analyze)


def _add_convert(chosen) -> None:
    convert = _command(
        chosen,
        "convert",
        _convert,
        "write the canonical bundle folder; text is read block by block",
        "dissensus convert log.csv.gz --column label=gold -o bundle/",
    )
    _reading(convert)
    _memory(convert)
    convert.add_argument(
        "-o", "--output", required=True, type=Path, metavar="DIR", help="a new or empty folder"
    )


def _command(chosen, name: str, run, summary: str, example: str) -> argparse.ArgumentParser:
    command = chosen.add_parser(
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
    command.add_argument(
        "--port", type=int, help=f"default: {launching.DEFAULT_PORT} or the next free one"
    )
    command.add_argument(
        "--host", default="127.0.0.1", help="default: 127.0.0.1, this machine only"
    )
    command.add_argument("--no-browser", action="store_true", help="only print the address")
    workspace_command.serving(command)
    limits.add(command)
    session_option.add(command)


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
    add("--empty", choices=("answer", "missing"), help="what an empty cell is; default: missing")
    add("--missing-marker", action="append", default=[], metavar="TEXT", help="a missing answer")
    add(
        "--multi",
        action="append",
        default=[],
        metavar="COL=SEP",
        help="cells of this column hold several values, separated by SEP",
    )
    add("--threshold", type=float, metavar="SCORE", help="right from this score on; default: 1")
    add(
        "--alike",
        choices=("keep", "merge"),
        help="classes that differ only by case, space or how a number is written",
    )


def _memory(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--memory",
        metavar="SIZE",
        help="most memory to take: 500MB, 2GB; default: what is free",
    )


def _path(text: str) -> Path | str:
    """A path on this machine, or the address of a remote store as it stands."""
    return text if "://" in text else Path(text)


def _judging(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--missing", choices=("exclude", "wrong"), help="how gaps are judged; default: exclude")
    session_option.add(command)
    add("--ensemble", action="append", default=[], metavar="RULE[:MEMBER,...][;OPTION=VALUE]")
    add("--fit-on", metavar="COL=VALUE", help="fit on these samples, report on the others")
    add("--reference", metavar="MODEL", help="corrections and regressions are against it")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto")
    add("--cluster", metavar="ADDRESS", help="count on this Dask scheduler, tcp://host:8786")
    add("--seed", type=int, default=0)
    add("--json", default="-", metavar="FILE", help="where to write; - is standard output")


def _demo(options: argparse.Namespace) -> int:
    from dashboard.places import demo_folder

    demo = {"paths": [str(demo_folder())]}
    return _with_session(options, lambda _: launching.open_app(demo, options))


def _serve(options: argparse.Namespace) -> int:
    missing = [path for path in options.paths if isinstance(path, Path) and not path.exists()]
    if missing:
        return fail(f"There is no file or folder '{missing[0]}'.")
    return _with_session(options, lambda request: launching.open_app(request, options))


def _check(options: argparse.Namespace) -> int:
    return commands.check(_request(options), options.memory)


def _analyze(options: argparse.Namespace) -> int:
    return _with_session(options, lambda request: commands.analyze(request, options))


def _with_session(options: argparse.Namespace, run: Callable[[dict], int]) -> int:
    """Run on the request, with what the session says of the inputs where there is one."""
    request = _request(options) if hasattr(options, "paths") else {}
    if options.session is None:
        return run(request)
    from analysis.bundle import BundleError
    from dashboard import session_command

    try:
        options.read_session = session_command.read(options.session)
    except BundleError as problem:
        return fail(str(problem))
    return run(session_command.supplied(request, options.read_session))


def _convert(options: argparse.Namespace) -> int:
    return commands.convert(_request(options), options.output, options.memory)


def _request(options: argparse.Namespace) -> dict:
    """What the options that every command with paths shares ask for, as plain text."""
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
            sys.exit(fail(f"--column {pair}: expected ROLE=NAME."))
        columns.setdefault(role, []).append(name)
    return columns


def _separators(pairs: Sequence[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        column, equals, separator = pair.partition("=")
        if not (column and equals and separator):
            sys.exit(fail(f"--multi {pair}: expected COL=SEP, for instance --multi 'skills=;'."))
        found[column] = separator
    return found


if __name__ == "__main__":
    sys.exit(main())
