"""The sections of the Front page, one module each, by what they answer."""

from dashboard.front import candidates, findings, groups

SECTIONS = {
    "Front": candidates.show,
    "Per group": groups.show,
    "Findings": findings.show,
}
