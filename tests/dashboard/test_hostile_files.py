"""Files that are hostile to the app: cut short while it reads, or of unheard-of names and sizes."""

import base64
import io
import json

import numpy as np
import pytest
from forms import ROWS, text
from forms import SAMPLES as TABLE
from hostile.cases import Case
from hostile.own import PRINT
from hostile.trying import tried
from made import ROOT
from PIL import Image
from streamlit.testing.v1 import AppTest

from analysis.bundle import BundleError
from dashboard.tables import LARGEST, thumbnails

MANY = 9_000


def test_a_file_that_is_cut_short_while_it_is_open_is_told_in_a_sentence(tmp_path, monkeypatch):
    folder = tmp_path / "data"
    (folder / "probabilities").mkdir(parents=True)
    random = np.random.default_rng(0)
    rows = "".join(f"s{i},{'xyz'[i % 3]}\n" for i in range(MANY))
    (folder / "samples.csv").write_text(f"sample_id,label\n{rows}")
    (folder / "classes.csv").write_text("class_index,label\n0,x\n1,y\n2,z\n")
    for model in "ab":
        values = random.random((MANY, 3)).astype(np.float32)
        np.save(folder / "probabilities" / f"{model}.npy", values / values.sum(1, keepdims=True))
    monkeypatch.setattr("analysis.loading.distributions.fits", lambda size: False)
    monkeypatch.setenv("DISSENSUS_OPEN", json.dumps({"paths": [str(folder)]}))
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60).run()
    assert not app.exception, app.exception[0].message
    path = folder / "probabilities" / "a.npy"
    path.write_bytes(path.read_bytes()[:9_000])
    app.switch_page("views/calibration.py").run()
    assert not app.exception, app.exception[0].message
    (told,) = app.error
    assert "ends before its probabilities do; it has changed" in told.value
    assert told.value.endswith("Open it again\\.")


@pytest.mark.parametrize("shape", [(1, 5_000), (5_000, 1), (2_000, 1_500), (3, 2), (80, 80)])
def test_a_picture_is_shown_small_however_large_it_is(shape):
    pixels = np.arange(2 * shape[0] * shape[1] * 3, dtype=np.uint8).reshape(2, *shape, 3)
    for address in thumbnails(pixels, height=40):
        picture = Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))
        assert 1 <= min(picture.size) <= max(picture.size) <= LARGEST


@pytest.mark.parametrize("name", ["/", "../\0", "\0/\0.csv", "./..", "\\\\x\\y.csv"])
def test_a_name_that_no_disk_would_have_is_uploaded_as_another(name, tmp_path):
    files = {f"{name}/samples.csv": TABLE, f"{name}/runs.csv": text(ROWS)}
    assert tried(Case("upload", files), tmp_path)
    assert tried(Case("upload", files | {f"{name}/": b""}), tmp_path) in (True, False)


REFUSED = {
    "notes with an endless number": Case(
        "notes", {"n.json": b'{"overview": ' + b"9" * 5_000 + b"}"}
    ),
    "notes for no figure": Case("notes", {"n.json": b'{"a\\nb' + b"x" * 10_000 + b'": "text"}'}),
    "a session of many lines": Case(
        "session", {"s.json": b'{"dissensus_session": 1, "missing": "a\\nb"}'}
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_in_one_line(name, tmp_path):
    with pytest.raises(BundleError) as problem:
        tried(REFUSED[name], tmp_path)
    assert str(problem.value).isprintable()
    assert len(str(problem.value)) < 700


def test_a_deep_entry_does_not_hide_the_other_kept_bundles(tmp_path):
    deep = Case("workspace", {f"{PRINT}/kept.json": b"[" * 100_000}, on_disk=True)
    assert not tried(deep, tmp_path)
