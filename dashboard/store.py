"""Choices that outlive a page: the store behind state.py, and the address of the page."""

from collections.abc import Callable, Mapping

import streamlit as st


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


def everything() -> dict[str, object]:
    """All that is stored under a name now."""
    return {str(name): value for name, value in st.session_state.items()}


def address() -> dict[str, list[str]]:
    """What stands behind the question mark of the page's address."""
    return {name: st.query_params.get_all(name) for name in st.query_params}


def set_address(parameters: Mapping[str, list[str]]) -> None:
    """Write behind the question mark of the page's address, where something else stands there."""
    if address() != dict(parameters):
        st.query_params.from_dict(dict(parameters))
