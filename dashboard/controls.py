"""Widgets that several views share, and what is said when something is missing."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

from analysis.bundle import Bundle, BundleError
from analysis.outcomes import OUTCOME_SUMMARIES
from dashboard import compute, footnotes, keeping, ready, state, table_panel, words
from dashboard.inputs import Request, title
from dashboard.places import DEMO, demo_folder
from dashboard.state import Choices
from dashboard.theme import count, markdown

TERMS = OUTCOME_SUMMARIES | {
    "accuracy": "Share of the judged samples that are right, with 95 % interval.",
    "corrections": "The ensemble is right where what it is compared with (the best member, if "
    "nothing else is chosen) is wrong.",
    "regressions": "The ensemble is wrong where what it is compared with is right.",
    "broken against majority": "The plurality of the members is right and the ensemble wrong.",
    "recovered fraction": "How much of the way from what it is compared with to the oracle (some "
    "member is right) the ensemble goes; below 0 it is worse than that, above 100 % it rescues "
    "more than it loses. A dash: there is no way to go.",
    "McNemar": "Exact test: could corrections and regressions be as unequal by chance?",
    "against majority": "The plurality of the members is wrong, the ensemble right, and at least "
    "one member right.",
    "against the active one": "Accuracy minus that of the active ensemble on the same samples, in "
    "percentage points, with 95 % interval.",
    "ties": "Samples on which several classes had the highest score and the tie rule decided.",
    "temperature": "The logarithms of the probabilities are divided by it. Above 1: the model was "
    "over-confident; below 1: under-confident.",
    "calibration error before": "Distance of confidence from accuracy over 15 bins, as loaded.",
    "calibration error after": "The same with the temperature.",
    "equal width": "Distance of confidence from accuracy over 15 bins of equal width (ECE).",
    "equal mass": "The same over 15 bins of equally many samples.",
    "class by class": "The same for the probability of every class, mean over the classes; needs "
    "the probabilities of all classes.",
    "debiased": "Root of the squared distance over bins of equally many samples, without what "
    "small bins add by chance. Squared, so not to be compared with the others.",
    "different samples": "Effective number of different samples (Vendi score of the embeddings), "
    "of equally many drawn from each group; blank for groups below 20 samples.",
    "AUROC": "Chance that a wrong answer is doubted more than a right one; 0.5 is chance.",
    "false alarms": "Share of the right answers doubted as much when 95 % of the wrong are found.",
    "AURC": "Mean error among the least doubted answers, over all shares; lower is better.",
    "answered": "Share of the samples that the ensemble answers; a rule that may keep silent is "
    "otherwise judged where it answers.",
    "gain": "Accuracy with the member minus without it, in percentage points, with 95 % interval.",
    "thanks to it": "Samples that the ensemble gets right with the member and wrong without it.",
    "because of it": "Samples that the ensemble gets wrong with the member and right without it.",
    "McNemar (Holm)": "Exact test of the two, corrected for the number of members.",
    "gain on joining": "Mean gain in accuracy when the member joins the others in a random order "
    "(Shapley value), in percentage points. Together they are what the ensemble is better by than "
    "its average member.",
    "weight": "Share of all weights.",
    "one more of it": "What taking it once more would do to the accuracy on the samples to fit "
    "on, in percentage points.",
    "n": "Judged samples.",
    "size": "Members of the team.",
    "mean disagreement": "Share of samples on which two members differ, mean over their pairs.",
    "net effect": "Corrections minus regressions per 100 samples: how many percentage points more "
    "accurate the ensemble is than the reference; from and to are its 95 % interval.",
    "of the reference": "Accuracy of the best member on the same samples, in percent.",
    "p (Benjamini-Hochberg)": "Corrected so that few of the findings are false; to explore with.",
    "p (Holm)": "Corrected so that one false finding among all is rare; for a claim.",
    "gap": "Inside minus outside, in percentage points; from and to are its 95 % interval.",
    "gap where found": "On the half that the slice was found on: optimistic.",
    "found again": "Share of other random halves in which the search comes upon the slice again, "
    "with at least half of the samples in common.",
    "samples": "Samples of the slice in all, of both halves, judged or not.",
    "leave-one-out stability": "How often the team says the same without one of its members.",
    "chance to be first": "Share of the bootstrap draws in which it is first; those that tie share "
    "a draw.",
    "not told apart from": "How many other models it cannot be told apart from, all pairs tested "
    "together at 95 %.",
    "points": "What the chosen rule counts: mean accuracy, Borda's points, or log strength. Higher "
    "is better.",
    "share of draws": "How often the two stand the other way round than by the mean.",
}


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
    st.dataframe(frame, hide_index=True, alt=alt, column_config=config, **settings)


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
