"""One strange bundle, and what is asked of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, is_dataclass
from functools import cached_property

import torch
from stress.bundles import strange
from torch import Tensor

from analysis.bundle import Bundle
from analysis.catalog import CATALOG
from analysis.tally import Tally, tally

NEEDS = {need for row in CATALOG.values() if row.kind != "sample" for need in row.needs}
MIDDLES = {  # what stands between "low" and "high", where a result has one of these
    "": ("mean", "accuracy", "gap", "net", "gain", "risk", "value", "rho"),
    "inside_": ("inside",),
    "outside_": ("outside",),
    "gap_": ("gap",),
    "shapley_": ("shapley",),
    "others_": ("others",),
}
CLOSE = 1e-9
ROUNDED = 1e-6  # for what is computed from probabilities in float32
Step = tuple[str, Callable[[], None]]
Steps = Iterator[Step]


@dataclass(frozen=True)
class Case:
    """A bundle by its seed; gaps are left out or count as wrong."""

    seed: int

    @cached_property
    def bundle(self) -> Bundle:
        return strange(self.seed)

    @property
    def missing(self) -> str:
        return ("exclude", "wrong")[self.seed // 10 % 2]

    @cached_property
    def sums(self) -> Tally:
        return self.summed(self.bundle)

    def summed(self, bundle: Bundle, **more) -> Tally:
        return tally(bundle, NEEDS, groups=tuple(bundle.groups), missing=self.missing, **more)

    def one_of(self, things: Sequence) -> Sequence:
        """One of some things, where there are any; another one for each seed."""
        return things[self.seed // 3 % len(things) :][:1] if things else ()

    def shuffled(self, number: int) -> Tensor:
        """An order of so many things."""
        return torch.randperm(number, generator=torch.Generator().manual_seed(self.seed))


def same(found: Tensor, expected: Tensor, told: object = None, close: float = CLOSE) -> None:
    """Equal up to rounding, and undefined in the same places."""
    assert found.shape == expected.shape, (told, found, expected)
    near = (found.double() - expected.double()).abs() <= close * (1 + expected.abs())
    assert (near | (found.isnan() & expected.isnan())).all(), (told, found, expected)


def within(found: Tensor, low: float | None, high: float | None, told: object = None) -> None:
    """No infinity, and all that is defined is inside these bounds."""
    assert not found.isinf().any(), (told, found)
    known = found[found.isfinite()]
    assert low is None or (known >= low - CLOSE).all(), (told, found)
    assert high is None or (known <= high + CLOSE).all(), (told, found)


def interval(low: Tensor, value: Tensor | None, high: Tensor, told: object = None) -> None:
    """Both ends are there or none, in order, around the value where there is one."""
    known = low.isfinite()
    assert torch.equal(known, high.isfinite()), (told, low, high)
    assert (low[known] <= high[known] + CLOSE).all(), (told, low, high)
    if value is not None:
        assert (low[known] <= value[known] + CLOSE).all(), (told, low, value)
        assert (value[known] <= high[known] + CLOSE).all(), (told, value, high)


def sound(found: object, told: str = "") -> None:
    """What holds of any result: chances in [0, 1], corrected ones no lower, intervals in order."""
    if isinstance(found, dict):
        for name, value in found.items():
            sound(value, f"{told}.{name}")
    if not is_dataclass(found):
        return
    values = {name: value for name, value in vars(found).items() if _numbers(value)}
    for name in {"p", "p_bh", "p_holm", "coverage"} & values.keys():
        within(_tensor(values[name]), 0, 1, f"{told}.{name}")
    if {"p", "p_bh", "p_holm"} <= values.keys():
        p, bh, holm = (_tensor(values[name]) for name in ("p", "p_bh", "p_holm"))
        known = bh.isfinite()
        assert (p[known] <= bh[known] + CLOSE).all(), (told, p, bh)
        assert (bh[known] <= holm[known] + CLOSE).all(), (told, bh, holm)
    for start, names in MIDDLES.items():
        if f"{start}low" in values:
            low, high = (_tensor(values[f"{start}{end}"]) for end in ("low", "high"))
            middle = next((_tensor(values[name]) for name in names if name in values), None)
            middle = middle if middle is not None and middle.shape == low.shape else None
            interval(low, middle, high, f"{told}.{start}low")


def _numbers(value: object) -> bool:
    return isinstance(value, (float, int, Tensor))


def _tensor(value: object) -> Tensor:
    return torch.as_tensor(value, dtype=torch.float64)
