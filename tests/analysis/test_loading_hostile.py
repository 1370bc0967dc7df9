"""What hostile files once broke, and files that are hostile by their size alone."""

import io
import json
import struct
import warnings
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from array_files import (
    LONG,
    P1,
    SAMPLES,
    answers,
    load,
    npy,
    npz,
    outcome,
    parquet,
    raw_safetensors,
    safetensors,
)
from forms import INSPECT, arrow_stream
from made import random_bundle

from analysis.loading import arrays, json_tables, json_text, load_bundle, reading, save_bundle
from analysis.loading import parquet as parquet_files
from analysis.loading.sources import LONGEST

NAME = "n" * 10_000


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setattr(reading, "STRICT", True)


def packed(method: int, **members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def pointed(content: bytes, offset: int) -> bytes:
    """The zip with its first member said to begin elsewhere."""
    place = content.index(b"PK\1\2") + 42
    return content[:place] + offset.to_bytes(4, "little") + content[place + 4 :]


EVAL = {
    "header.json": json.dumps({k: v for k, v in INSPECT.items() if k != "samples"}).encode(),
    "samples/1.json": json.dumps(INSPECT["samples"][0]).encode(),
}
HALF = '[{"sample_id": "1", "model": "a", "prediction": "x", "s\\ud800": 1}]'
REFUSED = {
    "a field named with half of a character": (
        {"x.json": HALF},
        "x.json: the name of the field 's\\ud800' holds half of a two-part character",
    ),
    "a nested field named so": (
        {"x.json": HALF.replace("1}]", '1, "a": {"\\udc00": 2}}]').replace("s\\ud800", "s")},
        "x.json: the name of the field 'a.\\udc00' holds half",
    ),
    "a tensor named so": (
        {
            "x.safetensors": raw_safetensors(
                b'{"\\ud800": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]}}', bytes(12)
            )
        },
        "x.safetensors has a header that is no JSON (half of a two-part character)",
    ),
    "ids of tensors with half of a character": (
        {"x.safetensors": safetensors({"ids": '["\\ud800"]'}, m=np.eye(3, dtype="f4"))},
        "x.safetensors, metadata 'ids'",
    ),
    "a log that is packed in a rare way": (
        {"x.eval": packed(zipfile.ZIP_LZMA, **EVAL)},
        "x.eval holds 'header.json' packed in a rare way (method 14); expected an ordinary zip",
    ),
    "a zip that is packed in a rare way": (
        {"x.zip": packed(zipfile.ZIP_BZIP2, **{"long.csv": LONG})},
        "x.zip holds 'long.csv' packed in a rare way (method 12)",
    ),
    "a member that begins before the file": (
        {"x.zip": pointed(packed(zipfile.ZIP_STORED, **{"long.csv": LONG}), 2**31)},
        "x.zip/long.csv is damaged inside its archive",
    ),
    "a zip in which nothing is known": (
        {"x.zip": packed(zipfile.ZIP_STORED, **{"x.json": b'{"a": {"b": 1}, "c": 1}'})},
        "There are no predictions; expected a table of predictions",
    ),
    "a column whose name is no text": (
        {"x.parquet": parquet({"prediction": ["x"]}).replace(b"prediction", b"predic\xbcion")},
        "x.parquet cannot be read as Parquet",
    ),
    "answers that no class has": (
        {"samples.csv": SAMPLES, "m.npy": npy(np.array([1, 2, 1e38]))},
        "m.npy holds the number 1e+38; expected whole numbers of at most 15 digits",
    ),
    "logits of both infinities": (
        {"samples.csv": SAMPLES, "m.npy": npy(np.array([[np.inf, -np.inf], [0, 1], [0, 1]]))},
        "m.npy",
    ),
    "an array that is a single value": (
        {"x.npz": npz(models=np.array("a"), m=np.eye(2, dtype="f4"))},
        "x.npz, array 'models' is a single value; expected a list or a table",
    ),
    "a damaged column of codes": (
        {
            "x.parquet": parquet({"prediction": ["caf\xe9"]}).replace(
                "caf\xe9".encode(), b"caf\xe9\xe9"
            )
        },
        "x.parquet cannot be read as Parquet",
    ),
    "answers beyond all bounds": (
        {"samples.csv": SAMPLES, "m.npy": npy(np.array([1, 2, np.inf]))},
        "m.npy holds the number inf",
    ),
    "answers that only fit without a sign": (
        {"samples.csv": SAMPLES, "m.npy": npy(np.array([1, 2, 2**64 - 1], dtype=np.uint64))},
        "m.npy holds the number 1.84467e+19",
    ),
    "ids that floats cannot tell apart": (
        {"x.npz": npz(m=np.eye(2, dtype="f4"), ids=np.array([1e300, 2e300]))},
        "x.npz, array 'ids' holds the number 1e+300",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused_in_a_sentence(case):
    files, words = REFUSED[case]
    problems = outcome(files).problems
    assert len(problems) == 1, problems
    assert words in problems[0]


def test_a_field_named_with_half_of_a_character_is_refused_in_lines_read_in_blocks(monkeypatch):
    monkeypatch.setattr(json_tables, "LARGE", 0)
    lines = "\n".join([HALF[1:-1]] * 2)
    assert "holds half of a two-part character" in outcome({"x.jsonl": lines}).problems[0]


def test_numbers_of_labels_in_tensors_that_are_too_large_are_text():
    given = safetensors({"labels": f"[{10**30}, 1]"}, m=np.eye(2, dtype="f4"))
    assert str(10**30) in load({"x.safetensors": given}).classes


def test_one_long_name_among_many_does_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(arrays, "fits", lambda size, share=4: size < 10**8)
    ids = json.dumps([*map(str, range(20_000)), NAME])
    given = safetensors({"ids": ids}, m=np.full((20_001, 2), 0.5, dtype="f4"))
    problem = outcome({"x.safetensors": given}).problems[0]
    assert "holds 20,001 names of which one is so long that they take 800 MB" in problem


@pytest.mark.parametrize("values", ["number", "list", "text"])
def test_a_parquet_file_far_larger_than_its_bytes_is_refused_before_it_is_read(values, monkeypatch):
    rows = 1_000_000
    columns = {
        "number": pa.array(np.ones(rows)),
        "list": pa.array([[1.0] * rows]),
        "text": pa.array(["x" * 8 * rows]),
    }
    given = parquet({"sample_id": columns[values]})
    assert len(given) < 500_000
    monkeypatch.setattr(parquet_files, "fits", lambda size, share=4: size < 10**6)
    problem = outcome({"x.parquet": given}).problems[0]
    assert problem.startswith(("x.parquet takes 8 MB when", "x.parquet takes 9 MB when")), problem


def test_a_parquet_file_with_fewer_rows_than_it_says_is_refused():
    given = parquet({"sample_id": pa.array(["1", "2", "3"]), "label": pa.array(["x", "y", "x"])})
    rows, groups = b"\x16" + bytes([2 * 3]), b"\x19\x1c"  # in the footer: number, then row groups
    assert given.count(rows + groups) == 1
    harmed = given.replace(rows + groups, b"\x16" + bytes([2 * 5]) + groups)
    expected = "x.parquet is damaged: it says that it has 5 rows, and holds 3; write it again."
    assert outcome({"x.parquet": harmed}).problems == (expected,)


def test_a_parquet_file_with_a_word_that_is_no_text_is_read():
    table = pa.table({"sample_id": ["1", "2"], "label": ["x", "y"], "prediction": ["x", "x"]})
    table = table.replace_schema_metadata({b"dissensus\x94": b"1"})
    stream = io.BytesIO()
    pq.write_table(table, stream)
    assert len(load({"x.parquet": stream.getvalue()}).ids) == 2


def test_an_arrow_file_whose_lists_leave_it_is_refused():
    lists = pa.array([["x", "y"]] * 3, pa.list_(pa.string()))
    content = arrow_stream({"sample_id": pa.array(["1", "2", "3"]), "tags": lists})
    assert content.count(struct.pack("<4i", 0, 2, 4, 6)) == 1
    harmed = content.replace(struct.pack("<4i", 0, 2, 4, 6), struct.pack("<4i", 0, 2, 4, 2**28))
    assert "x.arrow cannot be read as Arrow" in outcome({"x.arrow": harmed}).problems[0]


def test_a_table_without_any_sample_id_is_told_beside_samples():
    nothing = pa.array([None], pa.string())
    table = {"sample_id": nothing, "model": ["a"], "prediction": ["x"]}
    problems = outcome({"samples.csv": SAMPLES, "x.parquet": parquet(table)}).problems
    assert "x.parquet, row 1: the sample id in column 'sample_id' is empty" in problems[0]


def test_an_array_that_python_2_wrote_is_read_without_a_warning():
    content = npy(P1)
    place = content.index(b"(3, 2), }") + 2
    old = content[:place] + b"L, 2L), }" + content[place + 9 :]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bundle = load({"samples.csv": SAMPLES, "m.npy": old})
    np.testing.assert_array_equal(bundle.probabilities["m"].numpy(), P1)


def test_json_of_countless_values_is_refused_before_it_is_parsed(monkeypatch):
    monkeypatch.setattr(json_text, "fits", lambda size, share=4: size < 10**7)
    problem = outcome({"x.json": "[" + "[]," * 200_000 + "[]]"}).problems[0]
    assert problem.startswith("x.json takes about 33 MB when it is read")


def test_a_saved_folder_that_lost_a_column_is_read_without_its_groups(tmp_path):
    save_bundle(random_bundle(models=2, samples=6), tmp_path / "saved")
    path = tmp_path / "saved" / "samples.parquet"
    table = pa.parquet.read_table(path)
    assert b"region" in table.schema.metadata[b"dissensus.groups"]
    pa.parquet.write_table(table.select(["sample_id", "label"]), path)
    assert "region" not in load_bundle(tmp_path / "saved").groups


def test_a_class_whose_name_holds_what_no_text_file_does_is_saved(tmp_path):
    bundle = load({"long.parquet": parquet({"id": ["1"], "model": ["a"], "prediction": ["x\0"]})})
    assert bundle.classes == ("x\0",)
    save_bundle(bundle, tmp_path / "saved")
    assert load_bundle(tmp_path / "saved").fingerprint == bundle.fingerprint


def test_names_of_ten_thousand_characters_are_read_saved_and_told_in_short(tmp_path):
    rows = [(f"{NAME}{i}", f"{NAME}{m}", f"{NAME}{i % 2}") for i in range(3) for m in "ab"]
    table = "".join(",".join(row) + "\n" for row in [("sample_id", "model", "prediction"), *rows])
    bundle = load({"long.csv": table})
    assert answers(bundle) == {
        f"{NAME}{m}": {f"{NAME}{i}": f"{NAME}{i % 2}" for i in range(3)} for m in "ab"
    }
    assert all(len(note) <= LONGEST + 10 for note in bundle.notes)
    save_bundle(bundle, tmp_path / "saved")
    assert load_bundle(tmp_path / "saved").fingerprint == bundle.fingerprint
    again = outcome({"long.csv": f"{table}{NAME}0,{NAME}a,other\n"})
    assert again.problems[0].startswith("long.csv, row 8: model 'nnn")
    assert len(again.problems[0]) <= LONGEST + 10
    assert outcome({f"{NAME}.csv": "x"}).problems[0].startswith("nnn")


def test_five_thousand_models_are_read_and_saved(tmp_path):
    names = [f"m{place}" for place in range(5_000)]
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, (40, 1))
    given = np.where(random.random((40, 5_000)) < 0.3, random.integers(0, 3, (40, 5_000)), labels)
    rows = [",".join(["sample_id", *names])]
    rows += [",".join([f"s{i}", *(f"c{c}" for c in row)]) for i, row in enumerate(given)]
    samples = "sample_id,label\n" + "".join(f"s{i},c{c}\n" for i, (c,) in enumerate(labels))
    bundle = load({"samples.csv": samples, "wide.csv": "\n".join(rows)})
    assert bundle.models == tuple(names)
    held = [[bundle.classes[code] for code in row] for row in bundle.predictions.tolist()]
    assert held == [[f"c{c}" for c in row] for row in given.T.tolist()]
    save_bundle(bundle, tmp_path / "saved")
    assert load_bundle(tmp_path / "saved").fingerprint == bundle.fingerprint


def test_a_hundred_thousand_classes_are_read_and_saved(tmp_path):
    rows = "".join(f"s{i},a,c{i}\n" for i in range(100_000))
    bundle = load({"long.csv": f"sample_id,model,prediction\n{rows}"})
    assert len(bundle.classes) == 100_000
    assert bundle.classes[bundle.predictions[0, 70_000]] == "c70000"
    save_bundle(bundle, tmp_path / "saved")
    assert load_bundle(tmp_path / "saved").fingerprint == bundle.fingerprint
