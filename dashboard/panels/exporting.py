"""The small menu below a figure that writes it to a file; nothing is written before it is asked."""

import re
from collections.abc import Callable
from functools import partial
from importlib import metadata

import plotly.graph_objects as go
import streamlit as st

from dashboard import footnotes, state
from dashboard.export.presets import FONTS, PRESETS, Preset
from dashboard.export.writing import FORMATS, write
from dashboard.theme import shortened

MIME = {
    "pdf": "application/pdf",
    "svg": "image/svg+xml",
    "png": "image/png",
    "html": "text/html",
    "csv": "text/csv",
}
PICTURES = ("pdf", "svg", "png")
AS_NEEDED = 0.0
NAMED_MEMBERS = 5


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


def _menu(panel: str, key: str, make: Callable[[], go.Figure]) -> None:
    format = st.segmented_control(
        "Format",
        FORMATS,
        default=state.get("export-format", FORMATS[0]),
        format_func=str.upper,
        required=True,
        key=f"{key}/format",
    )
    state.put("export-format", format)
    preset = PRESETS["double column"]
    if format in PICTURES:
        preset = _preset(key, format)
    st.download_button(
        "Download",
        data=partial(_written, make, format, preset, caption(panel)),
        file_name=f"dissensus-{_plain(panel)}.{format}",
        mime=MIME[format],
        on_click="ignore",
        icon=":material/download:",
        key=f"{key}/download",
    )


def _preset(key: str, format: str) -> Preset:
    """Size and letters of a picture, as they are asked for."""
    names = list(PRESETS)
    before = state.get("export-preset", names[0])
    name = st.selectbox("Preset", names, index=names.index(before), key=f"{key}/preset")
    state.put("export-preset", name)
    preset, own = PRESETS[name], f"{key}/{name}"
    left, right = st.columns(2)
    width = left.number_input(
        "Width (mm)", 30.0, 1000.0, float(preset.width_mm), 1.0, format="%.4g", key=f"{own}/width"
    )
    height = right.number_input(
        "Height (mm)",
        AS_NEEDED,
        1000.0,
        float(preset.height_mm or AS_NEEDED),
        1.0,
        format="%.4g",
        help="0: as tall as the figure needs",
        key=f"{own}/height",
    )
    size = left.number_input("Letters (pt)", 4.0, 40.0, preset.size * 1.0, 0.5, key=f"{own}/size")
    font = right.selectbox("Font", FONTS, key=f"{own}/font")
    grey = st.toggle(
        "Greyscale", help="Traces differ in symbols, dashes and hatches", key=f"{own}/grey"
    )
    raster = format != "png" and st.toggle(
        "Points as pixels", help="Smaller files where there are many points", key=f"{own}/raster"
    )
    dpi = preset.dpi
    if format == "png" or raster:
        dpi = st.number_input("Dots per inch", 50, 1200, preset.dpi, 50, key=f"{own}/dpi")
    return preset.sized(
        width_mm=width,
        height_mm=max(height, 20.0) if height else None,
        size=size,
        font=font,
        greyscale=grey,
        raster=raster,
        dpi=dpi,
    )


def caption(panel: str) -> str:
    """What stands below an exported figure: data, n, rule, intervals, version."""
    parts = [shortened(state.bundle_name(), 60)]
    choices, current = state.choices(), state.narrowing(panel)
    if choices is not None:
        parts.append(_ensemble(choices))
        units = choices.bundle.units
        n = len(choices.bundle.ids) if current is None else len(current.positions)
        parts.append(
            footnotes.footnote(
                n,
                choices.missing,
                units=units is not None and len(units.unique()) < len(choices.bundle.ids),
                tested=False,
                selected=current is not None,
                held_out=choices.held_out is not None,
            ).rstrip(".")
        )
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


def _ensemble(choices: state.Choices) -> str:
    """Rule and members, by name where they are few."""
    team = choices.ensemble
    few = len(team.members) <= NAMED_MEMBERS
    return f"{team.label} ({', '.join(map(shortened, team.members))})" if few else team.label
