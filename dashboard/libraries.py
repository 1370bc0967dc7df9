"""The first import of what the app is made of, in one order for every thread.

Two threads that import what depends on each other from two ends get modules that are not complete.
app.py imports the same module first, and so waits for it; whatever else answers before a page has
run asks here.
"""

import importlib


def load() -> None:
    """Import torch, pandas and all that pages compute with; wait where another thread does."""
    importlib.import_module("dashboard.controls")
