"""Arrow and Feather files, and folders of Hugging Face datasets."""

import io
import json
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pytest
from array_files import SAMPLES, answers, labels, load, outcome, parquet
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.loading import load_bundle, read, reading

SAMPLE_COLUMNS = {"sample_id": ["a", "b", "c"], "label": ["cat", "dog", "cat"], "size": [1, 2, 3]}
LONG = {
    "sample_id": ["a", "b", "c"] * 2,
    "model": ["m1"] * 3 + ["m2"] * 3,
    "prediction": ["cat", "dog", None, "", "dog", "cat"],
    "confidence": [0.5, 0.25, None, 1.0, 0.75, 0.5],
}


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setattr(reading, "STRICT", True)


def feather(columns: dict, **options) -> bytes:
    stream = io.BytesIO()
    pyarrow.feather.write_feather(pa.table(columns), stream, **options)
    return stream.getvalue()


def stream_of(columns: dict | pa.Table, batch: int = 2) -> bytes:
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table, max_chunksize=batch)
    return stream.getvalue()


WRITERS = {
    "IPC file": lambda columns: feather(columns, compression="uncompressed"),
    "compressed with lz4": lambda columns: feather(columns, compression="lz4"),
    "compressed with zstd": lambda columns: feather(columns, compression="zstd"),
    "stream": stream_of,
}


@pytest.mark.parametrize("writer", WRITERS)
def test_arrow_reads_like_parquet(writer, tmp_path):
    write = WRITERS[writer]
    files = {"samples": SAMPLE_COLUMNS, "predictions": LONG}
    expected = load({f"{name}.parquet": parquet(columns) for name, columns in files.items()})
    again = load({f"{name}.arrow": write(columns) for name, columns in files.items()})
    assert again.fingerprint == expected.fingerprint
    assert again.notes[0].startswith("1 prediction is an empty cell")
    for name, columns in files.items():
        (tmp_path / f"{name}.feather").write_bytes(write(columns))
    paths = [tmp_path / f"{name}.feather" for name in files]
    assert load_bundle(*paths).fingerprint == expected.fingerprint


def test_the_content_counts_and_not_the_name():
    files = {"samples.csv": feather(SAMPLE_COLUMNS), "x": stream_of(LONG)}
    assert load(files).models == ("m1", "m2")


def test_views_dictionaries_and_large_texts_are_texts():
    columns = {
        "sample_id": pa.array(["a", "b", "c"], pa.string_view()),
        "label": pa.array(["cat", "dog", "cat"]).dictionary_encode(),
        "m1": pa.array(["cat", "dog", None], pa.large_string()),
        "m2": pa.array(["dog", "dog", "cat"]),
    }
    assert answers(load({"wide.arrow": stream_of(columns)})) == {
        "m1": {"a": "cat", "b": "dog", "c": None},
        "m2": {"a": "dog", "b": "dog", "c": "cat"},
    }


DAMAGED = {
    "cut short": (feather(LONG)[:-40], "x.feather cannot be read as Arrow ("),
    "cut in the middle of a stream": (stream_of(LONG)[:-80], "cannot be read as Arrow ("),
    "Feather 1": (b"FEA1" + bytes(40), "x.feather is Feather of the first version, which is out"),
    "no rows": (feather({"id": pa.array([], pa.string())}), "has a header but no rows"),
    "a column twice": (
        stream_of(pa.table([["a"], ["b"]], names=["id", "id"])),
        "has the column 'id' twice; rename one of them",
    ),
    "rubbish": (b"ARROW1rubbish", "it is damaged or cut short. Write it again."),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_file_is_explained(case):
    content, words = DAMAGED[case]
    problems = outcome({"x.feather": content, "samples.csv": SAMPLES}).problems
    assert words in problems[0]
    assert len(problems) == 1


def test_too_many_cells_are_refused_before_all_is_read(monkeypatch):
    monkeypatch.setattr("analysis.loading.arrow.CELL_LIMIT", 10)
    problems = outcome({"x.arrow": stream_of(LONG)}).problems
    assert "x.arrow holds more than 10 cells" in problems[0]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damaged_arrow_is_never_raised(data):
    good = {"x.arrow": stream_of(LONG), "y.feather": feather(LONG)}
    name = data.draw(st.sampled_from(sorted(good)))
    content = bytearray(good[name])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(8, len(content) - 1))] = data.draw(st.integers(0, 255))
    result = outcome({name: bytes(content), "samples.csv": SAMPLES})
    assert (result.bundle is None) == bool(result.problems)


def shard(columns: dict) -> bytes:
    return stream_of(columns, batch=1)


def dataset(columns: dict, features: dict, shards: int = 2, place: str = "") -> dict[str, bytes]:
    """The files of a folder that save_to_disk writes."""
    rows = len(next(iter(columns.values())))
    cuts = np.array_split(np.arange(rows), shards)
    names = [f"data-{n:05d}-of-{shards:05d}.arrow" for n in range(shards)]
    table = pa.table(columns)
    files = {
        f"{place}{name}": stream_of(table.take(cut), batch=1)
        for name, cut in zip(names, cuts, strict=True)
    }
    state = {"_data_files": [{"filename": name} for name in names], "_fingerprint": "x"}
    files[f"{place}state.json"] = json.dumps(state).encode()
    files[f"{place}dataset_info.json"] = json.dumps({"features": features}).encode()
    return files


COLUMNS = {
    "sample_id": ["a", "b", "c"],
    "label": pa.array([1, 0, -1]),
    "m1": ["dog", "cat", "cat"],
    "m2": ["dog", "dog", "cat"],
}
FEATURES = {
    "label": {"names": ["dog", "cat"], "_type": "ClassLabel"},
    "m1": {"dtype": "string", "_type": "Value"},
}


def save(files: dict, folder) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def zipped(files: dict, top: str = "") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(top + name, content)
    return stream.getvalue()


@pytest.mark.parametrize("way", ["folder", "zip", "zip of the folder"])
def test_a_dataset_is_one_table_with_class_names(way, tmp_path):
    files = dataset(COLUMNS, FEATURES)
    if way == "folder":
        save(files, tmp_path / "answers")
        bundle = load_bundle(tmp_path / "answers")
    else:
        bundle = load({"answers.zip": zipped(files, "my data/" if way != "zip" else "")})
    assert bundle.classes == ("dog", "cat")
    assert labels(bundle) == ["cat", "dog", None]
    assert answers(bundle)["m1"] == {"a": "dog", "b": "cat", "c": "cat"}
    assert any("column 'label' are read as the 2 class names" in note for note in bundle.notes)


def test_splits_become_a_column(tmp_path):
    more = {**COLUMNS, "sample_id": ["d", "e", "f"]}
    files = dataset(COLUMNS, FEATURES, place="train/") | dataset(more, FEATURES, 1, place="test/")
    files["dataset_dict.json"] = json.dumps({"splits": ["train", "test"]}).encode()
    save(files, tmp_path / "answers")
    bundle = load_bundle(tmp_path / "answers")
    assert bundle.ids == ("a", "b", "c", "d", "e", "f")
    assert bundle.attributes["split"].tolist() == ["train"] * 3 + ["test"] * 3
    assert bundle.fingerprint == load({"x.zip": zipped(files)}).fingerprint


def test_pictures_are_left_out_and_noted():
    columns = {**COLUMNS, "image": [{"bytes": b"x", "path": "p"}] * 3}
    bundle = load({"answers.zip": zipped(dataset(columns, FEATURES))})
    assert "image" not in bundle.attributes
    assert any("column 'image' holds pictures, sound or records" in note for note in bundle.notes)


def changed(name: str, content: bytes | None) -> dict:
    files = dataset(COLUMNS, FEATURES)
    if content is None:
        del files[name]
    else:
        files[name] = content
    return files


BROKEN = {
    "a shard that is not there": (
        changed("data-00001-of-00002.arrow", None),
        "x.zip/state.json names 'data-00001-of-00002.arrow', which is not there (1 of 2 files",
    ),
    "a shard that is damaged": (
        changed("data-00001-of-00002.arrow", b"rubbish"),
        "x.zip/data-00001-of-00002.arrow cannot be read as Arrow",
    ),
    "a shard with other columns": (
        changed("data-00001-of-00002.arrow", stream_of({"id": ["a"]})),
        "x.zip/data-00001-of-00002.arrow has other columns than data-00000-of-00002.arrow",
    ),
    "a state that is no JSON": (changed("state.json", b"{"), "x.zip/state.json is no JSON object"),
    "a name that leaves the folder": (
        changed("state.json", json.dumps({"_data_files": [{"filename": "../x.arrow"}]}).encode()),
        "x.zip/state.json names no data files; expected plain names such as",
    ),
    "no splits": (
        changed("dataset_dict.json", b'{"splits": ["../up"]}'),
        "x.zip/dataset_dict.json lists no splits",
    ),
    "a split that is not there": (
        changed("dataset_dict.json", b'{"splits": ["train"]}'),
        "x.zip has no train/state.json",
    ),
    "a class that does not exist": (
        dataset({**COLUMNS, "label": [0, 5, 1]}, FEATURES),
        "row 2: column 'label' holds 5; expected a class from 0 to 1, or -1",
    ),
    "a class twice": (
        dataset(COLUMNS, {"label": {"names": ["dog", "dog"], "_type": "ClassLabel"}}),
        "x.zip names the class 'dog' twice",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_dataset_is_explained(case):
    files, words = BROKEN[case]
    problems = outcome({"x.zip": zipped(files)}).problems
    assert words in "\n".join(problems)


def test_splits_that_differ_are_explained():
    other = {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}
    files = dataset(COLUMNS, FEATURES, place="a/") | dataset(COLUMNS, other, place="b/")
    files["dataset_dict.json"] = b'{"splits": ["a", "b"]}'
    assert "names other classes for 'label'" in outcome({"x.zip": zipped(files)}).problems[0]
    again = dataset({**COLUMNS, "split": ["x", "y", "z"]}, FEATURES, place="a/")
    again["dataset_dict.json"] = b'{"splits": ["a"]}'
    assert "has splits and a column 'split'" in outcome({"x.zip": zipped(again)}).problems[0]


def test_a_dataset_without_ids_is_told_what_is_missing(tmp_path):
    columns = {name: values for name, values in COLUMNS.items() if name != "sample_id"}
    save(dataset(columns, FEATURES), tmp_path / "answers")
    assert "answers has no column of sample ids" in read([tmp_path / "answers"]).problems[0]
