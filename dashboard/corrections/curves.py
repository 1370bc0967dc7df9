"""Size and cost: more members, silence where unsure, and asking on only where needed."""

import streamlit as st

from analysis.bundle import Bundle
from analysis.rules import RULES
from analysis.windows import TARGETS
from dashboard import compute, controls, curve_tables, curve_words, panels, state
from dashboard.rule_choice import steady_weights
from dashboard.state import Choices
from dashboard.theme import markdown

MOST_GROUPS = 12


def show(choices: Choices, bundle: Bundle) -> None:
    """Quality against size, risk against coverage, accuracy against cost, and their tables."""
    head = st.container()
    with st.container(horizontal=True):
        measure = _picked("Against size", compute.size_measures(choices), "size-measure")
        pool = controls.pick_pool(choices, "size-pool", default="all")
        orders = compute.cascade_orders(choices)
        order = _picked("Members are asked", orders, "cascade-order") if orders else ""
    sizes, silence, cost = st.columns(3)
    with sizes:
        panels.against_size(choices, pool, measure, "against-size")
        st.caption(_size_note(choices, compute.size_values(choices, bundle, pool, measure)))
    curve = compute.risk_curves(choices, bundle).get("ensemble")
    with silence:
        panels.risk_coverage(choices, "risk-coverage")
        st.caption(_silence_note(choices, bundle, curve))
    cascade = compute.cascade(choices, bundle, order)
    priced = compute.member_costs(choices) is not None
    with cost:
        panels.cascade(choices, order, "cascade-cost")
        if not cascade["problem"]:
            st.caption(_with_units(bundle, curve_words.cost_note(cascade, priced=priced)))
    head.markdown(curve_words.curves_sentence(curve, cascade, priced=priced))
    _tables(choices, bundle, cascade)


def _picked(label: str, options: dict[str, str], key: str) -> str:
    """One of some options; the first where the one picked before is not there any more."""
    kept = state.get(key)
    first = next(iter(options))
    if kept not in options:
        state.put(key, first)
    return st.segmented_control(
        label,
        list(options),
        wrap=True,
        format_func=options.get,
        required=True,
        disabled=len(options) == 1,
        **state.widget(key, first),
    )


def _size_note(choices: Choices, found: dict) -> str:
    rules = (RULES[choices.ensemble.rule].label, RULES[compute.stand_in(choices)].label)
    return curve_words.size_note(found, *rules, weighed=bool(choices.ensemble.weights))


def _silence_note(choices: Choices, bundle: Bundle, curve: dict | None) -> str:
    return curve_words.silence_note(
        curve,
        repeated=controls.units_repeat(bundle),
        steady=steady_weights(choices.ensemble) is not None,
    )


def _with_units(bundle: Bundle, note: str) -> str:
    """A note, and that its intervals know nothing of units, where they repeat."""
    return f"{note} {curve_words.INDEPENDENT}" if controls.units_repeat(bundle) else note


def _tables(choices: Choices, bundle: Bundle, cascade: dict) -> None:
    if cascade["problem"]:
        _votes(choices, bundle)
        return
    left, right = st.columns(2)
    with left:
        _votes(choices, bundle)
    with right:
        _window(choices, bundle, cascade)


def _votes(choices: Choices, bundle: Bundle) -> None:
    st.markdown("**Selective vote of the members, by alpha**")
    levels = bundle.groups[choices.grouping].levels if choices.grouping is not None else ()
    found = compute.selective(choices, bundle)
    votes = curve_tables.selective(found, levels[:MOST_GROUPS])
    controls.table(votes, "Selective vote by alpha")
    controls.download(votes, "selective.csv")
    shown, members = min(len(levels), MOST_GROUPS), len(choices.ensemble.members)
    note = curve_words.selective_note(found, members, len(levels), shown)
    st.caption(_with_units(bundle, note))


def _window(choices: Choices, bundle: Bundle, cascade: dict) -> None:
    st.markdown("**Asking on only near the threshold of a decision**")
    names = {name: f"{100 * target.level:g} % {target.of}" for name, target in TARGETS.items()}
    target = _picked("Tuned for", names, "window-target")
    found = compute.window(choices, bundle, cascade["members"], target)
    if found["problem"]:
        st.info(markdown(found["problem"], 400))
        return
    controls.table(curve_tables.windows(found), "Window cascade")
    st.caption(_with_units(bundle, curve_words.window_note(found, TARGETS[target].label)))
