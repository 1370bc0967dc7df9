"""Sentences about how sure a front is, what marked candidates share, and fronts of groups."""

from collections.abc import Mapping, Sequence

import numpy as np

from dashboard.compute.candidates import Candidates
from dashboard.compute.fronts import DRAWS, Front
from dashboard.theme import count, markdown, three_digits
from dashboard.words import counted, listed


def seconds(number: float) -> str:
    """About how long something takes."""
    return "about a second" if number < 1.5 else f"about {number:.0f} seconds"


def chances(found: Candidates, front: Front, told: Mapping[int, float]) -> str:
    """How sure the front is, and who is near it."""
    sure = sum(told.get(row, 0) >= 0.5 for row in front.rows.tolist())
    near = sum(share >= 0.5 for row, share in told.items() if not front.on_front[row])
    return (
        f"Chance to be on the front: share of {DRAWS} draws of the samples, for "
        f"{counted(len(told), 'candidate')} on the front or close to it. "
        f"{counted(sure, 'candidate')} of the front of {count(len(front.rows))} "
        f"{'is' if sure == 1 else 'are'} on it in half of the draws or more, and so "
        f"{'is' if near == 1 else 'are'} {counted(near, 'candidate')} that "
        f"{'is' if near == 1 else 'are'} not on it here."
    )


def groups_note(
    found: Candidates, table: Mapping[str, np.ndarray], levels: int, placed: bool
) -> str:
    """How the fronts of groups were made."""
    left = levels - len(table["n"])
    return (
        f"Each front is that of {count(int(table['compared']))} candidates on the front of all "
        "samples or close to it, evaluated anew within the group; intervals from "
        f"{DRAWS} draws of the group's samples, of the candidates on its front. Hypervolumes of "
        "small groups reach farther by chance: the best of many is picked."
        + (
            f" {counted(left, 'level')} with fewer than 20 samples, or beyond the 12 largest, are "
            "left out."
            if left
            else ""
        )
        + ("" if placed else " Your ensemble is no candidate here and has no rank.")
    )


def brushed(rows: int, samples: int, asked: int, best: str) -> str:
    """What the marked candidates correct."""
    of = "of them" if asked == rows else f"of {count(asked)} of them, evenly picked,"
    return (
        f"**{count(rows)} candidates are marked.** More than half {of} get "
        f"**{counted(samples, 'sample')}** right that the best single model, {markdown(best)}, "
        "gets wrong."
    )


def groups_sentence(column: str, levels: Sequence[str], table: dict[str, np.ndarray]) -> str:
    """In which groups the front is best and worst, and where the active ensemble stands."""
    if len(table["n"]) < 2:
        return (
            f"Fewer than two levels of {markdown(column)} have 20 samples: too few to compare "
            "fronts."
        )
    known = np.flatnonzero(np.isfinite(table["volume"]))
    low, high = known[table["volume"][known].argmin()], known[table["volume"][known].argmax()]

    def level(row: int) -> str:
        return (
            f"{markdown(levels[int(table['level'][row])])} "
            f"(**{three_digits(float(table['volume'][row]))}** "
            f"[{three_digits(float(table['low'][row]))}, {three_digits(float(table['high'][row]))}]"
            f", n = {count(int(table['n'][row]))})"
        )

    text = (
        f"The front reaches farthest where {markdown(column)} is {level(high)}, and least far "
        f"where it is {level(low)}."
    )
    placed = table["rank"] >= 0
    if placed.any():
        on = [levels[int(at)] for at in table["level"][table["rank"] == 0]]
        text += f" Your ensemble is on the front in **{len(on)} of {int(placed.sum())}** groups" + (
            f": {listed(on, 6)}." if on else "."
        )
    return text
