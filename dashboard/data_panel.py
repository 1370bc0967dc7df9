"""Uploads: what each file turned out to be, problems, and the button that opens them."""

import pandas as pd
import streamlit as st

from analysis.loading import Reading, Source
from dashboard import compute, controls, state, words
from dashboard.theme import count, markdown

EXAMPLES = {
    "One row per answer (long)": "sample_id,model,prediction\nimg-1,resnet,cat\nimg-1,vit,dog",
    "One column per model, labels beside them (wide)": (
        "sample_id,label,resnet,vit\nimg-1,cat,cat,dog"
    ),
    "Samples and subpopulations": "sample_id,label,region,lighting\nimg-1,cat,north,night",
}


def loaded() -> None:
    """The bundle that is open."""
    chosen = state.choices()
    if chosen is None:
        st.caption("Nothing is open yet.")
        st.button("Open the demo", on_click=controls.open_demo)
        return
    st.markdown(f"**{markdown(state.bundle_name())}** is open.")
    controls.loaded(chosen)


def upload() -> None:
    """Drag and drop of several files, and what came of it."""
    files = st.file_uploader(
        "Prediction files, a samples table, probabilities, embeddings, or a zip of a bundle folder",
        accept_multiple_files=True,
        type=["csv", "tsv", "parquet", "npz", "npy", "zip"],
        key="uploads",
        help="Several files are joined by sample id, never by position.",
    )
    if not files:
        _examples()
        return
    with st.spinner("Reading the files ..."):
        reading = compute.reading(
            tuple((file.name, file.file_id) for file in files),
            tuple(Source(file.name, file.getvalue()) for file in files),
        )
    _problems(reading)
    if reading.bundle is not None:
        bundle = reading.bundle
        st.button(
            f"Open {count(len(bundle.models))} models on {count(len(bundle.ids))} samples",
            type="primary",
            key="open-upload",
            on_click=state.open_bundle,
            args=(bundle, ", ".join(file.name for file in files)),
        )
    _found(reading)


def _problems(reading: Reading) -> None:
    if reading.problems:
        number = len(reading.problems)
        st.error(
            f"These files cannot be opened yet: {number} "
            f"{'problem' if number == 1 else 'problems'}. "
            + ("What was open stays open." if state.bundle() is not None else "")
        )
        for problem in reading.problems:
            st.markdown(f"- {markdown(problem, 2000)}")
    else:
        bundle = reading.bundle
        st.success(
            f"{count(len(bundle.ids))} samples, {count(len(bundle.models))} models "
            f"({words.listed(bundle.models)}), {count(len(bundle.classes))} classes."
        )
    if reading.notes:
        st.markdown("**What was assumed**")
        for note in reading.notes:
            st.markdown(f"- {markdown(note, 2000)}")


def _found(reading: Reading) -> None:
    st.markdown("**What each file turned out to be**")
    for place, found in enumerate(reading.found):
        with st.expander(
            f"{markdown(found.file)}: {markdown(found.form)}, {count(found.rows)} rows",
            expanded=len(reading.found) == 1,
        ):
            roles = pd.DataFrame(
                {"column": list(found.columns), "became": list(found.columns.values())}
            )
            left, right = st.columns([1, 2])
            with left:
                st.dataframe(roles, hide_index=True, key=f"roles-{place}", alt="Recognised roles")
            with right:
                _preview(found.preview, place)


def _preview(preview: tuple[tuple[str, ...], ...], place: int) -> None:
    if not preview:
        st.caption("There is nothing to preview.")
        return
    header, *rows = preview
    names = [
        f"{name or 'no name'}{' ' * header[:at].count(name)}" for at, name in enumerate(header)
    ]
    table = pd.DataFrame(rows, columns=names)
    st.dataframe(table, hide_index=True, key=f"preview-{place}", alt="First rows")


def _examples() -> None:
    st.caption("These forms are recognised by their columns; text stays text.")
    columns = st.columns(len(EXAMPLES))
    for column, (title, text) in zip(columns, EXAMPLES.items(), strict=True):
        with column:
            st.markdown(f"**{title}**")
            st.code(text, language=None)
    st.caption(
        "Probabilities: an .npz with one [samples, classes] array per model, rows in the order of "
        "the samples table, beside a classes.csv with the class order. Embeddings: embeddings.npy."
    )
