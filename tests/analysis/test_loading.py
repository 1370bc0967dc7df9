"""Known small cases for each accepted form, and the real sets."""

import io
import json
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from array_files import LONG, P1, P2, SAMPLES, answers, labels, load, npy, npz
from forms import zipped

from analysis.bundle import BundleError
from analysis.loading import Source, load_bundle, read, reading

DATA = Path(
    os.environ.get("DISSENSUS_DATA") or Path(__file__).parents[2].parent / "shared" / "data"
)


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setattr(reading, "STRICT", True)


def inputs(files: dict) -> list[Source]:
    return [
        Source(name, content.encode() if isinstance(content, str) else content)
        for name, content in files.items()
    ]


def parquet(**columns) -> bytes:
    stream = io.BytesIO()
    pd.DataFrame(columns).to_parquet(stream, index=False)
    return stream.getvalue()


EXPECTED = {"m1": {"a": "cat", "b": "dog", "c": "dog"}, "m2": {"a": "dog", "b": "dog", "c": "cat"}}


def test_long_predictions_join_by_id():
    bundle = load({"samples.csv": SAMPLES, "predictions.csv": LONG})
    assert bundle.ids == ("a", "b", "c")
    assert bundle.classes == ("cat", "dog")
    assert answers(bundle) == EXPECTED
    assert labels(bundle) == ["cat", "dog", "cat"]
    assert bundle.correct.tolist() == [[True, True, False], [False, True, True]]
    assert bundle.attributes["colour"].tolist() == ["red", "blue", "red"]
    assert bundle.groups["colour"].levels == ("blue", "red")
    assert bundle.groups["colour"].codes.tolist() == [1, 0, 1]
    assert bundle.groups["label"].levels == ("cat", "dog")


def test_wide_predictions_beside_a_samples_table():
    wide = "id,m1,m2\nc,dog,cat\na,cat,dog\nb,dog,dog\n"
    assert answers(load({"samples.csv": SAMPLES, "all.csv": wide})) == EXPECTED


def test_wide_file_with_labels_serves_as_samples_and_keeps_attributes():
    wide = "Sample ID,gold,colour,m1,m2\na,cat,red,cat,dog\nb,dog,blue,dog,dog\nc,cat,red,dog,cat\n"
    bundle = load({"data.csv": wide})
    assert answers(bundle) == EXPECTED
    assert labels(bundle) == ["cat", "dog", "cat"]
    assert list(bundle.attributes) == ["colour"]
    assert any("'colour' is an attribute" in note for note in bundle.notes)
    assert any("'gold' is read as the label" in note for note in bundle.notes)


def test_one_file_per_model_takes_the_name_of_the_file():
    files = {
        "samples.csv": SAMPLES,
        "m1.csv": "id,prediction,confidence\nc,dog,0.5\nb,dog,\na,cat,0.9\n",
        "m2.csv": "id,pred\na,dog\nb,dog\nc,cat\n",
    }
    bundle = load(files)
    assert answers(bundle) == EXPECTED
    assert bundle.confidence[0].tolist() == pytest.approx([0.9, np.nan, 0.5], nan_ok=True)
    assert bundle.confidence[1].isnan().all()


def test_one_file_per_model_may_carry_the_labels():
    files = {
        "m1.csv": "id,label,prediction\na,cat,cat\nb,dog,dog\n",
        "m2.csv": "id,label,prediction\nb,dog,dog\nc,cat,cat\n",
    }
    bundle = load(files)
    assert labels(bundle) == ["cat", "dog", "cat"]
    assert answers(bundle)["m2"] == {"a": None, "b": "dog", "c": "cat"}


def test_models_of_equally_named_files_are_told_apart_by_their_folders(tmp_path):
    for name, answer in (("run1", "cat"), ("run2", "dog")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "answers.csv").write_text(f"id,label,prediction\na,cat,{answer}\n")
    result = read([tmp_path / "run1" / "answers.csv", tmp_path / "run2" / "answers.csv"])
    assert [model[-12:] for model in result.bundle.models] == ["run1/answers", "run2/answers"]


def test_arrays_follow_the_samples_and_ties_go_to_the_lowest_class():
    bundle = load({"samples.csv": SAMPLES, "p.npz": npz(m1=P1, m2=P2)})
    assert bundle.models == ("m1", "m2")
    assert answers(bundle)["m2"] == {"a": "cat", "b": "dog", "c": "cat"}
    assert torch.equal(bundle.probabilities["m1"], torch.from_numpy(P1))
    assert any("sorted labels" in note for note in bundle.notes)


def test_array_named_after_a_model_and_class_order_from_a_file():
    files = {"samples.csv": SAMPLES, "m1.npy": npy(P1), "classes.csv": "label\ndog\ncat\n"}
    bundle = load(files)
    assert bundle.classes == ("dog", "cat")
    assert answers(bundle)["m1"] == {"a": "dog", "b": "cat", "c": "cat"}


def test_class_index_gives_the_order_of_the_class_list():
    files = {
        "samples.csv": SAMPLES,
        "m1.npy": npy(P1),
        "classes.csv": "class_index,label\n1,cat\n0,dog\n",
    }
    assert load(files).classes == ("dog", "cat")


def test_positions_in_the_class_order_become_names():
    files = {
        "classes.csv": "label\ncat\ndog\n",
        "wide.csv": "id,label,m1,m2\na,0,0,1\nb,1,1,1\nc,0,1,0\n",
    }
    bundle = load(files)
    assert answers(bundle) == EXPECTED
    assert any("positions in the class order" in note for note in bundle.notes)


def test_npz_with_ids_labels_and_classes_needs_nothing_else():
    arrays = npz(
        ids=np.array(["c", "a"]), labels=np.array([1, 0]), classes=np.array(["x", "y"]), m1=P1[:2]
    )
    bundle = load({"all.npz": arrays})
    assert bundle.ids == ("c", "a")
    assert labels(bundle) == ["y", "x"]
    assert answers(bundle) == {"m1": {"c": "x", "a": "y"}}


def test_arrays_with_ids_join_by_id_and_leave_gaps():
    arrays = npz(sample_ids=np.array(["c", "a"]), m1=P1[:2])
    bundle = load({"samples.csv": SAMPLES, "p.npz": arrays})
    assert answers(bundle)["m1"] == {"a": "dog", "b": None, "c": "cat"}
    assert bundle.probabilities["m1"][2].tolist() == pytest.approx([0.9, 0.1])


def test_predictions_win_over_the_arg_max_and_the_difference_is_counted():
    bundle = load({"samples.csv": SAMPLES, "predictions.csv": LONG, "p.npz": npz(m2=P2)})
    assert answers(bundle) == EXPECTED
    assert any("1 prediction of 'm2' differs" in note for note in bundle.notes)


def test_logits_are_recognised_and_become_probabilities():
    logits = np.log(P1) + 3
    bundle = load({"samples.csv": SAMPLES, "m1.npy": npy(logits)})
    assert torch.allclose(bundle.probabilities["m1"], torch.from_numpy(P1), atol=1e-6)
    assert any("read as logits" in note for note in bundle.notes)


def test_values_by_hand_make_logits_of_numbers_between_0_and_1():
    values = np.array([[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]])
    bundle = load({"samples.csv": SAMPLES, "m1.npy": npy(values)}, values="logits")
    assert bundle.probabilities["m1"][0, 1].item() == pytest.approx(np.e / (1 + np.e))


def test_probabilities_of_a_missing_answer_are_not_checked():
    values = P1.copy()
    values[1] = np.nan
    long = LONG.replace("b,m1,dog", "b,m1,")
    bundle = load({"samples.csv": SAMPLES, "long.csv": long, "m1.npy": npy(values)})
    assert answers(bundle)["m1"]["b"] is None


def test_folder_reads_canonical_names_and_lists_the_others(tmp_path):
    (tmp_path / "samples.csv").write_text(SAMPLES)
    (tmp_path / "predictions.csv").write_text(LONG)
    (tmp_path / "old_predictions.csv").write_text("rubbish")
    (tmp_path / "probabilities").mkdir()
    np.save(tmp_path / "probabilities" / "m2.npy", P2)
    np.save(tmp_path / "thumbnails.npy", np.zeros((3, 4, 4, 3), dtype=np.uint8))
    (tmp_path / "models.csv").write_text("model,family,cost\nm2,big,2.5\nmx,small,1\n")
    np.save(tmp_path / "embeddings.npy", np.eye(3))
    result = read([tmp_path])
    assert not result.problems
    assert any("old_predictions.csv" in note for note in result.notes)
    assert result.bundle.thumbnails.shape == (3, 4, 4, 3)
    assert result.bundle.model_info["family"].tolist() == [None, "big"]
    assert result.bundle.model_info["cost"].tolist() == pytest.approx([np.nan, 2.5], nan_ok=True)
    assert any("'mx' not used" in note for note in result.notes)
    assert result.bundle.embeddings.dtype == torch.float32
    assert list(result.bundle.probabilities) == ["m2"]


def test_zip_of_a_folder_reads_like_the_folder():
    files = {"samples.csv": SAMPLES, "predictions.csv": LONG, "probabilities/m2.npy": npy(P2)}
    plain = load({"bundle.zip": zipped(files)})
    nested = {f"my bundle/{name}": content for name, content in files.items()}
    inside = load({"bundle.zip": zipped({**nested, "__MACOSX/._samples.csv": "x"})})
    assert answers(plain) == answers(inside) == EXPECTED
    assert plain.fingerprint == inside.fingerprint


def test_text_is_text():
    samples = (
        "sample_id,label,code,number,version\n1,None,01,5,1.1\n2,nan,02,,1.10\n3,True,3,7.5,2\n"
    )
    wide = "sample_id,m1\n1,None\n2,NaN\n3,True\n"
    bundle = load({"samples.csv": samples, "predictions.csv": wide})
    assert bundle.classes == ("NaN", "None", "True", "nan")
    assert bundle.correct.tolist() == [[True, False, True]]
    assert bundle.attributes["code"].tolist() == ["01", "02", "3"]
    assert bundle.attributes["number"].tolist() == pytest.approx([5, np.nan, 7.5], nan_ok=True)
    assert bundle.attributes["version"].tolist() == ["1.1", "1.10", "2"]
    assert any("'code' stays text" in note for note in bundle.notes)


def test_numbers_are_ordered_as_numbers_and_ids_keep_leading_zeros():
    wide = "sample_id,label,m1,m2\n001,10,9,10\n1,9,9,9\n"
    bundle = load({"wide.csv": wide})
    assert bundle.ids == ("001", "1")
    assert bundle.classes == ("9", "10")


@pytest.mark.parametrize(
    ("label", "option", "expected"),
    [
        ("cat", {}, None),
        ("cat", {"empty": "answer"}, ""),
        ("cat", {"missing_markers": ("-",)}, None),
    ],
)
def test_empty_prediction_is_missing_unless_said_otherwise(label, option, expected):
    wide = f"sample_id,label,m1,m2\na,{label},,cat\nb,dog,dog,-\n"
    bundle = load({"wide_predictions.csv": wide}, **option)
    assert answers(bundle)["m1"]["a"] == expected
    assert answers(bundle)["m2"]["b"] == (None if "missing_markers" in option else "-")


def test_empty_prediction_is_an_answer_where_parquet_holds_an_empty_label():
    samples = parquet(sample_id=["a", "b"], label=["", "x"])
    long = parquet(sample_id=["a", "b"], model=["m", "m"], prediction=["", None])
    bundle = load({"samples.parquet": samples, "long.parquet": long})
    assert answers(bundle) == {"m": {"a": "", "b": None}}
    assert labels(bundle) == ["", "x"]


def test_whole_numbers_in_parquet_lose_no_form_through_gaps():
    samples = parquet(sample_id=[1, 2], label=[7, 8])
    long = parquet(sample_id=[1, 2], model=["m", "m"], prediction=[7.0, None])
    assert answers(load({"s.parquet": samples, "l.parquet": long})) == {"m": {"1": "7", "2": None}}


def test_missing_attributes_are_a_level_of_their_own():
    samples = "sample_id,label,g,n\na,x,p,1\nb,y,,2\nc,x,q,\n"
    bundle = load({"samples.csv": samples, "long.csv": "id,model,prediction\na,m,x\n"})
    assert bundle.groups["g"].levels == ("p", "q", "(missing)")
    assert bundle.groups["g"].codes.tolist() == [0, 2, 1]
    assert bundle.groups["n"].levels == ("1", "2", "(missing)")


def test_groups_follow_the_rules_and_the_option():
    rows = "\n".join(f"s{i},{i % 2},{i},{i % 30},text {i},g{i % 3}" for i in range(90))
    files = {
        "samples.csv": f"sample_id,label,unique,many,text,few\n{rows}\n",
        "long.csv": "id,model,prediction\ns1,m,1\n",
    }
    bundle = load(files)
    assert list(bundle.groups) == ["few", "label"]
    assert any("'unique', 'many', 'text' are not used for groups" in n for n in bundle.notes)
    assert list(load(files, groups=("many",)).groups) == ["many"]
    assert len(load(files, groups=("many",)).groups["many"].levels) == 30
    assert list(load(files, columns={"group": ("many",)}).groups) == ["many", "few", "label"]


def test_unit_id_fills_units_and_is_no_group():
    samples = "sample_id,label,unit_id\na,x,u9\nb,y,u2\nc,x,u9\nd,y,\n"
    bundle = load({"samples.csv": samples, "long.csv": "id,model,prediction\na,m,x\n"})
    assert bundle.units.tolist() == [0, 1, 0, 2]
    assert "unit_id" not in bundle.groups


def test_no_labels_at_all_is_fine():
    bundle = load({"long.csv": LONG})
    assert bundle.labels is None
    assert bundle.ids == ("a", "b", "c")
    assert any("no labels" in note for note in bundle.notes)
    assert any("no samples table" in note for note in bundle.notes)


def test_wide_without_labels_is_told_by_shared_values():
    bundle = load({"data.csv": "id,note,m1,m2\na,first,cat,dog\nb,second,dog,dog\n"})
    assert bundle.models == ("m1", "m2")


def test_one_model_and_one_sample_are_fine():
    bundle = load({"x.csv": "sample_id,label,prediction\na,cat,dog\n"})
    assert (bundle.models, bundle.ids) == (("x",), ("a",))


def test_rows_that_belong_nowhere_are_counted():
    result = read(inputs({"samples.csv": SAMPLES, "long.csv": LONG + "zz,m1,cat\nzy,m2,cat\n"}))
    assert any("2 rows not used" in note and "'zz', row 8" in note for note in result.notes)
    bundle = load({"samples.csv": SAMPLES, "long.csv": "id,model,prediction\na,m,cat\n"})
    assert any("2 samples without any answer (first: 'b')" in note for note in bundle.notes)


def test_equal_duplicates_count_once_and_are_noted():
    bundle = load({"samples.csv": SAMPLES, "long.csv": LONG + "a,m1,cat\na,m1,cat\nb,m2,dog\n"})
    assert answers(bundle) == EXPECTED
    assert any("3 rows repeat an answer" in note for note in bundle.notes)


def test_columns_by_hand_and_ignored_columns():
    files = {
        "data.csv": "key,who,said,truth,junk\na,m1,cat,cat,1\nb,m1,dog,dog,2\n",
    }
    columns = {"id": "key", "model": "who", "prediction": "said", "ignore": ("junk",)}
    bundle = load(files, columns=columns)
    assert answers(bundle) == {"m1": {"a": "cat", "b": "dog"}}
    assert labels(bundle) == ["cat", "dog"]
    assert not bundle.attributes


def test_prediction_columns_by_hand_settle_a_wide_table():
    wide = "id,u,v,w\na,p,q,r\nb,s,t,z\n"
    bundle = load({"data.csv": wide}, columns={"prediction": ("u", "v"), "group": "w"})
    assert bundle.models == ("u", "v")
    assert bundle.attributes["w"].tolist() == ["r", "z"]


def test_embeddings_table_joins_by_id():
    table = "sample_id,e0,e1\nc,3.5,-1\nb,2.25,0\na,1.5,1\n"
    bundle = load({"samples.csv": SAMPLES, "long.csv": LONG, "vectors.csv": table})
    assert bundle.embeddings.tolist() == [[1.5, 1], [2.25, 0], [3.5, -1]]


def test_graded_log_without_answers_fills_grades():
    log = "sample_id,model,correct\na,m1,1\nb,m1,0\na,m2,\n"
    bundle = load({"log.csv": log})
    assert bundle.grades.tolist() == [[1, 0], [-1, -1]]
    assert bundle.predictions.tolist() == [[-1, -1], [-1, -1]]


def test_grades_that_contradict_the_labels_are_counted_and_used():
    log = "id,model,prediction,correct\na,m1,CAT,1\nb,m1,dog,0\nc,m1,cat,1\n"
    bundle = load({"samples.csv": SAMPLES, "log.csv": log})
    assert bundle.grades.tolist() == [[1, 0, 1]]
    assert any("1 answer graded right" in n and "1 graded wrong" in n for n in bundle.notes)


def test_runs_become_models_of_their_own():
    log = "id,model,run,prediction\na,m,1,cat\na,m,2,dog\n"
    bundle = load({"samples.csv": SAMPLES, "log.csv": log})
    assert bundle.models == ("m (run 1)", "m (run 2)")
    assert bundle.model_info["base_model"].tolist() == ["m", "m"]


def test_quoted_line_breaks_semicolons_and_a_byte_order_mark_are_read():
    text = '\ufeffsample_id;label;m1\na;"x\n;y";"x\n;y"\nb;z;z\n'
    bundle = load({"wide.csv": text})
    assert bundle.classes == ("x\n;y", "z")
    assert bool(bundle.correct.all())


def test_found_tells_form_roles_and_a_preview():
    result = read(inputs({"samples.csv": SAMPLES, "long.csv": LONG, "m3.npy": npy(P1)}))
    forms = {found.file: found.form for found in result.found}
    assert forms == {
        "samples.csv": "samples table",
        "long.csv": "long predictions",
        "m3.npy": "probabilities",
    }
    samples = next(found for found in result.found if found.file == "samples.csv")
    assert samples.columns == {"sample_id": "sample id", "label": "label", "colour": "attribute"}
    assert samples.preview[0] == ("sample_id", "label", "colour")
    assert samples.preview[1] == ("a", "cat", "red")
    assert samples.rows == 3


def test_load_bundle_raises_all_problems_one_per_line(tmp_path):
    (tmp_path / "a.csv").write_text("")
    (tmp_path / "b.txt").write_text("x")
    with pytest.raises(BundleError) as raised:
        load_bundle(tmp_path / "a.csv", tmp_path / "b.txt")
    assert len(str(raised.value).splitlines()) == 2


def shared(name: str) -> Path:
    if not (DATA / name).is_dir():
        pytest.skip(f"the shared data set {name} is not here; set DISSENSUS_DATA to its folder")
    return DATA / name


def expected(folder: Path) -> dict:
    return json.loads((folder / "expected.json").read_text())


@pytest.mark.parametrize("form", ["folder", "wide"])
def test_cifar10_1_reproduces_its_accuracies(form):
    folder = shared("cifar10_1")
    paths = (
        [folder] if form == "folder" else [folder / "predictions_wide.csv", folder / "samples.csv"]
    )
    bundle = load_bundle(*paths)
    known = expected(folder)
    assert bundle.models == tuple(known["models"])
    assert len(bundle.ids) == 14_021
    for split, level in zip(known["splits"].values(), known["splits"], strict=True):
        grouping = bundle.groups["split"]
        here = grouping.codes == grouping.levels.index(level)
        assert int(here.sum()) == split["n_samples"]
        accuracy = bundle.correct[:, here].double().mean(1).tolist()
        assert accuracy == pytest.approx(list(split["per_model_accuracy"].values()), abs=1e-8)


def test_cifar100_probs_reproduces_accuracy_and_log_loss():
    folder = shared("cifar100_probs")
    bundle = load_bundle(folder)
    known = expected(folder)["per_model"]
    assert len(bundle.classes) == 100
    labels = bundle.labels.long()
    for row, model in enumerate(bundle.models):
        assert int(bundle.correct[row].sum()) == known[model]["n_right"]
        p = bundle.probabilities[model].double()
        p = (p / p.sum(1, keepdim=True)).gather(1, labels[:, None]).clamp_min(1e-12)
        assert float(-p.log().mean()) == pytest.approx(known[model]["nll_clip_1e12"], abs=1e-6)
    assert len(bundle.groups["superclass"].levels) == 20


@pytest.mark.parametrize("form", ["folder", "parquet", "original"])
def test_gsm_llms_reproduces_accuracies_and_gaps(form):
    folder = shared("gsm_llms")
    paths = {
        "folder": [folder],
        "parquet": [
            folder / "predictions_with_raw_answer.parquet",
            folder / "samples.csv",
            folder / "embeddings_16.csv",
        ],
        "original": [folder / "original" / "wide_answers.csv"],
    }[form]
    bundle = load_bundle(*paths)
    known = expected(folder)
    assert len(bundle.ids) == 1_319
    assert len(bundle.models) == (43 if form == "original" else 44)
    for model, figures in known["per_model"].items():
        row = bundle.models.index(model)
        assert int(bundle.correct[row].sum()) == figures["n_right"]
        assert int((~bundle.answered[row]).sum()) == figures["n_missing"]
    if form != "original":
        partial = bundle.models.index("gemini-1.5-flash-exp-0827")
        assert int(bundle.answered[partial].sum()) == 681
        assert int(bundle.correct[partial].sum()) == 647


def test_mathvista_uses_its_grades():
    folder = shared("mathvista")
    bundle = load_bundle(folder)
    for model, figures in expected(folder)["per_model"].items():
        assert int(bundle.correct[bundle.models.index(model)].sum()) == figures["n_right"]


def test_index_column_of_a_data_frame_is_neither_model_nor_attribute():
    wide = ",sample_id,label,m1,m2\n0,a,cat,cat,dog\n1,b,dog,dog,dog\n2,c,cat,dog,cat\n"
    bundle = load({"data.csv": wide})
    assert answers(bundle) == EXPECTED
    assert not bundle.attributes
    assert any("without a name is not read" in note for note in bundle.notes)


def test_index_column_alone_holds_the_ids():
    bundle = load({"data.csv": ",label,m1\n0,cat,cat\n1,dog,cat\n"})
    assert bundle.ids == ("0", "1")


def test_uploaded_folder_members_keep_their_meaning():
    files = {
        "mine/samples.csv": SAMPLES,
        "mine/predictions.csv": LONG,
        "mine/probabilities/m2.npy": npy(P2),
        "mine/embeddings/m2.npy": npy(np.eye(3)),
    }
    bundle = load(files)
    assert list(bundle.probabilities) == list(bundle.model_embeddings) == ["m2"]


def test_numeric_attribute_is_not_taken_for_a_model():
    random = np.random.default_rng(0)
    truth, other = random.integers(0, 5, 200), random.integers(0, 5, 200)
    rows = "\n".join(
        f"s{i},{t},{t if i % 3 else o},{o}"
        for i, (t, o) in enumerate(zip(truth, other, strict=True))
    )
    files = {"data.csv": f"id,label,m1,objects\n{rows}\n"}
    assert "whether 'objects' holds answers" in read(inputs(files)).problems[0]
    bundle = load(files, columns={"group": "objects"})
    assert bundle.models == ("m1",)
    assert bundle.groups["objects"].levels == ("0", "1", "2", "3", "4")


@pytest.mark.parametrize("text", ["\n\r\n{}", "{}", "{}\n\n\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_blank_lines_and_line_ends_make_no_sample(text, end):
    wide = text.format("sample_id,label,m1\na,x,x\n\nb,y,x").replace("\r\n", "\n")
    bundle = load({"w.csv": wide.replace("\n", end)})
    assert bundle.ids == ("a", "b")
    assert bundle.models == ("m1",)


def test_a_loose_samples_file_keeps_columns_that_sound_like_predictions():
    samples = "sample_id,label,model,score\na,x,ford,3\nb,y,vw,4\n"
    bundle = load({"samples.csv": samples, "predictions.csv": "sample_id,m1\na,x\nb,x\n"})
    assert list(bundle.attributes) == ["model", "score"]


def test_two_hundred_thousand_rows_load_in_a_few_seconds():
    random = np.random.default_rng(0)
    ids = np.array([f"s{i}" for i in range(20_000)])
    long = pd.DataFrame(
        {
            "sample_id": np.tile(ids, 10),
            "model": np.repeat([f"m{i}" for i in range(10)], 20_000),
            "prediction": random.choice(list("abcdefgh"), 200_000),
        }
    ).sample(frac=1, random_state=0)
    start = time.perf_counter()
    bundle = load({"long.csv": long.to_csv(index=False)})
    assert time.perf_counter() - start < 5
    row = bundle.models.index("m3")
    here = long[long["model"] == "m3"].set_index("sample_id")["prediction"]
    given = [bundle.classes[code] for code in bundle.predictions[row].tolist()]
    assert given == here.loc[list(bundle.ids)].tolist()
