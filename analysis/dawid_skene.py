"""Dawid-Skene: how reliable each member is, class by class, from their answers alone."""

import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError
from analysis.evidence import Evidence, Given, Rows, answered_by, shared
from analysis.learned import Learned, Options, Parameters
from analysis.sums.distribution import CLIP

MOST_CELLS = 20_000_000
SMALLEST_STEP = 1e-6


def dawid_skene(team: Bundle, rows: Tensor, options: Options) -> Learned:
    """Expectation maximisation of true classes and of each member's confusion matrix.

    No label is looked at. It starts from the shares of the votes and is unstable for few samples.

    Args:
        team: M models.
        rows: int64 [n], samples that somebody answered.
        options: "rounds", the most to take.

    Returns:
        Parameters "log_confusion" [M, C, C], (model, true class, answer), and "log_prior" [C].

    Raises:
        BundleError: M x C x C is above 20 million, as with open answers.

    References:
        Dawid and Skene 1979, Maximum likelihood estimation of observer error-rates.
    """
    models, classes = len(team.models), len(team.classes)
    if models * classes * classes > MOST_CELLS:
        raise BundleError(
            f"Dawid-Skene for {models} models and {classes} different answers needs "
            f"{models * classes**2:,} numbers; at most {MOST_CELLS:,} are fitted. Use plurality."
        )
    said = _indicators(team, rows)
    posterior = (said.T @ _identity(models, classes, team.device)).to_dense()
    posterior = posterior / posterior.sum(1, keepdim=True)
    for _ in range(int(options["rounds"])):
        prior, confusion = _reliability(said, posterior, models)
        scores = said.T @ confusion.transpose(1, 2).reshape(-1, classes) + prior
        moved = scores.softmax(1)
        done = (moved - posterior).abs().max() < SMALLEST_STEP
        posterior = moved
        if done:
            break
    prior, confusion = _reliability(said, posterior, models)
    return Learned(parameters=Parameters({"log_confusion": confusion, "log_prior": prior}))


def reliability(bundle: Bundle, rows: Rows, given: Given) -> Evidence:
    """How likely each member's answer is for every true class, as a logarithm."""
    answered = answered_by(bundle, rows, given)
    said = bundle.predictions[:, rows].long().clamp_min(0)
    table = given["log_confusion"].transpose(1, 2)
    parts = table[torch.arange(len(said), device=said.device)[:, None], said].permute(2, 0, 1)
    prior = given["log_prior"][:, None].expand(-1, said.shape[1])
    return Evidence(
        torch.where(answered, parts, 0.0) + shared(prior, answered),
        answered,
    )


def _indicators(team: Bundle, rows: Tensor) -> Tensor:
    """Sparse float64 [M * C, n], 1 where a model gave an answer."""
    said = team.predictions[:, rows].long()
    model, sample = (said >= 0).nonzero(as_tuple=True)
    places = torch.stack([model * len(team.classes) + said[model, sample], sample])
    ones = torch.ones(len(sample), dtype=torch.float64, device=team.device)
    size = (len(team.models) * len(team.classes), len(rows))
    return torch.sparse_coo_tensor(places, ones, size, check_invariants=True).coalesce()


def _identity(models: int, classes: int, device: torch.device) -> Tensor:
    return torch.eye(classes, dtype=torch.float64, device=device).repeat(models, 1)


def _reliability(said: Tensor, posterior: Tensor, models: int) -> tuple[Tensor, Tensor]:
    """Log prior [C], and log confusion [M, C, C] of true class and answer."""
    counts = (said @ posterior).unflatten(0, (models, -1)).transpose(1, 2)
    rows = counts.sum(2, keepdim=True)
    confusion = torch.where(rows > 0, counts / rows, 1 / counts.shape[2])
    return posterior.mean(0).clamp_min(CLIP).log(), confusion.clamp_min(CLIP).log()
