"""The kept ensembles of a session."""

from collections.abc import Mapping

from analysis.ensemble import Ensemble
from dashboard.sessions.session import Team
from dashboard.theme import shortened

MOST_SHOWN = 6
LONGEST_NAME = 40


def ensembles_of(teams: Mapping[str, Team]) -> tuple[dict[str, Ensemble], dict[str, int]]:
    """The ensembles by name, and the places among the colours of those that are shown."""
    short = {shortened(name, LONGEST_NAME): team for name, team in teams.items()}
    places = sorted((team.place, name) for name, team in short.items() if team.place is not None)
    found = {
        name: Ensemble(team.members, team.rule, dict(team.options), team.weights)
        for name, team in short.items()
    }
    return found, {name: slot for slot, (_, name) in enumerate(places[:MOST_SHOWN])}
