"""Python processes that cannot call another host, and what they tried."""

import os
from pathlib import Path

import pytest

GUARD = """
import sys

OURS = ("127.", "::1", "localhost", "0.0.0.0")
PLACES = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1}
ASKS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")


def guard(event, arguments):
    if event not in PLACES and event not in ASKS:
        return
    address = arguments[PLACES.get(event, 0)]
    host = address[0] if isinstance(address, tuple) else address
    if event in PLACES and not isinstance(address, tuple):
        return  # a socket of this machine, named by a file
    host = host.decode() if isinstance(host, bytes) else host
    if host and not str(host).startswith(OURS):
        with open(LOG, "a", encoding="utf-8") as log:
            print(event, host, file=log)
        raise ConnectionRefusedError(f"{event} {host}: the network is closed")


sys.addaudithook(guard)
"""


def closed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """From here on, every Python process that is started has a closed network.

    Returns:
        The file that holds a line for each attempt to reach another host; none, no file.
    """
    folder.mkdir()
    log = folder / "calls"
    (folder / "sitecustomize.py").write_text(f"LOG = {str(log)!r}\n{GUARD}", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
    return log


def calls(log: Path) -> list[str]:
    """What was tried."""
    return log.read_text("utf-8").splitlines() if log.is_file() else []
