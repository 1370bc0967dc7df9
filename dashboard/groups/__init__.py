"""The sections of the Groups page, one module each, by what they answer."""

from dashboard.groups import accuracy

SECTIONS = {
    "Accuracy": accuracy.show,
}
