import csv
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from analysis import synthetic
from analysis.zoo import Recipe

SHIPPED = Path(__file__).parents[2] / "data" / "demo"
TINY = (
    Recipe("digit-s0", "digit", 0, patches=0.0, epochs=2),
    Recipe("north-s0", "north", 0, patches=tuple(range(9)), epochs=2, checkpoints=(1,)),
    Recipe("conv-s0", "conv", 0, "conv", epochs=1),
)


def rows_of(folder, name):
    with (folder / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def answers(folder):
    models, samples = rows_of(folder, "models.csv"), rows_of(folder, "samples.csv")
    with np.load(folder / "probabilities.npz") as stored:
        assert set(stored.files) == {row["model"] for row in models}
        probabilities = {row["model"]: stored[row["model"]] for row in models}
    return models, samples, probabilities


def outcome(probabilities, labels):
    right = np.stack([p.argmax(1) == labels for p in probabilities])
    mean = sum(p.astype(np.float64) for p in probabilities).argmax(1) == labels
    best = right[right.mean(1).argmax()]
    return {
        "best member": best.mean(),
        "mean": mean.mean(),
        "corrections": (mean & ~best).sum(),
        "regressions": (best & ~mean).sum(),
        "rescued": (mean & ~right.any(0)).sum(),
        "right": mean,
    }


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny") / "made"
    synthetic.make(folder, members=TINY, tests=synthetic.TESTS[:1], tuning=1)
    return folder


def test_train_validation_and_test_digits_are_disjoint_and_use_every_digit():
    rows = synthetic.digit_rows(seed=0)
    assert [len(rows[name]) for name in ("train", "validation", "test")] == [747, 150, 900]
    assert sorted(np.concatenate(list(rows.values()))) == list(range(1797))


def test_colours_follow_the_class_where_they_agree_and_never_where_they_conflict():
    split = synthetic.Split("certain", 1.0, 0.5)
    made = synthetic.coloured_digits(np.arange(400), split, seed=0)
    first = {int(c): made.colours[~made.conflicts & (made.labels == c)][0] for c in range(10)}
    own = np.stack([first[int(label)] for label in made.labels])
    assert (made.colours == own)[~made.conflicts].all()
    assert not (made.colours == own)[made.conflicts].any()
    assert made.conflicts.sum() == 200


def test_a_tiny_zoo_has_every_file_and_kind(tiny):
    models, samples, probabilities = answers(tiny)
    assert {row["kind"] for row in models} == {"member", "checkpoint", "soup", "interpolation"}
    assert len(samples) == 900
    for values in probabilities.values():
        assert values.dtype == np.float32
        assert values.shape == (900, 10)
        assert np.abs(values.astype(np.float64).sum(1) - 1).max() < 1e-6
    assert np.load(tiny / "embeddings.npy").shape == (900, 48)
    thumbnails = np.load(tiny / "thumbnails.npy")
    assert (thumbnails.shape, thumbnails.dtype) == ((900, 10, 10, 3), np.uint8)


def test_a_second_run_agrees_within_the_stated_tolerance(tiny, tmp_path):
    np.random.seed(5)  # noqa: NPY002  the global state must not matter
    synthetic.make(tmp_path, members=TINY, tests=synthetic.TESTS[:1], tuning=1)
    for name in ("samples.csv", "models.csv", "classes.csv", "thumbnails.npy"):
        assert (tmp_path / name).read_bytes() == (tiny / name).read_bytes()
    first, second = answers(tiny)[2], answers(tmp_path)[2]
    assert max(np.abs(first[name] - second[name]).max() for name in first) < 1e-5


def test_an_interpolation_starts_and_ends_at_its_parents(tiny):
    models, _, _ = answers(tiny)
    places = {row["model"]: row["alpha"] for row in models if row["alpha"]}
    assert places["erm"] == "0.0"
    assert places["tuned-s0"] == "1.0"
    assert len(places) == 6


def test_the_shipped_bundle_is_large_enough_and_small_enough():
    models, samples, probabilities = answers(SHIPPED)
    assert len(models) >= 30
    assert len(samples) >= 2000
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 9e6
    for values in probabilities.values():
        assert np.abs(values.astype(np.float64).sum(1) - 1).max() < 1e-6


def test_each_digit_occurs_once_in_each_split_of_the_shipped_bundle():
    _, samples, _ = answers(SHIPPED)
    test = {f"digit-{row:04d}" for row in synthetic.digit_rows(seed=0)["test"]}
    for split in synthetic.TESTS:
        units = [row["unit_id"] for row in samples if row["split"] == split.name]
        assert len(units) == len(test)
        assert set(units) == test


def test_the_shipped_opening_team_shows_what_the_readme_says():
    models, samples, probabilities = answers(SHIPPED)
    labels = np.array([int(row["label"]) for row in samples])
    team = [row["model"] for row in models if row["opening_team"] == "yes"]
    found = outcome([probabilities[name] for name in team], labels)
    pool = outcome(list(probabilities.values()), labels)
    conflicts = np.array([row["colour"] == "conflicts" for row in samples])
    text = (SHIPPED.parent / "README.md").read_text(encoding="utf-8")
    said = dict(re.findall(r"^\| (.+?) \| ([\d.]+) \|$", text, re.MULTILINE))
    assert 2 <= len(team) <= 5
    assert all(f"`{name}`" in text for name in team)
    for name in ("corrections", "regressions", "rescued"):
        assert int(said[f"opening team: {name}"]) == found[name]
    assert found["rescued"] >= 1
    assert found["mean"] - found["best member"] >= 0.05
    expected = {
        "opening team: best member": found["best member"],
        "opening team: mean": found["mean"],
        "opening team: mean, colour agrees": found["right"][~conflicts].mean(),
        "opening team: mean, colour conflicts": found["right"][conflicts].mean(),
        "best single model": pool["best member"],
        "mean of all models": pool["mean"],
    }
    for name, value in expected.items():
        assert float(said[name]) == pytest.approx(value, abs=6e-4), name
    assert int(said["all models: rescued"]) == pool["rescued"]
