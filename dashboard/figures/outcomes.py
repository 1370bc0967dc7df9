"""What the ensemble makes of its members: the strip of outcomes and the ledger."""

from collections.abc import Mapping

import plotly.graph_objects as go

from analysis.bundle import Bundle
from analysis.ensemble import Ensemble
from analysis.outcomes import OUTCOME_SUMMARIES
from analysis.rules import RULES
from dashboard import compute
from dashboard.choosing import Choices
from dashboard.figures.told import within
from dashboard.plots import outcomes
from dashboard.theme import Palette, count


def outcome_strip(
    choices: Choices, bundle: Bundle, ensembles: Mapping[str, Ensemble], palette: Palette
) -> go.Figure | str:
    """Stacked outcomes of each ensemble, by its name."""
    found = {name: compute.outcome_counts(choices, bundle, one) for name, one in ensembles.items()}
    rows = {name: counts for name, counts in found.items() if any(counts.values())}
    if not rows:
        return "None of the selected samples can be judged."
    return outcomes.outcome_strip(
        rows,
        OUTCOME_SUMMARIES,
        title="What the ensemble makes of its members' answers",
        subtitle=f"{within(choices, bundle)}. Blue and green: right. Orange and red: wrong.",
        palette=palette,
    )


def ledger(
    choices: Choices, bundle: Bundle, palette: Palette, *, everything: bool
) -> go.Figure | str:
    """Members right against ensemble right or wrong."""
    table = compute.outcome_table(choices, choices.bundle)
    narrowed, chosen = bundle is not choices.bundle, None
    if narrowed:
        chosen = compute.outcome_table(choices, bundle)["ledger"]
    return outcomes.ledger(
        table["ledger"],
        table["ledger_against"],
        everything=everything,
        chosen=chosen,
        subtitle=_ledger_subtitle(choices, everything=everything, narrowed=narrowed),
        palette=palette,
    )


def _ledger_subtitle(choices: Choices, *, everything: bool, narrowed: bool) -> str:
    rule = RULES[choices.ensemble.rule].label
    easy = "" if everything else " Kept and missed samples are left out."
    marks = " Lines mark the selection." if narrowed else ""
    gaps = " Outcomes look at the members that answered." if choices.bundle.gaps else ""
    return f"{rule}, n = {count(len(choices.bundle.ids))}.{easy}{gaps}{marks}"
