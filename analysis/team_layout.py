"""Evidence of a pool laid out in lanes for the compiled kernel of many weighed teams."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.chunks import fits, samples_at_a_time
from analysis.deciding import TIE
from analysis.evidence import Evidence
from analysis.leads import BREAKING, MOST_BROKEN
from analysis.rule import Rule
from analysis.sums import candidate_lanes, compiled
from analysis.sums.candidate_lanes import MOST_WHOLE, CandidateCounts
from analysis.sums.lanes import LANES
from analysis.sums.losses import CALIBRATION_BINS as BINS
from analysis.sums.piece import Missing
from analysis.team_kernels import PAYS_FROM, _in_blocks, _in_lanes, _words

AT_A_TIME = 16_384  # samples
TIMES = 4  # as much work, at least, with the answers without each member
UNCOUNTED = {"brier", "calibration"}  # by the kernel


def countable(bundle: Bundle, weights: Tensor, row: Rule) -> Tensor:
    """Which teams the compiled kernel can count, bool [E].

    Args:
        bundle: the pool of M models.
        weights: float64 [E, M].
        row: the rule.
    """
    every = torch.ones(len(weights), dtype=torch.bool, device=weights.device)
    if bundle.graded_elsewhere or (row.total is None and row.name != "plurality"):
        return ~every
    scored = sum(model in bundle.probabilities for model in bundle.models)
    if row.total is not None or not scored:
        return every
    if scored < len(bundle.models):
        return ~every
    plain = ((weights == 0) | (weights == 1)).all(1)  # probabilities break ties between votes
    return plain & ((weights > 0).sum(1) <= MOST_BROKEN)


class Layout:
    """The evidence of a pool in lanes, made once for all batches of teams where it fits."""

    def __init__(
        self,
        bundle: Bundle,
        row: Rule,
        asked: Collection[str],
        flags: Tensor,
        missing: Missing,
        teams: int | None = None,
    ) -> None:
        self.bundle, self.row, self.flags, self.missing = bundle, row, flags, missing
        self.teams = teams
        self.asked = set(asked)
        self.classes = 0
        if "named" in self.asked and bundle.labels is not None:
            self.classes = len(bundle.classes)
        planes = len(bundle.classes) if row.pool else min(len(bundle.classes), len(bundle.models))
        values = len(bundle.models) * (3 * planes + 4)
        self.step = min(
            AT_A_TIME, max(LANES, samples_at_a_time(values, bundle.device) // LANES * LANES)
        )
        self.held = fits(8 * len(bundle.models) * (1.5 * planes + 3) * len(bundle.ids))
        self.parts: list[Part] = []

    def __iter__(self) -> "Iterator[Part]":
        """The parts of the samples."""
        if self.parts:
            yield from self.parts
            return
        parts = []
        for start in range(0, len(self.bundle.ids), self.step):
            rows = torch.arange(start, min(start + self.step, len(self.bundle.ids)))
            for part in _parts(self, rows):
                parts += [part] if self.held else []
                yield part
        self.parts = parts

    def countable(self, weights: Tensor) -> Tensor:
        """Which of these teams are left to the compiled kernel, bool [E].

        None, where the work for all teams is not worth compiling it.
        """
        teams = len(weights) if self.teams is None else self.teams
        steps = teams * len(self.bundle.classes) * len(self.bundle.ids)
        if "stability" in self.asked:
            steps *= TIMES
        pays = compiled.chosen(None, steps, self.bundle.device, pays_from=PAYS_FROM)
        if not pays or self.asked & UNCOUNTED:
            return torch.zeros(len(weights), dtype=torch.bool, device=weights.device)
        return countable(self.bundle, weights, self.row)

    def counted(self, weights: Tensor) -> dict[str, Tensor]:
        """The fields of `TeamSums`, `UNCOUNTED` ones as 0, of teams float64 [E, M]."""
        team, model = weights.numpy().nonzero()
        starts = np.zeros(len(weights) + 1, dtype=np.int64)
        np.cumsum(np.bincount(team, minlength=len(weights)), out=starts[1:])
        amounts = np.ascontiguousarray(weights.numpy()[team, model])
        teams = (starts, model.astype(np.int64), amounts, amounts.astype(np.float32))
        teams = (*teams, candidate_lanes.rounding(weights.numpy()))
        workers = range(torch.get_num_threads())
        found = [CandidateCounts(len(weights), len(self.flags), self.classes) for _ in workers]
        for part in self:
            candidate_lanes.count((*teams, *part.inputs), part.blocks, found)
            if part.named is not None:
                found[0].named += part.named
        return _fields(found, self)


@dataclass(frozen=True, eq=False)
class Part:
    """Some samples in blocks, as the kernel takes them.

    Attributes:
        blocks: how many.
        inputs: see `candidate_lanes.counted`, from the number of disputed blocks on.
        named: int64 [C], what every team says on those that are undisputed; None: not asked for.
    """

    blocks: int
    inputs: tuple
    named: np.ndarray | None = None


def _fields(parts: list[CandidateCounts], layout: Layout) -> dict[str, Tensor]:
    found = parts[0]
    for part in parts[1:]:
        found.add(part)
    n, right, agreeing, compared, scored = torch.from_numpy(found.tallies).unbind(1)
    nothing, named = torch.zeros(len(n), dtype=torch.float64), torch.from_numpy(found.named)
    bins = torch.zeros(len(n), BINS, dtype=torch.float64)
    lost, classes = "log_loss" in layout.asked, len(layout.bundle.classes)
    return {
        "n": n,
        "right": right,
        "agreeing": agreeing,
        "compared": compared,
        "scored": torch.zeros_like(scored) if layout.row.pool is None else scored,
        "loss_sum": torch.from_numpy(found.losses.clip(0)) if lost else nothing,
        "brier_sum": nothing,
        "bins": torch.stack([bins] * 3, 1),
        "flag_n": torch.from_numpy(found.flagged[0]),
        "flag_right": torch.from_numpy(found.flagged[1]),
        "named": named if layout.classes else torch.zeros(len(n), classes, dtype=torch.int64),
    }


def _parts(layout: Layout, rows: Tensor) -> Iterator[Part]:
    """A chunk of samples: first those on which teams may differ, then those where all models agree.

    The most disputed ones come foremost, so that blocks are alike.
    """
    bundle, row = layout.bundle, layout.row
    evidence = row.evidence(bundle, rows, row.defaults)
    planes, close = evidence.planes.double(), TIE
    if row.pool is None and evidence.tie_break is not None:
        planes, close = planes + BREAKING * evidence.tie_break, BREAKING * TIE
    own = planes.argmax(0)
    alike = _most(own, len(planes))
    certain = (alike == len(own)) & evidence.answered.all(0)
    disputed = (~certain).nonzero().flatten()
    disputed = disputed[alike[disputed].argsort(stable=True)]
    for order, settled in ((disputed, False), (certain.nonzero().flatten(), True)):
        if not len(order):
            continue
        blocks, named = -(-len(order) // LANES), None
        inputs = _inputs(layout, rows[order], evidence.at(order), planes[..., order])
        if settled and layout.classes:
            classes, known = _classes(evidence.at(order)), bundle.labels[rows[order]] >= 0
            said = classes.gather(0, own[:1, order])[0][known]
            named = torch.bincount(said.long(), minlength=layout.classes).numpy()
        yield Part(blocks, (0 if settled else blocks, close, *inputs), named)


def _most(own: Tensor, planes: int) -> Tensor:
    """How many models the most frequent plane has, int64 [n]."""
    counts = torch.zeros(planes, own.shape[1], dtype=torch.int64)
    return counts.scatter_add_(0, own, torch.ones_like(own)).amax(0)


def _inputs(layout: Layout, rows: Tensor, evidence: Evidence, planes: Tensor) -> tuple:
    """What the kernel takes of these samples, blocks first."""
    bundle, known = layout.bundle, np.zeros(len(rows), dtype=bool)
    if bundle.labels is not None:
        known = bundle.labels[rows].numpy() >= 0
    classes = _classes(evidence)
    label = _label_planes(bundle, rows, classes)
    likely = np.zeros((-(-len(rows) // LANES), 0, 2, LANES))
    if "log_loss" in layout.asked:
        likely = _likely(evidence, bundle.labels[rows].long(), layout.row)
    lanes = np.ascontiguousarray(_padded(planes).transpose(2, 1, 0, 3))
    largest = float(planes.abs().max())
    return (
        largest,
        largest < MOST_WHOLE and bool((planes == planes.round()).all()),
        lanes,
        lanes.astype(np.float32),
        np.ascontiguousarray(_padded(planes.amax(0) - planes.amin(0)).max(-1).T),
        _padded(label.double()),
        np.ascontiguousarray(_padded(classes.int()).transpose(1, 0, 2)),
        _in_blocks(_words(evidence.answered.numpy())),
        _words(known),
        _words((planes[:, 0].argmax(0) == label).numpy() & known),
        _words(known & (layout.missing == "wrong")),
        _in_blocks(_words(layout.flags[:, rows].numpy())),
        likely,
        "stability" in layout.asked,
    )


def _classes(evidence: Evidence) -> Tensor:
    """The class behind each plane, [L, n]."""
    if evidence.classes is not None:
        return evidence.classes.long()
    samples = evidence.answered.shape[1]
    return torch.arange(len(evidence.planes))[:, None].expand(-1, samples)


def _label_planes(bundle: Bundle, rows: Tensor, classes: Tensor) -> Tensor:
    """The plane of the label, -1 = none, int64 [n]."""
    if bundle.labels is None:
        return torch.full((len(rows),), -1)
    labels = bundle.labels[rows]
    own = (classes == labels) & (labels >= 0)
    return torch.where(own.any(0), own.to(torch.int8).argmax(0), -1)


def _likely(evidence: Evidence, labels: Tensor, row: Rule) -> np.ndarray:
    """The evidence for the label and what it is divided by [B, M, 2, 64], 0 without a label."""
    column = labels.clamp_min(0).expand(1, evidence.planes.shape[1], -1)
    of_label = evidence.planes.gather(0, column)[0].double()
    both = torch.stack([of_label, row.total(evidence).double()]).masked_fill_(labels < 0, 0)
    return np.ascontiguousarray(_in_lanes(both).transpose(2, 1, 0, 3))


def _padded(values: Tensor) -> np.ndarray:
    """[..., n] as [..., B, 64], filled up with the last."""
    blocks = -(-values.shape[-1] // LANES)
    wide = np.empty((*values.shape[:-1], blocks * LANES), dtype=values.numpy().dtype)
    wide[..., : values.shape[-1]] = values
    wide[..., values.shape[-1] :] = values[..., -1:]
    return wide.reshape(*values.shape[:-1], blocks, LANES)
