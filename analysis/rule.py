"""What describes one way of combining answers."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from analysis.bundle import Bundle
from analysis.evidence import Evidence, Given, Rows
from analysis.learned import Learned, Options


@dataclass(frozen=True)
class Option:
    """A setting of a rule.

    Attributes:
        label: what a person reads.
        default: where nothing else is said; NaN: not set.
        low, high, step: of a number; a whole number where the step is one.
        choices: of a text.
    """

    label: str
    default: float | str
    low: float = 0.0
    high: float = math.inf
    step: float = 0.01
    choices: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        """What a value has to be."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        kind = "whole number" if self.whole else "number"
        return f"a {kind} from {self.low:g} to {self.high:g}"

    @property
    def whole(self) -> bool:
        """Whether only whole numbers make sense."""
        return float(self.step).is_integer()

    def allows(self, value: float | str) -> bool:
        """Whether a value is one of its choices, or a number that it may be."""
        if self.choices:
            return value in self.choices
        known = isinstance(value, (int, float)) and self.low <= value <= self.high
        return known and (not self.whole or float(value).is_integer())


@dataclass(frozen=True)
class Rule:
    """One way of combining answers.

    Attributes:
        name: key in RULES, in the JSON and on the command line.
        label: what a person reads.
        summary: one sentence for help and README.
        needs: what every member must have: "predictions" or "probabilities"; "embeddings":
            predictions, and the bundle embeddings.
        evidence: (bundle, rows, options and what was learned) -> Evidence, added up over the
            members with their weights.
        pool: (summed evidence [..., C], members that answered [...]) -> probabilities [..., C];
            None for a rule that yields no probabilities.
        fit: (members, rows, options) -> Learned; None for a rule that answers as it is. See
            `analysis.fitting.fit`.
        options: its settings, by name.
        clash: all its options -> what is wrong with them taken together, None where nothing is.
        joint: the evidence of a member depends on who else is in the team.
        abstains: (summed evidence [E, n, L], options) -> bool [E, n], where it gives no answer.
        labelled: fitting it needs labels.
        learns: fitting yields tensors without which it cannot answer, and no weights.
        total: evidence -> [M, n], where the pooled probability of a class is its evidence, added
            up over the members, divided by this, added up likewise; None where it is not.
    """

    name: str
    label: str
    summary: str
    needs: str
    evidence: Callable[[Bundle, Rows, Given], Evidence]
    pool: Callable[[Tensor, Tensor], Tensor] | None = None
    fit: Callable[[Bundle, Tensor, Options], Learned] | None = None
    options: Mapping[str, Option] = field(default_factory=dict)
    clash: Callable[[Options], str | None] | None = None
    joint: bool = False
    abstains: Callable[[Tensor, Options], Tensor] | None = None
    labelled: bool = True
    learns: bool = False
    total: Callable[[Evidence], Tensor] | None = None

    @property
    def defaults(self) -> dict[str, float | str]:
        """Its options where nothing else is said."""
        return {name: option.default for name, option in self.options.items()}

    @property
    def weighable(self) -> bool:
        """Whether members can be given weights by hand."""
        return self.fit is None and not self.joint and self.abstains is None

    @property
    def stand_in(self) -> str:
        """The rule under which many teams are compared.

        Itself, or a plain one where each team would have to be fitted or thought through.
        """
        if self.weighable:
            return self.name
        return "mean" if self.needs == "probabilities" else "plurality"

    def wrong_options(self, options: Options) -> str | None:
        """What is wrong with these options; None where nothing is."""
        for name, value in options.items():
            if name not in self.options:
                known = ", ".join(self.options) or "none"
                return f"The rule '{self.name}' has no option '{name}'; its options are {known}."
            if not self.options[name].allows(value):
                return f"{self.name}: {name}={value}; expected {self.options[name].expected}."
        return None if self.clash is None else self.clash({**self.defaults, **options})

    def wrong_weights(self, weights: Sequence[float], members: int) -> str | None:
        """What is wrong with these weights of so many members; None where nothing is."""
        if not weights:
            return None
        if self.learns or (not self.weighable and self.fit is None):
            return f"Under the rule '{self.name}' members cannot be given weights."
        if len(weights) != members or not all(0 <= w < math.inf for w in weights):
            return (
                f"The weights are {len(weights)} numbers for {members} members; expected one for "
                "each, none of them negative."
            )
        if not any(weights):
            return "All weights are zero, so nobody answers; give at least one a weight."
        return None
