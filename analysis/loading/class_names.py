"""Which class, and which model, the name of a column of probabilities stands for."""

import re
from collections import Counter
from collections.abc import Iterable

from analysis.loading.sources import quoted

SEPARATORS = ("__", "::")
PREFIX = re.compile(
    r"(probability|probabilities|probs?|pred_proba|proba|p|logits?)([_\-:. ])\2*(?=.)",
    re.IGNORECASE,
)
MOST = 0.5
Way = dict[str, dict[str, str]]


def by_model(names: Iterable[str], known: set[str]) -> tuple[Way, str]:
    """Part names such as model__class or model::class.

    Args:
        names: of the columns that may be such.
        known: labels and classes of all inputs; empty when there are none.

    Returns:
        {model: {class: column}}, nothing where the names follow no such pattern, and why they
        cannot be used, as the end of a sentence, "" where they can.
    """
    for separator in SEPARATORS:
        places = {name: ways for name in names if (ways := _places(name, separator))}
        ways = [way for way in _ways(places, known) if _mostly_filled(way)]
        complete = [way for way in ways if _complete(way)]
        if len(complete) > 1:
            return complete[0], _ambiguity(complete)
        if complete:
            return complete[0], ""
        if ways:
            return ways[0], _gap(ways[0], separator)
    return {}, ""


def without_prefix(names: list[str], known: set[str]) -> dict[str, str]:
    """Column -> class, without what several names share, such as "prob_".

    Args:
        names: of the columns that may hold the probabilities of one class each.
        known: labels and classes of all inputs.
    """
    plain = {name: name for name in names}
    found = {match for name in names if (match := PREFIX.match(name))}
    if not found or len(known.intersection(names)) > 1:
        return plain
    starts = {match[0] for match in found} | {match[1] + match[2] for match in found}
    ways = {start: _stripped(names, start) for start in starts}

    def fit(start: str) -> tuple[int, int, int]:
        return len(known.intersection(ways[start].values())), len(ways[start]), len(start)

    stripped = ways[max(ways, key=fit)]
    if len(stripped) < 2 or (known and not known.intersection(stripped.values())):
        return plain
    return plain | stripped


def _stripped(names: list[str], start: str) -> dict[str, str]:
    return {n: n[len(start) :] for n in names if n.startswith(start) and n != start}


def _places(name: str, separator: str) -> list[tuple[str, str]]:
    """Every way to part a name into a model and a class, neither of them empty."""
    return [
        (name[:start], name[start + len(separator) :])
        for start in range(1, len(name) - len(separator))
        if name.startswith(separator, start)
    ]


def _ways(places: dict[str, list[tuple[str, str]]], known: set[str]) -> list[Way]:
    """The different ways to part all names, at a known class, else at the last or first place."""
    if not places:
        return []
    classes = known & {kind for own in places.values() for _, kind in own}
    classes = classes or {own[0][1] for own in places.values() if len(own) == 1}
    fitting = {name: [way for way in own if way[1] in classes] for name, own in places.items()}
    ways = []
    for end in (-1, 0):
        way: Way = {}
        for name, own in places.items():
            model, kind = (fitting[name] or own)[end]
            way.setdefault(model, {})[kind] = name
        way = _related(way)
        if way and way not in ways:
            ways.append(way)
    return ways


def _related(way: Way) -> Way:
    """Only the models that have a class in common with another, or several classes."""
    times = Counter(kind for own in way.values() for kind in own)
    return {
        model: own
        for model, own in way.items()
        if len(own) > 1 or any(times[kind] > 1 for kind in own)
    }


def _mostly_filled(way: Way) -> bool:
    classes = {kind for own in way.values() for kind in own}
    filled = sum(map(len, way.values()))
    return len(classes) > 1 and filled > MOST * len(classes) * len(way)


def _complete(way: Way) -> bool:
    first, *others = way.values()
    return all(own.keys() == first.keys() for own in others)


def _gap(way: Way, separator: str) -> str:
    classes = dict.fromkeys(kind for own in way.values() for kind in own)
    model, absent = next(
        (model, [kind for kind in classes if kind not in own])
        for model, own in way.items()
        if len(own) < len(classes)
    )
    return (
        f"model '{model}' has no column for {quoted(absent)}, but others have; expected "
        f"'{model}{separator}{absent[0]}'. Add it, with 0 where the class is never given"
    )


def _ambiguity(ways: list[Way]) -> str:
    first = {name: (model, kind) for model, own in ways[0].items() for kind, name in own.items()}
    second = {name: (model, kind) for model, own in ways[1].items() for kind, name in own.items()}
    name = next(name for name in first if first[name] != second.get(name))
    (model, kind), (other, another) = first[name], second.get(name, ("", ""))
    return (
        f"column '{name}' may be class '{kind}' of model '{model}' or class '{another}' of model "
        f"'{other}'; name the classes in classes.csv, or rename the models"
    )
