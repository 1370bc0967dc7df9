"""What the ensemble makes of its members: the strip of outcomes and the ledger."""

from collections.abc import Mapping

import numpy as np

from analysis.ensemble import Ensemble
from analysis.outcomes import OUTCOME_SUMMARIES, OUTCOMES
from dashboard import compute
from dashboard.figures import outcomes as build
from dashboard.panels.drawing import chart, palette, select_within
from dashboard.plots import outcomes
from dashboard.state import Choices
from dashboard.theme import markdown


def outcome_strip(choices: Choices, ensembles: Mapping[str, Ensemble], panel: str) -> None:
    """Stacked outcomes of each ensemble, by its name; picking a part selects its samples."""
    bundle = compute.scope(choices, panel)
    figure = build.outcome_strip(choices, bundle, ensembles, palette())
    shown = {
        name: one
        for name, one in ensembles.items()
        if any(compute.outcome_counts(choices, bundle, one).values())
    }
    chart(figure, panel, "Share of samples per outcome", _pick_outcome, choices, shown)


def _pick_outcome(points, panel: str, choices: Choices, ensembles: Mapping[str, Ensemble]) -> None:
    picked = outcomes.decode_strip(points, len(ensembles))
    if picked is None:
        return
    name, outcome = list(ensembles)[picked[0]], picked[1]
    codes = compute.outcome_table(choices, choices.bundle, ensembles[name])["codes"]
    select_within(
        np.flatnonzero(codes == OUTCOMES.index(outcome)),
        panel,
        f"{outcome} by {markdown(name)} ({OUTCOME_SUMMARIES[outcome]})",
    )


def ledger(choices: Choices, panel: str, *, everything: bool) -> None:
    """Members right against ensemble right or wrong; picking a bar selects its samples."""
    figure = build.ledger(choices, compute.scope(choices, panel), palette(), everything=everything)
    chart(figure, panel, "Samples by number of members right", _pick_ledger, choices)


def _pick_ledger(points, panel: str, choices: Choices) -> None:
    table = compute.outcome_table(choices, choices.bundle)
    mask, parts = np.zeros(len(choices.bundle.ids), dtype=bool), []
    for level, part in outcomes.decode_ledger(points):
        outcome = "corrected" if part == outcomes.AGAINST else part
        here = table["codes"] == OUTCOMES.index(outcome)
        if outcome == "corrected":
            here &= table["against_majority"] == (part == outcomes.AGAINST)
        mask |= here & (table["members_right"] == level)
        parts.append(f"{part}, {level} {'member' if level == 1 else 'members'} right")
    select_within(np.flatnonzero(mask), panel, "; ".join(dict.fromkeys(parts)))
