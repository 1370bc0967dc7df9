"""Numbers for the answers that one sample got, however many classes there are."""

import torch
from torch import Tensor


def local_codes(predictions: Tensor) -> tuple[Tensor, Tensor]:
    """Number the distinct answers of each sample, in class order.

    Thousands of open answers thus need no more columns than one sample has different ones.

    Args:
        predictions: int32 [M, n], -1 = no answer.

    Returns:
        codes int32 [M, n], -1 = no answer, and classes int32 [L, n], the class behind each code,
        -1 where a sample has fewer than L different answers.

    Example:
        >>> codes, classes = local_codes(torch.tensor([[7], [-1], [3], [7]]))
        >>> codes.flatten().tolist(), classes.tolist()
        ([1, -1, 0, 1], [[3], [7]])
    """
    ordered, order = predictions.sort(0)
    new = torch.zeros_like(ordered)
    new[1:] = ((ordered[1:] != ordered[:-1]) & (ordered[:-1] >= 0)).to(new.dtype)
    ranks = torch.where(ordered >= 0, new.cumsum(0), -1).to(torch.int32)
    codes = torch.empty_like(ranks).scatter_(0, order, ranks)
    width = max(int(ranks.max()) + 1, 1) if ranks.numel() else 1
    classes = torch.full((width, predictions.shape[1]), -1, dtype=torch.int32)
    classes = classes.to(predictions.device)
    model, sample = (ordered >= 0).nonzero(as_tuple=True)
    classes[ranks[model, sample].long(), sample] = ordered[model, sample].to(torch.int32)
    return codes, classes


def vote_counts(predictions: Tensor) -> tuple[Tensor, Tensor]:
    """Votes for each different answer of a sample, however many classes there are.

    Args:
        predictions: int32 [M, n], -1 = no answer.

    Returns:
        votes int64 [L, n], and classes int32 [L, n] in class order, -1 where a sample has fewer
        than L different answers.

    Example:
        >>> votes, classes = vote_counts(torch.tensor([[7], [-1], [3], [7]]))
        >>> votes.flatten().tolist(), classes.flatten().tolist()
        ([1, 2], [3, 7])
    """
    codes, classes = local_codes(predictions)
    votes = torch.zeros(classes.shape, dtype=torch.int64, device=codes.device)
    votes.scatter_add_(0, codes.clamp_min(0).long(), (codes >= 0).long())
    return votes, classes
