"""Accuracies without single samples: what is open, pickers, the scatter and the table."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from analysis.accuracies import AccuracyTable
from dashboard import compute, controls, panels, setting_words, state, words
from dashboard.figures.settings import opening_settings, telling_columns, two_settings
from dashboard.theme import count, markdown, shortened, spelt

LISTED = 8
NO_COLOUR = "(none)"
EVERYBODY = "all models"


def require() -> AccuracyTable:
    """The open table of accuracies, or a sentence on what is missing and the end of the page."""
    table = state.accuracies()
    if table is not None:
        return table
    if state.whole() is None:
        controls.require()
    st.info(
        "This page compares models over several settings: test sets, shifts, tasks. No table of "
        "accuracies is open; add one with the columns model, setting and accuracy, or with a model "
        "and one column per setting, on the Data page."
    )
    st.page_link("views/data.py", label="Data")
    st.stop()


def opened() -> None:
    """The open table of accuracies, for the Data page; nothing where none is open."""
    table = state.accuracies()
    if table is not None:
        st.markdown(
            f"**{markdown(state.accuracies_name())}** is open: accuracies without single samples."
        )
        loaded(table)
        st.page_link("views/settings.py", label="Across settings")


def pick_settings(table: AccuracyTable) -> tuple[str, str]:
    """The settings of the two axes."""
    x, y = opening_settings(table)
    left, right = st.columns(2)
    with left:
        x = _select("Horizontal axis", "settings/x", table.settings, x)
    others = [setting for setting in table.settings if setting != x]
    with right:
        y = _select("Vertical axis", "settings/y", others, y if y != x else others[0])
    return x, y


def _select(label: str, key: str, options: Sequence[str], first: str) -> str:
    if state.get(key) not in options:
        state.put(key, first)
    return st.selectbox(
        label,
        options,
        format_func=spelt,
        help="A setting: a test set, a shift, a task. Type to search.",
        **state.widget(key, first),
    )


def pick_colour(table: AccuracyTable) -> str | None:
    """The column of model information that colours the points."""
    columns = telling_columns(table)
    if not columns:
        return None
    options = [NO_COLOUR, *columns]
    if state.get("settings/colour") not in options:
        state.put("settings/colour", columns[0])
    picked = st.selectbox(
        "Colour",
        options,
        format_func=spelt,
        help="What is known of the models.",
        **state.widget("settings/colour"),
    )
    return None if picked == NO_COLOUR else picked


def scatter(table: AccuracyTable, x: str, y: str, colour: str | None) -> None:
    """Every model that was measured in both settings."""
    figure = two_settings(table, x, y, colour, panels.palette())
    if isinstance(figure, str):
        st.info(figure)
        return
    panels.chart(figure, "setting-scatter", "Accuracy of the models in two settings")
    st.caption(setting_words.settings_footnote(compute.setting_pair(table, x, y)))


def majority(table: AccuracyTable, x: str, y: str, colour: str | None) -> None:
    """Line or moon: one setting against the other, as the Groups page shows two groups."""
    st.markdown("##### A line or a moon?")
    pair = compute.setting_pair(table, x, y)
    kept = _pick_fitted(table, pair, colour)
    points = compute.setting_points(table, pair, kept)
    panels.majority_minority(points, (x, y), "setting-majority")


def _pick_fitted(table: AccuracyTable, pair, colour: str | None) -> np.ndarray | None:
    """The models that line and parabola go through: all, or those with one value of a column."""
    if colour is None or table.model_info[colour].dtype != object:
        return None
    values = table.model_info[colour]
    kinds = sorted({str(value) for value in values[pair["both"]].tolist() if value is not None})
    if len(kinds) < 2:
        return None
    kept = state.get("settings/fitted")
    picked = st.selectbox(
        "Fitted through",
        [EVERYBODY, *kinds],
        format_func=shortened,
        help="For example the standard models only: how far others lie above their line is "
        "effective robustness.",
        **state.widget("settings/fitted", shown=kept if kept in kinds else EVERYBODY),
    )
    return None if picked == EVERYBODY else values.astype(str) == picked


def pick_listed(table: AccuracyTable, x: str, y: str) -> tuple[str, ...]:
    """The settings of the table."""
    every = list(table.settings)
    first = every if len(every) <= LISTED else [x, y]
    # Until somebody changes them, the settings of the table follow the axes.
    known = [setting for setting in state.get("settings/listed") or () if setting in every]
    listed = st.multiselect(
        "Settings in the table",
        every,
        format_func=spelt,
        help="Mean and rank are over the models that were measured in all of them.",
        **state.widget("settings/listed", shown=known or first),
    )
    return tuple(listed)


def ranking(table: AccuracyTable, settings: tuple[str, ...], colour: str | None) -> None:
    """Models by settings with mean and mean rank, best first."""
    if not settings:
        st.info("Choose at least one setting for the table.")
        return
    found = compute.setting_ranking(table, settings)
    frame = _frame(table, settings, colour, found)
    config = {
        "model": st.column_config.TextColumn(width=190, pinned=True),
        "mean (%)": st.column_config.NumberColumn(
            format="%.1f", help="Mean of these settings, each counting the same."
        ),
        "mean rank": st.column_config.NumberColumn(
            format="%.2f",
            help="Mean of the ranks in these settings among the models that have them all; 1 is "
            "best, equal ones share their ranks.",
        ),
        "beaten by none": st.column_config.CheckboxColumn(
            help="No other model is at least as good in all of these settings and better in one."
        ),
    }
    for setting in settings:
        config[f"{setting} (%)"] = st.column_config.NumberColumn(
            label=f"{shortened(setting, 24)} (%)", format="%.1f", help=markdown(setting, 200)
        )
    st.dataframe(frame, hide_index=True, height=520, alt="Models by settings", column_config=config)
    st.caption(setting_words.ranking_footnote(found["complete"], settings))
    controls.download(frame, "settings.csv")


def single(table: AccuracyTable) -> None:
    """The models of a table with one setting, with intervals and all that is known of them."""
    setting = table.settings[0]
    found = compute.setting_ranking(table, table.settings)
    ends = compute.setting_intervals(table, setting)
    columns: dict = {"model": list(table.models), "rank": found["rank"]}
    columns[f"{setting} (%)"] = 100 * found["accuracy"][:, 0]
    if table.counts is not None:
        columns |= {"low (%)": 100 * ends["low"], "high (%)": 100 * ends["high"], "n": ends["n"]}
    columns |= {name: values for name, values in table.model_info.items() if name not in columns}
    frame = pd.DataFrame(columns).sort_values("rank", kind="stable", na_position="last")
    shares = [name for name in columns if name.endswith("(%)")]
    config = {name: st.column_config.NumberColumn(format="%.1f") for name in shares}
    st.dataframe(
        frame, hide_index=True, height=520, alt="Models in one setting", column_config=config
    )
    st.caption(setting_words.single_footnote(table.counts is not None))
    controls.download(frame, "settings.csv")


def _frame(table: AccuracyTable, settings, colour: str | None, found) -> pd.DataFrame:
    columns: dict = {"model": list(table.models), "mean rank": found["rank"]}
    if len(settings) > 1:
        columns["mean (%)"] = 100 * found["mean"]
    for place, setting in enumerate(settings):
        columns[f"{setting} (%)"] = 100 * found["accuracy"][:, place]
    if len(settings) > 1:
        columns["beaten by none"] = found["front"]
    if colour is not None:
        columns[f"{colour} " if colour in columns else colour] = table.model_info[colour]
    return pd.DataFrame(columns).sort_values("mean rank", kind="stable", na_position="last")


def loaded(table: AccuracyTable) -> None:
    """What is open, as a line of facts and the notes of the loader."""
    measured, cells = int(table.measured.sum()), table.measured.numel()
    facts = [
        words.counted(len(table.models), "model"),
        words.counted(len(table.settings), "setting"),
        f"{count(measured)} of {count(cells)} accuracies measured"
        if measured < cells
        else "every accuracy measured",
        "numbers of samples known" if table.counts is not None else "no numbers of samples",
    ]
    st.caption(" · ".join(facts))
    controls.notes(table.notes)
