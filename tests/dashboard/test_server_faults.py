"""A real server: killed in the middle of its work, with a full disk, with files that go away."""

import json
import os
import re
import resource
import shutil
import signal
import socket
import time

import numpy as np
import pytest
from made import ROOT, random_bundle
from protocol import Server, Session, serving

from analysis.loading import save_bundle
from analysis.loading.workspace import kept

pytestmark = pytest.mark.slow
CSV = b"sample_id,label,a,b\n1,x,x,y\n2,y,y,x\n3,x,x,x\n"
LITTLE_ROOM = """
import analysis.loading.distributions as loading
loading.fits = lambda size: False
"""


def opened(path) -> str:
    return json.dumps({"paths": [str(path)]})


def begin_to_send(server: Server, session: Session, size: int) -> socket.socket:
    """Half of an upload."""
    host, port = server.address.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)))
    token = session.token()
    head = (
        f"PUT /_stcore/upload_file/{session.id}/half HTTP/1.1\r\nHost: {host}:{port}\r\n"
        f"Cookie: _streamlit_xsrf={token}\r\nX-Xsrftoken: {token}\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {size}\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
    )
    connection.sendall(head.encode() + bytes(size // 2))
    return connection


def test_a_server_killed_in_an_upload_and_in_keeping_starts_clean(tmp_path):
    scratch, workspace = tmp_path / "scratch", tmp_path / "kept"
    scratch.mkdir()
    (workspace / ".aside-left").mkdir(parents=True)
    old = time.time() - 100_000
    os.utime(workspace / ".aside-left", (old, old))
    places = {
        "TMPDIR": str(scratch),
        "DISSENSUS_KEEP": "yes",
        "DISSENSUS_WORKSPACE": str(workspace),
    }
    with serving(**places) as server:
        session = Session(server.address)
        assert os.listdir(workspace) == []
        session.open_files({"mine.csv": CSV})
        session.until(lambda s: "Kept in" in s.words())
        half = begin_to_send(server, session, 8_000_000)
        time.sleep(0.5)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait(10)
        half.close()
    assert os.listdir(scratch) == []
    assert [entry.name for entry in kept(workspace)] == ["mine.csv"]
    with serving(**places) as server:
        session = Session(server.address)
        session.visit("data")
        assert "0.0 kB of uploaded files" in session.words()
        session.click(f"open/{kept(workspace)[0].fingerprint}")
        assert "is open" in session.words()
        assert not session.elements("exception")


def test_a_full_disk_is_said_and_the_session_lives_on(tmp_path):
    workspace = tmp_path / "kept"
    save_bundle(random_bundle(6, 2000, 10), tmp_path / "bundle")
    zipped = shutil.make_archive(str(tmp_path / "bundle"), "zip", tmp_path / "bundle")
    with serving(DISSENSUS_KEEP="yes", DISSENSUS_WORKSPACE=str(workspace)) as server:
        session = Session(server.address)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (50_000, 50_000))
        with open(zipped, "rb") as stream:
            session.open_files({"bundle.zip": stream.read()})
        session.until(lambda s: "Not kept" in s.words())
        assert "The bundle cannot be kept in" in session.words()
        assert "no room left on the disk" in session.words()
        assert session.send({"large.csv": bytes(3_000_000)}) == [507]
        assert any(one.startswith(b"The disk of this server is full") for one in session.seen)
        session.visit("corrections")
        assert not session.elements("exception")
        assert not session.elements("alert")
    assert kept(workspace) == []


def test_a_folder_that_goes_away_or_changes_is_said_and_others_still_work(tmp_path):
    bundle = random_bundle(4, 20_000, 10)
    folder = tmp_path / "bundle"
    save_bundle(bundle, folder)
    (tmp_path / "sitecustomize.py").write_text(LITTLE_ROOM)
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    with serving(DISSENSUS_OPEN=opened(folder), PYTHONPATH=path) as server:
        session = Session(server.address)
        table = folder / "probabilities" / "model-0.npy"
        values = np.load(table)
        np.save(table, values[:, ::-1])
        session.visit("calibration")
        told = " ".join(one.body for one in session.elements("alert"))
        assert "has changed since it was opened. Open it again" in told.replace("\\", "")
        assert not session.elements("exception")
        shutil.rmtree(folder)
        session.visit("difficulty")
        assert not session.elements("exception")
        other = Session(server.address)
        assert "cannot be opened" in other.words()
        other.visit("data")
        other.click("Open the demo")
        other.visit("calibration")
        assert not other.elements("alert")
        assert not other.elements("exception")
        session.open_files({"mine.csv": CSV})
        assert "mine" in session.words()
        assert not session.elements("exception")


def test_what_a_session_uploaded_is_gone_soon_after_it_is_closed():
    with serving(away=2) as server:
        first, second = Session(server.address), Session(server.address)
        rows = (
            b"%d,x,x,x\n%d,y,y,y\n%d,x,x,y\n" % (3 * n, 3 * n + 1, 3 * n + 2)
            for n in range(100_000)
        )
        large = b"sample_id,label,a,b\n" + b"".join(rows)
        first.open_files({"large.csv": large})
        second.visit("data")
        assert f"{len(large) / 1e6:.1f} MB of uploaded files" in second.words()
        assert "2 sessions" in second.words()
        assert "large" not in second.words()
        first.visit("corrections")
        first.close()
        second.until(lambda s: "0.0 kB of uploaded files" in s.words(), 30)
        assert "1 session" in second.words()
        second.until(lambda s: "0.0 kB of cached results" in s.words(), 30)


def test_a_session_beyond_its_limit_is_told_so_and_nothing_of_the_file_is_held():
    with serving(DISSENSUS_SESSION_LIMIT="1MB") as server:
        session = Session(server.address)
        session.open_files({"mine.csv": CSV})
        session.visit("data")
        assert session.send({"large.csv": bytes(2_000_000)}) == [204]
        told = session.words().replace("\\", "")
        assert "Not taken: large.csv. A session may hold 0.95 MiB" in told
        assert "is open" in told
        assert re.search(r"; 0\.\d kB of uploaded files", told), told
        assert Session(server.address).words()


def test_two_sessions_that_open_at_once_on_a_cold_server_both_see_their_page():
    with serving(DISSENSUS_OPEN=opened(ROOT / "data" / "demo")) as server:
        sessions = [Session(server.address, begin=False) for _ in range(4)]
        for session in sessions:
            session.ask()
        for session in sessions:
            session.wait()
            assert not session.elements("exception")
            assert "3,600 samples" in session.words()
