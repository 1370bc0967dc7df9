"""Slices that nobody named, as marks and as rows; picking one selects its samples."""

from dashboard import controls, slice_tables, slice_words, state
from dashboard.compute import SlicesAsked
from dashboard.figures import slices as build
from dashboard.panels.drawing import chart, palette, select_within
from dashboard.plots import slices as plots

HALF = "On the half of the samples that the slices were not found on. Grey: does not pass."
SHOWN = "slices-shown"


def found_gaps(asked: SlicesAsked, found: dict, panel: str) -> None:
    """The gap of each slice against its size; picking one selects its samples."""
    figure = build.found_gaps(asked, found, palette())
    chart(figure, panel, "Gap of each slice against its size", _pick, asked.key, found)


def found_sides(asked: SlicesAsked, found: dict, panel: str) -> None:
    """The score inside and outside of each slice; picking one selects its samples."""
    figure = build.found_sides(asked, found, palette())
    chart(figure, panel, slice_words.SCORES[asked.score.name].title, _pick, asked.key, found)


def _pick(points, panel: str, key: str, found: dict) -> None:
    row = plots.decode_slice(points)
    if row is not None:
        select_slice(row, panel, key, found)


def select_slice(row: int, panel: str, key: str, found: dict) -> None:
    """Select all samples of a slice, of both halves, and tell of it."""
    if row >= len(found["rows"]):
        return
    state.put(SHOWN, (key, row))
    conditions = found["conditions"][row]
    said = slice_words.slice_name(conditions)
    select_within(found["rows"][row], panel, said, (tuple(conditions),))


def found_table(asked: SlicesAsked, found: dict, panel: str) -> None:
    """Slices as rows; ticking one selects its samples."""
    frame = slice_tables.slices(found, own=True)
    key = state.panel_key(panel) + asked.key
    controls.table(
        frame,
        "Slices",
        shares=["found again"],
        key=key,
        on_select=lambda: _ticked(key, panel, asked.key, found),
        selection_mode="single-row",
    )
    controls.download(frame, "slices.csv")


def _ticked(key: str, panel: str, search: str, found: dict) -> None:
    rows = state.event(key).get("selection", {}).get("rows", [])
    if rows:
        select_slice(rows[0], panel, search, found)
    else:
        state.unpick(panel)
