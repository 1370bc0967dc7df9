"""What tests do in place of a click in a plot, which AppTest cannot make."""

import pytest
from streamlit.testing.v1 import AppTest

from analysis.ensemble import Ensemble
from dashboard.state import Choices

CHOICES = ("bundle", "members", "rule", "grouping", "missing")


def pick(app: AppTest, function, *arguments) -> None:
    """Call a panel's callback on the choices of the app, as Streamlit does before a rerun."""
    state = {key: app.session_state[key] for key in CHOICES}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streamlit.session_state", state)
        function(*arguments)
    for key, value in state.items():
        app.session_state[key] = value


def chosen(app: AppTest):
    state = app.session_state
    return Choices(
        state["bundle"],
        Ensemble(tuple(state["members"]), state["rule"]),
        state["grouping"],
        state["missing"],
    )


def points(*codes: int) -> list[dict]:
    return [{"customdata": code, "curve_number": 0} for code in codes] + [{"x": 1}]
