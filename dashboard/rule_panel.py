"""The rule in the sidebar: which one, its settings, and the samples it is fitted on."""

import math

import streamlit as st

from analysis.bundle import Bundle
from analysis.rule import Option
from analysis.rules import RULES
from dashboard import fit_on, rule_choice, state
from dashboard.fit_on import FitOn
from dashboard.theme import markdown, spelt

HELP = {
    "rule": "How the members' answers become one. "
    + " ".join(f"{rule.label}: {rule.summary}" for rule in RULES.values()),
    "fit on": "A fitted rule learns on some samples. All pages then show the others only, for "
    "every model and ensemble, so that all are judged on the same samples.",
}


def rule(opened: Bundle) -> None:
    """How the answers become one, and which rules the members cannot answer."""
    members = state.get("members", ())
    wanted = state.get("rule")
    st.selectbox(
        "Rule",
        rule_choice.usable(opened, members, fitted=True),
        format_func=_rule_label,
        help=HELP["rule"],
        **state.widget("rule", shown=rule_choice.effective(opened, members, wanted)),
    )
    for sentence in rule_choice.out_of_reach(opened, members, wanted):
        st.caption(sentence)


def _rule_label(name: str) -> str:
    row = RULES[name]
    if row.fit is None:
        return row.label
    return f"{row.label} ({'fitted' if row.labelled else 'learned without labels'})"


def options(opened: Bundle) -> None:
    """The settings of the rule, where it has any."""
    name = rule_choice.effective(opened, state.get("members", ()), state.get("rule"))
    row, given = RULES[name], state.get("options", {}).get(name, {})
    if not row.options:
        return
    changed = "as you set them" if given else "as usual"
    with st.popover(f"Options: {changed}", width="stretch"):
        st.caption(row.summary)
        for key, option in row.options.items():
            _option(f"option/{name}/{key}", option, given.get(key, option.default), name, key)
        st.button("Reset", key="reset-options", on_click=_forget_options, args=(name,))


def _option(widget: str, option: Option, value: float | str, rule: str, key: str) -> None:
    if option.choices:
        settings = state.picker(widget, value, _set_option, rule, key)
        st.selectbox(option.label, option.choices, **settings)
        return
    whole = float(option.step).is_integer()
    number = int if whole else float
    unset = isinstance(value, float) and math.isnan(value)
    st.number_input(
        option.label,
        number(option.low),
        number(option.high) if math.isfinite(option.high) else None,
        step=number(option.step),
        placeholder="not set" if unset else None,
        **state.picker(widget, None if unset else number(value), _set_option, rule, key),
    )


def _set_option(rule: str, key: str, value: float | str | None) -> None:
    given, default = dict(state.get("options", {}).get(rule, {})), RULES[rule].options[key].default
    given.pop(key, None)
    if value is not None and value != default:
        given[key] = value
    state.put("options", state.get("options", {}) | {rule: given})


def _forget_options(rule: str) -> None:
    state.put("options", {name: o for name, o in state.get("options", {}).items() if name != rule})


def samples_to_fit_on(opened: Bundle) -> None:
    """Which samples a fitted rule learns on; only where one is shown."""
    if not state.fitting():
        return
    wanted, columns = state.wanted_split(), fit_on.columns(opened)
    ways = {"drawn": "Samples drawn by lot"} | (
        {"column": "Samples of a column"} if columns else {}
    )
    with st.popover("Fit on", width="stretch"):
        st.caption(HELP["fit on"])
        st.radio(
            "Fit on",
            list(ways),
            format_func=ways.get,
            **state.picker("fit-on/way", wanted.way, _change, "way"),
        )
        if wanted.way == "column":
            _column(wanted, columns)
        else:
            _drawn(wanted)
    if state.split_problem():
        st.caption(markdown(state.split_problem(), 500))


def _drawn(wanted: FitOn) -> None:
    st.number_input(
        "Share of the labelled samples (%)",
        10,
        90,
        step=5,
        **state.picker("fit-on/share", wanted.share, _change, "share"),
    )
    st.number_input("Seed", 0, 10**6, **state.picker("fit-on/seed", wanted.seed, _change, "seed"))
    by = f" and {markdown(wanted.by)}" if wanted.by else ""
    st.caption(f"Each class{by} has its share in both parts.")


def _column(wanted: FitOn, columns: dict[str, list[str]]) -> None:
    st.selectbox(
        "Column",
        list(columns),
        format_func=spelt,
        **state.picker("fit-on/column", wanted.column, _change, "column"),
    )
    levels = columns.get(wanted.column, [])
    st.selectbox(
        "Value",
        levels,
        format_func=spelt,
        **state.picker("fit-on/value", wanted.value, _change, "value"),
    )


def _change(what: str, value) -> None:
    wanted = state.wanted_split()
    changed = {**vars(wanted), what: value}
    columns = fit_on.columns(state.whole())
    if changed["way"] == "column" and changed["column"] not in columns:
        changed["column"] = next(iter(columns))
    if changed["way"] == "column" and changed["value"] not in columns[changed["column"]]:
        changed["value"] = columns[changed["column"]][0]
    state.put("fit_on", FitOn(**changed))
