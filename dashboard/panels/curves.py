"""Size and cost: quality against members, risk against coverage, accuracy against cost."""

from collections.abc import Sequence

import streamlit as st

from analysis.rules import RULES
from dashboard import compute, curve_words
from dashboard.panels.drawing import chart, palette, select_within, within
from dashboard.plots import abstention
from dashboard.plots import curves as plots
from dashboard.state import Choices
from dashboard.theme import markdown, shown


def against_size(choices: Choices, pool: Sequence[str], measure: str, panel: str) -> None:
    """Quality of teams against the number of their members."""
    bundle = compute.scope(choices, panel)
    found = compute.size_values(choices, bundle, pool, measure)
    if not found["mean"].size or not any(value == value for value in found["mean"].tolist()):
        st.info(curve_words.no_sizes(measure))
        return
    label = compute.size_measures(choices)[measure]
    if measure == "worst_group":
        label = f"Accuracy of the worst {shown(choices.grouping, 20)}"
    figure = plots.against_size(
        found,
        label=label
        if measure != "worst_group"
        else f"Accuracy of the worst {shown(choices.grouping, 20)}",
        ensemble=choices.ensemble.label,
        lower=measure == "log_loss",
        subtitle=f"{RULES[compute.stand_in(choices)].label}, {within(choices, panel)}, band: "
        "10 to 90 % of the teams.",
        palette=palette(),
    )
    chart(figure, panel, f"{label} against the number of members")


def risk_coverage(choices: Choices, panel: str) -> None:
    """Risk against coverage; picking a threshold selects what is not answered there."""
    bundle = compute.scope(choices, panel)
    curves = compute.risk_curves(choices, bundle)
    if not curves:
        st.info(curve_words.NO_CONFIDENCE)
        return
    figure = abstention.risk_coverage(
        curves,
        _names(choices),
        compute.selective(choices, bundle),
        subtitle=f"{within(choices, panel)}, bands: 95 % intervals.",
        palette=palette(),
    )
    chart(figure, panel, "Risk against coverage", _pick_threshold, choices)


def _names(choices: Choices) -> dict[str, str]:
    members = choices.ensemble.members
    return {
        "ensemble": RULES[choices.ensemble.rule].label if len(members) > 1 else members[0],
        "best": compute.reference(choices),
        "plurality": RULES["plurality"].label,
    }


def _pick_threshold(points, panel: str, choices: Choices) -> None:
    picked = abstention.decode_threshold(points)
    if picked is None:
        return
    (role, place), bundle = picked, compute.scope(choices, panel)
    if role == abstention.SELECTIVE:
        alpha = compute.selective(choices, bundle)["alpha"]
        if place < len(alpha):
            rows = compute.undecided(choices, float(alpha[place]))
            text = f"not answered by the selective vote at alpha {alpha[place]:g}"
            select_within(rows, panel, text)
        return
    curve = compute.risk_curves(choices, bundle).get(role)
    if curve is None or place >= len(curve["threshold"]):
        return
    threshold = float(curve["threshold"][place])
    rows = compute.unanswered(choices, role, threshold)
    select_within(rows, panel, curve_words.unanswered(_names(choices)[role], threshold))


def cascade(choices: Choices, order: str, panel: str) -> None:
    """Accuracy against the mean cost of cascades."""
    found = compute.cascade(choices, compute.scope(choices, panel), order)
    if found["problem"]:
        st.info(markdown(found["problem"], 400))
        return
    figure = plots.cost_curve(
        found,
        unit="members asked" if compute.member_costs(choices) is None else "models.csv",
        subtitle=f"{curve_words.order_phrase(found['members'])}. "
        f"{_judged_on(choices, panel, halved=found['halved'])}, band: 95 % intervals.",
        palette=palette(),
    )
    chart(figure, panel, "Accuracy against the mean cost of a cascade")


def _judged_on(choices: Choices, panel: str, *, halved: bool) -> str:
    text = within(choices, panel)
    return f"The half on which the order was not chosen, of {text}" if halved else text
