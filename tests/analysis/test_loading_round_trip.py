"""The same bundle written in any form, with its rows shuffled, is read back the same."""

import csv
import io
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.bundle import Bundle, BundleError, Grouping
from analysis.loading import Options, Source, read, reading, save_bundle
from analysis.loading.array_kinds import NAMES, SPECIAL, UNNAMED

NAME = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6
)
ODD = st.sampled_from(
    ["None", "nan", "01", "1", "1.0", "x,y", 'say "a"', "True", "two\nlines", " a"]
)


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setattr(reading, "STRICT", True)


@st.composite
def bundles(draw, labelled=None, gaps=True, fewest=1) -> Bundle:
    models = draw(
        st.lists(
            st.from_regex(r"[a-z][a-z0-9_ .-]{0,5}[a-z0-9]", fullmatch=True),
            min_size=fewest,
            max_size=4,
            unique=True,
        )
    )
    ids = draw(st.lists(NAME | ODD, min_size=2, max_size=6, unique=True))
    classes = sorted(draw(st.lists(NAME | ODD, min_size=2, max_size=4, unique=True)))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    low = -1 if gaps else 0
    predictions = random.integers(low, len(classes), (len(models), len(ids)))
    labels = (
        random.integers(-1, len(classes), len(ids)) if labelled or draw(st.booleans()) else None
    )
    if labels is not None:
        labels[0] = 0
    return Bundle(
        models=tuple(models),
        ids=tuple(ids),
        classes=tuple(classes),
        predictions=torch.from_numpy(predictions.astype(np.int32)),
        labels=None if labels is None else torch.from_numpy(labels.astype(np.int32)),
    )


def answers(bundle: Bundle) -> dict:
    """{(model, id): answer} of the answers that were given, and the labels."""
    names = [*bundle.classes, None]
    given = {
        (model, sample): names[code]
        for model, row in zip(bundle.models, bundle.predictions.tolist(), strict=True)
        for sample, code in zip(bundle.ids, row, strict=True)
        if code >= 0
    }
    labels = (
        {}
        if bundle.labels is None
        else {
            sample: names[code]
            for sample, code in zip(bundle.ids, bundle.labels.tolist(), strict=True)
            if code >= 0
        }
    )
    return given | labels


def table(rows: list, header: list, suffix: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([header, *rows])
    content = text.getvalue().encode()
    if suffix == ".csv":
        return content
    stream = io.BytesIO()
    options = pyarrow.csv.ConvertOptions(
        column_types={name: pyarrow.string() for name in header}, strings_can_be_null=False
    )
    parsed = pyarrow.csv.read_csv(
        io.BytesIO(content),
        convert_options=options,
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
    )
    pyarrow.parquet.write_table(parsed, stream)
    return stream.getvalue()


def cells(bundle: Bundle) -> list:
    names = [*bundle.classes, ""]
    return [[names[code] for code in row] for row in bundle.predictions.tolist()]


def samples_file(bundle: Bundle, order) -> bytes:
    names = [*bundle.classes, ""]
    codes = [-1] * len(bundle.ids) if bundle.labels is None else bundle.labels.tolist()
    return table([[bundle.ids[i], names[codes[i]]] for i in order], ["sample_id", "label"], ".csv")


def load(files: dict) -> Bundle:
    outcome = read([Source(name, content) for name, content in files.items()], Options())
    assert not outcome.problems, outcome.problems
    return outcome.bundle


@settings(max_examples=40, deadline=None)
@given(
    bundle=bundles(),
    random=st.randoms(use_true_random=False),
    suffix=st.sampled_from([".csv", ".parquet"]),
)
def test_long_form_round_trip(bundle, random, suffix):
    rows = [
        [sample, model, cell]
        for model, row in zip(bundle.models, cells(bundle), strict=True)
        for sample, cell in zip(bundle.ids, row, strict=True)
    ]
    random.shuffle(rows)
    order = random.sample(range(len(bundle.ids)), len(bundle.ids))
    again = load(
        {
            "samples.csv": samples_file(bundle, order),
            f"predictions{suffix}": table(rows, ["sample_id", "model", "prediction"], suffix),
        }
    )
    assert answers(again) == answers(bundle)
    assert set(again.models) == set(bundle.models)


@settings(max_examples=40, deadline=None)
@given(
    bundle=bundles(labelled=True, fewest=2),
    random=st.randoms(use_true_random=False),
    suffix=st.sampled_from([".csv", ".parquet"]),
)
def test_wide_form_round_trip(bundle, random, suffix):
    order = random.sample(range(len(bundle.ids)), len(bundle.ids))
    columns = cells(bundle)
    rows = [[bundle.ids[i], *(column[i] for column in columns)] for i in order]
    wide = table(rows, ["sample_id", *bundle.models], suffix)
    samples = samples_file(bundle, range(len(bundle.ids)))
    sources = [Source("samples.csv", samples), Source(f"wide{suffix}", wide)]
    outcome = read(sources, Options(columns={"prediction": bundle.models}))
    assert not outcome.problems, outcome.problems
    assert answers(outcome.bundle) == answers(bundle)
    assert outcome.bundle.models == bundle.models


@settings(max_examples=40, deadline=None)
@given(bundle=bundles(gaps=False), random=st.randoms(use_true_random=False), ids=st.booleans())
def test_npz_form_round_trip(bundle, random, ids):
    assume(not {*SPECIAL, *UNNAMED, NAMES} & {name.lower() for name in bundle.models})
    order = random.sample(range(len(bundle.ids)), len(bundle.ids))
    hot = np.eye(len(bundle.classes), dtype=np.float32)
    arrays = {m: hot[row] for m, row in zip(bundle.models, bundle.predictions.numpy(), strict=True)}
    if ids:
        arrays = {m: values[order] for m, values in arrays.items()}
        arrays["ids"] = np.array([bundle.ids[i] for i in order])
    if any(name != name.rstrip("\0") for name in bundle.ids):
        return
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    kept = range(len(bundle.ids)) if not ids else order[::-1]
    again = load(
        {
            "samples.csv": samples_file(bundle, kept),
            "p.npz": stream.getvalue(),
            "classes.csv": table([[name] for name in bundle.classes], ["label"], ".csv"),
        }
    )
    assert answers(again) == answers(bundle)
    assert again.classes == bundle.classes


@settings(max_examples=40, deadline=None)
@given(bundle=bundles())
def test_canonical_folder_keeps_the_fingerprint(bundle):
    with tempfile.TemporaryDirectory() as folder:
        bundle = full(bundle)
        save_bundle(bundle, Path(folder) / "bundle")
        outcome = read([Path(folder) / "bundle"])
        assert not outcome.problems, outcome.problems
        assert differences(bundle, outcome.bundle) == []
        assert outcome.bundle.fingerprint == bundle.fingerprint


def full(bundle: Bundle) -> Bundle:
    """With every optional field filled."""
    random = np.random.default_rng(len(bundle.ids))
    models, samples, classes = len(bundle.models), len(bundle.ids), len(bundle.classes)
    p = random.random((samples, classes))
    p /= p.sum(1, keepdims=True)
    confidence = random.random((models, samples)).astype(np.float32)
    confidence[0, 0] = np.nan
    colours = np.array([["red", "", "01"][i % 3] for i in range(samples)], dtype=object)
    codes = torch.tensor([[2, 1, 0][i % 3] for i in range(samples)], dtype=torch.int32)
    return replace(
        bundle,
        probabilities={
            bundle.models[0]: torch.from_numpy(p),
            bundle.models[-1]: torch.from_numpy(p.astype(np.float32)),
        },
        confidence=torch.from_numpy(confidence),
        embeddings=torch.from_numpy(random.random((samples, 3)).astype(np.float32)),
        model_embeddings={bundle.models[0]: torch.ones(samples, 2)},
        attributes={
            "colour": colours,
            "size": np.arange(samples),
            "target": np.linspace(0, np.pi, samples),
            "id": np.full(samples, np.nan),
        },
        groups={"colour": Grouping(codes, ("01", "(missing)", "red"))},
        model_info={
            "family": np.array([None, *"abc"][:models], dtype=object),
            "cost": np.array([0.1, np.nan, 2, 3][:models]),
        },
        units=torch.tensor([5 - i // 2 for i in range(samples)], dtype=torch.int32),
        thumbnails=random.integers(0, 255, (samples, 2, 2, 3)).astype(np.uint8),
        fingerprint="",
    )


def differences(first: Bundle, second: Bundle) -> list[str]:
    """The fields that differ, for a readable failure."""
    differ = [n for n in ("models", "ids", "classes") if getattr(first, n) != getattr(second, n)]
    for name in ("predictions", "labels", "grades", "confidence", "embeddings", "units"):
        one, two = getattr(first, name), getattr(second, name)
        if (one is None) != (two is None) or (
            one is not None
            and (one.dtype != two.dtype or not torch.equal(one.nan_to_num(9), two.nan_to_num(9)))
        ):
            differ.append(name)
    for name in ("attributes", "model_info"):
        one, two = getattr(first, name), getattr(second, name)
        differ += [
            f"{name} {c}"
            for c in {*one, *two}
            if c not in one
            or c not in two
            or one[c].dtype != two[c].dtype
            or repr(one[c].tolist()) != repr(two[c].tolist())
        ]
    for name, grouping in first.groups.items():
        again = second.groups.get(name)
        if (
            again is None
            or again.levels != grouping.levels
            or not torch.equal(again.codes, grouping.codes)
        ):
            differ.append(f"group {name}")
    return differ


def test_graded_bundle_keeps_its_grades(tmp_path):
    bundle = Bundle(
        models=("a b/c", "d"),
        ids=("1", "2"),
        classes=("x",),
        predictions=torch.tensor([[0, -1], [-1, -1]], dtype=torch.int32),
        labels=torch.tensor([0, 0], dtype=torch.int32),
        grades=torch.tensor([[0, 1], [-1, 1]], dtype=torch.int8),
        probabilities={"a b/c": torch.ones(2, 1)},
    )
    save_bundle(bundle, tmp_path / "new")
    assert (tmp_path / "new" / "probabilities" / "model-1.npy").exists()
    assert read([tmp_path / "new"]).bundle.fingerprint == bundle.fingerprint


def test_saving_never_overwrites_and_leaves_nothing_behind(tmp_path):
    bundle = Bundle(
        models=("m",), ids=("1",), classes=("x",), predictions=torch.zeros(1, 1, dtype=torch.int32)
    )
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    with pytest.raises(BundleError, match="exists already"):
        save_bundle(bundle, tmp_path / "full")
    (tmp_path / "empty").mkdir()
    save_bundle(bundle, tmp_path / "empty")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "full"]
    assert not read([tmp_path / "empty"]).problems
