"""The ensembles in the sidebar: members, weights, and what is kept."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from analysis.bundle import Bundle
from analysis.rules import RULES
from dashboard import kept, rule_choice, state, words
from dashboard.theme import label, shortened, spelt

LEVELS = range(2, 31)
HELP = {
    "members": "The models that the active ensemble combines. A click on a model in a plot offers "
    "to add or remove it, too.",
    "weights": "How much each member counts, 1 unless you say otherwise; a member of weight 0 is "
    "left out.",
    "kept": "Kept ensembles stand beside the active one on Overview, Corrections, Calibration, "
    "Groups and Front, until this browser tab is closed or other data are opened.",
}


def members(opened: Bundle) -> None:
    """Who is in: by name, by family, or all."""
    chosen = state.get("members", ())
    with st.popover(f"Members: {len(chosen)} of {len(opened.models)}", width="stretch"):
        st.caption(HELP["members"])
        st.multiselect(
            "Members of the ensemble", opened.models, format_func=spelt, **state.widget("members")
        )
        for column, values in families(opened).items():
            levels = sorted(set(values))
            st.multiselect(
                f"All models by {label(column, 40)}",
                levels,
                format_func=lambda level: shortened(level, 40),
                help="Choosing levels makes their models the members.",
                **state.picker(
                    f"by/{column}", _full_levels(opened, values, chosen), _take_levels, column
                ),
            )
        st.button("All models", key="member-all", on_click=state.set_members, args=(opened.models,))


def families(opened: Bundle) -> dict[str, list[str]]:
    """Columns of the table of models that part them into a few kinds, "" where unknown."""
    found = {}
    for column, values in opened.model_info.items():
        if column != "opening_team" and np.asarray(values).dtype.kind in "OUT":
            texts = ["" if value is None else str(value) for value in values.tolist()]
            known = {text for text in texts if text}
            if len(known) in LEVELS and len(known) < len(texts):
                found[column] = texts
    return dict(list(found.items())[:4])


def _full_levels(opened: Bundle, values: Sequence[str], chosen: Sequence[str]) -> list[str]:
    """The levels whose models are exactly the members; none where they are not."""
    inside = {value for m, value in zip(opened.models, values, strict=True) if m in set(chosen)}
    whole = {m for m, value in zip(opened.models, values, strict=True) if value in inside}
    return sorted(inside) if whole == set(chosen) and "" not in inside else []


def _take_levels(column: str, levels: Sequence[str]) -> None:
    opened = state.whole()
    values = families(opened)[column]
    if levels:
        both = zip(opened.models, values, strict=True)
        state.set_members(tuple(model for model, value in both if value in levels))


def weights(opened: Bundle) -> None:
    """How much each member counts, by sliders or, for many, in a table."""
    chosen = tuple(state.get("members", ()))
    name = rule_choice.effective(opened, chosen, state.get("rule"))
    if len(chosen) < 2 or not RULES[name].weighable:
        return
    given = {member: state.get("weights", {}).get(member, 1.0) for member in chosen}
    uneven = len(set(given.values())) > 1
    with st.popover("Weights: set by hand" if uneven else "Weights: all alike", width="stretch"):
        st.caption(HELP["weights"])
        if len(chosen) <= rule_choice.SLIDERS:
            _sliders(given)
        else:
            _table(given)
        st.button("Reset", key="reset-weights", on_click=_reset, help="All members count alike.")
    _of_weights(given)


def _of_weights(given: dict[str, float]) -> None:
    problem = state.get("weights_problem", "")
    if problem:
        st.caption(problem)
    none = [member for member, weight in given.items() if weight == 0]
    if len(none) == len(given):
        st.caption("All these members weigh 0, so they count alike until one weighs more.")
    elif none:
        st.caption(f"Weight 0, so left out: {words.listed(none)}.")


def _sliders(given: dict[str, float]) -> None:
    for member, weight in given.items():
        st.slider(
            label(member, 60),
            0.0,
            rule_choice.MOST_WEIGHT,
            step=rule_choice.STEP,
            **state.picker(
                f"weight/{member}",
                min(weight, rule_choice.MOST_WEIGHT),
                kept.set_weight,
                member,
                given,
            ),
        )


def _table(given: dict[str, float]) -> None:
    generation = state.get("weights_generation", 0)
    key = f"weights/{generation}"
    st.data_editor(
        pd.DataFrame({"member": list(given), "weight": list(given.values())}),
        key=key,
        hide_index=True,
        disabled=["member"],
        column_config={
            "weight": st.column_config.NumberColumn(
                "weight",
                min_value=0.0,
                max_value=rule_choice.MOST_WEIGHT,
                step=rule_choice.STEP,
                required=True,
            )
        },
        on_change=_edited,
        args=(key, given),
    )


def _edited(key: str, given: dict[str, float]) -> None:
    names, changed = list(given), state.event(key).get("edited_rows", {})
    new = {
        names[int(row)]: float(cells["weight"])
        for row, cells in changed.items()
        if cells.get("weight") is not None
    }
    kept.set_weights(given | new)
    state.put("weights_generation", state.get("weights_generation", 0) + 1)


def _reset() -> None:
    state.put("weights", {})
    state.put("weights_problem", "")


def keeping() -> None:
    """Name and keep the active ensemble; show, use and forget those that are kept."""
    stored, shown = kept.kept(), kept.slots()
    title = f"Kept ensembles: {len(stored)}" if stored else "Keep this ensemble"
    with st.popover(title, width="stretch"):
        st.caption(HELP["kept"])
        active = state.described()
        if active is not None:
            old = kept.name_of(active)
            st.text_input(
                "New name of the active ensemble" if old else "Name of the active ensemble",
                key="keep-name",
                max_chars=kept.LONGEST_NAME,
                placeholder=old or active.label,
                help="A name that is taken already is given to this ensemble instead.",
            )
            st.button("Rename" if old else "Keep", key="keep", on_click=_keep)
        if state.get("keep_problem"):
            st.caption(state.get("keep_problem"))
        for place, name in enumerate(stored):
            _entry(place, name, name in shown)
    left = state.get("left_behind", ())
    if left:
        st.caption(f"Other data were opened, so what was kept is forgotten: {words.listed(left)}.")


def _keep() -> None:
    active = state.described()
    if active is None:
        state.put("keep_problem", "Choose at least one member first.")
        return
    problem = kept.keep(state.get("keep-name", "").strip() or active.label, active)
    state.put("keep_problem", problem)
    state.put("keep-name", "")


def _entry(place: int, name: str, on: bool) -> None:
    """One kept ensemble: shown beside or not, make it the active one, forget it."""
    ensemble = kept.kept()[name]
    st.checkbox(
        f"Show {label(name)} beside",
        help=words.ensemble_name(ensemble),
        **state.picker(f"beside/{name}", on, _show, name),
    )
    with st.container(horizontal=True, key=f"kept-ensemble-{place}"):
        st.button("Use", key=f"use/{name}", on_click=kept.use, args=(name, state.whole()))
        st.button("Forget", key=f"forget/{name}", on_click=kept.forget, args=(name,))


def _show(name: str, on: bool) -> None:
    state.put("keep_problem", kept.show(name, on))
