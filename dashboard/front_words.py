"""Sentences about the front of candidate ensembles."""

from collections.abc import Sequence

import numpy as np

from analysis.candidate_plan import ORIGINS
from analysis.ensemble import Ensemble
from analysis.rules import RULES
from dashboard.compute.candidates import Candidates
from dashboard.compute.fronts import Front
from dashboard.compute.lessons import Elsewhere
from dashboard.compute.search_axes import Axis
from dashboard.plots.front import names_of
from dashboard.theme import count, interval, percent, shown, three_digits
from dashboard.words import counted

MOST = {
    "quality": "best on the fourth",
    "diversity": "most diverse",
    "consistency": "most consistent",
    "cost": "cheapest",
}

WORDS = {
    "single": "single",
    "soup": "soup",
    "interpolation": "interpolated",
    "yours": "of yours",
    "greedy path": "from greedy paths",
    "all teams": "from full searches",
    "random team": "random",
    "edge": "unevenly weighed pairs",
}


def said(axis: Axis, value: float) -> str:
    """A value of an axis."""
    return percent(float(value)) if axis.share else three_digits(float(value))


def inside(axis: Axis) -> str:
    """The label of an axis inside a sentence; names of people keep their capital."""
    if axis.label.startswith(("Jensen", "Vendi", "Brier", "Cohen")):
        return axis.label
    return axis.label[0].lower() + axis.label[1:]


def ends(found: Candidates, front: Front) -> list[tuple[str, int]]:
    """The candidates on the front that matter most: the best on each axis, and the knee."""
    if not len(front.rows):
        return []
    named = [("best", int(front.rows[0]))]
    if front.knee is not None:
        named.append(("knee", front.knee))
    for place, axis in list(enumerate(found.axes))[1:]:
        values = found.values[front.rows, place] * (1 if axis.sense == "max" else -1)
        named.append((MOST[axis.kind], int(front.rows[int(values.argmax())])))
    return named


def sentence(found: Candidates, front: Front) -> str:
    """How many candidates are on the front, and what its ends trade."""
    if len(found.values) == 1:
        return "There is one candidate, so there is nothing to choose between."
    if not len(front.rows):
        return "No team of two or more has a value on every axis here, so there is no front."
    quality = found.axes[0]
    parts = [_single(found)]
    told = dict(reversed(ends(found, front)))
    best = told["best"]
    parts.insert(
        0,
        f"**{count(len(front.rows))}** of {count(len(found.values))} candidates "
        f"{'is' if len(front.rows) == 1 else 'are'} beaten by none. The best, "
        f"{team(found, best)}, reaches {inside(quality)} "
        f"**{said(quality, found.values[best, 0])}**",
    )
    text = " ".join(part for part in parts if part) + ";"
    if front.knee is not None and front.knee != best:
        return f"{text} {_knee(found, front.knee, best)}"
    return f"{text[:-1]}."


def _single(found: Candidates) -> str:
    alone = np.flatnonzero((found.sizes == 1) & np.isfinite(found.values[:, 0]))
    if not len(alone):
        return ""
    values = found.values[alone, 0]
    quality = found.axes[0]
    best = values.max() if quality.sense == "max" else values.min()
    return f"(best single model: {said(quality, best)})"


def team(found: Candidates, row: int) -> str:
    """A candidate in few words."""
    size = int(found.sizes[row])
    return "a single model" if size == 1 else f"a team of {size}"


def _knee(found: Candidates, knee: int, best: int) -> str:
    """What the knee gives up of quality, and what it gains elsewhere."""
    changes = []
    for place, axis in enumerate(found.axes):
        before, after = found.values[best, place], found.values[knee, place]
        if np.isfinite([before, after]).all() and before != after:
            changes.append(f"{inside(axis)} {said(axis, after)} instead of {said(axis, before)}")
    return f"the knee, {team(found, knee)}, has {', '.join(changes)}."


def given_up(found: Candidates, front: Front) -> str:
    """What the knee gives up against the best candidate on each axis, in a sentence."""
    if front.knee is None:
        return "There is no knee, since there is no front."
    parts = []
    for place, axis in enumerate(found.axes):
        values = found.values[front.rows, place]
        best = values.max() if axis.sense == "max" else values.min()
        own = found.values[front.knee, place]
        lost = abs(best - own)
        amount = f"{100 * lost:.1f} points" if axis.share else three_digits(float(lost))
        parts.append(
            f"{amount} of {inside(axis)} (has {said(axis, own)}, the best {said(axis, best)})"
        )
    return f"The knee, {team(found, front.knee)}, gives up {'; '.join(parts)}."


def elsewhere(found: Candidates, told: Elsewhere | None) -> str:
    """What the best candidate reaches on the samples that nothing was chosen on."""
    if told is None:
        return ""
    quality = found.axes[0]
    ends = f" {interval(told.low, told.high)}" if told.low == told.low else ""
    return (
        f"Chosen on {count(found.samples)} samples. On the other {count(found.others)}, which "
        f"nothing was chosen on, that best one reaches {inside(quality)} "
        f"**{said(quality, told.value)}**{ends} (the best single model: "
        f"{said(quality, told.single)}), and {count(told.kept)} of {count(told.n)} on the front "
        f"{'is' if told.kept == 1 else 'are'} still beaten by none of them."
    )


def optimism(found: Candidates, told: Elsewhere | None) -> str:
    """How much worse the front is where nothing was chosen."""
    if told is None:
        return (
            "Candidates are chosen and judged on the same samples here, so how optimistic that is "
            "cannot be told. Choose on one half and report on the other: see Candidates above."
        )
    quality = found.axes[0]
    lost = f"{100 * abs(told.drop):.1f} points" if quality.share else three_digits(abs(told.drop))
    worse = "worse" if told.drop >= 0 else "better"
    return f"{elsewhere(found, told)} On average those on the front are {lost} {worse} there."


def footnote(
    found: Candidates, front: Front, ensemble: Ensemble, *, split: bool, selected: bool
) -> str:
    """What the candidates are, how they were chosen, from where the hypervolume is measured."""
    from_where = ", ".join(
        f"{inside(axis)} {said(axis, axis.reference)} ({axis.origin})" for axis in found.axes
    )
    optimism = (
        "Chosen and judged on the samples that nothing was fitted on, but on the same ones: "
        "optimistic."
        if split
        else "Chosen and judged on the same samples: optimistic."
    )
    if found.others:
        optimism = optimism.replace("Chosen and judged", "Chosen and drawn").replace(
            "optimistic.", "optimistic; the table has what those on the front reach on the others."
        )
    kinds = np.bincount(found.origin, minlength=len(ORIGINS))
    parts = [f"{count(int(n))} {WORDS[name]}" for n, name in zip(kinds, ORIGINS, strict=True) if n]
    axes = listed_axes(found.axes)
    return (
        f"{count(len(found.values))} candidates ({', '.join(parts)}) on n = {count(found.samples)} "
        f"{'selected ' if selected else ''}samples. {optimism} A candidate is on the front when no "
        f"other is at least as good on {axes} and better on one. Single models have no pairs and "
        f"take no part. Hypervolume **{three_digits(front.volume)}**, measured from {from_where}."
        + unlike(ensemble)
    )


def listed_axes(axes: Sequence[Axis]) -> str:
    """The axes in words: a, b and c."""
    names = [inside(axis) for axis in axes]
    return f"{', '.join(names[:-1])} and {names[-1]}"


def warnings(found: Candidates, front: Front) -> list[str]:
    """What is odd about these candidates, a sentence each."""
    told = [
        f"{label} is the same for all candidates that have it, so it parts none of them."
        for label in front.constant
    ]
    if front.undefined:
        told.append(
            f"{counted(front.undefined, 'team')} of two or more "
            f"{'lacks' if front.undefined == 1 else 'lack'} a value on one of the axes and "
            f"{'takes' if front.undefined == 1 else 'take'} no part."
        )
    if front.copies:
        told.append(
            f"{counted(front.copies, 'candidate')} on the front "
            f"{'equals' if front.copies == 1 else 'equal'} another one on every axis; either can "
            "stand for the other, and the hypervolume that each adds alone is 0."
        )
    if found.samples < found.classes:
        told.append(
            f"There are {counted(found.samples, 'sample')} for {found.classes} classes: too few "
            "to conclude anything."
        )
    return told


def unlike(ensemble: Ensemble) -> str:
    """Under which rule candidates stand that an ensemble's own rule cannot be tried on."""
    rule = RULES[ensemble.rule].stand_in
    if rule != ensemble.rule:
        return (
            f" All teams are under {RULES[rule].label}: {RULES[ensemble.rule].label} would have to "
            "be worked out for each. Your ensemble itself has the blue ring."
        )
    return ""


def cost(number: int, seconds: float) -> str:
    """How long a search will take."""
    if seconds < 1.5:
        time = "a second"
    elif seconds < 90:
        time = f"{seconds:.0f} seconds"
    else:
        time = f"{seconds / 60:.0f} minutes"
    return f"{counted(number, 'candidate')}, about {time}"


def hover(found: Candidates, front: Front, rows: np.ndarray) -> list[str]:
    """What is said of candidates when they are pointed at."""
    texts = []
    for row, names in zip(rows.tolist(), names_of(found.weights[rows], found.models), strict=True):
        values = "<br>".join(
            f"{shown(inside(axis), 40)} {said(axis, value)}"
            for axis, value in zip(found.axes, found.values[row], strict=True)
        )
        size = int(found.sizes[row])
        ending = ", on the front" if front.on_front[row] else ""
        ending += ", the knee" if row == front.knee else ""
        texts.append(
            f"<b>{names}</b><br>{values}<br>{counted(size, 'model')}, n = "
            f"{count(int(found.n[row]))}, {WORDS[ORIGINS[found.origin[row]]]}{ending}"
        )
    return texts


def short_names(found: Candidates, front: Front) -> list[tuple[int, str]]:
    """(row, few words) of the candidates that are named in the plots."""
    named: dict[int, list[str]] = {}
    for role, row in ends(found, front):
        named.setdefault(row, []).append(role)
    told = []
    for row, roles in named.items():
        places = np.flatnonzero(found.weights[row])
        few = len(places) <= 2
        who = " + ".join(shown(found.models[place], 14) for place in places)
        told.append((row, f"{' and '.join(roles)}: {who if few else f'{len(places)} models'}"))
    return told
