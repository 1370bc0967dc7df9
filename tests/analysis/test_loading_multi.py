"""Columns with several values in a cell: by hand, asked about, and as lists."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some
from made import bundle_of

from analysis.loading import Options, Question, Source, read, reading, save_bundle

LONG = "sample_id,model,prediction\n" + "".join(f"s{i},m,x\n" for i in range(6))


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setattr(reading, "STRICT", True)


def result(samples, **options):
    name = "samples.csv" if isinstance(samples, str) else "samples.parquet"
    content = samples.encode() if isinstance(samples, str) else samples
    sources = [Source(name, content), Source("long.csv", LONG.encode())]
    return read(sources, Options(**options))


def csv(*cells: str, name: str = "skills") -> str:
    rows = "".join(f's{i},x,"{cell}"\n' for i, cell in enumerate(cells))
    return f"sample_id,label,{name}\n{rows}"


def parquet(cells, kind=None) -> bytes:
    ids = [f"s{i}" for i in range(len(cells))]
    table = pa.table(
        {
            "sample_id": ids,
            "label": ["x"] * len(ids),
            "skills": pa.array(cells, kind or pa.list_(pa.string())),
        }
    )
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()


def members(bundle, column="skills") -> list[set[str]]:
    grouping = bundle.groups[column]
    return [
        {level for level, inside in zip(grouping.levels, row, strict=True) if inside}
        for row in grouping.membership().tolist()
    ]


def test_cells_are_split_stripped_and_the_text_is_kept():
    found = result(csv("a;b", " b ; c", "a", "", "c;c;a", "b;;a"), multi={"skills": ";"})
    assert not found.problems
    bundle = found.bundle
    assert bundle.groups["skills"].levels == ("a", "b", "c", "(missing)")
    assert members(bundle) == [
        {"a", "b"},
        {"b", "c"},
        {"a"},
        {"(missing)"},
        {"a", "c"},
        {"a", "b"},
    ]
    assert bundle.attributes["skills"].tolist()[1] == " b ; c"
    assert (
        "'skills': 1 cell with nothing between two separators; only the other values are used."
        in found.notes
    )
    assert not found.questions


def test_a_text_column_is_never_split_by_itself_but_asked_about():
    found = result(csv("a;b", "b;c", "a", "b", "c", "a;b"))
    assert found.bundle.groups["skills"].levels == ("a", "a;b", "b", "b;c", "c")
    assert not found.bundle.groups["skills"].overlapping
    assert found.questions == (
        Question(
            "multi",
            "skills",
            "Do the cells of 'skills' hold several values, separated by ';'? They are read as one "
            "value each for now.",
            (("", "one value"), (";", "several values, separated by ;")),
        ),
    )
    answered = result(csv("a;b", "b;c", "a", "b", "c", "a;b"), multi={"skills": ""})
    assert not answered.questions
    assert answered.bundle.fingerprint == found.bundle.fingerprint


def test_a_column_left_out_for_too_many_values_is_asked_about_too():
    tags = [f"{a}|{b}" for a in "abcdefghijkl" for b in "mnopqrstuvwx"]
    rows = "".join(f"s{i},x,{tag}\n" for i, tag in enumerate(tags))
    found = result(f"sample_id,label,tags\n{rows}")
    assert "tags" not in found.bundle.groups
    assert [question.choices[1][0] for question in found.questions] == ["|"]
    split = result(f"sample_id,label,tags\n{rows}", multi={"tags": "|"})
    assert len(split.bundle.groups["tags"].levels) == 24


@pytest.mark.parametrize(
    "cells",
    [
        ("Smith, J", "Lee, K", "Ito, M", "Roy, N", "Kim, O", "Fox, P"),
        ("1,5", "2,5", "1,2", "2,1", "5,1", "5,2"),
        ("2020/01", "2020/02", "2021/01", "2021/02", "2022/01", "2022/02"),
        ("a", "b", "c", "a;b", "d", "e"),
        ("and/or", "x", "y", "z", "x", "y"),
    ],
)
def test_text_that_holds_a_separator_by_nature_is_not_asked_about(cells):
    assert not result(csv(*cells)).questions


def test_unknown_and_pointless_columns_are_told():
    found = result(csv("a", "b", "a", "b", "a", "b"), multi={"skill": ";", "skills": "|"})
    assert found.problems == (
        "--multi skill=;: there is no attribute 'skill'; the attributes are 'skills'.",
    )
    assert "No cell of 'skills' holds the separator '|'; each is read as one value." in found.notes
    numbers = result(csv("1", "2", "1", "2", "1", "2"), multi={"skills": ";"})
    assert not numbers.bundle.groups["skills"].overlapping
    assert any("No cell of 'skills'" in note for note in numbers.notes)


def test_named_groups_leave_out_a_multi_valued_column_that_is_not_named():
    found = result(csv("a;b", "b", "a", "b", "a", "b"), multi={"skills": ";"}, groups=("label",))
    assert list(found.bundle.groups) == ["label"]
    both = ("skills", "label")
    found = result(csv("a;b", "b", "a", "b", "a", "b"), multi={"skills": ";"}, groups=both)
    assert list(found.bundle.groups) == ["skills", "label"]


LISTS = [["a", "b"], ["b", "c"], ["a"], [], None, ["c"]]


@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.string()),
        pa.large_list(pa.large_string()),
        pa.list_(pa.dictionary(pa.int32(), pa.string())),
    ],
)
def test_lists_of_text_are_several_values_without_asking(kind):
    found = result(parquet(LISTS, kind))
    assert not found.problems
    assert not found.questions
    text = result(csv("a;b", "b;c", "a", "", "", "c"), multi={"skills": ";"})
    assert found.bundle.fingerprint == text.bundle.fingerprint
    assert (
        "samples.parquet: column 'skills' holds lists; a sample counts in the group of each of its "
        "values." in found.notes
    )


def test_a_list_whose_values_hold_a_separator_takes_another_one():
    found = result(parquet([["a;b", "c"], ["c|d"], ["a;b"], [None, "c"], ["c"], ["c"]]))
    assert members(found.bundle)[0] == {"a;b", "c"}
    assert found.bundle.attributes["skills"][0] == "a;b,c"
    assert members(found.bundle)[3] == {"c"}


def test_a_list_alone_beside_the_ids_is_no_embedding():
    table = pa.table({"sample_id": ["s0", "s1"], "skills": [["a"], ["b", "a"]]})
    stream = io.BytesIO()
    pq.write_table(table, stream)
    long = "sample_id,model,prediction\ns0,m,x\ns1,m,y\n"
    found = read([Source("samples.parquet", stream.getvalue()), Source("l.csv", long.encode())])
    assert found.bundle.embeddings is None
    assert members(found.bundle) == [{"a"}, {"a", "b"}]


CELLS = some.lists(some.text("abc;, ", max_size=6), min_size=6, max_size=6)


@given(cells=CELLS)
def test_any_cells_are_the_same_bundle_after_saving(cells, tmp_path_factory):
    found = result(csv(*cells), multi={"skills": ";"})
    assert not found.problems
    folder = tmp_path_factory.mktemp("saved") / "new"
    save_bundle(found.bundle, folder)
    again = read([folder])
    assert again.bundle.fingerprint == found.bundle.fingerprint
    if (grouping := found.bundle.groups.get("skills")) is not None and grouping.overlapping:
        held = [{part.strip() for part in cell.split(";")} - {""} for cell in cells]
        assert members(again.bundle) == [own or {"(missing)"} for own in held]


def test_a_missing_answer_that_is_graded_wrong_is_missing_and_a_log_of_grades_stays():
    samples = "sample_id,label\na,x\nb,y\nc,x\n"
    rows = ["a,m,x,1", "b,m,,0", "c,m,y,0", "a,g,,1", "b,g,,0", "c,g,,0"]
    long = "sample_id,model,prediction,correct\n" + "\n".join(rows) + "\n"
    found = read([Source("samples.csv", samples.encode()), Source("long.csv", long.encode())])
    assert found.bundle.grades.tolist() == [[1, -1, 0], [1, 0, 0]]
    assert found.bundle.answered.tolist() == [[True, False, True], [True, True, True]]
    assert (
        "long.csv: 1 missing answer is graded wrong and read as missing; with --missing wrong a "
        "missing answer counts as wrong." in found.notes
    )
    as_text = read(
        [Source("samples.csv", samples.encode()), Source("long.csv", long.encode())],
        Options(empty="answer"),
    )
    assert as_text.bundle.grades.tolist() == [[1, 0, 0], [1, 0, 0]]


def test_a_saved_bundle_keeps_wrong_grades_without_answers(tmp_path):
    bundle = bundle_of([[0, -1, 1]], [0, 0, 0], grades=torch.tensor([[1, 0, 0]]).to(torch.int8))
    save_bundle(bundle, tmp_path / "new")
    assert read([tmp_path / "new"]).bundle.fingerprint == bundle.fingerprint
