"""Uploads measured against the limits: as a file comes in, and when a page takes it."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from weakref import WeakSet

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard import libraries, limits
from dashboard.broken import DISK_FULL, FULL

if TYPE_CHECKING:
    from dashboard.uploads import Upload

PLACE = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)$")
HEAD = 1 << 16  # bytes in which the head of a form's first field has to end
MOST_REASONS = 1000

_uploads: WeakSet["Upload"] = WeakSet()
_reasons: dict[str, str] = {}  # why the content of a file was not let in, by the file's id
_coming: dict[object, tuple[str, int]] = {}  # uploads under way: whose, and how many bytes


def remember(upload: "Upload") -> None:
    """Count what it holds, for as long as it is there."""
    _uploads.add(upload)


def held(owner: str | None = None, new: tuple[bytes, ...] = ()) -> int:
    """Bytes of all that is uploaded, or by one session; what is held twice counts once.

    Args:
        owner: the session; None: all.
        new: what it is about to take.
    """
    kept = [one for one in list(_uploads) if owner in (None, one.owner)]
    contents = [source.content for one in kept for source in list(one.sources.values())]
    if st.runtime.exists():
        files = st.runtime.get_instance().uploaded_file_mgr.file_storage
        chosen = list(files) if owner is None else [owner]
        contents += [file.data for name in chosen for file in list(files.get(name, {}).values())]
    return sum({id(one): len(one) for one in (*contents, *new)}.values())


def refusal(owner: str | None, coming: int = 0, new: tuple[bytes, ...] = ()) -> str:
    """Why a session may not upload this, as a sentence; empty where it may.

    Args:
        owner: the session.
        coming: bytes that are not there yet.
        new: what is there, and is about to be taken.
    """
    stated, others = limits.current(), list(_coming.values())
    own = held(owner, new) + coming + sum(size for whose, size in others if whose == owner)
    if own > stated.session:
        return (
            f"A session may hold {limits.shown(stated.session)} of uploaded files, and with this "
            f"it would be {limits.shown(own)}; remove files that you do not need any more."
        )
    whole = held(None, new) + coming + sum(size for _, size in others)
    if whole > stated.server:
        return (
            f"All sessions of this server together may hold {limits.shown(stated.server)} of "
            f"uploaded files, and with this it would be {limits.shown(whole)}; try again when "
            "others have ended."
        )
    return ""


def reason_for(files: Iterable[str]) -> str:
    """Why the content of one of these files was not let in, as a sentence; empty where all was."""
    return next((_reasons[file] for file in files if file in _reasons), "")


class Intake:
    """Lets only the name of a file in, where its content would go beyond a limit.

    Streamlit's upload field shows of an answer its number alone; so the page takes the file, finds
    it empty, and says why.
    """

    def __init__(self, app: ASGIApp) -> None:
        """In front of the app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on, without the content or as it is."""
        found = PLACE.search(scope.get("path", "")) if scope.get("method") == "PUT" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        await run_in_threadpool(libraries.load)
        length = dict(scope["headers"]).get(b"content-length", b"")
        size = int(length) if length.isdigit() else limits.current().upload
        if reason := refusal(found[1], size):
            body = await _without_content(receive)
            while len(_reasons) >= MOST_REASONS:
                del _reasons[next(iter(_reasons))]
            _reasons[found[2]] = reason
            await self._app(*_replaced(scope, receive, body), send)
            return
        with _announced(found[1], size):
            try:
                await self._app(scope, receive, send)
            except OSError as problem:
                if problem.errno not in FULL:
                    raise
                await PlainTextResponse(DISK_FULL, 507)(scope, receive, send)


async def _without_content(receive: Receive) -> bytes:
    """The form with an empty file; a browser reads an answer once all of its file is sent."""
    head, more = b"", True
    while more:
        message = await receive()
        more = message.get("more_body", False)
        if len(head) < HEAD:
            head += message.get("body", b"")
    head, end, _ = head.partition(b"\r\n\r\n")
    boundary = head.partition(b"\r\n")[0]
    return head + end + b"\r\n" + boundary + b"--\r\n" if end else b""


def _replaced(scope: Scope, receive: Receive, body: bytes) -> tuple[Scope, Receive]:
    """The request with another body."""
    headers = [(name, value) for name, value in scope["headers"] if name != b"content-length"]
    headers.append((b"content-length", str(len(body)).encode()))
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Message:
        return waiting.pop() if waiting else await receive()

    return {**scope, "headers": headers}, received


@contextmanager
def _announced(owner: str, size: int) -> Iterator[None]:
    mark = object()
    _coming[mark] = owner, size
    try:
        yield
    finally:
        del _coming[mark]
