"""What is open, and the templates: the calm parts of the Data page."""

from dataclasses import replace

import streamlit as st

from dashboard import controls, keeping, settings_panel, state, words
from dashboard.templates import TEMPLATES
from dashboard.theme import markdown, megabytes

CARD = 255  # pixels


def loaded() -> None:
    """The bundle that is open, and where it is kept."""
    chosen, opened = state.choices(), state.whole()
    settings_panel.opened()
    if opened is None and state.accuracies() is not None:
        return
    if opened is None:
        controls.start_problems()
        st.caption("Nothing is open yet.")
        st.button("Open the demo", on_click=controls.open_demo)
        return
    st.markdown(f"**{markdown(state.bundle_name(), 200)}** is open.")
    if chosen is not None:
        controls.loaded(replace(chosen, bundle=opened))
    job = keeping.job()
    if job is not None and job.running:
        _being_kept()
    elif job is not None:
        _kept(job)


@st.fragment(run_every=1.0, key="being-kept")
def _being_kept() -> None:
    job = keeping.job()
    if job is None or not job.running:
        st.rerun()
    st.caption("Being kept, so that it opens at once next time ...")


def _kept(job) -> None:
    if job.result is None:
        st.caption(f"Not kept: {markdown(job.error, 400)}")
        return
    st.caption(
        f"Kept in {markdown(keeping.folder(), 200)} as {job.result.fingerprint[:12]} "
        f"({megabytes(job.result.size)}), so that it opens at once next time."
    )


def templates() -> None:
    """A file to download for each form."""
    st.caption(
        "Fill one in, or name the columns of your own files like these. Files are joined by "
        "sample\\_id; text stays text. Arrays go into an .npz with one [samples, classes] array "
        "per model, beside a classes.csv with the class order."
    )
    with st.container(horizontal=True):
        for template in TEMPLATES:
            with st.container(width=CARD):
                st.download_button(
                    template.file,
                    template.text,
                    template.file,
                    mime="text/plain",
                    icon=":material/download:",
                    on_click="ignore",
                    key=f"template/{template.file}",
                )
                beside = f" Goes with {words.listed(template.beside)}." * bool(template.beside)
                st.caption(template.summary.replace("__", "\\_\\_") + beside)
