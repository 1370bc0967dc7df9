"""Probabilities of two models compared: reference cases, loops, bounds, and every way to sum."""

import importlib
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from known import compare, measured, t12
from made import bundle_of, random_bundle
from scipy.spatial.distance import jensenshannon

from analysis.bundle import Bundle
from analysis.catalog import value
from analysis.divergences import MEASURES
from analysis.ensemble import Ensemble, combine
from analysis.projection import classical_mds
from analysis.sums import divergence
from analysis.sums.divergence import mixture_sums
from analysis.tally import tally

COVERED = (
    "pair.cross_entropy",
    "pair.kl",
    "pair.sym_kl",
    "pair.ce_distance_mekong",
    "pair.hellinger_affinity",
    "pair.js_nats",
    "pair.js_bits",
    "mds.classical_mekong",
    "mds.classical_sqrt_js",
    "kernel.models.hellinger",
    "kernel.models.cosprob",
    "edge.js_disjoint_one_hot",
)
NEEDS = tuple({name for measure in MEASURES for name in measure.needs})
SUMS_OF_PAIRS = tuple(name for name in NEEDS if name != "both_scored")
TILED, COMPILED = 0, 10**12


@pytest.mark.parametrize("case_id", COVERED)
def test_known_answer(cases, case_id):
    case = cases[case_id]
    fixture = cases["fixtures"].get(case.get("fixture"), {})
    family, _, name = case_id.partition(".")
    compare(globals()[f"of_{family}"](name, case, fixture), case["expected"], case["tol"])


def test_every_covered_id_is_a_case(cases):
    assert [case_id for case_id in COVERED if case_id not in cases] == []
    assert len(set(COVERED)) == len(COVERED)


def of_pair(name, case, fixture):
    if name == "js_bits":
        return measured(t12(fixture), "js_nats") / math.log(2)
    return measured(t12(fixture), name)


def of_mds(name, case, fixture):
    if name == "classical_mekong":
        distance = measured(t12(fixture), "ce_distance_mekong")
    else:
        distance = measured(t12(fixture), "js_nats").sqrt()
    coordinates, eigenvalues = classical_mds(distance)
    return {"coords": coordinates, "eigenvalues": eigenvalues}


def of_kernel(name, case, fixture):
    names = {"models.hellinger": "hellinger_affinity", "models.cosprob": "cosine_probabilities"}
    return measured(t12(fixture), names[name])


def of_edge(name, case, fixture):
    given = case["inputs"]
    rows = {"a": torch.tensor([given["p"]]).float(), "b": torch.tensor([given["q"]]).float()}
    bundle = bundle_of([[0], [1]], classes="xy", probabilities=rows)
    js = measured(bundle, "js_nats")[0, 1]
    affinity = measured(bundle, "hellinger_affinity")[0, 1]
    return {"js_nats": js, "js_bits": js / math.log(2), "hellinger_affinity": affinity}


def naive(bundle, weights=None) -> dict[str, np.ndarray]:
    """The sums pair by pair and sample by sample, in float64."""
    models, samples = bundle.predictions.shape
    found = {name: np.zeros((models, models)) for name in SUMS_OF_PAIRS}
    given = [bundle.probabilities[model].double().numpy() for model in bundle.models]
    given = [table / table.sum(1, keepdims=True) for table in given]
    for i in range(models):
        for j in range(models):
            for n in range(samples):
                if bundle.predictions[i, n] < 0 or bundle.predictions[j, n] < 0:
                    continue
                weight = 1.0 if weights is None else float(weights[n])
                for name, entry in of_sample(given[i][n], given[j][n]).items():
                    found[name][i, j] += weight * entry
    return found


def of_sample(p, q) -> dict[str, float]:
    raised, other = np.maximum(p, 1e-8), np.maximum(q, 1e-8)
    return {
        "cross_entropy_sum": -(p * np.log(np.maximum(q, 1e-12))).sum(),
        "own_entropy_given": -(p * np.log(np.maximum(p, 1e-12))).sum(),
        "clamped_cross_entropy_sum": -(raised * np.log(other)).sum(),
        "hellinger_sum": np.sqrt(p * q).sum(),
        "gram_sum": (p * q).sum(),
        "square_given": (p * p).sum(),
        "js_sum": jensenshannon(p, q) ** 2,
    }


def peaked(bundle, power=40.0) -> Bundle:
    """The same with most of the probability on one class and exact zeros elsewhere."""
    given = {}
    for model, table in bundle.probabilities.items():
        sharp = table**power
        sharp = sharp / sharp.sum(1, keepdim=True)
        sharp = torch.where(sharp < 1e-9, 0, sharp)
        given[model] = sharp / sharp.sum(1, keepdim=True)
    return replace(bundle, probabilities=given, fingerprint="")


def in_float32(bundle) -> Bundle:
    given = {model: table.float() for model, table in bundle.probabilities.items()}
    return replace(bundle, probabilities=given, fingerprint="")


@pytest.fixture
def always_single(monkeypatch):
    """Small bundles of float32 are summed as large ones are."""
    monkeypatch.setattr("analysis.sums.piece.DOUBLE_VALUES", 0)


@pytest.mark.parametrize("gaps", [0.0, 0.4])
@pytest.mark.parametrize("shape", [lambda bundle: bundle, peaked], ids=["mild", "peaked"])
@pytest.mark.parametrize("weights", [None, torch.linspace(0, 2.5, 60)], ids=["plain", "weighted"])
def test_sums_agree_with_a_loop_over_pairs_and_samples(gaps, shape, weights):
    bundle = shape(random_bundle(4, 60, 5, seed=2, gaps=gaps))
    expected = naive(bundle, weights)
    found = tally(bundle, NEEDS, weights=weights, chunk=17)
    for name in SUMS_OF_PAIRS:
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=1e-10, err_msg=name)


@pytest.mark.parametrize("compiled", [False, True], ids=["tiles", "compiled"])
@pytest.mark.parametrize("gaps", [0.0, 0.4])
@pytest.mark.parametrize("shape", [lambda bundle: bundle, peaked], ids=["mild", "peaked"])
def test_means_of_float32_are_within_1e_5(always_single, monkeypatch, compiled, gaps, shape):
    monkeypatch.setattr(divergence, "PAYS_FROM", TILED if compiled else COMPILED)
    exact = shape(random_bundle(9, 700, 40, seed=3, gaps=gaps))
    weights = torch.rand(700, generator=torch.Generator().manual_seed(1)) * 3
    for options in ({}, {"weights": weights}):
        found = tally(in_float32(exact), NEEDS, **options)
        expected = tally(exact, NEEDS, **options)
        for measure in MEASURES:
            difference = (value(measure, found) - value(measure, expected)).abs().max()
            assert difference < 1e-5, (measure.name, float(difference))


def test_the_compiled_logarithm_is_good_to_the_last_digits_of_float32():
    values = np.float32(np.concatenate([np.geomspace(1e-12, 1, 300), np.linspace(0.25, 1, 200)]))
    found = mixture_sums(torch.from_numpy(values)[:, None], COMPILED).numpy()
    mixed = (values[:, None] + values).astype(np.float64)
    logs = np.log2(mixed)
    error = np.abs(found / math.log(2) / mixed - logs)
    assert (error <= 2e-7 * np.maximum(1, np.abs(logs))).all()


def test_a_probability_of_0_adds_nothing():
    nothing = torch.zeros(3, 50)
    assert mixture_sums(nothing, TILED).abs().max() < 1e-20
    assert mixture_sums(nothing, COMPILED).abs().max() == 0


@pytest.mark.parametrize("models", [1, 7, 8, 9, 20])
@pytest.mark.parametrize("entries", [0, 1, 1023, 1025, 9000])
def test_all_ways_to_sum_agree_at_every_edge(models, entries):
    generator = torch.Generator().manual_seed(models)
    values = torch.rand(models, entries, generator=generator)
    exact = mixture_sums(values.double(), TILED)
    mixed = values.double()[:, None] + values.double()
    torch.testing.assert_close(exact, torch.special.xlogy(mixed, mixed).sum(-1))
    by_rows = divergence._sums_by_rows(values.double()).triu()
    torch.testing.assert_close(by_rows, exact.triu())
    for work in (TILED, COMPILED):
        found = mixture_sums(values, work)
        torch.testing.assert_close(found, exact, rtol=1e-6, atol=1e-3)
        assert torch.equal(found, found.T)


def test_only_large_work_on_float32_is_compiled_whatever_was_done_before():
    importlib.import_module("numba")
    values = torch.rand(3, 3000, generator=torch.Generator().manual_seed(0))
    tiled, compiled = mixture_sums(values, TILED), mixture_sums(values, COMPILED)
    assert not torch.equal(tiled, compiled)
    assert torch.equal(mixture_sums(values, divergence.PAYS_FROM - 1), tiled)
    assert torch.equal(mixture_sums(values, divergence.PAYS_FROM), compiled)
    double = values.double()
    assert torch.equal(mixture_sums(double, COMPILED), mixture_sums(double, TILED))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shape", [lambda bundle: bundle, peaked], ids=["mild", "peaked"])
def test_jensen_shannon_lies_between_the_bounds_that_the_affinity_gives(seed, shape):
    bundle = shape(random_bundle(6, 80, 7, seed=seed, gaps=0.2))
    apart = 1 - measured(bundle, "hellinger_affinity")
    js = measured(bundle, "js_nats")
    assert (js >= math.log(2) * apart - 1e-12).all()
    assert (js <= apart + 1e-12).all()


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("gaps", [0.0, 0.3])
def test_twins_are_at_distance_0_and_overlap_fully(request, single, gaps):
    bundle = random_bundle(3, 50, 6, seed=5, gaps=gaps)
    if single:
        request.getfixturevalue("always_single")
        bundle = in_float32(bundle)
    twins = tuple(f"twin of {name}" for name in bundle.models)
    copies = dict(zip(twins, bundle.probabilities.values(), strict=True))
    both = bundle.append(replace(bundle, models=twins, probabilities=copies))
    near = 1e-6 if single else 1e-12
    for name, expected in (("js_nats", 0), ("kl", 0), ("sym_kl", 0)):
        found = measured(both, name)
        assert found[:3, 3:].diagonal().abs().max() < near, name
        assert (found.diagonal() == expected).all(), name
    for name in ("hellinger_affinity", "cosine_probabilities"):
        assert (measured(both, name)[:3, 3:].diagonal() - 1).abs().max() < near, name
    entropy = measured(both, "cross_entropy").diagonal()[:3]
    apart = measured(both, "ce_distance_mekong")[:3, 3:].diagonal()
    torch.testing.assert_close(apart, 2 * entropy, rtol=0, atol=1e-5)


def test_kl_is_never_below_0_and_the_symmetric_one_is_its_mean():
    for seed in range(5):
        bundle = peaked(random_bundle(5, 40, 4, seed=seed, gaps=0.3), power=3.0)
        one_way, both_ways = measured(bundle, "kl"), measured(bundle, "sym_kl")
        assert (one_way >= 0).all()
        assert torch.equal(both_ways, both_ways.T)
        torch.testing.assert_close(both_ways, (one_way + one_way.T) / 2)
        assert not torch.allclose(one_way, one_way.T)


def test_a_class_that_one_model_excludes_is_cut_where_each_measure_says():
    given = {"a": torch.tensor([[1.0, 0.0]]), "b": torch.tensor([[0.0, 1.0]])}
    bundle = bundle_of([[0], [1]], classes="xy", probabilities=given)
    assert measured(bundle, "cross_entropy")[0, 1] == pytest.approx(-math.log(1e-12))
    assert measured(bundle, "cross_entropy")[0, 0] == 0
    assert measured(bundle, "kl")[0, 1] == pytest.approx(-math.log(1e-12))
    raised = -(1 + 0) * math.log(1e-8) - 1e-8 * math.log(1)
    assert measured(bundle, "ce_distance_mekong")[0, 1] == pytest.approx(2 * raised)
    assert measured(bundle, "cosine_probabilities")[0, 1] == 0


def test_the_brier_score_of_a_mean_follows_from_the_products_of_its_members():
    bundle = random_bundle(4, 90, 5, seed=7)
    sums = tally(bundle, ("gram_sum",))
    members, samples = len(bundle.models), len(bundle.ids)
    labels = bundle.labels.long()[:, None]
    of_label = sum(table.gather(1, labels).sum() for table in bundle.probabilities.values())
    squares = sums["gram_sum"].sum() / members**2
    expected = (squares - 2 * of_label / members + samples) / samples
    found = measured(combine(bundle, Ensemble(bundle.models, "mean")), "brier")[0]
    assert found.item() == pytest.approx(expected.item(), abs=1e-12)


def test_models_without_probabilities_are_left_undefined():
    bundle = random_bundle(3, 20, 4)
    some = {name: bundle.probabilities[name] for name in bundle.models[:2]}
    for measure in MEASURES:
        found = measured(replace(bundle, probabilities=some), measure.name)
        assert found[:2, :2].isfinite().all(), measure.name
        assert found[2].isnan().all(), measure.name
        assert found[:, 2].isnan().all(), measure.name
