"""Tables of accuracies: every form, what is recognised, and a sentence for each problem."""

import io

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some

from analysis.bundle import BundleError
from analysis.loading import (
    Options,
    Source,
    load_accuracies,
    load_bundle,
    read,
    reading,
)

TIDY = "model,setting,accuracy\na,x,0.9\na,y,0.5\nb,x,0.8\nb,y,0.4\n"
WIDE = "model,x,y\na,0.9,0.5\nb,0.8,0.4\n"
MARKDOWN = """# Results

| Model | x   | **y** |
|:------|----:|-------|
| a     | 0.9 | 0.5   |
| **b** | 0.8 | `0.4` |
"""
INFO = "model,family,epoch\na,cnn,3\nb,,5\n"


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setattr(reading, "STRICT", True)


def result(files: dict, **options):
    sources = [Source(n, c.encode() if isinstance(c, str) else c) for n, c in files.items()]
    return read(sources, Options(**options))


def table(files: dict, **options):
    found = result(files, **options)
    assert not found.problems, found.problems
    assert found.bundle is None
    return found.accuracies


def problems(files: dict, **options) -> str:
    found = result(files, **options)
    assert found.accuracies is None
    assert found.bundle is None
    return "\n".join(found.problems)


def parquet(text: str) -> bytes:
    stream = io.BytesIO()
    pd.read_csv(io.StringIO(text)).to_parquet(stream, index=False)
    return stream.getvalue()


FORMS = {
    "tidy": {"results.csv": TIDY},
    "tidy percent": {
        "r.csv": "model,test_set,top1_percent\nb,y,40\na,x,90\na,y,50\nb,x,80\n",
    },
    "wide": {"results.csv": WIDE},
    "wide percent": {"results.csv": "y,system,x\n50,a,90\n40,b,80\n"},
    "percent signs": {"results.csv": "model,x,y\na,90%,50 %\nb,80%,40.0 %\n"},
    "tabs": {"results.tsv": WIDE.replace(",", "\t")},
    "typed": {"results.parquet": parquet(TIDY)},
    "markdown": {"results.md": MARKDOWN},
    "markdown under another name": {"results.txt": MARKDOWN},
    "two files": {
        "x.csv": "model,dataset,acc\na,x,0.9\nb,x,0.8\n",
        "y.csv": "model,dataset,acc\na,y,0.5\nb,y,0.4\n",
    },
    "row numbers": {"r.csv": ",model,setting,acc\n0,a,x,0.9\n1,a,y,0.5\n2,b,x,0.8\n3,b,y,0.4\n"},
    "repeated": {"r.csv": TIDY + "a,x,0.9\n"},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_the_same_table(form):
    found = table(FORMS[form])
    assert found.fingerprint == table({"results.csv": TIDY}).fingerprint
    assert found.of(("x", "y"))[found.models.index("a")].tolist() == pytest.approx([0.9, 0.5])


CELLS = some.lists(
    some.lists(some.none() | some.integers(0, 1000), min_size=3, max_size=3), min_size=2, max_size=4
).filter(lambda rows: all(any(c is not None for c in r) for r in (*rows, *zip(*rows, strict=True))))


@given(rows=CELLS, seed=some.integers(0, 99))
def test_any_cells_in_any_form_and_order_are_the_same_table(rows, seed):
    shuffle = np.random.default_rng(seed).permutation
    models, settings = "abcd"[: len(rows)], "xyz"
    cells = [
        f"{models[i]},{settings[j]},{rows[i][j] / 10}"
        for i in range(len(rows))
        for j in range(3)
        if rows[i][j] is not None
    ]
    tidy = "model,setting,percent accuracy\n" + "\n".join(shuffle(cells)) + "\n"
    order = shuffle(3)
    wide = "model," + ",".join(f"{settings[j]} %" for j in order) + "\n"
    for i in shuffle(len(rows)):
        values = ("" if rows[i][j] is None else str(rows[i][j] / 10) for j in order)
        wide += f"{models[i]}," + ",".join(values) + "\n"
    first = table({"a.csv": tidy}, columns={"score": "percent accuracy"})
    second = table({"a.csv": wide})
    renamed = [f"{s} %" for s in first.settings]
    assert torch.equal(
        first.select(second.models).of(first.settings).nan_to_num(9),
        second.of(renamed).nan_to_num(9),
    )
    assert int(first.measured.sum()) == len(cells)


def test_gaps_counts_and_information_are_kept_and_noted():
    rows = ["a,x,0.9,100,cnn,no", "a,y,,50,cnn,yes", "b,x,0.8,100,vit,no"]
    text = "model,setting,accuracy,n,family,shift\n" + "\n".join(rows) + "\n"
    found = result({"r.csv": text})
    kept = found.accuracies
    assert torch.isnan(kept.of(("y",))[0, 0])
    assert torch.isnan(kept.of(("y",))[1, 0])
    assert kept.counts.tolist() == [[100, 0], [100, 0]]
    assert kept.model_info["family"].tolist() == ["cnn", "vit"]
    assert kept.setting_info["shift"].tolist() == ["no", "yes"]
    assert "2 models in 2 settings: 2 of 4 cells are measured." in found.notes
    assert (
        "r.csv: 'accuracy' is read as accuracy, as shares, because no value is above 1."
        in found.notes
    )
    assert found.found[0].columns == {
        "model": "model",
        "setting": "setting",
        "accuracy": "accuracy",
        "n": "number of samples",
        "family": "model attribute",
        "shift": "setting attribute",
    }


def test_a_model_table_joins_and_strangers_are_noted():
    found = result({"results.csv": WIDE, "models.csv": INFO + "c,vit,1\n"})
    kept = found.accuracies
    assert kept.model_info["family"].tolist() == ["cnn", None]
    assert kept.model_info["epoch"].tolist() == [3.0, 5.0]
    assert (
        "models.csv: 'c' not used, because there are no accuracies of a model with this name."
        in found.notes
    )
    assert [entry.form for entry in found.found] == ["accuracy table", "model table"]


def test_a_column_that_says_something_else_can_be_named():
    text = "model,x,y,depth,share\na,0.9,0.5,50,0.98\nb,0.8,0.4,18,0.45\n"
    assert table({"r.csv": text}).settings == ("x", "y", "share")
    kept = table({"r.csv": text}, columns={"group": "share"})
    assert kept.settings == ("x", "y")
    assert kept.model_info["share"].tolist() == [0.98, 0.45]
    assert kept.model_info["depth"].tolist() == [50, 18]
    assert kept.fingerprint == table({"r.csv": text}, columns={"score": ("x", "y")}).fingerprint
    ignored = table({"r.csv": text}, columns={"ignore": ("share", "depth")})
    assert ignored.fingerprint == table({"r.csv": WIDE}).fingerprint
    named = table({"r.csv": TIDY.replace("setting", "where")}, columns={"setting": "where"})
    assert named.fingerprint == table({"r.csv": TIDY}).fingerprint


ABOUT = ["params_m", "Params (M)", "flops_g", "GFLOPs", "n_params", "numParams", "size_mb"]
ABOUT += ["latency_ms", "cost", "cost_usd", "epoch", "seed", "lr", "wd", "learning_rate"]
ABOUT += ["training_time_s", "batch_size", "gpu_hours", "weight_decay", "inference latency [ms]"]


@pytest.mark.parametrize("name", ABOUT)
def test_a_column_that_describes_models_by_its_name_rescales_nothing(name):
    found = table({"r.csv": f"model,{name},imagenet\na,25.6,0.76\nb,4,0.7\n"})
    assert found.settings == ("imagenet",)
    assert found.of(("imagenet",)).flatten().tolist() == [0.76, 0.7]
    assert found.model_info[name].tolist() == [25.6, 4]


SETTINGS = ["seed_0", "epoch 10", "timeshift", "counting", "imagenet_v2", "one_year_later", "ood"]


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_whose_name_holds_such_a_word_stays_a_setting(name):
    found = table({"r.csv": f"model,{name},imagenet\na,0.25,0.76\nb,0.4,0.7\n"})
    assert found.settings == (name, "imagenet")


def test_columns_of_different_scales_are_not_read_as_one():
    text = "model,hard,stars,imagenet\na,0,25.6,0.76\nb,0,4,0.7\n"
    assert problems({"r.csv": text}) == (
        "r.csv: 'stars' goes up to 25.6, but 'imagenet' only to 0.76, so they are not both shares "
        "or both in percent; expected accuracies on one scale. If one of them is no accuracy, say "
        "--column group=stars (it describes the models) or --column ignore=stars; if both are in "
        "percent, write % behind the name 'imagenet'."
    )
    ignored = table({"r.csv": text}, columns={"ignore": "stars"})
    assert ignored.of(("imagenet",)).flatten().tolist() == [0.76, 0.7]
    marked = table({"r.csv": text.replace("imagenet", "imagenet %")})
    assert marked.of(("imagenet %", "stars"))[0].tolist() == pytest.approx([0.0076, 0.256])
    assert marked.of(("hard",)).tolist() == [[0], [0]]


def test_a_file_is_about_models_only_by_a_whole_word():
    found = table({"results.csv": WIDE, "metallurgy.csv": "model,steel\na,0.7\nb,0.6\n"})
    assert found.settings == ("x", "y", "steel")


def test_one_setting_without_a_name_is_called_as_the_file():
    found = result({"night.csv": "model,accuracy,total\na,90,10\nb,80,20\n"})
    assert found.accuracies.settings == ("night",)
    assert found.accuracies.counts.flatten().tolist() == [10, 20]
    assert any("names no setting" in note for note in found.notes)


def test_a_model_table_that_states_an_accuracy_only_describes_models_beside_another():
    found = table({"results.csv": WIDE, "models.csv": "model,accuracy\na,0.7\nb,0.6\n"})
    assert found.settings == ("x", "y")
    assert found.model_info["accuracy"].tolist() == [0.7, 0.6]


SAMPLES = "sample_id,label\n1,p\n2,q\n3,p\n"
LONG = "sample_id,model,prediction\n1,a,p\n2,a,p\n3,b,q\n"


def test_a_model_table_of_a_bundle_stays_one_whatever_it_holds():
    info = "model,accuracy,x,y\na,0.9,0.1,0.2\nb,0.8,0.3,0.4\n"
    found = result({"samples.csv": SAMPLES, "long.csv": LONG, "models.csv": info})
    assert not found.problems
    assert found.accuracies is None
    assert found.bundle.model_info["x"].tolist() == [0.1, 0.3]


def test_a_table_whose_columns_say_it_stands_beside_a_bundle():
    files = {"samples.csv": SAMPLES, "long.csv": LONG, "elsewhere.csv": TIDY}
    found = result(files)
    assert not found.problems
    alone = result({"samples.csv": SAMPLES, "long.csv": LONG})
    assert found.bundle.fingerprint == alone.bundle.fingerprint
    assert found.accuracies.fingerprint == table({"r.csv": TIDY}).fingerprint


@pytest.mark.parametrize(
    "text",
    [
        "model,score_val,pred_time_val,fit_time,stack_level\na,0.9,1,2,1\nb,0.8,1,2,2\n",
        "model,family,seed,epoch\na,cnn,1,5\nb,vit,2,5\n",
        "model,family\na,cnn\nb,vit\n",
    ],
)
def test_what_is_no_table_of_accuracies_is_not_read_as_one(text):
    assert "There are no predictions" in problems({"leaderboard.csv": text})


def test_samples_with_scores_are_not_a_table_of_accuracies():
    graded = "sample_id,model,task,score\n1,a,t,1\n2,a,t,0\n1,b,t,0\n2,b,t,1\n"
    found = result({"log.csv": graded})
    assert found.accuracies is None
    assert found.bundle.models == ("a", "b")


PROBLEMS = {
    "beyond percent": (
        {"r.csv": "model,setting,accuracy\na,x,90\nb,x,101.5\n"},
        "r.csv, row 3: column 'accuracy' holds '101.5'; expected an accuracy from 0 to 1, or from "
        "0 to 100 (percent). Correct it, or leave the cell empty.",
    ),
    "negative": (
        {"r.csv": "model,x,y\na,0.9,0.5\nb,-0.8,0.4\n"},
        "r.csv, row 3: column 'x' holds '-0.8'; expected an accuracy from 0 to 1, or from 0 to 100 "
        "(percent). Correct it, or leave the cell empty. If the column says something else of the "
        "models, say --column group=x.",
    ),
    "beyond percent by name": (
        {"r.csv": "model,setting,acc (%)\na,x,90\nb,x,190\n"},
        "r.csv, row 3: column 'acc (%)' holds '190'; expected an accuracy from 0 to 100 (percent). "
        "Correct it, or leave the cell empty.",
    ),
    "no number": (
        {"r.csv": "model,setting,accuracy\na,x,0.9\nb,x,n/a\n"},
        "r.csv, row 3: column 'accuracy' holds 'n/a'; expected a number or an empty cell. Correct "
        "it, or say --missing-marker 'n/a' if it stands for a gap.",
    ),
    "no number in a wide table": (
        {"r.csv": "model,x\na,0.9\nb,0.8\nc,good\n"},
        "r.csv, row 4: column 'x' holds 'good'; expected a number or an empty cell. Correct it, or "
        "say --missing-marker 'good' if it stands for a gap.",
    ),
    "some with percent signs": (
        {"r.csv": "model,x\na,90%\nb,80\n"},
        "r.csv, row 3: column 'x' holds '80'; expected a number with %, as in other rows, or an "
        "empty cell. Correct it, or say --missing-marker '80' if it stands for a gap.",
    ),
    "two values": (
        {"r.csv": TIDY + "a,x,0.7\n"},
        "r.csv, row 6: model 'a' in setting 'x' has the accuracy '0.7', but another one in row 2; "
        "expected one accuracy per model and setting. Remove the wrong row; if each row is one "
        "sample, add a column sample_id.",
    ),
    "two values in two files": (
        {"r.csv": TIDY, "s.csv": "model,y\na,0.1\n"},
        "s.csv, row 2: model 'a' in setting 'y' has the accuracy '0.1', but another one in r.csv, "
        "row 3; expected one accuracy per model and setting. Remove the wrong row; if each row is "
        "one sample, add a column sample_id.",
    ),
    "model without a name": (
        {"r.csv": "model,setting,accuracy\na,x,0.9\n,x,0.8\n"},
        "r.csv, row 3: the model in column 'model' is empty; expected the name of a model in every "
        "row. Fill it in or remove the row.",
    ),
    "setting without a name": (
        {"r.csv": "model,setting,accuracy\na,x,0.9\nb,,0.8\n"},
        "r.csv, row 3: the setting in column 'setting' is empty; expected the name of a setting in "
        "every row. Fill it in or remove the row.",
    ),
    "half a sample": (
        {"r.csv": "model,setting,accuracy,n\na,x,0.9,10\nb,x,0.8,1.5\n"},
        "r.csv, row 3: column 'n' holds '1.5'; expected a number of samples. Correct it, or leave "
        "the column out with --column ignore=n.",
    ),
    "more samples than can be counted": (
        {"r.csv": f"model,setting,accuracy,n\na,x,0.9,1{'0' * 50}\nb,x,0.8,15\n"},
        f"r.csv, row 2: column 'n' holds '1{'0' * 50}'; expected a number of samples. Correct it, "
        "or leave the column out with --column ignore=n.",
    ),
    "samples in words": (
        {"r.csv": "model,setting,accuracy,n\na,x,0.9,ten\nb,x,0.8,15\n"},
        "r.csv, row 2: column 'n' holds 'ten'; expected a number of samples. Correct it, or leave "
        "the column out with --column ignore=n.",
    ),
    "ragged markdown": (
        {"r.md": "| model | x |\n|---|---|\n| a | 0.9 |\n| b | 0.8 | 1 |\n"},
        "r.md, line 4: the row has 3 cells; expected 2, as many as the table has columns. Correct "
        "the line.",
    ),
    "markdown without a table": (
        {"r.md": "# Results\n\nNothing yet.\n"},
        "r.md has no table; expected a line of column names between pipes (|), a line of dashes "
        "below it, and rows.",
    ),
    "markdown with a head alone": (
        {"r.md": "| model | x |\n|---|---|\n"},
        "r.md, line 1: the table has no rows; expected at least one.",
    ),
    "markdown with a column twice": (
        {"r.md": "| model | x | x |\n|---|---|---|\n| a | 1 | 1 |\n"},
        "r.md has the column 'x' twice; rename one of them.",
    ),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_bad_input_gets_a_sentence(name):
    files, sentence = PROBLEMS[name]
    assert sentence in problems(files)


def test_a_marker_stands_for_a_gap_when_it_is_named():
    text = "model,setting,accuracy\na,x,0.9\nb,x,n/a\nb,y,0.5\n"
    kept = table({"r.csv": text}, missing_markers=("n/a",))
    assert int(kept.measured.sum()) == 2


def test_a_folder_holds_accuracies_under_their_canonical_name(tmp_path):
    (tmp_path / "accuracy.csv").write_text(WIDE)
    (tmp_path / "models.csv").write_text(INFO)
    (tmp_path / "notes.txt").write_text("mine")
    kept = load_accuracies(tmp_path)
    assert kept.settings == ("x", "y")
    assert list(kept.model_info) == ["family", "epoch"]
    (tmp_path / "accuracy.csv").write_text("sample,colour\n1,red\n")
    with pytest.raises(BundleError, match=r"accuracy\.csv is no table of accuracies; expected"):
        load_accuracies(tmp_path)


def test_each_loader_names_the_other(tmp_path):
    (tmp_path / "r.csv").write_text(TIDY)
    (tmp_path / "long.csv").write_text(LONG)
    with pytest.raises(BundleError, match="read it with load_accuracies"):
        load_bundle(tmp_path / "r.csv")
    with pytest.raises(BundleError, match="The input holds no table of accuracies"):
        load_accuracies(tmp_path / "long.csv")
    assert load_bundle(tmp_path / "r.csv", tmp_path / "long.csv").models == ("a", "b")


def test_markdown_tables_of_predictions_are_read_too():
    wide = (
        "| sample_id | label | m1 | m2 |\n|---|---|---|---|\n| 1 | p | p | q |\n| 2 | q | q | q |\n"
    )
    found = result({"answers.md": wide})
    assert found.bundle.models == ("m1", "m2")
    escaped = "| sample_id | label | m1 |\n|---|---|---|\n| 1 | a\\|b | a\\|b |\n| 2 | c | c |\n"
    assert "a|b" in result({"wide.md": escaped}).bundle.classes


def test_marks_around_answers_in_markdown_are_part_of_the_text():
    rows = ["| `1` | _x_ | `x` |", "| 2 | *x* | **18** |", "| 3 | x | x |"]
    text = "| **sample_id** | label | `m1` |\n|---|---|---|\n" + "\n".join(rows) + "\n"
    found = result({"answers.md": text}, columns={"prediction": "m1", "id": "sample_id"})
    assert set(found.bundle.classes) == {"_x_", "*x*", "x", "`x`", "**18**"}
    assert found.bundle.ids == ("`1`", "2", "3")
    assert list(found.found[0].columns) == ["sample_id", "label", "m1"]
    assert (
        "answers.md: the marks for bold, italics or code around 2 column names are left out."
        in found.notes
    )


def test_marks_around_models_and_numbers_in_a_markdown_table_of_models_are_left_out():
    text = (
        "| model | x | family |\n|---|---|---|\n| **a** | __90 %__ | _cnn_ |\n| b | 80% | vit |\n"
    )
    found = result({"r.md": text})
    assert found.accuracies.models == ("a", "b")
    assert found.accuracies.of(("x",)).flatten().tolist() == [0.9, 0.8]
    assert found.accuracies.model_info["family"].tolist() == ["_cnn_", "vit"]
    assert "r.md: the marks for bold, italics or code around 2 cells are left out." in found.notes


def test_markdown_that_is_not_utf8_is_told_with_its_place():
    text = "| model | x |\n|---|---|\n| é | 0.9 |\n".encode("latin-1")
    assert problems({"r.md": text}).startswith(
        "r.md, row 3: byte 3 of the line (0xE9) is not UTF-8; expected UTF-8 text."
    )
