"""What every figure says of the samples that it is about."""

from analysis.bundle import Bundle
from dashboard import compute, words
from dashboard.choosing import Choices


def within(choices: Choices, bundle: Bundle) -> str:
    """How many samples a figure is about, and that they are a selection where they are one."""
    return words.within(compute.narrowed(bundle, choices), len(choices.bundle.ids))
