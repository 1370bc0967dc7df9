"""Every measure of the catalogue on a strange bundle."""

import math

import torch
from stress.case import CLOSE, ROUNDED, Case, Steps, same, within
from torch import Tensor

from analysis.bundle import Bundle
from analysis.catalog import CATALOG, of_kind, value
from analysis.measure import Measure
from analysis.pairwise import mean_over_pairs
from analysis.samples import sample_values
from analysis.tally import Tally

OF_VOTES = (  # ties in a vote go to the lowest class, so the names of classes matter
    "domingos_bias",
    "domingos_variance",
    "domingos_variance_unbiased",
    "domingos_variance_biased",
    "consensus_against_label",
)


def measure_steps(case: Case) -> Steps:
    for measure in CATALOG.values():
        if measure.kind != "sample":
            yield measure.name, lambda measure=measure: _check(case, measure)
    if case.seed % 4 == 0:
        yield "order, classes and chunks", lambda: _invariant(case)
    yield "scores of samples", lambda: _scores(case)
    yield "identities of pairs", lambda: _pairs(case)
    yield "identities of teams", lambda: _teams(case)
    yield "identities of losses", lambda: _losses(case)


def _check(case: Case, measure: Measure) -> None:
    """Shape, bounds, symmetry; NaN exactly where nothing stands behind it or for the reason."""
    models = len(case.bundle.models)
    if measure.kind == "group":
        for column, grouping in case.bundle.groups.items():
            found = value(measure, case.sums, group=column)
            assert found.shape == (models, len(grouping.levels))
            within(found, *measure.bounds)
            behind = case.sums[f"group_graded/{column}"] > 0
            assert torch.equal(found.isfinite(), behind), (found, behind)
        return
    found = value(measure, case.sums)
    assert found.dtype == torch.float64
    assert found.shape == {"model": (models,), "pair": (models, models), "set": ()}[measure.kind]
    within(found, *measure.bounds)
    if measure.kind == "pair" and measure.symmetric:
        same(found, found.T)
    behind = _behind(measure, case.sums, found)
    allowed = REASONS[measure.name](case.sums) if measure.undefined else torch.tensor(False)
    unexplained = found.isnan() & behind & ~allowed
    assert not unexplained.any(), (found, behind, allowed)
    assert not (found.isfinite() & ~behind).any(), (found, behind)


def _behind(measure: Measure, sums: Tally, found: Tensor) -> Tensor:
    """Where any sum that a measure reads is not 0."""
    behind = torch.zeros(found.shape, dtype=torch.bool)
    for name in measure.needs:
        some = sums[name].abs() > CLOSE
        while some.ndim > behind.ndim:
            some = some.any(-1)
        behind |= some if some.shape == behind.shape else False
    return behind


def _alone(sums: Tally) -> Tensor:
    return torch.tensor(len(sums["right"]) < 2)


def _always(sums: Tally) -> tuple[Tensor, Tensor]:
    """Which of a pair's first models are always right and which always wrong, bool [M, M]."""
    right, graded = sums["right_given"], sums["both_graded"]
    return right == graded, right == 0


def _one_outcome(sums: Tally) -> Tensor:
    always, never = _always(sums)
    return (always & always.T) | (never & never.T)


def _on_all(sums: Tally) -> tuple[Tensor, Tensor]:
    """Whether all answers are right, and whether all are wrong, where all members are judged."""
    counts = sums["members_right"]
    return counts[:-1].sum() == 0, counts[1:].sum() == 0


def _apart(both: Tensor) -> Tensor:
    """Whether no two models share a sample."""
    return both.triu(1).sum() == 0


def _unjudged(sums: Tally) -> Tensor:
    return sums["graded"].sum() == 0


def _untold(sums: Tally) -> Tensor:
    right, wrong = sums["both_right"], sums["both_wrong"]
    only = sums["right_given"] - right
    return right * wrong + only * only.T == 0


REASONS = {
    "cohen_kappa_labels": lambda sums: sums["same"] == sums["both_answered"],
    "error_consistency": _one_outcome,
    "q_statistic": _untold,
    "rho": lambda sums: (lambda one: one | one.T)(torch.stack(_always(sums)).any(0)),
    "relative_nfr": lambda sums: _always(sums)[1] | _always(sums)[0].T,
    "nfr_mc": lambda sums: sums["graded_compared"] < sums["both_graded"],
    "same_wrong_rate": lambda sums: sums["graded_compared"] < sums["both_graded"],
    "diff_wrong_rate": lambda sums: sums["graded_compared"] < sums["both_graded"],
    "error_iou": lambda sums: sums["both_right"] == sums["both_graded"],
    "error_transfer": lambda sums: _always(sums)[0],
    "entropy": _alone,
    "kappa": lambda sums: _alone(sums) | _on_all(sums)[0] | _on_all(sums)[1],
    "gd": lambda sums: _alone(sums) | _on_all(sums)[0],
    "cfd": _alone,
    "fleiss_kappa_labels": lambda sums: _alone(sums) | ((sums["paired_votes"] > 0).sum() < 2),
    "disagreement_minus_error": lambda sums: _apart(sums["both_answered"]) | _unjudged(sums),
    "vendi_answers": lambda sums: (sums["both_answered"] == 0).any() | (sums["same"] == 0).all(),
    "vendi_probabilities": lambda sums: (sums["both_scored"] == 0).any(),
}


def _variant(case: Case) -> tuple[Bundle, Tensor, Tensor]:
    """The bundle with models, samples and classes in another order; the first two orders."""
    bundle = case.bundle
    models, samples = case.shuffled(len(bundle.models)), case.shuffled(len(bundle.ids))
    classes = case.shuffled(len(bundle.classes))
    place = torch.cat([classes.argsort(), torch.tensor([-1])]).int()
    moved = {
        "classes": tuple(bundle.classes[code] for code in classes),
        "predictions": place[bundle.predictions.long()],
        "labels": None if bundle.labels is None else place[bundle.labels.long()],
        "probabilities": {name: rows[:, classes] for name, rows in bundle.probabilities.items()},
    }
    moved = Bundle(**{**_parts_of(bundle), **moved})
    return moved.select([bundle.models[row] for row in models]).take(samples), models, samples


def _parts_of(bundle: Bundle) -> dict:
    """What a bundle was made of, to make another one."""
    names = bundle.__dataclass_fields__
    return {name: getattr(bundle, name) for name in names if name != "fingerprint"}


def _invariant(case: Case) -> None:
    other, models, samples = _variant(case)
    half = (len(samples) + 1) // 2
    sums = case.summed(other, chunk=half)
    for measure in CATALOG.values():
        if measure.kind in ("sample", "group") or measure.name in OF_VOTES:
            continue
        expected = value(measure, case.sums)
        expected = expected if measure.kind == "set" else expected[models]
        expected = expected[:, models] if measure.kind == "pair" else expected
        same(value(measure, sums), expected, measure.name, ROUNDED)
    for column in case.bundle.groups:
        rates = (value(CATALOG["group_accuracy"], each, group=column) for each in (sums, case.sums))
        same(next(rates), next(rates)[models], column)
    names = [row.name for row in of_kind("sample") if row.name not in OF_VOTES]
    found = sample_values(other, names, missing=case.missing, chunk=half)
    for name, expected in sample_values(case.bundle, names, missing=case.missing).items():
        same(found[name], expected[samples], name, ROUNDED)


def _scores(case: Case) -> None:
    """Scores of single samples: bounds, and NaN only where no model has what they need."""
    bundle = case.bundle
    measures = of_kind("sample")
    found = sample_values(bundle, [row.name for row in measures], missing=case.missing)
    scored = torch.zeros(len(bundle.ids), dtype=torch.int64)
    for name in bundle.probabilities:
        scored += bundle.predictions[bundle.models.index(name)] >= 0
    labelled = torch.zeros_like(scored) if bundle.labels is None else bundle.labels >= 0
    answered = (bundle.predictions >= 0).sum(0)
    counted = bundle.labelled if case.missing == "wrong" else (bundle.grades >= 0).any(0)
    for measure in measures:
        scores = found[measure.name]
        assert scores.shape == (len(bundle.ids),)
        within(scores, *measure.bounds, measure.name)
        behind = torch.ones_like(counted)
        if "distributions" in measure.needs:
            behind = behind & (scored > (measure.name == "sample_jensen_gap"))
        if "compared" in measure.needs:  # grades from elsewhere do without a label
            behind = behind & (bundle.labels is not None)
        elif "labels" in measure.needs:
            behind = behind & (labelled > 0)
        if measure.needs == ("predictions",) and measure.name != "different_answers":
            behind = behind & (answered > 0)
        if "right" in measure.needs:
            behind = behind & counted
        if "compared" in measure.needs:
            said, graded = bundle.predictions >= 0, bundle.grades >= 0
            comparable = said & graded if case.missing == "exclude" else said | ~graded
            behind = behind & comparable.any(0)
        assert torch.equal(scores.isfinite(), behind), (measure.name, scores, behind)
    rate = {name: scores for name, scores in found.items() if scores.isfinite().any()}
    if "mutual_information" in rate:
        split = rate["entropy_total"] - rate["entropy_expected"]
        same(rate["mutual_information"], split, "mutual information", ROUNDED)
        within(split, -ROUNDED, math.log(len(bundle.models)) + ROUNDED, "mutual information")


def _pairs(case: Case) -> None:
    """The four cells of a pair, two classes, transfers and divergences."""
    sums = case.sums
    found = {row.name: value(row, sums) for row in of_kind("pair")}
    only = sums["right_given"] - sums["both_right"]
    cells = (sums["both_right"], only, only.T, sums["both_wrong"])
    assert all((cell >= 0).all() for cell in cells)
    assert torch.equal(sum(cells), sums["both_graded"])
    same(found["nfr"], found["pfr"].T, "flips", 0)
    change = _rate(sums["right_given"].T, sums) - _rate(sums["right_given"], sums)
    same(found["pfr"] - found["nfr"], change, "accuracy gained")
    bounded = (found["rho"].abs() <= found["q_statistic"].abs() + 1e-9) | found["rho"].isnan()
    assert (bounded | found["q_statistic"].isnan()).all(), "|rho| <= |Q|"
    if not case.bundle.graded_elsewhere:
        _errors_of_labels(case, found)
    for name in ("error_disagreement", "js_nats", "kl"):
        within(found[name].diagonal(), 0, 0, name)
    if case.missing == "exclude":
        within(found["disagreement_labels"].diagonal(), 0, 0, "disagreement with itself")
    close = 1 - found["hellinger_affinity"]
    within(found["js_nats"] - math.log(2) * close, -ROUNDED, None, "ln 2 h <= JS")
    within(close - found["js_nats"], -ROUNDED, None, "JS <= h")
    both = (found["kl"] + found["kl"].T) / 2
    same(found["sym_kl"], both, "symmetric KL", ROUNDED)


def _rate(count: Tensor, sums: Tally) -> Tensor:
    return count.double() / torch.where(sums["both_graded"] > 0, sums["both_graded"], torch.nan)


def _errors_of_labels(case: Case, found: dict[str, Tensor]) -> None:
    """Label disagreement is error disagreement plus different wrong answers."""
    sums, labels = case.sums, case.bundle.labels
    if labels is None or (labels < 0).any():
        return
    parts = found["error_disagreement"] + found["diff_wrong_rate"]
    if case.bundle.gapless:
        same(found["disagreement_labels"], parts, "parts of disagreement")
        if len(case.bundle.classes) <= 2:
            same(found["disagreement_labels"], found["error_disagreement"], "two classes")
    same(found["same_wrong_rate"] + found["diff_wrong_rate"], found["double_fault"], "both wrong")
    assert (sums["same"] <= sums["both_answered"]).all()


def _teams(case: Case) -> None:
    """Measures of right and wrong over all members, where all are judged on the same samples."""
    sums, models = case.sums, len(case.bundle.models)
    judged = sums["members_right"].sum()
    found = {row.name: value(row, sums) for row in of_kind("set")}
    if models > 1 and (sums["both_graded"] == judged).all():
        pairs = mean_over_pairs(value(CATALOG["error_disagreement"], sums))
        same(found["kw"], (models - 1) / (2 * models) * pairs, "kw of pairs")
        right = sums["right"].sum().double() / (models * judged.clamp_min(1))
        if found["kappa"].isfinite():
            spread = models / ((models - 1) * right * (1 - right))
            same(found["kappa"], 1 - spread * found["kw"], "kappa of kw")
    within(found["vendi_answers"], 1, models, "effective models")
    within(found["vendi_probabilities"], 1, models, "effective models")
    bias, harm, help_ = (
        found[f"domingos_{name}"] for name in ("bias", "variance_unbiased", "variance_biased")
    )
    same(found["mean_error"], bias + harm - help_, "0-1 loss")
    if len(case.bundle.classes) <= 2 and case.missing == "exclude":
        same(found["domingos_variance"], harm + help_, "spread of two classes")


def _losses(case: Case) -> None:
    """What the team's losses are made of, and groups that average to the whole."""
    sums = case.sums
    found = {row.name: value(row, sums) for row in of_kind("set")}
    for whole, part, rest in (
        ("mean_member_log_loss", "mean_log_loss", "jensen_gap"),
        ("mean_member_log_loss", "geometric_log_loss", "geometric_variance"),
        ("mean_member_brier", "mean_brier", "ambiguity"),
        ("mean_entropy_total", "mean_entropy_expected", "mean_mutual_information"),
    ):
        same(found[whole], found[part] + found[rest], whole, ROUNDED)
    graded = torch.where(sums["graded"] > 0, sums["graded"], torch.nan)
    for column, grouping in case.bundle.groups.items():
        if not grouping.overlapping:
            parts = value(CATALOG["group_accuracy"], sums, group=column).nan_to_num()
            mean = (parts * sums[f"group_graded/{column}"]).sum(1) / graded
            same(mean, value(CATALOG["accuracy"], sums), column)
