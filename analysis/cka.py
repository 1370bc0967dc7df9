"""Centred kernel alignment: how alike two models arrange the same samples."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.chunks import working_memory
from analysis.pairwise import ratio

WIDE = 2048
CHUNK_VALUES = 4_000_000
GRAM_VALUES = 32_000_000


def linear_cka(features: Sequence[Tensor]) -> Tensor:
    """Linear CKA: how alike the arrangements of the samples are, up to rotation and one scale.

    Biased upward where the samples are not many more than the dimensions; see `debiased_cka`.

    Args:
        features: for each of M models float [N, D_m], the same samples in the same order.

    Returns:
        float64 [M, M], symmetric, in [0, 1], 1 on the diagonal; lower is more diverse. NaN for a
        model whose rows are all the same, or not finite.

    Example:
        >>> plane = torch.tensor([[0.0, 2.0], [2.0, 0.0], [0.0, 0.0]])
        >>> linear_cka((plane, plane[:, :1]))[0].round(decimals=6).tolist()
        [1.0, 0.790569]

    References:
        Kornblith et al. 2019, Similarity of neural network representations revisited.
    """
    return _cka(features, debiased=False)


def debiased_cka(features: Sequence[Tensor]) -> Tensor:
    """Linear CKA without its upward bias: unrelated embeddings are at 0 whatever their widths.

    Args:
        features: for each of M models float [N, D_m], the same samples in the same order.

    Returns:
        float64 [M, M], symmetric, in [-1, 1], 1 on the diagonal; lower is more diverse. NaN for
        fewer than 4 samples, and for a model all of whose samples are equally alike.

    Example:
        >>> line = torch.tensor([[0.0], [1.0], [2.0], [4.0]])
        >>> debiased_cka((line, 3 - 2 * line)).round(decimals=9).tolist()
        [[1.0, 1.0], [1.0, 1.0]]

    References:
        Song et al. 2012, JMLR 13, eq. 5 (unbiased HSIC); Nguyen et al. 2021, Do wide and deep
        networks learn the same things?
    """
    return _cka(features, debiased=True)


@dataclass(frozen=True, eq=False)
class _Centred:
    """A table [N, D] minus its column means, made for some samples at a time."""

    table: Tensor
    mean: Tensor

    @classmethod
    def of(cls, table: Tensor) -> "_Centred":
        # From the first row on, so that a constant column becomes 0 and not a rounding error.
        first = table[:1].double()
        total = torch.zeros_like(first)
        for part in _parts(len(table), table.shape[1]):
            total += (table[part].double() - first).sum(0)
        return cls(table, first + total / len(table))

    def __getitem__(self, part: slice) -> Tensor:
        return self.table[part].double() - self.mean


def _parts(samples: int, width: int) -> Iterator[slice]:
    step = max(1, CHUNK_VALUES // max(1, width))
    return (slice(start, start + step) for start in range(0, samples, step))


def _cka(features: Sequence[Tensor], *, debiased: bool) -> Tensor:
    samples, models = len(features[0]), len(features)
    centred = [_Centred.of(table) for table in features]
    usable = [row for row in range(models) if centred[row].mean.isfinite().all()]
    centred = [centred[row] for row in usable]
    matrix = torch.full((models, models), torch.nan, dtype=torch.float64)
    matrix = matrix.to(features[0].device)
    if not usable or (debiased and samples < 4):
        return matrix
    width = sum(part.table.shape[1] for part in centred)
    # The work of either form, in multiplications.
    by_features = samples * width**2
    by_samples = 2 * samples**2 * (width + len(usable) ** 2)
    inner = (_by_features if by_features <= by_samples else _by_samples)(centred)
    inner = inner.triu() + inner.triu(1).T
    own = inner.diagonal()
    if debiased:
        rounding = samples * torch.finfo(torch.float64).eps * own
        inner = _debiased(inner, centred)
        own = torch.where(inner.diagonal() > rounding, inner.diagonal(), 0.0)
    place = torch.tensor(usable, device=matrix.device)
    matrix[place[:, None], place] = ratio(inner, own.sqrt()[:, None] * own.sqrt())
    return matrix


def _by_features(centred: Sequence[_Centred]) -> Tensor:
    """||X_i^T X_j||^2 of all pairs [M, M], upper triangle, from the [D, D] products."""
    widths = [part.table.shape[1] for part in centred]
    blocks, samples = _blocks(widths), len(centred[0].table)
    device = centred[0].table.device
    norms = torch.zeros(len(centred), len(centred), dtype=torch.float64, device=device)
    for place, rows in enumerate(blocks):
        for columns in blocks[place:]:
            left, right = _owners(widths, rows, device), _owners(widths, columns, device)
            total = torch.zeros(len(left), len(right), dtype=torch.float64, device=device)
            for part in _parts(samples, len(left) + len(right)):
                one = torch.cat([centred[row][part] for row in rows], 1)
                other = (
                    one if rows is columns else torch.cat([centred[c][part] for c in columns], 1)
                )
                total.addmm_(one.T, other)
            norms[rows.start : rows.stop, columns.start : columns.stop] = (
                left.T @ total.square_() @ right
            )
    return norms


def _by_samples(centred: Sequence[_Centred]) -> Tensor:
    """The same for fewer samples than dimensions, from the [N, N] products X_i X_i^T by rows."""
    models, samples = len(centred), len(centred[0].table)
    device = centred[0].table.device
    norms = torch.zeros(models, models, dtype=torch.float64, device=device)
    most = min(GRAM_VALUES, working_memory(device) // 32)
    step = max(1, min(samples, most // (models * samples)))
    grams = torch.empty((models, step, samples), dtype=torch.float64, device=device)
    for start in range(0, samples, step):
        rows = min(step, samples - start)
        for place, part in enumerate(centred):
            whole = part[:]
            torch.mm(whole[start : start + rows], whole.T, out=grams[place, :rows])
        stacked = grams[:, :rows].flatten(1)
        norms.addmm_(stacked, stacked.T)
    return norms


def _debiased(inner: Tensor, centred: Sequence[_Centred]) -> Tensor:
    """Unbiased HSIC times n (n - 3), from ||X_i^T X_j||^2 and the lengths of centred rows.

    The diagonals of both tables of inner products are left out; with centred rows Song's three
    terms need nothing but the sums of their entries and of their products.
    """
    samples, models = len(centred[0].table), len(centred)
    products = torch.zeros_like(inner)
    sums = torch.zeros(models, dtype=torch.float64, device=inner.device)
    for part in _parts(samples, max(table.table.shape[1] for table in centred)):
        lengths = torch.stack([table[part].square().sum(1) for table in centred])
        products.addmm_(lengths, lengths.T)
        sums += lengths.sum(1)
    spread = sums[:, None] * sums / ((samples - 1) * (samples - 2))
    return inner - samples / (samples - 2) * products + spread


def _blocks(widths: Sequence[int]) -> list[range]:
    """Runs of models that are at most `WIDE` together, or a single wider one."""
    blocks, start, total = [], 0, 0
    for row, width in enumerate(widths):
        if row > start and total + width > WIDE:
            blocks.append(range(start, row))
            start, total = row, 0
        total += width
    return [*blocks, range(start, len(widths))]


def _owners(widths: Sequence[int], rows: range, device: torch.device) -> Tensor:
    """Float64 [sum of D, models of the block]: 1 where a column belongs to a model."""
    sizes = torch.tensor([widths[row] for row in rows], device=device)
    owner = torch.arange(len(rows), device=device).repeat_interleave(sizes)
    return torch.nn.functional.one_hot(owner, len(rows)).double()
