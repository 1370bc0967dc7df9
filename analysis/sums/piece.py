"""A chunk of samples as every family of sums sees it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.lazy import LazyRows
from analysis.stored import as_stored
from analysis.stretches import stretches
from analysis.sums import bits
from analysis.sums.distribution import Distributions
from analysis.sums.products import product, total

Missing = Literal["exclude", "wrong"]

DOUBLE_VALUES = 1 << 21


@dataclass(frozen=True, eq=False)
class Piece:
    """A chunk of n samples of M models.

    Attributes:
        bundle: the whole bundle.
        rows: int64 [n], which samples of it.
        place: the same as a slice where they stand in one run, so that no tensor is copied.
        weights: float64 [n], or None for plain counting.
        predictions: int32 [M, n], -1 = no answer.
        grades: int8 [M, n] as in the bundle.
        labelled: bool [n], the samples that count where a gap is wrong; None where gaps are left
            out.
        per_pair: answers per class may be kept for each other model, see `class_sums`.
        whole: the chunk that this is a part of, which reads its probabilities once for all parts.
        within: int64 [n], places of the samples in that chunk.
    """

    bundle: Bundle
    rows: Tensor
    place: Tensor | slice
    weights: Tensor | None
    predictions: Tensor
    grades: Tensor
    labelled: Tensor | None
    per_pair: bool = True
    whole: "Piece | None" = None
    within: Tensor | None = None

    def part(self, within: Tensor) -> "Piece":
        """These samples of the chunk, int64 [n]."""
        rows = self.rows[within]
        return Piece(
            bundle=self.bundle,
            rows=rows,
            place=rows,
            weights=None if self.weights is None else self.weights[within],
            predictions=self.predictions[:, within],
            grades=self.grades[:, within],
            labelled=None if self.labelled is None else self.labelled[within],
            per_pair=self.per_pair,
            whole=self,
            within=within,
        )

    @cached_property
    def answered(self) -> Tensor:
        """Bool [M, n], the model is taken to have answered under the missing rule."""
        if self.labelled is not None or self.bundle.gapless:
            return _all(self.predictions)
        return (self.predictions >= 0) | (self.grades >= 0)

    @cached_property
    def compared(self) -> Tensor:
        """Bool [M, n], its answer can be compared with others."""
        if self.bundle.gapless:
            return _all(self.predictions)
        return self.answered & ~((self.grades >= 0) & (self.predictions < 0))

    @cached_property
    def graded(self) -> Tensor:
        """Bool [M, n], it is judged under the missing rule."""
        if self.labelled is not None:
            return self.labelled.expand_as(self.grades)
        return _all(self.grades) if self._all_graded else self.grades >= 0

    @cached_property
    def right(self) -> Tensor:
        """Bool [M, n], it is judged and right."""
        return self.grades.view(torch.bool) if self._all_graded else self.grades == 1

    @cached_property
    def planes(self) -> np.ndarray | None:
        """The answers as bits, packed once for all families; None where others count them."""
        return bits.planes_of(self.predictions, len(self.bundle.classes))

    @cached_property
    def judged(self) -> Tensor | None:
        """Bool [n], the samples on which models are judged; None where that depends on the model.

        Without gaps it does not, and one product counts what else takes three.
        """
        alike = self.labelled is not None or self._all_graded
        return self.graded[0] if alike or (self.graded == self.graded[0]).all() else None

    @cached_property
    def both_graded(self) -> Tensor:
        """[M, M], weighted samples on which both are judged."""
        if self.labelled is None and self._all_graded:
            return self.everywhere()
        if self.judged is None:
            return product(self.graded, self.graded, self.weights)
        amount, models = total(self.judged, self.weights), len(self.predictions)
        return amount.expand(models, models).clone()

    @cached_property
    def both_right(self) -> Tensor:
        """[M, M], weighted samples on which both are right."""
        return product(self.right, self.right, self.weights)

    def everywhere(self) -> Tensor:
        """The weighted samples of the chunk, for each pair of models [M, M]."""
        shape, device = (len(self.predictions),) * 2, self.bundle.device
        if self.weights is None:
            return torch.full(shape, len(self.rows), dtype=torch.int64, device=device)
        return self.weights.sum().expand(shape).clone()

    @cached_property
    def _all_graded(self) -> bool:
        some = bool(self.grades.numel())
        return some and (self.bundle.all_graded or int(self.grades.min()) >= 0)

    @property
    def labels(self) -> Tensor | None:
        """int64 [n], -1 = unlabelled; None without any labels."""
        labels = self.bundle.labels
        return None if labels is None else labels[self.place].long()

    @cached_property
    def distributions(self) -> Distributions | None:
        """Probabilities of the chunk, read once for all families; None when no model has any."""
        if self.whole is not None:
            here = self.whole.distributions
            return None if here is None else here.part(self.within)
        if self.models is None:
            return None
        double, classes = self._double, len(self.bundle.classes)
        values = torch.empty(
            (len(self.models), len(self.rows), classes),
            dtype=torch.float64 if double else torch.float32,
            device=self.bundle.device,
        )
        stored = self.__dict__.pop("stored", None)  # held only as long as nothing else is
        for place, table in enumerate(self._tables):
            given = table[self.place] if stored is None else stored[place]
            given = given.to(values.dtype)
            torch.div(given, given.sum(-1, keepdim=True), out=values[place])
        scored = self.scored
        complete = bool(scored.all())
        if not complete:
            values.masked_fill_(~scored[..., None], 0)
        return Distributions(self.models, values, scored, complete)

    @cached_property
    def stored(self) -> Tensor | None:
        """Probabilities [S, n, C] as their files hold them, not normalised, read once.

        None where they are in no files, or where they are computed with in float64.
        """
        if self.models is None or self.whole is not None or self._double:
            return None
        return as_stored(self._tables, self.place)

    @cached_property
    def models(self) -> Tensor | None:
        """int64 [S], rows of the models with probabilities; None when no model has any."""
        given = self.bundle.probabilities
        rows = [row for row, model in enumerate(self.bundle.models) if model in given]
        return torch.tensor(rows, device=self.bundle.device) if rows else None

    @property
    def scored(self) -> Tensor:
        """Bool [S, n], which of the probabilities count; some model must have some."""
        return self.predictions[self.models] >= 0

    @property
    def _tables(self) -> list[Tensor | LazyRows]:
        given = self.bundle.probabilities
        return [given[model] for model in self.bundle.models if model in given]

    @property
    def _double(self) -> bool:
        """The probabilities are stored in float64, or so few that it does not matter."""
        bundle, tables = self.bundle, self._tables
        size = len(tables) * len(bundle.ids) * len(bundle.classes)
        return size <= DOUBLE_VALUES or any(table.dtype == torch.float64 for table in tables)

    @cached_property
    def losses(self) -> tuple[Tensor, ...]:
        """Scored, probability of the label, Brier score and highest probability, [S, n] each.

        Of the S models with probabilities, at least one. Their tables are read one at a time; what
        is not scored has a loss of 0.
        """
        if self.whole is not None:
            return tuple(values[:, self.within] for values in self.whole.losses)
        labels = torch.full_like(self.rows, -1) if self.labels is None else self.labels
        found = []
        for row, model in enumerate(self.bundle.models):
            if model not in self.bundle.probabilities:
                continue
            table = self.bundle.probabilities[model][self.place].double()
            sums = table.sum(1)
            scored = (labels >= 0) & (self.predictions[row] >= 0)
            label = table.gather(1, labels.clamp_min(0)[:, None]).squeeze(1) / sums
            brier = torch.linalg.vecdot(table, table) / sums.square() - 2 * label + 1
            losses = torch.where(scored, label, 1), torch.where(scored, brier, 0)
            found.append((scored, *losses, table.amax(1) / sums))
        return tuple(torch.stack(values) for values in zip(*found, strict=True))


def pieces(
    bundle: Bundle,
    step: int,
    *,
    weights: Tensor | None = None,
    missing: Missing = "exclude",
    first: int = 0,
    per_pair: bool = True,
) -> Iterator[Piece]:
    """The samples of a bundle in chunks; one empty chunk when there are none.

    Args:
        bundle: M models, N samples.
        step: samples at a time.
        weights: bool [N] keeps these samples; other [N] is a weight per sample.
        missing: "wrong" takes every model to have answered every labelled sample.
        first: how many of the kept samples are done already.
        per_pair: passed on to the chunks.

    Yields:
        Chunks in the order of the samples.
    """
    rows = torch.arange(len(bundle.ids), device=bundle.device)
    if weights is not None:
        weights = weights.to(bundle.device)
        if weights.dtype == torch.bool:
            rows, weights = rows[weights], None
    labelled = bundle.labelled if missing == "wrong" else None
    run = len(rows) == len(bundle.ids)
    for here in stretches(max(len(rows), 1), step, first):
        part = rows[here]
        place = here if run else part
        yield Piece(
            bundle=bundle,
            rows=part,
            place=place,
            weights=None if weights is None else weights[part].double(),
            predictions=bundle.predictions[:, place],
            grades=bundle.grades[:, place],
            labelled=None if labelled is None else labelled[place],
            per_pair=per_pair,
        )


def _all(like: Tensor) -> Tensor:
    """True everywhere, without memory of its own."""
    return torch.ones((1, 1), dtype=torch.bool, device=like.device).expand_as(like)
