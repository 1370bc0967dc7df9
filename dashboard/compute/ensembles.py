"""The active ensemble: its answers, outcomes and reference."""

from collections.abc import Iterable, Mapping

import numpy as np
import torch

from analysis.bundle import Bundle
from analysis.confidence import confidence_in
from analysis.differences import difference_of_two
from analysis.ensemble import Answer, Ensemble, answer, combine
from analysis.grading import judgeable
from analysis.judging import best_single, judge
from analysis.outcomes import (
    OUTCOMES,
    corrected_against_majority,
    outcomes,
)
from analysis.reweighing import Standing, answer_of, can_stand, standing
from analysis.rules import RULES
from dashboard.compute.bundles import part_of
from dashboard.compute.caching import cached, kept
from dashboard.compute.fits import packed
from dashboard.compute.outcome_tables import PER_SAMPLE, counted, outcomes_of, said_of
from dashboard.compute.samples import hover
from dashboard.fit_on import HeldOut
from dashboard.rule_choice import steady_weights, usable
from dashboard.state import Choices


@kept()
def _answered(
    _bundle: Bundle, fingerprint: str, _ensemble: Ensemble, key: str
) -> tuple[Answer, Bundle]:
    part = part_of(_bundle)
    if part is None:
        said = _said(_bundle, _ensemble)
    else:  # what is said of a sample does not depend on the others
        said = said_of(_answered(part[0], part[0].fingerprint, _ensemble, key)[0], part[1])
    return said, combine(_bundle, _ensemble, said)


def _said(bundle: Bundle, ensemble: Ensemble) -> Answer:
    """What an ensemble says; one of which a weight has changed is not added up anew."""
    if not can_stand(bundle, ensemble.rule):
        return answer(bundle, ensemble)
    last = _last_standing(bundle, bundle.fingerprint, ensemble.rule)
    found = standing(bundle, ensemble, last)
    _last_standing.put(found, bundle, bundle.fingerprint, ensemble.rule)
    return answer_of(bundle, found)


@kept()
def _last_standing(_bundle: Bundle, fingerprint: str, rule: str) -> Standing | None:
    return None


def combined(bundle: Bundle, ensemble: Ensemble) -> Bundle:
    """The ensemble as a bundle of one model."""
    return _answered(bundle, bundle.fingerprint, ensemble, ensemble.key)[1]


def _majority(bundle: Bundle, ensemble: Ensemble) -> Bundle:
    """The plurality of the members, all alike; the same for every rule and all weights."""
    return combined(bundle, Ensemble(ensemble.members, "plurality"))


@cached()
def _reference(_bundle: Bundle, fingerprint: str, members: tuple[str, ...], missing: str):
    return best_single(_bundle.select(members), missing=missing)


@cached()
def _reference_on(
    _whole: Bundle,
    fingerprint: str,
    members: tuple[str, ...],
    missing: str,
    _parts: HeldOut,
    split: bytes,
):
    rows = _parts.split.fit.nonzero().flatten()
    return best_single(_whole.select(members).take(rows), missing=missing)


def reference(choices: Choices) -> str | None:
    """The most accurate member; None without labels.

    Chosen on the samples to fit on where there are some, else on all that are looked at.
    """
    bundle, parts, members = choices.bundle, choices.held_out, choices.ensemble.members
    if parts is not None:
        whole = parts.whole
        chosen = (whole.fingerprint, members, choices.missing, parts, packed(parts))
        found = _reference_on(whole, *chosen)
        if found is not None:
            return found
    return _reference(bundle, bundle.fingerprint, choices.ensemble.members, choices.missing)


@cached()
def _judged(
    _bundle: Bundle,
    fingerprint: str,
    _ensemble: Ensemble,
    key: str,
    missing: str,
    reference: str | None,
) -> dict:
    said, whole = _answered(_bundle, fingerprint, _ensemble, key)
    table = _outcome_table(_bundle, fingerprint, _ensemble, key, missing)
    return judge(
        _bundle,
        _ensemble,
        reference=reference,
        missing=missing,
        said=said,
        combined=whole,
        majority=_majority(_bundle, _ensemble),
        losses=False,
        found=outcomes_of({name: torch.tensor(table[name]) for name in PER_SAMPLE}),
    )


def judged(choices: Choices, bundle: Bundle, ensemble: Ensemble | None = None) -> dict:
    """All but the log loss of an ensemble (the active one) on a bundle, against the best member."""
    chosen = ensemble or choices.ensemble
    return _judged(
        bundle, bundle.fingerprint, chosen, chosen.key, choices.missing, reference(choices)
    )


def judged_against(choices: Choices, bundle: Bundle, ensemble: Ensemble, model: str) -> dict:
    """As `judged`, against any model of the bundle."""
    return _judged(bundle, bundle.fingerprint, ensemble, ensemble.key, choices.missing, model)


def ensemble_accuracy(
    choices: Choices, bundle: Bundle, ensemble: Ensemble | None = None
) -> dict[str, np.ndarray]:
    """An ensemble as `model_table` has the models, each [1]; NaN where none is judged."""
    found = judged(choices, bundle, ensemble)
    values = (found["accuracy"], *found["accuracy_interval"], found["n"])
    columns = ("accuracy", "low", "high", "judged")
    return {
        name: np.array([np.nan if number is None else number])
        for name, number in zip(columns, values, strict=True)
    }


def side_by_side(choices: Choices) -> dict[str, Ensemble]:
    """The active ensemble and those that are shown beside it, by their names."""
    return {choices.label: choices.ensemble} | _renamed(choices.beside, (choices.label,))


def _renamed(ensembles: Mapping[str, Ensemble], taken: Iterable[str]) -> dict[str, Ensemble]:
    """Under names that are not taken: one that is gets "(2)" behind it."""
    names: dict[str, None] = dict.fromkeys(taken)
    found = {}
    for name, ensemble in ensembles.items():
        while name in names:
            name += " (2)"
        names[name] = None
        found[name] = ensemble
    return found


def beside(choices: Choices) -> dict[str, tuple[int, Ensemble]]:
    """The slot of their colour and the ensembles that are shown beside the active one."""
    names = list(side_by_side(choices))[1:]
    slots = [choices.slots.get(name, 0) for name in choices.beside]
    return dict(zip(names, zip(slots, choices.beside.values(), strict=True), strict=True))


def slots(choices: Choices) -> dict[str, int]:
    """The slot of the colour of each ensemble beside the active one."""
    return {name: slot for name, (slot, _) in beside(choices).items()}


def differences(
    choices: Choices, bundle: Bundle, ensembles: Mapping[str, Ensemble]
) -> dict[str, tuple[float, float, float]]:
    """By how much each ensemble is more accurate than the active one on the same samples.

    Returns:
        {name: (difference, low, high)}, shares with the 95 % interval; the active one left out.
    """
    active, found = outcome_table(choices, bundle), {}
    for name, ensemble in ensembles.items():
        if ensemble.key == choices.ensemble.key:
            continue
        other = outcome_table(choices, bundle, ensemble)
        both = torch.from_numpy(active["judged"] & other["judged"])
        sides = (torch.tensor(table["right"]) for table in (other, active))
        units = None if bundle.units is None else bundle.units.cpu()
        found[name] = tuple(map(float, difference_of_two(*sides, both, units)))
    return found


def under_other_rules(choices: Choices) -> dict[str, Ensemble]:
    """The members of the active ensemble, all alike, under the rules that nobody shown has yet."""
    chosen = choices.ensemble
    names = usable(choices.bundle, chosen.members)
    others = {RULES[name].label: Ensemble(chosen.members, name) for name in names}
    shown = {ensemble.key for ensemble in side_by_side(choices).values()}
    others = {name: other for name, other in others.items() if other.key not in shown}
    return _renamed(others, side_by_side(choices))


@kept()
def _outcome_table(
    _bundle: Bundle, fingerprint: str, _ensemble: Ensemble, key: str, missing: str
) -> dict[str, np.ndarray]:
    part = part_of(_bundle)
    if part is not None:
        whole = _outcome_table(part[0], part[0].fingerprint, _ensemble, key, missing)
        rows = {name: torch.from_numpy(whole[name][part[1]]) for name in PER_SAMPLE}
        return counted(rows, len(_ensemble.members))
    members = _ensemble.members
    team = _bundle.select(members)
    whole = combined(_bundle, _ensemble)
    found = outcomes(team, whole, missing=missing, labelled=judgeable(_bundle))
    majority = _majority(_bundle, _ensemble)
    table = (
        found.codes,
        found.members_right,
        found.members,
        found.right,
        found.judged,
        corrected_against_majority(found, majority),
        whole.predictions[0],
        confidence_in(team, whole, steady_weights(_ensemble) or ()),
    )
    return counted(dict(zip(PER_SAMPLE, table, strict=True)), len(members))


def outcome_table(
    choices: Choices, bundle: Bundle, ensemble: Ensemble | None = None
) -> dict[str, np.ndarray]:
    """Per sample: outcome code [N], members right and judged, ensemble right, judged ...

    And counted over them "ledger" int [K + 1, 6], samples with k members right and each outcome;
    "ledger_against" int [K + 1], those that are corrected against the majority; "members_ledger"
    int [K + 1, 3], with the ensemble right, wrong or not judged; and "levels" int [3], samples
    that none, some and all of the members that are judged get right.
    """
    chosen = ensemble or choices.ensemble
    return _outcome_table(bundle, bundle.fingerprint, chosen, chosen.key, choices.missing)


def outcome_counts(choices: Choices, bundle: Bundle, ensemble: Ensemble) -> dict[str, int]:
    """Samples with each outcome of an ensemble."""
    counts = outcome_table(choices, bundle, ensemble)["ledger"].sum(0)
    return dict(zip(OUTCOMES, counts.tolist(), strict=True))


@cached()
def _sample_texts(
    _bundle: Bundle, fingerprint: str, key: str, missing: str, _table: dict, rows: bytes
) -> list[str]:
    return hover(_bundle, _table, np.frombuffer(rows, dtype=np.int32))


def sample_texts(choices: Choices, rows: np.ndarray) -> list[str]:
    """What is said of these samples when they are pointed at, not escaped, in lines."""
    bundle, ensemble = choices.bundle, choices.ensemble
    table, wanted = outcome_table(choices, bundle), rows.astype(np.int32).tobytes()
    return _sample_texts(bundle, bundle.fingerprint, ensemble.key, choices.missing, table, wanted)
