"""Text as people's tools write it, archives, and the sentences that the mess gets."""

import gzip
import io
import os
import tarfile

import numpy as np
import pytest
from array_files import npz, parquet
from forms import zipped
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.loading import CancelledError, Options, Source, lines, packing, read, reading, spool
from analysis.loading.sources import File

SAMPLES = "sample_id,label\ns1,cat\ns2,dog\ns3,cat\n"
LONG = "sample_id,model,prediction\ns1,a,cat\ns2,a,cat\ns3,a,dog\ns1,b,cat\ns2,b,dog\ns3,b,cat\n"


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setattr(reading, "STRICT", True)


def result(files: dict, **options):
    sources = [
        Source(name, content if isinstance(content, bytes) else content.encode())
        for name, content in files.items()
    ]
    return read(sources, Options(**options))


def bundle(files: dict, **options):
    outcome = result(files, **options)
    assert not outcome.problems, outcome.problems
    return outcome.bundle


def problem(files: dict, **options) -> str:
    outcome = result(files, **options)
    assert outcome.bundle is None
    assert outcome.problems
    return "\n".join(outcome.problems)


def tarred(files: dict) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content.encode()))
    return stream.getvalue()


KNOWN = (
    "CSV, TSV and other separated text, Markdown tables, JSON, JSON Lines, Parquet, Arrow "
    "(Feather), NPY, NPZ, safetensors, each also in gzip or zip"
)
EXPECTED = {"samples.csv": SAMPLES, "p.csv": LONG}
WRITTEN = {
    "semicolons": {"p.csv": LONG.replace(",", ";")},
    "tabs under another name": {"p.csv": LONG.replace(",", "\t")},
    "tabs": {"p.tsv": LONG.replace(",", "\t")},
    "bars": {"p.txt": LONG.replace(",", "|")},
    "byte order mark": {"p.csv": b"\xef\xbb\xbf" + LONG.encode()},
    "Windows line ends": {"p.csv": LONG.replace("\n", "\r\n")},
    "old Mac line ends": {"p.csv": LONG.replace("\n", "\r")},
    "no last line end": {"p.csv": LONG.rstrip()},
    "blank lines": {"p.csv": "\n\n" + LONG.replace("\n", "\n\n")},
    "quotation marks": {"p.csv": LONG.replace("cat", '"cat"')},
    "gzip": {"p.csv.gz": gzip.compress(LONG.encode())},
    "gzip without its ending": {"p.csv": gzip.compress(LONG.encode())},
    "a zip of loose files": {"runs.zip": zipped({"runs/answers.csv": LONG})},
    "a gzip in a zip": {"runs.zip": zipped({"p.csv.gz": gzip.compress(LONG.encode())})},
    "a canonical zip with gzip": {
        "b.zip": zipped({"predictions.csv.gz": gzip.compress(LONG.encode())})
    },
    "one file per model": {
        "a.csv": "sample_id,prediction\ns1,cat\ns2,cat\ns3,dog\n",
        "b.csv.gz": gzip.compress(b"sample_id,prediction\ns1,cat\ns2,dog\ns3,cat\n"),
    },
}


@pytest.mark.parametrize("name", WRITTEN)
def test_the_same_answers_in_any_text_are_the_same_bundle(name):
    again = bundle({"samples.csv": SAMPLES} | WRITTEN[name])
    assert again.fingerprint == bundle(EXPECTED).fingerprint


def test_the_separator_is_the_one_that_splits_the_header_not_a_comma_inside_it():
    text = '"sample_id";"size, in mm";label\ns1;"1,5";cat\ns2;"2,25";dog\n'
    loaded = bundle({"samples.csv": text, "p.csv": LONG.replace("s3,a,dog\n", "")})
    assert loaded.attributes["size, in mm"].tolist() == [1.5, 2.25]


def test_a_folder_of_loose_files_is_read_and_said_so(tmp_path):
    (tmp_path / "samples.csv").write_text(SAMPLES)
    (tmp_path / "resnet.csv").write_text("sample_id,prediction\ns1,cat\ns2,cat\ns3,dog\n")
    (tmp_path / "notes.docx").write_bytes(b"x")
    outcome = read([tmp_path])
    assert outcome.bundle.models == ("resnet",)
    assert any("'resnet.csv' is read, because no file is called pred" in n for n in outcome.notes)
    assert any("'notes.docx' is not read" in note for note in outcome.notes)


def test_decimal_commas_are_numbers_where_a_comma_does_not_separate():
    text = LONG.replace(",", ";").replace("prediction", "prediction;confidence")
    rows = text.strip().split("\n")
    text = "\n".join([rows[0], *(f"{row};0,{place}5" for place, row in enumerate(rows[1:]))])
    outcome = result({"samples.csv": SAMPLES, "p.csv": text})
    assert outcome.bundle.confidence[0].tolist() == pytest.approx([0.05, 0.15, 0.25])
    assert "p.csv: numbers in 'confidence' have a decimal comma." in outcome.notes


def test_commas_that_may_be_thousands_are_not_taken_for_decimals():
    text = "sample_id;label;size\ns1;cat;1,234\ns2;dog;2,500\ns3;cat;3,999\n"
    loaded = bundle({"samples.csv": text, "p.csv": LONG})
    assert loaded.attributes["size"].tolist() == ["1,234", "2,500", "3,999"]


def test_a_decimal_comma_between_commas_is_answered():
    text = LONG.replace("prediction\n", "prediction,confidence\n")
    text = text.replace("cat\n", 'cat,"0,9"\n').replace("dog\n", 'dog,"0,8"\n')
    assert problem({"samples.csv": SAMPLES, "p.csv": text}) == (
        "p.csv, row 2: column 'confidence' holds '0,9'; expected a number with a decimal point or "
        "an empty cell. Correct it, or leave the column out with --column ignore=confidence."
    )


MESS = {
    "mixed separators": (
        {"p.csv": LONG.replace("s3,a,dog", "s3;a;dog")},
        "p.csv: expected 3 columns in every row, as in the header, but row 4 has 1 (it is "
        "separated by semicolons). Put cells that hold the separator in quotation marks.",
    ),
    "ragged rows": (
        {"p.csv": LONG.replace("s3,a,dog", "s3,a,dog,,")},
        "p.csv: expected 3 columns in every row, as in the header, but row 4 has 5. Put cells "
        "that hold the separator in quotation marks.",
    ),
    "an open quotation mark": (
        {"p.csv": LONG.replace("s3,a,dog", 's3,a,"dog')},
        "p.csv, row 4: a quotation mark opens here and is never closed; expected a second one at "
        "the end of the cell. Close it, or double it if it belongs to the text.",
    ),
    "another encoding": (
        {"p.csv": LONG.encode().replace(b"s3,a,dog", "s3,a,hündin".encode("latin-1"))},
        "p.csv, row 4: byte 7 of the line (0xFC) is not UTF-8; expected UTF-8 text. Save the file "
        "again as UTF-8.",
    ),
    "another encoding in a ragged row": (
        {"p.csv": LONG.encode().replace(b"s3,a,dog", "s3,a,hündin,x".encode("latin-1"))},
        "p.csv, row 4: byte 7 of the line (0xFC) is not UTF-8; expected UTF-8 text. Save the file "
        "again as UTF-8.",
    ),
    "a column twice": (
        {"p.csv": LONG.replace("prediction", "model")},
        "p.csv has 'model' more than once in its header; each column needs a name of its own.",
    ),
    "labels that contradict": (
        {"samples.csv": "sample_id,label,gold\ns1,cat,cat\ns2,dog,cat\ns3,cat,\n", "p.csv": LONG},
        "samples.csv, row 3: the columns 'label' and 'gold' both look like labels and contradict "
        "each other ('dog' and 'cat'; 1 row in all). Say which one holds the labels: --column "
        "label=label or --column label=gold.",
    ),
    "a gzip that is none": (
        {"p.csv.gz": LONG},
        "p.csv.gz is no gzip file in spite of its name; rename it.",
    ),
    "a zip that climbs out": (
        {"b.zip": zipped({"../p.csv": LONG})},
        "b.zip holds a file named '../p.csv' that points outside the archive; expected plain "
        "relative names. Pack it again from inside its folder.",
    ),
    "a zip in a zip": (
        {"b.zip": zipped({"predictions.csv": zipped({"p.csv": LONG})})},
        "b.zip/predictions.csv is a zip inside a zip; unpack the inner one.",
    ),
    "a tar archive": (
        {"runs.tar.gz": gzip.compress(tarred({"p.csv": LONG}))},
        "runs.tar.gz is a tar archive; pack the files as a zip instead.",
    ),
    "a file of one number": (
        {"p.csv": "3"},
        "p.csv has a header but no rows; expected at least one row.",
    ),
    "an unknown format": (
        {"p.bin": b"\x00\x01\x02\x03" * 40},
        f"p.bin has an unknown format; expected {KNOWN}.",
    ),
    "a pickle": (
        {"p.csv": b"\x80\x04\x95\x05\x00"},
        f"p.csv is a Python pickle, which can run any code and is never opened; expected {KNOWN}.",
    ),
}


@pytest.mark.parametrize("name", MESS)
def test_every_mess_gets_its_sentence(name):
    files, sentence = MESS[name]
    assert problem({"samples.csv": SAMPLES} | files) == sentence


def test_a_damaged_gzip_is_answered():
    packed = gzip.compress(LONG.encode() * 50)
    assert "p.csv.gz is a damaged gzip file" in problem({"p.csv.gz": packed[:-20]})
    assert "pack it again" in problem({"p.csv.gz": packed[:30] + b"xx" + packed[32:]})


def test_a_gzip_bomb_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(packing, "UNPACKED_LIMIT", 1 << 20)
    bomb = gzip.compress(b"a,b\n" * (1 << 20))
    assert "p.csv.gz unpacks to more than 0 GiB; unpack it first" in problem({"p.csv.gz": bomb})


def test_a_second_column_with_the_same_labels_is_noted():
    text = "sample_id,label,gold\ns1,cat,cat\ns2,dog,dog\ns3,cat,\n"
    outcome = result({"samples.csv": text, "p.csv": LONG})
    assert "samples.csv: 'gold' repeats the labels of 'label'." in outcome.notes


def test_naming_one_label_column_settles_the_contradiction():
    text = "sample_id,label,gold\ns1,cat,cat\ns2,dog,cat\ns3,cat,cat\n"
    loaded = bundle({"samples.csv": text, "p.csv": LONG}, columns={"label": "gold"})
    assert [loaded.classes[code] for code in loaded.labels.tolist()] == ["cat"] * 3


def test_a_column_can_be_named_for_one_file_only():
    other = "sample_id,model,answer,x\ns1,c,no,cat\ns2,c,no,dog\ns3,c,no,cat\n"
    files = {"samples.csv": SAMPLES, "p.csv": LONG, "q.csv": other}
    loaded = bundle(files, columns={"prediction": "q.csv:x"})
    assert loaded.correct[2].all()
    assert "'p.csv:x' that was named as label is in none" in problem(
        files, columns={"label": "p.csv:x"}
    )


CASES = "sample_id,label\ns1,Cat\ns2,dog\ns3,Cat\n"


def test_classes_that_differ_only_by_case_or_space_are_asked_about():
    answers = LONG.replace("s2,a,cat", "s2,a,dog ")
    outcome = result({"samples.csv": CASES, "p.csv": answers})
    assert set(outcome.bundle.classes) == {"Cat", "cat", "dog", "dog "}
    [question] = outcome.questions
    assert question.option == "alike"
    assert question.text == (
        "Are these the same class: 'Cat', 'cat'; 'dog', 'dog '? They differ only by case, space "
        "or how a number is written, and are kept apart for now."
    )
    merged = bundle({"samples.csv": CASES, "p.csv": answers}, alike="merge")
    assert merged.classes == ("Cat", "dog")
    assert merged.correct.tolist() == [[True, True, False], [True, True, True]]


def test_merged_classes_do_not_depend_on_the_order_of_rows():
    files = {"samples.csv": CASES, "p.csv": LONG}
    header, *rows = LONG.strip().split("\n")
    shuffled = "\n".join([header, *reversed(rows)])
    first = bundle(files, alike="merge").select(["a", "b"])
    again = bundle(files | {"p.csv": shuffled}, alike="merge").select(["a", "b"])
    assert first.classes == again.classes
    assert first.predictions.equal(again.predictions)


def test_an_answer_that_is_no_label_is_a_class_and_noted():
    outcome = result({"samples.csv": SAMPLES, "p.csv": LONG.replace("s3,a,dog", "s3,a,lion")})
    assert "lion" in outcome.bundle.classes
    assert (
        "1 different answer, for instance 'lion', is no label of any sample (given 1 time in "
        "all); kept, and wrong wherever there is a label."
    ) in outcome.notes


def test_labels_that_are_quantities_are_answered():
    values = np.random.default_rng(0).normal(size=60).round(4)
    samples = "sample_id,label\n" + "".join(f"s{i},{v}\n" for i, v in enumerate(values))
    answers = "sample_id,model,prediction\n" + "".join(
        f"s{i},m,{v + 0.01:.4f}\n" for i, v in enumerate(values)
    )
    text = problem({"samples.csv": samples, "p.csv": answers})
    assert text.startswith("samples.csv: this looks like regression: 60 different labels, nearly")
    assert "Dissensus reads class answers; give classes, cut the values into ranges" in text


def test_decimals_that_are_answered_exactly_are_classes():
    rows = [(f"s{i}", f"{i}.5") for i in range(60)]
    samples = "sample_id,label\n" + "".join(f"{s},{v}\n" for s, v in rows)
    answers = "sample_id,model,prediction\n" + "".join(f"{s},m,{v}\n" for s, v in rows)
    assert bundle({"samples.csv": samples, "p.csv": answers}).correct.all()


def test_a_model_without_any_answer_stays_and_is_named():
    empty = LONG.replace("b,cat", "b,").replace("b,dog", "b,")
    outcome = result({"samples.csv": SAMPLES, "p.csv": empty})
    assert outcome.bundle.models == ("a", "b")
    assert "'b' has no answer at all; every row is a missing answer." in outcome.notes


def test_the_threshold_of_a_score_is_shown_and_can_be_set():
    text = "sample_id,model,score\ns1,a,0.4\ns2,a,0.6\ns3,a,1\n"
    outcome = result({"p.csv": text})
    assert outcome.bundle.correct.tolist() == [[False, False, True]]
    assert "p.csv: an answer is right from a score of 1." in outcome.notes
    outcome = result({"p.csv": text}, threshold=0.5)
    assert outcome.bundle.correct.tolist() == [[False, True, True]]
    assert "p.csv: an answer is right from a score of 0.5." in outcome.notes


def test_progress_is_told_and_can_stop_the_work():
    told = []
    sources = [Source(name, text.encode()) for name, text in EXPECTED.items()]
    read(sources, Options(), lambda share, doing: told.append((share, doing)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert {"Reading samples.csv", "Reading p.csv"} <= {doing for _, doing in told}

    def stop(share: float, doing: str) -> None:
        if doing == "Reading p.csv":
            raise CancelledError

    with pytest.raises(CancelledError):
        read(sources, Options(), stop)


def test_five_thousand_models_load():
    header = ",".join(["sample_id", *(f"m{i}" for i in range(5000))])
    rows = [
        ",".join([f"s{n}", *["cat" if (i + n) % 3 else "dog" for i in range(5000)]])
        for n in (1, 2, 3)
    ]
    loaded = bundle({"samples.csv": SAMPLES, "predictions.csv": "\n".join([header, *rows])})
    assert len(loaded.models) == 5000
    assert loaded.predictions.shape == (5000, 3)


def test_a_hundred_thousand_classes_load():
    rows = [(f"s{i}", f"class {i}") for i in range(100_000)]
    samples = "sample_id,label\n" + "".join(f"{s},{v}\n" for s, v in rows)
    answers = "sample_id,model,prediction\n" + "".join(f"{s},m,{v}\n" for s, v in rows)
    loaded = bundle({"samples.csv": samples, "p.csv": answers})
    assert len(loaded.classes) == 100_000
    assert loaded.correct.all()


def test_what_does_not_fit_in_memory_is_kept_in_scratch_files(monkeypatch):
    whole = bundle(EXPECTED)
    monkeypatch.setattr(spool, "SPILL", 0)
    monkeypatch.setattr(spool, "MERGE", 1)
    spilled = bundle(EXPECTED)
    assert spilled.fingerprint == whole.fingerprint
    assert spilled.take(whole.labels >= 0).correct.equal(whole.correct)


CELL = st.text(st.sampled_from('ab"\n,;é'), max_size=4)


@settings(deadline=None)
@given(st.lists(st.lists(CELL, min_size=2, max_size=2), min_size=1, max_size=6), st.integers(1, 9))
def test_the_line_of_a_record_is_where_it_starts(rows, block):
    import csv

    text, starts = io.StringIO(newline=""), []
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in rows:
        starts.append(text.getvalue().count("\n") + 1)
        writer.writerow(row)
    file = File("x.csv", text.getvalue().encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK", block)
        assert [lines.line_of_record(file, place) for place in range(len(rows))] == starts
        assert lines.open_quote(file) is None


@settings(deadline=None)
@given(st.text(st.sampled_from('a",\n'), max_size=30), st.integers(1, 9))
def test_an_open_quote_is_found_whatever_the_blocks_are(text, block):
    file = File("x.csv", text.encode())
    whole = lines.open_quote(file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK", block)
        assert lines.open_quote(file) == whole


BROKEN = {
    "confidence": ("high", "column 'confidence' holds 'high'; expected a number"),
    "correct": ("maybe", "column 'correct' holds 'maybe'; expected 1 (right), 0 (wrong)"),
    "sample_id": ("", "the sample id in column 'sample_id' is empty"),
    "model": ("", "the model name in column 'model' is empty"),
    "prediction": ("x,", "row"),
}


@settings(deadline=None)
@given(
    st.integers(0, 5),
    st.sampled_from(sorted(BROKEN)),
    st.permutations(["sample_id", "model", "prediction", "confidence", "correct"]),
)
def test_one_broken_cell_is_named(row, column, order):
    header, *lines_ = LONG.strip().split("\n")
    rows = [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines_]
    rows = [row | {"confidence": "0.5", "correct": "1"} for row in rows]
    broken, words = BROKEN[column]
    rows[row][column] = broken
    text = "\n".join([",".join(order), *(",".join(one[name] for name in order) for one in rows)])
    said = problem({"samples.csv": SAMPLES, "p.csv": text})
    assert words in said
    assert f"row {row + 2}" in said


def test_columns_of_a_samples_table_can_be_named_as_its_embedding():
    samples = "sample_id,label,e0,e1\ns1,cat,0.5,1\ns2,dog,0.25,2\ns3,cat,0,3\n"
    loaded = bundle(
        {"samples.csv": samples, "p.csv": LONG}, columns={"embedding": ("e0", "samples.csv:e1")}
    )
    assert loaded.embeddings.tolist() == [[0.5, 1], [0.25, 2], [0, 3]]
    assert not loaded.attributes
    text = {"samples.csv": samples.replace("0.5,1\n", "0.5,x\n"), "p.csv": LONG}
    assert "samples.csv: column 'e1' holds text; expected only numbers" in problem(
        text, columns={"embedding": "e1"}
    )


def test_the_line_that_names_the_separator_is_no_header():
    text = "sep=;\r\n" + LONG.replace(",", ";").replace("\n", "\r\n")
    outcome = result({"samples.csv": SAMPLES, "p.csv": text})
    assert outcome.bundle.fingerprint == bundle(EXPECTED).fingerprint
    assert "p.csv: the first line says that ';' separates columns." in outcome.notes
    broken = text.replace("s3;a;dog", ";a;dog")
    assert "p.csv, row 5: the sample id" in problem({"samples.csv": SAMPLES, "p.csv": broken})
    ragged = text.replace("s3;a;dog", "s3;a;dog;x")
    assert "but row 5 has 4" in problem({"samples.csv": SAMPLES, "p.csv": ragged})


def test_empty_columns_and_rows_of_a_spreadsheet_are_left_out_and_noted():
    rows = LONG.strip().split("\n")
    text = "\n".join(row + ",," for row in rows) + "\n,,,,\n,,,,\n"
    outcome = result({"samples.csv": SAMPLES, "p.csv": text})
    assert outcome.bundle.fingerprint == bundle(EXPECTED).fingerprint
    assert "p.csv: 2 empty rows at the end left out." in outcome.notes
    assert "p.csv: a column without a name is not read." in outcome.notes


def test_backslashes_before_quotation_marks_are_answered():
    text = LONG.replace("s3,a,dog", 's3,a,"a \\"dog\\" there"')
    assert problem({"samples.csv": SAMPLES, "p.csv": text}) == (
        "p.csv, row 4: a quotation mark is escaped with a backslash; expected two marks in its "
        'place (""). Write the file again with doubled quotation marks.'
    )
    loaded = bundle({"samples.csv": SAMPLES, "p.csv": LONG.replace("s3,a,dog", 's3,a,G\\"odel')})
    assert 'G\\"odel' in loaded.classes


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ['"' + "a\n" * 400_000, "a,b,c\n" + '1,x,"\n"\n' * 200_000 + '"'])
def test_an_open_quote_in_a_large_file_is_found_at_once(text):
    said = problem({"p.csv": text})
    assert said.startswith("p.csv, row ")
    assert "a quotation mark opens here and is never closed" in said


def wide(extra: str, values) -> str:
    rows = [
        f"s{i},{'cat' if i % 3 else 'dog'},{'cat' if i % 3 and i % 7 else 'dog'}" for i in range(40)
    ]
    lines_ = [f"{row},{value}" for row, value in zip(rows, values, strict=True)]
    return "\n".join([f"sample_id,label,m,{extra}", *lines_])


@pytest.mark.parametrize("name", ["gold", "Label", "target", "reference"])
def test_a_second_label_column_beside_models_is_no_model(name):
    labels = ["cat" if i % 3 else "dog" for i in range(40)]
    outcome = result({"w.csv": wide(name, labels)})
    assert outcome.bundle.models == ("m",)
    assert f"w.csv: '{name}' repeats the labels of 'label'." in outcome.notes
    said = problem({"w.csv": wide(name, ["cat", *labels[1:]])})
    assert f"the columns 'label' and '{name}' both look like labels" in said


def test_columns_that_agree_with_labels_elsewhere_by_chance_only_are_asked_about():
    random = np.random.default_rng(1)
    labels = random.integers(0, 2, 200)
    samples = "sample_id,label\n" + "".join(f"s{i},{v}\n" for i, v in enumerate(labels))
    answers = np.where(random.random(200) < 0.8, labels, 1 - labels)
    table = "sample_id,gpt,smoker\n" + "".join(
        f"s{i},{a},{random.integers(0, 2)}\n" for i, a in enumerate(answers)
    )
    said = problem({"samples.csv": samples, "p.csv": table})
    assert "p.csv: it cannot be told whether 'smoker' holds answers of models" in said
    outcome = result({"samples.csv": samples, "p.csv": table}, columns={"group": "smoker"})
    assert outcome.bundle.models == ("gpt",)
    assert any(note.startswith("p.csv: 'gpt' is a model, because") for note in outcome.notes)


def test_a_model_called_meta_something_answers():
    files = {
        "meta-llama.csv": "sample_id,answer\ns1,cat\ns2,dog\ns3,dog\n",
        "samples.csv": SAMPLES,
    }
    assert bundle(files).models == ("meta-llama",)


def test_a_role_named_twice_and_two_roles_for_a_column_are_problems():
    text = {"w.csv": "sample_id,l1,l2,m\ns1,a,a,a\ns2,b,a,b\n"}
    assert "w.csv: 'l1', 'l2' were all named as label; a table has one." in problem(
        text, columns={"label": ("l1", "l2")}
    )
    assert "w.csv: the column 'l1' was named as label and as prediction" in problem(
        text, columns={"label": "l1", "prediction": "l1"}
    )


def test_numbers_written_in_two_ways_are_asked_about_and_merged():
    samples = "sample_id,label\ns1,1\ns2,0\ns3,2\n"
    answers = "sample_id,model,prediction\ns1,m,1.0\ns2,m,0.0\ns3,m,1.0\n"
    outcome = result({"samples.csv": samples, "p.csv": answers})
    assert "Are these the same class: '0', '0.0'; '1', '1.0'?" in outcome.questions[0].text
    merged = bundle({"samples.csv": samples, "p.csv": answers}, alike="merge")
    assert merged.classes == ("0", "1", "2")
    assert merged.correct.tolist() == [[True, True, False]]


@pytest.mark.parametrize(("one", "other"), [("01", "1"), ("1.0", "1"), (" 1", "1"), ("S1", "s1")])
def test_ids_that_are_only_written_in_another_way_are_a_problem(one, other):
    samples = f"sample_id,label\n{other},cat\nx,dog\n"
    answers = f"sample_id,model,prediction\n{one},m,cat\nx,m,dog\n"
    said = problem({"samples.csv": samples, "p.csv": answers})
    assert said == (
        "p.csv: 1 row with sample ids that are not in samples.csv, some only written in another "
        f"way ('{one}' and '{other}'). Write the ids alike in all files."
    )


@pytest.mark.parametrize("side", ["answers", "labels"])
def test_positions_on_one_side_are_positions_in_the_class_order(side):
    def places(text):
        return text.replace("cat", "0").replace("dog", "1")

    files = {"samples.csv": SAMPLES, "p.csv": LONG, "classes.csv": "label\ncat\ndog\n"}
    whole = bundle(files)
    name = "p.csv" if side == "answers" else "samples.csv"
    outcome = result(files | {name: places(files[name])})
    assert outcome.bundle.fingerprint == whole.fingerprint
    assert f"The {side} are positions in the class order of classes.csv." in outcome.notes


def test_a_confidence_outside_0_to_1_is_a_problem():
    rows = LONG.strip().split("\n")
    text = "\n".join([rows[0] + ",confidence", *(row + ",95" for row in rows[1:])])
    assert problem({"samples.csv": SAMPLES, "p.csv": text}) == (
        "p.csv, row 2: the confidence is 95; expected a number from 0 to 1 (6 rows like this). "
        "Divide percent by 100, or leave the column out with --column ignore=confidence."
    )


def test_a_repeated_answer_with_another_confidence_is_noted():
    text = "sample_id,model,prediction,confidence\ns1,a,cat,0.9\ns1,a,cat,0.25\n"
    outcome = result({"samples.csv": SAMPLES, "p.csv": text})
    assert "p.csv: 1 answer repeated with another confidence; the last one is used." in (
        outcome.notes
    )
    assert outcome.bundle.confidence[0, 0] == 0.25


@pytest.mark.parametrize("threshold", [0, -1, 5, float("nan")])
def test_a_threshold_that_no_score_can_meet_is_a_problem(threshold):
    text = "sample_id,model,score\ns1,a,0.4\n"
    assert "expected a threshold above 0 and at most 1" in problem(
        {"p.csv": text}, threshold=threshold
    )


def test_attributes_of_several_tables_are_put_together():
    files = {
        "a.csv": "sample_id,prediction,label,region,size\ns1,x,x,north,1\ns2,y,x,south,2\n",
        "b.csv": "sample_id,prediction,label,region,size\ns3,x,y,east,3\n",
    }
    loaded = bundle(files)
    assert loaded.attributes["region"].tolist() == ["north", "south", "east"]
    assert loaded.attributes["size"].dtype.kind == "i"
    files["b.csv"] += "s1,y,x,west,1\n"
    outcome = result(files)
    assert (
        "b.csv: 'region' differs from a.csv for 1 sample; that of a.csv is used." in outcome.notes
    )


def test_rows_without_an_id_are_no_repetition():
    text = problem({"samples.csv": "sample_id,label\ns1,a\n,b\ns2,a\n", "p.csv": LONG})
    outcome = result({"samples.csv": "sample_id,label\ns1,a\n,b\ns2,a\n", "p.csv": LONG})
    assert "the sample id in column 'sample_id' is empty" in text
    assert not any("repeats a sample id" in note for note in outcome.notes)


def test_names_cannot_forge_lines_or_steer_a_terminal():
    name = "a\nproblem: all is lost\x1b[31m\u202e"
    table = parquet({"sample_id": ["s1", "s2"], "model": [name] * 2, "prediction": ["cat", None]})
    outcome = result({"samples.csv": SAMPLES, "p.parquet": table})
    assert outcome.bundle.models == (name,)
    told = "\n".join([*outcome.notes, *outcome.problems])
    assert "a\\nproblem: all is lost\\x1b[31m\\u202e" in told
    assert not {"\x1b", "\u202e"} & set(told)


def test_links_that_lead_nowhere_and_pipes_are_named_and_not_read(tmp_path):
    (tmp_path / "predictions.csv").write_text(LONG)
    (tmp_path / "samples.csv").write_text(SAMPLES)
    (tmp_path / "models.csv").symlink_to(tmp_path / "gone.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    outcome = read([tmp_path])
    assert outcome.bundle is not None
    assert any(
        "'models.csv', 'pipe.csv' are not read: a broken link or no regular file." in note
        for note in outcome.notes
    )
    alone = read([tmp_path / "pipe.csv"])
    assert alone.problems == ("pipe.csv is no regular file; expected a file or a folder.",)


def test_percent_in_arrays_is_answered_and_no_logits():
    shares = np.array([[90.0, 10], [20, 80], [40, 60]])
    said = problem({"samples.csv": SAMPLES, "probabilities.npz": npz(a=shares)})
    assert said == (
        "probabilities.npz: the rows of 'a' sum to 100, so they look like percent; expected "
        "probabilities from 0 to 1. Divide them by 100, or say --values logits if these are "
        "logits."
    )
    short = np.array([[0.9, 0.05], [0.2, 0.8], [0.4, 0.6]])
    said = problem({"samples.csv": SAMPLES, "probabilities.npz": npz(a=short)})
    assert said.endswith("Correct the row.")
    forced = result({"samples.csv": SAMPLES, "probabilities.npz": npz(a=short)}, values="logits")
    assert any("read as logits, as was said, although all lie" in note for note in forced.notes)


@pytest.mark.parametrize("name", ["label_ids", "gt"])
def test_labels_of_arrays_go_by_many_names(name):
    arrays = {"predictions": np.array([0, 1, 1]), name: np.array([0, 1, 0])}
    loaded = bundle({"eval.npz": npz(**arrays)})
    assert len(loaded.models) == 1
    assert loaded.correct.tolist() == [[True, True, False]]
