"""One card per file: its form, its first rows, and what each column is, to be changed by hand."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from analysis.loading import Found, Reading
from analysis.loading.roles import KNOWN_ROLES
from dashboard import state, uploads, words
from dashboard.theme import count, label, markdown, shortened
from dashboard.uploads import Upload

ROLE_WORDS = {
    "id": "sample id",
    "label": "label",
    "model": "model (its name)",
    "prediction": "prediction (an answer)",
    "confidence": "confidence",
    "correct": "correct (0 or 1)",
    "score": "score (0 to 1)",
    "run": "run (of repeated answers)",
    "unit": "unit (samples that belong together)",
    "setting": "setting (of an accuracy)",
    "embedding": "embedding",
    "group": "attribute or group",
    "ignore": "ignore",
}
VALUES = {"": "as recognised", "probabilities": "probabilities", "logits": "logits"}
EMPTY = {"missing": "a missing answer", "answer": "an answer: the empty text"}
MARKERS = ["-", "?", "N/A", "NA", "NaN", "None", "null", "nan"]
MANY_COLUMNS, SHOWN_COLUMNS, MANY_FILES = 12, 60, 6
NARROW = 540  # pixels that a table surely has


def options(upload: Upload, reading: Reading) -> None:
    """What holds for all files: empty cells, missing answers, logits, the threshold of scores."""
    tables = [found for found in reading.found if _is_table(found)]
    arrays = any("probabilit" in text for found in reading.found for text in _words(found))
    scores = any("score" in found.columns.values() for found in tables)
    by_hand = {"values", "empty", "missing_markers", "threshold"} & set(upload.said)
    with (
        st.expander("How cells and numbers are read", expanded=bool(by_hand)),
        st.container(horizontal=True, gap="medium"),
    ):
        _empty(upload)
        _markers(upload)
        if arrays or any("logits" in text for text in (*reading.problems, *reading.notes)):
            _values(upload)
        if scores:
            _threshold(upload)


def cards(upload: Upload, reading: Reading) -> None:
    """Every file; with many of them, one that is picked."""
    st.markdown("**What each file turned out to be**")
    found = list(reading.found)
    titles = _titles(found)
    if len(found) > MANY_FILES:
        names = [f"{at + 1}. {titles[at]}: {entry.form}" for at, entry in enumerate(found)]
        failed = next((at for at, entry in enumerate(found) if entry.form == "not read"), 0)
        place = st.selectbox(
            f"One of {words.counted(len(found), 'table' if _within_files(found) else 'file')}",
            range(len(found)),
            format_func=lambda at: shortened(names[at], 80) if at < len(names) else "",
            **state.picker("card", min(state.get("card-shown", failed), len(found) - 1), _show),
        )
        _card(upload, found, place, titles[place])
        return
    for place, entry in enumerate(found):
        expanded = len(found) <= 3 or entry.form == "not read"
        _card(upload, found, place, titles[place], expanded)


def _within_files(found: Sequence[Found]) -> bool:
    """Some file holds several tables."""
    return len({entry.file for entry in found}) < len(found)


def _show(place: int) -> None:
    state.put("card-shown", place)


def _titles(found: Sequence[Found]) -> list[str]:
    """The files' names; of a file with several tables also which one it is."""
    files = [entry.file for entry in found]
    return [
        f"{file}, table {files[: at + 1].count(file)} of {files.count(file)}"
        if files.count(file) > 1
        else file
        for at, file in enumerate(files)
    ]


def _card(
    upload: Upload, every: Sequence[Found], place: int, name: str, expanded: bool = True
) -> None:
    found = every[place]
    rows = words.counted(found.rows, "row")
    title = f"{markdown(name)}: {markdown(found.form)}" + (f", {rows}" * bool(found.rows))
    with st.expander(title, expanded=expanded):
        _preview(found, place)
        if _is_table(found):
            tables = sum(entry.file == found.file for entry in every)
            _pickers(upload, found, place, tables)


def _preview(found: Found, place: int) -> None:
    if not found.preview:
        st.caption("There is nothing to preview.")
        return
    header, *rows = found.preview
    if not _is_table(found):
        pairs = [f"{markdown(name)}: {markdown(role)}" for name, role in found.columns.items()]
        more = f" and {len(pairs) - 12} more" if len(pairs) > 12 else ""
        st.caption(", ".join(pairs[:12]) + more)
    cut = range(min(len(header), SHOWN_COLUMNS))
    names = [f"{header[at] or 'no name'}{' ' * header[:at].count(header[at])}" for at in cut]
    cells = [[row[at] for at in cut] for row in rows]
    index = [str(row + 1) for row in range(len(rows))]
    if _is_table(found):
        cells = [[found.columns[header[at]] for at in cut], *cells]
        index = ["read as", *index]
    table = pd.DataFrame(cells, columns=names, index=index)
    st.dataframe(
        table,
        key=f"preview-{place}",
        alt=f"First rows of {shortened(found.file)} and what each column became",
        column_config={"_index": st.column_config.Column("row", pinned=True, width=70)}
        | _widths(names, cells),
        height="content",
    )
    if len(header) > SHOWN_COLUMNS:
        st.caption(f"The first {SHOWN_COLUMNS} of {count(len(header))} columns.")


def _widths(names: list[str], cells: list[list[str]]) -> dict:
    """Wide enough for the role above the values; where all fit, they share the page instead."""
    widths = [min(24 + 8 * max(len(name), len(cells[0][at])), 220) for at, name in enumerate(names)]
    if sum(widths) < NARROW:
        return {}
    return {name: st.column_config.Column(width=widths[at]) for at, name in enumerate(names)}


def _pickers(upload: Upload, found: Found, place: int, tables: int) -> None:
    """What each column is; a choice holds for every table of the file that has the column."""
    columns, holds = list(found.columns), ""
    if tables > 1:
        which = "both" if tables == 2 else f"all {count(tables)}"
        holds = f"What you say of a column holds for {which} tables of {markdown(found.file)}."
    if len(columns) > MANY_COLUMNS:
        _several(found, place)
        if holds:
            st.caption(holds)
        columns = [column for column in columns if uploads.role(upload, found.file, column)]
        columns = columns[:MANY_COLUMNS]
    else:
        st.caption(f"Wrong? Say what a column is. {holds}")
    with st.container(horizontal=True, gap="small"):
        for column in columns:
            _picker(upload, found, place, column)


def _several(found: Found, place: int) -> None:
    """One choice for several of many columns."""
    columns, key = list(found.columns), f"several/{place}/{found.file}"
    undecided = [column for column, role in found.columns.items() if role == "undecided"]
    chosen = [column for column in state.get(key) or [] if column in found.columns]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.multiselect(
            "Columns to read as something else",
            columns,
            placeholder=f"Choose among {count(len(columns))} columns",
            **state.picker(f"{key}/columns", chosen, state.put, key),
        )
        st.selectbox(
            "Read them as",
            ["", *KNOWN_ROLES],
            format_func=lambda role: ROLE_WORDS.get(role, role) if role else "as recognised",
            width=210,
            disabled=not chosen,
            **state.picker(f"{key}/role", "", uploads.say_role, found.file, chosen),
        )
    if undecided and len(chosen) < len(undecided):
        st.button(
            f"Choose the {count(len(undecided))} undecided columns",
            key=f"{key}/undecided",
            on_click=state.put,
            args=(key, undecided),
        )


def _picker(upload: Upload, found: Found, place: int, column: str) -> None:
    chosen = uploads.role(upload, found.file, column)
    # Streamlit tells options apart by their text: two with the same text would be one.
    recognised = "as recognised" if chosen else f"{found.columns[column]} (recognised)"
    st.selectbox(
        label(column or "no name", 40),
        ["", *KNOWN_ROLES],
        format_func=lambda role: ROLE_WORDS.get(role, role) if role else recognised,
        width=296,
        **state.picker(
            f"role/{place}/{found.file}/{column}", chosen, uploads.say_role, found.file, [column]
        ),
    )


def _empty(upload: Upload) -> None:
    st.selectbox(
        "An empty cell is",
        list(EMPTY),
        format_func=EMPTY.get,
        width=260,
        **state.picker("reading/empty", upload.said.get("empty", "missing"), uploads.say, "empty"),
    )


def _markers(upload: Upload) -> None:
    said = list(upload.said.get("missing_markers", []))
    st.multiselect(
        "Texts that stand for a missing answer",
        list(dict.fromkeys((*MARKERS, *said))),
        accept_new_options=True,
        placeholder="None; choose or type",
        width=360,
        **state.picker("reading/markers", said, uploads.say, "missing_markers"),
    )


def _values(upload: Upload) -> None:
    st.selectbox(
        "Arrays hold",
        list(VALUES),
        format_func=VALUES.get,
        width=220,
        help="Logits are scores before they are turned into probabilities that sum to 1.",
        **state.picker("reading/values", upload.said.get("values") or "", _say_values),
    )


def _say_values(value: str) -> None:
    uploads.say("values", value or None)


def _threshold(upload: Upload) -> None:
    st.number_input(
        "Right from a score of",
        min_value=0.0,
        max_value=1.0,
        step=0.05,
        width=220,
        **state.picker(
            "reading/threshold",
            float(upload.said.get("threshold", 1.0)),
            uploads.say,
            "threshold",
        ),
    )


def _is_table(found: Found) -> bool:
    """Its columns are named in the header, so each can be given a role."""
    return bool(found.preview) and found.preview[0] == tuple(found.columns)


def _words(found: Found) -> tuple[str, ...]:
    return (found.form, *found.columns.values())
