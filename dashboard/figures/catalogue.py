"""Every family of figures, by name."""

from dashboard.figures import (
    of_ensembles,
    of_fronts,
    of_groups,
    of_models,
    of_recipes,
    of_samples,
    of_settings,
)
from dashboard.figures.family import SECTIONS, SETTINGS, Family

ALL = (
    *of_models.FAMILIES,
    *of_ensembles.FAMILIES,
    *of_recipes.FAMILIES,
    *of_fronts.FAMILIES,
    *of_groups.FAMILIES,
    *of_samples.FAMILIES,
    *of_settings.FAMILIES,
)
FAMILIES: dict[str, Family] = {
    family.name: family
    for section in (*SECTIONS, SETTINGS)
    for family in ALL
    if family.section == section
}


def of_section(section: str) -> tuple[Family, ...]:
    """The families of a section, in the order in which they are shown."""
    return tuple(family for family in FAMILIES.values() if family.section == section)
