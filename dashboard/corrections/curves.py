"""Size and cost: more members, silence where unsure, and asking on only where needed."""

import streamlit as st

from analysis.bundle import Bundle
from analysis.rules import RULES
from analysis.windows import TARGETS
from dashboard import compute, controls, curve_tables, curve_words, panels, state
from dashboard.state import Choices

MOST_GROUPS = 12


def show(choices: Choices, bundle: Bundle) -> None:
    """Quality against size, risk against coverage, accuracy against cost, and their tables."""
    orders = compute.cascade_orders(choices)
    measures = compute.size_measures(choices)
    head = st.container()
    sizes, silence, cost = st.columns(3)
    with sizes:
        measure = _picked("Against size", measures, "size-measure")
        pool = controls.pick_pool(choices, "size-pool", default="all")
        panels.against_size(choices, pool, measure, "against-size")
    with cost:
        order = _picked("Members are asked", orders, "cascade-order")
        panels.cascade(choices, order, "cascade-cost")
    with silence:
        panels.risk_coverage(choices, "risk-coverage")
    cascade = compute.cascade(choices, bundle, order)
    curve = compute.risk_curves(choices, bundle).get("ensemble")
    with head:
        priced = compute.member_costs(choices) is not None
        st.markdown(curve_words.curves_sentence(curve, cascade, priced=priced))
    _notes(choices, bundle, compute.size_values(choices, bundle, pool, measure), curve, cascade)
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
        format_func=options.get,
        required=True,
        disabled=len(options) == 1,
        **state.widget(key, first),
    )


def _notes(choices: Choices, bundle: Bundle, sizes: dict, curve: dict | None, cascade: dict):
    rules = (RULES[choices.ensemble.rule].label, RULES[compute.stand_in(choices)].label)
    repeated = bundle.units is not None and len(bundle.units.unique()) < len(bundle.ids)
    warning = compute.selective(choices, bundle)["warning"]
    st.caption(
        " ".join(
            (
                curve_words.size_note(sizes, *rules, weighed=bool(choices.ensemble.weights)),
                curve_words.silence_note(warning, curve, repeated=repeated),
                curve_words.cost_note(cascade, priced=compute.member_costs(choices) is not None),
            )
        )
    )


def _tables(choices: Choices, bundle: Bundle, cascade: dict) -> None:
    left, right = st.columns(2)
    with left:
        st.markdown("**Selective vote of the members, by alpha**")
        levels = bundle.groups[choices.grouping].levels if choices.grouping is not None else ()
        found = compute.selective(choices, bundle)
        votes = curve_tables.selective(found, levels[:MOST_GROUPS])
        controls.table(votes, "Selective vote by alpha")
        controls.download(votes, "selective.csv")
    if cascade["problem"]:
        return
    with right:
        st.markdown("**Asking on only near the threshold of a decision**")
        names = {name: target.label.capitalize() for name, target in TARGETS.items()}
        target = _picked("Tuned for", names, "window-target")
        found = compute.window(choices, bundle, cascade["members"], target)
        if found["problem"]:
            st.info(found["problem"])
            return
        controls.table(curve_tables.windows(found), "Window cascade")
        st.caption(curve_words.window_note(found, TARGETS[target].label))
