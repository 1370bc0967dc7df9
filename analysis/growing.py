"""Sums of probabilities that grow model by model, and which model would help them most."""

import math

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.sums.distribution import CLIP
from analysis.sums.piece import DOUBLE_VALUES

READ = 1 << 21  # probabilities at a time, which the cache that the cores share holds
BLOCK = 1 << 18  # leads at a time
FEW = 8  # models at a time
FEW_CLASSES = 32  # for which products of matrices are the quickest way to turn tables
LONGEST = 1 << 16  # samples whose sum in float32 is trusted to ERROR_IN_FLOAT32
ERROR_IN_FLOAT32 = 1e-5
PRODUCT = 16
CLOSE = 1e-12
CLOSE_IN_FLOAT32 = 1e-6


class Leads:
    """By how much the label leads every other class in a growing sum of probabilities."""

    def __init__(self, team: Bundle, rows: Tensor) -> None:
        labels = team.labels[rows].long()[:, None]
        classes = torch.arange(len(team.classes), device=team.device).expand(len(rows), -1)
        shape = (*classes.shape, len(team.models))
        double = math.prod(shape) <= DOUBLE_VALUES
        dtype = torch.float64 if double else torch.float32
        self.team, self.rows, self.labels = team, _run(rows), labels
        self.each = torch.empty(shape, dtype=dtype, device=team.device)
        # A tie goes to the lowest class: the label must beat those before it, and equal the rest.
        close = CLOSE if double else CLOSE_IN_FLOAT32
        self.lead = torch.where(classes < labels, -close, close).double()
        self.lead.scatter_(1, labels, torch.inf)
        self.reach, self.lost = torch.empty_like(self.lead), torch.empty_like(self.lead)
        self.alone = torch.zeros(shape[2], dtype=torch.float64, device=team.device)
        self.taken = 0
        step = max(1, min(len(rows), READ // (len(team.models) * len(team.classes))))
        room = torch.empty(shape[2] * step * shape[1], dtype=dtype, device=team.device)
        for start in range(0, len(rows), step):
            self._fill(slice(start, start + step), _run(rows[start : start + step]), room)

    def _fill(self, here: slice, rows: Tensor | slice, room: Tensor) -> None:
        """Read the probabilities of some samples, and count who is right by itself."""
        leads = self.each[here]
        room = room[: leads.numel()]
        tables = room.view(leads.shape[2], *leads.shape[:2])
        parts = [self.team.probabilities[name][rows] for name in self.team.models]
        torch.stack([part.to(tables.dtype) for part in parts], out=tables)
        _side_by_side(tables, self.labels[here, 0], leads)
        self.reach[here] = CLOSE_IN_FLOAT32 - leads.amin(2).double()
        self.lost[here] = -CLOSE_IN_FLOAT32 - leads.amax(2).double()
        start = self.lead[here, :, None].to(leads.dtype)
        least = torch.add(leads, start, out=room.view(leads.shape)).amin(1)
        self.alone += least.gt_(0).sum(0)

    def with_each(self) -> Tensor:
        """Accuracy of the sum with each model added once more, float64 [M].

        A class that the label leads by more than any model could take back no longer matters, and
        a sample on which it is behind by more than any could make good stays wrong: only what is
        left is looked at.
        """
        if not self.taken:
            return self.alone / len(self.lead)
        near, clear, samples = self._contested()
        right = self.alone.new_full((self.each.shape[2],), clear)
        start, each, models = 0, self.each.flatten(0, 1), len(right)
        rivals = near.sum(1)
        counts = rivals.bincount().tolist()
        order = [(rivals == number).nonzero()[:, 0] for number, count in enumerate(counts) if count]
        rows = _rows(samples, near, torch.cat([samples[:0], *order]))
        leads = self.lead.flatten()[rows].to(each.dtype)[:, None]
        for number, count in enumerate(counts):
            here = slice(start, start + number * count)
            step = max(1, BLOCK // (models * max(number, 1))) * max(number, 1)
            for part, lead in zip(rows[here].split(step), leads[here].split(step), strict=True):
                least = each.index_select(0, part).add_(lead)
                least = least.view(-1, number, models).amin(1) if number > 1 else least
                right += least.gt_(0).sum(0)
            start = here.stop
        return right / len(self.lead)

    def _contested(self) -> tuple[Tensor, int, Tensor]:
        near = self.lead <= self.reach
        some = near.any(1)
        samples = (some & ~(self.lead <= self.lost).any(1)).nonzero()[:, 0]
        return near[samples], len(near) - int(some.sum()), samples

    def with_one(self, place: int) -> float:
        """Accuracy of the sum with this model added."""
        return float(((self.lead + self._of(place)).amin(1) > 0).double().mean())

    def take(self, place: int) -> None:
        """Add a model for good."""
        self.lead += self._of(place)
        self.taken += 1

    def _of(self, place: int) -> Tensor:
        """The leads of one model [n, C], from its own table, where they stand side by side."""
        table = self.team.probabilities[self.team.models[place]][self.rows].to(self.each.dtype)
        return (table.gather(1, self.labels) - table).div_(table.sum(-1, keepdim=True))


def _side_by_side(tables: Tensor, labels: Tensor, found: Tensor) -> None:
    """The leads of the label, models innermost; what stands at the label itself means nothing.

    Args:
        tables: probabilities [M, n, C].
        labels: int64 [n].
        found: [n, C, M], filled in.
    """
    samples, classes = found.shape[:2]
    every = torch.arange(samples, device=labels.device)
    of_label, own = found.flatten(0, 1), every * classes + labels
    if classes <= FEW_CLASSES:
        # A product per sample turns its table round, takes it from the label's row, and adds it up
        # in the place of that.
        one = torch.eye(classes, dtype=found.dtype, device=labels.device)
        taken = torch.where(one[:, :, None] > 0, 1, one[:, None] - one)
        torch.bmm(taken[labels], tables.permute(1, 2, 0), out=found)
        whole = of_label.index_select(0, own)
    else:
        found.copy_(tables.permute(1, 2, 0))
        whole = found.sum(1)
        torch.sub(of_label.index_select(0, own)[:, None], found, out=found)
    found /= whole[:, None]


class Likelihoods:
    """The probability that a growing mean gives to the label."""

    def __init__(self, team: Bundle, rows: Tensor) -> None:
        self.each = of_label(team, rows)
        self.rough = self.each.float()
        self.added, self.taken = torch.zeros_like(self.each[0]), 0

    def with_each(self) -> Tensor:
        """Minus the log loss of the mean with each model added once more, float64 [M].

        Minus infinity for a model that cannot be the best: a logarithm lies below its tangents,
        and how high a model can come by that of the mean so far is one product for all models.
        """
        if not self.taken:
            return self._exact(slice(None))
        highest = self._at_most()
        scores = torch.full_like(highest, -torch.inf)
        order = highest.argsort(descending=True)
        for part in order.split(FEW):
            if highest[part[0]] < scores.max() - CLOSE:
                break
            scores[part] = self._exact(part)
        return scores

    def take(self, place: int) -> None:
        """Add a model for good."""
        self.added += self.each[place]
        self.taken += 1

    def _exact(self, models: Tensor | slice) -> Tensor:
        number, samples = self.taken + 1, self.each.shape[1]
        parts = self.each[models].split(max(1, BLOCK // samples))
        sums = [_log_sum((part + self.added).clamp_min_(CLIP * number)) for part in parts]
        return torch.cat(sums) / samples - math.log(number)

    def _at_most(self) -> Tensor:
        """Not below `_exact`, with the error of adding up in float32, float64 [M]."""
        number, samples, mean = self.taken + 1, len(self.added), self.added / self.taken
        base = self.added + mean + CLIP * number
        slopes = base.reciprocal()
        rise = sum(
            (self.rough[:, start : start + LONGEST] @ slopes[start : start + LONGEST].float())
            for start in range(0, samples, LONGEST)
        ).double()
        level = base.log().sum() - (mean * slopes).sum()
        return (level + rise * (1 + ERROR_IN_FLOAT32)) / samples - math.log(number)


def _log_sum(values: Tensor) -> Tensor:
    """Sum of the logarithms of the values [M, n] from `CLIP` to far above 1, float64 [M].

    One logarithm for sixteen values: their product stays within float64.
    """
    whole = values.shape[1] // PRODUCT * PRODUCT
    products = values[:, :whole].unflatten(1, (PRODUCT, -1)).prod(1)
    return products.log().sum(1) + values[:, whole:].log().sum(1)


def _rows(samples: Tensor, near: Tensor, order: Tensor) -> Tensor:
    """Rows of [n, C] where classes are near; sample by sample in this order."""
    near, classes = near[order], near.shape[1]
    shift = samples[order] - torch.arange(len(order), device=order.device)
    return near.flatten().nonzero()[:, 0] + (shift * classes).repeat_interleave(near.sum(1))


def _run(rows: Tensor) -> Tensor | slice:
    """The same rows as a slice where they stand one behind the other, which is quicker to read."""
    if len(rows) and bool((rows.diff() == 1).all()):
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def of_label(team: Bundle, rows: Tensor) -> Tensor:
    """Probability of the label.

    Args:
        team: M models with probabilities.
        rows: int64 [n], labelled samples.

    Returns:
        float64 [M, n].
    """
    labels, rows = team.labels[rows].long()[:, None], _run(rows)
    found = torch.empty(len(team.models), len(labels), dtype=torch.float64, device=team.device)
    for row, model in zip(found, team.models, strict=True):
        table = team.probabilities[model][rows]
        torch.div(table.gather(1, labels)[:, 0], table.sum(-1, dtype=torch.float64), out=row)
    return found
