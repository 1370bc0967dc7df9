"""When a session is gone: what was held for it alone is let go.

A session without a connection may come back, after a network that broke or a laptop that slept:
Streamlit keeps it for `server.disconnectedSessionTTL` seconds. It forgets it only when another
one ends later, so that the last would stay for ever; here it is closed in time.
"""

import asyncio

import streamlit as st

from analysis.chunks import return_freed_memory
from dashboard import collecting, jobs
from dashboard.compute import caching
from dashboard.holding import session

EARLY = 5  # seconds before Streamlit would forget it, which is too late to close it

_here: set[str] = set()
_away: dict[str, object] = {}


def here() -> None:
    """This session is there; said by every run of its pages."""
    asking = session()
    _away.pop(asking, None)
    _known(asking)


def number() -> int:
    """How many sessions have a connection."""
    return len(_here)


def _left(gone: str) -> None:
    """Its connection has ended; unless it comes back, it is gone after a while."""
    _here.discard(gone)
    mark = _away[gone] = object()
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # the server ends
        return
    wait = max(0, st.get_option("server.disconnectedSessionTTL") - EARLY)
    loop.call_later(wait, _close, gone, mark)


@st.cache_resource(scope="session", show_spinner=False, on_release=_left)
def _known(asking: str) -> str:
    _here.add(asking)
    return asking


def _close(gone: str, mark: object) -> None:
    if _away.get(gone) is not mark:
        return
    del _away[gone]
    jobs.leave(gone)
    caching.leave(gone)
    st.runtime.get_instance().close_session(gone)
    collecting.thaw()
    return_freed_memory()
