"""Hostile files for every reader, and that the fuzzer sees what goes wrong."""

import os
import random
import re

from hostile.cases import Case
from hostile.running import run, shared_out
from nightly import fuzz

INPUTS = 2_000
SEED = 0 if os.environ.get("CI") else random.randrange(10**6)
PLANTED = """
import os, socket, sys, time, warnings
from pathlib import Path
from hostile import making, trying, worker
from hostile.cases import Case

def worked(case, folder):
    while True:
        pass

def acted(case, folder):
    (folder.parent / "outside").write_text("x")
    return True

def warned(case, folder):
    warnings.warn("something", stacklevel=1)
    return True

def raised(case, folder):
    raise KeyError("x")

acts = {
    "works": worked,
    "dies": lambda case, folder: os.abort(),
    "takes": lambda case, folder: bool(bytearray(500 << 20)),
    "writes": acted,
    "warns": warned,
    "raises": raised,
    "says nothing": lambda case, folder: trying._check_sentence("two\\nlines"),
    "is fine": lambda case, folder: True,
}
trying.READERS.update(acts)
making.MAKERS.update({name: lambda chance, name=name: Case(name, {}) for name in acts})
worker.SECONDS = 1
worker.main(Path(sys.argv[1]), sys.argv[2:])
"""


def test_hostile_inputs_are_read_as_what_they_say_or_refused_in_a_sentence():
    outcome = run(shared_out(INPUTS), SEED)
    assert outcome.counts.total() == INPUTS
    told = [
        f"{one['format']} {one['number']} of {SEED}: {one['wrong']}" for one in outcome.failures
    ]
    assert not told, "\n".join(told)
    for form in ("text", "json", "parquet", "npz", "zip", "folder", "session"):
        assert outcome.counts[f"{form}/loaded"] > 2, form
        assert outcome.counts[f"{form}/refused"] > 2, form


def test_whatever_a_reader_must_not_do_is_seen_and_put_aside(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = ("is fine", "works", "dies", "takes", "writes", "warns", "raises", "says nothing")
    outcome = run([(name, 0, 1) for name in names], 0, program=("-c", PLANTED))
    assert outcome.counts == {"is fine/loaded": 1, **{f"{name}/failed": 1 for name in names[1:]}}
    wrong = {failure["format"]: failure["wrong"] for failure in outcome.failures}
    for name, words in (
        ("works", "it worked for too long"),
        ("dies", "signal 6"),
        ("takes", "it took 5"),
        ("writes", "it did what a reader must not"),
        ("warns", "UserWarning: something"),
        ("raises", "KeyError"),
        ("says nothing", "no clear sentence"),
    ):
        assert words in wrong[name], wrong[name]
    assert fuzz.told(outcome, 0, 1.0) == 1
    assert "again with --replay fuzz-failures/dies-0-0.json" in capsys.readouterr().out
    kept = Case.parsed((tmp_path / "fuzz-failures" / "dies-0-0.json").read_text())
    assert kept == Case("dies", {})


def test_an_input_that_was_put_aside_is_tried_again(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.json").write_text(Case("session", {"s.json": b"{}"}).text())
    assert fuzz.main(["--replay", "one.json"]) == 0
    assert re.search(r"session +1 +0 +1 +0 ", capsys.readouterr().out)
    assert not (tmp_path / "fuzz-failures").exists()
