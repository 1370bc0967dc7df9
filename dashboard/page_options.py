"""Which choices of the pages travel in a session, and what each of them may be."""

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase

from dashboard import (
    compute,
    corrections,
    effect_words,
    front,
    group_words,
    groups,
    map_panel,
    ranking_words,
    slice_words,
    state,
    table_panel,
)
from dashboard.compute.cascades import ORDERS
from dashboard.figures.family import SECTIONS
from dashboard.panels.majority import SCALES
from dashboard.plots.recipes import LOSSES
from dashboard.sample_story import NEIGHBOURS
from dashboard.table_files import FORMATS

Check = Callable[[object], bool]
MOST = 1_000_000


def _text(value: object) -> bool:
    return isinstance(value, str)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _texts(value: object) -> bool:
    return isinstance(value, tuple | list) and all(isinstance(one, str) for one in value)


def _pair(value: object) -> bool:
    return _texts(value) and len(value) == 2


def _whole(low: int, high: int) -> Check:
    return lambda value: type(value) is int and low <= value <= high


def _one_of(values) -> Check:
    known = tuple(values)
    return lambda value: any(type(value) is type(one) and value == one for one in known)


def _some_of(values) -> Check:
    known = tuple(values)
    return lambda value: _texts(value) and set(value) <= set(known)


POOL = _one_of(("all", "members"))
# What may stand here as any text or number, the widget checks against what it offers.
SAVED: dict[str, Check] = {
    "front-section": _one_of(front.SECTIONS),
    "corrections-section": _one_of(corrections.SECTIONS),
    "groups-section": _one_of(groups.SECTIONS),
    "votes-section": _one_of(groups.UNLABELLED),
    "*-pool": POOL,
    "pair-measure": _text,
    "pair-n": _flag,
    "ledger-everything": _flag,
    "ledger-against": _text,
    "where-rows": _text,
    "where-columns": _text,
    "where-target": _one_of(effect_words.TARGETS),
    "where-seed": _whole(0, 10_000),
    "size-measure": _text,
    "cascade-order": _one_of(ORDERS),
    "window-target": _text,
    "soup-loss": _one_of(LOSSES),
    "soup-shown": _whole(0, MOST),
    "line-shown": _whole(0, MOST),
    "front-space": _flag,
    "front-every": _whole(1, 64),
    "front-random": _whole(0, MOST),
    "front-greedy": _flag,
    "front-edges": _flag,
    "front-halves": _flag,
    "front-*": _text,
    "smallest-group": _whole(1, MOST),
    "spread-corrected": _flag,
    "group-ranks": _one_of(("Kendall", "Spearman")),
    "group-dependence": _one_of(("errors", "answers")),
    "vote-score": _one_of(group_words.SCORES),
    "group-curves/against": _one_of(compute.AGAINST),
    "group-curves/show": _one_of(groups.curves.SHOW),
    "group-curves/roles": _some_of(compute.ROLES),
    "group-curves/levels/*": _texts,
    "group-curves/*": _text,
    "*/scale": _one_of(SCALES),
    "majority/x": _pair,
    "majority/y": _pair,
    "slices-score": _text,
    "slices-model": _text,
    "slices-methods": _some_of(slice_words.METHODS),
    "slices-columns/*": _texts,
    "slices-levels": _one_of((1, 2, 3)),
    "slices-least": _whole(2, 100_000),
    "slices-seed": _whole(0, 100_000),
    "ranking-over": _text,
    "ranking-settings": _texts,
    "ranking-column": _text,
    "ranking-least": _whole(1, 100_000),
    "ranking-gaps": _one_of(ranking_words.GAPS),
    "ranking-ties": _one_of(ranking_words.TIES),
    "ranking-rule": _one_of(ranking_words.RULES),
    "settings/listed": _texts,
    "settings/*": _text,
    "reliability-of": _text,
    "score": _text,
    "map-colour": _text,
    "map-method": _one_of(map_panel.METHODS),
    "sample-order": _text,
    "how-neighbours": _one_of(NEIGHBOURS),
    "label-goal": _text,
    "label-column": _text,
    "label-first": _text,
    "label-second": _text,
    "label-budget": _whole(1, MOST),
    "label-k": _whole(1, 5000),
    "report-sections": _some_of(SECTIONS),
    "report-seed": _whole(0, MOST),
    "table-format": _one_of(FORMATS),
    "table-digits": _one_of(table_panel.DIGITS),
    "table-intervals": _flag,
}
NOT_SAVED = {
    "members": "with the ensemble",
    "rule": "with the ensemble",
    "grouping": "with the sidebar",
    "missing": "with the sidebar",
    "upload-kind": "belongs to the files",
    "grouping-kind": "a form that was not sent",
    "grouping-column": "a form that was not sent",
    "grouping-number": "a form that was not sent",
    "grouping-mark": "a form that was not sent",
    "grouping-way": "a form that was not sent",
    "grouping-parts": "a form that was not sent",
    "grouping-edges": "a form that was not sent",
    "grouping-crossed": "a form that was not sent",
}


def check_of(name: str) -> Check | None:
    """What a choice has to be; None where it does not travel."""
    if name in SAVED:
        return SAVED[name]
    if name in NOT_SAVED:
        return None
    patterns = (pattern for pattern in SAVED if "*" in pattern)
    return next((SAVED[one] for one in patterns if fnmatchcase(name, one)), None)


def gathered(names: Mapping[str, object]) -> dict[str, object]:
    """What travels of the choices of this session."""
    found = {}
    for name, value in names.items():
        check = None if not isinstance(name, str) else check_of(name)
        plain = tuple(value) if isinstance(value, list) else value
        if check is not None and check(plain):
            found[name] = plain
    return found


def apply(options: Mapping[str, object]) -> list[str]:
    """Make these the choices of the pages; those that are not known or cannot be, in words."""
    left = []
    for name, value in options.items():
        check = check_of(name)
        if check is None or not check(value):
            left.append(name)
            continue
        many = isinstance(value, tuple) and check is not _pair
        state.put(name, list(value) if many else value)
    return left
