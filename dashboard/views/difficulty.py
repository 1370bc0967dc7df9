import streamlit as st

from dashboard import compute, controls, difficulty_words, panels

controls.page("Difficulty", "Which samples are hard, and which may be mislabelled?")
choices = controls.require("answers")
bundle = compute.scope(choices, "difficulty")
members = len(choices.ensemble.members)
selected = compute.narrowed(bundle, choices)
labelled = compute.judgeable(choices.bundle)
if labelled:
    shares = compute.shares_right(choices, bundle)
    st.markdown(f"#### {difficulty_words.sentence(shares, members, selected)}")
else:
    differ = compute.share_differing(choices, bundle)
    st.markdown(f"#### {difficulty_words.unlabelled(*differ, members, selected)}")
st.caption(difficulty_words.footnote(choices.missing))

left, right = st.columns(2, vertical_alignment="bottom")
with left:
    if labelled:
        panels.number_right(choices, "number-right")
    else:
        st.info("There are no labels, so nobody can be called right or wrong.")
with right:
    score = panels.pick_score(choices)
    panels.score_histogram(choices, score, "score")
left_out = compute.runs_left_out(choices.bundle)
if left_out:
    st.caption(difficulty_words.left_out(left_out))

left = right = st.container()
if panels.contradictable(choices):
    left, right = st.columns(2)
with left:
    if panels.contradictable(choices):
        panels.uncertainty(choices, "uncertainty")
    else:
        st.caption(
            "Whether the members are unsure or contradict each other can be told from the "
            "probabilities of two members or more."
        )
with right:
    st.markdown("##### Labels that may be wrong")
    found = compute.suspects(choices)
    st.markdown(difficulty_words.suspected(found, members))
    if found is not None:
        panels.suspects(choices, found, "suspects")
        st.caption(found["caveat"])
