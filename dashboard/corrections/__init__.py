"""The sections of the Corrections page, one module each, by what they answer."""

from dashboard.corrections import how, ledger, members, recipes, where

SECTIONS = {
    "Ledger": ledger.show,
    "Who helps": members.show,
    "Where": where.show,
    "How": how.show,
    "Weights or outputs": recipes.show,
}
