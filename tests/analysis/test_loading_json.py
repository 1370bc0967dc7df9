"""JSON and JSON Lines: every shape, every mess, and the same data as a typed table."""

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.loading import Options, Source, json_lines, json_tables, json_text, read, reading
from analysis.loading.json_tables import read_json
from analysis.loading.sources import File, Log, Reading

ANSWERS = {"s1": "cat", "s2": "dog", "s3": "cat"}
LABELS = {"s1": "cat", "s2": "cat", "s3": "cat"}
RECORDS = [
    {"sample_id": name, "label": LABELS[name], "model": model, "prediction": answer}
    for model in ("a", "b")
    for name, answer in ANSWERS.items()
]


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setattr(reading, "STRICT", True)


def outcome(content, name="answers.json", **options) -> Reading:
    if not isinstance(content, bytes):
        content = (content if isinstance(content, str) else json.dumps(content)).encode()
    return read([Source(name, content)], Options(**options))


def lines(records: list) -> bytes:
    return "\n".join(json.dumps(record) for record in records).encode()


def parquet(records: list[dict]) -> bytes:
    stream = io.BytesIO()
    pyarrow.parquet.write_table(pa.Table.from_pylist(records), stream)
    return stream.getvalue()


def answers(result: Reading) -> dict:
    assert not result.problems, result.problems
    bundle = result.bundle
    names = [*bundle.classes, None]
    return {
        model: {
            sample: names[code] for sample, code in zip(bundle.ids, row, strict=True) if code >= 0
        }
        for model, row in zip(bundle.models, bundle.predictions.tolist(), strict=True)
    }


def problem(result: Reading) -> str:
    assert result.bundle is None
    assert len(result.problems) == 1, result.problems
    return result.problems[0]


SHAPES = {
    "records.json": json.dumps(RECORDS),
    "indented.json": json.dumps(RECORDS, indent=2),
    "lines.jsonl": lines(RECORDS),
    "lines.json": lines(RECORDS),
    "blank.jsonl": b"\n\n" + lines(RECORDS).replace(b"\n", b"\n \n") + b"\n\n",
    "windows.jsonl": lines(RECORDS).replace(b"\n", b"\r\n"),
    "mac.jsonl": lines(RECORDS).replace(b"\n", b"\r"),
    "mark.json": b"\xef\xbb\xbf" + json.dumps(RECORDS).encode(),
    "columns.json": json.dumps({name: [r[name] for r in RECORDS] for name in RECORDS[0]}),
    "pandas.json": json.dumps(
        {name: {str(i): r[name] for i, r in enumerate(RECORDS)} for name in RECORDS[0]}
    ),
    "split.json": json.dumps(
        {
            "columns": list(RECORDS[0]),
            "index": [*range(6)],
            "data": [list(r.values()) for r in RECORDS],
        }
    ),
    "wrapped.json": json.dumps({"version": 1, "predictions": RECORDS}),
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_is_the_same_bundle_as_the_typed_table(name):
    expected = read([Source("answers.parquet", parquet(RECORDS))]).bundle.fingerprint
    result = outcome(SHAPES[name], name)
    assert answers(result) == {"a": ANSWERS, "b": ANSWERS}
    assert result.bundle.fingerprint == expected


def test_answers_by_sample_are_those_of_the_model_that_the_file_is_called():
    result = read(
        [
            Source("samples.csv", b"sample_id,label\ns1,cat\ns2,cat\ns3,cat\n"),
            Source("resnet.json", json.dumps(ANSWERS).encode()),
            Source("vit.json", json.dumps({"s1": "dog", "s2": None}).encode()),
        ]
    )
    assert answers(result) == {"resnet": ANSWERS, "vit": {"s1": "dog"}}
    assert any("answers of the model 'vit'" in note for note in result.notes)


def test_answers_by_model_and_sample_and_labels_by_sample():
    result = read(
        [
            Source("labels.json", json.dumps(LABELS).encode()),
            Source("all.json", json.dumps({"a": ANSWERS, "b": {"s1": "cat"}}).encode()),
        ]
    )
    assert answers(result) == {"a": ANSWERS, "b": {"s1": "cat"}}
    assert result.bundle.labelled.all()
    assert any(note.startswith("all.json: the outer names are models") for note in result.notes)


@pytest.mark.parametrize("name", ["meta-llama.json", "sampler.json", "goldfish.json"])
def test_a_file_of_answers_is_not_taken_for_labels_by_part_of_its_name(name):
    result = read(
        [
            Source("true_labels.json", json.dumps(LABELS).encode()),
            Source(name, json.dumps(ANSWERS).encode()),
        ]
    )
    assert answers(result) == {name.removesuffix(".json"): ANSWERS}
    assert result.bundle.labelled.all()


@pytest.mark.parametrize(
    ("name", "index"), [("pandas.json", ["s1", "s2", "s3"]), ("numbered.json", ["0", "1", "2"])]
)
def test_columns_by_name_and_row_as_pandas_writes_them_with_the_ids_as_its_index(name, index):
    labels = dict(zip(index, LABELS.values(), strict=True))
    vit = dict(zip(index, ANSWERS.values(), strict=True))
    result = outcome({"label": labels, "vit": vit}, name)
    assert answers(result) == {"vit": vit}
    assert result.bundle.labelled.all()
    assert (
        f"{name}: values by column and row, as pandas writes them; the names of the rows are the "
        "sample ids." in result.notes
    )
    table = "sample_id,label,vit\n" + "".join(f"{n},{labels[n]},{vit[n]}\n" for n in index)
    expected = read([Source("t.csv", table.encode())]).bundle.fingerprint
    assert result.bundle.fingerprint == expected


def test_a_model_may_be_called_model_or_system():
    value = {"model": ANSWERS, "system": {"s1": "dog"}}
    assert answers(outcome(value)) == {"model": ANSWERS, "system": {"s1": "dog"}}


def test_accuracies_by_column_and_row_number_as_pandas_writes_them():
    value = {"model": {"0": "a", "1": "b"}, "x": {"0": 0.9, "1": 0.8}}
    assert outcome(value).accuracies.settings == ("x",)
    split = {"columns": ["model", "x"], "index": [0, 1], "data": [["a", 0.9], ["b", 0.8]]}
    assert outcome(split).accuracies.fingerprint == outcome(value).accuracies.fingerprint


def test_the_index_of_rows_as_lists_holds_the_ids_where_no_column_does():
    rows = [[LABELS[name], ANSWERS[name]] for name in ANSWERS]
    value = {"columns": ["label", "vit"], "index": list(ANSWERS), "data": rows, "kind": "x"}
    result = outcome(value)
    assert answers(result) == {"vit": ANSWERS}
    assert "answers.json: 'kind' beside 'columns' and 'data' is not read." in result.notes
    value["columns"] = ["sample_id", "prediction"]
    notes = outcome(value).notes
    assert any("a column without a name is not read" in note for note in notes)


def test_records_by_sample_id():
    by_id = {name: {"label": LABELS[name], "prediction": ANSWERS[name]} for name in ANSWERS}
    assert answers(outcome(by_id, "m.json")) == {"m": ANSWERS}


def test_answers_of_all_models_in_one_record_and_lists_of_records_by_model():
    records = [
        {"id": name, "label": LABELS[name], "answers": {"a": ANSWERS[name], "b": None}}
        for name in ANSWERS
    ]
    result = outcome(lines(records), "p.jsonl")
    assert answers(result) == {"a": ANSWERS, "b": {}}
    assert "p.jsonl: the names inside 'answers' are models, and the values answers." in result.notes
    records[2]["id"] = ""
    assert "p.jsonl, line 3: the sample id" in problem(outcome(lines(records), "p.jsonl"))
    by_model = {
        model: [{"id": name, "prediction": answer} for name, answer in ANSWERS.items()]
        for model in "ab"
    }
    assert answers(outcome(by_model)) == {"a": ANSWERS, "b": ANSWERS}
    by_model["b"][1] = 3
    assert "answers.json, record 2 of 'b' is the number 3" in problem(outcome(by_model))


def test_lists_by_column_may_name_one_model_for_all():
    value = {"model": "a", "ids": list(ANSWERS), "predictions": list(ANSWERS.values())}
    assert answers(outcome(value)) == {"a": ANSWERS}


def test_a_wrapped_list_is_noted_with_what_is_left_aside():
    notes = outcome(SHAPES["wrapped.json"]).notes
    assert (
        "answers.json: the records are those of 'predictions'; 'version' beside it is not read."
        in notes
    )


def test_numbers_keep_the_digits_they_were_written_with():
    text = (
        '[{"sample_id": "1", "label": 1.10, "prediction": 1.1},'
        ' {"sample_id": "2", "label": 18.0, "prediction": 18},'
        ' {"sample_id": "3", "label": 1e5, "prediction": "01"},'
        ' {"sample_id": "4", "label": 123456789012345678901234567890, "prediction": true}]'
    )
    result = outcome(text, "m.json")
    assert answers(result) == {"m": {"1": "1.1", "2": "18", "3": "01", "4": "True"}}
    labels = [result.bundle.classes[i] for i in result.bundle.labels.tolist()]
    assert [row[1] for row in result.found[0].preview[1:3]] == ["1.10", "18.0"]
    assert labels == ["1.10", "18.0", "1e5", "123456789012345678901234567890"]
    assert (
        "m.json: field 'prediction' holds numbers and texts and true or false; all are read as "
        "text." in result.notes
    )


def test_numbers_of_an_attribute_are_numbers_however_they_are_written():
    records = '[{"sample_id":1,"label":"x","prediction":"x","age":1.50,"size":3,"old":true},'
    records += '{"sample_id":2,"label":"x","prediction":"x","age":2,"size":4,"old":false}]'
    bundle = outcome(records, "m.json").bundle
    assert bundle.attributes["age"].dtype == np.float64
    assert bundle.attributes["age"].tolist() == [1.5, 2.0]
    assert bundle.attributes["size"].dtype == np.int64
    assert bundle.attributes["old"].tolist() == ["True", "False"]
    table = [
        {"sample_id": 1, "label": "x", "prediction": "x", "age": 1.5, "size": 3, "old": True},
        {"sample_id": 2, "label": "x", "prediction": "x", "age": 2.0, "size": 4, "old": False},
    ]
    typed = read([Source("m.parquet", parquet(table))]).bundle
    assert typed.fingerprint == bundle.fingerprint


def test_null_is_missing_and_the_empty_text_is_text():
    records = [
        {"sample_id": "1", "label": "", "prediction": ""},
        {"sample_id": "2", "label": "a", "prediction": None},
        {"sample_id": "3", "label": None, "prediction": "None"},
    ]
    result = outcome(records, "m.json")
    assert answers(result) == {"m": {"1": "", "3": "None"}}
    assert result.bundle.labels.tolist()[2] == -1
    assert result.bundle.classes[result.bundle.labels[0]] == ""


def test_nested_fields_get_dotted_names_and_deeper_ones_stay_json():
    records = [
        {"sample_id": i, "label": "x", "prediction": "x", "meta": {"a": {"b": i}, "city": "Bonn"}}
        for i in range(2)
    ]
    records[0]["meta"]["a"]["c"] = {"d": {"e": 1}}
    result = outcome(records, "m.json")
    assert result.bundle.attributes["meta.a.b"].tolist() == [0, 1]
    assert result.bundle.attributes["meta.city"].tolist() == ["Bonn", "Bonn"]
    assert result.bundle.attributes["meta.a.c.d"].tolist() == ['{"e": 1}', ""]
    assert any("'meta.a.c.d' is nested deeper" in note for note in result.notes)


def test_lists_of_numbers_are_an_embedding():
    vectors = [{"sample_id": name, "vector": [i, 0.5]} for i, name in enumerate(ANSWERS)]
    result = read(
        [
            Source("embeddings.json", json.dumps(vectors).encode()),
            Source("records.json", json.dumps(RECORDS).encode()),
        ]
    )
    assert not result.problems
    assert result.bundle.embeddings.tolist() == [[0, 0.5], [1, 0.5], [2, 0.5]]


def test_lists_of_texts_stay_lists_and_lists_beside_texts_become_json():
    log = Log()
    content = b'[{"a": ["x", "y"], "b": ["x"], "c": [{"d": 1}]}, {"a": [], "b": "x", "c": null}]'
    columns = read_json(File("m.json", content), log)[0].columns
    assert columns["a"].raw.type == pa.list_(pa.string())
    assert columns["b"].levels == ['["x"]', "x"]
    assert columns["c"].levels == ['[{"d": 1}]']
    assert sum("kept as JSON text" in note for note in log.notes) == 2


def test_fields_that_some_records_lack_are_empty_there_and_noted():
    records = [{"sample_id": str(i), "label": "x", "prediction": "x"} for i in range(5)]
    del records[3]["prediction"]
    records[4]["predicton"] = "y"
    result = outcome(lines(records), "m.jsonl")
    assert answers(result)["m"] == {"0": "x", "1": "x", "2": "x", "4": "x"}
    assert (
        "m.jsonl: field 'prediction' is missing in 1 line (first: line 4); where it is missing, "
        "it is read as empty." in result.notes
    )
    assert (
        "m.jsonl: field 'predicton' stands in 1 line of 5 only (first: line 5); where it is "
        "missing, it is read as empty." in result.notes
    )


def test_nan_is_missing_and_noted():
    text = '[{"sample_id": "1", "label": "x", "prediction": "x", "confidence": NaN}, '
    text += '{"sample_id": "2", "label": "x", "prediction": NaN, "confidence": 0.5}]'
    result = outcome(text, "m.json")
    assert answers(result) == {"m": {"1": "x"}}
    assert "m.json: 2 values are NaN and read as empty." in result.notes
    split = text.replace("}, {", "},\n {")
    assert "m.json: 2 values are NaN and read as empty." in outcome(split, "m.json").notes
    by_line = text.strip("[]").replace("}, {", "}\n{")
    assert "m.json: 2 values are NaN and read as empty." in outcome(by_line, "m.json").notes


GOOD = '{"sample_id": "s", "prediction": "x"}'
BROKEN = {
    "cut": (f"[{GOOD}, {{", "answers.json, record 2, line 1, character 42: the text ends in the"),
    "cut line": (f'{GOOD}\n{{"sample_id": "t", "pre', "answers.json, line 2: the text ends in the"),
    "comma": (f"[{GOOD},\n {GOOD},\n]", "answers.json, record 3, line 3, character 1: a comma"),
    "comma in record": ('[{"a": 1,}]', "record 1, line 1, character 10: a comma stands before"),
    "comma lines": (f"{GOOD},\n{GOOD}", "answers.json, line 1: a comma stands behind the record"),
    "comma line 2": (f"{GOOD}\n{GOOD},\n{GOOD}", "answers.json, line 2: a comma stands behind"),
    "two on a line": (f"{GOOD}\n{GOOD} {GOOD}", "line 2: a second record stands on the same line"),
    "no object": (
        f"{GOOD}\n17\n{GOOD}",
        "answers.json, line 2 is the number 17; expected a record",
    ),
    "list line": (f"{GOOD}\n[1, 2]", "answers.json, line 2 is a list of 2 values; expected"),
    "no object in list": (f"[{GOOD}, null]", "answers.json, record 2 is null; expected an object"),
    "twice": ('[{"a": 1}, {"a": 1, "a": 2}]', "answers.json, record 2: the field 'a' stands twice"),
    "twice in line": (f'{GOOD}\n\n{{"a": 1, "a": 2}}', "line 3: the field 'a' stands twice"),
    "python": ("[{'a': 1}]", "record 1, line 1, character 3: single quotation marks, as Python"),
    "python none": ('[{"a": None}]', "found None, as Python writes it; expected null"),
    "first line": (f'{{"a": }}\n{GOOD}\n{GOOD}', "answers.json, line 1: found '}'; expected a val"),
    "control": ('[{"a": "x\ty"}]', "a line break or tab stands inside a text"),
    "deep value": ('[{"a": ' + "[" * 900 + "]" * 900 + "}]", "nests brackets too deeply"),
    "deep": ("[" * 100_000 + "]" * 100_000, "answers.json nests brackets too deeply"),
    "empty list": ("[]", "answers.json is an empty list; expected at least one record."),
    "empty object": ("{}", "answers.json is an empty object; expected a list of records"),
    "empty records": ("[{}]", "answers.json has records without any field"),
    "half character": ('[{"a": "\\ud83d"}]', "answers.json, record 1: field 'a' holds half of"),
    "lengths": ('{"sample_id": ["1"], "label": []}', "'sample_id' has 1, 'label' has 0; expected"),
    "split": ('{"columns": ["a"], "data": [[1], [1, 2]]}', "record 2 of 'data' has 2 values"),
    "two tables": ('{"a": [{"b": 1}], "c": [{"d": 1}]}', "several lists of records: 'a', 'c'"),
    "nothing": ('{"a": {}}', "answers.json holds no answer at all; expected a list of records"),
    "shape": ('{"a": 1, "b": {"c": 2}}', "answers.json is an object with the fields 'a', 'b'"),
    "answer is a list": ('{"m": {"s1": ["x"]}}', "the answer of 'm' to sample 's1' is a list of 1"),
    "latin": (
        '[{"a": 1},\n {"a": "é"}]'.encode("latin-1"),
        "answers.json, row 2: byte 9 of the line (0xE9) is not UTF-8; expected UTF-8 text.",
    ),
    "split twice": (
        '{"columns": ["a", "x", "x"], "data": [[1, 2, 3]]}',
        "answers.json has 'x' more than once in its 'columns'; each column needs a name of its "
        "own.",
    ),
    "split index": (
        '{"columns": ["a"], "index": [1, 2], "data": [[1]]}',
        "answers.json has 'index' of 2 values and 'data' of 1 record; expected one plain value of "
        "'index' for each record. Write the file again, or leave 'index' out.",
    ),
    "split by two indices": (
        '{"columns": ["a"], "index": [["s1", "s2"]], "data": [[1]]}',
        "answers.json: 'index' holds lists; expected one plain value for each record. Make the "
        "index ordinary columns (reset_index) and write the file again.",
    ),
    "digits": (f'[{{"a": {"1" * 5000}}}]', "record 1: a number has more digits than can be read"),
    "both names": ('[{"a.b": 1, "a": {"b": 2}}]', "the field 'a.b' stands both by this name and"),
}


def test_an_empty_file_of_lines_is_told():
    assert (
        problem(outcome(b"\n \n", "lines.jsonl"))
        == "lines.jsonl is empty; expected at least one record."
    )


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_told_in_one_sentence_with_its_place(name):
    content, expected = BROKEN[name]
    assert expected in problem(outcome(content))


def test_a_second_level_fault_names_line_and_character():
    text = '{\n "data": [\n  {"sample_id": 1},\n  {"sample_id" 2}\n ]\n}'
    assert "answers.json, line 4, character 16: found '2'; expected a colon" in problem(
        outcome(text)
    )


def test_a_line_and_a_document_that_are_too_large_are_refused(monkeypatch):
    monkeypatch.setattr(json_text, "LINE_LIMIT", 50)
    long = f'{GOOD}\n{{"sample_id": "t", "prediction": "{"x" * 60}"}}\n'
    assert "answers.json, line 2 has 96 characters; expected at most 50" in problem(outcome(long))
    monkeypatch.setattr(json_text, "DOCUMENT_LIMIT", 50)
    assert "is one JSON value of 79 characters" in problem(outcome(f"[{GOOD},\n {GOOD}]"))
    assert "is one JSON value of 78 characters" in problem(outcome(f"[{GOOD}, {GOOD}]"))
    monkeypatch.setattr(json_text, "WHOLE_LIMIT", 10)
    assert (
        "has 37 bytes of JSON that is not flat records, one per line; expected at most 10"
        in problem(outcome(GOOD))
    )


@pytest.mark.parametrize("head", ["[id],label", "{id},label", "[1],[2]", "[name] x,b", '["x"],y'])
def test_a_table_whose_first_cell_begins_like_json_is_still_a_table(head):
    names = head.split(",")
    content = f"{head}\ns1,cat\ns2,dog\n".encode()
    result = outcome(content, "samples.csv", columns={"id": names[0], "label": names[1]})
    assert result.found[0].rows == 2
    assert [name.strip('"[]') for name in result.found[0].columns] == [
        name.strip('"[]') for name in names
    ]
    assert any("begins like JSON, but its first line is none" in note for note in result.notes)


def test_a_repeated_answer_is_told_with_both_lines():
    records = [*RECORDS, {**RECORDS[0], "prediction": "dog"}]
    assert problem(outcome(lines(records), "p.jsonl")).startswith(
        "p.jsonl, line 7: model 'a' answers sample 's1' with 'dog', but with 'cat' in line 1; "
    )


LINE_VALUES = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["x", "", "None"])
LINE_VALUES |= st.sampled_from([0.5, 1.25, 2**70, [1, 0.5], ["x"], [], float("nan")])


@settings(max_examples=150, deadline=None)
@given(
    records=st.lists(
        st.dictionaries(st.sampled_from("abc"), LINE_VALUES, min_size=1), min_size=2, max_size=8
    ),
    block=st.integers(20, 90),
    at_once=st.integers(1, 4),
)
def test_lines_read_in_blocks_are_the_table_that_is_read_at_once(records, block, at_once):
    file = File("m.jsonl", b"\n" + lines(records) + b"\n")
    with pytest.MonkeyPatch.context() as patch:
        once = Log()
        expected = read_json(file, once)[0]
        patch.setattr(json_tables, "LARGE", 0)
        patch.setattr(json_lines, "BLOCK", block)
        patch.setattr(json_lines, "LINES_AT_ONCE", at_once)
        log = Log()
        table = read_json(file, log)[0]
    assert table.lines.tolist() == expected.lines.tolist()
    assert list(table.columns) == list(expected.columns)
    assert sorted(log.notes) == sorted(once.notes)
    for name, column in expected.columns.items():
        assert table.columns[name].raw.equals(column.raw)
        assert (table.columns[name].written is None) == (column.written is None)
        assert table.columns[name].written == column.written


def test_lines_read_in_blocks_name_what_is_broken(monkeypatch):
    monkeypatch.setattr(json_tables, "LARGE", 0)
    monkeypatch.setattr(json_lines, "BLOCK", 90)
    monkeypatch.setattr(json_text, "WHOLE_LIMIT", 10)
    content = f"{GOOD}\n\n{GOOD}\n" + '{"sample_id": "t", "pre'
    assert "answers.json, line 4: the text ends in the" in problem(outcome(content))
    assert "answers.json, row 3: byte 1 of" in problem(
        outcome(f"{GOOD}\n{GOOD}\n".encode() + b"\xe9\n")
    )
    monkeypatch.setattr(json_lines, "LINES_LIMIT", 200)
    assert "bytes of JSON; expected at most 200. Save it as Parquet or CSV" in problem(
        outcome(f"{GOOD}\n" * 10)
    )
    nested = f'{GOOD}\n{{"sample_id": {{"a": 1}}}}\n'
    assert "is not flat records, one per line; expected at most 10. Save it as Parquet" in problem(
        outcome(nested)
    )


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
CELL = TEXT | st.sampled_from(["None", "nan", "01", "1.0", "True", "", "\u2028", "a\nb"])


@st.composite
def tables(draw) -> list[dict]:
    models = draw(
        st.lists(st.from_regex("[a-z]{1,4}", fullmatch=True), min_size=1, unique=True, max_size=3)
    )
    ids = draw(st.lists(CELL.filter(bool), min_size=1, max_size=5, unique=True))
    labels = {name: draw(CELL) for name in ids}
    ages = {name: draw(st.integers(-(2**40), 2**40)) for name in ids}
    kind = draw(st.sampled_from([CELL, st.integers(-5, 5), st.booleans()]))
    return [
        {
            "sample_id": name,
            "label": labels[name],
            "model": model,
            "prediction": draw(kind | st.none()),
            "age": ages[name],
        }
        for model in models
        for name in ids
    ]


@settings(max_examples=60, deadline=None)
@given(
    records=tables(),
    random=st.randoms(use_true_random=False),
    shape=st.sampled_from(["records", "lines", "columns", "wrapped"]),
    ascii_only=st.booleans(),
)
def test_any_table_in_any_shape_and_order_is_the_typed_table(records, random, shape, ascii_only):
    records.sort(key=lambda record: record["model"])
    ids = dict.fromkeys(record["sample_id"] for record in records)
    samples = Source("samples.parquet", parquet([{"sample_id": name} for name in ids]))
    typed = read([samples, Source("m.parquet", parquet(records))])
    assert not typed.problems
    names = list(records[0])
    random.shuffle(names)
    shuffled = [{name: record[name] for name in names} for record in records]
    random.shuffle(shuffled)
    shuffled.sort(key=lambda record: record["model"])
    if shape == "lines":
        text = "\n".join(json.dumps(r, ensure_ascii=ascii_only) for r in shuffled)
    elif shape == "columns":
        text = json.dumps({name: [r[name] for r in shuffled] for name in names})
    else:
        document = {"n": 1, "data": shuffled} if shape == "wrapped" else shuffled
        text = json.dumps(document, ensure_ascii=ascii_only, indent=random.choice([None, 1]))
    result = read([samples, Source("m.json", text.encode())])
    assert not result.problems
    assert result.bundle.fingerprint == typed.bundle.fingerprint


@settings(max_examples=40, deadline=None)
@given(
    size=st.integers(2, 40),
    place=st.integers(0, 39),
    harm=st.sampled_from(['{"a": }', "17", '{"a": 1, "a": 2}', '{"sample_id": "s1"', "null", "}"]),
)
def test_one_broken_line_is_named(size, place, harm):
    place %= size
    good = [json.dumps({"sample_id": str(i), "prediction": "x"}) for i in range(size)]
    good[place] = harm
    content = "\n".join(good)
    text = problem(outcome(content, "p.jsonl"))
    assert f"p.jsonl, line {place + 1}:" in text or f"p.jsonl, line {place + 1} is" in text


@settings(max_examples=40, deadline=None)
@given(size=st.integers(2, 40), place=st.integers(0, 39), by_line=st.booleans())
def test_one_broken_cell_is_named(size, place, by_line):
    place %= size
    records = [{"sample_id": str(i), "prediction": "x", "confidence": 0.5} for i in range(size)]
    records[place]["confidence"] = "high"
    text = problem(outcome(lines(records) if by_line else records, "p.json"))
    noun = "line" if by_line else "record"
    assert text.startswith(f"p.json, {noun} {place + 1}: column 'confidence' holds 'high'")


NAMES = st.sampled_from(["sample_id", "id", "model", "prediction", "label", "a", "data", "results"])
NAMES |= st.sampled_from(["columns", "predictions", "eval", "samples", "doc_id", "stats", "output"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, "x", "y", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(value=VALUES, by_line=st.booleans())
def test_any_json_is_read_or_refused_with_a_sentence(value, by_line):
    values = value if by_line and isinstance(value, list) else [value]
    content = "\n".join(json.dumps(one) for one in values).encode()
    result = outcome(content, "m.jsonl" if by_line else "m.json")
    assert result.problems or result.bundle or result.accuracies
