"""How accurate models may be where there are no labels: what their agreement tells, and bounds."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError

ROUNDS = 200
SMALLEST_STEP = 1e-7
BLOCKS = 20
FEWEST_MODELS = 3
EDGE = 1e-6
FEW = 12
START = 0.7
SHARED = 1.3  # spread above which errors are taken as shared


@dataclass(frozen=True, eq=False)
class AgreementEstimate:
    """Accuracy of M models, and of E others, as their agreement alone would have it.

    Attributes:
        accuracy: float64 [M], if errors are independent.
        low, high: float64 [M], 95 % interval over samples. It does not hold where that assumption
            fails.
        others, others_low, others_high: float64 [E], the same of further answers (ensembles) that
            were not used to estimate anything.
        ceiling: highest mean accuracy of the models that is possible at all, whatever is true:
            the mean share of answers that equal the most frequent one.
        spread: how much more the number of models that are likely right varies over samples than
            with independent errors; about 1 where the assumption fits, above 1 where some samples
            are hard for all, so that models share errors and the estimate is too high.
        n: samples with two answers or more.
    """

    accuracy: Tensor
    low: Tensor
    high: Tensor
    others: Tensor
    others_low: Tensor
    others_high: Tensor
    ceiling: float
    spread: float
    n: int


@dataclass(frozen=True, eq=False)
class _Cells:
    """Every different answer in a pattern of agreement is a cell.

    Attributes:
        model, row, cell: [A], who gave an answer, in which pattern, and which cell it is.
        sample: [cells], the pattern of each cell.
        samples: number of patterns.
        wrong: chance of a wrong answer to be any other class.
        of_others: [E, patterns], cells of further answers; -1 one that no model gave, -2 none.
    """

    model: Tensor
    row: Tensor
    cell: Tensor
    sample: Tensor
    samples: int
    wrong: float
    of_others: Tensor


def accuracy_from_agreement(team: Bundle, others: Tensor | None = None) -> AgreementEstimate:
    """How accurate models would be if they erred independently of each other.

    A model is right with a probability of its own, on every sample alike, and a wrong answer is
    any of the other classes, each as likely; given the true answer, models do not know of each
    other (the one-coin model of Dawid and Skene). Expectation maximisation then finds the
    accuracies from agreement alone. Errors that models share look like agreement, so the estimate
    is too high where they do: by 2 points for three annotators of CIFAR-10, by 1 for 44 language
    models on school mathematics, but by 15 for 23 models on MathVista; what it says of their
    plurality is too high by 4, 3 and 58 points. `spread` tells of such errors where there are
    many models: .97, 8.8 and 2.5 there; three models cannot show them.

    The interval leaves out one of 20 blocks of samples (units stay together) after another.

    Args:
        team: M models on N samples; labels are not looked at.
        others: int [E, N], further answers to be judged in the same way, such as ensembles'.

    Returns:
        Estimates, intervals and a ceiling that needs no assumption.

    Raises:
        BundleError: fewer than three models, or no sample with two answers: nothing can agree.

    References:
        Dawid and Skene 1979, Applied Statistics 28; Zhang, Chen, Zhou and Jordan 2016, JMLR 17
        (one coin); Platanios, Blum and Mitchell 2014, UAI (accuracy from agreement).
    """
    if len(team.models) < FEWEST_MODELS:
        raise BundleError(
            f"An estimate from agreement needs answers of {FEWEST_MODELS} models or more, and "
            f"there are {len(team.models)}; choose more members."
        )
    counted = (team.predictions >= 0).sum(0) > 1
    if not counted.any():
        raise BundleError(
            "An estimate from agreement needs samples that two models or more answered, and "
            "there is none."
        )
    others = team.predictions[:0] if others is None else others
    cells, alike = _cells(_who_agrees(team.predictions[:, counted], others[:, counted]), team)
    # One row per block, and how many of its samples show each pattern of agreement.
    weights = _blocks(team, counted, alike, cells.samples)
    start = torch.full((len(team.models),), START, dtype=torch.float64, device=team.device)
    found = _fit(cells, weights.sum(0), start)
    ends = _interval(cells, found, weights)
    accuracy, own = found[: len(team.models)], len(team.models)
    return AgreementEstimate(
        accuracy,
        ends[0][:own],
        ends[1][:own],
        found[own:],
        ends[0][own:],
        ends[1][own:],
        _ceiling(cells, weights.sum(0)),
        _spread(cells, accuracy.nan_to_num(), weights.sum(0)),
        int(counted.sum()),
    )


def _who_agrees(said: Tensor, others: Tensor) -> Tensor:
    """Each answer as the first model that gave it, int64 [M + E, n].

    -1 no answer; M an answer that no model gave.
    """
    models = len(said)
    both = torch.cat([said, others]).long()
    base = int(both.max()) + 2
    rows = torch.arange(said.shape[1], device=said.device) * base
    keys, cell = (rows + both.clamp_min(-1) + 1).unique(return_inverse=True)
    place = torch.arange(len(both), device=said.device).clamp_max(models)[:, None].expand_as(cell)
    first = torch.full_like(keys, models)
    first.scatter_reduce_(0, cell.flatten(), place.flatten(), "amin")
    return torch.where(both < 0, -1, first[cell])


def _cells(codes: Tensor, team: Bundle) -> tuple[_Cells, Tensor]:
    """The cells of every pattern of agreement, and which pattern each sample shows."""
    models = len(team.models)
    alike = torch.arange(codes.shape[1], device=codes.device)
    if len(codes) <= FEW:
        # Few models make few patterns, and only the pattern matters.
        codes, alike = codes.unique(dim=1, return_inverse=True)
    model, row = (codes[:models] >= 0).nonzero(as_tuple=True)
    base = models + 2
    keys, cell = (row * base + codes[model, row]).unique(return_inverse=True)
    wanted = torch.arange(codes.shape[1], device=codes.device) * base + codes[models:]
    place = torch.searchsorted(keys, wanted.contiguous()).clamp_max(len(keys) - 1)
    place = torch.where(keys[place] == wanted, place, -1)
    place = torch.where(codes[models:] < 0, -2, place)
    wrong = 1 / max(len(team.classes) - 1, 1)
    return _Cells(model, row, cell, keys // base, codes.shape[1], wrong, place), alike


def _posterior(cells: _Cells, accuracy: Tensor) -> Tensor:
    """How likely each cell is the true answer; what nobody said is a last possibility."""
    sure = accuracy.clamp(EDGE, 1 - EDGE)
    gain = (sure / ((1 - sure) * cells.wrong)).log()
    score = torch.zeros(len(cells.sample), dtype=torch.float64, device=sure.device)
    score.index_add_(0, cells.cell, gain[cells.model])
    most = torch.zeros(cells.samples, dtype=torch.float64, device=sure.device)
    most.scatter_reduce_(0, cells.sample, score, "amax")
    likely = (score - most[cells.sample]).exp()
    total = (-most).exp().index_add_(0, cells.sample, likely)
    return likely / total[cells.sample]


def _fit(cells: _Cells, weight: Tensor, accuracy: Tensor) -> Tensor:
    """Accuracy of the models and then of the others, float64 [M + E]."""
    models = len(accuracy)
    times = torch.zeros_like(accuracy).index_add_(0, cells.model, weight[cells.row])
    for _ in range(ROUNDS):
        likely = _posterior(cells, accuracy)[cells.cell] * weight[cells.row]
        moved = torch.zeros_like(accuracy).index_add_(0, cells.model, likely) / times
        done = bool((moved - accuracy).abs().nan_to_num().max() < SMALLEST_STEP)
        accuracy = moved.nan_to_num(START)
        if done:
            break
    posterior = _posterior(cells, accuracy)
    said = cells.of_others
    known = torch.where(said >= 0, posterior[said.clamp_min(0)], 0.0)
    judged = (said > -2) * weight
    others = (known * judged).sum(1) / judged.sum(1)
    return torch.cat([torch.where(times > 0, accuracy, torch.nan)[:models], others])


def _blocks(team: Bundle, counted: Tensor, alike: Tensor, patterns: int) -> Tensor:
    """Samples of each block with each pattern, float64 [20, U]; units are in one block."""
    unit = torch.arange(len(alike), device=alike.device)
    if team.units is not None:
        unit = team.units[counted].unique(return_inverse=True)[1]
    found = torch.zeros(BLOCKS * patterns, dtype=torch.float64, device=alike.device)
    found.index_add_(0, unit % BLOCKS * patterns + alike, torch.ones_like(alike).double())
    return found.unflatten(0, (BLOCKS, patterns))


def _interval(cells: _Cells, found: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Grouped jackknife, each fit begun at the whole one."""
    from scipy.special import stdtrit

    own = len(found) - len(cells.of_others)
    used = weights[weights.sum(1) > 0]
    number = len(used)
    if number < 2:
        return torch.full_like(found, torch.nan), torch.full_like(found, torch.nan)
    start, everything = found[:own].nan_to_num(START), weights.sum(0)
    without = torch.stack([_fit(cells, everything - block, start) for block in used])
    error = ((number - 1) / number * (without - found).square().sum(0)).sqrt()
    half = float(stdtrit(number - 1, 0.975)) * error
    return (found - half).clamp_min(0), (found + half).clamp_max(1)


def _ceiling(cells: _Cells, weight: Tensor) -> float:
    """Mean over samples of the share of their answers that are the most frequent one."""
    votes = cells.cell.bincount(minlength=len(cells.sample)).double()
    most = torch.zeros(cells.samples, dtype=torch.float64, device=votes.device)
    most.scatter_reduce_(0, cells.sample, votes, "amax")
    share = most / cells.row.bincount(minlength=cells.samples)
    return float((share * weight).sum() / weight.sum())


def _spread(cells: _Cells, accuracy: Tensor, weight: Tensor) -> float:
    """Variance of the number of models that are likely right, over that of independent errors."""
    likely = _posterior(cells, accuracy)[cells.cell]
    own = accuracy[cells.model]
    apart = torch.zeros_like(weight).index_add_(0, cells.row, likely - own)
    chance = torch.zeros_like(weight).index_add_(0, cells.row, own * (1 - own))
    return float((apart.square() * weight).sum() / (chance * weight).sum())
