"""Cached numbers for the views: the only folder with st.cache_*, and where tensors become numpy.

Everything is keyed by the fingerprint of the bundle it is computed on. A selection is such a
bundle too (`scope`), so no function here knows of selections.
"""

from dashboard.compute.accuracies import setting_intervals, setting_pair, setting_ranking
from dashboard.compute.bundles import narrowed, opened, scope
from dashboard.compute.calibration import (
    CALIBRATION_BINS,
    confidence_bins,
    reliability,
    stated_alone,
    temperatures,
)
from dashboard.compute.ensembles import (
    combined,
    judged,
    outcome_table,
    reference,
    rule_labels,
)
from dashboard.compute.models import accuracy_of, differing, model_table, pairs
from dashboard.compute.samples import confidences, different_answers, hover, pca_map
from dashboard.compute.teams import front, group_table, size_curve

__all__ = [
    "CALIBRATION_BINS",
    "accuracy_of",
    "combined",
    "confidence_bins",
    "confidences",
    "different_answers",
    "differing",
    "front",
    "group_table",
    "hover",
    "judged",
    "model_table",
    "narrowed",
    "opened",
    "outcome_table",
    "pairs",
    "pca_map",
    "reference",
    "reliability",
    "rule_labels",
    "scope",
    "setting_intervals",
    "setting_pair",
    "setting_ranking",
    "size_curve",
    "stated_alone",
    "temperatures",
]
