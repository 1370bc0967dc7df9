"""What is known of one ensemble: quality, outcomes, corrections, groups."""

import math

import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError, Grouping
from analysis.catalog import CATALOG, value
from analysis.ensemble import Answer, Ensemble, answer, combine
from analysis.gaps import judged_under
from analysis.grading import judgeable
from analysis.intervals import accuracy_interval, mcnemar_p
from analysis.outcomes import (
    OUTCOMES,
    Outcomes,
    against,
    compared,
    corrected_against_majority,
    correction_curve,
    good_and_bad,
    ledger,
    mean_member_error,
    outcomes,
    recovered_fraction,
)
from analysis.pairwise import share
from analysis.tally import Missing, tally


def judge(
    bundle: Bundle,
    ensemble: Ensemble,
    *,
    reference: str | None = None,
    chosen_on: Bundle | None = None,
    missing: Missing = "exclude",
    seed: int = 0,
    said: Answer | None = None,
    combined: Bundle | None = None,
    majority: Bundle | None = None,
    found: Outcomes | None = None,
    losses: bool = True,
) -> dict:
    """Everything that is known of one ensemble: accuracy, outcomes, corrections, groups.

    Args:
        bundle: holds the members and the reference.
        ensemble: members and rule.
        reference: a model to count against; None: the member with the highest accuracy.
        chosen_on: samples that this member is chosen on, so that its accuracy is not optimistic;
            None, or where no member is judged there: those of the bundle.
        missing: as in `summarise`.
        seed: of the bootstrap intervals.
        said: what `answer` gives, where it is known already.
        combined: what `combine` gives, likewise.
        majority: the plurality of the members as a bundle of one model, likewise.
        found: what `outcomes` gives, likewise.
        losses: also the log loss, which walks over the probabilities of all members.

    Returns:
        One entry of the JSON's "ensembles". Without any judged sample the counts of outcomes,
        corrections and regressions are absent.

    Raises:
        BundleError: the ensemble does not fit the bundle.
    """
    said = said or answer(bundle, ensemble)
    team, combined = bundle.select(ensemble.members), combined or combine(bundle, ensemble, said)
    rule = {"missing": missing, "labelled": judgeable(bundle)}
    found = found or outcomes(team, combined, **rule)
    silent = said.predictions < 0
    judged = int(found.judged.sum())
    base = {
        "rule": ensemble.rule,
        "members": list(ensemble.members),
        "n": judged,
        "right": int(found.right.sum()),
        "ties": int(said.tied.sum()),
        "abstained": int(team.answered[:, silent].any(0).sum()) if silent.any() else 0,
        **_ensemble_quality(combined, found, seed),
        **(_log_loss(combined) if losses else {}),
    }
    if not judged:
        return base | {"accuracy": None, "accuracy_interval": [None, None]}
    if majority is None:
        alike = Ensemble(ensemble.members, "plurality")
        majority = combined if ensemble.key == alike.key else combine(bundle, alike)
    return base | {
        "outcomes": found.counts(),
        "corrected_against_majority": int(corrected_against_majority(found, majority).sum()),
        **_by_members_right(found, len(team.models)),
        "oracle_accuracy": float((found.members_right > 0)[found.judged].double().mean()),
        "ledger": _ledger(found, against(combined, majority, **rule)),
        **_ensemble_against(
            bundle, combined, found, _reference(team, reference, chosen_on, missing), rule
        ),
    }


def _by_members_right(found: Outcomes, members: int) -> dict:
    table = ledger(found, members)
    rate, low, high = map(plain, correction_curve(table))
    return {
        "members_right": {
            str(k): {"right": right, "wrong": wrong}
            for k, (right, wrong) in enumerate(table.tolist())
        },
        "correction_curve": {
            str(k): {"rate": rate[k], "interval": [low[k], high[k]]} for k in range(members + 1)
        },
    }


def _ledger(found: Outcomes, change: Tensor) -> dict:
    """What was put right and broken; change is `against` the plurality of the same members."""
    counts, (good, bad) = found.counts(), good_and_bad(found)
    return {
        "rescued_given_all_wrong": plain(
            share(*map(torch.tensor, (counts["rescued"], counts["rescued"] + counts["missed"])))
        ),
        "majority_wrong_rescue": int((change > 0).sum()),
        "breakage_majority": int((change < 0).sum()),
        "breakage_any": counts["overruled"] + counts["spoiled"],
        "mean_member_error": plain(mean_member_error(found)),
        "good_diversity": plain(good),
        "bad_diversity": plain(bad),
    }


def _ensemble_quality(combined: Bundle, found: Outcomes, seed: int) -> dict:
    low, high = accuracy_interval(combined.correct, found.judged[None], combined.units, seed=seed)
    return {
        "accuracy": plain(share(found.right.sum(), found.judged.sum())),
        "accuracy_interval": [plain(low[0]), plain(high[0])],
    }


def _log_loss(combined: Bundle) -> dict:
    measure = CATALOG["log_loss"]
    return {"log_loss": plain(value(measure, tally(combined, measure.needs))[0])}


def _reference(
    team: Bundle, named: str | None, chosen_on: Bundle | None, missing: Missing
) -> tuple[str, str | None]:
    """The model to count against, and on which samples it was chosen; None where it was named."""
    if named is not None:
        return named, None
    if chosen_on is not None:
        best = best_single(chosen_on.select(team.models), missing=missing)
        if best is not None:
            return best, "fit"
    best = best_single(team, missing=missing)
    if best is None:
        raise BundleError("No member has a judged answer; labels are needed for this.")
    return best, "reported"


def _ensemble_against(
    bundle: Bundle, combined: Bundle, found: Outcomes, chosen: tuple[str, str | None], rule: dict
) -> dict:
    """Against one model; rule is "missing" and the samples that are "labelled"."""
    reference, chosen_on = chosen
    single = bundle.select((reference,))
    change = against(combined, single, **rule)
    corrections, regressions = int((change > 0).sum()), int((change < 0).sum())
    both = compared(combined, single, **rule)
    right = [
        (flags & both).sum()
        for flags in (combined.correct[0], single.correct[0], found.members_right > 0)
    ]
    alone = judged_under(grades=single.grades, **rule)[0]
    groups = {
        column: _group_outcomes(grouping, found, change, single, alone)
        for column, grouping in bundle.groups.items()
    }
    return {
        "reference": reference,
        "reference_chosen_on": chosen_on,
        "corrections": corrections,
        "regressions": regressions,
        "mcnemar_p": mcnemar_p(corrections, regressions),
        "recoverable_gap": plain(share(right[2] - right[1], both.sum())),
        "recovered_fraction": plain(recovered_fraction(*right)),
        "groups": groups,
    }


def _group_outcomes(
    grouping: Grouping, found: Outcomes, change: Tensor, single: Bundle, alone: Tensor
) -> dict:
    """Outcomes per group; alone [N] is where the reference is judged."""
    counted = {
        "n": found.judged,
        "right": found.right,
        "corrections": change > 0,
        "regressions": change < 0,
        "rescued": found.codes == OUTCOMES.index("rescued"),
        "reference_n": alone,
        "reference_right": single.correct[0],
    }
    sizes = dict(zip(counted, grouping.sizes_of(torch.stack([*counted.values()])), strict=True))
    columns = {
        "n": plain(sizes["n"]),
        "accuracy": plain(share(sizes["right"], sizes["n"])),
        **{name: plain(sizes[name]) for name in ("corrections", "regressions", "rescued")},
        "reference_accuracy": plain(share(sizes["reference_right"], sizes["reference_n"])),
    }
    return {
        level: {name: values[place] for name, values in columns.items()}
        for place, level in enumerate(grouping.levels)
    }


def best_single(team: Bundle, *, missing: Missing = "exclude") -> str | None:
    """The member with the highest accuracy, the first of equals; None when none is judged.

    Members judged on fewer than half as many samples as another one are passed over: a handful
    of lucky answers is no reference. Chosen and judged on the same samples, so its accuracy is
    optimistic.
    """
    sums = tally(team, CATALOG["accuracy"].needs, missing=missing)
    accuracy = value(CATALOG["accuracy"], sums)
    covered = 2 * sums["graded"] >= sums["graded"].max()
    accuracy = torch.where(covered, accuracy, torch.nan)
    if not torch.isfinite(accuracy).any():
        return None
    return team.models[int(accuracy.nan_to_num(nan=-1.0).argmax())]


def judged_answers(bundle: Bundle, missing: Missing) -> Tensor:
    """Bool [M, N]: the model is judged on this sample under the missing rule."""
    return judged_under(missing, bundle.grades, bundle.labelled)


def answered_interval(bundle: Bundle, missing: Missing, seed: int) -> tuple[Tensor, Tensor]:
    """95 % interval of each model's accuracy on what it is judged on, float64 [M] twice."""
    return accuracy_interval(
        bundle.correct, judged_answers(bundle, missing), bundle.units, seed=seed
    )


def plain(values: Tensor | list | float) -> list | float | int | None:
    """Values as nested lists; NaN and infinity become None."""
    if isinstance(values, Tensor):
        values = values.tolist()
    if isinstance(values, list):
        return [plain(entry) for entry in values]
    if isinstance(values, float) and not math.isfinite(values):
        return None
    return values
