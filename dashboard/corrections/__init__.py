"""The sections of the Corrections page, one module each, by what they answer."""

from dashboard.corrections import curves, ledger, members

SECTIONS = {
    "Ledger": ledger.show,
    "Who helps": members.show,
    "Size and cost": curves.show,
}
