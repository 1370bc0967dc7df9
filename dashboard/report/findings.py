"""What each section of a report says before its figures, as Markdown."""

from collections.abc import Callable

from analysis.bundle import BundleError
from dashboard import (
    calibration_words,
    compute,
    difficulty_words,
    ensemble_words,
    footnotes,
    front_words,
    group_words,
    pair_measures,
    ranking_words,
    slice_words,
    words,
)
from dashboard.choosing import Choices
from dashboard.figures import front_search, of_models, of_samples
from dashboard.figures.family import HINT, Settings
from dashboard.needs import lacking
from dashboard.theme import markdown

Told = list[str]
LABELS = "There are no labels that a member could be judged by."


def _verdict(choices: Choices, settings: Settings) -> Told:
    bundle = choices.bundle
    if compute.reference(choices) is None:
        return [LABELS]
    judged = compute.judged(choices, bundle)
    best = compute.accuracy_of(bundle, compute.reference(choices), choices.missing)
    who = words.ensemble_name(choices.ensemble, choices.name)
    silence = compute.silence(choices, bundle)
    units = bundle.units
    repeated = units is not None and len(units.unique()) < len(bundle.ids)
    note = footnotes.footnote(
        judged["n"],
        choices.missing,
        units=repeated,
        tested=True,
        selected=False,
        held_out=choices.held_out is not None,
    )
    return [words.verdict(judged, best, None, who, silence), note]


def _disagreement(choices: Choices, settings: Settings) -> Told:
    pool = choices.bundle.models
    if len(pool) < 2:
        return ["One model disagrees with nobody."]
    measure = next(iter(pair_measures.offered_measures(choices.bundle).values()))
    found = compute.pairs(choices.bundle, pool, measure, choices.missing)
    return [words.pair_sentence(found, pool, measure.label), measure.summary]


def _corrections(choices: Choices, settings: Settings) -> Told:
    if compute.reference(choices) is None:
        return [LABELS]
    bundle = choices.bundle
    judged, silence = compute.judged(choices, bundle), compute.silence(choices, bundle)
    told = [ensemble_words.ledger_sentence(judged, silence)]
    for name, one in compute.side_by_side(choices).items():
        learned = compute.optimism(choices, one)
        if learned is not None:
            told.append(ensemble_words.optimism_sentence(learned, name))
    return told


def _fronts(choices: Choices, settings: Settings) -> Told:
    if lacks := lacking(("labels", "two models"), choices):
        return [lacks]
    pair = front_search.searched(choices)
    if isinstance(pair, str):
        return [pair]
    asked, found = pair
    front = compute.front_of(found)
    told = [
        front_words.sentence(found, front),
        front_words.elsewhere(found, compute.elsewhere(asked, found)),
    ]
    return [*told, *front_words.warnings(found, front)]


def _groups(choices: Choices, settings: Settings) -> Told:
    column, least = choices.grouping, settings.least
    if column is None:
        return [lacking(("groups",), choices)]
    bundle = choices.bundle
    levels = bundle.groups[column].levels
    if compute.reference(choices) is None:
        votes = compute.group_votes(choices, bundle, column, least)["disagreement"]
        return [LABELS, group_words.votes_sentence(column, levels, votes, least)]
    table = compute.group_table(choices, bundle, column)
    best = choices.ensemble.members.index(compute.reference(choices))
    who = words.ensemble_name(choices.ensemble, choices.name)
    return [
        words.group_sentence(column, levels, table, best, who, least=least),
        group_words.worst_sentence(
            column, levels, compute.group_worst(choices, bundle, column, least)
        ),
        group_words.tests_sentence(levels, compute.group_tests(choices, bundle, column, least)),
    ]


def _slices(choices: Choices, settings: Settings) -> Told:
    pair = of_samples.slices_found(choices, settings)
    if isinstance(pair, str):
        return [pair]
    asked, found = pair
    more = slice_words.SCORES[asked.score.name].more
    return [
        slice_words.sentence(found, more),
        slice_words.looked_at(found, asked.wanted.methods, asked.wanted.max_level, more),
    ]


def _calibration(choices: Choices, settings: Settings) -> Told:
    if lacks := lacking(("labels", "confidence"), choices):
        return [lacks]
    found = compute.reliability(choices, choices.bundle)
    who = words.ensemble_name(choices.ensemble, choices.name)
    told = [
        calibration_words.reliability_sentence(found, choices.ensemble.members, who, None),
        calibration_words.footnote(choices.missing),
    ]
    warmed = compute.temperatures(choices)
    return told if warmed is None else [*told, calibration_words.temperature_sentence(warmed)]


def _difficulty(choices: Choices, settings: Settings) -> Told:
    members = len(choices.ensemble.members)
    if lacks := lacking(("answers",), choices):
        return [lacks]
    if not compute.judgeable(choices.bundle):
        differ = compute.share_differing(choices, choices.bundle)
        return [difficulty_words.unlabelled(*differ, members, None)]
    shares = compute.shares_right(choices, choices.bundle)
    suspected = difficulty_words.suspected(compute.suspects(choices), members)
    return [difficulty_words.sentence(shares, members, None), suspected]


def _rankings(choices: Choices, settings: Settings) -> Told:
    if lacks := lacking(("labels", "two models"), choices):
        return [lacks]
    asked = of_models.ranking_asked(choices, settings)
    found = compute.ranking(choices.bundle, asked)
    noun = "group" if asked.over == "groups" else "sample"
    return [ranking_words.first_sentence(found, asked.models, of_models.RULE, noun)]


FINDINGS: dict[str, Callable[[Choices, Settings], Told]] = {
    "overview": _verdict,
    "disagreement": _disagreement,
    "corrections": _corrections,
    "fronts": _fronts,
    "groups": _groups,
    "slices": _slices,
    "calibration": _calibration,
    "difficulty": _difficulty,
    "rankings": _rankings,
}


def findings(section: str, choices: Choices, settings: Settings) -> Told:
    """The sentences of a section; why there are none where the data lack what it needs."""
    if section not in FINDINGS:
        return []
    try:
        told = FINDINGS[section](choices, settings)
        return [HINT.sub("", sentence).strip() for sentence in told if sentence]
    except BundleError as problem:
        return [markdown(problem, 400)]
