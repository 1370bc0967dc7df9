"""The sections of the Corrections page, one module each, by what they answer."""

from dashboard.corrections import curves, how, ledger, members, recipes, where

SECTIONS = {
    "Ledger": ledger.show,
    "Who helps": members.show,
    "Where": where.show,
    "How": how.show,
    "Size and cost": curves.show,
    "Weights or outputs": recipes.show,
}
