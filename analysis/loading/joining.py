"""From tables and arrays to one bundle."""

import numpy as np
import torch

from analysis.bundle import Bundle, BundleError, graded
from analysis.loading.alike import check_kind, settle_alike
from analysis.loading.answers import collect_answers, note_gaps
from analysis.loading.attributes import fill_roster
from analysis.loading.classes import class_order, given_classes
from analysis.loading.distributions import collect_probabilities
from analysis.loading.extras import embeddings, model_info, thumbnails
from analysis.loading.grades import Answers
from analysis.loading.grouping import build_groups
from analysis.loading.labels import fill_labels
from analysis.loading.restoring import Saved, first_notes, named, restore
from analysis.loading.roles import Part
from analysis.loading.roster import Roster, Vocabulary, build_roster
from analysis.loading.shapes import answer_parts
from analysis.loading.sources import Log, Options, count
from analysis.loading.stacks import Stack


def join(parts: list[Part], stacks: list[Stack], options: Options, log: Log) -> Bundle | None:
    """Put everything together by sample id.

    Args:
        parts: tables with their forms settled.
        stacks: arrays with their kinds.
        options: what was said by hand.
        log: receives notes and problems.

    Returns:
        The bundle, or None when a problem stands in its way.
    """
    stacks = named(stacks, parts)
    roster = build_roster(parts, stacks, log)
    if roster is None:
        if not log.problems:
            log.problem(
                "There are no predictions; expected a table of predictions or an array of "
                "probabilities. Add one."
            )
        return None
    if not roster.ids:
        return None
    words = Vocabulary()
    fill_labels(roster, parts, stacks, words, options, log)
    fill_roster(roster, parts, log)
    saved = restore(parts, roster)
    tables = [*parts, *answer_parts(stacks, roster, log)]
    answers = collect_answers(tables, roster, words, options, log)
    settle_alike(roster, answers, words, options, log)
    check_kind(roster, answers, words, log)
    given = given_classes(parts, stacks, log)
    classes = class_order(given, roster, answers, words, stacks, log)
    if log.problems:
        return None
    probabilities = collect_probabilities(stacks, classes, roster, answers, options, log)
    if not answers.models and not log.problems:
        log.problem(
            "There are samples but no predictions; expected a table of predictions or an "
            "array of probabilities. Add one."
        )
    if log.problems:
        return None
    note_gaps(answers, roster, log)
    return _bundle(parts, stacks, roster, answers, classes, probabilities, saved, options, log)


def _bundle(
    parts,
    stacks,
    roster: Roster,
    answers: Answers,
    classes: dict[str, int],
    probabilities,
    saved: Saved | None,
    options: Options,
    log: Log,
) -> Bundle | None:
    index = np.full(max(classes.values(), default=-1) + 2, -1, dtype=np.int32)
    index[list(classes.values())] = np.arange(len(classes))
    for row in answers.numbers:
        row[:] = index[row]
    predictions = torch.from_numpy(answers.numbers)
    labels = None if roster.labels is None else index[roster.labels]
    stored = saved.levels if saved else None
    several = roster.multi | (saved.several if saved else {})
    groups = build_groups(roster.attributes, labels, list(classes), options, stored, several, log)
    groups = saved.merged(groups, options) if saved else groups
    shared, own = embeddings(parts, stacks, roster, answers.models, log)
    info = model_info(parts, answers, log)
    pictures = thumbnails(stacks, roster, log)
    grades = _grades(answers, predictions, labels, log)
    if log.problems:
        return None
    log.note(
        f"{count(len(answers.models), 'model')}, {count(len(roster.ids), 'sample')}, "
        f"{len(classes):,} {'class' if len(classes) == 1 else 'classes'} or distinct answers."
    )
    try:
        return Bundle(
            models=tuple(answers.models),
            ids=roster.ids,
            classes=tuple(classes),
            predictions=predictions,
            labels=None if labels is None else torch.from_numpy(labels),
            grades=grades,
            probabilities=probabilities,
            confidence=None if answers.confidence is None else torch.from_numpy(answers.confidence),
            embeddings=shared,
            model_embeddings=own,
            attributes=roster.attributes,
            groups=groups,
            model_info=info,
            thumbnails=pictures,
            units=None if roster.units is None else torch.from_numpy(roster.units),
            notes=first_notes(saved, parts, stacks, options, log),
        )
    except BundleError as error:
        log.problem(str(error))
        return None


def _grades(answers: Answers, predictions, labels, log: Log) -> torch.Tensor | None:
    """Grades that were given; elsewhere those that follow from labels and predictions."""
    if answers.grades is None:
        return None
    given = torch.from_numpy(answers.grades)
    derived = graded(predictions, None if labels is None else torch.from_numpy(labels))
    both = (given >= 0) & (derived >= 0)
    wrong = int((both & (given == 0) & (derived == 1)).sum())
    right = int((both & (given == 1) & (derived == 0)).sum())
    if wrong or right:
        log.note(
            f"The grades in the file contradict the labels: {count(right, 'answer')} graded right "
            f"that differ from the label, {wrong:,} graded wrong that equal it. The grades are "
            "used."
        )
    elif (given >= 0).any():
        log.note("Right and wrong are taken from the grades in the file.")
    return torch.where(given >= 0, given, derived)
