"""Size and cost: quality against members, risk against coverage, accuracy against cost."""

from collections.abc import Sequence

from dashboard import compute, curve_words
from dashboard.figures import curves as build
from dashboard.panels.drawing import chart, palette, select_within
from dashboard.plots import abstention
from dashboard.state import Choices


def against_size(choices: Choices, pool: Sequence[str], measure: str, panel: str) -> None:
    """Quality of teams against the number of their members."""
    figure = build.against_size(choices, compute.scope(choices, panel), pool, measure, palette())
    chart(figure, panel, f"{build.size_label(choices, measure)} against the number of members")


def risk_coverage(choices: Choices, panel: str) -> None:
    """Risk against coverage; picking a threshold selects what is not answered there."""
    figure = build.risk_coverage(choices, compute.scope(choices, panel), palette())
    chart(figure, panel, "Risk against coverage", _pick_threshold, choices)


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
    select_within(rows, panel, curve_words.unanswered(build.names(choices)[role], threshold))


def cascade(choices: Choices, order: str, panel: str) -> None:
    """Accuracy against the mean cost of cascades."""
    figure = build.cascade(choices, compute.scope(choices, panel), order, palette())
    chart(figure, panel, "Accuracy against the mean cost of a cascade")
