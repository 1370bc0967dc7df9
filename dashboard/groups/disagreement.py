"""How much the members disagree in each group: works without labels."""

import streamlit as st

from analysis.bundle import Bundle
from dashboard import (
    compute,
    controls,
    ensemble_panel,
    group_options,
    group_tables,
    group_words,
    panels,
    state,
)
from dashboard.state import Choices
from dashboard.theme import markdown


def show(choices: Choices, bundle: Bundle) -> None:
    """Spread of the votes per group, who stands apart, and both as numbers."""
    levels, least = bundle.groups[choices.grouping].levels, group_options.least()
    found = compute.group_votes(choices, bundle, choices.grouping, least)
    told = group_words.votes_sentence(choices.grouping, levels, found["disagreement"], least)
    st.markdown(told)
    score = st.segmented_control(
        "Score of the votes",
        list(group_words.SCORES),
        wrap=True,
        format_func=group_words.SCORES.get,
        required=True,
        **state.widget("vote-score", "disagreement"),
    )
    left, right = st.columns(2)
    with left:
        panels.vote_scores(choices, score, "group-votes")
    with right:
        panels.standing_apart(choices, "group-apart")
    _raters(choices, bundle)
    frame = group_tables.votes(levels, found, choices.ensemble.members)
    with st.expander("Figures behind the plots"):
        controls.table(frame, "Disagreement per group")
    controls.download(frame, "disagreement-by-group.csv")
    st.caption(
        "Votes count alike, whatever the rule. Disagreement says nothing of who is right; p and "
        "intervals of this section are of a normal test, each group against all other samples."
    )


def _raters(choices: Choices, bundle: Bundle) -> None:
    """Disagreement within and between families of members, where the data name families."""
    for column, values in ensemble_panel.families(choices.bundle).items():
        families = dict(zip(choices.bundle.models, values, strict=True))
        found = compute.rater_groups(choices, bundle, families)
        if len(found["families"]) < 2:
            continue
        with st.expander(f"Within and between members of one {markdown(column)}"):
            controls.table(group_tables.raters(found), f"Disagreement by {column} of the members")
