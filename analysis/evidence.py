"""What each member contributes to an ensemble's answer, for a rule to add up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from analysis.answer_codes import local_codes
from analysis.bundle import Bundle, normalised
from analysis.heated import at_temperature
from analysis.sums.distribution import CLIP

Rows = Tensor | slice
Given = Mapping[str, float | str | Tensor]
NEVER_ZERO = 1e-6


@dataclass(frozen=True, eq=False)
class Evidence:
    """What each member contributes on a chunk of n samples; a rule adds it over the members.

    Attributes:
        planes: float [L, M, n], one plane per candidate answer in class order, 0 where the
            member gave no answer.
        answered: bool [M, n].
        classes: int32 [L, n], the class behind each plane, -1 = unused; None: plane = class.
        ties: gives the tie-break of these samples, int64 [k]: float64 [L, M, k], added likewise
            and compared among tied planes only. Most samples need none.
        breakable: bool [M], which members have a tie-break; it counts only where all have.
    """

    planes: Tensor
    answered: Tensor
    classes: Tensor | None = None
    ties: Callable[[Tensor], Tensor] | None = None
    breakable: Tensor | None = None

    @cached_property
    def tie_break(self) -> Tensor | None:
        """That of all samples, [L, M, n]."""
        if self.ties is None:
            return None
        return self.ties(torch.arange(self.answered.shape[1], device=self.answered.device))

    def at(self, samples: Tensor) -> "Evidence":
        """The evidence on these samples only."""
        return Evidence(
            self.planes[..., samples],
            self.answered[:, samples],
            None if self.classes is None else self.classes[:, samples],
            None if self.ties is None else lambda some: self.ties(samples[some]),
            self.breakable,
        )


def answered_by(bundle: Bundle, rows: Rows, given: Given) -> Tensor:
    """Who answered what, bool [M, n].

    Args:
        bundle: M models.
        rows: n samples.
        given: "present", bool [M], leaves models out where a rule looks at its whole team.
    """
    answered = bundle.predictions[:, rows] >= 0
    return answered & given["present"][:, None] if "present" in given else answered


def votes(bundle: Bundle, rows: Rows, given: Given) -> Evidence:
    """One for the answer given; probabilities break ties."""
    codes, classes = local_codes(bundle.predictions[:, rows])
    numbers = torch.arange(len(classes), device=bundle.device)[:, None, None]
    answered = answered_by(bundle, rows, given)
    planes = ((codes == numbers) & answered).float()
    breakable = torch.tensor(
        [model in bundle.probabilities for model in bundle.models], device=bundle.device
    )
    if not breakable.any():
        return Evidence(planes, answered, classes)
    places = torch.arange(len(bundle.ids), device=bundle.device)[rows]

    def ties(some: Tensor) -> Tensor:
        here, given_by = classes[:, some], answered[:, some]
        broken = torch.zeros((*here.shape, len(given_by)), dtype=torch.float64, device=here.device)
        columns = here.clamp_min(0).long().T
        for row in breakable.nonzero().flatten().tolist():
            stated = normalised(bundle.probabilities[bundle.models[row]][places[some]])
            known = given_by[row] & (here >= 0)
            broken[..., row] = torch.where(known, stated.gather(1, columns).T, 0.0)
        return broken.permute(0, 2, 1)

    return Evidence(planes, answered, classes, ties, breakable)


def probabilities(bundle: Bundle, rows: Rows, given: Given) -> Evidence:
    """The probability of each class."""
    answered = answered_by(bundle, rows, given)
    shape = (len(bundle.classes), *answered.shape)
    planes = torch.zeros(shape, dtype=torch.float64, device=bundle.device)
    for row, model in enumerate(bundle.models):
        if model in bundle.probabilities:
            stored = bundle.probabilities[model][rows].double()
            torch.div(stored.T, stored.sum(1), out=planes[:, row])
    return _of_answers(planes, answered)


def log_probabilities(bundle: Bundle, rows: Rows, given: Given) -> Evidence:
    """The logarithm of the probability of each class."""
    evidence = probabilities(bundle, rows, given)
    return _of_answers(evidence.planes.clamp_min_(CLIP).log_(), evidence.answered)


def calibrated(bundle: Bundle, rows: Rows, given: Given) -> Evidence:
    """The probability of each class at the member's own temperature."""
    found = probabilities(bundle, rows, given)
    heated = at_temperature(found.planes.permute(1, 2, 0), given["temperature"]).permute(2, 0, 1)
    return _of_answers(heated, found.answered)


def by_inverse_entropy(bundle: Bundle, rows: Rows, given: Given) -> Evidence:
    """The probabilities, divided by their entropy in nats."""
    evidence = probabilities(bundle, rows, given)
    entropy = -torch.special.xlogy(evidence.planes, evidence.planes).sum(0)
    return Evidence(evidence.planes.div_(entropy + NEVER_ZERO), evidence.answered)


def by_inverse_gini(bundle: Bundle, rows: Rows, given: Given) -> Evidence:
    """The probabilities, divided by the chance that two draws from them differ."""
    evidence = probabilities(bundle, rows, given)
    impurity = 1 - evidence.planes.square().sum(0)
    shares = evidence.planes.div_(impurity.clamp_min_(0) + NEVER_ZERO)
    return Evidence(shares, evidence.answered)


def _of_answers(planes: Tensor, answered: Tensor) -> Evidence:
    """Evidence that is nothing where there is no answer; the planes are written over."""
    if not answered.all():
        planes.masked_fill_(~answered, 0.0)
    return Evidence(planes, answered)


def shared(values: Tensor, answered: Tensor) -> Tensor:
    """Evidence of the team as a whole, in equal parts from those who answered.

    Args:
        values: [L, n].
        answered: bool [M, n].

    Returns:
        float64 [L, M, n] that adds up to the values over M; 0 where nobody answered.
    """
    part = values.double() / answered.sum(0).clamp_min(1)
    return torch.where(answered, part[:, None], 0.0)
