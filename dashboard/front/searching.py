"""Searches that take long run in the background; a few candidates are shown meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from analysis.bundle import Bundle
from analysis.candidate_plan import Plan
from dashboard import compute, front_words, jobs
from dashboard.compute.candidates import Candidates
from dashboard.compute.searches import Setting, Wanted
from dashboard.jobs import Report
from dashboard.state import Choices
from dashboard.theme import count, markdown

AT_ONCE = 1.5  # seconds that a page may take
UNASKED = 30.0  # seconds of work in the background that nobody is asked about
QUICK = {"every": 1, "random": 20, "edges": False}


def found(choices: Choices, bundle: Bundle, wanted: Wanted) -> tuple[Setting, Candidates]:
    """What the search that is asked for found, or a quick one until it is done."""
    asked = compute.setting(choices, bundle, wanted)
    number, seconds = compute.expected(asked)
    if seconds <= AT_ONCE:
        with st.spinner(f"Looking at {front_words.cost(number, seconds)}"):
            return asked, compute.search_now(asked)
    quick = compute.setting(choices, bundle, replace(wanted, **QUICK))
    few = None
    if compute.expected(quick)[1] <= AT_ONCE and not _known(asked.key):
        with st.spinner("Looking at a few candidates"):
            few = compute.search_now(quick)
    result = _in_full(asked, asked_for=few is None)
    if result is not None:
        if not result.complete:
            _rest(asked, result)
        return asked, result
    if few is None:
        st.info("The first candidates are shown as soon as the search is done or cancelled.")
        st.stop()
    st.caption(f"Shown meanwhile: {count(len(few.values))} candidates.")
    return quick, few


def _in_full(asked: Setting, *, asked_for: bool) -> Candidates | None:
    """What a search in the background found; how long it takes is worked out beforehand."""
    known = background(
        f"cost/{asked.key}",
        lambda report: compute.estimate(asked, report),
        "Work out how long it takes",
        at_once=True,
    )
    if known is None:
        return None
    return background(
        asked.key,
        lambda report: _searched(asked, report, known.plan),
        f"Look at {front_words.cost(len(known.plan), known.seconds)}",
        at_once=asked_for or known.seconds <= UNASKED,
    )


def _searched(asked: Setting, report: Report, planned: Plan) -> Candidates:
    """What a search finds, and its front worked out beside the page."""
    found = compute.search(asked, report, planned)
    compute.elsewhere(asked, found)
    compute.front_of(found)
    return found


def _known(key: str) -> bool:
    """Whether a search has been done."""
    job = jobs.find(key)
    return job is not None and job.result is not None


def _rest(asked: Setting, result: Candidates) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"{count(len(result.values))} of {count(result.possible)} candidates looked at, the "
            "most promising first; then it was cancelled."
        )
        st.button("Start again", on_click=jobs.forget, args=(asked.key,))


def background(
    key: str, work: Callable[..., Any], label: str, *, at_once: bool = False
) -> Any | None:
    """What a job made; until then a button that starts it, or its progress and Cancel."""
    job = jobs.find(key)
    if job is not None and job.result is not None:
        return job.result
    if job is None and at_once:
        jobs.start(key, work)
        job = jobs.find(key)
    if job is None:
        st.button(label, key=f"start/{key}", on_click=jobs.start, args=(key, work))
    elif job.running:
        _progress(key)
    else:
        st.caption(f"Ended without a result: {markdown(job.error, 300)}.")
        st.button("Try again", key=f"again/{key}", on_click=jobs.forget, args=(key,))
    return None


@st.fragment(run_every=0.5)
def _progress(key: str) -> None:
    job = jobs.find(key)
    if job is None or not job.running:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(job.progress, text=job.doing or "Starting")
        st.button("Cancel", key=f"cancel/{key}", on_click=jobs.cancel, args=(key,))
