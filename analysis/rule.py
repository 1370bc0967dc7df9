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
        joint: the evidence of a member depends on who else is in the team.
        abstains: (summed evidence [E, n, L], options) -> bool [E, n], where it gives no answer.
        labelled: fitting it needs labels.
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
    joint: bool = False
    abstains: Callable[[Tensor, Options], Tensor] | None = None
    labelled: bool = True
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
            option = self.options[name]
            if isinstance(option.default, str):
                good, expected = value in option.choices, f"one of {', '.join(option.choices)}"
            else:
                good = isinstance(value, (int, float)) and option.low <= value <= option.high
                expected = f"a number from {option.low:g} to {option.high:g}"
            if not good:
                return f"{self.name}: {name}={value}; expected {expected}."
        return None

    def wrong_weights(self, weights: Sequence[float], members: int) -> str | None:
        """What is wrong with these weights of so many members; None where nothing is."""
        if not weights:
            return None
        if not self.weighable and self.fit is None:
            return f"Under the rule '{self.name}' members cannot be given weights."
        if len(weights) != members or not all(0 <= w < math.inf for w in weights):
            return (
                f"The weights are {len(weights)} numbers for {members} members; expected one for "
                "each, none of them negative."
            )
        if not any(weights):
            return "All weights are zero, so nobody answers; give at least one a weight."
        return None
