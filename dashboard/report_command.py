"""The commands `dissensus report` and `dissensus figure`."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

FORMATS = ("pdf", "svg", "png", "html", "csv")
REPORTS = ("html", "pdf")


def add(chosen, command: Callable, reading: Callable, request: Callable) -> None:
    """Add both commands to the parser.

    Args:
        chosen: the subparsers.
        command: makes one with help and an example.
        reading: adds the options on inputs.
        request: what these options ask for.
    """
    report = command(
        chosen,
        "report",
        lambda options: _report(request(options), options),
        "write findings, figures and methods as one page, .html or .pdf",
        "dissensus report runs/ --sections overview,groups -o report.html",
    )
    reading(report)
    _choosing(report)
    report.add_argument("--sections", metavar="A,B", help="only these; default: all")
    report.add_argument(
        "--notes",
        type=Path,
        metavar="FILE",
        help='JSON with text beside figures and sections: {"pair-matrix": "..."}',
    )
    figure = command(
        chosen,
        "figure",
        lambda options: _figure(request(options), options),
        "write one figure by its name, as .pdf .svg .png .html or .csv; --list names them all",
        "dissensus figure reliability runs/ -o reliability.svg",
    )
    figure.add_argument("name", nargs="?", metavar="NAME", help="as --list has it")
    reading(figure, paths="*")
    _choosing(figure, required=False)
    figure.add_argument("--list", action="store_true", help="name every figure and what it needs")


def _choosing(command: argparse.ArgumentParser, *, required: bool = True) -> None:
    """What is looked at, and where it is written."""
    add = command.add_argument
    add("-o", "--output", required=required, type=Path, metavar="FILE", help="what to write")
    add("--missing", choices=("exclude", "wrong"), default="exclude", help="how gaps are judged")
    add(
        "--ensemble",
        action="append",
        default=[],
        metavar="RULE[:MEMBER,...][;OPTION=VALUE]",
        help="the first is looked at, the others stand beside it",
    )
    add("--fit-on", metavar="COL=VALUE", help="fit on these samples, report on the others")
    add("--by", metavar="GROUPING", help="by which groups; default: as the app opens")
    add("--least", type=int, default=20, metavar="N", help="samples that a group needs to count")
    add("--seed", type=int, default=0)
    add("--memory", metavar="SIZE", help="most memory to take: 500MB, 2GB")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto")


def _report(request: dict, options: argparse.Namespace) -> int:
    from analysis.bundle import BundleError
    from dashboard.commands import fail

    kind = options.output.suffix.lower().lstrip(".")
    if kind not in REPORTS:
        return fail(f"-o {options.output}: a report is written as .html or .pdf.")
    _quiet()
    from dashboard.report import SECTIONS, Wanted, made
    from dashboard.report.printing import PrintingError, printed

    try:
        sections = options.sections.split(",") if options.sections else SECTIONS
        wanted = Wanted(named(request), tuple(sections), notes=read_notes(options.notes))
        choices, settings = _chosen(request, options)
        page = made(choices, settings, wanted, _progress)
        return _write(options.output, printed(page) if kind == "pdf" else page)
    except (BundleError, PrintingError) as problem:
        return fail(str(problem))


def _figure(request: dict, options: argparse.Namespace) -> int:
    from analysis.bundle import BundleError
    from dashboard.commands import fail

    _quiet()
    from dashboard.figures.catalogue import FAMILIES
    from dashboard.figures.family import draw

    if options.list:
        for family in FAMILIES.values():
            print(f"{family.name:24}{family.shows} Needs {family.needed}.")
        return 0
    if problem := _unusable(options, FAMILIES):
        return fail(problem)
    try:
        choices, settings = _chosen(request, options)
        drawn = draw(FAMILIES[options.name], choices, settings)
        if isinstance(drawn, str):
            return fail(f"{options.name}: {drawn}")
        return _write(options.output, _written(drawn, options.output))
    except BundleError as problem:
        return fail(str(problem))


def _unusable(options: argparse.Namespace, families) -> str:
    """Why the arguments of `figure` cannot be used; empty where they can."""
    if not options.name:
        return "Which figure? dissensus figure --list names them all."
    if options.name not in families:
        from difflib import get_close_matches

        near = get_close_matches(options.name, families, 3) or list(families)[:3]
        return f"There is no figure '{options.name}'; perhaps {' or '.join(near)}. See --list."
    if not options.paths:
        return f"figure {options.name} needs a PATH with data."
    if options.output is None:
        return f"figure {options.name} needs -o FILE."
    if options.output.suffix.lower().lstrip(".") not in FORMATS:
        return f"-o {options.output}: a figure is written as .{', .'.join(FORMATS)}."
    return ""


def _written(drawn, output: Path) -> bytes:
    from dashboard.export import PRESETS, write
    from dashboard.figures.family import version_note

    kind = output.suffix.lower().lstrip(".")
    caption = f"{drawn.caption} {version_note()}"
    return write(drawn.figure, kind, PRESETS["double column"], caption)


def _chosen(request: dict, options: argparse.Namespace):
    """Choices and settings from the options.

    Raises:
        BundleError: the input or an option cannot be used.
    """
    from analysis.bundle import BundleError
    from dashboard.chosen import chosen
    from dashboard.commands import ensemble_of, load
    from dashboard.figures.family import Settings
    from dashboard.fit_on import FitOn

    bundle, _ = load(request, options)
    if bundle is None:
        raise BundleError("The input holds accuracies alone; expected answers on single samples.")
    fit_on = None
    if options.fit_on is not None:
        column, found, value = options.fit_on.partition("=")
        if not found:
            raise BundleError(f"--fit-on {options.fit_on}: expected COL=VALUE.")
        fit_on = FitOn(way="column", column=column, value=value)
    choices = chosen(
        bundle,
        [ensemble_of(text, bundle) for text in options.ensemble],
        grouping=options.by,
        missing=options.missing or "exclude",
        fit_on=fit_on,
        seed=options.seed,
    )
    return choices, Settings(seed=options.seed, least=options.least)


def named(request: dict) -> str:
    """What the data are called, as the app calls them."""
    from dashboard.inputs import title
    from dashboard.places import DEMO, demo_folder

    return DEMO if request["paths"] == [str(demo_folder())] else title(request)


def read_notes(path: Path | None) -> dict[str, str]:
    """The text beside figures and sections, from a JSON file.

    Raises:
        BundleError: it cannot be read, is no object of texts, or names nothing that is there.
    """
    from analysis.bundle import BundleError
    from dashboard.figures.catalogue import FAMILIES
    from dashboard.figures.family import SECTIONS

    if path is None:
        return {}
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as problem:
        raise BundleError(f"--notes {path} cannot be read as JSON: {problem}.") from None
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise BundleError(f"--notes {path}: expected an object of texts by name of a figure.")
    unknown = [name for name in found if name not in FAMILIES and name not in SECTIONS]
    if unknown:
        raise BundleError(f"--notes {path}: there is no figure or section '{unknown[0]}'.")
    return found


def _quiet() -> None:
    """The caches work without a page; Streamlit need not say so on each of them."""
    import logging

    from streamlit.logger import set_log_level

    set_log_level(logging.getLevelName(logging.ERROR))


def _progress(share: float, doing: str) -> None:
    """A line that rewrites itself, where somebody looks at it."""
    if sys.stderr.isatty():
        end = "\r\033[K" if share >= 1 else ""
        print(f"\r\033[K{doing}{end}", end="", file=sys.stderr, flush=True)


def _write(path: Path, content: bytes) -> int:
    from analysis.loading.aside import reason, written
    from dashboard.commands import fail

    try:
        with written(path) as stream:
            stream.write(content)
    except OSError as problem:
        return fail(f"-o {path} cannot be written: {reason(problem)}.")
    print(path)
    return 0
