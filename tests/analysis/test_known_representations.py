"""Similarity of embeddings: reference cases, naive loops, and what is undefined."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from known import compare, t12
from made import random_bundle

from analysis import cka
from analysis.checks import BundleError
from analysis.cka import debiased_cka, linear_cka
from analysis.representations import (
    REPRESENTATIONS,
    rdm_correlation,
    representation_similarity,
)
from analysis.vendi import vendi

COVERED = ("pair.linear_cka_probs", "pair.linear_cka_X_vs_P0")
SIMILARITIES = pytest.mark.parametrize("name", REPRESENTATIONS)
CKAS = pytest.mark.parametrize("similarity", [linear_cka, debiased_cka])


@pytest.mark.parametrize("case_id", COVERED)
def test_known_answer(cases, case_id):
    case = cases[case_id]
    given = cases["fixtures"]["T12"]
    probabilities = torch.tensor(given["P"], dtype=torch.float64)
    if case_id == "pair.linear_cka_probs":
        bundle = t12(given)
        found = linear_cka([bundle.probabilities[model] for model in bundle.models])
    else:
        found = linear_cka([torch.tensor(given["X"], dtype=torch.float64), probabilities[0]])[0, 1]
    compare(found, case["expected"], case["tol"])


def test_every_covered_id_is_a_case(cases):
    assert [case_id for case_id in COVERED if case_id not in cases] == []


def features(samples=40, widths=(3, 7, 1, 12), seed=0, shared=1.0):
    """Embeddings with something in common, far from the origin, of several widths."""
    generator = torch.Generator().manual_seed(seed)
    common = torch.randn(samples, 4, generator=generator, dtype=torch.float64)
    return [
        shared * common @ torch.randn(4, width, generator=generator, dtype=torch.float64)
        + torch.randn(samples, width, generator=generator, dtype=torch.float64)
        + 3
        for width in widths
    ]


def naive_cka(first, second):
    """From the tables of inner products, centred on both sides."""
    grams = []
    for table in (first, second):
        centre = np.eye(len(table)) - 1 / len(table)
        grams.append(centre @ table.numpy() @ table.numpy().T @ centre)
    return (grams[0] * grams[1]).sum() / np.sqrt((grams[0] ** 2).sum() * (grams[1] ** 2).sum())


def naive_hsic(first, second):
    """Song et al. 2012, equation 5, word for word."""
    n = len(first)
    one, other = (table.numpy() @ table.numpy().T for table in (first, second))
    np.fill_diagonal(one, 0)
    np.fill_diagonal(other, 0)
    ones = np.ones(n)
    sums = (ones @ one @ ones) * (ones @ other @ ones)
    terms = np.trace(one @ other) + sums / ((n - 1) * (n - 2))
    return (terms - 2 / (n - 2) * ones @ one @ other @ ones) / (n * (n - 3))


def naive_debiased_cka(first, second):
    own = naive_hsic(first, first) * naive_hsic(second, second)
    return naive_hsic(first, second) / np.sqrt(own)


def pairwise(function, tables):
    return torch.tensor([[function(one, other) for other in tables] for one in tables])


@pytest.mark.parametrize("samples", [5, 14, 40, 200])
@pytest.mark.parametrize(
    ("similarity", "naive"), [(linear_cka, naive_cka), (debiased_cka, naive_debiased_cka)]
)
def test_cka_agrees_with_tables_of_inner_products(similarity, naive, samples):
    tables = features(samples)
    torch.testing.assert_close(similarity(tables), pairwise(naive, tables), rtol=0, atol=1e-9)


@pytest.mark.parametrize("samples", [9, 200])
@CKAS
def test_cka_is_the_same_whatever_is_worked_on_at_a_time(similarity, samples, monkeypatch):
    tables = features(samples)
    whole = similarity(tables)
    for name, value in (("WIDE", 10), ("CHUNK_VALUES", 30), ("GRAM_VALUES", 100)):
        monkeypatch.setattr(cka, name, value)
    torch.testing.assert_close(similarity(tables), whole, rtol=0, atol=1e-12)


@CKAS
def test_both_forms_of_cka_agree(similarity, monkeypatch):
    tables = features(60)
    by_features = similarity(tables)
    monkeypatch.setattr(cka, "_by_features", cka._by_samples)
    torch.testing.assert_close(similarity(tables), by_features, rtol=0, atol=1e-12)


@CKAS
def test_cka_ignores_turns_shifts_and_scale(similarity):
    table = features(50, (6,))[0]
    turn, _ = torch.linalg.qr(torch.randn(6, 6, dtype=torch.float64))
    found = similarity([table, 3 * table @ turn - 7])
    torch.testing.assert_close(found, torch.ones_like(found), rtol=0, atol=1e-9)


def test_debiasing_takes_away_what_unrelated_wide_embeddings_seem_to_share():
    tables = features(50, (200, 200), shared=0.0)
    assert linear_cka(tables)[0, 1] > 0.7
    assert debiased_cka(tables)[0, 1].abs() < 0.1


def test_constant_columns_change_nothing_and_constant_embeddings_are_undefined():
    one, other = features(30, (4, 3))
    padded = torch.cat([one, torch.full((30, 2), 0.1, dtype=torch.float64)], 1)
    for similarity in (linear_cka, debiased_cka):
        expected = similarity([one, other])
        torch.testing.assert_close(similarity([padded, other]), expected, rtol=0, atol=1e-12)
    flat = torch.full((30, 3), 0.1, dtype=torch.float32)
    broken = other.clone()
    broken[3, 0] = torch.nan
    for similarity in (linear_cka, debiased_cka, rdm_correlation):
        found = similarity([one, flat, broken, other])
        assert found[1:3].isnan().all()
        assert found[:, 1:3].isnan().all()
        known = found[[0, 3]][:, [0, 3]]
        torch.testing.assert_close(known, similarity([one, other]), rtol=0, atol=1e-12)


def test_samples_that_are_all_equally_alike_leave_debiased_cka_undefined():
    assert linear_cka([torch.eye(9)]).item() == pytest.approx(1)
    assert debiased_cka([torch.eye(9)]).isnan().all()
    assert rdm_correlation([torch.eye(9)]).isnan().all()
    assert rdm_correlation([torch.eye(9)], distance="euclidean").isnan().all()


@pytest.mark.parametrize(
    ("similarity", "least"), [(linear_cka, 2), (debiased_cka, 4), (rdm_correlation, 3)]
)
def test_too_few_samples_are_undefined(similarity, least):
    for samples in range(1, 6):
        found = similarity(features(samples, (5, 8)))
        assert found.shape == (2, 2)
        assert bool(found.isfinite().all()) == (samples >= least)


@pytest.mark.parametrize("ranked", [False, True])
@pytest.mark.parametrize("distance", ["correlation", "euclidean"])
def test_rdm_correlation_agrees_with_scipy(distance, ranked):
    from scipy.spatial.distance import pdist
    from scipy.stats import pearsonr, spearmanr

    tables = [table.round(decimals=1) for table in features(25, (5, 8, 3))]
    tables[0][7] = tables[0][3]
    distances = [pdist(table.numpy(), distance).round(12) for table in tables]
    correlation = spearmanr if ranked else pearsonr
    expected = [[correlation(one, other).statistic for other in distances] for one in distances]
    found = rdm_correlation(tables, distance=distance, ranked=ranked)
    torch.testing.assert_close(found, torch.tensor(expected), rtol=0, atol=1e-9)


def test_rdm_correlation_is_of_drawn_samples_that_the_seed_repeats():
    tables = features(80, (3, 7, 12))
    once = rdm_correlation(tables, samples=30, seed=1)
    assert torch.equal(rdm_correlation(tables, samples=30, seed=1), once)
    assert not torch.equal(rdm_correlation(tables, samples=30, seed=2), once)
    assert torch.equal(rdm_correlation(tables, samples=80), rdm_correlation(tables))


def embedded(bundle, tables):
    """The bundle whose last models have these embeddings."""
    names = bundle.models[len(bundle.models) - len(tables) :]
    return replace(bundle, model_embeddings=dict(zip(names, tables, strict=True)))


@SIMILARITIES
def test_a_bundle_gives_a_table_over_all_its_models(name):
    tables = [table.float() for table in features(60, (3, 6))]
    bundle = embedded(random_bundle(3, 60), tables)
    found = representation_similarity(bundle, name)
    assert found.samples == 60
    assert found.per_dimension.tolist()[1:] == [20, 10]
    assert found.per_dimension[0].isnan()
    assert found.matrix[0].isnan().all()
    assert torch.equal(found.matrix[1:, 1:], REPRESENTATIONS[name].function(tables))
    low, high = REPRESENTATIONS[name].bounds
    assert low <= found.matrix[1, 2] <= high


@SIMILARITIES
def test_a_bundle_can_be_judged_on_a_draw_of_its_samples(name):
    bundle = embedded(random_bundle(2, 60), features(60, (3, 6)))
    found = representation_similarity(bundle, name, samples=20, seed=3)
    assert found.samples == 20
    again = representation_similarity(bundle, name, samples=20, seed=3)
    assert torch.equal(found.matrix, again.matrix)
    rows = torch.randperm(60, generator=torch.Generator().manual_seed(3))[:20].sort().values
    tables = [table[rows] for table in bundle.model_embeddings.values()]
    assert torch.equal(found.matrix, REPRESENTATIONS[name].function(tables))


def test_the_rdm_correlation_takes_a_thousand_samples_unless_told_otherwise():
    bundle = embedded(random_bundle(2, 1200), features(1200, (3, 6)))
    assert representation_similarity(bundle, "rdm_correlation").samples == 1000
    assert representation_similarity(bundle, "rdm_correlation", samples=1100).samples == 1100
    assert representation_similarity(bundle, "linear_cka").samples == 1200


@SIMILARITIES
def test_without_embeddings_or_with_one_model_nothing_breaks(name):
    nobody = representation_similarity(random_bundle(2, 9), name)
    assert nobody.matrix.isnan().all()
    alone = representation_similarity(embedded(random_bundle(1, 9), features(9, (4,))), name)
    assert alone.matrix.item() == pytest.approx(1)
    single = representation_similarity(embedded(random_bundle(2, 1), features(1, (4, 2))), name)
    assert single.matrix.isnan().all()


def test_similarities_are_named_as_their_function_and_say_what_they_are():
    for name, measure in REPRESENTATIONS.items():
        assert measure.function.__name__ == measure.name == name
        assert measure.summary.endswith(".")
        assert measure.undefined.endswith(".")


def test_models_with_the_same_arrangement_of_samples_are_one_model():
    one, other = features(60, (5, 8), shared=0.0)
    assert vendi(linear_cka([one, one.flip(1), 2 * one])).item() == pytest.approx(1)
    assert vendi(linear_cka([one, other])).item() > 1.5


def test_an_unknown_similarity_is_refused_with_those_that_exist():
    with pytest.raises(BundleError, match="expected linear_cka, debiased_cka, rdm_correlation"):
        representation_similarity(random_bundle(), "cosine")


@SIMILARITIES
def test_similarities_of_embeddings_are_equal_on_every_device(name, device):
    for samples in (30, 300):
        bundle = embedded(random_bundle(3, samples), features(samples, (3, 40, 8)))
        expected = representation_similarity(bundle, name)
        found = representation_similarity(bundle.to(device), name)
        assert found.matrix.device.type == device
        torch.testing.assert_close(
            found.matrix.cpu(), expected.matrix, rtol=0, atol=1e-9, equal_nan=True
        )


@CKAS
def test_cka_of_few_wide_samples_stays_within_the_memory(similarity, monkeypatch):
    tables = features(60, (300, 300))
    whole = similarity(tables)
    made = []
    empty = torch.empty

    def watched(*sizes, **options):
        made.append(int(np.prod(sizes[0])))
        return empty(*sizes, **options)

    monkeypatch.setattr(cka, "working_memory", lambda device: 32 * 2 * 60 * 7)
    monkeypatch.setattr(torch, "empty", watched)
    torch.testing.assert_close(similarity(tables), whole, rtol=0, atol=1e-12)
    assert max(made) == 2 * 60 * 7
