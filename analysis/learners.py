"""How fitted rules learn the weights of members from their probabilities on labelled samples."""

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError
from analysis.growing import CLOSE, Leads, Likelihoods, of_label
from analysis.learned import Learned, Options, Parameters
from analysis.sums.distribution import CLIP
from analysis.temperature import temperatures

NEGLIGIBLE = 1e-6


def em_weights(team: Bundle, rows: Tensor, options: Options) -> Learned:
    """The weights of a mixture under which the labels are most likely.

    Args:
        team: M models with probabilities.
        rows: int64 [n], labelled samples that all answered.
        options: "rounds", the most to take; it ends sooner once no weight moves by 1e-9.

    Returns:
        Weights float64 [M] in [0, 1]. One below 1e-6 is 0: it changes no answer and would make
        its model a member.

    References:
        Dempster, Laird and Rubin 1977, Maximum likelihood from incomplete data via the EM
        algorithm, section 4.3.
    """
    return Learned(_mixture(of_label(team, rows), int(options["rounds"])))


def two_tier(team: Bundle, rows: Tensor, options: Options) -> Learned:
    """The weights of a mixture of families; inside a family all members count alike.

    Args:
        team: M models with probabilities and a "family" in its `model_info`; each model for which
            that is empty is a family of its own.
        rows: int64 [n], labelled samples that all answered.
        options: "rounds", as in `em_weights`.

    Returns:
        Weights float64 [M] in [0, 1].

    Raises:
        BundleError: the models have no families.

    References:
        AWARE-NET (2025), which averages seeds per architecture and learns the weights above them.
    """
    if "family" not in team.model_info:
        raise BundleError(
            "The rule 'two_tier' needs families; give models.csv a column 'family', or use "
            "'weighted'."
        )
    family = _families(team.model_info["family"]).to(team.device)
    size = family.bincount().double()
    means = torch.zeros(len(size), len(rows), dtype=torch.float64, device=team.device)
    means.index_add_(0, family, of_label(team, rows)).div_(size[:, None])
    return Learned((_mixture(means, int(options["rounds"])) / size)[family])


def _families(given: np.ndarray) -> Tensor:
    """Numbers of families, int64 [M]; a model without one is a family of its own."""
    known = np.array([value is not None and value == value and value != "" for value in given])
    names, family = np.unique(given.astype(str), return_inverse=True)
    own = np.where(known, family, len(names) + np.arange(len(given)))
    return torch.from_numpy(np.unique(own, return_inverse=True)[1])


def _mixture(likely: Tensor, rounds: int) -> Tensor:
    """Weights float64 [M] under which the mixture of [M, n] likelihoods is largest."""
    likely = likely.clamp_min(CLIP)
    weights = torch.full((len(likely),), 1 / len(likely), dtype=torch.float64, device=likely.device)
    for _ in range(rounds):
        shares = weights[:, None] * likely
        moved = (shares / shares.sum(0)).mean(1)
        done = (moved - weights).abs().max() < 1e-9
        weights = moved
        if done:
            break
    return torch.where(weights < NEGLIGIBLE, 0, weights)


def caruana(team: Bundle, rows: Tensor, options: Options) -> Learned:
    """Greedy selection with replacement: each round takes the model that helps the mean most.

    Of equals the first is taken. The selection ends at the best round (the first of equals), so
    more rounds never make it worse on the samples to fit on.

    Args:
        team: M models with probabilities.
        rows: int64 [n], labelled samples that all answered.
        options: "rounds"; "by", "accuracy" or "log_loss".

    Returns:
        Weights float64 [M], how often each was taken; and per round the model and the score
        after it.

    References:
        Caruana et al. 2004, Ensemble selection from libraries of models.
    """
    rounds, by = int(options["rounds"]), options["by"]
    scored = Leads(team, rows) if by == "accuracy" else Likelihoods(team, rows)
    path = []
    for _ in range(rounds):
        scores = scored.with_each()
        best = int((scores >= scores.max() - CLOSE).nonzero()[0])
        scored.take(best)
        path.append((best, float(scores[best])))
    scores = torch.tensor([reached for _, reached in path])
    path = path[: int((scores >= scores.max() - CLOSE).nonzero()[0]) + 1]
    places = torch.tensor([place for place, _ in path], device=team.device)
    return Learned(torch.bincount(places, minlength=len(team.models)).double(), path)


def greedy_soup(team: Bundle, rows: Tensor, options: Options) -> Learned:
    """From the most accurate model down, take each that does not make the mean less accurate.

    The output-space analogue of a greedy soup, which averages weights instead of probabilities.

    Args:
        team: M models with probabilities.
        rows: int64 [n], labelled samples that all answered.
        options: none.

    Returns:
        Weights float64 [M], 1 for those taken; and the models taken with the accuracy after each.

    References:
        Wortsman et al. 2022, Model soups, algorithm 1.
    """
    leads = Leads(team, rows)
    alone = leads.with_each()
    weights, path, best = torch.zeros_like(alone), [], -1.0
    for place in alone.argsort(descending=True, stable=True).tolist():
        reached = leads.with_one(place)
        if reached >= best:
            leads.take(place)
            weights[place], best = 1, reached
            path.append((place, reached))
    return Learned(weights, path)


def member_temperatures(team: Bundle, rows: Tensor, options: Options) -> Learned:
    """The temperature of each member under which the labels are most likely.

    Args:
        team: M models with probabilities.
        rows: int64 [n], labelled samples that all answered.
        options: none.

    Returns:
        Parameters "temperature" [M], above 1 = the member was over-confident.

    References:
        Guo et al. 2017, On calibration of modern neural networks.
    """
    chosen = torch.zeros_like(team.labelled)
    chosen[rows] = True
    return Learned(parameters=Parameters({"temperature": temperatures(team, chosen).value}))
