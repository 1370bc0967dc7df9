"""One row of the catalogue: what a number is called, what it needs and which way is better."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

Kind = Literal["model", "pair", "group", "set", "sample"]
Direction = Literal["higher", "lower"]
Distance = Literal["itself", "root", ""]


@dataclass(frozen=True)
class Measure:
    """A named formula: on `Tally` sums, or for kind "sample" on a chunk of samples.

    Attributes:
        name: the function's name, also the key in the JSON.
        label: what a person reads.
        kind: "model" gives [M], "pair" [M, M], "group" [M, G], "set" a scalar for all models of
            the bundle together, "sample" [n].
        summary: one sentence for help, hover and README.
        needs: what the function takes, in order: tally sums, or for kind "sample" attributes of
            `analysis.sums.piece.Piece`.
        function: tensors -> tensor; undefined is NaN.
        better: which direction is better for a model or a team; None when it depends on the use.
        diverse: which direction means more diverse; None when it says nothing of diversity.
        distance: of a pair measure, what is a distance between the two models, on which trees and
            maps can be built: it "itself", its square "root", or "" for neither.
        bounds: lowest and highest possible value; None where open.
        symmetric: of a pair measure, the same in both directions.
        count: the tally sum that counts the samples behind a simple share of them, which then
            has a Wilson interval; "" when it is no simple share.
        undefined: when it is NaN although samples stand behind it, as the rest of "Undefined:
            ..."; empty when that cannot be.
    """

    name: str
    label: str
    kind: Kind
    summary: str
    needs: tuple[str, ...]
    function: Callable[..., Tensor]
    better: Direction | None = None
    diverse: Direction | None = None
    distance: Distance = ""
    bounds: tuple[float | None, float | None] = (0.0, 1.0)
    symmetric: bool = True
    count: str = ""
    undefined: str = ""
