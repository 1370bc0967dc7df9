"""Accuracy in one group against another: is the relation a line, or bent like a moon?"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import Literal

import numpy as np
import torch
from torch import Tensor

Shape = Literal["unknown", "line", "moon", "arch", "undecided"]
FEWEST = 6  # different values of x
LEVEL = 0.05
EXACT = 1e-20
RUN_COLUMNS = ("recipe", "training_run", "run", "base_model", "family")


@dataclass(frozen=True)
class Polynomial:
    """A least-squares fit of y by powers of x.

    Attributes:
        coefficients: of 1, x and, for a parabola, x squared.
        r2: share of the variance that it explains.
        rss: residual sum of squares.
        aic, aicc: Akaike's criterion and its form for few points; lower is better; NaN where the
            fit is exact.
        loo_rmse: root mean squared error of each point as predicted by the others; NaN where a
            point is fitted by itself alone.
    """

    coefficients: tuple[float, ...]
    r2: float
    rss: float
    aic: float
    aicc: float
    loo_rmse: float


@dataclass(frozen=True)
class Bend:
    """A line and a parabola through the same points; NaN where there are too few.

    Attributes:
        linear, quadratic: the fits.
        delta_aic: AIC of the line minus AIC of the parabola; above 0 the parabola is better.
        F, p: test of the quadratic term with (1, n - 3) degrees of freedom. It takes points as
            independent, which checkpoints of one run are not.
        low, high: 95 % interval of the quadratic term that lets points of one run move together.
        run_p: the test that belongs to it.
        n: points. distinct: different values of x among them. runs: groups of points that belong
            together.
    """

    linear: Polynomial
    quadratic: Polynomial
    delta_aic: float
    F: float
    p: float
    low: float
    high: float
    run_p: float
    n: int
    distinct: int
    runs: int


def bend(x: Tensor, y: Tensor, runs: Tensor | None = None) -> Bend:
    """Whether a parabola describes y better than a line.

    The interval of the quadratic term leaves out one run after another (the cluster jackknife)
    and takes Student's quantile with one degree of freedom less than there are runs.

    Args:
        x: float [P], for example from `analysis.accuracy_scales.scaled`; points with NaN in
            either are left out.
        y: float [P].
        runs: int [P], equal numbers belong together; None: all points stand alone.

    Returns:
        Fits and tests; all NaN with fewer than 6 different x, the interval also with fewer than
        three runs, or where without one of them there are too few different x.

    Example:
        >>> x = torch.arange(8.0)
        >>> found = bend(x, x + 0.5 * x**2 + torch.tensor([0.1, -0.1] * 4))
        >>> shape(found), round(found.quadratic.coefficients[2], 1)
        ('moon', 0.5)

    References:
        Liang et al. 2023, Accuracy on the curve; Burnham and Anderson 2002 (AICc); MacKinnon,
        Nielsen and Webb 2023, Journal of Applied Econometrics 38 (cluster jackknife).
    """
    known = torch.isfinite(x) & torch.isfinite(y)
    x, y = x[known].double(), y[known].double()
    runs = torch.arange(len(x)) if runs is None else runs[known].unique(return_inverse=True)[1]
    n, distinct, number = len(x), len(x.unique()), len(runs.unique())
    nan = float("nan")
    if distinct < FEWEST:
        nothing = Polynomial((), nan, nan, nan, nan, nan)
        return Bend(nothing, nothing, nan, nan, nan, nan, nan, nan, n, distinct, number)
    centre, width = x.mean(), x.std()
    powers = ((x - centre) / width)[:, None] ** torch.arange(3, device=x.device)
    linear = _fit(powers[:, :2], y, float(centre), float(width))
    quadratic = _fit(powers, y, float(centre), float(width))
    F, p = _f_test(linear.rss, quadratic.rss, n)
    low, high, run_p = _by_runs(powers, y, runs.to(x.device), number, float(width) ** 2)
    delta = linear.aic - quadratic.aic
    return Bend(linear, quadratic, delta, F, p, low, high, run_p, n, distinct, number)


def _fit(powers: Tensor, y: Tensor, centre: float, width: float) -> Polynomial:
    n, terms = powers.shape
    own = torch.linalg.lstsq(powers, y[:, None]).solution[:, 0]
    residual = y - powers @ own
    spread = float((y - y.mean()).square().sum())
    rss = float(residual.square().sum())
    exact = rss <= EXACT * max(spread, EXACT)
    aic = float("nan") if exact else n * log(rss / n) + 2 * (terms + 1)
    free = n - terms - 2
    aicc = aic + 2 * (terms + 1) * (terms + 2) / free if free > 0 else float("nan")
    basis = torch.linalg.qr(powers).Q
    alone = residual / (1 - basis.square().sum(1))
    loo = float(alone.square().mean().sqrt()) if torch.isfinite(alone).all() else float("nan")
    r2 = 1 - rss / spread if spread > 0 else float("nan")
    return Polynomial(_moved(own.tolist(), centre, width), r2, rss, aic, aicc, loo)


def _moved(own: list[float], centre: float, width: float) -> tuple[float, ...]:
    """Coefficients of the powers of x from those of (x - centre) / width."""
    a, b, c = (*own, 0.0)[:3]
    b, c = b / width, c / width**2
    moved = (a - b * centre + c * centre**2, b - 2 * c * centre, c)
    return moved[: len(own)]


def _f_test(linear: float, quadratic: float, n: int) -> tuple[float, float]:
    from scipy.special import fdtrc

    if quadratic <= EXACT:
        return float("nan"), float("nan")
    ratio = max(linear - quadratic, 0.0) / (quadratic / (n - 3))
    return ratio, float(fdtrc(1, n - 3, ratio))


def _by_runs(
    powers: Tensor, y: Tensor, runs: Tensor, number: int, scale: float
) -> tuple[float, float, float]:
    """Interval and test of the quadratic term, leaving out one run after another."""
    from scipy.special import stdtr, stdtrit

    unknown = (float("nan"),) * 3
    if number < 3:
        return unknown
    squares, sums = powers[:, :, None] * powers[:, None], powers * y[:, None]
    within = torch.zeros(number, 3, 3, dtype=torch.float64, device=y.device)
    within.index_add_(0, runs, squares)
    of_y = torch.zeros(number, 3, dtype=torch.float64, device=y.device).index_add_(0, runs, sums)
    left = within.sum(0) - within
    if (torch.linalg.cond(left) > 1e12).any():
        return unknown
    without = torch.linalg.solve(left, of_y.sum(0) - of_y)[:, 2] / scale
    own = torch.linalg.solve(within.sum(0), of_y.sum(0))[2] / scale
    error = float(((number - 1) / number * (without - own).square().sum()).sqrt())
    if error <= 0:
        return unknown
    half = float(stdtrit(number - 1, 1 - LEVEL / 2)) * error
    p = 2 * float(stdtr(number - 1, -abs(float(own)) / error))
    return float(own) - half, float(own) + half, p


def runs_of(info: Mapping[str, np.ndarray], models: int) -> tuple[Tensor, str]:
    """Which models belong together: checkpoints of a run, seeds of a recipe.

    Args:
        info: {column: values [M]} of the models; the first of the columns recipe, training_run,
            run, base_model and family tells.
        models: M.

    Returns:
        int64 [M], equal for models that belong together; those without a value stand alone. And
        the name of the column, empty where there is none.

    Example:
        >>> column = np.array(["a", "b", "a", None], dtype=object)
        >>> runs_of({"family": column}, 4)[0].tolist()
        [0, 1, 0, 7]
    """
    column = next((name for name in RUN_COLUMNS if name in info), "")
    if not column:
        return torch.arange(models), ""
    values = info[column].tolist()
    known = [value is not None and value == value and value != "" for value in values]
    named = dict.fromkeys(value for value, there in zip(values, known, strict=True) if there)
    place = {value: at for at, value in enumerate(named)}
    found = [
        place[value] if there else models + row
        for row, (value, there) in enumerate(zip(values, known, strict=True))
    ]
    return torch.tensor(found), column


def shape(found: Bend) -> Shape:
    """What the numbers say: a line, a moon (bent upwards), an arch (bent downwards).

    Bent means that the F test has p < .05 and the parabola predicts left-out points better;
    "undecided" that this does not hold once the points of one run may move together.

    Args:
        found: of `bend`.

    Returns:
        One of "unknown" (too few points), "line", "moon", "arch", "undecided".
    """
    if not found.quadratic.coefficients or found.p != found.p:
        return "unknown"
    better = found.quadratic.loo_rmse < found.linear.loo_rmse
    if found.p >= LEVEL or not better:
        return "line"
    if found.runs < found.n and not found.run_p < LEVEL:
        return "undecided"
    return "moon" if found.quadratic.coefficients[2] > 0 else "arch"


def below_mixtures(x: Tensor, y: Tensor, first: int, second: int) -> Tensor:
    """How far each model lies below what randomly mixing the answers of two others reaches.

    Taking the answer of one model for a random share of the samples and that of the other for
    the rest reaches every point of the segment between them, at no skill: what lies below it is
    the part of a bend that mixing does not explain.

    Args:
        x: float [P], accuracy in one group.
        y: float [P], accuracy in the other.
        first: one of the two models.
        second: the other one.

    Returns:
        float64 [P], height of the segment minus y, above 0 below the segment; NaN for the two
        themselves, for models outside of their span of x, and where the two have the same x.

    Example:
        >>> x, y = torch.tensor([0.5, 0.7, 0.9]), torch.tensor([0.2, 0.3, 0.8])
        >>> [round(v, 2) for v in below_mixtures(x, y, 0, 2).tolist()]
        [nan, 0.2, nan]

    References:
        Liang et al. 2023, Accuracy on the curve.
    """
    x, y = x.double(), y.double()
    share = (x - x[first]) / (x[second] - x[first])
    depth = y[first] + share * (y[second] - y[first]) - y
    inside = (share > 0) & (share < 1)
    inside[[first, second]] = False
    return torch.where(inside, depth, torch.nan)
