"""Selected samples of a report: what each is, what was answered, and its picture."""

import numpy as np

from analysis.outcomes import OUTCOMES
from dashboard import compute, tables
from dashboard.choosing import Choices
from dashboard.report.text import plain
from dashboard.theme import shortened

MOST = 24
TELLING = 12
LETTERS = 240


def shown_rows(choices: Choices, selected: np.ndarray | None) -> np.ndarray:
    """The first of the selected samples, or those whose outcome tells most."""
    if selected is not None:
        return np.asarray(selected)[:MOST]
    if compute.reference(choices) is None:
        return np.empty(0, dtype=int)
    return compute.telling_samples(choices, TELLING)


def samples(choices: Choices, selected: np.ndarray | None) -> str:
    """Cards of samples; a sentence where there are none to show."""
    rows = shown_rows(choices, selected)
    if not len(rows):
        return "<p>No sample is selected.</p>"
    bundle, table = choices.bundle, compute.outcome_table(choices, choices.bundle)
    pictures = [""] * len(rows)
    if bundle.thumbnails is not None:
        pictures = tables.thumbnails(bundle.thumbnails[rows], height=80)
    total = len(bundle.ids) if selected is None else len(selected)
    what = "that tell most of the ensemble" if selected is None else "of the selection"
    cards = "".join(
        _card(choices, table, int(row), picture)
        for row, picture in zip(rows, pictures, strict=True)
    )
    return f'<p>{len(rows)} samples {what}, of {total:,}.</p><ul class="samples">{cards}</ul>'


def _card(choices: Choices, table: dict[str, np.ndarray], row: int, picture: str) -> str:
    bundle = choices.bundle
    name = shortened(bundle.ids[row], 60)
    code, said = int(table["codes"][row]), int(table["answers"][row])
    label = -1 if bundle.labels is None else int(bundle.labels[row])
    facts = [
        ("label", bundle.classes[label] if label >= 0 else "none"),
        ("ensemble", bundle.classes[said] if said >= 0 else "no answer"),
        ("outcome", OUTCOMES[code] if code >= 0 else "not judged"),
        ("members right", f"{table['members_right'][row]} of {table['members_judged'][row]}"),
    ]
    text = tables.text_of(bundle)
    if text is not None:
        facts.append((text, shortened(bundle.attributes[text][row], LETTERS)))
    lines = "".join(
        f"<div><b>{plain(what)}</b> {plain(shortened(value, LETTERS))}</div>"
        for what, value in facts
    )
    image = f'<img src="{picture}" alt="Picture of sample {plain(name)}">' if picture else ""
    return f"<li>{image}<div><strong>{plain(name)}</strong>{lines}</div></li>"
