"""Every form gives the same bundle through upload, command line and notebook."""

import io
import re
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from uploads import data_page, upload

from analysis.loading import load_bundle, reading
from dashboard.cli import main
from dashboard.templates import TEMPLATES

SAMPLES = b"sample_id,label,site\n1,x,north\n2,y,north\n3,y,south\n"
LONG = b"sample_id,model,prediction\n1,a,x\n2,a,y\n3,a,x\n1,b,x\n2,b,x\n3,b,\n"
WIDE = b"sample_id,label,a,b\n1,x,x,x\n2,y,y,x\n3,y,x,\n"
GRADED = b"sample_id,model,correct\n1,a,1\n2,a,0\n1,b,1\n2,b,1\n"
P = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]])


def parquet(**columns) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def npz(**arrays) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def zipped(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


FORMS = {
    "long CSV": {"samples.csv": SAMPLES, "runs.csv": LONG},
    "wide CSV": {"runs.csv": WIDE},
    "TSV": {"runs.tsv": WIDE.replace(b",", b"\t")},
    "Parquet": {
        "samples.csv": SAMPLES,
        "runs.parquet": parquet(
            sample_id=["1", "2", "3", "1"], model=["a", "a", "a", "b"], prediction=[*"xyx", None]
        ),
    },
    "NPZ beside samples": {"samples.csv": SAMPLES, "probabilities.npz": npz(a=P, b=P[::-1])},
    "NPZ alone": {
        "probabilities.npz": npz(
            a=P, b=P[::-1], ids=np.array(["1", "2", "3"]), classes=np.array(["x", "y"])
        )
    },
    "one file per model": {
        "samples.csv": SAMPLES,
        "resnet.csv": b"sample_id,prediction\n1,x\n2,y\n3,x\n",
        "vit.csv": b"sample_id,prediction\n1,x\n2,x\n3,y\n",
    },
    "graded log": {"log.csv": GRADED},
    "scores": {"log.csv": GRADED.replace(b"correct", b"score").replace(b",1", b",0.5")},
    "zip": {
        "bundle.zip": zipped(**{"samples.csv": SAMPLES, "predictions.csv": LONG}),
    },
}


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setattr(reading, "STRICT", True)


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_the_same_bundle_by_upload_command_line_and_notebook(
    form, tmp_path, monkeypatch, capsys
):
    paths = []
    for name, content in FORMS[form].items():
        (tmp_path / name).write_bytes(content)
        paths.append(str(tmp_path / name))
    assert main(["check", *paths]) == 0
    printed = re.search(r"fingerprint (\w+)", capsys.readouterr().out).group(1)
    uploaded = upload(data_page(monkeypatch), FORMS[form])
    assert load_bundle(*paths).fingerprint == printed == uploaded


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.file)
def test_every_template_is_read_without_a_problem(template):
    from analysis.loading import Source, read

    by_name = {one.file: one for one in TEMPLATES}
    files = [template, *(by_name[name] for name in template.beside)]
    found = read([Source(one.file, one.text.encode()) for one in files])
    assert not found.problems
    assert {entry.file for entry in found.found} == {one.file for one in files}
    assert not any(entry.form == "not read" for entry in found.found)
