"""Login through a provider that the secrets of Streamlit name under [auth]; no such name, no login.

Who may log in is up to the provider. Streamlit itself keeps the login, in a signed cookie.
"""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from dashboard.theme import label, markdown

UNREADABLE = (
    "The file secrets.toml cannot be read, so nobody knows whether this app asks for a login. "
    "Whoever started it sees the reason in the terminal."
)


def entered() -> bool:
    """Whether the app may be shown: nobody has to log in, or this person did."""
    return _settings() == {} or bool(st.user.get("is_logged_in", False))


def ask() -> None:
    """The page in place of the app: one button per provider, or why there is none."""
    settings = _settings()
    st.title("Dissensus")
    if settings is None:
        st.error(UNREADABLE)
        return
    named = [name for name, own in settings.items() if isinstance(own, Mapping)]
    st.info("This app shows its data after a login.")
    for name in named or [None]:
        text = "Log in" if name is None else f"Log in with {label(name)}"
        st.button(text, type="primary", on_click=st.login, args=(name,) if name else ())


def leave() -> None:
    """Who is logged in, and the way out; nothing where nobody has to log in."""
    if _settings():
        who = st.user.get("email") or st.user.get("name") or "somebody without a name"
        st.caption(f"Logged in as {markdown(who)}")
        st.button("Log out", on_click=st.logout)


def _settings() -> Mapping | None:
    """What the secrets say of logins, {}: nothing; None where there are some and none is read."""
    try:
        return st.secrets.get("auth", {})
    except StreamlitSecretNotFoundError:
        # Streamlit says the same of a file that is not there and of one that is broken.
        files = map(Path, st.get_option("secrets.files"))
        return None if any(file.exists() for file in files) else {}
