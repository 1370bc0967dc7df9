"""Accuracy in one group against another: the figure, its verdict, fits and points as tables."""

from collections.abc import Callable, Mapping

import numpy as np
import streamlit as st

from dashboard import compute, controls, majority_tables, majority_words, state
from dashboard.figures import majority as build
from dashboard.panels.drawing import chart, palette, pick_models
from dashboard.theme import shortened

SCALES = {"raw": "As they are", "logit": "Logit", "probit": "Probit"}


def pick_scale(key: str) -> str:
    """The axes on which accuracies are compared."""
    return st.segmented_control(
        "Axes",
        list(SCALES),
        wrap=True,
        format_func=SCALES.get,
        required=True,
        help="On probit axes accuracies of many models lie on a line; plain axes bend near 0 and "
        "100 % by themselves.",
        **state.widget(f"{key}/scale", "raw"),
    )


def pick_mixed(points: Mapping, key: str) -> tuple[int, int] | None:
    """The two models whose answers are mixed; first those at the ends. None: nothing to mix."""
    ends, rate = build.ends(points), points["accuracy"][:, 0]
    if ends is None:
        return None
    rows = np.flatnonzero(np.isfinite(points["accuracy"]).all(1) & points["fitted"])
    names = {points["names"][row]: int(row) for row in rows.tolist()}
    left, right = st.columns(2)
    picked = []
    for column, name, end in ((left, "Mix the answers of", ends[0]), (right, "and of", ends[1])):
        kept = state.get(f"{key}/{name}")
        shown = kept if kept in names else points["names"][end]
        with column:
            chosen = st.selectbox(
                name,
                list(names),
                format_func=shortened,
                **state.widget(f"{key}/{name}", shown=shown),
            )
        picked.append(names[chosen])
    return None if rate[picked[0]] == rate[picked[1]] else tuple(picked)


def majority_minority(
    points: Mapping,
    groups: tuple[str, str],
    key: str,
    *,
    within: str = "",
    names: Callable[[], list[str]] | None = None,
) -> None:
    """Verdict, figure, mixture and tables of accuracy in one group against another.

    Args:
        points: of `compute.majority_points` or `compute.setting_points`.
        groups: names of x and y.
        key: of the panel and its choices.
        within: the samples, in words.
        names: gives the models that a click picks; None where there is nothing to pick.
    """
    if not np.isfinite(points["accuracy"]).all(1).any():
        st.info("No model is judged in both of these. Choose another pair.")
        return
    fits, head = compute.bends(points), st.container()
    left, right = st.columns([3, 2])
    with right:
        scale = pick_scale(key)
        pair = pick_mixed(points, key)
        view = compute.majority_view(points, fits, scale, pair)
        st.markdown(majority_words.mixture_sentence(points, view, pair))
        st.caption(majority_words.dependence(points, fits))
    head.markdown(majority_words.shape_sentence(points, fits, scale, groups))
    figure = build.majority_minority(points, groups, scale, pair, within, palette())
    alt = f"Accuracy of models: {groups[1]} against {groups[0]}"
    with left:
        if names is None:
            chart(figure, key, alt)
        else:
            chart(figure, key, alt, pick_models, names())
    controls.table(majority_tables.fits(fits), "Line and parabola on three kinds of axes")
    st.caption(majority_words.FITS)
    with st.expander("Points as a table"):
        frame = majority_tables.points(points, view, groups)
        controls.table(frame, "Points")
    controls.download(frame, f"{key.replace('/', '-')}.csv")
