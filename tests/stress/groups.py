"""Groups, slices and rankings of a strange bundle."""

from functools import partial

import torch
from stress.case import Case, Steps, interval, sound, within

from analysis.bundle import Bundle
from analysis.catalog import CATALOG, value
from analysis.crossings import crossings
from analysis.dependence import dependence
from analysis.effects import effects, effects_by_group
from analysis.ensemble import Ensemble, combine
from analysis.group_disagreement import (
    disagreement_between,
    disagreement_by_group,
    standing_apart,
)
from analysis.group_gains import worst_group_gain
from analysis.group_ranks import group_ranks
from analysis.group_report import against_rest, group_macro_std, interval_by_group, worst_group
from analysis.judging import judged_answers
from analysis.low_cells import low_cells
from analysis.made_groups import cross, cut_at, cut_evenly, problem_of, with_groupings
from analysis.outcomes import outcomes
from analysis.ranking import rank_over_groups, rank_over_samples
from analysis.ranking_draws import turned_chance
from analysis.resampling import difference, intervals
from analysis.slice_columns import left_out, slice_columns
from analysis.slice_finding import METHODS, Search
from analysis.slice_reports import report_slices, slices_of_effect
from analysis.slice_scores import SLICE_SCORES, slice_score_values, slice_scores
from analysis.slices import find_slices, over_represented
from analysis.splits import split, split_by

DRAWS = 20


def group_steps(case: Case) -> Steps:
    bundle = case.bundle
    everybody = Ensemble(bundle.models)
    options = {"missing": case.missing, "seed": case.seed}
    for column in case.one_of(tuple(bundle.groups)):
        yield from _column_steps(case, column)
    for score in case.one_of(slice_scores(bundle, everybody)):
        yield "slices", lambda score=score: _slices(case, score.name)
    against = effects(bundle, everybody, bundle.models[0], missing=case.missing)
    yield "slices of effects", lambda: sound(slices_of_effect(bundle, against, least=1))
    over_samples = partial(rank_over_samples, bundle, draws=DRAWS, **options)
    yield "rankings over samples", lambda: _ranked(over_samples(), bundle)
    yield "intervals", lambda: _intervals(case)
    yield "crossings", lambda: _crossings(case)
    yield "groups that are made", lambda: _made(bundle)


def _column_steps(case: Case, column: str) -> Steps:
    bundle, options = case.bundle, {"missing": case.missing, "seed": case.seed}
    over_groups = partial(rank_over_groups, bundle, column, least=1, draws=DRAWS, **options)
    yield "groups", lambda: _group(case, column)
    yield "rankings over groups", lambda: _ranked(over_groups(), bundle)
    yield "splits", lambda: _parts(bundle, split(bundle, seed=case.seed, by=column))
    for level in bundle.groups[column].levels[:2]:
        yield "splits", lambda level=level: _parts(bundle, split_by(bundle, column, level))


def _intervals(case: Case) -> None:
    """Intervals of all measures, and of the difference of two models."""
    bundle = case.bundle
    measures = [row for row in CATALOG.values() if row.kind in ("model", "pair", "set")]
    options = {"missing": case.missing, "draws": DRAWS, "seed": case.seed}
    for name, (low, high) in intervals(bundle, measures, **options).items():
        interval(low, None, high, name)
        within(low, CATALOG[name].bounds[0], None, name)
        within(high, None, CATALOG[name].bounds[1], name)
    first, second = (bundle.select((bundle.models[place],)) for place in (0, -1))
    _, low, high = difference(first, second, CATALOG["accuracy"], **options)
    interval(low, None, high, "difference")


def _group(case: Case, column: str) -> None:
    """Everything that is said of the groups of one column."""
    bundle, grouping = case.bundle, case.bundle.groups[column]
    whole = combine(bundle, Ensemble(bundle.models))
    judged, units = judged_answers(bundle, case.missing), bundle.units
    rate = value(CATALOG["group_accuracy"], case.sums, group=column)
    graded = case.sums[f"group_graded/{column}"]
    low, high = interval_by_group(rate, graded, bundle.correct, judged, grouping, units)
    if units is None:
        interval(low, rate, high, "accuracy by group")
    worst = worst_group(rate, low, high, graded, least=1)
    within(worst.accuracy, 0, 1, "worst group")
    within(worst.gap, 0, 1, "gap")
    assert (worst.accuracy.isnan() == (graded == 0).all(1)).all()
    for corrected in (False, True):
        spread = group_macro_std(
            bundle.correct, judged, bundle.labels, grouping, corrected=corrected
        )
        within(spread, 0, 1, "spread over groups")
    sound(
        against_rest(
            whole.correct[0], judged_answers(whole, case.missing)[0], grouping, units, least=1
        )
    )
    sound(disagreement_by_group(bundle.predictions, grouping, units, least=1), "disagreement")
    within(standing_apart(bundle.predictions, grouping)[0], 0, 1, "standing apart")
    sound(group_ranks(bundle.correct, judged, grouping, least=1), "ranks")
    found = effects(bundle, Ensemble(bundle.models), bundle.models[0], missing=case.missing)
    sound(effects_by_group(bundle, found, [column], least=1), "effects")
    sound(worst_group_gain(found, grouping, units, least=1, draws=DRAWS), "gain")
    codes = outcomes(bundle, whole, missing=case.missing).codes
    sound(dependence(codes, grouping, units, permutations=DRAWS), "dependence")
    families = torch.arange(len(bundle.models)) % 2
    within(disagreement_between(bundle.predictions, families)[0], 0, 1, "between families")


def _ranked(found, bundle: Bundle) -> None:
    """Each rule ranks every model, its interval around the rank, chances within [0, 1]."""
    assert found.scores.shape[0] == len(bundle.models)
    for name, one in found.by.items():
        within(one.rank, 1, len(bundle.models), name)
        interval(one.low, None, one.high, name)
        within(one.first, 0, 1, name)
        within(turned_chance(one, found.by["mean"]), 0, 1, name)
    for order in found.kemeny.orders:
        assert sorted(order) == list(range(len(bundle.models)))
    within(found.strengths.log_strength, None, None, "strengths")


def _crossings(case: Case) -> None:
    bundle = case.bundle
    plain = {name: one for name, one in bundle.groups.items() if not one.overlapping}
    if not plain:
        return
    judged = judged_answers(bundle, case.missing)
    found = crossings(plain, bundle.correct, judged)
    assert (found.right <= found.n).all()
    right, n = (bundle.correct[0] & judged[0]).sum(), judged[0].sum()
    sound(low_cells(found, 0, int(right), int(n), least=1))


def _made(bundle: Bundle) -> None:
    """Groupings by numbers and by others."""
    made = {}
    for name, values in bundle.attributes.items():
        if values.dtype.kind in "if":
            made[f"{name} cut"] = cut_at(values, [0.0, 1.5])
            made[f"{name} parts"] = cut_evenly(values, 3)
    if len(bundle.groups) > 1:
        made["crossed"] = cross(list(bundle.groups.values())[:2])
    usable = {name: one for name, one in made.items() if not problem_of(one)}
    whole = with_groupings(bundle, usable)
    for name in usable:
        assert int(whole.groups[name].sizes().sum()) >= len(bundle.ids)


def _parts(bundle: Bundle, parts) -> None:
    """No sample and no unit is on both sides of a split."""
    assert not (parts.fit & parts.held_out).any()
    assert not ((parts.fit | parts.held_out) & ~bundle.labelled).any()
    if bundle.units is not None:
        assert not torch.isin(bundle.units[parts.fit], bundle.units[parts.held_out]).any()


def _slices(case: Case, name: str) -> None:
    bundle, ensemble = case.bundle, Ensemble(case.bundle.models)
    scores = slice_score_values(
        bundle,
        ensemble,
        name,
        model=bundle.models[0],
        reference=bundle.models[-1],
        missing=case.missing,
    )
    score = SLICE_SCORES[name]
    within(scores, -1 if score.net else 0, 1, name)
    columns = slice_columns(bundle, seed=case.seed)
    left_out(bundle, columns, 1)
    known = torch.isfinite(scores)
    if known.any():
        for one in find_slices(slice_columns(bundle.take(known)), scores[known], min_size=1, top=3):
            assert 1 <= one.size <= int(known.sum())
    said = (
        (bundle.predictions[0],)
        if bundle.labels is None
        else (bundle.labels, bundle.predictions[0])
    )
    methods = tuple(METHODS) if bundle.embeddings is not None else ("conditions", "regions")
    search = Search(columns, methods=methods, answers=said, max_level=2, min_size=1)
    found = report_slices(
        bundle, scores, search, signs=score.signs, net=score.net, seed=case.seed, least=1, reseeds=1
    )
    sound(found, name)
    sound(found.held_out, name)
    assert found.inside.shape == (len(found.slices), len(bundle.ids))
    if len(found.slices) and columns:
        over_represented(found.inside, columns, least=1, top=2)
