"""What a person asks of the search for slices, and its result as soon as it is there."""

from functools import partial

import streamlit as st

from analysis.slice_scores import SliceScore
from dashboard import compute, jobs, slice_words, state
from dashboard.compute import SlicesAsked, SlicesWanted
from dashboard.front.searching import background
from dashboard.state import Choices
from dashboard.theme import spelt

AT_ONCE = 1.5  # seconds that a page may take
USUAL = ("conditions", "clusters")
OF_COLUMNS = {"conditions", "regions"}
LEAST = 20


def asked(choices: Choices) -> SlicesAsked | None:
    """What is searched, by the choices of the page; None, after a sentence, where nothing is."""
    methods, scores = compute.slice_methods(choices), compute.slice_score_choices(choices)
    if not methods or not scores:
        sentence = slice_words.NOTHING_TO_SCORE if methods else slice_words.NOTHING_TO_SEARCH
        st.info(sentence)
        st.page_link("views/data.py", label="Data")
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        score = _pick_score(scores)
        model = _pick_model(choices) if score == "model_error" else ""
        picked = _pick_methods(methods)
        seed = _number(
            "Seed of the halves",
            "slices-seed",
            0,
            0,
            "Another seed deals the samples into other halves.",
        )
    columns, levels, least = _pick_columns(choices, picked)
    if not picked or (not columns and not set(picked) - OF_COLUMNS):
        st.info("Choose at least one method, and at least one column for those that need them.")
        return None
    wanted = SlicesWanted(score, model, picked, columns, levels, least, seed)
    return compute.slices_asked(choices, wanted)


def _pick_score(scores: dict[str, SliceScore]) -> str:
    if state.get("slices-score") not in scores:
        state.put("slices-score", next(iter(scores)))
    return st.selectbox(
        "Where there is more",
        list(scores),
        format_func=lambda name: scores[name].label,
        help="\n\n".join(f"{score.label}: {score.summary}" for score in scores.values()),
        width=260,
        **state.widget("slices-score"),
    )


def _pick_model(choices: Choices) -> str:
    models = choices.bundle.models
    if state.get("slices-model") not in models:
        state.put("slices-model", compute.reference(choices) or models[0])
    return st.selectbox(
        "Model", models, format_func=spelt, width=260, **state.widget("slices-model")
    )


def _pick_methods(methods: tuple[str, ...]) -> tuple[str, ...]:
    usual = [name for name in methods if name in USUAL]
    kept = [name for name in state.get("slices-methods") or usual if name in methods]
    state.put("slices-methods", kept or usual)
    picked = st.pills(
        "Found by",
        methods,
        wrap=True,
        format_func=slice_words.METHODS.get,
        selection_mode="multi",
        help=slice_words.METHOD_HELP,
        **state.widget("slices-methods"),
    )
    return tuple(name for name in methods if name in picked)


def _pick_columns(choices: Choices, methods: tuple[str, ...]) -> tuple[tuple[str, ...], int, int]:
    """Columns, most conditions, and samples of the smallest slice."""
    names = compute.slice_column_names(choices)
    key = f"slices-columns/{choices.bundle.fingerprint[:12]}"
    with st.expander("Columns and limits"):
        picked = names
        if names and OF_COLUMNS & set(methods):
            picked = st.multiselect(
                "Columns", names, format_func=spelt, **state.widget(key, list(names))
            )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            levels = st.segmented_control(
                "Conditions at most",
                (1, 2, 3),
                wrap=True,
                required=True,
                **state.widget("slices-levels", 3),
            )
            least = _number(
                "Fewest samples of a slice",
                "slices-least",
                LEAST,
                2,
                "In each half; and never below 1 % of the half that is searched.",
            )
    return tuple(name for name in names if name in picked), int(levels), least


def _number(name: str, key: str, usual: int, lowest: int, text: str) -> int:
    return int(
        st.number_input(
            name,
            min_value=lowest,
            max_value=100_000,
            width=200,
            help=text,
            **state.widget(key, usual),
        )
    )


def found(wanted: SlicesAsked) -> dict | None:
    """What the search found; None while it runs, with its progress, or when it was cancelled."""
    work = partial(compute.search_slices, wanted)
    known = jobs.find(wanted.key)
    if known is None:
        jobs.start(wanted.key, work)
        with st.spinner("Searching slices"):
            jobs.find(wanted.key).ended.wait(AT_ONCE)
    return background(wanted.key, work, "Search", at_once=True)
