"""What the command line names is loaded once, and again when it has changed."""

import fsspec
import pytest

from analysis.loading import reading
from dashboard import compute
from dashboard.compute import bundles

TABLE = b"sample_id,label,a,b\n1,x,x,y\n2,y,y,y\n3,x,x,x\n"
MORE = TABLE + b"4,y,x,y\n"
SAME_SIZE = TABLE.replace(b"3,x,x,x", b"3,x,y,x")


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setattr(reading, "STRICT", True)


@pytest.fixture
def loads(monkeypatch):
    """The requests that were loaded, in order."""
    seen, load_all = [], bundles.load_all

    def counting(request):
        seen.append(request)
        return load_all(request)

    monkeypatch.setattr(bundles, "load_all", counting)
    return seen


@pytest.fixture
def bucket():
    system = fsspec.filesystem("memory")
    system.makedirs("/opening", exist_ok=True)
    yield system
    system.rm("/opening", recursive=True)


def fingerprint(path: str) -> str:
    bundle, _ = compute.opened({"paths": [path]})
    return bundle.fingerprint


@pytest.mark.parametrize("changed", [MORE, SAME_SIZE], ids=["longer", "of the same size"])
@pytest.mark.parametrize("address", ["runs.csv", "folder", "folder/"])
def test_a_remote_file_that_has_changed_is_loaded_again(address, changed, bucket, loads):
    file = "/opening/runs.csv" if address == "runs.csv" else "/opening/folder/runs.csv"
    bucket.pipe_file(file, TABLE)
    before = fingerprint(f"memory://opening/{address}")
    assert fingerprint(f"memory://opening/{address}") == before
    assert len(loads) == 1, "an unchanged one is loaded once"
    bucket.pipe_file(file, changed)
    assert fingerprint(f"memory://opening/{address}") != before
    assert len(loads) == 2


def test_a_listing_that_the_store_keeps_does_not_hide_a_change(bucket, loads, monkeypatch):
    kept = {}

    def info(self, path, **_):
        return kept.setdefault(path, real(self, path))

    real = type(bucket).info
    monkeypatch.setattr(type(bucket), "info", info)
    monkeypatch.setattr(type(bucket), "invalidate_cache", lambda self, path=None: kept.clear())
    bucket.pipe_file("/opening/runs.csv", TABLE)
    before = fingerprint("memory://opening/runs.csv")
    bucket.pipe_file("/opening/runs.csv", MORE)
    assert fingerprint("memory://opening/runs.csv") != before


def test_a_store_that_tells_no_date_is_read_anew_each_time(bucket, loads, monkeypatch):
    real = type(bucket).info

    def info(self, path, **_):
        return {key: real(self, path)[key] for key in ("name", "size", "type")}

    monkeypatch.setattr(type(bucket), "info", info)
    bucket.pipe_file("/opening/runs.csv", TABLE)
    before = fingerprint("memory://opening/runs.csv")
    bucket.pipe_file("/opening/runs.csv", SAME_SIZE)
    assert fingerprint("memory://opening/runs.csv") != before
    assert len(loads) == 2


def test_an_address_that_cannot_be_reached_is_answered_with_its_sentence(bucket):
    from analysis.bundle import BundleError

    with pytest.raises(BundleError, match="does not exist; check the address"):
        compute.opened({"paths": ["memory://opening/none.csv"]})


def test_a_file_on_this_machine_that_has_changed_is_loaded_again(tmp_path, loads):
    import os

    path = tmp_path / "runs.csv"
    path.write_bytes(TABLE)
    before = fingerprint(str(path))
    assert fingerprint(str(path)) == before
    assert len(loads) == 1
    path.write_bytes(MORE)
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 10**9))
    assert fingerprint(str(path)) != before
