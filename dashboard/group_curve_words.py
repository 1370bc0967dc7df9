"""Sentences on curves per group: what they say, how they are made, and what is missing."""

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.bundle import Bundle
from dashboard import compute
from dashboard.theme import amount, interval, markdown, percent

LEAST = 20
NOTHING = "Nobody of those chosen can be drawn here. Choose others under 'Whose curves'."
BANDS = {
    "epoch": "Bands: 95 % intervals.",
    "size": "Bands: 10 to 90 % of the teams.",
    "confidence": "Bands: 95 % intervals (Wilson).",
    "attribute": "Marks: bins of equally many samples; lines: smoothed; bands: 95 % intervals.",
    "level": "Bands: 95 % intervals.",
    "model": "Bands and bars: 95 % intervals.",
}
HOW = {
    "epoch": "A run is the checkpoints of one family and seed. Families are the mean of their "
    "runs. The best run of each epoch is chosen on these same samples: optimistic. Active and kept "
    "ensembles stand level, since they are not trained along.",
    "size": "Diamonds are the ensembles as they are. The best single model is chosen on these same "
    "samples: optimistic.",
    "confidence": "A threshold keeps the answers that are at least so sure. Confidence is the "
    "largest probability, or the share of the votes where a rule has none. Families are the mean "
    "of their members. AURC: mean error over all coverages, lower is better; equally sure samples "
    "count in expectation.",
    "attribute": "Smoothed by local lines: at each place a line through the nearest 30 % of the "
    "group's samples, the nearer the more weight (tricube). The band is Wilson's on the effective "
    "number of samples, for one place at a time; it does not count what smoothing rounds off. "
    "Clicking a mark selects the samples of its bin.",
    "level": "Intervals: Wilson's on the effective number of samples. Clicking a mark selects its "
    "samples.",
    "model": "Members are all models with this number, families are the mean of theirs at each "
    "number, and 'best up to here' is chosen on all groups together. Ensembles are drawn where the "
    "numbers of their members may be added up.",
}
NEEDS = {
    "epoch": "Curves over training need checkpoints: a column epoch with numbers in the table of "
    "models, and the columns family and seed where there are several runs.",
    "size": "Curves over ensemble size need two members or more.",
    "confidence": "Curves over a threshold need probabilities of the members or a column of "
    "confidences.",
    "attribute": "Curves along a number need a column of numbers in the table of samples.",
    "level": "Curves along a shift need a second grouping, such as a split or a strength, beside "
    "the one chosen in the sidebar.",
    "model": "Curves over model size or cost need a column of numbers in the table of models, such "
    "as cost or parameters.",
}


def missing(bundle: Bundle, column: str, members: Sequence[str], against: str) -> bool:
    """Whether the data lack what curves against this need."""
    if against == "epoch":
        return "epoch" not in bundle.model_info
    if against == "size":
        return len(members) < 2
    if against == "confidence":
        return bundle.confidence is None and not set(members) & set(bundle.probabilities)
    columns = {
        "attribute": compute.attribute_choices(bundle),
        "level": compute.level_choices(bundle, column),
        "model": compute.model_choices(bundle),
    }
    return not columns[against]


def curve_sentence(
    found: Mapping, column: str, levels: Sequence[str], kept: Sequence[str], along: str
) -> str:
    """From where to where the ensemble, or else another line, moves in the group it moves most.

    Args:
        found: of `compute.group_curves`.
        column: the grouping.
        levels: G names.
        kept: those that are drawn.
        along: what x is.
    """
    order = {"ensemble": 0, "best": 1, "beside": 2, "family": 3, "member": 4}
    moving = [line for line in found["lines"] if _span(line, levels, kept)]
    if not moving:
        return ""
    line = min(moving, key=lambda line: order[line["role"]])
    level, first, last, change = max(_span(line, levels, kept), key=lambda span: span[3])
    ends = []
    for place in (first, last):
        rate, low, high = (float(line[part][level, place]) for part in ("mean", "low", "high"))
        at = found["texts"][place] if found["texts"] else amount(float(line["x"][place]))
        brackets = "" if line["name"].startswith("teams") else f" {interval(low, high)}"
        ends.append(f"**{percent(rate)}**{brackets} at {markdown(at)}")
    name, axis = markdown(line["name"]), markdown(along[:1].lower() + along[1:])
    most = ", more than in the other groups drawn" if len(kept) > 1 else ""
    return (
        f"Along {axis}, accuracy where {markdown(column)} is {markdown(levels[level])} goes from "
        f"{ends[0]} to {ends[1]} ({name}): a change of {100 * change:.1f} points{most}."
    )


def _span(line: Mapping, levels: Sequence[str], kept: Sequence[str]) -> list[tuple]:
    """Level, first and last known place, and the distance between them, where the line moves."""
    found = []
    for level in kept:
        row = levels.index(level)
        enough = line["n"][row] >= min(LEAST, float(np.nanmax(line["n"][row], initial=0)))
        known = np.flatnonzero(np.isfinite(line["mean"][row]) & enough)
        if len(known) > 1 and line["x"][known[0]] != line["x"][known[-1]]:
            change = abs(float(line["mean"][row, known[-1]] - line["mean"][row, known[0]]))
            found.append((row, int(known[0]), int(known[-1]), change))
    return [span for span in found if span[3] > 0]
