"""Widgets that several views share, and what is said when something is missing."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

from analysis.bundle import Bundle, BundleError
from dashboard import compute, footnotes, keeping, ready, state, table_panel, words
from dashboard.inputs import Request, title
from dashboard.places import DEMO, demo_folder
from dashboard.state import Choices
from dashboard.terms import TERMS
from dashboard.theme import count, markdown, shortened


def require(*needs: str) -> Choices:
    """The choices, or a sentence on what is missing and the end of the page.

    Args:
        needs: of "answers", "labels", "confidence", "embeddings", "groups".
    """
    if state.whole() is None and state.accuracies() is not None:
        table = state.accuracies()
        st.info(
            "This page needs answers on single samples, and only accuracies of "
            f"{words.counted(len(table.models), 'model')} in "
            f"{words.counted(len(table.settings), 'setting')} are open. See them on the page "
            "Across settings, or add a table of predictions on the Data page."
        )
        with st.container(horizontal=True):
            st.page_link("views/settings.py", label="Across settings")
            st.page_link("views/data.py", label="Data")
        st.stop()
    if state.whole() is None:
        start_problems()
        st.info("Nothing is loaded. Open the demo to look around, or upload your own predictions.")
        with st.container(horizontal=True):
            st.button("Open the demo", on_click=open_demo, type="primary")
            st.page_link("views/data.py", label="Upload predictions")
        st.stop()
    chosen = state.choices()
    if chosen is None:
        st.info("The ensemble has no member. Choose at least one model in the sidebar.")
        st.stop()
    chosen = ready.ready(chosen)
    for need in (*needs, *(("judged",) if "labels" in needs else ())):
        _require(need, chosen)
    return chosen


def _require(need: str, chosen: Choices) -> None:
    bundle = chosen.bundle
    sentences = {
        "judged": (
            lambda: compute.reference(chosen) is not None,
            "No member has an answer that can be judged: they answered no labelled sample. "
            "Choose other members in the sidebar.",
        ),
        "labels": (
            lambda: bool(bundle.labelled.any()),
            "There are no labels, so nobody can be called right or wrong here. Disagreement, "
            "Difficulty, Map and Samples work without labels; add a label column on the Data page "
            "for the rest.",
        ),
        "answers": (
            lambda: bool(bundle.select(chosen.ensemble.members).answered.any()),
            "No member answered any sample. Choose other members in the sidebar.",
        ),
        "confidence": (
            lambda: compute.confident(bundle, chosen.ensemble.members),
            "No member says how sure it is: there are no probabilities and no confidences, so "
            "there is nothing to compare with its accuracy. Add probabilities (one column or "
            "array per class) or a confidence column on the Data page. Which samples the members "
            "disagree on, the page Difficulty shows without them.",
        ),
        "embeddings": (
            lambda: bundle.embeddings is not None,
            "There are no embeddings, so there is no map of the samples. Add embeddings.npy "
            "(one row per sample) or a table with an id and numeric columns on the Data page.",
        ),
        "groups": (
            lambda: chosen.grouping is not None,
            "There is no grouping of two or more levels. A samples table with a text column, or a "
            "numeric one of at most 20 values, makes one; others are made in the sidebar.",
        ),
    }
    there, sentence = sentences[need]
    if not there():
        st.info(sentence)
        st.page_link("views/data.py", label="Data")
        st.stop()


def unlabelled() -> None:
    """That nobody can be called right or wrong, and what is shown all the same."""
    st.info(
        "There are no labels that a member could be judged by, so accuracy, worst group, effects "
        "and curves are not shown: they need labels. How much the members disagree in each group "
        "needs none."
    )
    st.page_link("views/data.py", label="Data")


def open_demo() -> None:
    """Open the demo bundle that ships with the project."""
    bundle, _ = compute.opened({"paths": [str(demo_folder())]})
    state.open_bundle(bundle, DEMO)
    keeping.nothing()


def open_start(request: Request) -> None:
    """Open what the command line named, or remember why that is not possible."""
    try:
        with st.spinner(f"Reading {markdown(title(request))}", show_time=True):
            opened, table = compute.opened(request)
        if table is not None:
            state.open_accuracies(table, title(request))
        if opened is None:
            return
    except BundleError as problem:
        state.refuse_start(str(problem))
        return
    if request["paths"] == [str(demo_folder())]:
        state.open_bundle(opened, DEMO)
        return
    sources = [Path(path).name for path in request["paths"]]
    said = {name: value for name, value in request.items() if name != "paths"}
    state.open_bundle(opened, title(request), said, sources)
    keeping.begin(opened, title(request), sources)


def start_problems() -> None:
    """Why what the command line named could not be opened, one sentence a line."""
    lines = state.start_problem().splitlines()
    if lines:
        st.error("What the command line named cannot be opened.")
        for line in lines:
            st.markdown(f"- {markdown(line, 2000)}")


def loaded(choices: Choices) -> None:
    """What is loaded and what is missing, as a line of facts and the notes of the loader."""
    bundle = choices.bundle
    gaps = bundle.gaps
    facts = [
        f"{count(len(bundle.ids))} samples",
        f"{count(len(bundle.models))} models",
        f"{count(len(bundle.classes))} classes",
        f"probabilities of {count(len(bundle.probabilities))} models"
        if bundle.probabilities
        else "no probabilities",
        "no embeddings"
        if bundle.embeddings is None
        else f"embeddings of {bundle.embeddings.shape[1]} dimensions",
        f"groupings: {words.listed(list(bundle.groups), 5)}" if bundle.groups else "no grouping",
        f"{count(gaps)} missing answers" if gaps else "no missing answers",
    ]
    if bundle.labels is None:
        facts.append("no labels")
    elif unlabelled := int((bundle.labels < 0).sum()):
        facts.append(f"{count(unlabelled)} samples without a label")
    st.caption(" · ".join(facts))
    notes(bundle.notes)


def notes(texts: Sequence[str]) -> None:
    """What the loader assumed, folded away."""
    if texts:
        number = len(texts)
        with st.expander(f"{number} {'note' if number == 1 else 'notes'} of the loader"):
            for note in texts:
                st.markdown(f"- {markdown(note, 600)}")


def pick_pool(choices: Choices, key: str, default: str = "all") -> tuple[str, ...]:
    """All models or the members only."""
    members = choices.ensemble.members
    if set(members) == set(choices.bundle.models):
        return choices.bundle.models
    options = {"all": "All models", "members": "Members of the ensemble"}
    picked = st.segmented_control(
        "Models shown",
        list(options),
        wrap=True,
        format_func=options.get,
        required=True,
        **state.widget(key, default),
    )
    return choices.bundle.models if picked == "all" else members


def table(frame: pd.DataFrame, alt: str, shares: Sequence[str] = (), **settings) -> None:
    """A table whose columns explain the terms in their heads; shares are shown in percent."""
    config = {name: st.column_config.Column(help=TERMS[name]) for name in frame if name in TERMS}
    formats = dict.fromkeys(shares, "percent") | {
        name: "%.2g" for name in frame if name == "p" or str(name).startswith("p (")
    }
    for name, form in formats.items():
        config[name] = st.column_config.NumberColumn(name, help=TERMS.get(name), format=form)
    st.dataframe(frame, hide_index=True, alt=shortened(alt, 300), column_config=config, **settings)


def download(table: pd.DataFrame, name: str) -> None:
    """Buttons that save a table as CSV, or in another format."""
    table_panel.offer(lambda: table, name, "Download as CSV", f"download/{name}")


def page(title: str, question: str) -> None:
    """The head of a page: its name and the question it answers."""
    st.title(title)
    st.caption(question)


def units_repeat(bundle: Bundle) -> bool:
    """Whether samples share units, so that they are not independent."""
    return bundle.units is not None and len(bundle.units.unique()) < len(bundle.ids)


def caption(choices: Choices, n: int, *, tested: bool = True) -> None:
    """The footnote on n, intervals and the missing rule; tested: McNemar's test was shown."""
    note = footnotes.footnote(
        n,
        choices.missing,
        units=units_repeat(choices.bundle),
        tested=tested,
        selected=state.selection() is not None,
        held_out=choices.held_out is not None,
    )
    st.caption(note)
