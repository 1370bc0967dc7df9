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
from dashboard.panels.drawing import chart, palette, within
from dashboard.panels.front import (
    equal_losses,
    group_volumes,
    in_parallel,
    in_space,
    projection,
    select_corrected,
    shared_models,
)
from dashboard.panels.front import warnings as front_warnings
from dashboard.panels.group_curves import group_curves
from dashboard.panels.group_effects import (
    dependences,
    net_effects,
    rank_agreement,
    standing_apart,
    vote_scores,
)
from dashboard.panels.groups import group_dots, size_curve
from dashboard.panels.how import camp_map, outcome_flow
from dashboard.panels.majority import majority_minority
from dashboard.panels.members import member_gains, selection_path
from dashboard.panels.outcomes import ledger, outcome_strip
from dashboard.panels.pairs import model_map, pair_counts, pair_matrix
from dashboard.panels.rankings import rank_intervals, task_ranks
from dashboard.panels.recipes import (
    along_line,
    error_parts,
    outcomes_along,
    soup_dots,
    soup_outcomes,
    two_by_two,
)
from dashboard.panels.sample_lists import discrepant, suspects
from dashboard.panels.slices import SHOWN as SLICE_SHOWN
from dashboard.panels.slices import found_gaps, found_sides, found_table, select_slice
from dashboard.panels.teams import accuracies, beside
from dashboard.panels.where import effect_cells, effect_levels, effect_slices

__all__ = [
    "SLICE_SHOWN",
    "accuracies",
    "against_size",
    "along_line",
    "beside",
    "calibration_errors",
    "camp_map",
    "cascade",
    "chart",
    "contradictable",
    "dependences",
    "discrepant",
    "effect_cells",
    "effect_levels",
    "effect_slices",
    "equal_losses",
    "error_parts",
    "found_gaps",
    "found_sides",
    "found_table",
    "front_warnings",
    "group_curves",
    "group_dots",
    "group_volumes",
    "in_parallel",
    "in_space",
    "ledger",
    "majority_minority",
    "member_gains",
    "model_map",
    "names_and_roles",
    "net_effects",
    "number_right",
    "outcome_flow",
    "outcome_strip",
    "outcomes_along",
    "pair_counts",
    "pair_matrix",
    "palette",
    "pick_raised",
    "pick_score",
    "projection",
    "rank_agreement",
    "rank_intervals",
    "reliability",
    "risk_coverage",
    "score_histogram",
    "select_corrected",
    "select_slice",
    "selection_path",
    "shared_models",
    "size_curve",
    "soup_dots",
    "soup_outcomes",
    "standing_apart",
    "suspects",
    "task_ranks",
    "temperatures",
    "two_by_two",
    "uncertainty",
    "vote_scores",
    "within",
]
