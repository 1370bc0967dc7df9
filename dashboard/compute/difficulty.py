"""How hard single samples are for the members, and which of their labels may be wrong."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError
from analysis.dynamics import aum, checkpoints, forgetting_of, repeated_epochs
from analysis.intervals import wilson
from analysis.samples import sample_measures, sample_values
from dashboard.compute.caching import cached, frozen, kept
from dashboard.compute.ensembles import outcome_table
from dashboard.state import Choices

RIGHT, WRONG, UNJUDGED = 0, 1, 2

FIRST_SCORES = ("el2n", "vote_entropy")
Part = tuple[int, float, float, float]


@dataclass(frozen=True)
class Score:
    """A number per sample that tells hard samples from easy ones.

    Attributes:
        name: of the measure, or "aum/run", "forgetting/run" or "learned/run" over the checkpoints
            of a run.
        label: what a person reads.
        summary: one sentence.
        lowest: where its axis begins at the latest; None where that is open.
    """

    name: str
    label: str
    summary: str
    lowest: float | None


def score_choices(choices: Choices) -> dict[str, Score]:
    """The scores that the members, and the checkpoints of one run, can answer, by name."""
    team = choices.bundle.select(choices.ensemble.members)
    there = {measure.name: measure for measure in sample_measures(team)}
    names = [name for name in FIRST_SCORES if name in there]
    names += [name for name in there if name not in (*names, "members_right")]
    found = [Score(m.name, m.label, m.summary, m.bounds[0]) for m in map(there.get, names)]
    for run, rows in _runs(choices.bundle).items():
        found += _dynamics_of(choices.bundle, run, len(rows))
    return {score.name: score for score in found}


def _runs(bundle: Bundle) -> dict[str, Tensor]:
    """Checkpoints of one run; none where the models are no checkpoints, or cannot be told apart."""
    try:
        return checkpoints(bundle) if judgeable(bundle) else {}
    except BundleError:
        return {}


def runs_left_out(bundle: Bundle) -> dict[str, float]:
    """Runs whose checkpoints cannot be put in order, with the epoch that two of them share."""
    return repeated_epochs(bundle) if judgeable(bundle) else {}


def _dynamics_of(bundle: Bundle, run: str, number: int) -> list[Score]:
    over = f"over the {number} checkpoints of {run}"
    forgotten = Score(
        f"forgetting/{run}",
        f"Times forgotten, {run}",
        f"How often a sample was right and then wrong again {over}; {number} stands for never "
        "right.",
        0.0,
    )
    learned = Score(
        f"learned/{run}",
        f"First right, {run}",
        f"The place of the first checkpoint that is right {over}, from 0; {number} stands for "
        "never right.",
        0.0,
    )
    models = [bundle.models[row] for row in _runs(bundle)[run].tolist()]
    if bundle.labels is None or not all(model in bundle.probabilities for model in models):
        return [forgotten, learned]
    margin = Score(
        f"aum/{run}",
        f"Area under the margin (AUM), {run}",
        f"Mean margin of the label in log probability {over}; low is hard or mislabelled.",
        None,
    )
    return [margin, forgotten, learned]


@kept()
def _scores(
    _bundle: Bundle,
    fingerprint: str,
    members: tuple[str, ...],
    names: tuple[str, ...],
    missing: str,
) -> dict[str, np.ndarray]:
    found = sample_values(_bundle.select(members), names, missing=missing)
    return {name: frozen(values.cpu().numpy()) for name, values in found.items()}


def scores(choices: Choices, bundle: Bundle, *names: str) -> dict[str, np.ndarray]:
    """Scores of single samples over the members, float64 [N] each, NaN where undefined."""
    members = choices.ensemble.members
    return _scores(bundle, bundle.fingerprint, members, names, choices.missing)


@cached()
def _dynamics(_bundle: Bundle, fingerprint: str, kind: str, run: str) -> np.ndarray:
    rows = checkpoints(_bundle)[run]
    if kind == "aum":
        return aum(_bundle, rows).cpu().numpy()
    found = forgetting_of(_bundle, rows)
    values = found.events if kind == "forgetting" else found.first_learned
    values = torch.where(found.never, len(rows), values).double()
    return torch.where(found.judged, values, torch.nan).cpu().numpy()


def score_values(choices: Choices, bundle: Bundle, score: Score) -> np.ndarray:
    """One of `score_choices` for every sample, float64 [N], NaN where undefined."""
    kind, _, run = score.name.partition("/")
    if run:
        return _dynamics(bundle, bundle.fingerprint, kind, run)
    return scores(choices, bundle, score.name)[score.name]


def sides(choices: Choices, bundle: Bundle) -> np.ndarray:
    """What the ensemble made of each sample, int [N]: 0 right, 1 wrong, 2 not judged."""
    table = outcome_table(choices, bundle)
    return np.where(table["judged"], np.where(table["right"], RIGHT, WRONG), UNJUDGED)


def number_right(choices: Choices, bundle: Bundle) -> np.ndarray:
    """Samples with k members right and the ensemble right, wrong or not judged, int [K + 1, 3]."""
    return outcome_table(choices, bundle)["members_ledger"]


def judgeable(bundle: Bundle) -> bool:
    """Whether any answer can be called right or wrong."""
    return bool(bundle.labelled.any())


def share_differing(choices: Choices, bundle: Bundle) -> tuple[Part, int]:
    """On how many samples the members give different answers, and how many they answered."""
    different = scores(choices, bundle, "different_answers")["different_answers"]
    return _part(int((different > 1).sum()), total := int((different > 0).sum())), total


def shares_right(choices: Choices, bundle: Bundle) -> dict[str, Part]:
    """Samples that no member, some or every member gets right: number, share and its interval.

    Of the members that are judged on a sample: where one has no answer and the others are right,
    every member is.
    """
    counts = outcome_table(choices, bundle)["levels"].tolist()
    parts = zip(("none", "some", "all"), counts, strict=True)
    return {level: _part(number, sum(counts)) for level, number in parts}


def _part(number: int, total: int) -> Part:
    low, high = wilson(torch.tensor(number), torch.tensor(total))
    return number, number / total if total else float("nan"), float(low), float(high)


def score_edges(choices: Choices, score: Score, bins: int) -> np.ndarray:
    """Edges of bins over all samples [B + 1]; a score of whole numbers gets a bin for each."""
    values = score_values(choices, choices.bundle, score)
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    if len(known) and (known % 1 == 0).all() and high - low < bins:
        return np.arange(low, high + 2) - 0.5
    low = low if score.lowest is None else min(low, score.lowest)
    return np.linspace(low, high if high > low else low + 1, bins + 1)


def score_counts(
    choices: Choices, bundle: Bundle, score: Score, edges: np.ndarray
) -> tuple[np.ndarray, int]:
    """Samples per bin of a score and side, int [B, 3], and how many have no value."""
    place = binned(score_values(choices, bundle, score), edges)
    known, bins = place >= 0, len(edges) - 1
    keys = place[known] * 3 + sides(choices, bundle)[known]
    return np.bincount(keys, minlength=3 * bins).reshape(bins, 3), int((~known).sum())


def drawn_points(values: np.ndarray, most: int) -> tuple[np.ndarray, int]:
    """Rows of at most so many points that are defined on all axes, and how many are.

    Args:
        values: float [A, N], the samples on A axes.
        most: beyond it some are drawn at random.
    """
    known = np.flatnonzero(np.isfinite(values).all(0))
    if len(known) <= most:
        return known, len(known)
    return np.sort(np.random.default_rng(0).choice(known, most, replace=False)), len(known)


def binned(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The bin [lo, hi) of each value, int [N], the last one closed; -1 where undefined."""
    known = np.isfinite(values)
    place = np.searchsorted(edges, np.where(known, values, edges[0]), side="right") - 1
    return np.where(known, place.clip(0, len(edges) - 2), -1)
