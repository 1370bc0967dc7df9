"""One strange bundle through everything: what was asked, refused and found to be wrong."""

import re
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import torch
from stress.case import Case, Step
from stress.groups import group_steps
from stress.measures import measure_steps
from stress.rules import rule_steps
from stress.samples import sample_steps
from stress.teams import team_steps

from analysis.bundle import BundleError
from analysis.catalog import CATALOG, of_kind
from analysis.rules import RULES

MOST_TOLD = 2000
ALWAYS = (measure_steps, rule_steps)
IN_TURN = (group_steps, sample_steps, team_steps)


@dataclass
class Told:
    """Counts over bundles; failures are (seed, what was asked, traceback)."""

    bundles: int = 0
    asked: Counter = field(default_factory=Counter)
    refused: Counter = field(default_factory=Counter)
    failures: list[tuple[int, str, str]] = field(default_factory=list)

    def __iadd__(self, other: "Told") -> "Told":
        self.bundles += other.bundles
        self.asked += other.asked
        self.refused += other.refused
        self.failures += other.failures
        return self

    def counted(self) -> dict[str, int]:
        """How much was asked, by kind."""
        measures = sum(number for name, number in self.asked.items() if name in CATALOG)
        scores = len(of_kind("sample")) * self.asked["scores of samples"]
        rules = sum(number for name, number in self.asked.items() if name in RULES)
        other = self.asked.total() - measures - rules
        found = {"measures": measures + scores, "rules": rules, "other checks": other}
        return {what: number for what, number in found.items() if number}


def each(look: Callable[[int], Told], seeds: Iterable[int]) -> Told:
    """What is told of all these seeds.

    Not in the program itself: a view takes the place of a process's main module, in which its next
    task would be looked for.
    """
    whole = Told()
    for seed in seeds:
        whole += look(seed)
    return whole


def examined(seed: int) -> Told:
    """All measures and rules on the bundle of a seed; on three of ten a third of all else.

    A BundleError that is a sentence is a refusal; whatever else is raised, warnings included, is a
    failure.
    """
    case, told = Case(seed), Told(bundles=1)
    torch.set_warn_always(True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for part in (*ALWAYS, *IN_TURN[seed % 10 : seed % 10 + 1]):
            steps: list[Step] = []
            _ask(seed, part.__name__, lambda part=part, steps=steps: steps.extend(part(case)), told)
            for name, step in steps:
                _ask(seed, name, step, told)
    return told


def _ask(seed: int, name: str, step: Callable[[], None], told: Told) -> None:
    told.asked[name] += 1
    try:
        step()
    except BundleError as refusal:
        sentence = str(refusal)
        told.refused[anonymous(sentence)] += 1
        if not re.fullmatch(r"\S.*\.", sentence):
            told.failures.append((seed, name, f"not a sentence: {sentence!r}"))
    except Exception:
        told.failures.append((seed, name, traceback.format_exc()[-MOST_TOLD:]))


def anonymous(sentence: str) -> str:
    """A refusal without the names, numbers and asides that belong to one bundle."""
    for detail, sign in ((r"'[^']*'", "'...'"), (r"\(.*?\)", "(...)"), (r"\d[\d,.]*\d|\d", "#")):
        sentence = re.sub(detail, sign, sentence)
    return sentence
