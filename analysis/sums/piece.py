"""A chunk of samples as every family of sums sees it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor

from analysis.bundle import Bundle, normalised

Missing = Literal["exclude", "wrong"]

CLIP = 1e-12
DOUBLE_VALUES = 1 << 21


@dataclass(frozen=True, eq=False)
class Distributions:
    """The probabilities of a chunk, of all models that have some.

    Attributes:
        models: int64 [S], rows of the bundle's models with probabilities.
        values: [S, n, C], rows sum to 1, all 0 where the model gave no answer; float64 when the
            bundle stores float64 or is small enough for it not to matter, else float32.
        scored: bool [S, n], the model gave an answer and its probabilities count.
    """

    models: Tensor
    values: Tensor
    scored: Tensor

    @cached_property
    def logs(self) -> Tensor:
        """Ln of the values, clipped at `CLIP`, [S, n, C]."""
        return self.values.clamp_min(CLIP).log_()


@dataclass(frozen=True, eq=False)
class Piece:
    """A chunk of n samples of M models.

    Attributes:
        bundle: the whole bundle.
        rows: int64 [n], which samples of it.
        weights: float64 [n], or None for plain counting.
        answered: bool [M, n], the model is taken to have answered under the missing rule.
        compared: bool [M, n], its answer can be compared with others.
        graded: bool [M, n], it is judged under the missing rule.
        right: bool [M, n], it is judged and right.
        predictions: int32 [M, n], -1 = no answer.
    """

    bundle: Bundle
    rows: Tensor
    weights: Tensor | None
    answered: Tensor
    compared: Tensor
    graded: Tensor
    right: Tensor
    predictions: Tensor

    @property
    def labels(self) -> Tensor | None:
        """int64 [n], -1 = unlabelled; None without any labels."""
        labels = self.bundle.labels
        return None if labels is None else labels[self.rows].long()

    @cached_property
    def distributions(self) -> Distributions | None:
        """Probabilities of the chunk, read once for all families; None when no model has any."""
        bundle = self.bundle
        rows = [row for row, model in enumerate(bundle.models) if model in bundle.probabilities]
        if not rows:
            return None
        models = torch.tensor(rows, device=bundle.device)
        scored = self.predictions[models] >= 0
        stored = [bundle.probabilities[bundle.models[row]] for row in rows]
        size = len(rows) * len(bundle.ids) * len(bundle.classes)
        double = size <= DOUBLE_VALUES or any(table.dtype == torch.float64 for table in stored)
        values = torch.empty(
            (len(rows), len(self.rows), len(bundle.classes)),
            dtype=torch.float64 if double else torch.float32,
            device=bundle.device,
        )
        for place, table in enumerate(stored):
            values[place] = normalised(table[self.rows])
        values.masked_fill_(~scored[..., None], 0)
        return Distributions(models, values, scored)


def pieces(
    bundle: Bundle,
    step: int,
    *,
    weights: Tensor | None = None,
    missing: Missing = "exclude",
    first: int = 0,
) -> Iterator[Piece]:
    """The samples of a bundle in chunks; one empty chunk when there are none.

    Args:
        bundle: M models, N samples.
        step: samples at a time.
        weights: bool [N] keeps these samples; other [N] is a weight per sample.
        missing: "wrong" takes every model to have answered every labelled sample.
        first: how many of the kept samples are done already.

    Yields:
        Chunks in the order of the samples.
    """
    rows = torch.arange(len(bundle.ids), device=bundle.device)
    if weights is not None:
        weights = weights.to(bundle.device)
        if weights.dtype == torch.bool:
            rows, weights = rows[weights], None
    labelled = bundle.labelled if missing == "wrong" else None
    for start in range(first, max(len(rows), 1), step):
        part = rows[start : start + step]
        predictions, grades = bundle.predictions[:, part], bundle.grades[:, part]
        answered, graded = (predictions >= 0) | (grades >= 0), grades >= 0
        only_graded = graded & (predictions < 0)
        if labelled is not None:
            answered = torch.ones_like(answered)
            graded = labelled[part].expand_as(graded)
        yield Piece(
            bundle=bundle,
            rows=part,
            weights=None if weights is None else weights[part].double(),
            answered=answered,
            compared=answered & ~only_graded,
            graded=graded,
            right=(grades == 1) & graded,
            predictions=predictions,
        )
