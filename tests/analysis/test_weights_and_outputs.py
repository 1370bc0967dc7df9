"""Soups and interpolations beside the ensembles of the same models."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from known import t12
from made import ROOT, bundle_of, random_bundle

from analysis import load_bundle
from analysis.bundle import normalised
from analysis.ensemble import Ensemble, combine
from analysis.outcomes import OUTCOMES
from analysis.recipes import Line, Soup, lines, soups
from analysis.weights_and_outputs import (
    CELLS,
    FOURWAY,
    along_interpolation,
    error_parts,
    fourway,
    soup_against_ensemble,
)

MEAN_OF_THREE = Soup("d", ("a", "b", "c"), stated=True)


@pytest.fixture(scope="module")
def demo():
    return load_bundle(ROOT / "data" / "demo")


def votes():
    """Three ingredients and d, the soup, worked out by hand."""
    return bundle_of(
        [
            [0, 0, 1, 1, 1, -1],
            [0, 1, 1, 2, 1, -1],
            [0, 0, 1, 0, 2, -1],
            [0, 1, 1, 0, 0, 0],
        ],
        [0, 0, 0, 0, 0, 0],
    )


def test_soup_and_vote_by_hand():
    found = soup_against_ensemble(votes(), MEAN_OF_THREE)
    # Sample 3 is a tie of 0, 1 and 2 and goes to 0; nobody votes on sample 5.
    assert found.rule == "plurality"
    assert found.cells.tolist() == [0, 1, 3, 0, 2, -1]
    assert dict(zip(CELLS, found.table.tolist(), strict=True)) == {
        "both right": 2,
        "only the ensemble right": 1,
        "only the soup right": 1,
        "both wrong": 1,
    }
    assert found.n == 5
    assert found.soup[0] == found.ensemble[0] == pytest.approx(0.6)
    assert found.difference[0] == 0
    assert found.p == 1
    assert found.same[0] == pytest.approx(3 / 5)
    assert found.ingredients.tolist() == pytest.approx([0.4, 0.2, 0.6])
    names = [OUTCOMES[code] for code in found.soup_outcomes.codes[:5].tolist()]
    assert names == ["kept", "spoiled", "missed", "corrected", "rescued"]
    names = [OUTCOMES[code] for code in found.ensemble_outcomes.codes[:5].tolist()]
    assert names == ["kept", "corrected", "missed", "corrected", "missed"]


def test_a_gap_of_the_ensemble_is_wrong_when_gaps_count():
    found = soup_against_ensemble(votes(), MEAN_OF_THREE, missing="wrong")
    assert found.n == 6
    assert found.cells[5] == CELLS.index("only the soup right")


@given(seed=st.integers(0, 5000), gaps=st.sampled_from([0.0, 0.2]))
def test_the_table_adds_up_and_gives_the_difference(seed, gaps):
    bundle = random_bundle(4, 50, seed=seed, gaps=gaps)
    soup = Soup("model-3", bundle.models[:3], stated=True)
    found = soup_against_ensemble(bundle, soup)
    both, ensemble, alone, neither = found.table.tolist()
    assert both + ensemble + alone + neither == found.n
    assert found.difference[0] == pytest.approx((alone - ensemble) / found.n)
    assert found.soup[0] - found.ensemble[0] == pytest.approx(found.difference[0])
    assert found.difference[1] <= found.difference[0] <= found.difference[2]
    assert found.same[0] >= (both / found.n) - 1e-12


def test_a_soup_that_says_what_the_ensemble_says_differs_nowhere():
    bundle = random_bundle(3, 40, seed=1)
    mean = combine(bundle, Ensemble(bundle.models, "mean"))
    bundle = bundle.append(replace(mean, model_info={}, units=None))
    found = soup_against_ensemble(bundle, Soup(mean.models[0], bundle.models[:3], stated=True))
    assert found.same[0] == 1
    assert found.difference[0] == 0
    assert torch.equal(found.soup_outcomes.codes, found.ensemble_outcomes.codes)
    parts = error_parts(bundle, Soup(mean.models[0], bundle.models[:3], stated=True))
    assert parts["brier/total"][1] == pytest.approx(parts["brier/total"][2].item())


def test_four_ways_of_two_members_and_their_mean(cases):
    bundle = t12(cases["fixtures"]["T12"])
    for ids in ((0, 1), (0, 2)):
        case = cases[f"correction.fourway_members_{ids[0]}_{ids[1]}"]
        ends = tuple(bundle.models[place] for place in ids)
        mean = combine(bundle, Ensemble(ends, "mean"))
        known = torch.ones(1, 12, dtype=torch.bool)
        found = fourway(*bundle.select(ends).correct, mean.correct, known)
        assert dict(zip(FOURWAY, found[0].tolist(), strict=True)) == case["expected"]


def test_along_a_line_of_outputs_the_mixture_is_the_weighted_mean():
    bundle = random_bundle(3, 80, seed=3, accuracy=0.3)
    line = Line(("model-0", "model-2", "model-1"), (0.0, 0.3, 1.0))
    found = along_interpolation(bundle, line)
    first, second = (normalised(bundle.probabilities[name]) for name in line.ends)
    said = (0.7 * first + 0.3 * second).argmax(1)
    expected = (said == bundle.labels).double().mean().item()
    assert found.outputs[1, 0].item() == pytest.approx(expected)
    torch.testing.assert_close(found.outputs[[0, 2]], found.weights[[0, 2]])
    assert torch.equal(found.output_outcomes[[0, 2]], found.weight_outcomes[[0, 2]])
    own = (bundle.predictions[2] == bundle.labels).double().mean().item()
    assert found.weights[1, 0].item() == pytest.approx(own)
    assert found.fourway.sum(1).tolist() == [80] * 3
    rescued = (found.weight_outcomes == OUTCOMES.index("rescued")).sum(1)
    assert rescued.tolist() == found.fourway[:, FOURWAY.index("FFT")].tolist()
    assert rescued[0] == rescued[2] == 0


def test_labels_alone_give_the_line_of_weights_only():
    bundle = random_bundle(3, 40, probabilities=False, gaps=0.2)
    found = along_interpolation(bundle, Line(bundle.models, (0.0, 0.5, 1.0)))
    assert found.outputs.isnan().all()
    assert found.output_outcomes is None
    assert found.weights.isfinite().all()


def test_the_parts_of_the_reference_fixture(cases):
    bundle = t12(cases["fixtures"]["T12"])
    soup = Soup("A", bundle.models, stated=True)
    found = error_parts(bundle, soup)
    brier, error = cases["decomp.brier"]["expected"], cases["decomp.domingos01"]["expected"]
    assert found["brier/total"].tolist() == pytest.approx(
        [brier["mean_member"], brier["members"][0], brier["ensemble"]]
    )
    assert found["brier/bias"][0].item() == pytest.approx(brier["ensemble"])
    assert found["brier/variance"].tolist() == pytest.approx([brier["ambiguity"], 0, 0])
    assert found["error/total"].tolist() == pytest.approx([error["mean_err"], 4 / 12, 3 / 12])
    assert found["error/bias"][0].item() == pytest.approx(error["bias"])
    net = error["var_unbiased"] - error["var_biased_beneficial"]
    assert found["error/variance"].tolist() == pytest.approx([net, 0, 0])


def test_the_parts_add_up_to_the_total(demo):
    found = error_parts(demo, soups(demo)[0])
    for loss in ("error", "brier"):
        whole = found[f"{loss}/bias"] + found[f"{loss}/variance"]
        torch.testing.assert_close(whole, found[f"{loss}/total"])
        assert (found[f"{loss}/low"] <= found[f"{loss}/total"]).all()
        assert (found[f"{loss}/total"] <= found[f"{loss}/high"]).all()


def test_without_probabilities_only_the_error_is_split():
    bundle = random_bundle(4, 60, probabilities=False)
    found = error_parts(bundle, Soup("model-3", bundle.models[:3], stated=True))
    assert found["brier/total"].isnan().all()
    assert found["error/total"].isfinite().all()


def test_the_demo_as_shipped(demo):
    labels = demo.labels
    right = {model: demo.correct[row] for row, model in enumerate(demo.models)}
    soup = soups(demo)[0]
    mean = sum(normalised(demo.probabilities[model]) for model in soup.ingredients).argmax(1)
    found = soup_against_ensemble(demo, soup)
    assert found.n == 3600
    assert found.soup[0] == pytest.approx(right["soup-uniform"].double().mean().item())
    assert found.ensemble[0] == pytest.approx((mean == labels).double().mean().item())
    (line,) = lines(demo)
    along = along_interpolation(demo, line)
    assert along.weights[0, 0].item() == pytest.approx(right["erm"].double().mean().item())
    ends = right["erm"] | right["tuned-s0"]
    expected = (right["interp-0.40"] & ~ends).sum().item()
    assert (along.weight_outcomes[2] == OUTCOMES.index("rescued")).sum().item() == expected
    assert np.isfinite(along.outputs.numpy()).all()
