"""The active ensemble: its answers, outcomes and reference."""

import numpy as np
import torch

from analysis.bundle import Bundle
from analysis.confidence import confidence_in
from analysis.ensemble import Ensemble, combine
from analysis.grading import judgeable
from analysis.judging import best_single, judge
from analysis.outcomes import (
    agreement_levels,
    corrected_against_majority,
    members_ledger,
    outcome_ledger,
    outcomes,
)
from analysis.rules import RULES
from dashboard import state
from dashboard.compute.caching import cached, kept
from dashboard.compute.samples import hover
from dashboard.state import Choices


@kept()
def _combined(_bundle: Bundle, fingerprint: str, members: tuple[str, ...], rule: str) -> Bundle:
    return combine(_bundle, Ensemble(members, rule))


def combined(bundle: Bundle, ensemble: Ensemble) -> Bundle:
    """The ensemble as a bundle of one model."""
    return _combined(bundle, bundle.fingerprint, ensemble.members, ensemble.rule)


@cached()
def _reference(_bundle: Bundle, fingerprint: str, members: tuple[str, ...], missing: str):
    return best_single(_bundle.select(members), missing=missing)


def reference(choices: Choices) -> str | None:
    """The most accurate member, judged on all samples; None without labels."""
    bundle = choices.bundle
    return _reference(bundle, bundle.fingerprint, choices.ensemble.members, choices.missing)


@cached()
def _judged(
    _bundle: Bundle,
    fingerprint: str,
    members: tuple[str, ...],
    rule: str,
    missing: str,
    reference: str | None,
) -> dict:
    return judge(_bundle, Ensemble(members, rule), reference=reference, missing=missing)


def judged(choices: Choices, bundle: Bundle, rule: str | None = None) -> dict:
    """Everything about the active ensemble (or its members under another rule) on a bundle."""
    return _judged(
        bundle,
        bundle.fingerprint,
        choices.ensemble.members,
        rule or choices.ensemble.rule,
        choices.missing,
        reference(choices),
    )


def ensemble_accuracy(choices: Choices, bundle: Bundle) -> dict[str, np.ndarray]:
    """The active ensemble as `model_table` has the models, each [1]; NaN where none is judged."""
    found = judged(choices, bundle)
    values = (found["accuracy"], *found["accuracy_interval"], found["n"])
    columns = ("accuracy", "low", "high", "judged")
    return {
        name: np.array([np.nan if number is None else number])
        for name, number in zip(columns, values, strict=True)
    }


def rule_labels(choices: Choices) -> dict[str, str]:
    """What the rules that the members can answer are called, by name."""
    usable = state.usable_rules(choices.bundle, choices.ensemble.members)
    return {name: RULES[name].label for name in usable}


@cached()
def _outcome_table(
    _bundle: Bundle,
    fingerprint: str,
    members: tuple[str, ...],
    rule: str,
    missing: str,
) -> dict[str, np.ndarray]:
    team = _bundle.select(members)
    whole = combined(_bundle, Ensemble(members, rule))
    found = outcomes(team, whole, missing=missing, labelled=judgeable(_bundle))
    majority = combined(_bundle, Ensemble(members, "plurality"))
    against = corrected_against_majority(found, majority)
    levels = agreement_levels(found)
    table = {
        "codes": found.codes,
        "members_right": found.members_right,
        "members_judged": found.members,
        "right": found.right,
        "judged": found.judged,
        "against_majority": against,
        "ledger": outcome_ledger(found, len(members)),
        "members_ledger": members_ledger(found, len(members)),
        "levels": torch.tensor([levels["none"], levels["some"], levels["all"]]),
        "ledger_against": found.members_right[against].bincount(minlength=len(members) + 1),
        "answers": whole.predictions[0],
        "confidence": confidence_in(team, whole),
    }
    return {name: tensor.cpu().numpy() for name, tensor in table.items()}


def outcome_table(
    choices: Choices, bundle: Bundle, rule: str | None = None
) -> dict[str, np.ndarray]:
    """Per sample: outcome code [N], members right and judged, ensemble right, judged ...

    And counted over them "ledger" int [K + 1, 6], samples with k members right and each outcome;
    "ledger_against" int [K + 1], those that are corrected against the majority; "members_ledger"
    int [K + 1, 3], with the ensemble right, wrong or not judged; and "levels" int [3], samples
    that none, some and all of the members that are judged get right.
    """
    return _outcome_table(
        bundle,
        bundle.fingerprint,
        choices.ensemble.members,
        rule or choices.ensemble.rule,
        choices.missing,
    )


@cached()
def _sample_texts(
    _bundle: Bundle, fingerprint: str, ensemble: str, _table: dict, rows: bytes
) -> list[str]:
    return hover(_bundle, _table, np.frombuffer(rows, dtype=np.int32))


def sample_texts(choices: Choices, rows: np.ndarray) -> list[str]:
    """What is said of these samples when they are pointed at, not escaped, in lines."""
    bundle, ensemble = choices.bundle, choices.ensemble
    key = repr((ensemble.rule, ensemble.members, choices.missing))
    table = outcome_table(choices, bundle)
    return _sample_texts(bundle, bundle.fingerprint, key, table, rows.astype(np.int32).tobytes())
