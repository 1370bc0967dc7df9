"""Probabilities that stay in their file are the same probabilities."""

import json
import pickle
import zipfile

import numpy as np
import pytest
import torch
from made import WEIGHED, random_bundle, weighed

from analysis.bundle import Bundle, BundleError
from analysis.confidence import confidence_of
from analysis.ensemble import answer, combine
from analysis.lazy import LazyRows, blocks
from analysis.loading import load_bundle, read, save_bundle
from analysis.pooled import PooledArray
from analysis.rules import RULES
from analysis.stored import FileArray, StoredArray
from analysis.summary import summarise
from analysis.tally import tally

MODELS, SAMPLES, CLASSES = 3, 600, 60


@pytest.fixture
def little_room(monkeypatch):
    """No table that could be left in its file is held."""
    monkeypatch.setattr("analysis.loading.distributions.fits", lambda size: False)


def table(seed=0, samples=SAMPLES, classes=CLASSES) -> np.ndarray:
    values = np.random.default_rng(seed).random((samples, classes)) ** 8
    return (values / values.sum(1, keepdims=True)).astype(np.float32)


def stack(dtype=np.float32) -> np.ndarray:
    return np.stack([table(seed) for seed in range(MODELS)]).astype(dtype)


def described(folder, samples=SAMPLES, classes=CLASSES):
    labels = np.random.default_rng(9).integers(0, classes, samples)
    rows = "".join(f"s{place},c{label}\n" for place, label in enumerate(labels))
    (folder / "samples.csv").write_text(f"sample_id,label\n{rows}")
    (folder / "classes.csv").write_text("label\n" + "".join(f"c{c}\n" for c in range(classes)))
    return folder


def as_folder(folder):
    (folder / "probabilities").mkdir()
    for name, values in zip("abc", stack(), strict=True):
        np.save(folder / "probabilities" / f"{name}.npy", values)


def as_half(folder):
    np.save(folder / "all.npy", stack(np.float16))


def as_samples_first(folder):
    np.save(folder / "all.npy", stack().swapaxes(0, 1))


def as_npz(folder):
    ids = np.array([f"s{place}" for place in range(SAMPLES)][::-1])
    models = {name: values[::-1] for name, values in zip("abc", stack(), strict=True)}
    np.savez(folder / "probabilities.npz", ids=ids, **models)


def as_logits(folder):
    np.save(folder / "all.npy", np.log(stack() + 1e-9) * 3 + 1)


def as_double(folder):
    np.save(folder / "all.npy", stack(np.float64) / stack(np.float64).sum(2, keepdims=True))


def as_safetensors(folder):
    write_safetensors(folder, "F32", stack())


def as_bfloat16(folder):
    """Halves and quarters, which are the same in every precision."""
    values = np.zeros((MODELS, SAMPLES, CLASSES), dtype=np.float32)
    places = np.random.default_rng(3).permuted(np.tile(np.arange(CLASSES), (SAMPLES, 1)), axis=1)
    for column, share in enumerate((0.5, 0.25, 0.25)):
        values[:, np.arange(SAMPLES), places[:, column]] = share
    write_safetensors(folder, "BF16", values)


def write_safetensors(folder, code, stacked):
    header, data = {}, b""
    for name, own in zip("abc", stacked, strict=True):
        part = (own.view("<u4") >> 16).astype("<u2") if code == "BF16" else own
        span = [len(data), len(data) + part.nbytes]
        header[name] = {"dtype": code, "shape": list(own.shape), "data_offsets": span}
        data += part.tobytes()
    text = json.dumps(header).encode()
    path = folder / "probabilities.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


FORMS = (
    as_folder,
    as_half,
    as_samples_first,
    as_npz,
    as_logits,
    as_double,
    as_safetensors,
    as_bfloat16,
)


@pytest.mark.parametrize("write", FORMS, ids=lambda write: write.__name__)
def test_a_stored_bundle_is_the_bundle_that_is_held(write, tmp_path, monkeypatch):
    write(described(tmp_path))
    held = load_bundle(tmp_path)
    monkeypatch.setattr("analysis.loading.distributions.fits", lambda size: False)
    stored = load_bundle(tmp_path)
    assert not any(isinstance(values, LazyRows) for values in held.probabilities.values())
    assert all(isinstance(values, StoredArray) for values in stored.probabilities.values())
    assert stored.fingerprint == held.fingerprint
    assert stored.notes == held.notes
    assert torch.equal(stored.predictions, held.predictions)
    for model, values in held.probabilities.items():
        assert stored.probabilities[model].dtype == values.dtype
        assert torch.equal(stored.probabilities[model][:], values)
    assert summarise(stored) == summarise(held)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("form", ["whole", "weights", "selection", "beside others"])
def test_products_read_from_files_are_those_of_what_is_held(dtype, form, tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.sums.piece.DOUBLE_VALUES", 0)
    values = stack(dtype)
    values[1, 7] = np.nan
    path = tmp_path / "all.npy"
    np.save(path, values.swapaxes(0, 1))
    file = FileArray(str(path), 128, (SAMPLES, MODELS, CLASSES), values.dtype.str)
    stored = {name: StoredArray(file.part(place, 1)) for place, name in enumerate("abc")}
    held = dict(zip("abc", torch.from_numpy(values.astype(np.float32)), strict=True))
    predictions = torch.zeros(MODELS, SAMPLES, dtype=torch.int32)
    predictions[1, 7] = -1
    names = (tuple("abc"), *(tuple(map(str, range(n))) for n in (SAMPLES, CLASSES)))
    needs = {"cross_entropy_sum", "own_entropy_given", "hellinger_sum", "gram_sum", "both_scored"}
    needs |= {"clamped_cross_entropy_sum"} | ({"js_sum"} if form == "beside others" else set())
    weights = {"weights": torch.arange(SAMPLES) / 8, "selection": torch.arange(SAMPLES) % 3 > 0}
    options = {"weights": weights.get(form), "chunk": 257}
    one, other = (
        tally(Bundle(*names, predictions, probabilities=tables), needs, **options)
        for tables in (stored, held)
    )
    for name in one.sums:
        assert torch.isfinite(one[name]).all()
        torch.testing.assert_close(one[name], other[name], rtol=1e-6, atol=1e-6)
    alone = tally(Bundle(*names, predictions, probabilities=stored), ("gram_sum",), **options)
    assert torch.equal(alone["gram_sum"], one["gram_sum"])


def test_rows_are_taken_as_from_a_tensor(tmp_path):
    values = torch.from_numpy(table())
    np.save(tmp_path / "m.npy", values.numpy())
    stored = StoredArray(FileArray(str(tmp_path / "m.npy"), 128, (SAMPLES, CLASSES), "<f4"))
    assert stored.shape == values.shape
    assert len(stored) == SAMPLES
    picked = torch.tensor([5, 6, 7, 399, 0, 0, 12])
    for wanted in (slice(3, 90, 4), picked, values[:, 0] > 0.01, slice(0, 0)):
        assert torch.equal(stored[wanted], values[wanted])
    assert torch.equal(stored[-1], values[-1])
    assert float(stored[7, 3]) == float(values[7, 3])
    taken = stored.index_select(0, picked)
    assert torch.equal(taken[:], values[picked])
    assert torch.equal(taken.index_select(0, torch.tensor([3, 1]))[:], values[[399, 6]])
    assert torch.equal(torch.cat(list(blocks(stored))), values)
    with pytest.raises(IndexError, match="row 600 of a table of 600 rows"):
        stored[torch.tensor([SAMPLES])]


def test_a_stored_bundle_stays_in_its_file_when_it_is_narrowed_and_put_together(
    tmp_path, little_room
):
    as_folder(described(tmp_path))
    bundle = load_bundle(tmp_path)
    rows = torch.tensor([7, 3, 3 + 200])
    narrowed = bundle.take(rows).select(("c", "a"))
    joined = bundle.select(("b",)).append(bundle.select(("a",)))
    for found in (narrowed, joined, bundle.to("cpu")):
        assert all(isinstance(values, StoredArray) for values in found.probabilities.values())
    assert torch.equal(narrowed.probabilities["c"][:], torch.from_numpy(stack()[2][rows]))
    assert list(joined.probabilities) == ["b", "a"]


def test_a_stored_table_travels_as_a_place_and_not_as_its_values(tmp_path, little_room):
    as_folder(described(tmp_path))
    bundle = load_bundle(tmp_path)
    sent = pickle.dumps(bundle.probabilities["a"])
    assert len(sent) < 1000
    assert torch.equal(pickle.loads(sent)[:], bundle.probabilities["a"][:])
    again = pickle.loads(pickle.dumps(bundle))
    assert again.fingerprint == bundle.fingerprint


def test_a_stored_bundle_is_saved_and_reads_back_as_the_same(tmp_path, little_room):
    (tmp_path / "in").mkdir()
    as_half(described(tmp_path / "in"))
    bundle = load_bundle(tmp_path / "in")
    save_bundle(bundle, tmp_path / "out")
    assert load_bundle(tmp_path / "out").fingerprint == bundle.fingerprint
    written = np.load(tmp_path / "out" / "probabilities" / "all 2.npy")
    assert np.array_equal(written, stack(np.float16)[1].astype(np.float32))


@pytest.mark.parametrize("fault", [0.5, np.nan, -1.0])
def test_a_bad_row_is_named_in_the_same_words_whether_held_or_stored(fault, tmp_path, monkeypatch):
    described(tmp_path)
    values = stack()
    values[1, 123, 4] = fault
    np.save(tmp_path / "all.npy", values)
    held = read([tmp_path])
    monkeypatch.setattr("analysis.loading.distributions.fits", lambda size: False)
    stored = read([tmp_path])
    assert len(held.problems) == 1
    assert "row 123 counted from 0" in held.problems[0]
    assert stored.problems == held.problems


def test_a_model_without_answers_may_hold_anything_where_it_has_none(tmp_path, little_room):
    as_folder(described(tmp_path))
    values = table()
    values[:200] = np.nan
    np.save(tmp_path / "probabilities" / "a.npy", values)
    rows = "".join(f"s{place},a,c1\n" for place in range(200, SAMPLES))
    (tmp_path / "predictions.csv").write_text(f"sample_id,model,prediction\n{rows}")
    bundle = load_bundle(tmp_path)
    assert bundle.models == ("a", "b", "c")
    assert isinstance(bundle.probabilities["a"], StoredArray)
    confidence = confidence_of(bundle, "a", stored=True)
    assert confidence[:200].isnan().all()
    assert torch.equal(confidence[200:], torch.from_numpy(values[200:]).double().amax(1))


def test_rows_that_are_no_distribution_are_refused_when_a_bundle_is_made_by_hand(tmp_path):
    values = table()
    values[17] *= 2
    np.save(tmp_path / "m.npy", values)
    stored = StoredArray(FileArray(str(tmp_path / "m.npy"), 128, (SAMPLES, CLASSES), "<f4"))
    with pytest.raises(BundleError, match="sample 's17' are not a distribution \\(sum 2,"):
        Bundle(
            models=("m",),
            ids=tuple(f"s{place}" for place in range(SAMPLES)),
            classes=tuple(map(str, range(CLASSES))),
            predictions=torch.zeros(1, SAMPLES, dtype=torch.int32),
            probabilities={"m": stored},
        )


def test_a_file_that_is_gone_or_shorter_is_said_in_a_sentence(tmp_path, little_room):
    as_half(described(tmp_path))
    bundle = load_bundle(tmp_path)
    path = tmp_path / "all.npy"
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(BundleError, match="ends before its probabilities do"):
        bundle.probabilities["all 3"][0:10]
    path.unlink()
    with pytest.raises(BundleError, match=r"cannot be opened \(No such file"):
        bundle.probabilities["all 1"][0:10]


def test_packed_members_are_held_and_damaged_ones_refused(tmp_path, little_room):
    described(tmp_path)
    np.savez_compressed(tmp_path / "probabilities.npz", a=table())
    assert isinstance(load_bundle(tmp_path).probabilities["a"], torch.Tensor)
    np.savez(tmp_path / "probabilities.npz", a=table())
    with zipfile.ZipFile(tmp_path / "probabilities.npz") as archive:
        begin = archive.infolist()[0].header_offset
    content = bytearray((tmp_path / "probabilities.npz").read_bytes())
    content[begin + 5000] ^= 1
    (tmp_path / "probabilities.npz").write_bytes(content)
    assert "Bad CRC-32" in read([tmp_path]).problems[0]


@pytest.mark.parametrize("rule", [name for name in WEIGHED if RULES[name].pool])
def test_pooled_probabilities_are_made_again_where_they_are_not_held(rule, monkeypatch):
    bundle = random_bundle(4, 90, 5, gaps=0.2)
    ensemble = weighed(bundle.models, rule)
    held = answer(bundle, ensemble)
    monkeypatch.setattr("analysis.ensemble.fits", lambda *room: False)
    found = answer(bundle, ensemble)
    assert isinstance(found.probabilities, PooledArray)
    assert torch.equal(found.predictions, held.predictions)
    torch.testing.assert_close(found.probabilities[:], held.probabilities, equal_nan=True)
    combined = combine(bundle, ensemble, found).take(torch.tensor([4, 2]))
    again = combined.probabilities[ensemble.label][:]
    torch.testing.assert_close(again, held.probabilities[[4, 2]], equal_nan=True)
    assert summarise(bundle)["ensembles"][1]["log_loss"] == pytest.approx(
        float(-held_losses(bundle, "mean")), abs=1e-12
    )


def held_losses(bundle, rule):
    """Mean log probability of the label under a pool, where anybody answered."""
    given = torch.stack(list(bundle.probabilities.values()))
    answered = (bundle.predictions >= 0).double()[..., None]
    pooled = (given * answered).sum(0) / answered.sum(0)
    of_label = pooled.gather(1, bundle.labels.long()[:, None]).squeeze(1)
    return of_label[~of_label.isnan()].log().mean()
