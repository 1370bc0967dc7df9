"""Files through the Data page, as a person brings them in, for tests of every form."""

import json
import time
from collections.abc import Mapping

from made import ROOT
from streamlit.testing.v1 import AppTest

PATIENCE = 60


def data_page(monkeypatch=None, opened: list[str] | None = None) -> AppTest:
    """The Data page of a fresh session, with nothing open or with what these paths hold."""
    if monkeypatch is not None:
        monkeypatch.delenv("DISSENSUS_OPEN", raising=False)
        if opened:
            monkeypatch.setenv("DISSENSUS_OPEN", json.dumps({"paths": opened}))
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=PATIENCE).run()
    return settled(app.switch_page("views/data.py").run())


def settled(app: AppTest) -> AppTest:
    """The page once no reading is under way; no exception was shown."""
    end = time.monotonic() + PATIENCE
    while (upload := _upload(app)) is not None and upload.job is not None:
        assert time.monotonic() < end, "reading did not end"
        upload.job.ended.wait(1)
        app.run()
    assert not app.exception, app.exception[0].message
    return app


def drop(app: AppTest, files: Mapping[str, bytes]) -> AppTest:
    """Drop files on the page and wait until they are read."""
    app.file_uploader[0].set_value(
        [(name, content, "application/octet-stream") for name, content in files.items()]
    )
    return settled(app.run())


def upload(app: AppTest, files: Mapping[str, bytes]) -> str:
    """Drop files on the Data page, press Open, and return the fingerprint of what is then open."""
    drop(app, files)
    reading = _upload(app).reading
    assert reading.bundle is not None or reading.accuracies is not None, reading.problems
    app.button(key="open-upload").click().run()
    assert not app.exception, app.exception[0].message
    opened = "bundle" if reading.bundle is not None else "accuracies"
    return app.session_state[opened].fingerprint


def _upload(app: AppTest):
    return app.session_state.get("upload")
