"""Arrays in every shape that people save: all models at once, answers, the second class alone."""

import json

import numpy as np
import pytest
import torch
from array_files import (
    P1,
    P2,
    SAMPLES,
    answers,
    labels,
    load,
    npy,
    npz,
    outcome,
    raw_safetensors,
    safetensors,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.loading import load_bundle, reading

EXPECTED = {"m1": {"a": "cat", "b": "dog", "c": "dog"}, "m2": {"a": "cat", "b": "dog", "c": "cat"}}
BOTH = np.stack([P1, P2])
NAMES = np.array(["m1", "m2"])
IDS = np.array(["a", "b", "c"])


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setattr(reading, "STRICT", True)


def canonical() -> str:
    return load({"samples.csv": SAMPLES, "probabilities.npz": npz(m1=P1, m2=P2)}).fingerprint


def noted(bundle, words: str) -> bool:
    return any(words in note for note in bundle.notes)


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
