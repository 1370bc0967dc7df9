"""Vendi score: how many different things there are, from how alike they are."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from analysis.checks import BundleError
from analysis.grouping import Grouping
from analysis.stretches import stretches

ORDERS = (0.1, 0.5, 1.0, 2.0, math.inf)
CHUNK_VALUES = 1_000_000


def vendi(
    kernel: Tensor, *, order: float = 1.0, weights: Tensor | None = None, noise: float = 0.0
) -> Tensor:
    """Effective number of different items (models or samples) behind a table of similarities.

    Args:
        kernel: float [..., n, n], similarities with 1 on the diagonal: a batch of any shape.
        order: 0 or more, infinity included; the smaller, the more a rare item counts.
        weights: float [..., n], 0 or more, of any sum: how much each item counts; None: equally.
            What has weight 0 plays no part, undefined similarities included.
        noise: rounding error of the similarities beyond that of float64; 1e-7 for float32.

    Returns:
        float64 [...] in [1, n]; higher is more diverse: 1 = all the same, n = nothing in common.
        NaN where a similarity is undefined, and without any item.

    Raises:
        BundleError: the order or a weight is negative.

    Example:
        >>> vendi(torch.ones(3, 3)).item(), round(vendi(torch.eye(3)).item(), 9)
        (1.0, 3.0)

    References:
        Friedman and Dieng 2023, The Vendi score; Pasarkar and Dieng 2023, Cousins of the Vendi
        score (orders).
    """
    return vendi_orders(kernel, (order,), weights=weights, noise=noise)[..., 0]


def vendi_orders(
    kernel: Tensor,
    orders: Sequence[float] = ORDERS,
    *,
    weights: Tensor | None = None,
    noise: float = 0.0,
) -> Tensor:
    """The Vendi score at several orders, all from one set of eigenvalues.

    Args:
        kernel: float [..., n, n], similarities with 1 on the diagonal.
        orders: Q numbers, 0 or more, infinity included.
        weights: as in `vendi`.
        noise: as in `vendi`.

    Returns:
        float64 [..., Q], each as in `vendi`; never rises with the order.

    Raises:
        BundleError: an order or a weight is negative.

    Example:
        >>> vendi_orders(torch.ones(2, 2), (0, 1, math.inf)).tolist()
        [1.0, 1.0, 1.0]
    """
    kernel = kernel.double()
    if weights is not None:
        roots = _checked(weights.to(kernel.device)).sqrt()
        scale = roots[..., :, None] * roots[..., None, :]
        kernel = torch.where(scale > 0, kernel * scale, 0.0)
    return effective_numbers(spectrum(kernel, noise=noise), orders)


def spectrum(kernel: Tensor, *, noise: float = 0.0) -> Tensor:
    """Eigenvalues of a symmetric table as shares of their sum.

    What rounding can produce, up to n * 2e-16 times the largest, is taken as 0: at orders below
    1 such traces would count as many rare items. So are negative ones, which a table over models
    with gaps may have.

    Args:
        kernel: float64 [..., n, n], symmetric.
        noise: rounding error of the entries, relative to the diagonal; eigenvalues that such
            errors have at random (up to 2 sqrt(n) of them) are taken as 0 as well.

    Returns:
        float64 [..., n], ascending, 0 or more, sum 1. NaN where an entry is not finite or no
        eigenvalue is positive.

    References:
        Wigner 1958, Annals of Mathematics 67 (eigenvalues of random errors).
    """
    size = kernel.shape[-1]
    if not size:
        return kernel.new_zeros(kernel.shape[:-1])
    defined = torch.isfinite(kernel).all(-1).all(-1)[..., None]
    values = torch.linalg.eigvalsh(torch.where(defined[..., None], kernel, 0.0))
    rounding = size * torch.finfo(torch.float64).eps * values[..., -1:]
    errors = 2 * noise / math.sqrt(size) * values.sum(-1, keepdim=True)
    values = torch.where(values > torch.maximum(rounding, errors), values, 0.0)
    shares = values / values.sum(-1, keepdim=True)
    return torch.where(defined, shares, torch.nan)


def effective_numbers(shares: Tensor, orders: Sequence[float]) -> Tensor:
    """How many equal shares are as diverse as these (Hill numbers).

    Args:
        shares: float64 [..., n], 0 or more, sum 1.
        orders: Q numbers, 0 or more: 0 counts the shares above 0, 1 is the exponential of their
            entropy, infinity 1 / the largest.

    Returns:
        float64 [..., Q] in [1, n]; NaN where a share is, and for n = 0.

    Raises:
        BundleError: an order is negative.

    Example:
        >>> effective_numbers(torch.tensor([0.5, 0.5]), (0, 1)).tolist()
        [2.0, 2.0]

    References:
        Hill 1973, Diversity and evenness: a unifying notation.
    """
    if wrong := [order for order in orders if not order >= 0]:
        raise BundleError(f"The order of a Vendi score is {wrong[0]}; expected 0 or more.")
    shares = shares.double()
    if not shares.shape[-1]:
        return shares.new_full((*shares.shape[:-1], len(orders)), torch.nan)
    # The log of 1 where the share is 0: such a share adds 0 below, at every order.
    logs = torch.where(shares > 0, shares, 1.0).log()
    undefined = shares.isnan().any(-1)
    numbers = [_effective_number(shares, logs, order) for order in orders]
    found = torch.stack(numbers, -1) if numbers else shares.new_zeros((*shares.shape[:-1], 0))
    return torch.where(undefined[..., None], torch.nan, found)


def _effective_number(shares: Tensor, logs: Tensor, order: float) -> Tensor:
    if order == 1:
        return (-(shares * logs).sum(-1)).exp()
    if math.isinf(order):
        return 1 / shares.amax(-1)
    if abs(order - 1) < 0.1:
        # ln sum s^q as ln(1 + sum s (s^(q-1) - 1)): exact however close to 1 the order is.
        entropy = torch.log1p((shares * torch.expm1((order - 1) * logs)).sum(-1)) / (1 - order)
        return entropy.exp()
    powers = torch.where(shares > 0, order * logs, -torch.inf)
    return (powers.logsumexp(-1) / (1 - order)).exp()


def sample_vendi(
    embeddings: Tensor, *, orders: Sequence[float] = ORDERS, weights: Tensor | None = None
) -> dict[str, float]:
    """Effective number of different samples, by the cosine of their embeddings.

    Grows with the number of samples: compare only sets of the same size.

    Args:
        embeddings: float [N, D], not centred; a row of zeros has no direction and is left out.
        orders: as in `vendi_orders`.
        weights: bool or float [N], 0 or more: how much each sample counts; None: equally.

    Returns:
        "n": the samples that count, and one "vendi_q..." per order, in [1, min(n, D)]; higher is
        more diverse. NaN without any sample or with an embedding that is not finite.

    Raises:
        BundleError: an order or a weight is negative.

    Example:
        >>> sample_vendi(torch.tensor([[1.0, 0.0], [0.0, 2.0]]), orders=(1,))
        {'n': 2, 'vendi_q1': 2.0}

    References:
        Friedman and Dieng 2023, The Vendi score, section 3 (the D x D dual).
    """
    if weights is not None:
        weights = _checked(weights.to(embeddings.device))
    table, counted = direction_sums(embeddings, weights)
    return {"n": counted, **named(effective_numbers(spectrum(table), orders), orders)}


def direction_sums(embeddings: Tensor, weights: Tensor | None = None) -> tuple[Tensor, int]:
    """Sum over samples of the outer product of each embedding's direction with itself.

    It adds up over samples and has the eigenvalues of the samples' table of cosines, which is
    never made. Only for fewer samples than dimensions that smaller table is given instead.

    Args:
        embeddings: float [N, D]; a row of zeros adds nothing.
        weights: float64 [N], 0 or more, or None.

    Returns:
        float64 [D, D], or [n, n] for n below D samples of weight above 0; and how many of these
        are not all 0.
    """
    chosen = None if weights is None else weights.nonzero().flatten()
    samples, width = len(embeddings) if chosen is None else len(chosen), embeddings.shape[1]
    few = samples < width
    step = max(1, samples if few else CHUNK_VALUES // max(1, width))
    size = min(samples, width)
    total = torch.zeros(size, size, dtype=torch.float64, device=embeddings.device)
    counted = 0
    for here in stretches(samples, step):
        part = here if chosen is None else chosen[here]
        rows = embeddings[part].double()
        length = torch.linalg.vector_norm(rows, dim=1)
        counted += int((length != 0).sum())
        scale = torch.where(length == 0, 0.0, 1 / length)
        if weights is not None:
            scale = scale * weights[part].sqrt()
        rows = rows * scale[:, None]
        total += rows @ rows.T if few else rows.T @ rows
    return total, counted


def group_vendi(
    embeddings: Tensor,
    grouping: Grouping,
    *,
    orders: Sequence[float] = ORDERS,
    least: int = 20,
    seed: int = 0,
) -> dict[str, dict[str, float]]:
    """Effective number of different samples in each group, from equally many samples of each.

    The score grows with the number of samples, so as many are drawn from each group as the
    smallest one has.

    Args:
        embeddings: float [N, D].
        grouping: G groups, which may overlap.
        orders: as in `vendi_orders`.
        least: groups with fewer samples are left out of the comparison: n 0 and NaN.
        seed: of the draws.

    Returns:
        For each level an entry as `sample_vendi` gives it.

    Raises:
        BundleError: an order is negative.
    """
    member = grouping.membership()
    sizes = grouping.sizes().tolist()
    large = [size for size in sizes if size >= max(1, least)]
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for place, level in enumerate(grouping.levels):
        rows = member[:, place].nonzero().flatten()
        drawn = torch.randperm(len(rows), generator=generator).to(rows.device)
        taken = min(large) if sizes[place] in large else 0
        found[level] = sample_vendi(embeddings[rows[drawn[:taken]]], orders=orders)
    return found


def named(scores: Tensor, orders: Sequence[float]) -> dict[str, float]:
    """Scores [Q] by the names that they have in the JSON, such as vendi_q0.1 and vendi_qinf."""
    names = [f"vendi_q{order:g}" for order in orders]
    return dict(zip(names, scores.tolist(), strict=True))


def _checked(weights: Tensor) -> Tensor:
    weights = weights.double()
    if not (weights >= 0).all():
        raise BundleError(
            f"The smallest weight of a Vendi score is {float(weights.min()):g}; expected 0 or more."
        )
    return weights
