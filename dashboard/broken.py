"""What a page says when it cannot go on: the sentence, where there is one."""

import errno

import streamlit as st

from dashboard.theme import markdown

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
DISK_FULL = "The disk of this server is full; what is open stays open. Make room there."


def told(problem: Exception) -> bool:
    """Show what a person can mend as a sentence; False: nothing was shown.

    What lies on disk may change or go while it is open here, and every page reads from it.
    """
    # Here, since they bring torch, which the server loads beside.
    from analysis.bundle import BundleError
    from analysis.stored import ChangedError
    from dashboard.compute import caching

    if isinstance(problem, ChangedError):
        caching.clear()  # some of it reads from the file as it was
    if isinstance(problem, BundleError):
        st.error(markdown(problem, 1000))
    elif isinstance(problem, MemoryError):
        st.error(
            "There is not enough memory on this server for that; choose fewer models or samples, "
            "or try again when other sessions have ended."
        )
    elif isinstance(problem, OSError) and problem.errno in FULL:
        st.error(DISK_FULL)
    else:
        return False
    return True
