"""What the ensemble makes of its members: the strip of outcomes and the ledger."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from analysis.ensemble import Ensemble
from analysis.outcomes import OUTCOME_SUMMARIES, OUTCOMES
from analysis.rules import RULES
from dashboard import compute, state
from dashboard.panels.drawing import chart, palette, select_within, within
from dashboard.plots import outcomes
from dashboard.state import Choices
from dashboard.theme import count, markdown


def outcome_strip(choices: Choices, ensembles: Mapping[str, Ensemble], panel: str) -> None:
    """Stacked outcomes of each ensemble, by its name; picking a part selects its samples."""
    bundle = compute.scope(choices, panel)
    found = {name: compute.judged(choices, bundle, one) for name, one in ensembles.items()}
    rows = {name: one["outcomes"] for name, one in found.items() if "outcomes" in one}
    shown = {name: ensembles[name] for name in rows}
    if not rows:
        st.info("None of the selected samples can be judged.")
        return
    figure = outcomes.outcome_strip(
        rows,
        OUTCOME_SUMMARIES,
        title="What the ensemble makes of its members' answers",
        subtitle=f"{within(choices, panel)}. Blue and green: right. Orange and red: wrong.",
        palette=palette(),
    )
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
    table = compute.outcome_table(choices, choices.bundle)
    current, chosen = state.narrowing(panel), None
    if current is not None:
        chosen = compute.outcome_table(choices, compute.scope(choices, panel))["ledger"]
    figure = outcomes.ledger(
        table["ledger"],
        table["ledger_against"],
        everything=everything,
        chosen=chosen,
        subtitle=_ledger_subtitle(choices, everything, current),
        palette=palette(),
    )
    chart(figure, panel, "Samples by number of members right", _pick_ledger, choices)


def _ledger_subtitle(choices: Choices, everything: bool, current) -> str:
    rule = RULES[choices.ensemble.rule].label
    easy = "" if everything else " Kept and missed samples are left out."
    marks = "" if current is None else " Lines mark the selection."
    gaps = "" if choices.bundle.answered.all() else " Outcomes look at the members that answered."
    return f"{rule}, n = {count(len(choices.bundle.ids))}.{easy}{gaps}{marks}"


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
    state.select(np.flatnonzero(mask), panel, "; ".join(dict.fromkeys(parts)))
