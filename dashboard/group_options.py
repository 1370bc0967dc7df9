"""What the Groups page asks once for all its sections."""

import streamlit as st

from dashboard import state

LEAST = 20


def least() -> int:
    """Samples that a group needs to count for worst group, gap and tests."""
    return int(state.get("smallest-group", LEAST) or LEAST)


def pick_least() -> None:
    """A field for the smallest group that counts."""
    st.number_input(
        "Smallest group that counts",
        min_value=1,
        max_value=1_000_000,
        width=220,
        help="Groups with fewer judged samples are drawn hollow and take no part in worst group, "
        "gap and tests.",
        **state.widget("smallest-group", LEAST),
    )


def corrected() -> bool:
    """Whether the spread over groups has the factor for few groups."""
    return bool(state.get("spread-corrected", False))


def pick_corrected() -> None:
    """Whether MacroStd is corrected for few groups."""
    st.checkbox(
        "MacroStd corrected for few groups",
        help="With the factor k / (k - 1) under the root, k groups of a class: unbiased if the "
        "groups were drawn from many.",
        **state.widget("spread-corrected", False),
    )
