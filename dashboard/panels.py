"""Linked plots: each draws one figure, and a pick in it becomes the selection of all others.

A panel never changes its own figure on its own pick (Streamlit would mount it anew and lose the
mark and the zoom): `compute.scope` gives it all samples then, and the others the selection.
"""

from collections.abc import Callable, Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from analysis.measure import Measure
from analysis.outcomes import OUTCOME_SUMMARIES, OUTCOMES
from analysis.rules import RULES
from dashboard import compute, controls, state, words
from dashboard.plots import front as front_plots
from dashboard.plots import groups as group_plots
from dashboard.plots import matrix, models, outcomes
from dashboard.state import Choices
from dashboard.theme import DARK, LIGHT, Palette, count, markdown

CONFIG = {
    "displaylogo": False,
    "showSendToCloud": False,
    "modeBarButtonsToRemove": ["autoScale2d"],
}


def palette() -> Palette:
    """The colours of the theme that the browser shows."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def chart(
    figure: go.Figure,
    panel: str,
    alt: str,
    pick: Callable | None = None,
    *args,
    modes: str | Sequence[str] = "points",
) -> None:
    """A figure; with `pick`, a click calls pick(points, panel, *args) before the page reruns."""
    config = CONFIG | {
        "toImageButtonOptions": {"format": "svg", "filename": f"dissensus-{panel}"},
    }
    key = state.panel_key(panel)
    if pick is None:
        st.plotly_chart(figure, key=key, config=config, alt=alt)
        return
    st.plotly_chart(
        figure,
        key=key,
        config=config,
        alt=alt,
        on_select=lambda: _picked(key, panel, pick, args),
        selection_mode=modes,
    )


def _picked(key: str, panel: str, pick: Callable, args: Sequence) -> None:
    points = state.event(key).get("selection", {}).get("points", [])
    current = state.selection()
    if points:
        pick(points, panel, *args)
    elif current is not None and current.source == panel:
        state.clear()


def _within(choices: Choices, panel: str) -> str:
    current = state.narrowing(panel)
    total = len(choices.bundle.ids)
    return words.within(None if current is None else len(current.positions), total)


def outcome_strip(choices: Choices, rules: Sequence[str], panel: str) -> None:
    """Stacked outcomes of the members under each rule; picking a part selects its samples."""
    bundle = compute.scope(choices, panel)
    found = {rule: compute.judged(choices, bundle, rule) for rule in rules}
    rows = {
        RULES[rule].label: judged["outcomes"]
        for rule, judged in found.items()
        if "outcomes" in judged
    }
    if not rows:
        st.info("None of the selected samples can be judged.")
        return
    figure = outcomes.outcome_strip(
        rows,
        OUTCOME_SUMMARIES,
        title="What the ensemble makes of its members' answers",
        subtitle=f"{_within(choices, panel)}. Blue and green: right. Orange and red: wrong.",
        palette=palette(),
    )
    chart(figure, panel, "Share of samples per outcome", _pick_outcome, choices, tuple(rules))


def _pick_outcome(points, panel: str, choices: Choices, rules: tuple[str, ...]) -> None:
    picked = outcomes.decode_strip(points, len(rules))
    if picked is None:
        return
    rule, outcome = rules[picked[0]], picked[1]
    codes = compute.outcome_table(choices, choices.bundle, rule)["codes"]
    _select_within(
        np.flatnonzero(codes == OUTCOMES.index(outcome)),
        panel,
        f"{outcome} by the {words.rule_phrase(rule)} ({OUTCOME_SUMMARIES[outcome]})",
    )


def _select_within(rows: np.ndarray, panel: str, description: str) -> None:
    """Select rows of a panel that was drawn for the selection only; nothing found changes nothing.

    What the figure counted inside the selection is what a pick in it has to give.
    """
    current = state.narrowing(panel)
    if current is not None:
        rows = np.intersect1d(rows, current.positions)
        description = words.nested(description, current.description)
    if len(rows):
        state.select(rows, panel, description)


def ledger(choices: Choices, panel: str, *, everything: bool) -> None:
    """Members right against ensemble right or wrong; picking a bar selects its samples."""
    table = compute.outcome_table(choices, choices.bundle)
    current, chosen = state.narrowing(panel), None
    levels = len(choices.ensemble.members) + 1
    if current is not None:
        chosen = _ledger_of(table, current.positions, levels)
    everybody = np.arange(len(choices.bundle.ids))
    figure = outcomes.ledger(
        _ledger_of(table, everybody, levels),
        np.bincount(table["members_right"][table["against_majority"]], minlength=levels),
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


def _ledger_of(table: dict, positions: np.ndarray, levels: int) -> np.ndarray:
    kept = positions[table["judged"][positions]]
    keys = table["members_right"][kept] * 6 + table["codes"][kept]
    return np.bincount(keys, minlength=6 * levels).reshape(-1, 6)


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


def accuracies(choices: Choices, panel: str) -> None:
    """Every model and the ensemble with 95 % intervals."""
    bundle = compute.scope(choices, panel)
    table = compute.model_table(bundle, choices.missing)
    whole = compute.model_table(compute.combined(bundle, choices.ensemble), choices.missing)
    best, members = compute.reference(choices), set(choices.ensemble.members)
    roles = [
        "best" if model == best else "member" if model in members else "other"
        for model in bundle.models
    ]
    columns = ("accuracy", "low", "high", "judged")
    figure = models.accuracies(
        [*bundle.models, choices.ensemble.label],
        *(np.concatenate([table[column], whole[column]]) for column in columns),
        [*roles, "ensemble"],
        subtitle=_within(choices, panel),
        palette=palette(),
    )
    chart(figure, panel, "Accuracy of the models and of the ensemble")


def pair_matrix(choices: Choices, measure: Measure, pool: Sequence[str], panel: str) -> None:
    """Heatmap of a pair measure; picking a cell selects the samples on which the two differ."""
    bundle = compute.scope(choices, panel)
    found = compute.pairs(bundle, pool, measure, choices.missing)
    figure = matrix.pair_heatmap(
        found["matrix"],
        found["n"],
        pool,
        found["order"],
        label=measure.label,
        bounds=measure.bounds,
        symmetric=measure.symmetric,
        subtitle=f"{measure.label}, {_within(choices, panel)}.{controls.direction(measure)}",
        palette=palette(),
    )
    chart(figure, panel, "Matrix of model pairs", _pick_pair, choices, tuple(pool))


def _pick_pair(points, panel: str, choices: Choices, pool: tuple[str, ...]) -> None:
    pairs = tuple(
        (pool[first], pool[second]) for first, second in matrix.decode_pairs(points, len(pool))
    )
    if not pairs:
        return
    rows = compute.differing(choices.bundle, choices.bundle.fingerprint, pairs, choices.missing)
    first, second = (markdown(name) for name in pairs[-1])
    more = f" (and {len(pairs) - 1} more pairs)" if len(pairs) > 1 else ""
    _select_within(rows, panel, f"{first} and {second} answer differently{more}")


def model_map(choices: Choices, measure: Measure, pool: Sequence[str], panel: str) -> None:
    """Models as points, near ones answer alike."""
    bundle = compute.scope(choices, panel)
    found = compute.pairs(bundle, pool, measure, choices.missing)
    info = bundle.model_info.get("family")
    families = {} if info is None else dict(zip(bundle.models, info, strict=True))
    basis = measure.label if measure.diverse == "higher" else "Disagreement"
    members = set(choices.ensemble.members)
    figure = matrix.model_map(
        found["coordinates"],
        pool,
        [str(families.get(model) or "") for model in pool],
        np.array([model in members for model in pool]),
        found["explained"],
        subtitle=f"Classical MDS of the square root of: {basis.lower()}, "
        f"{_within(choices, panel)}. Ringed: members.{_left_out(found['coordinates'], basis)}",
        palette=palette(),
    )
    chart(figure, panel, "Map of the models")


def _left_out(coordinates: np.ndarray, basis: str) -> str:
    number = int(np.isnan(coordinates[:, 0]).sum())
    return f" {number} models without {basis.lower()} are left out." if number else ""


def front(choices: Choices, objective: str, panel: str) -> None:
    """Teams by accuracy and another objective; picking one makes it the active ensemble."""
    bundle = compute.scope(choices, panel)
    found = compute.front(choices, bundle)
    labels = {
        "disagreement": (
            "Mean disagreement of the members, higher is more diverse",
            "Accuracy against diversity",
        ),
        "stability": (
            "Leave-one-out stability, higher is more consistent",
            "Accuracy against consistency",
        ),
    }
    x_label, title = labels[objective]
    active = [model in choices.ensemble.members for model in found["models"]]
    same = np.flatnonzero((found["membership"] == np.array(active)).all(1))
    figure = front_plots.front(
        found[objective],
        found["accuracy"],
        found["membership"].sum(1),
        found["rank"] == 0,
        front_plots.names_of(found["membership"], found["models"]),
        int(same[0]) if len(same) else None,
        x_label=x_label,
        title=title,
        subtitle=f"{RULES[choices.ensemble.rule].label}, {_within(choices, panel)}, "
        f"{count(len(found['accuracy']))} candidates",
        palette=palette(),
    )
    chart(figure, panel, title, _pick_candidate, found["membership"], tuple(found["models"]))


def _pick_candidate(points, panel: str, membership: np.ndarray, pool: tuple[str, ...]) -> None:
    row = front_plots.decode_candidate(points)
    if row is not None and row < len(membership):
        state.set_members(tuple(pool[place] for place in np.flatnonzero(membership[row])))


def group_dots(choices: Choices, panel: str) -> None:
    """Accuracy per group; picking one selects its samples."""
    bundle, column = compute.scope(choices, panel), choices.grouping
    table = compute.group_table(choices, bundle, column)
    best = compute.reference(choices)
    row = choices.ensemble.members.index(best)
    ends = [
        (name, *(table[part][place] for part in ("accuracy", "low", "high")))
        for name, place in ((best, row), (choices.ensemble.label, -1))
    ]
    figure = group_plots.group_accuracies(
        bundle.groups[column].levels,
        table["n"][-1],
        table["accuracy"][:-1],
        choices.ensemble.members,
        (f"best member: {best}", *ends[0][1:]),
        ends[1],
        column=column,
        subtitle=_within(choices, panel),
        palette=palette(),
    )
    chart(figure, panel, f"Accuracy by {column}", _pick_group, choices)


def _pick_group(points, panel: str, choices: Choices) -> None:
    grouping = choices.bundle.groups[choices.grouping]
    chosen = group_plots.decode_groups(points, len(grouping.levels))
    rows = np.flatnonzero(grouping.within(chosen).cpu().numpy())
    names = words.listed([grouping.levels[place] for place in chosen])
    _select_within(rows, panel, f"{markdown(choices.grouping)} is {names}")


def size_curve(choices: Choices, pool: Sequence[str], panel: str) -> None:
    """Accuracy per group against the number of members."""
    bundle, column = compute.scope(choices, panel), choices.grouping
    found = compute.size_curve(choices, bundle, column, pool)
    grouping = bundle.groups[column]
    figure = group_plots.size_curve(
        found["sizes"].tolist(),
        grouping.levels,
        found["mean"],
        found["low"],
        found["high"],
        grouping.sizes().cpu().numpy(),
        column=column,
        subtitle=f"{RULES[choices.ensemble.rule].label}, mean over teams of {len(pool)} models, "
        f"band: 10 to 90 % of the teams; {_within(choices, panel)}",
        palette=palette(),
    )
    chart(figure, panel, f"Accuracy by {column} against team size")
