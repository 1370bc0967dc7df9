"""Teams of a strange bundle: the summary, fronts, contributions, cascades, runs and soups."""

import json

import torch
from stress.case import CLOSE, ROUNDED, Case, Steps, interval, same, sound, within

from analysis.axes import AXES, usable_axes
from analysis.bundle import BundleError
from analysis.candidates import plan
from analysis.cascades import cost_curve, member_costs, stages
from analysis.consistency_axes import consistency, disjoint_teams, team_agreement
from analysis.contributions import changed_by, contributions
from analysis.ensemble import Ensemble
from analysis.evaluation import evaluate_axes, promising_first
from analysis.findings import conflicts, diversity_at_fixed, price
from analysis.front_bootstrap import near_front
from analysis.front_quality import exclusive_contribution, hypervolume, r2
from analysis.front_shape import chord_knee, utopia_knee
from analysis.kernels import KERNELS, model_vendi
from analysis.pareto import non_dominated, ranks
from analysis.recipes import lines, soups
from analysis.runs import majority_at_k, pass_at_k, repeats, run_variance, runs_report
from analysis.selective import selective_votes, undecided_at
from analysis.sizes import size_curves
from analysis.splits import split
from analysis.stand_ins import KINDS, families, twins
from analysis.subsets import team_outcomes
from analysis.summary import summarise
from analysis.tally import tally
from analysis.weights_and_outputs import along_interpolation, error_parts, soup_against_ensemble
from analysis.windows import Target, judged_window

PLAIN = ("plurality", "mean", "geometric", "inverse_entropy")


def team_steps(case: Case) -> Steps:
    (rule,), bundle = case.one_of(PLAIN), case.bundle
    yield (
        "summary",
        lambda: json.dumps(
            summarise(bundle, missing=case.missing, seed=case.seed), allow_nan=False
        ),
    )
    yield "front", lambda: _front(case, rule)
    yield "contributions", lambda: _contributions(case, rule)
    yield "sizes", lambda: _sizes(case, rule)
    yield "consistency", lambda: _consistency(case, rule)
    yield "selective vote", lambda: _selective(case)
    yield "cascades", lambda: _cascade(case)
    yield "window", lambda: _window(case)
    yield "runs", lambda: _runs(case)
    yield "twins", lambda: _twins(case)
    yield "soups", lambda: _soups(case)
    yield "interpolations", lambda: _lines(case)
    for name in KERNELS:
        yield "effective models", lambda name=name: _vendi(case, name)


def _front(case: Case, rule: str) -> None:
    """What candidates reach is within the bounds of each axis, and its front is one."""
    bundle = case.bundle
    planned = plan(bundle, rule, random_per_size=3, edges=(0.5,), seed=case.seed)
    column = next(iter(bundle.groups), None)
    lacks = usable_axes(bundle, missing=case.missing)
    usable = [name for name, why in lacks.items() if why is None]
    assert all(why is None or why.endswith(".") for why in lacks.values()), lacks
    if not usable:
        return
    options = {"missing": case.missing, "grouping": column}
    reached = evaluate_axes(bundle, planned, usable, **options)
    for place, name in enumerate(reached.axes):
        within(reached.values[:, place], *AXES[name].bounds, name)
    assert reached.done.all()
    promising_first(bundle, planned, missing=case.missing)
    chosen = reached.values[:, :3]
    senses = ["max" if AXES[name].better == "higher" else "min" for name in reached.axes[:3]]
    front = non_dominated(chosen, senses)
    found = ranks(chosen, senses)
    known = chosen.isfinite().all(1)
    assert torch.equal(found == 0, front)
    assert bool(front.any()) == bool(known.any())
    scale = torch.tensor([2.0, 0.5, 8.0], dtype=torch.float64)[: chosen.shape[1]]
    assert torch.equal(ranks(chosen * scale, senses), found)
    signs = torch.tensor([1.0 if sense == "max" else -1.0 for sense in senses])
    worst = (signs * ((signs * chosen.nan_to_num(0)).amin(0) - 1)).tolist()
    volume = hypervolume(chosen, senses, worst)
    assert volume >= hypervolume(chosen[1:], senses, worst) - ROUNDED
    within(exclusive_contribution(chosen, senses, worst), 0, None, "exclusive")
    place = utopia_knee(chosen, senses).place
    assert place is None or front[place]
    chord_knee(chosen[:, :2], senses[:2])
    near_front(chosen, senses, [0.1] * chosen.shape[1])
    better = [AXES[name].better for name in reached.axes[:3]]
    sound(conflicts(chosen[front], better))
    if front.any():
        price(chosen, better, int(front.nonzero()[0]))
        ideal = (signs * (signs * chosen[known]).amax(0)).tolist()
        within(r2(chosen, senses, ideal), 0, None, "R2")
    if chosen.shape[1] > 1:
        sizes = planned.membership.sum(1, keepdim=True).double()
        sound(diversity_at_fixed(chosen[:, 0], chosen[:, 1], sizes, draws=20))


def _contributions(case: Case, rule: str) -> None:
    bundle, ensemble = case.bundle, Ensemble(case.bundle.models, rule)
    found = contributions(bundle, ensemble, missing=case.missing, orders=4, seed=case.seed)
    sound(found)
    known = found.n > 0
    assert torch.equal(known, found.gain.isfinite())
    change = (found.brought - found.lost).double()
    same((found.gain * found.n)[known], change[known], "gain")
    for place, member in enumerate(found.members):
        brought, lost = changed_by(bundle, ensemble, member, missing=case.missing)
        if len(found.members) > 1:
            assert int(brought.sum()) == int(found.brought[place])
            assert int(lost.sum()) == int(found.lost[place])


def _sizes(case: Case, rule: str) -> None:
    bundle = case.bundle
    grouping = next(iter(bundle.groups.values()), None)
    found = size_curves(bundle, bundle.models, rule, grouping, missing=case.missing)
    for name, most in (("accuracy", 1), ("worst_group", 1), ("rescued", None), ("spoiled", None)):
        curve = getattr(found, name)
        within(curve.mean, 0, most, name)
        interval(curve.lowest, curve.mean, curve.highest, name)
    teams = torch.eye(len(bundle.models), dtype=torch.bool)
    sums = team_outcomes(bundle, teams, rule, missing=case.missing, grouping=grouping)
    assert (sums.right <= sums.n).all()
    assert torch.equal(sums.outcomes.sum(1), sums.n)


def _consistency(case: Case, rule: str) -> None:
    bundle, models = case.bundle, len(case.bundle.models)
    teams = torch.ones(1, models, dtype=torch.bool)
    column = next(iter(bundle.groups), None)
    found = consistency(
        bundle,
        teams,
        rule,
        reference=bundle.models[0],
        grouping=column,
        missing=case.missing,
        least=1,
    )
    for name in ("kept", "even", "even_in_classes"):
        within(getattr(found, name), 0, 1, name)
    if models > 1:
        first, second = disjoint_teams(models, models // 2, 5, seed=case.seed)
        assert not (first & second).any()
        within(team_agreement(bundle, first, second, rule)[0], 0, 1, "agreement")


def _selective(case: Case) -> None:
    """The more chance is allowed for, the more is answered."""
    bundle = case.bundle
    column = next(iter(bundle.groups), None)
    alphas = (0.0, 0.05, 0.5, 1.0)
    found = selective_votes(
        bundle, bundle.models, alphas=alphas, column=column, missing=case.missing
    )
    within(found.coverage, 0, 1, "coverage")
    assert (found.kept.diff() >= 0).all()
    interval(found.low, found.accuracy, found.high, "accuracy")
    left = undecided_at(bundle, bundle.models, 0.05, missing=case.missing)
    assert len(left) == found.n - int(found.kept[1])


def _cascade(case: Case) -> None:
    bundle = case.bundle
    try:
        costs = member_costs(bundle, bundle.models)
    except BundleError:
        costs = None
    found = stages(bundle, Ensemble(bundle.models, "cascade"), costs)
    assert (found.asked.diff() <= 0).all()
    assert found.cost <= found.cost_of_all + CLOSE
    curve = cost_curve(bundle, bundle.models, costs, thresholds=5, missing=case.missing)
    sound(curve)
    assert (curve.cost.diff() >= -CLOSE).all()


def _window(case: Case) -> None:
    bundle, parts = case.bundle, split(case.bundle, seed=case.seed)
    for target in (Target("risk", 0.2), Target("coverage", 0.5)):
        found = judged_window(bundle, bundle.models, target, parts, missing=case.missing)
        sound(found)
        within(found.risk, 0, 1, "risk")


def _runs(case: Case) -> None:
    bundle = case.bundle
    json.dumps(runs_report(bundle, missing=case.missing, seed=case.seed), default=str)
    graded = bundle.grades >= 0
    for k in range(1, len(bundle.models) + 1):
        within(pass_at_k(bundle.correct, graded, k), 0, 1, "pass at k")
    for rows in repeats(bundle).values():
        within(torch.tensor(majority_at_k(bundle, rows, 1, missing=case.missing)), 0, 1, "majority")
    found = run_variance(bundle.correct)
    within(torch.tensor(list(vars(found).values())), None, None, "variance of runs")


def _twins(case: Case) -> None:
    weights = torch.ones(1, len(case.bundle.models), dtype=torch.float64)
    weights[0, ::2] = 0
    for kind in KINDS:
        other = twins(weights, families(case.bundle, kind))
        assert not ((other > 0) & (weights > 0)).any()


def _soups(case: Case) -> None:
    for soup in soups(case.bundle):
        found = soup_against_ensemble(case.bundle, soup, missing=case.missing)
        within(torch.tensor(found.p), 0, 1, "p")
        for value, low, high in (found.soup, found.ensemble, found.difference, found.same):
            interval(*(torch.as_tensor(end) for end in (low, value, high)), "soup")
        parts = error_parts(case.bundle, soup, missing=case.missing, seed=case.seed)
        for name, values in parts.items():
            within(values.double(), None, None, name)


def _lines(case: Case) -> None:
    for line in lines(case.bundle):
        found = along_interpolation(case.bundle, line, missing=case.missing)
        assert found.n.shape == (len(line.models),) or found.n.numel() == 1


def _vendi(case: Case, name: str) -> None:
    """The effective number of models lies between 1 and all of them and falls with the order."""
    sums = tally(case.bundle, {*KERNELS[name].needs}, missing=case.missing)
    found = model_vendi(sums, kernel=name)
    scores = torch.tensor([v for key, v in found.items() if key.startswith("vendi_q")])
    within(scores, 1 - ROUNDED, len(case.bundle.models) + ROUNDED, name)
    if scores.isfinite().all():
        assert (scores.diff() <= ROUNDED).all(), scores
