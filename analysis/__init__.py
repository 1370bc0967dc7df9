"""Disagreement between models and what ensembles correct: tensors in, tensors out.

`load_bundle` reads prediction files, `from_arrays` and `from_estimators` take what a notebook has,
`Bundle` holds them, `combine` makes an `Ensemble` answer,
and the modules beside this one measure both. Nothing here knows the dashboard.
"""

from analysis.bundle import Bundle, BundleError, Grouping
from analysis.ensemble import Ensemble, combine
from analysis.loading import from_arrays, from_estimators, load_bundle

__all__ = [
    "Bundle",
    "BundleError",
    "Ensemble",
    "Grouping",
    "combine",
    "from_arrays",
    "from_estimators",
    "load_bundle",
]
