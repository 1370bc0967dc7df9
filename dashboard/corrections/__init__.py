"""The sections of the Corrections page, one module each, by what they answer."""

from dashboard.corrections import ledger, members, where

SECTIONS = {
    "Ledger": ledger.show,
    "Who helps": members.show,
    "Where": where.show,
}
