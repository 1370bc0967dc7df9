"""Which samples rules are fitted on, and the other ones, on which everything is shown."""

from dataclasses import dataclass

import numpy as np

from analysis.bundle import Bundle, BundleError
from analysis.fitting import reported
from analysis.splits import Split, split, split_by
from dashboard.theme import count, markdown

LEVELS = range(2, 31)


@dataclass(frozen=True)
class FitOn:
    """What the sidebar says of the samples to fit on.

    Attributes:
        way: "drawn" or "column".
        share: of the labelled samples to draw, in percent.
        seed: of the draw.
        by: a grouping to stratify by, besides the class.
        column: with "column", the attribute or grouping.
        value: of that column.
    """

    way: str = "drawn"
    share: int = 50
    seed: int = 0
    by: str | None = None
    column: str | None = None
    value: str | None = None


@dataclass(frozen=True, eq=False)
class HeldOut:
    """A bundle parted in samples to fit on and samples to look at.

    Attributes:
        whole: all samples.
        split: of them.
        bundle: the samples that are looked at.
        rows: int64 [n], where they are in the whole.
    """

    whole: Bundle
    split: Split
    bundle: Bundle
    rows: np.ndarray

    @property
    def sentence(self) -> str:
        """How many samples are for what, as Markdown."""
        fit, rest = int(self.split.fit.sum()), len(self.rows)
        gone = len(self.whole.ids) - fit - rest
        beside = f"; {count(gone)} are in neither" if gone else ""
        return (
            f"{count(fit)} samples to fit on ({markdown(self.split.description, 300)}); "
            f"everything shown is on the other {count(rest)}{beside}."
        )


def held_out(bundle: Bundle, wanted: FitOn) -> HeldOut:
    """The bundle parted as it was asked for.

    Raises:
        BundleError: nothing is left to fit on, or nothing to look at.
    """
    if wanted.way == "column":
        if wanted.column is None or wanted.value is None:
            raise BundleError("No column tells which samples to fit on; draw them by lot.")
        parts = split_by(bundle, wanted.column, wanted.value)
    else:
        by = wanted.by if wanted.by in bundle.groups else None
        parts = split(bundle, share=wanted.share / 100, seed=wanted.seed, by=by)
    if not parts.fit.any() or not parts.held_out.any():
        raise BundleError(
            "A fitted rule needs labelled samples to fit on and others to be judged on; here are "
            f"{int(bundle.labelled.sum())}. Choose another rule, or load more samples."
        )
    part = reported(bundle, parts)
    places = {sample: row for row, sample in enumerate(bundle.ids)}
    return HeldOut(bundle, parts, part, np.array([places[sample] for sample in part.ids]))


def columns(bundle: Bundle) -> dict[str, list[str]]:
    """Groupings that part the samples, with their levels."""
    return {
        name: list(grouping.levels)
        for name, grouping in bundle.groups.items()
        if len(grouping.levels) in LEVELS
    }
