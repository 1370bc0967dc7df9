"""Uploads: the field, the progress, what stands in the way, and the button that opens."""

import streamlit as st

from analysis.loading import Reading
from dashboard import equivalents, file_cards, intake, jobs, limits, presence, state, uploads, words
from dashboard.changes import changes
from dashboard.compute import caching
from dashboard.theme import markdown, megabytes
from dashboard.uploads import Upload

KINDS = {"files": "Files", "folder": "A folder"}
FORMATS = (
    "CSV, TSV and other separated text, JSON, JSON Lines, Parquet, Arrow (Feather), NPY, NPZ, "
    "safetensors; each also in gzip or zip"
)
IN_A_FOLDER = [
    *("csv", "tsv", "txt", "json", "jsonl", "ndjson", "parquet", "feather", "arrow"),
    *("npz", "npy", "safetensors", "gz", "zip", "md"),
]
JOINED = "Files are joined by sample id; the rows of an array without ids follow the samples table"
MANY_NOTES = 8


def upload() -> None:
    """Drag and drop of several files or a folder, and what came of it."""
    chosen = _field()
    if chosen is None:
        return
    uploads.collect(chosen)
    if chosen.job is not None:
        _progress()
    elif chosen.error:
        _stopped(chosen)
    if chosen.reading is not None:
        _outcome(chosen, chosen.reading)


def _field() -> Upload | None:
    kind = st.segmented_control(
        "What to upload",
        list(KINDS),
        wrap=True,
        format_func=KINDS.get,
        required=True,
        label_visibility="collapsed",
        **state.widget("upload-kind", "files"),
    )
    folder = kind == "folder"
    key = uploads.field_key(folder)
    files = st.file_uploader(
        "A bundle folder, or a folder of prediction files"
        if folder
        else "Predictions, a samples table, probabilities, embeddings, or a zip of them",
        accept_multiple_files="directory" if folder else True,
        type=IN_A_FOLDER if folder else None,
        key=key,
        on_change=uploads.take,
        args=(key, folder),
        help=f"Read are {FORMATS}. {JOINED}.",
    )
    if refused := state.get("upload-refused"):
        st.error(refused)
    chosen = uploads.current()
    if chosen is None:
        st.caption(
            f"Read are {FORMATS}. What a file is shows in its content. {JOINED}. At most "
            f"{limits.shown(limits.current().upload)} a file, and "
            f"{limits.shown(limits.current().session)} in a session."
        )
        return None
    uploads.still_listed(chosen, [file.file_id for file in files])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_held(chosen, folder), width="stretch")
        st.button("Remove all files", on_click=uploads.forget, key="forget-uploads")
    if chosen.replaced:
        st.caption(f"The newer upload of {words.listed(chosen.replaced)} is used.")
    return chosen


def memory() -> None:
    """What this server holds for all sessions, and how much it may."""
    stated, waiting = limits.current(), jobs.at_work()
    st.caption(
        f"This server: {words.counted(presence.number(), 'session')}; "
        f"{megabytes(intake.held())} of uploaded files (at most {limits.shown(stated.server)}); "
        f"{megabytes(caching.held())} of cached results (at most {limits.shown(stated.results)}); "
        f"{words.counted(waiting, 'task')} under way. What a session has uploaded is gone two "
        "minutes after its page is closed."
    )


def _held(chosen: Upload, folder: bool) -> str:
    """How much was uploaded, and what of it the field does not list (any more)."""
    number, size = len(chosen.sources), sum(len(s.content) for s in chosen.sources.values())
    what = "folder" if folder and chosen.shown else "file"
    text = f"{words.counted(number, what)}, {megabytes(size)}"
    elsewhere = [s.name for id_, s in chosen.sources.items() if id_ not in chosen.shown]
    return text + (f", among them {words.listed(elsewhere, 8)} from before" if elsewhere else "")


@st.fragment(run_every=0.4, key="upload-progress")
def _progress() -> None:
    chosen = uploads.current()
    if chosen is None or chosen.job is None or not chosen.job.running:
        st.rerun()
    doing = chosen.job.doing or "Starting to read"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(chosen.job.progress, text=f"{markdown(doing, 120)} ...")
        st.button("Cancel", on_click=uploads.cancel, key="cancel-upload")


def _stopped(chosen: Upload) -> None:
    if chosen.error != "cancelled":
        st.error(f"Reading ended with an error of the program: {markdown(chosen.error, 400)}.")
    elif chosen.reading is not None:
        st.info("Reading was cancelled; what was chosen before holds again.")
        return
    else:
        st.info("Reading was cancelled. What was open stays open.")
    st.button("Read the files again", on_click=uploads.begin, args=(chosen,), key="read-again")


def _outcome(chosen: Upload, reading: Reading) -> None:
    if chosen.before is not None and chosen.job is None:
        told = changes(chosen.before, reading)
        st.info(
            "**What your choice changed**\n\n" + "\n".join(f"- {one}" for one in told)
            if told
            else "Your choice changed nothing."
        )
    _problems(reading)
    _questions(chosen)
    if reading.bundle is not None or reading.accuracies is not None:
        _opening(chosen, reading)
    elif not reading.problems:
        st.info("There is nothing in these files that can be opened on its own.")
    _notes(reading)
    file_cards.options(chosen, reading)
    file_cards.cards(chosen, reading)
    _equivalents(chosen, reading)


def _problems(reading: Reading) -> None:
    if not reading.problems:
        return
    sentences = "\n".join(
        f"{place}. {markdown(text, 2000)}" for place, text in enumerate(reading.problems, 1)
    )
    stays = "What was open stays open." if state.whole() is not None else ""
    st.error(
        f"These files cannot be opened yet: {words.counted(len(reading.problems), 'problem')}. "
        f"{stays}\n\n{sentences}"
    )
    if any("--" in text for text in reading.problems):
        st.caption(
            "Where a sentence names an option of the command line, such as \\-\\-column, choose it "
            "below instead."
        )


def _questions(chosen: Upload) -> None:
    for place, question in enumerate(chosen.questions):
        values = dict(question.choices)
        st.radio(
            markdown(question.text, 600),
            list(values),
            format_func=lambda value, values=values: markdown(values[value], 200),
            horizontal=True,
            **state.picker(
                f"question/{place}/{question.option}/{question.subject}",
                uploads.answer(chosen, question),
                uploads.give,
                question,
            ),
        )


def _opening(chosen: Upload, reading: Reading) -> None:
    told, button = _openable(reading)
    with st.container(horizontal=True, vertical_alignment="center", key="opening"):
        st.markdown(told, width="stretch")
        if _is_open(reading):
            st.caption("This is what is open now.", width="content")
            return
        st.button(
            button,
            type="primary",
            key="open-upload",
            disabled=chosen.job is not None,
            on_click=uploads.open_it,
            args=(chosen,),
        )


def _openable(reading: Reading) -> tuple[str, str]:
    """What can be opened, as Markdown, and the words of the button."""
    told, buttons = [], []
    if (bundle := reading.bundle) is not None:
        models = words.counted(len(bundle.models), "model")
        samples = words.counted(len(bundle.ids), "sample")
        told.append(
            f"**{models}** ({words.listed(bundle.models)}) on **{samples}** with "
            f"{words.counted(len(bundle.classes), 'class')}."
        )
        buttons.append(f"{models} on {samples}")
    if (table := reading.accuracies) is not None:
        models = words.counted(len(table.models), "model")
        settings = words.counted(len(table.settings), "setting")
        told.append(f"Accuracies of **{models}** in **{settings}**, without single samples.")
        buttons.append(f"accuracies of {models} in {settings}")
    return " ".join(told), "Open " + " and ".join(buttons)


def _is_open(reading: Reading) -> bool:
    pairs = ((reading.bundle, state.whole()), (reading.accuracies, state.accuracies()))
    return all(
        wanted is None or (opened is not None and opened.fingerprint == wanted.fingerprint)
        for wanted, opened in pairs
    )


def _notes(reading: Reading) -> None:
    if not reading.notes:
        return
    many = len(reading.notes) > MANY_NOTES
    with st.expander(f"What was assumed ({len(reading.notes)})", expanded=not many):
        st.markdown("\n".join(f"- {markdown(note, 2000)}" for note in reading.notes))


def _equivalents(chosen: Upload, reading: Reading) -> None:
    st.markdown("**The same without this page**", help="For files in the current folder.")
    left, right = st.columns(2)
    with left:
        st.caption("On the command line (check, analyze and serve take the same options)")
        line = equivalents.command(chosen.names, chosen.said, reading.found)
        st.code(line, language="bash", wrap_lines=True)
    with right:
        st.caption("In a notebook")
        alone = reading.bundle is None and reading.accuracies is not None
        call = equivalents.notebook(chosen.names, chosen.said, reading.found, accuracies=alone)
        st.code(call, language="python", wrap_lines=True)
