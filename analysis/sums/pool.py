"""Losses and entropies of the members' pooled probabilities beside the members' own."""

import torch
from torch import Tensor

from analysis.sums.distribution import CLIP, Distributions, entropy
from analysis.sums.piece import Piece
from analysis.sums.products import total

POOL = (
    "pooled",
    "member_log_loss_sum",
    "mean_log_loss_sum",
    "geometric_log_loss_sum",
    "member_brier_sum",
    "mean_brier_sum",
)
MIXTURE = ("mixed", "member_entropy_sum", "mean_entropy_sum")


def pool_sums(piece: Piece) -> dict[str, Tensor]:
    """The sums named in `POOL`, over labelled samples with probabilities of two or more."""
    here, labels = piece.distributions, piece.labels
    if here is None or labels is None:
        return _nothing(piece, POOL)
    members, mean = _members(here), here.mean
    pooled = (here.scored.sum(0) >= 2) & (labels >= 0)
    column = labels.clamp_min(0)
    member_log_loss, mean_log_loss = log_losses(here, labels)
    squares = here.values.square().sum(-1, dtype=torch.float64).sum(0) / members
    of_label = mean.gather(1, column[:, None])[:, 0]
    geometric = torch.where(here.scored[..., None], here.logs, 0).sum(0, dtype=torch.float64)
    normaliser = (geometric / members[:, None]).logsumexp(1)
    losses = {
        "member_log_loss_sum": member_log_loss,
        "mean_log_loss_sum": mean_log_loss,
        "geometric_log_loss_sum": member_log_loss + normaliser,
        "member_brier_sum": squares - 2 * of_label + 1,
        "mean_brier_sum": mean.square().sum(1) - 2 * of_label + 1,
    }
    sums = {name: _total_where(pooled, values, piece) for name, values in losses.items()}
    return {"pooled": total(pooled, piece.weights), **sums}


def mixture_sums(piece: Piece) -> dict[str, Tensor]:
    """The sums named in `MIXTURE`, over samples with probabilities of two or more members."""
    here = piece.distributions
    if here is None:
        return _nothing(piece, MIXTURE)
    mixed = here.scored.sum(0) >= 2
    own = here.entropies.sum(0) / _members(here)
    return {
        "mixed": total(mixed, piece.weights),
        "member_entropy_sum": _total_where(mixed, own, piece),
        "mean_entropy_sum": _total_where(mixed, entropy(here.mean), piece),
    }


def log_losses(here: Distributions, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Per sample, the mean log loss of the members and the log loss of their mean probability.

    Args:
        here: probabilities of n samples.
        labels: int64 [n], -1 = unlabelled.

    Returns:
        float64 [n] each, the second never above the first; meaningless where nobody has
        probabilities or the label is unknown.
    """
    members = _members(here)
    places = labels.clamp_min(0).expand(here.scored.shape)[..., None]
    # Clipped before it is averaged, so that the mean of the logs never exceeds the log.
    of_label = here.values.gather(2, places)[..., 0].double().clamp_min(CLIP)
    own = torch.where(here.scored, -of_label.log(), 0)
    mean = (of_label * here.scored).sum(0) / members
    return own.sum(0) / members, -mean.clamp_min(CLIP).log()


def _members(here: Distributions) -> Tensor:
    """Members with probabilities, at least 1, float64 [n]."""
    return here.scored.sum(0).clamp_min(1).double()


def _total_where(counted: Tensor, values: Tensor, piece: Piece) -> Tensor:
    return total(torch.where(counted, values, 0), piece.weights)


def _nothing(piece: Piece, names: tuple[str, ...]) -> dict[str, Tensor]:
    """Zeros under these names; the first is a count."""
    values = torch.zeros(len(piece.rows), dtype=torch.float64, device=piece.bundle.device)
    sums = {name: total(values, piece.weights) for name in names}
    return sums | {names[0]: total(values.bool(), piece.weights)}
