"""What is written aside is whole or not there."""

import os
import platform
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from made import ROOT, random_bundle

from analysis.bundle import BundleError
from analysis.loading import Source, read, spool, workspace
from analysis.loading.aside import own_mark, reason, sweep, written
from analysis.loading.workspace import keep, kept, open_kept

HALF = """
import sys, time
from pathlib import Path
from analysis.loading.aside import written
with written(Path(sys.argv[1])) as stream:
    stream.write(b"half")
    stream.flush()
    print("half", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def small_disk():
    """No file may become larger than this, as on a disk that is full."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)

    def full(size: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))

    yield full
    resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def killed(program: str, *arguments: str) -> None:
    """Run a program until it says that it is half done, and kill it."""
    ran = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert ran.stdout.readline() == b"half\n"
    ran.send_signal(signal.SIGKILL)
    ran.wait(10)


def test_a_file_is_the_old_one_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "report.html"
    path.write_bytes(b"old")
    path.chmod(0o640)
    with written(path) as stream:
        stream.write(b"new and longer")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new and longer"
    assert path.stat().st_mode & 0o777 == 0o640
    with pytest.raises(TypeError), written(path) as stream:
        stream.writelines([b"half", "no bytes"])
    assert path.read_bytes() == b"new and longer"
    assert os.listdir(tmp_path) == ["report.html"]


def test_what_a_killed_process_left_is_not_the_file_and_goes_with_the_next_write(tmp_path):
    path = tmp_path / "report.html"
    killed(HALF, str(path))
    assert not path.exists()
    assert len(os.listdir(tmp_path)) == 1
    with written(path) as stream:
        stream.write(b"whole")
    assert os.listdir(tmp_path) == ["report.html"]


def test_a_link_stays_one_and_a_pipe_is_written_to(tmp_path):
    target, link, pipe = tmp_path / "target", tmp_path / "link", tmp_path / "pipe"
    target.touch()
    link.symlink_to(target)
    with written(link) as stream:
        stream.write(b"through")
    assert link.is_symlink()
    assert target.read_bytes() == b"through"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with written(pipe) as stream:
        stream.write(b"piped")
    assert os.read(reader, 10) == b"piped"
    assert pipe.is_fifo()


def test_only_what_is_of_nobody_any_more_is_swept_away(tmp_path):
    other = "6f74686572"
    names = {
        "own": f".aside{own_mark()}x",
        "dead": f".aside-{platform.node().encode().hex()}-{2**22 + 1}-x",
        "elsewhere": f".aside-{other}-1-x",
        "elsewhere and old": f".aside-{other}-2-x",
        "not ours": "aside-1-x",
    }
    for name in names.values():
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    long_ago = time.time() - 100_000
    os.utime(tmp_path / names["elsewhere and old"], (long_ago, long_ago))
    sweep(tmp_path, ".aside")
    left = {name for name, folder in names.items() if (tmp_path / folder).exists()}
    assert left == {"own", "elsewhere", "not ours"}


@pytest.mark.parametrize("size", [1000, 100_000, 400_000])
def test_a_full_disk_keeps_nothing_and_says_so(tmp_path, small_disk, size):
    bundle = random_bundle(6, 20_000, 10)
    small_disk(size)
    with pytest.raises(BundleError) as problem:
        keep(bundle, "mine", tmp_path / "kept")
    assert "None" not in str(problem.value)
    assert "File too large" in str(problem.value) or "disk is probably full" in str(problem.value)
    assert "make room there" in str(problem.value)
    assert kept(tmp_path / "kept") == []
    assert os.listdir(tmp_path / "kept") == []


def test_what_was_kept_before_a_full_disk_still_opens(tmp_path, small_disk):
    first, second = random_bundle(4, 50, seed=1), random_bundle(6, 20_000, seed=2)
    keep(first, "first", tmp_path)
    small_disk(10_000)
    with pytest.raises(BundleError):
        keep(second, "second", tmp_path)
    assert [entry.name for entry in kept(tmp_path)] == ["first"]
    assert open_kept(first.fingerprint, tmp_path).fingerprint == first.fingerprint


def test_a_full_disk_for_scratch_files_is_not_called_a_damaged_file(monkeypatch, small_disk):
    monkeypatch.setattr(spool, "SPILL", 1000)
    small_disk(10_000)
    rows = "\n".join(f"{place},x,x,y" for place in range(20_000))
    found = read([Source("t.csv", f"sample_id,label,a,b\n{rows}".encode())])
    assert found.bundle is None
    assert "disk for scratch files is full" in found.problems[0]
    assert "TMPDIR" in found.problems[0]


KEEPING = """
import sys, time
sys.path.insert(0, "tests")
from pathlib import Path
from made import random_bundle
from analysis.loading import workspace
usual = workspace._written
def slow(bundle, name, sources, aside):
    usual(bundle, name, sources, aside)
    print("half", flush=True)
    time.sleep(60)
workspace._written = slow
workspace.keep(random_bundle(4, 50), "mine", Path(sys.argv[1]))
"""


def test_a_bundle_that_was_half_kept_is_not_listed_and_swept_away(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    killed(KEEPING, str(tmp_path))
    assert len(os.listdir(tmp_path)) == 1
    assert kept(tmp_path) == []
    workspace.sweep(tmp_path)
    assert os.listdir(tmp_path) == []
    assert keep(random_bundle(4, 50), "mine", tmp_path).name == "mine"


def test_why_something_was_not_written_is_always_said():
    assert reason(OSError(28, "No space left on device")) == "No space left on device"
    assert reason(OSError("400 requested and 12 written")).endswith("the disk is probably full")


def test_sweeping_a_folder_that_is_not_there_does_nothing(tmp_path):
    workspace.sweep(Path(tmp_path / "nowhere"))
