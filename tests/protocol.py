"""A session of the app without a browser: Streamlit's own messages over its WebSocket."""

import contextlib
import http.cookiejar
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from made import ROOT
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

PATIENCE = 120  # seconds for one run of a page
AGAIN = ForwardMsg.FINISHED_EARLY_FOR_RERUN


@dataclass
class Server:
    """A running server: its address, its process, and where it writes what it says."""

    address: str
    process: subprocess.Popen
    log: Path


@contextlib.contextmanager
def serving(
    *, away: int = 4, flags: Sequence[str] = (), patience: float = 90, **environment: str
) -> Iterator[Server]:
    """The app on a free port; sessions without a connection are forgotten after `away` seconds."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "dashboard" / "server.py")]
    settings = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "server.disconnectedSessionTTL": away + 5,
        "browser.gatherUsageStats": "false",
    }
    command += [f"--{name}={value}" for name, value in settings.items()] + [*flags]
    told = {"OMP_WAIT_POLICY": "PASSIVE", "PYTHONPATH": str(ROOT)} | environment
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("w") as stream:
            process = subprocess.Popen(
                command, stdout=stream, stderr=subprocess.STDOUT, env=os.environ | told, cwd=ROOT
            )
        server = Server(f"http://127.0.0.1:{port}", process, log)
        try:
            _wait_for(server, time.monotonic() + patience)
            yield server
        finally:
            process.kill()
            process.wait(10)


def _wait_for(server: Server, end: float) -> None:
    while True:
        health = f"{server.address}/_stcore/health"
        with contextlib.suppress(OSError), urllib.request.urlopen(health, timeout=2) as answer:
            if answer.status == 200:
                return
        if server.process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"the app did not start:\n{server.log.read_text()[-3000:]}")
        time.sleep(0.1)


class Session:
    """One person at one page, as the server sees them.

    Attributes:
        seen: all that the server ever sent, as bytes.
        seconds: how long each run took.
        before: what a person does before the next one, such as to think.
    """

    def __init__(self, address: str, *, begin: bool = True) -> None:
        """Connect and, unless told otherwise, open the first page."""
        self.address, self.seen, self.seconds = address, [], []
        self.before: Callable[[], None] = lambda: None
        self._cookies = http.cookiejar.CookieJar()
        self._http = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))
        self._http.open(f"{address}/_stcore/health").read()
        self._open = contextlib.ExitStack()
        self._socket = self._open.enter_context(
            connect(
                f"{address.replace('http', 'ws', 1)}/_stcore/stream",
                subprotocols=["streamlit"],
                additional_headers={"Origin": address},
                max_size=None,
            )
        )
        self._pages, self._page, self._deltas, self.id = {}, "", {}, ""
        self._uploaded: dict[str, list] = {}
        if begin:
            self.run()

    def close(self) -> None:
        """Leave, as when a tab is closed."""
        self._open.close()

    def run(self, *states: WidgetState) -> None:
        """Have the page run with these widgets changed, and take in what it shows."""
        self.before()
        start = time.perf_counter()
        self.ask(*states)
        self.wait()
        self.seconds.append(time.perf_counter() - start)

    def ask(self, *states: WidgetState) -> None:
        """Have the page run with these widgets changed."""
        message = BackMsg()
        message.rerun_script.page_script_hash = self._page
        kept = (_uploads(key, files) for key, files in self._uploaded.items())
        message.rerun_script.widget_states.widgets.extend([*kept, *states])
        self._socket.send(message.SerializeToString())

    def wait(self) -> None:
        """Take in what the page shows, until its run has ended."""
        while not self._ended(self._take()):
            pass

    def _take(self) -> ForwardMsg:
        received = self._socket.recv(PATIENCE)
        self.seen.append(received)
        message = ForwardMsg()
        message.ParseFromString(received)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.id = message.new_session.initialize.session_id
            self._deltas = {}
        elif kind == "navigation":
            self._page = message.navigation.page_script_hash
            for page in message.navigation.app_pages:
                self._pages[page.url_pathname] = page.page_script_hash
        elif kind == "delta" and message.delta.HasField("new_element"):
            self._deltas[tuple(message.metadata.delta_path)] = message.delta.new_element
        return message

    def _ended(self, message: ForwardMsg) -> bool:
        return message.WhichOneof("type") == "script_finished" and message.script_finished != AGAIN

    def visit(self, page: str) -> None:
        """Go to a page, by the last part of its address."""
        self._page = self._pages[page]
        self.run()

    def elements(self, kind: str) -> list:
        """What the page shows of a kind: "markdown", "alert", "button" ..."""
        return [
            getattr(element, kind)
            for element in self._deltas.values()
            if element.WhichOneof("type") == kind
        ]

    def words(self) -> str:
        """The text of the page."""
        return " ".join(
            [e.body for e in self.elements("markdown")]
            + [e.body for e in self.elements("heading")]
            + [e.body for e in self.elements("alert")]
            + [f"{e.type}: {e.message}" for e in self.elements("exception")]
        )

    def widget(self, kind: str, named: str):
        """A widget by its key or its label.

        Raises:
            KeyError: the page has none.
        """
        for one in self.elements(kind):
            if one.id.endswith(f"-{named}") or one.label == named:
                return one
        raise KeyError(f"{named}: {[(e.label, e.id[-30:]) for e in self.elements(kind)]}")

    def click(self, named: str) -> None:
        """Press a button."""
        self.run(WidgetState(id=self.widget("button", named).id, trigger_value=True))

    def choose(self, named: str, values: Sequence[str]) -> None:
        """Make these the values of a field for several."""
        state = WidgetState(id=self.widget("multiselect", named).id)
        state.string_array_value.data[:] = values
        self.run(state)

    def write(self, named: str, text: str) -> None:
        """Write into a field."""
        self.run(WidgetState(id=self.widget("text_input", named).id, string_value=text))

    def pick(self, chart: str, points: Sequence[Mapping]) -> None:
        """Click points of a chart."""
        plot = next(e for e in self.elements("plotly_chart") if chart in e.id)
        nothing = {"point_indices": [], "box": [], "lasso": []}
        picked = {"selection": {"points": list(points), **nothing}}
        self.run(WidgetState(id=plot.id, string_value=json.dumps(picked)))

    def send(self, files: Mapping[str, bytes]) -> list[int]:
        """Put files into the field of the Data page; the statuses that the server answered."""
        widget = next(e for e in self.elements("file_uploader") if "uploads/" in e.id)
        self._uploaded = {key: found for key, found in self._uploaded.items() if key == widget.id}
        listed = self._uploaded.setdefault(widget.id, [])
        answered = []
        for name, content in files.items():
            request, place = uuid.uuid4().hex, f"/_stcore/upload_file/{self.id}/{uuid.uuid4()}"
            answered.append(self._put(place, name, content, request))
            if answered[-1] == 204:
                listed.append((name, len(content), place))
        self.run()
        return answered

    def _put(self, place: str, name: str, content: bytes, boundary: str) -> int:
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        request = urllib.request.Request(
            self.address + place,
            data=head.encode() + content + f"\r\n--{boundary}--\r\n".encode(),
            headers={
                "Content-Type": f"multipart/form-data; boundary={boundary}",
                "X-Xsrftoken": self.token(),
            },
            method="PUT",
        )
        try:
            with self._http.open(request, timeout=PATIENCE) as answer:
                return answer.status
        except urllib.error.HTTPError as refused:
            self.seen.append(refused.read())
            return refused.code

    def open_files(self, files: Mapping[str, bytes]) -> None:
        """Bring files in through the Data page, and open them."""
        self.visit("data")
        statuses = self.send(files)
        assert set(statuses) == {204}, statuses
        self.until(lambda s: any(one.id.endswith("-open-upload") for one in s.elements("button")))
        self.click("open-upload")

    def download(self, named: str) -> bytes:
        """What a button saves; also of one that makes its file when it is pressed."""
        button = self.widget("download_button", named)
        place = button.url
        if button.deferred_file_id:
            message = BackMsg()
            message.backend_operation_request.request_id = uuid.uuid4().hex
            message.backend_operation_request.session_id = self.id
            message.backend_operation_request.deferred_file.file_id = button.deferred_file_id
            self._socket.send(message.SerializeToString())
            while (answer := self._take()).WhichOneof("type") != "backend_operation_response":
                pass
            place = answer.backend_operation_response.deferred_file.url
        with self._http.open(self.address + place, timeout=PATIENCE) as file:
            content = file.read()
        self.seen.append(content)
        return content

    def token(self) -> str:
        """What tells that a request is of this session's own page."""
        return next(one.value for one in self._cookies if one.name == "_streamlit_xsrf")

    def until(self, shown: Callable[["Session"], bool], patience: float = PATIENCE) -> None:
        """Have the page run again until it shows what is waited for."""
        end = time.monotonic() + patience
        while not shown(self):
            assert time.monotonic() < end, f"not shown: {self.words()[:2000]}"
            time.sleep(0.3)
            self.run()


def _uploads(key: str, files: Sequence[tuple[str, int, str]]) -> WidgetState:
    """What the field lists."""
    state = WidgetState(id=key)
    for name, size, place in files:
        info = state.file_uploader_state_value.uploaded_file_info.add()
        info.name, info.size, info.file_id = name, size, place.rsplit("/", 1)[-1]
        info.file_urls.file_id = info.file_id
        info.file_urls.upload_url = info.file_urls.delete_url = place
    return state
