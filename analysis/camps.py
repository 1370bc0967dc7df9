"""The members that are right on a sample and those that are wrong: how many, and how sure."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.answer_codes import vote_counts
from analysis.bundle import Bundle
from analysis.chunks import samples_at_a_time
from analysis.confidence import confidence_of
from analysis.intervals import accuracy_interval
from analysis.mean_intervals import mean_interval
from analysis.outcomes import OUTCOMES
from analysis.stretches import stretches


@dataclass(frozen=True, eq=False)
class Camps:
    """Per sample: the members that are right, all that are wrong, and the largest wrong camp.

    Attributes:
        right: int64 [N], members whose answer is right.
        wrong: int64 [N], members whose answer is wrong.
        largest: int64 [N], the most members that agree on one wrong answer.
        answer: int32 [N], that answer (of equally frequent ones the lowest class), -1 = none.
        right_confidence: float64 [N] in [0, 1], mean confidence of the right camp in its answer.
        wrong_confidence: float64 [N], of all that are wrong, each in its own answer.
        largest_confidence: float64 [N], of the largest wrong camp.
        margin: float64 [N] in [-1, 1], right_confidence - wrong_confidence; above 0 those who are
            right are surer.

    Confidences are NaN where a camp is empty or none in it states how sure it is.
    """

    right: Tensor
    wrong: Tensor
    largest: Tensor
    answer: Tensor
    right_confidence: Tensor
    wrong_confidence: Tensor
    largest_confidence: Tensor

    @property
    def margin(self) -> Tensor:
        """How much surer those who are right are, float64 [N]; NaN unless there are both."""
        return self.right_confidence - self.wrong_confidence

    @property
    def contested(self) -> Tensor:
        """Bool [N]: some members are right and some are wrong."""
        return (self.right > 0) & (self.wrong > 0)


def camps(team: Bundle) -> Camps:
    """Who stands against whom on each sample.

    Args:
        team: the K members; without probabilities or stated confidences only sizes are known.

    Returns:
        Sizes and mean confidences per sample.

    Example:
        >>> said = torch.tensor([[0], [1], [1]], dtype=torch.int32)
        >>> three = Bundle(("a", "b", "c"), ("s",), ("x", "y"), said, torch.zeros(1).int())
        >>> found = camps(three)
        >>> found.right.tolist(), found.largest.tolist(), found.answer.tolist()
        ([1], [2], [1])
    """
    correct, wrong = team.correct, team.grades == 0
    largest = torch.zeros(len(team.ids), dtype=torch.int64, device=team.device)
    answer = torch.full((len(team.ids),), -1, dtype=torch.int32, device=team.device)
    step = samples_at_a_time(4 * len(team.models), team.device)
    for part in stretches(len(team.ids), step):
        against = torch.where(wrong[:, part], team.predictions[:, part], -1)
        votes, classes = vote_counts(against)
        largest[part] = votes.amax(0)
        first = (votes == largest[part]).int().argmax(0)
        answer[part] = classes.gather(0, first[None])[0]
    together = wrong & (team.predictions == answer) & (answer >= 0)
    sure = _confidence_sums(team, (correct, wrong, together))
    return Camps(correct.sum(0), wrong.sum(0), largest, answer, *sure)


def following(found: Camps, codes: Tensor, units: Tensor | None = None) -> dict[str, Tensor]:
    """How often the ensemble goes with the larger camp, and how often with the surer one.

    Only samples with members on both sides count, and only where one side leads: by members
    (the right camp against the largest wrong one), or by mean confidence.

    Args:
        found: camps of N samples.
        codes: int8 [N], index into OUTCOMES, -1 where the ensemble is not judged.
        units: int [N], samples that belong together; None = all alone.

    Returns:
        "larger" and "surer": float64 [3], share and 95 % interval, NaN where no side leads;
        "larger/n" and "surer/n": int64 scalars, samples that count.
    """
    right = codes == OUTCOMES.index("corrected")
    judged = right | (codes == OUTCOMES.index("spoiled"))
    leads = {"larger": (found.right - found.largest).double(), "surer": found.margin}
    table = {}
    for name, lead in leads.items():
        known = judged & found.contested & lead.isfinite() & (lead != 0)
        went = (right == (lead > 0))[None] & known
        low, high = accuracy_interval(went, known[None], units)
        rate = torch.where(known.any(), went.sum(1) / known.sum().double(), torch.nan)
        table |= {name: torch.cat([rate, low, high]), f"{name}/n": known.sum()}
    return table


def _confidence_sums(team: Bundle, sides: tuple[Tensor, ...]) -> list[Tensor]:
    """Mean confidence of the members on each side, of those that state one, float64 [N] each."""
    added = torch.zeros(2, len(sides), len(team.ids), dtype=torch.float64, device=team.device)
    for row, model in enumerate(team.models):
        own = confidence_of(team, model)
        if own is None:
            continue
        stated = own.isfinite()
        for place, side in enumerate(sides):
            here = side[row] & stated
            added[0, place] += torch.where(here, own, 0.0)
            added[1, place] += here
    return list(torch.where(added[1] > 0, added[0] / added[1], torch.nan))


def confidence_by_outcome(
    found: Camps, codes: Tensor, units: Tensor | None = None
) -> dict[str, Tensor]:
    """How sure the right and the wrong members are where the ensemble keeps, corrects, spoils ...

    Args:
        found: camps of N samples.
        codes: int8 [N], index into OUTCOMES, -1 where the ensemble is not judged.
        units: int [N], samples that belong together; None = all alone.

    Returns:
        "n" int64 [6], samples with the outcome, in the order of OUTCOMES; and for each of
        "right", "wrong" and "margin" (right minus wrong, on samples that have both) the mean,
        "/low" and "/high" of its 95 % interval, float64 [6], and "/n" int64 [6], the samples on
        which it is known. NaN where there is none.
    """
    kinds = torch.arange(len(OUTCOMES), device=codes.device)[:, None]
    here = codes[None] == kinds
    table = {"n": here.sum(1)}
    values = {
        "right": found.right_confidence,
        "wrong": found.wrong_confidence,
        "margin": found.margin,
    }
    for name, value in values.items():
        known = here & value.isfinite()
        mean, low, high = mean_interval(value.nan_to_num().expand(known.shape), known, units)
        table |= {name: mean, f"{name}/low": low, f"{name}/high": high, f"{name}/n": known.sum(1)}
    return table
