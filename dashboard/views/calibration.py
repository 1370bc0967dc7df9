import streamlit as st

from dashboard import calibration_tables, calibration_words, compute, controls, panels, words

controls.page("Calibration", "Whom can I believe when it says how sure it is?")
choices = controls.require("labels", "confidence")
bundle = compute.scope(choices, "calibration")
found = compute.reliability(choices, bundle)
who = words.ensemble_name(choices.ensemble, choices.name)
st.markdown(
    "#### "
    + calibration_words.reliability_sentence(
        found, choices.ensemble.members, who, compute.narrowed(bundle, choices)
    )
)
st.caption(calibration_words.footnote(choices.missing))
if not found["n"].any():
    st.stop()

left, right = st.columns(2)
with left:
    raised = panels.pick_raised(choices, compute.reliability_beside(choices, choices.bundle))
    panels.reliability(choices, raised, "reliability")
    detection = compute.detection(choices, raised)
    if detection is not None:
        st.markdown("##### Does doubt point at the wrong answers?")
        name = panels.names_and_roles(choices)[0][raised]
        st.markdown(calibration_words.detection_sentence(detection, name))
        doubts = calibration_tables.detection(detection, calibration_words.DOUBTS)
        controls.table(doubts, "Doubt and wrong answers")
with right:
    panels.calibration_errors(choices, "calibration-errors")
    warmed = compute.temperatures(choices)
    silent = compute.stated_alone(choices)
    if warmed is None:
        st.caption(
            "A temperature needs labels and the probabilities of all classes; a stated confidence "
            "alone cannot be rescaled."
        )
    else:
        st.markdown(calibration_words.temperature_sentence(warmed))
        panels.temperatures(choices, warmed, "temperatures")
        st.caption(calibration_words.temperature_footnote(warmed, silent))

with st.spinner("Computing the calibration errors"):
    errors = compute.error_kinds(choices, bundle)
st.markdown("##### The calibration error, computed in four ways")
table = calibration_tables.error_kinds(errors, [*choices.ensemble.members, choices.label])
controls.table(table, "Calibration errors", shares=list(calibration_tables.ERRORS))
controls.download(table, "calibration_errors.csv")

if warmed is not None:
    table = calibration_tables.temperatures(warmed)
    with st.expander("Temperatures and log losses"):
        controls.table(table, "Temperatures")
    controls.download(table, "temperatures.csv")
