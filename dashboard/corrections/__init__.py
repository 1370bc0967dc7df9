"""The sections of the Corrections page, one module each, by what they answer."""

from dashboard.corrections import how, ledger, members, recipes

SECTIONS = {
    "Ledger": ledger.show,
    "Who helps": members.show,
    "How": how.show,
    "Weights or outputs": recipes.show,
}
