"""Corrections of an ensemble's probabilities that make its accuracy more even over the classes."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.deciding import TIE
from analysis.evidence import Evidence, Given, Rows, probabilities, shared
from analysis.learned import Learned, Options, Parameters

STEPS = 30
ROUNDS = 20
PARTITIONS = (2, 3, 4, 5)


def class_weights(team: Bundle, rows: Tensor, options: Options) -> Learned:
    """A factor per class for the mean probability, found by coordinate descent.

    Each class in turn takes the factor of 1/30 ... 1 that makes the error rate plus "beta" times
    the class imbalance smallest, until none helps; of equals the one nearest to no change.

    Args:
        team: M models with probabilities.
        rows: int64 [n], labelled samples that all answered.
        options: "beta", how much imbalance counts: the mean difference in accuracy between two
            classes (COBias), in [0, 1].

    Returns:
        Parameters "factors" [C] in (0, 1].

    References:
        Lin and You 2024, COBias and debias: balancing class accuracies with nonlinear integer
        programming; they search by simulated annealing.
    """
    factors = torch.linspace(1, 1 / STEPS, STEPS, dtype=torch.float64, device=team.device)
    chosen = _chosen(team, rows, options, lambda pooled: factors[:, None] * pooled)
    return Learned(parameters=Parameters({"factors": factors[chosen]}))


def membership(team: Bundle, rows: Tensor, options: Options) -> Learned:
    """A function per class that corrects its mean probability according to where it lies.

    Each class in turn takes the best of no change and the triangular membership functions of
    [0, 1] cut into 2, 3, 4 and 5 fuzzy sets, judged as for `class_weights`. So a probability may
    be raised in one range and lowered in another, sample by sample.

    Args:
        team: M models with probabilities.
        rows: int64 [n], labelled samples that all answered.
        options: "beta", as for `class_weights`.

    Returns:
        Parameters "peaks" and "slopes" [C]; a slope of 0 stands for no change.

    References:
        Lin and You 2024, Let the fuzzy rule speak; Ishibuchi et al. 2005 for the fuzzy sets.
    """
    peaks, slopes = _triangles(team.device)
    chosen = _chosen(
        team, rows, options, lambda pooled: _corrected(pooled, peaks[:, None], slopes[:, None])
    )
    return Learned(parameters=Parameters({"peaks": peaks[chosen], "slopes": slopes[chosen]}))


def reweighted(bundle: Bundle, rows: Rows, given: Given) -> Evidence:
    """The probabilities times the factor of each class."""
    found = probabilities(bundle, rows, given)
    return Evidence(found.planes * given["factors"][:, None, None], found.answered)


def refitted(bundle: Bundle, rows: Rows, given: Given) -> Evidence:
    """The corrected mean probability; as it is where every class is corrected to 0, or nearly."""
    found = probabilities(bundle, rows, given)
    pooled = found.planes.sum(1) / found.answered.sum(0).clamp_min(1)
    values = _corrected(pooled, given["peaks"][:, None], given["slopes"][:, None])
    values = torch.where(values.amax(0) > TIE, values, pooled)
    return Evidence(shared(values, found.answered), found.answered)


def imbalance(accuracies: Tensor) -> Tensor:
    """Mean absolute difference in accuracy between two classes (COBias).

    Args:
        accuracies: float64 [..., C]; NaN for a class without samples is left out, the same
            classes in every row.

    Returns:
        float64 [...] in [0, 1]; lower is more even; 0 for a single class.

    Example:
        >>> round(imbalance(torch.tensor([0.9, 0.5, 0.4])).item(), 3)
        0.333

    References:
        Lin and You 2024.
    """
    known = accuracies[..., ~accuracies.reshape(-1, accuracies.shape[-1]).isnan().any(0)]
    classes = known.shape[-1]
    if classes < 2:
        return known.new_zeros(known.shape[:-1])
    place = torch.arange(classes, dtype=known.dtype, device=known.device)
    return (known.sort(-1).values * (2 * place - classes + 1)).sum(-1) * 2 / classes / (classes - 1)


def _triangles(device: torch.device) -> tuple[Tensor, Tensor]:
    """Peaks and slopes of the functions; the first stands for no change."""
    peaks = [torch.zeros(1), *(torch.linspace(0, 1, sets) for sets in PARTITIONS)]
    slopes = [torch.zeros(1), *(torch.full((sets,), sets - 1.0) for sets in PARTITIONS)]
    return torch.cat(peaks).double().to(device), torch.cat(slopes).double().to(device)


def _corrected(pooled: Tensor, peaks: Tensor, slopes: Tensor) -> Tensor:
    inside = (1 - slopes * (pooled - peaks).abs()).clamp_min(0)
    return torch.where(slopes == 0, pooled, inside)


def _chosen(
    team: Bundle, rows: Tensor, options: Options, versions: Callable[[Tensor], Tensor]
) -> Tensor:
    """Coordinate descent: which of F versions of its probability each class takes, int64 [C]."""
    pooled = _pooled(team, rows)
    labels = team.labels[rows].long()
    state = _Corrected(pooled.clone(), pooled.argmax(0) == labels, labels, float(options["beta"]))
    chosen = torch.zeros(len(pooled), dtype=torch.int64, device=team.device)
    for _ in range(ROUNDS):
        before = chosen.clone()
        for place in range(len(pooled)):
            tried = versions(pooled[place])
            costs = state.costs(place, tried)
            if costs.min() < costs[chosen[place]] - TIE:
                chosen[place] = (costs <= costs.min() + TIE).nonzero()[0, 0]
                state.scores[place] = tried[chosen[place]]
        if torch.equal(before, chosen):
            break
    return chosen


def _pooled(team: Bundle, rows: Tensor) -> Tensor:
    """Mean probability float64 [C, n] of members that all answered."""
    total = torch.zeros(len(team.classes), len(rows), dtype=torch.float64, device=team.device)
    for part, here in zip(rows.split(1 << 12), total.split(1 << 12, dim=1), strict=True):
        here += probabilities(team, part, {}).planes.mean(1)
    return total


@dataclass(eq=False)
class _Corrected:
    """Scores [C, n] of labelled samples, and what changing those of one class would cost."""

    scores: Tensor
    plain: Tensor  # bool [n], right without a correction, which holds where all are nearly 0
    labels: Tensor
    beta: float

    def costs(self, place: int, tried: Tensor) -> Tensor:
        """Error rate plus beta times imbalance [F] if this class had these scores [F, n]."""
        others = self.scores.clone()
        others[place] = -torch.inf
        rival = others.amax(0)
        who = (others >= rival - TIE).int().argmax(0)
        wins = (tried > rival + TIE) | ((tried >= rival - TIE) & (place < who))
        own = self.labels == place
        good = torch.where(own, wins, ~wins & (who == self.labels))
        good = torch.where((tried > TIE) | (rival > TIE), good, self.plain)
        classes, samples = self.scores.shape
        right = torch.zeros(len(tried), classes, dtype=torch.float64, device=tried.device)
        right.index_add_(1, self.labels, good.double())
        accuracies = right / self.labels.bincount(minlength=classes)
        return 1 - right.sum(1) / samples + self.beta * imbalance(accuracies)
