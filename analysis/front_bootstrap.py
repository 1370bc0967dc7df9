"""How sure it is that a candidate is on the front."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.checks import BundleError
from analysis.dominance import dominated_by
from analysis.pareto import Sense, non_dominated, signs_of

COMPARED = 1 << 24
STRONG = 64  # points of a front that are tried first
FEW = 256


@dataclass(frozen=True, eq=False)
class FrontCounts:
    """In how many bootstrap draws each candidate was on the front; counts of draws add up.

    Attributes:
        on_front: int64 [n].
        defined: int64 [n], draws in which all its objectives were defined.
    """

    on_front: Tensor
    defined: Tensor

    def __add__(self, other: "FrontCounts") -> "FrontCounts":
        return FrontCounts(self.on_front + other.on_front, self.defined + other.defined)

    @property
    def probability(self) -> Tensor:
        """Share of the draws with the candidate on the front, float64 [n]; NaN without a draw."""
        share = self.on_front.double() / self.defined
        return torch.where(self.defined > 0, share, torch.nan)


def near_front(values: Tensor, senses: Sequence[Sense], margins: Sequence[float]) -> Tensor:
    """Which candidates are on the front or would be if they were better by a margin.

    Two standard errors per objective leave out those that a bootstrap would hardly ever put on
    the front.

    Args:
        values: float [n, k], one row per candidate.
        senses: "max" or "min" per objective.
        margins: what is added, per objective; 0 or more.

    Returns:
        bool [n]; False for a candidate with an undefined or infinite objective.

    Raises:
        BundleError: the directions or margins do not fit the objectives.

    Example:
        >>> points = torch.tensor([[0.9, 0.9], [0.85, 0.85], [0.1, 0.1]])
        >>> near_front(points, ("max", "max"), (0.1, 0.1)).tolist()
        [True, True, False]
    """
    signs = signs_of(values, senses).double()
    given = torch.as_tensor(margins, dtype=torch.float64).to(values.device)
    if given.shape != (len(senses),) or not bool(((given >= 0) & torch.isfinite(given)).all()):
        raise BundleError(
            f"The margins are {margins}; expected {len(senses)} numbers from 0 on, one per "
            "objective."
        )
    front = non_dominated(values, senses)
    rest = (torch.isfinite(values).all(1) & ~front).nonzero().flatten()
    oriented = values.double() * signs
    rest = rest[~_beaten_outright(oriented[rest] + given, oriented[front])]
    points = torch.cat([oriented[front], oriented[rest] + given])
    source = torch.zeros(len(points), dtype=torch.bool, device=values.device)
    source[: int(front.sum())] = True
    near = front.clone()
    near[rest] = ~dominated_by(points, source, ~source)[len(points) - len(rest) :]
    return near


def _beaten_outright(points: Tensor, front: Tensor) -> Tensor:
    """Which points one of a few on the front beats on every objective, bool [n]: most of many."""
    beaten = torch.zeros(len(points), dtype=torch.bool, device=points.device)
    for strong in front[:: max(1, len(front) // STRONG)]:
        beaten |= (strong > points).all(1)
    return beaten


def front_counts(draws: Tensor, senses: Sequence[Sense]) -> FrontCounts:
    """Counts of the draws of a bootstrap that put each candidate on the front.

    Every draw holds the objectives of all candidates on one and the same resample, so that what
    they share moves together. Give the candidates of `near_front` only: the others would rarely
    beat one of these and hardly ever be on the front themselves.

    Args:
        draws: float [B, n, k], objectives of n candidates in each of B draws.
        senses: "max" or "min" per objective.

    Returns:
        Counts; add those of further draws to them. A candidate with an undefined objective takes
        no part in that draw.

    Raises:
        BundleError: there is not one direction per objective.

    Example:
        >>> draws = torch.tensor([[[1.0], [2.0]], [[3.0], [2.0]], [[1.0], [4.0]]])
        >>> front_counts(draws, ("max",)).probability.tolist()
        [0.3333333333333333, 0.6666666666666666]

    References:
        Efron and Tibshirani 1993, An introduction to the bootstrap, chapter 13.
    """
    if draws.ndim != 3:
        raise BundleError(
            f"The draws have shape {tuple(draws.shape)}; expected draws x candidates x objectives."
        )
    signs = signs_of(draws.flatten(0, 1), senses)
    known = torch.isfinite(draws).all(2)
    if draws.shape[1] > FEW:
        on_front = torch.zeros_like(known[0], dtype=torch.int64)
        for draw in draws:  # A bootstrap's draws, each a front of its own.
            on_front += non_dominated(draw, senses)
        return FrontCounts(on_front, known.sum(0))
    points = torch.where(known[:, :, None], draws * signs, -torch.inf)
    step = max(1, COMPARED // max(1, draws.shape[1] ** 2 * draws.shape[2]))
    beaten = [_beaten(part) for part in points.split(step)]
    on_front = known & ~torch.cat(beaten) if beaten else known
    return FrontCounts(on_front.sum(0), known.sum(0))


def _beaten(points: Tensor) -> Tensor:
    """Which of the points [B, n, k] another of the same draw dominates, bool [B, n]."""
    here, others = points[:, :, None], points[:, None]
    return ((others >= here).all(3) & (others > here).any(3)).any(2)
