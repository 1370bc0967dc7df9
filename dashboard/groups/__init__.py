"""The sections of the Groups page, one module each, by what they answer."""

from dashboard.groups import accuracy, curves, disagreement, effects, majority

SECTIONS = {
    "Accuracy": accuracy.show,
    "Curves": curves.show,
    "Majority and minority": majority.show,
    "Effects": effects.show,
    "Disagreement": disagreement.show,
}
UNLABELLED = ("Disagreement",)
SHOWN, SHOWN_UNLABELLED = ("groups-section", "Accuracy"), ("votes-section", "Disagreement")
