"""What a started server lets in, what it answers with, and whom it calls."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from browser import driver
from closed import calls, closed
from made import ROOT, random_bundle
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from analysis.loading import save_bundle
from dashboard import launching
from dashboard.cli import main

# What somebody may have in a configuration of their own; none of it may weaken the command.
OWN = """
[server]
address = "0.0.0.0"
enableCORS = false
enableXsrfProtection = false
enableStaticServing = true
[browser]
gatherUsageStats = true
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """An app without data, started beside a careless configuration, with a closed network."""
    home = tmp_path_factory.mktemp("home")
    (home / ".streamlit").mkdir()
    (home / ".streamlit" / "config.toml").write_text(OWN, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        log = closed(home / "guard", patch)
        patch.setenv("HOME", str(home))
        with driver.serving(["serve", "--no-workspace"]) as address:
            yield SimpleNamespace(address=address, port=urlsplit(address).port, log=log)


def answer(url: str, method: str = "GET", **headers: str):
    request = urllib.request.Request(url, method=method, headers=headers)
    try:
        return urllib.request.urlopen(request, timeout=10)
    except urllib.error.HTTPError as refused:
        return refused


def knock(port: int, host: str, origin: str) -> int:
    """The status that a browser gets for the app's connection from a page of this origin."""
    way = socket.create_connection(("127.0.0.1", port), timeout=10)
    try:
        with connect(f"ws://{host}:{port}/_stcore/stream", sock=way, origin=origin):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def test_only_this_machine_is_let_in(served):
    assert answer(f"{served.address}/_stcore/health").status == 200
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", served.port), timeout=5)


def test_a_page_of_another_host_cannot_connect(served):
    own = f"http://127.0.0.1:{served.port}"
    assert knock(served.port, "127.0.0.1", own) == 101
    assert knock(served.port, "localhost", f"http://localhost:{served.port}") == 101
    assert knock(served.port, "127.0.0.1", "http://planted.test") == 403
    # A name whose owner turned it to this machine after the page was loaded.
    assert knock(served.port, "planted.test", f"http://planted.test:{served.port}") == 403
    assert calls(served.log) == []


# The thread that loads the libraries is slow; a file is sent meanwhile.
EARLY = """
import asyncio, sys, time

class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "dashboard.compute":
            time.sleep(1)

sys.meta_path.insert(0, Slow())
from dashboard import intake, server

async def app(scope, receive, send):
    print(hasattr(sys.modules["dashboard.controls"], "require"))

sent = {"method": "PUT", "path": "/_stcore/upload_file/session/file", "headers": []}
asyncio.run(intake.Intake(app)(sent, None, None))
"""


def test_a_file_that_comes_while_the_libraries_load_waits_for_them():
    ran = subprocess.run(
        [sys.executable, "-c", EARLY], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in ran.stderr
    assert (ran.returncode, ran.stdout) == (0, "True\n")


def test_uploads_need_the_token_and_other_origins_read_nothing(served):
    upload = f"{served.address}/_stcore/upload_file/session/file"
    assert answer(upload, "PUT").status == 403
    told = answer(f"{served.address}/_stcore/health", Origin="http://planted.test").headers
    assert "Access-Control-Allow-Origin" not in told


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/vendor/plotly.min.js"])
def test_every_answer_keeps_the_browser_from_other_hosts(served, path):
    found = answer(served.address + path)
    assert found.status == 200
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert found.headers["Referrer-Policy"] == "no-referrer"
    policy = found.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "http" not in policy
    assert "*" not in policy


@pytest.mark.parametrize("file", ["", "plotly.min.js.map", "../__init__.py", "%2e%2e/offline.py"])
def test_one_file_of_plotly_is_served_and_no_other(served, file):
    assert answer(f"{served.address}/vendor/{file}").status in (400, 404)


def test_no_file_of_a_folder_is_served(served):
    for path in ("static/app.py", "static/../app.py", "app.py"):
        assert b"set_page_config" not in answer(f"{served.address}/app/{path}").read()


def test_a_server_for_other_machines_asks_nobody_for_its_address(tmp_path, monkeypatch):
    log = closed(tmp_path / "guard", monkeypatch)
    with driver.serving(["serve", "--host", "0.0.0.0"]) as address:
        assert answer(f"{address}/_stcore/health").status == 200
        assert knock(urlsplit(address).port, "127.0.0.1", "http://planted.test") == 403
    assert calls(log) == []


def started(monkeypatch, *arguments: str) -> list[str]:
    """The command that the arguments start."""
    seen = []

    def run(command, env, check):
        seen.extend(command)
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(launching.subprocess, "run", run)
    assert main(["serve", "--port", "1", *arguments]) == 0
    return seen


def test_the_names_of_this_machine_alone_may_call_what_only_it_reaches(monkeypatch):
    monkeypatch.delenv(launching.ALLOWED_HOSTS, raising=False)
    names = {flag for flag in started(monkeypatch) if "allowedHosts" in flag}
    assert names == {"--server.allowedHosts=localhost", "--server.allowedHosts=127.0.0.1"}
    assert "--server.allowedHosts=::1" in started(monkeypatch, "--host", "::1")
    for_others = started(monkeypatch, "--host", "0.0.0.0")
    assert not [flag for flag in for_others if "allowedHosts" in flag]
    assert "--server.address=0.0.0.0" in for_others
    monkeypatch.setenv(launching.ALLOWED_HOSTS, "lab.example")
    assert not [flag for flag in started(monkeypatch) if "allowedHosts" in flag]


def test_the_command_says_all_that_safety_needs(monkeypatch):
    said = set(started(monkeypatch))
    assert said >= {
        "--server.address=127.0.0.1",
        "--server.enableCORS=true",
        "--server.enableXsrfProtection=true",
        "--server.enableStaticServing=false",
        "--browser.gatherUsageStats=false",
        "--server.maxUploadSize=2048",
    }


def test_the_command_line_calls_no_host(tmp_path, monkeypatch):
    save_bundle(random_bundle(), tmp_path / "runs")
    log = closed(tmp_path / "guard", monkeypatch)
    program = [sys.executable, "-m", "dashboard.cli"]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(log.parent), str(ROOT)]))
    report = ["report", "runs", "-o", "report.html", "--sections", "overview,groups"]
    for arguments in (["check", "runs"], report):
        run = subprocess.run([*program, *arguments], cwd=tmp_path, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
    assert calls(log) == []
    call = "import urllib.request as r; r.urlopen('http://planted.test')"
    assert subprocess.run([sys.executable, "-c", call], capture_output=True).returncode == 1
    assert calls(log) == ["socket.getaddrinfo planted.test"]
