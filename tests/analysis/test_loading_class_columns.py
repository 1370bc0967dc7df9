"""Tables with one column of probabilities per class: by model, one file per model, and long."""

import io
import json
import random as shuffling
import warnings

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pytest
import torch
from array_files import (
    P1,
    P2,
    SAMPLES,
    answers,
    canonical,
    csv_text,
    load,
    noted,
    npy,
    npz,
    outcome,
    parquet,
    safetensors,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.bundle import Bundle
from analysis.loading import array_kinds, reading
from analysis.loading.classes import ordered

ONE = "sample_id,dog,cat\nc,0.6,0.4\na,0.1,0.9\nb,0.8,0.2\n"
TWO = "sample_id,cat,dog\na,0.5,0.5\nb,0.2,0.8\nc,0.7,0.3\n"
WIDE = (
    "sample_id,m1__dog,m2__cat,m2__dog,m1__cat\n"
    "b,0.8,0.2,0.8,0.2\na,0.1,0.5,0.5,0.9\nc,0.6,0.7,0.3,0.4\n"
)
LONG = (
    "sample_id,model,prob_cat,prob_dog\na,m1,0.9,0.1\nb,m1,0.2,0.8\nc,m1,0.4,0.6\n"
    "a,m2,0.5,0.5\nc,m2,0.7,0.3\nb,m2,0.2,0.8\n"
)


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setattr(reading, "STRICT", True)


FORMS = {
    "wide": {"wide.csv": WIDE},
    "wide with two colons": {"wide.csv": WIDE.replace("__", "::")},
    "wide with an index": {"wide.csv": WIDE.replace("sample_id,", ",")},
    "one file per model": {"m1.csv": ONE, "m2.csv": TWO},
    "one file per model with an index": {"m1.csv": ONE.replace("sample_id", ""), "m2.csv": TWO},
    "long": {"long.csv": LONG},
    "long with other prefixes": {"long.csv": LONG.replace("prob_", "p_")},
    "long with plain names": {"long.csv": LONG.replace("prob_", "")},
    "long with proba": {"long.csv": LONG.replace("prob_", "proba_")},
    "together": {"m1.csv": ONE, "wide.csv": TWO.replace("cat,dog", "m2__cat,m2__dog")},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_bundle_of_the_arrays(form):
    bundle = load({"samples.csv": SAMPLES} | FORMS[form])
    assert set(bundle.models) == {"m1", "m2"}
    if bundle.models == ("m1", "m2"):
        assert bundle.fingerprint == canonical()
    assert torch.equal(bundle.probabilities["m1"], torch.from_numpy(P1))
    assert noted(bundle, "read as probabilities, one column per class")


@pytest.mark.parametrize("form", FORMS)
def test_found_names_the_columns_of_probabilities(form):
    result = outcome({"samples.csv": SAMPLES} | FORMS[form])
    for found in result.found[1:]:
        assert found.form == "table of probabilities"
        assert "probability of a class" in found.columns.values()
        assert "sample id" in found.columns.values()
        assert len(found.preview[0]) == len(found.columns)


def test_classes_of_a_list_give_the_order():
    bundle = load({"samples.csv": SAMPLES, "classes.csv": "label\ndog\ncat\n", "m1.csv": ONE})
    assert bundle.classes == ("dog", "cat")
    assert torch.equal(bundle.probabilities["m1"], torch.from_numpy(P1[:, ::-1].copy()))


def test_numbers_as_classes_are_ordered_as_numbers():
    rows = "sample_id,label,m__10,m__9\na,9,0.25,0.75\nb,10,0.5,0.5\n"
    bundle = load({"x.csv": rows})
    assert bundle.classes == ("9", "10")
    assert bundle.probabilities["m"].tolist() == [[0.75, 0.25], [0.5, 0.5]]


def test_a_class_that_no_label_has_is_allowed():
    rows = "sample_id,cat,dog,eel\na,0.5,0.25,0.25\nb,0.25,0.5,0.25\nc,0.25,0.25,0.5\n"
    bundle = load({"samples.csv": SAMPLES, "m.csv": rows})
    assert bundle.classes == ("cat", "dog", "eel")
    assert answers(bundle) == {"m": {"a": "cat", "b": "dog", "c": "eel"}}


def test_labels_and_attributes_beside_the_columns_are_kept():
    rows = (
        "sample_id,label,colour,m1__cat,m1__dog\na,cat,red,0.9,0.1\nb,dog,blue,0.2,0.8\n"
        "c,cat,red,0.4,0.6\n"
    )
    bundle = load({"wide.csv": rows})
    assert bundle.fingerprint == load({"samples.csv": SAMPLES, "m1.npy": npy(P1)}).fingerprint
    assert bundle.attributes["colour"].tolist() == ["red", "blue", "red"]


def test_a_prediction_beside_the_columns_is_the_answer():
    long = "id,model,prediction,cat,dog\na,m,dog,0.9,0.1\nb,m,dog,0.2,0.8\nc,m,cat,0.4,0.6\n"
    one = "id,prediction,label,cat,dog\na,dog,cat,0.9,0.1\nb,dog,dog,0.2,0.8\nc,cat,cat,0.4,0.6\n"
    for files in ({"samples.csv": SAMPLES, "x.csv": long}, {"m.csv": one}):
        bundle = load(files)
        assert answers(bundle) == {"m": {"a": "dog", "b": "dog", "c": "cat"}}
        assert torch.equal(bundle.probabilities["m"], torch.from_numpy(P1))
        assert noted(bundle, "2 predictions of 'm' differ from its most probable class")


def test_answers_of_another_model_beside_the_columns():
    rows = "id,label,m1__cat,m1__dog,m2\na,cat,0.9,0.1,cat\nb,dog,0.2,0.8,dog\nc,cat,0.4,0.6,dog\n"
    bundle = load({"x.csv": rows})
    assert answers(bundle)["m2"] == {"a": "cat", "b": "dog", "c": "dog"}
    assert list(bundle.probabilities) == ["m1"]


def test_rows_without_any_value_are_missing_answers():
    bundle = load({"samples.csv": SAMPLES, "m1.csv": ONE.replace("c,0.6,0.4", "c,,")})
    assert answers(bundle) == {"m1": {"a": "cat", "b": "dog", "c": None}}
    typed = parquet({"id": ["a", "b", "c"], "cat": [0.9, 0.2, None], "dog": [0.1, 0.8, None]})
    assert answers(load({"samples.csv": SAMPLES, "m1.parquet": typed})) == answers(bundle)


def test_logits_are_recognised_as_in_arrays():
    logits = np.log(P1) + 3
    rows = csv_text(
        ["id", "cat", "dog"], [[i, *row] for i, row in zip("abc", logits.tolist(), strict=True)]
    )
    bundle = load({"samples.csv": SAMPLES, "m1.csv": rows})
    assert noted(bundle, "m1.csv: the values of 'm1' are read as logits")
    array = load({"samples.csv": SAMPLES, "m1.npy": npy(logits)})
    assert bundle.fingerprint == array.fingerprint


def test_runs_of_a_model_are_models_of_their_own():
    rows = "id,model,run,cat,dog\na,m,1,0.5,0.5\na,m,2,0.25,0.75\nb,m,1,1,0\nb,m,2,0,1\n"
    bundle = load({"samples.csv": SAMPLES, "x.csv": rows})
    assert bundle.models == ("m (run 1)", "m (run 2)")
    assert bundle.model_info["base_model"].tolist() == ["m", "m"]
    assert bundle.model_info["run"].tolist() == ["1", "2"]


def test_repeated_rows_count_once():
    bundle = load({"samples.csv": SAMPLES, "m1.csv": ONE + "a,0.1,0.9\n"})
    assert noted(bundle, "1 row of 'm1' repeated with the same probabilities; counted once")


@pytest.mark.parametrize("known", [True, False])
def test_separators_inside_names_are_settled_by_all_columns(known):
    names = ["big__m1__cat", "big__m1__dog", "m2__cat", "m2__dog"]
    rows = [[i, *a, *b] for i, a, b in zip("abc", P1.tolist(), P2.tolist(), strict=True)]
    text = csv_text(["sample_id", *names], rows)
    bundle = load({"samples.csv": SAMPLES, "w.csv": text} if known else {"w.csv": text})
    assert bundle.models == ("big__m1", "m2")
    assert bundle.classes == ("cat", "dog")


def test_model_names_with_two_underscores_stay_answers():
    rows = "id,label,net__0,net__1,old__0,old__1\na,0,0,1,0,0\nb,1,1,1,0,1\nc,0,0,0,1,0\n"
    bundle = load({"predictions.csv": rows})
    assert bundle.models == ("net__0", "net__1", "old__0", "old__1")
    assert not bundle.probabilities


def test_people_named_like_classes_stay_answers():
    rows = "id,label,1,2,3\na,1,1,2,3\nb,2,2,2,3\nc,3,3,3,3\n"
    bundle = load({"raters.csv": rows})
    assert bundle.models == ("1", "2", "3")
    assert not bundle.probabilities


@pytest.mark.parametrize("prefix", ["prob_", "proba__", "P(", "p.", "logit "])
def test_a_prefix_that_columns_share_is_no_part_of_the_class(prefix):
    text = LONG.replace("prob_", prefix)
    if prefix == "P(":  # none of the known prefixes: the names are those of other classes
        problems = outcome({"samples.csv": SAMPLES, "long.csv": text}).problems
        assert "'cat', 'dog' are among the labels" in problems[0]
        return
    bundle = load({"samples.csv": SAMPLES, "long.csv": text})
    assert bundle.fingerprint == canonical()


def test_names_of_columns_are_text():
    rows = "id,label,2020-01-01,01,true\na,01,0.25,0.5,0.25\nb,true,0.5,0.25,0.25\n"
    assert load({"m.csv": rows}).classes == ("01", "2020-01-01", "true")


def test_columns_named_by_hand_are_no_probabilities():
    mix = "id,u,v\na,0.25,0.75\nb,0.5,0.5\nc,0.1,0.9\n"
    columns = {"group": ("u", "v")}
    bundle = load({"samples.csv": SAMPLES, "m1.npy": npy(P1), "mix.csv": mix}, columns=columns)
    assert list(bundle.probabilities) == ["m1"]


def test_certain_models_are_probabilities_too():
    rows = "id,label,m__cat,m__dog\na,cat,1,0\nb,dog,0,1\nc,cat,0,1\n"
    assert load({"w.csv": rows}).probabilities["m"].tolist() == [[1, 0], [0, 1], [0, 1]]


def test_a_leaderboard_of_autogluon_is_the_model_table():
    board = (
        ",model,score_test,score_val,pred_time_test,fit_time,stack_level\n"
        "0,m2,0.66,0.7,0.1,12.5,2\n1,m1,0.33,0.5,0.2,3.5,1\n"
    )
    for text in (board, "\n".join(line.split(",", 1)[1] for line in board.split("\n") if line)):
        bundle = load(
            {"samples.csv": SAMPLES, "m1.csv": ONE, "m2.csv": TWO, "leaderboard.csv": text}
        )
        assert bundle.model_info["fit_time"].tolist() == [3.5, 12.5]
        assert list(bundle.model_info) == [
            "score_test",
            "score_val",
            "pred_time_test",
            "fit_time",
            "stack_level",
        ]


def test_answers_of_autogluon_with_an_index():
    wide = ",m1,m2\na,cat,cat\nb,dog,dog\nc,dog,cat\n"
    bundle = load({"samples.csv": SAMPLES, "predict_multi.csv": wide})
    assert answers(bundle)["m1"] == {"a": "cat", "b": "dog", "c": "dog"}


PROBLEMS = {
    "text in a cell": (
        {"w.csv": WIDE.replace("0.1,0.5", "0.1,high")},
        "w.csv, row 3, column 'm2__cat': found 'high'; expected a number with a decimal point",
    ),
    "a decimal comma": (
        {"w.csv": WIDE.replace("0.1,0.5", '0.1,"0,5"')},
        "w.csv, row 3, column 'm2__cat': found '0,5'",
    ),
    "nan as text": (
        {"m1.csv": ONE.replace("0.8", "nan")},
        "m1.csv, row 4, column 'dog': found 'nan'",
    ),
    "an empty cell": (
        {"m1.csv": ONE.replace("0.8", "")},
        "m1.csv, row 4, column 'dog': the cell is empty, but others of the same model",
    ),
    "a sum that is not 1": (
        {"m1.csv": ONE.replace("0.8", "0.7")},
        "m1.csv, row 4, model 'm1' (sample 'b'): found values from 0.2 to 0.7 with sum 0.9",
    ),
    "a sum in a long table": (
        {"x.csv": LONG.replace("c,m2,0.7", "c,m2,0.9")},
        "x.csv, row 6, model 'm2' (sample 'c'): found values from 0.3 to 0.9",
    ),
    "a model without a class": (
        {"w.csv": "\n".join(line.rsplit(",", 1)[0] for line in WIDE.split("\n"))},
        "w.csv: model 'm1' has no column for 'cat', but others have; expected 'm1__cat'",
    ),
    "a file without a class": (
        {"m1.csv": ONE, "m2.csv": "id,cat,dog,eel\na,0.5,0.5,0\nb,0.2,0.8,0\nc,0.7,0.3,0\n"},
        "m1.csv: model 'm1' has no column for 'eel'; expected one for each of the 3 classes",
    ),
    "a class that the list does not have": (
        {"m1.csv": ONE.replace("cat", "Cat"), "classes.csv": "label\ncat\ndog\n"},
        "m1.csv: 'Cat', with a column of probabilities of 'm1', is not among the 2 classes",
    ),
    "a label without a column": (
        {"m1.csv": ONE.replace("cat", "Cat")},
        "'cat' is among the labels or predictions but not among the 2 classes of m1.csv",
    ),
    "attributes that look like probabilities": (
        {"m1.csv": ONE, "mix.csv": "id,u,v\na,0.25,0.75\nb,0.5,0.5\nc,0.1,0.9\n"},
        "mix.csv: 'u', 'v' sum to 1 like probabilities, but none of them is a class (those are",
    ),
    "only such attributes": (
        {"mix.csv": "id,u,v\na,0.25,0.75\nb,0.5,0.5\nc,0.1,0.9\n"},
        "or say --column group=NAME for columns that hold no probabilities.",
    ),
    "two ways to part the names": (
        {"w.csv": "id,a__b__c,a__b__d\n1,0.5,0.5\n", "samples.csv": "id,label\n1,x\n"},
        "w.csv: column 'a__b__c' may be class 'c' of model 'a__b' or class 'b__c' of model 'a'",
    ),
    "two answers for one sample": (
        {"m1.csv": ONE + "a,0.9,0.1\n"},
        "m1.csv, row 5: model 'm1' has other probabilities for sample 'a' than in row 3",
    ),
    "the same model twice": (
        {"m1.csv": ONE, "p.npz": npz(m1=P1)},
        "p.npz and m1.csv both hold probabilities of 'm1'",
    ),
    "unknown ids": (
        {"m1.csv": ONE.replace("\nc", "\n3").replace("\na", "\n1").replace("\nb", "\n2")},
        "m1.csv: none of its ids is in samples.csv; found for instance '3'",
    ),
}


@pytest.mark.parametrize("case", PROBLEMS)
def test_a_problem_names_its_place(case):
    files, words = PROBLEMS[case]
    problems = outcome({"samples.csv": SAMPLES} | files).problems
    assert words in "\n".join(problems)


WORD = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True).filter(
    lambda name: name not in array_kinds.SPECIAL and name not in array_kinds.UNNAMED
)


ODD_CLASSES = [
    *("None", "nan", "01", "1", "1.0", "0.5", "True", "é", "x,y", 'say "a"', "a b", "a_b"),
    *("a__b", "p_x", "prob_y", "__", "x::y", "_a", "a_"),
]
ODD_MODELS = ["big__m", "a_b", "net::2", "x__y__z", "resnet 50"]


@st.composite
def bundles(draw, odd: bool) -> Bundle:
    model = st.sampled_from(ODD_MODELS) | WORD if odd else WORD
    kind = st.sampled_from(ODD_CLASSES) if odd else WORD.map(str.upper)
    models = sorted(draw(st.lists(model, min_size=1, max_size=3, unique=True)))
    classes = ordered(draw(st.lists(kind, min_size=2, max_size=4, unique=True)))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    samples = draw(st.integers(len(classes), 7))
    single = draw(st.booleans())
    values = random.dirichlet(np.ones(len(classes)), (len(models), samples))
    values = values.astype(np.float32) if single else values
    given_labels = np.arange(samples, dtype=np.int32) % len(classes)
    return Bundle(
        models=tuple(models),
        ids=tuple(f"s{place}" for place in range(samples)),
        classes=tuple(classes),
        predictions=torch.from_numpy(values.argmax(2).astype(np.int32)),
        labels=torch.from_numpy(given_labels),
        probabilities={m: torch.from_numpy(v) for m, v in zip(models, values, strict=True)},
    )


def written(bundle: Bundle, form: str, random: shuffling.Random) -> dict:
    """The files of a bundle's probabilities in one form, in any order that the form leaves open."""
    classes = random.sample(bundle.classes, len(bundle.classes))
    order = [bundle.classes.index(name) for name in classes]
    models = random.sample(bundle.models, len(bundle.models))
    values = {m: bundle.probabilities[m].numpy() for m in models}
    rows = random.sample(range(len(bundle.ids)), len(bundle.ids))
    ids = [bundle.ids[row] for row in rows]
    text = {
        m: [[repr(x) for x in v[row, order].tolist()] for row in rows] for m, v in values.items()
    }
    if values[models[0]].dtype == np.float32:
        text = {m: [[str(x) for x in v[row, order]] for row in rows] for m, v in values.items()}
    names = [f"{model}__{kind}" for model in models for kind in classes]
    columns = {
        f"{m}__{k}": values[m][rows, i] for m in models for k, i in zip(classes, order, strict=True)
    }
    if form == "npz":
        return {"p.npz": npz(ids=np.array(ids), **{m: values[m][rows] for m in models})}
    if form == "safetensors":
        if len(models) == len(ids):  # nothing tells the axes apart
            return {"p.safetensors": safetensors(**values)}
        stack = np.stack([values[m] for m in models])
        return {
            "p.safetensors": safetensors({"models": str(models).replace("'", '"')}, probs=stack)
        }
    if form == "wide":
        cells = [[i, *(x for m in models for x in text[m][n])] for n, i in enumerate(ids)]
        return {"wide.csv": csv_text(["sample_id", *names], cells)}
    if form == "parquet":
        return {"wide.parquet": parquet({"sample_id": ids, **columns})}
    if form == "feather":
        stream = io.BytesIO()
        pa.feather.write_feather(pa.table({"sample_id": ids, **columns}), stream)
        return {"wide.feather": stream.getvalue()}
    if form == "files":
        return {
            f"{m}.csv": csv_text(["id", *classes], [[i, *text[m][n]] for n, i in enumerate(ids)])
            for m in models
        }
    cells = [[i, m, *text[m][n]] for m in models for n, i in enumerate(ids)]
    random.shuffle(cells)
    return {"long.csv": csv_text(["id", "model", *(f"prob_{k}" for k in classes)], cells)}


@settings(max_examples=120, deadline=None)
@given(
    bundle=bundles(odd=False) | bundles(odd=True),
    form=st.sampled_from(["npz", "safetensors", "wide", "parquet", "feather", "files", "long"]),
    random=st.randoms(use_true_random=False),
)
def test_any_form_in_any_order_is_the_same_bundle(bundle, form, random):
    names = [bundle.classes[code] for code in bundle.labels.tolist()]
    samples = csv_text(["sample_id", "label"], list(zip(bundle.ids, names, strict=True)))
    again = load({"samples.csv": samples} | written(bundle, form, random))
    arrays = {m: bundle.probabilities[m].numpy() for m in again.models}
    listed = csv_text(["label"], [[name] for name in bundle.classes])
    canonical = load(
        {"samples.csv": samples, "classes.csv": listed, "probabilities.npz": npz(**arrays)}
    )
    assert set(again.models) == set(bundle.models)
    assert again.fingerprint == canonical.fingerprint


@settings(max_examples=60, deadline=None)
@given(
    bundle=bundles(odd=False),
    form=st.sampled_from(["wide", "files", "long"]),
    random=st.randoms(use_true_random=False),
)
def test_a_broken_cell_is_named(bundle, form, random):
    names = [bundle.classes[code] for code in bundle.labels.tolist()]
    samples = csv_text(["sample_id", "label"], list(zip(bundle.ids, names, strict=True)))
    files = written(bundle, form, random)
    file = random.choice(sorted(files))
    lines = files[file].splitlines()
    row = random.randrange(1, len(lines))
    cells = lines[row].split(",")
    column = random.randrange(2 if form == "long" else 1, len(cells))
    cells[column] = "broken"
    lines[row] = ",".join(cells)
    files[file] = "\n".join(lines)
    place = f"{file}, row {row + 1}, column '{lines[0].split(',')[column]}': found 'broken'"
    assert place in outcome({"samples.csv": samples} | files).problems[0]


def test_a_row_without_a_model_is_a_problem():
    table = LONG.replace("c,m1,", "c,,") + "c,,0.5,0.5\n"
    assert outcome({"samples.csv": SAMPLES, "x.csv": table}).problems == (
        "x.csv, row 4: the model name in column 'model' is empty (1 more like it); expected a "
        "model name in every row. Fill it in or remove the row.",
    )


def test_two_files_of_the_same_name_take_their_folder():
    files = {"one/p.csv": ONE, "two/p.CSV": TWO, "three/samples.csv": SAMPLES}
    assert load(files).models == ("one/p", "two/p")
    beside = {"one/p.csv": ONE, "two/p.csv": SAMPLES}
    assert load(beside).models == ("p",)


def test_a_number_beyond_float32_is_refused_without_a_warning_on_the_screen():
    rows = [
        {"sample_id": "b", "m1__dog": 1e300, "m1__cat": 0.2},
        {"sample_id": "a", "m1__dog": 0.1, "m1__cat": 0.9},
        {"sample_id": "c", "m1__dog": 0.6, "m1__cat": 0.4},
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        problems = outcome({"samples.csv": SAMPLES, "wide.json": json.dumps(rows)}).problems
    assert "expected values from 0 to 1 that sum to 1" in problems[0]
