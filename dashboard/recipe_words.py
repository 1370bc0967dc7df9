"""Sentences on soups and interpolations."""

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.recipes import Line, Soup
from dashboard.theme import count, interval, markdown, p_value, percent
from dashboard.words import listed

NONE_KNOWN = (
    "No model here is known to be a soup or an interpolation. Say so in models.csv: a column "
    "**kind** with the word soup, and a column **ingredients** with the names of the mixed models "
    "parted by semicolons (else the models of its **family** and **epoch** are presumed); for "
    "interpolations a column **alpha** from 0 to 1, where the two ends have 0 and 1 (or are named "
    "as ingredients)."
)


def soup_sentence(soup: Soup, found: Mapping) -> str:
    """Is the soup better or worse than the ensemble of its ingredients, and by how much?"""
    if not found["n"]:
        return f"{markdown(soup.model)} and its ingredients are judged on no common sample."
    difference, low, high = (100 * end for end in found["difference"])
    ends = f" [{low:+.1f}, {high:+.1f}]" if low == low else ""
    how = {"mean": "the mean output", "plurality": "the vote"}[found["rule"]]
    if low > 0 or high < 0:
        verdict = f"**{abs(difference):.1f} points {'better' if difference > 0 else 'worse'}**"
    else:
        verdict = f"no clear difference (**{difference:+.1f} points**)"
    return (
        f"{markdown(soup.model)} (one model with mixed weights) is right on "
        f"{percent(found['soup'][0])} {interval(*found['soup'][1:])}, {how} of its "
        f"{len(soup.ingredients)} ingredients on {percent(found['ensemble'][0])} "
        f"{interval(*found['ensemble'][1:])}: {verdict}{ends}, "
        f"{p_value(found['p'])}, n = {count(found['n'])}. The two say the same on "
        f"{percent(found['same'][0])} {interval(*found['same'][1:])}."
    )


def ingredients(soup: Soup) -> str:
    """What the soup is made of, and whether that is known or presumed."""
    names = listed(soup.ingredients, 6)
    if soup.stated:
        return f"Ingredients of {markdown(soup.model)}: {names}."
    return (
        f"Ingredients of {markdown(soup.model)} are not stated. Presumed: {names}, the models of "
        "its family trained for as long; a greedy soup may hold only some of them."
    )


def parts_sentence(parts: Mapping[str, np.ndarray], loss: str) -> str:
    """How much of the ingredients' loss they share, beside soup and ensemble.

    Args:
        parts: as `compute.soup_error_parts`.
        loss: "brier" or "error".
    """
    total, bias, variance = (parts[f"{loss}/{name}"] for name in ("total", "bias", "variance"))
    if not np.isfinite(total).all():
        return ""
    name = {"brier": "Brier score", "error": "error rate"}[loss]
    return (
        f"The average ingredient's {name} of {total[0]:.3f} is {bias[0]:.3f} "
        f"that they share (bias) and {variance[0]:+.3f} by which they part (variance): as much as "
        f"averaging can take away. The soup has {total[1]:.3f}, the ensemble "
        f"{total[2]:.3f}. Ingredients of different recipes: spread, not variance in the "
        "strict sense."
    )


def line_sentence(line: Line, found: Mapping[str, np.ndarray]) -> str:
    """Where the line is highest, in weights and in outputs."""
    first, last = (markdown(name) for name in line.ends)
    ends = f"{percent(found['weights'][0, 0])} and {percent(found['weights'][-1, 0])}"
    parts = [_highest("mixed weights", line.alphas, found["weights"])]
    if np.isfinite(found["outputs"][:, 0]).any():
        parts.append(_highest("mixed outputs", line.alphas, found["outputs"]))
    parts = [part for part in parts if part]
    if not parts:
        return f"Nothing between {first} and {last} is judged on these samples."
    return (
        f"Between {first} and {last} ({ends}), {' and '.join(parts)}. The best alpha is chosen "
        "and judged on the same samples: optimistic."
    )


def _highest(what: str, alphas: Sequence[float], rates: np.ndarray) -> str:
    if not np.isfinite(rates[:, 0]).any():
        return ""
    best = int(np.nanargmax(rates[:, 0]))
    value, low, high = rates[best]
    return f"{what} reach **{percent(value)}** {interval(low, high)} at alpha {alphas[best]:g}"
