"""What to look for: the axes, and which candidates."""

from math import comb

import streamlit as st

from analysis.bundle import Bundle
from analysis.rules import RULES
from dashboard import compute, state
from dashboard.compute.search_axes import Axis
from dashboard.compute.searches import LEAST_HALVED, MOST, Wanted
from dashboard.figures.front_search import ordered as in_order
from dashboard.state import Choices
from dashboard.theme import count

KINDS = {"quality": "Quality", "diversity": "Diversity", "consistency": "Consistency"}
NONE = ""
RANDOM = (0, 40, 200, 1000, 5000)
SMALL = 6


def pick(choices: Choices, bundle: Bundle) -> Wanted:
    """The axes in a row, and the candidates behind a button."""
    axes, reasons = compute.usable_axes(choices, bundle)
    axes = in_order(axes)
    if not set(KINDS) <= {axis.kind for axis in axes}:
        st.info(f"These samples allow no front: {next(iter(reasons.values()), 'no model fits.')}")
        st.stop()
    columns = st.columns(4)
    names = []
    for column, (kind, label) in zip(columns, KINDS.items(), strict=False):
        offered = {axis.name: axis for axis in axes if axis.kind == kind}
        names.append(_axis(column, label, f"front-{kind}", offered))
    offered = {axis.name: axis for axis in axes if axis.name not in names}
    ordered = sorted(offered.values(), key=lambda axis: axis.kind != "cost")
    fourth = _axis(columns[3], "Fourth (optional)", "front-fourth", _by_name(ordered), empty=True)
    with st.popover("Candidates"):
        wanted = _candidates(choices, bundle, (*names, fourth) if fourth else tuple(names))
        if reasons:
            st.caption("Axes that are not offered: " + _why_not(reasons))
    return wanted


def _by_name(axes: list[Axis]) -> dict[str, Axis]:
    return {axis.name: axis for axis in axes}


def _why_not(reasons: dict[str, str]) -> str:
    """The labels of axes behind the reason that they share."""
    by_reason: dict[str, list[str]] = {}
    for label, reason in reasons.items():
        by_reason.setdefault(reason, []).append(label)
    return " ".join(f"{', '.join(names)}: {reason}" for reason, names in by_reason.items())


def _axis(place, label: str, key: str, offered: dict[str, Axis], *, empty: bool = False) -> str:
    options = [NONE, *offered] if empty else list(offered)
    if state.get(key) not in options:
        state.put(key, options[0])
    chosen = offered.get(state.get(key))
    told = "" if chosen is None else f"{chosen.summary} {chosen.direction.capitalize()}."
    return place.selectbox(
        label,
        options,
        format_func=lambda name: _named(offered[name]) if name else "none",
        help=told or "A fourth axis for the front; the candidates are shown as parallel lines.",
        **state.widget(key),
    )


def _named(axis: Axis) -> str:
    return f"{axis.label} {'↑' if axis.sense == 'max' else '↓'}"


def _candidates(choices: Choices, bundle: Bundle, axes: tuple[str, ...]) -> Wanted:
    st.caption(
        "Every single model is a candidate, soups and interpolations among them, and so are the "
        "ensembles of the sidebar. The most promising are looked at first."
    )
    models = len(choices.bundle.models)
    totals, total = {1: 0}, 0
    for size in range(2, min(models, SMALL) + 1):
        total += comb(models, size)
        if total <= MOST:
            totals[size] = total
    if state.get("front-every") not in totals:
        state.put("front-every", min(2, max(totals)))
    every = st.selectbox(
        "All teams up to",
        list(totals),
        format_func=lambda size: f"{size} members ({count(totals[size])})" if size > 1 else "none",
        **state.widget("front-every"),
    )
    random = st.selectbox(
        "Random teams of each larger size",
        RANDOM,
        format_func=count,
        **state.widget("front-random", 40),
    )
    greedy = st.checkbox(
        "Teams that grow by the member that helps accuracy most",
        **state.widget("front-greedy", True),
    )
    pooled = RULES[compute.rule_of(choices)].pool is not None
    edges = st.checkbox(
        "Uneven weights (1 : 3 and 3 : 1) of every two models",
        disabled=not pooled,
        help="Soups of outputs between every two models."
        if pooled
        else "Where two vote, the one with more weight decides alone; choose a rule that combines "
        "probabilities.",
        **state.widget("front-edges", False),
    )
    enough = compute.can_be_halved(compute.pool_of(choices, bundle))
    halves = st.checkbox(
        "Choose on one half of the samples, report on the other",
        disabled=not enough,
        help="The best of many looks better than it is on the samples it was chosen on."
        if enough
        else f"Needs {LEAST_HALVED} labelled samples.",
        **state.widget("front-halves", True),
    )
    return Wanted(
        axes, int(every), int(random), bool(greedy), bool(edges and pooled), bool(halves and enough)
    )
