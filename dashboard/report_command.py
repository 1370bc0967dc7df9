"""The commands `dissensus report` and `dissensus figure`."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from dashboard import session_option
from dashboard.theme import spelt

SIZES = ("preset", "width", "height", "dpi", "size", "font", "greyscale")
ALONE = "The input holds accuracies alone; a report needs answers on single samples."
FORMATS = ("pdf", "svg", "png", "html", "csv")
REPORTS = ("html", "pdf")


def add(chosen, command: Callable, reading: Callable, with_session: Callable) -> None:
    """Add both commands to the parser.

    Args:
        chosen: the subparsers.
        command: makes one with help and an example.
        reading: adds the options on inputs.
        with_session: calls with what these options and the session ask for.
    """
    report = command(
        chosen,
        "report",
        lambda options: with_session(options, partial(_report, options)),
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
        lambda options: with_session(options, partial(_figure, options)),
        "write one figure by its name, as .pdf .svg .png .html or .csv; --list names them all",
        "dissensus figure reliability runs/ -o reliability.svg",
    )
    figure.add_argument("name", nargs="?", metavar="NAME", help="as --list has it")
    reading(figure, paths="*")
    _choosing(figure, required=False)
    figure.add_argument("--list", action="store_true", help="name every figure and what it needs")
    _sizing(figure.add_argument)


def _sizing(add: Callable) -> None:
    """Size and letters of a picture."""
    presets = ("single column", "double column", "slide")
    add("--preset", choices=presets, help="size and letters; default: double column")
    add("--width", metavar="LENGTH", help="89mm, 3.5in")
    add("--height", metavar="LENGTH", help="60mm, 2.4in; default: what the figure needs")
    add("--dpi", type=int, help="dots per inch of .png; default: of the preset")
    add("--letters", type=float, dest="size", metavar="POINTS", help="of the names of axes")
    add("--font", choices=("sans-serif", "serif", "monospace"))
    add("--greyscale", action="store_true", default=None, help="other markers, dashes and hatches")


def _choosing(command: argparse.ArgumentParser, *, required: bool = True) -> None:
    """What is looked at, and where it is written."""
    add = command.add_argument
    add("-o", "--output", required=required, type=Path, metavar="FILE", help="what to write")
    session_option.add(command)
    add("--missing", choices=("exclude", "wrong"), help="how gaps are judged; default: exclude")
    add(
        "--ensemble",
        action="append",
        default=[],
        metavar="RULE[:MEMBER,...][;OPTION=VALUE]",
        help="the first is looked at, the others stand beside it",
    )
    add("--fit-on", metavar="COL=VALUE", help="fit on these samples, report on the others")
    add("--by", metavar="GROUPING", help="by which groups; default: as the app opens")
    add("--least", type=int, metavar="N", help="samples that a group needs to count; default: 20")
    add("--seed", type=int, help="of all that is drawn by lot; default: 0")
    add("--memory", metavar="SIZE", help="most memory to take: 500MB, 2GB")
    add("--device", choices=("auto", "cpu", "cuda"), default="auto")


def _report(options: argparse.Namespace, request: dict) -> int:
    from analysis.bundle import BundleError
    from dashboard.commands import fail

    kind = options.output.suffix.lower().lstrip(".")
    if kind not in REPORTS:
        return fail(f"-o {options.output}: a report is written as .html or .pdf.")
    _quiet()
    from dashboard.looked_at import looked_at
    from dashboard.report import SECTIONS, Wanted, made
    from dashboard.report.printing import PrintingError, printed

    try:
        notes = read_notes(options.notes)
        found = looked_at(request, options)
        if found.choices is None:
            return fail(ALONE)
        sections = options.sections.split(",") if options.sections else found.sections or SECTIONS
        beside = {**found.notes, **notes}
        wanted = Wanted(named(request), tuple(sections), beside, found.selected)
        page = made(found.choices, found.settings, wanted, _progress)
        return _write(options.output, printed(page) if kind == "pdf" else page)
    except (BundleError, PrintingError) as problem:
        return fail(str(problem))


def _figure(options: argparse.Namespace, request: dict) -> int:
    from analysis.bundle import BundleError
    from dashboard.commands import fail

    _quiet()
    from dashboard.figures.catalogue import FAMILIES
    from dashboard.figures.family import draw
    from dashboard.looked_at import looked_at

    if options.list:
        for family in FAMILIES.values():
            print(f"{family.name:24}{family.shows} Needs {family.needed}.")
        return 0
    if problem := _unusable(options, FAMILIES):
        return fail(problem)
    try:
        changed = _sizes(options)
        found = looked_at(request, options)
        settings = replace(found.settings, selected=found.selected)
        drawn = draw(FAMILIES[options.name], found.choices, settings)
        if isinstance(drawn, str):
            return fail(f"{options.name}: {drawn}")
        sizes = changed if "preset" in changed else {**found.figure_settings, **changed}
        return _write(options.output, _written(drawn, options.output, sizes))
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


def _written(drawn, output: Path, chosen: dict) -> bytes:
    from dashboard.export import write
    from dashboard.figure_settings import preset_of
    from dashboard.figures.family import version_note

    kind = output.suffix.lower().lstrip(".")
    caption = f"{drawn.caption} {version_note()}"
    return write(drawn.figure, kind, preset_of(chosen, "double column"), caption)


def _sizes(options: argparse.Namespace) -> dict:
    """What the command line says of size and letters.

    Raises:
        BundleError: one of them cannot be.
    """
    from analysis.bundle import BundleError
    from dashboard.figure_settings import HEIGHTS, WIDTHS, millimetres, usable

    said = {name: value for name in SIZES if (value := getattr(options, name)) is not None}
    for name, ends in (("width", WIDTHS), ("height", HEIGHTS)):
        if name in said:
            said[f"{name}_mm"] = millimetres(said.pop(name), f"--{name}", ends)
    if wrong := usable(said)[1]:
        flag = {"size": "letters"}.get(wrong[0], wrong[0])
        raise BundleError(f"--{flag} {said[wrong[0]]:g} is out of range.")
    return said


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
    from analysis.loading.aside import why
    from analysis.loading.sources import printable, shortened
    from dashboard.figures.catalogue import FAMILIES
    from dashboard.figures.family import SECTIONS

    if path is None:
        return {}
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as problem:
        reason = why(problem) if isinstance(problem, OSError) else printable(str(problem))
        raise BundleError(f"--notes {path} cannot be read as JSON: {reason}.") from None
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise BundleError(f"--notes {path}: expected an object of texts by name of a figure.")
    unknown = [name for name in found if name not in FAMILIES and name not in SECTIONS]
    if unknown:
        name = printable(shortened(unknown[0]))
        raise BundleError(f"--notes {path}: there is no figure or section '{name}'.")
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
        print(f"\r\033[K{spelt(doing)}{end}", end="", file=sys.stderr, flush=True)


def _write(path: Path, content: bytes) -> int:
    from analysis.loading.aside import replaced, why
    from dashboard.commands import fail

    try:
        with replaced(path) as place:
            place.write_bytes(content)
    except OSError as problem:
        return fail(f"-o {path} cannot be written: {why(problem)}.")
    print(path)
    return 0
