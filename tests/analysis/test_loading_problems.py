"""Every kind of bad input gets a sentence that names the place, the finding and the remedy."""

import io
import pickle
import struct
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.loading import Options, Source, arrays, read, reading

SAMPLES = "sample_id,label\na,cat\nb,dog\nc,cat\n"
LONG = "sample_id,model,prediction\na,m1,cat\nb,m1,dog\nc,m1,dog\n"
P = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]], dtype=np.float32)


@pytest.fixture
def _strict(monkeypatch):
    monkeypatch.setattr(reading, "STRICT", True)


def result(files: dict, **options):
    sources = [
        Source(name, content.encode() if isinstance(content, str) else content)
        for name, content in files.items()
    ]
    return read(sources, Options(**options))


def npy(array, **options) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def npz(**named) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **named)
    return stream.getvalue()


def zipped(files: dict) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def header(shape: str, dtype: str = "<f4") -> bytes:
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
    text += " " * (117 - len(text)) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def changed(row: int, values) -> np.ndarray:
    probabilities = P.copy()
    probabilities[row] = values
    return probabilities


CASES = {
    "empty file": ({"p.csv": ""}, ["p.csv is empty", "header line"]),
    "header only": ({"p.csv": "sample_id,model,prediction\n"}, ["p.csv has a header but no rows"]),
    "not UTF-8": (
        {"s.csv": b"sample_id,label\na,x\nb,caf\xe9\n"},
        ["s.csv, row 3: byte 6 of the line (0xE9) is not UTF-8", "Save the file again"],
    ),
    "UTF-16": ({"s.csv": SAMPLES.encode("utf-16")}, ["s.csv is UTF-16", "expected UTF-8"]),
    "duplicates that disagree": (
        {"samples.csv": SAMPLES, "long.csv": LONG + "b,m1,cat\n"},
        [
            "long.csv, row 5: model 'm1' answers sample 'b' with 'cat', but with 'dog' in row 3",
            "Remove the wrong row",
        ],
    ),
    "two files that disagree": (
        {"samples.csv": SAMPLES, "long.csv": LONG, "m1.csv": "id,prediction\nc,cat\n"},
        [
            "m1.csv, row 2: model 'm1' answers sample 'c' with 'cat', but with 'dog' in long.csv, "
            "row 4"
        ],
    ),
    "wide duplicates that disagree": (
        {"samples.csv": SAMPLES, "wide.csv": "id,m1,m2\na,cat,dog\nb,dog,dog\na,cat,cat\n"},
        ["wide.csv, row 4: model 'm2' answers sample 'a' with 'cat', but with 'dog' in row 2"],
    ),
    "ids that match nowhere": (
        {"samples.csv": SAMPLES, "long.csv": "id,model,prediction\n1,m,cat\n2,m,dog\n"},
        ["none of its sample ids is in samples.csv", "'1'", "'a', 'b'", "Use the same ids"],
    ),
    "negative probability": (
        {"samples.csv": SAMPLES, "m1.npy": npy(changed(1, [-0.2, 1.2]))},
        [
            "m1.npy, model 'm1', row 1 counted from 0 (sample 'b')",
            "from -0.2 to 1.2",
            "expected values from 0 to 1",
        ],
    ),
    "NaN probability": (
        {"samples.csv": SAMPLES, "p.npz": npz(m1=changed(2, np.nan))},
        ["p.npz, model 'm1', row 2 counted from 0 (sample 'c'): found NaN"],
    ),
    "sum is not 1": (
        {"samples.csv": SAMPLES, "m1.npy": npy(changed(0, [0.5, 0.4]))},
        ["row 0 counted from 0 (sample 'a')", "sum 0.9", "Correct the row."],
    ),
    "pickle": (
        {"samples.csv": SAMPLES, "m1.npy": pickle.dumps([1, 2])},
        ["m1.npy is no array in NPY format", "Pickled Python objects are never read"],
    ),
    "object array": (
        {"samples.csv": SAMPLES, "m1.npy": npy(np.array(["a", None], dtype=object))},
        ["m1.npy holds Python objects", "never read", "dtype=str"],
    ),
    "object array in NPZ": (
        {"samples.csv": SAMPLES, "p.npz": npz(ids=np.array(["a", 1], dtype=object))},
        ["p.npz/ids.npy holds Python objects"],
    ),
    "header that claims too much": (
        {"m1.npy": header("(100000000, 1000)") + b"0" * 100},
        ["m1.npy declares an array of shape (100000000, 1000)", "cut short"],
    ),
    "array cut short": ({"m1.npy": npy(P)[:-4]}, ["m1.npy declares", "damaged or cut short"]),
    "wrong rows": (
        {"samples.csv": SAMPLES, "m1.npy": npy(P[:2])},
        ["m1.npy: the array of 'm1' has 2 rows; expected 3, one per sample of samples.csv"],
    ),
    "wrong columns": (
        {"samples.csv": SAMPLES, "classes.csv": "label\ncat\ndog\neel\n", "m1.npy": npy(P)},
        ["m1.npy: the array of 'm1' has 2 columns; expected 3, one per class"],
    ),
    "no class order": (
        {"samples.csv": SAMPLES, "m1.npy": npy(np.full((3, 4), 0.25))},
        ["has 4 columns, but there are 2 different labels and no class order", "classes.csv"],
    ),
    "answer without a column": (
        {"samples.csv": SAMPLES, "m1.npy": npy(P), "m2.csv": "id,prediction\na,Cat\n"},
        ["'Cat' is among the labels or predictions but not among the 2 classes", "spelling"],
    ),
    "no order for rows": (
        {"long.csv": LONG, "m1.npy": npy(P), "classes.csv": "label\ncat\ndog\n"},
        ["rows without sample ids", "add a samples table"],
    ),
    "missing id column": (
        {"x.csv": "name,model,prediction\na,m,cat\n"},
        ["x.csv has no column of sample ids", "'name', 'model', 'prediction'", "--column id=NAME"],
    ),
    "no prediction column": (
        {"x.csv": "id,model,verdict\na,m,cat\n"},
        ["a column of models, 'model', but none of predictions", "--column prediction=NAME"],
    ),
    "unknown suffix": (
        {"x.xlsx": b"PK"},
        ["x.xlsx is an Excel file; save the sheet as CSV. Known are CSV", "safetensors"],
    ),
    "ragged rows": (
        {"x.csv": 'sample_id,label\na,"x\ny"\n\nb,x,extra\nc\n'},
        ["x.csv: expected 2 columns in every row", "row 5 has 3", "row 6 has 1", "quotation marks"],
    ),
    "open quotation mark": (
        {"x.csv": 'sample_id,label\na,x\nb,"y\nc,x\n'},
        ["x.csv, row 3: a quotation mark opens here and is never closed"],
    ),
    "column twice": ({"x.csv": "id,a,a\n1,2,3\n"}, ["x.csv has 'a' more than once in its header"]),
    "empty id": (
        {"samples.csv": SAMPLES, "long.csv": LONG + ",m1,cat\n"},
        ["long.csv, row 5: the sample id in column 'sample_id' is empty", "Fill it in"],
    ),
    "empty model": (
        {"samples.csv": SAMPLES, "long.csv": LONG + "a,,cat\nb,,cat\n"},
        ["long.csv, row 5: the model name in column 'model' is empty (1 more like it)"],
    ),
    "two samples tables": (
        {"samples.csv": SAMPLES, "labels.csv": SAMPLES, "long.csv": LONG},
        ["samples.csv and labels.csv are both samples tables"],
    ),
    "two labels of one sample": (
        {"samples.csv": SAMPLES + "a,dog\n", "long.csv": LONG},
        ["samples.csv, row 5: sample 'a' has 'label' 'dog', but 'cat' in row 2"],
    ),
    "labels that contradict": (
        {"samples.csv": SAMPLES, "m1.csv": "id,label,prediction\na,cat,cat\nb,cat,cat\n"},
        ["m1.csv, row 3: sample 'b' has the label 'cat', but 'dog' in samples.csv"],
    ),
    "confidence that is no number": (
        {"samples.csv": SAMPLES, "m1.csv": "id,prediction,confidence\na,cat,high\n"},
        ["m1.csv, row 2: column 'confidence' holds 'high'; expected a number"],
    ),
    "grade that is neither": (
        {"samples.csv": SAMPLES, "x.csv": "id,model,correct\na,m,maybe\n"},
        ["x.csv, row 2: column 'correct' holds 'maybe'; expected 1 (right), 0 (wrong)"],
    ),
    "undecided columns": (
        {"data.csv": "id,note\na,x\nb,y\n"},
        ["it cannot be told whether 'note' holds answers", "--column prediction=NAME"],
    ),
    "only samples": ({"samples.csv": SAMPLES}, ["samples but no predictions", "Add one"]),
    "array of one dimension": (
        {"samples.csv": SAMPLES, "m1.npy": npy(np.array([0.5, 2.5, -1]))},
        ["m1.npy has shape (3,)", "expected [samples, classes]"],
    ),
    "same id twice in an array": (
        {"p.npz": npz(ids=np.array(["a", "a"]), m1=P[:2])},
        ["'a' occurs twice"],
    ),
    "two class orders": (
        {
            "samples.csv": SAMPLES,
            "classes.csv": "label\ncat\ndog\n",
            "p.npz": npz(classes=np.array(["dog", "cat"]), m1=P),
        },
        ["classes.csv and p.npz give different class orders"],
    ),
    "embeddings with text": (
        {
            "samples.csv": SAMPLES,
            "long.csv": LONG,
            "b.zip": zipped({"embeddings.csv": "sample_id,e0\na,1\nb,two\nc,3\n"}),
        },
        ["b.zip/embeddings.csv: column 'e0' holds text"],
    ),
    "thumbnails of the wrong kind": (
        {"thumbnails.npy": npy(np.zeros((3, 4, 4, 3)))},
        ["thumbnails.npy has shape (3, 4, 4, 3) and dtype float64", "dtype uint8"],
    ),
    "unknown group": (
        {"samples.csv": SAMPLES, "long.csv": LONG, "options": {"groups": ("shape",)}},
        ["no attribute 'shape' to group by", "'label'"],
    ),
    "unknown column": (
        {"samples.csv": SAMPLES, "long.csv": LONG, "options": {"columns": {"label": "truth"}}},
        ["column 'truth' that was named as label is in none of the files", "'prediction'"],
    ),
    "unknown role": (
        {"samples.csv": SAMPLES, "long.csv": LONG, "options": {"columns": {"lable": "label"}}},
        ["no role 'lable'", "id, label, model"],
    ),
    "zip that points outside": (
        {"b.zip": zipped({"../samples.csv": SAMPLES})},
        ["'../samples.csv' that points outside the archive"],
    ),
    "zip with an absolute name": (
        {"b.zip": zipped({"/etc/samples.csv": SAMPLES})},
        ["points outside the archive"],
    ),
    "zip that is none": ({"b.zip": b"hello"}, ["b.zip cannot be opened as a zip"]),
    "zip without a known name": (
        {"b.zip": zipped({"a.txt": SAMPLES})},
        ["b.zip has no file that can be read", "'a.txt'"],
    ),
    "two files for one role": (
        {
            "b.zip": zipped(
                {"samples.csv": SAMPLES, "samples.parquet": b"x", "predictions.csv": LONG}
            )
        },
        ["b.zip/samples.csv and b.zip/samples.parquet both hold the samples"],
    ),
    "NPZ with a stranger": (
        {"p.npz": zipped({"a.txt": "x"})},
        ["p.npz/a.txt is no array"],
    ),
    "damaged Parquet": ({"x.parquet": b"PAR1rubbish"}, ["x.parquet cannot be read as Parquet"]),
    "nothing": ({}, ["There is no input"]),
}


@pytest.mark.usefixtures("_strict")
@pytest.mark.parametrize("name", CASES)
def test_bad_input_gets_a_sentence(name):
    files, words = CASES[name]
    options = files.get("options", {})
    outcome = result({k: v for k, v in files.items() if k != "options"}, **options)
    assert outcome.bundle is None
    text = "\n".join(outcome.problems)
    for word in words:
        assert word in text
    assert "cannot be read (" not in text or "Parquet" in text


@pytest.mark.usefixtures("_strict")
def test_all_problems_are_gathered_up_to_twenty():
    files = {f"m{i}.csv": "" for i in range(25)}
    problems = result(files).problems
    assert len(problems) == 21
    assert problems[-1] == "There are 5 more problems."


def test_missing_path_is_named(tmp_path):
    outcome = read([tmp_path / "nowhere.csv"])
    assert "nowhere.csv does not exist" in outcome.problems[0]


def test_archive_that_unpacks_too_large_is_refused_before_reading(monkeypatch):
    monkeypatch.setattr(arrays, "TOTAL_LIMIT", 10_000)
    bomb = npz(m1=np.zeros((1_000, 1_000)))
    assert len(bomb) < 20_000
    assert "expected at most" in result({"p.npz": bomb}).problems[0]
    packed = zipped({"samples.csv": "x" * 1_000_000})
    assert "expected at most" in result({"b.zip": packed}).problems[0]


def test_archive_with_too_many_members_is_refused(monkeypatch):
    monkeypatch.setattr(arrays, "MEMBER_LIMIT", 3)
    packed = zipped({f"probabilities/{i}.npy": b"" for i in range(5)})
    assert "holds 5 files; expected at most 3" in result({"b.zip": packed}).problems[0]


@pytest.mark.usefixtures("_strict")
@settings(max_examples=150, deadline=None)
@given(
    content=st.binary(max_size=200)
    | st.text(alphabet='ab,";\n\t1.\r', max_size=80).map(str.encode),
    suffix=st.sampled_from([".csv", ".tsv", ".npy", ".npz", ".parquet", ".zip"]),
    companion=st.booleans(),
)
def test_garbage_is_never_raised(content, suffix, companion):
    files = {f"x{suffix}": content}
    if companion:
        files |= {"samples.csv": SAMPLES, "long.csv": LONG}
    outcome = result(files)
    assert (outcome.bundle is None) == bool(outcome.problems)
    assert outcome.found


@pytest.mark.usefixtures("_strict")
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damaged_files_are_never_raised(data):
    good = {
        "x.csv": LONG.encode(),
        "x.npy": npy(P),
        "x.npz": npz(m1=P, ids=np.array(["a", "b", "c"])),
        "x.zip": zipped({"samples.csv": SAMPLES, "predictions.csv": LONG}),
    }
    name = data.draw(st.sampled_from(sorted(good)))
    content = bytearray(good[name])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = bytes(content[: data.draw(st.integers(0, len(content)))])
    outcome = result({name: content, "samples.csv": SAMPLES})
    assert (outcome.bundle is None) == bool(outcome.problems)


@pytest.mark.usefixtures("_strict")
def test_no_answer_beside_an_empty_answer_is_a_contradiction_too():
    def parquet(**columns) -> bytes:
        stream = io.BytesIO()
        pd.DataFrame(columns).to_parquet(stream)
        return stream.getvalue()

    files = {
        "samples.parquet": parquet(sample_id=["a", "b"], label=["", "x"]),
        "long.parquet": parquet(sample_id=["a", "a"], model=["m", "m"], prediction=["", None]),
    }
    assert "answers sample 'a' a second time and differently" in result(files).problems[0]
