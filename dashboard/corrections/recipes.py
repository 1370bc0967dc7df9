"""Weights or outputs: soups and interpolations beside ensembles of the same models."""

import streamlit as st

from analysis.bundle import Bundle, BundleError
from analysis.recipes import Line, Soup
from dashboard import compute, controls, panels, recipe_tables, recipe_words, state
from dashboard.state import Choices
from dashboard.theme import markdown, shortened

LOSSES = {"brier": "Brier score", "error": "Wrong answers"}


def show(choices: Choices, bundle: Bundle) -> None:
    """Soups first, then lines of interpolations; a sentence where neither is known."""
    try:
        soups, lines = compute.recipes(bundle)
    except BundleError as problem:
        st.warning(markdown(str(problem), 400))
        return
    if not soups and not lines:
        st.info(recipe_words.NONE_KNOWN)
        return
    if soups:
        _soups(choices, bundle, soups)
    if lines:
        _line(choices, bundle, lines)


def _soups(choices: Choices, bundle: Bundle, soups: tuple[Soup, ...]) -> None:
    found = [compute.soup_comparison(choices, bundle, soup) for soup in soups]
    place = _picked("Soup", [soup.model for soup in soups], "soup-shown")
    soup = soups[place]
    st.markdown(recipe_words.soup_sentence(soup, found[place]))
    st.caption(recipe_words.ingredients(soup))
    left, right = st.columns(2)
    with left:
        panels.soup_dots(choices, soups, found, "soups")
        panels.soup_outcomes(choices, soup, "soup-outcomes")
    with right:
        panels.two_by_two(choices, soup, "soup-fields")
        loss = st.segmented_control(
            "Loss",
            list(LOSSES),
            wrap=True,
            format_func=LOSSES.get,
            required=True,
            **state.widget("soup-loss", "brier" if bundle.probabilities else "error"),
        )
        panels.error_parts(choices, soup, loss, "soup-parts")
        parts = compute.soup_error_parts(choices, bundle, soup)
        st.caption(recipe_words.parts_sentence(parts, loss))
    table = recipe_tables.soups(soups, found)
    controls.table(table, "Soups and ensembles of their ingredients")
    controls.download(table, "soups.csv")


def _line(choices: Choices, bundle: Bundle, lines: tuple[Line, ...]) -> None:
    names = [f"{line.ends[0]} to {line.ends[1]}" for line in lines]
    line = lines[_picked("Interpolation", names, "line-shown")]
    found = compute.along(choices, bundle, line)
    st.markdown(recipe_words.line_sentence(line, found))
    left, right = st.columns(2)
    with left:
        panels.along_line(choices, line, "line")
    with right:
        panels.outcomes_along(choices, line, "line-outcomes")
    table = recipe_tables.along(line, found)
    controls.table(table, "Along the line")
    controls.download(table, "interpolation.csv")


def _picked(what: str, names: list[str], key: str) -> int:
    """The place of the one that is shown; asked only where there are several."""
    if len(names) == 1:
        return 0
    place = state.get(key, 0)
    places = list(range(len(names)))
    return st.selectbox(
        what,
        places,
        format_func=lambda at: shortened(names[at], 80),
        **state.picker(f"widget/{key}", place if place in places else 0, state.put, key),
    )
