"""Options of the page Rankings, and its parts."""

from dataclasses import dataclass

import streamlit as st

from analysis.accuracies import AccuracyTable
from analysis.bundle import Bundle, BundleError
from dashboard import compute, controls, panels, ranking_tables, ranking_words, state
from dashboard.compute.rankings import Asked, families, pairs_with_gaps
from dashboard.state import Choices
from dashboard.theme import markdown, spelt

OVER = {"groups": "Groups", "samples": "Single samples", "settings": "Settings"}
NOUNS = {"groups": "group", "samples": "sample", "settings": "setting"}


@dataclass(frozen=True, eq=False)
class Opened:
    """What can be ranked over: samples, or accuracies in settings, or both."""

    choices: Choices | None
    table: AccuracyTable | None


def require() -> Opened:
    """What is open; a sentence and the end of the page where nothing can be ranked."""
    table = state.accuracies()
    if table is not None and (state.whole() is None or state.choices() is None):
        return Opened(None, table)
    return Opened(controls.require("labels"), table)


def pick(opened: Opened) -> tuple[Bundle | AccuracyTable, Asked]:
    """What is ranked, and how; ends the page where there is nothing to rank over."""
    kinds = []
    if opened.choices is not None:
        kinds += ["groups"] if opened.choices.bundle.groups else []
        kinds += ["samples"]
    kinds += ["settings"] if opened.table is not None else []
    if state.get("ranking-over") not in kinds:
        state.put("ranking-over", kinds[0])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        over = kinds[0]
        if len(kinds) > 1:
            over = st.segmented_control(
                "Rank over",
                kinds,
                wrap=True,
                format_func=OVER.get,
                required=True,
                **state.widget("ranking-over"),
            )
        if over == "settings":
            return opened.table, _over_settings(opened.table)
        return compute.scope(opened.choices, "rankings"), _over_samples(opened.choices, over)


def _over_settings(table: AccuracyTable) -> Asked:
    known = [one for one in state.get("ranking-settings") or () if one in table.settings]
    chosen = st.multiselect(
        "Settings",
        list(table.settings),
        format_func=spelt,
        placeholder=f"All {len(table.settings)}",
        help="Each counts the same. None chosen: all of them.",
        width=380,
        **state.widget("ranking-settings", [], shown=known),
    )
    return Asked(
        "settings", table.models, settings=tuple(chosen or table.settings), **_policies(True)
    )


def _over_samples(choices: Choices, over: str) -> Asked:
    pool = controls.pick_pool(choices, "ranking-pool")
    column, least = "", 1
    if over == "groups":
        names = list(choices.bundle.groups)
        if state.get("ranking-column") not in names:
            state.put("ranking-column", choices.grouping or names[0])
        column = st.selectbox(
            "Groups of", names, format_func=spelt, width=200, **state.widget("ranking-column")
        )
        least = st.number_input(
            "Smallest group",
            min_value=1,
            max_value=100_000,
            width=130,
            help="Groups with fewer judged samples are left out: each counts as much as a large "
            "one.",
            **state.widget("ranking-least", 20),
        )
    gaps = choices.bundle.gaps > 0 and choices.missing == "exclude"
    return Asked(
        over, tuple(pool), column, least=int(least), missing=choices.missing, **_policies(gaps)
    )


def _policies(gaps: bool) -> dict[str, str]:
    found = {"gaps": "cells"}
    if gaps:
        found["gaps"] = st.selectbox(
            "Empty cells",
            list(ranking_words.GAPS),
            format_func=ranking_words.GAPS.get,
            width=260,
            **state.widget("ranking-gaps", "cells"),
        )
    found["ties"] = st.selectbox(
        "Ties (Bradley-Terry)",
        list(ranking_words.TIES),
        format_func=ranking_words.TIES.get,
        width=220,
        help="Two models that are equally accurate in a task, or both right or both wrong on a "
        "sample.",
        **state.widget("ranking-ties", "drop"),
    )
    return found


def show(opened: Opened, data: Bundle | AccuracyTable, asked: Asked) -> None:
    """Who is first, two plots, the pairs that turn, and the table."""
    if len(asked.models) < 2:
        st.info("There is one model, so there is nobody to rank it against.")
        return
    try:
        with st.spinner("Ranking"):
            found = compute.ranking(data, asked)
    except BundleError as problem:
        st.info(markdown(problem, 400))
        return
    rule = st.segmented_control(
        "Rule",
        list(ranking_words.RULES),
        wrap=True,
        format_func=lambda name: (
            ranking_words.RULES[name].capitalize() if name == "mean" else ranking_words.RULES[name]
        ),
        required=True,
        help=ranking_words.HELP,
        **state.widget("ranking-rule", "mean"),
    )
    names, noun = asked.models, NOUNS[asked.over]
    st.markdown(f"#### {ranking_words.first_sentence(found, names, rule, noun)}")
    kinds = families(data, names)
    left, right = st.columns(2)
    with left:
        panels.rank_intervals(found, names, rule, kinds, noun, "rank-intervals")
    with right:
        if len(found["tasks"]) > 1:
            parts = (found, names, rule, noun, "task-ranks", asked, opened.choices)
            panels.task_ranks(*parts)
        else:
            st.info(
                "Over groups or settings, the rank in each of them is drawn here."
                if not found["tasks"]
                else f"There is one {noun} only, so all rules give the same order."
            )
    policies = {"gaps": asked.gaps, "ties": asked.ties}
    empty = pairs_with_gaps(found["scores"])
    st.caption(ranking_words.footnote(found, policies, noun, empty))
    _turned(found, names, rule)
    _table(found, names, rule, kinds)


def _turned(found: dict, names, rule: str) -> None:
    st.markdown("##### Where the rules disagree with the mean")
    others = [name for name in ranking_words.RULES if name != "mean"]
    shown = others if rule == "mean" else [rule]
    for name in shown:
        st.markdown(f"- {ranking_words.turned_sentence(found, names, name)}")
    listed = (
        rule if rule != "mean" else max(others, key=lambda o: found["rules"][o]["turned_pairs"])
    )
    if found["rules"][listed]["turned_pairs"]:
        frame = ranking_tables.turned(found, names, listed)
        with st.expander(f"Pairs that {ranking_words.RULES[listed]} turns"):
            controls.table(frame, "Pairs that turn", shares=_there(frame, "share of draws"))
            controls.download(frame, "turned-pairs.csv")


def _table(found: dict, names, rule: str, kinds) -> None:
    frame = ranking_tables.ranking(found, names, rule, kinds)
    with st.expander("All models as a table", expanded=len(names) <= 12):
        shares = [name for name in frame if name.startswith("accuracy, ")]
        shares += _there(frame, "chance to be first")
        controls.table(frame, "Ranks", shares=shares)
        controls.download(frame, "rankings.csv")


def _there(frame, name: str) -> list[str]:
    return [name] if name in frame else []
