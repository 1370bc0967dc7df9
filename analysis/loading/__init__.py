"""Reading inputs of any accepted form into a `Bundle`, and writing a bundle as a folder."""

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
    "load_accuracies",
    "load_bundle",
    "read",
    "save_bundle",
]
