"""The map of samples: coordinates (PCA at once, UMAP in the background), colouring, picks."""

import numpy as np
import streamlit as st

from analysis.outcomes import OUTCOME_SUMMARIES
from analysis.projection import umap_map
from dashboard import component, compute, jobs, panels, state
from dashboard.figures import sample_map as build
from dashboard.panels import exporting
from dashboard.plots import maps
from dashboard.state import Choices
from dashboard.theme import SEQUENTIAL, count, markdown

METHODS = ("PCA", "UMAP")
HEIGHT = 640


def pick_colouring(choices: Choices) -> str:
    """What the points are coloured by: outcome, number right, or a grouping."""
    options = build.colourings(choices)
    if state.get("map-colour") not in options:
        state.put("map-colour", next(iter(options)))
    return st.selectbox(
        "Colour", list(options), format_func=options.get, **state.widget("map-colour")
    )


def pick_method() -> str:
    """PCA or UMAP."""
    return st.segmented_control(
        "Layout",
        METHODS,
        required=True,
        help="PCA shows the two directions of largest spread, at once. UMAP keeps neighbours "
        "together; it takes seconds to minutes in the background and is kept.",
        **state.widget("map-method", "PCA"),
    )


def coordinates(choices: Choices, method: str) -> tuple[np.ndarray, tuple[str, str]]:
    """The layout asked for, or the PCA while the UMAP is being made."""
    bundle = choices.bundle
    flat = compute.pca_map(bundle), build.PCA_AXES
    if method == "PCA":
        return flat
    if len(bundle.ids) < 8:
        st.caption("UMAP needs at least 8 samples; this is the PCA.")
        return flat
    key = f"umap/{bundle.fingerprint}"
    job = jobs.find(key)
    if job is not None and job.result is not None:
        return job.result, ("UMAP 1", "UMAP 2")
    if job is None:
        embeddings = bundle.embeddings
        jobs.start(key, lambda report: umap_map(embeddings, progress=report).numpy())
        job = jobs.find(key)
    if job.running:
        _progress(key)
    else:
        st.caption(f"The UMAP ended without a map ({markdown(job.error)}); this is the PCA.")
        st.button("Try again", on_click=jobs.forget, args=(key,))
    return flat


@st.fragment(run_every=0.5)
def _progress(key: str) -> None:
    job = jobs.find(key)
    if job is None or not job.running:
        st.rerun()
    stage = "layout" if job.progress else "neighbours (the first time takes longest)"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(job.progress, text=f"UMAP: {stage}; meanwhile the PCA is shown")
        st.button("Cancel", on_click=jobs.cancel, args=(key,))


def scatter(
    choices: Choices,
    points: np.ndarray,
    axes: tuple[str, str],
    colouring: str,
    panel: str,
) -> None:
    """The map itself; a lasso, box or click becomes the selection."""
    palette = panels.palette()
    colour = build.colours(choices, colouring, palette)
    hover = compute.sample_texts(choices, np.arange(len(points)))
    current = state.selection()
    selected = None if current is None else current.positions
    title = f"{count(len(points))} samples, near ones have similar embeddings"
    if not component.vendor_available():
        shown = None if current is None or current.source == panel else current.positions
        figure = maps.sample_map(
            points, hover, axes, selected=shown, title=title, palette=palette, **colour
        )
        panels.chart(figure, panel, title, _pick, modes=("points", "box", "lasso"))
        return
    component.scatter(
        key=panel,
        digest=f"{choices.bundle.fingerprint}/{axes[0]}/{_key(choices)}",
        x=points[:, 0],
        y=points[:, 1],
        hover=hover,
        selected=selected,
        mine=current is not None and current.source == panel,
        seq=state.selections(),
        x_title=axes[0],
        y_title=axes[1],
        title=title,
        height=HEIGHT,
        alt=title,
        on_select=lambda rows: _store(rows, panel),
        scale=SEQUENTIAL,
        **colour,
    )
    chosen = None if selected is None else np.asarray(selected)
    exporting.offer(
        panel,
        lambda: maps.sample_map(points, hover, axes, selected=chosen, title=title, **colour),
    )


def explain(colouring: str) -> None:
    """What the colours mean, and how to pick."""
    meaning = ""
    if colouring == "outcome":
        parts = [f"{name}: {summary}" for name, summary in OUTCOME_SUMMARIES.items()]
        meaning = "; ".join(parts).capitalize() + ". "
    st.caption(
        "Draw a lasso or a box to select samples, click one to pick it, double-click to clear. "
        f"{meaning}Distances on a flat map are only roughly those of the embeddings."
    )


def _key(choices: Choices) -> str:
    return repr((choices.ensemble.key, choices.missing))


def _pick(points, panel: str) -> None:
    _store(maps.decode_samples(points), panel)


def _store(rows: np.ndarray | None, panel: str) -> None:
    state.select(np.empty(0, dtype=np.int32) if rows is None else rows, panel, "picked on the map")
