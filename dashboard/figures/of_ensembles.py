"""Families of figures about what ensembles make of their members."""

import pandas as pd

from analysis.abstention import risk_coverage
from analysis.cascades import cost_curve
from analysis.contributions import contributions
from analysis.intervals import mcnemar_p, paired_interval
from analysis.outcomes import good_and_bad, outcomes
from analysis.selective import selective_votes
from dashboard import compute, effect_tables, ensemble_tables
from dashboard.choosing import Choices
from dashboard.figures import curves, how, members, where
from dashboard.figures import outcomes as of_outcomes
from dashboard.figures.family import Built, Family, Settings
from dashboard.theme import LIGHT

MANY_SAMPLES = 200_000
QUICK_RULES = ("plurality", "mean", "geometric")


def _outcome_strip(choices: Choices, settings: Settings) -> Built:
    shown = {choices.label: choices.ensemble}
    return of_outcomes.outcome_strip(choices, settings.samples(choices), shown, LIGHT)


def _under_rules(choices: Choices) -> dict:
    """The ensembles, and their members under other rules; of very many samples the quick ones."""
    others = compute.under_other_rules(choices)
    if len(choices.bundle.ids) > MANY_SAMPLES:
        others = {name: one for name, one in others.items() if one.rule in QUICK_RULES}
    return compute.side_by_side(choices) | others


def _outcomes_by_rule(choices: Choices, settings: Settings) -> Built:
    return of_outcomes.outcome_strip(
        choices, settings.samples(choices), _under_rules(choices), LIGHT
    )


def _rules(choices: Choices, settings: Settings) -> pd.DataFrame:
    bundle, ensembles = settings.samples(choices), _under_rules(choices)
    found = {name: compute.judged(choices, bundle, one) for name, one in ensembles.items()}
    silence = {name: compute.silence(choices, bundle, one) for name, one in ensembles.items()}
    return ensemble_tables.ensembles(
        {name: entry for name, entry in found.items() if "outcomes" in entry},
        compute.differences(choices, bundle, ensembles),
        {name: entry["coverage"] for name, entry in silence.items() if entry is not None},
    )


def _ledger(choices: Choices, settings: Settings) -> Built:
    return of_outcomes.ledger(choices, settings.samples(choices), LIGHT, everything=False)


def _flow(choices: Choices, settings: Settings) -> Built:
    return how.outcome_flow(choices, settings.samples(choices), LIGHT)


def _camps(choices: Choices, settings: Settings) -> Built:
    return how.camp_map(choices, settings.samples(choices), settings.selected, LIGHT)


def _member_gains(choices: Choices, settings: Settings) -> Built:
    return members.member_gains(choices, settings.samples(choices), LIGHT)


def _members(choices: Choices, settings: Settings) -> pd.DataFrame:
    gains, ensemble = compute.member_table(choices, settings.samples(choices)), choices.ensemble
    return ensemble_tables.members(
        gains, ensemble.members, compute.costs(choices), ensemble.weights
    )


def _selection_path(choices: Choices, settings: Settings) -> Built:
    found = choices.fits.get(choices.ensemble.key)
    if found is None or not found.path:
        return "The ensemble was not selected round by round: choose a greedy rule."
    return members.selection_path(found, LIGHT)


def _effect_levels(choices: Choices, settings: Settings) -> Built:
    return where.effect_levels(choices, settings.samples(choices), choices.grouping, LIGHT)


def _effects(choices: Choices, settings: Settings) -> pd.DataFrame:
    columns = (choices.grouping,)
    return effect_tables.groups(
        compute.group_effects(choices, settings.samples(choices), columns), columns
    )


def _effect_cells(choices: Choices, settings: Settings) -> Built:
    names = [name for name in choices.bundle.groups if name != choices.grouping]
    other = next((name for name in names if name != "label"), names[0])
    return where.effect_cells(choices, settings.samples(choices), (choices.grouping, other), LIGHT)


def _effect_slices(choices: Choices, settings: Settings) -> Built:
    return where.effect_slices(choices, "difference", settings.seed, LIGHT)


def _against_size(choices: Choices, settings: Settings) -> Built:
    measure = next(iter(compute.size_measures(choices)))
    return curves.against_size(
        choices, settings.samples(choices), choices.bundle.models, measure, LIGHT
    )


def _risk_coverage(choices: Choices, settings: Settings) -> Built:
    return curves.risk_coverage(choices, settings.samples(choices), LIGHT)


def _cascade(choices: Choices, settings: Settings) -> Built:
    order = next(iter(compute.cascade_orders(choices)), "")
    return curves.cascade(choices, settings.samples(choices), order, LIGHT)


OUTCOMES = (outcomes, mcnemar_p)
EFFECT = "intervals of differences: 95 %, for pairs (Agresti and Min) or bootstrap over units"
FAMILIES = (
    Family(
        "outcome-strip",
        "Outcomes of the ensemble",
        "overview",
        "What the ensemble makes of its members' answers: kept, corrected, rescued, or lost.",
        _outcome_strip,
        ("labels",),
        methods=OUTCOMES,
    ),
    Family(
        "ledger",
        "Members right by outcome",
        "corrections",
        "Samples by the number of members that are right, and what the ensemble made of them.",
        _ledger,
        ("labels",),
        methods=(*OUTCOMES, good_and_bad),
    ),
    Family(
        "outcomes-by-rule",
        "Outcomes under every rule",
        "corrections",
        "The outcomes of the same members under every rule that they can answer.",
        _outcomes_by_rule,
        ("labels",),
        _rules,
        methods=OUTCOMES,
    ),
    Family(
        "outcome-flow",
        "From members right to outcome",
        "corrections",
        "Bands from the number of members that are right to the outcome.",
        _flow,
        ("labels",),
        methods=(outcomes,),
    ),
    Family(
        "camp-map",
        "The two camps",
        "corrections",
        "The members that are right against those that are wrong on contested samples.",
        _camps,
        ("labels", "contested"),
        methods=(outcomes,),
    ),
    Family(
        "member-gains",
        "What each member brings",
        "corrections",
        "The gain in accuracy thanks to each member.",
        _member_gains,
        ("labels", "two members"),
        _members,
        methods=(contributions, paired_interval, mcnemar_p),
        interval="bars: 95 % intervals",
    ),
    Family(
        "selection-path",
        "Rounds of a greedy selection",
        "corrections",
        "How a fitted ensemble came to its members.",
        _selection_path,
        ("labels",),
    ),
    Family(
        "effect-levels",
        "Corrections and regressions by group",
        "corrections",
        "Where the ensemble helps and where it harms, against its best member.",
        _effect_levels,
        ("labels", "groups"),
        _effects,
        methods=(mcnemar_p, paired_interval),
        interval=EFFECT,
    ),
    Family(
        "effect-cells",
        "Net effect where two groupings cross",
        "corrections",
        "Accuracy of the ensemble minus that of its best member in every cell of two groupings.",
        _effect_cells,
        ("labels", "groups", "two groupings"),
        methods=(mcnemar_p,),
    ),
    Family(
        "effect-slices",
        "Slices of the effect",
        "corrections",
        "Slices in which the effect of the ensemble is not as elsewhere.",
        _effect_slices,
        ("labels", "groups"),
        interval="bars: 95 % intervals on the half that the slices were not found on",
        in_report=False,
    ),
    Family(
        "against-size",
        "Quality against size",
        "corrections",
        "Quality of teams against the number of their members.",
        _against_size,
        ("labels", "two models"),
        in_report=False,
    ),
    Family(
        "risk-coverage",
        "Risk against coverage",
        "corrections",
        "The error among the answers that are given, when the least sure are withheld.",
        _risk_coverage,
        ("labels", "confidence"),
        methods=(risk_coverage, selective_votes),
    ),
    Family(
        "cascade-cost",
        "Accuracy against cost of a cascade",
        "corrections",
        "What asking on only where needed costs, and how accurate it is.",
        _cascade,
        ("labels", "two members"),
        methods=(cost_curve,),
    ),
)
