"""Accuracy on the line or the curve: reference cases, real data, dependence, mixtures."""

import json

import numpy as np
import pytest
import torch
from known import compare
from made import CANNOT, real

from analysis.accuracy_on_the_curve import below_mixtures, bend, runs_of, shape
from analysis.accuracy_scales import SCALES, scaled, unscaled
from analysis.checks import BundleError
from analysis.loading import load_accuracies, load_bundle

COVERED = ("group.moon_raw", "group.moon_logit", "group.moon_probit")


def told(fit):
    names = ("r2", "rss", "aic", "aicc", "loo_rmse")
    return {"coef": list(fit.coefficients)} | {name: getattr(fit, name) for name in names}


@pytest.mark.parametrize("case_id", COVERED)
def test_known_answer(cases, case_id):
    case, scale = cases[case_id], case_id.split("_")[1]
    given = cases["fixtures"][case["fixture"]]
    x, y = (torch.tensor(given[side], dtype=torch.float64) for side in ("majority", "minority"))
    found = bend(scaled(x, None, scale), scaled(y, None, scale))
    ours = {"linear": told(found.linear), "quadratic": told(found.quadratic)}
    ours |= {"delta_aic": found.delta_aic, "F": found.F, "p": found.p}
    compare(ours, case["expected"], case["tol"])
    assert shape(found) == "moon"


def test_statsmodels_agrees():
    api = pytest.importorskip("statsmodels.api", reason=f"{CANNOT} statsmodels")
    x = torch.rand(20, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    y = x**2 + 0.1 * torch.rand(20, dtype=torch.float64)
    found = bend(x, y)
    powers = torch.stack([torch.ones(20), x, x**2], 1).numpy()
    theirs = [api.OLS(y.numpy(), powers[:, :terms]).fit() for terms in (2, 3)]
    assert found.quadratic.coefficients == pytest.approx(theirs[1].params.tolist(), rel=1e-8)
    assert found.delta_aic == pytest.approx(theirs[0].aic - theirs[1].aic, rel=1e-8)
    F, p, _ = theirs[1].compare_f_test(theirs[0])
    assert (found.F, found.p) == pytest.approx((F, p), rel=1e-6)


@pytest.mark.parametrize("scale", SCALES)
def test_scales_can_be_undone_and_clip_what_has_no_place(scale):
    share = torch.tensor([0.0, 0.25, 0.5, 1.0], dtype=torch.float64)
    n = torch.tensor([10, 10, 0, 0])
    back = unscaled(scaled(share, n, scale), scale)
    ends = (0.0, 1.0) if scale == "raw" else (0.05, 1 - 0.5e-4)
    assert back.tolist() == pytest.approx([ends[0], 0.25, 0.5, ends[1]], abs=1e-9)


def test_an_unknown_scale_is_a_sentence():
    with pytest.raises(BundleError, match="no scale 'log'; expected one of raw, logit, probit"):
        scaled(torch.tensor([0.5]), None, "log")


def test_too_few_points_and_exact_fits_say_nothing():
    x = torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.5])
    few = bend(x, x)
    assert (few.distinct, few.n, shape(few)) == (5, 7, "unknown")
    x = torch.linspace(0.1, 0.9, 9, dtype=torch.float64)
    exact = bend(x, 2 * x)
    assert exact.linear.aic != exact.linear.aic
    assert shape(exact) == "unknown"
    flat = bend(x, torch.full_like(x, 0.5))
    assert shape(flat) == "unknown"
    gaps = bend(torch.cat([x, torch.tensor([torch.nan, 0.5])]), torch.cat([x, x[:2] * torch.nan]))
    assert gaps.n == 9


def test_an_arch_is_no_moon():
    x = torch.linspace(0.1, 0.9, 12, dtype=torch.float64)
    wobble = 0.003 * torch.tensor([1.0, -1.0] * 6, dtype=torch.float64)
    assert shape(bend(x, x - x**2 + wobble)) == "arch"
    assert shape(bend(x, 0.5 * x + wobble)) == "line"


def simulated(seed, runs=8, points=6, curve=0.0):
    """Checkpoints that share the height and the bend of their run."""
    generator = torch.Generator().manual_seed(seed)
    of_run = torch.arange(runs).repeat_interleave(points)
    x = torch.rand(runs * points, dtype=torch.float64, generator=generator)
    own = torch.randn(runs, 2, dtype=torch.float64, generator=generator)[of_run]
    own = own * torch.tensor([0.02, 0.3], dtype=torch.float64)
    noise = 0.02 * torch.randn(len(x), dtype=torch.float64, generator=generator)
    return x, x + own[:, 0] + (curve + own[:, 1]) * x**2 + noise, of_run


def test_the_interval_of_the_bend_lets_checkpoints_of_a_run_move_together():
    found = [bend(*simulated(seed)) for seed in range(80)]
    naive = sum(one.p < 0.05 for one in found) / 80
    held = sum(one.run_p < 0.05 for one in found) / 80
    assert naive > 0.1
    assert held < naive
    assert all((one.low <= 0 <= one.high) == (one.run_p >= 0.05) for one in found)
    bent = [bend(*simulated(seed, curve=1.5)) for seed in range(20)]
    assert sum(one.run_p < 0.05 for one in bent) >= 17


def test_a_bend_that_one_run_makes_is_not_decided():
    x = torch.linspace(0.2, 0.8, 10, dtype=torch.float64)
    y = torch.where(x < 0.5, x, x + 3 * (x - 0.5) ** 2)
    runs = torch.tensor([0, 0, 0, 0, 1, 1, 2, 2, 2, 2])
    assert shape(bend(x, y, runs)) == "undecided"
    assert shape(bend(x, y)) == "moon"


def test_models_that_belong_together_are_told_by_the_first_column_that_says_so():
    family = np.array(["a", "b", "a", None, np.nan, ""], dtype=object)
    found, column = runs_of({"family": family}, 6)
    assert column == "family"
    assert found[0] == found[2]
    assert len(found.unique()) == 5
    assert runs_of({"recipe": np.arange(6), "family": family}, 6)[1] == "recipe"
    assert runs_of({}, 3)[0].tolist() == [0, 1, 2]


def test_mixtures_reach_the_segment_and_nothing_outside_of_it():
    x = torch.tensor([0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.5])
    y = torch.tensor([0.2, 0.5, 0.5, 0.2, 0.8, 0.1, 0.1])
    depth = below_mixtures(x, y, 0, 4)
    assert depth[1:4].tolist() == pytest.approx([-0.15, 0.0, 0.45], abs=1e-6)
    assert torch.isnan(depth[[0, 4, 5, 6]]).all()
    assert torch.equal(below_mixtures(x, y, 4, 0)[1:4] > 0.1, depth[1:4] > 0.1)
    assert torch.isnan(below_mixtures(x, y, 0, 6)).all()


def test_the_line_from_the_original_to_the_new_test_set_is_the_published_one():
    bundle, expected = load_bundle(real("cifar10_1")), reference("cifar10_1")
    inside = bundle.groups["split"].membership().double()
    rate = bundle.correct.double() @ inside / inside.sum(0)
    levels = bundle.groups["split"].levels
    for shifted in ("v4", "v6"):
        x, y = (rate[:, levels.index(level)] for level in ("original", shifted))
        want = expected[f"original_vs_{shifted}"]
        for scale in ("logit", "probit"):
            line = bend(scaled(x, None, scale), scaled(y, None, scale)).linear
            fit = want[f"{scale}_fit"]
            assert line.coefficients == pytest.approx((fit["intercept"], fit["slope"]), abs=1e-7)
        line, fit = bend(100 * x, 100 * y).linear, want["linear_fit_percent"]
        assert line.coefficients == pytest.approx((fit["intercept"], fit["slope"]), abs=1e-6)
        assert line.r2**0.5 == pytest.approx(want["pearson_r"], abs=1e-7)


def test_accuracies_without_samples_give_the_lines_of_the_reference():
    folder = real("imagenet_testbed")
    table = load_accuracies(folder / "original" / "robustness_top1s.csv", folder / "models.csv")
    standard = torch.from_numpy(table.model_info["model_type"] == "standard")
    for setting, fit in reference("imagenet_testbed")["fits_vs_val"].items():
        both = table.of(("val", setting))[standard]
        both = both[(both > 0).all(1)]
        line = bend(*(scaled(both[:, side], None, "logit") for side in (0, 1))).linear
        want = (fit["logit_intercept_standard"], fit["logit_slope_standard"])
        assert line.coefficients == pytest.approx(want, abs=1e-6)


def reference(name):
    return json.loads((real(name) / "expected.json").read_text("utf-8"))
