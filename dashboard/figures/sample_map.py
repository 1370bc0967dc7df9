"""The map of samples: what colours the points, and the map as a picture."""

import numpy as np
import plotly.graph_objects as go

from analysis.outcomes import OUTCOMES
from dashboard import compute
from dashboard.choosing import Choices
from dashboard.plots import maps
from dashboard.theme import OUTCOME_SYMBOLS, Palette, count

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "star", "x")
DRAWN = ("kept", "missed", "corrected", "spoiled", "overruled", "rescued")
MOST_LEVELS = 8
PCA_AXES = ("First principal component", "Second principal component")


def colourings(choices: Choices) -> dict[str, str]:
    """What the points can be coloured by: outcome, number right, a grouping, answers."""
    options = {"group/" + column: column for column in choices.bundle.groups}
    if choices.bundle.labelled.any():
        options = {
            "outcome": "Outcome of the ensemble",
            "right": "Number of members right",
        } | options
    options["answers"] = "Number of different answers"
    return options


def sample_map(choices: Choices, colouring: str, most: int, palette: Palette) -> go.Figure | str:
    """Samples on the two directions of largest spread of their embeddings."""
    points = compute.pca_map(choices.bundle)
    rows, known = compute.drawn_points(points.T, most)
    colour = {
        name: value[rows] if isinstance(value, np.ndarray) else value
        for name, value in colours(choices, colouring, palette).items()
    }
    drawn = "" if len(rows) == known else f" {count(len(rows))} of them drawn, by lot."
    figure = maps.sample_map(
        points[rows],
        compute.sample_texts(choices, rows),
        PCA_AXES,
        title="Samples with similar embeddings lie near each other",
        palette=palette,
        **colour,
    )
    what = colourings(choices)[colouring]
    figure.update_layout(
        title_subtitle_text=f"n = {count(known)}.{drawn} Colour: {what[0].lower()}{what[1:]}."
    )
    return figure


def colours(choices: Choices, colouring: str, palette: Palette) -> dict:
    """Codes or values of the samples, and how each code is drawn, as `maps.sample_map` takes."""
    bundle = choices.bundle
    if colouring == "outcome":
        place = np.array([*(DRAWN.index(name) for name in OUTCOMES), -1])
        codes = place[compute.outcome_table(choices, bundle)["codes"]]
        names = [(name, palette.outcomes[name], OUTCOME_SYMBOLS[name]) for name in DRAWN]
        return _present(codes, [*names, ("not judged", palette.muted, "circle")])
    if colouring == "right":
        right = compute.outcome_table(choices, bundle)["members_right"]
        return {"values": right.astype(np.float32), "value_title": "Members right"}
    if colouring == "answers":
        different = compute.different_answers(bundle, choices.ensemble.members)
        return {"values": different.astype(np.float32), "value_title": "Different answers"}
    known = bundle.groups[colouring.removeprefix("group/")].combinations()
    return _levels(known.codes.cpu().numpy(), known.levels, palette)


def _present(codes: np.ndarray, categories: list[tuple[str, str, str]]) -> dict:
    """Only categories that occur; code -1 is the last one."""
    codes = np.where(codes < 0, len(categories) - 1, codes)
    there, again = np.unique(codes, return_inverse=True)
    return {
        "category": again.astype(np.uint8),
        "categories": [categories[code] for code in there.tolist()],
    }


def _levels(codes: np.ndarray, levels: tuple[str, ...], palette: Palette) -> dict:
    """The most frequent levels in colours of their own, the others together in grey."""
    order = np.argsort(-np.bincount(codes, minlength=len(levels)), kind="stable")
    most = MOST_LEVELS if len(levels) <= MOST_LEVELS else MOST_LEVELS - 1
    own = np.sort(order[:most])
    place = np.full(len(levels), len(own))
    place[own] = np.arange(len(own))
    categories = [
        (levels[level], palette.levels[rank], SYMBOLS[rank]) for rank, level in enumerate(own)
    ]
    rest = (f"{len(levels) - len(own)} other levels", palette.muted, "circle")
    return _present(place[codes], [*categories, rest])
