"""What fitting a rule yields."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

Options = Mapping[str, float | str]


@dataclass(frozen=True, eq=False)
class Parameters:
    """Tensors that a rule has learned, by name.

    Attributes:
        tensors: as the rule's `fit` names them; those of length M follow the members.
    """

    tensors: Mapping[str, Tensor] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """Text that is equal for equal tensors; empty without any."""
        if not self.tensors:
            return ""
        found = hashlib.blake2b(digest_size=16)
        for name, tensor in self.tensors.items():
            found.update(f"{name}{tuple(tensor.shape)}{tensor.dtype}".encode())
            found.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
        return found.hexdigest()


@dataclass(frozen=True, eq=False)
class Learned:
    """What a rule makes of the samples to fit on.

    Attributes:
        weights: float64 [M], at least 0; None: members count alike.
        path: per round of a greedy selection the place of the model taken and the score after it.
        parameters: whatever else it learned.
    """

    weights: Tensor | None = None
    path: list[tuple[int, float]] = field(default_factory=list)
    parameters: Parameters = field(default_factory=Parameters)
