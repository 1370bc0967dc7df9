"""Which labels may be wrong, as the models' answers suggest."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from analysis.answer_codes import vote_counts
from analysis.bundle import Bundle, BundleError
from analysis.chunks import fits
from analysis.difficulty import wrong_answers
from analysis.samples import chunk_size, sample_values
from analysis.sums.piece import pieces

SLACK = 1e-6
CAVEAT = (
    "Only predictions on samples that the models were not trained on say something of a label; "
    "and a sample that all get wrong in the same way may have a wrong label or be hard."
)


@dataclass(frozen=True, eq=False)
class ConfidentJoint:
    """Given labels against the classes that the models are confident of.

    Attributes:
        thresholds: float64 [C], mean probability of a class over the samples that carry it as
            label; NaN for a class without samples, which is never inferred.
        given: int64 [n], the label, -1 = unlabelled.
        inferred: int64 [n], the most probable of the classes that reach their threshold, -1 =
            none does.
        suspects: int64 [k], samples whose inferred class is not their label.
    """

    thresholds: Tensor
    given: Tensor
    inferred: Tensor
    suspects: Tensor

    @cached_property
    def joint(self) -> Tensor | None:
        """Samples by given label (row) and inferred class (column), int64 [C, C].

        Samples without a confident class are in no cell. Made when asked for; None for so many
        classes that the memory does not hold it.
        """
        classes = len(self.thresholds)
        if not fits(8 * classes**2, self.thresholds.device):
            return None
        counted = (self.given >= 0) & (self.inferred >= 0)
        cells = self.given[counted] * classes + self.inferred[counted]
        return cells.bincount(minlength=classes**2).view(classes, classes)


@dataclass(frozen=True, eq=False)
class Suspects:
    """Every sample of a bundle with what speaks against its label.

    Attributes:
        flagged: bool [N], the label is suspicious: the inferred class is another one, or, without
            probabilities, more than half of two or more models give one other answer.
        given: int64 [N], the label, -1 = unlabelled.
        suggested: int64 [N], the inferred class where it was flagged for that, else the most
            voted other answer; -1 = no other was given.
        self_confidence: float64 [N], mean probability of the label; NaN without probabilities.
        consensus: float64 [N], largest share of the models with one and the same wrong answer.
        unanimous: bool [N], two or more models are judged and all give the same wrong answer.
        rank: int64 [N], 0 = most suspicious; -1 = cannot be judged (no label or no answer).
        n: how many samples could be judged.
        joint: the confident joint of the models' mean probability; None without probabilities.
        caveat: what has to be known to read this.
    """

    flagged: Tensor
    given: Tensor
    suggested: Tensor
    self_confidence: Tensor
    consensus: Tensor
    unanimous: Tensor
    rank: Tensor
    n: int
    joint: ConfidentJoint | None = None
    caveat: str = CAVEAT

    @property
    def order(self) -> Tensor:
        """int64 [n], rows of the samples that could be judged, most suspicious first."""
        return self.rank.argsort(stable=True)[len(self.rank) - self.n :]

    @property
    def doubted(self) -> Tensor:
        """Bool [N], the label is flagged, or all of two or more models contradict it alike."""
        return self.flagged | self.unanimous


def confident_joint(probabilities: Tensor, labels: Tensor) -> ConfidentJoint:
    """Counts given labels against the classes that the models are confident of.

    As cleanlab's `compute_confident_joint(calibrate=False)`, but the inferred class is always
    the most probable of those that reach their threshold, and empty cells of the diagonal stay 0.

    Args:
        probabilities: float [n, C], mean over the models, rows sum to 1; rows of NaN are skipped.
        labels: int [n], -1 = unlabelled, which is skipped.

    Returns:
        Thresholds, inferred classes and suspects; the joint counts when asked for.

    Example:
        >>> said = torch.tensor([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.9, 0.1]])
        >>> found = confident_joint(said, torch.tensor([0, 0, 1, 1]))
        >>> found.joint.tolist(), found.suspects.tolist()
        ([[1, 0], [1, 1]], [3])

    References:
        Northcutt et al. 2021, Confident learning, eq. 1 and 2.
    """
    probabilities, labels = probabilities.double(), labels.long()
    of_label = probabilities.gather(1, labels.clamp_min(0)[:, None])[:, 0]
    of_label = of_label.masked_fill(labels < 0, torch.nan)
    thresholds = _thresholds(of_label, labels, probabilities.shape[1])
    return _confident(thresholds, _inferred(probabilities, thresholds), labels)


def suspects(bundle: Bundle, *, chunk: int | None = None) -> Suspects:
    """What speaks against the label of each sample, and the samples in order of suspicion.

    First come the samples that all of two or more models get wrong with one and the same answer,
    then the other flagged ones; within each, those with the lowest margin, then those with the
    highest consensus against the label.

    Args:
        bundle: M models, N samples, with labels; probabilities of some models help.
        chunk: samples at a time; chosen from the sizes when not given.

    Returns:
        One entry per sample; see `Suspects`.

    Raises:
        BundleError: there are no labels, or no answers.

    Example:
        >>> said = torch.tensor([[0, 1, 1], [0, 1, 1]], dtype=torch.int32)
        >>> labels = torch.tensor([0, 0, 1], dtype=torch.int32)
        >>> bundle = Bundle(("a", "b"), ("0", "1", "2"), ("cat", "dog"), said, labels)
        >>> found = suspects(bundle)
        >>> found.order.tolist(), found.flagged.tolist(), found.suggested.tolist()
        ([1, 0, 2], [False, True, False], [-1, 1, -1])

    References:
        Northcutt et al. 2021, Confident learning.
    """
    if bundle.labels is None or not (bundle.labels >= 0).any():
        raise BundleError("Suspicious labels need labels, and there are none; load them.")
    if not (bundle.predictions >= 0).any():
        raise BundleError("Suspicious labels need the models' answers, and there are only grades.")
    names = ("self_confidence", "normalized_margin", "consensus_against_label")
    confidence, margin, consensus = sample_values(bundle, names, chunk=chunk).values()
    given = bundle.labels.long()
    known = ~consensus.isnan() & (given >= 0)
    suggested, flagged, unanimous = _most_voted_other(bundle, chunk)
    joint = None
    if bundle.probabilities:
        joint = _joint_of(bundle, confidence, chunk)
        scored = ~margin.isnan()
        flagged &= ~scored
        flagged[joint.suspects] = True
        of_joint = flagged & scored
        suggested = torch.where(of_joint, joint.inferred, suggested)
    flagged &= known
    unanimous &= known
    rank = _ranked((~unanimous, ~flagged, margin, -consensus), known)
    return Suspects(
        flagged=flagged,
        given=given,
        suggested=suggested,
        self_confidence=confidence,
        consensus=consensus,
        unanimous=unanimous,
        rank=rank,
        n=int(known.sum()),
        joint=joint,
    )


def _thresholds(of_label: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Mean probability of each class over the samples that carry it as label, float64 [C]."""
    used = ~of_label.isnan()
    sums = torch.zeros(classes, dtype=torch.float64, device=labels.device)
    sums.index_add_(0, labels[used], of_label[used])
    return sums / labels[used].bincount(minlength=classes)


def _inferred(mean: Tensor, thresholds: Tensor) -> Tensor:
    """The most probable class that reaches its threshold, int64 [n], -1 = none does."""
    # Slack for equal values that rounding parts; and a class needs some probability.
    reached = mean >= thresholds.clamp_min(2 * SLACK) - SLACK
    best = mean.masked_fill(~reached, -1).argmax(1)
    return torch.where(reached.any(1), best, -1)


def _confident(thresholds: Tensor, inferred: Tensor, labels: Tensor) -> ConfidentJoint:
    counted = (labels >= 0) & (inferred >= 0)
    suspicious = (counted & (labels != inferred)).nonzero()[:, 0]
    return ConfidentJoint(thresholds, labels, inferred, suspicious)


def _joint_of(bundle: Bundle, of_label: Tensor, chunk: int | None) -> ConfidentJoint:
    """The joint of a bundle, in one walk; of_label [N] is the mean probability of the label."""
    labels = bundle.labels.long()
    thresholds = _thresholds(of_label, labels, len(bundle.classes))
    step = chunk or chunk_size(bundle, of_probabilities=True)
    parts = [_inferred(piece.distributions.mean, thresholds) for piece in pieces(bundle, step)]
    return _confident(thresholds, torch.cat(parts), labels)


def _most_voted_other(bundle: Bundle, chunk: int | None) -> tuple[Tensor, Tensor, Tensor]:
    """The most frequent wrong answer, int64 [N], -1 = none; whether most, and all, give it.

    A model that is the only one to be judged is neither a majority nor all of them.
    """
    suggested = torch.full((len(bundle.ids),), -1, dtype=torch.int64, device=bundle.device)
    majority = torch.zeros_like(suggested, dtype=torch.bool)
    unanimous = torch.zeros_like(majority)
    for piece in pieces(bundle, chunk or chunk_size(bundle, of_probabilities=False)):
        against = wrong_answers(
            piece.predictions, piece.compared, piece.graded, piece.right, piece.labels
        )
        votes, classes = vote_counts(against)
        most, place = votes.max(0)
        other = classes.gather(0, place[None])[0].long()
        suggested[piece.rows] = other
        judges = (piece.compared & piece.graded).sum(0)
        majority[piece.rows] = (2 * most > judges) & (judges > 1)
        unanimous[piece.rows] = (most == judges) & (judges > 1)
    return suggested, majority, unanimous


def _ranked(keys: tuple[Tensor, ...], known: Tensor) -> Tensor:
    """Places in the order of these keys, lowest first, the earlier keys first; -1 = not known.

    NaN comes last within its key, and equal samples keep their order.
    """
    order = known.nonzero()[:, 0]
    for key in reversed(keys):
        values = torch.where(key.isnan(), torch.inf, key.double())
        order = order[values[order].argsort(stable=True)]
    rank = torch.full_like(known, -1, dtype=torch.int64)
    rank[order] = torch.arange(len(order), device=known.device)
    return rank
