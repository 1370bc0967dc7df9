"""Size and cost: quality against members, risk against coverage, accuracy against cost."""

from collections.abc import Sequence

import plotly.graph_objects as go

from analysis.bundle import Bundle
from analysis.rules import RULES
from dashboard import compute, curve_words
from dashboard.choosing import Choices
from dashboard.figures.told import within
from dashboard.plots import abstention
from dashboard.plots import curves as plots
from dashboard.theme import Palette, markdown, shown


def against_size(
    choices: Choices, bundle: Bundle, pool: Sequence[str], measure: str, palette: Palette
) -> go.Figure | str:
    """Quality of teams against the number of their members."""
    found = compute.size_values(choices, bundle, pool, measure)
    if not found["mean"].size or not any(value == value for value in found["mean"].tolist()):
        return curve_words.no_sizes(measure)
    return plots.against_size(
        found,
        label=size_label(choices, measure),
        ensemble=choices.ensemble.label,
        lower=measure == "log_loss",
        subtitle=f"{RULES[compute.stand_in(choices)].label}, {within(choices, bundle)}, band: "
        "10 to 90 % of the teams.",
        palette=palette,
    )


def size_label(choices: Choices, measure: str) -> str:
    """What a measure of teams is called, with the grouping whose worst level it is about."""
    if measure == "worst_group":
        return f"Accuracy of the worst {shown(choices.grouping, 20)}"
    return compute.size_measures(choices)[measure]


def risk_coverage(choices: Choices, bundle: Bundle, palette: Palette) -> go.Figure | str:
    """Risk against coverage."""
    curves = compute.risk_curves(choices, bundle)
    if not curves:
        return curve_words.NO_CONFIDENCE
    return abstention.risk_coverage(
        curves,
        names(choices),
        compute.selective(choices, bundle),
        subtitle=f"{within(choices, bundle)}, bands: 95 % intervals.",
        palette=palette,
    )


def cascade(choices: Choices, bundle: Bundle, order: str, palette: Palette) -> go.Figure | str:
    """Accuracy against the mean cost of cascades."""
    found = compute.cascade(choices, bundle, order)
    if found["problem"]:
        return markdown(found["problem"], 400)
    return plots.cost_curve(
        found,
        unit="members asked" if compute.member_costs(choices) is None else "models.csv",
        subtitle=f"{curve_words.order_phrase(found['members'])}. "
        f"{_judged_on(choices, bundle, halved=found['halved'])}, band: 95 % intervals.",
        palette=palette,
    )


def names(choices: Choices) -> dict[str, str]:
    """What the curves of risk against coverage are called, by role."""
    members = choices.ensemble.members
    return {
        "ensemble": RULES[choices.ensemble.rule].label if len(members) > 1 else members[0],
        "best": compute.reference(choices),
        "plurality": RULES["plurality"].label,
    }


def _judged_on(choices: Choices, bundle: Bundle, *, halved: bool) -> str:
    text = within(choices, bundle)
    return f"The half on which the order was not chosen, of {text}" if halved else text
