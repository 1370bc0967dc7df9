"""Streamlit's store of files to download, mended for many sessions.

Files above 1 MiB get their address from their length and some of their parts: of two tables that
differ elsewhere, whoever asks for the second would get the first, which may be another session's.
And a file that is made when its button is pressed is gone once two other sessions' pages have run,
which with many of them is before the browser has fetched it.
"""

import sys
import time

from streamlit.runtime import media_file_manager, memory_media_file_storage

FETCHED = 60.0  # seconds in which a browser has fetched what it asked for


class Lasting(media_file_manager.MediaFileMetadata):
    """What is known of a file; nobody's file may be deleted a while after it became nobody's."""

    _since: float | None = None

    @property
    def is_marked_for_delete(self) -> bool:
        """Whether it may go with the next cleaning."""
        return self._since is not None and time.monotonic() - self._since > FETCHED

    def mark_for_delete(self) -> None:
        """It is nobody's."""
        self._since = self._since or time.monotonic()


def mend() -> None:
    """Before the first session."""
    memory_media_file_storage._PARTIAL_HASH_THRESHOLD = sys.maxsize
    media_file_manager.MediaFileMetadata = Lasting
