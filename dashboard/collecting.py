"""Leaves what libraries have loaded out of the collections of garbage."""

import gc
import sys

MODULES = 50
_frozen = {"modules": 0}


def freeze() -> None:
    """Take all objects of now out of later collections, whenever many modules have been loaded.

    Streamlit collects after every run of a page. Over the objects of the libraries alone that takes
    longer than most runs.
    """
    if len(sys.modules) - _frozen["modules"] < MODULES:
        return
    _frozen["modules"] = len(sys.modules)
    gc.collect()
    gc.freeze()


def thaw() -> None:
    """A session or a job has ended: what it left must be found before all is taken out again."""
    gc.unfreeze()
    _frozen["modules"] = 0
