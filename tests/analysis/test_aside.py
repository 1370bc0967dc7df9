"""What is written is whole or not there: full disks, killed processes, files that vanish."""

import os
import subprocess
import sys
import threading

import pytest
from made import ROOT, random_bundle

from analysis.bundle import BundleError
from analysis.loading import save_bundle
from analysis.loading.aside import YOUNG, aside, replaced, sweep

# Each begins in a process of its own, because limits and kills are for whole processes.
START = """
import os, resource, signal, sys
from pathlib import Path
from made import random_bundle
from analysis.bundle import BundleError
from analysis.loading import load_bundle, save_bundle
from analysis.loading.workspace import keep, kept, open_kept
folder = Path(sys.argv[1])
bundle = random_bundle(models=3, samples=500)
"""
FULL_DISK = """
def tried(limit, act):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        act()
        return ""
    except BundleError as problem:
        return str(problem)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)

for limit in (0, 500, 3_000, 8_000, 15_000, 16_127, 10**9):
    place = folder / f"saved-{limit}"
    told = tried(limit, lambda: save_bundle(bundle, place))
    assert place.exists() == (not told), (limit, told)
    assert not told or told == f"{place} cannot be written: there is no room left on the disk."
    assert not told or not list(folder.iterdir())
    assert told or load_bundle(place).fingerprint == bundle.fingerprint
for limit in (0, 500, 3_000, 8_000, 15_000, 16_127):
    told = tried(limit, lambda: keep(bundle, "x", folder / "workspace"))
    assert "cannot be kept in" in told and "no room left" in told, told
    assert not list((folder / "workspace").iterdir())
assert tried(10**9, lambda: keep(bundle, "x", folder / "workspace")) == ""
assert open_kept(bundle.fingerprint, folder / "workspace").fingerprint == bundle.fingerprint
"""
KILLED = """
def killed_at(place, act):
    '''Whether the child that acts was killed when it opened its file number `place` to write.'''
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == signal.SIGKILL
    left = [place]
    def watch(event, details):
        if event == "open" and details[2] & os.O_CREAT:
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(watch)
    act()
    os._exit(0)

killed = 0
while killed_at(killed, lambda: save_bundle(bundle, folder / "saved")):
    killed += 1
    assert not (folder / "saved").exists()
    for left in folder.glob(".saved*"):
        os.utime(left, (0, 0))
assert killed > 3, killed
assert [path.name for path in folder.iterdir()] == ["saved"]
assert load_bundle(folder / "saved").fingerprint == bundle.fingerprint
kills = 0
while killed_at(kills, lambda: keep(bundle, "x", folder / "workspace")):
    kills += 1
    assert kept(folder / "workspace") == []
    for left in (folder / "workspace").glob(".aside-*"):
        os.utime(left, (0, 0))
assert kills > killed, kills
assert [entry.problem for entry in kept(folder / "workspace")] == [""]
assert not list((folder / "workspace").glob(".*"))
"""


@pytest.mark.parametrize("script", [FULL_DISK, KILLED], ids=["full disk", "killed"])
def test_a_bundle_is_whole_or_not_there(script, tmp_path):
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    done = subprocess.run(
        [sys.executable, "-c", START + script, str(tmp_path)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": paths},
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_what_somebody_still_writes_is_not_swept_away(tmp_path):
    with aside(tmp_path, "x") as first:
        os.utime(first, (0, 0))
        with aside(tmp_path, "x") as second:
            assert first.is_dir()
            assert second != first
    assert list(tmp_path.iterdir()) == []


def test_only_what_was_left_behind_for_a_while_under_the_same_name_is_swept_away(tmp_path):
    names = (".x.aside-old", ".y.aside-old", ".aside-old", ".x-mine", ".x.aside-new")
    for name in names:
        (tmp_path / name).mkdir()
        if "new" not in name:
            os.utime(tmp_path / name, (0, 0))
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / ".x.aside-link").symlink_to(outside)
    assert YOUNG > 1
    sweep(tmp_path / "nowhere")
    sweep(tmp_path, "x")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {*names[1:], "outside", ".x.aside-link"}


def test_a_file_is_replaced_only_when_it_is_whole(tmp_path):
    path = tmp_path / "out.json"
    path.write_text("before")
    path.chmod(0o640)

    def broken():
        with replaced(path) as place:
            place.write_text("half")
            raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        broken()
    assert path.read_text() == "before"
    link = tmp_path / "link"
    link.symlink_to(path)
    with replaced(link) as place:
        place.write_text("after")
    assert link.is_symlink()
    assert path.read_text() == "after"
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(tmp_path.iterdir()) == [link, path]


def test_a_pipe_is_written_as_it_is(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    with replaced(pipe) as place:
        place.write_text("through")
    reader.join()
    assert read == ["through"]


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(BundleError, match=r"out cannot be written: (Not a directory|File exists)"):
        save_bundle(random_bundle(), tmp_path / "file" / "out")
