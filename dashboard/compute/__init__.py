"""Cached numbers for the views: the only folder with st.cache_*, and where tensors become numpy.

Everything is keyed by the fingerprint of the bundle it is computed on. A selection is such a
bundle too (`scope`), so no function here knows of selections.
"""

from analysis.chunks import keep_freed_memory
from dashboard.compute.abstention import (
    abstainers,
    risk_curves,
    selective,
    unanswered,
    undecided,
)
from dashboard.compute.accuracies import setting_intervals, setting_pair, setting_ranking
from dashboard.compute.bundles import narrowed, opened, scope, scope_rows
from dashboard.compute.calibration import (
    CALIBRATION_BINS,
    confidence_bins,
    detection,
    error_kinds,
    reliability,
    reliability_beside,
    stated_alone,
    temperatures,
)
from dashboard.compute.candidates import (
    estimate,
    row_of,
    search,
    search_now,
)
from dashboard.compute.cascades import cascade, cascade_orders, member_costs, window
from dashboard.compute.comparisons import judged_beside, references
from dashboard.compute.contributions import changed_samples, costs, member_table
from dashboard.compute.difficulty import (
    binned,
    drawn_points,
    judgeable,
    number_right,
    runs_left_out,
    score_choices,
    score_counts,
    score_edges,
    score_values,
    scores,
    share_differing,
    shares_right,
    sides,
)
from dashboard.compute.ensembles import (
    beside,
    combined,
    differences,
    ensemble_accuracy,
    judged,
    outcome_table,
    reference,
    sample_texts,
    side_by_side,
    slots,
    under_other_rules,
)
from dashboard.compute.fits import fitted, left_out, optimism
from dashboard.compute.fronts import (
    active_row,
    brushed,
    chances,
    expected_chances,
    expected_groups,
    front_of,
)
from dashboard.compute.fronts import by_group as fronts_by_group
from dashboard.compute.group_curves import (
    AGAINST,
    attribute_choices,
    group_curves,
    level_choices,
    model_choices,
)
from dashboard.compute.groups import (
    dependences,
    effects_beside,
    group_spread,
    group_tests,
    group_votes,
    group_worst,
    lowest_cells,
    rank_agreement,
    rater_groups,
    worst_gains,
)
from dashboard.compute.how import (
    camp_points,
    camp_table,
    neighbours,
    probabilities_of,
    telling_samples,
)
from dashboard.compute.labelling import amount_of, curve_split, label_split, telling
from dashboard.compute.lessons import conflicts_of, diversity_helps, elsewhere
from dashboard.compute.majority import (
    bends,
    group_choices,
    majority_points,
    majority_view,
    opening_groups,
    setting_points,
    ticks,
)
from dashboard.compute.models import accuracy_of, differing, model_table, pair_measures, pairs
from dashboard.compute.rankings import ranking
from dashboard.compute.recipes import along, recipes, soup_comparison, soup_error_parts
from dashboard.compute.samples import confidences, different_answers, pca_map
from dashboard.compute.searches import (
    can_be_halved,
    expected,
    pool_of,
    rule_of,
    setting,
    usable_axes,
)
from dashboard.compute.silence import silence
from dashboard.compute.sizes import size_measures, size_values, stand_in
from dashboard.compute.suspects import discrepant_samples, suspects
from dashboard.compute.teams import group_diversity, group_table, size_curve
from dashboard.compute.unlabelled import agreement_by_group, agreement_estimate
from dashboard.compute.voices import ROLES
from dashboard.compute.where import effect_slices, every_group_effect, group_effects

keep_freed_memory()

__all__ = [
    "AGAINST",
    "CALIBRATION_BINS",
    "ROLES",
    "abstainers",
    "accuracy_of",
    "active_row",
    "agreement_by_group",
    "agreement_estimate",
    "along",
    "amount_of",
    "attribute_choices",
    "bends",
    "beside",
    "binned",
    "brushed",
    "camp_points",
    "camp_table",
    "can_be_halved",
    "cascade",
    "cascade_orders",
    "chances",
    "changed_samples",
    "combined",
    "confidence_bins",
    "confidences",
    "conflicts_of",
    "costs",
    "curve_split",
    "dependences",
    "detection",
    "differences",
    "different_answers",
    "differing",
    "discrepant_samples",
    "diversity_helps",
    "drawn_points",
    "effect_slices",
    "effects_beside",
    "elsewhere",
    "ensemble_accuracy",
    "error_kinds",
    "estimate",
    "every_group_effect",
    "expected",
    "expected_chances",
    "expected_groups",
    "fitted",
    "front_of",
    "fronts_by_group",
    "group_choices",
    "group_curves",
    "group_diversity",
    "group_effects",
    "group_spread",
    "group_table",
    "group_tests",
    "group_votes",
    "group_worst",
    "judgeable",
    "judged",
    "judged_beside",
    "label_split",
    "left_out",
    "level_choices",
    "lowest_cells",
    "majority_points",
    "majority_view",
    "member_costs",
    "member_table",
    "model_choices",
    "model_table",
    "narrowed",
    "neighbours",
    "number_right",
    "opened",
    "opening_groups",
    "optimism",
    "outcome_table",
    "pair_measures",
    "pairs",
    "pca_map",
    "pool_of",
    "probabilities_of",
    "rank_agreement",
    "ranking",
    "rater_groups",
    "recipes",
    "reference",
    "references",
    "reliability",
    "reliability_beside",
    "risk_curves",
    "row_of",
    "rule_of",
    "runs_left_out",
    "sample_texts",
    "scope",
    "scope_rows",
    "score_choices",
    "score_counts",
    "score_edges",
    "score_values",
    "scores",
    "search",
    "search_now",
    "selective",
    "setting",
    "setting_intervals",
    "setting_pair",
    "setting_points",
    "setting_ranking",
    "share_differing",
    "shares_right",
    "side_by_side",
    "sides",
    "silence",
    "size_curve",
    "size_measures",
    "size_values",
    "slots",
    "soup_comparison",
    "soup_error_parts",
    "stand_in",
    "stated_alone",
    "suspects",
    "telling",
    "telling_samples",
    "temperatures",
    "ticks",
    "unanswered",
    "undecided",
    "under_other_rules",
    "usable_axes",
    "window",
    "worst_gains",
]
