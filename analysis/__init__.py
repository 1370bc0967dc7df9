"""Disagreement between models and what ensembles correct: tensors in, tensors out.

`load_bundle` reads prediction files, `Bundle` holds them, `combine` makes an `Ensemble` answer,
and the modules beside this one measure both. Nothing here knows the dashboard.
"""

from analysis.bundle import Bundle, BundleError, Grouping
from analysis.ensemble import Ensemble, combine
from analysis.loading import load_bundle

__all__ = ["Bundle", "BundleError", "Ensemble", "Grouping", "combine", "load_bundle"]
