"""Kemeny's order of models: the one that contradicts the fewest wins."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

import torch
from torch import Tensor

from analysis.moving import moved
from analysis.sums import compiled

EXACT = 8
MOST_ORDERS = 24
VALUES, PASSES = 1 << 24, 100
PAYS_FROM = 300_000  # wins to look up; with less, torch is done sooner
ALONE = 1 << 14  # values at a time: below that torch does not wake other threads
LEAST = 1e-9


@dataclass(frozen=True, eq=False)
class Kemeny:
    """Orders that contradict the fewest wins.

    Attributes:
        orders: models from best to worst, at most `MOST_ORDERS` of the optimal orders; the one
            that was found where the search is not exact.
        optima: how many optimal orders there are; 1 where the search is not exact.
        cost: wins that each of these orders contradicts.
        rank: float64 [M], mean place over all optima, 1 is best.
        exact: all orders were compared; else local search, which may end above the least cost.
        settled: the local search ended where moving a single model no longer helps.
    """

    orders: tuple[tuple[int, ...], ...]
    optima: int
    cost: float
    rank: Tensor
    exact: bool
    settled: bool


def kemeny(wins: Tensor, start: Tensor | None = None) -> Kemeny:
    """The order, or all orders, that contradict the fewest wins.

    All orders of up to `EXACT` models are compared. For more the search begins with the order by
    `start` and puts one model after the other at its best place, until nobody moves.

    Args:
        wins: [M, M], how often i beat j; a tie counts for nobody.
        start: float [M], higher is better; None: wins minus losses.

    Returns:
        The orders with their cost.

    Example:
        >>> found = kemeny(torch.tensor([[0, 2, 1], [1, 0, 2], [0, 1, 0]]))
        >>> found.orders, found.cost
        (((0, 1, 2),), 2.0)

    References:
        Kemeny 1959, Daedalus 88(4); Ali and Meila 2012, Mathematical Social Sciences 64(1).
    """
    table = wins.double()
    if len(table) <= EXACT:
        return _exact(table)
    order, cost, settled = local_search(table[None], None if start is None else start[None])
    rank = torch.empty(len(table), dtype=torch.float64, device=table.device)
    rank[order[0]] = torch.arange(1.0, len(table) + 1, dtype=torch.float64, device=table.device)
    return Kemeny((tuple(order[0].tolist()),), 1, float(cost[0]), rank, False, bool(settled[0]))


def kemeny_ranks(wins: Tensor, start: Tensor | None = None) -> Tensor:
    """Mean place in the optimal orders of many tables, as `kemeny` of each.

    Args:
        wins: [B, M, M].
        start: float [B, M], as in `kemeny`.

    Returns:
        float64 [B, M], 1 is best.

    Example:
        >>> kemeny_ranks(torch.tensor([[[0, 1], [1, 0]], [[0, 2], [1, 0]]])).tolist()
        [[1.5, 1.5], [1.0, 2.0]]
    """
    tables, models = wins.double(), wins.shape[-1]
    if models > EXACT:
        order, _, _ = local_search(tables, start)
        places = torch.arange(1.0, models + 1, dtype=torch.float64, device=wins.device)
        return torch.empty_like(order, dtype=torch.float64).scatter_(
            1, order, places.expand_as(order).contiguous()
        )
    places, _ = _all_orders(models)
    places = places.to(wins.device)
    found = []
    for part in tables.split(max(1, VALUES // len(places))):
        best = _optimal(_costs(part)).double()
        found.append((best @ (places + 1).double()) / best.sum(1, keepdim=True))
    return torch.cat(found) if found else tables.new_empty((0, models))


def order_cost(wins: Tensor, order: Tensor) -> Tensor:
    """How many wins an order contradicts.

    Args:
        wins: [..., M, M].
        order: int64 [..., M], models from best to worst.

    Returns:
        float64 [...], lower is better.

    Example:
        >>> float(order_cost(torch.tensor([[0, 3], [1, 0]]), torch.tensor([1, 0])))
        3.0
    """
    return _in_order(wins.double(), order).tril(-1).sum((-2, -1))


def local_search(wins: Tensor, start: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Orders that no move of a single model makes better.

    Args:
        wins: [B, M, M].
        start: float [B, M], higher is better; None: wins minus losses.

    Returns:
        Orders int64 [B, M], best first, their costs float64 [B], and whether each search ended by
        itself, bool [B].
    """
    tables = wins.double()
    points = tables.sum(2) - tables.sum(1) if start is None else start.nan_to_num(nan=-torch.inf)
    order = points.argsort(dim=1, descending=True, stable=True)
    # What it saves to have j ahead of i rather than behind.
    lead = tables.mT - tables
    if compiled.chosen(None, tables.numel(), tables.device, pays_from=PAYS_FROM):
        order, settled = moved(order, lead, passes=PASSES, least=LEAST)
        return order, order_cost(tables, order), settled
    step = max(1, ALONE // tables.shape[1])
    parts = [_settle(*part) for part in zip(order.split(step), lead.split(step), strict=True)]
    order, settled = (torch.cat(found) for found in zip(*parts, strict=True))
    return order, order_cost(tables, order), settled


def _settle(order: Tensor, lead: Tensor) -> tuple[Tensor, Tensor]:
    """Orders [B, M] after the search, and whether it ended by itself."""
    left = torch.arange(len(order), device=order.device)
    order = order.clone()
    for _ in range(PASSES):
        here, table = order[left], lead[left]
        changed = torch.zeros_like(left, dtype=torch.bool)
        for model in here.T.clone():  # In turn: each move changes what the next ones save.
            here, better = _moved(here, table, model)
            changed |= better
        order[left] = here
        left = left[changed]
        if not len(left):
            break
    settled = torch.ones(len(order), dtype=torch.bool, device=order.device)
    settled[left] = False
    return order, settled


def _moved(order: Tensor, lead: Tensor, model: Tensor) -> tuple[Tensor, Tensor]:
    """The orders [B, M] with one model of each at its best place, and whether that is a new one."""
    models = order.shape[1]
    inside = order == model[:, None]
    rest = order[~inside].view(len(order), models - 1)
    place = inside.byte().argmax(1, keepdim=True)
    one = lead[torch.arange(len(order), device=order.device), model]
    saved = torch.zeros_like(one)
    torch.cumsum(one.gather(1, rest), 1, out=saved[:, 1:])
    gain, best = saved.max(1, keepdim=True)
    better = gain - saved.gather(1, place) > LEAST
    if not bool(better.any()):
        return order, better[:, 0]
    target = torch.where(better, best, place)
    here = torch.arange(models, device=order.device)
    taken = rest.gather(1, (here - (here > target).long()).clamp_max(models - 2))
    return torch.where(here == target, model[:, None], taken), better[:, 0]


def _in_order(table: Tensor, order: Tensor) -> Tensor:
    rows = table.gather(-2, order[..., :, None].expand_as(table))
    return rows.gather(-1, order[..., None, :].expand_as(table))


def _exact(wins: Tensor) -> Kemeny:
    places, orders = _all_orders(len(wins))
    costs = _costs(wins[None])[0]
    best = _optimal(costs[None])[0]
    rank = (places.to(wins.device)[best] + 1).double().mean(0)
    named = orders[best.cpu().nonzero().flatten()[:MOST_ORDERS]].tolist()
    return Kemeny(tuple(map(tuple, named)), int(best.sum()), float(costs.min()), rank, True, True)


def _optimal(costs: Tensor) -> Tensor:
    least = costs.amin(1, keepdim=True)
    return costs <= least + LEAST * least.abs().clamp_min(1)


def _costs(wins: Tensor) -> Tensor:
    """Cost of every order for tables [B, M, M], float64 [B, orders]."""
    places, _ = _all_orders(wins.shape[1])
    places = places.to(wins.device)
    behind = (places[:, :, None] > places[:, None]).double().flatten(1)
    return wins.flatten(1) @ behind.T


@lru_cache(maxsize=EXACT)
def _all_orders(models: int) -> tuple[Tensor, Tensor]:
    """Every order of M models: the place of each model, and the models in order, [M!, M] both."""
    orders = torch.tensor(list(permutations(range(models))), dtype=torch.int64)
    return orders.argsort(1), orders
