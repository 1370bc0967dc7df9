"""Kept bundles: the same bundle again, listed, deleted, and never harmed by another process."""

import json
import multiprocessing
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made import bundle_of, random_bundle, real

from analysis.bundle import Bundle, BundleError, Grouping
from analysis.loading import Source, load_bundle, reading
from analysis.loading.workspace import delete, keep, kept, kept_folder, open_kept, workspace_folder

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6
) | st.sampled_from(
    ["None", "nan", "01", "1", "x,y", 'say "a"', "label", "a/b", "CON", " a", "ids", "LABEL"]
)
COLUMN = TEXT | st.sampled_from(
    ["label", "Label", "SAMPLE-ID", "sample_id", "unit_id", "model", "prediction", "answer"]
)


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setattr(reading, "STRICT", True)


@st.composite
def any_bundle(draw) -> Bundle:
    """A bundle with every optional field drawn or left out."""
    models = draw(st.lists(TEXT, min_size=1, max_size=4, unique=True))
    ids = draw(st.lists(TEXT, min_size=1, max_size=6, unique=True))
    classes = draw(st.lists(TEXT | st.just(""), min_size=2, max_size=4, unique=True))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    m, n, c = len(models), len(ids), len(classes)
    predictions = random.integers(-1, c, (m, n)).astype(np.int32)
    labels = random.integers(-1, c, n).astype(np.int32)
    labels[0] = 0
    p = random.random((n, c)) + 0.01
    p /= p.sum(1, keepdims=True)
    columns = draw(st.lists(COLUMN, min_size=3, max_size=3, unique=True))
    info = draw(
        st.lists(TEXT.filter(lambda name: name != "model"), min_size=2, max_size=2, unique=True)
    )
    texts = np.array([["1", "", "01", "x"][i % 4] for i in range(n)], dtype=object)
    some = draw(st.lists(st.booleans(), min_size=7, max_size=7))
    return Bundle(
        models=tuple(models),
        ids=tuple(ids),
        classes=tuple(classes),
        predictions=torch.from_numpy(predictions),
        labels=torch.from_numpy(labels) if some[0] else None,
        probabilities={models[0]: torch.from_numpy(p), models[-1]: torch.from_numpy(p).float()}
        if some[1]
        else {},
        confidence=torch.from_numpy(random.random((m, n)).astype(np.float32)) if some[2] else None,
        embeddings=torch.from_numpy(random.random((n, 2)).astype(np.float32)) if some[3] else None,
        model_embeddings={models[-1]: torch.ones(n, 3)} if some[4] else {},
        attributes={columns[0]: texts, columns[1]: np.arange(n), columns[2]: random.random(n)},
        groups={
            columns[0]: Grouping(torch.zeros(n, dtype=torch.int32), ("everything", "nothing")),
            "of nothing else": Grouping(
                torch.from_numpy((np.arange(n) % 2).astype(np.int32)), ("even", "")
            ),
            "overlapping": Grouping(
                torch.tensor([[0, -1], [0, 2], [1, 2]] * n, dtype=torch.int32)[:n],
                ("a;b", "", "c"),
                "|",
            ),
        },
        model_info={
            info[0]: np.array([None, "1", "01", "x"][:m], dtype=object),
            info[1]: np.array([0.1, np.nan, 2, 3][:m]),
        },
        units=torch.from_numpy(random.integers(0, 3, n).astype(np.int32)) if some[5] else None,
        thumbnails=random.integers(0, 255, (n, 2, 2, 3)).astype(np.uint8) if some[6] else None,
        notes=("first", "second: 'x'"),
    )


@settings(max_examples=60, deadline=None)
@given(bundle=any_bundle())
def test_a_kept_bundle_opens_as_the_same_bundle_with_its_notes(bundle):
    with tempfile.TemporaryDirectory() as folder:
        entry = keep(bundle, "mine", Path(folder))
        again = open_kept(bundle.fingerprint, Path(folder))
        assert again.fingerprint == bundle.fingerprint == entry.fingerprint
        assert again.notes == bundle.notes
        assert list(again.groups) == list(bundle.groups)
        assert list(again.attributes) == list(bundle.attributes)


GRADED = "sample_id,model,correct,base\n1,a,1,x\n2,a,0,x\n1,b,0,y\n2,b,1,y\n"
RUNS = "sample_id,model,run,prediction\n1,a,01,x\n1,a,02,y\n2,a,01,x\n2,a,02,x\n"
LABELS = "sample_id,gold,label,site\n1,x,p,north\n2,y,q,\n"
FORMS = {
    "graded without answers": ({"log.csv": GRADED}, {}),
    "runs that look like numbers": ({"runs.csv": RUNS}, {}),
    "an attribute called label": (
        {"samples.csv": LABELS, "runs.csv": RUNS},
        {"columns": {"label": "gold"}},
    ),
    "an empty text as an answer": (
        {"runs.csv": "sample_id,model,prediction\n1,a,x\n2,a,\n1,b,x\n2,b,x\n"},
        {"empty": "answer"},
    ),
    "several values in a cell": (
        {"samples.csv": "sample_id,label,skills\n1,x,a; b\n2,y,b\n", "runs.csv": RUNS},
        {"multi": {"skills": ";"}},
    ),
    "groups that were named": (
        {"samples.csv": LABELS, "runs.csv": RUNS},
        {"columns": {"label": "gold"}, "groups": ("site",)},
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_whatever_was_read_is_kept_as_the_same_bundle(form, tmp_path):
    files, options = FORMS[form]
    bundle = load_bundle(*(Source(n, text.encode()) for n, text in files.items()), **options)
    keep(bundle, form, tmp_path)
    again = open_kept(bundle.fingerprint, tmp_path)
    assert (again.fingerprint, again.notes) == (bundle.fingerprint, bundle.notes)


@pytest.mark.parametrize("name", ["cifar100_probs", "mathvista", "cifar10n_annotators"])
def test_real_data_are_kept_as_the_same_bundle(name, tmp_path):
    bundle = load_bundle(real(name))
    keep(bundle, name, tmp_path)
    assert open_kept(bundle.fingerprint, tmp_path).fingerprint == bundle.fingerprint


def test_the_list_tells_what_was_kept_the_newest_first_and_never_twice(tmp_path):
    first, second = random_bundle(models=2, samples=9), random_bundle(models=3, samples=7)
    folder = tmp_path / "deep" / "workspace"
    assert kept(folder) == []
    one = keep(first, "one", folder, ["a.csv", "b.csv"])
    keep(second, "two", folder)
    again = keep(first, "another name", folder)
    assert again == one
    found = kept(folder)
    assert {entry.name for entry in found} == {"one", "two"}
    entry = next(entry for entry in found if entry.name == "one")
    assert (entry.models, entry.samples, entry.classes) == (2, 9, 4)
    assert entry.sources == ("a.csv", "b.csv")
    assert entry.size == sum(
        path.stat().st_size for path in (folder / first.fingerprint).rglob("*") if path.is_file()
    )
    assert [entry.when for entry in found] == sorted((e.when for e in found), reverse=True)
    assert not list(folder.glob(".*"))


def test_broken_and_foreign_folders_are_listed_and_only_broken_ones_are_deleted(tmp_path):
    bundle = random_bundle(models=2, samples=5)
    keep(bundle, "good", tmp_path)
    (tmp_path / "holiday").mkdir()
    (tmp_path / "notes.txt").write_text("x")
    broken = {"a" * 32: "{", "b" * 32: "[]", "c" * 32: json.dumps({"fingerprint": "c" * 32})}
    for name, text in broken.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "kept.json").write_text(text)
    (tmp_path / ("d" * 32)).symlink_to(tmp_path / bundle.fingerprint)
    (tmp_path / ("e" * 32)).mkdir()
    found = {entry.fingerprint: entry.problem for entry in kept(tmp_path)}
    assert found.pop(bundle.fingerprint) == ""
    assert found == {
        "holiday": "It was not kept by Dissensus.",
        **dict.fromkeys(broken, "It is damaged."),
        "d" * 32: "It was not kept by Dissensus.",
        "e" * 32: "It was not kept by Dissensus.",
    }
    delete("a" * 32, tmp_path)
    assert not (tmp_path / ("a" * 32)).exists()
    with pytest.raises(BundleError, match="is no fingerprint"):
        delete("holiday", tmp_path)
    assert (tmp_path / "holiday").is_dir()


@pytest.mark.parametrize(
    "hostile", ["../../etc", "..", ".", "", "A" * 32, "a" * 33, f"{'a' * 31}/", f"{'a' * 32}\n"]
)
@pytest.mark.parametrize("act", [open_kept, delete, kept_folder])
def test_only_a_fingerprint_becomes_a_path(hostile, act, tmp_path):
    with pytest.raises(BundleError, match="expected 32 digits"):
        act(hostile, tmp_path)


def test_a_bundle_is_opened_and_deleted_by_the_start_of_its_fingerprint(tmp_path):
    bundle = random_bundle(models=2, samples=5)
    keep(bundle, "x", tmp_path)
    assert open_kept(bundle.fingerprint[:8], tmp_path).fingerprint == bundle.fingerprint
    with pytest.raises(BundleError, match="No bundle"):
        open_kept("f" * 32, tmp_path)
    delete(bundle.fingerprint[:8], tmp_path)
    assert kept(tmp_path) == []
    with pytest.raises(BundleError, match="No bundle"):
        delete(bundle.fingerprint, tmp_path)


def test_a_start_that_two_bundles_share_names_neither(tmp_path):
    for name in ("a" * 31 + "b", "a" * 32):
        (tmp_path / name).mkdir()
    with pytest.raises(BundleError, match="More than one bundle"):
        delete("a" * 10, tmp_path)


def test_a_kept_bundle_that_was_changed_is_not_opened(tmp_path):
    bundle = bundle_of([[0, 1, 2]], [0, 1, 2])
    keep(bundle, "x", tmp_path)
    (tmp_path / bundle.fingerprint / "bundle" / "classes.csv").write_text(
        "class_index,label\n0,y\n1,x\n2,z\n"
    )
    with pytest.raises(BundleError, match="was changed since it was kept"):
        open_kept(bundle.fingerprint, tmp_path)
    (tmp_path / bundle.fingerprint / "bundle" / "predictions.parquet").write_bytes(b"PAR1")
    with pytest.raises(BundleError, match="cannot be opened: bundle/predictions"):
        open_kept(bundle.fingerprint, tmp_path)


def test_a_selection_is_not_kept(tmp_path):
    bundle = random_bundle()
    for part in (bundle.select(bundle.models[:2]), bundle.take(torch.tensor([0, 1]))):
        with pytest.raises(BundleError, match="not the fingerprint of a whole bundle"):
            keep(part, "part", tmp_path)
    assert kept(tmp_path) == []


def test_a_bundle_that_does_not_read_back_the_same_is_not_kept(tmp_path):
    bundle = bundle_of([[0, 1]], [0, 1])
    odd = replace(bundle, fingerprint="0" * 32)
    with pytest.raises(BundleError, match="does not read back as the same"):
        keep(odd, "odd", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_copy_is_replaced_when_the_bundle_is_opened_again(tmp_path):
    bundle = bundle_of([[0, 1, 2]], [0, 1, 2])
    keep(bundle, "x", tmp_path)
    (tmp_path / bundle.fingerprint / "kept.json").write_text("{")
    assert keep(bundle, "again", tmp_path).name == "again"
    assert open_kept(bundle.fingerprint, tmp_path).fingerprint == bundle.fingerprint


def test_a_folder_that_cannot_be_made_is_answered_with_a_sentence(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(BundleError, match=r"cannot be kept in .*--workspace"):
        keep(bundle_of([[0, 1]]), "x", tmp_path / "file" / "workspace")


def _keep_one(folder: str) -> str:
    return keep(random_bundle(models=8, samples=400), "x", Path(folder)).fingerprint


def test_two_processes_that_keep_the_same_bundle_do_not_harm_each_other(tmp_path):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        prints = pool.map(_keep_one, [str(tmp_path)] * 4)
    assert len(set(prints)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [prints[0]]
    assert open_kept(prints[0], tmp_path).fingerprint == prints[0]


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {"DISSENSUS_WORKSPACE": "/w"}, "/w"),
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/dissensus"),
        ("linux", {"XDG_DATA_HOME": "relative"}, "/me/.local/share/dissensus"),
        ("linux", {}, "/me/.local/share/dissensus"),
        ("darwin", {}, "/me/Library/Application Support/dissensus"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/dissensus"),
    ],
)
def test_the_workspace_lies_where_a_users_data_lie(platform, environment, expected, monkeypatch):
    for name in ("DISSENSUS_WORKSPACE", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr(Path, "home", lambda: Path("/me"))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert workspace_folder() == Path(expected)
