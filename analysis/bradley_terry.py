"""Strengths of models from who beat whom: Bradley-Terry and Plackett-Luce."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.checks import BundleError

PRIOR = 0.01
STEPS, PRECISE = 100, 1e-10
RANKING_STEPS = 20_000


@dataclass(frozen=True, eq=False)
class Strengths:
    """How strong models are by their comparisons.

    Attributes:
        log_strength: float64 [..., M], mean 0; the higher, the better. The chance that i beats j
            is 1 / (1 + exp(log_strength_j - log_strength_i)). NaN for a model without any
            comparison.
        prior: bool [...], the comparisons alone do not settle the strengths (somebody always won,
            always lost, or was never compared with the rest), so `PRIOR` wins each way were added
            to every pair.
        settled: bool [...], the maximum was reached.
    """

    log_strength: Tensor
    prior: Tensor
    settled: Tensor


def both_ways(wins: Tensor, ties: Tensor) -> Tensor:
    """Wins where a tie counts as one win each way; the other policy is to drop ties.

    Args:
        wins: [..., M, M], how often i beat j.
        ties: [..., M, M], how often neither did; the diagonal is ignored.

    Returns:
        float64 [..., M, M] with a diagonal of 0.

    Example:
        >>> both_ways(torch.tensor([[0, 3], [1, 0]]), torch.tensor([[9, 2], [2, 9]])).tolist()
        [[0.0, 5.0], [3.0, 0.0]]
    """
    return _off_diagonal(wins.double() + ties.double())


def strongly_connected(wins: Tensor) -> Tensor:
    """Whether everybody beat everybody else, directly or over others that were beaten.

    Only then is there a finite maximum of the likelihood (Ford's condition).

    Args:
        wins: [..., M, M], how often i beat j.

    Returns:
        bool [...]; True for a single model.

    Example:
        >>> circle = torch.tensor([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
        >>> strongly_connected(torch.stack([circle, circle.triu()])).tolist()
        [True, False]

    References:
        Ford 1957, American Mathematical Monthly 64(8).
    """
    beat = (wins > 0).float()
    return _reaches_all(beat) & _reaches_all(beat.mT)


def bradley_terry(wins: Tensor, *, prior: float = PRIOR, start: Tensor | None = None) -> Strengths:
    """Strengths under which the wins are most likely.

    A pair that was never compared counts for nothing. Newton's method, its steps shortened so
    that the likelihood never falls: the maximum that the minorise-maximise step finds too.

    Args:
        wins: [..., M, M], how often i beat j; counts or weights, many tables at once. The
            diagonal is ignored.
        prior: wins each way that every pair gets where the wins alone do not settle the strengths.
        start: float [..., M], log strengths near the maximum, to be quicker.

    Returns:
        Strengths of each table.

    Raises:
        BundleError: wins are no square tables, negative or not finite.

    Example:
        >>> found = bradley_terry(torch.tensor([[0, 3], [1, 0]]))
        >>> found.log_strength.round(decimals=4).tolist(), bool(found.prior)
        ([0.5493, -0.5493], False)

    References:
        Bradley and Terry 1952, Biometrika 39; Hunter 2004, Annals of Statistics 32(1), section 2;
        Bach 2010, Electronic Journal of Statistics 4, proposition 1 (length of the step).
    """
    given = _checked(wins)
    shape = given.shape[:-1]
    tables = given.reshape(-1, *given.shape[-2:])
    known = (tables + tables.mT).sum(2) > 0
    short = ~strongly_connected(_joined(tables, known))
    pairs = (known[:, :, None] & known[:, None]).double()
    tables = _off_diagonal(tables + prior * pairs * short[:, None, None])
    begin = (
        torch.zeros_like(tables[:, 0])
        if start is None
        else start.expand(shape).reshape(known.shape).nan_to_num(0.0)
    )
    strength, settled = _maximum(tables, known, begin.double())
    strength = torch.where(known, strength, torch.nan)
    lead = shape[:-1]
    return Strengths(strength.reshape(shape), short.reshape(lead), settled.reshape(lead))


def plackett_luce(rankings: Sequence[Sequence[int]], models: int) -> Strengths:
    """Strengths from rankings, each of some of the models, by the minorise-maximise step.

    Args:
        rankings: models from best to worst, each a list of different places below `models`; what
            is not in a ranking is not compared by it. No ties.
        models: M.

    Returns:
        Strengths [M]; two models with a prior are ranked `PRIOR` times each way.

    Raises:
        BundleError: a ranking names a model twice, or one that is not there.

    Example:
        >>> found = plackett_luce([[0, 1, 2], [2, 1, 0], [0, 2, 1]], 3)
        >>> found.log_strength.argsort(descending=True).tolist()
        [0, 2, 1]

    References:
        Hunter 2004, Annals of Statistics 32(1), section 5; Maystre and Grossglauser 2015 (choix).
    """
    place, inside = _padded(rankings, models)
    ahead = torch.zeros(models, models, dtype=torch.float64)
    later = torch.triu(torch.ones(place.shape[1], place.shape[1], dtype=torch.bool), 1)
    both = (inside[:, :, None] & inside[:, None] & later).nonzero(as_tuple=True)
    pairs = place[both[0], both[1]], place[both[0], both[2]]
    ahead.index_put_(pairs, torch.ones(len(pairs[0]), dtype=torch.float64), accumulate=True)
    known = (ahead + ahead.T).sum(1) > 0
    short = ~strongly_connected(_joined(ahead[None], known[None]))[0]
    weight = torch.ones(len(place), dtype=torch.float64)
    if bool(short):
        first, second = torch.where(known[:, None] & known & ~torch.eye(models, dtype=torch.bool))
        extra = torch.zeros(len(first), place.shape[1], dtype=torch.int64)
        extra[:, 0], extra[:, 1] = first, second
        place = torch.cat([place, extra])
        inside = torch.cat([inside, torch.arange(place.shape[1]).expand_as(extra) < 2])
        weight = torch.cat([weight, torch.full((len(first),), PRIOR, dtype=torch.float64)])
    strength, settled = _ranked(place, inside, weight, known)
    return Strengths(torch.where(known, strength, torch.nan), short, torch.tensor(settled))


def _ranked(place: Tensor, inside: Tensor, weight: Tensor, known: Tensor) -> tuple[Tensor, bool]:
    """Log strengths [M] of weighted rankings [R, L]: every place but the last is a choice."""
    last = inside.sum(1, keepdim=True) - 1
    chooses = inside & (torch.arange(place.shape[1]) < last)
    amount = chooses * weight[:, None]
    wins = torch.zeros(len(known), dtype=torch.float64)
    wins.index_add_(0, place.flatten(), amount.flatten())
    strength = torch.zeros(len(known), dtype=torch.float64)
    for _ in range(RANKING_STEPS):
        here = torch.where(inside, strength.exp()[place], 0.0)
        rest = here.flip(1).cumsum(1).flip(1)
        chosen = torch.where(chooses, amount / rest, 0.0).cumsum(1)
        share = torch.zeros_like(wins)
        share.index_add_(0, place.flatten(), torch.where(inside, chosen, 0.0).flatten())
        new = torch.where(known & (wins > 0), (wins / share).log(), strength)
        new = new - new[known].mean() if bool(known.any()) else new
        moved = (new - strength).abs().max()
        strength = new
        if moved < PRECISE:
            return strength, True
    return strength, False


def _padded(rankings: Sequence[Sequence[int]], models: int) -> tuple[Tensor, Tensor]:
    """Rankings as places [R, L] and which of them are there; padding points at model 0."""
    longest = max((len(ranking) for ranking in rankings), default=0)
    for ranking in rankings:
        if len(set(ranking)) < len(ranking) or not all(0 <= one < models for one in ranking):
            raise BundleError(
                f"The ranking {list(ranking)} names a model twice or none of the {models} models; "
                f"give different places from 0 to {models - 1}."
            )
    rows = [[*ranking, *[-1] * (max(longest, 2) - len(ranking))] for ranking in rankings]
    place = torch.tensor(rows, dtype=torch.int64).reshape(len(rows), max(longest, 2))
    return place.clamp_min(0), place >= 0


def _maximum(wins: Tensor, known: Tensor, strength: Tensor) -> tuple[Tensor, Tensor]:
    """Log strengths [B, M] of tables [B, M, M], mean 0 over who was compared, and whether there."""
    strength, left = strength.clone(), torch.arange(len(wins), device=wins.device)
    size = known.sum(1, keepdim=True).clamp_min(1)
    count, won, there = wins + wins.mT, wins.sum(2), known
    for _ in range(STEPS):
        here = strength[left]
        chance = torch.sigmoid(here[:, :, None] - here[:, None])
        expected = count * chance
        slope = won - expected.sum(2)
        curve = expected.mul_(1 - chance)
        # Only differences count: the mean over who was compared is held.
        bend = (there[:, :, None] & there[:, None]).double().div_(size[left][:, :, None])
        bend.sub_(curve).diagonal(dim1=1, dim2=2).add_(curve.sum(2) + (~there).double())
        factor = torch.linalg.cholesky_ex(bend).L
        step = torch.cholesky_solve(slope[..., None], factor)[..., 0].nan_to_num(0.0)
        span = step.amax(1, keepdim=True) - step.amin(1, keepdim=True)
        short = torch.where(span > 0, span.log1p() / span, 1.0)
        strength[left] = here + short * torch.where(there, step, 0.0)
        going = span[:, 0] >= PRECISE**0.5
        if not bool(going.all()):
            left, count, won, there = (table[going] for table in (left, count, won, there))
        if not len(left):
            break
    settled = torch.ones(len(wins), dtype=torch.bool, device=wins.device)
    settled[left] = False
    centre = torch.where(known, strength, 0.0).sum(1, keepdim=True) / size
    return strength - centre, settled


def _joined(tables: Tensor, known: Tensor) -> Tensor:
    """The tables with whoever was never compared tied to everybody, not to be in the way."""
    loose = ~known
    return tables + (loose[:, :, None] | loose[:, None]).double()


def _reaches_all(beat: Tensor) -> Tensor:
    """Whether the first model of each table [..., M, M] reaches all others."""
    reached = torch.zeros_like(beat[..., :1, :])
    reached[..., 0] = 1
    while True:
        new = ((reached + reached @ beat) > 0).to(beat.dtype)
        if torch.equal(new, reached):
            return (reached > 0).all(-1).squeeze(-1)
        reached = new


def _off_diagonal(table: Tensor) -> Tensor:
    same = torch.eye(table.shape[-1], dtype=torch.bool, device=table.device)
    return table.masked_fill(same, 0.0)


def _checked(wins: Tensor) -> Tensor:
    if wins.ndim < 2 or wins.shape[-1] != wins.shape[-2] or not wins.shape[-1]:
        raise BundleError(f"wins has shape {tuple(wins.shape)}; expected models x models.")
    given = _off_diagonal(wins.double())
    if not bool(torch.isfinite(given).all()) or bool((given < 0).any()):
        raise BundleError("wins holds a negative or infinite number; expected counts or weights.")
    return given
