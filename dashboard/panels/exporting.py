"""The small menu below a figure that writes it to a file; nothing is written before it is asked."""

import re
from collections.abc import Callable
from functools import partial
from importlib import metadata

import plotly.graph_objects as go
import streamlit as st

from dashboard import figure_settings, footnotes, state
from dashboard.choosing import Choices, Selection
from dashboard.export.presets import FONTS, PRESETS, Preset
from dashboard.export.writing import FORMATS, write
from dashboard.theme import count, shortened

MIME = {
    "pdf": "application/pdf",
    "svg": "image/svg+xml",
    "png": "image/png",
    "html": "text/html",
    "csv": "text/csv",
}
PICTURES = ("pdf", "svg", "png")
AS_NEEDED = 0.0
KEPT, USUAL = "figure-settings", "single column"
NAMED_MEMBERS = 5
# The browser places an opening menu once, by its height of that moment.
ROOM = 430


@st.fragment
def offer(panel: str, make: Callable[[], go.Figure]) -> None:
    """A menu for one figure; its widgets come when it is opened.

    Args:
        panel: of the figure.
        make: gives the figure; called when the file is asked for.
    """
    key = f"export/{panel}"
    with st.container(horizontal=True, horizontal_alignment="right", key=f"export-{_plain(panel)}"):
        menu = st.popover(
            "Export",
            type="tertiary",
            icon=":material/download:",
            help="Save this figure for a paper or a talk, or the data behind it",
            key=key,
            on_change="rerun",
        )
    if menu.open:
        with menu:
            _menu(panel, key, make)
    else:
        menu.space(ROOM)


def _menu(panel: str, key: str, make: Callable[[], go.Figure]) -> None:
    chosen = figure_settings.usable(state.get(KEPT, {}))[0]
    format = st.segmented_control(
        "Format",
        FORMATS,
        wrap=True,
        format_func=str.upper,
        required=True,
        **state.picker(f"{key}/format", chosen.get("format", FORMATS[0]), _keep, "format"),
    )
    preset = PRESETS["double column"]
    if format in PICTURES:
        preset = figure_settings.preset_of(chosen, USUAL)
        _sizes(key, format, preset, chosen.get("unit", "mm"))
    st.download_button(
        "Download",
        data=partial(_written, make, format, preset, caption(panel)),
        file_name=f"dissensus-{_plain(panel)}.{format}",
        mime=MIME[format],
        on_click="ignore",
        icon=":material/download:",
        key=f"{key}/download",
    )


def _sizes(key: str, format: str, preset: Preset, unit: str) -> None:
    """Fields for size and letters of a picture; they are the same in all menus."""
    left, right = st.columns([2, 1])
    picked = state.picker(f"{key}/preset", preset.name, _keep_preset)
    left.selectbox("Preset", list(PRESETS), **picked)
    picked = state.picker(f"{key}/unit", unit, _keep, "unit")
    right.segmented_control("Unit", list(figure_settings.UNITS), wrap=True, required=True, **picked)
    left, right = st.columns(2)
    with left:
        _length("Width", f"{key}/width/{unit}", "width_mm", preset.width_mm, unit)
        picked = state.picker(f"{key}/size", float(preset.size), _keep, "size")
        st.number_input("Letters (pt)", *figure_settings.LETTERS, step=0.5, **picked)
    with right:
        _length("Height", f"{key}/height/{unit}", "height_mm", preset.height_mm, unit)
        picked = state.picker(f"{key}/font", preset.font, _keep, "font")
        st.selectbox("Font", FONTS, **picked)
    picked = state.picker(f"{key}/grey", preset.greyscale, _keep, "greyscale")
    st.toggle("Greyscale", help="Traces differ in symbols, dashes and hatches", **picked)
    if format != "png":
        picked = state.picker(f"{key}/raster", preset.raster, _keep, "raster")
        told = "Smaller files where there are many points"
        st.toggle("Points as pixels", help=told, **picked)
    if format == "png" or preset.raster:
        picked = state.picker(f"{key}/dpi", preset.dpi, _keep, "dpi")
        st.number_input("Dots per inch", *figure_settings.DOTS, step=50, **picked)


def _length(label: str, key: str, name: str, millimetres: float | None, unit: str) -> None:
    """A field for a length in the chosen unit; a height may be left to the figure."""
    one, free = figure_settings.UNITS[unit], name == "height_mm"
    low, high = figure_settings.HEIGHTS if free else figure_settings.WIDTHS
    shown = min(max((millimetres or AS_NEEDED) / one, AS_NEEDED if free else low / one), high / one)
    st.number_input(
        f"{label} ({unit})",
        AS_NEEDED if free else low / one,
        high / one,
        step=1.0 if unit == "mm" else 0.1,
        format="%.4g",
        help="0: as tall as the figure needs" if free else None,
        **state.picker(key, shown, _keep_length, name, unit),
    )


def _keep(name: str, value: object) -> None:
    state.put(KEPT, {**state.get(KEPT, {}), name: value})


def _keep_preset(name: str) -> None:
    """Another preset has sizes of its own."""
    before = state.get(KEPT, {})
    others = {key: one for key, one in before.items() if key not in figure_settings.SIZES}
    state.put(KEPT, {**others, "preset": name})


def _keep_length(name: str, unit: str, value: float) -> None:
    low, high = figure_settings.HEIGHTS if name == "height_mm" else figure_settings.WIDTHS
    length = round(value * figure_settings.UNITS[unit], 3)
    _keep(name, min(max(length, low), high) if value else None)


def caption(panel: str) -> str:
    """What stands below an exported figure: data, n, rule, intervals, version."""
    parts = [shortened(state.bundle_name(), 60)]
    choices, current = state.choices(), state.narrowing(panel)
    if choices is not None:
        parts.append(_ensemble(choices))
        parts.append(_how(choices, current).rstrip("."))
    parts.append(f"Dissensus {version()}")
    return ". ".join(part for part in parts if part) + "."


def version() -> str:
    """Of the installed package; "from source" where there is none."""
    try:
        return metadata.version("dissensus")
    except metadata.PackageNotFoundError:
        return "from source"


def _written(make: Callable[[], go.Figure], format: str, preset: Preset, below: str) -> bytes:
    return write(make(), format, preset, below)


def _plain(panel: str) -> str:
    """A panel's name as file names and style sheets may hold it."""
    return re.sub(r"\W+", "-", panel).strip("-").lower()[:60] or "figure"


def _ensemble(choices: Choices) -> str:
    """Rule and members, by name where they are few."""
    team = choices.ensemble
    few = len(team.members) <= NAMED_MEMBERS
    return f"{team.label} ({', '.join(map(shortened, team.members))})" if few else team.label


def _how(choices: Choices, current: Selection | None) -> str:
    """The page's footnote: n, missing answers, intervals; only n where nothing is labelled."""
    bundle = choices.bundle
    judged = bundle.labelled.cpu().numpy()
    judged = judged if current is None else judged[current.positions]
    if not judged.any():
        return f"n = {count(len(judged))} samples"
    return footnotes.footnote(
        int(judged.sum()),
        choices.missing,
        units=bundle.units is not None and len(bundle.units.unique()) < len(bundle.ids),
        tested=False,
        selected=current is not None,
        held_out=choices.held_out is not None,
    )
