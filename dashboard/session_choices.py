"""What is chosen now as a session, and a session as what is chosen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from analysis.bundle import Bundle
from analysis.ensemble import Ensemble
from dashboard import figure_settings, kept, made_groups, page_options, state, store
from dashboard.choosing import Selection
from dashboard.inputs import Request
from dashboard.sessions.fitting import data_of, fitted_to
from dashboard.sessions.making import found_rows, holds
from dashboard.sessions.session import Making, Picked, Session, Team
from dashboard.sessions.teams import ensembles_of
from dashboard.theme import markdown, shortened, unescaped

LONGEST = 300
SOURCE = "session"


@dataclass(frozen=True)
class Report:
    """What became of a session or a link that was opened.

    Attributes:
        whose: "the session" or "the link".
        differs, left_out: a sentence each.
    """

    whose: str
    differs: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def chosen(page: str) -> Callable[[], Session]:
    """What is chosen now; ids and digests are made when the function is called."""
    opened, looked_at, current = state.whole(), state.bundle(), state.selection()
    name, (reading, sources) = state.bundle_name(), state.get("opened_from", ({}, ()))
    groupings, slots = dict(made_groups.made()), kept.slots()
    quick = Session(
        reading={key: value for key, value in reading.items() if key in Request.__annotations__},
        members=tuple(state.get("members", ())),
        rule=state.get("rule"),
        weights=dict(state.get("weights", {})),
        options={rule: _finite(own) for rule, own in state.get("options", {}).items()},
        kept={title: _team(one, slots.get(title)) for title, one in kept.kept().items()},
        fit_on=state.get("fit_on"),
        grouping=state.get("grouping"),
        missing=state.get("missing"),
        made=made_groups.how(),
        page=page,
        page_options=page_options.gathered(store.everything()),
        figure_settings=dict(state.get("figure-settings", {})),
        notes=dict(state.get("notes", {})),
    )

    def session() -> Session:
        made = {key: _in_full(one, groupings[key], opened) for key, one in quick.made.items()}
        picked = None if current is None else _picked(current, looked_at)
        return replace(quick, data=data_of(opened, name, sources), made=made, selection=picked)

    return session


def _finite(options: Mapping) -> dict:
    return {name: value for name, value in options.items() if value == value}


def _team(ensemble: Ensemble, place: int | None) -> Team:
    options = _finite(ensemble.options)
    return Team(ensemble.members, ensemble.rule, options, ensemble.weights, place)


def _in_full(making: Making, grouping, opened: Bundle) -> Making:
    alone = making.kind == "slice" and making.samples is None
    return made_groups.with_ids(making, grouping, opened.ids) if alone else making


def _picked(current: Selection, bundle: Bundle) -> Picked:
    """By its conditions where exactly these samples meet them, else by id."""
    said = unescaped(current.description)
    number = len(current.positions)
    if holds(current.predicate, current.positions, bundle):
        return Picked(predicate=current.predicate, description=said, number=number)
    ids = frozenset(bundle.ids[row] for row in current.positions.tolist())
    return Picked(ids, description=said, number=number)


def apply(session: Session, whose: str, unknown: tuple[str, ...] = ()) -> Report:
    """Choose what a session says, as far as it fits the open data.

    Args:
        session: as it was read.
        whose: "the session", which says everything, or "the link", which says little.
        unknown: fields that were not known.

    Returns:
        What differs and what was left out. Nothing is changed where this raises.
    """
    before = made_groups.made()
    fitting = fitted_to(session, state.whole(), before, whose=whose)
    fits, left = fitting.session, [f"Unknown field '{shortened(name)}'." for name in unknown]
    state.put("bundle", fitting.bundle)
    state.put("made_groups", fitting.made)
    state.put("made_how", {**made_groups.how(), **fits.made})
    _choose(fits)
    left += fitting.left_out
    if session.members and not fits.members:
        left.append("No member of the active ensemble is here, so the members stay as they are.")
    if others := page_options.apply(fits.page_options):
        left.append(f"Options of pages that are not known: {', '.join(map(shortened, others))}.")
    figures, others = figure_settings.usable(fits.figure_settings)
    state.put("figure-settings", figures or state.get("figure-settings", {}))
    left += [f"The figure setting '{shortened(name)}'." for name in others]
    state.put("notes", {**state.get("notes", {}), **fits.notes})
    if whose != "the link":
        state.clear()
    if fits.selection is not None:
        left += _select(fits.selection)
    return Report(whose, fitting.differs, tuple(left))


def _choose(fits: Session) -> None:
    """The sidebar."""
    if fits.members:
        state.set_members(fits.members)
    for name in ("rule", "grouping", "missing", "fit_on"):
        value = getattr(fits, name)
        if value is not None:
            state.put(name, value)
    if fits.members or fits.weights:
        state.put("weights", dict(fits.weights))
        state.put("weights_generation", state.get("weights_generation", 0) + 1)
    given = {rule: dict(own) for rule, own in fits.options.items()}
    state.put("options", {**state.get("options", {}), **given})
    stored, shown = ensembles_of(fits.kept)
    state.put("kept", {**kept.kept(), **stored})
    if stored:
        state.put("beside", shown)
    state.put("left_behind", ())


def _select(picked: Picked) -> list[str]:
    """Select what was picked; what of it is not here, in sentences."""
    rows, told = found_rows(picked, state.bundle())
    if rows is not None:
        said = markdown(picked.description or "from a session", LONGEST)
        state.select(rows, SOURCE, said, picked.predicate)
    return told
