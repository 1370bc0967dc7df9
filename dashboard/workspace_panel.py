"""The bundles that are kept on this machine: open one, delete one."""

import streamlit as st

from analysis.bundle import BundleError
from analysis.loading.workspace import Kept, delete, kept, open_kept
from dashboard import keeping, state, words
from dashboard.theme import count, markdown, megabytes

SHOWN = 8


def workspace() -> None:
    """The list, or why there is none."""
    folder = keeping.folder()
    if folder is None:
        st.caption(keeping.reason())
        return
    if problem := state.get("workspace-problem"):
        st.error(markdown(problem, 600))
    entries = kept(folder)
    where = markdown(folder, 200)
    if not entries:
        st.caption(f"Nothing yet. What you open from files is kept in {where}.")
        return
    total = sum(entry.size for entry in entries)
    st.caption(
        f"{words.counted(len(entries), 'bundle')}, {megabytes(total)} in {where}. They open at "
        "once, here or with dissensus serve kept\\:FINGERPRINT."
    )
    whole = state.get("workspace-whole", False)
    for entry in entries if whole else entries[:SHOWN]:
        _entry(entry)
    if len(entries) > SHOWN and not whole:
        st.button(
            f"Show all {count(len(entries))}",
            on_click=state.put,
            args=("workspace-whole", True),
        )


def _entry(entry: Kept) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", key=f"kept-{entry.fingerprint}"
    ):
        if entry.problem:
            st.markdown(
                f"**{markdown(entry.name)}** cannot be opened. {markdown(entry.problem, 200)}",
                width="stretch",
            )
        else:
            st.markdown(_described(entry), width="stretch")
            opened = state.whole()
            if opened is not None and opened.fingerprint == entry.fingerprint:
                st.caption("open now", width="content")
            else:
                st.button("Open", key=f"open/{entry.fingerprint}", on_click=_open, args=(entry,))
        if _ours(entry):
            _deleting(entry)


def _described(entry: Kept) -> str:
    return (
        f"**{markdown(entry.name, 80)}**  \n"
        f"{words.counted(entry.models, 'model')}, {words.counted(entry.samples, 'sample')}, "
        f"{words.counted(entry.classes, 'class')} · {megabytes(entry.size)} · {entry.when[:10]} · "
        f"{entry.fingerprint[:12]}"
    )


def _ours(entry: Kept) -> bool:
    return not entry.problem or entry.problem == "It is damaged."


def _deleting(entry: Kept) -> None:
    with st.popover("Delete"):
        st.markdown(
            f"Delete the kept copy of **{markdown(entry.name)}**? The files that it came from stay "
            "where they are."
        )
        st.button(
            "Delete the copy",
            key=f"delete/{entry.fingerprint}",
            on_click=_delete,
            args=(entry.fingerprint,),
        )


def _open(entry: Kept) -> None:
    state.put("workspace-problem", "")
    try:
        bundle = open_kept(entry.fingerprint, keeping.folder())
    except BundleError as problem:
        state.put("workspace-problem", str(problem))
        return
    state.open_bundle(bundle, entry.name)
    keeping.nothing()


def _delete(fingerprint: str) -> None:
    state.put("workspace-problem", "")
    try:
        delete(fingerprint, keeping.folder())
    except BundleError as problem:
        state.put("workspace-problem", str(problem))
    keeping.nothing()
