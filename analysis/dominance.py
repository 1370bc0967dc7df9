"""How a front is found: a few strong points first, then moocore, or torch on its own device."""

import torch
from torch import Tensor
from torch.nn import functional

MANY, FEW = 10_000, 2048
SAMPLED, SAMPLE, SHORTLIST, TRIED = 64, 8192, 64, 512
WORTHWHILE = 0.2  # A round costs about a twentieth of finding the front of what it looks at.
COMPARED = 1 << 24


def front_of(points: Tensor, signs: Tensor) -> Tensor:
    """Which points no other one dominates.

    Points that one of a few strong points beats outright are taken away first. The rest goes to
    moocore on the CPU, and elsewhere to `undominated`.

    Args:
        points: float [n, k], all finite.
        signs: float [k], 1 where higher is better and -1 where lower is.

    Returns:
        bool [n]; equal points share their answer.

    Example:
        >>> front_of(torch.tensor([[1.0, 1.0], [2.0, 2.0]]), torch.ones(2)).tolist()
        [False, True]

    References:
        Kung, Luccio and Preparata 1975, Journal of the ACM 22(4), which moocore follows.
    """
    if points.shape[1] == 1 and len(points):
        oriented = points[:, 0] * signs
        return oriented == oriented.max()
    left = promising(points, signs)
    kept = points if left is None else points[left]
    if points.device.type == "cpu":
        import moocore

        given = (kept.double().numpy(), (signs > 0).numpy())
        found = torch.from_numpy(
            moocore.is_nondominated(given[0], maximise=given[1], keep_weakly=True)
        )
    else:
        found = undominated(kept * signs)
    if left is None:
        return found
    front = torch.zeros(len(points), dtype=torch.bool, device=points.device)
    front[left[found]] = True
    return front


def promising(points: Tensor, signs: Tensor) -> Tensor | None:
    """Which points are worth a closer look: all of the front, and others.

    In every round a sample's strongest point takes away what it beats on every objective, as long
    as that is enough to pay for the round.

    Args:
        points: float [n, k], all finite.
        signs: float [k], 1 where higher is better and -1 where lower is.

    Returns:
        int64, rows of `points` in their order; None for all of them.

    Example:
        >>> promising(torch.rand(9, 2), torch.ones(2)) is None
        True

    References:
        Bentley, Clarkson and Levine 1993, Fast linear expected-time algorithms for computing
        maxima and convex hulls, Algorithmica 9.
    """
    left, kept = None, points
    while len(kept) > MANY:
        strong, share = _strongest(kept[:: max(SAMPLED, len(kept) // SAMPLE)] * signs)
        if share < WORTHWHILE:
            break
        limit = (strong * signs).tolist()
        # A loop over objectives: one pass per column, no table of the size of all points.
        through = torch.zeros(len(kept), dtype=torch.bool, device=points.device)
        for column, (value, sign) in enumerate(zip(limit, signs.tolist(), strict=True)):
            values = kept[:, column]
            through |= values >= value if sign > 0 else values <= value
        rows = through.nonzero().flatten()
        left = rows if left is None else left[rows]
        kept = kept[rows]
    return left


def _strongest(sample: Tensor) -> tuple[Tensor, float]:
    """The point of a sample that beats most of it outright, and the share that it beats."""
    standing = sample.argsort(0).argsort(0).double() + 1
    best = standing.log().sum(1).topk(min(SHORTLIST, len(sample))).indices
    tried = sample[:: -(-len(sample) // TRIED)]
    share = (tried < sample[best, None]).all(2).double().mean(1)
    place = share.argmax()
    return sample[best[place]], float(share[place])


def undominated(points: Tensor) -> Tensor:
    """Which points no other one dominates, where higher is better: the same in torch alone.

    Args:
        points: float [n, k], all finite, on any device.

    Returns:
        bool [n].

    Example:
        >>> undominated(torch.tensor([[1.0, 1.0], [2.0, 2.0], [0.0, 3.0]])).tolist()
        [False, True, True]
    """
    everybody = torch.ones(len(points), dtype=torch.bool, device=points.device)
    return ~dominated_by(points, everybody, everybody)


def dominated_by(points: Tensor, source: Tensor, query: Tensor) -> Tensor:
    """Which of some points are dominated by one of others, where higher is better.

    A few are compared one with the other; of many, O(n log n) comparisons for 3 objectives, and a
    factor log n more for each further one.

    Args:
        points: float [n, k], all finite.
        source: bool [n], the points that may dominate.
        query: bool [n], the points that are asked about.

    Returns:
        bool [n], False where nothing was asked.

    Example:
        >>> points = torch.tensor([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
        >>> dominated_by(points, torch.tensor([0, 1, 0]) > 0, torch.tensor([1, 1, 0]) > 0).tolist()
        [True, False, False]

    References:
        Kung, Luccio and Preparata 1975, Journal of the ACM 22(4).
    """
    sources, queries = (which.nonzero().flatten() for which in (source, query))
    found = torch.zeros(len(points), dtype=torch.bool, device=points.device)
    if not len(sources) or not len(queries):
        return found
    if len(sources) * len(queries) <= FEW * FEW:
        step = max(1, COMPARED // (len(sources) * points.shape[1]))
        found[queries] = torch.cat(
            [_compared(part, points[sources]) for part in points[queries].split(step)]
        )
        return found
    different, group = _sorted_groups(points)
    size = 1 << (len(different) - 1).bit_length()
    keys = different.new_full((points.shape[1], 1, size), -torch.inf)
    keys[:, 0, : len(different)] = different.T
    marked = torch.zeros(2, 1, size, dtype=torch.bool, device=points.device)
    marked[0, 0, group[sources]] = True
    marked[1, 0, group[queries]] = True
    # The first key orders the rows; of a single objective every earlier point is a better one.
    rest = list(keys[1:]) or [torch.zeros_like(keys[0])]
    found[queries] = _reached(rest, *marked)[0, group[queries]]
    return found


def _compared(points: Tensor, others: Tensor) -> Tensor:
    here = points[:, None]
    return ((others >= here).all(2) & (others > here).any(2)).any(1)


def _sorted_groups(points: Tensor) -> tuple[Tensor, Tensor]:
    """Different points from the best down, objective by objective, and the place of each point."""
    order = torch.arange(len(points), device=points.device)
    for column in reversed(range(points.shape[1])):
        order = order[points[order, column].argsort(descending=True, stable=True)]
    ranked = points[order]
    new = torch.ones(len(points), dtype=torch.bool, device=points.device)
    new[1:] = (ranked[1:] != ranked[:-1]).any(1)
    group = torch.empty_like(order)
    group[order] = new.long().cumsum(0) - 1
    return ranked[new], group


def _reached(keys: list[Tensor], source: Tensor, query: Tensor) -> Tensor:
    """Which queries [R, L] an earlier source of their row equals or exceeds on every key [R, L].

    With one key that is a running maximum. With more, the row is halved again and again: every
    pair of an earlier and a later point is in different halves of one block once, and there only
    the order by the first key matters, which leaves one key less. L is a power of two.
    """
    if len(keys) == 1:
        best = torch.where(source, keys[0], -torch.inf).cummax(1).values
        return query & (functional.pad(best[:, :-1], (1, 0), value=-torch.inf) >= keys[0])
    rows, size = query.shape
    order = keys[0].argsort(dim=1, descending=True, stable=True)
    order += size * torch.arange(rows, device=order.device)[:, None]
    found, half = torch.zeros_like(query), size // 2
    while half:
        order = order.view(-1, 2 * half)
        early = (order & half) == 0
        here = [key.flatten()[order] for key in keys[1:]]
        marks = source.flatten()[order] & early, query.flatten()[order] & ~early
        found.view(-1)[order] |= _reached(here, *marks)
        place = torch.where(early, early.cumsum(1), half + (~early).cumsum(1)) - 1
        order = torch.empty_like(order).scatter_(1, place, order)
        half //= 2
    return found
