"""Accuracies of models in settings: known answers, properties, and the real tables."""

import csv
import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some
from made import real
from scipy import stats

from analysis.accuracies import AccuracyTable, complete, front, mean_accuracy, mean_rank
from analysis.accuracy_summary import summarise_accuracies
from analysis.bundle import BundleError
from analysis.loading import load_accuracies

SIX = (
    "val",
    "imagenetv2-matched-frequency-format-val",
    "objectnet-1.0-beta",
    "imagenet-sketch",
    "imagenet-r",
    "imagenet-a",
)
# Models whose answers are stored under another name than the published table uses.
PUBLISHED_AS = {
    "DeepSeek-Coder-V2-0724": "deepseek-v2-coder-0724",
    "Llama-3.1-405B-Instruct-Turbo": "Llama-3.1-405B-Inst-fp8@together",
    "Meta-Llama-3.1-405B-Instruct@hyperbolic": "Llama-3.1-405B-Inst@hyperbolic",
    "deepseek-chat": "deepseek-v2-chat-0628",
    "deepseek-coder": "deepseek-v2-coder-0614",
    "gemma-2-27b-it@together": "gemma-2-27b-it",
}
SHIFTS = ("ImageNetV2", "ImageNetSketch", "ImageNetR", "ObjectNet", "ImageNetA")


def table_of(accuracy, **more) -> AccuracyTable:
    accuracy = torch.tensor(accuracy, dtype=torch.float64)
    models, settings = accuracy.shape
    return AccuracyTable(tuple("abcdefg"[:models]), tuple("xyz"[:settings]), accuracy, **more)


def expected(name: str) -> dict:
    return json.loads((real(name) / "expected.json").read_text("utf-8"))


GAP = torch.nan
FOUR = [[0.9, 0.2, 0.5], [0.8, 0.3, 0.5], [0.8, 0.1, 0.5], [0.95, GAP, 0.9]]


def test_front_rank_and_mean_are_over_models_that_have_every_setting():
    values = torch.tensor(FOUR, dtype=torch.float64)
    assert complete(values).tolist() == [True, True, True, False]
    assert front(values).tolist() == [True, True, False, False]
    # Ranks: x 1, 2.5, 2.5; y 2, 1, 3; z 2, 2, 2.
    assert mean_rank(values)[:3].tolist() == pytest.approx([5 / 3, 5.5 / 3, 7.5 / 3])
    assert mean_accuracy(values)[:3].tolist() == pytest.approx([1.6 / 3, 1.6 / 3, 1.4 / 3])
    assert torch.isnan(mean_rank(values)[3])
    assert torch.isnan(mean_accuracy(values)[3])


def test_no_model_with_every_setting_leaves_everything_undefined():
    values = torch.tensor([[GAP, 0.5], [0.5, GAP]])
    assert not front(values).any()
    assert torch.isnan(mean_rank(values)).all()


def test_a_table_is_asked_by_setting_and_narrowed_to_models():
    table = table_of(
        FOUR,
        counts=torch.full((4, 3), 10),
        model_info={"kind": np.array(["p", "q", "p", "q"], dtype=object)},
    )
    assert table.of(("z", "x"))[0].tolist() == [0.5, 0.9]
    assert int(table.measured.sum()) == 11
    part = table.select(("d", "a"))
    assert part.models == ("d", "a")
    assert part.accuracy[1].tolist() == FOUR[0]
    assert part.model_info["kind"].tolist() == ["q", "p"]
    assert part.counts.shape == (2, 3)
    with pytest.raises(BundleError, match="There is no setting 'w'; the settings are x, y, z"):
        table.of(("w",))
    with pytest.raises(BundleError, match="There is no model 'w'"):
        table.select(("w",))


def test_intervals_are_wilson_where_the_samples_are_counted():
    table = table_of([[0.9, 0.5]], counts=torch.tensor([[10, 0]]))
    low, high = table.intervals()
    assert (float(low[0, 0]), float(high[0, 0])) == pytest.approx((0.595850, 0.982124), abs=1e-6)
    assert torch.isnan(low[0, 1])
    assert torch.isnan(table_of([[0.9]]).intervals()[0]).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"models": ("a", "a")}, "The model 'a' occurs more than once"),
        ({"settings": ("x",)}, r"accuracy has shape \(2, 2\); expected \(2, 1\)"),
        ({"accuracy": torch.tensor([[0.1, 1.2], [0, 0]])}, "outside 0 to 1"),
        ({"accuracy": torch.tensor([[0.1, torch.inf], [0, 0]])}, "outside 0 to 1"),
        ({"counts": torch.tensor([[1, -1], [0, 0]])}, "negative"),
        ({"counts": torch.tensor([[1, 1]])}, "counts has shape"),
        ({"model_info": {"k": np.zeros(3)}}, "model_info 'k' has 3 rows; expected 2"),
        ({"setting_info": {"k": np.zeros(3)}}, "setting_info 'k' has 3 rows; expected 2"),
    ],
)
def test_parts_that_do_not_fit_are_refused(change, words):
    parts = {"models": ("a", "b"), "settings": ("x", "y"), "accuracy": torch.zeros(2, 2)}
    with pytest.raises(BundleError, match=words):
        AccuracyTable(**(parts | change))


@given(seed=some.integers(0, 10_000))
def test_ranks_agree_with_scipy_and_the_front_with_a_naive_loop(seed):
    random = np.random.default_rng(seed)
    values = random.integers(0, 5, (7, 3)) / 4
    values[random.random((7, 3)) < 0.1] = np.nan
    known = np.isfinite(values).all(1)
    tensor = torch.from_numpy(values)
    ranks = stats.rankdata(-values[known], axis=0).mean(1) if known.any() else []
    assert mean_rank(tensor)[torch.from_numpy(known)].tolist() == pytest.approx(list(ranks))
    for row in range(7):
        beaten = any(
            (values[other] >= values[row]).all() and (values[other] > values[row]).any()
            for other in np.flatnonzero(known)
        )
        assert front(tensor)[row] == (known[row] and not beaten)


@given(seed=some.integers(0, 10_000))
def test_the_fingerprint_knows_content_and_not_order(seed):
    random = np.random.default_rng(seed)
    rows, columns = random.permutation(4), random.permutation(3)
    accuracy, counts = torch.tensor(FOUR, dtype=torch.float64), torch.arange(12).view(4, 3)
    kind = np.array(["p", None, "q", "p"], dtype=object)
    one = table_of(FOUR, counts=counts, model_info={"kind": kind})
    two = AccuracyTable(
        tuple("abcd"[row] for row in rows),
        tuple("xyz"[column] for column in columns),
        accuracy[rows][:, columns],
        counts[rows][:, columns],
        {"kind": kind[rows]},
    )
    assert one.fingerprint == two.fingerprint
    changed = accuracy.clone()
    changed[seed % 3, 0] += 0.01
    assert table_of(changed.tolist(), counts=counts).fingerprint != one.fingerprint


def test_the_summary_is_plain_and_says_undefined_as_none():
    found = summarise_accuracies(table_of(FOUR, counts=torch.full((4, 3), 10), notes=("so",)))
    text = json.loads(json.dumps(found, allow_nan=False))["accuracies"]
    assert text["models"] == ["a", "b", "c", "d"]
    assert text["accuracy"][3] == [0.95, None, 0.9]
    assert text["measured"] == {"x": 4, "y": 3, "z": 4}
    assert text["cells_measured"] == 11
    assert text["mean"]["y"] == pytest.approx(0.2)
    assert set(text["complete"]) == {"a", "b", "c"}
    assert text["complete"]["a"]["on_front"] is True
    assert text["complete"]["c"]["mean_rank"] == pytest.approx(2.5)
    assert text["accuracy_interval"]["low"][3][1] is None
    assert text["notes"] == ["so"]
    assert summarise_accuracies(table_of(FOUR))["accuracies"]["n"] is None


@pytest.fixture(scope="module", params=["tidy", "wide"])
def testbed(request) -> AccuracyTable:
    folder = real("imagenet_testbed")
    first = "accuracy.csv" if request.param == "tidy" else "original/robustness_top1s.csv"
    return load_accuracies(folder / first, folder / "models.csv")


def test_the_testbed_has_the_models_settings_and_cells_of_the_reference(testbed):
    answer = expected("imagenet_testbed")
    assert len(testbed.models) == answer["n_models"]
    assert len(testbed.settings) == answer["n_settings"]
    assert int(testbed.measured.sum()) == answer["n_cells_filled"]
    kinds = testbed.model_info["model_type"].tolist()
    assert {kind: kinds.count(kind) for kind in set(kinds)} == answer["model_types"]
    epochs = testbed.model_info["epoch"]
    assert int(np.isfinite(epochs).sum()) == answer["n_training_runs_with_epochs"]
    if testbed.setting_info:
        families = testbed.setting_info["family"].tolist()
        counted = {family: families.count(family) for family in set(families)}
        assert counted == answer["family_counts"]


def test_fronts_and_ranks_of_the_testbed_agree_with_the_reference(testbed):
    answer = expected("imagenet_testbed")
    six = testbed.of(SIX)
    assert int(complete(six).sum()) == answer["complete_six_settings_n_models"]

    def names(kept) -> list[str]:
        return sorted(testbed.models[row] for row in kept.nonzero().flatten().tolist())

    assert names(front(six)) == sorted(answer["pareto_front_six_settings_all_max"])
    two = testbed.of(("val", "objectnet-1.0-beta"))
    assert names(front(two)) == sorted(answer["pareto_front_val_objectnet_both_max"])
    ranks = dict(zip(testbed.models, mean_rank(six).tolist(), strict=True))
    best = sorted((name for name in ranks if ranks[name] == ranks[name]), key=ranks.get)[:10]
    assert best == list(answer["mean_rank_six_settings_best10"])
    for name, rank in answer["mean_rank_six_settings_best10"].items():
        assert ranks[name] == pytest.approx(rank, abs=1e-6)
    # The tidy file is rounded to four decimals of a percent.
    for name, values in answer["per_model_six_settings"].items():
        ours = (100 * six[testbed.models.index(name)]).tolist()
        assert ours == pytest.approx([values[setting] for setting in SIX], abs=1e-3)


def test_correlations_of_the_testbed_agree_with_the_reference(testbed):
    """The reference leaves out one accuracy of 0, which has no logit."""
    for setting, fit in expected("imagenet_testbed")["fits_vs_val"].items():
        both = testbed.of(("val", setting))
        rows = (complete(both) & (both > 0).all(1)).numpy()
        x, y = both.numpy()[rows].T
        assert len(x) == fit["n_all"]
        assert stats.spearmanr(x, y).statistic == pytest.approx(fit["spearman_all"], abs=1e-5)
        assert stats.kendalltau(x, y).statistic == pytest.approx(fit["kendall_tau_b_all"], abs=1e-4)
        standard = testbed.model_info["model_type"][rows] == "standard"
        assert int(standard.sum()) == fit["n_standard"]
        pearson = stats.pearsonr(x[standard], y[standard]).statistic
        assert pearson == pytest.approx(fit["pearson_r_percent_standard"], abs=1e-5)


def test_both_files_of_the_testbed_hold_the_same_table_apart_from_rounding():
    folder = real("imagenet_testbed")
    tidy = load_accuracies(folder / "accuracy.csv")
    wide = load_accuracies(folder / "original" / "robustness_top1s.csv")
    assert set(tidy.models) == set(wide.models)
    assert set(tidy.settings) == set(wide.settings)
    ours, theirs = tidy.select(wide.models).of(wide.settings), wide.accuracy
    assert torch.equal(torch.isfinite(ours), torch.isfinite(theirs))
    assert float((ours - theirs).abs().nan_to_num().max()) < 1e-6


@pytest.fixture(scope="module", params=["tidy", "wide", "folder"])
def soups(request) -> AccuracyTable:
    folder = real("model_soups")
    if request.param == "folder":
        return load_accuracies(folder)
    first = "accuracy.csv" if request.param == "tidy" else "accuracy_wide.csv"
    return load_accuracies(folder / first, folder / "hyperparameters.csv")


def test_the_soups_agree_with_the_reference(soups):
    answer = expected("model_soups")
    single = soups.select(
        [m for m, k in zip(soups.models, soups.model_info["kind"], strict=True) if k != "soup"]
    )
    assert len(single.models) == answer["n_individual"]
    shift, held_out = single.of(SHIFTS).mean(1), single.of(("ImageNet2p",)).flatten()
    order = held_out.argsort(descending=True).tolist()
    for entry, row in zip(("best_by_heldout", "second_by_heldout"), order, strict=False):
        assert single.models[row] == answer[entry]["model"]
        assert float(single.of(("ImageNet",))[row]) == pytest.approx(answer[entry]["ImageNet"])
        assert float(shift[row]) == pytest.approx(answer[entry]["shift_mean"], abs=1e-6)
    image = single.of(("ImageNet",)).flatten()
    assert single.models[int(image.argmax())] == answer["best_imagenet"]["model"]
    assert single.models[int(shift.argmax())] == answer["best_shift"]["model"]
    for name, values in answer["soups"].items():
        row = soups.models.index(name)
        assert float(soups.of(("ImageNet",))[row]) == pytest.approx(values["ImageNet"], abs=1e-6)
        mean = float(soups.of(SHIFTS)[row].mean())
        assert mean == pytest.approx(values["shift_mean"], abs=1e-6)
    kept = front(torch.stack([image, shift], dim=1))
    names = [single.models[row] for row in kept.nonzero().flatten().tolist()]
    assert sorted(names) == sorted(answer["pareto_front_ImageNet_shift_mean_individuals"])


def test_means_spreads_and_correlations_of_the_soups_agree_with_the_reference(soups):
    answer = expected("model_soups")
    single = soups.select([name for name in soups.models if name.startswith("model_")])
    image = single.of(("ImageNet",)).flatten().numpy()
    for setting, mean in answer["mean"].items():
        values = single.of((setting,)).flatten().numpy()
        assert values.mean() == pytest.approx(mean, abs=1e-6)
        assert values.std() == pytest.approx(answer["std_population"][setting], abs=1e-6)
    for setting, values in answer["correlation"].items():
        other = single.of((setting,)).flatten().numpy()
        assert stats.pearsonr(image, other).statistic == pytest.approx(values["pearson"], abs=1e-6)
        spearman = stats.spearmanr(image, other).statistic
        assert spearman == pytest.approx(values["spearman"], abs=1e-6)


def test_every_form_of_the_soups_is_the_same_table():
    folder = real("model_soups")
    found = {
        load_accuracies(folder / name).fingerprint for name in ("accuracy.csv", "accuracy_wide.csv")
    }
    assert len(found) == 1
    one, whole = load_accuracies(folder / "accuracy.csv"), load_accuracies(folder)
    assert torch.equal(whole.select(one.models).of(one.settings), one.accuracy)


def test_hyperparameters_join_as_numbers_and_text():
    folder = real("model_soups")
    table = load_accuracies(folder / "accuracy.csv", folder / "hyperparameters.csv")
    with (folder / "hyperparameters.csv").open(newline="") as stream:
        rows = {row["model"]: row for row in csv.DictReader(stream)}
    row = table.models.index("model_1")
    assert table.model_info["lr"][row] == float(rows["model_1"]["lr"])
    assert table.model_info["aug"][row] == rows["model_1"]["aug"]
    soup = table.models.index("greedy_soup")
    assert np.isnan(table.model_info["lr"][soup])


def test_the_published_table_in_markdown_gives_the_published_accuracies():
    answer = expected("gsm_llms")
    table = load_accuracies(real("gsm_llms") / "original" / "gsm.summary.md")
    assert len(table.models) == 47
    assert table.settings == ("gsm.summary",)
    ours = dict(zip(table.models, (100 * table.accuracy[:, 0]).tolist(), strict=True))
    partial = answer["partial_models_excluded_from_joint_figures"]
    for name, values in (answer["per_model"] | partial).items():
        published = values["published_accuracy_percent"]
        assert ours[PUBLISHED_AS.get(name, name)] == pytest.approx(published, abs=1e-9)
    n = dict(zip(table.models, table.counts[:, 0].tolist(), strict=True))
    assert n["gemini-1.5-flash-exp-0827"] == 681
    assert set(n.values()) == {681, 1319}
