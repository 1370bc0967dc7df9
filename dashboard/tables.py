"""numpy and torch -> pandas, for the screen and for files."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.bundle import Bundle
from analysis.outcomes import OUTCOMES
from dashboard.theme import DASH, Palette

MARKS = {1: "✓ ", 0: "✗ ", -1: ""}
LARGEST = 512  # pixels of a side of a small picture


def samples(
    bundle: Bundle,
    positions: np.ndarray,
    members: Sequence[str],
    outcome: Mapping[str, np.ndarray],
    confidences: np.ndarray,
    *,
    marked: bool,
) -> pd.DataFrame:
    """Samples as rows: id, label, outcome, what the ensemble and each member said, groups.

    Args:
        bundle: N samples.
        positions: int [n], which.
        members: K names.
        outcome: "codes", "members_right", "answers", "right" [N] of the ensemble.
        confidences: float [K, N], NaN where unknown.
        marked: for the screen: a tick or a cross before every judged answer and the confidence
            behind it; else answers and confidences in columns of their own.

    Returns:
        One row per sample.
    """
    names = np.array([*bundle.classes, DASH], dtype=object)
    labels = labels_of(bundle, positions, names)
    columns: dict[str, Sequence] = {
        "sample": [bundle.ids[place] for place in positions.tolist()],
        "label": labels,
        "outcome": np.array([*OUTCOMES, ""], dtype=object)[outcome["codes"][positions]],
        "members right": outcome["members_right"][positions],
        "ensemble": _answers(
            names,
            outcome["answers"][positions],
            np.where(outcome["judged"], outcome["right"], -1)[positions],
            outcome["confidence"][positions] if marked else None,
        ),
    }
    if not marked:
        columns["confidence of the ensemble"] = outcome["confidence"][positions]
    predictions, grades = bundle.predictions.cpu().numpy(), bundle.grades.cpu().numpy()
    for place, member in enumerate(members):
        row = bundle.models.index(member)
        columns[free_name(columns, member)] = _answers(
            names,
            predictions[row, positions],
            grades[row, positions],
            confidences[place, positions] if marked else None,
        )
        if not marked:
            columns[free_name(columns, f"confidence of {member}")] = confidences[place, positions]
    for column, grouping in bundle.groups.items():
        if column != "label":
            known = replace(grouping, codes=grouping.codes[positions]).combinations()
            levels = np.array(known.levels, dtype=object)
            columns[free_name(columns, column)] = levels[known.codes.cpu().numpy()]
    return pd.DataFrame(columns)


def free_name(taken: Mapping, name: str) -> str:
    """The name, or one with spaces behind it that no other column has."""
    return name if name not in taken else free_name(taken, f"{name} ")


def labels_of(bundle: Bundle, positions: np.ndarray, names: np.ndarray) -> np.ndarray:
    """Names of the labels of these samples, a dash where there is none."""
    if bundle.labels is None:
        return np.full(len(positions), DASH, dtype=object)
    return names[bundle.labels.cpu().numpy()[positions]]


def _answers(
    names: np.ndarray, codes: np.ndarray, grades: np.ndarray, sure: np.ndarray | None
) -> list[str]:
    said = names[codes]
    if sure is None:
        return ["" if code < 0 else text for code, text in zip(codes, said, strict=True)]
    behind = [f" ({share:.0%})" if np.isfinite(share) else "" for share in sure.tolist()]
    return [
        f"{MARKS[int(grade)]}{text}{share if text != DASH else ''}"
        for grade, text, share in zip(grades, said, behind, strict=True)
    ]


def coloured(table: pd.DataFrame, palette: Palette) -> "pd.io.formats.style.Styler":
    """The table with right answers on green, wrong ones on orange, outcomes in their colour."""
    right, wrong = palette.outcomes["corrected"], palette.outcomes["spoiled"]

    def outcome(value: object) -> str:
        colour = palette.outcomes.get(str(value))
        return f"background-color: {colour}66" if colour else ""

    def answer(value: object) -> str:
        text = str(value)
        if text.startswith(MARKS[1]):
            return f"background-color: {right}33"
        return f"background-color: {wrong}40" if text.startswith(MARKS[0]) else ""

    named = [column for column in ("outcome",) if column in table.columns]
    return table.style.map(outcome, subset=named).map(answer)


def add_pictures(table: pd.DataFrame, bundle: Bundle, rows: np.ndarray) -> str | None:
    """Put small pictures of these samples into a first column; its name, None without pictures."""
    if bundle.thumbnails is None:
        return None
    name = free_name(table, "image")
    table.insert(0, name, thumbnails(bundle.thumbnails[rows], height=40))
    return name


def add_texts(table: pd.DataFrame, bundle: Bundle, rows: np.ndarray) -> str | None:
    """Put the texts of these samples into a last column; its name, None without texts."""
    text = text_of(bundle)
    if text is None:
        return None
    name = free_name(table, text)
    table[name] = [str(value) for value in bundle.attributes[text][rows]]
    return name


def thumbnails(pixels: np.ndarray, *, height: int = 80) -> list[str]:
    """Small pictures as data addresses, enlarged without smoothing; large ones are thinned out.

    Args:
        pixels: uint8 [n, height, width, 3].
        height: wanted height in screen pixels.

    Returns:
        n addresses of PNG pictures.
    """
    from PIL import Image

    step = -(-max(pixels.shape[1:3]) // LARGEST)
    pixels = pixels[:, ::step, ::step]
    factor = max(1, min(height // pixels.shape[1], LARGEST // pixels.shape[2]))
    addresses = []
    for picture in pixels:
        buffer = io.BytesIO()
        large = np.kron(picture, np.ones((factor, factor, 1), dtype=np.uint8))
        Image.fromarray(large).save(buffer, "PNG")
        addresses.append("data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode())
    return addresses


def text_of(bundle: Bundle) -> str | None:
    """The attribute that holds each sample's text: "text", else the longest one."""
    if "text" in bundle.attributes:
        return "text"
    lengths = {
        column: float(np.mean([len(str(value)) for value in values[:200]]))
        for column, values in bundle.attributes.items()
        if values.dtype == object
    }
    longest = max(lengths, key=lengths.get, default=None)
    return longest if longest is not None and lengths[longest] >= 40 else None


def answers_of(
    bundle: Bundle, position: int, members: Sequence[str], confidences: np.ndarray
) -> pd.DataFrame:
    """One sample in full: what every member said, how sure it was, and p of the label."""
    label = -1 if bundle.labels is None else int(bundle.labels[position])
    rows = []
    for place, member in enumerate(members):
        row = bundle.models.index(member)
        code, grade = int(bundle.predictions[row, position]), int(bundle.grades[row, position])
        stored = bundle.probabilities.get(member)
        rows.append(
            {
                "model": member,
                "answer": MARKS[grade] + (bundle.classes[code] if code >= 0 else DASH),
                "confidence": confidences[place, position],
                "probability of the label": np.nan
                if stored is None or label < 0
                else float(stored[position, label]),
            }
        )
    return pd.DataFrame(rows)


def groups(
    table: Mapping[str, np.ndarray],
    levels: Sequence[str],
    names: Sequence[str],
    diversity: Mapping[str, np.ndarray] | None = None,
) -> pd.DataFrame:
    """Accuracy per group as rows, members and ensemble as columns.

    Args:
        table: "n" and "accuracy" [K + 1, G].
        levels: G names.
        names: K members and the ensemble.
        diversity: "vendi" [G], the effective number of different samples, where it is known.
    """
    columns = {"group": levels, "n": table["n"][-1]}
    if diversity is not None:
        columns["different samples"] = diversity["vendi"].round(2)
    for place, name in enumerate(names):
        columns[free_name(columns, name)] = table["accuracy"][place]
    return pd.DataFrame(columns)


def attributes_of(bundle: Bundle, position: int) -> pd.DataFrame:
    """What else is known of one sample."""
    known = {column: str(values[position]) for column, values in bundle.attributes.items()}
    return pd.DataFrame({"attribute": list(known), "value": list(known.values())})
