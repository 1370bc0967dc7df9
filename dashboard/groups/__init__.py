"""The sections of the Groups page, one module each, by what they answer."""

from dashboard.groups import accuracy, disagreement, effects

SECTIONS = {
    "Accuracy": accuracy.show,
    "Effects": effects.show,
    "Disagreement": disagreement.show,
}
UNLABELLED = ("Disagreement",)
SHOWN, SHOWN_UNLABELLED = ("groups-section", "Accuracy"), ("votes-section", "Disagreement")
