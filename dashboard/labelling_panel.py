"""What to label next, folded away below the samples."""

from collections.abc import Sequence

import streamlit as st

from analysis.bundle import BundleError
from dashboard import compute, controls, doubt_tables, labelling_words, state
from dashboard.state import Choices
from dashboard.theme import markdown, spelt


def show(choices: Choices) -> None:
    """A budget over groups, and the samples that tell two models apart."""
    with st.expander("What to label next"):
        left, right = st.columns(2)
        with left:
            _budget(choices)
        with right:
            _pair(choices)


def _goals(choices: Choices) -> list[str]:
    bundle, goals = choices.bundle, []
    if bool(bundle.labelled.any()) and compute.reference(choices) is not None:
        goals.append("accuracy")
    if len(bundle.models) > 1 and bool((bundle.predictions >= 0).any()):
        goals.append("pair")
    if bool(bundle.labelled.any()) and compute.amount_of(bundle) is not None:
        goals.append("training")
    return goals


def _budget(choices: Choices) -> None:
    st.markdown("##### A budget of labels over groups")
    goals, bundle = _goals(choices), choices.bundle
    if not bundle.groups or not goals:
        st.caption(
            "With a grouping, and labels or two models with answers, a budget is split here."
        )
        return
    names = list(bundle.groups)
    column = _chosen("label-column", names, choices.grouping or names[0])
    goal = _chosen("label-goal", goals, goals[0])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "To learn",
            goals,
            format_func=labelling_words.GOALS.get,
            width=260,
            **state.widget("label-goal"),
        )
        st.selectbox(
            "Groups of", names, format_func=spelt, width=180, **state.widget("label-column")
        )
        budget = st.number_input(
            "Labels",
            min_value=1,
            max_value=1_000_000,
            width=130,
            **state.widget("label-budget", 100),
        )
    levels = bundle.groups[column].levels
    if goal == "training":
        _training(choices, column, levels, int(budget))
        return
    pair = _pair_of(choices) if goal == "pair" else None
    found = compute.label_split(choices, column, int(budget), pair)
    sentence = labelling_words.split_sentence(found, column, levels, int(budget), goal, pair)
    st.markdown(sentence)
    _table(found, levels)
    st.caption(labelling_words.split_assumption(found, goal))


def _training(choices: Choices, column: str, levels: Sequence[str], budget: int) -> None:
    bundle, amount = choices.bundle, compute.amount_of(choices.bundle)
    try:
        found = compute.curve_split(
            bundle, bundle.fingerprint, column, choices.missing, budget, amount
        )
    except BundleError as problem:
        st.info(markdown(problem, 400))
        return
    st.markdown(labelling_words.curve_sentence(found, column, levels, budget, amount))
    _table(found, levels)
    st.caption(labelling_words.curve_assumption(amount))


def _table(found: dict, levels: Sequence[str]) -> None:
    frame = labelling_words.split_table(found, levels)
    config = {
        name: st.column_config.NumberColumn(name, format="%.2f")
        for name in ("spread", "power", "R2")
        if name in frame
    }
    st.dataframe(frame, hide_index=True, alt="Labels per group", column_config=config, height=300)
    controls.download(frame, "label-budget.csv")


def _pair(choices: Choices) -> None:
    bundle = choices.bundle
    st.markdown("##### Samples that tell two models apart")
    if len(bundle.models) < 2:
        st.caption("There is one model; with a second one, what tells the two apart is listed.")
        return
    first, second = _pair_of(choices)
    models = list(bundle.models)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("Model", models, format_func=spelt, width=200, **state.widget("label-first"))
        others = [name for name in models if name != first]
        st.selectbox(
            "Another", others, format_func=spelt, width=200, **state.widget("label-second")
        )
        k = st.number_input(
            "Samples", min_value=1, max_value=5000, width=120, **state.widget("label-k", 50)
        )
    found = compute.telling(bundle, bundle.fingerprint, first, second, int(k))
    st.markdown(labelling_words.telling_sentence(found, (first, second)))
    if len(found["rows"]):
        frame = doubt_tables.discrepant(bundle, (first, second), found)
        st.dataframe(frame, hide_index=True, alt="Samples that tell two apart", height=300)
        controls.download(frame, "label-next.csv")
        st.button(
            "Select these samples",
            on_click=state.select,
            args=(found["rows"], "label-next", "what to label next"),
            key="select-label-next",
        )


def _pair_of(choices: Choices) -> tuple[str, str]:
    """The two models that are compared: first the two that come first in the ensemble."""
    models = list(choices.bundle.models)
    usual = [*choices.ensemble.members, *models]
    first = _chosen("label-first", models, usual[0])
    others = [name for name in models if name != first]
    second = _chosen("label-second", others, next(name for name in usual if name != first))
    return first, second


def _chosen(key: str, options: list[str], usual: str) -> str:
    if state.get(key) not in options:
        state.put(key, usual if usual in options else options[0])
    return state.get(key)
