"""The probabilities of some samples, and what several families of sums make of them."""

from dataclasses import dataclass
from functools import cached_property
from math import log

import torch
from torch import Tensor

CLIP = 1e-12


@dataclass(frozen=True, eq=False)
class Distributions:
    """The probabilities of a chunk, of all models that have some.

    Attributes:
        models: int64 [S], rows of the bundle's models with probabilities.
        values: [S, n, C], rows sum to 1, all 0 where the model gave no answer; float64 when the
            bundle stores float64 or is small enough for it not to matter, else float32.
        scored: bool [S, n], the model gave an answer and its probabilities count.
        complete: it is known already that all are scored.
    """

    models: Tensor
    values: Tensor
    scored: Tensor
    complete: bool = False

    def part(self, samples: Tensor | slice) -> "Distributions":
        """Those of these samples."""
        values, scored = self.values[:, samples], self.scored[:, samples]
        return Distributions(self.models, values, scored, self.complete)

    @cached_property
    def all_scored(self) -> bool:
        """Every model's probabilities count for every sample."""
        return self.complete or bool(self.scored.all())

    @cached_property
    def logs(self) -> Tensor:
        """Ln of the values, clipped at `CLIP`, [S, n, C]."""
        return self.values.log().clamp_min_(log(CLIP))

    @cached_property
    def mean(self) -> Tensor:
        """Mean probability of the models that answered, float64 [n, C]; NaN where none did."""
        total = torch.zeros(self.values.shape[1:], dtype=torch.float64, device=self.values.device)
        for table in self.values:
            total += table
        return total / self.scored.sum(0)[:, None]

    @cached_property
    def entropies(self) -> Tensor:
        """Entropy of each model's own probabilities, float64 [S, n], 0 where it did not answer."""
        return torch.stack([entropy(table) for table in self.values])


def softmax_(scores: Tensor) -> Tensor:
    """Softmax over the last axis, written into the scores; quicker than torch's for few classes.

    Example:
        >>> softmax_(torch.tensor([[0.0, 0.0], [1000.0, 0.0]])).tolist()
        [[0.5, 0.5], [1.0, 0.0]]
    """
    scores.sub_(scores.amax(-1, keepdim=True)).exp_()
    return scores.div_(scores.sum(-1, keepdim=True))


def entropy(probabilities: Tensor) -> Tensor:
    """Shannon entropy in nats, 0 ln 0 = 0.

    Args:
        probabilities: float [..., C], rows sum to 1.

    Returns:
        float64 [...] in [0, ln C].

    Example:
        >>> entropy(torch.tensor([[1.0, 0.0], [0.5, 0.5]])).round(decimals=4).tolist()
        [0.0, 0.6931]
    """
    doubles = probabilities.double()
    return (0 - (doubles * doubles.clamp_min(CLIP).log()).sum(-1)).clamp_min(0)
