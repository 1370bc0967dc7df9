"""Inputs at an address, read from a store in memory."""

import gzip
import json
from pathlib import Path

import fsspec
import numpy as np
import pytest
from array_files import LONG, P1, SAMPLES, load, npy, npz, parquet, safetensors

from analysis.loading import Source, read, reading, remote
from analysis.loading.remote import with_sources
from dashboard import cli, inputs


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setattr(reading, "STRICT", True)


@pytest.fixture
def store():
    """Puts {path: content} under memory://bucket."""
    system = fsspec.filesystem("memory")

    def put(files: dict) -> None:
        for name, content in files.items():
            content = content.encode() if isinstance(content, str) else content
            system.pipe_file(f"/bucket/{name}", content)

    yield put
    system.rm("/bucket", recursive=True)


def fingerprint(paths: list) -> str:
    result = read(paths)
    assert not result.problems, result.problems
    return result.bundle.fingerprint


FILES = {"samples.csv": SAMPLES, "predictions.csv": LONG, "probabilities.npz": npz(m1=P1)}


def test_files_at_addresses_read_like_files(store):
    store(FILES)
    addresses = [f"memory://bucket/{name}" for name in FILES]
    assert fingerprint(addresses) == load(FILES).fingerprint


def test_a_remote_folder_reads_like_a_folder(store, tmp_path):
    files = {"samples.csv": SAMPLES, "predictions.csv": LONG, "notes.txt": "mine", "old/x.csv": "x"}
    store(files)
    for name, content in {"samples.csv": SAMPLES, "predictions.csv": LONG}.items():
        (tmp_path / name).write_text(content)
    result = read(["memory://bucket/"])
    assert result.bundle.fingerprint == fingerprint([tmp_path])
    assert "bucket: 'notes.txt', 'old/' are not read" in result.notes[0]
    assert [found.file for found in result.found] == [
        "bucket/predictions.csv",
        "bucket/samples.csv",
    ]


def test_parquet_is_read_in_parts_and_not_copied_whole(store, monkeypatch):
    columns = {"sample_id": ["a", "b"], "label": ["x", "y"], "m": ["x", "x"], "n": ["y", "y"]}
    store({"wide.parquet": parquet(columns)})
    monkeypatch.setattr(remote.Remote, "read_bytes", lambda self: 1 / 0)
    assert read(["memory://bucket/wide.parquet"]).bundle.models == ("m", "n")


def test_other_files_have_a_limit(store, monkeypatch):
    store({"samples.csv": SAMPLES})
    monkeypatch.setattr(remote, "TOTAL_LIMIT", 10)
    (problem,) = read(["memory://bucket/samples.csv"]).problems
    assert "/bucket/samples.csv has 0.0 GiB; expected at most 0 GiB" in problem


PROBLEMS = {
    "memory://bucket/none.csv": "memory://bucket/none.csv does not exist; check the address.",
    "memory://bucket/empty.csv": "empty.csv is empty; expected a header line",
    "nowhere://x/y.csv": "nowhere://x/y.csv begins with 'nowhere://', which is no known store",
    "zip://a.csv::memory://bucket/x.zip": "chains several stores with '::', which is not read",
}


@pytest.mark.parametrize("address", PROBLEMS)
def test_an_address_that_cannot_be_read_is_explained(address, store):
    store({"empty.csv": ""})
    assert PROBLEMS[address] in "\n".join(read([address]).problems)


def test_a_missing_package_is_named(monkeypatch):
    def url_to_fs(address):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", url_to_fs)
    (problem,) = read(["s3://bucket/x.parquet"]).problems
    assert problem == (
        "s3://bucket/x.parquet needs a package that is not installed; install it with: "
        "pip install s3fs (or 'dissensus[remote]' for S3, Google and Azure)."
    )
    (problem,) = read(["hdfs://bucket/x.parquet"]).problems
    assert "it says: Install s3fs to access S3" in problem


def test_a_store_that_fails_is_a_sentence(monkeypatch):
    def url_to_fs(address):
        raise PermissionError("no credentials")

    monkeypatch.setattr(fsspec.core, "url_to_fs", url_to_fs)
    (problem,) = read(["s3://bucket/x.parquet"]).problems
    assert "cannot be opened (PermissionError: no credentials); check the address" in problem


def test_the_command_line_passes_addresses_on(store, capsys):
    store(FILES)
    addresses = [f"memory://bucket/{name}" for name in FILES]
    assert cli.main(["analyze", *addresses]) == 0
    assert json.loads(capsys.readouterr().out)["bundle"]["samples"] == 3
    bundle, _ = inputs.load_all({"paths": addresses})
    assert np.allclose(bundle.probabilities["m1"].numpy(), P1)


def test_loose_files_of_any_format_in_a_remote_folder_are_read(store):
    files = {"truth.csv": SAMPLES, "m1.npz": npz(probs=P1), "m2.npy": npy(P1)}
    files |= {"m3.safetensors": safetensors(probs=P1)}
    files |= {"m4.csv.gz": gzip.compress(b"sample_id,prediction\na,cat\nb,dog\nc,cat\n")}
    store(files)
    result = read(["memory://bucket"])
    assert not result.problems
    assert set(result.bundle.models) == {"m1", "m2", "m3", "m4"}


def test_addresses_with_the_same_last_name_keep_all_of_it():
    given = ["s3://x/a/p.csv", "s3://x/b/p.csv/", "s3://x/q.csv", Path("here/r.csv")]
    names = [getattr(one, "name", one) for one in with_sources(given)]
    assert names == ["s3://x/a/p.csv", "s3://x/b/p.csv", "q.csv", "r.csv"]
    for other in (Path("here/p.csv"), "here/p.csv", Source("p.csv", b"")):
        assert with_sources(["s3://x/a/p.csv", other])[0].name == "s3://x/a/p.csv"
        assert with_sources(["s3://x/a/p.csv", other])[1] is other


def test_two_remote_files_of_the_same_name_are_two_models(store):
    one = "sample_id,prediction\na,cat\nb,dog\nc,dog\n"
    store({"samples.csv": SAMPLES, "x/p.csv": one, "y/p.csv": one})
    sources = with_sources([f"memory://bucket/{n}" for n in ("samples.csv", "x/p.csv", "y/p.csv")])
    result = read(sources)
    assert not result.problems
    assert len(result.bundle.models) == 2
