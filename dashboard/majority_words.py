"""Sentences on accuracy in one group against another: line, moon or neither, and by what."""

from collections.abc import Mapping

import numpy as np

from dashboard.theme import count, interval, markdown, p_value, percent, three_digits

SHAPES = {
    "unknown": "says nothing",
    "line": "a straight line",
    "moon": "a moon shape (bent upwards)",
    "arch": "an arch (bent downwards)",
    "undecided": "a bend that dependence may explain",
}
AXES = {"raw": "plain axes", "logit": "logit axes", "probit": "probit axes"}
FEW_RUNS = 6


def shape_sentence(
    points: Mapping, fits: Mapping[str, Mapping], scale: str, groups: tuple[str, str]
) -> str:
    """Moon shape or not, by the numbers, on this scale and on the others.

    Args:
        points: of `compute.majority_points`.
        fits: of `compute.bends`.
        scale: that is drawn.
        groups: names of x and y.
    """
    x, y = (markdown(group) for group in groups)
    fit = fits[scale]
    if not fit["quadratic"]["coefficients"]:
        return (
            f"**Too few models to tell a line from a moon**: {count(fit['distinct'])} different "
            f"accuracies where {x}, and at least 6 are needed."
        )
    term = fit["quadratic"]["coefficients"][2]
    if fit["shape"] == "unknown":
        return f"Line or parabola fits accuracy where {y} against {x} without any rest to test."
    said = {
        "moon": "**A moon shape**: accuracy",
        "arch": "**No moon shape, but an arch**: accuracy",
        "line": "**No moon shape**: accuracy",
        "undecided": "**No moon shape can be claimed**: accuracy",
    }[fit["shape"]]
    verdict = {
        "moon": "bends upwards",
        "arch": "bends downwards",
        "line": "follows a line as well as a parabola",
        "undecided": f"bends {'upwards' if term > 0 else 'downwards'}, but not beyond what models "
        "that belong together may do by chance",
    }[fit["shape"]]
    text = (
        f"{said} where {y} {verdict} against accuracy where {x} (R² {fit['linear']['r2']:.3f} of "
        f"the line, {fit['quadratic']['r2']:.3f} of the parabola; ΔAIC "
        f"{three_digits(fit['delta_aic'])}; F test {p_value(fit['p'])}"
    )
    if fit["run_p"] == fit["run_p"] and fit["runs"] < fit["n"]:
        text += f", with models that belong together moving together {p_value(fit['run_p'])}"
    return f"{text}). {_elsewhere(fits, scale)}"


def _elsewhere(fits: Mapping[str, Mapping], scale: str) -> str:
    others = {name: fits[name]["shape"] for name in AXES if name != scale}
    if set(others.values()) == {fits[scale]["shape"]}:
        return "The other two kinds of axes say the same."
    text = "; ".join(f"on {AXES[name]} it is {SHAPES[kind]}" for name, kind in others.items())
    return f"{text[0].upper()}{text[1:]}."


def subtitle(points: Mapping, within: str = "") -> str:
    """How many points there are, and what the fits go through."""
    known = np.isfinite(points["accuracy"]).all(1)
    fitted = int((known & points["fitted"]).sum())
    text = f"{count(int(known.sum()))} points; line and parabola through {count(fitted)} models"
    ringed = "Higher is better. Ringed: below the mixture of two models."
    return f"{text}{', ' + within if within else ''}. {ringed}"


def mixture_sentence(points: Mapping, view: Mapping, pair: tuple[int, int] | None) -> str:
    """Which models lie below what mixing the answers of two others reaches."""
    if pair is None:
        return "There are no two models with different accuracies to mix."
    first, second = (markdown(points["names"][row], 40) for row in pair)
    depth = view["below"]
    between = np.flatnonzero(np.isfinite(depth))
    below = between[depth[between] > 0]
    head = f"Mixing the answers of {first} and {second} at random reaches every point between them"
    if not len(between):
        return f"{head}; no other point lies between the two."
    if not len(below):
        return f"{head}; none of the {count(len(between))} points between them lies below."
    worst = below[np.argsort(-depth[below], kind="stable")]
    named = ", ".join(
        f"{markdown(points['names'][row], 40)} ({100 * depth[row]:.1f} points)"
        for row in worst[:4].tolist()
    )
    rest = f" and {len(worst) - 4} more" if len(worst) > 4 else ""
    lie = "lies" if len(below) == 1 else "lie"
    return (
        f"{head}; **{count(len(below))}** of {count(len(between))} points between them {lie} "
        f"below: {named}{rest}. That part of a bend mixing does not explain."
    )


def dependence(points: Mapping, fits: Mapping[str, Mapping]) -> str:
    """Why points are not independent, and what the interval does about it."""
    fit = fits["raw"]
    text = (
        "Ensembles are not fitted. Points are not independent: all models are judged on the same "
        "samples, and checkpoints of one run or seeds of one recipe are alike, so the F test says "
        "too much."
    )
    if not points["run_column"]:
        return (
            f"{text} The table of models has no column recipe, run or family that tells which "
            "belong together, so each model counts on its own."
        )
    column = markdown(points["run_column"])
    if fit["runs"] < 3:
        return (
            f"{text} By {column} there are only {count(fit['runs'])} that do not belong together, "
            "too few for an interval that respects it."
        )
    few = " (few: read it with care)" if fit["runs"] < FEW_RUNS else ""
    return (
        f"{text} The interval of the bend lets the {count(fit['runs'])} groups of models by "
        f"{column}{few} move together (cluster jackknife)."
    )


def estimate_sentence(found: Mapping, who: str) -> str:
    """How accurate an ensemble would be without labels, by the agreement of its members."""
    mean = float(np.nanmean(found["accuracy"]))
    text = (
        f"**If the members erred independently**, they would be right on **{percent(mean)}** of "
        "the samples on average"
    )
    if np.isfinite(found["others"][0]) and not found["shared"]:
        ends = interval(found["others_low"][0], found["others_high"][0])
        text += f", and {who} on **{percent(found['others'][0])}** {ends}"
    text += (
        f". Whatever is true, they cannot be right on more than **{percent(found['ceiling'])}** on "
        f"average (n = {count(found['n'])})."
    )
    if not found["shared"]:
        return text
    return (
        f"{text} **But they do not err independently**: how many are likely right varies "
        f"{found['spread']:.1f} times as much over the samples as it would then, so the true "
        f"accuracies are lower, perhaps by far, and nothing is said of {who}."
    )


ASSUMPTION = (
    "An estimate from agreement alone (one-coin Dawid-Skene): each member is right with a "
    "probability of its own, alike on all samples, a wrong answer is any other class, and given "
    "the true answer members do not know of each other. Errors that members share look like "
    "agreement, so it is too high where they do. On labelled data with the labels hidden it was "
    "2 points too high for three annotators of CIFAR-10, 1 point for 44 language models on school "
    "mathematics, and 15 points for 23 models on MathVista; of their plurality it was 4, 3 and 58 "
    "points too high. Few members cannot show that they share errors. Brackets: 95 % over samples "
    "(grouped jackknife), which says nothing of that assumption. The ceiling is the mean share of "
    "answers that equal the most frequent one."
)
FITS = (
    "ΔAIC: of the line minus of the parabola, above 0 the parabola is better; not to be compared "
    "between axes. Left out: error of predicting each model from the others, in units of the axis. "
    "Bend: the coefficient of x², above 0 is a moon. A verdict needs p < .05, a smaller left-out "
    "error, and, where it is known who belongs together, an interval of the bend without 0."
)
