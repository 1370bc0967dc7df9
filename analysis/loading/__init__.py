"""Reading inputs of any accepted form into a `Bundle`, and writing a bundle as a folder."""

from analysis.loading.estimators import from_arrays, from_estimators
from analysis.loading.reading import load_accuracies, load_bundle, read
from analysis.loading.saving import save_bundle
from analysis.loading.sources import CancelledError, Found, Options, Question, Reading, Source

__all__ = [
    "CancelledError",
    "Found",
    "Options",
    "Question",
    "Reading",
    "Source",
    "from_arrays",
    "from_estimators",
    "load_accuracies",
    "load_bundle",
    "read",
    "save_bundle",
]
