import streamlit as st

from dashboard import compute, controls, panels, slice_story, slice_words, slicing

controls.page("Slices", "Which kinds of samples that nobody has named go wrong?")
choices = controls.require("answers")
asked = slicing.asked(choices)
if asked is None:
    st.stop()
found = slicing.found(asked)
if found is None:
    st.stop()
more = slice_words.SCORES[asked.score.name].more
st.markdown(f"#### {slice_words.sentence(found, more)}")
wanted = asked.wanted
st.markdown(slice_words.looked_at(found, wanted.methods, wanted.max_level, more))
if found["conditions"]:
    left, right = st.columns(2)
    with left:
        panels.found_gaps(asked, found, "slice-gaps")
    with right:
        panels.found_sides(asked, found, "slice-sides")
    panels.found_table(asked, found, "slice-table")
    st.markdown("##### One slice")
    slice_story.show(choices, asked, found)
st.caption(slice_words.footnote(found, wanted.least, asked.left_out, compute.RESEEDS))
