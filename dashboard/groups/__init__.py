"""The sections of the Groups page, one module each, by what they answer."""

from dashboard.groups import accuracy, curves, majority

SECTIONS = {
    "Accuracy": accuracy.show,
    "Curves": curves.show,
    "Majority and minority": majority.show,
}
