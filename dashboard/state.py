"""What the user has chosen: with store.py the only file that writes st.session_state.

The map component reads its own message there, because Streamlit offers no other way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from analysis.accuracies import AccuracyTable
from analysis.bundle import Bundle, BundleError
from analysis.ensemble import Ensemble
from analysis.fitting import needs_split
from analysis.made_groups import loaded_fingerprint
from dashboard import fit_on, rule_choice
from dashboard.choosing import Choices, Selection, moved, opening_grouping, opening_team
from dashboard.fit_on import FitOn, HeldOut
from dashboard.sessions.session import Predicate
from dashboard.shared import shared
from dashboard.store import event as event
from dashboard.store import get as get
from dashboard.store import picker as picker
from dashboard.store import put as put
from dashboard.store import widget as widget


def whole() -> Bundle | None:
    """The open bundle with all its samples."""
    return st.session_state.get("bundle")


def bundle() -> Bundle | None:
    """The samples to look at: those held out where an ensemble that is shown is fitted, or all."""
    parted, opened = held_out(), whole()
    return opened if parted is None else parted.bundle


def held_out() -> HeldOut | None:
    """How the open bundle is parted; None where nothing that is shown is fitted.

    The selection moves along: what is not looked at any more leaves it.
    """
    opened = whole()
    key = (opened.fingerprint, wanted_split()) if opened is not None and fitting() else None
    before = st.session_state.get("parted")
    if key != (before and before[0]):
        parted, problem = None, ""
        try:
            parted = None if key is None else fit_on.held_out(opened, key[1])
        except BundleError as error:
            problem = str(error)
        st.session_state["parted"] = None if key is None else (key, parted, problem)
        _move_selection(before and before[1], parted)
    return (st.session_state.get("parted") or (None, None))[1]


def wanted_split() -> FitOn:
    """Which samples to fit on; first half of them, by class and by the grouping chosen then."""
    return st.session_state.setdefault("fit_on", FitOn(by=st.session_state.get("grouping")))


def split_problem() -> str:
    """Why the samples cannot be parted as it was asked for; empty where they can."""
    held_out()
    return (st.session_state.get("parted") or (None, None, ""))[2]


def fitting() -> bool:
    """Whether the active ensemble, or one that is shown beside it, learns from labels."""
    active = described()
    stored = st.session_state.get("kept", {})
    shown = [stored[name] for name in st.session_state.get("beside", {}) if name in stored]
    return any(needs_split(one) for one in ([active] if active else []) + shown)


def _move_selection(before: HeldOut | None, after: HeldOut | None) -> None:
    """Carry the selection over to the same samples of the bundle that is looked at now."""
    current, opened = selection(), whole()
    if current is None or opened is None or before is after:
        return
    total = len(opened.ids if after is None else after.bundle.ids)
    followed = moved(current, before, after, total)
    if followed is None:
        clear()
        return
    st.session_state["selection"] = followed


def bundle_name() -> str:
    """What the open bundle is called."""
    return st.session_state.get("bundle_name", "")


def open_bundle(
    opened: Bundle, name: str, reading: Mapping | None = None, sources: Sequence[str] = ()
) -> None:
    """Make this the open bundle; choices that belonged to another one are forgotten.

    Args:
        opened: the bundle.
        name: what it is called.
        reading: what was said about the inputs.
        sources: names of the files.
    """
    before, opened = whole(), shared(opened)
    if before is None or loaded_fingerprint(before) != opened.fingerprint:
        st.session_state["left_behind"] = tuple(st.session_state.get("kept", ()))
        for choice in ("kept", "beside", "fit_on", "parted"):
            st.session_state.pop(choice, None)
    for choice in ("weights", "weights_problem", "picked_models", "made_groups", "made_how"):
        st.session_state.pop(choice, None)
    st.session_state["opened_from"] = (dict(reading or {}), tuple(sources))
    st.session_state["bundle"] = opened
    st.session_state["bundle_name"] = name
    st.session_state["members"] = list(opening_team(opened))
    scored = all(model in opened.probabilities for model in st.session_state["members"])
    st.session_state["rule"] = "mean" if scored else "plurality"
    st.session_state["grouping"] = opening_grouping(opened)
    st.session_state["missing"] = "exclude"
    st.session_state["page"] = 0
    st.session_state.pop("selection", None)
    st.session_state["asked_for_start"] = True


def accuracies() -> AccuracyTable | None:
    """The open table of accuracies, which needs no samples."""
    return st.session_state.get("accuracies")


def accuracies_name() -> str:
    """What the open table of accuracies is called."""
    return st.session_state.get("accuracies_name", "")


def open_accuracies(table: AccuracyTable, name: str) -> None:
    """Make this the open table of accuracies; an open bundle stays open."""
    st.session_state["accuracies"] = table
    st.session_state["accuracies_name"] = name
    for choice in ("settings/x", "settings/y", "settings/colour", "settings/listed"):
        st.session_state.pop(choice, None)
    st.session_state["asked_for_start"] = True


def first_page() -> str:
    """The page to begin with: where there is something to see."""
    return "settings" if whole() is None and accuracies() is not None else "overview"


def start_was_tried() -> bool:
    """The data named on the command line were opened, or failed to, in this session."""
    return st.session_state.get("asked_for_start", False)


def refuse_start(problem: str) -> None:
    """Remember why the data named on the command line could not be opened."""
    st.session_state["asked_for_start"] = True
    st.session_state["start_problem"] = problem


def start_problem() -> str:
    """Why the start failed; empty when it did not, or something else is open by now."""
    opened = whole() is not None or accuracies() is not None
    return "" if opened else st.session_state.get("start_problem", "")


def set_members(members: tuple[str, ...]) -> None:
    """Make these the members of the active ensemble."""
    st.session_state["members"] = list(members)


def change_member(model: str) -> None:
    """Add a model to the active ensemble, or remove it."""
    members = tuple(st.session_state.get("members", ()))
    left = tuple(name for name in members if name != model)
    set_members(left if model in members else (*members, model))


def pick_models(names: Sequence[str], source: str) -> None:
    """These models were clicked in a plot; the bar offers to add or remove them."""
    st.session_state["picked_models"] = (tuple(dict.fromkeys(names)), source)


def picked_models(source: str | None = None) -> tuple[str, ...]:
    """The models that were clicked last, in this panel or in any."""
    names, panel = st.session_state.get("picked_models", ((), ""))
    return names if source in (None, panel) else ()


def described() -> Ensemble | None:
    """The active ensemble as the sidebar describes it, nothing fitted; None without members."""
    opened, members = whole(), tuple(st.session_state.get("members", ()))
    if opened is None or not members:
        return None
    rule = rule_choice.effective(opened, members, st.session_state["rule"])
    members, weights = rule_choice.weighed(members, rule, st.session_state.get("weights", {}))
    options = st.session_state.get("options", {}).get(rule, {})
    return Ensemble(members, rule, options, weights)


def choices() -> Choices | None:
    """The sidebar's choices; None when nothing is loaded or nobody is a member."""
    active = described()
    if active is None:
        return None
    return Choices(
        bundle=bundle(),
        ensemble=active,
        grouping=st.session_state.get("grouping"),
        missing=st.session_state["missing"],
        held_out=held_out(),
    )


def selection() -> Selection | None:
    """The current selection."""
    return st.session_state.get("selection")


def narrowing(panel: str) -> Selection | None:
    """What a panel is narrowed to: the selection, or for its source what it was picked in."""
    current = selection()
    return current if current is None or current.source != panel else current.inside


def select(
    positions: np.ndarray,
    source: str,
    description: str,
    predicate: Predicate = (),
    inside: Selection | None = None,
) -> None:
    """Make these samples the selection; none clears it. `inside`: what the source stays in."""
    if not len(positions):
        clear()
        return
    _release(source)
    # Sorting a million is slow, and most panels give them in their order.
    ordered = positions if (np.diff(positions) > 0).all() else np.unique(positions)
    picked = Selection(
        positions=ordered.astype(np.int32),
        source=source,
        description=description,
        total=len(bundle().ids),
        predicate=predicate,
        # What that was picked in is let go: a chain of selections would grow with every pick.
        inside=None if inside is None else replace(inside, inside=None),
    )
    _hold(picked)


def unpick(source: str) -> None:
    """The mark in a panel was taken away: back to what it was picked in; others' stay as is."""
    current = selection()
    if current is None or current.source != source:
        return
    if current.inside is None:
        clear()
        return
    _hold(current.inside)
    st.session_state.pop("picked_models", None)


def _hold(picked: Selection) -> None:
    st.session_state["selection"] = picked
    st.session_state["page"] = 0
    st.session_state["selections"] = selections() + 1


def clear() -> None:
    """Forget the selection, also in the panel that made it, and the models that were picked."""
    _release("")
    st.session_state.pop("selection", None)
    st.session_state.pop("picked_models", None)
    st.session_state["selections"] = selections() + 1


def selections() -> int:
    """How many selections were made or cleared so far."""
    return st.session_state.get("selections", 0)


def _release(source: str) -> None:
    """A panel that loses the selection is drawn anew: its own mark cannot be unset otherwise."""
    current = selection()
    if current is not None and current.source != source:
        generation = f"generation/{current.source}"
        st.session_state[generation] = st.session_state.get(generation, 0) + 1


def panel_key(panel: str) -> str:
    """The key under which a panel is drawn now."""
    return f"{panel}/{st.session_state.get(f'generation/{panel}', 0)}"
