"""Saving what was chosen as a file, opening such a file, and what became of it."""

import os
from pathlib import Path

import streamlit as st

from analysis.bundle import BundleError
from dashboard import links, session_choices, state
from dashboard.session_choices import Report
from dashboard.sessions.checking import MOST_BYTES
from dashboard.sessions.files import from_json, from_path, to_json
from dashboard.theme import markdown

HELP = (
    "Members, rule, weights, kept ensembles, split, selection, made groupings and the options of "
    "all pages, as a small file that can be read. It opens here, or with dissensus serve "
    "--session FILE. The address of the page carries the small part: a copied link opens the same "
    "view on the same data."
)
TOO_LARGE = MOST_BYTES // 1_000_000


def begin(page: str) -> None:
    """Once: take up the session that the command line named, and the link that was followed."""
    if state.get("session-begun"):
        return
    state.put("session-begun", True)
    named = os.environ.get("DISSENSUS_SESSION")
    if named:
        try:
            _wait_with(from_path(Path(named)))
        except BundleError as problem:
            state.put("session-problem", str(problem))
    followed = links.followed(page)
    if followed is not None:
        state.put(
            "session-waiting", [*state.get("session-waiting", []), ("the link", followed, ())]
        )


def _wait_with(read: tuple) -> None:
    session, unknown = read
    state.put("session-waiting", [("the session", session, unknown)])


def apply_waiting() -> str:
    """Apply what waits for data, once some are open; the page to show, empty: the one that is."""
    waiting = state.get("session-waiting")
    if not waiting or state.whole() is None:
        return ""
    state.put("session-waiting", [])
    reports = [session_choices.apply(session, whose, more) for whose, session, more in waiting]
    team = [links.unnamed(session) for whose, session, _ in waiting if whose == "the link"]
    differs = dict.fromkeys(line for report in reports for line in report.differs)
    left = dict.fromkeys(line for report in reports for line in report.left_out)
    both = (*left, *filter(None, team))
    state.put("session-report", Report(reports[-1].whose, tuple(differs), both))
    state.put("session-problem", "")
    followed = any(whose == "the link" for whose, _, _ in waiting)
    return "" if followed else waiting[-1][1].page


def show(page: str) -> None:
    """The popover of the sidebar."""
    with st.popover("Session", width="stretch"):
        st.caption(HELP)
        if state.whole() is not None:
            session = session_choices.chosen(page)
            st.download_button(
                "Save session",
                data=lambda: to_json(session()),
                file_name="dissensus-session.json",
                mime="application/json",
                on_click="ignore",
                key="save-session",
            )
        key = f"session-file/{state.get('session-generation', 0)}"
        st.file_uploader("A saved session", type=["json"], max_upload_size=TOO_LARGE, key=key)
        if state.get(key) is not None:
            st.button("Open session", key="open-session", on_click=_open, args=(key,))


def _open(key: str) -> None:
    listed = state.get(key)
    if listed is None:
        return
    state.put("session-generation", state.get("session-generation", 0) + 1)
    state.put("session-report", None)
    state.put("session-problem", "")
    try:
        _wait_with(from_json(listed.getvalue()))
    except BundleError as problem:
        state.put("session-problem", f"{problem} Nothing was changed.")


def report() -> None:
    """What differs and what was left out, until it is dismissed."""
    if problem := state.get("session-problem"):
        st.error(markdown(problem, 800))
    waiting = state.get("session-waiting")
    if waiting and state.whole() is None:
        whose, session, _ = waiting[-1]
        named = session.data.name or session.data.fingerprint[:12]
        of = f" It is of {markdown(named, 200)}." if named else ""
        st.info(f"{whose.capitalize()} waits until the data are opened that it is of.{of}")
    found = state.get("session-report")
    if found is None or not (found.differs or found.left_out):
        return
    lines = [f"- {markdown(line, 600)}" for line in found.differs]
    if found.left_out:
        lines += ["", "Left out, or not as it was:", ""]
        lines += [f"- {markdown(line, 600)}" for line in found.left_out]
    head = f"{found.whose.capitalize()} was opened as far as it fits."
    with st.container(key="session-report"):
        st.warning("\n".join([head, "", *lines]))
        st.button(
            "Dismiss", key="dismiss-session", on_click=state.put, args=("session-report", None)
        )
