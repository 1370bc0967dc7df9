"""How fitted rules learn the weights of members from their probabilities on labelled samples."""

import math

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError, normalised
from analysis.learned import Learned, Options, Parameters
from analysis.sums.piece import CLIP, DOUBLE_VALUES
from analysis.temperature import temperatures

READ = 1 << 21  # probabilities at a time
BLOCK = 1 << 19  # leads at a time, which a cache holds
NEGLIGIBLE = 1e-6
PRODUCT = 16
CLOSE = 1e-12
CLOSE_IN_FLOAT32 = 1e-6


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
    return Learned(_mixture(_of_label(team, rows), int(options["rounds"])))


def two_tier(team: Bundle, rows: Tensor, options: Options) -> Learned:
    """The weights of a mixture of families; inside a family all members count alike.

    Args:
        team: M models with probabilities, each with a "family" in its `model_info`.
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
    names, family = np.unique(team.model_info["family"].astype(str), return_inverse=True)
    family = torch.from_numpy(family).to(team.device)
    size = family.bincount(minlength=len(names)).double()
    means = torch.zeros(len(names), len(rows), dtype=torch.float64, device=team.device)
    means.index_add_(0, family, _of_label(team, rows)).div_(size[:, None])
    return Learned((_mixture(means, int(options["rounds"])) / size)[family])


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
    scored = _Leads(team, rows) if by == "accuracy" else _Likelihoods(team, rows)
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
    leads = _Leads(team, rows)
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


class _Leads:
    """By how much the label leads every other class in a growing sum of probabilities."""

    def __init__(self, team: Bundle, rows: Tensor) -> None:
        labels = team.labels[rows].long()[:, None]
        classes = torch.arange(len(team.classes), device=team.device).expand(len(rows), -1)
        shape = (*classes.shape, len(team.models))
        double = math.prod(shape) <= DOUBLE_VALUES
        dtype = torch.float64 if double else torch.float32
        self.each = torch.empty(shape, dtype=dtype, device=team.device)
        step = max(1, READ // (len(team.models) * len(team.classes)))
        for start in range(0, len(rows), step):
            here = slice(start, start + step)
            tables = torch.stack([team.probabilities[name][rows[here]] for name in team.models])
            tables = tables.to(dtype)
            tables /= tables.sum(-1, keepdim=True)
            of_label = tables.gather(2, labels[here].expand(len(tables), -1, 1))
            self.each[here] = (of_label - tables).permute(1, 2, 0)
        # A tie goes to the lowest class: the label must beat those before it, and equal the rest.
        close = CLOSE if double else CLOSE_IN_FLOAT32
        self.lead = torch.where(classes < labels, -close, close).double()
        self.lead.scatter_(1, labels, torch.inf)

    def with_each(self) -> Tensor:
        """Accuracy of the sum with each model added once more, float64 [M].

        A label that leads by more than 1 stays ahead whoever is added, and one that is behind by
        more stays behind: only the other samples are looked at.
        """
        least = self.lead.amin(1)
        right = (least > 1 + CLOSE_IN_FLOAT32).sum().expand(self.each.shape[2]).clone()
        undecided = (least.abs() <= 1 + CLOSE_IN_FLOAT32).nonzero().flatten()
        for part in undecided.split(max(1, BLOCK // self.each[:1].numel())):
            leads = self.each[part]
            leads += self.lead[part][:, :, None].to(leads.dtype)
            right += (leads.amin(1) > 0).sum(0)
        return right.double() / len(least)

    def with_one(self, place: int) -> float:
        """Accuracy of the sum with this model added."""
        return float(((self.lead + self.each[:, :, place]).amin(1) > 0).double().mean())

    def take(self, place: int) -> None:
        """Add a model for good."""
        self.lead += self.each[:, :, place]


class _Likelihoods:
    """The probability that a growing mean gives to the label."""

    def __init__(self, team: Bundle, rows: Tensor) -> None:
        self.each = _of_label(team, rows)
        self.added, self.taken = torch.zeros_like(self.each[0]), 0

    def with_each(self) -> Tensor:
        """Minus the log loss of the mean with each model added once more, float64 [M]."""
        number, samples = self.taken + 1, self.each.shape[1]
        parts = self.each.split(max(1, BLOCK // samples))
        sums = [_log_sum((part + self.added).clamp_min_(CLIP * number)) for part in parts]
        return torch.cat(sums) / samples - math.log(number)

    def take(self, place: int) -> None:
        """Add a model for good."""
        self.added += self.each[place]
        self.taken += 1


def _log_sum(values: Tensor) -> Tensor:
    """Sum of the logarithms of the values [M, n] from `CLIP` to far above 1, float64 [M].

    One logarithm for sixteen values: their product stays within float64.
    """
    whole = values.shape[1] // PRODUCT * PRODUCT
    products = values[:, :whole].unflatten(1, (PRODUCT, -1)).prod(1)
    return products.log().sum(1) + values[:, whole:].log().sum(1)


def _of_label(team: Bundle, rows: Tensor) -> Tensor:
    """Probability of the label, float64 [M, n]."""
    labels = team.labels[rows].long()[:, None]
    return torch.stack(
        [
            normalised(team.probabilities[model][rows]).gather(1, labels)[:, 0]
            for model in team.models
        ]
    ).double()
