"""Linked plots: each draws one figure, and a pick in it becomes the selection of all others."""

from dashboard.panels.calibration import (
    calibration_errors,
    names_and_roles,
    pick_raised,
    reliability,
    temperatures,
)
from dashboard.panels.curves import against_size, cascade, risk_coverage
from dashboard.panels.difficulty import (
    contradictable,
    number_right,
    pick_score,
    score_histogram,
    uncertainty,
)
from dashboard.panels.drawing import chart, palette
from dashboard.panels.groups import group_dots, size_curve
from dashboard.panels.members import member_gains
from dashboard.panels.outcomes import ledger, outcome_strip
from dashboard.panels.pairs import model_map, pair_counts, pair_matrix
from dashboard.panels.sample_lists import discrepant, suspects
from dashboard.panels.teams import accuracies, front

__all__ = [
    "accuracies",
    "against_size",
    "calibration_errors",
    "cascade",
    "chart",
    "contradictable",
    "discrepant",
    "front",
    "group_dots",
    "ledger",
    "member_gains",
    "model_map",
    "names_and_roles",
    "number_right",
    "outcome_strip",
    "pair_counts",
    "pair_matrix",
    "palette",
    "pick_raised",
    "pick_score",
    "reliability",
    "risk_coverage",
    "score_histogram",
    "size_curve",
    "suspects",
    "temperatures",
    "uncertainty",
]
