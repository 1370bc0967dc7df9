"""What the user has chosen: the only file that writes st.session_state.

The map component reads its own message there, because Streamlit offers no other way.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from analysis.accuracies import AccuracyTable
from analysis.bundle import Bundle
from analysis.ensemble import Ensemble, lacking
from analysis.rules import RULES


@dataclass(frozen=True, eq=False)
class Selection:
    """The samples that the user has marked; every view narrows to or highlights them.

    Attributes:
        positions: int32 [n], rows of the open bundle, ascending.
        source: key of the panel that made it.
        description: where it came from, in words.
        total: samples of the bundle.
    """

    positions: np.ndarray
    source: str
    description: str
    total: int

    @property
    def digest(self) -> str:
        """Short text that is equal for equal samples."""
        return hashlib.blake2b(self.positions.tobytes(), digest_size=8).hexdigest()


@dataclass(frozen=True, eq=False)
class Choices:
    """What the sidebar holds: data, ensemble, grouping, missing rule."""

    bundle: Bundle
    ensemble: Ensemble
    grouping: str | None
    missing: str


def bundle() -> Bundle | None:
    """The open bundle."""
    return st.session_state.get("bundle")


def bundle_name() -> str:
    """What the open bundle is called."""
    return st.session_state.get("bundle_name", "")


def open_bundle(opened: Bundle, name: str) -> None:
    """Make this the open bundle; choices that belonged to another one are forgotten."""
    st.session_state["bundle"] = opened
    st.session_state["bundle_name"] = name
    st.session_state["members"] = list(_opening_team(opened))
    scored = all(model in opened.probabilities for model in st.session_state["members"])
    st.session_state["rule"] = "mean" if scored else "plurality"
    st.session_state["grouping"] = _opening_grouping(opened)
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
    return "settings" if bundle() is None and accuracies() is not None else "overview"


def start_was_tried() -> bool:
    """The data named on the command line were opened, or failed to, in this session."""
    return st.session_state.get("asked_for_start", False)


def refuse_start(problem: str) -> None:
    """Remember why the data named on the command line could not be opened."""
    st.session_state["asked_for_start"] = True
    st.session_state["start_problem"] = problem


def start_problem() -> str:
    """Why the start failed; empty when it did not, or something else is open by now."""
    opened = bundle() is not None or accuracies() is not None
    return "" if opened else st.session_state.get("start_problem", "")


def _opening_team(opened: Bundle) -> tuple[str, ...]:
    """The team that the data name themselves, else all models."""
    marks = opened.model_info.get("opening_team")
    if marks is None:
        return opened.models
    team = tuple(m for m, mark in zip(opened.models, marks, strict=True) if mark == "yes")
    return team or opened.models


def _opening_grouping(opened: Bundle) -> str | None:
    """The smallest grouping of two or more levels that is not the label itself."""
    sizes = {
        column: len(grouping.levels)
        for column, grouping in opened.groups.items()
        if len(grouping.levels) > 1
    }
    own = {column: size for column, size in sizes.items() if column != "label"} or sizes
    return min(own, key=own.get) if own else None


def set_members(members: tuple[str, ...]) -> None:
    """Make these the members of the active ensemble."""
    st.session_state["members"] = list(members)


def choices() -> Choices | None:
    """The sidebar's choices; None when nothing is loaded or nobody is a member."""
    opened = bundle()
    members = tuple(st.session_state.get("members", ()))
    if opened is None or not members:
        return None
    return Choices(
        bundle=opened,
        ensemble=Ensemble(members, effective_rule(opened, members)),
        grouping=st.session_state.get("grouping"),
        missing=st.session_state["missing"],
    )


def usable_rules(opened: Bundle, members: Sequence[str]) -> list[str]:
    """Rules that these members can answer as they are."""
    return [
        name
        for name, rule in RULES.items()
        if rule.fit is None and not lacking(opened, members, name)
    ]


def effective_rule(opened: Bundle, members: Sequence[str]) -> str:
    """The rule that was chosen, or the first usable one while the members cannot answer it."""
    usable, wanted = usable_rules(opened, members), st.session_state["rule"]
    return wanted if wanted in usable else usable[0]


def selection() -> Selection | None:
    """The current selection."""
    return st.session_state.get("selection")


def narrowing(panel: str) -> Selection | None:
    """The selection, as another panel than its source has to show it."""
    current = selection()
    return None if current is None or current.source == panel else current


def select(positions: np.ndarray, source: str, description: str) -> None:
    """Make these samples the selection; none clears it."""
    if not len(positions):
        clear()
        return
    _release(source)
    st.session_state["selection"] = Selection(
        positions=np.unique(positions).astype(np.int32),
        source=source,
        description=description,
        total=len(bundle().ids),
    )
    st.session_state["page"] = 0
    st.session_state["selections"] = selections() + 1


def clear() -> None:
    """Forget the selection, also in the panel that made it."""
    _release("")
    st.session_state.pop("selection", None)
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


def event(key: str) -> dict:
    """What a chart reports as selected, as a plain dictionary."""
    return st.session_state.get(key) or {}


def get(name: str, default=None):
    """A persistent choice of a view."""
    return st.session_state.get(name, default)


def put(name: str, value) -> None:
    """Keep a persistent choice of a view."""
    st.session_state[name] = value


def widget(name: str, initial=None, *, shown=None) -> dict:
    """Key and callback of a widget that shows and changes a persistent choice.

    A widget's own key is forgotten when its page is left; the choice under its plain name stays.

    Args:
        name: of the choice.
        initial: its first value.
        shown: what the widget shows instead of the choice, as long as nobody changes it.
    """
    st.session_state.setdefault(name, initial)
    st.session_state[f"widget/{name}"] = st.session_state[name] if shown is None else shown
    return {"key": f"widget/{name}", "on_change": _keep, "args": (name,)}


def picker(key: str, value, keep: Callable, *details) -> dict:
    """Key and callback of a widget that shows `value` and hands a change to keep(*details, new)."""
    st.session_state[key] = value
    return {"key": key, "on_change": _hand_over, "args": (key, keep, *details)}


def _hand_over(key: str, keep: Callable, *details) -> None:
    keep(*details, st.session_state[key])


def _keep(name: str) -> None:
    st.session_state[name] = st.session_state[f"widget/{name}"]
