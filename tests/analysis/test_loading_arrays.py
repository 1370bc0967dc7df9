"""Arrays in every shape that people save: all models at once, answers, the second class alone."""

import json
import shutil

import numpy as np
import pytest
import torch
from array_files import (
    P1,
    P2,
    SAMPLES,
    answers,
    canonical,
    labels,
    load,
    noted,
    npy,
    npz,
    outcome,
    raw_safetensors,
    safetensors,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.loading import from_arrays, load_bundle, reading, save_bundle
from analysis.loading.file_names import file_models
from analysis.loading.sources import File

EXPECTED = {"m1": {"a": "cat", "b": "dog", "c": "dog"}, "m2": {"a": "cat", "b": "dog", "c": "cat"}}
BOTH = np.stack([P1, P2])
NAMES = np.array(["m1", "m2"])
IDS = np.array(["a", "b", "c"])


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setattr(reading, "STRICT", True)


@pytest.mark.parametrize("name", ["probs", "probabilities", "logits", "predictions", "y_pred", "x"])
@pytest.mark.parametrize("names", ["models", "model_names", "names"])
def test_one_array_of_all_models_takes_their_names(name, names):
    bundle = load({"samples.csv": SAMPLES, "p.npz": npz(**{name: BOTH, names: NAMES})})
    assert bundle.fingerprint == canonical()


def test_an_array_with_the_models_second_is_turned_and_noted():
    turned = npz(probs=BOTH.transpose(1, 0, 2), models=NAMES)
    bundle = load({"samples.csv": SAMPLES, "p.npz": turned})
    assert bundle.fingerprint == canonical()
    assert noted(bundle, "p.npz, array 'probs' is read as [samples, models, classes]")


@pytest.mark.parametrize("turned", [False, True])
def test_models_without_names_are_numbered_and_noted(turned):
    array = BOTH.transpose(1, 0, 2) if turned else BOTH
    bundle = load({"samples.csv": SAMPLES, "zoo.npy": npy(array)})
    assert bundle.models == ("zoo 1", "zoo 2")
    assert torch.equal(bundle.probabilities["zoo 2"], torch.from_numpy(P2))
    assert noted(bundle, "no names of models; they are called 'zoo 1' to 'zoo 2'")
    assert noted(bundle, "[samples, models, classes]") == turned


def test_nothing_says_how_many_samples_there_are():
    bundle = load({"p.npz": npz(probs=BOTH, classes=np.array(["cat", "dog"]))})
    assert bundle.models == ("p 1", "p 2")
    assert bundle.ids == ("0", "1", "2")
    assert noted(
        bundle, "is taken to be [models, samples, classes], because nothing says otherwise"
    )


SHAPES = {
    "as many models as samples": (
        {"p.npz": npz(probs=np.full((3, 3, 2), 0.5), models=np.array(["m", "n", "o"]))},
        ["p.npz, array 'probs' has shape (3, 3, 2), so models and samples cannot be told apart"],
    ),
    "names that fit no side": (
        {"p.npz": npz(probs=BOTH, models=np.array(["m", "n", "o", "q"]))},
        ["expected [models, samples, classes] for 4 models and 3 samples"],
    ),
    "rows that fit no side": (
        {"p.npy": npy(np.full((5, 4, 2), 0.5))},
        ["p.npy has shape (5, 4, 2); expected [models, samples, classes] for 3 samples"],
    ),
    "a name twice": (
        {"p.npz": npz(probs=BOTH, models=np.array(["m", "m"]))},
        ["p.npz, array of the models: 'm' occurs twice; expected 2 different names"],
    ),
    "one number per sample and three classes": (
        {"m1.npy": npy(np.array([0.2, 0.9, 0.4])), "classes.csv": "label\ncat\ndog\neel\n"},
        ["m1.npy has one number per sample for 'm1'", "there are 3 classes"],
    ),
    "ids alone": ({"ids.npy": npy(IDS)}, ["ids.npy holds sample ids and nothing that they"]),
    "four sides": ({"p.npy": npy(np.zeros((2, 2, 2, 2)))}, ["p.npy has shape (2, 2, 2, 2)"]),
    "answers of too few samples": (
        {"p.npz": npz(y_pred=np.array([0, 1]))},
        ["p.npz: the array of 'p' has 2 rows; expected 3"],
    ),
    "answers and ids of another length": (
        {"p.npz": npz(y_pred=np.array([0, 1]), ids=IDS)},
        ["p.npz, array 'y_pred' has 2 rows; expected 3, one per id in the same file"],
    ),
    "the same probabilities twice": (
        {"p.npz": npz(probs=P1, logits=np.log(P1))},
        ["p.npz and p.npz both hold probabilities of 'p'"],
    ),
}


@pytest.mark.parametrize("case", SHAPES)
def test_a_shape_that_fits_no_use_is_explained(case):
    files, words = SHAPES[case]
    problems = outcome({"samples.csv": SAMPLES} | files).problems
    for word in words:
        assert word in "\n".join(problems)


@pytest.mark.parametrize(
    "array",
    [
        np.array([["cat", "dog", "dog"], ["cat", "dog", "cat"]]),
        np.array([[0, 1, 1], [0, 1, 0]]),
        np.array([["cat", "cat"], ["dog", "dog"], ["dog", "cat"]]),
        np.array([[0, 0], [1, 1], [1, 0]], dtype=np.int8),
    ],
)
def test_answers_of_all_models_at_once(array):
    file = npz(predictions=array, models=NAMES, classes=np.array(["cat", "dog"]))
    bundle = load({"samples.csv": SAMPLES, "p.npz": file})
    assert answers(bundle) == EXPECTED
    assert not bundle.probabilities


def test_answers_of_single_models_by_array_name_and_by_file_name():
    files = {"samples.csv": SAMPLES, "classes.csv": "label\ncat\ndog\n"}
    of_arrays = npz(m1=np.array([0, 1, 1]), m2=np.array(["cat", "dog", "cat"]))
    assert answers(load({**files, "p.npz": of_arrays})) == EXPECTED
    of_files = {"m1.npy": npy(np.array([0, 1, 1])), "m2.npz": npz(y_pred=np.array([0, 1, 0]))}
    bundle = load(files | of_files)
    assert answers(bundle) == EXPECTED
    assert noted(bundle, "m2.npz: the answers are positions in the class order")


def test_answers_that_are_numbers_stay_what_the_labels_are():
    samples = "sample_id,label\na,0\nb,1\nc,7\n"
    bundle = load({"samples.csv": samples, "m.npy": npy(np.array([0, 7, 7]))})
    assert answers(bundle) == {"m": {"a": "0", "b": "7", "c": "7"}}
    file = npz(labels=np.array([0, 1, 1]), m=np.array([1, 1, 0]), classes=np.array(["p", "q"]))
    both = load({"s.npz": file})
    assert answers(both) == {"m": {"0": "q", "1": "q", "2": "p"}}
    assert labels(both) == ["p", "q", "q"]


def test_positions_are_positions_for_labels_of_a_table_too():
    samples = "sample_id,label\na,0\nb,1\nc,0\n"
    files = {"classes.csv": "label\ncat\ndog\n", "m1.npy": npy(np.array([0, 1, 1]))}
    bundle = load({"samples.csv": samples, **files})
    assert labels(bundle) == ["cat", "dog", "cat"]
    assert answers(bundle) == {"m1": EXPECTED["m1"]}


@pytest.mark.parametrize("array", [np.array([0, -1, 5]), np.array([0, np.nan, 5.0])])
def test_minus_one_and_nan_are_missing_answers_and_noted(array):
    bundle = load({"samples.csv": "sample_id,label\na,0\nb,5\nc,5\n", "m.npy": npy(array)})
    assert answers(bundle) == {"m": {"a": "0", "b": None, "c": "5"}}
    assert noted(bundle, "1 answer of 'm' is -1 or NaN and read as a missing answer")


def test_answers_with_ids_join_by_id():
    file = npz(ids=np.array(["c", "a"]), m1=np.array(["dog", "cat"]))
    bundle = load({"samples.csv": SAMPLES, "p.npz": file})
    assert answers(bundle) == {"m1": {"a": "cat", "b": None, "c": "dog"}}


def test_answers_and_probabilities_of_the_same_models_meet():
    file = npz(
        probs=BOTH, preds=np.array([[0, 1, 1], [1, 1, 0]]), models=NAMES, classes=["cat", "dog"]
    )
    bundle = load(
        {"samples.csv": SAMPLES, "p.npz": file},
    )
    assert answers(bundle)["m2"] == {"a": "dog", "b": "dog", "c": "cat"}
    assert list(bundle.probabilities) == ["m1", "m2"]
    assert noted(bundle, "1 prediction of 'm2' differs from its most probable class")


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_one_number_per_sample_is_the_probability_of_the_second_of_two_classes(shape):
    values = np.array([0.25, 0.75, 0.5], dtype=np.float32)
    bundle = load({"samples.csv": SAMPLES, "m.npy": npy(values.reshape(shape))})
    assert bundle.probabilities["m"].tolist() == [[0.75, 0.25], [0.25, 0.75], [0.5, 0.5]]
    assert answers(bundle) == {"m": {"a": "cat", "b": "dog", "c": "cat"}}
    assert noted(bundle, "read as the probability of 'dog', the second class")


def test_second_class_of_all_models_at_once():
    file = npz(probs=np.array([[0.25, 0.75, 0.5], [0.5, 1.0, 0.0]]), models=NAMES)
    bundle = load({"samples.csv": SAMPLES, "p.npz": file})
    assert bundle.probabilities["m2"].tolist() == [[0.5, 0.5], [0, 1], [1, 0]]


def test_everything_inside_one_file():
    pictures = np.arange(3 * 4 * 4 * 3, dtype=np.uint8).reshape(3, 4, 4, 3)
    file = npz(
        probs=BOTH[:, [2, 0, 1]],
        models=NAMES,
        ids=np.array(["c", "a", "b"]),
        y_true=np.array([0, 0, 1]),
        class_names=np.array(["cat", "dog"]),
        embeddings=np.eye(3),
        thumbnails=pictures,
    )
    bundle = load({"all.npz": file})
    assert bundle.ids == ("c", "a", "b")
    assert labels(bundle) == ["cat", "cat", "dog"]
    assert answers(bundle) == {m: {i: own[i] for i in bundle.ids} for m, own in EXPECTED.items()}
    assert bundle.embeddings.tolist() == np.eye(3).tolist()
    assert np.array_equal(bundle.thumbnails, pictures)


def test_thumbnails_with_ids_follow_the_samples():
    pictures = np.arange(3, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
    file = npz(m=P1[[2, 0, 1]], ids=np.array(["c", "a", "b"]), thumbnails=pictures)
    bundle = load({"samples.csv": SAMPLES, "p.npz": file})
    assert bundle.thumbnails[:, 0, 0, 0].tolist() == [1, 2, 0]


def test_a_file_per_model_with_a_plain_array_name_takes_the_name_of_the_file():
    files = {"m1.npz": npz(probs=P1), "m2.safetensors": safetensors(logits=P2)}
    assert load({"samples.csv": SAMPLES, **files}).fingerprint == canonical()


def test_safetensors_reads_like_npz():
    file = safetensors({"classes": '["cat", "dog"]', "ids": '["a", "b", "c"]'}, m1=P1, m2=P2)
    bundle = load({"samples.csv": SAMPLES, "p.safetensors": file})
    assert bundle.fingerprint == canonical()
    named = safetensors({"models": '["m1", "m2"]'}, probs=BOTH)
    assert load({"samples.csv": SAMPLES, "p.safetensors": named}).fingerprint == canonical()
    assert load({"samples.csv": SAMPLES, "model.bin": named}).fingerprint == canonical()


def test_a_folder_holds_safetensors_for_all_models_or_for_one(tmp_path):
    for name, files in {
        "all": {"probabilities.safetensors": safetensors(m1=P1, m2=P2)},
        "each": {
            "probabilities/m1.safetensors": safetensors(probs=P1),
            "probabilities/m2.safetensors": safetensors({"classes": '["cat", "dog"]'}, x=P2),
        },
    }.items():
        folder = tmp_path / name
        (folder / "probabilities").mkdir(parents=True)
        (folder / "samples.csv").write_text(SAMPLES)
        for file, content in files.items():
            (folder / file).write_bytes(content)
        assert load_bundle(folder).fingerprint == canonical()


def test_labels_of_an_array_that_contradict_those_of_a_table_are_a_problem():
    files = {"samples.csv": SAMPLES, "p.npz": npz(m1=P1, labels=np.array(["cat", "cat", "cat"]))}
    (problem,) = outcome(files).problems
    assert "p.npz, array 'labels': sample 'b' has the label 'cat', but 'dog' in samples" in problem
    files["p.npz"] = npz(m1=P1, labels=np.array([0, 1, 0]))
    assert "or name the classes in order in classes.csv" in outcome(files).problems[0]
    files["p.npz"] = npz(m1=P1, labels=np.array([0, 1, 0]), classes=np.array(["cat", "dog"]))
    assert labels(load(files)) == ["cat", "dog", "cat"]


def test_a_file_without_a_suffix_is_known_by_its_content():
    for content in (npy(P1), safetensors(probs=P1)):
        assert load({"samples.csv": SAMPLES, "m1": content}).models == ("m1",)


def test_a_file_on_disk_without_a_suffix_is_known_by_its_content(tmp_path):
    (tmp_path / "samples.csv").write_text(SAMPLES)
    (tmp_path / "m1").write_bytes(safetensors(probs=P1))
    assert load_bundle(tmp_path / "samples.csv", tmp_path / "m1").models == ("m1",)


def test_names_of_models_may_hold_colons_and_slashes():
    bundle = load({"samples.csv": SAMPLES, "p.npz": npz(**{"net:7b": P1, "maker/net": P2})})
    assert bundle.models == ("net:7b", "maker/net")
    problems = outcome({"p.npz": npz(**{"C:/net": P1})}).problems
    assert "points outside the archive" in problems[0]


def test_brain_floats_become_single_floats():
    halves = np.array([[0.5, 0.5], [0.25, 0.75], [1.0, 0.0]], dtype=np.float32)
    upper = (halves.view(np.uint32) >> 16).astype(np.uint16)
    header = {"m": {"dtype": "BF16", "shape": [3, 2], "data_offsets": [0, 12]}}
    file = raw_safetensors(json.dumps(header).encode(), upper.tobytes())
    bundle = load({"samples.csv": SAMPLES, "m.safetensors": file})
    assert bundle.probabilities["m"].dtype == torch.float32
    assert torch.equal(bundle.probabilities["m"], torch.from_numpy(halves))


def entry(shape, offsets, dtype="F32") -> dict:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


DAMAGED = {
    "terabytes": (
        safetensors(header={"m": entry([2**40, 2], [0, 2**43])}, m=P1),
        "x.safetensors, tensor 'm' claims the bytes 0 to 8,796,093,022,208 of 24",
    ),
    "a header of terabytes": (
        (2**42).to_bytes(8, "little") + b"{}" + bytes(50),
        "declares a header of 4,398,046,511,104 bytes but has 60 bytes in all",
    ),
    "overlap": (
        safetensors(header={"n": entry([3], [12, 24])}, m=P1),
        "the tensors 'm' and 'n' share bytes",
    ),
    "a gap": (
        safetensors(header={"m": entry([1], [20, 24])}, m=P1),
        "has 24 bytes that belong to no tensor (from byte 0 of the data)",
    ),
    "bytes behind the last": (
        safetensors(header={"m": entry([1], [0, 4])}, m=P1),
        "has 20 bytes that belong to no tensor (from byte 4 of the data)",
    ),
    "a negative shape": (
        safetensors(header={"m": entry([-3, -2], [0, 24])}, m=P1),
        "tensor 'm' has the shape [-3, -2] and the offsets [0, 24]; expected lists of whole",
    ),
    "a shape of another size": (
        safetensors(header={"m": entry([3, 3], [0, 24])}, m=P1),
        "shape (3, 3) and dtype F32, which is 36 bytes, but claims 24 bytes",
    ),
    "an empty side": (
        safetensors(header={"m": entry([0, 2**62], [0, 0])}),
        "has shape (0, 4611686018427387904) and so holds nothing",
    ),
    "an unknown dtype": (
        safetensors(header={"m": entry([3, 8], [0, 24], "F8_E4M3")}, m=P1),
        "has the dtype F8_E4M3; expected one of F64, F32, F16, BF16",
    ),
    "a name twice": (
        raw_safetensors(
            b'{"m":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},'
            b'"m":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
            b"x",
        ),
        "'m' stands twice in the header; expected each name once",
    ),
    "no JSON": (raw_safetensors(b'{"m": ', b""), "has a header that is no JSON"),
    "a list": (raw_safetensors(b"[1]      ", b""), "has a header that names no tensors"),
    "no tensor": (raw_safetensors(b'{"__metadata__":{}}'), "holds no tensor"),
    "classes that are no list": (
        safetensors({"classes": "cat, dog"}, m=P1),
        "metadata 'classes': found 'cat, dog'; expected a JSON list of names",
    ),
    "classes twice": (
        safetensors({"ids": '["a"]'}, ids=np.array([1]), m=P1),
        "holds 'ids' as a tensor and again in its metadata",
    ),
    "cut short": (safetensors(m=P1)[:-5], "claims the bytes 0 to 24 of 19"),
    "four bytes": (b"\x01\x02\x03\x04", "declares a header"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_safetensors_file_is_explained(case):
    content, words = DAMAGED[case]
    problems = outcome({"samples.csv": SAMPLES, "x.safetensors": content}).problems
    assert len(problems) == 1
    assert words in problems[0]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damaged_arrays_are_never_raised(data):
    good = [
        safetensors({"models": '["m1", "m2"]'}, probs=BOTH),
        safetensors({"ids": '["a", "b", "c"]'}, m=P1),
        npz(probs=BOTH, models=NAMES),
    ]
    content = bytearray(data.draw(st.sampled_from(good)))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    name = data.draw(st.sampled_from(["x.safetensors", "x.npz", "x"]))
    result = outcome({name: bytes(content), "samples.csv": SAMPLES})
    assert (result.bundle is None) == bool(result.problems)


@pytest.mark.timeout(60)
def test_many_models_and_many_classes_cost_no_loop_over_both():
    random = np.random.default_rng(0)
    classes = np.array([f"c{place}" for place in range(100_000)])
    codes = random.integers(0, len(classes), (5_000, 4))
    file = npz(
        y_pred=codes,
        models=np.array([f"m{place}" for place in range(len(codes))]),
        ids=np.array(["a", "b", "c", "d"]),
        labels=codes[0],
        classes=classes,
    )
    bundle = load({"p.npz": file})
    assert (len(bundle.models), len(bundle.classes)) == (5_000, 100_000)
    assert np.array_equal(bundle.predictions.numpy(), codes)


CLASS_NAMES = np.array(["cat", "dog"])
NAMED_CLASSES = {
    "labels are among them": {"labels": np.array(["cat", "dog", "dog"])},
    "one per column": {},
    "as many rows as classes": {"probs": P1[:2], "labels": np.array(["cat", "dog"])},
    "logits": {"probs": np.array([[3.0, -1.0], [0.0, 2.0], [0.5, 0.25]])},
    "several models": {"probs": np.stack([P1, P1, P2])},
    "beside the models": {"probs": BOTH, "models": NAMES},
}


@pytest.mark.parametrize("case", NAMED_CLASSES)
def test_an_array_called_names_that_fits_the_columns_names_the_classes(case):
    arrays = {"probs": P1, "names": CLASS_NAMES} | NAMED_CLASSES[case]
    bundle = load({"vit.npz": npz(**arrays)})
    assert bundle.classes == ("cat", "dog")
    several = {"several models": ("vit 1", "vit 2", "vit 3"), "beside the models": ("m1", "m2")}
    assert bundle.models == several.get(case, ("vit",))
    assert noted(bundle, "vit.npz: the array 'names' is read as the names of the classes")


def test_an_array_called_names_that_fits_the_models_names_them():
    bundle = load({"samples.csv": SAMPLES, "p.npz": npz(probs=BOTH, names=NAMES)})
    assert bundle.models == ("m1", "m2")
    assert noted(bundle, "p.npz: the array 'names' is read as the names of the models")


def test_rows_that_sum_to_one_are_one_model_whatever_is_named_beside_them():
    bundle = load({"samples.csv": SAMPLES, "vit.npz": npz(probs=P1, models=NAMES)})
    assert bundle.models == ("vit",)
    assert torch.equal(bundle.probabilities["vit"], torch.from_numpy(P1))
    assert noted(bundle, "the array 'models' is not needed")


LOOSE = {
    "probabilities": npz(probs=P2),
    "answers": npz(m2=np.array(["cat", "dog", "cat"])),
    "embeddings": npz(embeddings=np.eye(3)),
    "thumbnails": npz(thumbnails=np.zeros((3, 2, 2, 3), np.uint8)),
    "labels": npz(labels=np.array(["cat", "dog", "dog"])),
}


@pytest.mark.parametrize("kind", LOOSE)
def test_ids_of_one_file_order_no_other_file(kind):
    first = npz(m1=P1, ids=np.array(["c", "a", "b"]), classes=CLASS_NAMES)
    problems = outcome({"a.npz": first, "b.npz": LOOSE[kind]}).problems
    assert (
        "b.npz has rows without sample ids, and the ids in a.npz say nothing of their order; add "
        "an array 'ids' to b.npz, or give a samples table whose order its rows follow."
    ) in problems


def test_rows_taken_in_the_order_of_a_table_are_noted():
    table = "sample_id,label,prediction\na,cat,cat\nb,dog,dog\nc,dog,cat\n"
    bundle = load({"one.csv": table, "b.npz": npz(m1=P1), "m2.npy": npy(P2)})
    assert bundle.models == ("one", "m1", "m2")
    assert noted(bundle, "The rows of 'b.npz', 'm2.npy' are taken in the order of one.csv.")
    own = load({"a.npz": npz(m1=P1, labels=np.array(["cat", "dog", "dog"]), ids=IDS)})
    assert not noted(own, "in the order of")


@pytest.mark.parametrize("dtype", ["i8", "f4", "f8"])
def test_minus_one_among_the_labels_is_no_label_and_noted(dtype):
    bundle = load({"p.npz": npz(m=np.array([0, 1, 1]), labels=np.array([0, -1, 1], dtype=dtype))})
    assert labels(bundle) == ["0", None, "1"]
    assert bundle.classes == ("0", "1")
    assert noted(bundle, "p.npz: 1 label is -1 and read as no label")


def test_positions_in_a_table_and_in_an_array_of_labels_agree():
    file = npz(labels=np.array([0, 1, 1]), classes=CLASS_NAMES, ids=IDS, m1=P1)
    bundle = load({"samples.csv": "sample_id,label\na,0\nb,1\nc,1\n", "p.npz": file})
    assert labels(bundle) == ["cat", "dog", "dog"]
    assert bundle.classes == ("cat", "dog")


def test_two_files_of_the_same_name_take_their_folder():
    names = {"one/vit.npz": npz(probs=P1), "two/vit.NPZ": npz(probs=P2), "x.npy": npy(P1)}
    assert load({"samples.csv": SAMPLES, **names}).models == ("one/vit", "two/vit", "x")
    names = {"one/vit.npy": npy(P1), "two/vit.npy": npy(P2)}
    assert load({"samples.csv": SAMPLES, **names}).models == ("one/vit", "two/vit")
    own = {"one/p.npz": npz(m1=P1), "two/p.npz": npz(m2=P2)}
    assert load({"samples.csv": SAMPLES, **own}).fingerprint == canonical()


FILE_NAMES = {
    "stems": (["a.csv", "x/b.CSV.GZ", "c"], ["a", "b", "c"]),
    "folders": (["/d/one/p.csv", "/d/two/p.Csv.gz", "q.tsv"], ["one/p", "two/p", "q"]),
    "deep folders": (["one/v/p.csv", "two/v/p.csv", "p.csv"], ["one/v/p", "two/v/p", "p"]),
    "backslashes": (["one\\p.csv", "two\\p.csv"], ["one/p", "two/p"]),
    "one folder": (["one/p.csv", "one/p.tsv"], ["p", "p"]),
}


@pytest.mark.parametrize("case", FILE_NAMES)
def test_a_model_is_named_after_its_file(case):
    given_names, expected = FILE_NAMES[case]
    models = file_models([File(name, b"") for name in given_names])
    assert models == dict(zip(given_names, expected, strict=True))


def test_two_arrays_of_thumbnails_are_a_problem():
    pictures = np.zeros((3, 2, 2, 3), np.uint8)
    files = {"samples.csv": SAMPLES, "m.npy": npy(P1)}
    files |= {"thumbnails.npy": npy(pictures), "p.npz": npz(thumbnails=pictures)}
    assert outcome(files).problems == (
        "thumbnails.npy and p.npz both hold thumbnails of the samples; expected one of them. Give "
        "only one.",
    )


@pytest.mark.parametrize("name", ["__MACOSX", "__MACOSX.old", ".hidden", "..", "m."])
@pytest.mark.parametrize("zipped", [False, True])
def test_a_model_with_the_name_of_a_hidden_file_is_saved_and_read(name, zipped, tmp_path):
    arrays = {name: P1, "other": P2}
    bundle = from_arrays(None, ["cat", "dog", "dog"], probabilities=arrays)
    save_bundle(bundle, tmp_path / "saved")
    (tmp_path / "saved" / "probabilities" / "._other.npy").write_bytes(b"of an archiver")
    path = tmp_path / "saved"
    if zipped:
        path = shutil.make_archive(str(tmp_path / "packed"), "zip", path)
    assert load_bundle(path).fingerprint == bundle.fingerprint
