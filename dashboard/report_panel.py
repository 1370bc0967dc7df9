"""The report in the app: which sections, which notes, and both files to download."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from analysis.bundle import BundleError
from dashboard import group_options, jobs, state
from dashboard.choosing import Choices
from dashboard.figures.catalogue import of_section
from dashboard.figures.family import SECTIONS, Settings
from dashboard.front.searching import background
from dashboard.report import Wanted, made
from dashboard.report.printing import PrintingError, browser, printed
from dashboard.theme import markdown, megabytes

NOTES = "notes"  # as sessions carry them


def sections() -> tuple[str, ...]:
    """The sections that are chosen."""
    picked = st.pills(
        "Sections",
        list(SECTIONS),
        wrap=True,
        format_func=SECTIONS.get,
        selection_mode="multi",
        **state.widget("report-sections", list(SECTIONS)),
    )
    return tuple(key for key in SECTIONS if key in (picked or ()))


def notes(chosen: tuple[str, ...]) -> dict[str, str]:
    """What is written beside figures and sections; fields for those that are chosen."""
    offered = {key: SECTIONS[key] for key in chosen}
    offered |= {
        family.name: f"{SECTIONS[key]}: {family.title}"
        for key in chosen
        for family in of_section(key)
        if family.in_report
    }
    written = {name: text for name, text in state.get(NOTES, {}).items() if text.strip()}
    if not offered:
        return {}
    with st.expander(f"Notes ({len(written)})" if written else "Notes", expanded=bool(written)):
        place = st.selectbox(
            "Beside",
            list(offered),
            format_func=lambda name: offered[name] + (" ✎" if name in written else ""),
            help="A section, or one of its figures.",
        )
        st.text_area(
            "Note",
            max_chars=10_000,
            help="Plain text; it stands below the figure in the report.",
            **state.picker(f"widget/note/{place}", written.get(place, ""), _note, place),
        )
    return {name: text for name, text in written.items() if name in offered}


def _note(name: str, text: str) -> None:
    state.put(NOTES, {**state.get(NOTES, {}), name: text})


def settings() -> Settings:
    """The seed, and the smallest group as the page Groups has it."""
    seed = st.number_input(
        "Seed",
        min_value=0,
        max_value=1_000_000,
        width=160,
        help="Of everything that is drawn by lot.",
        **state.widget("report-seed", 0),
    )
    return Settings(seed=int(seed), least=group_options.least())


def show(choices: Choices, options: Settings, chosen: tuple[str, ...], beside: dict) -> None:
    """Make the report beside the page, and offer it."""
    selected = state.selection()
    rows = None if selected is None else selected.positions
    try:
        wanted = Wanted(state.bundle_name(), chosen, beside, rows)
    except BundleError as problem:
        st.info(markdown(problem, 400))
        return
    key = _key(choices, options, wanted, "" if selected is None else selected.digest)
    page = background(key, partial(_made, choices, options, wanted), "Make the report")
    if page is None:
        return
    st.caption(f"{megabytes(len(page))}, for every browser, also offline; it prints well.")
    with st.container(horizontal=True):
        _offer("Download as HTML", page, "html", "text/html")
        if browser() is not None:
            pdf = background(f"pdf/{key}", partial(_printed, page), "Print as PDF")
            if isinstance(pdf, str):
                st.info(pdf)
            elif pdf is not None:
                _offer("Download as PDF", pdf, "pdf", "application/pdf")
    if browser() is None:
        st.caption("For a PDF, print the HTML from your browser: Chromium is not found here.")


def _key(choices: Choices, options: Settings, wanted: Wanted, digest: str) -> str:
    """Equal for reports that are equal."""
    beside = {name: one.key for name, one in choices.beside.items()}
    fitted = "" if choices.held_out is None else choices.held_out.bundle.fingerprint
    held = (choices.bundle.fingerprint, fitted, choices.ensemble.key, choices.name, beside)
    asked = (wanted.name, wanted.sections, sorted(wanted.notes.items()), digest)
    return (
        f"report/{(held, choices.grouping, choices.missing, options.seed, options.least, asked)!r}"
    )


def _made(choices: Choices, options: Settings, wanted: Wanted, report: jobs.Report) -> bytes:
    return made(choices, options, wanted, report)


def _printed(page: bytes, report: Callable) -> bytes | str:
    report(0.1, "Printing")
    try:
        return printed(page)
    except PrintingError as problem:
        return str(problem)


def _offer(label: str, content: bytes, ending: str, mime: str) -> None:
    st.download_button(
        label,
        data=content,
        file_name=f"dissensus-report.{ending}",
        mime=mime,
        on_click="ignore",
        key=f"report/{ending}",
    )
