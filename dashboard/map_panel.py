"""The map of samples: coordinates (PCA at once, UMAP in the background), colouring, picks."""

from collections.abc import Callable
from functools import partial
from hashlib import blake2b

import numpy as np
import streamlit as st

from analysis.bundle import Bundle
from analysis.outcomes import OUTCOME_SUMMARIES
from analysis.projection import BESIDE, MOST_LAID_OUT, SEED
from dashboard import component, compute, jobs, kept_maps, panels, state
from dashboard.component import geometry
from dashboard.figures import sample_map as build
from dashboard.map_process import umap_apart
from dashboard.panels import exporting
from dashboard.plots import maps
from dashboard.state import Choices
from dashboard.theme import SEQUENTIAL, count, markdown

METHODS = ("PCA", "UMAP")
HEIGHT = 640
MOST_DRAWN = 20_000
AT_ONCE = 0.2  # seconds that a page waits before it shows a progress bar


def pick_colouring(choices: Choices) -> str:
    """What the points are coloured by: outcome, number right, or a grouping."""
    options = build.colourings(choices)
    if state.get("map-colour") not in options:
        state.put("map-colour", next(iter(options)))
    return st.selectbox(
        "Colour", list(options), format_func=options.get, **state.widget("map-colour")
    )


def pick_method(choices: Choices) -> str:
    """PCA or UMAP; UMAP where one is under way or made, also after the page was loaded anew."""
    return st.segmented_control(
        "Layout",
        METHODS,
        wrap=True,
        required=True,
        help="PCA shows the two directions of largest spread, at once. UMAP keeps neighbours "
        "together; it takes seconds to minutes in the background and is kept.",
        **state.widget("map-method", "PCA" if jobs.find(_job(choices)) is None else "UMAP"),
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
    key = _job(choices)
    job = jobs.find(key)
    if job is None:
        kept = kept_maps.read(bundle.fingerprint, len(bundle.ids))
        work = partial(_made, bundle) if kept is None else lambda report: kept
        jobs.start(key, work)
        job = jobs.find(key)
        job.ended.wait(AT_ONCE)
    if job.result is not None:
        st.caption(_told(len(bundle.ids)))
        return job.result, ("UMAP 1", "UMAP 2")
    if job.running:
        _progress(key)
    else:
        st.caption(f"The UMAP ended without a map ({markdown(job.error)}); this is the PCA.")
        st.button("Try again", on_click=jobs.forget, args=(key,))
    return flat


def _job(choices: Choices) -> str:
    return f"umap/{choices.bundle.fingerprint}"


def _made(bundle: Bundle, report: jobs.Report) -> np.ndarray:
    """The UMAP, made in a process of its own and then kept."""
    points = umap_apart(bundle.embeddings.cpu().numpy(), report)
    kept_maps.write(bundle.fingerprint, points)
    return points


def _told(samples: int) -> str:
    """How the map came about."""
    if samples <= MOST_LAID_OUT:
        return f"UMAP with seed {SEED}."
    return (
        f"UMAP with seed {SEED} of {count(MOST_LAID_OUT)} samples drawn by lot; each of the others "
        f"stands between its {BESIDE} nearest of them."
    )


@st.fragment(run_every=0.5)
def _progress(key: str) -> None:
    job = jobs.find(key)
    if job is None or not job.running:
        st.rerun()
    stage = "layout" if job.progress else "neighbours (the first time takes longest)"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(job.progress, text=f"UMAP: {stage}; meanwhile the PCA is shown")
        st.button("Cancel", on_click=jobs.cancel, args=(key,), key="cancel-map")


def scatter(
    choices: Choices,
    points: np.ndarray,
    axes: tuple[str, str],
    colouring: str,
    panel: str,
) -> None:
    """The map itself; a lasso, box or click becomes the selection.

    Of more samples than can be drawn a part is, by lot: those within the view, and what was
    selected elsewhere first. A lasso or box takes all samples inside it, drawn or not.
    """
    palette = panels.palette()
    colour = build.colours(choices, colouring, palette)
    current = state.selection()
    foreign = state.narrowing(panel)
    space = f"{choices.bundle.fingerprint}/{axes[0]}"
    view, thinned = _view(panel, space), len(points) > MOST_DRAWN
    first = None if foreign is None else foreign.positions
    rows = compute.drawn_rows(geometry.in_view(points, view), MOST_DRAWN, first)
    rows = rows if thinned else np.arange(len(points))
    hover = compute.sample_texts(choices, rows)
    drawn = {
        name: value[rows] if isinstance(value, np.ndarray) else value
        for name, value in colour.items()
    }
    selected = None
    if current is not None:
        selected = np.flatnonzero(np.isin(rows, current.positions, assume_unique=True))
    title = _title(len(rows), len(points), zoomed=view is not None)
    figure = partial(maps.sample_map, points[rows], hover, axes, title=title, **drawn)

    def take(picked: component.Picked | None) -> None:
        _store(None if picked is None else _rows(points, rows, colour, picked, thinned), panel)

    if not component.vendor_available():
        shown = None if foreign is None else selected
        pick, brush = partial(_pick, rows=rows), partial(_brush, take=take)
        panels.chart(
            figure(selected=shown, palette=palette),
            panel,
            title,
            pick,
            modes=("points", "box", "lasso"),
            brush=brush if thinned else None,
        )
        return
    component.scatter(
        key=panel,
        digest=f"{space}/{_key(choices)}/{_digest(rows)}",
        space=space,
        limits=tuple(map(geometry.limits_of, points.T)),
        x=points[rows, 0],
        y=points[rows, 1],
        hover=hover,
        selected=selected,
        mine=current is not None and foreign is None,
        seq=state.selections(),
        x_title=axes[0],
        y_title=axes[1],
        title=title,
        height=HEIGHT,
        alt=title,
        on_select=take,
        on_view=partial(_look, panel, space) if thinned else None,
        scale=SEQUENTIAL,
        **drawn,
    )
    exporting.offer(panel, partial(figure, selected=selected))


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


def _title(drawn: int, samples: int, *, zoomed: bool) -> str:
    """How many samples there are, and how many of them are drawn."""
    near = "near ones have similar embeddings"
    if drawn == samples:
        return f"{count(samples)} samples, {near}"
    where = "in view, " if zoomed else ""
    return f"{count(drawn)} of {count(samples)} samples drawn ({where}by lot), {near}"


def _key(choices: Choices) -> str:
    return repr((choices.ensemble.key, choices.missing))


def _digest(rows: np.ndarray) -> str:
    return blake2b(rows.tobytes(), digest_size=8).hexdigest()


def _view(panel: str, space: str) -> geometry.View | None:
    """The ends of the axes that were zoomed to on a map of this space."""
    known, view = state.get(f"{panel}-view") or ("", None)
    return view if known == space else None


def _look(panel: str, space: str, view: geometry.View | None) -> None:
    state.put(f"{panel}-view", (space, view))


def _rows(
    points: np.ndarray, rows: np.ndarray, colour: dict, picked: component.Picked, thinned: bool
) -> np.ndarray:
    """The samples that were picked: of a lasso or box also those that are not drawn."""
    if not (thinned and picked.shapes):
        return rows[picked.positions]
    found = geometry.inside(points, picked.shapes)
    kinds = colour["category"] if "category" in colour else np.isnan(colour["values"])
    return np.flatnonzero(found & ~np.isin(kinds, picked.hidden))


def _pick(picked, panel: str, rows: np.ndarray) -> None:
    _store(rows[maps.decode_samples(picked)], panel)


def _brush(event: dict, panel: str, take: Callable) -> None:
    """A box or lasso of a plain chart; without any, it was taken away."""
    shapes = maps.decode_shapes(event)
    take(component.Picked(np.empty(0, dtype=np.int32), shapes, ()) if shapes else None)


def _store(rows: np.ndarray | None, panel: str) -> None:
    state.select(np.empty(0, dtype=np.int32) if rows is None else rows, panel, "picked on the map")
