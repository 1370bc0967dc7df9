"""Reading inputs of any accepted form into a `Bundle`, and writing a bundle as a folder."""

from analysis.loading.reading import load_bundle, read
from analysis.loading.saving import save_bundle
from analysis.loading.sources import Found, Options, Reading, Source

__all__ = ["Found", "Options", "Reading", "Source", "load_bundle", "read", "save_bundle"]
